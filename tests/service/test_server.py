"""The server on a real socket: TLS, slow and silent peers, and how it stops."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway.service.limits import read_body
from gateway.service.serve import allow_files
from tests.service.servers import running

HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def closes(peer: ssl.SSLSocket, seconds: float = 5) -> bytes:
    """What the server still says until it closes the connection; fails where it does not close."""
    peer.settimeout(seconds)
    said = b""
    with contextlib.suppress(ConnectionError, ssl.SSLEOFError):
        while data := peer.recv(65536):
            said += data
    return said


def test_the_host_answers_over_tls_with_its_own_certificate(local_store):
    with running(local_store) as host:
        assert host.get("/health").json() == {"status": "alive"}
        assert host.get("/ready").json() == {"status": "ready"}
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{host.url}/health")  # a stranger's trust store does not know the certificate


def test_plain_http_on_the_port_gets_no_answer(local_store):
    with running(local_store) as host, socket.create_connection(("127.0.0.1", host.port), timeout=5) as plain:
        plain.sendall(HEALTH)
        with contextlib.suppress(ConnectionError):
            assert b"HTTP/" not in plain.recv(1000)


def test_a_peer_that_never_begins_its_tls_handshake_is_let_go_after_the_time_for_headers(local_store):
    with running(local_store, header_seconds=1, idle_seconds=60) as host:
        silent = [socket.create_connection(("127.0.0.1", host.port), timeout=4) for _ in range(100)]
        begun = time.perf_counter()
        assert host.get("/health").status_code == 200
        assert time.perf_counter() - begun < 1
        for peer in silent:
            with contextlib.suppress(ConnectionError):
                assert peer.recv(1) == b""
            peer.close()
        assert time.perf_counter() - begun < 4


def test_the_host_may_open_more_files_than_it_has_connections():
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, before[1]), before[1]))
        allow_files(2000)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(65_536, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_older_than_1_2_is_refused(local_store):
    with running(local_store) as host:
        old = host.context()
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with (
            socket.create_connection(("127.0.0.1", host.port), timeout=5) as plain,
            pytest.raises(ssl.SSLError),
        ):
            old.wrap_socket(plain, server_hostname="127.0.0.1")


def test_slow_and_silent_peers_are_let_go_and_hinder_nobody(local_store):
    with running(local_store, header_seconds=1, idle_seconds=1, body_seconds=1) as host:
        silent, slow, body, idle, blank = (host.connect() for _ in range(5))
        slow.sendall(b"GET /health HTTP/1.1\r\nHost: loc")
        body.sendall(b"POST /auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
                     b"Content-Type: application/x-www-form-urlencoded\r\n\r\nabc")  # fmt: skip
        idle.sendall(HEALTH)
        blank.sendall(b"\r\n")
        begun = time.perf_counter()
        assert host.get("/health").status_code == 200
        assert time.perf_counter() - begun < 1
        slow.sendall(b"alhost\r\nX-A: ")  # a byte now and then buys no time
        blank.sendall(b"\r\n")
        assert b"408" in closes(silent)
        assert b"408" in closes(slow)
        assert b"408" in closes(body)
        assert b"200 OK" in closes(idle)
        closes(blank)
        assert time.perf_counter() - begun < 4


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 20_000,
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: a\r\n" * 4000,
    ],
    ids=["one header", "one header without an end", "the path", "many headers"],
)
def test_headers_beyond_the_limit_end_the_connection(local_store, sent):
    with running(local_store, max_header=16_384) as host:
        peer = host.connect()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            peer.sendall(sent)
        assert b" 431 " in closes(peer)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\xff\xfe",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost : b\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ],
)
def test_what_is_no_http_is_answered_400_and_closed(local_store, sent):
    with running(local_store, header_seconds=2) as host:
        peer = host.connect()
        peer.sendall(sent)
        said = closes(peer)
        assert said.startswith(b"HTTP/1.1 400 ")
        assert b"Traceback" not in said


def test_more_idle_connections_than_may_be_open_do_not_hinder_the_next_one(local_store):
    """The longest idle ones give way."""
    count, most = 300, 200
    with running(local_store, max_connections=most, idle_seconds=60, header_seconds=60) as host:
        plain = host.context()
        peers = []
        for _ in range(count):
            peers.append(
                plain.wrap_socket(
                    socket.create_connection(("127.0.0.1", host.port)), server_hostname="127.0.0.1"
                )
            )
        begun = time.perf_counter()
        assert host.get("/health").status_code == 200
        assert time.perf_counter() - begun < 1
        assert len(host.server.server_state.connections) <= most
        assert closes(peers[0]) == b""
        for peer in peers:
            peer.close()


def test_a_body_is_taken_only_as_far_as_the_limit_while_it_streams(local_store):
    async def echo(request: Request) -> Response:
        return Response(str(len(await read_body(request, "application/json"))))

    with running(local_store, {"/3/echo": echo}, max_body=100_000) as host:
        peer = host.connect()
        peer.sendall(b"POST /3/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n")  # fmt: skip
        chunk = b"%x\r\n" % 10_000 + b"x" * 10_000 + b"\r\n"
        held, deadline = memory(), time.perf_counter() + 10

        def go_on_sending() -> None:
            while time.perf_counter() < deadline:
                peer.sendall(chunk)

        with pytest.raises(OSError):
            go_on_sending()
        assert b" 413 " in closes(peer)
        assert memory() - held < 30_000_000


def memory() -> int:
    """Bytes of this process that lie in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_a_request_in_work_is_finished_when_the_host_stops_and_no_new_one_is_begun(local_store):
    begun, go_on = threading.Event(), threading.Event()

    async def work(_request: Request) -> Response:
        begun.set()
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        return Response("done")

    with running(local_store, {"/3/work": work}) as host:
        answers = []
        asking = threading.Thread(target=lambda: answers.append(host.get("/3/work")))
        asking.start()
        assert begun.wait(5)
        host.server.should_exit = True
        deadline = time.perf_counter() + 5
        while time.perf_counter() < deadline:
            try:
                host.connect().close()
            except OSError:
                break
            time.sleep(0.02)
        else:
            pytest.fail("the host still takes connections")
        go_on.set()
        asking.join(5)
        assert answers[0].text == "done"


def test_work_beside_the_requests_runs_as_long_as_the_host_and_is_begun_again_after_a_failure(
    local_store, monkeypatch
):
    monkeypatch.setattr("gateway.service.app.PAUSE", 0)
    begun, ended = [], []

    async def worker() -> None:
        begun.append(1)
        if len(begun) == 1:
            raise RuntimeError
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    with running(local_store, workers=[worker]) as host:
        host.get("/health")
    assert (len(begun), len(ended)) == (2, 1)
