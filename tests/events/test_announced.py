"""What a partner announces is fetched from its registered address, and kept as a pull would keep it."""

import asyncio
import json
from dataclasses import replace

import httpx
import pytest

from gateway.model.finding import Refused
from gateway.pact.announced import NOT_SHOWN_TRIES, Announcements
from gateway.pact.client import Credentials, PactClient
from gateway.store.announced import fetch_again, list_announced
from gateway.store.events import SECOND
from gateway.store.log import verify_log
from gateway.store.partners import close_partner
from gateway.store.received import find_received, keep_received
from tests.client.hosts import HOST, FakeHost, Time, fetcher_of, footprint, pf_id
from tests.client.pulls import pulled
from tests.events.desks import Office, event


@pytest.fixture
def office(store):
    return Office(store)


@pytest.fixture
def supplier(office):
    client, _ = office.buyer(name="Supplier", url=HOST)
    return client


def announce(office, client, *numbers, api="3", event_id="e1"):
    data = {"pfIds": [pf_id(number) for number in numbers]}
    office.post(client, event("published", data, api, id=event_id, source="https://elsewhere.example"))
    office.desk.work()


def fetch(office, host, **more):
    def client_for(partner, api):
        return PactClient(partner.url, Credentials("us", "x"), api=api, fetcher=fetcher_of(host, tries=1))

    async def once():
        made = Announcements(office.store, client_for, chance=lambda: 1.0, **more)
        await made.step()
        await made.finish()
        await made.close()

    asyncio.run(once())


def rows(office):
    with office.store.read() as connection:
        return {row["pf_id"]: row for row in list_announced(connection)}


def states(office):
    return [(row["state"], row["attempts"], row["last_error"]) for row in rows(office).values()]


def kept(office, number):
    with office.store.read() as connection:
        return find_received(connection, pf_id(number))


def nothing_kept(office, number):
    with pytest.raises(Refused) as refused:
        kept(office, number)
    return refused.value.findings[0].rule == "PULL-UNKNOWN"


def test_what_is_announced_is_fetched_from_the_registered_address_and_kept_byte_for_byte(office, supplier):
    announce(office, supplier, 1, 2)
    host = FakeHost([footprint(number) for number in range(4)])
    fetch(office, host)
    assert [each.content for number in (1, 2) for each in kept(office, number)] == [
        footprint(1),
        footprint(2),
    ]
    assert nothing_kept(office, 3)
    assert {call.url.host for call in host.calls} == {"host.example"}
    assert states(office) == [("fetched", 1, "")] * 2
    with office.store.read() as connection:
        assert verify_log(connection) is None


def test_it_is_judged_and_kept_just_as_a_pull_keeps_it(office, supplier, kept_elsewhere):
    host = FakeHost([footprint(1)], signatures={pf_id(1): b"no signature at all"})
    announce(office, supplier, 1)
    fetch(office, host)
    pulled(kept_elsewhere, host)
    with kept_elsewhere.read() as connection:
        (by_pull,) = find_received(connection, pf_id(1))
    (by_event,) = kept(office, 1)
    assert by_pull.verdicts["signature"] != "none"
    alike = replace(by_event, via="pull", received=by_pull.received, number=by_pull.number)
    assert alike == by_pull


@pytest.fixture
def kept_elsewhere(tmp_path):
    from gateway.store.database import open_store

    made = open_store(f"sqlite:///{tmp_path / 'another.db'}")
    yield replace(made, clock=Time())
    made.close()


def test_an_event_of_version_2_is_fetched_over_version_2(office, supplier):
    announce(office, supplier, 1, api="2")
    host = FakeHost([footprint(1)], api="2")
    fetch(office, host)
    assert len(host.asked(f"/2/footprints/{pf_id(1)}")) == 1
    assert len(kept(office, 1)) == 1


