"""Events that came in and events that are to go out. Each function runs within the transaction of its caller.

An event is in the inbox before it is answered with 200. Handling it and writing the answer to the outbox is one
transaction. What is in the outbox has its bytes and its id for good; only when it is due changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, or_, select, update

from gateway.model.finding import Refused, finding
from gateway.store.log import append
from gateway.store.partners import open_partner, partner_numbered
from gateway.store.personal import commit
from gateway.store.tables.events import inbox, outbox, partners, requests
from gateway.store.tables.footprints import clients
from gateway.store.withdrawn import NEVER_AGAIN, got_through

SECOND = 1_000_000
GIVES_UP = 72 * 3600 * SECOND
"""How long an event is tried (PACT 3.0, events: it SHOULD be abandoned after 72 hours)."""

MAX_ERROR = 500
MOST_WAITING = 10_000
"""Events of one client that may wait to be handled."""

State = Literal["new", "waiting", "done", "quarantined"]
Holds = Literal["footprints", "ids", ""]


@dataclass(frozen=True)
class Incoming:
    """An event as it came; ``body``: its bytes. ``client`` is who proved to be its sender."""

    client: int
    event_id: str
    source: str
    type: str
    body: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Kept(Incoming):
    """The same as it is kept. ``received`` is a moment, ``note`` names rules."""

    number: int = 0
    received: int = 0
    state: str = "new"
    note: str = ""


def accept(connection: Connection, event: Incoming, now: int, most: int = MOST_WAITING) -> bool:
    """Keep an event; False where just this one is kept already. ``most``: of one client that may wait to be handled.

    An event is told by its sender, its source and its id (CloudEvents 1.0:3.1.1). Raises Refused (EVENT-CONFLICT)
    where other bytes came under them before: what was accepted is never written over; EVENT-INBOX-FULL.
    """
    same = inbox.c.client == event.client, inbox.c.source == event.source, inbox.c.event_id == event.event_id
    held = connection.execute(select(inbox.c.digest).where(*same)).scalar()
    if held is not None:
        if held == event.digest:
            return False
        raise Refused(finding("EVENT-CONFLICT", "/id", stage="read", id=event.event_id))
    waiting = inbox.c.client == event.client, inbox.c.state.in_(("new", "waiting"))
    counted = select(inbox.c.number).where(*waiting).limit(most).subquery()
    if int(connection.execute(select(func.count()).select_from(counted)).scalar_one()) >= most:
        raise Refused(finding("EVENT-INBOX-FULL", stage="store", most=most))
    row = {name: getattr(event, name) for name in ("client", "event_id", "source", "type", "digest", "body")}
    key = connection.execute(
        insert(inbox).values(**row, received=now, state="new", note="")
    ).inserted_primary_key
    assert key is not None
    digest = commit(connection, "inbox", str(key[0]), "pact.event", event.body, now).digest
    append(connection, now, "event received", event.event_id, digest=digest, type=event.type)
    return True


def is_client(connection: Connection, number: int) -> bool:
    """Whether a sender has not been revoked since."""
    current = clients.c.number == number, clients.c.revoked.is_(None)
    return connection.execute(select(clients.c.number).where(*current)).first() is not None


def new_events(connection: Connection, limit: int) -> list[Kept]:
    """The next events that nothing was done about, the oldest first of each client by turns: none waits for another's."""
    is_new = inbox.c.state == "new"
    first = select(func.min(inbox.c.number)).where(is_new, inbox.c.client == clients.c.number)
    oldest = first.correlate(clients).scalar_subquery()
    senders = select(clients.c.number).where(oldest.is_not(None)).order_by(oldest).limit(limit)
    turns: list[tuple[int, int]] = []
    for client in connection.execute(senders).scalars().all():
        its = select(inbox.c.number).where(is_new, inbox.c.client == client)
        numbers = connection.execute(its.order_by(inbox.c.number).limit(limit)).scalars()
        turns += enumerate(numbers)
    chosen = [number for _, number in sorted(turns)[:limit]]
    query = select(inbox).where(inbox.c.number.in_(chosen)).order_by(inbox.c.number)
    return [_kept(dict(row)) for row in connection.execute(query).mappings()]


def settle(connection: Connection, event: Kept, state: State, now: int, *notes: str) -> bool:
    """Say what became of a new event; False where another worker has said so already."""
    values = {"state": state, "note": " ".join(notes)}
    is_new = inbox.c.number == event.number, inbox.c.state == "new"
    if connection.execute(update(inbox).where(*is_new).values(**values)).rowcount != 1:
        return False
    if state != "done":
        append(connection, now, f"event {state}", event.event_id, note=values["note"])
    return True


@dataclass(frozen=True)
class Outgoing:
    """An event that is to go out; its bytes are settled. ``answers``: the number of the event it answers.

    ``holds`` says what it tells that only some may see: ``footprints``, their ``ids``, or nothing.
    """

    event_id: str
    partner: int
    type: str
    body: bytes = field(repr=False)
    answers: int | None = None
    holds: Holds = ""


