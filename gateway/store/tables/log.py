"""The log of exchanges: each entry carries the digest of the one before it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table, Text

from gateway.store.tables.base import Moment, metadata

log = Table(
    "log",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", String(500), nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", String(71), nullable=False),
    Column("digest", String(71), nullable=False),
)
"""Append-only, numbered without gaps. ``body`` is canonical JSON (RFC 8785) and holds digests, not documents."""
