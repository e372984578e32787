"""The installation data of a record, process by process, checked for what a method needs.

Everything that is missing or wrong is found in one pass, so that an engineer mends a record once. A
missing figure stays missing; only an empty list (no heat, no waste gas, no precursor) means none.

Clause: Implementing Regulation (EU) 2023/1773, Annex III F (text not consulted), as the communication
template v2.1 puts it, sheets D_Processes and E_PurchPrec.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from fractions import Fraction

from gateway.methods.balances import check_balances
from gateway.methods.categories import allowed_precursors, known_category
from gateway.methods.own_power import check_own_power, check_power_used, own_factor
from gateway.methods.ranges import check_flow, check_power
from gateway.methods.scope import is_scrap
from gateway.methods.streams.law import TRANSITIONAL, Law
from gateway.methods.streams.reading import reasonable
from gateway.methods.streams.totals import streams_of
from gateway.methods.survey import DETERMINATIONS, DIRECTIONS, Consumed, Fact, Flow, Plant, Survey, tonnes
from gateway.methods.trace import decimal_of, text_of
from gateway.model.record import EnergyFlow, HeatFlow, Precursor, Record

_PLAIN = re.compile(r"[\w.-]+")


def survey(record: Record, law: Law = TRANSITIONAL) -> Survey:
    """What the record states about every process, with all that is missing or wrong.

    ``law``: the act whose clauses the source streams cite.
    """
    found = Survey(record)
    identify(found)
    found.streams = streams_of(record, law)
    found.findings += found.streams.findings
    for plant in found.plants.values():
        read_process(found, plant)
    for kind, flows in (("heat", record.heat), ("wasteGas", record.waste_gas)):
        read_flows(found, kind, flows)
    for index, precursor in enumerate(record.precursors):
        read_precursor(found, precursor, f"/precursors/{index}")
    check_supply(found)
    return found


def identify(found: Survey) -> None:
    """Processes by id; one without an id, or with another's, is read too but gets no figure."""
    counts = Counter(process.id for process in found.record.processes)
    for index, process in enumerate(found.record.processes):
        path = f"/processes/{index}"
        if process.id is None:
            found.plants[path] = plant = Plant(path, path, process)
            found.report("METHOD-PROCESS-ID-MISSING", f"{path}/id", plant)
            continue
        key = path if process.id in found.plants else process.id
        found.plants[key] = plant = Plant(process.id, path, process)
        if counts[process.id] > 1:
            found.report("METHOD-PROCESS-ID-DUPLICATE", f"{path}/id", plant)


def read_process(found: Survey, plant: Plant) -> None:
    """Activity level, attributed direct emissions, electricity; the determination is never assumed."""
    read_activity(found, plant)
    read_emissions(found, plant)
    read_electricity(found, plant)
    read_electricity_export(found, plant)


def read_activity(found: Survey, plant: Plant) -> None:
    """The production of the period, in t or kg."""
    process, path = plant.process, plant.path
    level = f"{path}/activityLevel"
    plant.activity = found.mass(
        process.activity_level,
        process.activity_unit,
        level,
        plant,
        unit_path=f"{path}/activityUnit",
        missing="METHOD-ACTIVITY-LEVEL-MISSING",
    )
    if plant.activity is not None and plant.activity.value == 0:
        found.report("METHOD-ACTIVITY-LEVEL-ZERO", level, plant)
        plant.activity = None


def read_emissions(found: Survey, plant: Plant) -> None:
    """The directly attributable emissions DirEm*, how they were determined, and the goods category."""
    process, path = plant.process, plant.path
    plant.direct = direct_emissions(found, plant)
    refuse_footprint_total(found, plant)
    check_power(found, plant)
    check_own_power(found, plant)
    found.code(
        process.determination, DETERMINATIONS, f"{path}/determination", plant, "METHOD-DETERMINATION-MISSING"
    )
    if not known_category(process.goods_category):
        found.report(
            "METHOD-CATEGORY-MISSING",
            f"{path}/goodsCategory",
            plant,
            severity="warning",
            category=process.goods_category or "-",
        )


