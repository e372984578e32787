"""Footprints on offer: published, deprecated, found one by one. Pages are in `pages`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from gateway.model.finding import Refused, finding
from gateway.store.clients import show_new
from gateway.store.log import append
from gateway.store.personal import commit
from gateway.store.prepared import Prepared
from gateway.store.succession import note_preceding
from gateway.store.tables.footprints import bodies, footprints, revisions, shares, terms, visible


@dataclass(frozen=True)
class Body:
    """The bytes of one data model, as they are served, and their detached signature."""

    content: bytes
    signature: str | None = None

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Offer:
    """A footprint as it is put on offer. Times are moments (microseconds since 1970, UTC).

    ``bodies``: data model to bytes; ``3.0`` always, ``2.3`` where the footprint can be said in it.
    ``terms``: what it is found by, pairs of kind and value: product, company, class, geography, country, cpc.
    ``preceding``: the ids that it names as its past versions, in lower case.
    ``valid_start`` and ``valid_end``: as stated, or the fallback of PACT (end of the period, three years).
    """

    pf_id: str
    status: str
    bodies: Mapping[str, Body]
    terms: frozenset[tuple[str, str]]
    created: int
    updated: int
    period_start: int
    period_end: int
    valid_start: int
    valid_end: int
    preceding: tuple[str, ...] = ()


def publish(connection: Connection, offer: Offer, now: int) -> bool:
    """Put a footprint on offer; False where it is on offer already.

    It is the same where its bytes of data model 3.0 are; those of others are made from them. Raises Refused
    (STORE-IMMUTABLE) where its id stands for other bytes: a changed footprint is a new id.
    """
    held = connection.execute(select(footprints).where(footprints.c.pf_id == offer.pf_id)).mappings().first()
    if held is not None:
        if _first_digest(connection, held["number"]) == offer.bodies["3.0"].digest:
            return False
        raise Refused(finding("STORE-IMMUTABLE", stage="store", footprint=offer.pf_id))
    row = {name: getattr(offer, name) for name in _FOUND_BY}
    row |= {"pf_id": offer.pf_id, "head": 1, "status": offer.status, "has_v2": has_v2(offer.bodies)}
    row["validity"] = offer.valid_end - offer.valid_start
    made = connection.execute(insert(footprints).values(**row)).inserted_primary_key
    assert made is not None
    number = int(made[0])
    digest = _add_revision(connection, number, 1, offer.bodies, now, "published")
    pairs = {(kind, value.lower()) for kind, value in offer.terms}
    pairs |= {
        ("all", ""),
        ("footprint", offer.pf_id),
        ("status", offer.status.lower()),
        *_models(offer.bodies),
    }
    rows = [{"footprint": number, "kind": kind, "value": value} for kind, value in sorted(pairs)]
    connection.execute(insert(terms), rows)
    note_preceding(connection, number, offer.preceding)
    show_new(connection, number)
    append(connection, now, "published", offer.pf_id, digest=digest)
    return True


_FOUND_BY = ("created", "updated", "period_start", "period_end", "valid_start", "valid_end")


def revise(
    connection: Connection, pf_id: str, status: str, new: Mapping[str, Body], now: int, reason: str
) -> None:
    """A new revision of a footprint, for a change of its status: the older bytes stay beside it."""
    row = connection.execute(select(footprints).where(footprints.c.pf_id == pf_id)).mappings().first()
    if row is None:
        raise Refused(finding("STORE-NO-FOOTPRINT", stage="store", footprint=pf_id))
    number, revision = row["number"], row["head"] + 1
    digest = _add_revision(connection, number, revision, new, now, reason)
    here = footprints.c.number == number
    values = {"head": revision, "status": status, "updated": now, "has_v2": has_v2(new)}
    connection.execute(update(footprints).where(here).values(**values))
    _find_by(connection, number, {("status", status.lower()), *_models(new)})
    append(connection, now, reason, pf_id, digest=digest, revision=revision)


def complete(connection: Connection, pf_id: str, whole: Mapping[str, Body], now: int) -> dict[str, str]:
    """Add what a footprint on offer lacks; returns it by data model: ``body``, or ``signature`` of one held already.

    Bytes that are on offer stay as they are, signatures too: a new revision repeats them. Nothing is added where
    ``whole`` is of other bytes in data model 3.0.
    """
    row = connection.execute(select(footprints).where(footprints.c.pf_id == pf_id)).mappings().one()
    held = _bodies_of(connection, row["number"], row["head"])
    if held["3.0"].content != whole["3.0"].content:
        return {}
    added = {model: body for model, body in whole.items() if _adds(body, held.get(model))}
    if added:
        revise(connection, pf_id, row["status"], {**held, **added}, now, "completed")
    return {model: "signature" if model in held else "body" for model in added}


def _adds(body: Body, held: Body | None) -> bool:
    if held is None:
        return True
    return held.signature is None and body.signature is not None and held.content == body.content


def _bodies_of(connection: Connection, number: int, revision: int) -> dict[str, Body]:
    query = select(bodies).where(bodies.c.footprint == number, bodies.c.revision == revision)
    return {row.model: Body(bytes(row.content), row.signature) for row in connection.execute(query)}


def _newest() -> Select[tuple[bytes, str | None]]:
    of_head = (bodies.c.footprint == footprints.c.number) & (bodies.c.revision == footprints.c.head)
    return (
        select(bodies.c.content, bodies.c.signature)
        .join(footprints, of_head)
        .where(footprints.c.pf_id == bindparam("pf_id"), bodies.c.model == bindparam("model"))
    )


_ALL: ColumnElement[str] = literal_column("'all'")
_NONE: ColumnElement[str] = literal_column("''")
_OWN = Prepared(_newest())
_SEEN = Prepared(
    _newest().where(
        or_(
            exists().where(
                shares.c.client == bindparam("client"), shares.c.kind == _ALL, shares.c.value == _NONE
            ),
            exists().where(
                visible.c.client == bindparam("client"),
                visible.c.kind == _ALL,
                visible.c.value == _NONE,
                visible.c.footprint == footprints.c.number,
            ),
        )
    )
)


def body_of(connection: Connection, client: int, pf_id: str, model: str) -> Body | None:
    """The newest bytes of a footprint, where this client may see it; one answer for unknown and not shared."""
    row = _SEEN.run(connection, {"client": client, "pf_id": pf_id, "model": model}).first()
    return Body(bytes(row.content), row.signature) if row else None


def is_unsigned(connection: Connection, pf_id: str) -> bool:
    """Whether a footprint is on offer without a signature, in the data model in which one is made."""
    body = own_body(connection, pf_id)
    return body is not None and body.signature is None


def own_body(connection: Connection, pf_id: str, model: str = "3.0") -> Body | None:
    """The newest bytes of a footprint for the house itself, whoever may see it."""
    row = _OWN.run(connection, {"pf_id": pf_id, "model": model}).first()
    return Body(bytes(row.content), row.signature) if row else None


def has_v2(offered: Mapping[str, Body]) -> bool:
    return any(model.startswith("2.") for model in offered)


def _models(offered: Mapping[str, Body]) -> set[tuple[str, str]]:
    """What a query for a data model finds it by; 3.0 every footprint has."""
    return {("model", model) for model in offered if model != "3.0"}


def _find_by(connection: Connection, number: int, pairs: set[tuple[str, str]]) -> None:
    """Replace its status and its models among the terms, for everybody who sees it."""
    changing = ("status", "model")
    seen_by = select(visible.c.client).where(visible.c.footprint == number, visible.c.kind == "all")
    watchers = [row.client for row in connection.execute(seen_by)]
    for table in (terms, visible):
        connection.execute(delete(table).where(table.c.footprint == number, table.c.kind.in_(changing)))
    rows = [{"footprint": number, "kind": kind, "value": value} for kind, value in sorted(pairs)]
    connection.execute(insert(terms), rows)
    seen = [{**row, "client": client} for row in rows for client in watchers]
    if seen:
        connection.execute(insert(visible), seen)


def _add_revision(
    connection: Connection, number: int, revision: int, new: Mapping[str, Body], now: int, reason: str
) -> str:
    """Store the bodies; the digest of 3.0 that may stand in the log (`personal.commit`)."""
    key = {"footprint": number, "revision": revision}
    connection.execute(insert(revisions).values(**key, made=now, reason=reason))
    rows = [
        {**key, "model": model, "digest": b.digest, "content": b.content, "signature": b.signature}
        for model, b in new.items()
    ]
    connection.execute(insert(bodies), rows)
    digests = {
        model: commit(
            connection, "bodies", f"{number}/{revision}/{model}", f"pact.footprint@{model}", b.content, now
        )
        for model, b in new.items()
    }
    return digests["3.0"]


def _first_digest(connection: Connection, number: int) -> str | None:
    first = bodies.c.footprint == number, bodies.c.revision == 1, bodies.c.model == "3.0"
    return connection.execute(select(bodies.c.digest).where(*first)).scalar()
