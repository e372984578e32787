"""Synthetic footprints on offer, and who asks for them."""

from __future__ import annotations

import uuid
from dataclasses import replace

from gateway.store.clients import add_client, share
from gateway.store.footprints import Body, Offer, publish

DAY = 86_400_000_000
YEAR = 365 * DAY


def pf_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def offer(number: int, **changes) -> Offer:
    """Footprint ``number``; its content is its number."""
    made = Offer(
        pf_id=pf_id(number),
        status="Active",
        bodies={"3.0": Body(b'{"n":"%d"}' % number)},
        terms=frozenset({("product", f"urn:p:{number % 3}"), ("geography", "CN"), ("company", "urn:c:1")}),
        created=number * DAY,
        updated=number * DAY,
        period_start=number * DAY,
        period_end=number * DAY + YEAR,
        valid_start=number * DAY + YEAR,
        valid_end=number * DAY + 2 * YEAR,
    )
    return replace(made, **changes)


def published(store, *offers: Offer) -> None:
    with store.write() as connection:
        for one in offers:
            publish(connection, one, store.now())


def client(store, name: str = "Buyer", *shared: tuple[str, str]):
    """A client to whom these were shared: pairs of kind and value."""
    with store.write() as connection:
        made, _ = add_client(connection, name, store.now())
        for kind, value in shared:
            share(connection, made, kind, value, store.now())
    return made


def numbers(contents: list[bytes]) -> list[int]:
    """Which footprints these are."""
    return [int(content.split(b'"')[3]) for content in contents]
