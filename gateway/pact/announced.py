"""What a partner announced (PublishedEvent) is fetched from its registered address and kept as a pull keeps it.

Each footprint is asked for by its id, over the API of the event that named it; an event never says where. What cannot
be had is asked for again with growing waits, for 72 hours; an id that its host does not show (404, 403) a few times
only. The others go on meanwhile. A process that dies between fetching and keeping has kept nothing: the lease runs
out, the footprint is fetched again, and one that is known by its bytes is kept once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

from gateway.model.finding import Finding, Refused, finding
from gateway.pact.addresses import AddressPolicy
from gateway.pact.client import PactClient
from gateway.pact.delivery import Patience, asked, fetcher_of, told, unheard, wait_before
from gateway.pact.fetch import Fetcher
from gateway.pact.judge import Circumstances
from gateway.pact.partner_tasks import PartnerTasks
from gateway.pact.query import Api
from gateway.pact.signatures import ClientFor
from gateway.pact.taking import Looked, Taking
from gateway.pact.tokens import Credentials
from gateway.store.announced import (
    Announced,
    claim_announced,
    give_up,
    hold_back,
    mark_fetched,
    partners_announcing,
    postpone_announced,
)
from gateway.store.database import Store
from gateway.store.events import SECOND
from gateway.store.partners import Partner, partner_numbered
from gateway.store.secret import HostSecret
from gateway.trust.issuers import TrustStore

LOG = logging.getLogger(__name__)

AT_ONCE = 8
MOST_BYTES = 10_000_000
"""Of one footprint."""

NOT_SHOWN_TRIES = 10
"""Times that an id is asked for that its host does not show: about an hour, for a host that announces too early."""

_NOT_SHOWN = frozenset({"PULL-NOT-FOUND", "PULL-DENIED"})
_OF_ONE = _NOT_SHOWN | {
    "PULL-STATUS",
    "PULL-JSON",
    "PULL-NOT-JSON",
    "PULL-NO-DATA",
    "PULL-OTHER-ID",
    "FETCH-TOO-LARGE",
    "FETCH-ENCODING",
    "FETCH-REDIRECT",
    "EVENT-DEFECT",
}
"""What says nothing of the partner's other footprints."""


@dataclass(frozen=True)
class Outcome:
    """What a try came to: a footprint that was judged, or why there is none."""

    each: Announced
    taking: Taking | None = None
    looked: Looked | None = None
    fault: Finding | None = None

    @property
    def is_down(self) -> bool:
        """Whether it says that the partner cannot be reached at all, whatever is asked for."""
        return self.fault is not None and self.fault.rule not in _OF_ONE

    @property
    def result(self) -> str:
        """In one word, for the figures."""
        return "fetched" if self.fault is None else "not shown" if self.fault.rule in _NOT_SHOWN else "failed"


def _may_be_of_one(outcomes: list[Outcome]) -> bool:
    """Whether the last fault may be one of its id alone: the partner did not ask for time, nor failed just before."""
    *before, last = outcomes
    assert last.fault is not None
    return last.fault.rule != "FETCH-BUSY" and not (before and before[-1].is_down)


