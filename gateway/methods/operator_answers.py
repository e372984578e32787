"""How a point of the operator's report is answered: from a leaf of the record, a figure, or a computation.

An answer is always one of three: a value; missing, with the field of the record where it goes; or not
applicable, with the reason. What is not stated is never taken for none, except a list of flows or precursors:
there the figures themselves count none, and the reason says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gateway.formats.leaves import at
from gateway.methods.calculation import Figure
from gateway.methods.cbam_goods import record_paths
from gateway.methods.operator_case import CONDITIONS, LISTS, Case, Element, chosen, reason
from gateway.methods.operator_fills import FILLS
from gateway.methods.operator_items import MISSING, NOT_APPLICABLE, VALUE, Answer, Aspect, Point
from gateway.methods.trace import text_of
from gateway.translate.ledger import Explained

LISTED = ("good", "process", "installation")
"""What a report cannot do without: none of them is missing, not inapplicable."""


def answers(case: Case, point: Point, rule: str, clause: str) -> Iterator[Answer]:
    """Every entry of a point; never none."""
    why = Explained((), "derived", rule, clause)
    found = list(chosen(case, point.each, point.where))
    if not found:
        yield _no_element(case, point, why)
        return
    for element in found:
        named = replace_subject(element)
        if point.only and not CONDITIONS[point.only](case, element):
            yield _not_applicable(point.reason or point.only, why, subject=named)
            continue
        made = [
            answer
            for aspect in point.aspects
            for answer in _aspect(case, element, aspect, why._replace(sources=()))
        ]
        for answer in made or [_missing(f"{element.path}/{point.aspects[0].path}", why)]:
            yield replace(answer, subject=answer.subject or named)


def replace_subject(element: Element) -> str:
    return element.subject


def _no_element(case: Case, point: Point, why: Explained) -> Answer:
    present = bool(case.elements(point.each))
    field = point.missing or (f"/{LISTS[point.each]}" if point.each in LISTED else "")
    if field and not present:
        return _missing(field, why)
    named = point.none or ("no-precursor" if point.each == "precursor" and not present else point.where)
    return _not_applicable(named, why)


def _not_applicable(named: str, why: Explained, subject: str = "", aspect: str = "") -> Answer:
    return Answer(NOT_APPLICABLE, why, subject=subject, aspect=aspect, reason=reason("notApplicable", named))


def _missing(field: str, why: Explained, aspect: str = "", said: str = "field") -> Answer:
    return Answer(MISSING, why, aspect=aspect, field=field, reason=reason("missing", said))


def _aspect(case: Case, element: Element, aspect: Aspect, why: Explained) -> Iterator[Answer]:
    if aspect.only and not CONDITIONS[aspect.only](case, element):
        yield _not_applicable(aspect.only, why, aspect=aspect.name)
    elif aspect.path:
        yield from _from_record(case, element, aspect, why)
    elif aspect.figure:
        figures = case.figures(element)
        yield from_figure(case, getattr(figures, aspect.figure, None), aspect.name, element.path, why)
    else:
        for answer in FILLS[aspect.fill](case, element, why):
            yield replace(answer, aspect=answer.aspect or aspect.name)


def _from_record(case: Case, element: Element, aspect: Aspect, why: Explained) -> Iterator[Answer]:
    """A leaf of the record, as it stands there; a boolean is said as yes or no."""
    path = aspect.path if aspect.path.startswith("/") else f"{element.path}/{aspect.path}"
    value = at(case.record, path)
    if value is None or value == "":
        if aspect.optional is True:
            return
        if aspect.optional:
            yield _not_applicable(str(aspect.optional), why, aspect=aspect.name)
            return
        yield _missing(path, why, aspect.name)
        return
    unit_path = f"{element.path}/{aspect.unit_path}" if aspect.unit_path else ""
    unit = str(at(case.record, unit_path) or "") if unit_path else aspect.unit
    said = {True: "yes", False: "no"}.get(value, None) if isinstance(value, bool) else None
    why = why._replace(sources=(path,), fidelity="exact" if said is None else "converted")
    if said is not None:
        why = why._replace(note="a truth value, said as yes or no")
    yield Answer(
        VALUE, why, aspect=aspect.name, value=said or str(value), unit=unit, unit_source=unit_path if unit else ""
    )  # fmt: skip


def from_figure(case: Case, figure: Any, aspect: str, path: str, why: Explained) -> Answer:
    """A figure of the method with the step that explains it, or the word that the method could not give it."""
    if not isinstance(figure, Figure):
        return _missing(path, why, aspect, "figure")
    trace = case.calculation.trace
    step = trace.steps.get(figure.step)
    sources = tuple(dict.fromkeys(record_paths(trace, figure.step)))
    note = f"{case.calculation.method}: {step.equation}" if step is not None else case.calculation.method
    unit = "" if figure.unit == "1" else figure.unit
    return Answer(
        VALUE,
        why._replace(sources=sources, note=note),
        aspect=aspect,
        value=text_of(figure.value),
        unit=unit,
        equation=figure.step,
    )
