"""Backups: whole under writes, restorable into either database, all or nothing."""

import gzip
import hashlib
import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.model.finding import Refused
from gateway.store.backup import back_up, backups_of, is_empty, read_backup, restore
from gateway.store.clients import authenticate, list_clients
from gateway.store.database import open_store
from gateway.store.footprints import Body, body_of, own_body
from gateway.store.log import entries, verify_log
from gateway.store.migrations import HEAD
from gateway.store.pages import Query, page
from gateway.store.tables import metadata
from tests.command import run
from tests.databases import DATABASES
from tests.store.offers import client, numbers, offer, pf_id, published

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def filled(store):
    published(store, *(offer(number) for number in range(20)))
    client(store, "All", ("all", ""))
    client(store, "采购方", ("product", "urn:p:1"))
    return store


@pytest.fixture(params=DATABASES)
def other(request, tmp_path):
    """An empty store to restore into, of each kind."""
    url = f"sqlite:///{tmp_path / 'other.db'}"
    if request.param == "postgresql":
        cluster = request.getfixturevalue("cluster")
        url = cluster.new(cluster.migrated)
    made = open_store(url)
    yield made
    made.close()


def kept(store, *, but=""):
    """Every row of every table; of the log without the entries of a kind."""
    with store.read() as connection:
        rows = {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }
    return {**rows, "log": [row for row in rows["log"] if row[2] != but]}


def test_a_backup_of_either_database_restores_into_either(filled, other, tmp_path):
    before = kept(filled)
    made = back_up(filled, tmp_path / "b")
    restore(other, tmp_path / "b")
    assert kept(other, but="restored") == before
    with other.read() as connection:
        *_, last = entries(connection)
        assert (last["kind"], last["subject"]) == ("restored", made.digest)
        assert backups_of(connection)[-1][1:] == ("b", made.digest)  # it holds what may be erased later
    published(other, offer(100))  # running numbers go on after the last one
    with other.read() as connection:
        assert verify_log(connection) is None
        everything, some = list_clients(connection)
        assert len(page(connection, everything.number, Query(), 50).contents) == 21
        assert numbers(page(connection, some.number, Query(), 50).contents) == [*range(1, 20, 3), 100]
        assert body_of(connection, some.number, pf_id(4), "3.0") == own_body(connection, pf_id(4))


def test_a_backup_is_for_its_owner_alone_and_does_not_hold_the_secret_of_a_client(store, tmp_path):
    from gateway.store.clients import add_client

    with store.write() as connection:
        made, secret = add_client(connection, "Buyer", 1)
    back_up(store, tmp_path / "b")
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    content = gzip.decompress((tmp_path / "b").read_bytes())
    assert made.client_id.encode() in content
    assert secret.encode() not in content


def test_a_restored_client_still_gets_in(store, other, tmp_path):
    from gateway.store.clients import add_client

    with store.write() as connection:
        made, secret = add_client(connection, "Buyer", 1)
    back_up(store, tmp_path / "b")
    restore(other, tmp_path / "b")
    with other.read() as connection:
        assert authenticate(connection, made.client_id, secret).name == "Buyer"


def test_a_backup_while_footprints_are_published_is_one_moment_of_the_store(store, tmp_path):
    """Whatever moment it is, the log of the backup verifies and tells of just the footprints that are in it."""
    published(store, *(offer(number) for number in range(30)))
    stop, errors = threading.Event(), []

    def write():
        number = 1000
        while not stop.wait(0.002):  # a writer that never pauses starves the entry of the backup in the log
            try:
                published(store, offer(number))
            except Exception as error:
                errors.append(error)
                return
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(2):
            back_up(store, tmp_path / f"b{turn}")
    finally:
        stop.set()
        writer.join()
    assert errors == []
    for turn in range(2):
        target = open_store(f"sqlite:///{tmp_path / f'r{turn}.db'}")
        rows = restore(target, tmp_path / f"b{turn}").rows
        assert rows["footprints"] == rows["revisions"] == rows["bodies"] >= 30
        with target.read() as connection:
            kinds = [entry["kind"] for entry in entries(connection)]
            assert kinds.count("published") == rows["footprints"]
        target.close()


def test_a_store_in_which_something_is_kept_is_not_replaced_without_force(filled, other, tmp_path):
    back_up(filled, tmp_path / "b")
    published(other, offer(500))
    before = kept(other)
    with pytest.raises(Refused, match="STORE-NOT-EMPTY"):
        restore(other, tmp_path / "b")
    assert kept(other) == before
    restore(other, tmp_path / "b", force=True)
    with other.read() as connection:
        assert own_body(connection, pf_id(500)) is None
        assert own_body(connection, pf_id(5)) is not None


