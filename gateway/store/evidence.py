"""Whether what is kept is as the log tells: every document by its digest, and of a footprint on offer also each
signature, its status and the reason of each revision.

Entries from before the log told of signatures, status and 2.3 name the digest of 3.0 alone; they count for that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select

from gateway.store.log import entries
from gateway.store.personal import Commitment, committed
from gateway.store.prepared import Prepared
from gateway.store.tables.footprints import bodies, footprints, revisions

FREED = "erased"
_LOGGED = {
    "received": ("received", "digest"),
    "event received": ("inbox", "digest"),
    "event written": ("outbox", "digest"),
    "source kept": ("sources", "source"),
}
"""The entries of the log that name a document: the table in which it is kept, and the member with its digest."""


@dataclass
class Erasures:
    """What the log tells of erasures: the documents (table and key), and digests for which another one stands now."""

    documents: set[str] = field(default_factory=set)
    late: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def stand_for(self, place: str, digest: str | None) -> set[str | None]:
        """The digests by which a document may be found that the log named by this one."""
        found: set[str | None] = {digest}
        new: set[str] = self.late.get((place, digest or ""), set())
        while new - found:
            found |= new
            new = {late for one in new for late in self.late.get((place, one), ())}
        return found


@dataclass
class Kept:
    """What was seen of documents that are no footprints on offer: (table, digest), and (digest, signature)."""

    documents: set[tuple[str, str | None]] = field(default_factory=set)
    signatures: set[tuple[str | None, str | None]] = field(default_factory=set)


def not_as_logged(
    connection: Connection,
    kept: Kept,
    erasures: Erasures,
    personal: Set[tuple[str, str]],
    broken: int | None,
) -> Iterator[str]:
    """What the log tells and is not kept so: exchanged together with its digest, added, or taken away.

    ``personal``: the documents (table, key) that hold personal values.

    From the first entry that does not follow (``broken``) on, the log says nothing that counts.
    """
    offers = _Offers(connection, erasures, personal)
    for entry, body in _entries(connection, broken):
        by = f"(log {entry['number']})"
        if entry["kind"] in _LOGGED:
            place, member = _LOGGED[entry["kind"]]
            stand = erasures.stand_for(place, body.get(member))
            if not any(_is_kept(kept, place, one, body) for one in stand):
                yield f"{place} {entry['subject']} {by}"
        elif "digest" in body:
            yield from (f"{what} {by}" for what in offers.differences(entry, body))
    if broken is None:
        yield from offers.untold()


def _is_kept(kept: Kept, place: str, digest: str | None, body: Mapping[str, Any]) -> bool:
    signed = "signature" not in body or bool({(digest, body["signature"]), (digest, FREED)} & kept.signatures)
    return (place, digest) in kept.documents and signed


def erasures_of(connection: Connection, broken: int | None) -> Erasures:
    """What was erased, as far as the log counts."""
    found = Erasures()
    for entry, body in _entries(connection, broken, FREED):
        if "paths" in body:
            found.documents.add(entry["subject"])
        if "was" in body:
            place = entry["subject"].partition(" ")[0]
            found.late.setdefault((place, body["was"]), set()).add(body["stands"])
    return found


def _entries(
    connection: Connection, broken: int | None, kind: str = ""
) -> Iterator[tuple[dict[str, Any], Any]]:
    for entry in entries(connection):
        if broken is not None and entry["number"] >= broken:
            return
        if kind in ("", entry["kind"]):
            yield entry, orjson.loads(entry["body"])


_BODIES = Prepared(
    select(bodies.c.model, bodies.c.digest, bodies.c.signature, revisions.c.reason)
    .outerjoin(
        revisions,
        (revisions.c.footprint == bodies.c.footprint) & (revisions.c.revision == bodies.c.revision),
    )
    .where(bodies.c.footprint == bindparam("footprint"), bodies.c.revision == bindparam("revision"))
)


class _Offers:
    """Footprints on offer, compared entry by entry; what no entry told of is left at the end."""

    def __init__(self, connection: Connection, erasures: Erasures, personal: Set[tuple[str, str]]) -> None:
        self.connection, self.erasures, self.personal = connection, erasures, personal
        self.rows = {row.pf_id: row for row in connection.execute(select(footprints))}
        keys = connection.execute(select(revisions.c.footprint, revisions.c.revision))
        self.left = {(row.footprint, row.revision) for row in keys}
        self.newest: dict[str, tuple[int, str | None, int]] = {}

    def differences(self, entry: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[str]:
        """What of a revision is not as its entry tells."""
        row, revision = self.rows.get(entry["subject"]), int(body.get("revision", 1))
        if row is None:
            yield f"footprints {entry['subject']}"
            return
        self.left.discard((row.number, revision))
        self.newest[row.pf_id] = revision, body.get("status"), entry["number"]
        key = {"footprint": row.number, "revision": revision}
        held = {each.model: each for each in _BODIES.run(self.connection, key).all()}
        if any(each.reason != entry["kind"] for each in held.values()):
            yield f"revisions {row.number}/{revision}"
        yield from self._bodies(f"{row.number}/{revision}", held, body)

    def _bodies(self, revision: str, held: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[str]:
        told = {"3.0": body["digest"], **body.get("bodies", {})}
        for model in sorted(told.keys() | held.keys() if "bodies" in body else told.keys()):
            key, row = f"{revision}/{model}", held.get(model)
            made = Commitment("") if row is None else self._made(key, row)
            if row is None or made.digest not in self.erasures.stand_for("bodies", told.get(model)):
                yield f"bodies {key}"
                continue
            signed = made.to_signature(row.signature) == body.get("signatures", {}).get(model)
            if "signatures" in body and not signed and f"bodies {key}" not in self.erasures.documents:
                yield f"bodies {key} signature"

    def _made(self, key: str, row: Any) -> Commitment:
        is_personal = ("bodies", key) in self.personal
        return (
            committed(self.connection, "bodies", key, row.digest) if is_personal else Commitment(row.digest)
        )

    def untold(self) -> Iterator[str]:
        """What is on offer otherwise than the newest entry tells, and what no entry tells of."""
        for pf_id, row in self.rows.items():
            revision, status, by = self.newest.get(pf_id, (0, None, 0))
            if revision != row.head or status not in (None, row.status):
                yield f"footprints {pf_id} (log {by})" if by else f"footprints {pf_id} (not in the log)"
        numbers = {row.number: pf_id for pf_id, row in self.rows.items() if pf_id in self.newest}
        for number, revision in sorted(self.left):
            if number in numbers:
                yield f"revisions {number}/{revision} (not in the log)"