def test_an_id_that_is_not_shown_holds_up_no_other_and_is_given_up_after_an_hour(office, supplier):
    announce(office, supplier, 7, 1)
    host = FakeHost([footprint(1)])
    fetch(office, host)
    assert len(kept(office, 1)) == 1
    assert rows(office)[pf_id(7)]["last_error"] == "PULL-NOT-FOUND 404"
    for _ in range(NOT_SHOWN_TRIES):
        office.clock.go_on(hours=1)
        fetch(office, host)
    assert (rows(office)[pf_id(7)]["state"], rows(office)[pf_id(7)]["attempts"]) == ("dead", NOT_SHOWN_TRIES)
    host.footprints.append(footprint(7))
    with office.store.write() as connection:
        fetch_again(connection, rows(office)[pf_id(7)]["number"], office.store.now())
    fetch(office, host)
    assert [each.content for each in kept(office, 7)] == [footprint(7)]


def test_a_host_that_cannot_be_reached_is_asked_once_then_later_and_given_up_after_72_hours(office, supplier):
    announce(office, supplier, 1, 2, 3)
    calls = []

    def down(request):
        calls.append(request)
        raise httpx.ConnectError("no")

    fetch(office, down)
    assert len(calls) == 1
    assert [row["due"] - office.store.now() for row in rows(office).values()] == [5 * SECOND] * 3
    office.clock.go_on(hours=73)
    fetch(office, down)
    assert [row["state"] for row in rows(office).values()] == ["dead"] * 3
    assert len(calls) == 1


def test_another_footprint_than_the_one_that_was_asked_for_is_not_kept(office, supplier):
    announce(office, supplier, 1)
    other = httpx.Response(
        200, content=b'{"data":' + footprint(2) + b"}", headers={"content-type": "application/json"}
    )
    fetch(office, FakeHost([], instead=lambda call: other if "/footprints/" in call.url.path else None))
    assert [error for _, _, error in states(office)] == ["PULL-OTHER-ID"]
    assert nothing_kept(office, 1)
    assert nothing_kept(office, 2)


def test_a_process_that_dies_between_fetching_and_keeping_leaves_it_to_the_next_once(
    office, supplier, monkeypatch
):
    announce(office, supplier, 1)
    host = FakeHost([footprint(1)])
    with monkeypatch.context() as dies:
        dies.setattr(Announcements, "_record", lambda *_: 1 / 0)
        fetch(office, host)
    fetch(office, host)
    assert nothing_kept(office, 1)  # the lease holds
    office.clock.go_on(hours=1)
    fetch(office, host)
    assert len(kept(office, 1)) == 1
    announce(office, supplier, 1, event_id="e2")
    fetch(office, host)
    assert len(kept(office, 1)) == 1
    assert [state for state, _, _ in states(office)] == ["fetched"]


def test_nothing_is_fetched_from_a_partner_that_was_closed(office, supplier):
    announce(office, supplier, 1)
    with office.store.write() as connection:
        close_partner(connection, "Supplier", office.store.now())
    host = FakeHost([footprint(1)])
    fetch(office, host)
    assert host.calls == []
    assert states(office) == [("dead", 0, "PARTNER-CLOSED")]


def test_a_client_that_is_no_partner_has_its_event_kept_and_nothing_is_called(office):
    client = office.client("Stranger")
    announce(office, client, 1)
    host = FakeHost([footprint(1)])
    fetch(office, host)
    assert (office.states(), host.calls) == ([("waiting", "EVENT-NO-PARTNER")], [])
    assert json.loads(footprint(1))["id"] == pf_id(1)


def test_an_id_that_hangs_again_and_again_holds_up_no_other(office, supplier):
    announce(office, supplier, 7, 1, 2)
    sound = FakeHost([footprint(number) for number in (1, 2)])

    def host(request):
        if pf_id(7) in request.url.path:
            raise httpx.ReadTimeout("no")
        return sound(request)

    fetch(office, host)
    assert [row["state"] for row in rows(office).values()] == [
        "pending"
    ] * 3  # the host may be down as a whole
    office.clock.go_on(minutes=1)
    fetch(office, host)
    assert rows(office)[pf_id(7)]["last_error"] == "FETCH-TIMEOUT"
    assert [len(kept(office, number)) for number in (1, 2)] == [1, 1]


