"""``cbamgw new``: an empty record to fill in, as a workbook or as JSON."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.formats.fields import FORMAT_ID, record_fields
from gateway.formats.files import atomic_output
from gateway.formats.json_reader import write_json
from gateway.formats.leaves import segments
from gateway.formats.xlsx import write_workbook
from gateway.formats.xlsx_read import put

KINDS = ("cn-pcf",)


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("new", epilog="Example: cbamgw new cn-pcf -o record.xlsx")(_new)


def _new(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"What to make: {', '.join(KINDS)}.")],
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar="FILE", help="record.xlsx or record.json; - writes JSON."),
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Make an empty record to fill in.

    The workbook (.xlsx) has a sheet for every group, drop-down lists and guidance; cells asked for by
    GB/T 24067 are yellow. The JSON (.json) holds the fields asked for by GB/T 24067, each as an empty
    text: cbamgw check names every one that is still empty. Remove a field that does not apply.
    """
    if kind not in KINDS:
        raise typer.BadParameter(f"{kind!r}: choose {', '.join(KINDS)}", param_hint="KIND")
    suffix = output.lower().rpartition(".")[2]
    if output != "-" and suffix not in ("xlsx", "json"):
        raise typer.BadParameter("the name must end in .xlsx or .json", param_hint="-o")
    with atomic_output(output, force=force) as handle:
        if suffix == "xlsx":
            write_workbook(None, handle)
        else:
            handle.write(write_json(json_template()))


def json_template() -> dict[str, Any]:
    """The fields that the GB/T 24067-2024 report asks for, empty, in the order of the table."""
    tree: dict[str, Any] = {"format": FORMAT_ID}
    for field in record_fields():
        if field.gbt:
            put(tree, segments(field.path.removesuffix("/*")), "", is_list=field.is_list)
    return tree
