"""The log: no gaps and no forks however many write, every alteration shows, checkpoints show what was cut off."""

import json
import multiprocessing
import sqlite3
import threading

import pytest
from sqlalchemy import select

from gateway.store.audit import audit
from gateway.store.database import open_store
from gateway.store.events import Incoming, accept
from gateway.store.footprints import publish
from gateway.store.log import append, entries, length, sign_checkpoint, verify_checkpoints, verify_log
from gateway.store.personal import digest_of_bytes
from gateway.store.received import Arrival, keep_received
from gateway.store.tables.footprints import footprints
from gateway.trust.envelope import system_clock
from gateway.trust.keys import new_key, save_key
from tests.command import run
from tests.store.offers import client, offer, pf_id, published

EACH = 15


def _append(url, name, barrier):
    store = open_store(url)
    barrier.wait(30)
    for number in range(EACH):
        with store.write() as connection:
            append(connection, number, "test", name)
    store.close()


def test_processes_and_threads_that_write_at_once_make_one_chain_without_gaps(store_url):
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(5)
    others = [context.Process(target=_append, args=(store_url, f"process {n}", barrier)) for n in range(3)]
    for process in others:
        process.start()
    threads = [threading.Thread(target=_append, args=(store_url, f"thread {n}", barrier)) for n in range(2)]
    for thread in threads:
        thread.start()
    for one in (*others, *threads):
        one.join(60)
    assert [process.exitcode for process in others] == [0, 0, 0]
    store = open_store(store_url)
    with store.read() as connection:
        assert verify_log(connection) is None
        assert [entry["number"] for entry in entries(connection)] == list(range(1, 5 * EACH + 1))
    store.close()


def _publish(url, barrier, results):
    store = open_store(url)
    barrier.wait(30)
    with store.write() as connection:
        results.put(publish(connection, offer(1), 5))
    store.close()


def test_one_footprint_published_twice_at_once_is_one_row_and_one_entry(store_url):
    """Attack 81: a double submit."""
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(2), context.Queue()
    both = [context.Process(target=_publish, args=(store_url, barrier, results)) for _ in range(2)]
    for process in both:
        process.start()
    assert sorted(results.get(timeout=60) for _ in both) == [False, True]
    for process in both:
        process.join(60)
    store = open_store(store_url)
    with store.read() as connection:
        assert connection.execute(select(footprints.c.pf_id)).scalars().all() == [pf_id(1)]
        assert length(connection) == 1
    store.close()


CHANGES = {
    "a subject changed": ("UPDATE log SET subject = 'x' WHERE number = 3", 3),
    "a moment changed": ("UPDATE log SET at = at + 1 WHERE number = 2", 2),
    "an entry taken out": ("DELETE FROM log WHERE number = 2", 2),
    "the first taken out": ("DELETE FROM log WHERE number = 1", 1),
    "two exchanged": ("UPDATE log SET number = -number WHERE number IN (3, 4)", 3),
}


@pytest.mark.parametrize("what", CHANGES)
def test_an_altered_log_shows_from_the_altered_entry_on(sqlite_url, what):
    store = open_store(sqlite_url)
    published(store, *(offer(number) for number in range(5)))
    statement, expected = CHANGES[what]
    with store.write() as connection:
        for verb in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER log_append_only_{verb}")
        connection.exec_driver_sql(statement)
        connection.exec_driver_sql("UPDATE log SET number = 7 + number WHERE number < 0")
    with store.read() as connection:
        assert verify_log(connection) == expected
    done = run("log", "verify", "--database-url", sqlite_url)
    assert done.code == 1
    assert f"altered from entry {expected} on" in done.text
    store.close()


def test_entries_cut_off_at_the_end_show_by_a_checkpoint(sqlite_url):
    store, key = open_store(sqlite_url), new_key()
    published(store, *(offer(number) for number in range(5)))
    with store.write() as connection:
        assert sign_checkpoint(connection, key, system_clock).number == 5
        assert sign_checkpoint(connection, key, system_clock).number == 5  # once
        connection.exec_driver_sql("DROP TRIGGER log_append_only_delete")
        connection.exec_driver_sql("DELETE FROM log WHERE number > 3")
    with store.read() as connection:
        assert verify_log(connection) is None
        assert [(p.number, p.holds) for p in verify_checkpoints(connection, None, system_clock)] == [
            (5, False)
        ]
    assert run("log", "verify", "--database-url", sqlite_url).code == 1
    store.close()


def test_a_checkpoint_by_another_key_does_not_count_where_the_key_is_named(store):
    ours, theirs = new_key(), new_key()
    published(store, offer(1))
    with store.write() as connection:
        sign_checkpoint(connection, theirs, system_clock)
    with store.read() as connection:
        holds = {
            name: [point.holds for point in verify_checkpoints(connection, keys, system_clock)]
            for name, keys in {"any": None, "ours": [ours.public], "theirs": [theirs.public]}.items()
        }
    assert holds == {"any": [True], "ours": [False], "theirs": [True]}


