"""Where each leaf of our tree stands in the Commission's communication template.

The places are data (``schemas/cbam.template/<version>/cells.toml``); here they are read, and asked for by
list, element and leaf. What a single line cannot say, the blocks of amounts, has a name of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from gateway.data import load_toml
from gateway.formats.xlsx_cells import RawBook, RawSheet, address, position

FORMAT_ID = "cbam.template@2.1"
ALL_ROUTES = "All production routes"
UNKNOWN_ROUTE = "Unknown production routes"
ONLY_DIRECT = "Only direct production"

_SPOT = re.compile(r"(?P<sheet>[^!]+)!(?P<cell>[A-Z]+\d+)(?: \+(?P<step>\d+))?(?: (?P<kind>\w+|=.+))?")


class Place(NamedTuple):
    """One cell of one sheet."""

    sheet: str
    row: int
    column: int

    def __str__(self) -> str:
        return f"{self.sheet}!{address(self.row, self.column)}"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a leaf stands: its first cell, how far the next element is, what kind of cell it is."""

    first: Place
    step: int
    kind: str

    def at(self, index: int) -> Place:
        """The cell of the element with this index."""
        return self.first._replace(row=self.first.row + self.step * index)

    @property
    def is_input(self) -> bool:
        """Whether a person fills the cell in; other cells only show or imply the value."""
        return self.kind != "shown" and self.implied is None

    @property
    def implied(self) -> str | None:
        """The value that the cell implies without stating it."""
        return self.kind[1:] if self.kind.startswith("=") else None


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of amounts, repeated for each process or precursor."""

    sheet: str
    column: int
    row: int
    count: int
    step: int

    def at(self, block: int, number: int) -> Place:
        """The cell of one amount of one block, both counted from 0."""
        return Place(self.sheet, self.row + self.step * block + number, self.column)


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole of ``cells.toml``."""

    raw: Mapping[str, Any]
    single: Mapping[str, Spot]
    lists: Mapping[str, Mapping[str, Spot]]
    most: Mapping[str, int]

    def block(self, name: str) -> Block:
        row = self.raw["blocks"][name]
        return Block(row["sheet"], _column(row["column"]), row["row"], row["count"], row["step"])

    def flow(self, kind: str, direction: str, block: int, *, factor: bool = False) -> Place:
        """The cell of an amount of heat or waste gas, or of the factor below it."""
        row = self.raw["blocks"][kind]
        return Place(row["sheet"], row["row"] + row["step"] * block + factor, _column(row[direction]))

    def parameters(self) -> Iterator[tuple[str, int, bool]]:
        """(id, column, whether it is text) of every qualifying parameter."""
        for name, column in self.raw["parameters"]["columns"].items():
            letters, _, kind = column.partition(" ")
            yield name, _column(letters), kind == "text"

    def routes(self, category: str) -> list[str]:
        """The production routes of a category in the order of the workbook."""
        return list(self.raw["routes"].get(category.strip(), [ALL_ROUTES]))


def _column(letters: str) -> int:
    return position(f"{letters}1")[1]


def _spot(text: str) -> Spot:
    found = _SPOT.fullmatch(text)
    assert found is not None, text
    row, column = position(found["cell"])
    return Spot(Place(found["sheet"], row, column), int(found["step"] or 0), found["kind"] or "text")


@cache
def layout() -> Layout:
    """The layout of the one version that is known."""
    raw = load_toml("schemas", *FORMAT_ID.split("@"), "cells.toml")
    lists = {row["path"]: {leaf: _spot(at) for leaf, at in row["cells"].items()} for row in raw["list"]}
    most = {row["path"]: int(row["most"]) for row in raw["list"]}
    return Layout(raw, {leaf: _spot(at) for leaf, at in raw["single"].items()}, lists, most)


@cache
def formula_ranges() -> Mapping[str, tuple[tuple[int, int, int, int], ...]]:
    """Rectangles of formula cells by sheet: first row, first column, last row, last column."""
    made = {}
    for sheet, text in load_toml("schemas", *FORMAT_ID.split("@"), "formulas.toml")["sheets"].items():
        corners = [reference.partition(":") for reference in text.split()]
        made[sheet] = tuple((*position(one), *position(other or one)) for one, _, other in corners)
    return made


def sheets_of(book: RawBook) -> dict[str, RawSheet]:
    """The sheets by name. Names are unique in a workbook without regard to case; the first one counts."""
    found: dict[str, RawSheet] = {}
    for sheet in book.sheets:
        found.setdefault(sheet.name, sheet)
    return found


def is_template(book: RawBook) -> bool:
    """Whether a workbook is the template, by its content: the type it states, or most of its sheets."""
    version, sheets = layout().raw["version"], sheets_of(book)
    about = sheets.get(version["sheet"])
    if about is not None and about.text(*position(version["type"])).startswith("CBAM communication"):
        return True
    return sum(name in sheets for name in version["needed"]) >= 4
