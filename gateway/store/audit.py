"""Whether what is kept is still what it was: the log, its checkpoints, and each document against its digests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, select

from gateway.store.log import Checkpoint, entries, length, verify_checkpoints, verify_log
from gateway.store.personal import digest_of_bytes, is_kept
from gateway.store.tables import metadata
from gateway.store.tables.footprints import bodies, footprints
from gateway.store.tables.personal import commitments
from gateway.trust.envelope import Clock
from gateway.trust.keys import PublicKey

_KEPT = {
    "bodies": (("footprint", "revision", "model"), "content"),
    "sources": (("number",), "content"),
    "received": (("number",), "content"),
    "inbox": (("number",), "body"),
    "outbox": (("number",), "body"),
    "requests": (("number",), "body"),
}


_LOGGED = {
    "received": ("received", "digest"),
    "event received": ("inbox", "digest"),
    "event written": ("outbox", "digest"),
    "source kept": ("sources", "source"),
}
"""The entries of the log that name a document: the table in which it is kept, and the member with its digest."""


@dataclass(frozen=True)
class Audit:
    """``broken``: the first entry of the log that does not follow. ``altered``: documents that do not fit.

    Each altered document is named by table and key, or by the entry of the log whose digest it no longer has.
    """

    entries: int
    broken: int | None
    documents: int
    altered: tuple[str, ...]
    checkpoints: tuple[Checkpoint, ...]

    @property
    def holds(self) -> bool:
        return self.broken is None and not self.altered and all(point.holds for point in self.checkpoints)


def audit(connection: Connection, keys: list[PublicKey] | None, clock: Clock) -> Audit:
    """Look at everything that is kept. ``keys``: whose checkpoints count; without them, any valid signature does."""
    documents, altered = 0, []
    held_digests: set[tuple[str, str]] = set()
    committed = _committed(connection)
    for name, row in _documents(connection):
        documents += 1
        columns, content = _KEPT[name]
        key = "/".join(str(row[column]) for column in columns)
        held = row[content].encode() if isinstance(row[content], str) else bytes(row[content])
        if digest_of_bytes(held) != row.get("digest", digest_of_bytes(held)) or not is_kept(
            connection, name, key, held
        ):
            altered.append(f"{name} {key}")
        held_digests.add((name, committed.get((name, key)) or digest_of_bytes(held)))
    broken = verify_log(connection)
    altered += _not_as_logged(connection, held_digests, broken)
    points = tuple(verify_checkpoints(connection, keys, clock))
    return Audit(length(connection), broken, documents, tuple(altered), points)


def _documents(connection: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in _KEPT:
        query = select(metadata.tables[name]).execution_options(yield_per=500)
        for row in connection.execute(query).mappings():
            yield name, dict(row)


def _committed(connection: Connection) -> dict[tuple[str, str], str]:
    """The digests by which documents with personal values stand in the log, by place and key."""
    columns = commitments.c.place, commitments.c.key, commitments.c.digest
    return {(row.place, row.key): row.digest for row in connection.execute(select(*columns))}


def _not_as_logged(connection: Connection, held: set[tuple[str, str]], broken: int | None) -> Iterator[str]:
    """What the log names and is not kept so: exchanged together with its digest, or taken away.

    From the first entry that does not follow on, the log says nothing that counts.
    """
    numbers = {
        row.pf_id: row.number for row in connection.execute(select(footprints.c.pf_id, footprints.c.number))
    }
    for entry in entries(connection):
        if broken is not None and entry["number"] >= broken:
            return
        number, body = numbers.get(entry["subject"]), orjson.loads(entry["body"])
        if entry["kind"] in _LOGGED:
            place, member = _LOGGED[entry["kind"]]
            if (place, body.get(member)) not in held:
                yield f"{place} {entry['subject']} (log {entry['number']})"
            continue
        if "digest" not in body:
            continue
        revision = int(body.get("revision", 1))
        if number is None:
            yield f"footprints {entry['subject']} (log {entry['number']})"
        elif body["digest"] != _digest(connection, number, revision):
            yield f"bodies {number}/{revision}/3.0 (log {entry['number']})"


def _digest(connection: Connection, number: int, revision: int) -> str | None:
    key = f"{number}/{revision}/3.0"
    committed = select(commitments.c.digest).where(commitments.c.place == "bodies", commitments.c.key == key)
    found = connection.execute(committed).scalar()
    if found is not None:
        return str(found)
    here = bodies.c.footprint == number, bodies.c.revision == revision, bodies.c.model == "3.0"
    plain = connection.execute(select(bodies.c.digest).where(*here)).scalar()
    return None if plain is None else str(plain)
