"""Answers about the installation and its processes."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.methods.calculation import Figure
from gateway.methods.operator_answer import (
    Answer,
    Fill,
    copied,
    inapplicable,
    missing,
    valued,
)
from gateway.methods.operator_case import Case, Element, exactly, rests_on
from gateway.translate.ledger import Explained


def _flows(case: Case, kind: str, why: Explained, what: str) -> Iterator[Answer]:
    """Whether heat or waste gas comes in or goes out, and from whom. No flow in the record: none is counted."""
    flows = case.elements(kind)
    for direction in ("imported", "exported"):
        here = [flow for flow in flows if flow.body.get("direction") == direction]
        sources = [f"{flow.path}/direction" for flow in here]
        note = f"from the flows of {what} in the record" if here else (
            f"the record lists no flow of {what} in this direction; the figures count none"
        )  # fmt: skip
        yield valued(why, "yes" if here else "no", aspect=direction, sources=sources, note=note)
    for flow in flows:
        other = "supplier" if flow.body.get("direction") == "imported" else "receiver"
        answer = copied(flow, "supplier", why, aspect=other)
        yield Answer(
            answer.state, answer.why, subject=flow.subject, aspect=other, value=answer.value,
            reason=answer.reason, field=answer.field,
        )  # fmt: skip


def heat_flows(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    yield from _flows(case, "heat", why, "measurable heat")


def waste_gas_flows(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    yield from _flows(case, "waste-gas", why, "waste gas")


def exported(_case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    amount = exactly(element.body.get("electricityExported"))
    if amount is None:
        yield missing(why, f"{element.path}/electricityExported")
        return
    sources = (f"{element.path}/electricityExported",)
    yield valued(why, "yes" if amount > 0 else "no", sources=sources, note="from the electricity exported")


def no_place(_case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """What the record cannot state at all: electricity as a good."""
    yield missing(why, element.path, said="no-place")


def method(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    yield valued(
        why, case.calculation.method, sources=(f"{element.path}/id",), note="the method that computed it"
    )


def _equation(case: Case, element: Element, why: Explained, name: str) -> Iterator[Answer]:
    figures = case.process(element)
    figure = getattr(figures, name, None)
    step = case.calculation.trace.steps.get(figure.step) if isinstance(figure, Figure) else None
    if step is None or not isinstance(figure, Figure):
        charged = case.charged(element)
        if charged is False and name == "attributed_indirect":
            yield inapplicable(why, "outside-annex-ii")
        else:
            yield missing(why, element.path, said="figure")
        return
    sources = rests_on(case.calculation.trace, figure)
    yield valued(why, f"{step.equation} [{step.cited}]", sources=sources, note="the equation of the method",
                 equation=step.symbol)  # fmt: skip


def equation_direct(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    yield from _equation(case, element, why, "attributed_direct")


def equation_indirect(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    yield from _equation(case, element, why, "attributed_indirect")


FILLS: dict[str, Fill] = {
    "equation-direct": equation_direct,
    "equation-indirect": equation_indirect,
    "exported": exported,
    "heat-flows": heat_flows,
    "method": method,
    "no-place": no_place,
    "waste-gas-flows": waste_gas_flows,
}
