"""How a point of the operator's report is answered: from a leaf of the record, a figure, or a computation.

An answer is always one of three: a value; missing, with the field of the record where it goes; or not
applicable, with the reason. What is not stated is never taken for none, except a list of flows or precursors:
there the figures themselves count none, and the reason says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gateway.formats.leaves import at
from gateway.methods import (
    operator_allocation,
    operator_goods,
    operator_plant,
    operator_precursors,
    operator_streams,
)
from gateway.methods.calculation import Figure
from gateway.methods.operator_answer import VALUE, Answer, Fill, inapplicable, missing, of_figure
from gateway.methods.operator_case import CONDITIONS, LISTS, Case, Element, chosen
from gateway.methods.operator_items import Aspect, Point
from gateway.translate.ledger import Explained

FILLS: Mapping[str, Fill] = {
    **operator_allocation.FILLS,
    **operator_goods.FILLS,
    **operator_plant.FILLS,
    **operator_precursors.FILLS,
    **operator_streams.FILLS,
}
"""The computations that the tables name."""

NEEDED = ("good", "process", "installation")
"""What a report cannot do without: none of them is missing, not inapplicable."""


def answers(case: Case, point: Point, rule: str, clause: str) -> Iterator[Answer]:
    """Every entry of a point; never none."""
    why = Explained((), "derived", rule, clause)
    found = list(chosen(case, point.each, point.where))
    if not found:
        yield _no_element(case, point, why)
    for element in found:
        if point.only and not CONDITIONS[point.only](case, element):
            yield about(inapplicable(why, point.reason or point.only), element)
            continue
        made = [answer for aspect in point.aspects for answer in _aspect(case, element, aspect, why)]
        for answer in made or [missing(why, f"{element.path}/{point.aspects[0].path}")]:
            yield about(answer, element)


def about(answer: Answer, element: Element) -> Answer:
    """The answer with its subject: the id of the element as the record states it."""
    if answer.subject:
        return answer
    source = f"{element.path}/id" if element.body.get("id") is not None else ""
    return replace(answer, subject=element.subject, subject_source=source)


def _no_element(case: Case, point: Point, why: Explained) -> Answer:
    present = bool(case.elements(point.each))
    field = point.missing or (f"/{LISTS[point.each]}" if point.each in NEEDED else "")
    if field and not present:
        return missing(why, field)
    named = point.none or ("no-precursor" if point.each == "precursor" and not present else point.where)
    return inapplicable(why, named)


def _aspect(case: Case, element: Element, aspect: Aspect, why: Explained) -> Iterator[Answer]:
    if aspect.only and not CONDITIONS[aspect.only](case, element):
        yield inapplicable(why, aspect.only, aspect=aspect.name)
    elif aspect.path and aspect.otherwise and at(case.record, f"{element.path}/{aspect.path}") in (None, ""):
        for answer in FILLS[aspect.otherwise](case, element, why):
            yield replace(answer, aspect=aspect.name)
    elif aspect.path:
        yield from _from_record(case, element, aspect, why)
    elif aspect.figure:
        figure = getattr(case.figures(element), aspect.figure, None)
        if isinstance(figure, Figure):
            yield of_figure(case, figure, why, aspect.name)
        else:
            yield missing(why, element.path, aspect=aspect.name, said="figure")
    else:
        for answer in FILLS[aspect.fill](case, element, why):
            yield replace(answer, aspect=answer.aspect or aspect.name, why=_worked_out(answer.why))


def _worked_out(why: Explained) -> Explained:
    """A computation may answer with another leaf next time, so what it repeats is not read back as that leaf."""
    if why.fidelity == "derived":
        return why
    return why._replace(fidelity="derived", note=why.note or "as the record states it")


def _from_record(case: Case, element: Element, aspect: Aspect, why: Explained) -> Iterator[Answer]:
    """A leaf of the record, as it stands there; a truth value is said as yes or no."""
    path = aspect.path if aspect.path.startswith("/") else f"{element.path}/{aspect.path}"
    value = at(case.record, path)
    if value is None or value == "":
        if aspect.optional is False:
            yield missing(why, path, aspect=aspect.name)
        elif aspect.optional is not True:
            yield inapplicable(why, str(aspect.optional), aspect=aspect.name)
        return
    unit_path = f"{element.path}/{aspect.unit_path}" if aspect.unit_path else ""
    unit = str(at(case.record, unit_path) or "") if unit_path else aspect.unit
    why = why._replace(sources=(path,), fidelity="exact")
    if isinstance(value, bool):
        why = why._replace(fidelity="converted", note="a truth value, said as yes or no")
        value = "yes" if value else "no"
    yield Answer(
        VALUE, why, aspect=aspect.name, value=str(value), unit=unit, unit_source=unit_path if unit else ""
    )  # fmt: skip
