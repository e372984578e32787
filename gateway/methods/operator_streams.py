"""Answers about source streams: their emissions, which matter most, zero-rating, and what they tell of the plant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from gateway.methods.calculation import figure as as_figure
from gateway.methods.operator_answer import Answer, Fill, copied, inapplicable, missing, of_figure, valued
from gateway.methods.operator_case import Case, Element, uses_zero_rated
from gateway.methods.streams.figures import StreamFigure
from gateway.translate.ledger import Explained

MOST = 5
"""The template asks for the five most important fuels, materials and sources."""


def stream_emissions(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """What the method computed for this stream; refused ones are missing, never zero."""
    found = case.stream(element)
    if found is None:
        yield missing(why, element.path, said="figure")
    else:
        yield of_figure(case, as_figure(found.emissions), why)


def installation_direct(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The sum of the source streams; a total that is stated beside it is shown too, never instead of it."""
    step = case.installation_step(element)
    stated = copied(element, "directEmissions", why)
    if step is not None:
        yield of_figure(case, as_figure(step), why, "sum of the source streams")
    if step is None or stated.value:
        aspect = "as stated" if step is not None else ""
        yield Answer(
            stated.state, stated.why, aspect=aspect, value=stated.value,
            unit="t CO2e" if stated.value else "", reason=stated.reason, field=stated.field,
        )  # fmt: skip


def important_fuels(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    """By the energy content that the method found for each stream."""
    weights = {
        stream.path: abs(found.energy.value)
        for stream in case.elements("stream")
        if (found := case.stream(stream)) is not None and found.energy is not None and found.energy.value
    }
    yield from _ranked(case, weights, why, "fuel", ("amount", "ncv"))


def important_materials(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    """By the emissions of what enters the processes and is no fuel; products and wastes that leave are not."""
    weights = {
        stream.path: abs(found.emissions.exact)
        for stream in case.elements("stream")
        if (found := case.stream(stream)) is not None and is_material(found)
    }
    yield from _ranked(case, weights, why, "process-stream", ("amount",))


def is_material(found: StreamFigure) -> bool:
    energy = found.energy is not None and found.energy.value != 0
    return found.method in ("process", "mass-balance") and not energy and found.emissions.exact > 0


def _ranked(
    case: Case, weights: dict[str, Fraction], why: Explained, none: str, rests_on: tuple[str, ...]
) -> Iterator[Answer]:
    streams = case.elements("stream")
    if not streams:
        yield missing(why, "/sourceStreams")
    elif not weights:
        yield inapplicable(why, none)
    found = sorted((s for s in streams if s.path in weights), key=lambda s: -weights[s.path])
    for number, stream in enumerate(found[:MOST], 1):
        name = str(stream.body.get("name") or stream.subject)
        sources = [f"{stream.path}/{f}" for f in ("name", *rests_on) if stream.body.get(f) is not None]
        yield valued(why, name, aspect=str(number), sources=sources, note="in this order by size")


def zero_rated(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """Stated, or seen in what the method counted as zero."""
    used = uses_zero_rated(case)
    if used is None:
        yield missing(why, f"{element.path}/zeroRatedFuels")
        return
    said = "yes" if used else "no"
    if isinstance(element.body.get("zeroRatedFuels"), bool):
        note, sources = "a truth value, said as yes or no", [f"{element.path}/zeroRatedFuels"]
        yield valued(why, said, sources=sources, note=note)
        return
    sources = _leaves(case.elements("stream"), ("biomassShare", "zeroRating")) or ["/sourceStreams/0/id"]
    yield valued(why, said, sources=sources, note="from the biomass that the method counted as zero")


def zero_rated_proof(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The operator's own words, and the criteria and evidence of each zero-rated stream."""
    streams = [s for s in case.elements("stream") if _zero(case.stream(s))]
    if element.body.get("zeroRatedDemonstration") is not None or not streams:
        yield copied(element, "zeroRatedDemonstration", why)
    for stream in streams:
        for name, aspect in (("zeroRating", "criteria"), ("evidence", "evidence")):
            yield copied(stream, name, why, f"{stream.subject}, {aspect}")


def _zero(found: StreamFigure | None) -> bool:
    return found is not None and found.zero_rated is not None


def _leaves(elements: Iterable[Element], names: tuple[str, ...]) -> list[str]:
    return [f"{e.path}/{name}" for e in elements for name in names if e.body.get(name) is not None]


def waste_gases_used(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """Stated, or seen in a stream that is a waste gas; that none is listed does not say that there is none."""
    stated = element.body.get("wasteGasesUsed")
    if isinstance(stated, bool):
        note, sources = "a truth value, said as yes or no", [f"{element.path}/wasteGasesUsed"]
        yield valued(why, "yes" if stated else "no", sources=sources, note=note)
        return
    burnt = [s for s in case.elements("stream") if s.body.get("wasteGas") is True]
    if burnt:
        note = "a source stream is a waste gas"
        yield valued(why, "yes", sources=_leaves(burnt, ("wasteGas",)), note=note)
    else:
        yield missing(why, f"{element.path}/wasteGasesUsed")


def _unit_kind(kind: str, field: str) -> Fill:
    """Whether electricity comes from units of a kind: stated, or seen in the energy units of the record."""

    def answer(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
        stated = element.body.get(field)
        units = case.elements("energy-unit")
        if isinstance(stated, bool):
            note, sources = "a truth value, said as yes or no", [f"{element.path}/{field}"]
            yield valued(why, "yes" if stated else "no", sources=sources, note=note)
        elif units:
            here = any(unit.body.get("kind") == kind for unit in units)
            note = "from the kinds of the energy units"
            yield valued(why, "yes" if here else "no", sources=_leaves(units, ("kind",)), note=note)
        else:
            yield missing(why, f"{element.path}/{field}")

    return answer


FILLS: dict[str, Fill] = {
    "cogeneration": _unit_kind("chp", "cogeneration"),
    "important-fuels": important_fuels,
    "important-materials": important_materials,
    "installation-direct": installation_direct,
    "separate-generation": _unit_kind("power", "separateGeneration"),
    "stream-emissions": stream_emissions,
    "waste-gases-used": waste_gases_used,
    "zero-rated": zero_rated,
    "zero-rated-proof": zero_rated_proof,
}