def test_a_host_that_goes_on_running_serves_what_was_restored(filled, store_url, tmp_path):
    """Its open connections and prepared statements meet tables that were made anew."""
    back_up(filled, tmp_path / "b")
    published(filled, offer(500))

    def served():
        with filled.read() as connection:
            everything = list_clients(connection)[0]
            one = body_of(connection, everything.number, pf_id(5), "3.0")
            return one, len(page(connection, everything.number, Query(), 50).contents)

    before = [served() for _ in range(8)]  # PostgreSQL prepares a statement after some runs
    another = open_store(store_url)
    restore(another, tmp_path / "b", force=True)
    another.close()
    assert before[0][1] == 21
    assert served() == (before[0][0], 20)


def damaged(content: bytes):
    """The same backup cut off, altered in one place, lengthened; and what never was one."""
    plain = gzip.decompress(content)
    lines = plain.splitlines(keepends=True)
    rows = [n for n, line in enumerate(lines) if b'"Active"' in line]
    yield "cut in the middle", content[: len(content) // 2]
    yield "without its last line", gzip.compress(b"".join(lines[:-1]))
    yield "one row missing", gzip.compress(b"".join(lines[: rows[0]] + lines[rows[0] + 1 :]))
    yield "one word altered", gzip.compress(plain.replace(b'"Active"', b'"Broken"', 1))
    yield "something after its end", gzip.compress(plain + b"[]\n")
    yield "not packed", plain
    yield "another file", b"PK\x03\x04 nothing of ours"
    yield "empty", b""
    yield "other lines", gzip.compress(b'{"archive":"x"}\n[1]\n')


def test_a_backup_that_is_cut_or_altered_is_refused_before_anything_changes(filled, tmp_path):
    published(filled, offer(77))
    back_up(filled, tmp_path / "b")
    before = kept(filled)
    for what, content in damaged((tmp_path / "b").read_bytes()):
        (tmp_path / "bad").write_bytes(content)
        with pytest.raises(Refused) as refused:
            restore(filled, tmp_path / "bad", force=True)
        assert refused.value.findings[0].rule == "BACKUP-DAMAGED", what
    assert kept(filled) == before


def _place(lines, table):
    return next(n for n, line in enumerate(lines) if isinstance(line, dict) and line.get("table") == table)


def _put(table, *rows):
    def change(lines):
        place = _place(lines, table) + 1
        lines[place:place] = rows

    return change


def _edit(table, edit):
    return lambda lines: edit(lines[_place(lines, table) + 1])


FORGED = {
    "a row too short": _edit("clients", lambda row: row.pop()),
    "a row too long": _edit("clients", lambda row: row.append(1)),
    "bytes that are none": _edit("bodies", lambda row: row.__setitem__(4, {"b": "***"})),
    "an object for bytes": _edit("bodies", lambda row: row.__setitem__(4, {"x": 1})),
    "an unknown table": lambda lines: lines.extend([{"table": "nope"}, [1]]),
    "rows before any table": lambda lines: lines.insert(1, [1]),
    "no list of columns": lambda lines: lines[0]["tables"].update(clients=None),
    "no tables": lambda lines: lines[0].update(tables={}),
    "a form of its own": lambda lines: (
        lines[0]["tables"].update(alembic_version=["version_num"]),
        lines.extend([{"table": "alembic_version"}, ["9999"]]),
    ),
    "the door of erasure left open": _put("erasing", [1]),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_backup_with_a_right_digest_is_refused_and_changes_nothing(sqlite_url, tmp_path, what):
    """A digest can be made for any content: it proves that nothing was damaged, not that we wrote it."""
    store = open_store(sqlite_url)
    published(store, offer(1))
    client(store, "Buyer")
    back_up(store, tmp_path / "b")
    before = kept(store)
    lines = [json.loads(line) for line in gzip.decompress((tmp_path / "b").read_bytes()).splitlines()[:-1]]
    FORGED[what](lines)
    counts, table = {}, ""
    for line in lines[1:]:
        table = line["table"] if isinstance(line, dict) else table
        counts[table] = counts.get(table, 0) + isinstance(line, list)
    plain = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    end = {"rows": counts, "digest": "sha256:" + hashlib.sha256(plain).hexdigest()}
    (tmp_path / "forged").write_bytes(gzip.compress(plain + json.dumps(end).encode() + b"\n"))
    with pytest.raises(Refused, match="BACKUP-DAMAGED"):
        restore(store, tmp_path / "forged", force=True)
    assert kept(store) == before
    store.close()


def test_a_backup_whose_log_was_altered_before_is_refused_as_a_whole(sqlite_url, tmp_path):
    store = open_store(sqlite_url)
    published(store, offer(1), offer(2))
    with store.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER log_append_only_update")
        connection.exec_driver_sql("UPDATE log SET subject = 'another' WHERE number = 1")
    back_up(store, tmp_path / "b")
    target = open_store(f"sqlite:///{tmp_path / 'target.db'}")
    with pytest.raises(Refused, match="BACKUP-LOG"):
        restore(target, tmp_path / "b")
    with target.read() as connection:
        assert is_empty(connection)


def test_a_backup_whose_documents_are_not_as_its_log_tells_is_restored_on_request_alone(sqlite_url, tmp_path):
    store = open_store(sqlite_url)
    published(store, offer(1), offer(2))
    with store.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER bodies_append_only_update")
        connection.exec_driver_sql("UPDATE bodies SET signature = 'h..other' WHERE footprint = 1")
    back_up(store, tmp_path / "b")
    target = f"sqlite:///{tmp_path / 'target.db'}"
    refused = run("restore", tmp_path / "b", "--database-url", target)
    assert (refused.code, "BACKUP-ALTERED" in refused.err) == (3, True)
    assert "bodies 1/1/3.0 signature" in refused.err
    with open_store(target).read() as connection:
        assert is_empty(connection)
    done = run("restore", tmp_path / "b", "--altered", "--database-url", target)
    assert (done.code, "bodies 1/1/3.0 signature" in done.text) == (0, True)
    with open_store(target).read() as connection:
        assert json.loads([*entries(connection)][-1]["body"])["altered"] == "1"


def test_a_backup_of_a_newer_release_is_refused(filled, tmp_path):
    back_up(filled, tmp_path / "b")
    lines = (
        gzip.decompress((tmp_path / "b").read_bytes())
        .replace(b'"form":"%s"' % HEAD.encode(), b'"form":"9999"')
        .splitlines(True)
    )
    digest = "sha256:" + hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    end = lines[-1][: lines[-1].index(b'"digest"')] + b'"digest":"' + digest.encode() + b'"}\n'
    (tmp_path / "newer").write_bytes(gzip.compress(b"".join(lines[:-1]) + end))
    with pytest.raises(Refused, match="STORE-NEWER"):
        read_backup(tmp_path / "newer")


STOPPED = """
import os, sys, signal
from gateway.store import backup
from gateway.store.database import open_store
fill = backup._fill
def half(connection, made, file):
    fill(connection, made, file)
    print("filled", flush=True)
    signal.pause()
backup._fill = half
backup.restore(open_store(sys.argv[1]), sys.argv[2], force=True)
"""


def test_a_restore_that_is_killed_in_the_middle_leaves_the_old_state(filled, store_url, tmp_path):
    back_up(filled, tmp_path / "b")
    published(filled, offer(500))
    before = kept(filled)
    filled.close()
    words = [sys.executable, "-c", STOPPED, store_url, str(tmp_path / "b")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=ROOT) as restoring:
        assert restoring.stdout.readline() == b"filled\n"
        os.kill(restoring.pid, signal.SIGKILL)
    again = open_store(store_url)
    assert kept(again) == before
    published(again, offer(501))
    again.close()


def _without_room(*words):
    """The command in a copy of this process whose files may not grow beyond 60,000 bytes: exit code, messages."""

    def go(answer):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        done = run(*words)
        answer.send((done.code, done.err))

    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=go, args=(theirs,))
    child.start()
    theirs.close()
    code, messages = ours.recv()  # EOFError where a defect was raised
    child.join(60)
    return code, messages


def test_a_disk_without_room_leaves_no_half_backup_and_no_half_store(sqlite_url, tmp_path):
    """A limit on the size of files stands in for a full disk: the write fails in the same place."""
    store = open_store(sqlite_url)
    published(store, *(offer(n, bodies=_incompressible(n)) for n in range(60)))
    made = tmp_path / "made"
    made.mkdir()
    code, messages = _without_room("backup", made / "b", "--database-url", sqlite_url)
    assert code == 3
    assert "WRITE-FAILED" in messages
    assert list(made.iterdir()) == []
    back_up(store, tmp_path / "b")
    target = tmp_path / "target.db"
    published(open_store(f"sqlite:///{target}"), offer(900))
    code, _ = _without_room("restore", tmp_path / "b", "--force", "--database-url", f"sqlite:///{target}")
    assert code != 0
    with open_store(f"sqlite:///{target}").read() as connection:
        assert own_body(connection, pf_id(900)) is not None
        assert own_body(connection, pf_id(5)) is None


def _incompressible(number):
    import random

    return {
        "3.0": Body(b'{"n":"%d","x":"%s"}' % (number, random.Random(number).randbytes(2000).hex().encode()))
    }


def test_the_commands_back_up_and_restore_and_say_that_the_secret_is_apart(filled, store_url, tmp_path):
    done = run("backup", tmp_path / "b", "--database-url", store_url)
    assert (done.code, "secret file" in done.err) == (0, True)
    target = f"sqlite:///{tmp_path / 'target.db'}"
    done = run("restore", tmp_path / "b", "--database-url", target)
    assert done.code == 0
    assert "footprints: 20" in done.text
    again = run("restore", tmp_path / "b", "--database-url", target)
    assert (again.code, "STORE-NOT-EMPTY" in again.err) == (3, True)
    missing = run("restore", tmp_path / "none", "--database-url", f"sqlite:///{tmp_path / 'never.db'}")
    assert missing.code == 3
    assert not (tmp_path / "never.db").exists()
    twice = run("backup", tmp_path / "b", "--database-url", store_url)
    assert (twice.code, "WRITE-EXISTS" in twice.err) == (3, True)
