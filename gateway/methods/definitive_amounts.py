"""Amounts in functional units: the activity level of a process (AL), and the mass of a precursor (M_i).

A functional unit is a tonne of the good, a kWh, or what the good contains: tonnes of clinker, kilograms of
nitrogen. Clauses: (EU) 2025/2547 Article 4, Annex II F, Annex III.B equations 60 and 64 to 66.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from gateway.methods.attribution import Sheet, in_tonnes, stated
from gateway.methods.productions import Material, Output, Production
from gateway.methods.scope import CONTENT, ENERGY
from gateway.methods.survey import Fact
from gateway.methods.trace import Input, Step

F = "EU-2025-2547:annex-II-F"
B = "EU-2025-2547:annex-III-B"

Write = Callable[[str, list[Input], Fraction], Step]
"""Adds the step AL: formula, inputs, exact value."""


def mass_of(material: Material) -> tuple[Fraction, str]:
    """How many functional units a tonne of mass fraction 1 holds, and the unit of that content."""
    return CONTENT.get(material.unit, (Fraction(1), material.unit))


def activity_level(sheet: Sheet, production: Production) -> tuple[tuple[Input, Fraction], Step]:
    """The output as stated (t, or MWh/kWh), and AL in functional units."""
    plant, scope = production.plant, production.settled
    stated_level = stated(plant.activity)
    clause, read = f"{F}; {scope.clause}", scope.confirmed
    note = scope.note

    def level(formula: str, inputs: list[Input], exact: Fraction) -> Step:
        return sheet.step("AL", formula, inputs, exact, scope.unit, clause=clause, note=note, confirmed=read)

    if scope.unit == ENERGY:
        item = stated_level.as_input("EEl")
        if stated_level.unit == "kWh":
            return (item, stated_level.value), level("{0}", [item], stated_level.value)
        return (item, stated_level.value), level("1000 x {0}", [item], 1000 * stated_level.value)
    mass, tonnes = in_tonnes(sheet, "Mass", stated_level)
    if not scope.contained:
        return (mass, tonnes), level("{0}", [mass], tonnes)
    if len(production.contents) == 1:
        (content,) = production.contents.values()
        return (mass, tonnes), contained(level, scope.unit, [(mass, tonnes, content)])
    parts = [(stated(o.produced).as_input(f"Mass[{o.label}]"), stated(o.produced).value, stated(o.content))
             for o in production.outputs]  # fmt: skip
    return (mass, tonnes), contained(level, scope.unit, parts)


def contained(level: Write, unit: str, parts: list[tuple[Input, Fraction, Fact]]) -> Step:
    """The sum of mass x content over the goods, in t of clinker or kg of nitrogen."""
    factor, _ = CONTENT[unit]
    inputs: list[Input] = []
    products: list[str] = []
    total = Fraction(0)
    for mass, tonnes, content in parts:
        place = len(inputs)
        inputs += [mass, content.as_input(f"content[{mass.symbol}]")]
        products.append(f"{{{place}}} x {{{place + 1}}}")
        total += tonnes * content.value * factor
    formula = " + ".join(products)
    if factor != 1:
        formula = f"1000 x ({formula})" if len(parts) > 1 else f"1000 x {formula}"
    return level(formula, inputs, total)


def units_of(sheet: Sheet, material: Material) -> Step:
    """M_i: the mass taken in, cut-offs and scrap included, in functional units of the precursor."""
    name = f"M[{material.consumed.label}]"
    mass, tonnes = in_tonnes(sheet, f"Mass[{material.consumed.label}]", material.consumed.amount)
    factor, _ = mass_of(material)
    content = material.content
    if material.unit not in CONTENT:
        return sheet.step(name, "{0}", [mass], tonnes, "t", clause=f"{B} eq. 60")
    if content is None:  # exempt by origin: it counts as zero whatever it contains
        note = "Its content is not stated and not needed: it counts as zero. In tonnes."
        return sheet.step(name, "{0}", [mass], tonnes, "t", clause=f"{B} eq. 60", note=note)
    formula = "{0} x {1}" if factor == 1 else "1000 x {0} x {1}"
    inputs = [mass, content.as_input(f"content[{material.consumed.label}]")]
    exact = tonnes * content.value * factor
    return sheet.step(name, formula, inputs, exact, material.unit, clause=f"{B} eq. 60")


def composition(output: Output, unit: str) -> Fraction | None:
    """CK_i or N_i of a good: t clinker per t, or kg N per t."""
    if output.content is None or unit not in CONTENT:
        return None
    return output.content.value * CONTENT[unit][0]
