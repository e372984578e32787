"""Personal data can be erased: the value is gone from the disk, digests and log still verify."""

import json
import sqlite3

import pytest
from sqlalchemy import insert, select

from gateway.formats.json_reader import write_compact
from gateway.store.audit import audit
from gateway.store.backup import back_up, restore
from gateway.store.clients import list_clients
from gateway.store.database import open_store
from gateway.store.erasure import erase, find, find_of_footprint
from gateway.store.events import Incoming, accept
from gateway.store.footprints import Body, body_of, own_body
from gateway.store.log import entries
from gateway.store.pages import Query, Term, page
from gateway.store.personal import TOMBSTONE, digest_of_bytes
from gateway.store.sources import keep_source
from gateway.store.tables import metadata
from gateway.store.tables.footprints import bodies, revisions
from gateway.store.tables.personal import personal
from gateway.trust.envelope import system_clock
from tests.command import run
from tests.store.offers import client, offer, pf_id, published

NAME, PHONE = "李伟 Li Wei", "+86 138 0013 8000"
TREE = {
    "id": pf_id(1),
    "companyName": "Example Ltd",
    "comment": f"Questions: {NAME}, {PHONE}",
    "pcf": {"x": "1.50"},
}
RECORD = {
    "producer": {"name": {"zh": "示例"}, "contacts": [{"name": NAME, "phone": PHONE}, {"name": "Wang"}]}
}


@pytest.fixture
def filled(store):
    """A footprint with a person in its comment, signed, in two models; its record; and three without."""
    content = write_compact(TREE)
    both = {"3.0": Body(content, "header..signature"), "2.3": Body(content, "header..other")}
    published(store, offer(1, bodies=both), offer(2), offer(3), offer(4))
    with store.write() as connection:
        keep_source(connection, pf_id(1), "source", "cn.pcf@1", write_compact(RECORD), store.now())
    return store


def erased(store, text):
    with store.read(long=True) as connection:
        found = list(find(connection, text))
    return erase(store, found)


def audited(store):
    with store.read(long=True) as connection:
        return audit(connection, None, system_clock)


def test_a_text_is_found_in_every_document_whatever_its_case(filled):
    with filled.read() as connection:
        places = {(one.place, one.path, one.erasable) for one in find(connection, "LI WEI")}
    assert places == {("bodies", "/comment", True), ("sources", "/producer/contacts/0/name", True)}


def test_a_text_is_found_however_it_is_spelled_and_wherever_it_stands(store):
    """Composed or decomposed, full or half width, escaped, as the name of a member, in what is no JSON, in an id."""
    content = rb'{"comment":"Jose\u0301 \u674e\u4f1f","Li Wei":"1","tel":"\uff11\uff13\uff18"}'
    published(store, offer(1, bodies={"3.0": Body(content)}))
    buyer = client(store, "Buyer")
    with store.write() as connection:
        event = Incoming(
            buyer.number, "mail from li.wei@b.example", "//b.example", "t", b"no JSON: Wang Fang"
        )
        accept(connection, event, store.now())

    def places_of(text):
        with store.read(long=True) as connection:
            return [(found.place, found.path, found.erasable) for found in find(connection, text)]

    assert places_of("JOSÉ") == places_of("李伟") == [("bodies", "/comment", True)]
    assert places_of("138") == [("bodies", "/tel", False)]
    assert places_of("Li Wei") == [("bodies", "/Li Wei", False)]
    assert places_of("Wang Fang") == [("inbox", "body", False)]
    assert places_of("li.wei@") == [("inbox", "event_id", False), ("log", "subject", False)]


def test_what_no_table_calls_personal_is_listed_and_stays(filled):
    with filled.read() as connection:
        found = list(find(connection, "Example Ltd"))
    assert {(one.path, one.erasable) for one in found} == {("/companyName", False)}
    assert erase(filled, found).values == ()
    assert b"Example Ltd" in own(filled)


def own(store, model="3.0"):
    with store.read() as connection:
        return own_body(connection, pf_id(1), model).content


def test_an_erased_value_is_a_mark_in_every_revision_and_the_rest_is_as_it_was(filled):
    done = erased(filled, NAME)
    assert done.footprints == (pf_id(1),)
    expected = {**TREE, "comment": TOMBSTONE}
    with filled.read() as connection:
        contents = connection.execute(select(bodies.c.content).where(bodies.c.footprint == 1)).scalars().all()
        assert [json.loads(content) for content in contents] == [expected] * 4
        source = connection.execute(select(metadata.tables["sources"])).mappings().one()
        assert json.loads(source["content"])["producer"]["contacts"] == [
            {"name": TOMBSTONE, "phone": PHONE},
            {"name": "Wang"},
        ]


