"""What a footprint was made from can be kept beside it; the persons in it can be erased from it."""

import json

from sqlalchemy import insert

from gateway.data import data_path
from gateway.store.announced import list_announced
from gateway.store.audit import audit
from gateway.store.backup import back_up, restore
from gateway.store.database import open_store
from gateway.store.erasure import erase, find
from gateway.store.events import Incoming, accept
from gateway.store.footprints import own_body
from gateway.store.received import Arrival, keep_received
from gateway.store.sources import sources_of
from gateway.store.tables.events import announced, partners
from gateway.trust.envelope import system_clock
from tests.command import run
from tests.store.offers import client

EXAMPLE = data_path("examples", "aluminium.json")


def test_a_record_is_kept_beside_its_footprint_and_its_contact_can_be_erased_from_it(store, store_url):
    record = json.loads(EXAMPLE.read_bytes())
    contact = record["producer"]["contacts"][0]
    published = run("publish", EXAMPLE, "--keep-source", "--database-url", store_url)
    assert published.code == 0
    pf_id = published.text.split()[1]
    with store.read() as connection:
        ((kind, format_id, content),) = sources_of(connection, pf_id)
        served = own_body(connection, pf_id)
    assert (kind, format_id, json.loads(content)) == ("source", "cn.pcf@1", record)
    for value in filter(None, (contact["name"], contact.get("phone"), contact.get("email"))):
        assert run("erase", value, "--yes", "--database-url", store_url).code == 0
    with store.read() as connection:
        ((_, _, content),) = sources_of(connection, pf_id)
        assert own_body(connection, pf_id) == served  # no person in the footprint: its signature stays
    assert set(json.loads(content)["producer"]["contacts"][0].values()) == {"[erased]"}
    assert run("log", "verify", "--database-url", store_url).code == 0


def test_without_being_asked_to_nothing_is_kept_but_the_footprint(store, store_url):
    pf_id = run("publish", EXAMPLE, "--database-url", store_url).text.split()[1]
    with store.read() as connection:
        assert sources_of(connection, pf_id) == []


def test_a_person_is_erased_from_events_and_from_received_footprints_and_all_still_verifies(store, store_url):
    sender = client(store, "Sender")
    event = {"id": "1", "data": {"comment": "Ask Zhang San", "pf": {"productIds": ["urn:x"]}}}
    footprint = {"id": "2", "companyName": "A", "comment": "Zhang San knows", "pcf": {}}
    with store.write() as connection:
        body = json.dumps(event).encode()
        accept(connection, Incoming(sender.number, "1", "https://a.example", "type", body), 5)
        content = json.dumps(footprint).encode()
        keep_received(connection, 6, _arrival(content))
    before = run("log", "show", "--database-url", store_url).text
    assert run("log", "verify", "--database-url", store_url).code == 0
    done = run("erase", "Zhang San", "--yes", "--database-url", store_url)
    assert done.code == 0
    assert "erased: 2" in done.text
    assert run("log", "verify", "--database-url", store_url).code == 0
    assert "Zhang San" not in run("log", "show", "--database-url", store_url).text
    assert run("log", "show", "--database-url", store_url).text.startswith(before)
    assert "Nothing found" in run("erase", "--find", "Zhang San", "--database-url", store_url).text
    again = open_store(store_url)
    with again.read() as connection:
        left = connection.exec_driver_sql("SELECT content FROM received").scalar()
    again.close()
    assert json.loads(bytes(left)) == {**footprint, "comment": "[erased]"}


def test_a_person_in_a_footprint_of_version_2_is_erased_from_the_event_that_brought_it(store):
    sender = client(store, "Sender")
    pcf = {"assurance": {"providerName": "Zhang San", "comments": "by Zhang San"}}
    event = {"data": {"pfs": [{"pcf": pcf, "statusComment": "says Zhang San"}]}}
    with store.write() as connection:
        body = json.dumps(event).encode()
        accept(connection, Incoming(sender.number, "1", "https://a.example", "type", body), 5)
    with store.read() as connection:
        found = list(find(connection, "Zhang San"))
    assert [one.erasable for one in found] == [True] * 3
    erase(store, found)
    with store.read(long=True) as connection:
        assert list(find(connection, "Zhang San")) == []
        assert audit(connection, None, system_clock).holds


def test_what_is_to_be_fetched_is_in_a_backup_and_its_note_can_be_erased(store, tmp_path):
    sender = client(store, "Sender")
    with store.write() as connection:
        accept(connection, Incoming(sender.number, "1", "https://a.example", "type", b"{}"), 5)
        row = {"name": "A", "client": 1, "url": "u", "auth_url": "u", "client_id": "us", "model": "3"}
        connection.execute(insert(partners).values(**row, sealed_secret=b"s", created=1))
        wanted = {"event": 1, "partner": 1, "api": "3", "pf_id": "2", "state": "dead", "attempts": 3}
        times = {"created": 1, "due": 1, "gives_up": 9, "leased": 0}
        connection.execute(insert(announced).values(**wanted, **times, last_error="said Zhang San"))
    back_up(store, tmp_path / "b")
    with open_store(f"sqlite:///{tmp_path / 'other.db'}") as other:
        restore(other, tmp_path / "b")
        with other.read() as connection:
            (row,) = list_announced(connection)
            assert (row["pf_id"], row["party"], row["state"]) == ("2", "A", "dead")
            found = list(find(connection, "Zhang San"))
        assert erase(other, found).values
        with other.read() as connection:
            assert list_announced(connection)[0]["last_error"] == "[erased]"


def _arrival(content):
    return Arrival(
        source="https://a.example",
        pf_id="2",
        model="3.0",
        content=content,
        via="pull",
        verdicts={},
        findings=(),
    )
