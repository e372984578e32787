"""``cbamgw publish``: put a footprint on offer."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.check.catalog import message, printable
from gateway.cli.common import language, print_findings
from gateway.cli.keys import PassphraseFile, read_passphrase
from gateway.cli.stores import DatabaseUrl, store_of
from gateway.formats.files import read_input
from gateway.model.finding import Finding, errors, finding
from gateway.trust.keys import load_key


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("publish", epilog="Example: cbamgw publish record.xlsx --sign plant.key")(_publish)


def _publish(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A record or a PACT footprint; - is standard input.")
    ],
    sign: Annotated[str, typer.Option("--sign", metavar="KEY", help="Sign it with this private key.")] = "",
    passphrase_file: PassphraseFile = "",
    public_base_url: Annotated[
        str,
        typer.Option(
            "--public-base-url",
            envvar="CBAMGW_PUBLIC_BASE_URL",
            help="Where this host publishes its schemas.",
        ),
    ] = "",
    keep_source: Annotated[
        bool,
        typer.Option(
            "--keep-source", help="Keep the document that it was made from beside it, never served."
        ),
    ] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Put a footprint on offer. It is checked and signed once; what is served are these bytes.

    A footprint that it replaces becomes Deprecated. Publishing the same again changes nothing. Ledger and residue
    can be made again from a source that was kept.
    """
    from gateway.pact.models import newest_v2
    from gateway.pact.notices import partners_to_tell
    from gateway.pact.offer import prepare, put_on_offer
    from gateway.pact.own_address import own_address
    from gateway.store.clients import viewers
    from gateway.store.sources import keep_source as keep

    key = load_key(sign, read_passphrase(passphrase_file)) if sign else None
    here = own_address(public_base_url) if public_base_url else ""
    prepared = prepare(read_input(file), key, here)
    offer = prepared.offer
    print_findings(_worth_saying(prepared.findings))
    if newest_v2() is not None and not any(model.startswith("2.") for model in offer.bodies):
        print_findings([_no_v2(offer.pf_id, prepared.findings)])
    with store_of(database_url) as store, store.write() as connection:
        new = put_on_offer(connection, prepared, store.now(), key, here)
        untold = [] if here else partners_to_tell(connection, new)
        if keep_source:
            keep(connection, offer.pf_id, "source", *prepared.source, store.now())
        names = [printable(client.name) for client in viewers(connection, offer.pf_id)]
    if untold:
        print_findings([finding("EVENT-NOT-TOLD", stage="serve", severity="warning", count=len(untold))])
    chinese = language() == "zh"
    words = ("已发布", "此前已发布，内容相同") if chinese else ("Published", "Already on offer, unchanged:")
    models = ", ".join(sorted(offer.bodies, reverse=True))
    typer.echo(f"{words[0] if new else words[1]} {offer.pf_id} (PACT {models})")
    seen = ", ".join(names) or ("暂无" if chinese else "nobody yet")
    typer.echo(f"{'可见客户' if chinese else 'Visible to'}: {seen}")


def _worth_saying(found: tuple[Finding, ...]) -> list[Finding]:
    """Warnings; an error here tells only why version 2 cannot say it, and stands in the warning on that."""
    wrong = errors(found)
    return [item for item in found if item not in wrong and item.severity == "warning"]


def _no_v2(pf_id: str, found: tuple[Finding, ...]) -> Finding:
    wrong = errors(found)[:3]
    reasons = {lang: "; ".join(_with_field(item, lang) for item in wrong) or "?" for lang in ("en", "zh")}
    return finding(
        "SERVE-NO-V2",
        stage="serve",
        severity="warning",
        footprint=pf_id,
        reason=reasons["en"],
        reason_zh=reasons["zh"],
    )


def _with_field(item: Finding, lang: str) -> str:
    """What is wrong and the sender's own field or cell."""
    field = printable(item.origin or item.path)
    said = message(item, lang).rstrip(".。")
    return f"{field}: {said}" if field else said
