"""``cbamgw restore``: a store becomes what a backup says."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.common import language
from gateway.cli.erase import NOT_FREED
from gateway.cli.stores import DatabaseUrl, store_of


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("restore", epilog="Example: cbamgw restore gateway.backup --database-url sqlite:///new.db")(
        _restore
    )


def _restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A backup.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace everything that is kept in the database.")
    ] = False,
    altered: Annotated[
        bool, typer.Option("--altered", help="Restore it although something in it is not as its log tells.")
    ] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Make the database what a backup says: all of it, or nothing where anything goes wrong.

    Every byte is checked first, and the log and every document are verified. What was erased from this database since
    the backup is erased again. Put back the secret file of the host too: it is not in a backup.
    """
    from gateway.store.backup import read_backup, restore

    read_backup(file)  # before a database is made for it
    done = restore(store_of(database_url), file, force=force, altered=altered)
    print(f"{file}  {done.made}  {done.digest}")
    rows, footprints = sum(done.rows.values()), done.rows["footprints"]
    chinese = language() == "zh"
    print(
        f"已恢复行数: {rows}，足迹: {footprints}"
        if chinese
        else f"restored rows: {rows}, footprints: {footprints}"
    )
    for what in done.altered:
        print(f"{'与日志不符' if chinese else 'not as the log tells'}: {what}")
    if done.erased:
        print(
            f"备份之后已删除的个人信息，已再次删除: {done.erased}"
            if chinese
            else f"erased again: {done.erased}"
        )
    if not done.freed:
        print(NOT_FREED[chinese])
