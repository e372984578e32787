"""Trees and leaves: the one shape in which the engine moves every document.

A *tree* is a dict, a list or a scalar. A *leaf* is one scalar at one path: text, a boolean, a null, or an
empty list or object, since dropping those silently would lose them. A path is a JSON pointer (RFC 6901).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Tree = Any
"""dict[str, Tree] | list[Tree] | str | bool | None."""


def leaves(tree: Tree, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a tree as (path, value), in document order.

    >>> list(leaves({"a": ["1", {"b": True}], "c": []}))
    [('/a/0', '1'), ('/a/1/b', True), ('/c', [])]
    """
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from leaves(value, f"{path}/{escape(key)}")
    elif isinstance(tree, list) and tree:
        for index, value in enumerate(tree):
            yield from leaves(value, f"{path}/{index}")
    else:
        yield path, tree


def leaf_map(tree: Tree, path: str = "") -> dict[str, Any]:
    """The leaves of a tree by their paths, in document order: for where every leaf is wanted at once."""
    if type(tree) not in _GROUPS or not tree:
        return {path: tree}
    found: dict[str, Any] = {}
    _visit(tree, path, found)
    return found


def leaf_list(tree: Tree, path: str = "") -> list[tuple[str, Any]]:
    """The leaves of a tree as a list: what `leaves` yields."""
    return list(leaf_map(tree, path).items())


def _visit(node: Any, path: str, found: dict[str, Any]) -> None:
    # a function of its own: a closure that calls itself would keep every leaf alive until the next collection
    if type(node) is list:
        for index, value in enumerate(node):
            if type(value) is str or not value or type(value) not in _GROUPS:
                found[f"{path}/{index}"] = value
            else:
                _visit(value, f"{path}/{index}", found)
        return
    for key, value in node.items():
        here = f"{path}/{escape(key)}" if "/" in key or "~" in key else f"{path}/{key}"
        if type(value) is str or not value or type(value) not in _GROUPS:
            found[here] = value
        else:
            _visit(value, here, found)


_GROUPS = (dict, list)


def text_map(tree: Tree) -> dict[str, str]:
    """Path to text: two documents are text-identical when these maps are equal."""
    return {path: text_of(value) for path, value in leaves(tree)}


def text_of(value: Any) -> str:
    """A leaf as the text that stands in the document."""
    if isinstance(value, str):
        return value if type(value) is str else str(value)  # a JSON number is shown as its text
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "null"
    return "[]" if isinstance(value, list) else "{}"


def escape(key: str) -> str:
    """One segment of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1") if "/" in key or "~" in key else key


def segments(path: str) -> list[str]:
    """The unescaped segments of a pointer: ``/a/0/b`` to ``["a", "0", "b"]``."""
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def at(tree: Tree, path: str) -> Any:
    """The value at a pointer, or None where there is nothing."""
    node = tree
    for part in segments(path) if "~" in path else path.split("/")[1:]:
        if isinstance(node, dict):
            node = node.get(part)
        elif isinstance(node, list) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    return node


def pattern_of(path: str) -> str:
    """A concrete path with its indices as wildcards: ``/goods/0/cn8`` to ``/goods/*/cn8``."""
    return "/".join("*" if part.isdigit() else part for part in path.split("/"))
