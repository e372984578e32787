"""cbamgw partners and cbamgw events, as an operator uses them."""

import json

import pytest
from sqlalchemy import select

from gateway.pact.addresses import AddressPolicy
from gateway.pact.answers import Desk
from gateway.store.clients import add_client
from gateway.store.database import open_store
from gateway.store.events import Outgoing, put_out
from gateway.store.partners import list_partners
from gateway.store.received import find_received
from gateway.store.secret import load_secret
from gateway.store.tables.events import outbox
from tests.client.hosts import footprint
from tests.client.hosts import pf_id as host_pf_id
from tests.command import run
from tests.events.desks import event
from tests.events.kills import BadPartner
from tests.events.suppliers import Supplier, announced_by
from tests.store.offers import offer, pf_id, published

PUBLISHED = "org.wbcsd.pact.ProductFootprint.PublishedEvent.3"


@pytest.fixture
def place(tmp_path, sqlite_url, monkeypatch):
    """Where the command works: a database, the secret of the host, and a file with a partner's secret."""
    monkeypatch.setenv("CBAMGW_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CBAMGW_SECRET_FILE", str(tmp_path / "host.secret"))
    (tmp_path / "theirs.txt").write_text("their secret\n")
    return tmp_path


@pytest.fixture
def store(place, sqlite_url):
    made = open_store(sqlite_url)
    with made.write() as connection:
        add_client(connection, "Buyer", made.now())
    yield made
    made.close()


def add(place, name="Buyer", url="https://127.0.0.1:9", *more):
    credentials = ("--client-id", "our id", "--secret-file", place / "theirs.txt")
    return run("partners", "add", name, "--url", url, *credentials, *more)


def test_a_partner_is_added_listed_and_closed_without_its_secret_being_shown(place, store):
    done = add(
        place, "Buyer", "https://127.0.0.1:9/pact/", "--client", "Buyer", "--api", "2", "--allow-loopback"
    )
    assert done.code == 0, done.text
    listed = run("partners", "list").text
    assert listed.split() == ["open", "2", "https://127.0.0.1:9/pact", "our", "id", "Buyer"]
    assert "their secret" not in done.text + listed
    with store.read() as connection:
        (kept,) = list_partners(connection)
    assert kept.secret(load_secret(place / "host.secret")) == "their secret"
    assert run("partners", "close", "Buyer").code == 0
    assert run("partners", "list").text.startswith("closed")


def test_what_the_environment_allows_the_host_to_call_its_commands_take_too(place, store, monkeypatch):
    assert add(place).code == 1
    monkeypatch.setenv("CBAMGW_ALLOW_LOOPBACK", "1")
    done = add(place)
    assert done.code == 0, done.text


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://buyer.example", "PARTNER-URL"),
        ("https://127.0.0.1", "PARTNER-ADDRESS"),
        ("https://localhost", "PARTNER-ADDRESS"),
        ("https://0x7f000001", "PARTNER-URL"),
        ("https://[::ffff:169.254.169.254]", "PARTNER-ADDRESS"),
        ("https://u:pw@buyer.example", "PARTNER-URL"),
    ],
)
def test_a_partner_inside_or_without_tls_is_not_added(place, store, url, rule):
    done = add(place, url=url)
    assert done.code == 1
    assert rule in done.text
    assert run("partners", "list").out == b""


def test_a_partner_twice_or_for_a_client_that_is_unknown_is_refused(place, store):
    assert add(place, "A", "https://127.0.0.1", "--allow-loopback").code == 0
    assert "PARTNER-NAME-TAKEN" in add(place, "A", "https://127.0.0.1", "--allow-loopback").text
    assert "CLIENT-UNKNOWN" in add(place, "B", "https://127.0.0.1", "--allow-loopback", "--client", "x").text
    assert "PARTNER-UNKNOWN" in run("partners", "close", "nobody").text


def write(store, event_id="o1"):
    body = json.dumps(event("published", {"pfIds": []}, id=event_id)).encode()
    with store.write() as connection:
        put_out(connection, Outgoing(event_id, 1, PUBLISHED, body), store.now())


def test_a_dead_letter_is_listed_and_sent_again(place, store):
    add(place, "Buyer", "https://127.0.0.1:9", "--allow-loopback")
    write(store)
    assert "pending" in run("events", "outbox").text
    run("partners", "close", "Buyer")
    (dead,) = json.loads(run("events", "dead", "--json").out)
    assert (dead["event_id"], dead["state"], dead["last_error"]) == ("o1", "dead", "PARTNER-CLOSED")
    assert "PARTNER-CLOSED" in run("events", "retry", "1").text
    add(place, "Buyer", "https://127.0.0.1:9", "--allow-loopback")
    assert run("events", "retry", "--all-dead").code == 0
    assert json.loads(run("events", "dead", "--json").out) == []
    assert "EVENT-UNKNOWN" in run("events", "retry", "7").text


