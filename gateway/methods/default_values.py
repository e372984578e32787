"""Default values of the definitive period: the published total of a row, marked up for the year.

``look_up`` selects the row by CN code and country of origin, falls back row by row to "Other countries and
territories", and adds the year's mark-up to the published total. The total may differ from direct + indirect
by rounding; the total is what the act selects. Nothing is rounded and nothing is chosen for the user: where the
goods of one CN code have two rows, the ten-digit code is asked for.

Clauses: Annex I of (EU) 2025/2621 as replaced by (EU) 2026/1740, whose texts were not at hand; Article 7(2) and
Annex IV 4.1 of (EU) 2023/956; Article 11 of (EU) 2025/2547; questions and answers of May 2026, 4.25.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from gateway.formats.codes import code_list
from gateway.methods.cn_codes import replaced_by
from gateway.methods.figures import (
    BELOW,
    OTHER,
    Good,
    Rate,
    Row,
    Source,
    Split,
    default_goods,
    default_rows,
    listed_countries,
    mark_up,
    routes,
    source_of,
    taric_splits,
)
from gateway.methods.scope import outside_scope
from gateway.methods.trace import Input, Step, Trace, decimal_of, text_of
from gateway.model.finding import Finding, Refused, Severity, finding

METHOD = "cbam.default-values@2025-2621"
FIRST_YEAR = 2026
ELECTRICITY = "27160000"

TABLES = ("default-values-2026-1740", "default-values-2025-2621")
"""The tables, the act in force first: a country is looked up in the first that has it."""


@dataclass(frozen=True, slots=True)
class DefaultValue:
    """A default value with everything that it rests on.

    ``total``, ``direct`` and ``indirect`` are as published; ``marked_up`` is the total with the mark-up of the
    year, exact. ``row_country`` is ``other`` where the fallback row was used. ``routes`` are the letters that
    the row was determined for: it does not depend on the route of the plant. ``findings`` are warnings only.
    """

    code: str
    country: str
    year: int
    row_cn: str
    variant: str
    description: str
    sector: str
    row_country: str
    fallback: bool
    total: Decimal
    direct: Decimal | None
    indirect: Decimal | None
    mark_up: Decimal
    marked_up: Decimal
    unit: str
    routes: tuple[str, ...]
    source: Source
    rate: Rate
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def route(self) -> str | None:
        """The route of the row where it names just one."""
        return self.routes[0] if len(self.routes) == 1 else None

    @property
    def act(self) -> str:
        return self.source.act

    @property
    def act_date(self) -> str:
        return self.source.dated

    @property
    def valid_from(self) -> date | None:
        return self.source.valid_from

    @property
    def valid_until(self) -> date | None:
        return self.source.valid_until

    @property
    def superseded(self) -> bool:
        """The value is from before an act that replaces it: to be checked against that act."""
        return bool(self.source.superseded_by)

    @property
    def country_name(self) -> str:
        """The country whose row was used, as the table names it."""
        return listed_countries()[self.row_country]

    @property
    def row(self) -> str:
        """The row in words, for whoever wants to find it in the act."""
        variant = f", {self.variant}" if self.variant else ""
        return f"{self.country_name}, {self.row_cn}{variant} ({self.description})"

    def step(self, symbol: str = "SEEdefault") -> Step:
        """The marked-up value as a step that another trace can hold."""
        inputs = (
            Input("total", text_of(self.total), self.unit, f"{self.source.clause}: {self.row}"),
            Input("markUp", text_of(self.mark_up), "%", self.rate.clause),
        )
        exact = Fraction(self.total) * (1 + Fraction(self.mark_up) / 100)
        note = "; ".join(self.notes)
        return Step(symbol, "{0} x (1 + {1} / 100)", inputs, exact, self.unit, self.source.clause, note)

    def trace(self) -> Trace:
        """The value alone, as a trace of one step."""
        made = Trace(METHOD)
        made.add(self.step())
        return made

    def to_json(self) -> dict[str, Any]:
        """Decimals are text; dates are ISO 8601."""
        return {
            "method": METHOD,
            "code": self.code,
            "country": self.country,
            "year": self.year,
            "row": {"country": self.row_country, "name": self.country_name, "cn": self.row_cn,
                    "variant": self.variant, "description": self.description},
            "fallback": self.fallback,
            "total": text_of(self.total),
            "direct": None if self.direct is None else text_of(self.direct),
            "indirect": None if self.indirect is None else text_of(self.indirect),
            "markUpPercent": text_of(self.mark_up),
            "markedUp": text_of(self.marked_up),
            "unit": self.unit,
            "routes": list(self.routes),
            "act": self.act,
            "actDate": self.act_date,
            "readFrom": self.source.read_from,
            "textConsulted": self.source.text == "consulted",
            "confidence": self.source.confidence,
            "validFrom": None if self.valid_from is None else self.valid_from.isoformat(),
            "validUntil": None if self.valid_until is None else self.valid_until.isoformat(),
            "superseded": self.superseded,
            "supersededBy": self.source.superseded_by or None,
            "notes": list(self.notes),
            "trace": self.trace().to_json()["steps"],
        }  # fmt: skip


def look_up(
    code: str,
    country: str | None,
    year: int,
    route: str | None = None,
    on: date | None = None,
    path: str = "",
) -> DefaultValue:
    """The default value of goods of a CN code from a country, imported in a year.

    ``code``: eight digits, or the ten digits where a CN code is split. ``country``: ISO 3166-1 alpha-2, None where
    the origin is not known. ``route``: a letter A-L; it tells white from grey, nothing else. ``on``: the date of
    importation, where it is known. ``path``: the field of the record that findings point at.

    Raises Refused with every reason that can be told at once.
    """
    refused = _years(year, on)
    digits = code.replace(" ", "")
    goods, wrong = _goods(digits, route)
    refused += wrong + _origin(country)
    if refused or goods is None or country is None:
        raise Refused(replace(item, path=path) for item in refused)
    row, source, reason = _row(goods, country, path)
    rate = mark_up(goods.sector, year)
    if rate is None:
        raise Refused(replace(_no("DEFAULT-YEAR", year=year, first=FIRST_YEAR), path=path))
    found = _warnings(row, source, reason, route) + _limits(goods, source, year)
    made = _value(digits, country, year, goods, row, source, rate)
    return replace(made, findings=tuple(replace(item, path=path) for item in found))


def _no(rule: str, **values: Any) -> Finding:
    return finding(rule, stage="method", **values)


def _but(rule: str, severity: Severity, **values: Any) -> Finding:
    return finding(rule, stage="method", severity=severity, **values)


def _years(year: int, on: date | None) -> list[Finding]:
    found: list[Finding] = []
    if year < FIRST_YEAR:
        found.append(_no("DEFAULT-YEAR", year=year, first=FIRST_YEAR))
    if on is not None and on.year != year:
        found.append(_no("DEFAULT-DATE", year=year, day=on.isoformat()))
    return found


def _origin(country: str | None) -> list[Finding]:
    if not country:
        return [_no("DEFAULT-ORIGIN-UNKNOWN")]
    if country in outside_scope():
        return [_no("DEFAULT-COUNTRY-OUTSIDE", country=country)]
    if country not in code_list("country").codes:
        return [_no("DEFAULT-COUNTRY-UNKNOWN", country=country)]
    return []


def _goods(digits: str, route: str | None) -> tuple[Good | None, list[Finding]]:
    """The row of goods that a code belongs to, or why none can be named."""
    if route is not None and route not in routes():
        return None, [_no("DEFAULT-ROUTE-UNKNOWN", route=route, letters=", ".join(routes()))]
    if wrong := _code_fault(digits):
        return None, [wrong]
    if digits[:8] in taric_splits():
        return _split(digits, route)
    key = next((k for n in (8, 6, 4) if (k := (digits[:n], "")) in default_goods()), None)
    return (default_goods()[key], []) if key else (None, [_no("DEFAULT-CN-UNKNOWN", cn=digits)])


def _code_fault(digits: str) -> Finding | None:
    """What is wrong with a code by itself."""
    ten = {split.code for splits in taric_splits().values() for split in splits}
    if not re.fullmatch(r"[0-9]{8}", digits) and digits not in ten:
        splits = taric_splits().get(digits[:8]) if re.fullmatch(r"[0-9]{10}", digits) else None
        return _split_finding(digits, splits) if splits else _no("DEFAULT-CN-SYNTAX", cn=digits)
    if digits == ELECTRICITY:
        return _no("DEFAULT-ELECTRICITY", cn=digits)
    if digits[:8] not in code_list("cbam-cn").codes:
        return _no("DEFAULT-CN-UNKNOWN", cn=digits)
    later = replaced_by(digits)
    return _no("DEFAULT-CN-REPLACED", cn=digits, codes=", ".join(later)) if later else None


def _split(digits: str, route: str | None) -> tuple[Good | None, list[Finding]]:
    """The variant of a split code: by its ten digits or by its route, and never by a choice of ours."""
    splits = taric_splits()[digits[:8]]
    chosen = [s for s in splits if s.code == digits or (len(digits) == 8 and s.route and s.route == route)]
    if len(chosen) != 1:
        return None, [_split_finding(digits, splits)]
    if route and chosen[0].route and route != chosen[0].route:
        return None, [_no("DEFAULT-ROUTE-CONTRADICTS", code=digits, route=route, expected=chosen[0].route)]
    return default_goods()[digits[:8], chosen[0].variant], []


def _split_finding(digits: str, splits: tuple[Split, ...]) -> Finding:
    choices = "; ".join(f"{s.code} {s.en}" for s in splits)
    choices_zh = "；".join(f"{s.code} {s.zh}" for s in splits)
    return _no("DEFAULT-TARIC-SPLIT", cn=digits, choices=choices, choices_zh=choices_zh)


def _row(goods: Good, country: str, path: str) -> tuple[Row, Source, str]:
    """The row that applies, its source, and why it is the fallback row (empty where it is not)."""
    key = (goods.cn, goods.variant)
    table = next((t for t in TABLES if country in default_rows(t)), None)
    own = default_rows(table)[country].get(key) if table else None
    if table and own is not None and own.has_value:
        return own, source_of(table), ""
    reason = (
        "COUNTRY" if table is None else "ROW" if own is None else "DASH" if own.total != BELOW else "BELOW"
    )
    table = next(t for t in TABLES if OTHER in default_rows(t))
    other = default_rows(table)[OTHER].get(key)
    if other is None or not other.has_value:
        raise Refused(replace(_no("DEFAULT-NO-VALUE", cn=goods.cn, country=country), path=path))
    return other, source_of(table), reason


def _warnings(row: Row, source: Source, reason: str, route: str | None) -> list[Finding]:
    found: list[Finding] = []
    if reason:
        found.append(_but(f"DEFAULT-FALLBACK-{reason}", "warning" if reason == "BELOW" else "info"))
    if source.superseded_by:
        found.append(
            _but(
                "DEFAULT-SUPERSEDED",
                "warning",
                by=source.superseded_by,
                read=source.read_from,
                read_zh=source.read_from_zh,
            )
        )
    if route and row.routes and route not in row.routes:
        found.append(_but("DEFAULT-ROUTE-OTHER", "warning", route=route, row="/".join(row.routes)))
    return found


def _limits(goods: Good, source: Source, year: int) -> list[Finding]:
    """What a reader must know before relying on the figure: its unit, and until when it was made to last."""
    found: list[Finding] = []
    if goods.sector in {"cement", "fertilisers"}:
        found.append(_but("DEFAULT-UNIT", "info"))
    if source.review_by is not None and year > source.review_by.year:
        found.append(_but("DEFAULT-REVIEW", "warning", year=year, review=source.review_by.isoformat()))
    return found


def _value(
    digits: str, country: str, year: int, goods: Good, row: Row, source: Source, rate: Rate
) -> DefaultValue:
    total = Decimal(row.total)
    direct, indirect = (Decimal(text) if text else None for text in (row.direct, row.indirect))
    notes: tuple[str, ...] = ()
    if direct is not None and indirect is not None and direct + indirect != total:
        notes = (
            f"the published total {total} is used; direct + indirect = {direct + indirect} differs by rounding",
        )
    return DefaultValue(
        digits, country, year, goods.cn, goods.variant, goods.description, goods.sector, row.country,
        row.country == OTHER, total, direct, indirect, Decimal(rate.text),
        decimal_of(Fraction(total) * (1 + rate.exact / 100)), source.unit, row.routes, source, rate, notes,
    )  # fmt: skip


__all__ = ["DefaultValue", "look_up"]
