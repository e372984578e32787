"""Answers to what we asked others: matched with the request, kept as they came; on both databases."""

import json

import pytest

from gateway.store.events import (
    Outgoing,
    add_request,
    request_of,
)
from gateway.store.log import verify_log
from gateway.store.partners import close_partner
from gateway.store.received import all_received
from tests.events.desks import Office, event, in_bytes


@pytest.fixture
def office(store):
    return Office(store)


def asked(office, partner, event_id="q1"):
    with office.store.write() as connection:
        add_request(connection, Outgoing(event_id, partner, "t", b"{}"), office.store.now())


def state_of(office, client, event_id="q1"):
    with office.store.read() as connection:
        return request_of(connection, client, event_id)["state"]


def fulfilled(request="q1", **members):
    part = b'{"id": "079e425a-464f-528d-341d-4a944a1dfd70",  "specVersion":"3.0"}'
    return event("fulfilled", {"requestEventId": request, "pfs": [json.loads(part)]}, **members)


def test_the_footprints_of_an_awaited_answer_are_kept_in_the_bytes_they_came_in(office):
    client, partner = office.buyer()
    asked(office, partner.number)
    made = in_bytes(fulfilled()).replace(b'"pfs": [', b'"pfs": [ ').replace(b'"3.0"', b' "3.0"')
    from gateway.store.events import Incoming, accept

    with office.store.write() as connection:
        accept(connection, Incoming(client, "e1", "https://buyer.example", fulfilled()["type"], made), 1)
    office.desk.work()
    assert state_of(office, client) == "fulfilled"
    with office.store.read() as connection:
        from gateway.store.received import find_received

        (kept,) = find_received(connection, "079e425a-464f-528d-341d-4a944a1dfd70")
        assert verify_log(connection) is None
    assert kept.content in made
    assert (kept.source, kept.via, kept.verdicts["schema"]) == ("https://buyer.example", "event 1", "invalid")


def test_a_rejection_closes_its_request(office):
    client, partner = office.buyer()
    asked(office, partner.number)
    error = {"code": "NotFound", "message": "none"}
    office.post(client, event("rejected", {"requestEventId": "q1", "error": error}))
    office.desk.work()
    assert (state_of(office, client), office.states()) == ("rejected", [("done", "")])


def test_an_answer_to_what_was_never_asked_is_quarantined_and_kept_from_what_was_received(office):
    client, _ = office.buyer()
    office.post(client, fulfilled("never asked"))
    office.desk.work()
    assert office.states() == [("quarantined", "EVENT-UNASKED")]
    with office.store.read() as connection:
        assert list(all_received(connection)) == []


def test_the_answer_of_another_partner_is_no_answer(office):
    client, partner = office.buyer()
    other, _ = office.buyer(name="Other", url="https://other.example")
    stranger = office.client("Stranger")
    asked(office, partner.number)
    office.post(other, fulfilled(id="x"))
    office.post(stranger, fulfilled(id="y"))
    office.desk.work()
    assert office.states() == [("quarantined", "EVENT-UNASKED")] * 2
    assert state_of(office, client) == "open"


def test_the_first_answer_holds(office):
    client, partner = office.buyer()
    asked(office, partner.number)
    office.post(client, fulfilled(id="x"))
    office.post(
        client,
        event("rejected", {"requestEventId": "q1", "error": {"code": "NotFound", "message": "m"}}, id="y"),
    )
    office.desk.work()
    assert office.states() == [("done", ""), ("quarantined", "EVENT-ANSWERED")]
    assert state_of(office, client) == "fulfilled"


def test_an_answer_counts_although_the_partner_was_added_anew(office):
    client, partner = office.buyer()
    asked(office, partner.number)
    with office.store.write() as connection:
        close_partner(connection, "Buyer", 1)
    office.partner("Buyer", "Buyer")
    office.post(client, fulfilled())
    office.desk.work()
    assert state_of(office, client) == "fulfilled"
