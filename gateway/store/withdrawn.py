"""What a client may no longer see is not sent to it either: letters that hold footprints or their ids are withdrawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection, select, update

from gateway.store.log import append
from gateway.store.tables.events import outbox, partners

WITHDRAWN = "EVENT-WITHDRAWN"
ANSWERED = "EVENT-ANSWERED"
NEVER_AGAIN = (WITHDRAWN, ANSWERED)
"""Why a dead letter is not sent again: its receiver may not see it, or has got the letter that it stood in for."""


@dataclass(frozen=True)
class Unsent:
    """A letter that waits for a client's partner, or was given up. ``answers``: the event of the inbox it answers."""

    number: int
    client: int
    partner: int
    type: str
    holds: str
    answers: int | None
    state: str
    leased: int
    body: bytes = field(repr=False)


class Wording(Protocol):
    """Knows what letters say."""

    def may_go(self, connection: Connection, letter: Unsent) -> bool:
        """Whether its client may still see all that it holds."""

    def instead(self, connection: Connection, letter: Unsent) -> None:
        """Write what goes out in place of one that was withdrawn."""


class NoWording:
    """Nothing goes out in place of what is withdrawn, and that is everything: for who cannot read letters."""

    def may_go(self, _connection: Connection, _letter: Unsent) -> bool:
        return False

    def instead(self, _connection: Connection, _letter: Unsent) -> None:
        return None


def withdraw(connection: Connection, client: int, now: int, wording: Wording) -> None:
    """Letters to this client's partner that hold what it may no longer see, dead ones too: none goes out any more.

    Called when a share is taken back or a client is revoked, in the same transaction. What is withdrawn no longer
    counts as the answer to its event, so that another one can be written.
    """
    query = (
        select(outbox, partners.c.client)
        .join(partners, partners.c.number == outbox.c.partner)
        .where(
            partners.c.client == client,
            outbox.c.state.in_(("pending", "dead")),
            outbox.c.holds != "",
            outbox.c.last_error.not_in(NEVER_AGAIN),
        )
    )
    for row in connection.execute(query.order_by(outbox.c.number)).mappings().all():
        letter = Unsent(**{name: row[name] for name in Unsent.__dataclass_fields__})
        if wording.may_go(connection, letter):
            continue
        values = {"state": "dead", "leased": 0, "last_error": WITHDRAWN, "answers": None}
        connection.execute(update(outbox).where(outbox.c.number == letter.number).values(**values))
        append(connection, now, "event given up", row["event_id"], error=WITHDRAWN)
        wording.instead(connection, letter)


def got_through(connection: Connection, number: int, answers: int | None, now: int) -> None:
    """A letter was handed over while it was withdrawn: what stands in for it does not go out, it is the answer."""
    if answers is None:
        return
    instead = outbox.c.answers == answers, outbox.c.number != number, outbox.c.state == "pending"
    event_id = connection.execute(select(outbox.c.event_id).where(*instead)).scalar()
    if event_id is None:
        return
    values = {"state": "dead", "leased": 0, "last_error": ANSWERED, "answers": None}
    connection.execute(update(outbox).where(*instead).values(**values))
    connection.execute(update(outbox).where(outbox.c.number == number).values(answers=answers))
    append(connection, now, "event given up", event_id, error=ANSWERED)
