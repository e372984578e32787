"""The operator's emissions report and its summary: the items of Annex IV, assembled from record and method.

The view holds each item of the template with its points and entries, the equations behind the figures, and the
parts that are drawn. It rests on ``cbam.definitive@2025-2547`` alone: a transitional figure never enters it.

The full report states every equation with its numbers. The summary, which importers see, states them in symbols
only: activity data are commercially sensitive (recital 17 of 2025/2547).

Clause: Implementing Regulation (EU) 2025/2547, Article 10 and Annex IV.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from gateway.formats.fields import record_fields
from gateway.formats.leaves import at
from gateway.methods.calculation import Calculation, Figure
from gateway.methods.calculation import figure as as_figure
from gateway.methods.join import View, join_table
from gateway.methods.operator_allocation import stated_otherwise
from gateway.methods.operator_answer import MISSING, VALUE, Answer, worst
from gateway.methods.operator_answers import answers
from gateway.methods.operator_case import LISTS, Case, Element, rests_on, site_of
from gateway.methods.operator_items import SUMMARY, Item, Point, items
from gateway.methods.trace import Step, text_of
from gateway.model.finding import Finding, Severity, finding
from gateway.model.record import Record
from gateway.translate.engine import put
from gateway.translate.ledger import Explained

_HAN = re.compile(r"[\u3400-\u9fff]")
"""Chinese writing: the report is submitted in English."""


def assemble_report(name: str, record: Mapping[str, Any], typed: Record, installation: str = "") -> View:
    """The view of a report. What is missing for it is all in the findings, each naming a field of the record.

    ``installation``: the one of several that the report is about.
    """
    from gateway.methods.cbam_definitive import calculate

    return report_view(name, record, calculate(typed), installation)


def report_view(
    name: str, record: Mapping[str, Any], calculation: Calculation, installation: str = ""
) -> View:
    """The view of a report for a record and the figures of the definitive method."""
    view = View({})
    sites = [str(row.get("id")) for row in record.get("installations") or ()]
    if installation and installation not in sites:
        view.findings.append(
            finding("OPERATOR-INSTALLATION-UNKNOWN", "/installations", stage="method", named=installation,
                    names=", ".join(sites) or "-")
        )  # fmt: skip
        return view
    case = Case(record, calculation, installation if len(sites) > 1 else "")
    writer = _Writer(view, join_table(name))
    view.findings += calculation.findings
    if not calculation.processes:  # the method has said what it lacks; a report without a figure says nothing
        return view
    _head(writer, case)
    cited: list[str] = []
    for index, item in enumerate(items(name)):
        cited += _item(writer, case, index, item)
    _breakdowns(writer, case)
    _equations(writer, case, cited)
    if name == SUMMARY:  # the full report has no item on free allocation
        view.findings += stated_otherwise(case)
    _doubts(view, case)
    return view


class _Writer:
    """Leaves into the view, each with its explanation."""

    def __init__(self, view: View, table: Mapping[str, Any]) -> None:
        self.view, self.table = view, table
        self.root, self.prefix, self.clause = table["view"], table["prefix"], table["clause"]

    def put(self, path: str, value: str, why: Explained) -> None:
        here = f"{self.root}/{path}"
        put(self.view.tree, [int(p) if p.isdigit() else p for p in here.split("/")[1:]], value)
        self.view.explained[here] = why

    def constant(self, path: str, value: str, rule: str, reason: str) -> None:
        self.put(path, value, Explained((), "defaulted", f"{self.prefix}-{rule}", self.clause, reason))


def _head(writer: _Writer, case: Case) -> None:
    table = writer.table
    for name, reason in (
        ("notice", "no file format is prescribed (Annex IV gives a template of contents)"),
        ("act", "the act that the items follow"),
        ("document", "the name that the act gives"),
    ):
        writer.constant(name, table[name], "HEAD", reason)
    for name, path in (
        ("record", "/record/id"),
        ("reportDate", "/record/reportDate"),
        ("periodStart", "/time/periodStart"),
        ("periodEnd", "/time/periodEnd"),
    ):
        value = at(case.record, path)
        if value is not None:
            writer.put(name, str(value), Explained((path,), "exact", f"{writer.prefix}-HEAD", writer.clause))
    writer.constant("method", case.calculation.method, "METHOD", "the method that computed every figure")
    writer.constant("basis", case.calculation.basis, "METHOD", "what the figures are per")


def _item(writer: _Writer, case: Case, index: int, item: Item) -> list[str]:
    """One item with its points; the symbols of the equations that its figures cite."""
    cited: list[str] = []
    states: list[str] = []
    wording = "the wording of the template"
    root = f"items/{index}"
    for name, value in (("number", item.number), ("title", item.en), ("clause", item.clause)):
        writer.constant(f"{root}/{name}", value, item.number, wording)
    for number, point in enumerate(item.points):
        here, rule = f"{root}/points/{number}", f"{writer.prefix}-{point.number}"
        found = list(answers(case, point, rule, item.clause))
        for name, value in (("number", point.number), ("key", point.key), ("title", point.en)):
            writer.constant(f"{here}/{name}", value, point.number, wording)
        states.append(worst([answer.state for answer in found]))
        _derived(writer, f"{here}/state", states[-1], point.number)
        for place, answer in enumerate(found):
            _entry(writer, f"{here}/entries/{place}", answer, point)
            cited += [answer.equation] if answer.equation else []
        _report_missing(writer.view, point, found)
    _derived(writer, f"{root}/state", worst(states), item.number)
    return cited


def _derived(writer: _Writer, path: str, value: str, rule: str) -> None:
    why = Explained((), "derived", f"{writer.prefix}-{rule}", writer.clause, "from the states of its parts")
    writer.put(path, value, why)


def _entry(writer: _Writer, path: str, answer: Answer, point: Point) -> None:
    shown = "what the entry is about" if answer.state == VALUE else "why there is no value"
    for name, value in answer.leaves():
        if name == "value":
            why = answer.why
        elif name == "unit" and answer.unit_source:
            why = answer.why._replace(sources=(answer.unit_source,), fidelity="exact", note="")
        elif name == "subject" and answer.subject_source:
            why = answer.why._replace(sources=(answer.subject_source,), fidelity="exact", note="")
        else:
            why = answer.why._replace(sources=(), fidelity="defaulted", note=shown)
        writer.put(f"{path}/{name}", value, why)


def _report_missing(view: View, point: Point, found: list[Answer]) -> None:
    """A finding for each field that a point lacks, with all that it would answer there."""
    fields: dict[str, list[str]] = {}
    for answer in found:
        if answer.state == MISSING:
            fields.setdefault(answer.field, []).append(answer.aspect)
    rule = "OPERATOR-ITEM-REQUIRED" if point.required else "OPERATOR-ITEM-MISSING"
    severity: Severity = "error" if point.required else "warning"
    for field, aspects in fields.items():
        named = "; ".join(filter(None, aspects))
        chinese = _title(field) or named
        view.findings.append(
            finding(
                rule, field, severity=severity, stage="method", item=point.number,
                title=point.en + (f" ({named})" if named else ""),
                title_zh=point.zh + (f"，字段“{chinese}”" if chinese else ""),
            )
        )  # fmt: skip


@cache
def _titles() -> dict[str, str]:
    return {field.path: field.zh for field in record_fields()}


def _title(field: str) -> str:
    """The Chinese heading of a field of the record: what the engineer sees in the workbook."""
    return _titles().get("/".join("*" if part.isdigit() else part for part in field.split("/")), "")


def _breakdowns(writer: _Writer, case: Case) -> None:
    """The parts of a figure, for drawing; in the full report only, since they rest on activity data."""
    made = 0
    for name in writer.table.get("breakdowns", ()):
        title, parts = _PARTS[name](case)
        if not parts:
            continue
        root, rule = f"breakdowns/{made}", f"B-{name}"
        made += 1
        for key, value in (("key", name), ("title", title), ("unit", "t CO2e")):
            writer.constant(f"{root}/{key}", value, rule, "a drawing of what the items state")
        for index, (label, value, why) in enumerate(parts):
            writer.constant(f"{root}/bars/{index}/label", label, rule, "what the bar stands for")
            explained = why._replace(rule=f"{writer.prefix}-{rule}", clause=writer.clause)
            writer.put(f"{root}/bars/{index}/value", value, explained)


Part = tuple[str, str, Explained]


def _by_precursor(case: Case) -> tuple[str, list[Part]]:
    """EEInpMat, equation 60, precursor by precursor: amount times specific direct embedded emissions."""
    parts: list[Part] = []
    here = {element.path for element in case.elements("process")}
    for process in case.calculation.processes:
        for used in process.precursors if process.path in here else ():
            if not isinstance(used.amount, Figure) or not isinstance(used.see_direct, Figure):
                continue
            trace = case.calculation.trace
            sources = dict.fromkeys(
                path for figure in (used.amount, used.see_direct) for path in rests_on(trace, figure)
            )
            value = Figure(used.amount.exact * used.see_direct.exact, "t CO2e", used.amount.step)
            label = " ".join(filter(None, (used.cn8, used.name or used.own_process, f"in {process.process}")))
            why = Explained(tuple(sources), "derived", "", "", f"{used.amount.step} x {used.see_direct.step}")
            parts.append((label, text_of(value.value), why))
    return "Direct emissions embedded in the precursors (equation 60), by precursor", parts


def _by_stream(case: Case) -> tuple[str, list[Part]]:
    """What each source stream emits by the method; what leaves with a product counts against it."""
    parts: list[Part] = []
    for stream in (*case.elements("stream"), *case.elements("pfc")):
        found = case.stream(stream)
        if found is not None:
            name = stream.body.get("name") or f"{stream.subject} ({found.gas})"
            figure = as_figure(found.emissions)
            sources = rests_on(case.calculation.trace, figure)
            why = Explained(
                sources, "derived", "", "", f"{case.calculation.method}: {found.emissions.equation}"
            )
            parts.append((str(name), text_of(figure.value), why))
    return "Direct emissions by source stream", parts


_PARTS = {"streams": _by_stream, "precursors": _by_precursor}


def _equations(writer: _Writer, case: Case, cited: list[str]) -> None:
    """The steps behind the figures: all of them with numbers, or those cited in symbols."""
    steps = case.calculation.trace.steps
    numbers = writer.table["equations"] == "numbers"
    wanted = _behind(steps, cited) if numbers else dict.fromkeys(cited)
    shown = [steps[symbol] for symbol in steps if symbol in wanted]
    for index, step in enumerate(shown):
        root = f"equations/{index}"
        sources = tuple(dict.fromkeys(case.calculation.trace.record_paths(step.symbol)))
        note = f"{case.calculation.method}: {step.equation}"
        why = Explained(sources, "derived", f"{writer.prefix}-EQ", step.clause or writer.clause, note)
        for name, value in _step(step, numbers=numbers):
            writer.put(f"{root}/{name}", value, why)


def _step(step: Step, *, numbers: bool) -> Iterator[tuple[str, str]]:
    yield "symbol", step.symbol
    yield "equation", step.equation
    if numbers:
        yield "numbers", step.numbers
    yield "result", text_of(step.result)
    if step.unit and step.unit != "1":
        yield "unit", step.unit
    yield "clause", step.cited
    for index, part in enumerate(step.inputs if numbers else ()):
        for name, value in part.to_json().items():
            if value:
                yield f"inputs/{index}/{name}", value


def _behind(steps: Mapping[str, Step], cited: list[str]) -> dict[str, None]:
    """The cited steps and every step they rest on."""
    found: dict[str, None] = {}
    waiting = list(cited)
    while waiting:
        symbol = waiting.pop()
        if symbol in steps and symbol not in found:
            found[symbol] = None
            waiting += [part.source for part in steps[symbol].inputs]
    return found


def _doubts(view: View, case: Case) -> None:
    """What the act asks of the report as a whole: one installation, in English."""
    sites = case.elements("installation")
    if len(sites) > 1:
        names = ", ".join(site.subject for site in sites)
        view.findings.append(
            finding("OPERATOR-ONE-INSTALLATION", "/installations", stage="method", names=names)
        )
    view.findings += _without_place(case)
    for path, why in view.explained.items():
        if why.fidelity != "defaulted" and _HAN.search(str(at(view.tree, path))):
            field = why.sources[0] if why.sources else path
            view.findings.append(finding("OPERATOR-NOT-ENGLISH", field, severity="warning", stage="method"))
    view.findings[:] = _once(view.findings)


def _without_place(case: Case) -> Iterator[Finding]:
    """Where one of several installations is meant: what belongs to none of them would be in no report."""
    for kind in ("process", "stream", "energy-unit") if case.site else ():
        for index, row in enumerate(case.record.get(LISTS[kind]) or ()):
            element = Element(kind, str(row.get("id") or index + 1), f"/{LISTS[kind]}/{index}", row)
            if site_of(case.record, element) is None:
                yield finding("OPERATOR-NOT-PLACED", f"{element.path}/installation", stage="method",
                              name=element.subject)  # fmt: skip


def _once(found: list[Any]) -> list[Any]:
    """A field that answers several items is named once for each of them, never twice for one."""
    seen: dict[tuple[Any, ...], Any] = {}
    for item in found:
        seen.setdefault((item.rule, item.path, tuple(sorted(item.values.items()))), item)
    return [replace(item) for item in seen.values()]
