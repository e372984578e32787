"""A store of an older release, with all that waits in it: brought to the newest form once, whole, by whoever opens it."""

import json
import multiprocessing
import os
import signal

import pytest
from sqlalchemy import MetaData, create_engine, select
from sqlalchemy.engine import make_url

from gateway.store import backup, database
from gateway.store.audit import audit
from gateway.store.backup import restore
from gateway.store.database import bring_to, form_of, open_store
from gateway.store.log import append
from gateway.store.migrations import HEAD
from gateway.store.tables.events import announced, outbox
from gateway.trust.envelope import system_clock

OLDER = "0004"
LETTERS = {
    "org.wbcsd.pact.ProductFootprint.PublishedEvent.3": "ids",
    "org.wbcsd.pact.ProductFootprint.RequestCreatedEvent.3": "",
    "org.wbcsd.pact.ProductFootprint.RequestFulfilledEvent.3": "footprints",
    "org.wbcsd.pact.ProductFootprint.RequestRejectedEvent.3": "",
    "org.wbcsd.pathfinder.ProductFootprint.Published.v1": "ids",
    "org.wbcsd.pathfinder.ProductFootprintRequest.Created.v1": "",
    "org.wbcsd.pathfinder.ProductFootprintRequest.Fulfilled.v1": "footprints",
    "org.wbcsd.pathfinder.ProductFootprintRequest.Rejected.v1": "",
}
"""Every kind of letter, and what of it only some may see."""


def engine_of(url):
    parsed = make_url(url)
    return create_engine(
        parsed if parsed.drivername == "sqlite" else parsed.set(drivername="postgresql+psycopg")
    )


@pytest.fixture
def older_url(empty_url):
    """A store of form 0004 in which a letter of each kind waits."""
    engine = engine_of(empty_url)
    with engine.begin() as connection:
        bring_to(connection, OLDER)
        tables = MetaData()
        tables.reflect(connection)
        _fill(connection, tables.tables)
    engine.dispose()
    return empty_url


def _fill(connection, tables):
    buyer = {"name": "采购方", "client_id": "c1", "secret_hash": "scrypt$x$y", "created": 1}
    connection.execute(tables["clients"].insert().values(**buyer))
    partner = {"name": "采购方", "client": 1, "url": "https://b.example", "auth_url": "https://b.example"}
    partner |= {"client_id": "us", "sealed_secret": b"sealed", "model": "3", "created": 1}
    connection.execute(tables["partners"].insert().values(**partner))
    came = {
        "client": 1,
        "event_id": "e1",
        "source": "//b.example",
        "type": "t",
        "digest": backup_digest(b"{}"),
    }
    came |= {"body": b"{}", "received": 1, "state": "new", "note": ""}
    connection.execute(tables["inbox"].insert().values(**came))
    append(connection, 1, "event received", "e1", digest=came["digest"], type="t")
    times = {"created": 1, "due": 1, "gives_up": 9, "leased": 0, "attempts": 0}
    for number, kind in enumerate(LETTERS):
        body = json.dumps({"number": str(number)}).encode()
        row = {"event_id": f"id {number}", "partner": 1, "type": kind, "body": body, "last_error": ""}
        connection.execute(tables["outbox"].insert().values(**row, **times, state="pending"))
        append(connection, 1, "event written", f"id {number}", digest=backup_digest(body), type=kind)


def backup_digest(content):
    from gateway.store.personal import digest_of_bytes

    return digest_of_bytes(content)


def whole(url):
    """It has the newest form, every letter as it was with what it holds, and verifies."""
    with open_store(url) as store, store.read(long=True) as connection:
        assert form_of(connection) == HEAD
        held = {row.type: row.holds for row in connection.execute(select(outbox))}
        assert held == LETTERS
        found = audit(connection, None, system_clock)
        assert (found.holds, found.entries, found.documents) == (True, 9, 9)
        assert connection.execute(select(announced)).all() == []


def _open(url, barrier):
    barrier.wait(30)
    open_store(url).close()


def test_processes_that_open_an_older_store_at_once_all_get_it_whole(older_url):
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(3)
    every = [context.Process(target=_open, args=(older_url, barrier)) for _ in range(3)]
    for process in every:
        process.start()
    for process in every:
        process.join(60)
    assert [process.exitcode for process in every] == [0, 0, 0]
    whole(older_url)


def _stop_in_between(url, ready):
    def half(connection, _revision):
        bring_to(connection, "0006")
        ready.set()
        signal.pause()

    database.bring_to = half
    open_store(url)


def test_an_upgrade_that_is_killed_in_the_middle_leaves_the_older_store_to_the_next_one(older_url):
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    process = context.Process(target=_stop_in_between, args=(older_url, ready))
    process.start()
    assert ready.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    process.join(30)
    engine = engine_of(older_url)
    with engine.connect() as connection:
        assert form_of(connection) == OLDER
    engine.dispose()
    whole(older_url)


def test_a_backup_of_an_older_form_is_restored_with_what_waits_in_it(older_url, tmp_path, monkeypatch):
    engine = engine_of(older_url)
    tables = MetaData()
    with engine.connect() as connection, (tmp_path / "b").open("wb") as handle:
        tables.reflect(connection)
        tables.remove(tables.tables["alembic_version"])
        monkeypatch.setattr(backup, "metadata", tables)
        monkeypatch.setattr(backup, "HEAD", OLDER)
        with backup.gzip.GzipFile("", "wb", 6, handle) as packed:
            backup._write(connection, packed, "2026-01-01T00:00:00Z")
    engine.dispose()
    monkeypatch.undo()
    url = f"sqlite:///{tmp_path / 'restored.db'}"
    with open_store(url) as store:
        assert restore(store, tmp_path / "b").form == OLDER
        with store.read() as connection:
            assert {row.type: row.holds for row in connection.execute(select(outbox))} == LETTERS
