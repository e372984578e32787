"""A step to another version of one format: a field that both versions have keeps the very text of the sender.

The record knows the day of an instant and no empty texts. Where one row of the table stands for a field in both
versions, nothing has to go through the record's words: an instant stays an instant, an empty text stays empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.formats.leaves import at, segments, text_of
from gateway.translate.crossing import put
from gateway.translate.ledger import Entry, Ledger
from gateway.translate.table import Plan, Row


def with_own_texts(
    ledger: Ledger,
    plans: tuple[Plan, Plan],
    source: Mapping[str, Any],
    target: dict[str, Any],
    made: frozenset[str],
) -> Ledger:
    """The ledger of such a step; ``target`` is mended in place. ``plans``: of the version read and the one written.

    ``made``: leaves of the source that an earlier trip made up, and that carry nothing home.
    """
    shared = _shared(*plans)
    entries = [_kept(entry, shared, source, target) for entry in ledger.entries]
    for row in shared.values():
        place = f"/{row.external_paths[0]}"
        if (
            place not in made
            and at(source, place) == ""
            and not at(target, place)
            and not any(p in place for p in "*+{")
        ):
            put(target, segments(place), "")
            entries = [e for e in entries if (e.source, e.target) != ((place,), ()) and e.target != (place,)]
            entries.append(_exact(row, place, place, ""))
    targets = {path for entry in entries for path in entry.target}
    return Ledger(entries, ledger.source_leaves, len(targets))


def _shared(read: Plan, written: Plan) -> dict[str, Row]:
    """The rows that stand for one field in both versions, by the rule that a ledger names for them."""
    known = {row.id: row for row in read.rows}
    both = (row for row in written.rows if row.id in known and len(row.external) == 1)
    return {f"{row.id} > {row.id}": row for row in both if known[row.id].external == row.external}


def _kept(
    entry: Entry, shared: Mapping[str, Row], source: Mapping[str, Any], target: dict[str, Any]
) -> Entry:
    row = shared.get(entry.rule)
    if row is None or len(entry.target) != 1 or entry.fidelity not in ("exact", "converted"):
        return entry
    near, far = entry.source[0], entry.target[0]
    value = at(source, near)
    put(target, [int(p) if p.isdigit() else p for p in segments(far)], value)
    return _exact(row, near, far, text_of(value))._replace(source=entry.source)


def _exact(row: Row, near: str, far: str, text: str) -> Entry:
    return Entry("exact", (near,), (far,), f"{row.id} > {row.id}", row.clause, text, text, "", "same", "")
