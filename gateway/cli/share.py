"""``cbamgw share``: which footprints a client sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.check.catalog import printable
from gateway.cli.common import language
from gateway.cli.stores import DatabaseUrl, store_of

if TYPE_CHECKING:
    from gateway.store.clients import ShareKind


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
    database_url: DatabaseUrl = None,
) -> None:
    """Let a client see footprints, or take that back. What is not shared with it does not exist for it."""
    from gateway.store.clients import find_client, share, unshare

    if sum((every, bool(footprint), bool(product))) != 1:
        raise typer.BadParameter("one of --all, --footprint, --product")
    kind: ShareKind = "all" if every else "footprint" if footprint else "product"
    value = footprint or product
    store = store_of(database_url, create=False)
    with store.write() as connection:
        found = find_client(connection, client)
        if undo:
            was_shared = unshare(connection, found, kind, value, store.now())
        else:
            count = share(connection, found, kind, value, store.now())
    name, chinese = printable(found.name), language() == "zh"
    if undo and was_shared:
        typer.echo(f"已取消对 {name} 的共享" if chinese else f"No longer shared with {name}")
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
