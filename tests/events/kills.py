"""A service that is killed again and again while events come in, and a partner that fails in many ways.

The service is the real command in a process of its own. A generator posts each event until it is answered with 200;
the partner keeps every body that it was sent, whether it then says yes, says no, or hangs up.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway.store.clients import add_client, share
from gateway.store.database import Store, open_store
from gateway.store.log import verify_log
from gateway.store.partners import NewPartner, add_partner
from gateway.store.secret import load_secret
from gateway.store.tables.events import inbox, outbox
from tests.events.desks import event, in_bytes
from tests.store.offers import offer, published

START = "from gateway.cli.main import run; run()"


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed is no error here."""


class BadPartner:
    """A partner on this machine. One answer in ``fails_every`` is a failure; each body is kept first."""

    def __init__(self, fails_every: int = 0, seed: int = 1) -> None:
        self.bodies: dict[str, set[bytes]] = defaultdict(set)
        self.posts = 0
        self._lock = threading.Lock()
        self._chance = random.Random(seed)
        self._fails_every = fails_every
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                """Nothing."""

            def do_GET(self) -> None:
                self._say(404, b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path == "/auth/token":
                    return self._say(200, b'{"access_token":"t","token_type":"bearer","expires_in":60}')
                return outer.take(self, body)

            def _say(self, status: int, body: bytes, **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = _Quiet(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, handler: Any, body: bytes) -> None:
        with self._lock:
            self.posts += 1
            self.bodies[json.loads(body)["id"]].add(body)
            fails = self._fails_every and self._chance.randrange(self._fails_every) == 0
            way = self._chance.randrange(5)
        if not fails:
            return handler._say(200, b"")
        return _FAILURES[way](handler)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _cut(handler: Any) -> None:
    """The head of an answer that never ends: the line is cut."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nab")
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def _hang_up(handler: Any) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


_FAILURES: list[Callable[[Any], None]] = [
    lambda handler: handler._say(500, b"Traceback"),
    lambda handler: handler._say(429, b"", retry_after="0"),
    lambda handler: handler._say(401, b'{"code":"TokenExpired","message":""}'),
    _cut,
    _hang_up,
]


@dataclass
class Run:
    """What a run came to."""

    accepted: set[str]
    kills: int
    posts: int
    seconds: float
    to_partner: int = 0
    faults: list[str] = field(default_factory=list)


class Service:
    """The command ``cbamgw serve`` in a process of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.port = _free_port()
        self._words = [sys.executable, "-c", START, "serve", "--behind-proxy", "127.0.0.1/32"]
        self._words += ["--allowed-host", "localhost", "--port", str(self.port), "--database-url", url]
        self._words += ["--secret-file", str(folder / "host.secret")]
        allowed = {
            "CBAMGW_ALLOW_LOOPBACK": "true",
            "CBAMGW_ALLOW_HTTP": "true",
            "CBAMGW_EVENT_SECONDS": "1",
            "CBAMGW_EVENT_WAIT_SECONDS": "0.1",
        }
        self._env = {**os.environ, **allowed}
        self._log = (folder / "service.log").open("ab")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._words, env=self._env, stdout=self._log, stderr=self._log)

    def kill(self) -> None:
        """kill -9, and another process at once."""
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._log.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Generator:
    """Posts events, each until it is answered with 200."""

    def __init__(self, port: int, credentials: tuple[str, str], source: str) -> None:
        self._port, self._credentials, self._source = port, credentials, source
        self._local = threading.local()
        self.posts = Counter[int]()
        self.accepted: set[str] = set()
        self._lock = threading.Lock()

    def post(self, number: int) -> None:
        data = {"productId": [f"urn:p:{number % 4}"]}  # urn:p:3 is on offer nowhere
        body = in_bytes(event(data=data, id=f"r{number}", source=self._source))
        while (status := self._try(body)) != 200:
            assert status in (0, 401), status
            time.sleep(0.05)
        with self._lock:
            self.accepted.add(f"r{number}")

    def _try(self, body: bytes) -> int:
        try:
            token = getattr(self._local, "token", None) or self._token()
            status, _ = self._call("/3/events", body, "application/cloudevents+json", f"Bearer {token}")
        except (OSError, HTTPException):
            self._drop()
            status = 0
        if status == 401:
            self._local.token = None
        with self._lock:
            self.posts[status] += 1
        return status

    def _token(self) -> str:
        import base64

        basic = base64.b64encode(":".join(self._credentials).encode()).decode()
        form = b"grant_type=client_credentials"
        status, body = self._call("/auth/token", form, "application/x-www-form-urlencoded", f"Basic {basic}")
        if status != 200:
            raise OSError(status)
        self._local.token = json.loads(body)["access_token"]
        return str(self._local.token)

    def _call(self, path: str, body: bytes, kind: str, authorization: str) -> tuple[int, bytes]:
        link = getattr(self._local, "link", None)
        if link is None:
            link = self._local.link = HTTPConnection("127.0.0.1", self._port, timeout=10)
        headers = {"Content-Type": kind, "Authorization": authorization, "Host": "localhost"}
        link.request("POST", path, body, {**headers, "X-Forwarded-Proto": "https"})
        answer = link.getresponse()
        return answer.status, answer.read()

    def _drop(self) -> None:
        link = getattr(self._local, "link", None)
        if link is not None:
            link.close()
        self._local.link = None


def killed_run(
    folder: Path, url: str, events: int, kills: int, *, fails_every: int = 8, seed: int = 1, wait: float = 60
) -> Run:
    """Post ``events`` while the service is killed ``kills`` times at random moments; then wait for the answers."""
    partner = BadPartner(fails_every, seed)
    store = open_store(url)
    credentials = _ready(store, folder, partner.url)
    began = time.monotonic()
    service = Service(folder, url)
    generator = Generator(service.port, credentials, partner.url)
    chance = random.Random(seed)
    try:
        with ThreadPoolExecutor(8) as pool:
            jobs = [pool.submit(generator.post, number) for number in range(events)]
            for done in range(1, kills + 1):  # at random within each part of the posting
                share_of_it = (done - chance.random()) / kills
                while len(generator.accepted) < events * share_of_it * 0.95:
                    time.sleep(0.005)
                time.sleep(chance.random() * 0.1)
                service.kill()
            for job in jobs:
                job.result()
        _wait_until_delivered(store, events, wait)
    finally:
        service.stop()
    run = Run(
        generator.accepted, kills, sum(generator.posts.values()), time.monotonic() - began, partner.posts
    )
    run.faults = faults(store, generator.accepted, partner)
    partner.close()
    store.close()
    return run


def _ready(store: Store, folder: Path, partner_url: str) -> tuple[str, str]:
    """Footprints 0 to 8, a client that sees those of products 0 to 2, and the partner that it is."""
    published(store, *(offer(number) for number in range(9)))
    secret = load_secret(folder / "host.secret")
    with store.write() as connection:
        client, password = add_client(connection, "Buyer", store.now())
        share(connection, client, "all", "", store.now())
        new = NewPartner("Buyer", partner_url, partner_url, "id", "secret", "Buyer")
        add_partner(connection, secret, new, store.now())
    return client.client_id, password


def _wait_until_delivered(store: Store, events: int, wait: float) -> None:
    until = time.monotonic() + wait
    done = select(outbox.c.number).where(outbox.c.state == "delivered")
    while time.monotonic() < until:
        with store.read() as connection:
            if len(connection.execute(done).all()) >= events:
                return
        time.sleep(0.1)


def faults(store: Store, accepted: set[str], partner: BadPartner) -> list[str]:
    """What is wrong with the end of a run; nothing where no event was lost and none told two things."""
    with store.read(long=True) as connection:
        kept = Counter(connection.execute(select(inbox.c.event_id)).scalars().all())
        rows = connection.execute(select(outbox.c.event_id, outbox.c.body, outbox.c.state, inbox.c.event_id)
                                  .join(inbox, inbox.c.number == outbox.c.answers)).all()  # fmt: skip
        log_fault = verify_log(connection)
    answered = Counter(row[3] for row in rows)
    found = [f"{each} was accepted and is not in the inbox once" for each in accepted if kept[each] != 1]
    found += [f"{each} was answered {answered[each]} times" for each in kept if answered[each] != 1]
    found += [f"{row[0]} is {row[2]}" for row in rows if row[2] != "delivered"]
    found += [
        f"{row[0]} did not reach the partner" for row in rows if bytes(row[1]) not in partner.bodies[row[0]]
    ]
    found += [f"{each} said two things" for each, bodies in partner.bodies.items() if len(bodies) > 1]
    found += [f"the log breaks at {log_fault}"] if log_fault else []
    asked = Counter(
        json.loads(body)["data"]["requestEventId"] for each in partner.bodies.values() for body in each
    )
    return found + [f"{each} got {count} different answers" for each, count in asked.items() if count > 1]
