"""``cbamgw keys``: make, show, list and export signing keys."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.check.catalog import message
from gateway.cli.common import EXIT_NOT_CONFORMING, language, print_findings
from gateway.formats.files import atomic_output, read_input, reasons
from gateway.formats.json_reader import write_json
from gateway.model.finding import Refused, finding
from gateway.trust.keys import (
    ALGORITHMS,
    MAX_KEY_FILE,
    PUBLIC_SUFFIX,
    PublicKey,
    SigningKey,
    load_key,
    new_key,
    read_public_key,
    save_key,
)

PASSPHRASE_VARIABLE = "CBAMGW_PASSPHRASE"  # noqa: S105 - the name of a variable
"""The environment variable of the passphrase, where no file is named."""

PassphraseFile = Annotated[
    str,
    typer.Option(
        "--passphrase-file", help=f"File whose first line is the passphrase; else ${PASSPHRASE_VARIABLE}."
    ),
]


class KeyForm(StrEnum):
    """How a public key is written."""

    JWK = "jwk"
    PEM = "pem"
    DID = "did"


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    verb = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Make, show, list and export signing keys.",
        epilog="Example: cbamgw keys new -o plant.key --passphrase-file pass.txt",
    )
    verb.command("new", epilog="Example: cbamgw keys new -o plant.key --passphrase-file pass.txt")(_new)
    verb.command("show", epilog="Example: cbamgw keys show plant.key")(_show)
    verb.command("list", epilog="Example: cbamgw keys list keys/")(_list)
    verb.command("export", epilog="Example: cbamgw keys export plant.key --format pem -o plant.pem")(_export)
    app.add_typer(verb, name="keys")


def read_passphrase(file: str) -> bytes | None:
    """The passphrase from the named file's first line, else from the environment, else None.

    Never from the command line, which every other process of the machine can read.
    """
    if file:
        return read_input(file, MAX_KEY_FILE).splitlines()[0] or None
    return os.environb.get(PASSPHRASE_VARIABLE.encode()) if os.supports_bytes_environ else _from_text()


def _from_text() -> bytes | None:  # pragma: no cover - Windows
    value = os.environ.get(PASSPHRASE_VARIABLE)
    return value.encode() if value else None


def _new(
    output: Annotated[str, typer.Option("-o", "--output", metavar="KEY", help="Private key file to write.")],
    alg: Annotated[str, typer.Option("--alg", help=f"Algorithm: {', '.join(ALGORITHMS)}.")] = ALGORITHMS[0],
    passphrase_file: PassphraseFile = "",
    no_passphrase: Annotated[
        bool,
        typer.Option("--no-passphrase", help="Write the key unencrypted; the file mode alone protects it."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
) -> None:
    """Make a key: KEY (private, PKCS#8, mode 0600) and KEY.pub.jwk (public, to be given to buyers)."""
    if alg not in ALGORITHMS:
        unknown = finding("KEY-ALGORITHM", alg=alg, offered=", ".join(ALGORITHMS))
        raise typer.BadParameter(message(unknown, language()), param_hint="--alg")
    if no_passphrase and passphrase_file:
        raise typer.BadParameter("--no-passphrase excludes --passphrase-file")
    if output == "-":
        raise typer.BadParameter("a private key is written to a file only", param_hint="-o")
    passphrase = None if no_passphrase else read_passphrase(passphrase_file)
    key = new_key(alg)
    public_file = save_key(key, output, passphrase=passphrase, unencrypted=no_passphrase, force=force)
    private, public = ("私钥    ", "公钥    ") if language() == "zh" else ("private ", "public  ")
    print(f"{private} {output}\n{public} {public_file}")
    _print_key(key.public)


def _show(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Private or public key file, or a did:key.")],
    passphrase_file: PassphraseFile = "",
    as_json: Annotated[bool, typer.Option("--json", help="The public JWK instead.")] = False,
) -> None:
    """Show the public half of a key: its DID, the kid of its signatures, its thumbprint."""
    public = _public_half(key, passphrase_file)
    if as_json:
        sys.stdout.buffer.write(write_json(public.jwk()))
    else:
        _print_key(public)


def _list(
    folder: Annotated[str, typer.Argument(metavar="[FOLDER]", help="Where to look.")] = ".",
    as_json: Annotated[bool, typer.Option("--json", help="For programs: a list of JWK and file.")] = False,
) -> None:
    """List the public keys (*.pub.jwk) of a folder."""
    found: list[tuple[Path, PublicKey]] = []
    broken = False
    try:
        files = sorted(path for path in Path(folder).iterdir() if path.name.endswith(PUBLIC_SUFFIX))
    except OSError as error:
        cannot = finding("READ-CANNOT-OPEN", stage="read", file=folder, **reasons(error))
        raise Refused(cannot) from error
    for path in files:
        try:
            found.append((path, read_public_key(path)))
        except Refused as refused:  # one broken file does not hide the others
            broken = True
            print_findings(refused.findings)
    if as_json:
        rows = [{"file": str(path), "jwk": key.jwk()} for path, key in found]
        sys.stdout.buffer.write(write_json(rows))
    else:
        for path, key in found:
            print(f"{key.did}  {path}")
    if broken:
        raise typer.Exit(EXIT_NOT_CONFORMING)


def _export(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Private or public key file, or a did:key.")],
    form: Annotated[KeyForm, typer.Option("--format", help="How to write it.")] = KeyForm.JWK,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="OUT", help="File; - is standard output.")
    ] = "-",
    passphrase_file: PassphraseFile = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write the public half of a key, for those who verify. The private half is never exported."""
    public = _public_half(key, passphrase_file)
    written = {
        KeyForm.JWK: lambda: write_json(public.jwk()),
        KeyForm.PEM: public.pem,
        KeyForm.DID: f"{public.did}\n".encode,
    }
    with atomic_output(output, force=force) as handle:
        handle.write(written[form]())


def signing_key(sign: str, passphrase_file: str) -> SigningKey | None:
    """The key of ``--sign``, None without it. A passphrase alone is wrong usage: unsigned is not what is meant."""
    if passphrase_file and not sign:
        raise typer.BadParameter("--passphrase-file needs --sign")
    return load_key(sign, read_passphrase(passphrase_file)) if sign else None


def _public_half(key: str, passphrase_file: str) -> PublicKey:
    try:
        return read_public_key(key)
    except Refused as refused:
        if refused.findings[0].rule != "KEY-NOT-PUBLIC" or key.endswith(".jwk"):
            raise
    return load_key(key, read_passphrase(passphrase_file)).public


def _print_key(key: PublicKey) -> None:
    print(f"did      {key.did}\nkid      {key.kid}\njkt      {key.thumbprint}\nalg      EdDSA (Ed25519)")
