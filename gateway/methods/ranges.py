"""Whether heat, waste gas and electricity of a process have figures that a plant can have.

A factor in the wrong unit gives a result that looks like any other. The limits are rows of
``mappings/figures/plausible-ranges.toml``; none says that a figure is right, only that one is impossible.
Units: t CO2/TJ, t CO2/MWh, TJ, MWh, t CO2e.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from gateway.data import load_toml
from gateway.methods.attribution import heat_terms, waste_gas_terms
from gateway.methods.streams.reading import reasonable
from gateway.methods.survey import Fact, Flow, Plant, Survey
from gateway.methods.trace import decimal_of, text_of
from gateway.model.record import Electricity

THOUSAND = Fraction(1000)
MEGAWATT_HOURS = {"MWh": Fraction(1), "kWh": 1 / THOUSAND}


def within(found: Survey, plant: Plant, name: str, rule: str, value: Fraction, path: str) -> None:
    """A factor outside its range is an error that names the likely slip; 0 is left to the other checks."""
    row = load_toml("mappings", "figures", "plausible-ranges.toml")[name]
    if value and not Fraction(row["low"]) <= value <= Fraction(row["high"]):
        found.report(
            rule, path, plant, value=text_of(decimal_of(value)), low=row["low"], high=row["high"],
            unit=row["unit"],
        )  # fmt: skip


# --- electricity -------------------------------------------------------------------------------------


def check_power(found: Survey, plant: Plant) -> None:
    """The factors of consumed and produced electricity, and MWh against the electricity rows of the record."""
    process = plant.process
    for name, factor in (
        ("electricityFactor", process.electricity_factor),
        ("electricityProducedFactor", process.electricity_produced_factor),
    ):
        if factor is None or not reasonable(factor) or factor < 0:
            continue
        path = f"{plant.path}/{name}"
        within(found, plant, "electricity_factor", "METHOD-ELECTRICITY-FACTOR-RANGE", Fraction(factor), path)
        if factor and Fraction(factor) in power_footprints(found):
            found.report("METHOD-FACTOR-DISGUISED", path, plant, value=text_of(factor))
    check_energy_rows(found, plant, process.electricity_consumed)


def power_footprints(found: Survey) -> set[Fraction]:
    """The footprint factors of the record's electricity, as they stand and as kg per MWh."""
    rows = [row.factor for row in found.record.electricity if row.factor_kind == "footprint"]
    return scaled([*rows, *stated_footprints(found, "Wh")], 1 / THOUSAND)


def stated_footprints(found: Survey, per: str) -> list[Decimal | None]:
    """The footprint factors of the record whose unit is per ``Wh`` or ``J``, or is not stated."""
    factors = [factor for factor in found.record.emission_factors if factor.kind == "footprint"]
    return [factor.value for factor in factors if factor.unit is None or factor.unit.endswith(per)]


def scaled(values: Iterable[Decimal | None], scale: Fraction) -> set[Fraction]:
    plain = [Fraction(value) for value in values if value is not None and reasonable(value)]
    return {value for number in plain for value in (number, number * scale)}


def check_energy_rows(found: Survey, plant: Plant, consumed: Decimal | None) -> None:
    """MWh of a process that are a thousand times, or a thousandth of, its electricity rows: kWh for MWh."""
    rows = [row for row in found.record.electricity if row.process == plant.id and row.process]
    known = [megawatt_hours(row) for row in rows]
    if consumed is None or not consumed or not reasonable(consumed) or not rows or None in known:
        return
    total = sum((value for value in known if value is not None), Fraction(0))
    if total <= 0:
        return
    ratio = Fraction(consumed) / total
    if any(abs(ratio / scale - 1) <= Fraction(1, 10) for scale in (THOUSAND, 1 / THOUSAND)):
        found.report(
            "METHOD-ELECTRICITY-ROWS", f"{plant.path}/electricityConsumed", plant, severity="warning",
            stated=text_of(consumed), rows=text_of(decimal_of(total)),
        )  # fmt: skip


def megawatt_hours(row: Electricity) -> Fraction | None:
    scale = MEGAWATT_HOURS.get(row.unit or "")
    if scale is None or row.amount is None or not reasonable(row.amount):
        return None
    return Fraction(row.amount) * scale


# --- heat and waste gas ------------------------------------------------------------------------------


def check_flow(found: Survey, plant: Plant, flow: Flow, stated: Decimal | None, *, heat: bool) -> None:
    """The factor of heat as stated in the record, and emissions that are stated beside or without an amount."""
    if heat and stated is not None and flow.factor is not None:
        within(found, plant, "heat_factor", "METHOD-HEAT-FACTOR-RANGE", flow.factor.value, flow.factor.path)
        if stated and Fraction(stated) in scaled(stated_footprints(found, "J"), THOUSAND):
            found.report("METHOD-FACTOR-DISGUISED", flow.factor.path, plant, value=text_of(stated))
    if not heat and not flow.exported:
        check_counted_twice(found, plant, flow)
    if flow.emissions is None:
        return
    if flow.amount is None:
        if flow.exported and flow.emissions.value:
            found.report(
                "METHOD-FLOW-EXPORT-UNEXPLAINED", flow.emissions.path, plant, severity="warning",
                stated=flow.emissions.text,
            )  # fmt: skip
    elif heat and flow.factor is None:
        check_implied(found, plant, flow.emissions, flow.amount)
    else:
        check_correction(found, plant, flow, flow.emissions, heat=heat)


def check_counted_twice(found: Survey, plant: Plant, flow: Flow) -> None:
    """A waste gas that a process burns is a source stream or an import of waste gas, not both."""
    streams = [s.id or "-" for s in found.record.source_streams if s.waste_gas and s.process == plant.id]
    if streams:
        found.report(
            "METHOD-WASTE-GAS-TWICE", flow.path, plant, severity="warning", streams=", ".join(streams)
        )


def check_implied(found: Survey, plant: Plant, emissions: Fact, amount: Fact) -> None:
    """Emissions stated for an amount of heat have a factor too: emissions over amount."""
    if amount.value:
        within(found, plant, "heat_factor", "METHOD-HEAT-FACTOR-RANGE", emissions.value / amount.value,
               emissions.path)  # fmt: skip
    elif emissions.value:
        found.report("METHOD-CORRECTION-MISMATCH", emissions.path, plant, stated=emissions.text, computed="0")


def check_correction(found: Survey, plant: Plant, flow: Flow, emissions: Fact, *, heat: bool) -> None:
    """Emissions stated beside an amount must be that amount's, within their own last digit."""
    _, computed = (heat_terms if heat else waste_gas_terms)(flow)
    places = len(emissions.text.partition(".")[2])
    if abs(computed - emissions.value) * 10**places * 2 > 1:
        found.report(
            "METHOD-CORRECTION-MISMATCH",
            emissions.path,
            plant,
            stated=emissions.text,
            computed=text_of(decimal_of(computed)),
        )
