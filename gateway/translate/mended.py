"""The ledger of a document that was mended before it was read: every leaf stands in it as it was received.

A repair of a value makes its entry *converted*, and the note says what was mended; what was taken out is *lost*,
with its text and the rule that took it out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from gateway.model.repair import Mended, Repair
from gateway.translate.ledger import RESPELT, Entry, Ledger, LedgerError

CLAUSE = "GATEWAY:repairs"


def with_mended(ledger: Ledger, mended: Mended) -> Ledger:
    """The ledger with the leaves and texts as received. Raises LedgerError when one of them is missing."""
    repairs: dict[str, list[Repair]] = defaultdict(list)
    for repair in mended.repairs:
        repairs[repair.path].append(repair)
    entries = [_received(entry, mended, repairs) for entry in ledger.entries]
    carried = set(mended.former.values())
    gone = [(path, text) for path, text in mended.received.items() if path not in carried]
    entries += [_taken_out(path, text, _around(path, repairs)) for path, text in gone]
    named = {path for entry in entries for path in entry.source}
    # what a second document added was not in the one that came
    added = {path for entry in ledger.entries for path in entry.source if path not in mended.former}
    expected = set(mended.received) | added
    if named != expected:
        raise LedgerError(f"leaves as received and ledger differ: {sorted(named ^ expected)[:5]}")
    return Ledger(entries, len(expected), ledger.target_leaves)


def _around(path: str, repairs: Mapping[str, list[Repair]]) -> list[Repair]:
    """The repairs of a leaf as received: those of the groups around it, then its own."""
    parts = path.split("/")
    return [
        repair for depth in range(2, len(parts) + 1) for repair in repairs.get("/".join(parts[:depth]), ())
    ]


def _received(entry: Entry, mended: Mended, known: Mapping[str, list[Repair]]) -> Entry:
    """An entry that names its source leaves where they stood, with what was mended on the way."""
    source = tuple(mended.former.get(path, path) for path in entry.source)
    repairs = [repair for path in source for repair in _around(path, known)]
    if source == entry.source and not repairs:
        return entry
    entry = entry._replace(source=source)
    if not repairs:
        return entry
    changed = any(repair.before != repair.after for repair in repairs)
    notes = [_said(repair) for repair in repairs]
    rules = " > ".join(dict.fromkeys([*(repair.rule for repair in repairs), entry.rule]))
    fidelity = "converted" if changed and entry.fidelity == "exact" else entry.fidelity
    if changed and entry.before is not None and len(source) == 1:
        entry = entry._replace(before=mended.received[source[0]])
    delta = next((repair.delta for repair in repairs if repair.delta), entry.delta)
    noted = [RESPELT] if changed and not entry.note.startswith(RESPELT) else []
    note = "; ".join(filter(None, [*noted, *notes, entry.note]))
    return entry._replace(fidelity=fidelity, rule=rules, delta=delta, note=note)


def _said(repair: Repair) -> str:
    if repair.rule == "REPAIR-ORDER":
        return f"moved to its place in the schema ({repair.rule})"
    return f"mended: {repair.before!r} became {repair.after!r} ({repair.rule})"


def _taken_out(path: str, text: str, repairs: list[Repair]) -> Entry:
    repairs = [repair for repair in repairs if repair.after is None]
    if not repairs:
        raise LedgerError(f"{path} was lost while mending")
    rule = repairs[-1].rule
    reason = (
        "an empty element that stands for nothing" if not text.strip() else "the version has no such element"
    )
    return Entry("lost", (path,), (), rule, CLAUSE, text, None, "", "same", f"taken out: {reason}")


__all__ = ["with_mended"]
