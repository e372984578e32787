"""Footprints that others gave us, and how far each pull came.

What came is kept as it came, right or wrong, with what was found in it; nothing is written over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, cast, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from gateway.model.finding import Finding, Refused, finding
from gateway.store.log import append
from gateway.store.personal import commit
from gateway.store.tables.personal import commitments, personal
from gateway.store.tables.received import pulls, received, verifications

AT_ONCE = 500
"""Ids in one question to the database."""

RESUMED_WITHIN = 3600 * 1_000_000
"""Microseconds. A link to a next page holds for 180 s at least; a listing of last week is begun anew."""


@dataclass(frozen=True)
class Arrival:
    """A footprint that came, and what was found in it. ``via``: ``pull``, or the id of an event.

    ``pf_id`` in lower case, empty where it states no UUID. ``verdicts``: schema, rules, purpose, signature, issuer,
    status; ``signature``: the detached one that came with it.
    """

    source: str
    pf_id: str
    model: str
    content: bytes = field(repr=False)
    via: str
    verdicts: Mapping[str, str]
    findings: tuple[Finding, ...] = ()
    signature: str | None = None

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Received(Arrival):
    """The same as it is kept. ``received`` is a moment; a list leaves the content out."""

    number: int = 0
    received: int = 0
    kept_digest: str = ""

    @property
    def digest(self) -> str:
        return self.kept_digest


def keep_received(connection: Connection, now: int, arrival: Arrival) -> bool:
    """Keep a footprint and write it into the log; False where the same source has given just these bytes before."""
    row = {
        "source": arrival.source,
        "pf_id": arrival.pf_id,
        "model": arrival.model,
        "digest": arrival.digest,
        "content": arrival.content,
        "signature": arrival.signature,
        "received": now,
        "via": arrival.via,
        "verdicts": json.dumps(dict(arrival.verdicts)),
        "findings": json.dumps([_to_json(item) for item in arrival.findings], ensure_ascii=False),
    }
    try:
        with connection.begin_nested():  # another process may be pulling the same
            key = connection.execute(insert(received).values(**row)).inserted_primary_key
    except IntegrityError:
        return False
    assert key is not None
    made = commit(
        connection, "received", str(key[0]), f"pact.footprint@{arrival.model}", arrival.content, now
    )
    told = {"digest": made.digest, "signature": made.to_signature(arrival.signature)}
    subject = arrival.pf_id or made.digest
    append(connection, now, "received", subject, **told, source=arrival.source, via=arrival.via)
    return True


@dataclass(frozen=True)
class Verified:
    """What became of a signature: the verdicts signature, issuer and status, and why. None: there is none."""

    signature: str | None
    verdicts: Mapping[str, str]
    findings: tuple[Finding, ...] = ()


class Known(NamedTuple):
    """What is known of a footprint: its number, what was found in it, its signature."""

    number: int
    findings: tuple[Finding, ...]
    signature: str | None


def known(connection: Connection, source: str, pf_ids: Iterable[str]) -> dict[str, Known]:
    """By digest: what this source has given under any of these ids."""
    wanted = sorted(set(pf_ids))
    found: dict[str, Known] = {}
    for start in range(0, len(wanted), AT_ONCE):
        here = received.c.source == source, received.c.pf_id.in_(wanted[start : start + AT_ONCE])
        for each in _read(connection, *here, contents=False):
            found[each.digest] = Known(each.number, each.findings, each.signature)
    return found


def given_before(connection: Connection, source: str, pf_id: str, model: str) -> list[Received]:
    """What this source has given under an id and in a data model, newest first."""
    same = received.c.source == source, received.c.pf_id == pf_id, received.c.model == model
    return list(_read(connection, *same, newest_first=True))


def erased_paths(
    connection: Connection, source: str, pf_ids: Iterable[str]
) -> list[tuple[bytes, tuple[str, ...]]]:
    """What this source gave under these ids and from which values were erased: as it is kept, and where they stood."""
    number_of = cast(commitments.c.key, received.c.number.type)
    gone = commitments.c.place == "received", commitments.c.erased.is_not(None), personal.c.salt.is_(None)
    query = (
        select(received.c.number, received.c.content, personal.c.path)
        .select_from(commitments)
        .join(personal, personal.c.commitment == commitments.c.number)
        .join(received, received.c.number == number_of)
        .where(*gone, received.c.source == source, received.c.pf_id.in_(sorted(set(pf_ids))))
    )
    found: dict[int, tuple[bytes, tuple[str, ...]]] = {}
    for row in connection.execute(query):
        _, paths = found.get(row.number, (b"", ()))
        found[row.number] = bytes(row.content), (*paths, row.path)
    return list(found.values())


def all_received(connection: Connection, source: str = "") -> Iterator[Received]:
    """Everything that was received, in the order in which it came; the contents are left out."""
    return _read(connection, *([received.c.source == source] if source else []), contents=False)


def find_received(connection: Connection, wanted: str) -> list[Received]:
    """By id or digest, newest first. Raises Refused (PULL-UNKNOWN)."""
    text = wanted.strip().lower()
    here = or_(received.c.pf_id == text, received.c.digest == text)
    found = list(_read(connection, here, newest_first=True)) if text else []
    if not found:
        raise Refused(finding("PULL-UNKNOWN", stage="store", wanted=wanted))
    return found


def last_number(connection: Connection) -> int:
    """The number of what came last; 0 where nothing has come."""
    return int(connection.execute(select(func.max(received.c.number))).scalar() or 0)


def unverified(
    connection: Connection, source: str, limit: int, via: str = "", after: int = 0
) -> list[Received]:
    """Footprints of a source, with an id, that came without a signature and that none was looked for since.

    ``via``: how their ``via`` begins; ``after``: only those with a higher number.
    """
    unasked = verifications.c.number.is_(None), received.c.number > after
    bare = received.c.source == source, received.c.signature.is_(None), received.c.pf_id != ""
    came = [received.c.via.startswith(via, autoescape=True)] if via else []
    return list(_read(connection, *bare, *unasked, *came, limit=limit))


def received_numbered(connection: Connection, number: int) -> Received:
    return next(_read(connection, received.c.number == number))


def add_verification(connection: Connection, now: int, number: int, found: Verified) -> None:
    """Note what was found when the signature of a footprint was judged, and write it into the log."""
    of = received_numbered(connection, number)
    row = {
        "received": number,
        "at": now,
        "signature": found.signature,
        "verdicts": json.dumps(dict(found.verdicts)),
        "findings": json.dumps([_to_json(item) for item in found.findings], ensure_ascii=False),
    }
    connection.execute(insert(verifications).values(**row))
    append(connection, now, "verified", of.pf_id, received=number, verdicts=dict(found.verdicts))


def _read(
    connection: Connection,
    *where: ColumnElement[bool],
    newest_first: bool = False,
    contents: bool = True,
    limit: int | None = None,
) -> Iterator[Received]:
    """Footprints as they were kept, each with its newest verification."""
    of_it = verifications.c.received == received.c.number
    newest = select(func.max(verifications.c.number)).where(of_it).correlate(received).scalar_subquery()
    later = [
        verifications.c[name].label(f"later_{name}")
        for name in ("number", "signature", "verdicts", "findings")
    ]
    columns = [column for column in received.c if contents or column.name != "content"]
    order = received.c.number.desc() if newest_first else received.c.number
    query = (
        select(*columns, *later)
        .outerjoin(verifications, of_it & (verifications.c.number == newest))
        .where(*where)
        .order_by(order)
        .limit(limit)
    )
    for row in connection.execute(query).mappings():
        yield _received({"content": b"", **row})


@dataclass
class Tally:
    """What a pull has seen. ``errors`` and ``warnings`` count footprints; ``first``: the first page's part of it."""

    pages: int = 0
    new: int = 0
    known: int = 0
    errors: int = 0
    warnings: int = 0
    first: dict[str, int] = field(default_factory=dict)


