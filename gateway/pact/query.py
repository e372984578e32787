"""What a buyer asks a host for, and how each API says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote

from gateway.model.finding import Refused, finding

Api = Literal["3", "2"]

_COUNTRY = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True)
class Query:
    """Filters of ListFootprints: any of the values of one criterion, and every criterion.

    ``valid_on``, ``valid_after``, ``valid_before``: an instant with its offset. ``limit``: footprints of a page.
    """

    products: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    geographies: tuple[str, ...] = ()
    classifications: tuple[str, ...] = ()
    status: str = ""
    valid_on: str = ""
    valid_after: str = ""
    valid_before: str = ""
    limit: int | None = None

    def text(self, api: Api) -> str:
        """The query of the URL, without its question mark.

        Raises Refused (PULL-FILTER) for what the filter of API 2 cannot say: it knows no *or*, no status and no
        validity. Asking for less would bring what was not asked for; asking twice would be another question.
        """
        pairs = self._of_3() if api == "3" else self._of_2()
        if self.limit is not None:
            pairs = [*pairs, ("limit", str(self.limit))]
        return "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in pairs)

    def criteria(self) -> dict[str, Any]:
        """The same for a RequestCreated of API 3: lists and texts by the names of the filters."""
        lists: dict[str, Any] = {
            name: list(getattr(self, each)) for each, name in _MANY.items() if getattr(self, each)
        }
        texts = {name: value for name, value in self._of_3() if name not in lists}
        return lists | texts

    def fragment(self) -> dict[str, Any]:
        """The same for a RequestCreated of API 2: the members that the footprints are to have.

        Raises Refused (PULL-FILTER) for what no member says.
        """
        made: dict[str, Any] = {}
        for criterion in fields(self):
            value: Any = getattr(self, criterion.name)
            if criterion.name == "limit" or not value:
                continue
            if criterion.name in ("products", "companies"):
                made[_LISTS_OF_2[criterion.name]] = list(value)
            elif criterion.name == "status":
                made["status"] = value
            elif isinstance(value, str) or len(value) > 1:
                raise _unsayable(criterion.name)
            elif criterion.name == "geographies" and _COUNTRY.fullmatch(value[0]):
                made["pcf"] = {"geographyCountry": value[0]}
            elif criterion.name == "classifications" and _cpc(value[0]):
                made["productCategoryCpc"] = _cpc(value[0])
            else:
                raise _unsayable(criterion.name)
        return made

    def _of_3(self) -> list[tuple[str, str]]:
        pairs = [(name, value) for attribute, name in _MANY.items() for value in getattr(self, attribute)]
        pairs += [("status", self.status)] if self.status else []
        instants = [(name, getattr(self, attribute)) for attribute, name in _INSTANTS.items()]
        return pairs + [(name, _utc(name, text)) for name, text in instants if text]

    def _of_2(self) -> list[tuple[str, str]]:
        parts = list(self._conditions())
        return [("$filter", " and ".join(parts))] if parts else []

    def _conditions(self) -> Iterator[str]:
        for criterion in fields(self):
            value: Any = getattr(self, criterion.name)
            if criterion.name == "limit" or not value:
                continue
            if isinstance(value, str) or len(value) > 1:
                raise _unsayable(criterion.name)
            yield _said_in_2(criterion.name, value[0])


_MANY = {
    "products": "productId",
    "companies": "companyId",
    "geographies": "geography",
    "classifications": "classification",
}
_LISTS_OF_2 = {"products": "productIds", "companies": "companyIds"}
_INSTANTS = {"valid_on": "validOn", "valid_after": "validAfter", "valid_before": "validBefore"}


def _said_in_2(criterion: str, value: str) -> str:
    """A condition in the OData subset of PACT 2; quotes within a text are doubled."""
    text = "'" + value.replace("'", "''") + "'"
    if criterion in ("products", "companies"):
        return f"{_LISTS_OF_2[criterion]}/any(each:(each eq {text}))"
    if criterion == "geographies" and _COUNTRY.fullmatch(value):
        return f"pcf/geographyCountry eq {text}"
    if criterion == "classifications" and _cpc(value):
        return f"productCategoryCpc eq '{_cpc(value)}'"
    raise _unsayable(criterion)


def _cpc(value: str) -> str:
    """The digits of a CPC code or of its URN; empty for another classification."""
    digits = value.removeprefix("urn:cpc:")
    return digits if digits.isascii() and digits.isdecimal() else ""


def _unsayable(criterion: str) -> Refused:
    return Refused(finding("PULL-FILTER", stage="fetch", criterion=criterion.replace("_", " ")))


def _utc(name: str, text: str) -> str:
    """An instant as PACT writes it, in UTC with ``Z``; Refused (PULL-INSTANT) for a time without an offset."""
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refused(finding("PULL-INSTANT", stage="fetch", name=name, value=text))
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
