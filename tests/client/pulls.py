"""A pull of a fake host, and what it left in the store."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import select

from gateway.pact.client import Query
from gateway.pact.pull import Summary, pull
from gateway.store.database import Store
from gateway.store.received import find_received
from gateway.store.tables.received import received
from tests.client.hosts import FakeHost, client_of, footprint, pf_id

ALL = [footprint(number) for number in range(5)]


def pulled(
    store: Store, host: FakeHost, query: Query | None = None, api: str | None = None, **given: Any
) -> Summary:
    asked = {"api": api} if api else {}

    async def run() -> Summary:
        async with client_of(host, store.clock, **asked) as client:  # type: ignore[arg-type]
            return await pull(store, client, query, **given)

    return asyncio.run(run())


def contents(store: Store) -> list[bytes]:
    with store.read() as connection:
        rows = connection.execute(select(received.c.content).order_by(received.c.number))
        return [bytes(row.content) for row in rows]


def counts(summary: Summary) -> tuple[int, int, int]:
    return summary.tally.new, summary.tally.known, summary.tally.errors


def rules(findings: Any) -> list[str]:
    return [item.rule for item in findings]


def newest(store: Store, number: int) -> Any:
    with store.read() as connection:
        return find_received(connection, pf_id(number))[0]
