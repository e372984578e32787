"""Backups: everything that is kept, at one moment, in one file that either kind of database can be restored from.

A backup is gzip over lines of JSON: what it is, then each table and its rows, at the end the number of rows and
the digest of all before. It is read in one transaction, so writers do not disturb it and it disturbs none. A
restore is one transaction too: it leaves the store as it was, or as the backup says. The secret of the host is
not in it; the secrets of partners are, sealed with that secret.
"""

from __future__ import annotations

import base64
import errno
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Column, Connection, MetaData, Table, func, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.formats.files import atomic_output, reasons
from gateway.model.finding import Refused, finding
from gateway.store.audit import Audit, audit
from gateway.store.database import Store, StoreFailed, bring_to
from gateway.store.drafts import hold, remove_left
from gateway.store.erasure import Found, erase_again, erased_since, free
from gateway.store.log import append, digest_at, head
from gateway.store.migrations import HEAD, REVISIONS
from gateway.store.tables import metadata
from gateway.store.tables.base import instant_of
from gateway.trust.envelope import utc_text

FORMAT = "cbamgw.backup@1"
MAX_LINE = 256 * 1024 * 1024
"""Bytes of a row. The largest document that is kept has 100 MiB, which are 134 in base64."""

BATCH = 1_000
BATCH_BYTES = 16 * 1024 * 1024
MADE, RESTORED = "backup made", "restored"


@dataclass(frozen=True)
class Backup:
    """What a backup holds: when it was made, the form of its tables, rows of each table, its digest.

    Of a restore: how many values were erased from it again, and whether the disk is free of them; what of it is not as
    its log tells, where that was restored all the same.
    """

    made: str
    form: str
    columns: dict[str, list[str]]
    rows: dict[str, int]
    digest: str
    erased: int = 0
    freed: bool = True
    altered: tuple[str, ...] = ()


def back_up(store: Store, file: str | Path, *, force: bool = False) -> Backup:
    """Write a backup, mode 0600, and note it in the log. Raises Refused (WRITE-…); leaves no half file behind.

    What a backup of this name that was killed left beside it is deleted.
    """
    now = store.now()
    remove_left(file)
    with (
        atomic_output(file, force=force, mode=0o600) as handle,
        gzip.GzipFile("", "wb", 6, handle, mtime=0) as packed,
        store.read(long=True) as connection,
    ):
        hold(handle)
        made = _write(connection, packed, utc_text(instant_of(now)))
    with store.write() as connection:
        append(connection, now, MADE, made.digest, file=Path(file).name)
    return made


def backups_of(connection: Connection) -> list[tuple[str, str, str]]:
    """Every backup that the log names, made or restored: when, file, digest."""
    log = metadata.tables["log"]
    named = select(log).where(log.c.kind.in_((MADE, RESTORED))).order_by(log.c.number)
    rows = connection.execute(named).mappings()
    return [(utc_text(instant_of(r["at"])), str(orjson.loads(r["body"])["file"]), r["subject"]) for r in rows]


def _write(connection: Connection, packed: gzip.GzipFile, made: str) -> Backup:
    digest = hashlib.sha256()
    counts: dict[str, int] = {}
    columns = {
        str(table.name): [str(column.name) for column in table.columns] for table in metadata.sorted_tables
    }

    def line(value: Any) -> None:
        written = orjson.dumps(value, default=_binary) + b"\n"
        if len(written) > MAX_LINE:
            reason = f"a row has more than {MAX_LINE // 1024**2} MiB"
            raise OSError(errno.EFBIG, reason)  # told as what could not be written
        digest.update(written)
        packed.write(written)

    line({"archive": FORMAT, "made": made, "form": HEAD, "tables": columns})
    for table in metadata.sorted_tables:
        line({"table": str(table.name)})
        count = 0
        for row in connection.execute(select(table).execution_options(yield_per=BATCH)):
            line(list(row))
            count += 1
        counts[str(table.name)] = count
    text = "sha256:" + digest.hexdigest()
    packed.write(orjson.dumps({"rows": counts, "digest": text}) + b"\n")
    return Backup(made, HEAD, columns, counts, text)


def _binary(value: Any) -> dict[str, str]:
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(value).decode()}
    raise TypeError(type(value).__name__)


