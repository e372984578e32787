"""Shapes seen before: the second record with the same leaves is carried without walking any table.

Which rows apply to a document, and where their values go, follows from the paths of its leaves. So the first
record of a shape is carried by the engine, and what the engine did is kept as a list of moves; the next
record with exactly the same paths repeats the moves with its own values. Whatever the moves cannot settle (a
lens refuses, a sum does not hold) goes back to the engine, which says what is wrong. The ledger's equalities
hold by the key, the tuple of all source paths, and are checked for the target on every run.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

from gateway.formats.leaves import escape, text_of
from gateway.formats.registry import in_schema_order
from gateway.formats.shape import shape
from gateway.translate.additions import default_value
from gateway.translate.engine import EXACT_COPY, Carried
from gateway.translate.ledger import RESPELT, Entry, Ledger, LedgerError
from gateway.translate.lens import Direction, LensRefusal, NotMine, decimal
from gateway.translate.mapping import Default, Law, Plan, Row

MOST = 256
"""Shapes kept for each route; the one used longest ago goes first."""

SETTLED = 32
"""After so many records of a shape, the moves whose texts recur are looked at all together."""

_new: Any = tuple.__new__


Made = tuple[Any, Entry, tuple[tuple[str, Any], ...]]
"""What a move made last: of which texts, its entry, and each target with its value."""


@dataclass(slots=True)
class Move:
    """One row applied once. ``function`` is None for a plain copy; ``own`` are the sources that are not context.

    ``reads`` picks all that the function looks at, ``paths``. Most fields of a batch say the same in every
    record: where nothing that is read has changed since the last one, what was made of it then is taken again.
    """

    function: Direction | None
    path: str
    partners: tuple[str, ...]
    targets: tuple[str, ...]
    sources: tuple[str, ...]
    own: tuple[str, ...]
    rule: str
    clause: str
    meaning: str
    remark: str
    paths: tuple[str, ...]
    reads: Callable[[Mapping[str, Any]], Any]
    last: Made | None = None
    fresh: int = 0
    """How often what is read was new."""

    def made(self, read: Any, values: Mapping[str, Any]) -> Made:
        """What this move makes of a record of which it ``read`` this. Raises LensRefusal where the engine has to
        say what is wrong."""
        self.fresh += 1
        self.last = made = (read, *_apply(self, values))
        return made


@dataclass(slots=True)
class Lost:
    """A leaf without a place in the target, with its last entry."""

    path: str
    last: Entry
    fresh: int = 0

    def entry(self, value: Any) -> Entry:
        """The entry for this value."""
        shown = value if type(value) is str else text_of(value)
        last = self.last
        if last.before != shown:
            self.fresh += 1
            last = last._replace(before=shown)
            self.last = last
        return last


class Group(NamedTuple):
    """An object or a list of the target: where it stands, its keys (None for a list), the paths of its parts."""

    path: str
    keys: tuple[str, ...] | None
    parts: tuple[str, ...]


@dataclass(slots=True)
class Steps:
    """Moves and losses of a shape, each with the number of its entry."""

    moves: list[tuple[int, Move]]
    lost: list[tuple[int, Lost]]

    def run(self, values: Mapping[str, Any], entries: list[Any], after: dict[str, Any]) -> None:
        """Put in the entries and the target's leaves. Raises LensRefusal, NotMine, KeyError as a move does."""
        for at, move in self.moves:
            read, last = move.reads(values), move.last
            _, entries[at], made = last if last is not None and last[0] == read else move.made(read, values)
            after.update(made)
        for at, lost in self.lost:
            value, known = values[lost.path], lost.last
            entries[at] = known if value == known.before else lost.entry(value)


@dataclass(slots=True)
class Steady:
    """The steps whose texts hardly ever change: while none does, all that they made last is taken at once."""

    steps: Steps
    reads: Callable[[Mapping[str, Any]], Any]
    last: tuple[Any, list[Any], dict[str, Any]] | None = None
    """What was read, the entries, the leaves of the target: one value, so that threads never mix two."""

    def made(self, values: Mapping[str, Any], count: int) -> tuple[list[Any], dict[str, Any]]:
        """So many entries, filled in where these steps make one, and the leaves of the target that they make."""
        read, last = self.reads(values), self.last
        if last is None or last[0] != read:
            entries: list[Any] = [None] * count
            after: dict[str, Any] = {}
            self.steps.run(values, entries, after)
            self.last = last = (read, entries, after)
        return last[1].copy(), last[2].copy()


