"""``cbamgw clients``: who may ask this host for footprints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.check.catalog import printable
from gateway.cli.calling import when
from gateway.cli.common import language
from gateway.cli.output import say_if_empty
from gateway.cli.stores import DatabaseUrl, store_of

if TYPE_CHECKING:
    from gateway.store.clients import Client, Shared

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or client id.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    verb = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Add, list, show and revoke the clients that may ask this host.",
        epilog="Example: cbamgw clients add 'Buyer GmbH'",
    )
    verb.command("add", epilog="Example: cbamgw clients add 'Buyer GmbH'")(_add)
    verb.command("list", epilog="Example: cbamgw clients list")(_list)
    verb.command("show", epilog="Example: cbamgw clients show 'Buyer GmbH'")(_show)
    verb.command("revoke", epilog="Example: cbamgw clients revoke 'Buyer GmbH'")(_revoke)
    app.add_typer(verb, name="clients")


def _add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the client is called here.")],
    database_url: DatabaseUrl = None,
) -> None:
    """A new client. Its secret is shown once; it sees nothing until something is shared with it."""
    from gateway.store.clients import add_client

    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise typer.BadParameter("1-200 printable characters", param_hint="NAME")
    with store_of(database_url) as store, store.write() as connection:
        client, secret = add_client(connection, name, store.now())
    chinese = language() == "zh"
    typer.echo(f"{'客户编号' if chinese else 'Client id'} {client.client_id}")
    typer.echo(f"{'客户密钥' if chinese else 'Client secret'} {secret}")
    hint = f"cbamgw share {client.client_id} --all"
    typer.echo(
        f"密钥只显示这一次。共享足迹：{hint}"
        if chinese
        else f"The secret is shown this once. To share: {hint}",
        err=True,
    )


def _list(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Every client, revoked ones too: client id, state, since when, name."""
    from gateway.store.clients import list_clients

    with store_of(database_url, create=False) as store, store.read() as connection:
        found = list_clients(connection)
    if as_json:
        print(json.dumps([_row(client) for client in found], ensure_ascii=False, indent=2))
        return
    for client in found:
        typer.echo(_line(client))
    say_if_empty(found, "No clients yet: cbamgw clients add NAME", "尚无客户，可用 cbamgw clients add 添加")


def _show(
    name: Name,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """What is shared with a client, as it was given, and how many footprints it sees now."""
    from gateway.store.clients import count_seen, find_client, shares_of

    with store_of(database_url, create=False) as store, store.read() as connection:
        client = find_client(connection, name)
        shared, seen = shares_of(connection, client), count_seen(connection, client)
    if as_json:
        print(
            json.dumps(
                {**_row(client), "footprints": seen, "shares": [_shared_row(each) for each in shared]},
                ensure_ascii=False,
                indent=2,
            )
        )
        return
    chinese = language() == "zh"
    typer.echo(_line(client))
    typer.echo(f"目前可见足迹 {seen} 份" if chinese else f"Sees {seen} footprint(s) now")
    for each in shared:
        count = f"（已发布 {each.footprints} 份）" if chinese else f" ({each.footprints} on offer)"
        typer.echo(f"  {_day(each.created)}  {_what(each, chinese=chinese)}{count}")
    hint = f"cbamgw share {client.client_id} --all"
    say_if_empty(shared, f"Nothing is shared with it: {hint}", f"尚未共享任何内容，可用 {hint}")


def _what(each: Shared, *, chinese: bool) -> str:
    words = (
        {"all": "全部足迹", "footprint": "足迹", "product": "产品"} if chinese else {"all": "all footprints"}
    )
    return f"{words.get(each.kind, each.kind)} {printable(each.given)}".rstrip()


def _shared_row(each: Shared) -> dict[str, str | int | None]:
    return {
        "kind": each.kind,
        "value": each.given or None,
        "since": when(each.created),
        "footprints": each.footprints,
    }


def _row(client: Client) -> dict[str, str | None]:
    revoked = None if client.revoked is None else when(client.revoked)
    return {
        "clientId": client.client_id,
        "name": client.name,
        "created": when(client.created),
        "revoked": revoked,
    }


def _revoke(name: Name, database_url: DatabaseUrl = None) -> None:
    """No further token for it, and its tokens no longer count, from now on."""
    from gateway.pact.taken_back import TakenBack
    from gateway.store.clients import revoke_client

    with store_of(database_url, create=False) as store, store.write() as connection:
        client = revoke_client(connection, name, store.now(), TakenBack(store.now()))
    typer.echo(
        f"{'已撤销' if language() == 'zh' else 'Revoked'} {client.client_id}  {printable(client.name)}"
    )


def _line(client: Client) -> str:
    return "  ".join((client.client_id, _state(client), _day(client.created), printable(client.name)))


def _state(client: Client) -> str:
    if client.revoked is None:
        return "有效" if language() == "zh" else "active "
    return "已撤销" if language() == "zh" else "revoked"


def _day(moment: int) -> str:
    from gateway.store.tables.base import instant_of

    return instant_of(moment).date().isoformat()
