"""Footprints, clients and shares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "bodies",
        sa.Column("footprint", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=8), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("footprint", "revision", "model", name=op.f("pk_bodies")),
    )
    op.create_table(
        "clients",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=255), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_clients")),
        sa.UniqueConstraint("client_id", name=op.f("uq_clients_client_id")),
        sa.UniqueConstraint("name", name=op.f("uq_clients_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "footprints",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("pf_id", sa.String(length=36), nullable=False),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("period_start", sa.BigInteger(), nullable=False),
        sa.Column("period_end", sa.BigInteger(), nullable=False),
        sa.Column("valid_start", sa.BigInteger(), nullable=False),
        sa.Column("valid_end", sa.BigInteger(), nullable=False),
        sa.Column("has_v2", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_footprints")),
        sa.UniqueConstraint("pf_id", name=op.f("uq_footprints_pf_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_footprints_created"), "footprints", ["created"], unique=False)
    op.create_index(op.f("ix_footprints_period_end"), "footprints", ["period_end"], unique=False)
    op.create_index(op.f("ix_footprints_period_start"), "footprints", ["period_start"], unique=False)
    op.create_index(op.f("ix_footprints_updated"), "footprints", ["updated"], unique=False)
    op.create_index(op.f("ix_footprints_valid_end"), "footprints", ["valid_end"], unique=False)
    op.create_index(op.f("ix_footprints_valid_start"), "footprints", ["valid_start"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("footprint", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["footprint"], ["footprints.number"], name=op.f("fk_revisions_footprint")),
        sa.PrimaryKeyConstraint("footprint", "revision", name=op.f("pk_revisions")),
    )
    op.create_table(
        "shares",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("client", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["clients.number"], name=op.f("fk_shares_client")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_shares")),
        sa.UniqueConstraint("client", "kind", "value", name=op.f("uq_shares_client_kind_value")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "terms",
        sa.Column("footprint", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["footprint"], ["footprints.number"], name=op.f("fk_terms_footprint")),
        sa.PrimaryKeyConstraint("footprint", "kind", "value", name=op.f("pk_terms")),
    )
    op.create_table(
        "visible",
        sa.Column("client", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        sa.Column("footprint", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["clients.number"], name=op.f("fk_visible_client")),
        sa.ForeignKeyConstraint(["footprint"], ["footprints.number"], name=op.f("fk_visible_footprint")),
        sa.PrimaryKeyConstraint("client", "kind", "value", "footprint", name=op.f("pk_visible")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_visible_footprint"), "visible", ["footprint"], unique=False)
