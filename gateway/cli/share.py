"""``cbamgw share``: which footprints a client sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.check.catalog import printable
from gateway.cli.common import language, print_findings
from gateway.cli.stores import DatabaseUrl, PublicBaseUrl, store_of
from gateway.model.finding import finding

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gateway.store.clients import Client, ShareKind


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("share", epilog="Example: cbamgw share 'Buyer GmbH' --product urn:gtin:4712345060507")(_share)


def _share(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="Name or client id.")],
    every: Annotated[bool, typer.Option("--all", help="Every footprint, those to come too.")] = False,
    footprint: Annotated[str, typer.Option("--footprint", metavar="ID", help="One footprint.")] = "",
    product: Annotated[
        str, typer.Option("--product", metavar="URN", help="Every footprint of a product, those to come too.")
    ] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take the share back.")] = False,
    public_base_url: PublicBaseUrl = "",
    database_url: DatabaseUrl = None,
) -> None:
    """Let a client see footprints, or take that back. What is not shared with it does not exist for it.

    With a base URL, a partner that is this client is told of what it sees now and did not see before.
    """
    from gateway.pact.taken_back import TakenBack
    from gateway.store.clients import find_client, seen_by, share, unshare

    if sum((every, bool(footprint), bool(product))) != 1:
        raise typer.BadParameter("one of --all, --footprint, --product")
    kind: ShareKind = "all" if every else "footprint" if footprint else "product"
    value = footprint or product
    store = store_of(database_url, create=False)
    with store.write() as connection:
        found = find_client(connection, client)
        if undo:
            was_shared = unshare(connection, found, kind, value, store.now(), TakenBack(store.now()))
            still = len(seen_by(connection, found.number))
        else:
            before = seen_by(connection, found.number)
            count = share(connection, found, kind, value, store.now())
            untold = _tell(connection, found, before, public_base_url, store.now())
    if not undo and untold:
        print_findings([finding("EVENT-NOT-TOLD", stage="serve", severity="warning", count=1)])
    name, chinese = printable(found.name), language() == "zh"
    if undo and was_shared:
        typer.echo(
            f"已取消该项共享；{name} 仍可见 {still} 个足迹"
            if chinese
            else f"This share with {name} is taken back; it still sees {still} footprint(s)"
        )
    elif undo:
        typer.echo(
            f"此前未以这种方式与 {name} 共享，未作改动"
            if chinese
            else f"It was not shared with {name} in this way; nothing changed"
        )
    else:
        typer.echo(
            f"{name} 由此可见 {count} 个足迹"
            if chinese
            else f"{name} sees {count} footprint(s) by this share"
        )


def _tell(connection: Connection, client: Client, before: set[str], public_base_url: str, now: int) -> bool:
    """Tell the partner that is this client; whether there is one that ought to be told and cannot be."""
    from gateway.pact.notices import said_to, tell
    from gateway.pact.own_address import own_address
    from gateway.store.clients import seen_by
    from gateway.store.partners import partner_of_client

    partner = partner_of_client(connection, client.number)
    new = sorted(seen_by(connection, client.number) - before)
    new = said_to(connection, partner, new) if partner is not None else []
    if partner is None or not new:
        return False
    if not public_base_url:
        return True
    tell(connection, partner, new, own_address(public_base_url), now)
    return False
