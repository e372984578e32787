"""Attributed emissions of one production process: the parts that both methods share.

Which equation a step is, and whether its text was read, is the law's to say: a method hands in the clause of
each symbol. Each function adds one step to the trace and returns it. Symbols: DirEm* (directly attributable
emissions), AttrEm (attributed emissions), EmH (heat), WGCorr (waste gas), E (electricity).

Units: t CO2e, TJ, MWh.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from gateway.methods.survey import MASS_UNITS, Fact, Flow, Plant
from gateway.methods.trace import Input, Step, Trace

UNLIMITED = "AttrEmDirSum"
"""The step that stands in the trace only where the attributed direct emissions came out negative."""

NATURAL_GAS = Input(
    "EFNG", "56.1", "t CO2/TJ", "constant: natural gas, template v2.1, Parameters_Constants B13"
)
WASTE_GAS_EXPORT = Input(
    "CorrWG", "0.667", "", "constant: efficiency correction, template v2.1, D_Processes row 62"
)


@dataclass(frozen=True, slots=True)
class Clauses:
    """The clauses of one method. ``confirmed`` is False where the text of the act was not at hand.

    ``constants`` says where the act prints a constant that both methods use, by the constant's symbol.
    """

    by_symbol: Mapping[str, str]
    confirmed: bool
    constants: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, symbol: str) -> str:
        return self.by_symbol[symbol]

    def constant(self, item: Input) -> Input:
        """A constant with the place where this act prints it; any other input as it is."""
        source = self.constants.get(item.symbol)
        return item if source is None else replace(item, source=source)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Writes the steps of one process (or good): its id stands before every symbol."""

    owner: str
    trace: Trace
    clauses: Clauses

    def step(
        self,
        symbol: str,
        formula: str,
        inputs: list[Input],
        exact: Fraction,
        unit: str,
        *,
        clause: str,
        note: str = "",
        confirmed: bool | None = None,
    ) -> Step:
        """Add a step. ``confirmed`` where this clause was read, or not, unlike the rest of the act."""
        name = f"{self.owner}:{symbol}"
        read = self.clauses.confirmed if confirmed is None else confirmed
        return self.trace.add(Step(name, formula, tuple(inputs), exact, unit, clause, note, read))


def stated(fact: Fact | None) -> Fact:
    """A fact that the survey has found present. Its absence here is a defect of ours."""
    if fact is None:
        raise AssertionError("an incomplete process reached the calculation")
    return fact


def in_tonnes(sheet: Sheet, symbol: str, mass: Fact) -> tuple[Input, Fraction]:
    """A mass in t: as stated, or converted from kg in a step of its own."""
    if mass.unit == "t":
        return mass.as_input(symbol), mass.value
    exact = mass.value * MASS_UNITS[mass.unit]
    inputs = [mass.as_input(f"{symbol} in kg")]
    step = sheet.step(symbol, "{0} / 1000", inputs, exact, "t", clause="GATEWAY:units")
    return step.as_input(), exact


def attributed_direct(sheet: Sheet, plant: Plant, electricity: tuple[Input, Fraction]) -> Step:
    """DirEm* with heat, waste gas and the given electricity term; a negative sum counts as 0."""
    direct = stated(plant.direct)
    parts = [
        (direct.as_input("DirEm*"), direct.value),
        flow_emissions(sheet, "EmHImp", [f for f in plant.heat if not f.exported], heat_terms),
        flow_emissions(sheet, "EmHExp", [f for f in plant.heat if f.exported], heat_terms),
        flow_emissions(sheet, "WGCorrImp", [f for f in plant.waste_gas if not f.exported], waste_gas_terms),
        flow_emissions(sheet, "WGCorrExp", [f for f in plant.waste_gas if f.exported], waste_gas_terms),
        electricity,
    ]
    signs = (1, 1, -1, 1, -1, -1)
    total = sum((sign * value for sign, (_, value) in zip(signs, parts, strict=True)), Fraction(0))
    symbol, formula, inputs = "AttrEmDir", "{0} + {1} - {2} + {3} - {4} - {5}", [part for part, _ in parts]
    clause = sheet.clauses[symbol]
    if total >= 0:
        return sheet.step(symbol, formula, inputs, total, "t CO2e", clause=clause)
    negative = sheet.step(UNLIMITED, formula, inputs, total, "t CO2e", clause=clause)
    note = "The sum is negative and counts as 0."
    return sheet.step(
        symbol, "max(0, {0})", [negative.as_input()], Fraction(0), "t CO2e", clause=clause, note=note
    )


