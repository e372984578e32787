"""The equations of Annex III of (EU) 2025/2547, sections A.3 and B, for one production process.

Numbers of equations are printed twice in the act and some cross-references are wrong, so a clause names the
section and the equation. Symbols are those of the act; ``P1:`` before a symbol is the process, ``[V1]`` behind
it the precursor. ``Dir`` is direct, ``Indir`` the indirect emissions that are charged, ``IndirInfo`` all of
them, which is shown for information where not all are charged.

Units: t CO2e, and t CO2e per functional unit (t, t clinker, kg N, kWh).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from gateway.methods.attribution import (
    Clauses,
    Sheet,
    attributed_direct,
    produced_electricity,
    used_electricity,
)
from gateway.methods.definitive_amounts import activity_level, units_of
from gateway.methods.definitive_values import (
    NOT_CHARGED,
    SHARE,
    Counted,
    Solved,
    Value,
    Work,
    default_part,
    of_direct,
    of_indirect,
    of_information,
)
from gateway.methods.productions import COUNTED, Material, Production
from gateway.methods.trace import Input, Step, Trace

A3 = "EU-2025-2547:annex-III-A.3"
B = "EU-2025-2547:annex-III-B"

DEFINITIVE = Clauses(
    {
        "AttrEmDir": f"{A3} eq. 55",
        "EmHImp": f"{A3} EmH,imp (printed as a second equation 52)",
        "EmHExp": f"{A3} EmH,exp",
        "WGCorrImp": "EU-2025-2547:annex-III-A.2.3 eq. 53",
        "WGCorrExp": "EU-2025-2547:annex-III-A.2.3 eq. 54",
        "EmElProd": "EU-2025-2547:annex-II-D.1 eq. 35",
        "EmElCons": "EU-2025-2547:annex-II-D.1 eq. 35",
    },
    confirmed=True,
    constants={
        "EFNG": "constant: natural gas, 2025/2547 Annex II G, Table 1",
        "CorrWG": "constant: Corr-eta, 2025/2547 Annex III A.2.3",
    },
)

OWN_POWER = "All electricity produced in the process; what it uses of it counts as indirect (Emel,cons)."
EQUATIONS = {"Dir": "57", "Indir": "58", "IndirInfo": "58"}


def solve_process(production: Production, solved: Mapping[str, Solved], trace: Trace) -> Solved:
    """All figures of one complete process whose own precursors are solved already."""
    plant = production.plant
    sheet = Sheet(plant.id, trace, DEFINITIVE)
    mass, level = activity_level(sheet, production)
    produced = produced_electricity(
        sheet, "EmElProd", ("EProd", plant.exported), plant.exported_factor, OWN_POWER
    )
    direct = attributed_direct(sheet, plant, produced)
    indirect = attributed_indirect(sheet, production)
    amounts = {m.consumed.label: units_of(sheet, m) for m in production.materials}
    specific = {m.consumed.label: specific_consumption(sheet, m, amounts, level, production)
                for m in production.materials}  # fmt: skip
    work = Work(sheet, production, level, amounts, specific, solved)
    see_direct = count(work, "Dir", direct, of_direct)
    counted = None if production.annex_ii else indirect
    see_indirect = count(work, "Indir", counted, of_indirect)
    information = inform(work, indirect)
    total = sheet.step(
        "SEETotal",
        "{0} + {1}",
        [see_direct.see.as_input(), see_indirect.see.as_input()],
        see_direct.see.exact + see_indirect.see.exact,
        f"t CO2e/{production.unit}",
        clause=f"{B} eq. 59" if production.materials else f"{A3} eq. 57, 58",
        note="Direct emissions and those indirect emissions that are charged.",
    )
    default_direct = default_of(work, "Dir", see_direct, whole_direct(production))
    default_indirect = default_of(work, "Indir", see_indirect, whole_indirect(production))
    return Solved(
        production, level, mass, direct, indirect, amounts, specific, see_direct, see_indirect,
        information, total, default_direct, default_indirect,
        share(sheet, "DefaultShareDir", [default_direct], see_direct.see),
        share(sheet, "DefaultShareIndir", [default_indirect], see_indirect.see),
        share(sheet, "DefaultShare", [default_direct, default_indirect], total),
    )  # fmt: skip


def attributed_indirect(sheet: Sheet, production: Production) -> Step | None:
    """Emissions of the electricity consumed, equation 56; None where an uncharged one is not known."""
    if production.plant.electricity is None:
        return None
    used = used_electricity(sheet, production.plant, "EmElCons")
    note = "Not charged for goods of Annex II of 2023/956; for information." if production.annex_ii else ""
    return sheet.step(
        "AttrEmIndir", "{0}", [used.as_input()], used.exact, "t CO2e", clause=f"{A3} eq. 56", note=note
    )


def specific_consumption(
    sheet: Sheet, material: Material, amounts: Mapping[str, Step], level: Step, production: Production
) -> Step:
    """m_i, equation 61: functional units of the precursor per functional unit of the good."""
    name = material.consumed.label
    amount = amounts[name]
    return sheet.step(
        f"m[{name}]",
        "{0} / {1}",
        [amount.as_input(), level.as_input()],
        amount.exact / level.exact,
        f"{amount.unit}/{production.unit}",
        clause=f"{B} eq. 61",
    )


Pick = Callable[[Work, Material], Value | None]


def count(work: Work, kind: str, attributed: Step | None, pick: Pick) -> Counted:
    """Equations 57/58 for simple goods; 60, 59, 63 and 62 for complex goods."""
    values = {m.consumed.label: pick(work, m) for m in work.production.materials}
    return counted(work, kind, attributed, {n: v for n, v in values.items() if v is not None})


def counted(work: Work, kind: str, attributed: Step | None, values: Mapping[str, Value]) -> Counted:
    sheet, level = work.sheet, work.level.as_input()
    if attributed is None:
        own, own_exact = Input(f"AttrEm{kind}", "0", "t CO2e", NOT_CHARGED), Fraction(0)
    else:
        own, own_exact = attributed.as_input(), attributed.exact
    simple = not work.production.materials
    ae = sheet.step(
        f"SEE{kind}" if simple else f"ae{kind}",
        "{0} / {1}",
        [own, level],
        own_exact / work.level.exact,
        work.unit,
        clause=f"{A3} eq. {EQUATIONS[kind]}" if simple else f"{B} eq. 63",
    )
    if simple:
        return Counted(ae, ae, {})
    materials = embedded(work, kind, values)
    see = sheet.step(
        f"SEE{kind}",
        "({0} + {1}) / {2}",
        [own, materials.as_input(), level],
        (own_exact + materials.exact) / work.level.exact,
        work.unit,
        clause=f"{B} eq. 59",
    )
    check(work, kind, ae, values, see)
    return Counted(ae, see, values)


def embedded(work: Work, kind: str, values: Mapping[str, Value]) -> Step:
    """EEInpMat, equation 60: the sum of M_i x SEE_i over the precursors."""
    inputs: list[Input] = []
    total = Fraction(0)
    for name, (see, exact) in values.items():
        inputs += [work.amounts[name].as_input(), see]
        total += work.amounts[name].exact * exact
    formula = " + ".join(f"{{{2 * n}}} x {{{2 * n + 1}}}" for n in range(len(values)))
    return work.sheet.step(f"EEInpMat{kind}", formula, inputs, total, "t CO2e", clause=f"{B} eq. 60")


def check(work: Work, kind: str, ae: Step, values: Mapping[str, Value], see: Step) -> None:
    """The same figure by equation 62. A difference would be a defect of ours."""
    inputs = [ae.as_input()]
    total = ae.exact
    for name, (item, exact) in values.items():
        inputs += [work.specific[name].as_input(), item]
        total += work.specific[name].exact * exact
    products = [f"{{{2 * n + 1}}} x {{{2 * n + 2}}}" for n in range(len(values))]
    step = work.sheet.step(
        f"SEE{kind}Check", " + ".join(["{0}", *products]), inputs, total, see.unit,
        clause=f"{B} eq. 62", note="The same as by equation 59.",
    )  # fmt: skip
    if step.exact != see.exact:
        raise AssertionError(f"{step.symbol}: equations 59 and 62 disagree")


def inform(work: Work, indirect: Step | None) -> Counted | None:
    """All indirect emissions, where not all of them are charged and all are known."""
    materials = work.production.materials
    differs = work.production.annex_ii or any(
        material.treatment == COUNTED and (material.annex_ii or informed(work, material))
        for material in materials
    )
    if not differs or indirect is None:
        return None
    values = {m.consumed.label: of_information(work, m) for m in materials}
    known = {name: value for name, value in values.items() if value is not None}
    return counted(work, "IndirInfo", indirect, known) if len(known) == len(values) else None


def informed(work: Work, material: Material) -> bool:
    source = material.consumed.source
    return source is not None and work.solved[source].information is not None


def default_of(work: Work, kind: str, found: Counted, own_share: Value) -> Step:
    """The part of the SEE that rests on default values, per functional unit."""
    item, fraction = own_share
    inputs = [found.own.as_input(), item]
    total = found.own.exact * fraction
    for material in work.production.materials:
        name = material.consumed.label
        part = default_part(work, material, kind, found.of[name])
        inputs += [work.specific[name].as_input(), part[0]]
        total += work.specific[name].exact * part[1]
    products = [f"{{{2 * n}}} x {{{2 * n + 1}}}" for n in range(len(inputs) // 2)]
    return work.sheet.step(
        f"Default{kind}", " + ".join(products), inputs, total, found.see.unit, clause=SHARE
    )


# --- shares of default values --------------------------------------------------------------------------


def whole_direct(production: Production) -> Value:
    """The share of the own direct emissions that rests on default values: all or nothing."""
    default = production.plant.process.determination == "default"
    place = f"{production.plant.path}/determination"
    return Input("share[own]", "1" if default else "0", "1", place), Fraction(default)


def whole_indirect(production: Production) -> Value:
    """The share of the own indirect emissions with a default factor (Article 9): as stated, else all or none."""
    if production.default_indirect is not None:
        return production.default_indirect.as_input("share[own]"), production.default_indirect.value
    default = production.plant.process.electricity_determination == "default"
    place = f"{production.plant.path}/electricityDetermination"
    return Input("share[own]", "1" if default else "0", "1", place), Fraction(default)


def share(sheet: Sheet, symbol: str, parts: list[Step], see: Step) -> Step:
    """The share of a SEE that rests on default values; there is none where nothing is embedded."""
    inputs = [part.as_input() for part in parts]
    total = sum((part.exact for part in parts), Fraction(0))
    formula = " + ".join(f"{{{n}}}" for n in range(len(parts)))
    if see.exact == 0:
        note = "Nothing is embedded, so nothing rests on default values."
        return sheet.step(symbol, formula, inputs, Fraction(0), "1", clause=SHARE, note=note)
    formula = f"({formula})" if len(parts) > 1 else formula
    return sheet.step(
        symbol,
        f"{formula} / {{{len(parts)}}}",
        [*inputs, see.as_input()],
        total / see.exact,
        "1",
        clause=SHARE,
    )
