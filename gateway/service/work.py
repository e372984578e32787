"""What a host does beside its requests: events that came in are handled, events that are to go out are delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from sqlalchemy import Connection

from gateway.pact.addresses import AddressPolicy
from gateway.pact.announced import Announcements, announcements_of, client_for
from gateway.pact.answers import Desk
from gateway.pact.delivery import Delivery, Patience, fetcher_of, sender_of
from gateway.pact.signatures import Signatures
from gateway.service.metrics import Metrics
from gateway.service.settings import Settings
from gateway.store.announced import count_announced
from gateway.store.database import Store
from gateway.store.events import count_outbox, oldest_waiting
from gateway.store.secret import HostSecret
from gateway.trust.issuers import read_trust_store

LOOKS_EVERY = 0.25
"""Seconds between two looks at the store where there was nothing to do."""

VERIFIES_EVERY = 2


def event_workers(
    store: Store, settings: Settings, secret: HostSecret, source: str, metrics: Metrics
) -> list[Callable[[], Awaitable[None]]]:
    """The workers of a host. ``source``: its address, as its own events name it."""
    trust = read_trust_store(settings.trust) if settings.trust is not None else None
    desk = Desk(store, source, trust)
    policy = AddressPolicy(settings.allow_loopback, settings.allow_private, settings.allow_http)
    fetcher = partial(fetcher_of, policy, settings.ca_file, Patience())
    delivery = delivery_of(store, secret, policy, settings)
    delivery.heard = lambda result: metrics.deliveries.labels(result).inc()
    announcements = announcements_of(store, secret, policy, settings.ca_file, trust, delivery.patience)
    announcements.heard = lambda result: metrics.fetches.labels(result).inc()
    watch_boxes(metrics, store)
    return [
        partial(answering, desk),
        partial(delivering, delivery),
        partial(delivering, announcements),
        partial(verifying, Signatures(store, client_for(secret, fetcher), trust)),
    ]


def watch_boxes(metrics: Metrics, store: Store) -> None:
    """What waits, by numbers that are asked of the store when the figures are fetched."""

    def ask(count: Callable[[Connection], float]) -> Callable[[], float]:
        def value() -> float:
            with store.read() as connection:
                return count(connection)

        return value

    for state, what in (("pending", "that wait"), ("dead", "that were given up")):
        outgoing, fetches = partial(_counted, count_outbox, state), partial(_counted, count_announced, state)
        metrics.watch(f"cbamgw_outbox_{state}", f"Events to partners {what}.", ask(outgoing))
        metrics.watch(f"cbamgw_announced_{state}", f"Announced footprints {what}.", ask(fetches))
    age = partial(oldest_waiting, now=store.now)
    metrics.watch("cbamgw_outbox_oldest_seconds", "Age of the oldest event that waits.", ask(age))


def _counted(count: Callable[[Connection], dict[str, int]], state: str, connection: Connection) -> float:
    return count(connection).get(state, 0)


def delivery_of(store: Store, secret: HostSecret, policy: AddressPolicy, settings: Settings) -> Delivery:
    seconds = settings.event_seconds
    patience = Patience(seconds, settings.event_wait_seconds)
    return Delivery(
        store, sender_of(secret, partial(fetcher_of, policy, settings.ca_file, patience)), patience
    )


async def answering(desk: Desk) -> None:
    """Handle events as they come."""
    while True:
        if not await asyncio.to_thread(desk.work):
            await asyncio.sleep(LOOKS_EVERY)


async def delivering(delivery: Delivery | Announcements) -> None:
    """Deliver, or fetch, what is due, as long as the host runs."""
    try:
        while True:
            await delivery.step()
            await asyncio.sleep(LOOKS_EVERY)
    finally:
        await delivery.close()


async def verifying(signatures: Signatures) -> None:
    """Fetch and judge the signatures of what events brought."""
    while True:
        if not await signatures.step():
            await asyncio.sleep(VERIFIES_EVERY)


def source_of(settings: Settings, names: Iterable[str], port: int) -> str:
    """How our events name this host: where its partners reach it.

    A proxy in front is reached at its own port, which nobody but ``public_base_url`` knows; 443 is taken.
    """
    if settings.public_base_url:
        return settings.public_base_url
    known = [*settings.allowed_hosts, *(name for name in names if name == settings.host), *sorted(names)]
    name = next(iter(known), "localhost")
    shown = f"[{name}]" if ":" in name else name
    return f"https://{shown}" if port == 443 or settings.behind_proxy else f"https://{shown}:{port}"
