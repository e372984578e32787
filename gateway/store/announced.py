"""Footprints that partners announced and that are to be fetched. Each function runs within its caller's transaction.

A footprint is pending until it is kept among what was received, in one transaction with the word that it is. A worker
leases it before it asks; where that worker dies the lease runs out and another one asks again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from gateway.model.finding import Refused, finding
from gateway.store.events import GIVES_UP, MAX_ERROR, still_open
from gateway.store.log import append
from gateway.store.partners import Partner
from gateway.store.tables.events import announced, partners

MOST_PENDING = 20_000
"""Footprints of one partner that may wait to be fetched."""

_AT_ONCE = 500
"""Numbers named in one statement."""


@dataclass(frozen=True)
class Announced:
    """A footprint to fetch. ``event``: the number in the inbox of who named it; times are moments."""

    number: int
    event: int
    partner: int
    api: str
    pf_id: str
    created: int
    due: int
    gives_up: int
    leased: int
    attempts: int
    state: str
    last_error: str


def has_room(connection: Connection, partner: Partner, api: str, pf_ids: Iterable[str]) -> bool:
    """Whether these footprints of a partner may wait, too; those that wait already take no more room."""
    pending = announced.c.partner == partner.number, announced.c.state == "pending"
    count = connection.execute(select(func.count()).select_from(announced).where(*pending)).scalar_one()
    return int(count) + len(set(pf_ids) - _waiting(connection, partner, api).keys()) <= MOST_PENDING


def _waiting(connection: Connection, partner: Partner, api: str) -> dict[str, int]:
    """The numbers of what no worker has touched yet, by the ids of the footprints."""
    mine = announced.c.partner == partner.number, announced.c.api == api
    untouched = announced.c.state == "pending", announced.c.leased == 0
    query = select(announced.c.pf_id, announced.c.number).where(*mine, *untouched)
    return {row.pf_id: row.number for row in connection.execute(query)}


def note_announced(
    connection: Connection, event: int, partner: Partner, api: str, pf_ids: Iterable[str], now: int
) -> None:
    """Note what an event names, to be fetched at once.

    What waits untouched from an earlier event is fetched once, now and with its full time: it will be what its host
    shows then.
    """
    waiting = _waiting(connection, partner, api)
    times = {"created": now, "due": now, "gives_up": now + GIVES_UP, "leased": 0, "attempts": 0}
    of_event = {"event": event, "partner": partner.number, "api": api, "state": "pending", "last_error": ""}
    named = list(dict.fromkeys(pf_ids))
    again = [waiting[each] for each in named if each in waiting]
    for first in range(0, len(again), _AT_ONCE):
        some = announced.c.number.in_(again[first : first + _AT_ONCE])
        values = {name: times[name] for name in ("due", "gives_up", "attempts")}
        connection.execute(update(announced).where(some).values(**values))
    new = [each for each in named if each not in waiting]
    if new:
        connection.execute(insert(announced), [{**of_event, **times, "pf_id": pf_id} for pf_id in new])


def partners_announcing(connection: Connection, now: int, lease: int) -> list[int]:
    """The partners of whom something can be fetched now."""
    query = select(announced.c.partner).where(*_is_due(now, lease)).distinct()
    return list(connection.execute(query.order_by(announced.c.partner)).scalars())


def claim_announced(
    connection: Connection, partner: int, limit: int, now: int, lease: int
) -> list[Announced]:
    """Take footprints of a partner that are due, for ``lease`` microseconds."""
    wanted = select(announced.c.number).where(*_is_due(now, lease), announced.c.partner == partner)
    wanted = wanted.order_by(announced.c.due, announced.c.number).limit(limit)
    taken = []
    for number in connection.execute(wanted).scalars().all():
        free = announced.c.number == number, *_is_due(now, lease)
        if connection.execute(update(announced).where(*free).values(leased=now + lease)).rowcount == 1:
            taken.append(number)
    rows = connection.execute(
        select(announced).where(announced.c.number.in_(taken)).order_by(announced.c.due)
    )
    return [Announced(**row) for row in rows.mappings()]


def _is_due(now: int, lease: int) -> tuple[Any, ...]:
    free = or_(announced.c.leased <= now, announced.c.leased > now + lease)
    return announced.c.state == "pending", announced.c.due <= now, free


def mark_fetched(connection: Connection, each: Announced) -> bool:
    """It is kept; False where somebody else has it meanwhile."""
    values = {"state": "fetched", "leased": 0, "attempts": each.attempts + 1, "last_error": ""}
    return connection.execute(update(announced).where(*_held(each)).values(**values)).rowcount == 1


def postpone_announced(connection: Connection, each: Announced, due: int, error: str, now: int) -> None:
    """Try again at ``due``; given up where that is beyond its time."""
    if due >= each.gives_up:
        give_up(connection, each, error, now)
        return
    values = {"due": due, "leased": 0, "attempts": each.attempts + 1, "last_error": error[:MAX_ERROR]}
    connection.execute(update(announced).where(*_held(each)).values(**values))


def hold_back(connection: Connection, partner: int, due: int, untried: Iterable[Announced]) -> None:
    """A partner that cannot be reached is asked for nothing else before ``due``; what was taken is given back."""
    for each in untried:
        connection.execute(update(announced).where(*_held(each)).values(leased=0))
    sooner = announced.c.partner == partner, announced.c.state == "pending", announced.c.due < due
    connection.execute(update(announced).where(*sooner).values(due=due))


def give_up(connection: Connection, each: Announced, error: str, now: int, *, tries: int = 1) -> None:
    """Not fetched, after ``tries`` more; it stays in the list until it is asked for again."""
    attempts = each.attempts + tries
    values = {"state": "dead", "leased": 0, "attempts": attempts, "last_error": error[:MAX_ERROR]}
    if connection.execute(update(announced).where(*_held(each)).values(**values)).rowcount:
        append(connection, now, "footprint not fetched", each.pf_id, error=values["last_error"])


def _held(each: Announced) -> tuple[Any, ...]:
    mine = announced.c.number == each.number, announced.c.leased == each.leased
    return *mine, announced.c.state == "pending"


def fetch_again(connection: Connection, number: int, now: int) -> None:
    """What was given up is pending for another 72 hours. Raises Refused: EVENT-NO-FETCH, PARTNER-CLOSED."""
    is_dead = announced.c.number == number, announced.c.state == "dead"
    row = connection.execute(select(announced).where(*is_dead)).mappings().first()
    if row is None:
        raise Refused(finding("EVENT-NO-FETCH", stage="store", number=number))
    partner = still_open(connection, row["partner"])
    values = {"state": "pending", "due": now, "gives_up": now + GIVES_UP, "attempts": 0, "partner": partner}
    connection.execute(update(announced).where(*is_dead).values(**values))


def list_announced(connection: Connection, state: str = "", limit: int = -1) -> list[dict[str, Any]]:
    """What is to be fetched, newest first, with the partner's name."""
    columns = [column for column in announced.c if column.name not in ("partner", "leased")]
    query = select(*columns, partners.c.name.label("party"))
    query = query.join(partners, partners.c.number == announced.c.partner).order_by(announced.c.number.desc())
    query = query.where(announced.c.state == state) if state else query
    query = query.limit(limit) if limit >= 0 else query
    return [dict(row) for row in connection.execute(query).mappings()]


def count_announced(connection: Connection) -> dict[str, int]:
    """How many are in each state."""
    query = select(announced.c.state, func.count()).group_by(announced.c.state)
    return {state: int(count) for state, count in connection.execute(query)}
