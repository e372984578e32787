"""The log of exchanges: written in the same transaction as what it tells of, verified from its first entry.

Each entry carries the digest of the one before it: what is changed, left out or put in between shows. That the
last entries were cut off shows by checkpoints, which are signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any, NamedTuple

import rfc8785
from sqlalchemy import Connection, func, insert, literal_column, select

from gateway.formats.json_reader import write_compact
from gateway.store.prepared import Prepared
from gateway.store.tables.base import instant_of
from gateway.store.tables.log import checkpoints, log
from gateway.trust.envelope import Clock, new_statement, utc_text
from gateway.trust.keys import PublicKey, SigningKey
from gateway.trust.signing import MEDIA_JSON, sign_document
from gateway.trust.verifying import verify_document

FIRST = "sha256:" + "0" * 64
_AT_ONCE = 1_000


class Checkpoint(NamedTuple):
    """A signed state of the log: the entry, whether the log still has it so, and who signed it."""

    number: int
    at: int
    holds: bool
    signer: str
    digest: str = ""


def append(connection: Connection, now: int, kind: str, subject: str, **body: Any) -> str:
    """Add an entry and return its digest. ``body`` names things and digests, never documents or persons.

    Only within `Store.write`: there is one writer at a time, so the log has no gaps and no forks.
    """
    last = connection.execute(
        select(log.c.number, log.c.digest).order_by(log.c.number.desc()).limit(1)
    ).first()
    number, previous = (last.number + 1, last.digest) if last else (1, FIRST)
    entry = {
        "number": number,
        "at": now,
        "kind": kind,
        "subject": subject,
        "body": rfc8785.dumps(body).decode(),
        "previous": previous,
    }
    digest = digest_of(entry)
    connection.execute(log.insert().values(**entry, digest=digest))
    return digest


def head(connection: Connection) -> str:
    """The digest of the last entry: it stands for all that happened; that of a store without any is empty."""
    return str(_HEAD.run(connection, {}).scalar() or "")


def digest_at(connection: Connection, number: int) -> str:
    """The digest of an entry; empty where there is none."""
    return str(connection.execute(select(log.c.digest).where(log.c.number == number)).scalar() or "")


_HEAD = Prepared(select(log.c.digest).order_by(log.c.number.desc()).limit(literal_column("1")))


def digest_of(entry: Mapping[str, Any]) -> str:
    """The digest of an entry: SHA-256 over the canonical JSON of all its members but the digest."""
    members = {name: str(value) for name, value in entry.items() if name != "digest"}
    return "sha256:" + hashlib.sha256(rfc8785.dumps(members)).hexdigest()


def entries(connection: Connection, last: int | None = None) -> Iterator[dict[str, Any]]:
    """The entries in their order; with ``last``, that many at the end."""
    query = select(log).order_by(log.c.number).execution_options(yield_per=_AT_ONCE)
    if last is not None:
        query = query.where(log.c.number > select(func.max(log.c.number)).scalar_subquery() - last)
    for row in connection.execute(query).mappings():
        yield {str(name): value for name, value in row.items()}


def last_number(connection: Connection) -> int:
    """The number of the newest entry; 0 where there is none."""
    newest = select(log.c.number).order_by(log.c.number.desc()).limit(1)
    return int(connection.execute(newest).scalar() or 0)


def has_since(connection: Connection, number: int, kinds: Sequence[str]) -> bool:
    """Whether an entry of one of these kinds came after a number."""
    later = select(log.c.number).where(log.c.number > number, log.c.kind.in_(kinds)).limit(1)
    return connection.execute(later).first() is not None


def verify_log(connection: Connection) -> int | None:
    """None where every entry follows from the one before it, otherwise the number of the first that does not."""
    previous = FIRST
    for number, row in enumerate(entries(connection), start=1):
        if (row["number"], row["previous"], row["digest"]) != (number, previous, digest_of(row)):
            return number
        previous = row["digest"]
    return None


def length(connection: Connection) -> int:
    """How many entries there are."""
    return int(connection.execute(select(func.count()).select_from(log)).scalar_one())


def sign_checkpoint(connection: Connection, key: SigningKey, clock: Clock) -> Checkpoint | None:
    """Sign the state that the log has now; None for an empty log. The same state is signed once."""
    last = connection.execute(select(log).order_by(log.c.number.desc()).limit(1)).mappings().first()
    if last is None:
        return None
    number = int(last["number"])
    if connection.execute(select(checkpoints.c.number).where(checkpoints.c.number == number)).first() is None:
        statement = new_statement(key.public.did, clock, format="cbamgw.checkpoint")
        signature = (
            sign_document(_signed(number, last["digest"]), MEDIA_JSON, key, statement).decode().strip()
        )
        row = {"number": number, "at": last["at"], "digest": last["digest"], "signature": signature}
        connection.execute(insert(checkpoints).values(**row))
    return Checkpoint(number, int(last["at"]), True, key.public.did, last["digest"])


def verify_checkpoints(
    connection: Connection, keys: list[PublicKey] | None, clock: Clock
) -> Iterator[Checkpoint]:
    """Each checkpoint: whether its signature is valid, by one of ``keys`` where these are given, and its entry there."""
    query = select(checkpoints, log.c.digest.label("found")).outerjoin(
        log, log.c.number == checkpoints.c.number
    )
    for row in connection.execute(query.order_by(checkpoints.c.number)).mappings():
        content = _signed(row["number"], row["digest"])
        judged = verify_document(content, row["signature"].encode(), keys=keys, clock=clock)
        trusted = keys is None or judged.issuer == "trusted"
        holds = judged.signature == "valid" and trusted and row["found"] == row["digest"]
        yield Checkpoint(row["number"], row["at"], holds, judged.signer or "", row["digest"])


def shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry for programs: its moment as RFC 3339 in UTC."""
    return {**entry, "at": utc_text(instant_of(entry["at"]).astimezone(UTC))}


def _signed(number: int, digest: str) -> bytes:
    return write_compact({"log": str(number), "digest": digest})
