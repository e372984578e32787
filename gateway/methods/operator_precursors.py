"""Answers about precursors: default and actual values, periods, averages (Articles 13 to 15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from gateway.formats.leaves import at
from gateway.methods.calculation import Figure
from gateway.methods.operator_answer import (
    Answer,
    Fill,
    copied,
    inapplicable,
    missing,
    of_figure,
    valued,
)
from gateway.methods.operator_case import Case, Element, exactly, is_purchased, rests_on
from gateway.methods.survey import MASS_UNITS
from gateway.methods.trace import decimal_of, text_of
from gateway.translate.ledger import Explained

EXEMPT = "Produced in the Union or in a country of Annex III, point 1, to Regulation (EU) 2023/956"


def default_value(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The default value as it was found, with its act and row; else what the record states as such."""
    used = getattr(case.precursor(element), "default", None)
    paths = [f"{element.path}/{name}" for name in ("cn8", "country") if element.body.get(name) is not None]
    if used is None:
        yield missing(why, element.path, said="figure")
        return
    note = f"{used.act}, {used.row}: {text_of(used.total)} with a mark-up of {text_of(used.mark_up)} % for {used.year}"
    said = [
        ("total", text_of(used.marked_up), used.unit),
        ("published total", text_of(used.total), used.unit),
        ("mark-up", text_of(used.mark_up), "%"),
        ("act and row", f"{used.act}: {used.row}", ""),
    ]
    if used.fallback:
        said.append(("row of the country used", "Other countries and territories", ""))
    if used.superseded:
        said.append(("validity", "superseded by a later act: check", ""))
    for aspect, value, unit in said:
        yield valued(why, value, aspect=aspect, unit=unit, sources=paths, note=note)


def _precursor_figure(case: Case, element: Element, why: Explained, name: str) -> Iterator[Answer]:
    figure = getattr(case.precursor(element), name, None)
    if isinstance(figure, Figure):
        yield of_figure(case, figure, why)
    elif name == "see_indirect" and case.precursor(element) is not None:
        yield inapplicable(why, "not-charged")
    else:
        yield missing(why, element.path, said="figure")


