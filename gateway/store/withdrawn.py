"""What a client may no longer see is not sent to it either: letters that hold footprints are withdrawn."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from gateway.store.log import append
from gateway.store.tables.events import outbox, partners

WITHDRAWN = "EVENT-WITHDRAWN"


def withdraw(connection: Connection, client: int, now: int) -> None:
    """Answers of footprints that wait for this client's partner, dead ones too: none of them goes out any more.

    Called when a share is taken back or a client is revoked, in the same transaction. Whoever is still entitled to
    some of it can ask again.
    """
    its_partners = select(partners.c.number).where(partners.c.client == client)
    waiting = (
        outbox.c.partner.in_(its_partners),
        outbox.c.state.in_(("pending", "dead")),
        outbox.c.type.like("%Fulfilled%"),
        outbox.c.last_error != WITHDRAWN,
    )
    for row in connection.execute(select(outbox.c.number, outbox.c.event_id).where(*waiting)).all():
        values = {"state": "dead", "leased": 0, "last_error": WITHDRAWN}
        connection.execute(update(outbox).where(outbox.c.number == row.number).values(**values))
        append(connection, now, "event given up", row.event_id, error=WITHDRAWN)
