"""The outbox: tried until it is taken or too late, by one worker at a time, with the same bytes: on both databases."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from random import Random
from threading import Barrier, Thread

import pytest

from gateway.model.finding import Refused
from gateway.pact.delivery import Delivery, Patience, wait_before
from gateway.store.events import SECOND, Letter, Outgoing, claim, mark_delivered, put_out, retry
from gateway.store.log import verify_log
from gateway.store.partners import close_partner, list_partners
from tests.events.desks import SECRET, Office, Partners, fault

PUBLISHED = "org.wbcsd.pact.ProductFootprint.PublishedEvent.3"
OF_2 = "org.wbcsd.pathfinder.ProductFootprint.Published.v1"


@pytest.fixture
def office(store):
    made = Office(store)
    made.buyer()
    return made


def write(office, event_id="o1", partner=1, event_type=PUBLISHED):
    body = json.dumps({"id": event_id, "n": "1.50"}).encode()
    with office.store.write() as connection:
        put_out(connection, Outgoing(event_id, partner, event_type, body), office.store.now())


def deliver(office, senders, **more):
    """One pass: everything that is due is tried until nothing is."""

    async def once():
        made = office.delivery(senders, **more)
        await made.step()
        await made.finish()
        await made.close()

    asyncio.run(once())


def row(office, event_id="o1"):
    return next(each for each in office.outbox() if each["event_id"] == event_id)


def waits(office, event_id="o1"):
    """Seconds until it is due."""
    return (row(office, event_id)["due"] - office.store.now()) / SECOND


def test_an_event_is_handed_over_once_and_then_left_alone(office):
    write(office)
    senders = Partners()
    deliver(office, senders)
    deliver(office, senders)
    assert senders.got == [("Buyer", "3", b'{"id": "o1", "n": "1.50"}')]
    assert (row(office)["state"], row(office)["attempts"]) == ("delivered", 1)
    with office.store.read() as connection:
        assert verify_log(connection) is None


def test_an_event_of_version_2_goes_to_the_api_of_version_2(office):
    write(office, event_type=OF_2)
    senders = Partners()
    deliver(office, senders)
    assert [api for _, api, _ in senders.got] == ["2"]


@pytest.mark.parametrize(
    ("failed", "said"),
    [
        (fault("FETCH-UNREACHABLE", reason="ConnectError"), "FETCH-UNREACHABLE"),
        (fault("FETCH-TIMEOUT"), "FETCH-TIMEOUT"),
        (fault("FETCH-ADDRESS"), "FETCH-ADDRESS"),
        (fault("FETCH-REDIRECT", to="evil"), "FETCH-REDIRECT"),
        (fault("PULL-CREDENTIALS", status=401), "PULL-CREDENTIALS 401"),
        (fault("PULL-EVENT", status=500, code=""), "PULL-EVENT 500"),
        (fault("PULL-EVENT", status=401, code=""), "PULL-EVENT 401"),
        (fault("PULL-EVENT", status=404, code=""), "PULL-EVENT 404"),
        (fault("FETCH-BUSY", status=503, wait=0), "FETCH-BUSY 503"),
        (ZeroDivisionError(), "EVENT-DEFECT"),
    ],
)
def test_what_may_mend_itself_is_tried_again_with_the_same_bytes(office, failed, said):
    write(office)
    senders = Partners({"Buyer": failed})
    deliver(office, senders)
    assert (row(office)["state"], row(office)["last_error"]) == ("pending", said)
    deliver(office, senders)
    assert len(senders.got) == 1
    office.clock.go_on(seconds=6)
    senders.says.clear()
    deliver(office, senders)
    assert row(office)["state"] == "delivered"
    assert len({body for _, _, body in senders.got}) == 1
    assert len(senders.got) == 2


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_an_event_that_the_partner_refuses_as_such_is_a_dead_letter_at_once(office, status):
    write(office)
    deliver(office, Partners({"Buyer": fault("PULL-EVENT", status=status, code="BadRequest")}))
    assert (row(office)["state"], row(office)["last_error"]) == ("dead", f"PULL-EVENT {status}")


@pytest.mark.parametrize("status", [201, 202, 204])
def test_another_yes_than_200_is_taken_for_one(office, status):
    write(office)
    deliver(office, Partners({"Buyer": fault("PULL-EVENT", status=status, code="")}))
    assert row(office)["state"] == "delivered"


def test_the_waits_double_up_to_an_hour(office):
    write(office)
    senders = Partners({"Buyer": fault("FETCH-UNREACHABLE", reason="")})
    seen = []
    for _ in range(12):
        deliver(office, senders)
        seen.append(waits(office))
        office.clock.go_on(seconds=seen[-1])
    assert seen == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]


def test_the_jitter_spreads_waits_over_the_whole_span():
    chance = Random(7).random
    found = [wait_before(4, chance) for _ in range(1000)]
    assert all(1 <= each <= 80 for each in found)
    assert min(found) < 5
    assert max(found) > 75


def test_a_partner_that_asks_for_time_gets_it_for_all_its_events(office):
    write(office, "o1")
    write(office, "o2")
    senders = Partners({"Buyer": fault("FETCH-BUSY", status=429, wait=120)})
    deliver(office, senders)
    assert (waits(office, "o1"), waits(office, "o2")) == (120, 120)
    assert [row(office, each)["attempts"] for each in ("o1", "o2")] == [1, 0]


def test_a_partner_cannot_ask_for_more_than_a_day(office):
    write(office)
    deliver(office, Partners({"Buyer": fault("FETCH-BUSY", status=429, wait=10**9)}))
    assert waits(office) == 24 * 3600


def test_after_72_hours_an_event_is_given_up_and_stays_in_the_list(office):
    write(office)
    senders = Partners({"Buyer": fault("FETCH-UNREACHABLE", reason="")})
    began = office.clock.instant
    while row(office)["state"] == "pending":
        deliver(office, senders)
        office.clock.go_on(seconds=max(1, waits(office)))
    assert timedelta(hours=71) <= office.clock.instant - began <= timedelta(hours=73)
    assert row(office)["last_error"] == "FETCH-UNREACHABLE"
    assert len(senders.got) > 72


def test_a_host_that_did_not_run_for_72_hours_gives_up_without_a_try(office):
    write(office)
    office.clock.go_on(hours=73)
    senders = Partners()
    deliver(office, senders)
    assert (senders.got, row(office)["state"], row(office)["last_error"]) == ([], "dead", "EVENT-TOO-LATE")
    assert row(office)["attempts"] == 0


def test_a_dead_letter_is_sent_again_with_the_same_id_and_bytes_for_another_72_hours(office):
    write(office)
    senders = Partners({"Buyer": fault("PULL-EVENT", status=400, code="")})
    deliver(office, senders)
    office.clock.go_on(hours=100)
    with office.store.write() as connection:
        assert retry(connection, 1, office.store.now()).state == "pending"
    senders.says.clear()
    deliver(office, senders)
    assert row(office)["state"] == "delivered"
    assert senders.got[0] == senders.got[1]


def test_only_a_dead_letter_is_sent_again(office):
    write(office)
    with office.store.write() as connection, pytest.raises(Refused, match="EVENT-UNKNOWN"):
        retry(connection, 1, office.store.now())


def test_the_events_of_a_closed_partner_are_dead_and_go_to_its_successor_when_sent_again(office):
    write(office)
    with office.store.write() as connection:
        close_partner(connection, "Buyer", office.store.now())
    assert (row(office)["state"], row(office)["last_error"]) == ("dead", "PARTNER-CLOSED")
    with office.store.write() as connection, pytest.raises(Refused, match="PARTNER-CLOSED"):
        retry(connection, 1, office.store.now())
    office.partner("Buyer")  # the same name, but not the same client
    with office.store.write() as connection, pytest.raises(Refused, match="PARTNER-CLOSED"):
        retry(connection, 1, office.store.now())
    with office.store.write() as connection:
        close_partner(connection, "Buyer", office.store.now())
    after = office.partner("Buyer", "Buyer", "https://new.example")
    with office.store.write() as connection:
        assert retry(connection, 1, office.store.now()).partner == after.number


def test_two_workers_never_have_the_same_event_at_the_same_time(office):
    for number in range(20):
        write(office, f"o{number}")
    start, taken = Barrier(4), []

    def work():
        start.wait()
        with office.store.write() as connection:
            taken.extend(each.event_id for each in claim(connection, 1, 8, office.store.now(), 60 * SECOND))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 20


def leased(office) -> list[Letter]:
    with office.store.write() as connection:
        return claim(connection, 1, 8, office.store.now(), 60 * SECOND)


def test_what_a_dead_worker_held_is_free_when_its_lease_has_run_out(office):
    write(office)
    assert len(leased(office)) == 1
    assert leased(office) == []
    office.clock.go_on(seconds=61)
    assert len(leased(office)) == 1


def test_a_clock_that_is_set_back_does_not_hold_an_event_for_ever(office):
    office.clock.go_on(hours=10)
    write(office)
    assert len(leased(office)) == 1
    with office.store.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET due = 0")
    office.clock.go_on(hours=-10)
    assert len(leased(office)) == 1


def test_a_late_failure_does_not_undo_what_another_worker_delivered(office):
    write(office)
    (slow,) = leased(office)
    office.clock.go_on(seconds=61)
    (quick,) = leased(office)
    with office.store.write() as connection:
        mark_delivered(connection, quick, office.store.now())
    delivery = Delivery(office.store, Partners())
    delivery._record([(slow, fault("FETCH-TIMEOUT").findings[0])], [])
    assert row(office)["state"] == "delivered"


def test_a_partner_that_hangs_holds_up_nobody_else_and_is_cut_off(office):
    office.buyer(name="Other", url="https://other.example")
    for number in range(30):
        write(office, f"slow{number}", 1)
    for number in range(3):
        write(office, f"quick{number}", 2)
    senders = Partners({"Buyer": lambda _: asyncio.sleep(60)})
    deliver(office, senders, patience=Patience(attempt=0.05))
    told = {each["event_id"]: each["state"] for each in office.outbox()}
    assert {state for name, state in told.items() if name.startswith("quick")} == {"delivered"}
    assert [name for name in senders.taken() if name.startswith("slow")] == ["slow0"]
    assert row(office, "slow0")["last_error"] == "FETCH-TIMEOUT"


def test_one_event_that_a_partner_chokes_on_does_not_stop_the_others(office):
    for number in range(20):
        write(office, f"o{number}")

    def choke(body):
        return fault("PULL-EVENT", status=500, code="") if b'"o3"' in body else None

    deliver(office, Partners({"Buyer": choke}))
    assert {each["event_id"] for each in office.outbox() if each["state"] == "pending"} == {"o3"}


def test_one_event_on_which_a_partner_hangs_holds_up_no_other(office):
    write(office, "o1")
    senders = Partners({"Buyer": lambda body: fault("FETCH-TIMEOUT") if b'"o1"' in body else None})
    for number in range(2, 5):
        write(office, f"o{number}")
    deliver(office, senders)
    assert row(office, "o2")["state"] == "pending"  # the partner may be down as a whole
    office.clock.go_on(minutes=1)
    deliver(office, senders)
    assert [row(office, f"o{number}")["state"] for number in range(2, 5)] == ["delivered"] * 3
    office.clock.go_on(hours=1)
    write(office, "o5")
    write(office, "o6")
    deliver(office, senders)
    assert [row(office, f"o{number}")["state"] for number in (1, 5, 6)] == [
        "pending",
        "delivered",
        "delivered",
    ]


def test_a_worker_holds_events_for_longer_than_it_can_be_at_work_on_them():
    """One goes ahead, one more where that was no use, then the others together: three tries, one after another."""
    for seconds in (1, 90, 600):
        assert Patience(seconds).lease > 3 * seconds


def test_a_partner_that_stays_down_is_tried_twice_a_round_at_most(office):
    for number in range(1, 5):
        write(office, f"o{number}")
    senders = Partners({"Buyer": fault("FETCH-UNREACHABLE")})
    deliver(office, senders)
    assert senders.taken() == ["o1"]
    office.clock.go_on(hours=1)
    deliver(office, senders)
    assert senders.taken() == ["o1", "o1", "o2"]
    assert len({waits(office, f"o{number}") for number in range(1, 5)}) == 1


def test_the_secret_of_a_partner_is_sealed_and_bound_to_its_address(office):
    with office.store.read() as connection:
        (partner,) = list_partners(connection)
    assert b"our secret" not in partner.sealed_secret
    assert "our secret" not in repr(partner)
    assert partner.secret(SECRET) == "our secret"
    with pytest.raises(Refused, match="STORE-SECRET"):
        replace(partner, auth_url="https://evil.example").secret(SECRET)


@pytest.mark.parametrize(
    ("name", "client", "rule"),
    [
        ("Buyer", "", "PARTNER-NAME-TAKEN"),
        ("B", "Buyer", "PARTNER-CLIENT-TAKEN"),
        ("B", "nobody", "CLIENT-UNKNOWN"),
    ],
)
def test_a_name_and_a_client_stand_for_one_partner(office, name, client, rule):
    with pytest.raises(Refused, match=rule):
        office.partner(name, client)
