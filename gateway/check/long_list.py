"""Rules over a document whose long list is never in memory as a whole.

A rule that stands on an element, or below one, and names nothing of other elements is asked of each element
as it comes by. A rule that looks across the elements (numbers that ascend, keys that are unique, references)
is asked once, at the end, of the document with its elements cut down to the fields that such rules name. The
rules are those of ``rules.py``, compiled the same way; only the order of asking differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gateway.check.access import CANONICAL, resolve
from gateway.check.catalog import Rule, rules
from gateway.check.rules import CompiledRule, compile_rule, judged_in, places_of
from gateway.formats.leaves import Tree, leaf_list
from gateway.model.finding import Finding
from gateway.model.paths import whole_keys

NAMED_FIELDS: Mapping[str, Callable[[], set[str]]] = {
    "references_resolve": set,
    "numbered_from_one": set,
    "keys_are_unique": lambda: {
        *_words(whole_keys()),
        *(name for key in whole_keys().values() for name in key),
    },
}
"""Predicates whose fields are known: those that their row names, and these. For any other that looks across
elements, each element is kept whole: slower and larger, never wrong."""


@dataclass(slots=True)
class Place:
    """A node of the tree of places below an element: the rules that stand here, and the places below."""

    rules: list[CompiledRule] = field(default_factory=list)
    below: dict[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListRules:
    """The rules of one document, arranged around its long list. ``kept`` is None where nothing may be cut."""

    path: str
    element: Place
    across: tuple[tuple[CompiledRule, tuple[str, ...]], ...]
    kept: frozenset[str] | None

    @property
    def name(self) -> str:
        """The member of the document that holds the list."""
        return self.path.removeprefix("/")

    @property
    def ids_across(self) -> frozenset[str]:
        """The rules that one element alone cannot answer."""
        return frozenset(compiled.rule.id for compiled, _ in self.across)

    def of_element(self, document: Tree, element: Tree, index: int) -> list[Finding]:
        """What the rules say of one element; ``document`` is all that stands beside the list."""
        found: list[Finding] = []
        _visit(self.element, document, element, f"{self.path}/{index}", found)
        return found

    def of_list(self, document: Tree) -> list[Finding]:
        """What the rules say across the elements, of a document whose elements may be cut down."""
        found: list[Finding] = []
        for compiled, parts in self.across:
            for path, node in _nodes(document, parts, ""):
                if compiled.when is not None and compiled.when(document, node):
                    continue
                found += [compiled.finding(f, document, node, path) for f in compiled.require(document, node)]
        return found

    def cut(self, element: Tree) -> Tree:
        """An element with only the fields that rules across elements name."""
        return element if self.kept is None else _cut(element, self.kept)


@cache
def list_rules(document: str, path: str, profile: str | None = None) -> ListRules:
    """The rules of a document (``canonical``, or a format) around the list at ``path``."""
    element, across, words = Place(), [], set[str]()
    whole = False
    for rule in _asked_of(document, profile):
        for on in places_of(rule):
            if _looks_across(rule, on, path):
                across.append((compile_rule(rule, on), tuple(on.split("/")[1:])))
                named = _fields(rule, on)
                whole = whole or named is None
                words |= named or set()
            elif on.startswith(f"{path}/*"):
                place = element
                for part in on.removeprefix(f"{path}/*").split("/")[1:]:
                    place = place.below.setdefault(part, Place())
                place.rules.append(compile_rule(rule, on))
    return ListRules(path, element, tuple(across), None if whole else frozenset(words))


@cache
def all_rules(document: str, profile: str | None = None) -> Place:
    """Every rule of a document, arranged by its place from the root."""
    root = Place()
    for rule in _asked_of(document, profile):
        for on in places_of(rule):
            place = root
            for part in on.split("/")[1:]:
                place = place.below.setdefault(part, Place())
            place.rules.append(compile_rule(rule, on))
    return root


def _asked_of(document: str, profile: str | None) -> Iterator[Rule]:
    """The rules with an expression for this document, in its version, and for this profile."""
    name, _, version = document.partition("@")
    for rule in rules().values():
        known = "require" in rule.body and rule.body.get("document", CANONICAL) == name
        if known and rule.body.get("profile") in (None, profile) and judged_in(rule, version):
            yield rule


def _looks_across(rule: Rule, on: str, path: str) -> bool:
    named = list(_texts(_expressions(rule)))
    if on.startswith(f"{path}/*"):
        return any(text == path or text.startswith(f"{path}/") for text in named)
    if on == path:
        return True
    above = path.startswith(f"{on}/")
    return (above and _predicates(rule) != set()) or any(
        (full := resolve(text, on)) == path or full.startswith(f"{path}/") for text in named
    )


def _fields(rule: Rule, on: str) -> set[str] | None:
    """The names of all fields that a rule can look at; None where a predicate does not say."""
    predicates = _predicates(rule)
    if not predicates.issubset(NAMED_FIELDS):
        return None
    found = _words([on, *_texts(_expressions(rule))])
    return found.union(*(NAMED_FIELDS[name]() for name in predicates))


def _expressions(rule: Rule) -> list[Any]:
    return [rule.body.get(key) for key in ("require", "when", "values", "at")]


def _predicates(rule: Rule) -> set[str]:
    """The predicates inside an expression, which may look where no path of the row leads."""
    return {value for key, value in _pairs(_expressions(rule)) if key == "predicate"}


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield key, inner
            yield from _pairs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _pairs(inner)


def _texts(value: Any) -> Iterator[str]:
    """Every text in an expression: the paths are among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _words(paths: Any) -> set[str]:
    return {part for path in paths for part in path.split("/") if part not in ("", "*", ".")}


