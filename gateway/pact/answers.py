"""What is done about events that came in: a request is answered, an answer is matched with its request.

For each event one transaction says that it is done and, where it asks for something, puts exactly one answer into
the outbox. A process that dies in between has done nothing; the next one begins again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway.model.finding import Refused
from gateway.pact.callbacks import is_source
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
    fulfilled_data,
    read_event,
    rejected_data,
    write_event,
)
from gateway.pact.judge import Circumstances, judge, keep
from gateway.store.announced import has_room, note_announced
from gateway.store.database import Store, StoreFailed
from gateway.store.events import (
    Kept,
    Outgoing,
    answer_request,
    is_client,
    new_events,
    put_out,
    request_of,
    settle,
)
from gateway.store.log import has_since, last_number
from gateway.store.pages import Position, page
from gateway.store.partners import Partner, partner_of_client
from gateway.store.received import Arrival
from gateway.trust.issuers import TrustStore

TAKEN_BACK = ("unshared", "client revoked")
"""Entries of the log after which a client may see less."""

AT_ONCE = 16
MOST_FOOTPRINTS = 1000
MOST_BYTES = 8_000_000
"""Of the footprints in one answer; hosts of this kind take bodies of 10 MB."""

Act = Callable[[Connection], None]
"""What is done about one event, within a transaction."""


@dataclass(frozen=True)
class Desk:
    """Where events are handled. ``source``: the address of this host, as its own events name it."""

    store: Store
    source: str
    trust: TrustStore | None = None
    new_id: Callable[[], str] = field(default=lambda: str(uuid.uuid4()))

    def work(self, limit: int = AT_ONCE) -> int:
        """Handle the next new events; how many there were. Raises what the database raises."""
        with self.store.read() as connection:
            waiting, known = new_events(connection, limit), last_number(connection)
        if not waiting:
            return 0
        acts = [(kept, self._act_for(kept)) for kept in waiting]
        try:
            self._do([act for _, act in acts], known)  # one wait for the disk for all of them
        except (SQLAlchemyError, StoreFailed):
            raise
        except Exception:  # one of them: each by itself, so that it is the one that stands aside
            for kept, act in acts:
                self._alone(kept, act, known)
        return len(waiting)

    def _do(self, acts: list[Act], known: int) -> None:
        """In one transaction; not at all where a share was taken back since they were worked out: what was found
        may no longer be shared, so the events stay new and are worked out anew. ``known``: the log's length then.
        """
        with self.store.write() as connection:
            if not has_since(connection, known, TAKEN_BACK):
                for act in acts:
                    act(connection)

    def _alone(self, kept: Kept, act: Act, known: int) -> None:
        """An event that cannot be settled stands aside; it does not hold up those behind it."""
        try:
            self._do([act], known)
        except (SQLAlchemyError, StoreFailed):
            raise
        except Exception as error:
            with self.store.write() as connection:
                self._defect(kept, error)(connection)

    def _act_for(self, kept: Kept) -> Act:
        """What is to be done about an event, worked out before the transaction that does it."""
        try:
            event = read_event(kept.body, api_of(kept.type))
            with self.store.read() as connection:
                partner = partner_of_client(connection, kept.client)
            if partner is None:
                return self._without_partner(kept, event)
            if event.kind == "created":
                return self._answer(kept, event, partner)
            if event.kind == "published":
                return self._hear(kept, event, partner)
            return self._match(kept, event, partner)
        except (SQLAlchemyError, StoreFailed):
            raise
        except Exception as error:
            if isinstance(error, Refused) and error.findings[0].rule.startswith("STORE-"):
                raise
            return self._defect(kept, error)

    def _defect(self, kept: Kept, error: Exception) -> Act:
        def act(connection: Connection) -> None:
            settle(connection, kept, "quarantined", self.store.now(), f"EVENT-DEFECT:{type(error).__name__}")

        return act

    def _without_partner(self, kept: Kept, event: Event) -> Act:
        """A request waits until its client has an address; an answer from who was never asked is set aside."""

        def act(connection: Connection) -> None:
            if partner_of_client(connection, kept.client) is not None:
                return  # it has just been registered: the event stays new
            if event.kind in ("created", "published"):
                settle(connection, kept, "waiting", self.store.now(), "EVENT-NO-PARTNER")
            else:
                settle(connection, kept, "quarantined", self.store.now(), "EVENT-UNASKED")

        return act

    def _answer(self, kept: Kept, event: Event, partner: Partner) -> Act:
        now = self.store.now()
        kind, data = self._found(kept, event)
        event_id = self.new_id()
        written, holds = TYPES[event.api][kind], HOLDS[kind]
        body = write_event(written, event_id, self.source, now, data)

        def act(connection: Connection) -> None:
            if settle(connection, kept, "done", now, *_notes(event, partner)):
                put_out(
                    connection, Outgoing(event_id, partner.number, written, body, kept.number, holds), now
                )

        return act

    def _found(self, kept: Kept, event: Event) -> tuple[Kind, bytes]:
        """The kind of the answer and its data: what this client may see of what it asked for, or why not.

        Never a part of it: who asked could not tell that something is missing.
        """
        with self.store.read(long=True) as connection:
            if not is_client(connection, kept.client):
                return _rejected(event, *NO_CLIENT)
            contents, complete = self._search(connection, kept.client, event)
        if not complete:
            said = f"More footprints match than one answer holds ({MOST_FOOTPRINTS}, or {MOST_BYTES} bytes). "
            return _rejected(
                event, "BadRequest", said + f"Name more criteria, or list them at /{event.api}/footprints."
            )
        if not contents:
            return _rejected(event, *NO_FOOTPRINT)
        return "fulfilled", fulfilled_data(event.id, contents)

    def _search(self, connection: Connection, client: int, event: Event) -> tuple[list[bytes], bool]:
        assert event.query is not None
        contents: list[bytes] = []
        position: Position | None = None
        size = 0
        while True:
            found = page(connection, client, event.query, MOST_FOOTPRINTS + 1 - len(contents), position)
            contents += found.contents
            size += sum(map(len, found.contents))
            if len(contents) > MOST_FOOTPRINTS or size > MOST_BYTES:
                return [], False
            position = found.after
            if position is None:
                return contents, True

    def _hear(self, kept: Kept, event: Event, partner: Partner) -> Act:
        """What it names is to be fetched (`gateway.pact.announced`)."""

        def act(connection: Connection) -> None:
            now = self.store.now()
            if not has_room(connection, partner, event.api, event.pf_ids):
                settle(connection, kept, "quarantined", now, "EVENT-TOO-MUCH")
            elif settle(connection, kept, "done", now, *_notes(event, partner)):
                note_announced(connection, kept.number, partner, event.api, event.pf_ids, now)

        return act

    def _match(self, kept: Kept, event: Event, partner: Partner) -> Act:
        """An answer to what this very partner was asked, the first one: its footprints are checked and kept.

        Any other stays in quarantine and is never shown as an answer.
        """
        awaited = self._is_awaited(kept, event)
        arrivals = list(self._judged(kept, event, partner)) if awaited and event.kind == "fulfilled" else []

        def act(connection: Connection) -> None:
            now = self.store.now()
            asked = request_of(connection, kept.client, event.request_id)
            if asked is None or asked["state"] != "open":
                settle(connection, kept, "quarantined", now, "EVENT-ANSWERED" if asked else "EVENT-UNASKED")
            elif not awaited:
                return  # asked meanwhile: the event stays new, to be judged
            elif settle(connection, kept, "done", now, *_notes(event, partner)):
                answer_request(connection, asked["number"], event.kind, kept.number, now)
                for arrival in arrivals:
                    keep(connection, now, arrival)

        return act

    def _is_awaited(self, kept: Kept, event: Event) -> bool:
        with self.store.read() as connection:
            asked = request_of(connection, kept.client, event.request_id)
        return asked is not None and asked["state"] == "open"

    def _judged(self, kept: Kept, event: Event, partner: Partner) -> Iterator[Arrival]:
        """The footprints of an answer in the bytes they came in, judged before the transaction begins."""
        how = Circumstances(partner.url, event.api, f"event {kept.number}", self.trust, self.store.clock)
        for content in footprints_of(kept.body):
            yield judge(Footprint(content), how)


def _notes(event: Event, partner: Partner) -> tuple[str, ...]:
    return () if is_source(event.source, partner.url) else ("EVENT-OTHER-SOURCE",)


def _rejected(event: Event, code: str, message: str) -> tuple[Kind, bytes]:
    return "rejected", rejected_data(event.id, code, message)