def put_out(connection: Connection, event: Outgoing, now: int, not_before: int = 0) -> None:
    """Put an event into the outbox, due at once or at a moment."""
    row = vars(event) | {
        "created": now,
        "due": max(now, not_before),
        "gives_up": now + GIVES_UP,
        "state": "pending",
    }
    new = insert(outbox).values(**row, last_error="", leased=0, attempts=0)
    key = connection.execute(new).inserted_primary_key
    assert key is not None
    digest = commit(connection, "outbox", str(key[0]), "pact.event", event.body, now).digest
    append(connection, now, "event written", event.event_id, digest=digest, type=event.type)


@dataclass(frozen=True)
class Letter(Outgoing):
    """An event of the outbox. Times are moments; ``last_error`` names the rule that says why a try failed."""

    number: int = 0
    created: int = 0
    due: int = 0
    gives_up: int = 0
    leased: int = 0
    attempts: int = 0
    state: str = "pending"
    delivered: int | None = None
    last_error: str = ""


def partners_with_due(connection: Connection, now: int, lease: int) -> list[int]:
    """The partners for whom something can be tried now."""
    query = select(outbox.c.partner).where(*_is_due(now, lease)).distinct().order_by(outbox.c.partner)
    return [row.partner for row in connection.execute(query)]


def claim(connection: Connection, partner: int, limit: int, now: int, lease: int) -> list[Letter]:
    """Take events of a partner that are due, for ``lease`` microseconds: nobody else takes them until then.

    The update asks once more whether each is free, so two workers never hold one at the same time.
    """
    wanted = select(outbox.c.number).where(*_is_due(now, lease), outbox.c.partner == partner)
    numbers = connection.execute(wanted.order_by(outbox.c.due, outbox.c.number).limit(limit)).scalars().all()
    taken = []
    for number in numbers:
        free = outbox.c.number == number, *_is_due(now, lease)
        if connection.execute(update(outbox).where(*free).values(leased=now + lease)).rowcount == 1:
            taken.append(number)
    rows = connection.execute(select(outbox).where(outbox.c.number.in_(taken)).order_by(outbox.c.due))
    return [_letter(dict(row)) for row in rows.mappings()]


def _is_due(now: int, lease: int) -> tuple[Any, ...]:
    """Pending, due, and not held by a worker. A lease beyond the longest is one of a clock that was set back."""
    free = or_(outbox.c.leased <= now, outbox.c.leased > now + lease)
    return outbox.c.state == "pending", outbox.c.due <= now, free


def mark_delivered(connection: Connection, letter: Letter, now: int) -> None:
    """The partner has taken it."""
    values = {
        "state": "delivered",
        "delivered": now,
        "leased": 0,
        "attempts": letter.attempts + 1,
        "last_error": "",
    }
    undelivered = outbox.c.number == letter.number, outbox.c.state != "delivered"
    if connection.execute(update(outbox).where(*undelivered).values(**values)).rowcount:
        append(connection, now, "event delivered", letter.event_id)
        got_through(connection, letter.number, letter.answers, now)


def postpone(connection: Connection, letter: Letter, due: int, error: str) -> None:
    """Try again later, where the worker still holds it."""
    values = {"due": due, "leased": 0, "attempts": letter.attempts + 1, "last_error": error[:MAX_ERROR]}
    connection.execute(update(outbox).where(*_held(letter)).values(**values))


def give_back(connection: Connection, letters: Iterable[Letter]) -> None:
    """Events that were taken and not tried."""
    for letter in letters:
        connection.execute(update(outbox).where(*_held(letter)).values(leased=0))


def postpone_partner(connection: Connection, partner: int, due: int) -> None:
    """A partner that cannot be reached is not tried with its other events meanwhile."""
    sooner = outbox.c.partner == partner, outbox.c.state == "pending", outbox.c.due < due
    connection.execute(
        update(outbox).where(*sooner).values(due=due)
    )  # an event beyond its limit is given up by then


def mark_dead(connection: Connection, letter: Letter, error: str, now: int, *, tries: int = 1) -> None:
    """Give up, after ``tries`` more. It stays in the list of dead letters until it is sent again."""
    attempts = letter.attempts + tries
    values = {"state": "dead", "leased": 0, "attempts": attempts, "last_error": error[:MAX_ERROR]}
    if connection.execute(update(outbox).where(*_held(letter)).values(**values)).rowcount:
        append(connection, now, "event given up", letter.event_id, error=error[:MAX_ERROR])


def _held(letter: Letter) -> tuple[Any, ...]:
    return outbox.c.number == letter.number, outbox.c.state == "pending", outbox.c.leased == letter.leased


