"""Clients: who may ask, how they prove it, and which footprints each of them may see."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from gateway.model.finding import Refused, finding
from gateway.store.log import append
from gateway.store.prepared import Prepared
from gateway.store.tables.footprints import clients, footprints, shares, terms, visible
from gateway.store.withdrawn import NoWording, Wording, withdraw

NO_WORDING = NoWording()

ShareKind = Literal["all", "footprint", "product"]

_COST, _BLOCK, _LANES = 2**14, 8, 1  # scrypt; about 50 ms and 16 MB for each try


@dataclass(frozen=True)
class Client:
    """A party that may ask. ``number`` is its key in the store."""

    number: int
    name: str
    client_id: str
    created: int
    revoked: int | None = None


class Shared(NamedTuple):
    """A share: its kind, what was given (an id or a URN, empty for all), since when, how many are on offer by it."""

    kind: ShareKind
    given: str
    created: int
    footprints: int


def add_client(connection: Connection, name: str, now: int) -> tuple[Client, str]:
    """A new client and its secret, which is shown once and kept only as a hash.

    Raises Refused (CLIENT-NAME-TAKEN).
    """
    if connection.execute(select(clients.c.number).where(clients.c.name == name)).first():
        raise Refused(finding("CLIENT-NAME-TAKEN", stage="store", name=name))
    # hex: an id that begins with a hyphen would read as an option on a command line
    client_id, secret = secrets.token_hex(12), secrets.token_urlsafe(32)
    row = {"name": name, "client_id": client_id, "secret_hash": hash_secret(secret), "created": now}
    number = connection.execute(insert(clients).values(**row)).inserted_primary_key
    assert number is not None
    append(connection, now, "client added", client_id)
    return Client(int(number[0]), name, client_id, now), secret


def hash_secret(secret: str) -> str:
    """``scrypt$salt$hash`` in base64."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_b64(salt)}${_b64(_scrypt(secret, salt))}"


def authenticate(connection: Connection, client_id: str, secret: str) -> Client | None:
    """The client with that secret. An unknown id costs as much time as a wrong secret."""
    row = connection.execute(select(clients).where(clients.c.client_id == client_id)).mappings().first()
    _, salt, kept = (row["secret_hash"] if row else _nobody()).split("$")
    right = hmac.compare_digest(_scrypt(secret, base64.b64decode(salt)), base64.b64decode(kept))
    if row is None or not right or row["revoked"] is not None:
        return None
    return Client(row["number"], row["name"], row["client_id"], row["created"])


def list_clients(connection: Connection) -> list[Client]:
    """Every client, in the order in which they came, revoked ones too."""
    rows = connection.execute(select(clients).order_by(clients.c.number)).mappings()
    return [Client(r["number"], r["name"], r["client_id"], r["created"], r["revoked"]) for r in rows]


def find_client(connection: Connection, name: str) -> Client:
    """By name or by client id; Refused (CLIENT-UNKNOWN)."""
    for client in list_clients(connection):
        if name in (client.name, client.client_id):
            return client
    raise Refused(finding("CLIENT-UNKNOWN", stage="store", name=name))


def is_current(connection: Connection, number: int, client_id: str) -> bool:
    """Whether a client with a token is still one: asked on every request.

    Both names count: after an older copy of the database was restored, a number may stand for another client.
    """
    return _CURRENT.run(connection, {"number": number, "client_id": client_id}).first() is not None


_CURRENT = Prepared(
    select(clients.c.number).where(
        clients.c.number == bindparam("number"),
        clients.c.client_id == bindparam("client_id"),
        clients.c.revoked.is_(None),
    )
)


def revoke_client(connection: Connection, name: str, now: int, wording: Wording = NO_WORDING) -> Client:
    """No token for it any more, and its tokens no longer count. What it was shared stays in the log.

    Revoking it again changes nothing.
    """
    client = find_client(connection, name)
    if client.revoked is not None:
        return client
    connection.execute(delete(visible).where(visible.c.client == client.number))
    connection.execute(update(clients).where(clients.c.number == client.number).values(revoked=now))
    withdraw(connection, client.number, now, wording)
    append(connection, now, "client revoked", client.client_id)
    return client


def share(connection: Connection, client: Client, kind: ShareKind, value: str, now: int) -> int:
    """Let a client see all, one footprint, or a product's footprints, those to come included.

    Returns how many of those on offer now it sees by it. Raises Refused: SHARE-UNKNOWN for a footprint that is not
    on offer (a product may still come), CLIENT-REVOKED. Compared without case; the log has what was given.
    """
    if client.revoked is not None:
        raise Refused(finding("CLIENT-REVOKED", stage="store", name=client.name))
    given_value, value = value, _value(kind, value)
    chosen = select(func.count()).select_from(terms).where(terms.c.kind == kind, terms.c.value == value)
    count = int(connection.execute(chosen).scalar_one())
    if kind == "footprint" and not count:
        raise Refused(finding("SHARE-UNKNOWN", stage="store", footprint=value))
    if not _is_shared(connection, client, kind, value):
        connection.execute(
            insert(shares).values(
                client=client.number,
                kind=kind,
                value=value,
                given="" if kind == "all" else given_value,
                created=now,
            )
        )
        append(connection, now, "shared", client.client_id, what=kind, value=given_value)
        if kind != "all":
            given = terms.alias()
            _show(connection, client.number, (given.c.kind == kind) & (given.c.value == value), given)
    return count


