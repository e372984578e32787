"""``cbamgw partners``: whom this host calls with events, and where their own requests are answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.check.catalog import printable
from gateway.cli.calling import AllowLoopback, AllowPrivate, Api, credentials_of, policy_of, when
from gateway.cli.common import language, print_findings
from gateway.cli.output import say_if_empty
from gateway.cli.stores import DatabaseUrl, secret_of, store_of

if TYPE_CHECKING:
    from gateway.store.partners import Partner

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the partner is called here.")]
HostSecretFile = Annotated[
    Path | None,
    typer.Option(
        "--host-secret-file",
        envvar="CBAMGW_SECRET_FILE",
        help="The secret of this host, which seals the partner's; made where there is none.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    verb = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Add, list and close the partners that events are exchanged with.",
        epilog="Example: cbamgw partners list",
    )
    example = (
        "Example: cbamgw partners add Buyer --url https://pcf.buyer.example --client-id ID --secret-file F"
    )
    verb.command("add", epilog=f"{example} --client Buyer")(_add)
    verb.command("list", epilog="Example: cbamgw partners list")(_list)
    verb.command("close", epilog="Example: cbamgw partners close Buyer")(_close)
    app.add_typer(verb, name="partners")


def _add(
    name: Name,
    url: Annotated[str, typer.Option("--url", metavar="URL", help="What stands before /3/events there.")],
    client_id: Annotated[str, typer.Option("--client-id", metavar="ID", help="Our client id there.")],
    secret: Annotated[
        str, typer.Option("--secret-file", metavar="FILE", help="File whose first line is our secret there.")
    ],
    auth_url: Annotated[
        str, typer.Option("--auth-url", metavar="URL", help="What stands before /auth/token. Default: URL.")
    ] = "",
    client: Annotated[
        str, typer.Option("--client", metavar="CLIENT", help="The client as which the partner asks us.")
    ] = "",
    api: Annotated[Api, typer.Option("--api", help="Version of the API that we begin in.")] = Api.THREE,
    allow_loopback: AllowLoopback = False,
    allow_private: AllowPrivate = False,
    host_secret_file: HostSecretFile = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Register a partner. Requests that its client has sent before are answered then.

    Only this address is ever called, whatever an event says. Its secret is kept sealed.
    """
    from gateway.pact.callbacks import checked_url
    from gateway.store.partners import NewPartner, add_partner

    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise typer.BadParameter("1-200 printable characters", param_hint="NAME")
    credentials = credentials_of(client_id, secret)
    policy = policy_of(loopback=allow_loopback, private=allow_private)
    checked, warnings = checked_url(url, policy)
    checked_auth = checked
    if auth_url:
        checked_auth, more = checked_url(auth_url, policy)
        warnings += more
    host_secret = secret_of(host_secret_file)
    new = NewPartner(name, checked, checked_auth, client_id, credentials.secret, client, api.value)
    with store_of(database_url) as store, store.write() as connection:
        add_partner(connection, host_secret, new, store.now())
    print_findings(warnings)
    typer.echo(f"{'已登记' if language() == 'zh' else 'Added'} {printable(name)}  {checked}")


def _list(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Every partner, closed ones too: state, version of the API, address, our client id there, name."""
    from gateway.store.partners import list_partners

    with store_of(database_url, create=False) as store, store.read() as connection:
        found = list_partners(connection)
    if as_json:
        print(json.dumps([_row(partner) for partner in found], ensure_ascii=False, indent=2))
        return
    words = ("有效", "已关闭") if language() == "zh" else ("open  ", "closed")
    for partner in found:
        state = words[partner.closed is not None]
        row = (state, partner.model, partner.url, partner.client_id, partner.name)
        typer.echo("  ".join(map(printable, row)))
    say_if_empty(
        found, "No partners yet: cbamgw partners add NAME", "尚无伙伴，可用 cbamgw partners add 登记"
    )


def _row(partner: Partner) -> dict[str, str | None]:
    closed = None if partner.closed is None else when(partner.closed)
    return {
        "name": partner.name,
        "url": partner.url,
        "api": partner.model,
        "clientId": partner.client_id,
        "closed": closed,
    }


def _close(name: Name, database_url: DatabaseUrl = None) -> None:
    """Call a partner no more. Events that it has not taken yet become dead letters."""
    from gateway.store.partners import close_partner

    with store_of(database_url, create=False) as store, store.write() as connection:
        close_partner(connection, name, store.now())
    typer.echo(f"{'已关闭' if language() == 'zh' else 'Closed'} {printable(name)}")