def test_a_host_that_stays_down_is_asked_twice_a_round_at_most(office, supplier):
    announce(office, supplier, 1, 2, 3)
    calls = []

    def down(request):
        calls.append(request)
        raise httpx.ConnectError("no")

    fetch(office, down)
    office.clock.go_on(hours=1)
    calls.clear()
    fetch(office, down)
    assert len(calls) == 2
    assert len({row["due"] for row in rows(office).values()}) == 1


def test_a_busy_host_is_asked_nothing_else_before_its_time(office, supplier):
    announce(office, supplier, 1, 2)
    busy = httpx.Response(429, headers={"retry-after": "600"})
    host = FakeHost([], instead=lambda call: busy if "/footprints/" in call.url.path else None)
    for _ in range(2):
        host.calls.clear()
        fetch(office, host)
        assert len([call for call in host.calls if "/footprints/" in call.url.path]) == 1
        assert {row["due"] - office.store.now() for row in rows(office).values()} == {600 * SECOND}
        office.clock.go_on(minutes=10)


def test_what_is_announced_anew_is_asked_for_at_once_and_with_its_full_time(office, supplier):
    announce(office, supplier, 7)
    host = FakeHost([])
    for _ in range(NOT_SHOWN_TRIES - 1):
        fetch(office, host)
        office.clock.go_on(hours=1)
    fetch_due = rows(office)[pf_id(7)]
    assert fetch_due["attempts"] == NOT_SHOWN_TRIES - 1
    announce(office, supplier, 7, event_id="e2")
    fetch(office, host)
    (row,) = rows(office).values()
    assert (row["state"], row["attempts"]) == ("pending", 1)
    host.footprints.append(footprint(7))
    announce(office, supplier, 7, event_id="e3")
    fetch(office, host)
    assert len(kept(office, 7)) == 1


def test_a_footprint_that_comes_by_answer_while_it_is_fetched_is_kept_once(office, supplier, monkeypatch):
    announce(office, supplier, 1)
    host = FakeHost([footprint(1)])
    recorded = Announcements._record

    def meanwhile(self, partner, outcomes, untried):
        with office.store.write() as connection:  # the desk keeps the same bytes from an event
            (outcome,) = outcomes
            (arrival,) = outcome.looked.judged.values()
            keep_received(connection, office.store.now(), replace(arrival, via="event 9"))
        recorded(self, partner, outcomes, untried)

    monkeypatch.setattr(Announcements, "_record", meanwhile)
    fetch(office, host)
    assert [each.via for each in kept(office, 1)] == ["event 9"]
    assert [state for state, _, _ in states(office)] == ["fetched"]


def test_ten_thousand_ids_are_noted_and_named_again_without_a_second_row(office, supplier):
    announce(office, supplier, *range(10_000))
    announce(office, supplier, *range(10_000), event_id="e2")
    assert len(rows(office)) == 10_000
    assert [state for state, _ in office.states()] == ["done"] * 2


def test_more_than_may_wait_is_set_aside_and_what_waits_already_takes_no_room(office, supplier, monkeypatch):
    monkeypatch.setattr("gateway.store.announced.MOST_PENDING", 3)
    for number, named in enumerate([(1, 2), (1, 2), (1, 2, 3), (3, 4)]):
        announce(office, supplier, *named, event_id=f"e{number}")
    assert [state for state, _ in office.states()] == ["done", "done", "done", "quarantined"]
    assert office.states()[3][1] == "EVENT-TOO-MUCH"
    assert rows(office).keys() == {pf_id(1), pf_id(2), pf_id(3)}


def test_a_partner_that_is_closed_while_it_is_asked_leaves_nothing(office, supplier):
    announce(office, supplier, 1)
    sound = FakeHost([footprint(1)])

    def closing(request):
        if "/footprints/" in request.url.path and not request.url.path.endswith("/signature"):
            with office.store.write() as connection:
                close_partner(connection, "Supplier", office.store.now())
        return sound(request)

    fetch(office, closing)
    assert nothing_kept(office, 1)
    assert [error for _, _, error in states(office)] == ["PARTNER-CLOSED"]
