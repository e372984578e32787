"""A list without rows says so, on standard error, so that a pipe gets rows alone."""

from __future__ import annotations

import json

import pytest

from gateway.store.database import open_store
from tests.command import LOADED, run

URN = "urn:pact:Aluminium.example:product-id:Al99.70"


@pytest.fixture
def database(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CBAMGW_DATABASE_URL", sqlite_url)
    open_store(sqlite_url).close()
    return sqlite_url


LISTS = [
    ("clients", "list"),
    ("partners", "list"),
    ("events", "inbox"),
    ("events", "outbox"),
    ("events", "dead"),
    ("pact", "list"),
    ("pact", "requests"),
    ("log", "show"),
]


@pytest.mark.parametrize("words", LISTS)
def test_an_empty_list_says_so_beside_the_pipe(database, words):
    done = run(*words)
    assert (done.code, done.out) == (0, b"")
    assert len(done.err.splitlines()) == 1
    assert any("一" <= sign <= "鿿" for sign in run(*words, lang="zh").err)


@pytest.mark.parametrize("words", LISTS)
def test_an_empty_list_for_programs_is_an_empty_list_or_has_no_line(database, words):
    done = run(*words, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.out == b"" or json.loads(done.out) == []


def test_clients_and_partners_are_listed_for_programs(database):
    run("clients", "add", "买方")
    (client,) = json.loads(run("clients", "list", "--json").out)
    assert (client["name"], client["revoked"]) == ("买方", None)
    assert client["created"].endswith("Z")


def test_the_log_shows_a_shared_product_as_it_was_given(database):
    run("clients", "add", "Buyer")
    run("share", "Buyer", "--product", URN)
    run("share", "Buyer", "--product", URN, "--undo")
    said = run("log", "show", "--last", "2").out.decode()
    assert said.count(URN) == 2
    assert run("log", "verify").code == 0


def test_a_product_is_shared_and_taken_back_whatever_the_case_it_is_typed_in(database):
    run("clients", "add", "Buyer")
    run("publish", "-", stdin=json.dumps(LOADED).encode())
    assert "sees 1 footprint(s)" in run("share", "Buyer", "--product", URN.upper()).out.decode()
    assert "taken back" in run("share", "Buyer", "--product", URN.lower(), "--undo").out.decode()
    assert "nothing changed" in run("share", "Buyer", "--product", URN, "--undo").out.decode()
    assert "未作改动" in run("share", "Buyer", "--product", URN, "--undo", lang="zh").out.decode()


def test_a_share_that_is_taken_back_says_what_other_shares_still_show(database):
    run("clients", "add", "Buyer")
    run("publish", "-", stdin=json.dumps(LOADED).encode())
    run("share", "Buyer", "--product", URN)
    run("share", "Buyer", "--all")
    assert "still sees 1 footprint(s)" in run("share", "Buyer", "--all", "--undo").out.decode()
    assert "仍可见 0 个足迹" in run("share", "Buyer", "--product", URN, "--undo", lang="zh").out.decode()
