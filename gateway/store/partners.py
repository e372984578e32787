"""Partners: whom we call with events, where, with which credentials, and as which client they call us."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, cast

from sqlalchemy import Connection, insert, select, update

from gateway.model.finding import Refused, finding
from gateway.store.clients import find_client
from gateway.store.log import append
from gateway.store.secret import HostSecret
from gateway.store.tables.events import announced, inbox, outbox, partners

Api = Literal["3", "2"]


@dataclass(frozen=True)
class Partner:
    """``url``: what stands before ``/3/events``; ``auth_url``: before ``/auth/token``; ``client``: as whom it asks
    us, where it does; ``model``: the version of the API that we begin in. Times are moments."""

    number: int
    name: str
    client: int | None
    url: str
    auth_url: str
    client_id: str
    sealed_secret: bytes = field(repr=False)
    model: Api
    created: int
    closed: int | None = None

    def secret(self, host: HostSecret) -> str:
        """Our secret at this partner. Raises Refused (STORE-SECRET).

        It was sealed for its place: a row that was altered to name another address does not open.
        """
        return host.unseal(self.sealed_secret, _purpose(self.auth_url, self.client_id)).decode()


@dataclass(frozen=True)
class NewPartner:
    """What is said of a partner when it is added; its addresses have been checked. ``client``: name or client id."""

    name: str
    url: str
    auth_url: str
    client_id: str
    secret: str = field(repr=False)
    client: str = ""
    model: Api = "3"


def _purpose(auth_url: str, client_id: str) -> str:
    return f"partner:{client_id}:{auth_url}"


def add_partner(connection: Connection, host: HostSecret, new: NewPartner, now: int) -> Partner:
    """Register a partner. Events of its client that waited for one are taken up again.

    Raises Refused: PARTNER-NAME-TAKEN, PARTNER-CLIENT-TAKEN, CLIENT-UNKNOWN.
    """
    if open_partner(connection, new.name) is not None:
        raise Refused(finding("PARTNER-NAME-TAKEN", stage="store", name=new.name))
    client = find_client(connection, new.client) if new.client else None
    if client is not None and partner_of_client(connection, client.number) is not None:
        raise Refused(finding("PARTNER-CLIENT-TAKEN", stage="store", client=client.client_id))
    row = {
        "name": new.name,
        "client": client.number if client else None,
        "url": new.url,
        "auth_url": new.auth_url,
        "client_id": new.client_id,
        "sealed_secret": host.seal(new.secret.encode(), _purpose(new.auth_url, new.client_id)),
        "model": new.model,
        "created": now,
    }
    key = connection.execute(insert(partners).values(**row)).inserted_primary_key
    assert key is not None
    append(connection, now, "partner added", str(key[0]), url=new.url)
    if client is not None:
        waits = inbox.c.client == client.number, inbox.c.state == "waiting"
        connection.execute(update(inbox).where(*waits).values(state="new", note=""))
    return _partner({**row, "number": key[0], "closed": None})


def close_partner(connection: Connection, name: str, now: int) -> Partner:
    """Call it no more. What is not delivered or fetched yet is given up. Raises Refused (PARTNER-UNKNOWN)."""
    partner = find_partner(connection, name)
    connection.execute(update(partners).where(partners.c.number == partner.number).values(closed=now))
    undelivered = outbox.c.partner == partner.number, outbox.c.state == "pending"
    connection.execute(
        update(outbox).where(*undelivered).values(state="dead", leased=0, last_error="PARTNER-CLOSED")
    )
    unfetched = announced.c.partner == partner.number, announced.c.state == "pending"
    connection.execute(
        update(announced).where(*unfetched).values(state="dead", leased=0, last_error="PARTNER-CLOSED")
    )
    append(connection, now, "partner closed", str(partner.number))
    return partner


def list_partners(connection: Connection) -> list[Partner]:
    """Every partner, closed ones too, in the order in which they came."""
    rows = connection.execute(select(partners).order_by(partners.c.number)).mappings()
    return [_partner(dict(row)) for row in rows]


def find_partner(connection: Connection, name: str) -> Partner:
    """The open partner of that name. Raises Refused (PARTNER-UNKNOWN)."""
    found = open_partner(connection, name)
    if found is None:
        raise Refused(finding("PARTNER-UNKNOWN", stage="store", name=name))
    return found


def open_partner(connection: Connection, name: str) -> Partner | None:
    return _one(connection, partners.c.name == name, partners.c.closed.is_(None))


def partner_of_client(connection: Connection, client: int) -> Partner | None:
    """Where the events of a client are answered."""
    return _one(connection, partners.c.client == client, partners.c.closed.is_(None))


def partner_numbered(connection: Connection, number: int) -> Partner | None:
    return _one(connection, partners.c.number == number)


def _one(connection: Connection, *where: Any) -> Partner | None:
    row = connection.execute(select(partners).where(*where)).mappings().first()
    return _partner(dict(row)) if row else None


def _partner(row: dict[str, Any]) -> Partner:
    sealed = bytes(row["sealed_secret"])
    return Partner(**{**row, "sealed_secret": sealed, "model": cast(Api, row["model"])})