@dataclass(slots=True)
class Seen:
    """What is known of a shape. ``groups`` build the target, innermost first, in the order of its schema."""

    steps: Steps
    defaults: tuple[tuple[Default, Entry], ...]
    laws: tuple[tuple[str, tuple[str, ...]], ...]
    targets: frozenset[str]
    groups: tuple[Group, ...]
    shape: object = field(default_factory=object)
    """Stands for the shape where its paths need not be compared again."""
    origins: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Fields of the source that were found for places in the target: the same in every record of the shape."""
    met: int = 0
    settled: tuple[Steady, Steps] | None = None
    """The steps in two parts, once it is known which hardly ever change."""

    def made(self, values: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The entries, where those of the defaults are still to come, and the leaves that the steps make."""
        count = len(self.steps.moves) + len(self.defaults) + len(self.steps.lost)
        if self.settled is not None:
            steady, moving = self.settled
            entries, after = steady.made(values, count)
        else:
            moving, entries, after = self.steps, [None] * count, {}
        moving.run(values, entries, after)
        self.met += 1
        if self.met == SETTLED:
            self.settled = self._parted()
        return entries, after

    def _parted(self) -> tuple[Steady, Steps] | None:
        """The steps that hardly ever change and the others; None where it would not help, or where two moves
        write one leaf, so that their order counts."""
        most, steps = SETTLED // 8, self.steps
        written = [target for _, move in steps.moves for target in move.targets]
        moves = [step for step in steps.moves if step[1].fresh <= most]
        lost = [step for step in steps.lost if step[1].fresh <= most]
        paths = dict.fromkeys(
            [*(path for _, move in moves for path in move.paths), *(gone.path for _, gone in lost)]
        )
        if len(paths) < 2 or len(set(written)) < len(written):
            return None
        moving = [step for step in steps.moves if step[1].fresh > most]
        others = [step for step in steps.lost if step[1].fresh > most]
        return Steady(Steps(moves, lost), itemgetter(*paths)), Steps(moving, others)


