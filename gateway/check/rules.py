"""Rules: compiled once, arranged by the place they stand on, so that an absent group costs nothing.

A rule with ``require`` is a row of ``conformance/rules/*.toml``; its expression runs on the canonical
record (``document = "canonical"``, the default) or on a foreign document's own tree.
"""

from __future__ import annotations

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
from gateway.model.finding import Finding, Stage


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

    ``document`` names the tree: ``canonical``, or a format with or without its version. ``profile`` adds the
    rules and the asked-for fields of ``conformance/profiles/``; an unknown one raises UnknownProfile.
    ``known``: the leaves of a tree whose shape may have been met before; the answer is the same, sooner.
    Never raises on what stands in the tree.
    """
    name = document.partition("@")[0]
    asked = profile_named(profile) if profile else None
    if known is not None and asked is None:
        return check_known(tree, known, name, lambda: stands(tree, name))
    found: list[Finding] = []
    for stand in stands(tree, name, profile):
        node = node_at(tree, stand.steps)
        for rule in stand.rules:
            found += rule.findings(tree, node, stand.path)
    if asked is not None and asked.document == name:
        found.extend(missing_fields(tree, asked))
    return found


def stands(tree: Tree, name: str, profile: str | None = None) -> list[Stand]:
    """Where the rules of a document stand in this tree, in the order of their places."""
    return list(_search(_places(name, profile), tree, (), ""))


def _search(place: _Place, node: Tree, steps: tuple[str | int, ...], path: str) -> Iterator[Stand]:
    if place.rules:
        yield Stand(steps, path, place.rules)
    for part, below in place.below.items():
        if part == "*":
            if isinstance(node, list):
                for index, element in enumerate(node):
                    yield from _search(below, element, (*steps, index), f"{path}/{index}")
        elif isinstance(node, dict) and (child := node.get(part)) is not None:
            yield from _search(below, child, (*steps, part), f"{path}/{part}")


@cache
def _places(document: str, profile: str | None) -> _Place:
    root = _Place()
    for rule in rules().values():
        if "require" not in rule.body or rule.body.get("document", CANONICAL) != document:
            continue
        if rule.body.get("profile") not in (None, profile):
            continue
        for on in places_of(rule):
            place = root
            for part in on.split("/")[1:]:
                place = place.below.setdefault(part, _Place())
            place.rules.append(compile_rule(rule, on))
    return root


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
            _places(document, profile)
    return sum("require" in r.body for r in rules().values())
