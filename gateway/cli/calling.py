"""What the verbs share that call other hosts: credentials, whom to believe, which addresses may be called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.formats.files import read_input
from gateway.model.finding import Refused, finding

if TYPE_CHECKING:
    from gateway.pact.addresses import AddressPolicy
    from gateway.pact.query import Query
    from gateway.pact.tokens import Credentials

MAX_SECRET_FILE = 64 * 1024


class Api(StrEnum):
    """The version of the PACT API that we begin in."""

    THREE = "3"
    TWO = "2"


CaFile = Annotated[
    Path | None,
    typer.Option(
        "--ca-file",
        metavar="FILE",
        envvar="CBAMGW_CA_FILE",
        help="Certificates (PEM) of private authorities to believe.",
    ),
]
AllowLoopback = Annotated[
    bool,
    typer.Option(
        "--allow-loopback",
        envvar="CBAMGW_ALLOW_LOOPBACK",
        help="Also call hosts on this machine, for trying things out.",
    ),
]
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private",
        envvar="CBAMGW_ALLOW_PRIVATE",
        help="Also call hosts in private networks, such as your own.",
    ),
]

Product = Annotated[list[str] | None, typer.Option("--product", metavar="URN", help="Product id.")]
Company = Annotated[list[str] | None, typer.Option("--company", metavar="URN", help="Company id.")]
Geography = Annotated[
    list[str] | None, typer.Option("--geography", metavar="CODE", help="Country, region or subdivision.")
]
Classification = Annotated[
    list[str] | None, typer.Option("--classification", metavar="URN", help="Product classification.")
]
Status = Annotated[str, typer.Option("--status", help="Active or Deprecated. Default: both.")]
ValidOn = Annotated[str, typer.Option("--valid-on", metavar="INSTANT", help="Valid at 2026-01-01T00:00:00Z.")]


def credentials_of(client_id: str, file: str) -> Credentials:
    """Client id and secret; the secret comes from a file, never from the command line, which others can read.

    Raises Refused: READ-…, PULL-SECRET for a file without a first line of text.
    """
    from gateway.pact.tokens import Credentials

    try:
        secret = read_input(file, MAX_SECRET_FILE).decode().splitlines()[0].strip()
    except UnicodeDecodeError:
        secret = ""
    if not secret or not secret.isprintable():
        raise Refused(finding("PULL-SECRET", stage="read", file=file))
    return Credentials(client_id, secret)


def query_of(
    product: list[str] | None,
    company: list[str] | None,
    geography: list[str] | None,
    classification: list[str] | None,
    status: str,
    valid_on: str,
    limit: int | None = None,
) -> Query:
    """What the filter options ask for."""
    from gateway.pact.query import Query

    many = (tuple(each or ()) for each in (product, company, geography, classification))
    products, companies, geographies, classes = many
    return Query(products, companies, geographies, classes, status, valid_on, limit=limit)


def policy_of(*, loopback: bool, private: bool) -> AddressPolicy:
    """Which addresses may be called besides those of the Internet."""
    from gateway.pact.addresses import AddressPolicy

    return AddressPolicy(loopback=loopback, private=private)


def when(moment: int) -> str:
    """A moment as people and programs read it: in UTC, to the second."""
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
