"""What ``cbam.definitive@2025-2547`` reads from a record beyond what both methods read.

The functional unit of every process from the CN codes of its goods, how much of it is contained in each
good, and whether its electricity is charged and may count with its own factor. Everything that is missing is
found in one pass; nothing is filled in. Precursors: ``definitive_precursors.py``.

Clauses: (EU) 2025/2547 Articles 4, 7, 8, 9, Annex II D and F; (EU) 2023/956 Annexes II and IV.6.
"""

from __future__ import annotations

from fractions import Fraction

from gateway.methods.definitive_doubts import check_doubts
from gateway.methods.definitive_precursors import check_averages, check_units, read_material, settle_contents
from gateway.methods.installation import (
    check_supply,
    identify,
    read_activity,
    read_electricity,
    read_emissions,
    read_flows,
)
from gateway.methods.own_power import own_factor
from gateway.methods.productions import DefinitiveSurvey, LookUp, Output, Production, read_content
from gateway.methods.scope import ENERGY, NITROGEN, Scope, scope_of, scope_of_category
from gateway.methods.streams.law import DEFINITIVE
from gateway.methods.streams.totals import streams_of
from gateway.methods.survey import Plant, Survey, tonnes
from gateway.methods.trace import decimal_of, text_of
from gateway.model.record import Good, Record

FIRST_YEAR = 2026
ACTUAL_SOURCES = ("direct-line", "ppa")
"""Electricity whose actual factor may count: 2023/956 Annex IV point 6, 2025/2547 Annex II D.4.3."""


def survey_definitive(record: Record, look_up: LookUp) -> DefinitiveSurvey:
    """What the record states about every process, with all that is missing or wrong."""
    found = DefinitiveSurvey(record, look_up)
    read_period(found)
    identify(found)
    found.streams = streams_of(record, DEFINITIVE)
    found.findings += found.streams.findings
    for key, plant in found.plants.items():
        found.productions[key] = read_production(found, plant)
    check_one_process_per_code(found)
    for kind, flows in (("heat", record.heat), ("wasteGas", record.waste_gas)):
        read_flows(found, kind, flows)
    for index, precursor in enumerate(record.precursors):
        read_material(found, precursor, f"/precursors/{index}")
    for production in found.productions.values():
        settle_contents(found, production)
        check_nitric_heat(found, production)
    check_averages(found)
    check_supply(found)
    check_units(found)
    check_doubts(found)
    return found


def read_period(found: DefinitiveSurvey) -> None:
    """The reporting period is a calendar year (Articles 1(5), 7); figures of before 2026 declare nothing."""
    time = found.record.time
    start, end = (None, None) if time is None else (time.period_start, time.period_end)
    if end is None:
        return
    found.year = end.year
    if start is not None and (start.year, start.month, start.day, end.month, end.day) != (
        end.year, 1, 1, 12, 31,
    ):  # fmt: skip
        found.report("METHOD-PERIOD-NOT-CALENDAR", "/time/periodStart", severity="warning",
                     start=start.isoformat(), end=end.isoformat())  # fmt: skip
    if end.year < FIRST_YEAR:
        found.report("METHOD-PERIOD-BEFORE", "/time/periodEnd", severity="warning", year=end.year)


# --- a process and its goods -------------------------------------------------------------------------


def read_production(found: DefinitiveSurvey, plant: Plant) -> Production:
    """Activity level, emissions, goods with their functional unit, electricity."""
    own = plant.process.id
    goods = found.goods.get(own, []) if own is not None else []
    scope = scope_of_goods(found, plant, goods)
    production = Production(plant, scope)
    if scope is not None and scope.unit == ENERGY:
        read_generation(found, plant)
    else:
        read_activity(found, plant)
    read_emissions(found, plant)
    if plant.process.determination == "default":
        found.report("METHOD-PROCESS-DEFAULT", f"{plant.path}/determination", plant, severity="warning")
    if scope is not None:
        production.outputs = [read_output(found, plant, scope, n, good) for n, good in goods]
        check_outputs(found, production)
        read_power(found, production, scope)
    if scope is not None and scope.unit == ENERGY:
        check_generation(found, plant)
    else:
        read_own_generation(found, plant)
    return production


