"""``cbamgw check``: schema, then rules, in three verdicts that are never merged."""

from __future__ import annotations

import typer

from gateway.bulk.reading import check_long, format_of, is_long_report
from gateway.check.profiles import profile_names
from gateway.check.repair import with_offers
from gateway.check.report import as_json, as_text
from gateway.cli.common import EXIT_NOT_CONFORMING, language, open_document
from gateway.cli.output import refuse_outputs, write_out
from gateway.formats.json_reader import write_json
from gateway.formats.registry import resolve
from gateway.model.finding import Finding, errors
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
        if profile and profile not in profile_names():
            offered = ", ".join(profile_names())
            zh = language() == "zh"
            said = (
                f"没有名为 {profile} 的要求集；可选：{offered}"
                if zh
                else f"{profile} is no profile; choose {offered}"
            )
            raise typer.BadParameter(said, param_hint="--profile")
        refuse_outputs([out], [file], force=force)
        format_id, found = _checked(file, as_format or None, profile or None)
        facts = (file, format_id, dict(schema_of(format_id)), verdicts(found), found)
        text = (
            write_json(as_json(*facts)) if report == "json" else (as_text(*facts, language()) + "\n").encode()
        )
        write_out(out, text, force=force)
        if errors(found):
            raise typer.Exit(EXIT_NOT_CONFORMING)


def _checked(file: str, wanted: str | None, profile: str | None) -> tuple[str, list[Finding]]:
    """The format and the findings; a very long report is checked as it streams by."""
    if is_long_report(file):
        named = wanted is not None and "@" in wanted and not wanted.endswith("@latest")
        format_id = resolve(wanted) if wanted is not None and named else format_of(file)
        return format_id, check_long(file, format_id, profile)
    document = with_offers(open_document(file, wanted))
    return document.format_id, check(document, profile)