def read_backup(file: str | Path) -> Backup:
    """What a backup says of itself, after every byte of it was compared with its digest.

    Raises Refused: READ-CANNOT-OPEN, BACKUP-DAMAGED for what is cut off or altered or no backup, STORE-NEWER.
    """
    with _opened(file) as handle:
        digest, table = hashlib.sha256(), ""
        counts: dict[str, int] = {}
        head: dict[str, Any] = {}
        for line in _lines(handle, file):
            value = (
                None if line.startswith(b"[") else _parsed(line, file)
            )  # rows are parsed when they are restored
            if isinstance(value, dict) and "digest" in value:
                return _checked(head, value, counts, "sha256:" + digest.hexdigest(), handle, file)
            digest.update(line)
            if not head:
                head = value if isinstance(value, dict) else {}
                if head.get("archive") != FORMAT:
                    raise _damaged(file)
            elif isinstance(value, dict):
                table = str(value.get("table"))
                counts[table] = 0
            elif table:
                counts[table] += 1
            else:
                raise _damaged(file)
    raise _damaged(file)


def _checked(
    head: dict[str, Any],
    end: dict[str, Any],
    counts: dict[str, int],
    digest: str,
    rest: gzip.GzipFile,
    file: Any,
) -> Backup:
    form, columns = str(head.get("form")), head.get("tables")
    if end["digest"] != digest or end.get("rows") != counts or rest.read(1) or not isinstance(columns, dict):
        raise _damaged(file)
    if form not in REVISIONS:
        raise Refused(finding("STORE-NEWER", stage="store", url=file, form=form, known=HEAD))
    return Backup(str(head.get("made")), form, columns, counts, digest)


def restore(store: Store, file: str | Path, *, force: bool = False, altered: bool = False) -> Backup:
    """Make the store what a backup says: all of it or, whatever happens in between, nothing.

    Raises Refused: what `read_backup` raises, STORE-NOT-EMPTY without ``force`` where anything is kept already,
    BACKUP-LOG where the log of the backup does not verify and BACKUP-ALTERED where what is kept is not as it tells,
    both without ``altered``, BACKUP-NOT-RESTORED where the database refuses a row.

    What was erased since a backup of this same store (its log is the beginning of ours) is erased from it again; for
    an empty or another database nobody knows what was erased.
    """
    backup = read_backup(file)
    again: tuple[Found, ...] = ()
    try:
        with store.write() as connection:
            if not force and not is_empty(connection):
                raise Refused(finding("STORE-NOT-EMPTY", stage="store", file=file))
            since = erased_since(connection, backup.rows.get("log", 0))
            at_backup = digest_at(connection, backup.rows.get("log", 0))
            _clear(connection)
            bring_to(connection, backup.form)
            _fill(connection, backup, file)
            bring_to(connection, HEAD)
            found = _verified(audit(connection, None, store.clock), file, altered)
            if at_backup and at_backup == head(connection):  # an older state of this same store
                again = erase_again(connection, since, store.now())
            told = {"file": Path(file).name, "made": backup.made, "altered": str(len(found))}
            append(connection, store.now(), RESTORED, backup.digest, **told)
    except (SQLAlchemyError, StoreFailed, OverflowError) as error:
        raise Refused(
            finding("BACKUP-NOT-RESTORED", stage="store", file=file, reason=_reason(error))
        ) from None
    backup = replace(backup, altered=found)
    if not again:
        return backup
    return replace(backup, erased=len(again), freed=free(store, {found.place for found in again}))


def _verified(found: Audit, file: Any, altered: bool) -> tuple[str, ...]:
    """What of a backup does not verify. Raises Refused where that is not to be restored."""
    if found.broken is not None and not altered:
        raise Refused(finding("BACKUP-LOG", stage="store", file=file, number=found.broken))
    points = tuple(f"checkpoint {point.number}" for point in found.checkpoints if not point.holds)
    every = (*(() if found.broken is None else (f"log {found.broken}",)), *found.altered, *points)
    if every and not altered:
        shown = ", ".join(every[:5]) + (", …" if len(every) > 5 else "")
        raise Refused(finding("BACKUP-ALTERED", stage="store", file=file, count=len(every), what=shown))
    return every


