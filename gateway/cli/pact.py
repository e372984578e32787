"""``cbamgw pact``: fetch footprints from others' hosts, and see what was received."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.check.catalog import printable
from gateway.check.report import finding_json
from gateway.cli import pact_requests
from gateway.cli.calling import (
    AllowLoopback,
    AllowPrivate,
    Api,
    CaFile,
    Classification,
    Company,
    Geography,
    Product,
    Status,
    ValidOn,
    credentials_of,
    policy_of,
    query_of,
    when,
)
from gateway.cli.common import EXIT_NOT_CONFORMING, language, print_findings
from gateway.cli.output import say_if_empty, write_all
from gateway.cli.pact_files import Folder
from gateway.cli.stores import DatabaseUrl, store_of
from gateway.model.finding import errors

if TYPE_CHECKING:
    from gateway.pact.client import PactClient, Query
    from gateway.pact.pull import Summary
    from gateway.pact.taking import Taken
    from gateway.store.database import Store
    from gateway.store.received import Received, Tally

MOST_NAMED = 20
"""Footprints whose errors are shown while a pull runs; `cbamgw pact show ID --findings` shows any."""

Json = Annotated[bool, typer.Option("--json", help="For programs.")]
JsonLines = Annotated[bool, typer.Option("--json", help="For programs: one footprint a line.")]


Secret = Annotated[
    str, typer.Option("--secret-file", metavar="FILE", help="File whose first line is our secret there.")
]
AuthUrl = Annotated[
    str, typer.Option("--auth-url", metavar="URL", help="What stands before /auth/token. Default: URL.")
]
TokenOrigins = Annotated[
    list[str] | None,
    typer.Option("--token-origin", metavar="URL", help="A further host that may be shown our secret."),
]
Trust = Annotated[
    str, typer.Option("--trust", metavar="STORE", help="Your trust store, for their signatures.")
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    verb = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Pull footprints from others' PACT hosts, list and show what was received, ask partners for more.",
        epilog="Example: cbamgw pact pull https://pcf.example.com --client-id ID --secret-file secret.txt",
    )
    verb.command(
        "pull",
        epilog="Example: cbamgw pact pull https://pcf.example.com --client-id ID --secret-file secret.txt -o received",
    )(_pull)
    verb.command("list", epilog="Example: cbamgw pact list")(_list)
    verb.command("show", epilog="Example: cbamgw pact show 2f4a1c9e-8a5b-4b7e-9f65-6f3b1d2c7e01")(_show)
    verb.command("verify", epilog="Example: cbamgw pact verify --trust partners.toml")(_verify)
    pact_requests.register(verb)
    app.add_typer(verb, name="pact")


def _pull(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="What stands before /3/footprints: https://HOST.")
    ],
    client_id: Annotated[str, typer.Option("--client-id", metavar="ID", help="Our client id at this host.")],
    secret: Secret,
    auth_url: AuthUrl = "",
    token_origin: TokenOrigins = None,
    api: Annotated[
        Api, typer.Option("--api", help="Version of the API: a host may offer one alone.")
    ] = Api.THREE,
    product: Product = None,
    company: Company = None,
    geography: Geography = None,
    classification: Classification = None,
    status: Status = "",
    valid_on: ValidOn = "",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Footprints of one page.")] = None,
    trust: Trust = "",
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar="FOLDER", help="Also write each footprint to a file here."),
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Also take footprints from which values were erased here.")
    ] = False,
    ca_file: CaFile = None,
    allow_loopback: AllowLoopback = False,
    allow_private: AllowPrivate = False,
    as_json: Json = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Fetch every footprint that a host shows us, check it, and keep it byte for byte with what was found.

    What is known already is not kept again; a pull that was cut short goes on where it stopped. A wrong
    footprint is kept, too. Exit code 0: all came and none has errors; 1: some has, or the host is at fault; 3: the
    host cannot be reached or does not know us.
    """
    from gateway.pact.client import PactClient
    from gateway.pact.fetch import Fetcher
    from gateway.trust.issuers import read_trust_store

    known = read_trust_store(trust) if trust else None
    query = query_of(product, company, geography, classification, status, valid_on, limit)
    query.text(api.value)  # what cannot be asked is refused before anything is called or made
    folder = Folder(output) if output else None
    credentials = credentials_of(client_id, secret)
    fetcher = Fetcher(policy_of(loopback=allow_loopback, private=allow_private), ca_file=ca_file)
    client = PactClient(
        url,
        credentials,
        api=api.value,
        auth_url=auth_url or None,
        token_origins=token_origin or (),
        fetcher=fetcher,
    )
    progress = _Progress(told_apart=as_json)
    with store_of(database_url) as store:
        pulling = _pulled(store, client, query, progress, folder, trust=known, again=again)
        summary = asyncio.run(pulling)
    _tell(url, summary, progress)


async def _pulled(
    store: Store,
    client: PactClient,
    query: Query,
    progress: _Progress,
    folder: Folder | None,
    **given: Any,
) -> Summary:
    from gateway.pact.pull import pull

    beside = folder.add if folder is not None else None
    async with client:
        return await pull(store, client, query, heard=progress.heard, beside=beside, **given)


