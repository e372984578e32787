"""The database: opened, brought to the newest form, read and written in transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from gateway.formats.installed import user_data
from gateway.model.finding import Refused, finding
from gateway.store.tables.base import moment_of
from gateway.trust.envelope import Clock, system_clock

BUSY_SECONDS = 30


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
    def read(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Commits at the end, takes everything back when an exception leaves the block."""
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def default_url() -> str:
    """The database of this user, where none is named."""
    return f"sqlite:///{user_data() / 'gateway.db'}"


def open_store(url: str | None = None, clock: Clock = system_clock, *, create: bool = True) -> Store:
    """The store behind a URL (``sqlite:///file``, ``postgresql+psycopg://…``), brought to the newest form.

    Raises Refused: STORE-URL for what is no such URL, STORE-UNREACHABLE where the database does not answer,
    STORE-MISSING where a file should exist and does not (``create`` False).
    """
    made = _engine(url or default_url(), create)
    try:
        upgrade(made)
    except SQLAlchemyError as error:
        raise _unreachable(made, error) from None
    return Store(made, clock)


def _engine(url: str, create: bool) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
            raise ArgumentError(parsed.drivername)
        if parsed.drivername == "sqlite":
            _ready_folder(parsed.database, create)
            return _sqlite(create_engine(parsed, connect_args={"timeout": BUSY_SECONDS}))
        return create_engine(parsed, pool_pre_ping=True)
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
        raise Refused(finding("WRITE-FAILED", stage="write", file=file, reason=error.strerror)) from None


def _sqlite(engine: Engine) -> Engine:
    """Readers never wait for the writer; a commit is on the disk before it is reported."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _unreachable(engine: Engine, error: SQLAlchemyError) -> Refused:
    reason = type(getattr(error, "orig", None) or error).__name__
    shown = engine.url.render_as_string(hide_password=True)
    return Refused(finding("STORE-UNREACHABLE", stage="store", url=shown, reason=reason))


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest form, in one transaction where the database can."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
