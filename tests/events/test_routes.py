"""POST /3/events and /2/events: who may post what, and that it is kept before the answer (attacks.md 55, 66, 81)."""

import asyncio

import httpx
import pytest

from gateway.service.work import watch_boxes
from gateway.store.events import Outgoing, list_inbox, put_out
from gateway.store.log import length
from gateway.store.partners import NewPartner, add_partner
from tests.events.desks import event, in_bytes
from tests.service.houses import BASE_URL, SECRET, House

KIND = {"Content-Type": "application/cloudevents+json; charset=UTF-8"}


@pytest.fixture
def house(local_store):
    return House(local_store)


@pytest.fixture
def buyer(house):
    return house.account("Buyer")


@pytest.fixture
def local_store(store):
    return store


def post(house, account, body, path="/3/events", **headers):
    made = {**(account.headers if account else {}), **KIND, **headers}
    return house.web.post(path, content=body if isinstance(body, bytes) else in_bytes(body), headers=made)


def inbox(house):
    with house.store.read() as connection:
        return list_inbox(connection)


def test_an_event_is_answered_with_exactly_200_and_an_empty_body_and_is_kept(house, buyer):
    answer = post(house, buyer, event())
    assert (answer.status_code, answer.content) == (200, b"")
    (kept,) = inbox(house)
    assert (kept["event_id"], kept["state"], kept["party"]) == ("e1", "new", "Buyer")


def test_an_event_of_version_2_has_its_own_path(house, buyer):
    made = event("created", {"pf": {"productIds": ["urn:p:1"]}}, "2")
    assert post(house, buyer, made, "/2/events").status_code == 200
    assert post(house, buyer, {**made, "id": "e2"}, "/3/events").status_code == 400


def test_the_same_event_twice_is_200_once_kept(house, buyer):
    assert [post(house, buyer, event()).status_code for _ in range(3)] == [200, 200, 200]
    assert len(inbox(house)) == 1


def test_another_body_under_the_same_id_is_409_and_replaces_nothing(house, buyer):
    post(house, buyer, event())
    answer = post(house, buyer, event(data={}))
    assert answer.status_code == 409
    assert answer.json()["code"] == "BadRequest"
    assert len(inbox(house)) == 1


def test_a_double_submit_at_the_same_time_is_kept_once(house, buyer):
    async def both():
        transport = httpx.ASGITransport(house.app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as web:
            headers = {**buyer.headers, **KIND}
            posts = [web.post("/3/events", content=in_bytes(event()), headers=headers) for _ in range(6)]
            return await asyncio.gather(*posts)

    assert {answer.status_code for answer in asyncio.run(both())} == {200}
    assert len(inbox(house)) == 1


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer abc"}, {"Authorization": "Basic YTpi"}])
def test_an_event_of_nobody_is_401_and_not_kept(house, headers):
    answer = house.web.post("/3/events", content=in_bytes(event()), headers={**KIND, **headers})
    assert answer.status_code == 401
    assert inbox(house) == []


@pytest.mark.parametrize(
    "made",
    [
        event(id=None),
        event(source=None),
        event(type=None),
        event(specversion="2.0"),
        event(type="org.wbcsd.pact.ProductFootprint.Unknown.3"),
        event("published", {"pfIds": ["urn:gtin:4712345060507"]}),
        event(data={"productIds": ["urn:p:1"]}),
        [],
        b"{",
        b"",
        b'{"id":"a","id":"b"}',
        b"[" * 5000,
    ],
    ids=str,
)
def test_a_malformed_event_is_400_and_leaves_nothing_behind(house, buyer, made):
    with house.store.read() as connection:
        before = length(connection)
    answer = post(house, buyer, made)
    assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest")
    assert inbox(house) == []
    with house.store.read() as connection:
        assert length(connection) == before


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "application/cloudevents+json; charset=gbk", ""]
)
def test_another_content_type_is_415(house, buyer, kind):
    assert post(house, buyer, event(), **{"Content-Type": kind}).status_code == 415


@pytest.mark.parametrize(
    "kind", ["application/cloudevents+json", 'Application/CloudEvents+JSON;charset="utf-8"']
)
def test_the_content_type_may_be_spelt_in_any_case_and_without_charset(house, buyer, kind):
    assert post(house, buyer, event(), **{"Content-Type": kind}).status_code == 200


def test_an_event_that_is_too_large_is_413(house, buyer):
    body = in_bytes(event(data={"comment": "x" * 10_000_001}))
    assert post(house, buyer, body).status_code == 413


def test_a_disk_that_fails_is_no_200(house, buyer, monkeypatch):
    def fails(*_):
        raise OSError("disk full")

    monkeypatch.setattr("gateway.service.routes.events.accept", fails)
    answer = post(house, buyer, event())
    assert answer.status_code == 500
    assert "disk" not in answer.text


def test_the_description_of_the_service_names_the_event_types(house):
    paths = house.web.get("/openapi.json").json()["paths"]
    kinds = paths["/3/events"]["post"]["requestBody"]["content"]
    assert list(kinds) == ["application/cloudevents+json"]
    assert "200" in paths["/2/events"]["post"]["responses"]


def test_beyond_the_limit_of_waiting_events_a_client_gets_429_and_nothing_is_kept(local_store):
    house = House(local_store, inbox_limit=1)
    buyer = house.account("Buyer")
    answers = [post(house, buyer, event(id=name)) for name in ("e1", "e2", "e1")]
    assert [answer.status_code for answer in answers] == [200, 429, 200]
    assert answers[1].headers["Retry-After"] == "60"
    assert [kept["event_id"] for kept in inbox(house)] == ["e1"]
    value = house.host.metrics.registry.get_sample_value
    outcomes = ("accepted", "full", "known")
    labels = [{"type": "created", "outcome": outcome} for outcome in outcomes]
    assert [value("cbamgw_events_total", each) for each in labels] == [1, 1, 1]


def test_what_waits_to_go_out_is_counted_with_its_age_and_without_ids(local_store):
    house = House(local_store)
    with house.store.write() as connection:
        new = NewPartner("Buyer", "https://buyer.example", "https://buyer.example", "us", "secret")
        partner = add_partner(connection, SECRET, new, house.store.now())
        put_out(connection, Outgoing("o1", partner.number, "t", b"{}"), house.store.now())
    watch_boxes(house.host.metrics, house.store)
    house.clock.go_on(90)
    value = house.host.metrics.registry.get_sample_value
    names = ("outbox_pending", "outbox_dead", "outbox_oldest_seconds", "announced_pending")
    assert [value(f"cbamgw_{name}") for name in names] == [1, 0, 90, 0]
