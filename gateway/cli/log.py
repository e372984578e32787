"""``cbamgw log``: what was exchanged, and whether what is kept is still what it was."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.common import EXIT_NOT_CONFORMING, language
from gateway.cli.keys import PassphraseFile, read_passphrase
from gateway.cli.output import say_if_empty
from gateway.cli.stores import DatabaseUrl, store_of
from gateway.formats.json_reader import write_compact, write_json
from gateway.trust.keys import load_key, read_public_key

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gateway.store.audit import Audit


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    verb = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Show, verify and sign the log of what was published, shared, received and answered.",
        epilog="Example: cbamgw log verify",
    )
    verb.command("show", epilog="Example: cbamgw log show --last 20")(_show)
    verb.command("verify", epilog="Example: cbamgw log verify --key host.key.pub.jwk")(_verify)
    verb.command("checkpoint", epilog="Example: cbamgw log checkpoint --sign host.key")(_checkpoint)
    app.add_typer(verb, name="log")


def _show(
    last: Annotated[int | None, typer.Option("--last", min=1, help="Only so many at the end.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one entry a line.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """The entries of the log in their order: number, moment, kind, subject, and what belongs to it."""
    from gateway.store.log import entries, shown

    store = store_of(database_url, create=False)
    number = 0
    with store.read(long=True) as connection:
        for entry in map(shown, entries(connection, last)):
            number = entry["number"]
            if as_json:
                sys.stdout.buffer.write(write_compact({**entry, "number": str(entry["number"])}) + b"\n")
            else:
                print(
                    f"{entry['number']}  {entry['at']}  {entry['kind']}  {entry['subject']}  {entry['body']}"
                )
    if not as_json:
        say_if_empty(range(number), "The log is empty.", "日志为空")


def _verify(
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="KEY", help="Checkpoints count by this public key: file or did:key."),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            "--expect",
            metavar="NUMBER:DIGEST",
            help="A state that a checkpoint showed; kept outside the store, it shows that the end was cut off.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Verify everything that is kept: each entry of the log follows from the one before it, each document still
    has the digest that the log names (erased values by their commitments), each checkpoint its signature and entry.

    Exit code 1 where something was altered.
    """
    from gateway.store.audit import audit

    keys = [read_public_key(name) for name in key] if key else None
    store = store_of(database_url, create=False)
    with store.read(long=True) as connection:
        found = audit(connection, keys, store.clock)
        missing = _missing(connection, expect or [])
    found = replace(found, altered=found.altered + missing)
    _print(found, as_json)
    if not found.holds:
        raise typer.Exit(EXIT_NOT_CONFORMING)


def _missing(connection: Connection, expected: list[str]) -> tuple[str, ...]:
    """The states that the log no longer has."""
    from gateway.store.log import digest_at

    wanted = [(one, *one.partition(":")[::2]) for one in expected]
    for one, number, digest in wanted:
        if not (number.isdecimal() and len(number) < 18 and digest):
            raise typer.BadParameter(one, param_hint="--expect")
    return tuple(
        f"log {one}" for one, number, digest in wanted if digest_at(connection, int(number)) != digest
    )


def _print(found: Audit, as_json: bool) -> None:
    points = [{"number": str(p.number), "holds": p.holds, "signer": p.signer} for p in found.checkpoints]
    if as_json:
        broken = None if found.broken is None else str(found.broken)
        members = {"entries": str(found.entries), "broken": broken, "documents": str(found.documents)}
        sys.stdout.buffer.write(
            write_json(
                {**members, "altered": list(found.altered), "checkpoints": points, "holds": found.holds}
            )
        )
        return
    zh = language() == "zh"
    follow = "前后相符" if zh else "each follows from the one before it"
    stops = f"自第 {found.broken} 条起不符" if zh else f"altered from entry {found.broken} on"
    print(f"{'日志' if zh else 'log'}: {found.entries}, {follow if found.broken is None else stops}")
    print(
        f"{'文档' if zh else 'documents'}: {found.documents}, {'被改动' if zh else 'altered'}: {len(found.altered)}"
    )
    for name in found.altered:
        print(f"  {name}")
    for point in found.checkpoints:
        words = ("相符", "不符") if zh else ("holds", "does not hold")
        print(f"{'检查点' if zh else 'checkpoint'} {point.number}: {words[not point.holds]}  {point.signer}")


def _checkpoint(
    sign: Annotated[str, typer.Option("--sign", metavar="KEY", help="Private key of this host.")],
    passphrase_file: PassphraseFile = "",
    database_url: DatabaseUrl = None,
) -> None:
    """Sign the state of the log, so that entries cut off at its end show later. Keep the key apart from the store,
    and a copy of what this shows: who can cut off entries can take checkpoints away, too (log verify --expect).
    """
    from gateway.store.log import sign_checkpoint

    key = load_key(sign, read_passphrase(passphrase_file))
    store = store_of(database_url, create=False)
    with store.write() as connection:
        made = sign_checkpoint(connection, key, store.clock)
    zh = language() == "zh"
    if made is None:
        print("日志为空" if zh else "The log is empty.")
    else:
        print(f"{'检查点' if zh else 'checkpoint'} {made.number}:{made.digest}  {made.signer}")
