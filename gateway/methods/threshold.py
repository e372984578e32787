"""The 50 t threshold: net mass per importer and calendar year, over the four sectors that count together.

Iron and steel, aluminium, fertilisers and cement count; hydrogen and electricity do not. An importer is exempt while
the mass does not exceed the threshold, so 50 t exactly are exempt. What is not in the record is not known: the
answer holds for what was counted. Clause: Article 2a and Annex VII of (EU) 2023/956 as amended by 2025/2083.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from gateway.data import load_toml
from gateway.formats.codes import code_list
from gateway.methods.carbon_price import beyond_range
from gateway.methods.cn_codes import candidate
from gateway.methods.scope import outside_scope
from gateway.methods.trace import Input, Step, Trace, decimal_of, text_of
from gateway.model.declaration import Consignment, Declaration, Lot
from gateway.model.finding import Finding, finding
from gateway.model.record import Record

METHOD = "cbam.threshold@2025-2083"
CLAUSE = "EU-2025-2083:annex-VII"


@dataclass(frozen=True, slots=True)
class Entry:
    """One import: net mass in tonnes of goods of one CN code. ``origin`` is empty where it is not stated."""

    importer: str
    year: int
    cn: str
    tonnes: Fraction
    origin: str
    source: str


@dataclass(slots=True)
class Sum:
    """The imports of one importer in one year. ``left_out`` are those that do not count, each with its reason."""

    importer: str
    year: int
    mass: Step
    threshold: Fraction
    left_out: list[tuple[Entry, str]]

    @property
    def exceeded(self) -> bool:
        return self.mass.exact > self.threshold

    def to_json(self) -> dict[str, Any]:
        return {
            "importer": self.importer,
            "year": self.year,
            "mass": text_of(self.mass.result),
            "threshold": text_of(decimal_of(self.threshold)),
            "unit": "t",
            "exceeded": self.exceeded,
            "leftOut": [
                {"cn": e.cn, "mass": text_of(decimal_of(e.tonnes)), "source": e.source, "reason": reason}
                for e, reason in self.left_out
            ],
        }


@dataclass(slots=True)
class Threshold:
    """The answer for every importer and year, with its trace and what could not be counted."""

    sums: list[Sum]
    trace: Trace
    findings: list[Finding] = field(default_factory=list)


def check_threshold(entries: Iterable[Entry], found: Iterable[Finding] = ()) -> Threshold:
    """Add the imports up per importer and year. An import that cannot be counted is a finding, never 0."""
    findings = list(found)
    groups: dict[tuple[str, int], list[Entry]] = {}
    for entry in entries:
        wrong = list(_faults(entry))
        findings += [item for item in wrong if item not in findings]
        if not wrong:
            groups.setdefault((entry.importer, entry.year), []).append(entry)
    made = Threshold([], Trace(METHOD), findings)
    for (importer, year), group in sorted(groups.items()):
        made.sums.append(_sum(made.trace, importer, year, group))
    return made


def _faults(entry: Entry) -> Iterable[Finding]:
    rule = load_toml("mappings", "figures", "adjustment.toml")["threshold"]
    path = entry.source if entry.source.startswith("/") else ""
    if entry.year < rule["from"]:
        yield finding("THRESHOLD-YEAR", path and "/declaration/year", stage="method", year=entry.year)
    if candidate(entry.cn) is None:
        yield finding("THRESHOLD-CN", path, stage="method", cn=entry.cn or "-")
    if entry.tonnes < 0:
        yield finding("THRESHOLD-MASS", path, stage="method", unit="t")


def _sum(trace: Trace, importer: str, year: int, group: list[Entry]) -> Sum:
    rule = load_toml("mappings", "figures", "adjustment.toml")["threshold"]
    counted: list[Entry] = []
    left_out: list[tuple[Entry, str]] = []
    for entry in group:
        known = candidate(entry.cn)
        if known is None or known.sector not in rule["sectors"]:
            left_out.append((entry, "sector"))
        elif entry.origin in outside_scope():
            left_out.append((entry, "origin"))
        else:
            counted.append(entry)
    inputs = tuple(
        Input(f"m{n}", text_of(decimal_of(e.tonnes)), "t", f"{e.source} (CN {e.cn})")
        for n, e in enumerate(counted, 1)
    )
    formula = " + ".join(f"{{{n}}}" for n in range(len(inputs))) or "0"
    exact = sum((e.tonnes for e in counted), Fraction(0))
    step = trace.add(Step(f"{importer}:{year}:mass", formula, inputs, exact, "t", CLAUSE, "", True))
    return Sum(importer, year, step, Fraction(rule["tonnes"]), left_out)


def imports_of(record: Record) -> tuple[list[Entry], list[Finding]]:
    """The imports that the consignments of a record state, and what they lack to be counted."""
    entries: list[Entry] = []
    findings: list[Finding] = []
    declared = record.declaration
    codes = {good.id: good.cn8 or "" for good in record.goods}
    for c, consignment in enumerate(record.consignments):
        importer = _importer(consignment, declared)
        for number, lot in enumerate(consignment.lots):
            path = f"/consignments/{c}/lots/{number}"
            tonnes = _tonnes(lot)
            wrong = list(_missing(path, c, importer, declared, lot, tonnes))
            findings += wrong
            if not wrong and tonnes is not None and declared is not None and declared.year is not None:
                origin = consignment.origin or lot.country or ""
                cn = codes.get(lot.goods, "")
                entries.append(Entry(importer, declared.year, cn, tonnes, origin, f"{path}/netMass"))
    if not entries and not findings:
        findings.append(finding("THRESHOLD-CONSIGNMENTS", "/consignments", stage="method"))
    return entries, findings


def _missing(
    path: str, c: int, importer: str, declared: Declaration | None, lot: Lot, tonnes: Fraction | None
) -> Iterable[Finding]:
    if not importer:
        yield finding("THRESHOLD-IMPORTER", f"/consignments/{c}/importer", stage="method")
    if declared is None or declared.year is None:
        yield finding("THRESHOLD-YEAR", "/declaration/year", stage="method", year="-")
    if tonnes is None:
        yield finding("THRESHOLD-MASS", f"{path}/netMass", stage="method", unit=lot.unit or "-")


def _importer(consignment: Consignment, declared: Declaration | None) -> str:
    """Who imports: the consignment's importer, the declaration's, or the declarant in role 01."""
    if consignment.importer is not None and consignment.importer.id:
        return consignment.importer.id
    if declared is None:
        return ""
    if declared.importer is not None and declared.importer.id:
        return declared.importer.id
    own = declared.declarant
    return own.id if own is not None and own.role == "01" and own.id else ""


def _tonnes(lot: Lot) -> Fraction | None:
    """The net mass of a lot in tonnes; None where mass or unit are missing."""
    scale = code_list("mass-unit").to("scale", lot.unit or "")
    if lot.net_mass is None or scale is None or beyond_range(lot.net_mass):
        return None
    return Fraction(lot.net_mass) * Fraction(scale) / 1000
