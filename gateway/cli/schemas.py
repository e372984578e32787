"""``cbamgw schemas``: which schemas judge, where they come from, whether they are intact."""

from __future__ import annotations

import hashlib
import sys
from typing import Annotated, Any

import typer

from gateway.check.schema import Source, source
from gateway.cli.common import EXIT_NOT_CONFORMING, language, print_findings
from gateway.data import data_path
from gateway.formats.files import atomic_output, read_input, write_failed
from gateway.formats.installed import place_of
from gateway.formats.json_reader import write_json
from gateway.formats.registry import resolve
from gateway.model.finding import Refused, finding

_WORDS = {
    "en": {"origin": "origin  ", "digest": "digest  ", "validity": "validity"},
    "zh": {"origin": "来源  ", "digest": "摘要  ", "validity": "有效期"},
}
_ORIGINS = {"official": "官方", "transcribed": "转写", "project": "本项目"}


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    verb = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="List and verify the schemas that documents are checked against; install publishers' files.",
        epilog="Example: cbamgw schemas list",
    )
    verb.command("list", epilog="Example: cbamgw schemas list --json")(_list)
    verb.command("verify", epilog="Example: cbamgw schemas verify")(_verify)
    verb.command("install", epilog="Example: cbamgw schemas install cbam.template BLANK.xlsx")(_install)
    app.add_typer(verb, name="schemas")


def known_schemas() -> list[Source]:
    """The source of every format version that has a schema folder, by id."""
    files = sorted(data_path("schemas").glob("*/*/SOURCE.toml"))
    return [source(f"{file.parent.parent.name}@{file.parent.name}") for file in files]


def _list(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List every schema: id, title, origin, digest, validity.

    Origin: official (the publisher's own file), transcribed (written from the published structure),
    project (a format of this gateway).
    """
    rows = [_row(found) for found in known_schemas()]
    if as_json:
        sys.stdout.buffer.write(write_json(rows))
        return
    lang = language()
    words = _WORDS[lang]
    for row in rows:
        origin = _ORIGINS[row["origin"]] if lang == "zh" else row["origin"]
        print(f"{row['id']}  {row['title'][lang]}")
        print(f"    {words['origin']}  {origin}")
        print(f"    {words['digest']}  {row['digest']}")
        print(f"    {words['validity']}  {row['valid_from'] or '…'} – {row['valid_until'] or '…'}")


def _row(found: Source) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": dict(found.title),
        "publisher": found.publisher,
        "version": found.version,
        "licence": found.licence,
        "origin": found.origin,
        "digest": f"sha256:{found.sha256}",
        "valid_from": found.valid_from.isoformat() if found.valid_from else None,
        "valid_until": found.valid_until.isoformat() if found.valid_until else None,
    }


def _verify() -> None:
    """Compute the digest of every schema file again; exit 1 when one differs from the pinned one."""
    altered = [found for found in known_schemas() if not _is_intact(found)]
    for found in known_schemas():
        print(f"{'!!' if found in altered else 'ok'}  {found.id}  sha256:{found.sha256}")
    print_findings(finding("SCHEMA-ALTERED", stage="schema", format=f.id, file=f.file) for f in altered)
    if altered:
        raise typer.Exit(EXIT_NOT_CONFORMING)


def _is_intact(found: Source) -> bool:
    return found.path.is_file() and hashlib.sha256(found.path.read_bytes()).hexdigest() == found.sha256


def _install(
    name: Annotated[str, typer.Argument(metavar="FORMAT", help="The format that the file belongs to.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="The publisher's file, as it was downloaded.")],
) -> None:
    """Keep a publisher's file for this user, if its sha256 is the pinned one. Nothing is downloaded.

    The blank workbook of cbam.template is then found without --template.
    """
    found = source(resolve(name))
    data = read_input(file)
    digest = hashlib.sha256(data).hexdigest()
    entry = next((known for known in found.official if known.sha256 == digest), None)
    if entry is None:
        offered = ", ".join(f"{known.name} {known.sha256[:16]}" for known in found.official) or "-"
        raise Refused(
            finding("INSTALL-OTHER-FILE", stage="read", file=file, found=digest[:16], offered=offered)
        )
    place = place_of(found.id.partition("@")[0], entry.name)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_failed(str(place), error) from error
    with atomic_output(place, force=True) as handle:
        handle.write(data)
    print(place)
