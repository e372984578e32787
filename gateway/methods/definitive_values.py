"""What a precursor counts with in the definitive method, per functional unit of its own.

The result of an own process; the supplier's figure, converted where it is per tonne; a default value with its
mark-up; zero for what comes from the Union and for scrap; and zero indirect emissions where none are charged.

Clauses: (EU) 2025/2547 Annex I 3.1, Annex II E, Annex III.B; Article 11(2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from gateway.methods.attribution import Sheet, stated
from gateway.methods.definitive_amounts import mass_of
from gateway.methods.productions import COUNTED, EXEMPT, Material, Production
from gateway.methods.trace import Input, Step

SHARE = "EU-2025-2547:annex-IV-1.2(4)"
NOT_CHARGED = "constant: not charged, goods of Annex II of 2023/956 (2025/2547 Annex I 3.1)"

Value = tuple[Input, Fraction]
"""A figure as it is shown, and exact."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of one kind of emissions: own per functional unit, and with precursors."""

    own: Step
    see: Step
    of: Mapping[str, Value]
    """What each precursor was counted with, per functional unit of its own, by its label."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The steps of one process that later processes and the goods refer to."""

    production: Production
    level: Step
    mass: Value
    attributed_direct: Step
    attributed_indirect: Step | None
    amounts: Mapping[str, Step]
    specific: Mapping[str, Step]
    direct: Counted
    indirect: Counted
    information: Counted | None
    total: Step
    default_direct: Step
    default_indirect: Step
    share_direct: Step
    share_indirect: Step
    share: Step

    @property
    def unit(self) -> str:
        return self.production.unit

    @property
    def annex_ii(self) -> bool:
        return self.production.annex_ii


@dataclass(frozen=True, slots=True)
class Work:
    """What the equations of one process share, so that each kind of emissions is counted alike."""

    sheet: Sheet
    production: Production
    level: Step
    amounts: Mapping[str, Step]
    specific: Mapping[str, Step]
    solved: Mapping[str, Solved]

    @property
    def unit(self) -> str:
        """Of a SEE of this process."""
        return f"t CO2e/{self.production.unit}"


def zero(work: Work, material: Material, symbol: str) -> Value | None:
    """Zero for what is exempt by its origin and for scrap; None for what counts."""
    if material.treatment == COUNTED:
        return None
    why = (
        f"constant: counts as zero, origin {material.record.country} (Annex III.B)"
        if material.treatment == EXEMPT
        else "constant: counts as zero, scrap (Annex II.F)"
    )
    return Input(symbol, "0", f"t CO2e/{material.unit}", why), Fraction(0)


def of_direct(work: Work, material: Material) -> Value | None:
    used = material.consumed
    symbol = f"SEEDir[{used.label}]"
    if (nothing := zero(work, material, symbol)) is not None:
        return nothing
    if used.source is not None:
        step = work.solved[used.source].direct.see
        return step.as_input(step.symbol), step.exact
    return purchased(work, material, "Dir")


def of_indirect(work: Work, material: Material) -> Value | None:
    """What is charged of a precursor's indirect emissions (Annex I, 3.1).

    None of a precursor of Annex II in a good outside it. Of an own precursor of Annex II in a good of
    Annex II only what its own precursors outside Annex II brought along; of a purchased one that part
    cannot be told from its other electricity and is not counted.
    """
    used = material.consumed
    symbol = f"SEEIndir[{used.label}]"
    if (nothing := zero(work, material, symbol)) is not None:
        return nothing
    if material.annex_ii and (used.source is None or not work.production.annex_ii):
        return Input(symbol, "0", f"t CO2e/{material.unit}", NOT_CHARGED), Fraction(0)
    if used.source is not None:
        step = work.solved[used.source].indirect.see
        return step.as_input(step.symbol), step.exact
    return purchased(work, material, "Indir")


def of_information(work: Work, material: Material) -> Value | None:
    """All indirect emissions of a precursor; None where they are not known."""
    used = material.consumed
    if (nothing := zero(work, material, f"SEEIndir[{used.label}]")) is not None:
        return nothing
    if used.source is not None:
        own = work.solved[used.source]
        if own.information is not None:
            return own.information.see.as_input(own.information.see.symbol), own.information.see.exact
        if own.annex_ii:
            return None
        return own.indirect.see.as_input(own.indirect.see.symbol), own.indirect.see.exact
    if material.default is not None and material.annex_ii:
        return None
    if material.default is None and used.see_indirect is None:
        return None
    return purchased(work, material, "Indir")


