"""What a host does beside its requests: events that came in are handled, events that are to go out are delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from gateway.pact.addresses import AddressPolicy
from gateway.pact.answers import Desk
from gateway.pact.delivery import Delivery, Patience, fetcher_of, sender_of
from gateway.service.settings import Settings
from gateway.store.database import Store
from gateway.store.secret import HostSecret

LOOKS_EVERY = 0.25
"""Seconds between two looks at the store where there was nothing to do."""


def event_workers(
    store: Store, settings: Settings, secret: HostSecret, source: str
) -> list[Callable[[], Awaitable[None]]]:
    """The workers of a host. ``source``: its address, as its own events name it."""
    desk = Desk(store, source)
    policy = AddressPolicy(settings.allow_loopback, settings.allow_private, settings.allow_http)
    return [partial(answering, desk), partial(delivering, delivery_of(store, secret, policy, settings))]


def delivery_of(store: Store, secret: HostSecret, policy: AddressPolicy, settings: Settings) -> Delivery:
    seconds = settings.event_seconds
    patience = Patience(seconds, 2 * seconds, settings.event_wait_seconds)
    return Delivery(
        store, sender_of(secret, partial(fetcher_of, policy, settings.ca_file, patience)), patience
    )


async def answering(desk: Desk) -> None:
    """Handle events as they come."""
    while True:
        if not await asyncio.to_thread(desk.work):
            await asyncio.sleep(LOOKS_EVERY)


async def delivering(delivery: Delivery) -> None:
    """Deliver what is due, as long as the host runs."""
    try:
        while True:
            await delivery.step()
            await asyncio.sleep(LOOKS_EVERY)
    finally:
        await delivery.close()


def source_of(settings: Settings, names: frozenset[str]) -> str:
    """How our events name this host: where its partners reach it."""
    return settings.public_base_url or f"https://{min(names, default='localhost')}"