Terms = Callable[[Flow], tuple[list[Input], Fraction]]


def flow_emissions(sheet: Sheet, symbol: str, flows: list[Flow], terms: Terms) -> tuple[Input, Fraction]:
    """The emissions of all flows of one kind and direction; none in the record is shown as none."""
    if not flows:
        return Input(symbol, "0", "t CO2e", "none in the record"), Fraction(0)
    inputs: list[Input] = []
    products: list[str] = []
    total = Fraction(0)
    for flow in flows:
        own, value = terms(flow)
        products.append(" x ".join(f"{{{len(inputs) + place}}}" for place in range(len(own))))
        inputs += [sheet.clauses.constant(item) for item in own]
        total += value
    note = ""
    if terms is waste_gas_terms and any(flow.factor is not None for flow in flows):
        note = "The factor of the gas itself has no effect here: a waste gas is worth natural gas."
    formula = " + ".join(products)
    step = sheet.step(symbol, formula, inputs, total, "t CO2e", clause=sheet.clauses[symbol], note=note)
    return step.as_input(), total


def heat_terms(flow: Flow) -> tuple[list[Input], Fraction]:
    """Amount x factor, or the emissions as stated."""
    if flow.amount is None or flow.factor is None:
        return stated_emissions(flow)
    inputs = [flow.amount.as_input(f"Q[{flow.label}]"), flow.factor.as_input(f"EF[{flow.label}]")]
    return inputs, flow.amount.value * flow.factor.value


def waste_gas_terms(flow: Flow) -> tuple[list[Input], Fraction]:
    """Amount x natural gas, on export x 0.667: the gas is worth what natural gas would have emitted."""
    if flow.amount is None:
        return stated_emissions(flow)
    inputs = [flow.amount.as_input(f"WG[{flow.label}]"), NATURAL_GAS]
    value = flow.amount.value * Fraction(NATURAL_GAS.value)
    if flow.exported:
        inputs.append(WASTE_GAS_EXPORT)
        value *= Fraction(WASTE_GAS_EXPORT.value)
    return inputs, value


def stated_emissions(flow: Flow) -> tuple[list[Input], Fraction]:
    emissions = stated(flow.emissions)
    return [emissions.as_input(f"Em[{flow.label}]")], emissions.value


def used_electricity(sheet: Sheet, plant: Plant, symbol: str) -> Step:
    """Electricity consumed x its emission factor, t CO2e."""
    power, clause = stated(plant.electricity), sheet.clauses[symbol]
    if plant.factor is None:
        note = "No electricity was consumed."
        return sheet.step(
            symbol, "{0}", [power.as_input("E")], Fraction(0), "t CO2e", clause=clause, note=note
        )
    exact = power.value * plant.factor.value
    inputs = [power.as_input("E"), plant.factor.as_input("EFEl")]
    return sheet.step(symbol, "{0} x {1}", inputs, exact, "t CO2e", clause=clause)


def produced_electricity(
    sheet: Sheet, symbol: str, amount: tuple[str, Fact | None], factor: Fact | None, note: str = ""
) -> tuple[Input, Fraction]:
    """Emissions of electricity that leaves the account of the process, with the symbol of its amount."""
    name, power = amount
    if power is None:
        return Input(symbol, "0", "t CO2e", "none in the record"), Fraction(0)
    if power.value == 0:
        return Input(symbol, "0", "t CO2e", power.path), Fraction(0)
    own = stated(factor)
    exact = power.value * own.value
    inputs = [power.as_input(name), own.as_input("EFElProd")]
    step = sheet.step(symbol, "{0} x {1}", inputs, exact, "t CO2e", clause=sheet.clauses[symbol], note=note)
    return step.as_input(), exact
