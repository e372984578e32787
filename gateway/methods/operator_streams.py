"""Answers about source streams: which matter most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from gateway.methods.operator_answer import (
    Answer,
    Fill,
    exactly,
    inapplicable,
    missing,
    valued,
)
from gateway.methods.operator_case import Case, Element
from gateway.translate.ledger import Explained

MOST = 5
"""The template asks for the five most important goods, fuels, materials and sources."""


def important_fuels(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    """By energy content: activity data times net calorific value, where the units allow it."""
    fuels = [s for s in case.elements("stream") if (exactly(s.body.get("ncv")) or 0) > 0]
    yield from _ranked(case, fuels, why, "fuel", _energy, ("amount", "ncv"))


def important_materials(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    """By emissions: what enters without being a fuel, by its carbon or its factor."""
    materials = [
        s
        for s in case.elements("stream")
        if not exactly(s.body.get("ncv")) and s.body.get("method") in ("process", "mass-balance")
    ]
    yield from _ranked(case, materials, why, "process-stream", _carbon, ("amount",))


def _energy(stream: Element) -> Fraction:
    return abs((exactly(stream.body.get("amount")) or Fraction(0)) * (exactly(stream.body.get("ncv")) or 0))


def _carbon(stream: Element) -> Fraction:
    per_unit = exactly(stream.body.get("emissionFactor"))
    if per_unit is None:
        per_unit = (exactly(stream.body.get("carbonContent")) or Fraction(0)) * Fraction("3.664")
    return abs((exactly(stream.body.get("amount")) or Fraction(0)) * per_unit)


def _ranked(
    case: Case,
    streams: list[Element],
    why: Explained,
    none: str,
    weight: Callable[[Element], Fraction],
    rests_on: tuple[str, ...],
) -> Iterator[Answer]:
    if not case.elements("stream"):
        yield missing(why, "/sourceStreams")
    elif not streams:
        yield inapplicable(why, none)
    for number, stream in enumerate(sorted(streams, key=weight, reverse=True)[:MOST], 1):
        name = str(stream.body.get("name") or stream.subject)
        sources = [f"{stream.path}/{f}" for f in ("name", *rests_on) if stream.body.get(f) is not None]
        yield valued(why, name, aspect=str(number), sources=sources, note="in this order by size")


FILLS: dict[str, Fill] = {
    "important-fuels": important_fuels,
    "important-materials": important_materials,
}
