"""``cbamgw formats``: which formats there are, in which versions."""

from __future__ import annotations

import typer

from gateway.cli.common import language
from gateway.cli.output import write_out
from gateway.formats.json_reader import write_json
from gateway.formats.registry import formats


def register(app: typer.Typer) -> None:
    """Adds the verb."""

    @app.command("formats", epilog="Example: cbamgw formats --json")
    def _formats(as_json: bool = typer.Option(False, "--json", help="For machines.")) -> None:
        """List the formats, their versions and syntaxes. Each is read and written."""
        known = formats().values()
        if as_json:
            rows = [
                {
                    "id": f"{f.name}@{v}",
                    "title": dict(f.title),
                    "syntax": f.syntax,
                    "directions": ["read", "write"],
                }
                for f in known
                for v in f.versions
            ]
            write_out("-", write_json(rows))
            return
        for known_format in known:
            for version in known_format.versions:
                name = f"{known_format.name}@{version}"
                title = known_format.title[language()]
                typer.echo(f"{name:24} {', '.join(known_format.syntax):12} read, write   {title}")