class Memory:
    """The shapes of one route."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], Seen] = OrderedDict()

    def recall(self, paths: tuple[str, ...]) -> Seen | None:
        seen = self._known.get(paths)
        if seen is not None:
            self._known.move_to_end(paths)
        return seen

    def keep(self, paths: tuple[str, ...], seen: Seen | None) -> None:
        if seen is None:
            return
        self._known[paths] = seen
        if len(self._known) > MOST:
            self._known.popitem(last=False)


def learn(
    plan: Plan, carried: Sequence[Carried], tree: Mapping[str, Any], ledger: Ledger, leaves: Collection[str]
) -> Seen | None:
    """The moves behind a run of the engine over a record with these leaves; None where a figure was derived
    or equal texts may meet, which is left to the engine."""
    if any(isinstance(item.row, Law) or getattr(item.row, "distinct", False) for item in carried):
        return None  # what stands in a list of distinct texts depends on the texts
    moves, defaults = [], []
    for item, entry in zip(carried, ledger.entries, strict=False):
        if isinstance(item.row, Default):
            defaults.append((item.row, entry))
        elif isinstance(item.row, Row):
            moves.append(_move(item.row, item, entry, leaves))
    lost = [Lost(entry.source[0], entry) for entry in ledger.entries[len(carried) :]]
    laws = []
    for law in plan.laws:
        present = tuple(f"/{term}" for term in law.terms if f"/{term}" in ledger.by_target)
        if present and f"/{law.external}" in ledger.by_target:
            laws.append((f"/{law.external}", present))
    targets = frozenset(ledger.by_target)
    ordered = in_schema_order(tree, shape(f"{plan.mapping}@{plan.version}"))
    steps = Steps([*enumerate(moves)], [*enumerate(lost, len(moves) + len(defaults))])
    return Seen(steps, tuple(defaults), tuple(laws), targets, tuple(_groups(ordered, "")))


def _groups(node: Any, path: str) -> Iterator[Group]:
    """The objects and lists of a tree, innermost first; an empty one is a leaf."""
    if not isinstance(node, dict | list) or not node:
        return
    keys = tuple(node) if isinstance(node, dict) else None
    parts = [f"{path}/{escape(key)}" for key in node] if isinstance(node, dict) else []
    parts = parts or [f"{path}/{index}" for index in range(len(node))]
    for part, below in zip(parts, node.values() if isinstance(node, dict) else node, strict=True):
        yield from _groups(below, part)
    yield Group(path, keys, tuple(parts))


def _move(row: Row, item: Carried, entry: Entry, leaves: Collection[str]) -> Move:
    uses = len(item.out.uses)
    own = item.sources[: len(item.sources) - uses] if uses else item.sources
    paths = (item.sources[0], *own[1:], *(path for path in row.lens.needs if path in leaves))
    return Move(
        None if item.out is EXACT_COPY else row.lens.lower,
        item.sources[0],
        own[1:],
        item.targets,
        entry.source,
        own,
        entry.rule,
        entry.clause,
        entry.meaning,
        f"meaning: {row.meaning}; {row.note}".removesuffix("; ") if row.meaning != "same" else "",
        paths,
        itemgetter(*paths),
    )


def repeat(
    seen: Seen, values: Mapping[str, Any], facts: Mapping[str, str]
) -> tuple[dict[str, Any], Ledger, dict[str, Any]] | None:
    """The target, the ledger and the target by paths of a record of a known shape; None where the engine has
    to look again."""
    try:
        entries, after = seen.made(values)
        for total, terms in seen.laws:
            if decimal(after[total]) != sum(map(decimal, map(after.__getitem__, terms))):
                return None
        for number, (default, entry) in enumerate(seen.defaults, len(seen.steps.moves)):
            value = default_value(default, facts)
            after[entry.target[0]] = value
            entries[number] = entry._replace(after=text_of(value))
    except (LensRefusal, NotMine, KeyError):
        return None
    if after.keys() != seen.targets:
        raise LedgerError(f"target leaves and ledger differ: {sorted(after.keys() ^ seen.targets)[:5]}")
    return _built(seen.groups, after), Ledger(entries, len(values), len(seen.targets)), after


def _built(groups: Sequence[Group], leaves: Mapping[str, Any]) -> dict[str, Any]:
    """The tree of these leaves: each group is made once all of its parts are."""
    made = dict(leaves)
    for path, keys, parts in groups:
        below = [made[part] for part in parts]
        made[path] = below if keys is None else dict(zip(keys, below, strict=True))
    tree: dict[str, Any] = made.get("", {})
    return tree


def _apply(move: Move, values: Mapping[str, Any]) -> tuple[Entry, tuple[tuple[str, Any], ...]]:
    value, targets = values[move.path], move.targets
    before = value if type(value) is str else text_of(value)
    if move.function is None:
        copied = (
            "exact",
            move.sources,
            targets,
            move.rule,
            move.clause,
            before,
            before,
            "",
            move.meaning,
            "",
        )
        return _new(Entry, (*copied, ())), ((targets[0], value),)
    whole = (value, *[values[p] for p in move.partners]) if move.partners else value
    result, fidelity, note, delta, respelt, _ = move.function(whole, values.get)
    parts = (result,) if len(targets) == 1 else result if targets else ()
    shown = " ".join(map(text_of, parts)) if targets else None
    if move.remark:
        fidelity = "converted" if fidelity == "exact" else fidelity
        note = f"{move.remark}; {note}" if note else move.remark
    if respelt:
        note = f"{RESPELT}; {note}" if note else RESPELT
    keeps = move.own if (respelt or delta) and fidelity in ("exact", "converted") else ()
    carried = (
        fidelity,
        move.sources,
        targets,
        move.rule,
        move.clause,
        before,
        shown,
        delta,
        move.meaning,
        note,
    )
    return _new(Entry, (*carried, keeps)), tuple(zip(targets, parts, strict=True))
