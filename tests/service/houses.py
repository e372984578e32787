"""A host within the test: a store, its application, clients with tokens, and a clock that the test moves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from gateway.service.app import make_app
from gateway.service.settings import load_settings
from gateway.store.clients import Client, add_client, share
from gateway.store.database import Store
from gateway.store.footprints import Body, Offer, publish
from gateway.store.secret import HostSecret
from gateway.store.tables.base import moment_of
from tests.store.offers import offer

BASE_URL = "https://pcf.example.com"
SECRET = HostSecret(b"\x01" * 32)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.instant = NOON

    def __call__(self) -> datetime:
        return self.instant

    def go_on(self, seconds: int) -> None:
        self.instant += timedelta(seconds=seconds)


@dataclass
class Account:
    """A client of the host, its secret, and the header that it asks with."""

    client: Client
    secret: str
    headers: dict[str, str]


class Web:
    """Calls an application without a network, from tests that do not wait themselves."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def request(self, method: str, path: str, **named: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=BASE_URL) as web:
                return await web.request(method, path, **named)

        return asyncio.run(call())

    def get(self, path: str, **named: Any) -> httpx.Response:
        return self.request("GET", path, **named)

    def post(self, path: str, **named: Any) -> httpx.Response:
        return self.request("POST", path, **named)


class House:
    """A host and its callers. ``settings`` as on the command line."""

    def __init__(self, store: Store, **settings: Any) -> None:
        self.clock = Clock()
        self.store = replace(store, clock=self.clock)
        self.settings = load_settings(**{"allowed_hosts": ("pcf.example.com", "localhost"), **settings})
        self.app = make_app(self.store, self.settings, SECRET)
        self.host = self.app.state.host
        self.web = Web(self.app)

    def account(self, name: str, *shared: tuple[str, str]) -> Account:
        with self.store.write() as connection:
            client, secret = add_client(connection, name, self.store.now())
            for kind, value in shared:
                share(connection, client, kind, value, self.store.now())
        return Account(client, secret, self.headers_of(client))

    def headers_of(self, client: Client, issuer: str = BASE_URL) -> dict[str, str]:
        token = self.host.tokens.issue(client, issuer, self.store.now())
        return {"Authorization": f"Bearer {token}"}

    def publish(self, *offers: Offer) -> None:
        with self.store.write() as connection:
            for one in offers:
                publish(connection, one, self.store.now())

    def ask(self, account: Account, path: str, **headers: str) -> Any:
        return self.web.get(path, headers={**account.headers, **headers})


def named(number: int, *terms: tuple[str, str], **changes: Any) -> Offer:
    """Footprint ``number`` that is found by these terms."""
    return offer(number, **({"terms": frozenset(terms)} if terms else {}), **changes)


def in_both_versions(number: int, **changes: Any) -> Offer:
    """Footprint ``number`` with bytes for version 2 as well."""
    bodies = {"3.0": Body(b'{"n":"%d"}' % number), "2.3": Body(b'{"n":"%d","v":2}' % number)}
    return offer(number, bodies=bodies, **changes)


def at(text: str) -> int:
    """The moment of a timestamp."""
    return moment_of(datetime.fromisoformat(text))


def seen(answer: Any) -> list[int]:
    """Which footprints an answer holds."""
    assert answer.status_code == 200, answer.text
    return [int(one["n"]) for one in answer.json()["data"]]
