"""The equations of one production process: attributed emissions, and specific embedded emissions.

Each function adds one step to the trace and returns it. Symbols follow the template v2.1: DirEm*,
AttrEm (attributed emissions), AL (activity level), SE (own specific), SEE (with precursors), M (mass of a
precursor), EE (embedded emissions of the precursors).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from gateway.methods.attribution import (
    Clauses,
    Sheet,
    attributed_direct,
    in_tonnes,
    produced_electricity,
    stated,
    used_electricity,
)
from gateway.methods.survey import MASS_UNITS, Consumed, Fact, Plant
from gateway.methods.trace import Input, Step, Trace, decimal_of, text_of

F = "EU-2023-1773:annex-III-F"
E = "EU-2023-1773:annex-III-E"
D4 = "EU-2023-1773:annex-III-D.4"

TRANSITIONAL = Clauses(
    {
        "AttrEmDir": F,
        "EmHImp": F,
        "EmHExp": F,
        "WGCorrImp": F,
        "WGCorrExp": F,
        "EmElExp": F,
        "AttrEmIndir": D4,
    },
    confirmed=False,
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


def process_figures(plant: Plant, solved: Mapping[str, Figures], trace: Trace) -> Figures:
    """All figures of one complete process whose own precursors are solved already."""
    sheet = Sheet(plant.id, trace, TRANSITIONAL)
    level, level_value = activity(sheet, stated(plant.activity))
    exported = produced_electricity(sheet, "EmElExp", ("EExp", plant.exported), plant.exported_factor)
    direct = attributed_direct(sheet, plant, exported)
    power = stated(plant.electricity)
    indirect = used_electricity(sheet, plant, "AttrEmIndir")
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


# --- amounts -----------------------------------------------------------------------------------------


def activity(sheet: Sheet, level: Fact) -> tuple[Input, Fraction]:
    """The activity level in tonnes: as stated, or converted from kg in a step of its own."""
    return in_tonnes(sheet, "AL", level)


def mass_in_tonnes(sheet: Sheet, precursor: Consumed) -> tuple[Consumed, Input, Fraction]:
    return precursor, *in_tonnes(sheet, f"M[{precursor.label}]", precursor.amount)


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
