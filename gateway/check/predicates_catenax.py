"""Predicates of Catena-X footprints: nodes of one element, places that agree, moments that exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.check.access import many, one, text
from gateway.check.expressions import FAILS, HOLDS, Check, Failure, Scope
from gateway.check.numbers import is_datetime
from gateway.check.patterns import safe_pattern
from gateway.check.predicates import on_text, reads, register
from gateway.formats.codes import code_list
from gateway.formats.leaves import Tree


@register
@reads()  # how many elements there are follows from which leaves a document has
def one_element(_scope: Scope) -> Check:
    """The list has no more than one element."""

    def check(_document: Tree, node: Tree) -> Sequence[Failure]:
        if not isinstance(node, list) or len(node) <= 1:
            return HOLDS
        return (Failure("/1", {"count": str(len(node))}),)

    return check


@register
@reads()
def not_empty(_scope: Scope) -> Check:
    """The list has an element."""
    return lambda _document, node: FAILS if node == [] else HOLDS


@register
@reads(".")
def moment(_scope: Scope) -> Check:
    """The text is one moment that exists, by RFC 3339, with or without a time zone."""
    return on_text(is_datetime)


@register
@reads("path")
def some_match(scope: Scope, path: str, pattern: str) -> Check:
    """One of the values at this path matches as a whole; where there is none at all, nothing is said."""
    scope.type_of(path)
    get, matches = many(path), safe_pattern(pattern)

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        found = get(document, node)
        return HOLDS if not found or any(matches(text(value)) for value in found) else FAILS

    return check


@register
@reads("region", "country", "subdivision")
def places_agree(scope: Scope, region: str, country: str, subdivision: str) -> Check:
    """Subdivision, country and region are one place, by ISO 3166-2 and UN M49; codes that are unknown say nothing."""
    getters = []
    for path in (region, country, subdivision):
        scope.type_of(path)
        getters.append(one(path))

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        found = [text(get(document, node)) for get in getters]
        return (
            tuple(Failure("", {"one": first, "other": other}) for first, other in _contradictions(*found))
            or HOLDS
        )

    return check


_WITHOUT_BOUNDS = ("", "Global", "Several")


def _contradictions(region: str, country: str, subdivision: str) -> Iterator[tuple[str, str]]:
    table = code_list("region-of-country").rows
    inside = subdivision.partition("-")[0]
    if country and inside and inside != country and {country, inside} <= table.keys():
        yield subdivision, country
    row = table.get(country or inside)
    if row is not None and region not in (*_WITHOUT_BOUNDS, row["m49"], row["m49_region"]):
        yield country or subdivision, region
