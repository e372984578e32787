"""Footprints that others gave us, byte for byte as they came."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, String, Table, Text, UniqueConstraint

from gateway.store.tables.base import Moment, metadata, number

received = Table(
    "received",
    metadata,
    number(),
    Column("source", String(500), nullable=False),
    Column("pf_id", String(36), nullable=False),
    Column("model", String(8), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("received", Moment, nullable=False),
    Column("via", String(60), nullable=False),
    Column("verdicts", Text, nullable=False),
    Column("findings", Text, nullable=False),
    UniqueConstraint("source", "pf_id", "model", "digest"),
    Index(None, "pf_id"),
    sqlite_autoincrement=True,
)
"""Append-only. via: ``pull`` or the id of the event that brought it; verdicts and findings are JSON text."""

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
    Column("seen", Text, nullable=False, default=""),
    sqlite_autoincrement=True,
)
"""How far a pull came, so that the next one goes on where it stopped, or asks only for what is new."""
