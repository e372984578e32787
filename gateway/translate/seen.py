"""Shapes seen before: the second record with the same leaves is carried without walking any table.

Which rows apply to a document, and where their values go, follows from the paths of its leaves. So the first
record of a shape is carried by the engine, and what the engine did is kept as a list of moves; the next
record with exactly the same paths repeats the moves with its own values. Whatever the moves cannot settle (a
lens refuses, a sum does not hold) goes back to the engine, which says what is wrong. The ledger's equalities
hold by the key, the tuple of all source paths, and are checked for the target on every run.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.formats.leaves import segments, text_of
from gateway.translate.engine import EXACT_COPY, Carried, put
from gateway.translate.ledger import RESPELT, Entry, Ledger, LedgerError
from gateway.translate.lens import Direction, LensRefusal, decimal
from gateway.translate.mapping import Default, Law, Plan, Row

MOST = 256
"""Shapes kept for each route; the one used longest ago goes first."""

_new: Any = tuple.__new__


class Move(NamedTuple):
    """One row applied once. ``function`` is None for a plain copy; ``own`` are the sources that are not context."""

    function: Direction | None
    path: str
    partners: tuple[str, ...]
    targets: tuple[str, ...]
    steps: tuple[Sequence[Any], ...]
    sources: tuple[str, ...]
    own: tuple[str, ...]
    rule: str
    clause: str
    meaning: str
    remark: str


class Seen(NamedTuple):
    """What is known of a shape."""

    moves: tuple[Move, ...]
    defaults: tuple[tuple[Sequence[Any], Default, Entry], ...]
    laws: tuple[tuple[str, tuple[str, ...]], ...]
    lost: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    targets: frozenset[str]


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


def learn(plan: Plan, carried: Sequence[Carried], tree: Mapping[str, Any], ledger: Ledger) -> Seen | None:
    """The moves behind a run of the engine; None where a figure was derived, which is left to the engine."""
    if any(isinstance(item.row, Law) for item in carried):
        return None
    moves, defaults = [], []
    for item, entry in zip(carried, ledger.entries, strict=False):
        if isinstance(item.row, Default):
            defaults.append((_steps(item.targets[0]), item.row, entry))
        elif isinstance(item.row, Row):
            moves.append(_move(item.row, item, entry))
    lost = [(e.source[0], e.rule, e.note, e.source) for e in ledger.entries[len(carried) :]]
    laws = []
    for law in plan.laws:
        present = tuple(f"/{term}" for term in law.terms if f"/{term}" in ledger.by_target)
        if present and f"/{law.external}" in ledger.by_target:
            laws.append((f"/{law.external}", present))
    targets = frozenset(ledger.by_target)
    return Seen(tuple(moves), tuple(defaults), tuple(laws), tuple(lost), targets)


def _move(row: Row, item: Carried, entry: Entry) -> Move:
    uses = len(item.out.uses)
    own = item.sources[: len(item.sources) - uses] if uses else item.sources
    return Move(
        None if item.out is EXACT_COPY else row.lens.lower,
        item.sources[0],
        own[1:],
        item.targets,
        tuple(_steps(target) for target in item.targets),
        entry.source,
        own,
        entry.rule,
        entry.clause,
        entry.meaning,
        f"meaning: {row.meaning}; {row.note}".removesuffix("; ") if row.meaning != "same" else "",
    )


def _steps(pointer: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in segments(pointer)]


def repeat(
    seen: Seen, values: Mapping[str, Any], facts: Mapping[str, str]
) -> tuple[dict[str, Any], Ledger] | None:
    """The target and the ledger of a record of a known shape; None where the engine has to look again."""
    tree: dict[str, Any] = {}
    entries: list[Entry] = []
    after: dict[str, Any] = {}
    try:
        for move in seen.moves:
            entries.append(_apply(move, values, tree, after))
        for total, terms in seen.laws:
            if decimal(after[total]) != sum(map(decimal, map(after.__getitem__, terms))):
                return None
        for steps, default, entry in seen.defaults:
            value = default.value.format_map(facts)
            put(tree, steps, value)
            after[entry.target[0]] = value
            entries.append(entry._replace(after=value))
    except (LensRefusal, KeyError):
        return None
    for path, rule, reason, only in seen.lost:
        before = values[path]
        shown = before if type(before) is str else text_of(before)
        entries.append(_new(Entry, ("lost", only, (), rule, "", shown, None, "", "same", reason, only)))
    if after.keys() != seen.targets:
        raise LedgerError(f"target leaves and ledger differ: {sorted(after.keys() ^ seen.targets)[:5]}")
    return tree, Ledger(entries, len(values), len(seen.targets))


def _apply(move: Move, values: Mapping[str, Any], tree: dict[str, Any], after: dict[str, Any]) -> Entry:
    function, path, partners, targets, steps, sources, own, rule, clause, meaning, remark = move
    value = values[path]
    before = value if type(value) is str else text_of(value)
    if function is None:
        put(tree, steps[0], value)
        after[targets[0]] = value
        return _new(Entry, ("exact", sources, targets, rule, clause, before, before, "", meaning, "", ()))  # type: ignore[no-any-return]
    out = function((value, *[values[p] for p in partners]) if partners else value, values.get)
    result, fidelity, note, delta, respelt, _ = out
    shown: Any = None
    if len(targets) == 1:
        put(tree, steps[0], result)
        after[targets[0]] = result
        shown = result if type(result) is str else text_of(result)
    elif targets:
        for where, target, part in zip(steps, targets, result, strict=True):
            put(tree, where, part)
            after[target] = part
        shown = " ".join(map(text_of, result))
    if remark:
        fidelity = "converted" if fidelity == "exact" else fidelity
        note = f"{remark}; {note}" if note else remark
    if respelt:
        note = f"{RESPELT}; {note}" if note else RESPELT
    keeps = own if (respelt or delta) and fidelity in ("exact", "converted") else ()
    return _new(  # type: ignore[no-any-return]
        Entry, (fidelity, sources, targets, rule, clause, before, shown, delta, meaning, note, keeps)
    )
