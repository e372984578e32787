"""What a record of the definitive method leaves in doubt; each is told, and the figures stand.

A chain without precursors, clinker that nobody supplied, a category that the CN codes contradict, a period
that no default value follows. Clauses: (EU) 2025/2547 Annex I 2, Annex II E, Annex III.B equation 60.
"""

from __future__ import annotations

import re
from fractions import Fraction

from gateway.methods.categories import precursor_table
from gateway.methods.productions import DefinitiveSurvey, Production
from gateway.methods.scope import CLINKER, scope_of
from gateway.methods.survey import tonnes
from gateway.methods.trace import decimal_of, text_of


def check_doubts(found: DefinitiveSurvey) -> None:
    time = found.record.time
    if time is None or time.period_end is None:
        found.report("METHOD-PERIOD-NOT-STATED", "/time/periodEnd", severity="warning")
    for production in found.productions.values():
        check_category(found, production)
        check_chain(found, production)
        check_clinker(found, production)
        check_periods(found, production)


def check_category(found: DefinitiveSurvey, production: Production) -> None:
    """System boundaries are those of the category; the CN codes of the goods decide which it is."""
    plant = production.plant
    rows = [row for output in production.outputs if (row := scope_of(output.good.cn8 or "")) is not None]
    categories, named = sorted({row.category for row in rows}), plant.process.goods_category
    if named is not None and categories and named not in categories:
        found.report("METHOD-CATEGORY-CONTRADICTS", f"{plant.path}/goodsCategory", plant, severity="warning",
                     named=named, categories=", ".join(categories))  # fmt: skip


def check_chain(found: DefinitiveSurvey, production: Production) -> None:
    """A complex good has precursors, unless the process makes them itself and says so."""
    plant = production.plant
    category = plant.process.goods_category
    before = precursor_table().get(category or "", ())
    stated = plant.process.id in found.users
    if before and not stated and not plant.process.includes:
        found.report("METHOD-CHAIN-NOT-STATED", f"{plant.path}/includes", plant, severity="info",
                     category=category, expected=", ".join(before))  # fmt: skip


def check_clinker(found: DefinitiveSurvey, production: Production) -> None:
    """Cement cannot hold more clinker than was supplied, unless a kiln is inside the process."""
    plant = production.plant
    used = [m for m in production.materials if m.unit == CLINKER and m.content is not None]
    if (
        not used
        or production.scope is None
        or production.unit != CLINKER
        or plant.activity is None
        or plant.process.includes
    ):
        return
    if len(production.contents) != 1:
        return
    (content,) = production.contents.values()
    held = tonnes(plant.activity) * content.value
    supplied = sum((tonnes(m.consumed.amount) * m.content.value for m in used if m.content), Fraction(0))
    if supplied < held:
        found.report("METHOD-CLINKER-SHORT", f"{plant.path}/activityLevel", plant, severity="warning",
                     supplied=text_of(decimal_of(supplied)), held=text_of(decimal_of(held)))  # fmt: skip


def check_periods(found: DefinitiveSurvey, production: Production) -> None:
    """A default value is that of the year of the record, whatever period the precursor states."""
    for material in production.materials:
        years = re.findall(r"\b20[0-9]{2}\b", str(material.record.period or ""))
        if material.default is not None and years and str(found.year) not in years:
            found.report("METHOD-DEFAULT-PERIOD", f"{material.consumed.path}/period", production.plant,
                         severity="info", period=str(material.record.period), year=found.year)  # fmt: skip
