"""The view that the operator's emissions report needs: its items, point by point, each with a state.

Clause: Implementing Regulation (EU) 2025/2547, Annex IV, points 1.1 and 1.2.
"""

from __future__ import annotations

from datetime import date

from gateway.model.parts import Part, key


class ReportEntry(Part):
    """One answer. ``state``: value, missing or notApplicable; the last two have a reason, never a blank.

    ``subject``: the good, process or precursor it is about; ``aspect``: which part of the question.
    ``field``: where in the record a missing value goes. ``equation``: the symbol of the step behind a figure.
    """

    subject: str | None = None
    aspect: str | None = None
    state: str | None = None
    value: str | None = None
    unit: str | None = None
    reason: str | None = None
    field: str | None = None
    equation: str | None = None


class ReportPoint(Part):
    """One lettered point of an item; an item without letters has one point."""

    number: str | None = key()
    key: str | None = None
    title: str | None = None
    state: str | None = None
    entries: tuple[ReportEntry, ...] = ()


class ReportItem(Part):
    """One numbered item of the template of the Annex."""

    number: str | None = key()
    title: str | None = None
    clause: str | None = None
    state: str | None = None
    points: tuple[ReportPoint, ...] = ()


class Bar(Part):
    label: str | None = None
    value: str | None = None


class Breakdown(Part):
    """A figure as the parts it consists of; for drawing."""

    key: str | None = key()
    title: str | None = None
    unit: str | None = None
    bars: tuple[Bar, ...] = ()


class EquationInput(Part):
    symbol: str | None = None
    value: str | None = None
    unit: str | None = None
    source: str | None = None


class Equation(Part):
    """A step of the method. The summary states it in symbols: the numbers stand in the full report."""

    symbol: str | None = key()
    equation: str | None = None
    numbers: str | None = None
    result: str | None = None
    unit: str | None = None
    clause: str | None = None
    inputs: tuple[EquationInput, ...] = ()


class OperatorReport(Part):
    """The operator's emissions report or its summary, for one installation and one reporting period."""

    notice: str | None = None
    act: str | None = None
    document: str | None = None
    record: str | None = None
    report_date: date | None = None
    period_start: date | None = None
    period_end: date | None = None
    method: str | None = None
    basis: str | None = None
    items: tuple[ReportItem, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    equations: tuple[Equation, ...] = ()