def retry(connection: Connection, number: int, now: int) -> Letter:
    """A dead letter is pending again, with its bytes and its id, for another 72 hours.

    Where its partner was closed, it goes to the open partner of the same name and client. Raises Refused:
    EVENT-UNKNOWN for what is no dead letter, EVENT-WITHDRAWN where its receiver may no longer see it,
    EVENT-ANSWERED where it stood in for a letter that was delivered, PARTNER-CLOSED where there is no such partner.
    """
    is_dead = outbox.c.number == number, outbox.c.state == "dead"
    row = connection.execute(select(outbox).where(*is_dead)).mappings().first()
    if row is None:
        raise Refused(finding("EVENT-UNKNOWN", stage="store", number=number))
    if row["last_error"] in NEVER_AGAIN:
        raise Refused(finding(row["last_error"], stage="store", number=number))
    partner = still_open(connection, row["partner"])
    values = {"state": "pending", "due": now, "leased": 0, "gives_up": now + GIVES_UP, "partner": partner}
    connection.execute(update(outbox).where(*is_dead).values(**values))
    append(connection, now, "event sent again", row["event_id"])
    return _letter({**row, **values})


def still_open(connection: Connection, number: int) -> int:
    """The partner, or where it was closed the open one of the same name and client. Raises Refused (PARTNER-CLOSED)."""
    before = partner_numbered(connection, number)
    assert before is not None
    if before.closed is None:
        return number
    after = open_partner(connection, before.name)
    if after is None or after.client != before.client:
        raise Refused(finding("PARTNER-CLOSED", stage="store", name=before.name))
    return after.number


def add_request(connection: Connection, event: Outgoing, now: int) -> None:
    """Note that we ask a partner for footprints, and put the event that asks into the outbox."""
    row = {"event_id": event.event_id, "partner": event.partner, "body": event.body, "created": now}
    connection.execute(insert(requests).values(**row, state="open"))
    put_out(connection, event, now)


def request_of(connection: Connection, client: int, event_id: str) -> dict[str, Any] | None:
    """What we asked the partner that is this client for, under that id; a request to anyone else is not found."""
    query = (
        select(requests.c.number, requests.c.state, requests.c.answer, requests.c.event_id)
        .join(partners, partners.c.number == requests.c.partner)
        .where(partners.c.client == client, requests.c.event_id == event_id)
    )
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def answer_request(connection: Connection, number: int, state: str, answer: int, now: int) -> bool:
    """A request has its answer; False where it has one already."""
    is_open = requests.c.number == number, requests.c.state == "open"
    values = {"state": state, "answer": answer, "answered": now}
    return connection.execute(update(requests).where(*is_open).values(**values)).rowcount == 1


def list_inbox(connection: Connection, state: str = "", limit: int = -1) -> list[dict[str, Any]]:
    """What came in, newest first, without bodies, with the client's name and id."""
    return _listed(connection, inbox, state, limit)


def list_outbox(connection: Connection, state: str = "", limit: int = -1) -> list[dict[str, Any]]:
    """What goes out, newest first, without bodies, with the partner's name."""
    return _listed(connection, outbox, state, limit)


def _listed(connection: Connection, table: Any, state: str, limit: int) -> list[dict[str, Any]]:
    other = partners if table is outbox else clients
    link = table.c.partner if table is outbox else table.c.client
    columns = [column for column in table.c if column.name not in ("body", "partner", "client")]
    query = select(*columns, other.c.name.label("party"), func.length(table.c.body).label("size"))
    query = query.join(other, other.c.number == link).order_by(table.c.number.desc())
    query = query.where(table.c.state == state) if state else query
    query = query.limit(limit) if limit >= 0 else query
    return [dict(row) for row in connection.execute(query).mappings()]


def _kept(row: dict[str, Any]) -> Kept:
    row.pop("digest")
    return Kept(**{**row, "body": bytes(row["body"])})


def _letter(row: dict[str, Any]) -> Letter:
    return Letter(**{**row, "body": bytes(row["body"])})


def count_outbox(connection: Connection) -> dict[str, int]:
    """How many events of the outbox are in each state."""
    query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    return {state: int(count) for state, count in connection.execute(query)}


def oldest_waiting(connection: Connection, now: Callable[[], int]) -> float:
    """Seconds since the oldest event was written that still waits to be delivered; 0 where none does."""
    query = select(func.min(outbox.c.created)).where(outbox.c.state == "pending")
    written = connection.execute(query).scalar()
    return 0 if written is None else (now() - int(written)) / SECOND


def reopen(connection: Connection, number: int, now: int) -> None:
    """Take up an event again that was kept aside. Raises Refused (EVENT-NOT-ASIDE)."""
    aside = inbox.c.number == number, inbox.c.state == "quarantined"
    event_id = connection.execute(select(inbox.c.event_id).where(*aside)).scalar()
    if event_id is None:
        raise Refused(finding("EVENT-NOT-ASIDE", stage="store", number=number))
    connection.execute(update(inbox).where(*aside).values(state="new", note=""))
    append(connection, now, "event reopened", event_id)
