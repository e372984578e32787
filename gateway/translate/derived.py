"""Figures of the record that a format asks for in its own definition, where the record has them in other words.

Two versions of a standard may draw the line of a total differently. Where no part is stated that lies between the
two lines, the figures are equal and one is derived from the other, with its clause; otherwise the finding names the
part that stands between them. Nothing is derived from a figure that the parts do not explain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.formats.leaves import at
from gateway.model.finding import Finding, finding
from gateway.translate.ledger import Explained
from gateway.translate.lens import EXACT, LensRefusal, decimal, plain
from gateway.translate.table import Derivation, Plan


@dataclass(slots=True)
class Derived:
    """The record with what was derived, how each figure came about, and what stood in the way of others."""

    record: dict[str, Any]
    explained: dict[str, Explained] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def with_derived(plan: Plan, record: dict[str, Any]) -> Derived:
    """The record as this format asks for it. The given tree is never changed."""
    made = Derived(record)
    for derivation in plan.derivations:
        stated = at(made.record, derivation.canonical) is not None
        if not stated and _applies(derivation, made.record):
            _derive(derivation, made)
    return made


def _applies(derivation: Derivation, record: Mapping[str, Any]) -> bool:
    given = not derivation.given or at(record, derivation.given) is not None
    if derivation.where and at(record, derivation.where["path"]) not in derivation.where["in"]:
        return False
    return given and at(record, derivation.terms[0]) is not None


def _derive(derivation: Derivation, made: Derived) -> None:
    record = made.record
    terms = [path for path in derivation.terms if at(record, path) is not None]
    fault = _fault(derivation, terms, record)
    if fault is not None:
        made.findings.append(fault)
        return
    total = derivation.value or plain(sum((decimal(at(record, path)) for path in terms), start=decimal("0")))
    made.record = _with(record, derivation.canonical, total)
    note = f"{derivation.canonical} = {derivation.value or ' + '.join(terms)}"
    sources = tuple(dict.fromkeys([*terms, *filter(lambda p: at(record, p) is not None, derivation.zero)]))
    made.explained[derivation.canonical] = Explained(
        sources, "derived", derivation.id, derivation.clause, "; ".join(filter(None, (note, derivation.note)))
    )


def _fault(derivation: Derivation, terms: list[str], record: Mapping[str, Any]) -> Finding | None:
    """What stands in the way: a part between the two definitions, an unknown part, a figure that does not agree."""
    values: dict[str, Any] = {"row": derivation.id, "figure": derivation.canonical}
    try:
        for path in derivation.zero:
            if (value := at(record, path)) is not None and decimal(value) != 0:
                return finding("DERIVE-BETWEEN", path, stage="translate", value=value, **values)
        known = any(at(record, path) is not None for path in derivation.known)
        if derivation.known and not known and not _is_zero(record, derivation.or_zero):
            needed = derivation.known[0]
            return finding("DERIVE-UNKNOWN", needed, stage="translate", needed=needed, **values)
        return _disagreement(derivation, terms, record, values)
    except LensRefusal as refusal:
        told: dict[str, Any] = {"row": derivation.id, **refusal.values}
        return finding(refusal.rule, terms[0], stage="translate", **told)


def _disagreement(
    derivation: Derivation, terms: list[str], record: Mapping[str, Any], values: dict[str, Any]
) -> Finding | None:
    stated = at(record, derivation.agrees) if derivation.agrees else None
    if derivation.value or stated is None:
        return None
    figures = [decimal(at(record, path)) for path in terms]
    total = sum(figures, start=decimal("0"))
    if decimal(stated) in (figures[0], total):
        return None
    off = plain(EXACT.subtract(decimal(stated), total))
    told = {**values, "stated": stated, "total": plain(total), "difference": off}
    return finding("DERIVE-DISAGREES", derivation.agrees, stage="translate", **told)


def _is_zero(record: Mapping[str, Any], path: str) -> bool:
    value = at(record, path) if path else None
    return value is not None and decimal(value) == 0


def _with(record: dict[str, Any], path: str, value: str) -> dict[str, Any]:
    """The record with one more leaf; only the groups on the way are copied."""
    first, _, rest = path.strip("/").partition("/")
    below = record.get(first, {})
    return {**record, first: _with(below, rest, value) if rest else value}
