"""A database that fails: a finding with its reason, nothing half kept, and no values in what is said."""

import threading
import traceback
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from gateway.model.finding import Refused
from gateway.store import database
from gateway.store.audit import audit
from gateway.store.database import StoreFailed, open_store
from gateway.store.footprints import Body, own_body, publish
from gateway.store.log import length, verify_log
from gateway.store.pages import Query, page
from gateway.store.tables.footprints import clients
from gateway.trust.envelope import system_clock
from tests.store.offers import client, offer, pf_id, published

END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()"
)


def test_a_disk_without_room_is_named_as_the_reason_and_nothing_is_kept(sqlite_url):
    """A limit on the pages of the file stands in for the full disk: SQLite fails with the same error."""
    store = open_store(sqlite_url)
    published(store, offer(1))

    def fill():
        with store.write() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            for number in range(2, 40):
                big = {"3.0": Body(b'{"x":"%s"}' % (b"y" * 9000))}
                publish(connection, offer(number, bodies=big), store.now())

    with pytest.raises(StoreFailed) as failed:
        fill()
    found = failed.value.findings[0]
    assert (found.rule, found.values["reason"]) == ("STORE-UNREACHABLE", "database or disk is full")
    with store.read() as connection:
        assert own_body(connection, pf_id(2)) is None
        assert (length(connection), verify_log(connection)) == (1, None)
    store.close()


def test_a_lost_connection_takes_the_transaction_back_and_the_next_one_works(postgres_url, cluster):
    store = open_store(postgres_url)
    end_all = END_ALL.format(postgres_url.partition("@/")[2].partition("?")[0])

    def lose():
        with store.write() as connection:
            publish(connection, offer(1), store.now())
            cluster.do(end_all)
            publish(connection, offer(2), store.now())

    with pytest.raises(StoreFailed, match="STORE-UNREACHABLE"):
        lose()
    published(store, offer(3))
    with store.read() as connection:
        assert [own_body(connection, pf_id(n)) is None for n in (1, 2, 3)] == [True, True, False]
        assert (length(connection), verify_log(connection)) == (1, None)
    store.close()


def test_a_writer_waits_for_its_turn_longer_than_a_read_may_take(postgres_url, monkeypatch):
    monkeypatch.setattr(database, "READ_SECONDS", 0.05)
    store, failed = open_store(postgres_url), []

    def second():
        try:
            published(store, offer(2))
        except Refused as refused:
            failed.append(refused)

    with store.write():
        waiting = threading.Thread(target=second)
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive(), failed
    waiting.join()
    assert failed == []
    store.close()


def test_a_writer_whose_turn_never_comes_gets_a_finding(store_url, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    first, second = open_store(store_url), open_store(store_url)
    with first.write(), pytest.raises(StoreFailed, match="STORE-UNREACHABLE"):
        published(second, offer(1))
    published(second, offer(1))
    first.close()
    second.close()


def test_a_writer_that_hangs_loses_its_turn_to_the_next_one(postgres_url, monkeypatch):
    """A process that stopped in the middle must not keep everybody else from writing."""
    monkeypatch.setattr(database, "IDLE_SECONDS", 0.1)
    hanging, next_one = open_store(postgres_url), open_store(postgres_url)

    def hang():
        with hanging.write() as connection:
            publish(connection, offer(1), 5)
            published(next_one, offer(2))
            publish(connection, offer(3), 5)

    with pytest.raises(StoreFailed, match="STORE-UNREACHABLE"):
        hang()
    with next_one.read() as connection:
        assert [own_body(connection, pf_id(n)) is None for n in (1, 2, 3)] == [True, False, True]
    for store in (hanging, next_one):
        store.close()


def test_a_write_ahead_log_that_is_cut_loses_the_last_transactions_whole(sqlite_url, tmp_path):
    """Wherever it is cut: what is left is a beginning of what was committed, and its log verifies."""
    store = open_store(sqlite_url)
    for number in range(1, 6):
        published(store, offer(number))
    file, cut = Path(sqlite_url.removeprefix("sqlite:///")), tmp_path / "cut.db"
    wal = Path(f"{file}-wal").read_bytes()
    found = []
    for part in range(8):
        cut.write_bytes(file.read_bytes())
        Path(f"{cut}-wal").write_bytes(wal[: len(wal) * part // 7])
        with open_store(f"sqlite:///{cut}") as opened, opened.read(long=True) as connection:
            kept = [own_body(connection, pf_id(n)) is not None for n in range(1, 6)]
            assert kept == sorted(kept, reverse=True)
            assert length(connection) == sum(kept)
            assert audit(connection, None, system_clock).holds
        found.append(sum(kept))
        for left in tmp_path.glob("cut.db*"):
            left.unlink()
    assert (found[0], found[-1]) == (0, 5)
    assert found == sorted(found)
    store.close()


def test_a_damaged_file_is_told_as_such(sqlite_url):
    store = open_store(sqlite_url)
    published(store, *(offer(number) for number in range(200)))
    made = client(store, "All", ("all", ""))
    store.close()
    file = sqlite_url.removeprefix("sqlite:///")
    with Path(file).open("r+b") as handle:
        size = handle.seek(0, 2)
        for place in range(65536, size, 4096):
            handle.seek(place)
            handle.write(b"\xff" * 400)
    with (
        pytest.raises(StoreFailed) as failed,
        open_store(sqlite_url) as again,
        again.read() as connection,
    ):
        page(connection, made.number, Query(), 200)
    assert "malformed" in failed.value.findings[0].values["reason"]


def test_what_an_error_says_of_a_statement_holds_no_values(store):
    """A traceback in a log must not carry a person's name or the hash of a secret."""
    row = {"name": "Li Wei", "client_id": "c1", "secret_hash": "scrypt$x$y", "created": None}
    with pytest.raises(IntegrityError) as failed, store.write() as connection:
        connection.execute(insert(clients).values(**row))
    told = "".join(traceback.format_exception(failed.value))
    assert "clients" in told
    assert "Li Wei" not in told
    assert "scrypt" not in told
