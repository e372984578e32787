"""Statements that are compiled once for each kind of database and then only bound to values.

Building and compiling a statement takes several times as long as a keyed read; what every request runs is
made here once.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, CursorResult
from sqlalchemy.sql.expression import Executable


class Prepared:
    """A statement whose values are named parameters (`bindparam`), ready to run."""

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._compiled: dict[str, tuple[str, tuple[str, ...] | None, dict[str, Any]]] = {}

    def run(self, connection: Connection, values: dict[str, Any]) -> CursorResult[Any]:
        """Its result; ``values`` must name every parameter that has no value of its own."""
        name = connection.dialect.name
        text, order, constants = self._compiled.get(name) or self._compile(connection)
        merged = {**constants, **values}
        if order is None:
            return connection.exec_driver_sql(text, merged)
        return connection.exec_driver_sql(text, tuple(merged[name] for name in order))

    def _compile(self, connection: Connection) -> tuple[str, tuple[str, ...] | None, dict[str, Any]]:
        made: Any = self.statement.compile(dialect=connection.dialect)  # type: ignore[attr-defined]
        order = tuple(made.positiontup) if made.positional else None
        constants = {name: value for name, value in made.params.items() if value is not None}
        row = (str(made), order, constants)
        self._compiled[connection.dialect.name] = row
        return row
