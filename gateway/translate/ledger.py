"""The ledger: for every leaf of the source and of the target, what became of it and by which rule.

Two set equalities hold on every run, not only in tests: each leaf of the source stands in the ledger, and
each leaf of the target is explained by it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from gateway.formats.leaves import leaf_list, text_of
from gateway.formats.outlines import known_leaf_map
from gateway.model.finding import GatewayError
from gateway.translate.engine import EXACT_COPY, Carried, Crossing, Left
from gateway.translate.lens import Fidelity
from gateway.translate.mapping import Row

_RANK: dict[str, int] = {"exact": 0, "converted": 1, "derived": 2, "defaulted": 3, "lost": 4}
FIDELITIES = tuple(_RANK)
_new: Any = tuple.__new__
RESPELT = "respelt"


class LedgerError(GatewayError):
    """A leaf without an explanation: a defect of ours, never shown as a property of the document."""


class Explained(NamedTuple):
    """How a leaf of an assembled view came about, between lifting and lowering."""

    sources: tuple[str, ...]
    fidelity: Fidelity
    rule: str
    clause: str
    note: str = ""
    meaning: str = "same"


class Entry(NamedTuple):
    """One line of the ledger. ``keeps``: the source leaves whose own text the residue must keep."""

    fidelity: Fidelity
    source: tuple[str, ...]
    target: tuple[str, ...]
    rule: str
    clause: str
    before: str | None
    after: str | None
    delta: str
    meaning: str
    note: str
    keeps: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The entry as the ledger file holds it."""
        fidelity, source, target, rule, clause, before, after, delta, meaning, note, _ = self
        return {
            "fidelity": fidelity,
            "source": source,
            "target": target,
            "rule": rule,
            "clause": clause,
            "before": before,
            "after": after,
            "delta": delta,
            "meaning": meaning,
            "note": note,
        }


_SHOWN = itemgetter(slice(0, Entry._fields.index("keeps")))
"""The values of an entry that the ledger file holds; what follows is for the residue alone."""


@dataclass
class Ledger:
    """All entries of one run, with the number of leaves on both sides."""

    entries: list[Entry]
    source_leaves: int
    target_leaves: int

    @cached_property
    def by_target(self) -> dict[str, Entry]:
        """The entry of each target leaf."""
        return {path: entry for entry in self.entries for path in entry.target}

    def summary(self) -> dict[str, int]:
        """How many entries of each fidelity."""
        counted = Counter[str](entry.fidelity for entry in self.entries)
        return {name: counted[name] for name in FIDELITIES}

    def canonical(self) -> bytes:
        """The entries as one JSON list of lists, in RFC 8785 form: what the digest of a ledger is taken over.

        Each entry is the list of its ten values in the order of `Entry`, fidelity first, note last.
        """
        return orjson.dumps([*map(_SHOWN, self.entries)])

    def origin_of(self, target: str) -> str:
        """The sender's own field behind a leaf of the target; empty where there is none."""
        entry = self.by_target.get(target)
        return entry.source[0] if entry is not None and entry.source else ""


def compose(
    source_tree: Any,
    lifted: Crossing,
    explained: Mapping[str, Explained],
    lowered: Crossing,
) -> Ledger:
    """The ledger of a whole journey: source leaf > canonical leaf > (assembled leaf) > target leaf.

    Raises LedgerError when a leaf of either side is missing from it.
    """
    origins = _origins(lifted)
    entries = [
        _plain(item, origins, explained) or entry_of(item, origins, explained) for item in lowered.carried
    ]
    left = {item.path: item for item in (*lifted.left, *lowered.left)}
    canonical = {c.sources[0]: c for c in lifted.carried if c.sources}
    carried = {path for e in entries if e.fidelity in ("exact", "converted") for path in e.source}
    derived = {path for e in entries if e.fidelity == "derived" for path in e.source}
    sources = known_leaf_map(source_tree)
    for path, value in sources.items():
        if path not in carried:
            entries.append(_lost(path, value, canonical.get(path), left, path in derived))
    ledger = Ledger(entries, len(sources), 0)
    targets = [path for path, _ in leaf_list(lowered.tree)] if lowered.tree else []
    ledger.target_leaves = len(targets)
    _check(sources, targets, ledger)
    return ledger


def _origins(lifted: Crossing) -> dict[str, list[Carried]]:
    found: dict[str, list[Carried]] = defaultdict(list)
    for item in lifted.carried:
        for target in item.targets:
            found[target].append(item)
    return found


