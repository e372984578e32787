"""Erasing personal data: where a text stands in what is kept, and the one door by which it goes.

A personal value of a document is replaced by a tombstone in every revision that is kept; the commitment stays
(`personal`), so digests and log still verify. A footprint that is on offer gets a new revision with the reason
``erased``: it is served without the signature that it had, for it is not what was signed. Names of clients and
partners and notes hold no commitment; they are replaced.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from sqlite3 import OperationalError
from typing import Any, NamedTuple
from unicodedata import normalize

from sqlalchemy import Column, Connection, String, Table, delete, insert, select, update

from gateway.formats.json_reader import write_compact
from gateway.formats.leaves import leaves
from gateway.store.database import Store
from gateway.store.footprints import Body, revise
from gateway.store.log import append, entries
from gateway.store.personal import (
    TOMBSTONE,
    commit_late,
    digest_of_bytes,
    personal_values,
    tree_of,
    with_values,
)
from gateway.store.tables import metadata
from gateway.store.tables.footprints import bodies, footprints
from gateway.store.tables.personal import commitments, erasing, personal, sources

FREEING = "erased"
_OF_NOBODY = ("digest", "previous", "signature", "secret_hash")
"""Columns that the program fills with what it computes."""


class Place(NamedTuple):
    """A table that keeps documents: the columns of its key, of the content, and the format of a row."""

    table: Table
    keys: tuple[str, ...]
    content: str
    format_of: Callable[[dict[str, Any]], str]


class Found(NamedTuple):
    """A text in what is kept. ``path``: the field of the document, or the column. ``erasable``: by the table."""

    place: str
    key: str
    path: str
    value: str
    erasable: bool


@dataclass(frozen=True)
class Erased:
    """What was erased, the footprints on offer that changed by it, and whether the disk is free of it.

    ``freed`` is False where another process was using the database file: the freed pages are then overwritten,
    but the write-ahead log may hold them until it is emptied.
    """

    values: tuple[Found, ...]
    footprints: tuple[str, ...]
    freed: bool


def _of_model(row: dict[str, Any]) -> str:
    return f"pact.footprint@{row['model']}"


def _of_event(_row: dict[str, Any]) -> str:
    return "pact.event"


@cache
def places() -> dict[str, Place]:
    """Every table that keeps documents, by name."""
    event, tables = (("number",), "body", _of_event), metadata.tables
    return {
        "bodies": Place(bodies, ("footprint", "revision", "model"), "content", _of_model),
        "sources": Place(sources, ("number",), "content", lambda row: str(row["format"])),
        "received": Place(tables["received"], ("number",), "content", _of_model),
        **{name: Place(tables[name], *event) for name in ("inbox", "outbox", "requests")},
    }


@cache
def _texts() -> dict[str, tuple[str, ...]]:
    """Columns outside documents in which a person can be named."""
    return {
        "clients": ("name",),
        "partners": ("name",),
        "inbox": ("note",),
        "outbox": ("last_error",),
        "announced": ("last_error",),
        "received": ("findings",),
        "verifications": ("findings",),
    }


def find(connection: Connection, wanted: str) -> Iterator[Found]:
    """Where a text stands: in documents of every kind, in names and notes, in every other column of text.

    Compared without case and by what is seen: composed and decomposed, full and half width are one spelling.
    """
    for place, row in _rows(connection):
        yield from _in_document(place, row, wanted)
    for name, columns in _columns().items():
        table = metadata.tables[name]
        for row in _stream(connection, table):
            for column in columns:
                if _holds(row[column], wanted):
                    erasable = column in _texts().get(name, ())
                    yield Found(name, str(row["number"]), column, str(row[column]), erasable)


def _holds(value: Any, wanted: str) -> bool:
    return isinstance(value, str) and _spelled(wanted) in _spelled(value)


def _spelled(value: str) -> str:
    return normalize("NFKC", normalize("NFKC", value).casefold())


@cache
def _columns() -> dict[str, tuple[str, ...]]:
    """The columns of text of every table with a number; what footprints are found by stands in the documents."""
    return {
        name: tuple(c.name for c in table.c if isinstance(c.type, String) and c.name not in _OF_NOBODY)
        for name, table in metadata.tables.items()
        if "number" in table.c
    }


def find_of_footprint(connection: Connection, pf_id: str) -> Iterator[Found]:
    """Every personal value in a footprint that is on offer, in what it was made from, or received under that id."""
    of_it = select(footprints.c.number).where(footprints.c.pf_id == pf_id.lower())
    received = metadata.tables["received"]
    chosen = {
        "bodies": bodies.c.footprint.in_(of_it),
        "sources": sources.c.footprint.in_(of_it),
        "received": received.c.pf_id == pf_id.lower(),
    }
    for name, condition in chosen.items():
        for row in connection.execute(select(places()[name].table).where(condition)).mappings():
            yield from (found for found in _in_document(name, dict(row), "") if found.erasable)


def erase(store: Store, wanted: list[Found]) -> Erased:
    """Erase the values that were found and may be erased, all or none, and free the disk of them."""
    values = tuple(found for found in wanted if found.erasable and found.value != TOMBSTONE)
    if not values:  # an erasure before this one may have found the file in use
        return Erased((), (), free(store, set()))
    with store.write() as connection:
        if store.is_local:
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
        changed = _erase(connection, values, store.now())
    return Erased(values, changed, free(store, {found.place for found in values}))


def erased_since(connection: Connection, number: int) -> tuple[Found, ...]:
    """What was erased after an entry of the log: where it stood; the values themselves are gone."""
    made: dict[tuple[str, str, str], Found] = {}
    for entry in entries(connection):
        body = json.loads(entry["body"]) if entry["kind"] == FREEING and entry["number"] > number else {}
        for path in body.get("paths", ()):
            place, _, key = entry["subject"].partition(" ")
            made[place, key, path] = Found(place, key, path, "", True)
    return tuple(made.values())


def erase_again(connection: Connection, before: tuple[Found, ...], now: int) -> tuple[Found, ...]:
    """Erase in an older state of the same store what was erased since: where that state still held it."""
    held = tuple(found for found in before if _stands(connection, found))
    if held:
        _erase(connection, held, now)
    return held


def _stands(connection: Connection, found: Found) -> bool:
    place = places().get(found.place)
    table = metadata.tables[found.place]
    here = _at(place, found.key) if place else [table.c.number == int(found.key)]
    row = connection.execute(select(table).where(*here)).mappings().first()
    if row is None or place is None or not found.path.startswith("/"):
        return row is not None
    values = personal_values(place.format_of(dict(row)), tree_of(bytes(row[place.content])))
    return values.get(found.path, TOMBSTONE) != TOMBSTONE


def _erase(connection: Connection, values: tuple[Found, ...], now: int) -> tuple[str, ...]:
    connection.execute(insert(erasing).values(number=1))
    by_row: dict[tuple[str, str], list[Found]] = {}
    for found in values:
        by_row.setdefault((found.place, found.key), []).append(found)
    for (place, key), of_row in by_row.items():
        paths = [found.path for found in of_row if found.path.startswith("/")]
        late = _erase_in_document(connection, place, key, paths, now) if paths else {}
        for found in of_row:
            if not found.path.startswith("/"):
                _erase_text(connection, found)
        every = sorted({found.path for found in of_row})
        append(connection, now, FREEING, f"{place} {key}", paths=every, **late)
    connection.execute(delete(erasing))
    numbers = sorted({int(key.split("/")[0]) for place, key in by_row if place == "bodies"})
    return tuple(_offer_again(connection, number, now) for number in numbers)


def _erase_in_document(
    connection: Connection, name: str, key: str, paths: list[str], now: int
) -> dict[str, str]:
    """What the log tells besides: ``was`` and ``stands``, where another digest stands for the document from now on."""
    place = places()[name]
    row = dict(connection.execute(select(place.table).where(*_at(place, key))).mappings().one())
    content = bytes(row[place.content])
    made = commit_late(connection, name, key, place.format_of(row), content, now)
    written = write_compact(with_values(tree_of(content), dict.fromkeys(paths, TOMBSTONE)))
    columns = place.table.c
    changed: dict[str, Any] = {place.content: written}
    changed |= {"digest": digest_of_bytes(written)} if "digest" in columns else {}
    changed |= {"signature": None} if "signature" in columns else {}
    connection.execute(update(place.table).where(*_at(place, key)).values(**changed))
    if name == "received":  # a signature is made over the value: who has the key could try guesses
        verifications = metadata.tables["verifications"]
        of_it = verifications.c.received == row["number"]
        connection.execute(update(verifications).where(of_it).values(signature=None))
    this = select(commitments.c.number).where(commitments.c.place == name, commitments.c.key == key)
    number = connection.execute(this).scalar_one()
    these = personal.c.commitment == number, personal.c.path.in_(paths)
    connection.execute(update(personal).where(*these).values(salt=None))
    connection.execute(update(commitments).where(commitments.c.number == number).values(erased=now))
    return {"was": made.late, "stands": made.digest} if made.late else {}


def _erase_text(connection: Connection, found: Found) -> None:
    table = metadata.tables[found.place]
    new = f"erased-{found.key}" if found.path == "name" else TOMBSTONE if found.path != "findings" else "[]"
    here = table.c.number == int(found.key)
    connection.execute(update(table).where(here).values({found.path: new}))


def _offer_again(connection: Connection, number: int, now: int) -> str:
    row = connection.execute(select(footprints).where(footprints.c.number == number)).mappings().one()
    of_head = bodies.c.footprint == number, bodies.c.revision == row["head"]
    newest = {b.model: Body(bytes(b.content)) for b in connection.execute(select(bodies).where(*of_head))}
    revise(connection, row["pf_id"], row["status"], newest, now, FREEING)
    return str(row["pf_id"])


def free(store: Store, tables: set[str]) -> bool:
    """Rewrite the file or the tables without the rows that are gone, and empty the write-ahead log."""
    raw = store.engine.raw_connection()
    connection: Any = raw.driver_connection
    try:
        if store.is_local:
            try:
                connection.execute("VACUUM")
                busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except OperationalError:  # another process holds it, or the disk has no room for a second copy
                return False
            return not busy
        connection.autocommit = True
        connection.execute("SET statement_timeout = 0")
        for table in sorted(tables | {"personal", "verifications"}):
            connection.execute(f"VACUUM FULL {table}")
        return True
    finally:
        raw.invalidate()


def _rows(connection: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, place in places().items():
        for row in _stream(connection, place.table):
            yield name, row


def _stream(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    rows = connection.execute(select(table).execution_options(yield_per=500))
    yield from (dict(row) for row in rows.mappings())


def _in_document(name: str, row: dict[str, Any], wanted: str) -> Iterator[Found]:
    place = places()[name]
    content = bytes(row[place.content])
    tree = tree_of(content)
    key = "/".join(str(row[column]) for column in place.keys)
    if tree is None:
        if wanted and _holds(content.decode("utf-8", "replace"), wanted):
            yield Found(name, key, place.content, wanted, False)
        return
    values = personal_values(place.format_of(row), tree)
    for path, value in leaves(tree) if wanted else values.items():
        if value != TOMBSTONE and _holds(value, wanted):
            yield Found(name, key, path, value, path in values)
        elif wanted and _holds(path, wanted):  # the name of a member
            yield Found(name, key, path, str(value), False)


def _at(place: Place, key: str) -> list[Any]:
    columns: list[Column[Any]] = [place.table.c[name] for name in place.keys]
    parts = key.split("/")
    return [c == (int(part) if c.name != "model" else part) for c, part in zip(columns, parts, strict=True)]
