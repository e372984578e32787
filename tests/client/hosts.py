"""A PACT host that does what a test tells it to, in place of the network."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from gateway.check.catalog import describe
from gateway.data import data_path
from gateway.formats.json_reader import write_compact
from gateway.model.finding import Refused
from gateway.pact.client import Credentials, PactClient
from gateway.pact.fetch import Fetcher, Limits, Pace

BASE = json.loads(data_path("conformance", "cases", "bases", "footprint.json").read_bytes())
SECRET = "s3cr3t/with+signs: and a space"
CREDENTIALS = Credentials("buyer & co", SECRET)
HOST = "https://host.example"
JSON = {"content-type": "application/json"}

Answering = Callable[[httpx.Request], httpx.Response | None]


def pf_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def footprint(number: int, **members: Any) -> bytes:
    """A sound footprint, its members in an order and spacing of their own."""
    made = copy.deepcopy(BASE) | {"id": pf_id(number)} | members
    return json.dumps(made, indent=number % 3 or None, ensure_ascii=number % 2 == 0).encode()


def page_of(parts: list[bytes]) -> bytes:
    return b'{ "data": [\n' + b" ,\n".join(parts) + b"]}\n"


def unread(answer: httpx.Response) -> httpx.Response:
    """As it comes from the network: its body not read yet."""
    if not answer.is_closed:
        return answer
    return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))


@dataclass
class FakeHost:
    """Serves ``footprints`` by pages of ``size``. ``instead`` answers first; None leaves it to the host."""

    footprints: list[bytes] = field(default_factory=list)
    size: int = 2
    api: str = "3"
    expires_in: Any = 3600
    instead: Answering | None = None
    discovery: dict[str, Any] | None = None
    signatures: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    calls: list[httpx.Request] = field(default_factory=list)
    tokens: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        told = self.instead(request) if self.instead is not None else None
        return unread(told if told is not None else self.answer(request))

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            return httpx.Response(404) if self.discovery is None else httpx.Response(200, json=self.discovery)
        if path == "/auth/token":
            return self.token()
        if request.headers.get("authorization") != f"Bearer token-{self.tokens}":
            return httpx.Response(401, json={"code": "TokenExpired", "message": "expired"})
        if path == f"/{self.api}/footprints":
            return self.listing(request)
        if path.endswith("/signature"):
            kept = self.signatures.get(path.split("/")[3])
            told = {"content-type": "application/jose"}
            return httpx.Response(200, content=kept, headers=told) if kept else httpx.Response(404)
        for each in self.footprints:
            if path == f"/{self.api}/footprints/{json.loads(each)['id']}":
                return httpx.Response(200, content=b'{"data":' + each + b"}", headers=JSON)
        return httpx.Response(404, json={"code": "NotFound", "message": "no"})

    def token(self) -> httpx.Response:
        self.tokens += 1
        body = {"access_token": f"token-{self.tokens}", "token_type": "bearer", "expires_in": self.expires_in}
        return httpx.Response(200, json=body)

    def listing(self, request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("after", "0"))
        end = start + self.size
        headers = {**JSON, **self.headers}
        if end < len(self.footprints):
            there = request.url.copy_set_param("after", str(end))
            headers["link"] = f'<{there}>; rel="next"'
        return httpx.Response(200, content=page_of(self.footprints[start:end]), headers=headers)

    def asked(self, path: str) -> list[httpx.Request]:
        return [call for call in self.calls if call.url.path == path]

    @property
    def listed(self) -> list[str]:
        """The queries of the listings that were asked for."""
        return [call.url.query.decode() for call in self.asked(f"/{self.api}/footprints")]


@dataclass
class Time:
    """A clock that stands still, but for what is waited."""

    now: datetime = datetime(2026, 3, 1, 8, tzinfo=UTC)
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)

    @property
    def pace(self) -> Pace:
        return Pace(self, self.sleep, lambda: 0.5)


def fetcher_of(host: Any, time: Time | None = None, **limits: Any) -> Fetcher:
    return Fetcher(limits=Limits(**limits), pace=(time or Time()).pace, transport=httpx.MockTransport(host))


def client_of(
    host: FakeHost, time: Time | None = None, limits: dict[str, Any] | None = None, **given: Any
) -> PactClient:
    given = {"api": host.api} | given
    return PactClient(HOST, CREDENTIALS, fetcher=fetcher_of(host, time, **(limits or {})), **given)


def ids_of(client: PactClient, query: Any = None) -> list[str]:
    """The ids of a whole listing."""

    async def walk() -> list[str]:
        async with client:
            return [each.pf_id async for each in client.footprints(query)]

    return asyncio.run(walk())


def error(code: str, status: int) -> httpx.Response:
    return httpx.Response(status, content=write_compact({"code": code, "message": SECRET}), headers=JSON)


def refusal(client: PactClient, call: Any = None) -> str:
    """The rule by which a listing, or another call, ends; its text names neither secret nor token."""

    async def walk() -> None:
        async with client:
            if call is not None:
                await call(client)
            else:
                [each async for each in client.footprints()]

    with pytest.raises(Refused) as refused:
        asyncio.run(walk())
    for item in refused.value.findings:
        for lang in ("en", "zh"):
            said = describe(item, lang)
            assert "?" not in said.replace("?rel", "")
            assert SECRET not in said
            assert "token-1" not in said
    return refused.value.findings[0].rule