def test_the_erased_footprint_is_served_on_in_a_revision_that_does_not_pass_as_the_signed_one(filled):
    buyer = client(filled, "Buyer", ("all", ""))
    erased(filled, NAME)
    with filled.read() as connection:
        body = body_of(connection, buyer.number, pf_id(1), "3.0")
        assert body.signature is None
        assert TOMBSTONE.encode() in body.content
        reasons = (
            connection.execute(select(revisions.c.reason).where(revisions.c.footprint == 1)).scalars().all()
        )
        assert reasons == ["published", "erased"]
        assert (
            connection.execute(select(bodies.c.signature).where(bodies.c.signature.is_not(None))).all() == []
        )
        found = page(connection, buyer.number, Query((Term("product", ("urn:p:1",)),)), 10)
        assert body.content in found.contents


def test_digests_and_log_verify_before_and_after(filled):
    assert audited(filled).holds
    erased(filled, NAME)
    after = audited(filled)
    assert after.holds
    assert after.documents == 8


def test_the_log_names_neither_the_value_nor_a_digest_that_gives_it_away(filled):
    """The digest of the whole document would let anyone try names; the one in the log is over commitments."""
    erased(filled, NAME)
    with filled.read() as connection:
        text = json.dumps(list(entries(connection)), default=str, ensure_ascii=False)
        salts = (
            connection.execute(select(personal.c.salt).where(personal.c.path == "/comment")).scalars().all()
        )
    assert "Li Wei" not in text
    assert digest_of_bytes(write_compact(TREE)) not in text
    assert salts.count(None) == 2  # those of the two bodies that held it; the mark has commitments of its own


@pytest.mark.parametrize("change", [("content", b'{"comment":"another"}'), ("digest", "sha256:" + "0" * 64)])
def test_an_altered_document_shows_whether_its_values_were_erased_or_not(sqlite_url, change):
    for erase_first in (False, True):
        store = open_store(sqlite_url)
        published(store, offer(7 + erase_first, bodies={"3.0": Body(write_compact(TREE))}))
        if erase_first:
            erased(store, NAME)
        with store.write() as connection:
            connection.exec_driver_sql("INSERT INTO erasing VALUES (1)")
            here = bodies.c.footprint == 1 + erase_first
            connection.execute(bodies.update().where(here).values({change[0]: change[1]}))
            connection.exec_driver_sql("DELETE FROM erasing")
        assert not audited(store).holds
        store.close()


def test_a_document_exchanged_together_with_its_digest_differs_from_the_log(sqlite_url):
    store = open_store(sqlite_url)
    published(store, offer(7))
    with store.write() as connection:
        connection.exec_driver_sql("INSERT INTO erasing VALUES (1)")
        connection.execute(bodies.update().values(content=b"{}", digest=digest_of_bytes(b"{}")))
        connection.exec_driver_sql("DELETE FROM erasing")
    assert audited(store).altered == ("bodies 1/1/3.0 (log 1)",)


def test_the_disk_is_free_of_an_erased_value(sqlite_url, tmp_path):
    """Looked for in the database file and in its write-ahead log, as raw bytes."""
    store = open_store(sqlite_url)
    published(
        store, *(offer(n, bodies={"3.0": Body(write_compact({**TREE, "n": "x" * 9000}))}) for n in range(5))
    )
    with store.write() as connection:
        row = {
            "client": 1,
            "event_id": "e",
            "source": "s",
            "type": "t",
            "digest": "d",
            "received": 1,
            "state": "new",
        }
        client_row = {"number": 1, "name": f"Büro {NAME}", "client_id": "c", "secret_hash": "h", "created": 1}
        connection.execute(insert(metadata.tables["clients"]).values(**client_row))
        body = {"data": {"comment": PHONE, "pf": {"productIds": ["urn:x"]}}}
        connection.execute(
            insert(metadata.tables["inbox"]).values(**row, body=write_compact(body), note=f"of {NAME}")
        )
    assert holds(tmp_path, NAME)
    done = erased(store, NAME)
    assert done.freed
    assert holds(tmp_path, PHONE)  # in the event, which did not hold the name
    assert erased(store, PHONE).freed
    for text in (NAME, PHONE):
        assert not holds(tmp_path, text)
    with store.read() as connection:
        assert [one.name for one in list_clients(connection)] == ["erased-1"]
    store.close()


