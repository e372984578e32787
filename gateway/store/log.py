"""The log of exchanges: written in the same transaction as what it tells of, verified from its first entry."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785
from sqlalchemy import Connection, func, select, text

from gateway.store.tables.log import log

FIRST = "sha256:" + "0" * 64
_LOCK = 0x6362616D  # PostgreSQL: one writer of the log at a time, until its transaction ends


def append(connection: Connection, now: int, kind: str, subject: str, **body: Any) -> str:
    """Add an entry and return its digest. ``body`` names things and digests, never documents or persons."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    last = connection.execute(
        select(log.c.number, log.c.digest).order_by(log.c.number.desc()).limit(1)
    ).first()
    number, previous = (last.number + 1, last.digest) if last else (1, FIRST)
    entry = {
        "number": number,
        "at": now,
        "kind": kind,
        "subject": subject,
        "body": rfc8785.dumps(body).decode(),
        "previous": previous,
    }
    digest = digest_of(entry)
    connection.execute(log.insert().values(**entry, digest=digest))
    return digest


def digest_of(entry: Mapping[str, Any]) -> str:
    """The digest of an entry: SHA-256 over the canonical JSON of all its members but the digest."""
    members = {name: str(value) for name, value in entry.items() if name != "digest"}
    return "sha256:" + hashlib.sha256(rfc8785.dumps(members)).hexdigest()


def verify_log(connection: Connection) -> int | None:
    """None where every entry follows from the one before it, otherwise the number of the first that does not."""
    previous = FIRST
    rows = connection.execute(select(log).order_by(log.c.number)).mappings()
    for number, row in enumerate(map(dict, rows), start=1):
        if (row["number"], row["previous"], row["digest"]) != (number, previous, digest_of(row)):
            return number
        previous = row["digest"]
    return None


def length(connection: Connection) -> int:
    """How many entries there are."""
    return int(connection.execute(select(func.count()).select_from(log)).scalar_one())