def direct_emissions(found: Survey, plant: Plant) -> Fact | None:
    """DirEm* as stated, else the sum of the source streams of the process where that could be derived."""
    stated, missing = plant.process.direct_emissions, "METHOD-DIRECT-EMISSIONS-MISSING"
    if stated is None and found.streams is not None:
        derived = found.streams.direct(plant.id)
        if derived is not None:
            return derived
        missing = found.streams.missing_rule(plant.id)
    return found.fact(stated, "t CO2e", f"{plant.path}/directEmissions", plant, missing, signed=True)


def refuse_footprint_total(found: Survey, plant: Plant) -> None:
    """Direct emissions that are the record's footprint total times the output: a footprint in disguise."""
    results, process = found.record.results, plant.process
    direct, level = process.direct_emissions, plant.activity
    if results is None or results.total is None or plant.direct is None or level is None or not direct:
        return
    if not reasonable(results.total):
        return
    for scale in (Fraction(1), Fraction(1, 1000)):  # t or kg CO2e, per t of product
        if plant.direct.value == Fraction(results.total) * scale * level.value:
            found.report(
                "METHOD-FOOTPRINT-AS-EMISSIONS",
                f"{plant.path}/directEmissions",
                plant,
                direct=plant.direct.text,
            )


def read_electricity(found: Survey, plant: Plant) -> None:
    """Consumption and its CO2 factor. A footprint factor is refused: it is another quantity."""
    process, path = plant.process, plant.path
    plant.electricity = found.fact(
        process.electricity_consumed,
        "MWh",
        f"{path}/electricityConsumed",
        plant,
        "METHOD-ELECTRICITY-MISSING",
    )
    if plant.electricity is not None and plant.electricity.value == 0 and process.electricity_factor is None:
        return
    plant.factor = own_factor(found, plant)
    if plant.factor is not None and process.electricity_factor_kind is None:
        read_determination(found, plant)
        return
    plant.factor = plant.factor or found.fact(
        process.electricity_factor,
        "t CO2/MWh",
        f"{path}/electricityFactor",
        plant,
        "METHOD-ELECTRICITY-FACTOR-MISSING",
    )
    kind, kind_path = process.electricity_factor_kind, f"{path}/electricityFactorKind"
    if kind == "footprint":
        found.report("METHOD-ELECTRICITY-FACTOR-FOOTPRINT", kind_path, plant)
    else:
        found.code(kind, ("co2",), kind_path, plant, "METHOD-ELECTRICITY-FACTOR-KIND-MISSING")
    read_determination(found, plant)
    if process.electricity_factor_source is None:
        found.report(
            "METHOD-ELECTRICITY-FACTOR-SOURCE-MISSING",
            f"{path}/electricityFactorSource",
            plant,
            severity="warning",
        )


def read_determination(found: Survey, plant: Plant) -> None:
    found.code(
        plant.process.electricity_determination,
        DETERMINATIONS,
        f"{plant.path}/electricityDetermination",
        plant,
        "METHOD-ELECTRICITY-DETERMINATION-MISSING",
    )


def read_electricity_export(found: Survey, plant: Plant) -> None:
    """Electricity produced in the process and exported from it: its emissions are deducted."""
    process, path = plant.process, plant.path
    here = f"{path}/electricityExported"
    produced = found.fact(process.electricity_produced, "MWh", f"{path}/electricityProduced", plant)
    plant.exported = found.fact(process.electricity_exported, "MWh", here, plant)
    if plant.exported is None:
        if produced is not None and produced.value > 0 and process.electricity_exported is None:
            found.report("METHOD-ELECTRICITY-EXPORT-MISSING", here, plant)
        return
    if plant.exported.value > 0:
        plant.exported_factor = found.fact(
            process.electricity_produced_factor,
            "t CO2/MWh",
            f"{path}/electricityProducedFactor",
            plant,
            "METHOD-ELECTRICITY-EXPORT-FACTOR-MISSING",
        )
    if produced is not None and plant.exported.value > produced.value:
        found.report(
            "METHOD-ELECTRICITY-EXPORT-BEYOND-PRODUCED",
            here,
            plant,
            exported=plant.exported.text,
            produced=produced.text,
        )


