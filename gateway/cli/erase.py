"""``cbamgw erase``: personal data that somebody asks to have erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.check.catalog import printable
from gateway.cli.common import EXIT_NOT_CONFORMING, language
from gateway.cli.stores import DatabaseUrl, store_of

if TYPE_CHECKING:
    from gateway.store.database import Store
    from gateway.store.erasure import Erased, Found

NOT_FREED = (
    "Another process uses the database, so its write-ahead log is not emptied. Stop it and erase again.",
    "数据库正被其他进程使用，预写日志尚未清空；请停止服务后再运行一次。",
)
"""In English and Chinese."""


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("erase", epilog="Example: cbamgw erase --find 'Li Wei'; cbamgw erase 'Li Wei' --yes")(_erase)


def _erase(
    value: Annotated[
        str,
        typer.Argument(
            metavar="[VALUE]", help="A name, a number, an address; any part of the field will do."
        ),
    ] = "",
    find: Annotated[str, typer.Option("--find", metavar="TEXT", help="Only list where a text stands.")] = "",
    footprint: Annotated[
        str, typer.Option("--footprint", metavar="ID", help="Every personal value of this footprint.")
    ] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Erase; without it, only what would be erased is listed.")
    ] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Erase personal data: the value is replaced by a mark wherever it is kept; digests and log still verify.

    Only fields that mappings/personal.toml names are personal, and names and notes; elsewhere a text is listed and
    stays. A footprint on offer is served on without its signature. Exit code 1 where something stays.
    """
    from gateway.store.erasure import erase as erase_values

    if [bool(value), bool(find), bool(footprint)].count(True) != 1:
        raise typer.BadParameter("give one of VALUE, --find TEXT, --footprint ID")
    if len((value or find).strip()) < 2 and not footprint:
        raise typer.BadParameter("at least two characters", param_hint="VALUE")
    store = store_of(database_url, create=False)
    found = _found(store, value or find, footprint)
    for one in found:
        _print(one)
    zh = language() == "zh"
    if not found:
        print("未找到。" if zh else "Nothing found.")
    if find or not (found or yes):
        return
    if not yes:
        print("以上尚未删除；确认请加 --yes。" if zh else "Nothing was erased yet; say --yes to erase.")
        return
    _report(store, erase_values(store, found))
    if not all(one.erasable for one in found):
        raise typer.Exit(EXIT_NOT_CONFORMING)


def _found(store: Store, text: str, footprint: str) -> list[Found]:
    from gateway.store.erasure import find, find_of_footprint

    with store.read(long=True) as connection:
        return list(find_of_footprint(connection, footprint) if footprint else find(connection, text))


def _print(one: Found) -> None:
    zh = language() == "zh"
    stays = "  （不属于个人信息字段，保留）" if zh else "  (not a personal field, stays)"
    print(f"{one.place} {one.key} {one.path}: {printable(one.value)[:200]}{'' if one.erasable else stays}")


def _report(store: Store, done: Erased) -> None:
    from gateway.store.backup import backups_of

    zh = language() == "zh"
    print(f"{'已删除' if zh else 'erased'}: {len(done.values)}")
    for pf_id in done.footprints:
        print(f"  {pf_id}: {'已换为无签名的修订版' if zh else 'served on in a revision without signature'}")
    if not done.freed:
        print(NOT_FREED[zh])
    with store.read() as connection:
        made = backups_of(connection)
    if made:
        print(_of_backups(zh, certain=bool(done.values)))
    for moment, file, digest in made:
        print(f"  {moment}  {printable(file)}  {digest}")


def _of_backups(zh: bool, *, certain: bool) -> str:
    """Where nothing was found, a backup from before may hold what an earlier run erased, or nothing of it."""
    if certain:
        return (
            "以下备份在删除之前制作，仍含有该数据："
            if zh
            else "These backups were made before and still hold it:"
        )
    return (
        "以下备份在此之前制作，可能仍含有该数据："
        if zh
        else "These backups were made before and may hold it:"
    )
