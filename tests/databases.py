"""Databases for tests: a file of SQLite, and a private PostgreSQL from the programs of this machine.

The server listens on a socket in a folder of its own and never on the network. It is started when a test first
asks for it and stopped at the end. Where its programs are absent, the tests that need it are skipped.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from gateway.store.database import open_store

DATABASES = ("sqlite", "postgresql")
OLDEST = 12
_CLUSTER = ("-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8")
_QUICK = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=32MB",
    "max_connections=60",
)


def programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``: Debian keeps it out of the PATH."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: -int(file.parts[-3]))
    found = [*packaged, *([Path(named)] if (named := shutil.which("initdb")) else [])]
    return next((file.parent for file in found if (file.parent / "postgres").exists()), None)


class Cluster:
    """A server of its own in a new folder. Raises RuntimeError, with the reason, where it cannot run."""

    def __init__(self) -> None:
        folder = programs()
        if folder is None:
            raise RuntimeError("PostgreSQL is not installed (apt-get install postgresql)")
        # a short path, since a socket's name has 107 bytes; in memory, where files are made and removed at once
        self.folder = Path(tempfile.mkdtemp(prefix="cbamgw-pg-", dir=_in_memory()))
        self.runs_as = _unprivileged(self.folder)
        self.made = 0
        try:
            self._run(folder / "initdb", "-D", self.folder / "data", *_CLUSTER)
            options = [word for option in _QUICK for word in ("-c", option)]
            self.server = subprocess.Popen(
                [folder / "postgres", "-D", self.folder / "data", "-h", "", "-k", self.folder, *options],
                **self.runs_as,
                stdout=subprocess.DEVNULL,
                stderr=(self.folder / "log").open("wb"),
                cwd=self.folder,
            )
            self._wait()
        except Exception:
            self.stop()
            raise

    def _run(self, *words: Any) -> None:
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, cwd=self.folder, **self.runs_as
        )
        if done.returncode:
            raise RuntimeError(f"{Path(words[0]).name}: {done.stderr.strip()[-300:]}")

    def _wait(self) -> None:
        import psycopg

        for _ in range(200):
            try:
                return self.do("SELECT 1")
            except psycopg.OperationalError:
                if self.server.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError(f"postgres does not start: {(self.folder / 'log').read_text()[-300:]}")

    def do(self, statement: str) -> None:
        """One statement outside any transaction, in the database ``postgres``."""
        import psycopg

        words = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(words, autocommit=True) as connection:
            connection.execute(statement)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def new(self, template: str = "template0") -> str:
        """The URL of a new database."""
        self.made += 1
        name = f"t{self.made}"
        self.do(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """A database that a test is done with goes, whoever is still connected: each is eight megabytes."""
        import psycopg

        with suppress(psycopg.Error):  # versions before 13 cannot; then all of them go at the end
            self.do(f"DROP DATABASE IF EXISTS {_name_in(url)} WITH (FORCE)")

    @cached_property
    def migrated(self) -> str:
        """The name of a database with our tables, to copy others from."""
        url = self.new()
        open_store(url).close()
        return _name_in(url)

    def stop(self) -> None:
        server = getattr(self, "server", None)
        if server is not None:
            server.send_signal(signal.SIGQUIT)  # at once, whoever is still connected
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _name_in(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def _in_memory() -> str | None:
    """A folder of a file system in memory with a gigabyte to spare; None where there is none."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30
    return str(memory) if roomy else None


def _unprivileged(folder: Path) -> dict[str, Any]:
    """How to start its programs: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("there is no unprivileged user to run PostgreSQL as")


@pytest.fixture(scope="session")
def cluster():
    """The PostgreSQL server of this test run."""
    try:
        made = Cluster()
    except (RuntimeError, OSError, ImportError) as error:
        pytest.skip(f"PostgreSQL: {error}")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    """A SQLite file with our tables, to copy others from."""
    file = tmp_path_factory.mktemp("migrated") / "gateway.db"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=DATABASES)
def empty_url(request, tmp_path):
    """The URL of an empty database, one of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return request.getfixturevalue("cluster").new()


@pytest.fixture
def sqlite_url(tmp_path, migrated_file):
    """The URL of a SQLite file with our tables and nothing in them."""
    file = tmp_path / "gateway.db"
    shutil.copyfile(migrated_file, file)
    file.chmod(0o600)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(cluster):
    """The URL of a PostgreSQL database with our tables and nothing in them."""
    url = cluster.new(cluster.migrated)
    yield url
    cluster.drop(url)


@pytest.fixture(params=DATABASES)
def store_url(request):
    """The URL of a database with our tables and nothing in them, one of each kind."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
def store(store_url):
    """An open store with nothing in it, on both databases."""
    made = open_store(store_url)
    yield made
    made.close()
