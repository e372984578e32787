"""Which footprint on offer is the past version of which: by what the newer one says (``precedingPfIds``).

PACT 3.0 calls the status Active "the most recent version" and the ids in ``precedingPfIds`` "past versions of the
current PCF": what is named there is no longer Active, whichever of the two was published first. That a past version
is of the same product of the same company follows from "the current PCF"; no rule of PACT spells it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, union

from gateway.store.tables.footprints import footprints, successions, terms


class Succession(NamedTuple):
    """Two footprints on offer, the newer of which names the older, which is still Active. Ids.

    ``apart``: what the two have none of in common, ``company`` or ``product``; empty where they fit.
    """

    older: str
    newer: str
    apart: str


def note_preceding(connection: Connection, footprint: int, older: Iterable[str]) -> None:
    """Keep which ids a footprint names, so that one of them is known for a past version when it comes."""
    rows = [{"older": pf_id, "footprint": footprint} for pf_id in sorted(set(older))]
    if rows:
        connection.execute(insert(successions), rows)


def pending(connection: Connection, pf_id: str) -> Iterator[Succession]:
    """The successions that a footprint is part of, as the newer or the older one, and that were not followed yet."""
    newer, older = footprints.alias(), footprints.alias()
    query = (
        select(older.c.pf_id, older.c.number, newer.c.pf_id.label("by"), newer.c.number.label("by_number"))
        .select_from(successions)
        .join(newer, newer.c.number == successions.c.footprint)
        .join(older, older.c.pf_id == successions.c.older)
        .where(older.c.status == "Active")
    )
    parts = (query.where(older.c.pf_id == pf_id), query.where(newer.c.pf_id == pf_id))
    for row in connection.execute(union(*parts)).all():
        yield Succession(row.pf_id, row.by, _apart(connection, row.number, row.by_number))


def turns_back(connection: Connection, pf_id: str) -> bool:
    """Whether the past versions of a footprint, and theirs, lead back to it."""
    named = footprints.alias()
    of_it = select(successions.c.older).join(footprints, footprints.c.number == successions.c.footprint)
    past = of_it.where(footprints.c.pf_id == pf_id).cte(recursive=True)
    further = (
        select(successions.c.older)
        .join(named, named.c.number == successions.c.footprint)
        .join(past, past.c.older == named.c.pf_id)
    )
    past = past.union(further)
    return connection.execute(select(past.c.older).where(past.c.older == pf_id)).first() is not None


def _apart(connection: Connection, one: int, other: int) -> str:
    for kind in ("company", "product"):
        theirs = select(terms.c.value).where(terms.c.footprint == other, terms.c.kind == kind)
        same = terms.c.footprint == one, terms.c.kind == kind, terms.c.value.in_(theirs)
        if connection.execute(select(terms.c.value).where(*same).limit(1)).first() is None:
            return kind
    return ""
