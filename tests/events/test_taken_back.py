"""What goes out, when a share is taken back, in place of letters that hold what may no longer be seen."""

import asyncio

import pytest

from gateway.model.finding import Refused
from gateway.pact.notices import announce
from gateway.pact.taken_back import TakenBack
from gateway.store.clients import find_client, revoke_client, share, unshare
from gateway.store.events import retry
from tests.events.desks import Office, Partners, event, fault
from tests.store.offers import offer, pf_id

SOURCE = "https://pcf.example.com"


@pytest.fixture
def office(store):
    made = Office(store)
    made.publish(*(offer(number, bodies=bodies(number)) for number in (1, 2)))
    return made


def bodies(number):
    from gateway.store.footprints import Body

    return {"3.0": Body(b'{"id":"%s"}' % pf_id(number).encode())}


def sharing(office, *products):
    client, _ = office.buyer(*(("product", f"urn:p:{number}") for number in products))
    return client


def tell(office, *numbers):
    with office.store.write() as connection:
        announce(connection, [pf_id(number) for number in numbers], SOURCE, office.store.now())


def take_back(office, number):
    now = office.store.now()
    with office.store.write() as connection:
        unshare(
            connection, find_client(connection, "Buyer"), "product", f"urn:p:{number}", now, TakenBack(now)
        )


def states(office):
    return [(row["state"], row["last_error"]) for row in office.outbox()]


WITHDRAWN = ("dead", "EVENT-WITHDRAWN")


def test_an_answer_that_may_no_longer_be_sent_is_followed_by_a_rejection(office):
    buyer = sharing(office, 1)
    office.post(buyer, event(id="r1"))
    office.desk.work()
    take_back(office, 1)
    assert states(office) == [WITHDRAWN, ("pending", "")]
    told = office.written()[1]
    assert told["type"].endswith("RequestRejectedEvent.3")
    assert told["source"] == office.written()[0]["source"]
    assert (told["data"]["requestEventId"], told["data"]["error"]["code"]) == ("r1", "NotFound")


def test_an_answer_all_of_which_may_still_be_seen_goes_as_it_is(office):
    buyer = sharing(office, 1, 2)
    office.post(buyer, event(id="r1"))
    office.desk.work()
    take_back(office, 2)
    assert states(office) == [("pending", "")]


def test_an_announcement_names_only_what_may_still_be_seen(office):
    sharing(office, 1, 2)
    tell(office, 1, 2)
    take_back(office, 2)
    assert states(office) == [WITHDRAWN, ("pending", "")]
    assert office.written()[1]["data"] == {"pfIds": [pf_id(1)]}
    take_back(office, 1)
    assert states(office) == [WITHDRAWN, WITHDRAWN]


def test_a_client_that_is_revoked_is_told_of_nothing_and_refused_what_it_asked(office):
    buyer = sharing(office, 1)
    office.post(buyer, event(id="r1"))
    office.desk.work()
    tell(office, 1)
    with office.store.write() as connection:
        revoke_client(connection, "Buyer", 5, TakenBack(office.store.now()))
    assert states(office) == [WITHDRAWN, WITHDRAWN, ("pending", "")]
    assert office.written()[2]["data"]["error"]["code"] == "AccessDenied"


def test_what_another_share_still_gives_is_announced_all_the_same(office):
    sharing(office, 1)
    with office.store.write() as connection:
        share(connection, find_client(connection, "Buyer"), "all", "", office.store.now())
    tell(office, 1)
    take_back(office, 1)
    assert states(office) == [("pending", "")]


def deliver(office, says):
    senders = Partners({"Buyer": says})

    async def once():
        made = office.delivery(senders)
        await made.step()
        await made.finish()
        await made.close()

    asyncio.run(once())
    return [body for _, _, body in senders.got]


@pytest.fixture
def answered(office):
    """A request whose answer is to go out."""
    buyer = sharing(office, 1)
    office.post(buyer, event(id="r1"))
    office.desk.work()
    return office


def test_an_answer_that_was_handed_over_while_the_share_was_taken_back_is_the_only_one(answered):
    def meanwhile(_body):
        take_back(answered, 1)

    assert [b"Fulfilled" in body for body in deliver(answered, meanwhile)] == [True]
    answered.clock.go_on(hours=1)
    assert deliver(answered, None) == []
    assert states(answered) == [("delivered", ""), ("dead", "EVENT-ANSWERED")]
    with answered.store.write() as connection, pytest.raises(Refused) as refused:
        retry(connection, 2, answered.store.now())
    assert refused.value.findings[0].rule == "EVENT-ANSWERED"


def test_an_answer_whose_try_failed_while_the_share_was_taken_back_becomes_a_rejection(answered):
    def meanwhile(_body):
        take_back(answered, 1)
        return fault("FETCH-UNREACHABLE")

    deliver(answered, meanwhile)
    answered.clock.go_on(hours=1)
    assert [b"Rejected" in body for body in deliver(answered, None)] == [True]
    assert states(answered) == [WITHDRAWN, ("delivered", "")]


def test_many_letters_are_looked_through_with_one_look_at_what_may_be_seen(office, monkeypatch):
    from gateway.pact import taken_back

    looks = []
    found = taken_back.seen_by
    monkeypatch.setattr(taken_back, "seen_by", lambda *about: looks.append(1) or found(*about))
    sharing(office, 1, 2)
    for _ in range(5):
        tell(office, 1, 2)
    take_back(office, 2)
    assert [state for state, _ in states(office)] == ["dead"] * 5 + ["pending"] * 5
    assert len(looks) == 1