def precursor_direct(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """As it was counted; of one from the Union or a country of Annex III.1 it is said why that is zero."""
    yield from _precursor_figure(case, element, why, "see_direct")
    if case.exempt(element):
        sources = (f"{element.path}/country",)
        yield valued(why, EXEMPT, aspect="counted as zero", sources=sources, note="by its country of origin")


def precursor_indirect(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """Only where the indirect emissions of the precursor count."""
    figures = case.precursor(element)
    own = next((p for p in case.calculation.processes if figures and p.process == figures.own_process), None)
    uncharged = own is not None and not own.indirect_charged and own.see_indirect.exact == 0
    if figures is not None and (uncharged or not figures.indirect_counted):
        yield inapplicable(why, "not-charged")
        return
    yield from _precursor_figure(case, element, why, "see_indirect")


def precursor_period(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The period that the supplier states; of a precursor made here, that of the report."""
    if is_purchased(element):
        yield copied(element, "period", why)
        return
    start, end = at(case.record, "/time/periodStart"), at(case.record, "/time/periodEnd")
    if start is None or end is None:
        yield missing(why, "/time/periodEnd" if start else "/time/periodStart")
        return
    sources = ("/time/periodStart", "/time/periodEnd", f"{element.path}/ownProcess")
    yield valued(why, f"{start} to {end}", sources=sources, note="made here: the period of the report")


def period_basis(_case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    if is_purchased(element):
        yield copied(element, "periodBasis", why)
        return
    sources = (f"{element.path}/ownProcess",)
    yield valued(why, "default-period", sources=sources, note="made here, in the period of the report")


def year_of_use(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    year = case.period_year()
    if not year:
        yield missing(why, "/time/periodEnd")
        return
    yield valued(why, year, sources=("/time/periodEnd",), note="the year of the reporting period")


def _mass(element: Element) -> Fraction | None:
    amount, unit = exactly(element.body.get("amount")), MASS_UNITS.get(str(element.body.get("unit")))
    return None if amount is None or unit is None else amount * unit


def installation_total(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """All that the installation used of this type (CN code or own process), said once, with its first row."""
    kind = _type_of(element)
    rows = [row for row in case.elements("precursor") if _type_of(row) == kind]
    if rows[0].path != element.path:
        note = "counted with the first row of this type"
        first = rows[0]
        yield valued(why, f"see {first.subject}", sources=(f"{element.path}/amount",), note=note)
        return
    masses = [_mass(row) for row in rows]
    if None in masses:
        yield missing(why, f"{rows[masses.index(None)].path}/amount")
        return
    total = text_of(decimal_of(sum((m for m in masses if m is not None), Fraction(0))))
    sources = [f"{row.path}/amount" for row in rows]
    yield valued(why, total, unit="t", sources=sources, note="sum over the production processes")


def _type_of(element: Element) -> tuple[Any, ...]:
    own = element.body.get("ownProcess")
    return ("own", own) if own is not None else ("bought", element.body.get("cn8"), element.body.get("name"))


def _averaged(case: Case, why: Explained, by: str, within: tuple[str, ...]) -> Iterator[Answer]:
    """The weighted average over purchased precursors of one CN code that differ in a field (Article 14)."""
    groups: defaultdict[tuple[str, ...], list[Element]] = defaultdict(list)
    for element in case.elements("precursor"):
        if is_purchased(element) and not case.default(element):
            groups[tuple(str(element.body.get(name)) for name in within)].append(element)
    for key, rows in groups.items():
        if len({row.body.get(by) for row in rows}) < 2:
            continue
        for name, aspect in (("see_direct", "direct"), ("see_indirect", "indirect")):
            yield from _average(case, why, rows, name, f"CN {key[0]}, {aspect}")
        if by == "supplier":
            for row in rows:
                answer = copied(row, "averaging", why, aspect=f"CN {key[0]}, {row.subject}, method")
                yield answer


def _average(case: Case, why: Explained, rows: list[Element], name: str, aspect: str) -> Iterator[Answer]:
    parts = [(getattr(case.precursor(row), name, None), _mass(row)) for row in rows]
    if name == "see_indirect" and all(figure is None for figure, _ in parts):
        yield inapplicable(why, "not-charged", aspect=aspect)
        return
    known = [(figure, mass) for figure, mass in parts if isinstance(figure, Figure) and mass is not None]
    total = sum((mass for _, mass in known), Fraction(0))
    if len(known) < len(rows) or not total:
        yield missing(why, rows[0].path, aspect=aspect, said="figure")
        return
    value = sum((figure.exact * mass for figure, mass in known), Fraction(0)) / total
    sources = [f"{row.path}/amount" for row in rows]
    sources += [p for figure, _ in known for p in rests_on(case.calculation.trace, figure)]
    yield valued(why, text_of(decimal_of(value)), aspect=aspect, unit=known[0][0].unit, sources=sources,
                 note="sum(M_i x SEE_i) / sum(M_i), Article 14")  # fmt: skip


def periods(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    found = list(_averaged(case, why, "period", ("cn8", "supplier")))
    yield from found or [inapplicable(why, "several-periods")]


def installations(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    found = list(_averaged(case, why, "supplier", ("cn8",)))
    yield from found or [inapplicable(why, "several-installations")]


FILLS: dict[str, Fill] = {
    "default-value": default_value,
    "installation-total": installation_total,
    "installations": installations,
    "period-basis": period_basis,
    "periods": periods,
    "precursor-direct": precursor_direct,
    "precursor-indirect": precursor_indirect,
    "precursor-period": precursor_period,
    "year-of-use": year_of_use,
}
