"""Statements that are compiled once for each kind of database and then only bound to values.

Building and compiling a statement takes several times as long as a keyed read; what every request runs is
made here once.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import Executable


class Rows(Protocol):
    """What a statement found. Each row has its columns by name and by place."""

    def all(self) -> Iterable[Any]: ...

    def first(self) -> Any: ...

    def one(self) -> Any: ...

    def scalar(self) -> Any: ...

    def scalar_one(self) -> Any: ...


class Prepared:
    """A statement whose values are named parameters (`bindparam`), ready to run."""

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._compiled: dict[str, tuple[str, tuple[str, ...] | None, dict[str, Any]]] = {}
        self._row: Callable[[Iterable[Any]], Any] | None = None

    def run(self, connection: Connection, values: dict[str, Any]) -> Rows:
        """Its result; ``values`` must name every parameter that has no value of its own."""
        name = connection.dialect.name
        text, order, constants = self._compiled.get(name) or self._compile(connection)
        merged = {**constants, **values}
        if order is None:
            return connection.exec_driver_sql(text, merged)
        return self._directly(connection, text, tuple(merged[name] for name in order))

    def _directly(self, connection: Connection, text: str, values: tuple[Any, ...]) -> Rows:
        """On SQLite, where the layers in between cost several times what a keyed read does."""
        if not connection.in_transaction():
            connection.begin()
        try:
            cursor: Any = connection.connection.cursor()
            found = cursor.execute(text, values).fetchall()
        except sqlite3.Error as error:
            raise DBAPIError.instance(text, values, error, sqlite3.Error, hide_parameters=True) from error
        if self._row is None:
            named: Any = namedtuple
            self._row = named("Row", [column[0] for column in cursor.description], rename=True)._make
        return _Found([self._row(row) for row in found])

    def _compile(self, connection: Connection) -> tuple[str, tuple[str, ...] | None, dict[str, Any]]:
        made: Any = self.statement.compile(dialect=connection.dialect)  # type: ignore[attr-defined]
        order = tuple(made.positiontup) if made.positional else None
        constants = {name: value for name, value in made.params.items() if value is not None}
        row = (str(made), order, constants)
        self._compiled[connection.dialect.name] = row
        return row


class _Found:
    """Rows that have been fetched."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    def all(self) -> list[Any]:
        return self._rows

    def first(self) -> Any:
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        (row,) = self._rows
        return row

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        return self.one()[0]
