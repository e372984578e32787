"""The client against hosts that behave, and against hosts that do not: findings, and never our secret elsewhere."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import httpx
import pytest

from gateway.check.catalog import describe
from gateway.model.finding import Refused
from gateway.pact.blocking import BlockingPactClient
from gateway.pact.client import Credentials, PactClient, Query
from gateway.pact.fetch import Fetcher
from tests.client.hosts import (
    CREDENTIALS,
    HOST,
    JSON,
    SECRET,
    FakeHost,
    Time,
    client_of,
    fetcher_of,
    footprint,
    ids_of,
    page_of,
    pf_id,
    refusal,
)

ALL = [footprint(number) for number in range(5)]
IDS = [pf_id(number) for number in range(5)]


@pytest.mark.parametrize("api", ["3", "2"])
def test_all_pages_come_in_order_and_byte_for_byte(api: str) -> None:
    host = FakeHost(ALL, api=api)

    async def walk() -> list[bytes]:
        async with client_of(host) as client:
            return [each.content async for each in client.footprints()]

    assert asyncio.run(walk()) == ALL
    assert host.listed == ["", "after=2", "after=4"]


def test_the_blocking_client_does_the_same() -> None:
    host = FakeHost(ALL)
    with BlockingPactClient(HOST, CREDENTIALS, fetcher=fetcher_of(host)) as client:
        assert [each.pf_id for each in client.footprints()] == IDS
        assert client.footprint(IDS[1]).content == ALL[1]
        assert client.signature(IDS[1]) is None
        assert client.findings == []


def test_filters_are_said_as_each_api_has_them() -> None:
    query = Query(
        ("urn:a:1", "urn:a:2"), geographies=("CN",), status="Active", valid_on="2026-01-01T01:00+01:00"
    )
    assert query.text("3") == (
        "productId=urn%3Aa%3A1&productId=urn%3Aa%3A2&geography=CN&status=Active&validOn=2026-01-01T00%3A00%3A00Z"
    )
    two = Query(("it's",), geographies=("CN",), classifications=("urn:cpc:41431",), limit=9)
    assert httpx.QueryParams(two.text("2"))["$filter"] == (
        "productIds/any(each:(each eq 'it''s')) and pcf/geographyCountry eq 'CN' and productCategoryCpc eq '41431'"
    )
    assert two.text("2").endswith("&limit=9")


@pytest.mark.parametrize(
    "query",
    [
        Query(("a", "b")),
        Query(status="Active"),
        Query(valid_on="2026-01-01T00:00Z"),
        Query(geographies=("Asia",)),
    ],
)
def test_what_api_2_cannot_be_asked_is_refused_and_not_asked_in_part(query: Query) -> None:
    with pytest.raises(Refused, match="PULL-FILTER"):
        query.text("2")


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(Refused, match="PULL-INSTANT"):
        Query(valid_after="2026-01-01T00:00:00").text("3")


# what a host may do wrong


def listing(content: bytes, headers: dict[str, str] | None = None, status: int = 200) -> FakeHost:
    host = FakeHost(ALL)
    told = JSON if headers is None else headers

    def answer(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != "/3/footprints":
            return None
        return httpx.Response(status, headers=told, stream=httpx.ByteStream(content))

    host.instead = answer
    return host


@pytest.mark.parametrize(
    ("host", "rule"),
    [
        (listing(b"<html>Sign in</html>", {"content-type": "text/html"}), "PULL-NOT-JSON"),
        (listing(b"", {}), "PULL-NOT-JSON"),
        (listing(b"[]"), "PULL-NOT-JSON"),
        (listing(page_of(ALL)[:-20]), "PULL-JSON"),
        (listing(page_of(ALL).decode().encode("utf-16")), "PULL-NOT-JSON"),
        (listing(b'{"data": null}'), "PULL-NO-DATA"),
        (listing(b'{"data": {}}'), "PULL-NO-DATA"),
        (listing(b"{}"), "PULL-NO-DATA"),
        (listing(b'{"data": [], "data": []}'), "PULL-JSON"),
        (listing(b'{"code": "AccessDenied"}', status=403), "PULL-DENIED"),
        (listing(b"nothing here", status=404), "PULL-NOT-FOUND"),
        (listing(b'{"code": "InternalError"}', status=500), "PULL-STATUS"),
        (listing(b"", status=304), "PULL-STATUS"),
        (listing(b"{}", {**JSON, "content-encoding": "gzip"}), "FETCH-ENCODING"),
        (listing(b"{}", {"location": "https://evil.example/3/footprints"}, status=302), "FETCH-REDIRECT"),
        (listing(b"{}", {"location": "http://host.example/3/footprints"}, status=301), "FETCH-REDIRECT"),
        (listing(b"{}", {"location": "/3/footprints"}, status=302), "FETCH-REDIRECT"),
        (listing(b"{}", {}, status=302), "FETCH-REDIRECT"),
    ],
)
def test_what_a_host_does_wrong_is_a_finding(host: FakeHost, rule: str) -> None:
    assert refusal(client_of(host)) == rule
    assert {call.url.host for call in host.calls} == {"host.example"}


def test_json_by_another_name_is_read_with_a_warning() -> None:
    host = listing(page_of(ALL), {"content-type": "text/plain"})
    client = client_of(host)
    assert ids_of(client) == IDS
    assert [item.rule for item in client.findings] == ["PULL-CONTENT-TYPE"]


def test_a_redirect_within_the_host_is_followed_with_our_token() -> None:
    host = FakeHost(ALL, size=9)
    moved = httpx.Response(308, headers={"location": "/3/footprints?after=0"})
    host.instead = lambda request: (
        moved if request.url.path == "/3/footprints" and not request.url.query else None
    )
    assert ids_of(client_of(host)) == IDS


@pytest.mark.parametrize(
    ("link", "rule"),
    [
        ("<https://evil.example/3/footprints?after=2>; rel=next", "PULL-LINK-HOST"),
        ("<//evil.example/3/footprints>; rel=next", "PULL-LINK-HOST"),
        ("<https://host.example:8443/3/footprints>; rel=next", "PULL-LINK-HOST"),
        ("<https://host.example.evil.example/>; rel=next", "PULL-LINK-HOST"),
        ("<https://host.example@evil.example/>; rel=next", "PULL-LINK"),
        ("<http://host.example/3/footprints>; rel=next", "PULL-LINK"),
        ("<file:///etc/passwd>; rel=next", "PULL-LINK"),
        ("<https://host.example/3/footprints>; rel=next", "PULL-LOOP"),
    ],
)
def test_a_link_that_leads_elsewhere_gives_its_page_and_is_not_followed(link: str, rule: str) -> None:
    host = listing(page_of(ALL), {**JSON, "link": link})
    seen: list[str] = []

    async def gather(client: PactClient) -> None:
        async for each in client.footprints():
            seen.append(each.pf_id)

    assert refusal(client_of(host), gather) == rule
    assert seen == IDS
    assert {call.url.host for call in host.calls} == {"host.example"}


def test_a_relative_link_is_followed() -> None:
    host = FakeHost(ALL, size=3)
    first = httpx.Response(200, content=page_of(ALL[:3]), headers={**JSON, "link": '<?after=3>; rel="next"'})
    host.instead = lambda request: (
        first if request.url.path == "/3/footprints" and not request.url.query else None
    )
    assert ids_of(client_of(host)) == IDS


def test_pages_without_end_that_show_nothing_new_come_to_an_end() -> None:
    host = FakeHost(ALL)
    count = iter(range(10_000))

    def again(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != "/3/footprints":
            return None
        headers = {**JSON, "link": f'<{HOST}/3/footprints?cursor={next(count)}>; rel="next"'}
        return httpx.Response(200, content=page_of(ALL), headers=headers)

    host.instead = again
    assert refusal(client_of(host)) == "PULL-LOOP"
    assert len(host.listed) < 30


def test_pages_without_end_that_always_show_something_new_come_to_an_end_too() -> None:
    host = FakeHost([footprint(number) for number in range(50)], size=1)
    assert refusal(client_of(host, most_pages=10)) == "PULL-TOO-MANY"
    assert len(host.listed) == 10


@pytest.mark.parametrize("stated", [True, False])
def test_an_answer_that_is_too_large_is_left_unread(stated: bool) -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        while True:
            read += 65_536
            yield b" " * 65_536

    host = FakeHost(ALL)
    headers = {**JSON, "content-length": str(10**9)} if stated else JSON
    answer = httpx.Response(200, content=endless(), headers=headers)
    host.instead = lambda request: answer if request.url.path == "/3/footprints" else None
    assert refusal(client_of(host, limits={"body": 1_000_000})) == "FETCH-TOO-LARGE"
    assert read <= (0 if stated else 1_100_000)


def test_a_footprint_that_is_null_is_a_finding() -> None:
    host = FakeHost(ALL)
    answer = httpx.Response(200, content=b'{"data": null}', headers=JSON)
    host.instead = lambda request: answer if request.url.path.startswith("/3/footprints/") else None
    assert refusal(client_of(host), lambda client: client.footprint(IDS[0])) == "PULL-NO-DATA"


def test_an_id_that_is_no_uuid_is_asked_of_nobody() -> None:
    host = FakeHost(ALL)
    assert refusal(client_of(host), lambda client: client.footprint("../../auth/token")) == "PULL-ID"
    assert host.calls == []


@pytest.mark.parametrize(
    "url",
    [
        "http://host.example",
        "https://me:pw@host.example",
        "ftp://host.example",
        "https://",
        "host.example",
        "https://h.example/#x",
        "https://h.example/?a=b",
        "https://[::1",
        "https://h.example/" + "a" * 9000,
    ],
)
def test_an_address_that_could_show_a_secret_or_lead_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="FETCH-URL") as refused:
        PactClient(url, CREDENTIALS, fetcher=fetcher_of(FakeHost()))
    assert "pw" not in describe(refused.value.findings[0])


# waiting


def test_a_busy_host_is_asked_again_after_the_time_that_it_names() -> None:
    time, host = Time(), FakeHost(ALL)
    busy = [
        httpx.Response(429, headers={"retry-after": "7"}),
        httpx.Response(503, headers={"retry-after": "Sun, 01 Mar 2026 08:01:00 GMT"}),
        httpx.Response(503),
    ]
    host.instead = lambda request: busy.pop(0) if busy and request.url.path == "/3/footprints" else None
    assert ids_of(client_of(host, time)) == IDS
    assert time.waits == [7, 53, 3]  # 3 = half of 4 and a half chance of the other half


def test_a_host_that_stays_busy_or_asks_for_hours_is_left_alone() -> None:
    for headers, tries in (({}, 5), ({"retry-after": "86400"}, 1)):
        time, host = Time(), FakeHost(ALL)
        host.instead = lambda request, given=headers: (  # type: ignore[misc]
            httpx.Response(503, headers=given) if request.url.path == "/3/footprints" else None
        )
        assert refusal(client_of(host, time)) == "FETCH-BUSY"
        assert len(host.listed) == tries
        assert sum(time.waits) < 60


def test_a_connection_that_breaks_is_tried_again_and_given_up_in_the_end() -> None:
    broken = 2
    host = FakeHost(ALL)

    def fall(request: httpx.Request) -> None:
        nonlocal broken
        if request.url.path == "/3/footprints" and broken:
            broken -= 1
            raise httpx.ReadError("reset")

    host.instead = fall
    assert ids_of(client_of(host)) == IDS
    broken = 10**6
    time = Time()
    assert refusal(client_of(host, time)) == "FETCH-UNREACHABLE"
    assert time.waits == sorted(time.waits)
    assert len(time.waits) == 4


def test_a_host_that_answers_without_end_is_timed_out() -> None:
    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(10)
        raise AssertionError

    async def call() -> None:
        await fetcher_of(hang, whole=0.01, tries=1).fetch("GET", HOST)

    with pytest.raises(Refused, match="FETCH-TIMEOUT"):
        asyncio.run(call())


# events, and what is never shown


def test_an_event_is_handed_over_in_the_content_type_of_cloudevents() -> None:
    host = FakeHost()
    host.instead = lambda request: httpx.Response(200) if request.url.path.endswith("/events") else None

    async def post() -> None:
        async with client_of(host) as client:
            await client.post_event({"id": "1"})

    asyncio.run(post())
    (call,) = host.asked("/3/events")
    assert call.headers["content-type"] == "application/cloudevents+json; charset=UTF-8"
    assert json.loads(call.content) == {"id": "1"}


@pytest.mark.parametrize("status", [201, 202, 204, 400, 404, 500])
def test_only_200_means_that_an_event_was_accepted(status: int) -> None:
    host = FakeHost()
    host.instead = lambda request: httpx.Response(status) if request.url.path.endswith("/events") else None
    assert refusal(client_of(host), lambda client: client.post_event({"id": "1"})) == "PULL-EVENT"


def test_neither_secret_nor_token_is_in_a_log_or_a_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    host = FakeHost(ALL)
    busy = [httpx.Response(503)]
    host.instead = lambda request: busy.pop() if busy and request.url.path == "/3/footprints" else None
    ids_of(client_of(host))
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "again in" in logged
    coded = CREDENTIALS.basic().split()[1]
    for text in (logged, repr(CREDENTIALS), repr(Credentials("a", SECRET))):
        assert SECRET not in text
        assert coded not in text
        assert "token-1" not in text


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    fetcher = Fetcher()
    assert fetcher._client._mounts == {}
    assert not fetcher._client.trust_env
    asyncio.run(fetcher.close())
