"""``cbamgw backup``: everything that is kept, in one file."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.common import language
from gateway.cli.stores import DatabaseUrl, store_of


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("backup", epilog="Example: cbamgw backup gateway.backup")(_backup)


def _backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The backup to write, mode 0600.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Write everything that is kept at this moment into one file; the host may go on working meanwhile.

    The same file restores into SQLite and into PostgreSQL. It holds personal data and business secrets. The secret
    file of the host is not in it: keep a copy of that apart, or tokens, cursors and partners' secrets are lost.
    """
    from gateway.store.backup import back_up

    if file == "-":
        raise typer.BadParameter("a backup is written to a file only", param_hint="FILE")
    made = back_up(store_of(database_url, create=False), file, force=force)
    print(f"{file}  {made.made}  {made.digest}")
    rows, footprints = sum(made.rows.values()), made.rows["footprints"]
    if language() == "zh":
        print(f"行数: {rows}，足迹: {footprints}")
        typer.echo("不含主密钥文件（host.secret），请另行保存。", err=True)
    else:
        print(f"rows: {rows}, footprints: {footprints}")
        typer.echo("The secret file of the host is not in it; keep a copy of that apart.", err=True)
