"""What we asked partners for, and what they answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from gateway.store.tables.events import inbox, partners, requests
from gateway.store.tables.received import received


@dataclass(frozen=True)
class Asked:
    """A request. state: open, fulfilled, rejected; times are moments.

    ``answer``: the event that answered it, as it came; ``footprints``: (id, digest) of what that event brought.
    """

    event_id: str
    partner: str
    body: bytes = field(repr=False)
    created: int
    state: str
    answered: int | None
    answer: bytes | None = field(repr=False)
    footprints: tuple[tuple[str, str], ...] = ()


def list_requests(connection: Connection, partner: str = "") -> list[Asked]:
    """Every request, in the order in which they were made."""
    columns = requests.c.event_id, requests.c.body, requests.c.created, requests.c.state, requests.c.answered
    query = (
        select(*columns, partners.c.name, inbox.c.body.label("answer"), inbox.c.number.label("by"))
        .join(partners, partners.c.number == requests.c.partner)
        .outerjoin(inbox, inbox.c.number == requests.c.answer)
        .order_by(requests.c.number)
    )
    if partner:
        query = query.where(partners.c.name == partner)
    return [
        Asked(
            event_id=row.event_id,
            partner=row.name,
            body=bytes(row.body),
            created=row.created,
            state=row.state,
            answered=row.answered,
            answer=None if row.answer is None else bytes(row.answer),
            footprints=_brought(connection, row.by),
        )
        for row in connection.execute(query).all()
    ]


def _brought(connection: Connection, event: int | None) -> tuple[tuple[str, str], ...]:
    if event is None:
        return ()
    query = select(received.c.pf_id, received.c.digest).where(received.c.via == f"event {event}")
    return tuple((row.pf_id, row.digest) for row in connection.execute(query.order_by(received.c.number)))
