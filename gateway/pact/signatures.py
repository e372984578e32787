"""Signatures that did not come with their footprint: fetched from the host that gave it, and judged.

An event carries footprints and no signatures. A gateway of this kind keeps them beside its footprints, so that what an
answer brought is verified like what a pull brought.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.model.finding import Refused
from gateway.pact.client import PactClient
from gateway.pact.judge import judge_signature
from gateway.store.database import Store
from gateway.store.partners import Partner, list_partners
from gateway.store.received import Received, add_verification, all_received, received_numbered, unverified
from gateway.trust.issuers import TrustStore

AT_ONCE = 50
LATER = 60 * 1_000_000
"""Microseconds after which a host is asked again that could not be reached."""

ClientFor = Callable[[Partner], PactClient]


@dataclass
class Signatures:
    """Looks for the signatures of footprints that partners sent by event. ``step`` is one round."""

    store: Store
    client_for: ClientFor
    trust: TrustStore | None = None
    _later: dict[int, int] = field(default_factory=dict)

    async def step(self) -> int:
        """Ask each open partner for what is missing from it; how many were judged."""
        with self.store.read() as connection:
            partners = [each for each in list_partners(connection) if each.closed is None]
        judged = 0
        for partner in partners:
            if self._later.get(partner.number, 0) <= self.store.now():
                judged += await self._of(partner)
        return judged

    async def _of(self, partner: Partner) -> int:
        with self.store.read() as connection:
            bare = unverified(connection, partner.url, AT_ONCE, "event ")
        if not bare:
            return 0
        client: PactClient | None = None
        try:
            client = self.client_for(partner)
            for each in bare:
                self._judge(each, await client.signature(each.pf_id))
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
