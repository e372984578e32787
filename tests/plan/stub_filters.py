"""The filters of the stub, and how each fault spoils them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from plan.expected import moment, validity

Document = dict[str, Any]
Test = Callable[[Document], bool]
PLACES = ("geographyCountry", "geographyCountrySubdivision", "geographyRegionOrSubregion")
LISTS: dict[str, Callable[[Document], list[str]]] = {
    "productId": lambda d: d["productIds"],
    "companyId": lambda d: d["companyIds"],
    "classification": lambda d: d["productClassifications"],
    "geography": lambda d: [d["pcf"][p] for p in PLACES if p in d["pcf"]],
    "status": lambda d: [d["status"]],
}
TIMES = ("validOn", "validAfter", "validBefore")


class BadFilter(Exception):
    """A filter that is none. ``fault``: the fault by which the stub fails on it."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


def chosen(
    everything: list[Document], seen: list[Document], query: list[tuple[str, str]], faults: set[str]
) -> list[Document]:
    """What is seen of the documents under the parameters of a request."""
    if "filter-ignored" in faults:
        return seen
    tests = [
        _any_of(n, [v for m, v in query if m == n], faults) for n in LISTS if any(m == n for m, _ in query)
    ]
    tests += [_timed(name, value, faults) for name, value in query if name in TIMES and value]
    tests += [
        _odata(value, faults)
        for name, value in query
        if name == "$filter" and (value or "empty-filters" in faults)
    ]
    tests = [test for test in tests if test is not None]
    together = any if "filters-or" in faults and tests else all
    found = [d for d in seen if together(test(d) for test in tests)]
    return found[1:] if "filter-loses" in faults and tests else found


def _any_of(name: str, values: list[str], faults: set[str]) -> Test:
    if "last-value-only" in faults:
        values = values[-1:]
    if "" in values and "empty-filters" not in faults:
        return lambda _: True
    if "exact-case-filters" in faults:
        return lambda d: bool(set(values) & set(LISTS[name](d)))
    lowered = {value.lower() for value in values}
    return lambda d: bool(lowered & {value.lower() for value in LISTS[name](d)})


def _timed(name: str, value: str, faults: set[str]) -> Test:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+08:00)", value):
        raise BadFilter("bad-time-500")
    try:
        when = moment(value[:19] + "Z" if "offset-ignored" in faults else value)
    except ValueError:
        raise BadFilter("bad-time-500") from None
    slack = timedelta(seconds=1) if "limits-not-strict" in faults else timedelta(0)
    tests: dict[str, Callable[[datetime, datetime], bool]] = {
        "validOn": lambda start, end: (
            start <= when and (when < end if "end-excluded" in faults else when <= end)
        ),
        "validAfter": lambda start, _: start + slack > when,
        "validBefore": lambda _, end: end - slack < when,
    }
    return lambda d: _has_window(d, faults) and tests[name](*validity(d))


def _has_window(document: Document, faults: set[str]) -> bool:
    return "no-fallback" not in faults or "validityPeriodStart" in document


_COMPARED = re.compile(r"\(?(created|productCategoryCpc|pcf/\w+) (eq|ge|gt|le|lt) ('[^']*'|[\d:TZ-]+)\)?")
_ANY = re.compile(r"(productIds|companyIds)/any\((\w+):\(\2 eq '([^']*)'\)\)")
_PROPERTIES = {"geographyCountry", "referencePeriodStart", "referencePeriodEnd"}


def _odata(text: str, faults: set[str]) -> Test:
    tests = [_term(term) for term in text.split(" and ")]
    together = any if "filters-or" in faults else all
    return lambda d: together(test(d) for test in tests)


def _term(term: str) -> Test:
    if found := _ANY.fullmatch(term):
        name, _, urn = found.groups()
        return lambda d: urn in d[name]
    found = _COMPARED.fullmatch(term)
    if not found or term.count("(") != term.count(")"):
        raise BadFilter("bad-filter-500")
    path, operator, value = found.groups()
    if "/" in path and path.removeprefix("pcf/") not in _PROPERTIES:
        raise BadFilter("bad-filter-500")
    return lambda d: _compare(_at(d, path), operator, value)


def _at(document: Document, path: str) -> str | None:
    return document["pcf"].get(path[4:]) if path.startswith("pcf/") else document[path]


def _compare(have: str | None, operator: str, value: str) -> bool:
    if have is None:
        return False
    if value.startswith("'"):
        return have == value.strip("'")
    one, two = moment(have).astimezone(UTC), moment(value).astimezone(UTC)
    return {"eq": one == two, "ge": one >= two, "gt": one > two, "le": one <= two, "lt": one < two}[operator]
