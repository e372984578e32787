"""Footprints that partners announce; what the events of the outbox hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_HOLDS = (("footprints", "%Fulfilled%"), ("ids", "%Published%"))


def upgrade() -> None:
    op.add_column("outbox", sa.Column("holds", sa.String(length=12), nullable=False, server_default=""))
    outbox = sa.table("outbox", sa.column("type", sa.String()), sa.column("holds", sa.String()))
    for holds, types in _HOLDS:
        op.execute(outbox.update().where(outbox.c.type.like(types)).values(holds=holds))
    op.create_index("ix_inbox_client_state", "inbox", ["client", "state"], unique=False)
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "announced",
        sa.Column("number", number, autoincrement=True, nullable=False),
        sa.Column("event", number, nullable=False),
        sa.Column("partner", number, nullable=False),
        sa.Column("api", sa.String(length=1), nullable=False),
        sa.Column("pf_id", sa.String(length=36), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("gives_up", sa.BigInteger(), nullable=False),
        sa.Column("leased", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event"], ["inbox.number"], name=op.f("fk_announced_event")),
        sa.ForeignKeyConstraint(["partner"], ["partners.number"], name=op.f("fk_announced_partner")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_announced")),
        sa.UniqueConstraint("event", "pf_id", name=op.f("uq_announced_event_pf_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_announced_state_announced_partner_announced_due"),
        "announced",
        ["state", "partner", "due"],
        unique=False,
    )
