"""Signatures that did not come with their footprint: fetched from the host that gave it, and judged.

An event carries footprints and no signatures. A gateway of this kind keeps them beside its footprints, so that what an
answer brought is verified like what a pull brought.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.model.finding import Refused
from gateway.pact.client import PactClient
from gateway.pact.judge import judge_signature
from gateway.pact.query import Api
from gateway.store.database import Store
from gateway.store.partners import Partner, list_partners
from gateway.store.received import (
    Received,
    add_verification,
    all_received,
    last_number,
    received_numbered,
    unverified,
)
from gateway.trust.issuers import TrustStore

AT_ONCE = 50
LATER = 60 * 1_000_000
"""Microseconds after which a host is asked again that could not be reached."""

ClientFor = Callable[[Partner, Api], PactClient]


@dataclass
class Signatures:
    """Looks for the signatures of footprints that partners sent by event. ``step`` is one round."""

    store: Store
    client_for: ClientFor
    trust: TrustStore | None = None
    _later: dict[int, int] = field(default_factory=dict)
    _done: dict[int, int] = field(default_factory=dict)

    async def step(self) -> int:
        """Ask each open partner for what is missing from it; how many were judged."""
        judged = 0
        for partner, bare in await asyncio.to_thread(self._missing):
            for api in sorted({_api(each) for each in bare}):
                some = [each for each in bare if _api(each) == api]
                judged += await self._ask(partner, api, some)
        return judged

    def _missing(self) -> list[tuple[Partner, list[Received]]]:
        now = self.store.now()
        found: list[tuple[Partner, list[Received]]] = []
        with self.store.read() as connection:
            last = last_number(connection)
            for partner in list_partners(connection):
                number = partner.number
                if partner.closed is not None or self._later.get(number, 0) > now:
                    continue
                after = self._done.get(number, 0)
                bare = unverified(connection, partner.url, AT_ONCE, "event ", after) if after < last else []
                if bare:
                    found.append((partner, bare))
                else:
                    self._done[number] = last  # numbers only grow: what is older is not looked through again
        return found

    async def _ask(self, partner: Partner, api: Api, bare: list[Received]) -> int:
        client: PactClient | None = None
        try:
            client = self.client_for(partner, api)
            for each in bare:
                signature = await client.signature(each.pf_id)
                await asyncio.to_thread(self._judge, each, signature)
        except Refused:
            self._later[partner.number] = self.store.now() + LATER
            return 0
        finally:
            if client is not None:
                await client.close()
        return len(bare)

    def _judge(self, each: Received, signature: bytes | None) -> None:
        found = judge_signature(each.content, signature, self.trust, self.store.clock)
        with self.store.write() as connection:
            add_verification(connection, self.store.now(), each.number, found)


def _api(each: Received) -> Api:
    return "2" if each.model.startswith("2.") else "3"


def verify_again(store: Store, trust: TrustStore | None) -> tuple[int, int]:
    """Judge every kept signature by today's trust; how many there are, and how many verdicts are other ones now."""
    with store.read() as connection:
        signed = [each.number for each in all_received(connection) if each.signature]
    changed = 0
    for number in signed:
        with store.read() as connection:
            each = received_numbered(connection, number)
        found = judge_signature(each.content, (each.signature or "").encode(), trust, store.clock)
        if any(each.verdicts.get(name) != verdict for name, verdict in found.verdicts.items()):
            changed += 1
            with store.write() as connection:
                add_verification(connection, store.now(), number, found)
    return len(signed), changed
