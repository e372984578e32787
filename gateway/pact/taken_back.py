"""What goes out in place of letters that hold what their receiver may no longer see.

An answer becomes a Rejected: who asked gets one answer in every case (PACT 3.0, action events). An announcement names
what may still be seen, or is not made. What was given up before stays so. A letter that is being handed over meanwhile
may get through: the one in its place waits until that worker's time is over, and does not go where it has.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from sqlalchemy import Connection

from gateway.pact.client import Footprint
from gateway.pact.events import (
    HOLDS,
    NO_CLIENT,
    NO_FOOTPRINT,
    TYPES,
    Event,
    Kind,
    api_of,
    footprints_of,
    published_data,
    read_event,
    rejected_data,
    write_event,
)
from gateway.store.clients import seen_by
from gateway.store.events import Outgoing, is_client, put_out
from gateway.store.withdrawn import Unsent


@dataclass(frozen=True)
class TakenBack:
    """Reads letters, and writes what goes instead, at ``now``: made for one transaction."""

    now: int
    _seen: dict[int, set[str]] = field(default_factory=dict, init=False, repr=False)

    def may_go(self, connection: Connection, letter: Unsent) -> bool:
        return set(_named(letter)) <= self._seen_by(connection, letter.client)

    def instead(self, connection: Connection, letter: Unsent) -> None:
        if letter.state != "pending":
            return
        event = _read(letter)
        if event.kind == "fulfilled":
            code, said = NO_FOOTPRINT if is_client(connection, letter.client) else NO_CLIENT
            self._put(connection, letter, event, "rejected", rejected_data(event.request_id, code, said))
            return
        seen = self._seen_by(connection, letter.client)
        left = [each for each in event.pf_ids if each in seen]
        if left:
            self._put(connection, letter, event, "published", published_data(left))

    def _seen_by(self, connection: Connection, client: int) -> set[str]:
        """What a client may see now; looked up once, however many letters wait for it."""
        if client not in self._seen:
            self._seen[client] = seen_by(connection, client) if is_client(connection, client) else set()
        return self._seen[client]

    def _put(self, connection: Connection, letter: Unsent, event: Event, kind: Kind, data: bytes) -> None:
        event_id, written = str(uuid.uuid4()), TYPES[event.api][kind]
        body = write_event(written, event_id, event.source, self.now, data)
        new = Outgoing(event_id, letter.partner, written, body, letter.answers, HOLDS[kind])
        put_out(
            connection, new, self.now, letter.leased
        )  # where it is being handed over just now, that counts


def _read(letter: Unsent) -> Event:
    return read_event(letter.body, api_of(letter.type))


def _named(letter: Unsent) -> list[str]:
    """The ids of the footprints that a letter holds or names."""
    if letter.holds == "ids":
        return _read(letter).pf_ids
    return [Footprint(content).pf_id for content in footprints_of(letter.body)]
