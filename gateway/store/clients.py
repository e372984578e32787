"""Clients: who may ask, how they prove it, and which footprints each of them may see."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlalchemy import ColumnElement, Connection, delete, exists, insert, literal, select, update

from gateway.model.finding import Refused, finding
from gateway.store.log import append
from gateway.store.tables.footprints import clients, footprints, shares, terms, visible

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


def add_client(connection: Connection, name: str, now: int) -> tuple[Client, str]:
    """A new client and its secret, which is shown once and kept only as a hash.

    Raises Refused (CLIENT-NAME-TAKEN).
    """
    if connection.execute(select(clients.c.number).where(clients.c.name == name)).first():
        raise Refused(finding("CLIENT-NAME-TAKEN", stage="store", name=name))
    client_id, secret = secrets.token_urlsafe(15), secrets.token_urlsafe(32)
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


def is_current(connection: Connection, number: int) -> bool:
    """Whether a client with a token is still one: asked on every request."""
    query = select(clients.c.number).where(clients.c.number == number, clients.c.revoked.is_(None))
    return connection.execute(query).first() is not None


def revoke_client(connection: Connection, name: str, now: int) -> Client:
    """No token for it any more, and its tokens no longer count. What it saw stays in the log."""
    client = find_client(connection, name)
    connection.execute(update(clients).where(clients.c.number == client.number).values(revoked=now))
    append(connection, now, "client revoked", client.client_id)
    return client


def share(connection: Connection, client: Client, kind: ShareKind, value: str, now: int) -> int:
    """Let a client see all, one footprint, or a product's footprints, those to come included.

    Returns how many of those on offer now it sees by it. Raises Refused (SHARE-UNKNOWN) for a footprint that
    is not on offer; a product may still come.
    """
    value = "" if kind == "all" else value.lower()
    chosen = _chosen(kind, value)
    rows = connection.execute(select(footprints.c.number).where(chosen)).all()
    if kind == "footprint" and not rows:
        raise Refused(finding("SHARE-UNKNOWN", stage="store", footprint=value))
    held = shares.c.client == client.number, shares.c.kind == kind, shares.c.value == value
    if connection.execute(select(shares.c.number).where(*held)).first() is None:
        connection.execute(insert(shares).values(client=client.number, kind=kind, value=value, created=now))
        append(connection, now, "shared", client.client_id, what=kind, value=value)
    _show(connection, client.number, chosen)
    return len(rows)


def unshare(connection: Connection, client: Client, kind: ShareKind, value: str, now: int) -> None:
    """Take a share back; what another share still gives stays visible."""
    value = "" if kind == "all" else value.lower()
    held = shares.c.client == client.number, shares.c.kind == kind, shares.c.value == value
    connection.execute(delete(shares).where(*held))
    connection.execute(delete(visible).where(visible.c.client == client.number))
    for row in connection.execute(
        select(shares.c.kind, shares.c.value).where(shares.c.client == client.number)
    ):
        _show(connection, client.number, _chosen(row.kind, row.value))
    append(connection, now, "unshared", client.client_id, what=kind, value=value)


def show_new(connection: Connection, footprint: int) -> None:
    """A footprint that has just been published, to every client that was promised it."""
    of_it = select(terms.c.value).where(terms.c.footprint == footprint, terms.c.kind == "product")
    its_id = select(footprints.c.pf_id).where(footprints.c.number == footprint)
    promised = (
        (shares.c.kind == "all")
        | ((shares.c.kind == "footprint") & shares.c.value.in_(its_id))
        | ((shares.c.kind == "product") & shares.c.value.in_(of_it))
    )
    for row in connection.execute(select(shares.c.client).distinct().where(promised)):
        _show(connection, row.client, footprints.c.number == footprint)


def _chosen(kind: str, value: str) -> ColumnElement[bool]:
    if kind == "all":
        return literal(True)
    if kind == "footprint":
        return footprints.c.pf_id == value
    of_product = terms.c.footprint == footprints.c.number, terms.c.kind == "product", terms.c.value == value
    return exists().where(*of_product)


def _show(connection: Connection, client: int, chosen: ColumnElement[bool]) -> None:
    """Copy the terms of the chosen footprints that this client does not see yet."""
    seen = exists().where(
        visible.c.client == client, visible.c.kind == "all", visible.c.footprint == footprints.c.number
    )
    wanted = (
        select(literal(client), terms.c.kind, terms.c.value, terms.c.footprint)
        .join(footprints, footprints.c.number == terms.c.footprint)
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
