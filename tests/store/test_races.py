"""Two things at once: shares and revocations against reads, the first use of the host's secret, emptied tables."""

import multiprocessing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gateway.store.clients import find_client, is_current, revoke_client, share, unshare
from gateway.store.database import open_store
from gateway.store.footprints import body_of
from gateway.store.pages import Query, page
from gateway.store.secret import load_secret
from tests.store.offers import client, numbers, offer, pf_id, published

KEPT = ("bodies", "revisions", "sources", "received", "verifications", "log", "checkpoints")


@pytest.fixture
def filled(store):
    published(store, *(offer(number) for number in range(9)))
    return store


def test_what_is_read_for_one_answer_is_one_moment_however_shares_change_meanwhile(filled):
    """Page by page and footprint by footprint: never some of before and some of after."""
    buyer = client(filled, "Buyer", ("product", "urn:p:1"))

    def seen(connection):
        listed = numbers(page(connection, buyer.number, Query(), 10).contents)
        single = [n for n in range(9) if body_of(connection, buyer.number, pf_id(n), "3.0")]
        return listed, single

    with filled.read() as under_way:
        before = seen(under_way)
        with filled.write() as connection:
            unshare(connection, buyer, "product", "urn:p:1", 5)
            share(connection, buyer, "product", "urn:p:2", 5)
        assert seen(under_way) == before == ([1, 4, 7], [1, 4, 7])
    with filled.read() as connection:
        assert seen(connection) == ([2, 5, 8], [2, 5, 8])


def test_who_is_revoked_while_an_answer_is_made_gets_that_one_whole_and_no_other(filled):
    buyer = client(filled, "Buyer", ("all", ""))
    with filled.read() as under_way:
        assert is_current(under_way, buyer.number, buyer.client_id)
        with filled.write() as connection:
            revoke_client(connection, "Buyer", 5)
        assert len(page(under_way, buyer.number, Query(), 10).contents) == 9
    with filled.read() as connection:
        assert not is_current(connection, buyer.number, buyer.client_id)
        assert find_client(connection, "Buyer").revoked == 5


def _load(path, barrier, results):
    barrier.wait(30)
    results.put(load_secret(path).raw)


def test_processes_that_first_use_a_secret_at_once_share_one(tmp_path):
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(6), context.Queue()
    path = tmp_path / "host.secret"
    every = [context.Process(target=_load, args=(path, barrier, results)) for _ in range(6)]
    for process in every:
        process.start()
    assert {results.get(timeout=30) for _ in every} == {path.read_bytes()}
    for process in every:
        process.join(30)
    assert [file.name for file in tmp_path.iterdir()] == ["host.secret"]


@pytest.mark.parametrize("words", ["TRUNCATE {}", "TRUNCATE {} CASCADE", "TRUNCATE footprints, {} CASCADE"])
def test_postgresql_empties_no_table_that_is_append_only(postgres_url, words):
    store = open_store(postgres_url)
    published(store, offer(1))
    for table in KEPT:
        for door in ("", "INSERT INTO erasing VALUES (1); "):
            with pytest.raises(DBAPIError, match=r"append-only|foreign key"), store.write() as connection:
                connection.execute(text(door + words.format(table)))
    with store.read() as connection:
        held = [connection.execute(text(f"SELECT count(*) FROM {t}")).scalar() for t in KEPT]
    assert held == [1, 1, 0, 0, 0, 1, 0]
    store.close()
