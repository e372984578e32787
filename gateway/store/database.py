"""The database: opened, brought to the newest form, read and written in transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.formats.files import reasons
from gateway.formats.installed import user_data
from gateway.model.finding import Refused, finding
from gateway.store.migrations import HEAD, REVISIONS
from gateway.store.tables.base import moment_of
from gateway.trust.envelope import Clock, system_clock

BUSY_SECONDS = 30
"""How long a writer waits for the one before it."""

READ_SECONDS = 10
"""How long a read may take that a request waits for."""

WRITER = 0x6362616D
"""The lock of PostgreSQL that stands for being the one writer."""

_ONE_WRITER = text("SELECT pg_advisory_xact_lock(:lock)")
_NO_LIMIT = text("SELECT set_config('statement_timeout', '0', true)")
_STEPS = 100_000  # of SQLite's virtual machine, about a millisecond


class StoreFailed(Refused):
    """The database itself failed (no room, no connection, no turn): nothing of the transaction is kept.

    Nothing is wrong with what was asked, so it may be asked again.
    """


@dataclass(frozen=True)
class Store:
    """An open database. ``read`` and ``write`` are its only doors; each is one transaction."""

    engine: Engine
    clock: Clock = system_clock

    @property
    def is_local(self) -> bool:
        """A file of this machine: a keyed read takes less time than handing it to a thread."""
        return self.engine.dialect.name == "sqlite"

    def now(self) -> int:
        """The moment, by the clock of this store."""
        return moment_of(self.clock())

    @contextmanager
    def read(self, *, long: bool = False) -> Iterator[Connection]:
        """A consistent view. Refused (STORE-TIMEOUT) beyond READ_SECONDS; ``long`` is for backups and the like.

        StoreFailed (STORE-UNREACHABLE) where the database fails.
        """
        with _told(self.engine), self.engine.connect().execution_options(long=long) as connection:
            if long and not self.is_local:
                connection.execution_options(isolation_level="REPEATABLE READ").execute(_NO_LIMIT)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Commits at the end, takes everything back when an exception leaves the block.

        One writer at a time, on PostgreSQL too: the log has no forks, and who is shared a product that is being
        published sees it. StoreFailed (STORE-UNREACHABLE) where the database fails or the turn does not come.
        """
        with (
            _told(self.engine),
            self.engine.connect().execution_options(writes=True, long=True) as connection,
            connection.begin(),
        ):
            if not self.is_local:
                _take_turn(connection)
            yield connection

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.engine.dispose()


def default_url() -> str:
    """The database of this user, where none is named."""
    return f"sqlite:///{user_data() / 'gateway.db'}"


def open_store(url: str | None = None, clock: Clock = system_clock, *, create: bool = True) -> Store:
    """The store behind a URL (``sqlite:///file``, ``postgresql+psycopg://…``), brought to the newest form.

    Raises Refused: STORE-URL for what is no such URL, STORE-UNREACHABLE where the database does not answer,
    STORE-MISSING where a file should exist and does not (``create`` False), STORE-FOREIGN for a database or file
    of another program, STORE-NEWER for one that a newer release has written.
    """
    made = _engine(url or default_url(), create)
    try:
        upgrade(made)
    except SQLAlchemyError as error:
        made.dispose()
        raise _unreachable(made, error) from None
    except Refused:
        made.dispose()
        raise
    return Store(made, clock)


