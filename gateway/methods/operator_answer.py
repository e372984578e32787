"""What an answer of the operator's report is, and the few ways to give one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gateway.methods.calculation import Figure
from gateway.methods.operator_case import Case, Element, reason, rests_on
from gateway.methods.trace import text_of
from gateway.translate.ledger import Explained

VALUE, MISSING, NOT_APPLICABLE = "value", "missing", "notApplicable"


@dataclass(frozen=True, slots=True)
class Answer:
    """One entry of a point. ``why`` explains its value in the ledger; ``field`` is where a missing one goes."""

    state: str
    why: Explained
    subject: str = ""
    aspect: str = ""
    value: str = ""
    unit: str = ""
    reason: str = ""
    field: str = ""
    equation: str = ""
    unit_source: str = ""
    subject_source: str = ""

    def leaves(self) -> Iterator[tuple[str, str]]:
        """The names and values that are not empty, in the order of the document."""
        for name in ("subject", "aspect", "state", "value", "unit", "reason", "field", "equation"):
            value = getattr(self, name)
            if value:
                yield name, value


Fill = Callable[[Case, Element, Explained], Iterable[Answer]]
"""A named computation of the tables: the answers for one element."""


def worst(states: list[str]) -> str:
    """The state of a whole: missing where any part is missing, not applicable where every part is."""
    if MISSING in states:
        return MISSING
    return VALUE if VALUE in states else NOT_APPLICABLE


def valued(why: Explained, value: str, *, aspect: str = "", unit: str = "", sources: Iterable[str] = (),
           note: str = "", subject: str = "", equation: str = "") -> Answer:  # fmt: skip
    """A value that was worked out; ``note`` says how."""
    explained = why._replace(sources=tuple(dict.fromkeys(sources)), note=note)
    return Answer(VALUE, explained, subject=subject, aspect=aspect, value=value, unit=unit, equation=equation)


def missing(why: Explained, field: str, *, aspect: str = "", said: str = "field") -> Answer:
    """No value, and the field of the record where it goes."""
    return Answer(MISSING, why, aspect=aspect, field=field, reason=reason("missing", said))


def inapplicable(why: Explained, named: str, *, aspect: str = "", subject: str = "") -> Answer:
    """No value is due; the reason stands in the table of reasons."""
    return Answer(NOT_APPLICABLE, why, subject=subject, aspect=aspect, reason=reason("notApplicable", named))


def copied(element: Element, name: str, why: Explained, aspect: str = "") -> Answer:
    """A leaf of an element as it stands, or the word that it is missing."""
    value, path = element.body.get(name), f"{element.path}/{name}"
    if value in (None, ""):
        return missing(why, path, aspect=aspect)
    return Answer(VALUE, why._replace(sources=(path,), fidelity="exact"), aspect=aspect, value=str(value))


def of_figure(case: Case, figure: Figure, why: Explained, aspect: str = "") -> Answer:
    """A figure of the method with the step that explains it."""
    step = case.calculation.trace.steps.get(figure.step)
    method = case.calculation.method
    return valued(
        why,
        text_of(figure.value),
        aspect=aspect,
        unit="" if figure.unit == "1" else figure.unit,
        sources=rests_on(case.calculation.trace, figure),
        note=f"{method}: {step.equation}" if step is not None else f"{method}: as stated",
        equation=figure.step if step is not None else "",
    )
