"""One engine: walks a tree along a plan and carries each leaf across, in either direction.

It answers with the new tree and, for every leaf, the row that carried it, or the reason why none did.
The two directions are one algorithm; only the branch that is walked and the function of the lens differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from gateway.formats.leaves import at, escape, leaf_list
from gateway.model.finding import finding
from gateway.translate.additions import apply_defaults, apply_laws
from gateway.translate.crossing import EXACT_COPY, Carried, Crossing, Known, Left, put
from gateway.translate.lens import Get, LensRefusal, NotMine, Out
from gateway.translate.mapping import APPEND, Branch, Drop, Plan, Row, Way
from gateway.translate.mirror import reflect
from gateway.translate.readers import next_reader

__all__ = ["EXACT_COPY", "Carried", "Crossing", "Known", "Left", "lift", "lower", "put"]

HALF = "its other half is missing"

_Visit = tuple[int, int, Way, str, tuple[int, ...], Any]
"""(rank, number, way, path, indices of the lists on the path, value): sorts by the first two."""

_new: Any = tuple.__new__
"""Makes a named tuple without its keyword handling: twice as fast, where there is one for every leaf."""


def lower(
    plan: Plan, record: Mapping[str, Any], facts: dict[str, str], *, going_home: bool = False
) -> Crossing:
    """The canonical record as a document of this format. ``facts`` fill the defaults (``base_url`` …)."""
    crossing = _crossed(_Run(plan, down=True, source=record), plan.by_canonical)
    apply_laws(plan, crossing, going_home=going_home)
    apply_defaults(plan, crossing, facts)
    return crossing


def lift(
    plan: Plan,
    document: Mapping[str, Any],
    context: Mapping[str, Any] | None = None,
    skip: frozenset[str] = frozenset(),
    rows: Mapping[str, str] | None = None,
) -> Crossing:
    """A document of this format as a canonical record.

    ``context``: canonical leaves known beforehand (from a residue) on which lenses may depend.
    ``skip``: foreign paths that were added on the way out and carry nothing home.
    ``rows``: foreign paths that are known to have been written by a certain row.
    """
    if plan.mirror and not skip:
        mirrored = reflect(plan, document)
        if not mirrored.left:
            return mirrored
    known = Known(context or {}, skip, rows or {}, context is not None)
    return _crossed(_Run(plan, down=False, source=document, known=known), plan.by_external)


def _crossed(run: _Run, branch: Branch) -> Crossing:
    """A crossing without holes: where an element of a list was refused, once more without what was refused."""
    run.cross(run.source, branch)
    if not run.refused:
        return run.crossing
    again = _Run(run.plan, down=run.down, source=run.source, known=run.beforehand, barred=run.refused)
    again.cross(run.source, branch)
    again.crossing.findings = run.crossing.findings
    return again.crossing


class _Run:
    """One crossing in progress."""

    def __init__(
        self,
        plan: Plan,
        *,
        down: bool,
        source: Mapping[str, Any],
        known: Known = Known(),  # noqa: B008 - immutable
        barred: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        self.plan, self.down, self.source, self.beforehand = plan, down, source, known
        self.context, self.skip, self.rows, self.homeward = known
        self.barred = barred or {}
        self.refused: dict[tuple[str, str], str] = {}
        self.crossing = Crossing()
        self.visits: list[_Visit] = []
        self.partners: list[tuple[str, Any, Drop | None]] = []
        self.used: set[str] = set()
        self.allocated: dict[str, dict[Any, int]] = {}
        self.filled: dict[tuple[tuple[str, ...], tuple[int, ...]], tuple[list[Any], str]] = {}
        self.taken: set[str] = set()
        self.implied = {"/" + "/".join(row.canonical[0]): row for row in plan.constants}
        self.known: dict[str, Any] = {}
        self.get: Get = self._stated if down else self._known

    def cross(self, tree: Mapping[str, Any], branch: Branch) -> None:
        self._walk(tree, branch, "", (), None)
        self.visits.sort()
        for visit in self.visits:
            self._carry(visit)
        for path, value, drop in self.partners:
            if path not in self.used:
                self.crossing.left.append(Left(path, value, drop))
        if self.down:
            self._keep_used_constants()

    def _keep_used_constants(self) -> None:
        """A value that the format implies counts as carried only where something that depends on it was."""
        depended = {path for item in self.crossing.carried for path in item.out.uses}
        for item in [c for c in self.crossing.carried if not c.targets]:
            if item.sources[0] not in depended:
                self.crossing.carried.remove(item)
                reason = "nothing that depends on it is carried"
                self.crossing.left.append(Left(item.sources[0], item.before, None, reason))

    def _stated(self, path: str) -> Any:
        """A canonical leaf while lowering; looked up once, however many figures depend on it."""
        if path not in self.known:
            self.known[path] = at(self.source, path)
        return self.known[path]

    def _known(self, path: str) -> Any:
        """A canonical leaf while lifting: lifted already, known beforehand, or implied by the format."""
        value = at(self.crossing.tree, path)
        row = self.implied.get(path)
        if value is not None or row is None:
            return value
        out = row.lens.lift(None, self._known)
        value = at(self.context, path)
        if value is None or row.lens.lower(value, self._known).fidelity == "lost":
            value = out.value
        put(self.crossing.tree, path.split("/")[1:], value)
        self.crossing.carried.append(Carried(row, (), (path,), None, out))
        return value

    # --- the walk -----------------------------------------------------------------------------------

    def _walk(
        self, value: Any, branch: Branch, path: str, indices: tuple[int, ...], drop: Drop | None
    ) -> None:
        drop = branch.drop or drop
        if isinstance(value, dict) and value:
            for key, inner in value.items():
                below = branch.children.get(key)
                if below is None:
                    self._leave(inner, f"{path}/{escape(key)}", drop)
                elif type(inner) is str:
                    self._meet(inner, below, path + below.segment, indices, below.drop or drop)
                else:
                    self._walk(inner, below, path + below.segment, indices, drop)
        elif isinstance(value, list) and value:
            for index, inner in enumerate(value):
                below = branch.children.get(str(index)) or self._selected(inner, branch, path)
                if below is not None:
                    self._walk(inner, below, f"{path}/{index}", indices, drop)
                elif "*" in branch.children:
                    self._walk(inner, branch.children["*"], f"{path}/{index}", (*indices, index), drop)
                else:
                    self._leave(inner, f"{path}/{index}", drop)
        else:
            self._meet(value, branch, path, indices, drop)

    def _selected(self, inner: Any, branch: Branch, path: str) -> Branch | None:
        """The branch of the one element that a selector recognises; a second such element is like any other."""
        for name, key, chosen in branch.selectors:
            suffix, mark = self.plan.selectors[name]["suffix"], f"{path}/{{{name}}}"
            if (
                isinstance(inner, dict)
                and str(inner.get(key, "")).endswith(suffix)
                and mark not in self.taken
            ):
                self.taken.add(mark)
                return chosen
        return None

    def _reader(self, ways: Sequence[Way], path: str, value: str) -> Way | None:
        """The row that reads an element which rows tell by its text: the one that wrote it, where that is
        known, else the first that accepts it; a field that is single is read once."""
        written = self.rows.get(path)
        for way in ways:
            if way.row.id == written and way.accepts is not None and way.accepts(value):
                return way
        return next_reader(ways, value, self.taken)

    def _meet(
        self, value: Any, branch: Branch, path: str, indices: tuple[int, ...], drop: Drop | None
    ) -> None:
        if path in self.skip:
            return
        if not value and value is not False:
            self.crossing.left.append(Left(path, value, drop, "an empty value carries nothing"))
            return
        ways = branch.ways
        if ways and ways[0].accepts is not None:
            reader = self._reader(ways, path, str(value))
            ways = [] if reader is None else [reader]
        met = False
        for way in ways:
            met = True
            if way.plain and not self.context:
                steps, pointer = way.fixed[0]  # type: ignore[index]
                put(self.crossing.tree, steps, value)
                self.crossing.carried.append(_new(Carried, (way.row, (path,), (pointer,), value, EXACT_COPY)))
            elif (way.row.id, path) in self.barred:
                self.crossing.left.append(Left(path, value, None, self.barred[way.row.id, path]))
            else:
                self.visits.append((way.rank, len(self.visits), way, path, indices, value))
                if indices:
                    self._reserve(way, indices)
        if not met:
            if branch.partner:
                self.partners.append((path, value, drop))
            else:
                self.crossing.left.append(_new(Left, (path, value, drop, "")))

    def _leave(self, value: Any, path: str, drop: Drop | None) -> None:
        for leaf, text in leaf_list(value, path):
            if leaf not in self.skip:
                self.crossing.left.append(_new(Left, (leaf, text, drop, "")))

    # --- one row --------------------------------------------------------------------------------------

    def _carry(self, visit: _Visit) -> None:
        _, _, way, path, indices, value = visit
        row = way.row
        sources: tuple[str, ...] = (path,)
        if len(way.near) > 1:
            sources = (path, *(_concrete(other, indices) for other in way.near[1:]))
            value = (value, *(at(self.source, other) for other in sources[1:]))
            if any(part is None for part in value):
                if not row.lens.partial:
                    self._leave_out(visit, HALF)
                    return
                sources = tuple(s for s, part in zip(sources, value, strict=True) if part is not None)
        if row.lens.implied and self.homeward:
            self._leave_out(visit, "what was stated is known from the residue")
            return
        try:
            out = way.function(value, self.get)
        except LensRefusal as refusal:
            self._refuse(visit, refusal)
            return
        except NotMine as other:
            self._leave_out(visit, other.reason)
            return
        if row.meaning != "same":
            fidelity = "converted" if out.fidelity == "exact" else out.fidelity
            note = "; ".join(filter(None, (f"meaning: {row.meaning}", row.note, out.note)))
            out = out._replace(fidelity=fidelity, note=note)
        if self.context and not self.down:
            out = self._restored(row, value, out)
        if row.distinct and self.down and self._stands_already(row, out.value):
            self._leave_out(visit, "the same text stands in the list already")
            return
        targets = self._place(way, visit, out.value)
        self.used.update(sources)
        if self.down and out.uses:
            sources = (*sources, *out.uses)
        self.crossing.carried.append(Carried(row, sources, targets, visit[5], out))

    def _stands_already(self, row: Row, value: Any) -> bool:
        mark = f"{row.id} {value}"
        known = mark in self.taken
        self.taken.add(mark)
        return known

    def _restored(self, row: Row, foreign: Any, out: Out) -> Out:
        """What is known beforehand, where lowering it gives just what the document says; otherwise the document."""
        paths = row.canonical_paths
        known = tuple(at(self.context, path) for path in paths)
        if "*" in row.canonical[0] or any(value is None for value in known):
            return out
        value = known if len(known) > 1 else known[0]
        try:
            again = row.lens.lower(value, self.get).value
        except (LensRefusal, NotMine):
            return out
        return out._replace(value=value) if again == foreign else out

    def _refuse(self, visit: _Visit, refusal: LensRefusal) -> None:
        _, _, way, path, _, _ = visit
        values: dict[str, Any] = {"row": way.row.id, **refusal.values}
        said = finding(refusal.rule, path, severity=refusal.severity, stage="translate", **values)
        self.crossing.findings.append(said)
        self._leave_out(visit, refusal.rule)

    def _leave_out(self, visit: _Visit, reason: str) -> None:
        """A leaf that cannot be carried. In a list its element may have had a place reserved that stays empty."""
        _, _, way, path, indices, value = visit
        self.crossing.left.append(Left(path, value, None, reason))
        if indices:
            self.refused[way.row.id, path] = reason

    def _place(self, way: Way, visit: _Visit, value: Any) -> tuple[str, ...]:
        if not way.far:
            return ()
        values = value if len(way.far) > 1 else (value,)
        row_is_partial = way.row.lens.partial
        placed = []
        if way.fixed is not None:
            for (steps, pointer), part in zip(way.fixed, values, strict=True):
                put(self.crossing.tree, steps, part)
                placed.append(pointer)
            return tuple(placed)
        for template, part in zip(way.far, values, strict=True):
            if part is None and row_is_partial:
                continue
            concrete, pointer = self._target(template, way, visit)
            put(self.crossing.tree, concrete, part)
            placed.append(pointer)
        return tuple(placed)

    def _target(self, template: tuple[str, ...], way: Way, visit: _Visit) -> tuple[list[Any], str]:
        """A template with its wildcards filled: the next free place of a list, in the order of the source."""
        head, tail, rest, appends = _halves(template)
        if not way.appended and not appends:
            steps, pointer = self._list(head, visit[4])
            return [*steps, *tail], pointer + rest
        concrete: list[Any] = []
        pointer = ""
        indices = iter(visit[4])
        for part in template:
            step: Any = part
            if part == "*" and not way.appended:
                step = self._index(pointer, next(indices))
            elif part in ("*", APPEND):
                step = self._index(pointer, visit[3])
            elif part.startswith("{") or part.isdigit():
                step = self._index(pointer, part)
            concrete.append(step)
            pointer = f"{pointer}/{step if type(step) is int else escape(step)}"
        return concrete, pointer

    def _reserve(self, way: Way, indices: tuple[int, ...]) -> None:
        """Takes the places of list elements as they are met, so that lists keep the order of the source."""
        if not way.appended:
            for template in way.far:
                self._list(_halves(template)[0], indices)

    def _list(self, head: tuple[str, ...], indices: tuple[int, ...]) -> tuple[list[Any], str]:
        """A path that ends in a list element, filled; elements keep the place that they got first."""
        known = self.filled.get((head, indices))
        if known is not None:
            return known
        concrete: list[Any] = []
        pointer, filled = "", iter(indices)
        for part in head:
            step: Any = part
            if part == "*":
                step = self._index(pointer, next(filled))
            elif part.startswith("{") or part.isdigit():
                step = self._index(pointer, part)
            concrete.append(step)
            pointer = f"{pointer}/{step if type(step) is int else escape(step)}"
        self.filled[head, indices] = made = (concrete, pointer)
        return made

    def _index(self, place: str, source: Any) -> int:
        places = self.allocated.get(place)
        if places is None:
            places = self.allocated[place] = {}
        known = places.get(source)
        if known is None:
            known = places[source] = len(places)
        return known


@cache
def _halves(template: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], str, bool]:
    """A template up to its last element of a list, or up to where elements are appended; the fields after it,
    also as a pointer; and whether elements are appended."""
    appends = APPEND in template
    sure = template[: template.index(APPEND)] if appends else template
    lists = [at for at, part in enumerate(sure, 1) if part == "*" or part.startswith("{") or part.isdigit()]
    end = lists[-1] if lists else 0
    tail = template[end:]
    return template[:end], tail, "".join(f"/{escape(part)}" for part in tail), appends


def _concrete(template: tuple[str, ...], indices: tuple[int, ...]) -> str:
    filled = iter(indices)
    return "".join(f"/{next(filled)}" if part == "*" else f"/{part}" for part in template)