def _visit(place: Place, document: Tree, node: Tree, path: str, found: list[Finding]) -> None:
    for rule in place.rules:
        if rule.when is not None and rule.when(document, node):
            continue
        failures = rule.require(document, node)
        if failures:
            found.extend(rule.finding(failure, document, node, path) for failure in failures)
    for part, below in place.below.items():
        if part == "*":
            if isinstance(node, list):
                for index, element in enumerate(node):
                    _visit(below, document, element, f"{path}/{index}", found)
        elif isinstance(node, dict) and (child := node.get(part)) is not None:
            _visit(below, document, child, f"{path}/{part}", found)


def places_met(
    place: Place, node: Tree, steps: tuple[Any, ...] = ()
) -> Iterator[tuple[CompiledRule, tuple[Any, ...]]]:
    """(rule, steps from the element) of every rule that has a node to stand on in this element."""
    for rule in place.rules:
        yield rule, steps
    for part, below in place.below.items():
        if part == "*":
            for index, element in enumerate(node if isinstance(node, list) else ()):
                yield from places_met(below, element, (*steps, index))
        elif isinstance(node, dict) and (child := node.get(part)) is not None:
            yield from places_met(below, child, (*steps, part))


def _nodes(node: Tree, parts: tuple[str, ...], path: str) -> Iterator[tuple[str, Tree]]:
    if not parts or parts == ("",):
        yield path, node
    elif parts[0] == "*":
        for index, element in enumerate(node if isinstance(node, list) else ()):
            yield from _nodes(element, parts[1:], f"{path}/{index}")
    elif isinstance(node, dict) and (child := node.get(parts[0])) is not None:
        yield from _nodes(child, parts[1:], f"{path}/{parts[0]}")


def _cut(node: Tree, words: frozenset[str]) -> Tree:
    if isinstance(node, dict):
        return {key: _cut(value, words) for key, value in node.items() if key in words}
    if isinstance(node, list):
        return [_cut(value, words) for value in node]
    return node


class KeptElements:
    """The cut elements of a long list. Equal parts are kept once: most lots differ in their number alone."""

    def __init__(self, arranged: ListRules) -> None:
        self._arranged = arranged
        self._known: dict[Any, Tree] = {}
        self.elements: list[Tree] = []

    def add(self, element: Tree) -> None:
        cut = self._arranged.cut(element)
        if isinstance(cut, dict):
            cut = {
                key: self._one(key, value) if isinstance(value, (dict, list)) else value
                for key, value in cut.items()
            }
        self.elements.append(cut)

    def _one(self, key: str, value: Tree) -> Tree:
        name = (key, *[part for leaf in leaf_list(value) for part in (leaf[0], str(leaf[1]))])
        return self._known.setdefault(name, value)

    def findings(self, document: Mapping[str, Any]) -> list[Finding]:
        """What the rules say across all elements."""
        return self._arranged.of_list({**document, self._arranged.name: self.elements})