@dataclass
class Pull:
    """How far a pull came. ``next_url``: the page that is to be asked for next."""

    number: int
    source: str
    query: str
    tally: Tally
    next_url: str | None = None
    etag: str | None = None


def begin_pull(connection: Connection, now: int, source: str, query: str) -> Pull:
    """A new pull; or the one that was cut short within the hour, to go on with."""
    same = pulls.c.source == source, pulls.c.query == query
    last = connection.execute(select(pulls).where(*same).order_by(pulls.c.number.desc()).limit(1)).first()
    if last is not None and last.finished is None and last.next_url and last.started >= now - RESUMED_WITHIN:
        return Pull(last.number, source, query, Tally(**json.loads(last.tally)), last.next_url, last.etag)
    values = {"source": source, "query": query, "started": now, "tally": json.dumps(vars(Tally()))}
    key = connection.execute(insert(pulls).values(**values)).inserted_primary_key
    assert key is not None
    return Pull(int(key[0]), source, query, Tally())


def last_finished(connection: Connection, source: str, query: str) -> Pull | None:
    """The last pull of the same question that came to its end."""
    same = pulls.c.source == source, pulls.c.query == query, pulls.c.finished.is_not(None)
    row = connection.execute(select(pulls).where(*same).order_by(pulls.c.number.desc()).limit(1)).first()
    return (
        None
        if row is None
        else Pull(row.number, source, query, Tally(**json.loads(row.tally)), None, row.etag)
    )


def save_pull(connection: Connection, now: int, pull: Pull, *, finished: bool) -> None:
    """Write down how far a pull came, in the transaction that keeps what it brought."""
    values: dict[str, Any] = {
        "next_url": pull.next_url,
        "etag": pull.etag,
        "tally": json.dumps(vars(pull.tally)),
        "finished": now if finished else None,
    }
    connection.execute(update(pulls).where(pulls.c.number == pull.number).values(**values))
    if finished:
        counts = {name: count for name, count in vars(pull.tally).items() if name != "first"}
        append(connection, now, "pulled", pull.source, query=pull.query, **counts)


def _received(row: Mapping[str, Any]) -> Received:
    verdicts, found, signature = json.loads(row["verdicts"]), _findings(row["findings"]), row["signature"]
    if row["later_number"] is not None:
        verdicts |= json.loads(row["later_verdicts"])
        found = (*(item for item in found if item.stage != "verify"), *_findings(row["later_findings"]))
        signature = row["later_signature"] or signature
    return Received(
        source=row["source"],
        pf_id=row["pf_id"],
        model=row["model"],
        content=bytes(row["content"]),
        via=row["via"],
        verdicts=verdicts,
        findings=found,
        signature=signature,
        number=row["number"],
        received=row["received"],
        kept_digest=row["digest"],
    )


def _to_json(item: Finding) -> dict[str, Any]:
    kept = {"rule": item.rule, "severity": item.severity, "stage": item.stage, "path": item.path}
    return kept | {"origin": item.origin, "line": item.line, "values": dict(item.values)}


def _findings(text: str) -> tuple[Finding, ...]:
    return tuple(Finding(**each) for each in json.loads(text))
