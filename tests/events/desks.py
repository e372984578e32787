"""Events, their senders and a place to handle them, for the tests of events."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.model.finding import Refused, finding
from gateway.pact.answers import Desk
from gateway.pact.delivery import Delivery
from gateway.pact.events import TYPES
from gateway.store.clients import add_client, share
from gateway.store.database import Store
from gateway.store.events import Incoming, accept, list_inbox, list_outbox
from gateway.store.partners import NewPartner, Partner, add_partner
from gateway.store.secret import HostSecret
from tests.store.offers import published

SECRET = HostSecret(b"\x02" * 32)
HERE = "https://pcf.example.com"
THERE = "https://buyer.example"


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.instant

    def go_on(self, **delta: float) -> None:
        self.instant += timedelta(**delta)


def event(kind: str = "created", data: Any = None, api: str = "3", **members: Any) -> dict[str, Any]:
    """A sound event as its sender writes it."""
    made = {
        "type": TYPES[api][kind],
        "specversion": "1.0",
        "id": "e1",
        "source": THERE,
        "time": "2026-03-01T12:00:00Z",
        "data": {"productId": ["urn:p:1"]} if data is None else data,
    }
    return {name: value for name, value in {**made, **members}.items() if value is not None}


def in_bytes(made: Any) -> bytes:
    return json.dumps(made).encode()


@dataclass
class Office:
    """A store with a client that is a partner, and a desk at which its events are handled."""

    plain: Store
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.store = replace(self.plain, clock=self.clock)
        self.desk = Desk(self.store, HERE)

    def client(self, name: str, *shared: tuple[str, str]) -> int:
        with self.store.write() as connection:
            made, _ = add_client(connection, name, self.store.now())
            for kind, value in shared:
                share(connection, made, kind, value, self.store.now())
        return made.number

    def partner(self, name: str, client: str = "", url: str = THERE, **more: Any) -> Partner:
        new = NewPartner(name, url, url, "our id", "our secret", client, **more)
        with self.store.write() as connection:
            return add_partner(connection, SECRET, new, self.store.now())

    def buyer(self, *shared: tuple[str, str], name: str = "Buyer", url: str = THERE) -> tuple[int, Partner]:
        client = self.client(name, *shared)
        return client, self.partner(name, name, url)

    def publish(self, *offers: Any) -> None:
        published(self.store, *offers)

    def post(self, client: int, made: dict[str, Any]) -> bool:
        """The event comes in, as the route keeps it."""
        kept = Incoming(client, made["id"], made["source"], made["type"], in_bytes(made))
        with self.store.write() as connection:
            return accept(connection, kept, self.store.now())

    def inbox(self) -> list[dict[str, Any]]:
        with self.store.read() as connection:
            return list_inbox(connection)[::-1]

    def outbox(self) -> list[dict[str, Any]]:
        with self.store.read() as connection:
            return list_outbox(connection)[::-1]

    def states(self) -> list[tuple[str, str]]:
        return [(row["state"], row["note"]) for row in self.inbox()]

    def written(self) -> list[dict[str, Any]]:
        """The events of the outbox, read back."""
        from sqlalchemy import select

        from gateway.store.tables.events import outbox

        with self.store.read() as connection:
            found = connection.execute(select(outbox.c.body).order_by(outbox.c.number)).scalars().all()
        return [json.loads(bytes(body)) for body in found]

    def delivery(self, senders: Any, **more: Any) -> Delivery:
        return Delivery(self.store, senders, chance=lambda: 1.0, **more)


def fault(rule: str, **values: Any) -> Refused:
    return Refused(finding(rule, stage="fetch", host="buyer.example", **values))


@dataclass
class Partners:
    """Stand-ins for the senders: each post is noted, and answered with what is said for its partner."""

    says: dict[str, Any] = field(default_factory=dict)
    got: list[tuple[str, str, bytes]] = field(default_factory=list)

    def __call__(self, partner: Partner, api: str) -> Any:
        return _Sender(self, partner.name, api)

    def taken(self) -> list[str]:
        return [json.loads(body)["id"] for _, _, body in self.got]


@dataclass
class _Sender:
    partners: Partners
    name: str
    api: str

    async def post_event(self, body: bytes) -> None:
        self.partners.got.append((self.name, self.api, body))
        said = self.partners.says.get(self.name)
        if callable(said):
            said = said(body)
        if hasattr(said, "__await__"):
            said = await said
        if said is not None:
            raise said

    async def close(self) -> None:
        return None