class _Progress:
    """What is said while the pages come: a count on a terminal, errors as they are met; or a machine's report."""

    def __init__(self, *, told_apart: bool) -> None:
        self.as_json = told_apart
        self.footprints: list[dict[str, Any]] = []
        self.named = 0
        self.wide = 0

    def heard(self, tally: Tally, taken: Sequence[Taken]) -> None:
        for each in taken:
            if self.as_json:
                self.footprints.append(_told(each))
            elif each.is_new and each.rank == "errors":
                self._name(each)
        if sys.stderr.isatty():
            shown = f"{tally.pages}: {tally.new} + {tally.known}"
            self.wide = len(shown)
            print(f"\r{shown}", end="", file=sys.stderr, flush=True)

    def _name(self, each: Taken) -> None:
        """A footprint with errors, and what they are; of many, the first ones."""
        self.named += 1
        if self.named <= MOST_NAMED:
            self.clear()
            print(each.footprint.pf_id or each.footprint.digest, file=sys.stderr)
            print_findings(errors(each.findings))

    def clear(self) -> None:
        if self.wide:
            print("\r" + " " * self.wide + "\r", end="", file=sys.stderr, flush=True)
            self.wide = 0


def _told(each: Taken) -> dict[str, Any]:
    return {
        "id": each.footprint.pf_id,
        "digest": each.footprint.digest,
        "new": each.is_new,
        "findings": [finding_json(item) for item in each.findings],
    }


def _tell(url: str, summary: Summary, progress: _Progress) -> None:
    """The summary; raises Refused where the pull ended before its end, and typer.Exit for errors."""
    progress.clear()
    tally = summary.tally
    if progress.as_json:
        fault = list(summary.fault.findings) if summary.fault else []
        report = {
            "source": url,
            "complete": summary.fault is None,
            "resumed": summary.resumed,
            **{name: count for name, count in vars(tally).items() if name != "first"},
            "findings": [finding_json(item) for item in [*summary.findings, *fault]],
            "footprints": progress.footprints,
        }
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        print_findings(summary.findings)
        print(_sentence(tally))
        if tally.errors or tally.warnings:
            print(_HINT["zh" if language() == "zh" else "en"], file=sys.stderr)
    sys.stdout.flush()
    if summary.fault is not None:
        raise summary.fault
    if tally.errors or errors(summary.findings):
        raise typer.Exit(EXIT_NOT_CONFORMING)


_HINT = {
    "en": "What was found in one of them: cbamgw pact show ID --findings",
    "zh": "查看某份足迹的检查结果：cbamgw pact show 编号 --findings",
}


def _sentence(tally: Tally) -> str:
    if language() == "zh":
        return f"新收到 {tally.new} 份，已有 {tally.known} 份；有错误 {tally.errors} 份，仅有警告 {tally.warnings} 份"
    return f"{tally.new} new, {tally.known} known; {tally.errors} with errors, {tally.warnings} with warnings only"


def _list(
    source: Annotated[str, typer.Option("--source", metavar="URL", help="Only what came from there.")] = "",
    as_json: JsonLines = False,
    database_url: DatabaseUrl = None,
) -> None:
    """What was received: id, data model, when, verdicts, from where. The verdicts are not merged."""
    from gateway.store.received import all_received

    number = 0
    with store_of(database_url, create=False) as store, store.read() as connection:
        for each in all_received(connection, source.rstrip("/")):
            number = each.number
            print(json.dumps(_row(each), ensure_ascii=False) if as_json else _line(each))
    if not as_json:
        say_if_empty(range(number), "Nothing was received.", "尚未收到足迹。")


def _row(each: Received) -> dict[str, Any]:
    return {
        "id": each.pf_id,
        "model": each.model,
        "digest": each.digest,
        "received": when(each.received),
        "source": each.source,
        "via": each.via,
        "verdicts": dict(each.verdicts),
        "findings": [finding_json(item) for item in each.findings],
    }


def _line(each: Received) -> str:
    verdicts = each.verdicts
    said = [verdicts.get(name, "-") for name in ("schema", "rules", "signature", "issuer")]
    found = len(errors(each.findings))
    words = [
        each.pf_id or each.digest,
        each.model or "-",
        when(each.received),
        *said,
        f"{found} 个错误" if language() == "zh" else f"{found} errors",
    ]
    return "\t".join([*words, printable(each.source)])


def _show(
    wanted: Annotated[
        str, typer.Argument(metavar="ID", help="Id of a footprint, or the digest of its bytes.")
    ],
    output: Annotated[str, typer.Option("-o", "--output", help="Where it goes.")] = "-",
    signature: Annotated[
        str, typer.Option("--signature", metavar="FILE.jws", help="Also write its signature here.")
    ] = "",
    findings: Annotated[bool, typer.Option("--findings", help="Also say what was found in it.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """A footprint in the very bytes it came in: the newest, where several came under one id."""
    from gateway.store.received import find_received

    with store_of(database_url, create=False) as store, store.read() as connection:
        found = find_received(connection, wanted)
    newest = found[0]
    outputs = [(output, newest.content)]
    if signature and newest.signature:
        outputs.append((signature, f"{newest.signature}\n".encode()))
    write_all(outputs, force=force)
    if findings:
        print_findings(newest.findings)
    if len(found) > 1:
        older = "、".join if language() == "zh" else ", ".join
        said = "同一编号还收到过" if language() == "zh" else "Also received under this id:"
        print(f"{said} {older(each.digest for each in found[1:])}", file=sys.stderr)


def _verify(
    trust: Annotated[
        str, typer.Option("--trust", metavar="STORE", help="Your trust store: a TOML file or a folder.")
    ],
    database_url: DatabaseUrl = None,
) -> None:
    """Judge every signature that was received by today's trust. What was found before stays beside it."""
    from gateway.pact.signatures import verify_again
    from gateway.trust.issuers import read_trust_store

    with store_of(database_url, create=False) as store:
        signed, changed = verify_again(store, read_trust_store(trust))
    zh = language() == "zh"
    print(
        f"签名 {signed} 个，结论改变 {changed} 个"
        if zh
        else f"{signed} signatures, {changed} with other verdicts"
    )
