"""Partners on real sockets that are slow, silent, endless or lead elsewhere: each try ends in time."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time

import pytest

from gateway.pact.addresses import AddressPolicy
from gateway.pact.delivery import Patience, fetcher_of, sender_of
from gateway.store.database import open_store
from tests.events.desks import SECRET, Office, event

LOCAL = AddressPolicy(loopback=True, plain_http=True)
PATIENCE = Patience(attempt=0.9)
TOKEN = b'{"access_token":"t","token_type":"bearer","expires_in":60}'


class RawPartner:
    """Answers discovery and tokens; what comes after that is ``play``, on the open connection."""

    def __init__(self, play):
        self.play, self.connections = play, 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                link, _ = self.listening.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(link,), daemon=True).start()

    def _talk(self, link):
        with contextlib.suppress(OSError), link, link.makefile("rb") as lines:
            while line := lines.readline():
                headers = {}
                while (each := lines.readline().strip()) != b"":
                    name, _, value = each.partition(b":")
                    headers[name.lower()] = value.strip()
                lines.read(int(headers.get(b"content-length", 0)))
                if b"/events" in line:
                    self.play(link)
                    break
                status, body = (b"200 OK", TOKEN) if b"/auth/token" in line else (b"404 Not Found", b"")
                link.sendall(b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body))

    def close(self):
        self.listening.close()


def silent(link):
    time.sleep(3)


def trickle(link):
    for sign in b"HTTP/1.1 200 OK\r\nx: " + b"a" * 1000:
        link.sendall(bytes([sign]))
        time.sleep(0.05)


def endless(link):
    link.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(100):
        link.sendall(b"x" * 100_000)


def announces_much(link):
    link.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")


def cut(link):
    link.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nab")


def hang_up(link):
    return None


def not_http(link):
    link.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


@pytest.fixture
def office(sqlite_url):
    store = open_store(sqlite_url)
    yield Office(store)
    store.close()


def deliver(office, url):
    client, _ = office.buyer(url=url)
    office.post(client, event())
    office.desk.work()

    async def once():
        delivery = office.delivery(
            sender_of(SECRET, lambda: fetcher_of(LOCAL, None, PATIENCE)), patience=PATIENCE
        )
        await delivery.step()
        await delivery.finish()
        await delivery.close()

    began = time.monotonic()
    asyncio.run(once())
    assert time.monotonic() - began < 2.5
    return office.outbox()[0]


@pytest.mark.parametrize(
    ("play", "said"),
    [
        (silent, "FETCH-TIMEOUT"),
        (trickle, "FETCH-TIMEOUT"),
        (endless, "FETCH-TOO-LARGE"),
        (announces_much, "FETCH-TOO-LARGE"),
        (cut, "FETCH-UNREACHABLE"),
        (hang_up, "FETCH-UNREACHABLE"),
        (not_http, "FETCH-UNREACHABLE"),
    ],
)
def test_a_partner_that_does_not_answer_as_it_should_is_tried_again_later(office, play, said):
    partner = RawPartner(play)
    row = deliver(office, partner.url)
    partner.close()
    assert (row["state"], row["last_error"]) == ("pending", said)
    assert row["due"] > office.store.now()


def test_nobody_listens(office):
    partner = RawPartner(hang_up)
    partner.close()
    assert deliver(office, partner.url)["last_error"] == "FETCH-UNREACHABLE"


def test_a_redirect_is_not_followed_with_our_token(office):
    elsewhere = RawPartner(hang_up)

    def away(link):
        link.sendall(
            b"HTTP/1.1 307 T\r\nlocation: %s/3/events\r\ncontent-length: 0\r\n\r\n" % elsewhere.url.encode()
        )

    partner = RawPartner(away)
    row = deliver(office, partner.url)
    assert (row["state"], row["last_error"], elsewhere.connections) == ("pending", "FETCH-REDIRECT", 0)
    for each in (partner, elsewhere):
        each.close()