def holds(folder, text):
    return any(
        text.encode() in file.read_bytes() for file in folder.iterdir() if file.name.startswith("gateway")
    )


def test_postgresql_files_are_free_of_an_erased_value_too(postgres_url, cluster):
    store = open_store(postgres_url)
    published(store, offer(1, bodies={"3.0": Body(write_compact({**TREE, "comment": "Zebra Quagga"}))}))
    erased(store, "Zebra Quagga")
    with store.read() as connection:
        connection.exec_driver_sql("SELECT 1")
        place = connection.exec_driver_sql("SELECT pg_relation_filepath('bodies')").scalar()
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
    assert b"Zebra Quagga" not in (cluster.folder / "data" / place).read_bytes()
    store.close()


def test_a_file_that_another_process_reads_is_said_not_to_be_free_yet(sqlite_url, tmp_path):
    store = open_store(sqlite_url)
    published(store, offer(1, bodies={"3.0": Body(write_compact(TREE))}))
    other = sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM log").fetchone()
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    done = erased(store, NAME)
    assert not done.freed
    other.close()
    assert erase(store, []).freed
    assert not holds(tmp_path, NAME)
    store.close()


def test_every_personal_value_of_one_footprint_can_be_erased(filled):
    with filled.read() as connection:
        found = list(find_of_footprint(connection, pf_id(1)))
    assert {(one.place, one.path) for one in found} == {
        ("bodies", "/comment"),
        ("sources", "/producer/contacts/0/name"),
        ("sources", "/producer/contacts/0/phone"),
        ("sources", "/producer/contacts/1/name"),
    }
    erase(filled, found)
    with filled.read() as connection:
        assert list(find_of_footprint(connection, pf_id(1))) == []
        assert list(find(connection, "138 0013")) == []


def test_the_command_lists_first_erases_on_yes_and_names_the_backups_that_still_hold_it(
    filled, store_url, tmp_path
):
    back_up(filled, tmp_path / "before.backup")
    listed = run("erase", "--find", "138 0013", "--database-url", store_url)
    assert "/comment" in listed.text
    assert "sources 1 /producer/contacts/0/phone" in listed.text
    unsure = run("erase", "138 0013", "--database-url", store_url)
    assert "--yes" in unsure.text
    assert PHONE.encode() in own(filled)
    done = run("erase", "138 0013", "--yes", "--database-url", store_url)
    assert done.code == 0
    assert "still hold it" in done.text
    assert "before.backup" in done.text
    assert PHONE.encode() not in own(filled)
    assert "Nothing found" in run("erase", "--find", "138 0013", "--database-url", store_url).text
    assert run("log", "verify", "--database-url", store_url).code == 0


def test_where_nothing_was_found_no_backup_is_said_to_hold_it(filled, store_url, tmp_path):
    back_up(filled, tmp_path / "before.backup")
    said = run("erase", "Nobody at all", "--yes", "--database-url", store_url).text
    assert "may hold it" in said
    assert "still hold it" not in said


def test_the_command_asks_for_one_thing_at_a_time(store_url):
    for words in ([], ["x"], ["Li Wei", "--find", "Li Wei"]):
        assert run("erase", *words, "--database-url", store_url).code == 2


def test_a_restored_backup_of_before_an_erasure_does_not_bring_the_value_back(filled, tmp_path):
    """The log of the store says what was erased since the backup was made; a footprint that came later is gone."""
    made = client(filled, NAME)
    back_up(filled, tmp_path / "before")
    erased(filled, "李伟")
    published(filled, offer(9))
    done = restore(filled, tmp_path / "before", force=True)
    assert (done.erased > 0, done.freed) == (True, True)
    if filled.is_local:
        kept = [file.read_bytes() for file in tmp_path.glob("gateway.db*")]
        assert kept
        assert not any("李伟".encode() in content for content in kept)
    with filled.read(long=True) as connection:
        assert list(find(connection, "李伟")) == []
        assert [one.name for one in list_clients(connection)] == [f"erased-{made.number}"]
        assert b"Example Ltd" in own_body(connection, pf_id(1)).content
        assert own_body(connection, pf_id(9)) is None
    assert audited(filled).holds
