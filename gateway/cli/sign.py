"""``cbamgw sign``: a detached signature beside a document."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.check.catalog import message
from gateway.cli.common import language
from gateway.cli.keys import PassphraseFile, read_passphrase
from gateway.cli.output import refuse_outputs, write_out
from gateway.formats.files import read_input
from gateway.formats.registry import figures_are_numbers, read_document
from gateway.model.finding import Refused
from gateway.trust.envelope import new_statement, system_clock
from gateway.trust.keys import load_key
from gateway.trust.signing import FORMATS, MEDIA_JSON, SignatureFormat, media_type_of, signature_format


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("sign", epilog="Example: cbamgw sign footprint.json --key plant.key")(_sign)


def _sign(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Document to sign; - is standard input.")],
    key: Annotated[str, typer.Option("--key", metavar="KEY", help="Private key file.")],
    form: Annotated[str, typer.Option("--format", help=f"Signature format: {', '.join(FORMATS)}.")] = "jws",
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="OUT", help="Signature file. Default: FILE.jws.")
    ] = "",
    passphrase_file: PassphraseFile = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Sign a document. The document stays as it is; the signature goes to FILE.jws.

    JSON is signed in its canonical form (RFC 8785), so reformatting keeps the signature valid. Any other file is
    signed byte for byte, and so are fractional numbers in JSON of PACT 2 and Catena-X.
    """
    chosen = _format(form)
    target = output or ("-" if file == "-" else file + chosen.suffix)
    refuse_outputs([target], [file, key, passphrase_file], force=force)
    data = read_input(file)
    signer = load_key(key, read_passphrase(passphrase_file))
    media_type = media_type_of(data, file)
    statement = new_statement(signer.public.did, system_clock, format=media_type)
    signature = chosen.sign(data, media_type, signer, statement, numbers=_writes_numbers(data, media_type))
    write_out(target, signature, force=force)
    if target != "-":
        print(f"{target}  {signer.public.did}")


def _writes_numbers(data: bytes, media_type: str) -> bool:
    """Whether this is JSON of a format whose standard writes figures as numbers. What is not recognised is not."""
    try:
        return media_type == MEDIA_JSON and figures_are_numbers(read_document(data).format_id)
    except Refused:
        return False


def _format(name: str) -> SignatureFormat:
    try:
        return signature_format(name)
    except Refused as refused:
        raise typer.BadParameter(message(refused.findings[0], language()), param_hint="--format") from None
