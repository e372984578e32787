"""What is personal in stored documents, documents kept beside a footprint, and the door of erasure."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, UniqueConstraint

from gateway.store.tables.base import Moment, Number, metadata, number

sources = Table(
    "sources",
    metadata,
    number(),
    Column("footprint", Number, ForeignKey("footprints.number"), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("format", String(60), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("kept", Moment, nullable=False),
    sqlite_autoincrement=True,
)
"""What a footprint was made from, where the house keeps it: source, ledger, residue. Never served."""

commitments = Table(
    "commitments",
    metadata,
    number(),
    Column("place", String(12), nullable=False),
    Column("key", String(60), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("made", Moment, nullable=False),
    Column("erased", Moment),
    UniqueConstraint("place", "key"),
    sqlite_autoincrement=True,
)
"""A document that holds personal values: its table and row, and the digest that outlives their erasure."""

personal = Table(
    "personal",
    metadata,
    Column("commitment", Number, ForeignKey("commitments.number"), primary_key=True),
    Column("path", String(500), primary_key=True),
    Column("salt", LargeBinary),
    Column("digest", String(71), nullable=False),
)
"""A personal value by its place in the document; ``digest`` is SHA-256 of salt and value. No salt: erased."""

erasing = Table("erasing", metadata, Column("number", Integer, primary_key=True, autoincrement=False))
"""Empty, but within a transaction that erases: what is append-only can be changed in it, and in no other."""
