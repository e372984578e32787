"""Whether the emissions of each boiler and cogeneration unit reach the processes once: not less, not more.

The fuel of a unit is in no process's DirEm*; it reaches the processes with the heat only. Annex III A.2.2
(2025/2547) wants 100 % of it attributed. Heat that a process takes and passes on counts for the one who
uses it: what is exported is deducted from what was imported, and cannot be more. Units: TJ, t CO2e.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gateway.methods.streams.energy import EnergyFigure
from gateway.methods.streams.reading import Source, reasonable
from gateway.methods.trace import decimal_of, rounded, text_of
from gateway.model.finding import finding
from gateway.model.installation import HeatFlow
from gateway.model.record import Record

ROUNDING = Fraction(5, 1000)
"""Share by which what is handed over may differ from the unit: amounts and efficiencies are rounded."""


@dataclass(slots=True)
class Handed:
    """Heat of one unit that the processes took and passed on, in TJ; ``known`` where each amount is."""

    taken: Fraction = Fraction(0)
    passed: Fraction = Fraction(0)
    known: bool = True


def check_handed_over(source: Source, record: Record, unit: EnergyFigure) -> bool:
    """True where the heat of a unit is attributed to the processes as its fuel demands."""
    before = len(source.desk.findings)
    by_process = handed_over(record, unit.unit)
    check_exports(source, record, unit, by_process)
    total = Handed(
        sum((heat.taken for heat in by_process.values()), Fraction(0)),
        sum((heat.passed for heat in by_process.values()), Fraction(0)),
        all(heat.known for heat in by_process.values()),
    )
    used = total.taken - total.passed
    if unit.net_heat is not None and used > unit.net_heat.value:
        source.report(
            "METHOD-HEAT-BEYOND-PRODUCED", "net_heat", used=text_of(decimal_of(used)),
            produced=unit.net_heat.text,
        )  # fmt: skip
    elif record.processes and total.known and len(source.desk.findings) == before:
        check_attributed(source, unit, total)
    return not any(made.severity == "error" for made in source.desk.findings[before:])


def handed_over(record: Record, unit: str) -> dict[str, Handed]:
    """What every process took from a unit and passed on of it."""
    found: dict[str, Handed] = {}
    for flow in record.heat:
        if flow.energy_unit != unit or flow.direction not in ("imported", "exported"):
            continue
        heat = found.setdefault(flow.process or "", Handed())
        amount = terajoules(flow)
        if amount is None:
            heat.known = False
        elif flow.direction == "imported":
            heat.taken += amount
        else:
            heat.passed += amount
    return found


def terajoules(flow: HeatFlow) -> Fraction | None:
    if flow.unit != "TJ" or flow.amount is None or not reasonable(flow.amount):
        return None
    return Fraction(flow.amount)


def check_exports(source: Source, record: Record, unit: EnergyFigure, heat: dict[str, Handed]) -> None:
    """A process passes on no more heat of a unit than it took: the fuel is not in its DirEm*."""
    for index, flow in enumerate(record.heat):
        own = heat.get(flow.process or "")
        if flow.energy_unit != unit.unit or flow.direction != "exported" or own is None:
            continue
        if own.passed > own.taken and own.known:
            source.desk.findings.append(
                finding(
                    "METHOD-HEAT-EXPORT-UNIT", f"/heat/{index}/energyUnit", stage="method",
                    stream=source.label, process=flow.process or "-", taken=text_of(decimal_of(own.taken)),
                    passed=text_of(decimal_of(own.passed)),
                )
            )  # fmt: skip


def check_attributed(source: Source, unit: EnergyFigure, heat: Handed) -> None:
    """Emissions of the heat used against those of the unit; heat sold outside is taken and passed on."""
    if unit.heat_factor is None or unit.heat_emissions is None:
        return
    factor, whole = unit.heat_factor.exact, unit.heat_emissions
    if not heat.taken and not heat.passed:
        if whole:
            source.report("METHOD-ENERGY-UNUSED", "id", severity="warning", emitted=tonnes_text(whole))
        return
    most, least = factor * heat.taken, factor * (heat.taken - heat.passed)
    if most < whole * (1 - ROUNDING) or least > whole * (1 + ROUNDING):
        handed = most if most < whole else least
        source.report(
            "METHOD-ENERGY-UNATTRIBUTED", "net_heat", handed=tonnes_text(handed), emitted=tonnes_text(whole)
        )


def tonnes_text(value: Fraction) -> str:
    return text_of(decimal_of(Fraction(rounded(value, 3).value)))
