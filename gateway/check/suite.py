"""Cases: for each rule a passing and a failing twin that differ from a clean document in one edit.

``conformance/cases/<area>/<name>/case.toml`` names the rule, the base document, one edit for each twin, the
clause and why. The loader reads them, the linter finds cases that prove nothing, the runner judges them.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gateway.check.access import CANONICAL
from gateway.check.catalog import rules
from gateway.check.leaf_types import check_leaf_types
from gateway.check.rules import check_rules
from gateway.check.sources import UnknownClause, clause
from gateway.data import data_path
from gateway.formats.leaves import Tree, segments
from gateway.model.finding import GatewayError

Reader = Callable[[Path], Tree]
"""Reads a base document into its tree."""

DOCUMENTS = {
    "record.json": CANONICAL,
    "footprint.json": "pact.footprint",
    "footprint-2.json": "pact.footprint@2.3",
    "qreport.xml": "cbam.qreport",
    "template.json": "cbam.template",
    "catenax-7.json": "catenax.pcf@7.0.0",
    "catenax-8.json": "catenax.pcf@8.0.0",
    "catenax-9.json": "catenax.pcf@9.0.0",
}
"""The clean documents that cases start from, and the rules that judge each."""

MIN_REASON = 20
"""Characters below which a reason says nothing (a third of that in Chinese)."""


class CaseError(GatewayError):
    """A case that cannot be read or whose edit cannot be made."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: ``set`` what is there, make it ``null``, ``add`` something new, or ``remove`` it."""

    op: str
    path: str
    value: Any = None

    def __str__(self) -> str:
        return f"{self.op} {self.path}" + (f" = {self.value!r}" if self.op in ("set", "add") else "")


@dataclass(frozen=True, slots=True)
class Case:
    """One twin: a base, its edits and what must be found."""

    id: str
    rule: str
    base: str
    verdict: str
    edits: tuple[Edit, ...]
    expected: tuple[str, ...]
    profile: str | None
    clause: str
    why_en: str
    why_zh: str
    version: str = ""

    @property
    def document(self) -> str:
        name = DOCUMENTS[self.base]
        return f"{name.partition('@')[0]}@{self.version}" if self.version else name


@cache
def cases() -> tuple[Case, ...]:
    """Every case, in order of area and name. Raises CaseError."""
    files = sorted(data_path("conformance", "cases").glob("*/*/case.toml"))
    return tuple(case for file in files for case in _twins(file))


def _twins(file: Path) -> Iterator[Case]:
    name = f"{file.parent.parent.name}/{file.parent.name}"
    try:
        row = tomllib.loads(file.read_text(encoding="utf-8"))
        for twin in (word for word in ("pass", "fail") if word in row):
            body = row[twin]
            edits = body["edit"] if isinstance(body["edit"], list) else [body["edit"]]
            expected = () if twin == "pass" else tuple(sorted(body.get("rules", [row["rule"]])))
            yield Case(
                f"{name}/{twin}",
                row["rule"],
                row["base"],
                twin,
                tuple(Edit(e["op"], e["path"], e.get("value")) for e in edits),
                expected,
                row.get("profile"),
                row["clause"],
                row["why_en"],
                row["why_zh"],
                row.get("version", ""),
            )
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise CaseError(f"case {name}: {error!r}") from error


@cache
def read_base(name: str) -> Tree:
    """A base document as its tree, through the same readers that every file goes through."""
    path = data_path("conformance", "cases", "bases", name)
    if path.suffix == ".json":
        from gateway.formats.json_reader import read_json

        return read_json(path.read_bytes())
    from gateway.formats.shape import shape
    from gateway.formats.xml_parser import parse_xml
    from gateway.formats.xml_tree import read_xml

    return read_xml(parse_xml(path.read_bytes()), shape(f"{DOCUMENTS[name]}@23.00"))


def apply(tree: Tree, edits: tuple[Edit, ...]) -> Tree:
    """The tree after the edits; the given one stays. Raises CaseError for an edit without a place."""
    root = copy.deepcopy(tree)
    for edit in edits:
        *way, last = segments(edit.path)
        node = root
        for part in way:
            node = _step(node, part, edit)
        _change(node, last, edit)
    return root


def _step(node: Tree, part: str, edit: Edit) -> Tree:
    try:
        return node[int(part)] if isinstance(node, list) else node[part]
    except (KeyError, IndexError, ValueError, TypeError):
        raise CaseError(f"{edit}: nothing at {part}") from None


def _change(node: Tree, last: str, edit: Edit) -> None:
    if isinstance(node, list):
        index = len(node) if last == "-" else int(last)
        if edit.op == "add":
            node.insert(index, edit.value)
            return
        _step(node, last, edit)
        node[index : index + 1] = [] if edit.op == "remove" else [edit.value]
        return
    if not isinstance(node, dict) or (last in node) == (edit.op == "add"):
        raise CaseError(f"{edit}: the place is {'taken' if edit.op == 'add' else 'empty'}")
    if edit.op == "remove":
        del node[last]
    else:
        node[last] = edit.value


def judge(tree: Tree, document: str, profile: str | None = None) -> list[str]:
    """The ids of every rule that finds something, each once, sorted."""
    found = check_rules(tree, document, profile)
    if document == CANONICAL:
        found = [*check_leaf_types(tree), *found]
    return sorted({f.rule for f in found})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case found beside what it should have found."""

    case: Case
    found: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return self.found == self.case.expected


def run(case: Case, read: Reader | None = None) -> Outcome:
    """Apply a case's edits to its base and judge the result. ``read`` replaces the reader of bases."""
    base = read(data_path("conformance", "cases", "bases", case.base)) if read else read_base(case.base)
    return Outcome(case, tuple(judge(apply(base, case.edits), case.document, case.profile)))


def tested_rules() -> set[str]:
    """The rules that need twins: every expression, and those that a check of ours answers for."""
    return {rule.id for rule in rules().values() if "require" in rule.body or "by" in rule.body}


def lint(read: Reader | None = None) -> list[str]:
    """What is wrong with the cases themselves; empty when each proves something."""
    faults = [f"{c.id}: {fault}" for c in cases() for fault in _faults(c, read)]
    for twin in ("pass", "fail"):
        missing = tested_rules() - {c.rule for c in cases() if c.verdict == twin}
        faults += [f"{rule}: no {twin}ing twin" for rule in sorted(missing)]
    return faults


def _faults(case: Case, read: Reader | None) -> Iterator[str]:
    for rule in {case.rule, *case.expected} - set(rules()):
        yield f"unknown rule {rule}"
    if case.base not in DOCUMENTS:
        yield f"unknown base {case.base}"
        return
    if case.verdict == "fail" and case.rule not in case.expected:
        yield f"the failing twin does not expect {case.rule}"
    if len(case.why_en) < MIN_REASON or len(case.why_zh) * 3 < MIN_REASON:
        yield "the reason is too short to say anything"
    try:
        clause(case.clause)
        base = read(data_path("conformance", "cases", "bases", case.base)) if read else read_base(case.base)
        if apply(base, case.edits) == base:
            yield "the edit changes nothing"
    except (UnknownClause, CaseError) as error:
        yield str(error)