def plant_of(found: Survey, process: str | None, path: str) -> Plant | None:
    """The process that an element belongs to; a missing or unknown one is a finding."""
    if process is None:
        found.report("METHOD-REFERENCE-MISSING", path)
    elif process in found.plants:
        return found.plants[process]
    else:
        found.report("METHOD-REFERENCE-UNKNOWN", path, named=process)
    return None


def read_flows(found: Survey, kind: str, flows: Sequence[EnergyFlow]) -> None:
    for index, flow in enumerate(flows):
        path = f"/{kind}/{index}"
        plant = plant_of(found, flow.process, f"{path}/process")
        if plant is None:
            continue
        read = read_flow(found, plant, flow, path, heat=kind == "heat")
        if read is not None:
            (plant.heat if kind == "heat" else plant.waste_gas).append(read)


def read_flow(found: Survey, plant: Plant, flow: EnergyFlow, path: str, *, heat: bool) -> Flow | None:
    """One amount of heat or waste gas, or its emissions as stated; heat also needs its factor."""
    direction = found.code(
        flow.direction, DIRECTIONS, f"{path}/direction", plant, "METHOD-FLOW-DIRECTION-MISSING"
    )
    amount = found.fact(flow.amount, "TJ", f"{path}/amount", plant)
    if amount is not None and found.unit(flow.unit, ("TJ",), f"{path}/unit", plant) is None:
        amount = None
    emissions = found.fact(flow.emissions, "t CO2e", f"{path}/emissions", plant)
    factor = found.fact(flow.emission_factor, "t CO2/TJ", f"{path}/emissionFactor", plant)
    if found.streams is not None and isinstance(flow, HeatFlow):
        factor = factor or found.streams.heat_factor(flow.energy_unit)
        plant.complete = plant.complete and flow.energy_unit not in found.streams.unsettled
    if flow.amount is None and flow.emissions is None:
        found.report("METHOD-FLOW-AMOUNT-MISSING", f"{path}/amount", plant)
    if heat and flow.amount and factor is None and flow.emission_factor is None and flow.emissions is None:
        found.report("METHOD-HEAT-FACTOR-MISSING", f"{path}/emissionFactor", plant)
    if direction is None or (amount is None and emissions is None):
        return None
    read = Flow(
        flow.id if flow.id and _PLAIN.fullmatch(flow.id) else path,
        direction == "exported",
        amount,
        factor,
        emissions,
        path,
    )
    check_flow(found, plant, read, flow.emission_factor, heat=heat)
    return read


def read_precursor(found: Survey, precursor: Precursor, path: str) -> None:
    """A precursor, from an own process or purchased, handed to the process that consumes it."""
    plant = plant_of(found, precursor.process, f"{path}/process")
    source = precursor.own_process
    if source is not None and source not in found.plants:
        found.report("METHOD-REFERENCE-UNKNOWN", f"{path}/ownProcess", plant, named=source)
        source = None
    if plant is None:
        return
    if is_scrap(precursor.cn8):
        found.report("METHOD-SCRAP", f"{path}/cn8", plant, severity="info", cn8=precursor.cn8)
        return
    check_category(found, plant, precursor, path)
    amount = read_amount(found, plant, precursor, path)
    if precursor.own_process is not None:
        if precursor.see_direct is not None or precursor.see_indirect is not None:
            found.report("METHOD-PRECURSOR-OWN-SEE-UNUSED", f"{path}/seeDirect", plant, severity="warning")
        if amount is not None and source is not None:
            plant.precursors.append(Consumed(label(found, precursor, path), path, amount, source))
        return
    read_purchased(found, plant, precursor, path, amount)


def read_amount(found: Survey, plant: Plant, precursor: Precursor, path: str) -> Fact | None:
    """What the process took in, in t or kg; cut-offs and scrap are part of it."""
    return found.mass(
        precursor.amount,
        precursor.unit,
        f"{path}/amount",
        plant,
        unit_path=f"{path}/unit",
        missing="METHOD-PRECURSOR-AMOUNT-MISSING",
    )


