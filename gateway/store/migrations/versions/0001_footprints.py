"""Footprints, clients and shares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.store.migrations.guards import keep_append_only

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
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_footprints")),
        sa.UniqueConstraint("pf_id", name=op.f("uq_footprints_pf_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_footprints_created_footprints_number", "footprints", ["created", "number"])
    op.create_index("ix_footprints_period_end_footprints_number", "footprints", ["period_end", "number"])
    op.create_index("ix_footprints_period_start_footprints_number", "footprints", ["period_start", "number"])
    op.create_index("ix_footprints_updated_footprints_number", "footprints", ["updated", "number"])
    op.create_index("ix_footprints_valid_end_footprints_number", "footprints", ["valid_end", "number"])
    op.create_index("ix_footprints_valid_start_footprints_number", "footprints", ["valid_start", "number"])
    op.create_index("ix_footprints_validity", "footprints", ["validity"])
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
    op.create_index("ix_shares_kind_shares_value", "shares", ["kind", "value"])
    op.create_table(
        "terms",
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        sa.Column("footprint", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["footprint"], ["footprints.number"], name=op.f("fk_terms_footprint")),
        sa.PrimaryKeyConstraint("kind", "value", "footprint", name=op.f("pk_terms")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_terms_footprint", "terms", ["footprint"])
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
    op.create_index("ix_visible_footprint_visible_client", "visible", ["footprint", "client"])
    _personal()
    keep_append_only(op.get_bind(), "bodies", may_erase=True)
    keep_append_only(op.get_bind(), "revisions")
    keep_append_only(op.get_bind(), "sources", may_erase=True)


def _personal() -> None:
    op.create_table(
        "sources",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("footprint", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("format", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["footprint"], ["footprints.number"], name=op.f("fk_sources_footprint")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sources")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sources_footprint", "sources", ["footprint"])
    op.create_table(
        "commitments",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("place", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("erased", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_commitments")),
        sa.UniqueConstraint("place", "key", name=op.f("uq_commitments_place_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "personal",
        sa.Column("commitment", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.ForeignKeyConstraint(["commitment"], ["commitments.number"], name=op.f("fk_personal_commitment")),
        sa.PrimaryKeyConstraint("commitment", "path", name=op.f("pk_personal")),
    )
    op.create_table(
        "erasing",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_erasing")),
    )
