"""Whether what is kept is still what it was: the log, its checkpoints, and each document against its digests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from gateway.store.evidence import FREED, Kept, erasures_of, not_as_logged
from gateway.store.log import Checkpoint, length, verify_checkpoints, verify_log
from gateway.store.personal import Commitment, committed, digest_of_bytes, is_kept
from gateway.store.tables import metadata
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
    broken = verify_log(connection)
    documents, altered, kept = 0, [], Kept()
    erasures, personal = erasures_of(connection, broken), _committed(connection)
    for name, row in _documents(connection):
        documents += 1
        columns, content = _KEPT[name]
        key = "/".join(str(row[column]) for column in columns)
        held = row[content].encode() if isinstance(row[content], str) else bytes(row[content])
        digest = digest_of_bytes(held)
        if digest != row.get("digest", digest) or not is_kept(connection, name, key, held):
            altered.append(f"{name} {key}")
        if name == "bodies":
            continue
        made = committed(connection, name, key, digest) if (name, key) in personal else Commitment(digest)
        kept.documents.add((name, made.digest))
        if "signature" in row:
            freed = f"{name} {key}" in erasures.documents
            kept.signatures.add((made.digest, FREED if freed else made.to_signature(row["signature"])))
    altered += not_as_logged(connection, kept, erasures, personal, broken)
    points = tuple(verify_checkpoints(connection, keys, clock))
    return Audit(length(connection), broken, documents, tuple(altered), points)


def _documents(connection: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in _KEPT:
        query = select(metadata.tables[name]).execution_options(yield_per=500)
        for row in connection.execute(query).mappings():
            yield name, dict(row)


def _committed(connection: Connection) -> set[tuple[str, str]]:
    """The documents that hold personal values, by table and key."""
    keys = connection.execute(select(commitments.c.place, commitments.c.key))
    return {(row.place, row.key) for row in keys}