def read_purchased(found: Survey, plant: Plant, precursor: Precursor, path: str, amount: Fact | None) -> None:
    """A purchased precursor: its CN code and its own SEE, with how they were determined.

    One of which nothing was used needs no figures; everything else does.
    """
    if precursor.amount == 0 and amount is not None:
        return
    if precursor.cn8 is None:
        found.report("METHOD-PRECURSOR-CN-MISSING", f"{path}/cn8", plant)
    refuse_footprint(found, plant, precursor, path)
    if precursor.see_unit not in (None, "t"):
        found.report("METHOD-SEE-UNIT", f"{path}/seeUnit", plant, unit=precursor.see_unit, expected="t")
    missing, unit = "METHOD-PRECURSOR-SEE-MISSING", "t CO2e/t"
    direct = found.fact(precursor.see_direct, unit, f"{path}/seeDirect", plant, missing)
    indirect = found.fact(precursor.see_indirect, unit, f"{path}/seeIndirect", plant, missing)
    share = found.fact(precursor.default_share, "", f"{path}/defaultShare", plant)
    if share is not None and share.value > 1:
        found.report("METHOD-SHARE", f"{path}/defaultShare", plant, value=share.text)
    determination = found.code(
        precursor.determination,
        DETERMINATIONS,
        f"{path}/determination",
        plant,
        "METHOD-DETERMINATION-MISSING",
    )
    power_path = f"{path}/embeddedElectricity"
    power = found.fact(precursor.embedded_electricity, "MWh/t", power_path, plant)
    if precursor.embedded_electricity is None:
        found.report("METHOD-PRECURSOR-ELECTRICITY-MISSING", power_path, plant, severity="warning")
    if amount is not None:
        plant.precursors.append(
            Consumed(
                label(found, precursor, path),
                path,
                amount,
                None,
                direct,
                indirect,
                power,
                share,
                determination,
            )
        )


def refuse_footprint(found: Survey, plant: Plant, precursor: Precursor, path: str) -> None:
    """A product carbon footprint, or a factor of a life-cycle database, is no embedded emission (Q&A 4.24)."""
    if precursor.see_kind == "footprint":
        found.report("METHOD-SEE-FOOTPRINT", f"{path}/seeKind", plant)


def label(found: Survey, precursor: Precursor, path: str) -> str:
    """The name of a precursor in symbols: its id where that is plain and its own, else its path."""
    name = precursor.id
    return name if name and found.precursor_ids[name] == 1 and _PLAIN.fullmatch(name) else path


def check_category(found: Survey, plant: Plant, precursor: Precursor, path: str) -> None:
    """A precursor must be one of those that the rules name for the category of the consuming process."""
    category = precursor.category
    if category is None and precursor.own_process in found.plants:
        category = found.plants[precursor.own_process].process.goods_category
    if not known_category(category):
        found.report(
            "METHOD-CATEGORY-MISSING", f"{path}/category", plant, severity="warning", category=category or "-"
        )
        return
    consuming = plant.process.goods_category
    if consuming is not None and known_category(consuming) and category not in allowed_precursors(consuming):
        found.report(
            "METHOD-PRECURSOR-NOT-ALLOWED", f"{path}/category", plant, category=category, consuming=consuming
        )


def check_supply(found: Survey) -> None:
    """No process can supply more of its product than it made in the period, and no power plant is idle."""
    check_power_used(found)
    check_balances(found)
    taken: defaultdict[str, Fraction] = defaultdict(Fraction)
    for plant in found.plants.values():
        for precursor in plant.precursors:
            if precursor.source is not None:
                taken[precursor.source] += tonnes(precursor.amount)
    for source, total in taken.items():
        plant = found.plants[source]
        if plant.activity is not None and total > tonnes(plant.activity):
            found.report(
                "METHOD-PRECURSOR-OVERDRAWN",
                f"{plant.path}/activityLevel",
                plant,
                consumed=text_of(decimal_of(total)),
                produced=text_of(decimal_of(tonnes(plant.activity))),
            )
