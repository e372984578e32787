"""``cbamgw pact request`` and ``requests``: ask a partner for footprints, and see what came of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.check.catalog import printable
from gateway.cli.calling import Classification, Company, Geography, Product, Status, ValidOn, query_of, when
from gateway.cli.common import language
from gateway.cli.output import say_if_empty
from gateway.cli.stores import DatabaseUrl, store_of
from gateway.formats.json_reader import read_json

if TYPE_CHECKING:
    from gateway.store.requests import Asked

_STATES = {"open": "等待答复", "fulfilled": "已提供", "rejected": "被拒绝"}


def register(verb: typer.Typer) -> None:
    """Add both to ``cbamgw pact``."""
    verb.command(
        "request", epilog="Example: cbamgw pact request 'Example Aluminium' --product urn:gtin:4712345060507"
    )(_request)
    verb.command("requests", epilog="Example: cbamgw pact requests")(_requests)


def _request(
    partner: Annotated[
        str, typer.Argument(metavar="PARTNER", help="Name of the partner: cbamgw partners list.")
    ],
    public_base_url: Annotated[
        str,
        typer.Option(
            "--public-base-url",
            envvar="CBAMGW_PUBLIC_BASE_URL",
            metavar="URL",
            help="How the partner reaches this host, for the answer: https://HOST.",
        ),
    ],
    product: Product = None,
    company: Company = None,
    geography: Geography = None,
    classification: Classification = None,
    status: Status = "",
    valid_on: ValidOn = "",
    comment: Annotated[str, typer.Option("--comment", help="A line for the people there.")] = "",
    database_url: DatabaseUrl = None,
) -> None:
    """Ask a partner for footprints. The request goes out, and the answer comes in, while `cbamgw serve` runs."""
    from gateway.pact.own_address import own_address
    from gateway.pact.requests import ask
    from gateway.store.partners import find_partner

    query = query_of(product, company, geography, classification, status, valid_on)
    source = own_address(public_base_url)
    with store_of(database_url, create=False) as store, store.write() as connection:
        asked = ask(connection, find_partner(connection, partner), query, source, store.now(), comment)
    typer.echo(f"{'请求编号' if language() == 'zh' else 'Request'} {asked}")


def _requests(
    partner: Annotated[
        str, typer.Option("--partner", metavar="NAME", help="Only those to this partner.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one request a line.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """What was asked of partners: id, state, when, of whom, and what came: footprints, or why not."""
    from gateway.store.requests import list_requests

    with store_of(database_url, create=False) as store, store.read() as connection:
        found = list_requests(connection, partner)
    for each in found:
        print(json.dumps(_row(each), ensure_ascii=False) if as_json else _line(each))
    if not as_json:
        say_if_empty(found, "Nothing was asked of a partner.", "尚未向伙伴提出请求。")


def _row(each: Asked) -> dict[str, Any]:
    return {
        "id": each.event_id,
        "partner": each.partner,
        "state": each.state,
        "created": when(each.created),
        "answered": when(each.answered) if each.answered is not None else None,
        "footprints": [{"id": pf_id, "digest": digest} for pf_id, digest in each.footprints],
        "reason": _reason(each),
    }


def _line(each: Asked) -> str:
    state = _STATES[each.state] if language() == "zh" else each.state
    came = " ".join(pf_id or digest for pf_id, digest in each.footprints) or printable(_reason(each)[:300])
    return "\t".join([each.event_id, state, when(each.created), printable(each.partner), came])


def _reason(each: Asked) -> str:
    """Why a request was rejected, in the partner's words."""
    if each.state != "rejected" or each.answer is None:
        return ""
    error = read_json(each.answer)["data"]["error"]
    return f"{error['code']}: {error['message']}"
