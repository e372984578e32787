"""Predicates of the CBAM quarterly report: masses in two units, products within rounding, sequences."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from gateway.check.access import many, one, text
from gateway.check.expressions import HOLDS, Check, Failure, Scope, compare_sum
from gateway.check.numbers import EXACT, plain, rounding, to_decimal
from gateway.check.predicates import on_text, reads, register
from gateway.formats.codes import code_list
from gateway.formats.leaves import Tree

_KILOGRAMS = {"01": Decimal(1000), "02": Decimal(1)}
"""Codes of the unit of measurement, by the arithmetic of the Commission's sample of 2023."""

_UNION = {
    "AT",
    "BE",
    "BG",
    "HR",
    "CY",
    "CZ",
    "DK",
    "EE",
    "FI",
    "FR",
    "DE",
    "GR",
    "HU",
    "IE",
    "IT",
    "LV",
    "LT",
    "LU",
}
_UNION |= {"MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE"}
OUTSIDE_SCOPE = frozenset(_UNION | {"IS", "LI", "NO", "CH"})
"""The Union, and the countries of Annex III.1 of Regulation (EU) 2023/956."""


@register
def masses_add_up(scope: Scope, parts: str, total: str) -> Check:
    """The net masses of the parts add up to the total's, whatever unit each is in (01 tonne, 02 kilogram)."""
    for path in (parts, total):
        scope.type_of(f"{path}/NetMass"), scope.type_of(f"{path}/MeasurementUnit")
    get_parts, get_totals = many(parts), many(total)

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        figures = [_kilograms(part) for part in get_parts(document, node)]
        totals = [_kilograms(part) for part in get_totals(document, node)]
        if not figures or not totals or None in figures or None in totals:
            return HOLDS
        whole = sum((t for t in totals if t is not None), Decimal(0))
        slack = Decimal(
            "0.000001"
        )  # the last place of NetMass (dec 16,6), in kilograms or a thousandth of it
        return compare_sum([f for f in figures if f is not None], whole, slack)

    return check


def _kilograms(measure: Tree) -> Decimal | None:
    if not isinstance(measure, dict):
        return None
    mass, scale = to_decimal(measure.get("NetMass")), _KILOGRAMS.get(text(measure.get("MeasurementUnit")))
    return mass * scale if mass is not None and scale is not None else None


@register
def product_equals(scope: Scope, factors: list[str], equals: str) -> Check:
    """The product of the factors equals the stated figure within what their written digits allow."""
    for path in (*factors, equals):
        scope.type_of(path)
    getters, get_total = [one(p) for p in factors], one(equals)

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        figures = [to_decimal(get(document, node)) for get in getters]
        stated = to_decimal(get_total(document, node))
        if stated is None or None in figures:
            return HOLDS
        first, second = (f for f in figures if f is not None)
        found = EXACT.multiply(first, second)
        slack = rounding([stated]) + abs(first) * rounding([second]) + abs(second) * rounding([first])
        if EXACT.abs(EXACT.subtract(found, stated)) <= slack:
            return HOLDS
        values = {"product": found, "stated": stated, "first": first, "second": second}
        return (Failure("", {name: plain(value) for name, value in values.items()}),)

    return check


@register
def numbered_from_one(_scope: Scope, key: str) -> Check:
    """The elements of the list are numbered 1, 2, 3 and so on, or at least start at 1 and ascend."""

    def check(_document: Tree, node: Tree) -> Sequence[Failure]:
        last = 0
        for index, element in enumerate(node if isinstance(node, list) else []):
            number = to_decimal(element.get(key)) if isinstance(element, dict) else None
            if number is None:
                continue
            if number <= last or (index == 0 and number != 1):
                return (Failure(f"/{index}/{key}", {"value": plain(number), "before": str(last)}),)
            last = int(number)
        return HOLDS

    return check


@register
@reads(".")
def origin_in_scope(_scope: Scope) -> Check:
    """The country is none of the Union, the EEA or Switzerland."""
    return on_text(lambda code: code.upper() not in OUTSIDE_SCOPE)


@register
@reads(".")
def procedure_of_use(_scope: Scope, use: str) -> Check:
    """The customs procedure is in the code list with this use, requested or previous."""
    rows = code_list("cbam-procedure").rows
    allowed = frozenset(code for code in rows if use in rows[code]["use"].split("|"))
    return on_text(lambda code: code in allowed)
