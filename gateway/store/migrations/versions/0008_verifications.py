"""A signature that was fetched later goes with the value over which it was made."""

from __future__ import annotations

from alembic import op

from gateway.store.migrations.guards import open_to_erasure

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    open_to_erasure(op.get_bind(), "verifications")
