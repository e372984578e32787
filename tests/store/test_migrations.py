"""The steps by which a database comes to its newest form, from nothing and from every older form."""

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError

import gateway.store
from gateway.model.finding import Refused
from gateway.store.clients import add_client, list_clients
from gateway.store.database import bring_to, form_of, open_store
from gateway.store.log import append, verify_log
from gateway.store.migrations import HEAD, REVISIONS
from gateway.store.tables import metadata
from gateway.store.tables.footprints import clients, footprints
from tests.store.offers import offer, published


def test_the_list_of_revisions_is_that_of_the_scripts():
    config = Config()
    config.set_main_option("script_location", str(Path(gateway.store.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == REVISIONS


def test_the_migrations_make_exactly_the_tables_that_the_program_works_with(store):
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_an_older_database_is_brought_to_the_newest_form_with_what_is_in_it(empty_url, revision):
    url = make_url(empty_url)
    engine = create_engine(url if url.drivername == "sqlite" else url.set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        bring_to(connection, revision)
        row = {"name": "旧客户", "client_id": "c1", "secret_hash": "scrypt$x$y", "created": 1}
        connection.execute(insert(clients).values(**row))
        connection.execute(insert(footprints).values(**_footprint()))
    engine.dispose()
    store = open_store(empty_url)
    with store.write() as connection:
        assert form_of(connection) == HEAD
        assert [client.name for client in list_clients(connection)] == ["旧客户"]
        assert connection.execute(text("SELECT pf_id FROM footprints")).scalar() == "an id"
        append(connection, 1, "test", "subject")
        assert verify_log(connection) is None
    store.close()


def _footprint():
    instants = ("created", "updated", "period_start", "period_end", "valid_start", "valid_end", "validity")
    return {"pf_id": "an id", "head": 1, "status": "Active", "has_v2": False, **dict.fromkeys(instants, 5)}


def test_a_database_of_a_newer_release_is_refused_and_left_as_it_is(store_url):
    store = open_store(store_url)
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(Refused) as refused:
        open_store(store_url)
    assert [(f.rule, f.values["form"]) for f in refused.value.findings] == [("STORE-NEWER", "9999")]
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    store.close()


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_bytes(b"Shopping list: steel, aluminium\n" * 100)
    with pytest.raises(Refused, match="STORE-FOREIGN"):
        open_store(f"sqlite:///{file}")
    assert file.read_bytes() == b"Shopping list: steel, aluminium\n" * 100


def test_a_database_of_another_program_gets_no_tables_of_ours(empty_url):
    url = make_url(empty_url)
    engine = create_engine(url if url.drivername == "sqlite" else url.set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE accounts (name TEXT)"))
    with pytest.raises(Refused, match="STORE-FOREIGN"):
        open_store(empty_url)
    with engine.connect() as connection, pytest.raises(DatabaseError):
        connection.execute(text("SELECT * FROM log"))
    engine.dispose()


def _open_and_add(url, name, barrier):
    barrier.wait()
    store = open_store(url)
    with store.write() as connection:
        add_client(connection, name, store.now())
    store.close()


def test_processes_that_open_a_new_database_at_once_both_get_it(empty_url):
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(3)
    both = [context.Process(target=_open_and_add, args=(empty_url, f"c{n}", barrier)) for n in range(3)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0, 0]
    store = open_store(empty_url)
    with store.read() as connection:
        assert sorted(client.name for client in list_clients(connection)) == ["c0", "c1", "c2"]
    store.close()


@pytest.mark.parametrize("table", ["bodies", "revisions", "log"])
def test_the_database_itself_refuses_to_change_or_delete_what_is_append_only(store, table):
    published(store, offer(1))
    for statement in (
        f"DELETE FROM {table}",
        f"UPDATE {table} SET {'kind' if table == 'log' else 'revision'} = 7",
    ):
        with pytest.raises(DatabaseError, match="append-only"), store.write() as connection:
            connection.execute(text(statement))
    with store.read() as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() > 0


def test_a_new_database_file_can_be_reached_by_its_owner_alone(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'deep' / 'gateway.db'}")
    published(store, offer(1))
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "deep").iterdir()}
    store.close()
    assert set(modes.values()) == {0o600}
    assert sqlite3.connect(tmp_path / "deep" / "gateway.db").execute("PRAGMA journal_mode").fetchone() == (
        "wal",
    )
