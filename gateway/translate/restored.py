"""The ledger of a document that came home: what a residue put back stands in it too.

Restoring moves elements of lists to the places they had and gives leaves their own text again. Elements are
followed by identity, so an entry goes on naming the leaf that it explains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.formats.leaves import escape, text_of
from gateway.translate.ledger import Entry, Ledger, LedgerError

RULE = "RESIDUE"
CLAUSE = "GATEWAY:residue"
KEPT = "kept from the outward trip"
OWN_TEXT = "its own text again, kept from the outward trip"

Places = Mapping[tuple[int, Any], str]
"""(identity of the object or list, key or index) to the path of the leaf."""


def places_of(tree: Any) -> dict[tuple[int, Any], str]:
    """Where every leaf of a tree stands now; the tree must stay alive while this is used."""
    return {(id(holder), key): path for path, holder, key, _ in _leaves(tree, "")}


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Any, Any, Any]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inner:
        here = f"{path}/{escape(str(key))}"
        if isinstance(value, (dict, list)) and value:
            yield from _leaves(value, here)
        else:
            yield here, node, key, value


def with_restored(ledger: Ledger, places: Places, tree: Any) -> Ledger:
    """The ledger after restoring: every leaf of ``tree`` is explained, moved ones under their new path.

    Raises LedgerError when a leaf has no explanation, or an explanation no leaf.
    """
    moved: dict[str, tuple[str, Any]] = {}
    added: list[Entry] = []
    for path, holder, key, value in _leaves(tree, ""):
        former = places.get((id(holder), key))
        if former is not None and former in ledger.by_target:
            moved[former] = (path, value)
        else:
            text = text_of(value)
            added.append(Entry("exact", (), (path,), RULE, CLAUSE, None, text, "", "same", KEPT))
    entries = [_followed(entry, moved) for entry in ledger.entries]
    made = Ledger([*entries, *added], ledger.source_leaves, len(moved) + len(added))
    if len(made.by_target) != made.target_leaves:
        raise LedgerError("target leaves and ledger differ after restoring")
    return made


def _followed(entry: Entry, moved: Mapping[str, tuple[str, Any]]) -> Entry:
    """An entry with its leaves where they stand now, and with the text they have now."""
    if not entry.target:
        return entry
    now = [moved[path] for path in entry.target if path in moved]
    if len(now) != len(entry.target):
        gone = set(entry.target) - set(moved)
        raise LedgerError(f"leaves vanished while restoring: {sorted(gone)[:5]}")
    after = " ".join(text_of(value) for _, value in now)
    note = entry.note if after == entry.after else "; ".join(filter(None, (entry.note, OWN_TEXT)))
    return entry._replace(target=tuple(path for path, _ in now), after=after, note=note)
