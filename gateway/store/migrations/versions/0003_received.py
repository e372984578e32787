"""Received footprints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "pulls",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.BigInteger(), nullable=True),
        sa.Column("next_url", sa.Text(), nullable=True),
        sa.Column("etag", sa.String(length=200), nullable=True),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_pulls")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "received",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("pf_id", sa.String(length=36), nullable=False),
        sa.Column("model", sa.String(length=8), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("via", sa.String(length=60), nullable=False),
        sa.Column("verdicts", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_received")),
        sa.UniqueConstraint(
            "source", "pf_id", "model", "digest", name=op.f("uq_received_source_pf_id_model_digest")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_received_pf_id"), "received", ["pf_id"], unique=False)
