"""Tokens: got once, kept, renewed once, and never shown to another host."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.client.hosts import (
    HOST,
    SECRET,
    FakeHost,
    Time,
    client_of,
    error,
    footprint,
    ids_of,
    pf_id,
    refusal,
)

ALL = [footprint(number) for number in range(5)]
IDS = [pf_id(number) for number in range(5)]


def test_credentials_are_form_encoded_in_the_basic_header_and_nowhere_else() -> None:
    host = FakeHost(ALL)
    ids_of(client_of(host))
    (asked,) = host.asked("/auth/token")
    scheme, coded = asked.headers["authorization"].split()
    assert scheme == "Basic"
    assert base64.b64decode(coded) == b"buyer+%26+co:s3cr3t%2Fwith%2Bsigns%3A+and+a+space"
    assert asked.content == b"grant_type=client_credentials"
    assert not any(SECRET[:6].encode() in call.url.raw_path + call.content for call in host.calls)


def test_the_token_endpoint_of_discovery_is_used_where_it_is_of_the_same_origin() -> None:
    host = FakeHost(ALL, discovery={"token_endpoint": f"{HOST}/oauth/here"})
    host.instead = lambda request: host.token() if request.url.path == "/oauth/here" else None
    assert ids_of(client_of(host)) == IDS
    assert host.asked("/auth/token") == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/token",
        "http://host.example/token",
        "https://host.example:444/t",
        "https://u:p@host.example/t",
        "file:///etc/passwd",
        "//evil.example/t",
        "",
    ],
)
def test_a_token_endpoint_elsewhere_never_sees_our_secret(endpoint: str) -> None:
    host = FakeHost(ALL, discovery={"token_endpoint": endpoint})
    assert refusal(client_of(host)) == "PULL-TOKEN-ENDPOINT"
    assert [call.url.path for call in host.calls] == ["/.well-known/openid-configuration"]


def test_a_token_endpoint_elsewhere_is_used_where_it_was_allowed_by_name() -> None:
    host = FakeHost(ALL, discovery={"token_endpoint": "https://login.example/token"})
    host.instead = lambda request: host.token() if request.url.host == "login.example" else None
    assert ids_of(client_of(host, token_origins=["https://login.example"])) == IDS


@pytest.mark.parametrize(
    "broken", [{"token_endpoint": 7}, {}, {"issuer": HOST}], ids=["number", "empty", "without"]
)
def test_discovery_without_an_endpoint_leads_to_auth_token(broken: dict[str, Any]) -> None:
    assert ids_of(client_of(FakeHost(ALL, discovery=broken))) == IDS


def test_a_token_serves_until_shortly_before_it_ends() -> None:
    time, host = Time(), FakeHost(ALL, expires_in=600)

    async def walk() -> None:
        async with client_of(host, time) as client:
            for minutes in (0, 8.9, 0.2):
                time.now += timedelta(minutes=minutes)
                await client.footprint(IDS[0])

    asyncio.run(walk())
    assert host.tokens == 2  # the second one after 9.1 of 10 minutes


def test_a_token_that_the_host_ends_early_is_renewed_once() -> None:
    host = FakeHost(ALL)

    async def walk() -> int:
        async with client_of(host) as client:
            await client.footprint(IDS[0])
            host.token()  # the host forgets the first one
            await client.footprint(IDS[1])
            return host.tokens

    assert asyncio.run(walk()) == 3


def test_calls_at_the_same_time_share_one_token() -> None:
    host = FakeHost(ALL)

    async def walk() -> None:
        async with client_of(host) as client:
            await asyncio.gather(*(client.footprint(each) for each in IDS))
            host.token()
            await asyncio.gather(*(client.footprint(each) for each in IDS))

    asyncio.run(walk())
    assert host.tokens == 3


def test_a_host_that_takes_no_token_at_all_is_asked_twice_and_no_more() -> None:
    host = FakeHost(ALL)
    host.instead = lambda request: error("TokenExpired", 401) if "footprints" in request.url.path else None
    assert refusal(client_of(host)) == "PULL-UNAUTHORISED"
    assert host.tokens == 2
    assert len(host.listed) == 2


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (httpx.Response(401, json={"error": "invalid_client"}), "PULL-CREDENTIALS"),
        (httpx.Response(400, json={"error": "invalid_client"}), "PULL-CREDENTIALS"),
        (httpx.Response(200, text="<html>login</html>"), "PULL-TOKEN"),
        (httpx.Response(200, json={"access_token": "a\r\nb", "token_type": "bearer"}), "PULL-TOKEN"),
        (httpx.Response(200, json={"access_token": "a" * 20_000, "token_type": "bearer"}), "PULL-TOKEN"),
        (httpx.Response(200, json={"access_token": "a", "token_type": "mac"}), "PULL-TOKEN"),
        (httpx.Response(200, json={"access_token": "", "token_type": "bearer"}), "PULL-TOKEN"),
        (httpx.Response(500), "PULL-TOKEN"),
        (httpx.Response(302, headers={"location": "/auth/elsewhere"}), "FETCH-REDIRECT"),
        (httpx.Response(307, headers={"location": "https://evil.example/"}), "FETCH-REDIRECT"),
    ],
)
def test_a_token_endpoint_that_gives_no_token_is_a_finding(answer: httpx.Response, rule: str) -> None:
    host = FakeHost(ALL)
    host.instead = lambda request: answer if request.url.path == "/auth/token" else None
    assert refusal(client_of(host)) == rule
    assert {call.url.host for call in host.calls} == {"host.example"}