def test_a_letter_to_a_partner_that_was_closed_holds_up_no_other_that_is_sent_again(place, store):
    add(place, "Gone", "https://127.0.0.1:9", "--allow-loopback")
    write(store, "o1")
    run("partners", "close", "Gone")
    add(place, "Buyer", "https://127.0.0.1:9", "--allow-loopback")
    body = json.dumps(event("published", {"pfIds": []}, id="o2")).encode()
    with store.write() as connection:
        put_out(connection, Outgoing("o2", 2, PUBLISHED, body), store.now())
        connection.exec_driver_sql("UPDATE outbox SET state = 'dead', last_error = 'x' WHERE event_id = 'o2'")
    done = run("events", "retry", "--all-dead")
    assert (done.code, "PARTNER-CLOSED" in done.text) == (1, True)
    (left,) = json.loads(run("events", "dead", "--json").out)
    assert left["event_id"] == "o1"


def test_one_pass_delivers_what_is_due(place, store):
    partner = BadPartner()
    add(place, "Buyer", "https://127.0.0.1", "--allow-loopback")
    with store.write() as connection:  # the command itself adds no partner over plain http
        connection.exec_driver_sql(f"UPDATE partners SET url = '{partner.url}'")
    write(store)
    done = run("events", "deliver", "--allow-loopback")
    assert (done.code, done.out.decode().strip()) == (1, "pending 1, dead 0")
    assert partner.posts == 0
    partner.close()


def test_one_pass_fetches_what_was_announced(place, store, monkeypatch):
    supplier = Supplier()
    announced_by(store, load_secret(place / "host.secret"), supplier)
    Desk(store, "https://pcf.example.com").work()
    # the command itself calls nobody over plain http
    monkeypatch.setattr(
        "gateway.cli.events.policy_of", lambda **_: AddressPolicy(loopback=True, plain_http=True)
    )
    done = run("events", "deliver")
    supplier.close()
    assert (done.code, done.out.decode().strip()) == (0, "pending 0, dead 0")
    with store.read() as connection:
        assert [each.content for each in find_received(connection, host_pf_id(1))] == [footprint(1)]
    (row,) = json.loads(run("events", "fetches", "--json").out)
    assert (row["state"], row["pf_id"]) == ("fetched", host_pf_id(1))


def test_where_nothing_is_due_a_pass_ends_with_success(place, store):
    assert run("events", "deliver").code == 0


def test_lists_of_what_came_in_are_for_people_and_for_programs(place, store):
    from gateway.store.events import Incoming, accept

    made = event()
    kept = Incoming(1, "e1", made["source"], made["type"], json.dumps(made).encode())
    with store.write() as connection:
        accept(connection, kept, store.now())
    assert "new" in run("events", "inbox").text
    (row,) = json.loads(run("events", "inbox", "--json").out)
    assert (row["number"], row["state"], row["party"]) == (1, "new", "Buyer")
    assert row["received"].endswith("Z")
    assert json.loads(run("events", "inbox", "--state", "done", "--json").out) == []


@pytest.mark.parametrize("words", [(), ("1", "--all-dead")])
def test_what_is_to_be_sent_again_must_be_said(place, store, words):
    assert run("events", "retry", *words).code == 2


@pytest.fixture
def on_offer(store, place):
    add(place, "Buyer", "https://127.0.0.1:9", "--client", "Buyer", "--allow-loopback")
    published(store, offer(1), offer(2))
    return store


def announced(store):
    with store.read() as connection:
        found = connection.execute(select(outbox.c.body).order_by(outbox.c.number)).scalars().all()
    return [json.loads(body)["data"]["pfIds"] for body in found]


def test_a_share_tells_the_partner_what_it_sees_by_it_and_once_only(on_offer):
    here = ("--public-base-url", "https://pcf.example.com")
    assert "EVENT-NOT-TOLD" in run("share", "Buyer", "--product", "urn:p:1").text
    assert announced(on_offer) == []
    assert run("share", "Buyer", "--all", *here).code == 0
    assert run("share", "Buyer", "--all", *here).code == 0
    assert announced(on_offer) == [[pf_id(2)]]


def test_what_was_published_without_an_address_is_announced_later(on_offer):
    run("share", "Buyer", "--product", "urn:p:1")
    here = ("--public-base-url", "https://pcf.example.com")
    assert run("events", "announce", pf_id(1), *here).code == 0
    assert announced(on_offer) == [[pf_id(1)]]
    assert "SHARE-UNKNOWN" in run("events", "announce", pf_id(9), *here).text


def test_a_footprint_that_is_named_twice_is_announced_once(on_offer):
    run("share", "Buyer", "--product", "urn:p:1")
    here = ("--public-base-url", "https://pcf.example.com")
    assert run("events", "announce", pf_id(1), pf_id(1).upper(), *here).code == 0
    assert announced(on_offer) == [[pf_id(1)]]


def test_only_what_was_set_aside_or_given_up_is_taken_up_again(store):
    assert "EVENT-NOT-ASIDE" in run("events", "reopen", "1").text
    assert "EVENT-NO-FETCH" in run("events", "retry", "--fetch", "1").text
    assert run("events", "fetches").out == b""
