"""Mass and heat that do not balance inside an installation: warned of, since no act prints a limit.

A product of rolling or forming weighs no more than what went in; heat that one process gives off and another
takes is the same heat. The shares are rows of ``mappings/figures/plausible-ranges.toml`` and are this project's own.
Units: t, TJ, t CO2e.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from gateway.methods.attribution import heat_terms
from gateway.methods.own_limits import own_limit
from gateway.methods.survey import MASS_UNITS, Flow, Plant, Survey, tonnes
from gateway.methods.trace import decimal_of, rounded, text_of

FORMED = ("Iron or steel products", "Aluminium products")
"""Categories whose goods are formed of their precursors: nothing but a coating is added to the mass."""


def check_balances(found: Survey) -> None:
    for plant in found.plants.values():
        check_mass(found, plant)
    check_heat(found)


def check_mass(found: Survey, plant: Plant) -> None:
    """Products that weigh more than the precursors and scrap that they were formed of."""
    process, level = plant.process, plant.activity
    if process.goods_category not in FORMED or process.includes or not plant.precursors:
        return
    if level is None or level.unit not in MASS_UNITS or not level.value:
        return
    supplied = sum((tonnes(item.amount) for item in plant.precursors), Fraction(0))
    least = own_limit("precursor_mass", "low")
    if supplied < least * tonnes(level):
        found.report(
            "METHOD-PRECURSOR-SHORT", f"{plant.path}/activityLevel", plant, severity="warning",
            supplied=text_of(decimal_of(supplied)), made=text_of(decimal_of(tonnes(level))),
            ratio=shown(supplied / tonnes(level)), least=text_of(decimal_of(least)),
        )  # fmt: skip


@dataclass(slots=True)
class Passed:
    """Heat that the processes of an installation give to and take from one another, with its emissions."""

    given: Fraction = Fraction(0)
    taken: Fraction = Fraction(0)
    deducted: Fraction = Fraction(0)
    added: Fraction = Fraction(0)
    path: str = ""
    known: bool = True


def check_heat(found: Survey) -> None:
    """Heat without an own unit and without a named supplier or receiver, where it is both given and taken."""
    sites: defaultdict[str | None, Passed] = defaultdict(Passed)
    for plant in found.plants.values():
        for flow in plant.heat:
            if inside(found, flow):
                add_flow(sites[plant.process.installation], flow)
    most = own_limit("heat_passed_on", "high") - 1
    for heat in sites.values():
        if not heat.known or not heat.given or not heat.taken:
            continue
        if differ(heat.given, heat.taken, most) or differ(heat.deducted, heat.added, most):
            found.report(
                "METHOD-HEAT-NOT-BALANCED", heat.path, severity="warning", given=shown(heat.given),
                taken=shown(heat.taken), deducted=shown(heat.deducted), added=shown(heat.added),
            )  # fmt: skip


def inside(found: Survey, flow: Flow) -> bool:
    """Whether nobody outside is named for it, and no unit of the installation, whose heat has a balance of its own."""
    row = found.record.heat[int(flow.path.rpartition("/")[2])]
    return row.energy_unit is None and row.supplier is None


def add_flow(heat: Passed, flow: Flow) -> None:
    if flow.amount is None or (flow.factor is None and flow.emissions is None):
        heat.known = False
        return
    emissions = flow.emissions.value if flow.factor is None and flow.emissions else heat_terms(flow)[1]
    if flow.exported:
        heat.given += flow.amount.value
        heat.deducted += abs(emissions)
        heat.path = heat.path or flow.amount.path
    else:
        heat.taken += flow.amount.value
        heat.added += abs(emissions)


def differ(one: Fraction, other: Fraction, share: Fraction) -> bool:
    return abs(one - other) > share * max(one, other)


def shown(value: Fraction) -> str:
    return text_of(decimal_of(Fraction(rounded(value, 3).value)))
