"""Events: who exchanges them, what came in, what is to go out, what was asked for."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from gateway.store.tables.base import Moment, Number, metadata, number

partners = Table(
    "partners",
    metadata,
    number(),
    Column("name", String(200), nullable=False),
    Column("client", Number, ForeignKey("clients.number")),
    Column("url", String(500), nullable=False),
    Column("auth_url", String(500), nullable=False),
    Column("client_id", String(200), nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("model", String(1), nullable=False),
    Column("created", Moment, nullable=False),
    Column("closed", Moment),
    sqlite_autoincrement=True,
)
for _name in ("name", "client"):
    _open = partners.c.closed.is_(None)
    Index(
        f"uq_partners_open_{_name}",
        partners.c[_name],
        unique=True,
        sqlite_where=_open,
        postgresql_where=_open,
    )
"""Whom we call: where, with which credentials (sealed), and, if it may call us too, as which client.

A closed partner leaves its name and its client to a new one.
"""

inbox = Table(
    "inbox",
    metadata,
    number(),
    Column("client", Number, ForeignKey("clients.number"), nullable=False),
    Column("event_id", String(500), nullable=False),
    Column("source", String(500), nullable=False),
    Column("type", String(120), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received", Moment, nullable=False),
    Column("state", String(12), nullable=False),
    Column("note", Text, nullable=False, default=""),
    UniqueConstraint("client", "source", "event_id"),
    Index(None, "state", "number"),
    Index("ix_inbox_client_state", "client", "state"),
    sqlite_autoincrement=True,
)
"""Events as they came, byte for byte, stored before they are answered.

state: new; waiting, for a partner to be registered for its client; done; quarantined. ``note``: the rules that say
why, or what is odd about it.
"""

outbox = Table(
    "outbox",
    metadata,
    number(),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("partner", Number, ForeignKey("partners.number"), nullable=False),
    Column("answers", Number, ForeignKey("inbox.number"), unique=True),
    Column("type", String(120), nullable=False),
    Column("holds", String(12), nullable=False, server_default=""),
    Column("body", LargeBinary, nullable=False),
    Column("created", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("gives_up", Moment, nullable=False),
    Column("leased", Moment, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("state", String(12), nullable=False),
    Column("delivered", Moment),
    Column("last_error", Text, nullable=False, default=""),
    Index(None, "state", "partner", "due"),
    sqlite_autoincrement=True,
)
"""Events to deliver, their bytes settled once. state: pending, delivered, dead. One answer per event at most.

holds: ``footprints``, ``ids`` of footprints, or nothing of what only some may see.

``due``: not before; ``leased``: until then one worker has it; ``gives_up``: no try after.
"""

announced = Table(
    "announced",
    metadata,
    number(),
    Column("event", Number, ForeignKey("inbox.number"), nullable=False),
    Column("partner", Number, ForeignKey("partners.number"), nullable=False),
    Column("api", String(1), nullable=False),
    Column("pf_id", String(36), nullable=False),
    Column("created", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("gives_up", Moment, nullable=False),
    Column("leased", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("last_error", Text, nullable=False),
    UniqueConstraint("event", "pf_id"),
    Index(None, "state", "partner", "due"),
    sqlite_autoincrement=True,
)
"""Footprints that an event named and that are to be fetched from its sender. state: pending, fetched, dead.

``due``, ``leased`` and ``gives_up`` as in the outbox.
"""

requests = Table(
    "requests",
    metadata,
    number(),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("partner", Number, ForeignKey("partners.number"), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created", Moment, nullable=False),
    Column("state", String(12), nullable=False),
    Column("answer", Number, ForeignKey("inbox.number")),
    Column("answered", Moment),
    sqlite_autoincrement=True,
)
"""Footprints that we asked a partner for. state: open, fulfilled, rejected."""