def unshare(
    connection: Connection,
    client: Client,
    kind: ShareKind,
    value: str,
    now: int,
    wording: Wording = NO_WORDING,
) -> bool:
    """Take a share back; what another share still gives stays visible. False where nothing was shared so.

    ``wording`` knows which letters that wait may still go, and what goes instead of the others.
    """
    given_value, value = value, _value(kind, value)
    if not _is_shared(connection, client, kind, value):
        return False
    connection.execute(delete(shares).where(*_held(client, kind, value)))
    if kind != "all":
        given, kept = terms.alias(), terms.alias()
        of_it = select(given.c.footprint).where(given.c.kind == kind, given.c.value == value)
        by_another = exists().where(
            kept.c.footprint == visible.c.footprint,
            shares.c.client == client.number,
            shares.c.kind == kept.c.kind,
            shares.c.value == kept.c.value,
            shares.c.kind != "all",
        )
        mine = visible.c.client == client.number
        connection.execute(delete(visible).where(mine, visible.c.footprint.in_(of_it), ~by_another))
    withdraw(connection, client.number, now, wording)
    append(connection, now, "unshared", client.client_id, what=kind, value=given_value)
    return True


def shares_of(connection: Connection, client: Client) -> list[Shared]:
    """What was shared with a client, in the order in which it was."""
    here = terms.c.kind == shares.c.kind, terms.c.value == shares.c.value
    count = select(func.count()).select_from(terms).where(*here).scalar_subquery()
    query = (
        select(shares.c.kind, shares.c.given, shares.c.created, count.label("footprints"))
        .where(shares.c.client == client.number)
        .order_by(shares.c.number)
    )
    return [Shared(row.kind, row.given, row.created, row.footprints) for row in connection.execute(query)]


def count_seen(connection: Connection, client: Client) -> int:
    """How many footprints a client sees now, each once by however many shares; none once it is revoked."""
    if client.revoked is not None:
        return 0
    if _is_shared(connection, client, "all", ""):
        return int(connection.execute(select(func.count()).select_from(footprints)).scalar_one())
    here = visible.c.client == client.number, visible.c.kind == "all", visible.c.value == ""
    return int(connection.execute(select(func.count()).select_from(visible).where(*here)).scalar_one())


def viewers(connection: Connection, pf_id: str) -> list[Client]:
    """The clients that see a footprint."""
    sees_all = exists().where(shares.c.client == clients.c.number, shares.c.kind == "all")
    sees_it = exists().where(
        visible.c.client == clients.c.number,
        visible.c.kind == "all",
        visible.c.value == "",
        visible.c.footprint == footprints.c.number,
        footprints.c.pf_id == pf_id,
    )
    query = select(clients).where(clients.c.revoked.is_(None), sees_all | sees_it).order_by(clients.c.number)
    rows = connection.execute(query).mappings()
    return [Client(r["number"], r["name"], r["client_id"], r["created"]) for r in rows]


def seen_by(connection: Connection, client: int) -> set[str]:
    """The ids of the footprints that a client sees."""
    everything = shares.c.client == client, shares.c.kind == "all"
    query = select(footprints.c.pf_id)
    if connection.execute(select(shares.c.number).where(*everything)).first() is None:
        mine = visible.c.client == client, visible.c.kind == "all", visible.c.value == ""
        query = query.join(visible, visible.c.footprint == footprints.c.number).where(*mine)
    return set(connection.execute(query).scalars())


def show_new(connection: Connection, footprint: int) -> None:
    """A footprint that has just been published, to every client that was promised it. Who sees all needs no row."""
    promised = (
        select(shares.c.client)
        .distinct()
        .join(terms, (terms.c.kind == shares.c.kind) & (terms.c.value == shares.c.value))
        .join(clients, clients.c.number == shares.c.client)
        .where(terms.c.footprint == footprint, shares.c.kind != "all", clients.c.revoked.is_(None))
    )
    for row in connection.execute(promised).all():
        given = terms.alias()
        _show(connection, row.client, (given.c.kind == "all") & (given.c.footprint == footprint), given)


def _value(kind: str, value: str) -> str:
    return "" if kind == "all" else value.lower()


def _held(client: Client, kind: str, value: str) -> tuple[ColumnElement[bool], ...]:
    return shares.c.client == client.number, shares.c.kind == kind, shares.c.value == value


def _is_shared(connection: Connection, client: Client, kind: str, value: str) -> bool:
    query = select(shares.c.number).where(*_held(client, kind, value))
    return connection.execute(query).first() is not None


def _show(connection: Connection, client: int, chosen: ColumnElement[bool], given: FromClause) -> None:
    """Copy the terms of the chosen footprints that this client does not see yet."""
    seen = exists().where(
        visible.c.client == client,
        visible.c.kind == "all",
        visible.c.value == "",
        visible.c.footprint == given.c.footprint,
    )
    wanted = (
        select(literal(client), terms.c.kind, terms.c.value, terms.c.footprint)
        .join(given, given.c.footprint == terms.c.footprint)
        .where(chosen, ~seen)
    )
    connection.execute(insert(visible).from_select(["client", "kind", "value", "footprint"], wanted))


def _scrypt(secret: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_LANES).derive(secret.encode())


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@cache
def _nobody() -> str:
    return hash_secret(secrets.token_urlsafe(32))
