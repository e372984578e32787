"""Which footprint names which as its past version; shares as they were written."""

from __future__ import annotations

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_NAMING = """
SELECT f.pf_id, f.number, b.content
FROM footprints f JOIN bodies b ON b.footprint = f.number AND b.revision = f.head AND b.model = '3.0'
WHERE """
_HOLDS = {
    "sqlite": "instr(b.content, CAST('precedingPfIds' AS BLOB)) > 0",
    "postgresql": "position(CAST('precedingPfIds' AS bytea) IN b.content) > 0",
}
_GIVEN = """
UPDATE shares SET given = :given WHERE kind = :kind AND value = :value
AND client IN (SELECT number FROM clients WHERE client_id = :client_id)"""


def upgrade() -> None:
    op.create_table(
        "successions",
        sa.Column("older", sa.String(length=36), nullable=False),
        sa.Column("footprint", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["footprint"], ["footprints.number"], name=op.f("fk_successions_footprint")),
        sa.PrimaryKeyConstraint("older", "footprint", name=op.f("pk_successions")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_successions_footprint", "successions", ["footprint"])
    op.add_column("shares", sa.Column("given", sa.String(length=500), nullable=False, server_default=""))
    _read_from_footprints(op.get_bind())
    _read_from_log(op.get_bind())


def _read_from_footprints(connection: sa.Connection) -> None:
    """What the footprints on offer say; only those that name a past version are read."""
    query = sa.text(_NAMING + _HOLDS[connection.dialect.name])
    found: list[dict[str, object]] = []
    for row in connection.execute(query.execution_options(yield_per=500)):
        named = orjson.loads(bytes(row.content)).get("precedingPfIds") or []
        older = {str(pf_id).lower() for pf_id in named} - {row.pf_id}
        found += [{"older": pf_id, "footprint": row.number} for pf_id in sorted(older)]
    if found:
        connection.execute(sa.text("INSERT INTO successions VALUES (:older, :footprint)"), found)


def _read_from_log(connection: sa.Connection) -> None:
    """The log has what was written when something was shared, the last time counts."""
    connection.execute(sa.text("UPDATE shares SET given = value"))
    shared = sa.text("SELECT subject, body FROM log WHERE kind = 'shared' ORDER BY number")
    for row in connection.execute(shared).all():
        body = orjson.loads(row.body)
        if body.get("what") != "all":
            given = {"given": body["value"], "value": body["value"].lower()}
            connection.execute(sa.text(_GIVEN), {"client_id": row.subject, "kind": body["what"], **given})
