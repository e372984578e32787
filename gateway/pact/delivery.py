"""The way out of the outbox: each event is tried until its partner has taken it, or for 72 hours.

Before a try the event is leased, so that no other worker tries it meanwhile; after it, one transaction says what
came of it. A process that dies in between leaves the lease to run out: the event goes out again, with the same id and
the same bytes. Each partner has a task, connections and a token of its own: one that hangs holds up nobody else.

What is tried again: no connection, a wrong token, a status such as 404 or 500. The operator of the other side can
mend all of these. What is not: a partner that has read the event and refuses just these bytes (400, 413, 415, 422).
They will never do, so it becomes a dead letter at once, for somebody to look at.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from gateway.model.finding import Finding, Refused, finding
from gateway.pact.addresses import AddressPolicy
from gateway.pact.client import PactClient
from gateway.pact.events import api_of
from gateway.pact.fetch import Fetcher, Limits
from gateway.pact.partner_tasks import PartnerTasks
from gateway.pact.tokens import Credentials
from gateway.store.database import Store
from gateway.store.events import (
    SECOND,
    Letter,
    claim,
    give_back,
    mark_dead,
    mark_delivered,
    partners_with_due,
    postpone,
    postpone_partner,
)
from gateway.store.partners import Partner, partner_numbered
from gateway.store.secret import HostSecret

LOG = logging.getLogger(__name__)

REFUSES_THE_BYTES = frozenset({400, 413, 415, 422})
LONGEST_WAIT = 3600.0
LONGEST_ASKED = 24 * 3600.0
"""Seconds. The waits double from the first to the longest; a partner may ask for a day at most."""

AT_ONCE = 8
"""Events that are under way to one partner at the same time."""


class Sender(Protocol):
    """Hands events of one API to one partner."""

    async def post_event(self, event: bytes) -> None:
        """Returns when the partner has taken it; raises Refused."""

    async def close(self) -> None: ...


Outcomes = list[tuple[Letter, Finding | None]]
"""What came of each try: None where the partner has taken the event."""

SenderFor = Callable[[Partner, str], Sender]
"""The sender to a partner over an API (``3``, ``2``). Raises Refused."""


@dataclass(frozen=True)
class Patience:
    """Seconds for one try in all, and the most before a second try."""

    attempt: float = 90
    first_wait: float = 5

    @property
    def lease(self) -> float:
        """How long a worker may hold events: three tries (the first, one more, the others) and writing it down."""
        return 3.5 * self.attempt


def wait_before(attempts: int, chance: Callable[[], float], asked: float = 0, first: float = 5) -> float:
    """Seconds until the next try: by chance up to 5, 10, 20, … 3600 (full jitter), or longer where asked for.

    At least one second, unless the first wait is shorter anyway.
    """
    most = min(first * 2.0 ** min(attempts, 20), LONGEST_WAIT)
    return max(min(1.0, first), most * chance(), min(asked, LONGEST_ASKED))


def unheard(_result: str) -> None:
    """The result of a try, where nobody counts."""


@dataclass
class Delivery:
    """Delivers what is due. ``step`` is one round; a service calls it again and again."""

    store: Store
    sender_for: SenderFor
    patience: Patience = field(default_factory=Patience)
    chance: Callable[[], float] = random.random
    heard: Callable[[str], None] = unheard
    _tasks: PartnerTasks = field(default_factory=lambda: PartnerTasks("delivery to"))
    _senders: dict[tuple[int, str], Sender] = field(default_factory=dict)

    @property
    def _lease(self) -> int:
        return int(self.patience.lease * SECOND)

    async def step(self) -> bool:
        """Begin a task for each partner that has something due and none yet; whether there is any."""
        due = await asyncio.to_thread(self._due)
        self._tasks.begin(due, self._serve)
        return bool(due)

    async def finish(self) -> None:
        """Wait for what is under way."""
        await self._tasks.finish()

    async def close(self) -> None:
        """Stop what is under way and close every connection; what was not recorded goes out again."""
        await self._tasks.close()
        senders, self._senders = list(self._senders.values()), {}
        for sender in senders:
            await sender.close()

    def _due(self) -> list[int]:
        with self.store.read() as connection:
            return partners_with_due(connection, self.store.now(), self._lease)

    async def _serve(self, number: int) -> None:
        """Deliver to one partner until nothing is due."""
        while letters := await asyncio.to_thread(self._claim, number):
            await self._batch(number, letters)

    def _partner(self, number: int) -> Partner:
        with self.store.read() as connection:
            partner = partner_numbered(connection, number)
        assert partner is not None  # a foreign key of the outbox
        return partner

    def _claim(self, number: int) -> list[Letter]:
        """The next events of a partner; those whose time is over are given up instead."""
        now = self.store.now()
        with self.store.write() as connection:
            taken = claim(connection, number, AT_ONCE, now, self._lease)
            for letter in taken:
                if letter.gives_up <= now:
                    mark_dead(connection, letter, letter.last_error or "EVENT-TOO-LATE", now, tries=0)
        return [letter for letter in taken if letter.gives_up > now]

    async def _batch(self, number: int, letters: list[Letter]) -> None:
        """The first goes ahead; where the partner cannot be reached, the others wait without a try.

        Where the first met this before, one more goes ahead: the fault may be of that event alone.
        """
        partner = await asyncio.to_thread(self._partner, number)
        first, *others = letters
        outcomes: Outcomes = [(first, await self._try(partner, first))]
        if first.attempts and others and _is_down(outcomes) and not _is_busy(outcomes[0][1]):
            probe = min(others, key=lambda letter: letter.attempts)
            others.remove(probe)
            outcomes.append((probe, await self._try(partner, probe)))
        if not _is_down(outcomes):
            told = await asyncio.gather(*(self._try(partner, letter) for letter in others))
            outcomes += zip(others, told, strict=True)
            others = []
        await asyncio.to_thread(self._record, outcomes, others)

    async def _try(self, partner: Partner, letter: Letter) -> Finding | None:
        """None where the partner has taken it, else why not."""
        try:
            async with asyncio.timeout(self.patience.attempt):
                await self._sender(partner, api_of(letter.type)).post_event(letter.body)
        except TimeoutError:
            return finding("FETCH-TIMEOUT", stage="fetch", host=partner.name)
        except Refused as refused:
            found = refused.findings[0]
            taken = found.rule == "PULL-EVENT" and 200 <= _status(found) < 300  # 202 and 204 say yes, too
            return None if taken else found
        except Exception as error:  # a defect of ours is a failed try like any other, and is seen in the list
            return finding("EVENT-DEFECT", stage="fetch", kind=type(error).__name__)
        return None

    def _sender(self, partner: Partner, api: str) -> Sender:
        key = partner.number, api
        if key not in self._senders:
            self._senders[key] = self.sender_for(partner, api)
        return self._senders[key]

    def _record(self, outcomes: Outcomes, untried: list[Letter]) -> None:
        now = self.store.now()
        with self.store.write() as connection:
            down_until = 0
            for letter, fault in outcomes:
                if fault is None:
                    mark_delivered(connection, letter, now)
                elif fault.rule == "PULL-EVENT" and _status(fault) in REFUSES_THE_BYTES:
                    mark_dead(connection, letter, told(fault), now)
                else:
                    down_until = max(down_until, self._again(connection, letter, fault, now))
            if _is_down(outcomes):
                postpone_partner(connection, outcomes[0][0].partner, down_until)
            give_back(connection, untried)
        for _, fault in outcomes:
            result = "delivered" if fault is None else "unreachable" if _of_partner(fault) else "refused"
            self.heard(result)
            LOG.info("event %s: partner %d", result, outcomes[0][0].partner)

    def _again(self, connection: Connection, letter: Letter, fault: Finding, now: int) -> int:
        """When it is due again."""
        seconds = wait_before(letter.attempts, self.chance, asked(fault), self.patience.first_wait)
        due = now + int(seconds * SECOND)
        if due >= letter.gives_up:
            mark_dead(connection, letter, told(fault), now)
        else:
            postpone(connection, letter, due, told(fault))
        return due


def _is_down(outcomes: Outcomes) -> bool:
    """Whether the partner asks for time, or none of these events got through to it."""
    faults = [fault for _, fault in outcomes]
    return any(map(_is_busy, faults)) or all(fault is not None and _of_partner(fault) for fault in faults)


def _is_busy(fault: Finding | None) -> bool:
    return fault is not None and fault.rule == "FETCH-BUSY"


def _of_partner(fault: Finding) -> bool:
    """Whether it says that the partner cannot be reached at all, whatever the event."""
    return fault.rule != "PULL-EVENT"


def _status(fault: Finding) -> int:
    return int(fault.values.get("status", "0"))


def asked(fault: Finding) -> float:
    """Retry-After of the partner, in seconds."""
    return float(fault.values.get("wait", "0")) if fault.rule == "FETCH-BUSY" else 0.0


def told(fault: Finding) -> str:
    """A fault as it is kept: its rule and its status, and nothing that the partner said."""
    status = fault.values.get("status")
    return f"{fault.rule} {status}" if status else fault.rule


def sender_of(secret: HostSecret, fetcher: Callable[[], Fetcher]) -> SenderFor:
    """Senders over the network: a client of the partner's host, with our token there.

    Each call goes to an address that was checked just then (`connecting`), follows no redirect, and is one try.
    ``fetcher``: makes one for each partner, so that no partner waits for a connection that another one has.
    """

    def sender(partner: Partner, api: str) -> Sender:
        credentials = Credentials(partner.client_id, partner.secret(secret))
        return PactClient(
            partner.url,
            credentials,
            api="2" if api == "2" else "3",
            auth_url=partner.auth_url,
            fetcher=fetcher(),
        )

    return sender


def fetcher_of(
    policy: AddressPolicy, ca_file: Path | None, patience: Patience, body: int = 1_000_000
) -> Fetcher:
    """One way out for one partner: a try may ask for discovery, a token and the event, a third of the time each.

    ``body``: the most bytes of an answer.
    """
    whole = patience.attempt / 3
    limits = Limits(piece=min(30, whole), whole=whole, body=body, tries=1)
    return Fetcher(policy, ca_file=ca_file, limits=limits)
