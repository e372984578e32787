"""Requests are answered once, answers are matched with what was asked: on both databases."""

from threading import Thread

import pytest

from gateway.model.finding import Refused, finding
from gateway.pact.answers import Desk
from gateway.store.announced import list_announced
from gateway.store.clients import find_client, revoke_client, unshare
from gateway.store.database import StoreFailed
from gateway.store.events import (
    claim,
    list_outbox,
    mark_dead,
    partners_with_due,
    reopen,
    retry,
    settle,
)
from gateway.store.footprints import Body
from tests.events.desks import Office, event
from tests.store.offers import offer


@pytest.fixture
def office(store):
    return Office(store)


@pytest.fixture
def buyer(office):
    """A client that sees the footprints of product urn:p:1 (1, 4, 7) and is a partner."""
    office.publish(*(offer(number) for number in range(9)))
    client, _ = office.buyer(("product", "urn:p:1"))
    return client


def test_a_request_is_answered_with_the_stored_bytes_of_what_its_sender_may_see(office, buyer):
    office.post(buyer, event(data={"companyId": ["urn:c:1"]}, id="r1"))
    assert office.desk.work() == 1
    (answer,) = office.written()
    assert answer["type"].endswith("RequestFulfilledEvent.3")
    assert answer["source"] == "https://pcf.example.com"
    assert answer["data"]["requestEventId"] == "r1"
    assert sorted(one["n"] for one in answer["data"]["pfs"]) == ["1", "4", "7"]
    assert office.states() == [("done", "")]


def test_every_criterion_must_hold_as_in_the_list(office, buyer):
    office.post(buyer, event(data={"productId": ["URN:P:1", "urn:p:2"], "status": "Deprecated"}))
    office.desk.work()
    (answer,) = office.written()
    assert answer["data"]["error"]["code"] == "NotFound"


@pytest.mark.parametrize("product", ["urn:pact:null", "urn:p:2"])
def test_what_does_not_exist_and_what_is_not_shared_are_rejected_alike(office, buyer, product):
    office.post(buyer, event(data={"productId": [product]}, id="r1"))
    office.desk.work()
    (answer,) = office.written()
    assert answer["type"].endswith("RequestRejectedEvent.3")
    assert answer["data"] == {
        "requestEventId": "r1",
        "error": {"code": "NotFound", "message": "There is no such footprint for you here."},
    }


def test_a_request_of_version_2_is_answered_in_version_2(office):
    bodies = {"3.0": Body(b'{"n":"1"}'), "2.3": Body(b'{"n":"1","v":2}')}
    office.publish(offer(1, bodies=bodies), offer(4))
    client, _ = office.buyer(("all", ""))
    office.post(client, event("created", {"pf": {"productIds": ["urn:p:1"]}}, "2"))
    office.desk.work()
    (answer,) = office.written()
    assert answer["type"] == "org.wbcsd.pathfinder.ProductFootprintRequest.Fulfilled.v1"
    assert answer["data"]["pfs"] == [{"n": "1", "v": 2}]


def test_more_than_one_answer_holds_is_rejected_and_not_cut_short(office, monkeypatch):
    monkeypatch.setattr("gateway.pact.answers.MOST_FOOTPRINTS", 5)
    office.publish(*(offer(number) for number in range(6)))
    client, _ = office.buyer(("all", ""))
    office.post(client, event(data={"productId": ["urn:p:1", "urn:p:2"]}, id="a"))
    office.post(client, event(data={}, id="b"))
    office.desk.work()
    few, all_of_them = office.written()
    assert len(few["data"]["pfs"]) == 4
    assert all_of_them["data"]["error"]["code"] == "BadRequest"
    assert "(5, or" in all_of_them["data"]["error"]["message"]


def test_an_answer_too_long_for_a_host_to_take_is_rejected(office, monkeypatch):
    monkeypatch.setattr("gateway.pact.answers.MOST_BYTES", 20)
    office.publish(*(offer(number) for number in range(6)))
    client, _ = office.buyer(("all", ""))
    office.post(client, event(data={}))
    office.desk.work()
    assert office.written()[0]["data"]["error"]["code"] == "BadRequest"


def test_the_same_event_again_has_no_second_effect(office, buyer):
    assert office.post(buyer, event())
    office.desk.work()
    assert not office.post(buyer, event())
    assert office.desk.work() == 0
    assert len(office.written()) == 1


