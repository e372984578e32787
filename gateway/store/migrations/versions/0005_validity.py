"""Either end of a validity in the index of the other, so that no look-up decides what is valid on a day."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for one, other in (("valid_start", "valid_end"), ("valid_end", "valid_start")):
        op.drop_index(f"ix_footprints_{one}_footprints_number", "footprints")
        op.create_index(f"ix_footprints_{one}", "footprints", [one, "number", other])
