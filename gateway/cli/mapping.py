"""``cbamgw mapping table``: the rows of a mapping, as they are run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import typer

from gateway.cli.output import write_out
from gateway.formats.json_reader import write_json
from gateway.formats.registry import resolve
from gateway.translate.mapping import Plan, plan
from gateway.translate.totals import equation

COLUMNS = ("id", "canonical", "external", "lens", "with", "meaning", "clause", "note")


def table_rows(made: Plan) -> Iterator[dict[str, str]]:
    """Rows, laws, defaults and drops of a plan, each as a flat row."""
    for row in made.rows:
        yield {
            "id": row.id,
            "canonical": " + ".join(row.canonical_paths),
            "external": " + ".join(row.external_paths),
            "lens": row.lens_name,
            "with": ", ".join(f"{key}={value}" for key, value in row.parameters.items()),
            "meaning": row.meaning,
            "clause": row.clause,
            "note": row.note,
        }
    for law in made.laws:
        note = "; ".join(filter(None, (equation(law), law.note)))
        yield _flat(law.id, "", law.external, "law", law.clause, note)
    for default in made.defaults:
        note = f"{default.value}: {default.reason}"
        yield _flat(default.id, "", default.external, "default", default.clause, note)
    for drop in made.drops:
        ours = drop.path.startswith("/")
        yield _flat(drop.id, drop.path if ours else "", "" if ours else drop.path, "drop", "", drop.reason)


def _flat(name: str, canonical: str, external: str, lens: str, clause: str, note: str) -> dict[str, str]:
    filled = (name, canonical, external, lens, "", "", clause, note)
    return dict(zip(COLUMNS, filled, strict=True))


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    group = typer.Typer(
        no_args_is_help=True,
        help="The mapping tables.",
        epilog="Example: cbamgw mapping table pact.footprint",
    )
    app.add_typer(group, name="mapping")

    @group.callback()
    def _group() -> None:
        """The mapping tables."""

    @group.command("table", epilog="Example: cbamgw mapping table pact.footprint --csv")
    def _table(
        name: str = typer.Argument(..., help="A format, with or without version."),
        as_csv: bool = typer.Option(False, "--csv", help="As CSV."),
        as_json: bool = typer.Option(False, "--json", help="As JSON."),
    ) -> None:
        """Print every row, law, default and drop of a mapping."""
        rows = list(table_rows(plan(resolve(name))))
        if as_json:
            write_out("-", write_json(rows))
        elif as_csv:
            text = io.StringIO()
            writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            write_out("-", text.getvalue().encode())
        else:
            for row in rows:
                arrow = f"{row['canonical'] or '-'}  <->  {row['external'] or '-'}"
                detail = ", ".join(filter(None, (row["lens"], row["with"], row["meaning"], row["clause"])))
                typer.echo(
                    f"{row['id']:12} {arrow}\n{'':12} {detail}" + (f"; {row['note']}" if row["note"] else "")
                )