def _take_turn(connection: Connection) -> None:
    """Be the one writer of PostgreSQL. The limit on a statement goes first: it would end the wait before its time."""
    connection.execute(_NO_LIMIT)
    connection.execute(_ONE_WRITER, {"lock": WRITER})


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    """What the database says of itself is a finding; what it says of a row is a defect and stays an exception."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        cause = getattr(error, "orig", None) or error
        if "interrupt" in str(cause) or "statement timeout" in str(cause):
            raise Refused(finding("STORE-TIMEOUT", stage="store", seconds=READ_SECONDS)) from None
        broken = (
            type(cause) is sqlite3.DatabaseError
        )  # a damaged file; its heirs are about statements and rows
        if broken or isinstance(error, OperationalError | PoolTimeout):
            raise _unreachable(engine, error) from None
        raise


def _engine(url: str, create: bool) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
            raise ArgumentError(parsed.drivername)
        if parsed.drivername == "sqlite":
            _ready_folder(parsed.database, create)
            made = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
            return _sqlite(made)
        limit = f"-c statement_timeout={READ_SECONDS}s -c lock_timeout={BUSY_SECONDS}s"
        return create_engine(
            parsed, pool_pre_ping=True, connect_args={"options": limit}, hide_parameters=True
        )
    except (ArgumentError, ImportError):
        raise Refused(finding("STORE-URL", stage="store")) from None  # the URL may hold a password


def _ready_folder(database: str | None, create: bool) -> None:
    if not database or database == ":memory:":
        raise ArgumentError("a database in memory is lost with the process")
    file = Path(database)
    if not create and not file.exists():
        raise Refused(finding("STORE-MISSING", stage="store", file=file))
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            file.touch(mode=0o600)
    except OSError as error:
        raise Refused(finding("WRITE-FAILED", stage="write", file=file, **reasons(error))) from None


def _write_ahead(connection: Any) -> None:
    """The write-ahead log: SQLite does not wait for its turn here, where two open a new file at once."""
    until = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or monotonic() > until:
                raise
            sleep(0.02)


def _sqlite(engine: Engine) -> Engine:
    """Readers never wait for the writer; a commit is on the disk before it is reported."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below
        _write_ahead(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        until = record.info
        connection.set_progress_handler(lambda: monotonic() > until.get("until", inf), _STEPS)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        connection.info["until"] = inf if options.get("long") else monotonic() + READ_SECONDS
        if options.get("writes"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:  # cannot fail, and is asked for by every request
            connection.connection.cursor().execute("BEGIN")

    return engine


def _unreachable(engine: Engine, error: SQLAlchemyError) -> StoreFailed:
    cause = getattr(error, "orig", None) or error
    shown = engine.url.render_as_string(hide_password=True)
    if "file is not a database" in str(cause):
        return StoreFailed(finding("STORE-FOREIGN", stage="store", url=shown))
    return StoreFailed(finding("STORE-UNREACHABLE", stage="store", url=shown, reason=_reason(engine, cause)))


def _reason(engine: Engine, cause: BaseException) -> str:
    """The first line of what the database says, without the password of the address."""
    said = (str(cause).strip().splitlines() or [type(cause).__name__])[0][:200]
    secret = str(engine.url.password or "")
    return said.replace(secret, "***") if secret else said


def is_newest(store: Store) -> bool:
    """Whether the database answers and its tables are of the newest form. Raises SQLAlchemyError, Refused."""
    with store.read() as connection:
        return form_of(connection) == HEAD


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest form, in one transaction; nothing is locked where they have it already."""
    with engine.connect() as connection:
        if form_of(connection) == HEAD:
            return
    with engine.connect().execution_options(writes=True, long=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            _take_turn(connection)
        form_of(connection)  # another process may have been first
        bring_to(connection, HEAD)


def bring_to(connection: Connection, revision: str) -> None:
    """Run the migrations up to a revision within the transaction of this connection."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def form_of(connection: Connection) -> str:
    """The revision of the tables, empty for a new database.

    Raises Refused: STORE-NEWER for a revision that this release does not know, STORE-FOREIGN for other tables.
    """
    names = set(inspect(connection).get_table_names())
    if not names:
        return ""
    revision = ""
    if "alembic_version" in names:
        revision = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
    shown = connection.engine.url.render_as_string(hide_password=True)
    if not revision and names != {"alembic_version"}:
        raise Refused(finding("STORE-FOREIGN", stage="store", url=shown))
    if revision and revision not in REVISIONS:
        raise Refused(finding("STORE-NEWER", stage="store", url=shown, form=revision, known=HEAD))
    return revision
