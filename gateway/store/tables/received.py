"""Footprints that others gave us, byte for byte as they came."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table, Text, UniqueConstraint

from gateway.store.tables.base import Moment, Number, metadata, number

received = Table(
    "received",
    metadata,
    number(),
    Column("source", String(500), nullable=False),
    Column("pf_id", String(36), nullable=False),
    Column("model", String(8), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("signature", Text),
    Column("received", Moment, nullable=False),
    Column("via", String(60), nullable=False),
    Column("verdicts", Text, nullable=False),
    Column("findings", Text, nullable=False),
    UniqueConstraint("source", "pf_id", "model", "digest"),
    Index(None, "pf_id"),
    sqlite_autoincrement=True,
)
"""Append-only. via: ``pull`` or ``event N``, N its number in the inbox; verdicts and findings are JSON text.

pf_id is empty where the document states no UUID; model (``3.0``, ``2.3``) where it states no version.
"""

verifications = Table(
    "verifications",
    metadata,
    number(),
    Column("received", Number, ForeignKey("received.number"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("signature", Text),
    Column("verdicts", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Index(None, "received", "number"),
    sqlite_autoincrement=True,
)
"""Append-only: signatures that were fetched or judged after a footprint came. The newest one is what counts.

An erasure in the footprint empties the signatures: they were made over the value."""

pulls = Table(
    "pulls",
    metadata,
    number(),
    Column("source", String(500), nullable=False),
    Column("query", Text, nullable=False),
    Column("started", Moment, nullable=False),
    Column("finished", Moment),
    Column("next_url", Text),
    Column("etag", String(200)),
    Column("tally", Text, nullable=False),
    Index(None, "source", "number"),
    sqlite_autoincrement=True,
)
"""How far a pull came, so that the next one goes on where it stopped, or asks only for what is new."""
