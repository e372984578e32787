"""What `log verify` sees of footprints on offer: bytes of each model, signatures, status, revisions."""

import sqlite3

import pytest

from gateway.formats.json_reader import write_compact
from gateway.store import erasure, footprints, personal
from gateway.store.audit import audit
from gateway.store.database import open_store
from gateway.store.erasure import erase, find
from gateway.store.footprints import Body, revise
from gateway.store.log import append, entries
from gateway.store.personal import digest_of_bytes
from gateway.store.received import Arrival, Verified, add_verification, keep_received
from gateway.trust.envelope import system_clock
from tests.store.offers import offer, pf_id, published

OTHER = b'{"n":"8"}'
UNGUARDED = [
    *(f"DROP TRIGGER {t}_append_only_{v}" for t in ("bodies", "revisions") for v in ("update", "delete")),
    "DROP TRIGGER received_append_only_update",
]
BOTH = {"3.0": Body(b'{"n":"1"}', "h..signed"), "2.3": Body(b'{"n":"one"}')}
NAMED = {"comment": "Ask Li Wei"}


def audited(store):
    with store.read(long=True) as connection:
        return audit(connection, None, system_clock)


def tampered(url, *statements):
    """By one who may drop triggers and knows how digests are made; the log alone he leaves as it is."""
    raw = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    for statement in (*UNGUARDED, *statements):
        raw.execute(statement)
    raw.close()


EXCHANGED = {
    "a signature": ("UPDATE bodies SET signature = 'h..other' WHERE signature = 'h..signed'",),
    "a signature taken away": ("UPDATE bodies SET signature = NULL WHERE revision = 1",),
    "a signature put where none was": (
        "UPDATE bodies SET signature = 'h..x' WHERE model = '2.3' AND revision = 1",
    ),
    "the status": ("UPDATE footprints SET status = 'Active' WHERE number = 1",),
    "an older revision served": ("UPDATE footprints SET head = 1 WHERE number = 1",),
    "the reason of a revision": ("UPDATE revisions SET reason = 'erased' WHERE revision = 2",),
    "a 2.3 body with its digest": (
        f"UPDATE bodies SET content = '{OTHER.decode()}', digest = '{digest_of_bytes(OTHER)}' "
        "WHERE model = '2.3' AND revision = 1",
    ),
    "a 2.3 body taken away": ("DELETE FROM bodies WHERE model = '2.3' AND revision = 1",),
    "a 2.3 body added": (
        "INSERT INTO bodies SELECT 2, 1, '2.3', digest, content, NULL FROM bodies WHERE footprint = 2",
    ),
    "a revision that no entry names": (
        "INSERT INTO revisions VALUES (2, 9, 1, 'published')",
        "INSERT INTO bodies SELECT 2, 9, '3.0', digest, content, NULL FROM bodies WHERE footprint = 2",
    ),
    "a footprint that no entry names": (
        f"INSERT INTO footprints SELECT 3, '{pf_id(3)}', 1, 'Active', 1, 1, 1, 1, 1, 1, 0, 0",
    ),
}


@pytest.mark.parametrize("what", EXCHANGED)
def test_what_an_auditor_wants_to_see_exchanged_shows_where_the_log_is_whole(sqlite_url, what):
    store = open_store(sqlite_url)
    published(store, offer(1, bodies=BOTH), offer(2))
    with store.write() as connection:
        revise(connection, pf_id(1), "Deprecated", {**BOTH, "3.0": Body(OTHER)}, 5, "deprecated")
    assert audited(store).holds
    tampered(sqlite_url, *EXCHANGED[what])
    found = audited(store)
    assert (found.holds, found.broken, len(found.altered)) == (False, None, 1), found.altered
    store.close()


def test_the_signature_of_what_came_shows_when_it_is_exchanged(sqlite_url):
    store = open_store(sqlite_url)
    with store.write() as connection:
        keep_received(connection, 1, _arrival())
    assert audited(store).holds
    tampered(sqlite_url, "UPDATE received SET signature = 'h..other'")
    assert len(audited(store).altered) == 1
    store.close()


def _arrival(content=b'{"comment":"Ask Li Wei"}'):
    return Arrival("https://a.example", pf_id(7), "3.0", content, "pull", {}, (), "h..signed")


def test_entries_of_before_that_say_less_stay_valid(store, monkeypatch):
    def shorter(connection, now, kind, subject, **body):
        kept = {name: value for name, value in body.items() if name in ("digest", "revision")}
        return append(connection, now, kind, subject, **kept)

    monkeypatch.setattr(footprints, "append", shorter)
    published(store, offer(1, bodies=BOTH), offer(2))
    with store.write() as connection:
        revise(connection, pf_id(1), "Deprecated", BOTH, 5, "deprecated")
    assert audited(store).holds


def test_what_the_log_holds_of_a_signature_does_not_give_an_erased_value_away(store):
    """Who has the key could sign each guess: the digest of the signature is salted as that of the value is."""
    published(store, offer(1, bodies={"3.0": Body(write_compact(NAMED), "h..signed")}))
    with store.read() as connection:
        said = str(list(entries(connection)))
    assert "signatures" in said
    assert digest_of_bytes(b"h..signed") not in said


def test_an_erased_footprint_and_one_that_came_still_verify_and_no_signature_over_the_value_stays(store):
    published(store, offer(1, bodies={"3.0": Body(write_compact(NAMED), "h..signed")}))
    with store.write() as connection:
        keep_received(connection, 1, _arrival())
        add_verification(connection, 2, 1, Verified("h..fetched", {"signature": "valid"}))
    erased(store)
    assert audited(store).holds
    with store.read() as connection:
        for table in ("bodies", "received", "verifications"):
            of_table = connection.exec_driver_sql(f"SELECT signature FROM {table}")
            assert set(of_table.scalars()) == {None}, table


def erased(store, text="Li Wei"):
    with store.read(long=True) as connection:
        found = list(find(connection, text))
    assert erase(store, found).values


@pytest.mark.parametrize("known", [(), ("comment",)], ids=["without a commitment", "with one for less"])
def test_a_field_that_became_personal_after_a_document_was_stored_can_be_erased_and_verifies(
    store, monkeypatch, known
):
    paths = personal._paths
    monkeypatch.setattr(personal, "_paths", lambda _family: tuple((name,) for name in known))
    tree = {"comment": "Nobody", "statusComment": "Ask Li Wei"}
    published(store, offer(1, bodies={"3.0": Body(write_compact(tree), "h..signed"), "2.3": BOTH["2.3"]}))
    with store.write() as connection:
        keep_received(connection, 1, _arrival(write_compact(tree)))
    monkeypatch.setattr(personal, "_paths", paths)
    assert set(erasure.personal_values("pact.footprint@3.0", tree)) == {"/comment", "/statusComment"}
    erased(store)
    assert audited(store).holds, audited(store).altered
    erased(store, "Nobody")
    assert audited(store).holds, audited(store).altered