def _plain(
    item: Carried, origins: Mapping[str, list[Carried]], explained: Mapping[str, Explained]
) -> Entry | None:
    """The entry of the common case: one leaf, lifted as it stood; None where more is to be said."""
    out = item.out
    if not item.sources or len(item.sources) != 1 + len(out.uses) or item.sources[0] in explained:
        return None
    lifting = origins.get(item.sources[0])
    if lifting is None or len(lifting) != 1 or lifting[0].out is not EXACT_COPY:
        return None
    first = lifting[0]
    sources = first.sources
    for used in out.uses:
        sources += origins[used][0].sources if used in origins else ()
    meaning = getattr(item.row, "meaning", "same")
    before = text_of(item.before)
    rule = f"{first.row.id} > {item.row.id}"
    if out is EXACT_COPY:
        return Entry(
            "exact", first.sources, item.targets, rule, item.row.clause, before, before, "", meaning, ""
        )
    note = f"{RESPELT}; {out.note}".removesuffix("; ") if out.respelt else out.note
    after = None if not item.targets else _shown(out.value)
    keeps = first.sources if (out.respelt or out.delta) and out.fidelity in ("exact", "converted") else ()
    return Entry(
        out.fidelity, sources, item.targets, rule, item.row.clause, before, after, out.delta, meaning,
        note, keeps,
    )  # fmt: skip


def entry_of(
    item: Carried, origins: Mapping[str, list[Carried]], explained: Mapping[str, Explained]
) -> Entry:
    """One entry from what lowering did, what assembling did and what lifting did, worst fidelity first."""
    fidelity, rules, notes = item.out.fidelity, [], []
    deltas, meaning, respelt = item.out.delta, getattr(item.row, "meaning", "same"), item.out.respelt
    sources: list[str] = []
    before: Any = None
    clause = item.row.clause
    keeps: list[str] = []
    uses = set(item.out.uses)
    for canonical in item.sources:
        view = explained.get(canonical)
        for origin in view.sources if view is not None else (canonical,):
            for lifting in origins.get(origin, ()):
                sources += lifting.sources
                if canonical in uses:
                    continue
                rules.append(lifting.row.id)
                keeps += lifting.sources
                fidelity = _worse(fidelity, lifting.out.fidelity)
                respelt = respelt or lifting.out.respelt
                before = lifting.before if before is None else before
                meaning = _narrower(meaning, getattr(lifting.row, "meaning", "same"))
                notes += [lifting.out.note] if lifting.out.note else []
        if view is not None:
            rules.append(view.rule)
            if view.fidelity != "exact" and isinstance(item.row, Row):
                clause = view.clause
            fidelity, meaning = _worse(fidelity, view.fidelity), _narrower(meaning, view.meaning)
            notes += [view.note] if view.note else []
    if before is None and item.before is not None:
        before = item.before
    notes += [item.out.note] if item.out.note else []
    if fidelity == "exact" and meaning != "same":
        fidelity = "converted"
    if respelt:
        notes.insert(0, RESPELT)
    chain = " > ".join(dict.fromkeys([*rules, item.row.id]))
    kept = tuple(dict.fromkeys(keeps)) if (respelt or deltas) and fidelity in ("exact", "converted") else ()
    return Entry(
        fidelity, tuple(dict.fromkeys(sources)), item.targets, chain, clause,
        None if before is None or (fidelity == "derived" and len(rules) > 1) else text_of(before),
        _after(item),
        deltas, meaning, "; ".join(dict.fromkeys(notes)), kept,
    )  # fmt: skip


def _after(item: Carried) -> str | None:
    if item.out is EXACT_COPY:
        return text_of(item.before)
    return None if item.out.value is None or not item.targets else _shown(item.out.value)


def _shown(value: Any) -> str:
    return " ".join(text_of(part) for part in value) if isinstance(value, tuple) else text_of(value)


def _worse(one: Fidelity, other: Fidelity) -> Fidelity:
    return one if _RANK[one] >= _RANK[other] else other


def _narrower(one: str, other: str) -> str:
    return other if one == "same" else one


def _lost(path: str, value: Any, lifting: Carried | None, left: Mapping[str, Left], derived: bool) -> Entry:
    """A source leaf without a place: the rule and the reason come from where it was left."""
    rule, reason = "", "no place in the target"
    item = left.get(path if lifting is None else lifting.targets[0])
    if item is not None:
        drop = item.drop
        rule = drop.id if drop is not None and not item.reason else ""
        reason = item.reason or (drop.reason if drop is not None else "no row carries it")
    if lifting is not None:
        rule = f"{lifting.row.id} > {rule}" if rule else lifting.row.id
    if derived:
        reason = "figures derived from it travel; it has no place of its own in the target"
    only = (path,)
    return _new(Entry, ("lost", only, (), rule, "", text_of(value), None, "", "same", reason, only))  # type: ignore[no-any-return]


def _check(sources: Mapping[str, Any], targets: Iterable[str], ledger: Ledger) -> None:
    named = {path for entry in ledger.entries for path in entry.source}
    if named != set(sources):
        raise LedgerError(f"source leaves and ledger differ: {sorted(named ^ set(sources))[:5]}")
    if set(ledger.by_target) != set(targets):
        raise LedgerError(
            f"target leaves and ledger differ: {sorted(set(ledger.by_target) ^ set(targets))[:5]}"
        )


def row_of(item: Carried) -> Row | None:
    """The table row of a carried leaf, or None for a law or a default."""
    return item.row if isinstance(item.row, Row) else None