@dataclass
class Announcements:
    """Fetches what partners announced. ``step`` is one round; each partner has a task of its own."""

    store: Store
    client_for: ClientFor
    trust: TrustStore | None = None
    patience: Patience = field(default_factory=Patience)
    chance: Callable[[], float] = random.random
    heard: Callable[[str], None] = unheard
    _tasks: PartnerTasks = field(default_factory=lambda: PartnerTasks("fetching from"))

    @property
    def _lease(self) -> int:
        return int((AT_ONCE + 1) * self.patience.attempt * SECOND)  # one after another, and kept at the end

    async def step(self) -> bool:
        """Begin a task for each partner of whom something is due and that has none; whether there is any."""
        due = await asyncio.to_thread(self._due)
        self._tasks.begin(due, self._serve)
        return bool(due)

    async def finish(self) -> None:
        """Wait for what is under way."""
        await self._tasks.finish()

    async def close(self) -> None:
        """Stop what is under way; what was not kept is fetched again."""
        await self._tasks.close()

    def _due(self) -> list[int]:
        with self.store.read() as connection:
            return partners_announcing(connection, self.store.now(), self._lease)

    async def _serve(self, number: int) -> None:
        """Fetch from one partner until nothing is due."""
        ways = _Ways(self, await asyncio.to_thread(self._partner, number))
        try:
            while wanted := await asyncio.to_thread(self._claim, number):
                await self._batch(ways, wanted)
        finally:
            await ways.close()

    def _partner(self, number: int) -> Partner:
        with self.store.read() as connection:
            partner = partner_numbered(connection, number)
        assert partner is not None  # a foreign key
        return partner

    def _claim(self, number: int) -> list[Announced]:
        now = self.store.now()
        with self.store.write() as connection:
            taken = claim_announced(connection, number, AT_ONCE, now, self._lease)
            for each in taken:
                if each.gives_up <= now:
                    give_up(connection, each, each.last_error or "EVENT-TOO-LATE", now, tries=0)
        return [each for each in taken if each.gives_up > now]

    async def _batch(self, ways: _Ways, wanted: list[Announced]) -> None:
        """One after another; where the partner cannot be reached, the others wait without a try.

        Where it cannot be reached for an id that met this before, one more is tried: the fault may be of that id.
        """
        outcomes: list[Outcome] = []
        first, *others = wanted
        for each in (first, *sorted(others, key=lambda other: other.attempts)):
            outcomes.append(await self._try(ways, each))
            if outcomes[-1].is_down and not (each.attempts and _may_be_of_one(outcomes)):
                break
        tried = {outcome.each.number for outcome in outcomes}
        untried = [each for each in wanted if each.number not in tried]
        await asyncio.to_thread(self._record, ways.partner, outcomes, untried)

    async def _try(self, ways: _Ways, each: Announced) -> Outcome:
        try:
            async with asyncio.timeout(self.patience.attempt):
                taking = ways.taking(each)
                footprint = await taking.client.footprint(each.pf_id)
                if footprint.pf_id != each.pf_id:
                    return Outcome(
                        each, fault=finding("PULL-OTHER-ID", stage="fetch", host=taking.client.host)
                    )
                return Outcome(each, taking, await taking.look([footprint]))
        except TimeoutError:
            return Outcome(each, fault=finding("FETCH-TIMEOUT", stage="fetch", host=ways.partner.name))
        except Refused as refused:
            return Outcome(each, fault=refused.findings[0])
        except Exception as error:  # a defect of ours holds up nothing else, and is seen in the list
            return Outcome(each, fault=finding("EVENT-DEFECT", stage="fetch", kind=type(error).__name__))

    def _record(self, partner: Partner, outcomes: list[Outcome], untried: list[Announced]) -> None:
        """In one transaction: what came is kept and done with, what did not is put off."""
        down_until = 0
        with self.store.write() as connection:
            now = self.store.now()
            for outcome in outcomes:
                each, fault = outcome.each, outcome.fault
                if fault is None:
                    if mark_fetched(connection, each):
                        assert outcome.taking is not None
                        assert outcome.looked is not None
                        outcome.taking.keep(connection, now, outcome.looked)
                elif fault.rule in _NOT_SHOWN and each.attempts + 1 >= NOT_SHOWN_TRIES:
                    give_up(connection, each, told(fault), now)
                else:
                    first = self.patience.first_wait
                    seconds = wait_before(each.attempts, self.chance, asked(fault), first)
                    due = now + int(seconds * SECOND)
                    postpone_announced(connection, each, due, told(fault), now)
                    down_until = max(down_until, due) if outcome.is_down else down_until
            if outcomes[-1].is_down:
                hold_back(connection, partner.number, down_until, untried)
        for outcome in outcomes:
            self.heard(outcome.result)
            LOG.info("announced footprint %s: partner %d", outcome.result, partner.number)


@dataclass
class _Ways:
    """The clients of one partner's host, an API each, and how what each event named is taken in."""

    owner: Announcements
    partner: Partner
    clients: dict[str, PactClient] = field(default_factory=dict)
    takings: dict[int, Taking] = field(default_factory=dict)

    def taking(self, each: Announced) -> Taking:
        """Raises Refused where there is no way."""
        if each.api not in self.clients:
            self.clients[each.api] = self.owner.client_for(self.partner, cast(Api, each.api))
        if each.event not in self.takings:
            client, store = self.clients[each.api], self.owner.store
            via = f"event {each.event}"
            how = Circumstances(str(client.base), client.api, via, self.owner.trust, store.clock)
            self.takings[each.event] = Taking(store, client, how)
        return self.takings[each.event]

    async def close(self) -> None:
        for client in self.clients.values():
            await client.close()


def client_for(secret: HostSecret, fetcher: Callable[[], Fetcher]) -> ClientFor:
    """Clients of partners' hosts, at their registered address, with our token there."""

    def client(partner: Partner, api: Api) -> PactClient:
        credentials = Credentials(partner.client_id, partner.secret(secret))
        return PactClient(partner.url, credentials, api=api, auth_url=partner.auth_url, fetcher=fetcher())

    return client


def announcements_of(
    store: Store,
    secret: HostSecret,
    policy: AddressPolicy,
    ca_file: Path | None,
    trust: TrustStore | None,
    patience: Patience,
) -> Announcements:
    """Over the network."""
    fetcher = partial(fetcher_of, policy, ca_file, patience, MOST_BYTES)
    return Announcements(store, client_for(secret, fetcher), trust, patience)
