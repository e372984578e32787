"""Heat and electricity made in the installation: factors of boilers, cogeneration units and power plants.

Their fuels are source streams that name the unit. A unit gives heat and electricity a factor; the processes
that use them then count amount x factor. Clauses: 2025/2547 Annex II C.1.2 and D.4.1, Annex III A.2.2.

The act says that reference efficiencies for cogeneration are "given in point G of Annex II"; that point
prints none. They are stated in the record, never assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from gateway.methods.streams.figures import StreamFigure
from gateway.methods.streams.reading import Source, Term, of_fact, of_input, of_step
from gateway.methods.survey import Fact
from gateway.methods.trace import Input, Step
from gateway.model.installation import EnergyUnit

EMISSION_TOPICS = {"boiler": "heat-mix", "chp": "chp", "power": "power-factor"}
"""Where the act sums the emissions of each kind of unit."""

KINDS = tuple(EMISSION_TOPICS)
NATURAL_GAS = Input("EFNG", "56.1", "t CO2/TJ", "constant: natural gas, 2025/2547 Annex II G, Table 1")
TJ_PER_MWH = Input("TJ per MWh", "0.0036", "1", "constant: definition of the unit")
STANDARD_EFFICIENCY = {
    "heat": Input("ηheat", "0.55", "1", "constant: conservative value, 2025/2547 Annex III A.2.2"),
    "electricity": Input("ηel", "0.25", "1", "constant: conservative value, 2025/2547 Annex III A.2.2"),
}


@dataclass(frozen=True, slots=True)
class EnergyFigure:
    """The factors of one unit: heat in t CO2/TJ, electricity in t CO2/MWh; and the heat it gave, in TJ.

    ``emitted``: the emissions that the factors hand over. ``heat_emissions``: those that are of its heat.
    """

    unit: str
    path: str
    kind: str
    heat_factor: Step | None
    electricity_factor: Step | None
    net_heat: Fact | None
    emitted: Step

    @property
    def heat_emissions(self) -> Fraction | None:
        """All emissions of a boiler; of a cogeneration unit the part that falls on its heat."""
        if self.kind == "boiler":
            return self.emitted.exact
        if self.heat_factor is None or self.net_heat is None:
            return None
        return self.heat_factor.exact * self.net_heat.value


def energy_figure(source: Source, unit: EnergyUnit, fuels: Sequence[StreamFigure]) -> EnergyFigure | None:
    """The factors of a unit from its fuels; None with findings where something is missing."""
    kind = source.code("kind", KINDS, "METHOD-ENERGY-KIND-MISSING")
    heat = source.fact("net_heat", "TJ", missing="METHOD-ENERGY-DATA-MISSING" if kind == "chp" else "")
    needed = "METHOD-ENERGY-DATA-MISSING" if kind in ("chp", "power") else ""
    power = source.fact("net_electricity", "MWh", missing=needed)
    for name, fact in (("net_heat", heat), ("net_electricity", power)):
        if fact is not None and fact.value == 0 and (kind, name) != ("boiler", "net_electricity"):
            source.report("METHOD-ENERGY-DATA-MISSING", name, field=name)
    if not fuels:
        source.report("METHOD-ENERGY-FUEL-MISSING", "id", fuels="-")
    if kind is None or not source.complete:
        return None
    emitted = unit_emissions(source, fuels, EMISSION_TOPICS[kind])
    heat_factor, power_factor = None, None
    if kind == "boiler":
        heat_factor = boiler(source, emitted, energy_input(source, fuels, needed=True), heat)
    elif kind == "power" and power is not None:
        exact = emitted.exact / power.value
        power_factor = source.step(
            "EFEl", "{0} / {1}", [of_step(emitted), of_fact(power, "Elprod")], exact, "t CO2/MWh",
            topic="power-factor",
        )  # fmt: skip
    elif heat is not None and power is not None:
        heat_factor, power_factor = cogeneration(source, emitted, fuels, heat, power)
    if not source.complete:
        return None
    return EnergyFigure(unit.id or source.label, source.path, kind, heat_factor, power_factor, heat, emitted)


def unit_emissions(source: Source, fuels: Sequence[StreamFigure], topic: str) -> Step:
    """The emissions of the fuels and, as process streams, of flue gas cleaning (EmFGC)."""
    terms = [counted(source, fuel) for fuel in fuels]
    formula = " + ".join(f"{{{n}}}" for n in range(len(terms)))
    total = sum((term.value for term in terms), Fraction(0))
    note = "Emissions of each fuel as its stream gives them, oxidation factor included."
    return source.step("Em", formula, terms, total, "t CO2", topic=topic, note=note)


def counted(source: Source, fuel: StreamFigure) -> Term:
    """The emissions of a fuel; those of a waste gas with a factor above natural gas as if it were that."""
    plain = of_step(fuel.emissions, f"Em[{fuel.label}]")
    if not fuel.waste_gas:
        return plain
    if fuel.energy is None:
        source.report("METHOD-ENERGY-FUEL-MISSING", "id", fuels=fuel.label)
        return plain
    limit = fuel.energy.value * Fraction(NATURAL_GAS.value)
    if fuel.emissions.exact <= limit:
        return plain
    terms = [Term(fuel.energy.input, fuel.energy.value), of_input(NATURAL_GAS)]
    note = "A waste gas with a higher factor than natural gas counts as natural gas in the factor only."
    step = source.step(f"EmWG[{fuel.label}]", "{0} x {1}", terms, limit, "t CO2", topic="heat-mix", note=note)
    return of_step(step)


def energy_input(source: Source, fuels: Sequence[StreamFigure], *, needed: bool) -> Step | None:
    """EIn = sum of AD x NCV; a fuel without a known energy content is a finding where it is needed."""
    burnt = [fuel for fuel in fuels if fuel.method == "combustion"]
    unknown = [fuel.label for fuel in burnt if fuel.energy is None]
    if unknown or not burnt:
        if needed:
            source.report("METHOD-ENERGY-FUEL-MISSING", "id", fuels=", ".join(unknown) or "-")
        return None
    known = [
        Term(Input(f"AD[{f.label}]", f.energy.input.value, "TJ", f.energy.input.source), f.energy.value)
        for f in burnt
        if f.energy is not None
    ]
    formula = " + ".join(f"{{{n}}}" for n in range(len(known)))
    total = sum((term.value for term in known), Fraction(0))
    if total == 0:
        source.report("METHOD-ENERGY-FUEL-MISSING", "id", fuels="-")
        return None
    return source.step("EIn", formula, known, total, "TJ", topic="energy-input")


def boiler(source: Source, emitted: Step, energy: Step | None, heat: Fact | None) -> Step | None:
    """EFheat = EFmix/η, so that EmHeat = EFmix x Qconsumed/η (equations 44 and 45)."""
    stated = source.fact("efficiency", "1", most=1)
    if stated is None and heat is None:
        source.report("METHOD-ENERGY-DATA-MISSING", "efficiency", field="efficiency")
    if energy is None or not source.complete:
        return None
    mix = source.step(
        "EFmix", "{0} / {1}", [of_step(emitted), of_step(energy)], emitted.exact / energy.exact,
        "t CO2/TJ", topic="heat-mix",
    )  # fmt: skip
    efficiency = of_fact(stated, "η") if stated is not None else None
    if efficiency is None and heat is not None:
        efficiency = ratio(source, "η", of_fact(heat, "Q"), energy, "heat-produced")
    if efficiency is None or efficiency.value == 0:
        source.report("METHOD-ENERGY-DATA-MISSING", "efficiency", field="efficiency")
        return None
    exact = mix.exact / efficiency.value
    return source.step(
        "EFheat", "{0} / {1}", [of_step(mix), efficiency], exact, "t CO2/TJ", topic="heat",
        note="Per TJ of heat: EmHeat = EFmix x Qconsumed / η.",
    )  # fmt: skip


def ratio(source: Source, symbol: str, useful: Term, energy: Step, topic: str) -> Term | None:
    """An efficiency of useful energy over energy input; above 1 it is impossible."""
    exact = useful.value / energy.exact
    if exact > 1:
        source.report("METHOD-ENERGY-EFFICIENCY", "id", useful=useful.input.value, energy=energy.result)
        return None
    return of_step(source.step(symbol, "{0} / {1}", [useful, of_step(energy)], exact, "1", topic=topic))


# --- cogeneration ------------------------------------------------------------------------------------


def cogeneration(
    source: Source, emitted: Step, fuels: Sequence[StreamFigure], heat: Fact, power: Fact
) -> tuple[Step | None, Step | None]:
    """The split of a cogeneration unit between heat and electricity (equations 46 to 52 of A.2.2)."""
    references = [
        source.fact(name, "1", missing="METHOD-ENERGY-REFERENCE-MISSING", most=1)
        for name in ("reference_heat", "reference_electricity")
    ]
    efficiencies = chp_efficiencies(source, fuels, heat, power)
    if efficiencies is None or not source.complete or any(r is None or r.value == 0 for r in references):
        return None, None
    known = [fact for fact in references if fact is not None]
    of_reference = [of_fact(known[0], "ηref,heat"), of_fact(known[1], "ηref,el")]
    terms = [*efficiencies, *of_reference]
    parts = [e.value / r.value for e, r in zip(efficiencies, of_reference, strict=True)]
    whole = sum(parts, Fraction(0))
    shares = {
        "heat": source.step(
            "FCHP,Heat", "({0} / {2}) / ({0} / {2} + {1} / {3})", terms, parts[0] / whole, "1",
            topic="chp-heat-share",
        ),
        "electricity": source.step(
            "FCHP,El", "({1} / {3}) / ({0} / {2} + {1} / {3})", terms, parts[1] / whole, "1",
            topic="chp-electricity-share",
        ),
    }  # fmt: skip
    made = []
    for name, symbol, amount, unit in (
        ("heat", "EFCHP,Heat", of_fact(heat, "Qnet"), "t CO2/TJ"),
        ("electricity", "EFCHP,El", of_fact(power, "EEl,prod"), "t CO2/MWh"),
    ):
        exact = emitted.exact * shares[name].exact / amount.value
        terms = [of_step(emitted, "EmCHP"), of_step(shares[name]), amount]
        made.append(source.step(symbol, "{0} x {1} / {2}", terms, exact, unit, topic=f"chp-{name}-factor"))
    return made[0], made[1]


def chp_efficiencies(
    source: Source, fuels: Sequence[StreamFigure], heat: Fact, power: Fact
) -> list[Term] | None:
    """Measured efficiencies, else the design values, else the conservative ones that the act prescribes."""
    energy = energy_input(source, fuels, needed=False)
    if energy is not None:
        output = source.step(
            "EEl", "{0} x {1}", [of_fact(power, "EEl in MWh"), of_input(TJ_PER_MWH)],
            power.value * Fraction(TJ_PER_MWH.value), "TJ", topic="GATEWAY:units",
        )  # fmt: skip
        found = [
            ratio(source, "ηheat", of_fact(heat, "Qnet"), energy, "chp-heat-efficiency"),
            ratio(source, "ηel", of_step(output), energy, "chp-electricity-efficiency"),
        ]
        if heat.value + output.exact > energy.exact:
            useful = source.desk.trace.steps[f"{source.owner}:EEl"].result
            source.report(
                "METHOD-ENERGY-EFFICIENCY", "id", useful=f"{heat.text} + {useful}", energy=energy.result
            )
        return [term for term in found if term is not None] if source.complete else None
    design = [source.fact("heat_efficiency", "1", most=1), source.fact("electricity_efficiency", "1", most=1)]
    stated = [fact for fact in design if fact is not None and fact.value]
    if len(stated) == 2:
        return [of_fact(stated[0], "ηheat"), of_fact(stated[1], "ηel")]
    source.report("METHOD-ENERGY-STANDARD-EFFICIENCY", "heat_efficiency", severity="warning")
    return [of_input(STANDARD_EFFICIENCY["heat"]), of_input(STANDARD_EFFICIENCY["electricity"])]
