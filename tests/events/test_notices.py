"""Partners are told what is published, in the transaction that publishes it: on both databases."""

from dataclasses import replace

import pytest

from gateway.data import data_path
from gateway.formats.json_reader import read_json, write_compact
from gateway.pact.offer import Prepared, prepare, put_on_offer
from gateway.store.events import list_outbox
from gateway.store.footprints import own_body
from tests.events.desks import Office

SOURCE = "https://pcf.example.com"


@pytest.fixture
def office(store):
    return Office(store)


def footprint(**other) -> Prepared:
    made = prepare(data_path("examples", "cement.json").read_bytes())
    if not other:
        return made
    return prepare(write_compact({**read_json(made.offer.bodies["3.0"].content), **other}))


def put(office: Office, prepared: Prepared, source: str = SOURCE) -> None:
    with office.store.write() as connection:
        put_on_offer(connection, prepared, office.store.now(), source=source)


def test_each_partner_that_may_see_it_is_told_once_and_nobody_else(office):
    office.buyer(("all", ""))
    office.buyer(("product", "urn:of:another"), name="Other")
    put(office, footprint())
    put(office, footprint())  # the same again is nothing new
    (told,) = office.written()
    assert told["type"] == "org.wbcsd.pact.ProductFootprint.PublishedEvent.3"
    assert told["source"] == SOURCE
    assert told["data"] == {"pfIds": [footprint().offer.pf_id]}


def test_what_it_replaces_is_told_in_the_same_event(office):
    office.buyer(("all", ""))
    first = footprint()
    put(office, first, source="")
    newer = footprint(id="0b6f1c52-8f5d-4e0c-9d57-2a3f5f7f0001", precedingPfIds=[first.offer.pf_id])
    put(office, newer)
    (told,) = office.written()
    assert told["data"]["pfIds"] == [newer.offer.pf_id, first.offer.pf_id]


def test_without_an_address_of_our_own_nobody_is_told(office):
    office.buyer(("all", ""))
    put(office, footprint(), source="")
    assert office.written() == []


def test_where_publishing_fails_nobody_is_told(office):
    office.buyer(("all", ""))
    made = footprint()

    def interrupted() -> None:
        with office.store.write() as connection:
            put_on_offer(connection, made, office.store.now(), source=SOURCE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    with office.store.read() as connection:
        assert list_outbox(connection) == []
        assert own_body(connection, made.offer.pf_id) is None


def test_two_partners_that_may_see_it_are_both_told(office):
    office.buyer(("all", ""))
    office.buyer(("all", ""), name="Other")
    put(office, footprint())
    assert [told["data"]["pfIds"] for told in office.written()] == [[footprint().offer.pf_id]] * 2


@pytest.mark.parametrize(("methane", "told"), [("0", True), ("1.2", False)])
def test_a_partner_of_version_2_is_told_of_what_version_2_can_say_and_of_nothing_else(office, methane, told):
    """Of 1.2 kg land-use change version 2 can speak; for 1.2 kg of biogenic methane in its place it has no field."""
    office.client("Buyer", ("all", ""))
    office.partner("Buyer", "Buyer", model="2")
    record = read_json(data_path("examples", "aluminium.json").read_bytes())
    record["results"] |= {"biogenicNonCo2": methane, "landUseChange": "1.2" if told else "0"}
    made = prepare(write_compact(record))
    put(office, made)
    events = [(event["type"], event["data"]["pfIds"]) for event in office.written()]
    wanted = [("org.wbcsd.pathfinder.ProductFootprint.Published.v1", [made.offer.pf_id])]
    assert events == (wanted if told else [])


def test_an_older_footprint_that_comes_later_is_told_once_as_what_it_is_by_then(office):
    office.buyer(("all", ""))
    first = footprint()
    newer = footprint(id="0b6f1c52-8f5d-4e0c-9d57-2a3f5f7f0001", precedingPfIds=[first.offer.pf_id])
    put(office, newer, source="")
    put(office, first)
    assert [told["data"]["pfIds"] for told in office.written()] == [[first.offer.pf_id]]
    with office.store.read() as connection:
        assert b'"status":"Deprecated"' in own_body(connection, first.offer.pf_id).content


def test_an_active_one_in_between_is_told_with_the_one_that_it_replaces(office):
    """A <- B <- C, published A, C, B: with B, which is Deprecated at once, A becomes Deprecated."""
    office.buyer(("all", ""))
    a = footprint()
    b = footprint(id="0b6f1c52-8f5d-4e0c-9d57-2a3f5f7f0001", precedingPfIds=[a.offer.pf_id])
    c = footprint(id="0b6f1c52-8f5d-4e0c-9d57-2a3f5f7f0002", precedingPfIds=[b.offer.pf_id])
    put(office, a, source="")
    put(office, c, source="")
    put(office, b)
    ((told,),) = ([set(event["data"]["pfIds"]) for event in office.written()],)
    assert told == {a.offer.pf_id, b.offer.pf_id}


def test_a_version_2_that_is_added_later_is_told_to_partners_of_version_2_alone(office):
    office.buyer(("all", ""))
    office.client("Other", ("all", ""))
    office.partner("Other", "Other", model="2")
    made = footprint()
    only_3 = replace(made, offer=replace(made.offer, bodies={"3.0": made.offer.bodies["3.0"]}))
    put(office, only_3, source="")
    put(office, made)
    assert [(event["type"], event["data"]["pfIds"]) for event in office.written()] == [
        ("org.wbcsd.pathfinder.ProductFootprint.Published.v1", [made.offer.pf_id])
    ]