def _reason(error: Exception) -> str:
    """The first line alone: PostgreSQL shows the row itself in those after it."""
    if isinstance(error, StoreFailed):
        return str(error.findings[0].values.get("reason", ""))
    return (str(getattr(error, "orig", None) or error).splitlines() or [""])[0][:200]


def is_empty(connection: Connection) -> bool:
    """Whether nothing is kept yet."""
    return all(
        connection.execute(select(func.count()).select_from(select(table).limit(1).subquery())).scalar() == 0
        for table in metadata.sorted_tables
    )


def _clear(connection: Connection) -> None:
    held = MetaData()
    held.reflect(connection)
    held.drop_all(connection)


def _fill(connection: Connection, backup: Backup, file: str | Path) -> None:
    known = inspect(connection)
    _whole(backup, file)
    tables = {
        name: Table(name, MetaData(), *(Column(column) for column in columns))
        for name, columns in backup.columns.items()
    }
    for name, table in tables.items():
        if not known.has_table(name) or {c["name"] for c in known.get_columns(name)} != set(
            table.columns.keys()
        ):
            raise _damaged(file)
    with _opened(file) as handle:
        for name, rows in _batches(handle, file):
            connection.execute(insert(tables[name]), _named(backup.columns[name], rows, file))
    if connection.dialect.name == "postgresql":
        for name in tables:
            _count_on(connection, name)


def _whole(backup: Backup, file: Any) -> None:
    """A digest can be made for any content: what is no table of ours, or would leave the door of erasure open."""
    lists = all(isinstance(c, list) and all(isinstance(n, str) for n in c) for c in backup.columns.values())
    if not lists or set(backup.rows) != set(backup.columns) or backup.rows.get("erasing"):
        raise _damaged(file)
    if not set(backup.columns) <= set(metadata.tables):
        raise _damaged(file)


def _named(names: list[str], rows: list[list[Any]], file: Any) -> list[dict[str, Any]]:
    try:
        return [dict(zip(names, map(_value, row), strict=True)) for row in rows]
    except (ValueError, KeyError, TypeError):
        raise _damaged(file) from None


def _count_on(connection: Connection, table: str) -> None:
    """PostgreSQL counts apart from the rows: go on after the last one."""
    if table not in metadata.tables or "number" not in metadata.tables[table].c:
        return
    sequence = connection.execute(text("SELECT pg_get_serial_sequence(:t, 'number')"), {"t": table}).scalar()
    if sequence:
        column = metadata.tables[table].c.number
        last = connection.execute(select(func.max(column))).scalar()
        connection.execute(
            text("SELECT setval(CAST(:s AS regclass), :n, :used)"),
            {"s": sequence, "n": last or 1, "used": last is not None},
        )


def _batches(handle: gzip.GzipFile, file: Any) -> Iterator[tuple[str, list[list[Any]]]]:
    name, rows, size = "", [], 0
    for line in _lines(handle, file):
        value = _parsed(line, file)
        if isinstance(value, list):
            rows.append(value)
            size += len(line)
            if len(rows) == BATCH or size > BATCH_BYTES:
                yield name, rows
                rows, size = [], 0
            continue
        if rows:
            yield name, rows
            rows, size = [], 0
        name = str(value.get("table", ""))


def _value(value: Any) -> Any:
    return base64.b64decode(value["b"], validate=True) if isinstance(value, dict) else value


def _opened(file: str | Path) -> gzip.GzipFile:
    try:
        return gzip.open(file, "rb")
    except OSError as error:
        raise Refused(finding("READ-CANNOT-OPEN", stage="read", file=file, **reasons(error))) from None


def _lines(handle: gzip.GzipFile, file: Any) -> Iterator[bytes]:
    try:
        while line := handle.readline(MAX_LINE):
            if not line.endswith(b"\n"):
                raise _damaged(file)
            yield line
    except (EOFError, OSError, zlib.error):
        raise _damaged(file) from None


def _parsed(line: bytes, file: Any) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        raise _damaged(file) from None


def _damaged(file: Any) -> Refused:
    return Refused(finding("BACKUP-DAMAGED", stage="store", file=file))
