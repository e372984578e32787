"""The items of the operator's reports: tables in the order of the Annex.

``mappings/join-operator-*.toml`` hold items, points and aspects in the order of the Annex. A point of the full
report that is a point of the summary names it (``as``): one question has one answer in both documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from gateway.methods.join import join_table

SUMMARY, REPORT = "operator-summary", "operator-report"


@dataclass(frozen=True, slots=True)
class Aspect:
    """What is answered of an element: a leaf of the record, a figure of the method, or a named computation.

    ``otherwise``: the computation that answers where the leaf is not stated.
    """

    name: str = ""
    path: str = ""
    figure: str = ""
    fill: str = ""
    otherwise: str = ""
    unit: str = ""
    unit_path: str = ""
    optional: bool | str = False
    only: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """One lettered point. ``none``: the reason where there is no element of the kind at all."""

    number: str
    key: str
    en: str
    zh: str
    aspects: tuple[Aspect, ...]
    each: str = "report"
    where: str = ""
    only: str = ""
    reason: str = ""
    none: str = ""
    missing: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    number: str
    en: str
    zh: str
    clause: str
    points: tuple[Point, ...]


@cache
def items(name: str) -> tuple[Item, ...]:
    """The items of a report, in the order of the Annex."""
    table = join_table(name)
    clause = table["clause"]
    return tuple(
        Item(
            row["number"],
            row["en"],
            row["zh"],
            f"{clause}({row['number']})",
            tuple(_point(point) for point in row["points"]),
        )
        for row in table["item"]
    )


def _point(row: Mapping[str, Any]) -> Point:
    named = row.get("as")
    whole = {**_summary_points()[named], **row} if named else dict(row)
    whole.pop("as", None)
    whole["aspects"] = tuple(Aspect(**aspect) for aspect in whole["aspects"])
    return Point(**whole)


@cache
def _summary_points() -> dict[str, dict[str, Any]]:
    return {point["number"]: dict(point) for item in join_table(SUMMARY)["item"] for point in item["points"]}


def points(name: str) -> Iterator[tuple[Item, Point]]:
    for item in items(name):
        for point in item.points:
            yield item, point
