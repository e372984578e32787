"""What a filter must find, worked out from the footprints themselves by the words of the official documents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

Footprint = dict[str, Any]
YEARS_VALID = 3


def ids(found: list[Footprint]) -> set[str]:
    return {footprint["id"].lower() for footprint in found}


def moment(text: str) -> datetime:
    """A timestamp of RFC 3339; without an offset it is UTC."""
    made = datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
    return made if made.tzinfo else made.replace(tzinfo=UTC)


def validity(footprint: Footprint) -> tuple[datetime, datetime]:
    """As stated, or three years from the end of the reference period."""
    end = moment(footprint["pcf"]["referencePeriodEnd"])
    start = moment(footprint["validityPeriodStart"]) if "validityPeriodStart" in footprint else end
    until = footprint.get("validityPeriodEnd")
    return start, moment(until) if until else _years_later(end)


def _years_later(when: datetime) -> datetime:
    try:
        return when.replace(year=when.year + YEARS_VALID)
    except ValueError:  # 29 February
        return when.replace(year=when.year + YEARS_VALID, day=28)


def values_of(footprint: Footprint, parameter: str) -> list[str]:
    """What a footprint can be found by with one parameter of v3."""
    pcf = footprint["pcf"]
    places = ("geographyRegionOrSubregion", "geographyCountry", "geographyCountrySubdivision")
    lists = {
        "productId": footprint["productIds"],
        "companyId": footprint["companyIds"],
        "classification": footprint.get("productClassifications", []),
        "geography": [pcf[name] for name in places if name in pcf],
        "status": [footprint["status"]],
    }
    return list(lists[parameter])


def with_any(found: list[Footprint], parameter: str, wanted: list[str]) -> set[str]:
    """Ids of those that have one of the wanted values, in any case of letters."""
    lowered = {value.lower() for value in wanted}
    return ids([f for f in found if lowered & {value.lower() for value in values_of(f, parameter)}])


def within(found: list[Footprint], parameter: str, wanted: list[str]) -> set[str]:
    """Those that a host may find beside: ``all footprints within the specified geography`` can take in the
    subdivisions of a country. Whether it must is not said."""
    countries = {value.lower() for value in wanted} if parameter == "geography" else set()
    own = [f for f in found if f["pcf"].get("geographyCountrySubdivision", "").lower()[:2] in countries]
    return ids(own)


def valid_on(found: list[Footprint], when: datetime) -> set[str]:
    return ids([f for f in found if validity(f)[0] <= when <= validity(f)[1]])


def valid_after(found: list[Footprint], when: datetime) -> set[str]:
    return ids([f for f in found if validity(f)[0] > when])


def valid_before(found: list[Footprint], when: datetime) -> set[str]:
    return ids([f for f in found if validity(f)[1] < when])
