"""Answers about goods: quantities, shares, parameters of the sector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from gateway.data import load_toml
from gateway.methods.calculation import Figure
from gateway.methods.operator_answer import (
    NOT_APPLICABLE,
    Answer,
    Fill,
    copied,
    inapplicable,
    missing,
    of_figure,
    valued,
)
from gateway.methods.operator_case import Case, Element, exactly, rests_on
from gateway.methods.trace import decimal_of, text_of
from gateway.translate.ledger import Explained

MOST = 5
"""The template asks for the five most important goods, fuels, materials and sources."""


def actual_share(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """What the share of default values leaves of the indirect emissions."""
    figure = getattr(case.figures(element), "default_share_indirect", None)
    if not isinstance(figure, Figure):
        yield missing(why, element.path, said="figure")
        return
    sources = rests_on(case.calculation.trace, figure)
    value = text_of(decimal_of(1 - figure.exact))
    yield valued(why, value, sources=sources, note=f"1 - {figure.step}", equation=figure.step)


def quantity(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The quantity of a good: stated, or the activity level of a process that makes this good alone."""
    if element.body.get("produced") is not None:
        yield replace(copied(element, "produced", why), unit="t")
        return
    process = element.body.get("process")
    alone = sum(good.body.get("process") == process for good in case.elements("good")) == 1
    maker = next((p for p in case.elements("process") if p.body.get("id") == process), None)
    if not alone or maker is None or maker.body.get("activityLevel") is None:
        yield missing(why, f"{element.path}/produced")
        return
    yield valued(
        why,
        str(maker.body["activityLevel"]),
        unit=str(maker.body.get("activityUnit") or ""),
        sources=(f"{maker.path}/activityLevel", f"{maker.path}/activityUnit", f"{element.path}/process"),
        note="the activity level of the process, which makes this good alone",
    )


def functional_quantity(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The quantity in functional units, where the process makes this good alone; else it is not known here."""
    figures = case.good(element)
    process = element.body.get("process")
    alone = sum(good.body.get("process") == process for good in case.elements("good")) == 1
    level = figures.figures.activity_level if figures is not None else None
    if alone and level is not None:
        yield of_figure(case, level, why)
    elif figures is not None and figures.functional_unit == "t":
        yield from quantity(case, element, why)
    else:
        yield missing(why, f"{element.path}/produced")


def route(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    maker = next(
        (p for p in case.elements("process") if p.body.get("id") == element.body.get("process")), None
    )
    if maker is None or maker.body.get("route") is None:
        yield missing(why, f"{maker.path if maker else element.path}/{'route' if maker else 'process'}")
        return
    sources = (f"{maker.path}/route", f"{element.path}/process")
    yield valued(
        why, str(maker.body["route"]), sources=sources, note="the route of the process that makes it"
    )


def important_goods(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The five biggest goods of a process by mass; up to five need no order."""
    goods = [good for good in case.elements("good") if good.body.get("process") == element.body.get("id")]
    if len(goods) > MOST:
        lacking = [good for good in goods if exactly(good.body.get("produced")) is None]
        if lacking:
            yield missing(why, f"{lacking[0].path}/produced")
            return
        goods.sort(key=lambda good: -(exactly(good.body.get("produced")) or 0))
    if not goods:
        yield missing(why, "/goods")
    for number, good in enumerate(goods[:MOST], 1):
        code = good.body.get("cn8")
        aspect = f"good {number}, CN code"
        if code is None:
            yield missing(why, f"{good.path}/cn8", aspect=aspect)
        else:
            sources = (f"{good.path}/cn8", f"{good.path}/process")
            yield valued(why, str(code), aspect=aspect, sources=sources, note="a good of this process")


def parameters(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """Annex IV, point 2: the parameters that the aggregated goods category of the good asks for."""
    maker = next(
        (p for p in case.elements("process") if p.body.get("id") == element.body.get("process")), None
    )
    category = maker.body.get("goodsCategory") if maker is not None else None
    asked = load_toml("mappings", "operator-parameters.toml")["category"].get(category)
    if asked is None:
        yield missing(why, f"{maker.path}/goodsCategory" if maker else f"{element.path}/process")
        return
    cn = str(element.body.get("cn8") or "")
    asked = [row for row in asked if not row.get("cn") or cn[:6] in row["cn"]]
    if not asked:
        yield inapplicable(why, "no-parameter")
    for row in asked:
        yield _parameter(element, row, why)


def _parameter(element: Element, row: dict[str, Any], why: Explained) -> Answer:
    name, unit = row["name"], row.get("unit", "")
    stated = element.body.get("parameters") or ()
    for index, parameter in enumerate(stated):
        if "id" in row and parameter.get("id") == row["id"] and parameter.get("value") is not None:
            path = f"{element.path}/parameters/{index}"
            note = f"the parameter {row['id']} of the good"
            return valued(
                why, str(parameter["value"]), aspect=name, unit=unit,
                sources=(f"{path}/value", f"{path}/id"), note=note,
            )  # fmt: skip
    field = row.get("field")
    exact = exactly(element.body.get(field)) if field else None
    if field and exact is not None:
        path = f"{element.path}/{field}"
        if "scale" not in row:
            return valued(
                why, str(element.body[field]), aspect=name, unit=unit, sources=(path,), note="mass fraction"
            )
        value = text_of(decimal_of(exact * Fraction(row["scale"])))
        return valued(why, value, aspect=name, unit=unit, sources=(path,), note=f"x {row['scale']}")
    if "absent" in row:
        return Answer(NOT_APPLICABLE, why, aspect=name, reason=row["absent"])
    if field:
        return missing(why, f"{element.path}/{field}", aspect=name)
    lacking = missing(why, f"{element.path}/parameters", aspect=name)
    return replace(lacking, reason=f"{lacking.reason} It goes there as parameter {row['id']}.")


FILLS: dict[str, Fill] = {
    "actual-share": actual_share,
    "functional-quantity": functional_quantity,
    "important-goods": important_goods,
    "parameters": parameters,
    "quantity": quantity,
    "route": route,
}
