"""A document of cells: leaves for which it has no cell go back to the ledger as lost, and what it asks for is added.

The engine carries leaf by leaf and knows no places. A workbook with a fixed form has room for so many
elements, and for some leaves only sometimes. What it has no cell for is taken out of the crossing here, with
its reason, so that the ledger says of the file what is true of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from gateway.formats.leaves import at, escape
from gateway.formats.template import Added, additions, settle
from gateway.model.finding import Finding
from gateway.translate.crossing import Carried, Crossing, Left, put
from gateway.translate.lens import Out
from gateway.translate.mapping import Plan


def withdraw(crossing: Crossing, without: Mapping[str, str]) -> None:
    """Takes leaves without a place out of what was made; elements that are left empty close up."""
    if not without:
        return
    moved: dict[str, str] = {}
    crossing.tree = _pruned(crossing.tree, "", "", without, moved) or {}
    kept: list[Carried] = []
    gone: list[tuple[Carried, str]] = []
    for item in crossing.carried:
        targets = tuple(moved[path] for path in item.targets if path in moved)
        if targets or not item.targets:
            kept.append(item._replace(targets=targets))
        else:
            gone.append((item, without.get(item.targets[0], "")))
    crossing.carried = kept
    used = {path for item in kept for path in item.sources}
    for item, reason in gone:
        own = item.sources[: len(item.sources) - len(item.out.uses)] or item.sources
        for path in own:
            if path not in used:
                crossing.left.append(Left(path, item.before, None, reason))


def _pruned(node: Any, old: str, new: str, without: Mapping[str, str], moved: dict[str, str]) -> Any:
    """The tree without some leaves, None where nothing is left; ``moved``: old path of a leaf to its new one."""
    if isinstance(node, dict) and node:
        made = {}
        for key, value in node.items():
            step = f"/{escape(key)}"
            below = _pruned(value, old + step, new + step, without, moved)
            if below is not None:
                made[key] = below
        return made or None
    if isinstance(node, list) and node:
        rows: list[Any] = []
        for index, value in enumerate(node):
            below = _pruned(value, f"{old}/{index}", f"{new}/{len(rows)}", without, moved)
            if below is not None:
                rows.append(below)
        return rows or None
    if old in without:
        return None
    moved[old] = new
    return node


def add(plan: Plan, crossing: Crossing, added: Iterable[Added]) -> None:
    """Leaves that follow from those that were carried, each with its law, its equation and its sources."""
    laws = {law.id: law for law in plan.laws}
    sources = {target: item.sources for item in crossing.carried for target in item.targets}
    for row in added:
        origin = tuple(dict.fromkeys(p for target in row.sources for p in sources.get(target, ())))
        put(crossing.tree, [int(p) if p.isdigit() else p for p in row.path.split("/")[1:]], row.value)
        out = Out(row.value, "derived", row.equation)
        crossing.carried.append(Carried(laws[row.law], origin, (row.path,), None, out))


class Figure(Protocol):
    """A figure of a process that a method derived: its place, the leaves it rests on, its equation."""

    @property
    def process(self) -> int: ...
    @property
    def value(self) -> str: ...
    @property
    def sources(self) -> tuple[str, ...]: ...
    @property
    def equation(self) -> str: ...


def add_derived(plan: Plan, crossing: Crossing, figures: Iterable[Figure]) -> None:
    """Attributed direct emissions that the record leaves to its source streams, where the process has a cell."""
    law = next(law for law in plan.laws if law.id == "TPL-L09")
    lifted = {path for item in crossing.carried for path in item.sources} | {i.path for i in crossing.left}
    for figure in figures:
        target = f"/processes/{figure.process}/directEmissions"
        if at(crossing.tree, f"/processes/{figure.process}") is None:
            continue
        put(crossing.tree, ["processes", figure.process, "directEmissions"], figure.value)
        origin = tuple(path for path in figure.sources if path in lifted)
        out = Out(figure.value, "derived", figure.equation)
        crossing.carried.append(Carried(law, origin, (target,), None, out))


def at_source(found: Iterable[Finding], crossing: Crossing) -> list[Finding]:
    """Findings on target leaves, each at the leaf of the record that was carried there."""
    sources = {
        target: item.sources[0] for item in crossing.carried for target in item.targets if item.sources
    }

    def place(path: str) -> str:
        parent = path.rpartition("/")[0]
        near = next((s for t, s in sources.items() if t.startswith(f"{path}/")), "")
        beside = next((s for t, s in sources.items() if t.rpartition("/")[0] == parent), "")
        return sources.get(path) or near or beside or path

    return [replace(item, path=place(item.path)) for item in found]


def settle_cells(plan: Plan, crossing: Crossing) -> list[Finding]:
    """Withdraws what has no cell, adds what the workbook asks for; the findings stand at the record's fields."""
    settled = settle(crossing.tree)
    found = at_source(settled.findings, crossing)
    withdraw(crossing, settled.without)
    add(plan, crossing, additions(crossing.tree))
    return found
