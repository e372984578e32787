"""The way to a partner over HTTP: token, path, bytes, and partners that fail in every way."""

import asyncio
import json

import httpx
import pytest

from gateway.pact.addresses import AddressPolicy
from gateway.pact.delivery import Patience, sender_of
from gateway.pact.fetch import Fetcher, Limits
from gateway.store.database import open_store
from gateway.store.events import SECOND, Outgoing, put_out
from tests.client.hosts import FakeHost, unread
from tests.events.desks import SECRET, Office, event, in_bytes

KIND = "application/cloudevents+json; charset=UTF-8"


@pytest.fixture
def office(sqlite_url):
    store = open_store(sqlite_url)
    made = Office(store)
    client, _ = made.buyer()
    made.post(client, event(id="r1"))
    made.desk.work()
    yield made
    store.close()


class Host(FakeHost):
    """Takes events; ``events`` are the bodies it took."""

    def answer(self, request):
        if request.url.path.endswith("/events"):
            if request.headers.get("authorization") != f"Bearer token-{self.tokens}":
                return httpx.Response(401, json={"code": "TokenExpired", "message": ""})
            return httpx.Response(200)
        return super().answer(request)


def deliver(office, host):
    def fetcher():
        return Fetcher(AddressPolicy(), limits=Limits(tries=1), transport=httpx.MockTransport(host))

    async def once():
        delivery = office.delivery(sender_of(SECRET, fetcher), patience=Patience(attempt=5))
        await delivery.step()
        await delivery.finish()
        await delivery.close()

    asyncio.run(once())
    (row,) = office.outbox()
    return row["state"], row["last_error"]


def test_an_answer_is_posted_to_the_registered_partner_with_its_token(office):
    host = Host()
    assert deliver(office, host) == ("delivered", "")
    (call,) = host.asked("/3/events")
    assert str(call.url) == "https://buyer.example/3/events"
    assert call.headers["content-type"] == KIND
    assert json.loads(call.content) == office.written()[0]
    assert host.asked("/auth/token")[0].headers["authorization"].startswith("Basic ")


def test_a_token_that_has_ended_is_renewed_within_the_try(office):
    host = Host()
    ended = [httpx.Response(401, json={"code": "TokenExpired", "message": ""})]
    host.instead = lambda call: ended.pop() if ended and call.url.path == "/3/events" else None
    assert deliver(office, host) == ("delivered", "")
    assert host.tokens == 2


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("/auth/token", httpx.Response(401, json={"error": "invalid_client"}), "PULL-CREDENTIALS 401"),
        ("/auth/token", httpx.Response(200, json={"token": "x"}), "PULL-TOKEN 200"),
        ("/3/events", httpx.Response(401, json={"code": "BadRequest"}), "PULL-EVENT 401"),
        ("/3/events", httpx.Response(500, text="Traceback"), "PULL-EVENT 500"),
        ("/3/events", httpx.Response(404), "PULL-EVENT 404"),
        ("/3/events", httpx.Response(307, headers={"location": "https://127.0.0.1/"}), "FETCH-REDIRECT"),
        ("/3/events", httpx.Response(302, headers={"location": "file:///etc/passwd"}), "FETCH-REDIRECT"),
        ("/3/events", httpx.Response(429, headers={"retry-after": "77"}), "FETCH-BUSY 429"),
    ],
)
def test_a_partner_that_fails_is_tried_again(office, path, answer, said):
    host = Host()
    host.instead = lambda call: unread(answer) if call.url.path == path else None
    assert deliver(office, host) == ("pending", said)


def test_retry_after_is_kept_to(office):
    host = Host()
    busy = httpx.Response(429, headers={"retry-after": "77"})
    host.instead = lambda call: busy if call.url.path == "/3/events" else None
    deliver(office, host)
    (row,) = office.outbox()
    assert (row["due"] - office.store.now()) / SECOND == 77


def test_what_the_partner_says_is_not_kept(office):
    host = Host()
    told = {"code": "our secret", "message": "our secret"}
    host.instead = lambda call: httpx.Response(500, json=told) if call.url.path == "/3/events" else None
    deliver(office, host)
    assert "our secret" not in json.dumps(office.outbox())


def test_a_refused_event_is_a_dead_letter(office):
    host = Host()
    host.instead = lambda call: httpx.Response(400) if call.url.path == "/3/events" else None
    assert deliver(office, host) == ("dead", "PULL-EVENT 400")


def test_a_partner_whose_name_has_come_to_lead_inside_is_not_connected_to(office):
    """The address is looked up for each call, and the socket goes to what was checked (DNS rebinding)."""

    async def inside(_host, _port):
        return ["127.0.0.1"]

    def fetcher():
        from gateway.pact.connecting import CheckedTransport, tls_context

        policy = AddressPolicy()
        transport = CheckedTransport(tls_context(), policy.permits, inside)
        return Fetcher(policy, limits=Limits(tries=1), transport=transport)

    async def once():
        delivery = office.delivery(sender_of(SECRET, fetcher))
        await delivery.step()
        await delivery.finish()
        await delivery.close()

    asyncio.run(once())
    assert office.outbox()[0]["last_error"] == "FETCH-ADDRESS"


def test_many_events_need_one_token(office):
    for number in range(20):
        body = in_bytes(event("published", {"pfIds": []}, id=f"p{number}"))
        with office.store.write() as connection:
            put_out(
                connection, Outgoing(f"p{number}", 1, event("published")["type"], body), office.store.now()
            )
    host = Host()

    def fetcher():
        return Fetcher(AddressPolicy(), limits=Limits(tries=1), transport=httpx.MockTransport(host))

    async def once():
        delivery = office.delivery(sender_of(SECRET, fetcher))
        await delivery.step()
        await delivery.finish()
        await delivery.close()

    asyncio.run(once())
    assert len(host.asked("/3/events")) == 21
    assert host.tokens == 1
