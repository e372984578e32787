"""What a RequestCreated asks for, as a query of the store.

Version 3 names the filters of ListFootprints. Version 2 gives a part of a footprint (``pf``): its members must be
those of the footprints that are found. A criterion that this host cannot search by is refused: leaving it out would
bring footprints that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.pact.filters import NAMES, TERMS, BadFilter, query_of
from gateway.pact.models import newest_v2
from gateway.store.pages import MAX_VALUES, Query, Term

FRAGMENT = {
    "productIds": "product",
    "companyIds": "company",
    "productCategoryCpc": "cpc",
    "status": "status",
    "pcf/geographyRegionOrSubregion": "geography",
    "pcf/geographyCountry": "country",
    "pcf/geographyCountrySubdivision": "geography",
}
"""Members of a version 2 footprint that are searched by, and the kind of term of each."""

_BESIDE = frozenset({"comment"})


def query_of_event(data: dict[str, Any], api: str) -> Query:
    """The query that the data of a RequestCreated states. Raises BadFilter, with a sentence for the sender."""
    return _of_fragment(data["pf"]) if api == "2" else _of_filters(data)


def _of_filters(data: dict[str, Any]) -> Query:
    pairs: list[tuple[str, str]] = []
    for name, value in data.items():
        if name in _BESIDE or name.startswith("x-"):
            continue
        if name not in NAMES:
            raise BadFilter(f"There is no criterion {name[:40]!r}; there are {', '.join(NAMES)}.")
        values = value if isinstance(value, list) and name in TERMS else [value]
        if not all(type(each) is str for each in values if value is not None):
            raise BadFilter(f"{name} must be {'a list of texts' if name in TERMS else 'a text'}.")
        pairs += [(name, each) for each in values if value is not None]
    return query_of(pairs)


def _of_fragment(fragment: dict[str, Any]) -> Query:
    conditions = []
    for name, value in _members(fragment):
        kind = FRAGMENT.get(name)
        if kind is None:
            known = ", ".join(FRAGMENT)
            raise BadFilter(f"Footprints are not searched by {name[:60]!r}; they are by {known}.")
        values = value if isinstance(value, list) else [value]
        if not all(type(each) is str and "\0" not in each for each in values):
            raise BadFilter(f"{name} must be a text, or a list of texts where a footprint has a list.")
        conditions.append(Term(kind, tuple(sorted({each.lower() for each in values}))))
    if sum(len(term.values) for term in conditions) > MAX_VALUES:
        raise BadFilter(f"All criteria together can have {MAX_VALUES} values.")
    return Query(tuple(conditions), newest_v2() or "2.3")


def _members(fragment: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The members that say something, those of ``pcf`` by their path; an empty list filters nothing, as in version 3."""
    for name, value in fragment.items():
        if value is None or value == []:
            continue
        if name == "pcf" and isinstance(value, dict):
            yield from ((f"pcf/{inner}", each) for inner, each in value.items() if each is not None)
        else:
            yield name, value