def test_another_event_under_the_same_id_never_replaces_the_first(office, buyer):
    office.post(buyer, event())
    with pytest.raises(Refused, match="EVENT-CONFLICT"):
        office.post(buyer, event(data={}))
    assert len(office.inbox()) == 1


def test_two_senders_may_use_the_same_id(office, buyer):
    other, _ = office.buyer(name="Other", url="https://other.example")
    assert office.post(buyer, event())
    assert office.post(other, event())
    office.desk.work()
    assert len(office.written()) == 2


def test_events_that_come_at_the_same_time_are_kept_once(office, buyer):
    threads = [Thread(target=office.post, args=(buyer, event())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(office.inbox()) == 1


def test_workers_that_handle_the_same_event_write_one_answer(office, buyer):
    for number in range(5):
        office.post(buyer, event(id=f"r{number}"))
    threads = [Thread(target=office.desk.work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = [one["data"]["requestEventId"] for one in office.written()]
    assert sorted(asked) == ["r0", "r1", "r2", "r3", "r4"]


def test_a_crash_before_the_commit_leaves_the_event_new_and_nothing_in_the_outbox(office, buyer, monkeypatch):
    office.post(buyer, event())

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("gateway.pact.answers.put_out", crash)
    with pytest.raises(KeyboardInterrupt):
        office.desk.work()
    assert (office.states(), office.written()) == ([("new", "")], [])
    monkeypatch.undo()
    office.desk.work()
    assert len(office.written()) == 1


def test_a_client_without_a_partner_is_waited_for_and_answered_once_it_has_one(office):
    office.publish(offer(1))
    client = office.client("Buyer", ("all", ""))
    office.post(client, event())
    office.desk.work()
    assert office.states() == [("waiting", "EVENT-NO-PARTNER")]
    assert office.desk.work() == 0
    office.partner("Buyer", "Buyer")
    office.desk.work()
    assert office.states() == [("done", "")]
    assert len(office.written()) == 1


@pytest.mark.parametrize(
    ("source", "note"),
    [
        ("https://buyer.example", ""),
        ("//buyer.example/3/events", ""),
        ("https://BUYER.example/", ""),
        ("https://evil.example", "EVENT-OTHER-SOURCE"),
        ("https://buyer.example@evil.example", "EVENT-OTHER-SOURCE"),
        ("https://buyer.example.evil.example/3/events", "EVENT-OTHER-SOURCE"),
        ("file:///etc/passwd", "EVENT-OTHER-SOURCE"),
    ],
)
def test_the_answer_goes_to_the_registered_partner_whatever_the_source_says(office, buyer, source, note):
    office.post(buyer, event(source=source))
    office.desk.work()
    assert office.states() == [("done", note)]
    assert [row["party"] for row in office.outbox()] == ["Buyer"]


def test_a_revoked_client_gets_no_footprints_for_what_it_asked_before(office, buyer):
    office.post(buyer, event())
    with office.store.write() as connection:
        revoke_client(connection, "Buyer", 1)
    office.desk.work()
    assert office.written()[0]["data"]["error"]["code"] == "AccessDenied"


def test_published_footprints_are_noted_to_be_fetched_once_each_and_answered_with_nothing(office, buyer):
    ids = ["079E425A-464F-528D-341D-4A944A1DFD70", "079e425a-464f-528d-341d-4a944a1dfd70"]
    office.post(buyer, event("published", {"pfIds": ids}))
    office.post(buyer, event("published", {"pfIds": ids}, id="e2"))
    office.desk.work()
    with office.store.read() as connection:
        noted = [(row["party"], row["api"], row["pf_id"]) for row in list_announced(connection)]
    assert noted == [("Buyer", "3", ids[1])]
    assert (office.states(), office.written()) == ([("done", ""), ("done", "")], [])


def test_a_partner_that_announces_without_end_is_set_aside_and_taken_up_when_reopened(
    office, buyer, monkeypatch
):
    monkeypatch.setattr("gateway.store.announced.MOST_PENDING", 1)
    ids = [f"079e425a-464f-528d-341d-4a944a1dfd7{last}" for last in range(2)]
    office.post(buyer, event("published", {"pfIds": ids}))
    office.desk.work()
    assert office.states() == [("quarantined", "EVENT-TOO-MUCH")]
    monkeypatch.setattr("gateway.store.announced.MOST_PENDING", 2)
    with office.store.write() as connection:
        reopen(connection, 1, office.store.now())
    office.desk.work()
    assert office.states() == [("done", "")]


def test_an_event_that_cannot_be_handled_stands_aside_for_those_behind_it(office, buyer, monkeypatch):
    office.post(buyer, event(id="r1"))
    office.post(buyer, event("published", {"pfIds": []}, id="p1"))
    monkeypatch.setattr("gateway.pact.answers.fulfilled_data", lambda *_: 1 / 0)
    office.desk.work()
    assert office.states() == [("quarantined", "EVENT-DEFECT:ZeroDivisionError"), ("done", "")]


def test_what_was_settled_is_not_settled_again(office, buyer):
    office.post(buyer, event())
    from gateway.store.events import new_events

    with office.store.write() as connection:
        (kept,) = new_events(connection, 1)
        assert settle(connection, kept, "done", 1)
        assert not settle(connection, kept, "quarantined", 1, "EVENT-UNASKED")
    assert office.states() == [("done", "")]


def test_a_database_that_fails_for_a_moment_leaves_the_event_to_be_answered_later(office, buyer, monkeypatch):
    """It says nothing of the event, which must not be put aside for it."""
    office.post(buyer, event(id="r1"))
    tried = []

    def fail(*_):
        tried.append(1)
        if len(tried) == 1:
            raise StoreFailed(finding("STORE-UNREACHABLE", stage="store", url="x", reason="no connection"))
        return False

    monkeypatch.setattr("gateway.pact.answers.has_since", fail)
    with pytest.raises(StoreFailed):
        office.desk.work()
    assert office.states() == [("new", "")]
    assert office.desk.work() == 1
    assert office.states() == [("done", "")]


@pytest.mark.parametrize("taken", ["revoked", "unshared"])
@pytest.mark.parametrize("state", ["pending", "dead"])
def test_what_is_no_longer_shared_is_not_sent_and_cannot_be_sent_again(office, buyer, taken, state):
    office.post(buyer, event(id="r1"))
    office.desk.work()
    now = office.store.now()
    with office.store.write() as connection:
        (letter,) = claim(connection, partners_with_due(connection, now, 60)[0], 1, now, 60)
        if state == "dead":
            mark_dead(connection, letter, "EVENT-REFUSED", now)
        client = find_client(connection, "Buyer")
        if taken == "revoked":
            revoke_client(connection, "Buyer", now)
        else:
            unshare(connection, client, "product", "urn:p:1", now)
    with office.store.write() as connection:
        (row,) = list_outbox(connection)
        assert (row["state"], row["last_error"]) == ("dead", "EVENT-WITHDRAWN")
        with pytest.raises(Refused) as refused:
            retry(connection, row["number"], now)
    assert refused.value.findings[0].rule == "EVENT-WITHDRAWN"


def test_what_is_taken_back_while_an_answer_is_worked_out_is_not_in_it(office, buyer, monkeypatch):
    office.post(buyer, event(id="r1"))
    found = Desk._found

    def then_revoked(desk, kept, asked):
        made = found(desk, kept, asked)
        with office.store.write() as connection:
            revoke_client(connection, "Buyer", office.store.now())
        return made

    monkeypatch.setattr(Desk, "_found", then_revoked)
    office.desk.work()
    assert office.written() == []
    monkeypatch.setattr(Desk, "_found", found)
    office.desk.work()
    (answer,) = office.written()
    assert answer["data"]["error"]["code"] == "AccessDenied"


def test_what_is_taken_back_is_not_answered_where_the_batch_had_to_be_taken_apart_either(
    office, buyer, monkeypatch
):
    office.post(buyer, event(id="r1"))
    acts = office.desk._act_for

    def failing_once(desk, kept):
        act = acts(kept)

        def then_revoked(connection):
            if not tried:
                tried.append(True)
                raise ValueError
            act(connection)

        return then_revoked

    tried = []
    alone = Desk._alone

    def after_a_revocation(desk, kept, act, known):
        with office.store.write() as connection:
            revoke_client(connection, "Buyer", office.store.now())
        alone(desk, kept, act, known)

    monkeypatch.setattr(Desk, "_act_for", failing_once)
    monkeypatch.setattr(Desk, "_alone", after_a_revocation)
    office.desk.work()
    assert office.written() == []
    assert office.states() == [("new", "")]
