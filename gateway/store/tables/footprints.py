"""Footprints on offer, the clients that may ask for them, and what each of these may see."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.tables.base import Moment, Number, metadata, number

clients = Table(
    "clients",
    metadata,
    number(),
    Column("name", String(200), nullable=False, unique=True),
    Column("client_id", String(64), nullable=False, unique=True),
    Column("secret_hash", String(255), nullable=False),
    Column("created", Moment, nullable=False),
    Column("revoked", Moment),
    sqlite_autoincrement=True,
)
"""Who may ask. The secret is kept as its scrypt hash only."""

footprints = Table(
    "footprints",
    metadata,
    number(),
    Column("pf_id", String(36), nullable=False, unique=True),
    Column("head", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Column("period_start", Moment, nullable=False),
    Column("period_end", Moment, nullable=False),
    Column("valid_start", Moment, nullable=False),
    Column("valid_end", Moment, nullable=False),
    Column("has_v2", Boolean, nullable=False),
    Column("validity", Moment, nullable=False, index=True),
    Index(None, "created", "number"),
    Index(None, "updated", "number"),
    Index(None, "period_start", "number"),
    Index(None, "period_end", "number"),
    Index("ix_footprints_valid_start", "valid_start", "number", "valid_end"),
    Index("ix_footprints_valid_end", "valid_end", "number", "valid_start"),
    sqlite_autoincrement=True,
)
"""The newest state of each footprint, for finding it. ``head`` is its newest revision; ``validity`` is
``valid_end - valid_start``: the longest one bounds the range in which a footprint valid on a day can lie.
Either end of the validity is in the index of the other: what is valid on a day is read from one range of one key."""

revisions = Table(
    "revisions",
    metadata,
    Column("footprint", Number, ForeignKey("footprints.number"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("made", Moment, nullable=False),
    Column("reason", String(40), nullable=False),
)
"""Append-only: a footprint's documents never change; deprecating it makes a new revision."""

bodies = Table(
    "bodies",
    metadata,
    Column("footprint", Number, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("model", String(8), primary_key=True),
    Column("digest", String(71), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("signature", Text),
)
"""The bytes that are served, for each data model (``3.0``, ``2.3``), and their detached signature."""

successions = Table(
    "successions",
    metadata,
    Column("older", String(36), primary_key=True),
    Column("footprint", Number, ForeignKey("footprints.number"), primary_key=True),
    Index(None, "footprint"),
    sqlite_with_rowid=False,
)
"""Which id a footprint names as its past version (``precedingPfIds``), on offer here already or not."""

terms = Table(
    "terms",
    metadata,
    Column("kind", String(12), primary_key=True),
    Column("value", String(500), primary_key=True),
    Column("footprint", Number, ForeignKey("footprints.number"), primary_key=True),
    Index(None, "footprint"),
    sqlite_with_rowid=False,
)
"""What a footprint is found by, in lower case; a term is one range of the key, in the order of footprints.

kind: all, footprint, product, company, class, geography, country, cpc, status, model.
"""

shares = Table(
    "shares",
    metadata,
    number(),
    Column("client", Number, ForeignKey("clients.number"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("value", String(500), nullable=False),
    Column("given", String(500), nullable=False, server_default=""),
    Column("created", Moment, nullable=False),
    UniqueConstraint("client", "kind", "value"),
    Index(None, "kind", "value"),
    sqlite_autoincrement=True,
)
"""What a client was promised: all, one footprint, or every footprint of a product, now and later.

Kind and value are those of a term; ``given`` is the value as it was written.
"""

visible = Table(
    "visible",
    metadata,
    Column("client", Number, ForeignKey("clients.number"), primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("value", String(500), primary_key=True),
    Column("footprint", Number, ForeignKey("footprints.number"), primary_key=True),
    Index(None, "footprint", "client"),
    sqlite_with_rowid=False,
)
"""The terms once more for every client that sees some footprints, of those alone. One that sees all uses `terms`."""
