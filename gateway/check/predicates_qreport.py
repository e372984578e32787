"""Predicates of the CBAM quarterly report that look at its period, its parameters and its codes.

All of them stand on one good or below, or on the header alone, so a report can be judged good by good: the header
comes before the goods. What needs every good at once is the numbering of the items (``numbered_from_one``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from gateway.check.access import is_present, many, one, text
from gateway.check.catalog import CatalogError
from gateway.check.expressions import HOLDS, Check, Failure, Scope
from gateway.check.numbers import to_decimal, to_moment
from gateway.check.predicates import on_text, register
from gateway.formats.codes import code_list
from gateway.formats.leaves import Tree

_LAST_MONTH = {"Q1": 3, "Q2": 6, "Q3": 9, "Q4": 12}
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:T.*)?")
_USER_ASSIGNED = re.compile(r"AA|Q[M-Z]|X[A-Z]|ZZ")


def quarter_of(year: str, quarter: str) -> tuple[date, date] | None:
    """First and last day of a quarter; None where it cannot be read.

    >>> [str(day) for day in quarter_of("2025", "Q4")]
    ['2025-10-01', '2025-12-31']
    """
    month = _LAST_MONTH.get(quarter)
    if month is None or not re.fullmatch(r"[0-9]{4}", year) or not 1 <= int(year) < 9999:
        return None
    return date(int(year), month - 2, 1), _month_end(int(year), month)


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _period(scope: Scope) -> Callable[[Tree], tuple[date, date] | None]:
    for path in ("/Year", "/ReportingPeriod"):
        scope.type_of(path)
    get_year, get_quarter = one("/Year"), one("/ReportingPeriod")
    return lambda document: quarter_of(text(get_year(document, None)), text(get_quarter(document, None)))


@register
def submitted_after_quarter(scope: Scope) -> Check:
    """The report is not dated before its quarter has ended."""
    return _submitted(scope, late=False)


@register
def submitted_in_time(scope: Scope) -> Check:
    """The report is dated within the month that follows its quarter."""
    return _submitted(scope, late=True)


def _submitted(scope: Scope, *, late: bool) -> Check:
    period_of = _period(scope)

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        period, moment = period_of(document), to_moment(node)
        if period is None or moment is None:
            return HOLDS
        end = period[1]
        month_after = _month_end(end.year + end.month // 12, end.month % 12 + 1)
        wrong = moment.date() > month_after if late else moment.date() <= end
        return (Failure("", {"end": str(end), "latest": str(month_after)}),) if wrong else HOLDS

    return check


@register
def cn_code_of_the_period(scope: Scope) -> Check:
    """The Combined Nomenclature has the code in the quarter of the report, as far as the list says."""
    period_of = _period(scope)

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        row, period = code_list("cbam-cn").codes.get(text(node)), period_of(document)
        if row is None or period is None:
            return HOLDS
        begun, ended = row["valid_from"], row["valid_until"]
        if (not begun or begun <= str(period[1])) and (not ended or str(period[0]) <= ended):
            return HOLDS
        codes = row["replaced_by"].replace("|", ", ") or "-"
        return (Failure("", {"from": begun or "-", "until": ended or "-", "codes": codes}),)

    return check


@register
def calendar_day(_scope: Scope) -> Check:
    """The day exists in the calendar: ``2025-01-31``, ``20250131``, or the day of a date-time."""

    def exists(found: str) -> bool:
        match = _DAY.fullmatch(found)
        if match is None:
            return True  # its form is the schema's to judge
        return to_moment("-".join(match.groups())) is not None and (
            "T" not in found or to_moment(found) is not None
        )

    return on_text(exists)


@cache
def _member_states() -> frozenset[str]:
    rows = code_list("cbam-outside-scope").rows
    return frozenset(code for code in rows if rows[code]["basis"] == "Member State")


@register
def member_state(_scope: Scope) -> Check:
    """The country is a Member State of the Union."""
    return on_text(lambda code: code in _member_states())


@register
def country_or_user_assigned(_scope: Scope) -> Check:
    """The text is a country code of ISO 3166-1 in upper case, or one that the standard leaves to its users."""
    countries = code_list("country").codes
    return on_text(lambda code: code in countries or _USER_ASSIGNED.fullmatch(code) is not None)


@register
def not_user_assigned(_scope: Scope) -> Check:
    """The country code is none of those that ISO 3166-1 leaves to its users (AA, QM-QZ, XA-XZ, ZZ)."""
    return on_text(lambda code: _USER_ASSIGNED.fullmatch(code) is None)


@register
def parameter_of_its_kind(_scope: Scope) -> Check:
    """The value of a qualifying parameter is of the kind that the code list states: a figure, or one of its words."""

    def check(_document: Tree, node: Tree) -> Sequence[Failure]:
        row, value = _parameter(node)
        if row is None or not value:
            return HOLDS
        words = [word for word in row["values"].split("|") if word]
        if value in words if words else to_decimal(value) is not None:
            return HOLDS
        expected = " / ".join(words) or row["kind"]
        return (Failure("", {"id": row["code"], "value": value, "expected": expected}),)

    return check


@register
def parameter_in_range(_scope: Scope) -> Check:
    """A percentage lies between 0 and 100, and no figure of a parameter is negative."""

    def check(_document: Tree, node: Tree) -> Sequence[Failure]:
        row, value = _parameter(node)
        figure = to_decimal(value)
        if row is None or figure is None or row["kind"] == "text":
            return HOLDS
        if figure >= 0 and (row["kind"] != "percentage" or figure <= Decimal(100)):
            return HOLDS
        return (Failure("", {"id": row["code"], "value": value, "kind": row["kind"]}),)

    return check


def _parameter(node: Tree) -> tuple[dict[str, str] | None, str]:
    if not isinstance(node, dict):
        return None, ""
    row = code_list("cbam-parameter").codes.get(text(node.get("ParameterId")))
    return (None if row is None else dict(row)), text(node.get("ParameterValue"))


@register
def parameter_of_direct_emissions(_scope: Scope) -> Check:
    """The code list names the parameter for indirect emissions, or does not know it."""
    rows = code_list("cbam-parameter").rows
    return on_text(lambda code: code not in rows or rows[code]["emissions"] != "direct")


@register
def no_doubles(_scope: Scope, key: str) -> Check:
    """No two elements of the list have the same key."""

    def check(_document: Tree, node: Tree) -> Sequence[Failure]:
        seen: set[str] = set()
        failures: list[Failure] = []
        for index, element in enumerate(node if isinstance(node, list) else ()):
            value = text(element.get(key)) if isinstance(element, dict) else ""
            if value and value in seen:
                failures.append(Failure(f"/{index}/{key}", {"value": value}))
            seen.add(value)
        return failures

    return check


@register
def each_has(scope: Scope, elements: str, part: str) -> Check:
    """Each element of a list below the node has the part."""
    scope.type_of(f"{elements}/*/{part}")

    def check(_document: Tree, node: Tree) -> Sequence[Failure]:
        rows = node.get(elements) if isinstance(node, dict) else None
        return [
            Failure(f"/{elements}/{index}", {"part": part})
            for index, row in enumerate(rows if isinstance(rows, list) else ())
            if isinstance(row, dict) and not is_present(row.get(part))
        ]

    return check


@register
def among(scope: Scope, path: str, of: list[str]) -> Check:
    """Each value at a path is one of the values at the others; where those are absent, nothing is said."""
    for name in (path, *of):
        scope.type_of(name)
    if not of:
        raise CatalogError(f"rule {scope.rule}: among nothing")
    get, getters = many(path), [many(name) for name in of]

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        stated = {text(value) for getter in getters for value in getter(document, node)}
        if not stated:
            return HOLDS
        wrong = sorted({text(value) for value in get(document, node)} - stated)
        return (
            tuple(Failure("", {"value": value, "of": ", ".join(sorted(stated))}) for value in wrong) or HOLDS
        )

    return check
