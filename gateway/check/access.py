"""Paths in rules: where a path leads in a tree, and whether a document has such a path at all.

A path that starts with ``/`` begins at the document, any other at the node that the rule stands on;
``.`` is that node itself; ``*`` stands for every element of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache

from gateway.check.catalog import CatalogError
from gateway.data import data_path
from gateway.formats.leaves import Tree
from gateway.formats.shape import shape
from gateway.model.paths import LeafType, canonical_leaves

Getter = Callable[[Tree, Tree], Tree]
"""(document, node) to the value there, or None."""

CANONICAL = "canonical"


@cache
def known_paths(document: str) -> dict[str, LeafType | None]:
    """Every path of a document, groups included, with the type of a leaf where the model states one.

    The canonical record answers from its model; any other document from its schemas, all versions
    together: a rule may speak of a field that a later version dropped.
    """
    leaves: dict[str, LeafType | None]
    if document == CANONICAL:
        leaves = dict(canonical_leaves())
    else:
        versions = [p.name for p in data_path("schemas", document).iterdir() if p.is_dir()]
        leaves = {f"/{path}": None for v in versions for path, _ in shape(f"{document}@{v}").leaves()}
    known: dict[str, LeafType | None] = {"": None}
    for path, kind in leaves.items():
        parts = path.split("/")
        for end in range(2, len(parts)):
            known.setdefault("/".join(parts[:end]), None)
        known[path] = kind
    return known


def resolve(path: str, on: str) -> str:
    """The absolute pattern of a path written inside a rule that stands on ``on``.

    >>> resolve("unit", "/results"), resolve(".", "/results"), resolve("/unit/amount", "/results")
    ('/results/unit', '/results', '/unit/amount')
    """
    if path in (".", ""):
        return on
    return path if path.startswith("/") else f"{on}/{path.removeprefix('./')}"


def require_known(document: str, path: str, on: str, rule: str) -> LeafType | None:
    """The leaf type of a path; raises CatalogError for one that the document does not have, so that a
    misspelt rule fails when it is loaded and not by never firing."""
    known = known_paths(document)
    full = resolve(path, on)
    if full not in known:
        raise CatalogError(f"rule {rule}: {document} has no path {full}")
    return known[full]


def one(path: str) -> Getter:
    """A getter for a path without wildcards. Null counts as absent."""
    if path in (".", ""):
        return lambda _, node: node
    parts = path.removeprefix("./").strip("/").split("/")
    if path.startswith("/"):
        return lambda document, _: _follow(document, parts)
    if len(parts) == 1:
        name = parts[0]
        return lambda _, node: node.get(name) if isinstance(node, dict) else None
    return lambda _, node: _follow(node, parts)


def _follow(node: Tree, parts: list[str]) -> Tree:
    for part in parts:
        if not isinstance(node, dict):
            return None
        node = node.get(part)
    return node


def many(path: str) -> Callable[[Tree, Tree], list[Tree]]:
    """A getter for every value at a path that may hold wildcards; absent ones are left out."""
    if "*" not in path:
        get = one(path)
        return lambda document, node: [v for v in (get(document, node),) if v is not None]
    parts = path.removeprefix("./").strip("/").split("/")
    absolute = path.startswith("/")

    def every(document: Tree, node: Tree) -> list[Tree]:
        found: list[Tree] = []
        collect(document if absolute else node, parts, 0, found)
        return found

    return every


def all_of(paths: Sequence[str]) -> Callable[[Tree, Tree], list[Tree]]:
    """A getter for every value at these paths; absent ones are left out."""
    if any("*" in path for path in paths):
        lists = [many(path) for path in paths]
        return lambda document, node: [value for get in lists for value in get(document, node)]
    getters = [one(path) for path in paths]
    return lambda document, node: [v for get in getters if (v := get(document, node)) is not None]


def collect(node: Tree, parts: list[str], start: int, found: list[Tree]) -> None:
    """Every value that the parts from ``start`` on lead to: ``walk`` without paths, and faster."""
    for position in range(start, len(parts)):
        part = parts[position]
        if part == "*":
            if isinstance(node, list):
                for element in node:
                    collect(element, parts, position + 1, found)
            return
        if not isinstance(node, dict):
            return
        node = node.get(part)
    if node is not None:
        found.append(node)


def walk(node: Tree, parts: list[str], path: str = "") -> Iterator[tuple[str, Tree]]:
    """(relative path, value) of everything that a path with wildcards leads to."""
    if not parts:
        if node is not None:
            yield path, node
    elif parts[0] == "*":
        if isinstance(node, list):
            for index, value in enumerate(node):
                yield from walk(value, parts[1:], f"{path}/{index}")
    elif isinstance(node, dict):
        yield from walk(node.get(parts[0]), parts[1:], f"{path}/{parts[0]}")


def remembered(test: Callable[[str], bool]) -> Callable[[str], bool]:
    """The same test, its answers kept for short texts: codes, units and dates recur in every record."""
    known = lru_cache(maxsize=256)(test)
    return lambda text: known(text) if len(text) <= 80 else test(text)


def is_present(value: Tree) -> bool:
    """Something stands there: not null, not empty."""
    return value is not None and value not in ("", [], {})


def text(value: Tree) -> str:
    """A scalar as the text that stands in the document; a group as its size."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return "" if value is None else f"({len(value)})" if isinstance(value, dict | list) else str(value)
