"""Rules: compiled once, arranged by the place they stand on, so that an absent group costs nothing.

A rule with ``require`` is a row of ``conformance/rules/*.toml``; its expression runs on the canonical
record (``document = "canonical"``, the default) or on a foreign document's own tree.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from gateway.check.access import CANONICAL, Getter, one, require_known, text
from gateway.check.catalog import CatalogError, Rule, rules
from gateway.check.expressions import Check, Failure, Scope, compile_condition, compile_expression
from gateway.check.known_shapes import Known, check_known, node_at, paths_in
from gateway.check.predicates import paths_of_predicate
from gateway.check.profiles import missing_fields, profile_named
from gateway.data import data_path, load_toml
from gateway.formats.leaves import Tree
from gateway.model.finding import Finding, Stage, finding

MOST_OF_ONE_RULE = 200
"""Findings of one rule in one document; the rest is counted."""


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One rule at one place."""

    rule: Rule
    stage: Stage
    when: Check | None
    require: Check
    at: str
    values: tuple[tuple[str, Getter], ...]

    def reads(self) -> list[str | None]:
        """The paths that decide what the rule says and what its message shows; None among them for unknown."""
        body = self.rule.body
        asked = [body["require"], *([body["when"]] if "when" in body else [])]
        read = [path for expression in asked for path in paths_in(expression, paths_of_predicate)]
        return [*read, ".", *body.get("values", {}).values()]

    def findings(self, document: Tree, node: Tree, path: str) -> list[Finding]:
        """What the rule says of one node: nothing where it obeys, or where the condition does not hold."""
        if self.when is not None and self.when(document, node):
            return []
        failures = self.require(document, node)
        return [self.finding(failure, document, node, path) for failure in failures] if failures else []

    def finding(self, failure: Failure, document: Tree, node: Tree, path: str) -> Finding:
        """One failure as a finding, with the values of its message."""
        values = {name: text(get(document, node)) for name, get in self.values}
        if not isinstance(node, dict | list):
            values.setdefault("value", text(node))
        place = f"{path}{failure.at}" if failure.at else f"{path}/{self.at}" if self.at else path
        return Finding(
            self.rule.id, self.rule.severity, self.stage, place, values={**values, **failure.values}
        )


@dataclass(slots=True)
class _Place:
    """A node of the tree of places: the rules that stand here, and the places below."""

    rules: list[CompiledRule] = field(default_factory=list)
    below: dict[str, _Place] = field(default_factory=dict)


class Stand(NamedTuple):
    """One node of a document and the rules that stand on it: the way to it from the root, and its path."""

    steps: tuple[str | int, ...]
    path: str
    rules: list[CompiledRule]


def check_rules(
    tree: Tree, document: str = CANONICAL, profile: str | None = None, known: Known | None = None
) -> list[Finding]:
    """Every finding of the rules for a document.

    ``document`` names the tree: ``canonical``, or a format with or without its version; a rule with ``since``
    or ``until`` is judged in those versions only, and a format without a version is its newest. ``profile``
    adds the rules and the asked-for fields of ``conformance/profiles/``; an unknown one raises UnknownProfile.
    ``known``: the leaves of a tree whose shape may have been met before; the answer is the same, sooner.
    Never raises on what stands in the tree.
    """
    name = document.partition("@")[0]
    asked = profile_named(profile) if profile else None
    if known is not None and asked is None:
        return check_known(tree, known, document, lambda: stands(tree, document))
    found: list[Finding] = []
    for stand in stands(tree, document, profile):
        node = node_at(tree, stand.steps)
        for rule in stand.rules:
            found += rule.findings(tree, node, stand.path)
    if asked is not None and asked.document == name:
        found.extend(missing_fields(tree, asked))
    return _limited(found)


def _limited(found: list[Finding]) -> list[Finding]:
    """The first findings of each rule, and how many more of it there are: one cause in a report of ten thousand
    goods is one thing to mend, not ten thousand lines to read."""
    if len(found) <= MOST_OF_ONE_RULE:
        return found
    counted: Counter[str] = Counter()
    shown: list[Finding] = []
    for item in found:
        counted[item.rule] += 1
        if counted[item.rule] <= MOST_OF_ONE_RULE:
            shown.append(item)
    more = [
        finding("RULES-MORE", stage="rules", severity="info", id=rule, shown=MOST_OF_ONE_RULE, rest=rest)
        for rule, number in counted.items()
        if (rest := number - MOST_OF_ONE_RULE) > 0
    ]
    return [*shown, *more]