def scope_of_goods(found: Survey, plant: Plant, goods: list[tuple[int, Good]]) -> Scope | None:
    """The row that all goods of a process share; without goods, that of its category."""
    rows: list[Scope] = []
    for index, good in goods:
        path = f"/goods/{index}/cn8"
        row = scope_of(good.cn8) if good.cn8 is not None else None
        if good.cn8 is None:
            found.report("METHOD-GOOD-CN-MISSING", path, plant)
        elif row is None:
            found.report("METHOD-GOOD-NOT-CBAM", path, plant, cn8=good.cn8)
        else:
            rows.append(row)
    if len(rows) != len(goods):
        return None
    row = rows[0] if rows else scope_of_category(plant.process.goods_category)
    if row is None or not row.unit:
        rule = "METHOD-FUNCTIONAL-UNIT-UNKNOWN"
        path = f"/goods/{goods[0][0]}/cn8" if goods else f"{plant.path}/goodsCategory"
        found.report(rule, path, plant, named=row.key if row else plant.process.goods_category or "-")
        return None
    return row if agree(found, plant, rows) else None


def agree(found: Survey, plant: Plant, rows: list[Scope]) -> bool:
    """Goods of one process are attributed by one functional unit; chemicals by molar ratio, which is not done."""
    if len({(row.unit, row.annex_ii) for row in rows}) > 1:
        units = ", ".join(sorted({f"{row.key}: {row.unit}" for row in rows}))
        found.report("METHOD-FUNCTIONAL-UNITS-DIFFER", f"{plant.path}/id", plant, units=units)
        return False
    categories = sorted({row.category for row in rows})
    if len(categories) > 1:
        molar = rows[0].unit == NITROGEN
        found.report(
            "METHOD-CO-PRODUCTS-MOLAR" if molar else "METHOD-GOODS-OF-SEVERAL-CATEGORIES",
            f"{plant.path}/id",
            plant,
            severity="error" if molar else "warning",
            categories=", ".join(categories),
        )
        return not molar
    return True


def read_generation(found: Survey, plant: Plant) -> None:
    """Net electricity that leaves the power plant (Annex II D.3), in MWh or kWh."""
    process, path = plant.process, plant.path
    level = f"{path}/activityLevel"
    unit = found.unit(process.activity_unit, ("kWh", "MWh"), f"{path}/activityUnit", plant)
    plant.activity = found.fact(
        process.activity_level, unit or "", level, plant, "METHOD-ACTIVITY-LEVEL-MISSING"
    )
    if unit is None or (plant.activity is not None and plant.activity.value == 0):
        if unit is not None:
            found.report("METHOD-ACTIVITY-LEVEL-ZERO", level, plant)
        plant.activity = None


def check_generation(found: Survey, plant: Plant) -> None:
    """Electricity as the good itself: nothing is deducted for it, and actual values have criteria of their own."""
    process, path = plant.process, plant.path
    for value, name in (
        (process.electricity_produced, "electricityProduced"),
        (process.electricity_exported, "electricityExported"),
    ):
        if value:
            found.report("METHOD-ELECTRICITY-GOOD-DEDUCTED", f"{path}/{name}", plant)
    found.report("METHOD-ELECTRICITY-GOOD", f"{path}/goodsCategory", plant, severity="warning")


def read_output(found: Survey, plant: Plant, scope: Scope, index: int, good: Good) -> Output:
    """A good with its content of clinker or nitrogen, and how much of it was made."""
    path = f"/goods/{index}"
    own = scope_of(good.cn8 or "") or scope
    content = read_content(found, plant, own, (good.clinker_share, good.nitrogen_content), path)
    produced = found.fact(good.produced, "t", f"{path}/produced", plant)
    return Output(index, good, path, content, produced)


def check_outputs(found: Survey, production: Production) -> None:
    """Amounts per good where their contents differ; stated amounts must add up to the activity level."""
    plant, outputs = production.plant, production.outputs
    if not outputs and production.settled.contained and not production.contents:
        found.report("METHOD-PRODUCT-MISSING", f"{plant.path}/goodsCategory", plant, unit=production.unit)
    if len(production.contents) > 1:
        for output in outputs:
            if output.produced is None and output.good.produced is None:
                found.report("METHOD-GOOD-AMOUNT-MISSING", f"{output.path}/produced", plant,
                             good=output.good.id or output.good.cn8 or output.path)  # fmt: skip
    amounts = [output.produced for output in outputs if output.produced is not None]
    level = plant.activity
    if not amounts or len(amounts) < len(outputs) or level is None or level.unit == "MWh":
        return
    total, places = sum((a.value for a in amounts), Fraction(0)), len(level.text.partition(".")[2])
    if abs(total - tonnes(level)) * 10**places * 2 > 1:
        found.report("METHOD-GOOD-AMOUNTS-SUM", f"{plant.path}/activityLevel", plant,
                     total=text_of(decimal_of(total)), level=level.text)  # fmt: skip