def purchased(work: Work, material: Material, kind: str) -> Value:
    """The SEE of a purchased precursor per its functional unit, converted in a step where it was per tonne."""
    name = f"SEE{kind}[{material.consumed.label}]"
    earlier = work.sheet.trace.steps.get(f"{work.sheet.owner}:{name}")
    if earlier is not None:
        return earlier.as_input(), earlier.exact
    if material.default is not None:
        item, exact = default_value(work, material, kind)
    else:
        used = material.consumed
        fact = stated(used.see_direct if kind == "Dir" else used.see_indirect)
        item, exact = fact.as_input(name), fact.value
    return per_unit(work, material, name, (item, exact))


def default_value(work: Work, material: Material, kind: str) -> Value:
    """The marked-up default value of a precursor, t CO2e per t.

    The act marks up the published total. For goods of Annex II the total is direct. For others the published
    direct value is marked up as the direct part and the rest of the marked-up total is the indirect part, so
    that both add up to the total; the act does not say how to divide it.
    """
    name = material.consumed.label
    value = material.default
    if value is None:
        raise AssertionError("a default value was asked for and none was looked up")
    symbol = f"SEEdefault[{name}]"
    sheet = work.sheet
    whole = sheet.trace.steps.get(f"{sheet.owner}:{symbol}")
    if whole is None:
        whole = sheet.trace.add(value.step(f"{sheet.owner}:{symbol}"))
    if material.annex_ii or value.direct is None or value.indirect is None:
        nothing = Input(f"SEEIndir[{name}]", "0", "t CO2e/t", NOT_CHARGED)
        return (whole.as_input(), whole.exact) if kind == "Dir" else (nothing, Fraction(0))
    part = f"SEEdefaultDir[{name}]"
    direct = sheet.trace.steps.get(f"{sheet.owner}:{part}")
    if direct is None:
        exact = Fraction(value.direct) * (1 + Fraction(value.mark_up) / 100)
        inputs = [
            Input("direct", format(value.direct, "f"), value.unit, f"{value.act}: {value.row}"),
            Input("markUp", format(value.mark_up, "f"), "%", whole.symbol),
        ]
        note = "The act marks up the total; its division is the gateway's, so that the parts add up to it."
        direct = sheet.step(
            part, "{0} x (1 + {1} / 100)", inputs, exact, "t CO2e/t", clause=whole.clause, note=note,
            confirmed=False,
        )  # fmt: skip
    if kind == "Dir":
        return direct.as_input(), direct.exact
    remainder = f"SEEdefaultIndir[{name}]"
    rest = sheet.trace.steps.get(f"{sheet.owner}:{remainder}")
    if rest is None:
        rest = sheet.step(
            remainder, "{0} - {1}", [whole.as_input(), direct.as_input()],
            whole.exact - direct.exact, "t CO2e/t", clause=whole.clause, confirmed=False,
        )  # fmt: skip
    return rest.as_input(), rest.exact


def per_unit(work: Work, material: Material, name: str, value: Value) -> Value:
    """t CO2e per tonne of the precursor to t CO2e per its functional unit."""
    item, exact = value
    content = material.content
    if content is None or material.stated_unit != "t":
        return item, exact
    factor, unit = mass_of(material)
    inputs = [item, content.as_input("content")]
    step = work.sheet.step(
        name, f"{{0}} / ({factor} x {{1}})" if factor != 1 else "{0} / {1}", inputs,
        exact / (factor * content.value), f"t CO2e/{material.unit}",
        clause="EU-2025-2547:article-4", note=f"From per tonne of the precursor; content in {unit}.",
    )  # fmt: skip
    return step.as_input(), step.exact


def default_part(work: Work, material: Material, kind: str, counted: Value) -> Value:
    """What rests on default values in one functional unit of a precursor."""
    used = material.consumed
    symbol = f"Default{kind}[{used.label}]"
    unit = f"t CO2e/{material.unit}"
    if counted[1] == 0:
        return Input(symbol, "0", unit, counted[0].source), Fraction(0)
    if used.source is not None:
        own = work.solved[used.source]
        step = own.default_direct if kind == "Dir" else own.default_indirect
        return step.as_input(step.symbol), step.exact
    if material.default is not None:
        item, exact = purchased(work, material, kind)
        return item, exact
    if used.default_share is None:
        return Input(symbol, "0", unit, f"{used.path}/determination"), Fraction(0)
    item, exact = purchased(work, material, kind)
    share_of = used.default_share
    step = work.sheet.step(
        symbol, "{0} x {1}", [item, share_of.as_input("defaultShare")], exact * share_of.value, unit,
        clause=SHARE,
    )  # fmt: skip
    return step.as_input(), step.exact
