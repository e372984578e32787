"""Figures of the record that a format asks for in its own definition, where the record has them in other words.

Two versions of a standard may draw the line of a total differently. Where no part is stated that lies between the
two lines, the figures are equal and one is derived from the other, with its clause; otherwise the finding names the
part that stands between them. Nothing is derived from a figure that the parts do not explain. Where a definition
can be read in two ways, the sum decides which of them the sender used, and a finding says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gateway.formats.leaves import at
from gateway.model.finding import Finding, finding
from gateway.translate.ledger import Explained
from gateway.translate.lens import EXACT, LensRefusal, decimal, plain
from gateway.translate.rounding import of_all
from gateway.translate.table import Derivation, Plan


@dataclass(slots=True)
class Derived:
    """The record with what was derived, how each figure came about, and what stood in the way of others.

    ``weighed``: whether a value was looked at that makes no figure: another record with these leaves may differ.
    """

    record: dict[str, Any]
    explained: dict[str, Explained] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    weighed: bool = False


def with_derived(plan: Plan, record: dict[str, Any]) -> Derived:
    """The record as this format asks for it. The given tree is never changed."""
    made = Derived(record)
    for derivation in plan.derivations:
        stated = at(made.record, derivation.canonical) is not None
        if stated is derivation.checks and _applies(derivation, made.record):
            _derive(derivation, made, _foreign_name(plan, derivation.canonical))
    return made


def _foreign_name(plan: Plan, canonical: str) -> str:
    """What the receiver calls a figure of the record, or its path in the record."""
    rows = (row for row in plan.rows if canonical in row.canonical_paths and row.external_paths)
    return next((row.external_paths[0] for row in rows), canonical)


def _applies(derivation: Derivation, record: Mapping[str, Any]) -> bool:
    given = not derivation.given or at(record, derivation.given) is not None
    if derivation.unless and at(record, derivation.unless) is not None:
        return False
    if derivation.where and at(record, derivation.where["path"]) not in derivation.where["in"]:
        return False
    return given and at(record, derivation.terms[0]) is not None


def _derive(derivation: Derivation, made: Derived, figure: str) -> None:
    record = made.record
    terms = [path for path in derivation.terms if at(record, path) is not None]
    values = {"row": derivation.id, "figure": derivation.canonical, "name": figure}
    found = _obstacle(derivation, terms, record, values)
    if isinstance(found, Finding):
        made.findings.append(found)
    looked_at = (*derivation.zero, derivation.agrees)
    made.weighed |= derivation.checks and any(path and at(record, path) is not None for path in looked_at)
    if derivation.checks or isinstance(found, Finding):
        return
    total = derivation.value or plain(_sum(record, terms))
    made.record = _with(record, derivation.canonical, total)
    note = f"{derivation.canonical} = {derivation.value or ' + '.join(terms)}"
    used = [*filter(None, (derivation.agrees,)), *terms, *derivation.zero]
    sources = tuple(dict.fromkeys(path for path in used if at(record, path) is not None))
    made.explained[derivation.canonical] = Explained(
        sources, "derived", derivation.id, derivation.clause, "; ".join(filter(None, (note, derivation.note)))
    )
    made.findings += [*_told(derivation, found, record, total), *_unstated(derivation, record, values)]


def _obstacle(
    derivation: Derivation, terms: list[str], record: Mapping[str, Any], values: dict[str, Any]
) -> Finding | int:
    """What stands in the way: a part between the two definitions, an unknown part, a figure that does not agree.

    If nothing does, the number of the reading that the stated figure agrees with.
    """
    try:
        for path in derivation.zero:
            if (value := at(record, path)) is not None and decimal(value) != 0:
                told = {**values, "value": value, "unit": _unit_of(record)}
                return finding("DERIVE-BETWEEN", path, stage="translate", **told)
        known = any(at(record, path) is not None for path in derivation.known)
        if derivation.known and not known and not _is_zero(record, derivation.or_zero):
            needed = derivation.known[0]
            return finding("DERIVE-UNKNOWN", needed, stage="translate", needed=needed, **values)
        return _reading(derivation, terms, record, values)
    except LensRefusal as refusal:
        told = {"row": derivation.id, **refusal.values}
        return finding(refusal.rule, terms[0], stage="translate", **told)


def _reading(
    derivation: Derivation, terms: list[str], record: Mapping[str, Any], values: dict[str, Any]
) -> Finding | int:
    """Which reading gives the figure that is stated: one that fits exactly before one that fits but for rounding."""
    stated = at(record, derivation.agrees) if derivation.agrees else None
    if derivation.value or stated is None:
        return 0
    readings = derivation.readings or (derivation.terms,)
    sums = [_sum(record, parts) for parts in readings]
    offs = [EXACT.abs(EXACT.subtract(decimal(stated), total)) for total in sums]
    nearest = min(range(len(readings)), key=offs.__getitem__)
    figures = [decimal(at(record, path)) for path in readings[nearest] if at(record, path) is not None]
    if not offs[nearest] or offs[nearest] <= of_all([decimal(stated), *figures]):
        return nearest
    off = plain(EXACT.subtract(decimal(stated), sums[-1]))
    told = {**values, "stated": stated, "total": plain(sums[-1]), "difference": off}
    return finding("DERIVE-DISAGREES", derivation.agrees, stage="translate", **told)


def _told(derivation: Derivation, reading: int, record: Mapping[str, Any], total: str) -> list[Finding]:
    """Which reading was taken, where it makes a difference."""
    value = at(record, derivation.about) if derivation.about else None
    if not derivation.told or value is None or decimal(value) == 0:
        return []
    stated = at(record, derivation.agrees)
    said = {"value": value, "stated": stated, "total": total, "unit": _unit_of(record), "row": derivation.id}
    path = derivation.about if len(derivation.told) == 1 else derivation.agrees
    return [finding(derivation.told[reading], path, severity="warning", stage="translate", **said)]


def _unstated(derivation: Derivation, record: Mapping[str, Any], values: dict[str, Any]) -> list[Finding]:
    """Parts that nobody stated are no zeros: the reader of the sum must know which."""
    absent = [path for path in derivation.asks if at(record, path) is None]
    if not absent:
        return []
    told = {**values, "unstated": ", ".join(absent)}
    return [finding("DERIVE-UNSTATED", derivation.terms[0], severity="warning", stage="translate", **told)]


def _sum(record: Mapping[str, Any], paths: Iterable[str]) -> Decimal:
    stated = (value for path in paths if (value := at(record, path)) is not None)
    return sum((decimal(value) for value in stated), start=decimal("0"))


def _unit_of(record: Mapping[str, Any]) -> str:
    """The unit of the figures of a record, as a reader of the finding needs it: kgCO2e / 12 L."""
    amount = " ".join(str(value) for part in ("amount", "unit") if (value := at(record, f"/unit/{part}")))
    return " / ".join(filter(None, (str(at(record, "/results/unit") or ""), amount)))


def _is_zero(record: Mapping[str, Any], path: str) -> bool:
    value = at(record, path) if path else None
    return value is not None and decimal(value) == 0


def _with(record: dict[str, Any], path: str, value: str) -> dict[str, Any]:
    """The record with one more leaf; only the groups on the way are copied."""
    first, _, rest = path.strip("/").partition("/")
    below = record.get(first, {})
    return {**record, first: _with(below, rest, value) if rest else value}
