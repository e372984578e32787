"""The filters of ListFootprints in version 3, and of a RequestCreatedEvent: from names and values to a query.

Values of one filter are alternatives, filters are added up, an empty value filters nothing. Names are read without
case, since the official example writes ``productid`` and ``validon``. A value that nothing matches finds nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

from gateway.store.pages import MAX_VALUES, Query, Term, When
from gateway.store.tables.base import moment_of

TERMS = {
    "productId": "product",
    "companyId": "company",
    "geography": "geography",
    "classification": "class",
    "status": "status",
}
INSTANTS = ("validOn", "validAfter", "validBefore")
NAMES = (*TERMS, *INSTANTS)
_BY_LOWER = {name.lower(): name for name in NAMES}
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+ -]\d\d:\d\d)", re.ASCII
)


class BadFilter(ValueError):
    """A filter that cannot be meant; the message says why, in a sentence for the caller."""


def filter_named(name: str) -> str | None:
    """The filter that a parameter means, None for a parameter that is no filter.

    Raises BadFilter for one that is nearly a filter: were it left out, the answer would hold more than was asked for.
    """
    found = _BY_LOWER.get(name.lower())
    if found is None and not name.lower().startswith("x-"):
        near = difflib.get_close_matches(name.lower(), _BY_LOWER, 1, 0.8)
        if near:
            raise BadFilter(f"There is no filter {name[:40]!r}. Is {_BY_LOWER[near[0]]} meant?")
        if name.startswith("$"):
            raise BadFilter("Version 3 has no OData parameters; each filter is a parameter of its own.")
    return found


def query_of(pairs: Iterable[tuple[str, str]]) -> Query:
    """The query that pairs of filter and value ask for. Raises BadFilter."""
    wanted: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\0" in value:
            raise BadFilter(f"{name} holds a character that no value can have.")
        if value:
            wanted.setdefault(name, []).append(value)
    if sum(map(len, wanted.values())) > MAX_VALUES:
        raise BadFilter(f"All filters together can have {MAX_VALUES} values.")
    conditions: list[Term | When] = []
    for name in NAMES:
        found = wanted.get(name, [])
        if found and name in TERMS:
            conditions.append(Term(TERMS[name], tuple(sorted({value.lower() for value in found}))))
        elif found:
            conditions += _when(name, found)
    return Query(tuple(conditions))


def _when(name: str, found: list[str]) -> list[When]:
    if len(set(found)) > 1:
        raise BadFilter(f"{name} can have one value only.")
    moment = moment_named(found[0])
    if moment is None:
        raise BadFilter(f"{name} must be a timestamp such as 2025-04-01T00:00:00Z.")
    if name == "validAfter":
        return [When("valid_start", "gt", moment)]
    if name == "validBefore":
        return [When("valid_end", "lt", moment)]
    return [When("valid_start", "le", moment), When("valid_end", "ge", moment)]


def moment_named(text: str) -> int | None:
    """The moment of a timestamp (RFC 3339; seconds may be left out, as the official example does), or None.

    A blank before the offset is the ``+`` of a query string that was not escaped: nothing else can stand there.
    A leap second is the first moment after it.
    """
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    fraction, offset = (found[7] or "").ljust(6, "0")[:6], found[8]
    if second > 60 or int(offset[-2:] if len(offset) > 1 else 0) > 59:
        return None
    try:
        zone = UTC if len(offset) == 1 else _zone(offset)
        minute_of = datetime(max(year, 1), month, day, hour, minute, tzinfo=zone)
    except ValueError:
        return None
    return moment_of(minute_of) + second * 1_000_000 + int(fraction)


def _zone(offset: str) -> timezone:
    away = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
    return timezone(-away if offset[0] == "-" else away)