def stands(tree: Tree, document: str, profile: str | None = None) -> list[Stand]:
    """Where the rules of a document stand in this tree, in the order of their places."""
    name, _, version = document.partition("@")
    return list(_search(_places(name, version, profile), tree, (), ""))


def _search(place: _Place, node: Tree, steps: tuple[str | int, ...], path: str) -> Iterator[Stand]:
    if place.rules:
        yield Stand(steps, path, place.rules)
    if place.below:
        yield from _descend(place.below, node, steps, path)


def _descend(
    below: dict[str, _Place], node: Tree, steps: tuple[str | int, ...], path: str
) -> Iterator[Stand]:
    """The places below a node. An element that repeats in one version of a format and not in another is found
    either way: the rules below it are judged in each."""
    if isinstance(node, dict):
        for part, place in below.items():
            child = node.get(part)
            if child is not None:
                yield from _search(place, child, (*steps, part), f"{path}/{part}")
    elif isinstance(node, list):
        each = below.get("*")
        for index, element in enumerate(node):
            if each is not None:
                yield from _search(each, element, (*steps, index), f"{path}/{index}")
            elif isinstance(element, dict):
                yield from _descend(below, element, (*steps, index), f"{path}/{index}")


@cache
def _places(document: str, version: str, profile: str | None) -> _Place:
    root = _Place()
    for rule in rules().values():
        if "require" not in rule.body or rule.body.get("document", CANONICAL) != document:
            continue
        if rule.body.get("profile") not in (None, profile) or not judged_in(rule, version):
            continue
        for on in places_of(rule):
            place = root
            for part in on.split("/")[1:]:
                place = place.below.setdefault(part, _Place())
            place.rules.append(compile_rule(rule, on))
    return root


def judged_in(rule: Rule, version: str) -> bool:
    """Whether a rule speaks of this version of its format (``since``, ``until``); without one, of the newest.

    Whoever arranges rules in another order (a list read element by element) asks this of each rule, too.
    """
    since, until = rule.body.get("since"), rule.body.get("until")
    if since is None and until is None:
        return True
    asked = _order(version or _newest(rule.body.get("document", CANONICAL)))
    return (since is None or _order(since) <= asked) and (until is None or asked <= _order(until))


@cache
def _newest(document: str) -> str:
    return max((p.name for p in data_path("schemas", document).iterdir() if p.is_dir()), key=_order)


def _order(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"[0-9]+", version)]


def places_of(rule: Rule) -> list[str]:
    """The paths a rule stands on: one, a list, or a named set ``@name`` of its file."""
    on = rule.body.get("on", "")
    if isinstance(on, str) and on.startswith("@"):
        try:
            on = _sets(rule.area)[on[1:]]
        except KeyError:
            raise CatalogError(f"rule {rule.id}: no set of paths {on}") from None
    return [on] if isinstance(on, str) else list(on)


@cache
def _sets(area: str) -> dict[str, list[str]]:
    sets: dict[str, list[str]] = load_toml("conformance", "rules", f"{area}.toml").get("sets", {})
    return sets


def compile_rule(rule: Rule, on: str) -> CompiledRule:
    """A rule at one place. Raises CatalogError when it names a path or a predicate that is not there."""
    body: dict[str, Any] = rule.body
    scope = Scope(rule.id, body.get("document", CANONICAL), on)
    scope.type_of(".")
    for path in [*body.get("values", {}).values(), body.get("at", ".")]:
        require_known(scope.document, path, on, rule.id)
    when = compile_condition(body["when"], scope) if "when" in body else None
    require = compile_expression(body["require"], scope)
    getters = tuple((name, one(path)) for name, path in body.get("values", {}).items())
    return CompiledRule(rule, _stage(rule), when, require, body.get("at", ""), getters)


def _stage(rule: Rule) -> Stage:
    if rule.stage == "rules":
        return "rules"
    if rule.stage == "purpose":
        return "purpose"
    raise CatalogError(
        f"rule {rule.id}: an expression answers for rules or for the purpose, not {rule.stage}"
    )


def rule_documents() -> list[str]:
    """The documents that have rules."""
    named = {r.body.get("document", CANONICAL) for r in rules().values() if "require" in r.body}
    return sorted(named)


def compile_everything() -> int:
    """Compile every rule of every document and profile; returns how many rules there are. For the linter."""
    profiles = [p.stem for p in sorted(data_path("conformance", "profiles").glob("*.toml"))]
    for document in rule_documents():
        for profile in [None, *profiles]:
            _places(document, "", profile)
    return sum("require" in r.body for r in rules().values())
