"""The equations of one production process: attributed emissions, and specific embedded emissions.

Each function adds one step to the trace and returns it. Symbols follow the template v2.1: DirEm*,
AttrEm (attributed emissions), AL (activity level), SE (own specific), SEE (with precursors), M (mass of a
precursor), EE (embedded emissions of the precursors).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from gateway.methods.survey import MASS_UNITS, Consumed, Fact, Flow, Plant
from gateway.methods.trace import Input, Step, Trace, decimal_of, text_of

F = "EU-2023-1773:annex-III-F"
E = "EU-2023-1773:annex-III-E"
D4 = "EU-2023-1773:annex-III-D.4"

UNLIMITED = "AttrEmDirSum"
"""The step that stands in the trace only where the attributed direct emissions came out negative."""

NATURAL_GAS = Input(
    "EFNG", "56.1", "t CO2/TJ", "constant: natural gas, template v2.1, Parameters_Constants B13"
)
WASTE_GAS_EXPORT = Input(
    "CorrWG", "0.667", "", "constant: efficiency correction, template v2.1, D_Processes row 62"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """The steps of one process that later processes and the goods refer to."""

    attributed_direct: Step
    attributed_indirect: Step
    specific_direct: Step
    specific_indirect: Step
    see_direct: Step
    see_indirect: Step
    see_total: Step
    electricity: Step | None
    electricity_factor: Step | None
    default_direct: Step
    default_share: Step


@dataclass(frozen=True, slots=True)
class Sheet:
    """Writes the steps of one process: its id stands before every symbol."""

    process: str
    trace: Trace

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
    ) -> Step:
        name = f"{self.process}:{symbol}"
        return self.trace.add(Step(name, formula, tuple(inputs), exact, unit, clause, note))


def process_figures(plant: Plant, solved: Mapping[str, Figures], trace: Trace) -> Figures:
    """All figures of one complete process whose own precursors are solved already."""
    sheet = Sheet(plant.id, trace)
    level, level_value = activity(sheet, stated(plant.activity))
    direct = attributed_direct(sheet, plant)
    power = stated(plant.electricity)
    indirect = attributed_indirect(sheet, plant, power)
    own_direct = per_tonne(sheet, "SEDir", direct, level, level_value)
    own_indirect = per_tonne(sheet, "SEIndir", indirect, level, level_value)
    used = [mass_in_tonnes(sheet, precursor) for precursor in plant.precursors if precursor.amount.value]

    def with_precursors(kind: str, own: Input, own_value: Fraction, of: Embedded) -> Step:
        return specific(
            sheet, kind, (own, own_value), (level, level_value), embedded(sheet, kind, used, solved, of)
        )

    see_direct = with_precursors("Dir", direct.as_input(), direct.exact, embedded_direct)
    see_indirect = with_precursors("Indir", indirect.as_input(), indirect.exact, embedded_indirect)
    total = sheet.step(
        "SEETotal",
        "{0} + {1}",
        [see_direct.as_input(), see_indirect.as_input()],
        see_direct.exact + see_indirect.exact,
        "t CO2e/t",
        clause=F,
    )
    electricity = None
    if all(knows_electricity(precursor, solved) for precursor, _, _ in used):
        electricity = with_precursors("El", power.as_input("E"), power.value, embedded_electricity)
    share_of, share = default_share(sheet, plant, see_direct, own_direct, used=used, solved=solved)
    return Figures(
        direct,
        indirect,
        own_direct,
        own_indirect,
        see_direct,
        see_indirect,
        total,
        electricity,
        mean_factor(sheet, see_indirect, electricity),
        share_of,
        share,
    )


def stated(fact: Fact | None) -> Fact:
    """A fact that the survey has found present. Its absence here is a defect of ours."""
    if fact is None:
        raise AssertionError("an incomplete process reached the calculation")
    return fact


# --- amounts -----------------------------------------------------------------------------------------


def activity(sheet: Sheet, level: Fact) -> tuple[Input, Fraction]:
    """The activity level in tonnes: as stated, or converted from kg in a step of its own."""
    return in_tonnes(sheet, "AL", level)


def mass_in_tonnes(sheet: Sheet, precursor: Consumed) -> tuple[Consumed, Input, Fraction]:
    return precursor, *in_tonnes(sheet, f"M[{precursor.label}]", precursor.amount)


def in_tonnes(sheet: Sheet, symbol: str, mass: Fact) -> tuple[Input, Fraction]:
    if mass.unit == "t":
        return mass.as_input(symbol), mass.value
    exact = mass.value * MASS_UNITS[mass.unit]
    step = sheet.step(
        symbol, "{0} / 1000", [mass.as_input(f"{symbol} in kg")], exact, "t", clause="GATEWAY:units"
    )
    return step.as_input(symbol), exact


# --- attributed emissions ----------------------------------------------------------------------------


def attributed_direct(sheet: Sheet, plant: Plant) -> Step:
    """DirEm* with heat, waste gas and exported electricity; a negative sum counts as 0."""
    direct = stated(plant.direct)
    parts = [
        (direct.as_input("DirEm*"), direct.value),
        flow_emissions(sheet, "EmHImp", [f for f in plant.heat if not f.exported], heat_terms),
        flow_emissions(sheet, "EmHExp", [f for f in plant.heat if f.exported], heat_terms),
        flow_emissions(sheet, "WGCorrImp", [f for f in plant.waste_gas if not f.exported], waste_gas_terms),
        flow_emissions(sheet, "WGCorrExp", [f for f in plant.waste_gas if f.exported], waste_gas_terms),
        exported_electricity(sheet, plant),
    ]
    signs = (1, 1, -1, 1, -1, -1)
    total = sum((sign * value for sign, (_, value) in zip(signs, parts, strict=True)), Fraction(0))
    symbol, formula, inputs = "AttrEmDir", "{0} + {1} - {2} + {3} - {4} - {5}", [part for part, _ in parts]
    if total >= 0:
        return sheet.step(symbol, formula, inputs, total, "t CO2e", clause=F)
    negative = sheet.step(UNLIMITED, formula, inputs, total, "t CO2e", clause=F)
    note = "The sum is negative and counts as 0."
    return sheet.step(
        symbol, "max(0, {0})", [negative.as_input()], Fraction(0), "t CO2e", clause=F, note=note
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
        inputs += own
        total += value
    note = ""
    if terms is waste_gas_terms and any(flow.factor is not None for flow in flows):
        note = "The factor of the gas itself has no effect here (template v2.1, guidance on waste gases)."
    step = sheet.step(symbol, " + ".join(products), inputs, total, "t CO2e", clause=F, note=note)
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


def exported_electricity(sheet: Sheet, plant: Plant) -> tuple[Input, Fraction]:
    """Emissions of electricity that the process produces and exports (template v2.1, D_Processes (k))."""
    if plant.exported is None:
        return Input("EmElExp", "0", "t CO2e", "none in the record"), Fraction(0)
    if plant.exported.value == 0:
        return Input("EmElExp", "0", "t CO2e", plant.exported.path), Fraction(0)
    factor = stated(plant.exported_factor)
    exact = plant.exported.value * factor.value
    inputs = [plant.exported.as_input("EExp"), factor.as_input("EFElProd")]
    return sheet.step("EmElExp", "{0} x {1}", inputs, exact, "t CO2e", clause=F).as_input(), exact


def attributed_indirect(sheet: Sheet, plant: Plant, power: Fact) -> Step:
    """Electricity consumed x its CO2 emission factor."""
    if plant.factor is None:
        note = "No electricity was consumed."
        return sheet.step(
            "AttrEmIndir", "{0}", [power.as_input("E")], Fraction(0), "t CO2e", clause=D4, note=note
        )
    exact = power.value * plant.factor.value
    inputs = [power.as_input("E"), plant.factor.as_input("EFEl")]
    return sheet.step("AttrEmIndir", "{0} x {1}", inputs, exact, "t CO2e", clause=D4)


def per_tonne(sheet: Sheet, symbol: str, amount: Step, level: Input, level_value: Fraction) -> Step:
    exact = amount.exact / level_value
    return sheet.step(symbol, "{0} / {1}", [amount.as_input(), level], exact, "t CO2e/t", clause=F)


# --- with precursors ---------------------------------------------------------------------------------

Used = list[tuple[Consumed, Input, Fraction]]
Embedded = Callable[[Consumed, Mapping[str, Figures]], tuple[Input, Fraction]]


def embedded_direct(precursor: Consumed, solved: Mapping[str, Figures]) -> tuple[Input, Fraction]:
    return of_precursor(precursor, solved, precursor.see_direct, lambda figures: figures.see_direct)


def embedded_indirect(precursor: Consumed, solved: Mapping[str, Figures]) -> tuple[Input, Fraction]:
    return of_precursor(precursor, solved, precursor.see_indirect, lambda figures: figures.see_indirect)


def embedded_electricity(precursor: Consumed, solved: Mapping[str, Figures]) -> tuple[Input, Fraction]:
    return of_precursor(precursor, solved, precursor.electricity, lambda figures: figures.electricity)


def of_precursor(
    precursor: Consumed,
    solved: Mapping[str, Figures],
    own: Fact | None,
    pick: Callable[[Figures], Step | None],
) -> tuple[Input, Fraction]:
    """The figure per tonne of a precursor: the result of an own process, or what the supplier states."""
    if precursor.source is None:
        fact = stated(own)
        return fact.as_input(f"SEE[{precursor.label}]"), fact.value
    step = pick(solved[precursor.source])
    if step is None:
        raise AssertionError("an unknown figure of an own process was used")
    return step.as_input(step.symbol), step.exact


def knows_electricity(precursor: Consumed, solved: Mapping[str, Figures]) -> bool:
    if precursor.source is None:
        return precursor.electricity is not None
    return solved[precursor.source].electricity is not None


def embedded(sheet: Sheet, kind: str, used: Used, solved: Mapping[str, Figures], of: Embedded) -> Step | None:
    """EE = sum of M x SEE over the precursors; None for a simple good."""
    if not used:
        return None
    inputs: list[Input] = []
    total = Fraction(0)
    for precursor, mass, tonnes in used:
        see, value = of(precursor, solved)
        inputs += [mass, see]
        total += tonnes * value
    formula = " + ".join(f"{{{2 * n}}} x {{{2 * n + 1}}}" for n in range(len(used)))
    unit = "MWh" if kind == "El" else "t CO2e"
    return sheet.step(f"EE{kind}", formula, inputs, total, unit, clause=E)


def specific(
    sheet: Sheet,
    kind: str,
    own: tuple[Input, Fraction],
    level: tuple[Input, Fraction],
    precursors: Step | None,
) -> Step:
    """SEE = AttrEm / AL for a simple good, (AttrEm + EE) / AL for a complex one."""
    symbol, unit = ("El", "MWh/t") if kind == "El" else (f"SEE{kind}", "t CO2e/t")
    if precursors is None:
        return sheet.step(symbol, "{0} / {1}", [own[0], level[0]], own[1] / level[1], unit, clause=F)
    inputs = [own[0], precursors.as_input(), level[0]]
    return sheet.step(
        symbol, "({0} + {1}) / {2}", inputs, (own[1] + precursors.exact) / level[1], unit, clause=F
    )


def mean_factor(sheet: Sheet, indirect: Step, electricity: Step | None) -> Step | None:
    """The mean factor of the embedded electricity, so that electricity x factor is the indirect SEE again."""
    if electricity is None or electricity.exact == 0:
        return None
    exact = indirect.exact / electricity.exact
    inputs = [indirect.as_input(), electricity.as_input()]
    return sheet.step("EFElMean", "{0} / {1}", inputs, exact, "t CO2e/MWh", clause=D4)


def default_share(
    sheet: Sheet, plant: Plant, see: Step, own: Step, *, used: Used, solved: Mapping[str, Figures]
) -> tuple[Step, Step]:
    """The part of the direct SEE that rests on default values: in t CO2e/t, and as a share of it.

    Direct emissions only, as the template counts (Summary_Processes H164). A purchased precursor counts
    by its stated share, else wholly or not at all by its determination.
    """
    level = stated(plant.activity)
    whole = level.value * MASS_UNITS[level.unit]
    total = own.exact if plant.process.determination == "default" else Fraction(0)
    place = f"{plant.path}/determination"
    inputs = [Input("Default[own]", text_of(decimal_of(total)), "t CO2e/t", place)]
    for precursor, mass, tonnes in used:
        value, source = default_part(precursor, solved)
        inputs += [mass, source]
        total += tonnes * value / whole
    inputs.append(Input("AL in t", text_of(decimal_of(whole)), "t", level.path))
    products = " + ".join(f"{{{2 * n + 1}}} x {{{2 * n + 2}}}" for n in range(len(used)))
    formula = "{0}" + (f" + ({products}) / {{{len(inputs) - 1}}}" if used else "")
    part = sheet.step("DefaultDir", formula, inputs if used else inputs[:1], total, "t CO2e/t", clause=E)
    return part, share_step(sheet, part, see)


def share_step(sheet: Sheet, part: Step, see: Step) -> Step:
    if see.exact == 0:
        note = "Nothing is embedded, so nothing rests on default values."
        return sheet.step("DefaultShare", "{0}", [part.as_input()], Fraction(0), "1", clause=E, note=note)
    inputs = [part.as_input(), see.as_input()]
    return sheet.step("DefaultShare", "{0} / {1}", inputs, part.exact / see.exact, "1", clause=E)


def default_part(precursor: Consumed, solved: Mapping[str, Figures]) -> tuple[Fraction, Input]:
    """What rests on default values in one tonne of a precursor."""
    if precursor.source is not None:
        step = solved[precursor.source].default_direct
        return step.exact, step.as_input(step.symbol)
    see = stated(precursor.see_direct)
    if precursor.default_share is not None:
        share, source = precursor.default_share.value, precursor.default_share.path
    else:
        share, source = Fraction(precursor.determination == "default"), f"{precursor.path}/determination"
    value = see.value * share
    return value, Input(f"Default[{precursor.label}]", text_of(decimal_of(value)), "t CO2e/t", source)
