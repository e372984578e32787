"""The operator's report as a page for people: one HTML file, in English, for screen and paper.

It shows the text of the JSON document, all of it, and names the digest of the bytes it was made from. Nothing is
loaded from elsewhere and no script runs, so the page can be kept, printed and read offline. All text of others is
escaped; control and direction characters are shown as their code, since a name that turns the line around could
make a figure read otherwise.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from importlib import resources
from typing import Any

from jinja2 import ChainableUndefined, Environment

DRAWN = (
    "processDirectEmissions",
    "attributedEmissions",
    "specificDirectEmbeddedEmissions",
    "specificIndirectEmbeddedEmissions",
    "actualPrecursorEmissions",
    "defaultPrecursorValue",
)
"""The points whose figures are drawn, by key: those of one unit side by side."""

_NAMED = ("goodsOfProcesses", "goodsOutput", "productionProcesses", "sourceStreams", "defaultPrecursorName",
          "defaultPrecursorCnCode", "actualPrecursorName", "actualPrecursorCnCode")  # fmt: skip
"""The points that say what a subject is called."""

_PLAIN = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")
_EMISSIONS = "t CO2"

WIDTH = 1000
"""Units of the drawing from its left to its right edge."""

_LONGEST_NAME = 70


def shown(text: Any) -> str:
    """A leaf as the page shows it: control and direction characters as their code."""
    said = str(text)
    return said if said.isprintable() else "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in said)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it begins and how long it is, in units of the drawing."""

    label: str
    value: str
    start: str = "0"
    length: str = "0"
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    title: str
    unit: str
    bars: tuple[Bar, ...] = field(default=())
    zero: str = "0"
    key: str = ""


def write_page(tree: Mapping[str, Any], data: bytes) -> bytes:
    """The page of a report. ``data`` are the bytes of its JSON document, whose digest the page names."""
    symbols = {str(e.get("symbol")): f"eq-{i}" for i, e in enumerate(_rows(tree, "equations"), 1)}
    environment = Environment(
        autoescape=True, undefined=ChainableUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(shown=shown, rows=_rows)
    source = resources.files("gateway.formats").joinpath("operator_page.html.jinja").read_text("utf-8")
    page = environment.from_string(source).render(
        report=tree,
        digest=f"sha256:{hashlib.sha256(data).hexdigest()}",
        anchors=symbols,
        names=_names(tree),
        naming=_NAMED,
        counts=_counts(tree),
        drawings=list(_drawings(tree)),
        width=WIDTH,
    )
    return page.encode("utf-8", "backslashreplace")


def _rows(tree: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of a list. A damaged document has a page too, for a draft; what is no object is left out."""
    found = tree.get(name)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _points(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for item in _rows(tree, "items"):
        yield from _rows(item, "points")


def _counts(tree: Mapping[str, Any]) -> dict[str, list[str]]:
    """The numbers of the items in each state."""
    found: dict[str, list[str]] = {"value": [], "missing": [], "notApplicable": []}
    for item in _rows(tree, "items"):
        found.setdefault(str(item.get("state")), []).append(str(item.get("number")))
    return found


def _names(tree: Mapping[str, Any]) -> dict[str, str]:
    """What each subject is called, where one name is known for it: beside an id, people need the name."""
    parts: dict[str, dict[str, str]] = {}
    for point in _points(tree):
        if point.get("key") not in _NAMED:
            continue
        for entry in _rows(point, "entries"):
            aspect = "CN code" if "CnCode" in str(point["key"]) else entry.get("aspect", "name")
            if entry.get("state") == "value" and aspect in ("name", "CN code"):
                parts.setdefault(str(entry.get("subject", "")), {}).setdefault(
                    aspect, shown(entry.get("value"))
                )
    joined = {s: " ".join(filter(None, (p.get("CN code"), p.get("name")))) for s, p in parts.items()}
    return {s: n if len(n) <= _LONGEST_NAME else n[:_LONGEST_NAME] + "…" for s, n in joined.items()}


def _drawings(tree: Mapping[str, Any]) -> Iterator[Drawing]:
    names = _names(tree)
    for breakdown in _rows(tree, "breakdowns"):
        bars = [(shown(bar.get("label")), str(bar.get("value"))) for bar in _rows(breakdown, "bars")]
        drawing = _drawing(shown(breakdown.get("title")), shown(breakdown.get("unit")), bars)
        yield replace(drawing, key=shown(breakdown.get("key")))
    for point in _points(tree):
        if point.get("key") not in DRAWN:
            continue
        units: dict[str, list[tuple[str, str]]] = {}
        for entry in _rows(point, "entries"):
            emissions = str(entry.get("unit", "")).startswith(_EMISSIONS)
            if emissions and entry.get("state") == "value" and _fraction(entry.get("value")) is not None:
                subject = str(entry.get("subject", ""))
                said = (shown(subject), names.get(subject, ""), shown(entry.get("aspect", "")))
                label = " · ".join(filter(None, said))
                units.setdefault(str(entry.get("unit", "")), []).append((label, str(entry["value"])))
        for unit, bars in units.items():
            yield _drawing(shown(point.get("title")), shown(unit), bars)


def _fraction(text: Any) -> Fraction | None:
    """A figure, exactly; None for what is none, or too long to be one."""
    return Fraction(text) if isinstance(text, str) and _PLAIN.fullmatch(text) else None


def _drawing(title: str, unit: str, bars: Sequence[tuple[str, str]]) -> Drawing:
    """Bars to one scale, from the smallest (or zero) at the left to the greatest at the right."""
    figures = [_fraction(value) or Fraction(0) for _, value in bars]
    low, high = min([Fraction(0), *figures]), max([Fraction(0), *figures])
    scale = Fraction(WIDTH) / (high - low) if high != low else Fraction(0)
    zero = -low * scale
    made = tuple(
        Bar(
            label,
            shown(value),
            _place(min(zero, zero + figure * scale)),
            _place(abs(figure * scale)),
            figure < 0,
        )
        for (label, value), figure in zip(bars, figures, strict=True)
    )
    return Drawing(title, unit, made, _place(zero))


def _place(value: Fraction) -> str:
    """A place of the drawing, to a tenth of its unit."""
    tenths = round(value * 10)
    return f"{tenths // 10}.{tenths % 10}"
