"""``cbamgw check``: schema, then rules, in three verdicts that are never merged."""

from __future__ import annotations

import typer

from gateway.check.repair import with_offers
from gateway.check.report import as_json, as_text
from gateway.cli.common import EXIT_NOT_CONFORMING, language, open_document
from gateway.cli.output import refuse_outputs, write_out
from gateway.formats.json_reader import write_json
from gateway.model.finding import errors
from gateway.route import check, schema_of, verdicts


def register(app: typer.Typer) -> None:
    """Adds the verb."""

    @app.command("check", epilog="Example: cbamgw check record.xlsx --profile gbt24067")
    def _check(
        file: str = typer.Argument(..., help="The document; - for standard input."),
        as_format: str = typer.Option("", "--as", help="The format to check against, instead of what it is."),
        profile: str = typer.Option("", "--profile", help="Also what a profile asks for, e.g. gbt24067."),
        report: str = typer.Option("text", "--report", help="text or json."),
        out: str = typer.Option("-", "-o", "--output", help="Where the report goes."),
        force: bool = typer.Option(False, "--force", help="Overwrite an existing report."),
    ) -> None:
        """Check a document against its published schema and the rules. Exit 0 conforms, 1 does not."""
        if report not in ("text", "json"):
            raise typer.BadParameter(
                f"{report} is not offered yet; there are text and json", param_hint="--report"
            )
        refuse_outputs([out], [file], force=force)
        document = with_offers(open_document(file, as_format or None))
        found = check(document, profile or None)
        facts = (file, document.format_id, dict(schema_of(document.format_id)), verdicts(found), found)
        text = (
            write_json(as_json(*facts)) if report == "json" else (as_text(*facts, language()) + "\n").encode()
        )
        write_out(out, text, force=force)
        if errors(found):
            raise typer.Exit(EXIT_NOT_CONFORMING)
