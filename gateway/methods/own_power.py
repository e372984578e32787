"""Electricity of a process against the cogeneration units and power plants of its own installation.

The fuel of such a unit is in no process's DirEm*, so that nothing can be deducted for its electricity, and
its factor is the one that the fuel gives. Units: MWh, t CO2/MWh.
"""

from __future__ import annotations

from fractions import Fraction

from gateway.methods.streams.energy import EnergyFigure
from gateway.methods.streams.reading import reasonable
from gateway.methods.survey import Fact, Plant, Survey
from gateway.methods.trace import Step, text_of

OWN_SOURCES = {"D.4.1": "power", "D.4.2": "chp"}
"""Origin of a factor that is an own unit's, by the kind of the unit."""


def check_own_power(found: Survey, plant: Plant) -> None:
    """Refuses a deduction for electricity of a unit, and a factor that contradicts the unit's own."""
    units = power_units(found, plant)
    if not units:
        return
    process = plant.process
    made, factor = process.electricity_produced, process.electricity_produced_factor
    if made and factor:
        names = ", ".join(unit.unit for unit in units)
        found.report("METHOD-ELECTRICITY-PRODUCED-UNIT", f"{plant.path}/electricityProduced", plant,
                     produced=text_of(made), units=names)  # fmt: skip
    check_factor(found, plant, units)


def power_units(found: Survey, plant: Plant) -> list[EnergyFigure]:
    """The units of the process's installation whose electricity has a factor."""
    if found.streams is None or not found.streams.units:
        return []
    only = len({site.id for site in found.record.installations if site.id}) < 2
    here = plant.process.installation
    sites = {unit.id: unit.installation for unit in found.record.energy_units if unit.id}
    return [
        unit
        for name, unit in found.streams.units.items()
        if unit.electricity_factor is not None and (only or sites.get(name) == here)
    ]


def own_factor(found: Survey, plant: Plant) -> Fact | None:
    """The factor of the one unit whose electricity the process says that it uses; None where that leaves a choice.

    Equation 38, or those of cogeneration: the fuel of the unit is in the record, so nobody need type its factor.
    """
    process = plant.process
    kind = OWN_SOURCES.get(process.electricity_factor_source or "")
    if process.electricity_factor is not None or kind is None:
        return None
    steps = [unit.electricity_factor for unit in power_units(found, plant) if unit.kind == kind]
    only = steps[0] if len(steps) == 1 else None
    return None if only is None else Fact(only.exact, text_of(only.result), only.unit, only.symbol)


def check_factor(found: Survey, plant: Plant, units: list[EnergyFigure]) -> None:
    """A factor that is said to be of own generation is that of a unit, within its last digit."""
    process = plant.process
    stated, kind = process.electricity_factor, OWN_SOURCES.get(process.electricity_factor_source or "")
    steps = [unit.electricity_factor for unit in units if unit.kind == kind]
    known = [step for step in steps if step is not None]
    if stated is None or not reasonable(stated) or not known:
        return
    places = -min(0, int(stated.as_tuple().exponent))
    if not any(agrees(step, Fraction(stated), places) for step in known):
        found.report(
            "METHOD-ELECTRICITY-FACTOR-CONFLICT", f"{plant.path}/electricityFactor", plant,
            stated=text_of(stated), computed=", ".join(text_of(step.result) for step in known),
        )  # fmt: skip


def agrees(step: Step, stated: Fraction, places: int) -> bool:
    return abs(step.exact - stated) <= Fraction(1, 2 * 10**places)


def check_power_used(found: Survey) -> None:
    """A power plant where no process uses electricity: its fuel reaches no product."""
    used = any(
        plant.process.electricity_consumed or plant.process.electricity_produced
        for plant in found.plants.values()
    )
    for unit in () if used or found.streams is None else found.streams.units.values():
        if unit.kind == "power" and unit.emitted.exact:
            found.report("METHOD-ENERGY-UNUSED", f"{unit.path}/id", severity="warning", stream=unit.unit,
                         emitted=text_of(unit.emitted.result))  # fmt: skip
