"""Predicates of the CBAM quarterly report: masses in two units, products within rounding, sequences."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from gateway.check.access import many, one, text
from gateway.check.expressions import HOLDS, Check, Failure, Scope, compare_sum
from gateway.check.numbers import EXACT, exact_sum, plain, rounding, to_decimal
from gateway.check.predicates import on_text, reads, register
from gateway.formats.codes import code_list
from gateway.formats.leaves import Tree
from gateway.methods.scope import outside_scope

_KILOGRAMS = {"01": Decimal(1000), "02": Decimal(1)}
"""Codes of the unit of measurement, by the arithmetic of the Commission's sample of 2023."""

_LAST_PLACE = Decimal("0.0000005")
"""Half of the last place of NetMass and SupplementaryUnits (dec 16,6): what rounding to it may hide."""

_MASS, _COUNT = "NetMass", "SupplementaryUnits"


@register
def masses_add_up(scope: Scope, parts: str, total: str, flag: str = "") -> Check:
    """The parts add up to the total: net masses whatever unit each is in (01 tonne, 02 kilogram), supplementary
    units where all are of one unit.

    ``flag`` names a field of a part that may set it aside (what ``Indicator`` 1 stands for is not in the facts at
    hand): where parts are flagged, it is enough that those flagged 0 add up. Nothing is said of an unknown unit or
    of parts that state no quantity: other rules do.
    """
    for path in (parts, total):
        for name in (_MASS, _COUNT, "MeasurementUnit"):
            scope.type_of(f"{path}/{name}")
    get_parts, get_totals = many(parts), many(total)

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        found, whole = get_parts(document, node), get_totals(document, node)
        for kind in (_MASS, _COUNT):
            failures = _add_up(found, whole, kind)
            if failures and (not flag or _add_up(_unflagged(found, flag), _unflagged(whole, flag), kind)):
                return failures
        return HOLDS

    return check


def _unflagged(measures: list[Tree], flag: str) -> list[Tree]:
    return [m for m in measures if not (isinstance(m, dict) and text(m.get(flag)) == "1")]


def _add_up(parts: list[Tree], totals: list[Tree], kind: str) -> Sequence[Failure]:
    figures, wholes = _figures(parts, kind), _figures(totals, kind)
    if not figures or not wholes:
        return HOLDS
    units = {unit for _, _, unit in (*figures, *wholes)}
    if kind == _COUNT and len(units) > 1:
        return HOLDS
    slack = exact_sum(EXACT.multiply(_LAST_PLACE, scale) for _, scale, _ in (*figures, *wholes))
    whole = exact_sum(figure for figure, _, _ in wholes)
    failures = compare_sum([figure for figure, _, _ in figures], whole, slack)
    shown = "kg" if kind == _MASS else f"{_COUNT} ({units.pop()})"
    return [Failure(f.at, {**f.values, "unit": shown}) for f in failures]


def _figures(measures: list[Tree], kind: str) -> list[tuple[Decimal, Decimal, str]]:
    """(figure, what one of its unit counts, unit) of each; nothing where one cannot be read."""
    found: list[tuple[Decimal, Decimal, str]] = []
    for measure in measures:
        figure = to_decimal(measure.get(kind)) if isinstance(measure, dict) else None
        unit = text(measure.get("MeasurementUnit")) if isinstance(measure, dict) else ""
        scale = _KILOGRAMS.get(unit) if kind == _MASS else Decimal(1)
        if figure is None or scale is None:
            return []
        found.append((EXACT.multiply(figure, scale), scale, unit))
    return found


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
    """The elements of the list start at number 1 and ascend; a part that stands alone has number 1."""

    def check(_document: Tree, node: Tree) -> Sequence[Failure]:
        alone = isinstance(node, dict)
        last = Decimal(0)
        for index, element in enumerate([node] if alone else node if isinstance(node, list) else []):
            number = to_decimal(element.get(key)) if isinstance(element, dict) else None
            if number is None:
                continue
            if number <= last or (last == 0 and number != 1):
                place = f"/{key}" if alone else f"/{index}/{key}"
                return (Failure(place, {"value": plain(number), "before": plain(last)}),)
            last = number
        return HOLDS

    return check


@register
@reads(".")
def origin_in_scope(_scope: Scope) -> Check:
    """The country is neither a Member State nor one of Annex III.1 of Regulation (EU) 2023/956.

    Territories of that annex with the code of a Member State (Busingen, Heligoland, Livigno) are found by it.
    """
    outside = outside_scope()
    return on_text(lambda code: code not in outside)


@register
@reads(".")
def procedure_of_use(_scope: Scope, use: str) -> Check:
    """The customs procedure is in the code list with this use, requested or previous."""
    rows = code_list("cbam-procedure").rows
    allowed = frozenset(code for code in rows if use in rows[code]["use"].split("|"))
    return on_text(lambda code: code in allowed)
