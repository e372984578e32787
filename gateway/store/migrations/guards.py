"""What keeps the append-only tables so: the database itself refuses to change or delete their rows.

Erasing personal data is the one exception, through one door: a row in ``erasing``, which the transaction that
erases writes first and removes last. Other transactions never see it.
"""

from __future__ import annotations

from sqlalchemy import Connection

_FUNCTION = """
CREATE OR REPLACE FUNCTION cbamgw_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_ARGV[0] = 'erasing' AND EXISTS (SELECT 1 FROM erasing) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""


def keep_append_only(connection: Connection, table: str, *, may_erase: bool = False) -> None:
    """Refuse updates and deletions of a table; ``may_erase`` lets updates through the door of erasure."""
    if connection.dialect.name == "postgresql":
        door = "'erasing'" if may_erase else "'closed'"
        connection.exec_driver_sql(_FUNCTION.replace("%", "%%"))
        for when, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_append_only_{each.lower()} BEFORE {when} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION cbamgw_append_only({door})"
            )
        return
    door = "WHEN NOT EXISTS (SELECT 1 FROM erasing) " if may_erase else ""
    for verb, condition in (("UPDATE", door), ("DELETE", "")):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_append_only_{verb.lower()} BEFORE {verb} ON {table} {condition}"
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def open_to_erasure(connection: Connection, table: str) -> None:
    """Let updates of an append-only table through the door of erasure from now on."""
    postgresql = connection.dialect.name == "postgresql"
    on = f" ON {table}" if postgresql else ""
    for each in ("row", "statement") if postgresql else ("update", "delete"):
        connection.exec_driver_sql(f"DROP TRIGGER {table}_append_only_{each}{on}")
    keep_append_only(connection, table, may_erase=True)
