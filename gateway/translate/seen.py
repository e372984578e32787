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
from dataclasses import dataclass
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

_new: Any = tuple.__new__


Made = tuple[Any, Entry, tuple[tuple[str, Any], ...]]
"""What a move made last: of which texts, its entry, and each target with its value."""


@dataclass(slots=True)
class Move:
    """One row applied once. ``function`` is None for a plain copy; ``own`` are the sources that are not context.

    ``reads`` picks all that the function looks at. Most fields of a batch say the same in every record: where
    nothing that is read has changed since the last one, what was made of it then is taken again.
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
    reads: Callable[[Mapping[str, Any]], Any]
    last: Made | None = None

    def made(self, read: Any, values: Mapping[str, Any]) -> Made:
        """What this move makes of a record of which it ``read`` this. Raises LensRefusal where the engine has to
        say what is wrong."""
        self.last = made = (read, *_apply(self, values))
        return made


@dataclass(slots=True)
class Lost:
    """A leaf without a place in the target, with its last entry."""

    path: str
    last: Entry

    def entry(self, value: Any) -> Entry:
        """The entry for this value."""
        shown = value if type(value) is str else text_of(value)
        if self.last.before != shown:
            self.last = self.last._replace(before=shown)
        return self.last


class Group(NamedTuple):
    """An object or a list of the target: where it stands, its keys (None for a list), the paths of its parts."""

    path: str
    keys: tuple[str, ...] | None
    parts: tuple[str, ...]


class Seen(NamedTuple):
    """What is known of a shape. ``groups`` build the target, innermost first, in the order of its schema."""

    moves: tuple[Move, ...]
    defaults: tuple[tuple[Default, Entry], ...]
    laws: tuple[tuple[str, tuple[str, ...]], ...]
    lost: tuple[Lost, ...]
    targets: frozenset[str]
    groups: tuple[Group, ...]
    shape: object
    """Stands for the shape where its paths need not be compared again."""


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
    return Seen(
        tuple(moves),
        tuple(defaults),
        tuple(laws),
        tuple(lost),
        targets,
        tuple(_groups(ordered, "")),
        object(),
    )


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
        itemgetter(item.sources[0], *own[1:], *(path for path in row.lens.needs if path in leaves)),
    )


def repeat(
    seen: Seen, values: Mapping[str, Any], facts: Mapping[str, str]
) -> tuple[dict[str, Any], Ledger, dict[str, Any]] | None:
    """The target, the ledger and the target by paths of a record of a known shape; None where the engine has
    to look again."""
    entries: list[Entry] = []
    after: dict[str, Any] = {}
    try:
        for move in seen.moves:
            read, last = move.reads(values), move.last
            _, entry, results = last if last is not None and last[0] == read else move.made(read, values)
            entries.append(entry)
            after.update(results)
        for total, terms in seen.laws:
            if decimal(after[total]) != sum(map(decimal, map(after.__getitem__, terms))):
                return None
        for default, entry in seen.defaults:
            value = default_value(default, facts)
            after[entry.target[0]] = value
            entries.append(entry._replace(after=text_of(value)))
    except (LensRefusal, NotMine, KeyError):
        return None
    for lost in seen.lost:
        value, known = values[lost.path], lost.last
        entries.append(known if value == known.before else lost.entry(value))
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