def check_one_process_per_code(found: DefinitiveSurvey) -> None:
    """All goods of one CN code that an installation makes belong to one process, whatever the route."""
    makers: dict[tuple[str, str | None], str] = {}
    for production in found.productions.values():
        plant = production.plant
        for output in production.outputs:
            code = (output.good.cn8 or "", plant.process.installation)
            first = makers.setdefault(code, plant.id)
            if first != plant.id:
                found.report("METHOD-CN-IN-TWO-PROCESSES", f"{output.path}/process", plant,
                             cn8=code[0], other=first)  # fmt: skip


def check_nitric_heat(found: DefinitiveSurvey, production: Production) -> None:
    """Heat recovered from nitric acid production is not accounted (Annex III A.3, EmH,exp)."""
    if production.scope is None or production.scope.category != "Nitric acid":
        return
    for flow in production.plant.heat:
        if flow.exported:
            found.report("METHOD-HEAT-NITRIC-ACID", f"{flow.path}/direction", production.plant)


# --- electricity -------------------------------------------------------------------------------------


def read_power(found: Survey, production: Production, scope: Scope) -> None:
    """Electricity consumed. Where it is not charged, gaps refuse nothing: it is shown for information only."""
    plant = production.plant
    if scope.annex_ii:
        read_power_for_information(found, plant)
        return
    read_electricity(found, plant)
    process, path = plant.process, plant.path
    if process.electricity_determination == "actual" and plant.factor is not None:
        if process.electricity_source not in ACTUAL_SOURCES:
            found.report("METHOD-ELECTRICITY-ACTUAL-NOT-ADMITTED", f"{path}/electricitySource", plant)
        elif not process.electricity_criteria:
            found.report("METHOD-ELECTRICITY-CRITERIA-MISSING", f"{path}/electricityCriteria", plant)
    elif process.electricity_factor_source == "D.4(b)":
        found.report("METHOD-ELECTRICITY-ALTERNATIVE", f"{path}/electricityFactorSource", plant,
                     severity="warning")  # fmt: skip
    share = found.fact(process.electricity_default_share, "1", f"{path}/electricityDefaultShare", plant)
    if share is not None and share.value > 1:
        found.report("METHOD-SHARE", f"{path}/electricityDefaultShare", plant, value=share.text)
    if process.electricity_factor_source == "Mix" and process.electricity_default_share is None:
        found.report("METHOD-ELECTRICITY-MIX-SHARE", f"{path}/electricityDefaultShare", plant)
    production.default_indirect = share


def read_power_for_information(found: Survey, plant: Plant) -> None:
    process, path = plant.process, plant.path
    power = found.fact(process.electricity_consumed, "MWh", f"{path}/electricityConsumed", plant)
    factor = found.fact(process.electricity_factor, "t CO2/MWh", f"{path}/electricityFactor", plant)
    own = own_factor(found, plant)
    usable = factor is not None and process.electricity_factor_kind == "co2"
    if own is not None and process.electricity_factor_kind in (None, "co2"):
        factor, usable = own, True
    if power is not None and (usable or (power.value == 0 and process.electricity_factor is None)):
        plant.electricity, plant.factor = power, factor
    else:
        found.report("METHOD-INDIRECT-NOT-SHOWN", f"{path}/electricityConsumed", plant, severity="info")


def read_own_generation(found: Survey, plant: Plant) -> None:
    """Electricity produced in the process: equation 55 deducts all of it, exported or not."""
    process, path = plant.process, plant.path
    produced = found.fact(process.electricity_produced, "MWh", f"{path}/electricityProduced", plant)
    exported = found.fact(process.electricity_exported, "MWh", f"{path}/electricityExported", plant)
    if produced is None and exported is not None and exported.value > 0:
        found.report("METHOD-ELECTRICITY-PRODUCED-MISSING", f"{path}/electricityProduced", plant,
                     exported=exported.text)  # fmt: skip
    if produced is None:
        return
    if exported is not None and exported.value > produced.value:
        found.report("METHOD-ELECTRICITY-EXPORT-BEYOND-PRODUCED", exported.path, plant,
                     exported=exported.text, produced=produced.text)  # fmt: skip
    plant.exported = produced
    if produced.value > 0:
        plant.exported_factor = found.fact(
            process.electricity_produced_factor,
            "t CO2/MWh",
            f"{path}/electricityProducedFactor",
            plant,
            "METHOD-ELECTRICITY-EXPORT-FACTOR-MISSING",
        )
