"""Asking a partner for footprints: the event, and the note that we asked, in one transaction.

The event goes out by the outbox, so a request is asked once, however often either side is stopped in between.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Connection

from gateway.formats.json_reader import write_compact
from gateway.model.finding import Refused, finding
from gateway.pact.events import TYPES, write_event
from gateway.pact.query import Api, Query
from gateway.store.events import Outgoing, add_request
from gateway.store.partners import Partner


def ask(
    connection: Connection, partner: Partner, query: Query, source: str, now: int, comment: str = ""
) -> str:
    """Ask a partner for footprints; the id of the event that asks. ``source``: our own base URL, for the answer.

    Raises Refused: PULL-NOTHING-ASKED for a query without a criterion, which would ask for everything;
    PULL-FILTER, PULL-INSTANT.
    """
    data = wanted(query, partner.model)
    if not data or data == {"pf": {}}:
        raise Refused(finding("PULL-NOTHING-ASKED", stage="serve"))
    if comment:
        data["comment"] = comment
    event_id = str(uuid.uuid4())
    event_type = TYPES[partner.model]["created"]
    body = write_event(event_type, event_id, source, now, write_compact(data))
    add_request(connection, Outgoing(event_id, partner.number, event_type, body), now)
    return event_id


def wanted(query: Query, api: Api) -> dict[str, Any]:
    """The criteria of a request: the filters of API 3, or the part of a footprint (``pf``) that API 2 asks by."""
    return query.criteria() if api == "3" else {"pf": query.fragment()}
