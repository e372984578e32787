"""What the inputs of a communication template give by our own computation, beside what it shows.

The workbook computes in binary, so a result agrees when it is ours to nine digits. Goods whose process our
method refuses are not compared: the refusal says what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import ValidationError

from gateway.methods.cbam_transitional import Calculation, Figure, calculate
from gateway.methods.trace import text_of
from gateway.model.finding import Finding, finding
from gateway.model.record import Record
from gateway.translate.engine import lift
from gateway.translate.mapping import plan

FIGURES = (
    ("seeDirect", "see_direct"),
    ("seeIndirect", "see_indirect"),
    ("seeTotal", "see_total"),
    ("embeddedElectricity", "embedded_electricity"),
)
_FIGURE = re.compile(r"-?[0-9]{1,60}(?:\.[0-9]{1,60})?")
TOLERANCE = Decimal("1E-9")
"""Relative. What binary arithmetic adds is a thousandth of it; a typed figure is further off."""


class Difference(NamedTuple):
    """One result that is not what the inputs give. ``at``: its place below the list of goods."""

    at: str
    good: str
    figure: str
    stated: str
    computed: str


def computed_from(tree: Mapping[str, Any]) -> Calculation | None:
    """The figures of a tree of the template; None where it does not even make a record."""
    lifted = lift(plan("cbam.template@2.1"), tree).tree
    try:
        return calculate(Record.model_validate(lifted))
    except ValidationError:
        return None


def differences(tree: Mapping[str, Any]) -> Iterator[Difference]:
    """Results that the workbook shows for its goods and that its inputs do not give."""
    goods = tree.get("goods")
    if not isinstance(goods, list) or not any(isinstance(g, dict) and g.get("results") for g in goods):
        return
    calculation = computed_from(tree)
    found = {} if calculation is None else {good.path: good for good in calculation.goods}
    for index, row in enumerate(goods):
        good = found.get(f"/goods/{index}")
        results: Any = row.get("results") if isinstance(row, dict) else None
        for name, attribute in FIGURES if isinstance(results, dict) else ():
            figure: Figure | None = getattr(good, attribute, None)
            stated = results.get(name)
            if figure is not None and isinstance(stated, str) and not agree(stated, figure.value):
                yield Difference(f"/{index}/results/{name}", _name(row), name, stated, text_of(figure.value))


def agree(stated: str, computed: Decimal) -> bool:
    """Whether two figures are the same to nine digits. Text that is no figure is for the schema to name."""
    if not _FIGURE.fullmatch(stated):
        return True
    return abs(Decimal(stated) - computed) <= TOLERANCE * max(abs(computed), TOLERANCE)


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("cn8") or row.get("name") or row.get("id") or "-")


class Derived(NamedTuple):
    """Attributed direct emissions that a process does not state: from its source streams."""

    process: int
    value: str
    sources: tuple[str, ...]
    equation: str


def derived_direct(record: Record, own: Calculation) -> Iterator[Derived]:
    """DirEm* of each process that leaves it to its source streams; the workbook has a cell for the sum alone."""
    for index, process in enumerate(record.processes):
        if process.direct_emissions is not None or own.streams is None or process.id is None:
            continue
        step = own.streams.processes.get(process.id)
        if step is not None:
            paths = dict.fromkeys(own.trace.record_paths(step.symbol))
            yield Derived(index, text_of(step.result), tuple(paths), step.equation)


def filled_differently(own: Calculation, tree: Mapping[str, Any]) -> list[Finding]:
    """Goods for which the cells that are filled give another figure than the record itself.

    The guard against everything that has no cell: whatever was lost on the way to the workbook, the figures
    that the importer sees are those of the record, or the workbook is not written.
    """
    filled = computed_from(tree)
    if filled is None:
        return []
    by_place = {good.path: good for good in filled.goods}
    found = []
    for good in own.goods:
        other = by_place.get(good.path)
        for name, attribute in FIGURES if other is not None else FIGURES[:1]:  # none at all is said once
            mine: Figure | None = getattr(good, attribute)
            theirs: Figure | None = getattr(other, attribute) if other is not None else None
            if mine is None or (theirs is not None and agree(text_of(theirs.value), mine.value)):
                continue
            shown = text_of(theirs.value) if theirs is not None else "-"
            found.append(
                finding("TEMPLATE-SEE-DIFFERS", good.path, stage="method", good=good.cn8 or good.good or "-",
                        figure=name, filled=shown, computed=text_of(mine.value))
            )  # fmt: skip
    return found
