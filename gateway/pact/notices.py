"""Telling partners that a footprint is new or has changed: a PublishedEvent for whoever may see it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from gateway.pact.events import HOLDS, MAX_IDS, TYPES, published_data, write_event
from gateway.pact.models import newest_v2
from gateway.store.clients import viewers
from gateway.store.events import Outgoing, put_out
from gateway.store.footprints import own_body
from gateway.store.partners import Partner, partner_of_client


def partners_to_tell(
    connection: Connection, pf_ids: Iterable[str], news_in_v2: Iterable[str] = ()
) -> list[tuple[Partner, list[str]]]:
    """The partners whose client may see any of these footprints, and which: those said in their version of PACT.

    ``news_in_v2``: footprints of which only those of version 2 have not been told.
    """
    told: dict[int, tuple[Partner, list[str]]] = {}
    everybody = [(pf_id, ("2", "3")) for pf_id in pf_ids]
    for pf_id, models in (*everybody, *((pf_id, ("2",)) for pf_id in news_in_v2)):
        for client in viewers(connection, pf_id):
            partner = partner_of_client(connection, client.number)
            if partner is not None and partner.model in models and said_to(connection, partner, [pf_id]):
                told.setdefault(partner.number, (partner, []))[1].append(pf_id)
    return list(told.values())


def announce(
    connection: Connection, pf_ids: Iterable[str], source: str, now: int, news_in_v2: Iterable[str] = ()
) -> int:
    """Put one PublishedEvent for each partner into the outbox; how many. ``source``: our own base URL.

    In the transaction that publishes: either both happen or neither (PACT 3.0, action events).
    """
    letters = partners_to_tell(connection, pf_ids, news_in_v2)
    for partner, seen in letters:
        tell(connection, partner, seen, source, now)
    return len(letters)


def tell(connection: Connection, partner: Partner, pf_ids: Sequence[str], source: str, now: int) -> None:
    """Tell one partner, in as many events as it takes."""
    event_type = TYPES[partner.model]["published"]
    for first in range(0, len(pf_ids), MAX_IDS):
        event_id = str(uuid.uuid4())
        data = published_data(pf_ids[first : first + MAX_IDS])
        body = write_event(event_type, event_id, source, now, data)
        put_out(
            connection, Outgoing(event_id, partner.number, event_type, body, None, HOLDS["published"]), now
        )


def said_to(connection: Connection, partner: Partner, pf_ids: Iterable[str]) -> list[str]:
    """Those that can be said in the partner's version of PACT."""
    if partner.model == "3":
        return list(pf_ids)
    older = newest_v2() or ""
    return [each for each in pf_ids if own_body(connection, each, older) is not None]
