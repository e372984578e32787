"""The figures of the CBAM acts: tables in ``mappings/figures/``, each with its act, date and validity.

A table is read when it is first asked for and kept. Figures stay decimal text until a method computes with
them. Every answer can name the act, the row and how sure we are, because the provenance stands beside the table.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from gateway.data import data_path, load_toml

OTHER = "other"
"""The key of the row "Other countries and territories"."""

MISSING, BELOW = "-", "below"
"""What a row shows instead of a total: a dash, or that rows of more digits follow."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the figures of a table come from. ``confidence``: V confirmed twice, 1 one source, U unconfirmed."""

    table: str
    title: str
    clause: str
    read_from: str
    read_from_zh: str
    dated: str
    text: str
    confidence: str
    valid_from: date | None
    valid_until: date | None
    superseded_by: str
    superseded_from: date | None
    review_by: date | None
    unit: str
    notes: tuple[str, ...]

    @property
    def act(self) -> str:
        """The key of the act in ``mappings/sources.toml``."""
        return self.clause.partition(":")[0]

    def holds_on(self, day: date) -> bool:
        """Whether the table says that it is valid on a day; an end that is not stated is open."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or day <= self.valid_until)


@cache
def source_of(table: str) -> Source:
    """The provenance of a table."""
    raw = load_toml("mappings", "figures", f"{table}.toml")
    return Source(
        table,
        raw["title"],
        raw["clause"],
        raw["read_from"],
        raw["read_from_zh"],
        raw["date"],
        raw["text"],
        raw["confidence"],
        raw.get("valid_from"),
        raw.get("valid_until"),
        raw.get("superseded_by", ""),
        raw.get("superseded_from"),
        raw.get("review_by"),
        raw.get("unit", ""),
        tuple(raw.get("notes", ())),
    )


def read_table(table: str) -> Iterator[list[str]]:
    """The rows of a table below its heading, as text."""
    with data_path("mappings", "figures", f"{table}.csv").open(encoding="utf-8", newline="") as handle:
        rows = csv.reader(handle)
        next(rows)
        yield from rows


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table of default values; figures as text, empty where none is published."""

    country: str
    cn: str
    variant: str
    direct: str
    indirect: str
    total: str
    routes: tuple[str, ...]

    @property
    def has_value(self) -> bool:
        return self.total not in {MISSING, BELOW}


@cache
def default_rows(table: str) -> Mapping[str, Mapping[tuple[str, str], Row]]:
    """A table of default values: country, then CN key and variant."""
    found: dict[str, dict[tuple[str, str], Row]] = {}
    for country, cn, variant, direct, indirect, total, route in read_table(table):
        row = Row(country, cn, variant, direct, indirect, total, tuple(route.split("|")) if route else ())
        found.setdefault(country, {})[cn, variant] = row
    return found


@dataclass(frozen=True, slots=True)
class Good:
    """One row of the goods that have default values: a CN code or a heading above it."""

    cn: str
    variant: str
    sector: str
    description: str


@cache
def default_goods() -> Mapping[tuple[str, str], Good]:
    """The goods of the tables of default values by CN key and variant."""
    return {(row[0], row[1]): Good(*row) for row in read_table("default-values-goods")}


@dataclass(frozen=True, slots=True)
class Split:
    """A ten-digit code below a CN code whose goods have different values."""

    cn: str
    code: str
    variant: str
    route: str
    en: str
    zh: str


@cache
def taric_splits() -> Mapping[str, tuple[Split, ...]]:
    """The CN codes that must be told apart by ten digits, each with its choices."""
    found: dict[str, tuple[Split, ...]] = {}
    for row in load_toml("mappings", "figures", "default-values-goods.toml")["taric"]:
        found[row["cn"]] = (*found.get(row["cn"], ()), Split(**row))
    return found


@cache
def routes() -> Mapping[str, Mapping[str, str]]:
    """The letters of production routes with their names."""
    letters: Mapping[str, Mapping[str, str]] = load_toml("mappings", "figures", "default-values-goods.toml")[
        "routes"
    ]
    return letters


@cache
def listed_countries() -> Mapping[str, str]:
    """The countries that have a table of default values, with the name that it has there."""
    return {row[0]: row[1] for row in read_table("default-values-countries")}


def _rate(name: str, year: int) -> Iterator[Mapping[str, Any]]:
    for row in load_toml("mappings", "figures", "adjustment.toml")[name]:
        if row.get("year", row.get("from", year)) <= year <= row.get("year", row.get("until", year)):
            yield row


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate, factor or price with its clause."""

    text: str
    clause: str
    confidence: str

    @property
    def exact(self) -> Fraction:
        return Fraction(self.text)


def mark_up(sector: str, year: int) -> Rate | None:
    """Per cent on a published total for goods of a sector imported in a year; None where none is stated."""
    for row in _rate("mark_up", year):
        if sector in row["sectors"]:
            return Rate(row["percent"], row["clause"], row["confidence"])
    return None


def cbam_factor(year: int) -> Rate | None:
    """The share of free allocation that is still deducted in a year."""
    return next((Rate(r["value"], r["clause"], r["confidence"]) for r in _rate("cbam_factor", year)), None)


def correction_factor(year: int) -> Rate | None:
    """The cross-sectoral correction factor of the EU ETS in a year."""
    return next((Rate(r["value"], r["clause"], r["confidence"]) for r in _rate("cscf", year)), None)


def certificate_price(year: int, quarter: str) -> Rate | None:
    """The published price of a certificate in EUR; None for a quarter whose price is not at hand."""
    rows = (row for row in _rate("price", year) if row["quarter"] == quarter)
    return next((Rate(r["value"], r["clause"], r["confidence"]) for r in rows), None)