def test_the_commands_show_sign_and_verify_the_log(store, store_url, tmp_path):
    published(store, offer(1), offer(2))
    client(store, "Buyer", ("product", "urn:p:1"))
    shown = run("log", "show", "--json", "--database-url", store_url)
    lines = [json.loads(line) for line in shown.out.splitlines()]
    assert [line["kind"] for line in lines] == ["published", "published", "client added", "shared"]
    assert lines[0]["subject"] == pf_id(1)
    last = run("log", "show", "--last", "1", "--database-url", store_url)
    assert [line.split("  ")[2] for line in last.text.splitlines()] == ["shared"]
    assert "Buyer" not in shown.text
    key = tmp_path / "host.key"
    save_key(new_key(), key, unencrypted=True)
    assert run("log", "checkpoint", "--sign", key, "--database-url", store_url).code == 0
    verified = run("log", "verify", "--key", f"{key}.pub.jwk", "--json", "--database-url", store_url)
    assert verified.code == 0
    assert json.loads(verified.out)["checkpoints"][0]["holds"] is True


def test_a_verb_that_only_looks_makes_no_new_database(tmp_path):
    url = f"sqlite:///{tmp_path / 'typo.db'}"
    for words in (("log", "show"), ("log", "verify"), ("backup", tmp_path / "b"), ("erase", "--find", "x y")):
        done = run(*words, "--database-url", url)
        assert "STORE-MISSING" in done.text
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_noted_elsewhere_shows_that_entries_and_checkpoint_were_both_cut_off(
    sqlite_url, tmp_path
):
    store = open_store(sqlite_url)
    published(store, offer(1))
    client(store, "Buyer")
    key = tmp_path / "host.key"
    save_key(new_key(), key, unencrypted=True)
    said = run("log", "checkpoint", "--sign", key, "--database-url", sqlite_url).text
    noted = said.split()[1]
    words = ("log", "verify", "--expect", noted, "--database-url", sqlite_url)
    assert run(*words).code == 0
    with store.write() as connection:
        for table in ("log", "checkpoints"):
            connection.exec_driver_sql(f"DROP TRIGGER {table}_append_only_delete")
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE number = 2")
    store.close()
    assert run("log", "verify", "--database-url", sqlite_url).code == 0  # nothing in the store tells of it
    cut = run(*words)
    assert (cut.code, f"log {noted}" in cut.text) == (1, True)
    assert run("log", "verify", "--expect", "2", "--database-url", sqlite_url).code == 2


UNGUARDED = (
    "DROP TRIGGER received_append_only_update",
    "DROP TRIGGER received_append_only_delete",
    "DROP TRIGGER bodies_append_only_delete",
    "DROP TRIGGER revisions_append_only_delete",
    "PRAGMA foreign_keys=OFF",
)
EVIL = b'{"comment":"Li Wei","companyName":"Another"}'
TAKEN = {
    "a received footprint exchanged with its digest and its commitment": (
        f"UPDATE received SET content = '{EVIL.decode()}', digest = '{digest_of_bytes(EVIL)}'",
        "DELETE FROM personal",
        "DELETE FROM commitments",
    ),
    "a received footprint": ("DELETE FROM received",),
    "a footprint on offer": (
        "DELETE FROM bodies",
        "DELETE FROM revisions",
        "DELETE FROM terms",
        "DELETE FROM footprints",
    ),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_the_log_names_and_is_kept_no_more_shows(sqlite_url, what):
    """By one who may drop triggers and knows how digests are made; the log alone he leaves as it is."""
    store = open_store(sqlite_url)
    published(store, offer(1))
    with store.write() as connection:
        arrival = Arrival(
            source="https://a.example",
            pf_id=pf_id(7),
            model="3.0",
            content=b'{"comment":"Li Wei","companyName":"Acme"}',
            signature=None,
            via="pull",
            verdicts={},
            findings=(),
        )
        keep_received(connection, store.now(), arrival)
    assert audited(store).holds
    store.close()
    raw = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    for statement in (*UNGUARDED, *TAKEN[what]):
        raw.execute(statement)
    raw.close()
    again = open_store(sqlite_url)
    found = audited(again)
    assert (found.holds, found.broken, len(found.altered)) == (False, None, 1)
    again.close()


def test_a_log_that_was_made_unreadable_is_an_answer_and_no_crash(sqlite_url):
    store = open_store(sqlite_url)
    published(store, offer(1), offer(2))
    with store.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER log_append_only_update")
        connection.exec_driver_sql("UPDATE log SET body = 'not JSON' WHERE number = 2")
    assert audited(store).broken == 2
    store.close()


def test_an_event_under_the_id_of_a_footprint_of_ours_raises_no_alarm(store):
    """A partner chooses the ids of its events; one that is our footprint's must not look like tampering."""
    published(store, offer(1))
    buyer = client(store, "Buyer")
    with store.write() as connection:
        accept(connection, Incoming(buyer.number, pf_id(1), "//b.example", "t", b"{}"), store.now())
    assert audited(store).holds


def audited(store):
    with store.read(long=True) as connection:
        return audit(connection, None, system_clock)
