"""The record behind one good of a report, for goods of a shape seen before.

The rules of the record hold for what a report states as well. The first good of a shape is lifted and taken
apart by the engine; the next ones put their values into the record so made, where the tables say that the
leaves go, and only the rules that stand there are asked again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.bulk.shapes import Live, holder_of, live_rules
from gateway.bulk.template import NoTemplate
from gateway.check.document import lift_whole
from gateway.check.long_list import all_rules
from gateway.formats.leaves import leaf_list
from gateway.formats.registry import Document
from gateway.translate.crossing import EXACT_COPY, Crossing
from gateway.translate.lens import Direction, LensRefusal
from gateway.translate.mapping import Row


class Slot(NamedTuple):
    """A leaf of the record that holds a value of the good, and the function that lifts it; None for a copy."""

    number: int
    holder: Any
    step: Any
    lift: Direction | None


class LiftedShape:
    """What is known of goods with the same leaves: the record, the places of their values, the rules there."""

    def __init__(self, document: Document, name: str, across: frozenset[str], profile: str | None) -> None:
        lifted, view = lift_whole(document)
        if lifted.findings or view is None or view.findings:
            raise NoTemplate
        self._record = lifted.tree
        self._numbers = {p: n for n, (p, _) in enumerate(leaf_list(document.tree[name][0], f"/{name}/0"))}
        self._slots: list[Slot] = []
        for pointer, sources in _origins(lifted, view.explained).items():
            self._add(pointer, *sources)
        varying = {(id(slot.holder), slot.step) for slot in self._slots}
        met = live_rules(all_rules("canonical", profile), {"": self._record}, "", "", varying)
        told = {target for item in lifted.carried for target in item.targets}
        self._live = [live for live in met if live.rule.rule.id not in across and _is_told(live, told)]

    def _add(self, pointer: str, source: str, row: Row, copied: bool) -> None:
        if source not in self._numbers:
            return
        holder, step = holder_of(self._record, pointer)
        self._slots.append(Slot(self._numbers[source], holder, step, None if copied else row.lens.lift))

    def obeys(self, values: Sequence[tuple[str, Any]]) -> bool | None:
        """Whether another good obeys the rules of the record; None where the engine has to look."""
        try:
            for number, holder, step, lift in self._slots:
                value = values[number][1]
                holder[step] = value if lift is None else lift(value, _nothing_else).value
        except (LensRefusal, NoTemplate):
            return None
        return not any(_breaks(live, self._record) for live in self._live)

    @property
    def record(self) -> Mapping[str, Any]:
        """The record of the good seen last."""
        return self._record


def _origins(lifted: Crossing, explained: Mapping[str, Any]) -> dict[str, tuple[str, Row, bool]]:
    """For each leaf of the record the one leaf of the report that it came from, by which row, and whether copied."""
    found: dict[str, tuple[str, Row, bool]] = {}
    for item in lifted.carried:
        if not isinstance(item.row, Row) or len(item.sources) > 1 or len(item.targets) > 1 or item.out.uses:
            raise NoTemplate
        if item.sources:
            copied = item.out is EXACT_COPY or item.row.lens.verbatim
            found[item.targets[0]] = (item.sources[0], item.row, copied)
    for pointer, why in explained.items():
        if why.fidelity == "exact" and len({found[source][0] for source in why.sources}) == 1:
            found[pointer] = found[why.sources[0]]
        elif why.sources:
            raise NoTemplate
    return found


def _is_told(live: Live, told: set[str]) -> bool:
    """Whether a finding of this rule would reach the sender: a hint on what a report has no field for does not."""
    rule = live.rule
    return (
        rule.rule.severity == "error"
        or rule.stage == "purpose"
        or any(path.startswith(live.path) for path in told)
    )


def _breaks(live: Live, record: Mapping[str, Any]) -> bool:
    node = live.holder[live.step]
    when = live.rule.when
    return (when is None or not when(record, node)) and bool(live.rule.require(record, node))


def _nothing_else(path: str) -> Any:
    raise NoTemplate(path)
