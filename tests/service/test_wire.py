"""What may stand on the wire: odd targets, framings and pipelines get a clear answer, and never that of another."""

from __future__ import annotations

import contextlib
import re
import ssl

import pytest

from gateway.store.database import open_store
from tests.service.servers import running

LINES = b"\r\nHost: localhost\r\nConnection: close\r\n"
WELL_KNOWN = b"/.well-known/openid-configuration"


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('wire') / 'store.db'}")
    with running(store, header_seconds=3, body_seconds=3, max_body=10_000) as made:
        yield made
    store.close()


def says(host, sent: bytes) -> bytes:
    """Everything that comes back until the connection ends."""
    said = b""
    with host.connect() as peer, contextlib.suppress(ConnectionError, ssl.SSLError):
        peer.sendall(sent)
        while data := peer.recv(65536):
            said += data
    return said


def statuses(said: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.[01] (\d{3}) ", said)]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"https://localhost/health", 200),
        (b"HTTPS://127.0.0.1" + WELL_KNOWN, 200),
        (b"https://evil.example" + WELL_KNOWN, 400),
        (b"https://user:word@localhost/health", 400),
        (b"http://localhost" + WELL_KNOWN, 400),
        (b"*", 400),
        (b"localhost:443", 400),
        (b"//localhost//health", 404),
        (b"/health//", 404),
        (b"/../health", 404),
        (b"/3/footprints/%2e%2e%2f%2e%2e%2fhealth", 404),
        (b"/3/footprints/" + b"a" * 9000, 401),
        (b"/health%00", 404),
        (b"/%ff%fe", 404),
    ],
)
def test_a_target_is_read_in_one_way_only(host, target, status):
    said = says(host, b"GET " + target + b" HTTP/1.1" + LINES + b"\r\n")
    assert statuses(said) == [status]
    assert b"Traceback" not in said
    assert b"evil" not in said


def test_the_host_of_a_whole_address_goes_before_the_header(host):
    said = says(host, b"GET https://127.0.0.1" + WELL_KNOWN + b" HTTP/1.1" + LINES + b"\r\n")
    assert b'"issuer":"https://127.0.0.1"' in said


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Length: 4\r\nContent-Length: 5", b"abcde"),
        (b"Content-Length: 5, 5", b"abcde"),
        (b"Content-Length: +5", b"abcde"),
        (b"Content-Length: -1", b""),
        (b"Content-Length: 0x5", b"abcde"),
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 5", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked, identity", b"0\r\n\r\n"),
        (b"Transfer-Encoding: xchunked", b"0\r\n\r\n"),
        (b"Transfer-Encoding : chunked", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked", b"g\r\n\r\n"),
        (b"Transfer-Encoding: chunked", b"ffffffffffffffffff\r\nabc"),
        (b"Transfer-Encoding: chunked", b"-1\r\n\r\n"),
        (b"X-A: a\r\n Content-Length: 5", b"abcde"),
        (b"X-A: a\x00b", b""),
        (b"X-A: a\rX-B: b", b""),
    ],
)
def test_a_framing_that_two_readers_could_take_differently_carries_no_second_request(host, headers, body):
    hidden = b"GET " + WELL_KNOWN + b" HTTP/1.1" + LINES + b"\r\n"
    head = b"POST /auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
    said = says(host, head + headers + b"\r\n\r\n" + body + hidden)
    assert b"token_endpoint" not in said
    assert 200 not in statuses(said)
    assert 400 in statuses(said)


def test_requests_sent_in_one_go_are_answered_in_their_order(host):
    one = b"GET %s HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: request-%d\r\n\r\n"
    paths = [b"/health", b"/3/footprints", b"/nothing", WELL_KNOWN] * 5
    sent = b"".join(one % (path, number) for number, path in enumerate(paths))
    said = says(host, sent + b"GET /health HTTP/1.1" + LINES + b"\r\n")
    assert statuses(said) == [200, 401, 404, 200] * 5 + [200]
    ids = [int(found) for found in re.findall(rb"x-request-id: request-(\d+)", said)]
    assert ids == list(range(20))


def test_a_body_that_is_too_large_is_not_asked_for(host):
    """100-continue comes only for a body that may be sent."""
    head = b"POST /auth/token HTTP/1.1" + LINES + b"Content-Type: application/x-www-form-urlencoded\r\n"
    expecting = head + b"Expect: 100-continue\r\nContent-Length: "
    assert statuses(says(host, expecting + b"10001\r\n\r\n")) == [413]
    assert statuses(says(host, expecting + b"99999999999999999999999\r\n\r\n"))[0] in (400, 413)
    assert statuses(says(host, expecting + b"3\r\n\r\na=b")) == [100, 401]


@pytest.mark.parametrize("method", [b"OPTIONS", b"TRACE", b"PUT", b"DELETE", b"PATCH", b"PROPFIND"])
def test_other_methods_do_nothing_and_name_those_that_there_are(host, method):
    said = says(host, method + b" /3/footprints HTTP/1.1" + LINES + b"X-Secret: 12345\r\n\r\n")
    assert statuses(said) == [405]
    assert b"allow: GET" in said
    assert b"12345" not in said


@pytest.mark.parametrize(
    "header",
    [
        b"Accept: application/xml",
        b"Accept: */*;q=0",
        b"Range: bytes=0-3",
        b"Accept-Encoding: gzip",
        b"Upgrade: h2c",
    ],
)
def test_a_header_that_asks_for_another_form_changes_nothing(host, header):
    said = says(host, b"GET /health HTTP/1.1" + LINES + header + b"\r\n\r\n")
    assert statuses(said) == [200]
    assert said.endswith(b'{"status":"alive"}')


def test_a_request_of_http_1_0_or_without_a_host_gets_nothing_that_needs_a_name(host):
    assert statuses(says(host, b"GET " + WELL_KNOWN + b" HTTP/1.0\r\n\r\n")) == [400]
    assert statuses(says(host, b"GET " + WELL_KNOWN + b" HTTP/1.1\r\nConnection: close\r\n\r\n")) == [400]
