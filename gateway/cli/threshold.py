"""``cbamgw calculate threshold``: net mass per importer and year against the 50 t threshold."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from gateway.check.catalog import message
from gateway.check.document import check_document
from gateway.cli.certificates import figure
from gateway.cli.common import EXIT_NOT_CONFORMING, language, open_document, print_findings
from gateway.methods.threshold import METHOD, Entry, Sum, Threshold, check_threshold, imports_of
from gateway.methods.trace import decimal_of, text_of
from gateway.model.finding import Finding, Refused, errors, finding
from gateway.model.record import Record
from gateway.translate.engine import lift
from gateway.translate.mapping import plan
from gateway.translate.merge import merge

WORDS = {
    "en": {
        "over": "EXCEEDED: the importer needs the status of authorised CBAM declarant, and all goods of the year count",
        "under": "not exceeded by what was counted",
        "part": "Only the imports shown were counted; every other import of the importer in that year counts too.",
        "sector": "hydrogen and electricity do not count", "origin": "origin outside CBAM",
        "left": "not counted", "of": "of", "typed": "(typed)",
    },
    "zh": {
        "over": "已超过：进口商须取得授权 CBAM 申报人资格，全年所有货物均须履行义务",
        "under": "就已计入的进口而言未超过",
        "part": "只计入了所示进口；该进口商当年的其他进口也要计入。",
        "sector": "氢和电力不计入", "origin": "原产地不在 CBAM 范围内",
        "left": "未计入", "of": "/", "typed": "（命令行）",
    },
}  # fmt: skip


def register(group: typer.Typer) -> None:
    """Add the computation to the group of ``calculate``."""
    group.command(
        "threshold", epilog="Example: cbamgw calculate threshold record.json --with consignment.json"
    )(_threshold)


def _threshold(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="Records with consignments."),
    ] = None,
    others: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="FILE", help="A consignment file for the record; may be repeated."),
    ] = None,
    imported: Annotated[
        list[str] | None,
        typer.Option("--import", metavar="CODE:T", help="CN code and net mass in tonnes; may be repeated."),
    ] = None,
    year: Annotated[int, typer.Option("--year", help="Calendar year of --import.")] = 0,
    importer: Annotated[str, typer.Option("--importer", metavar="NAME", help="Importer of --import.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The result for machines.")] = False,
) -> None:
    """Net mass per importer and calendar year against the 50 t threshold."""
    if not files and not imported:
        raise typer.BadParameter("a FILE or --import", param_hint="FILE")
    if imported and not year:
        raise typer.BadParameter("--import needs --year", param_hint="--year")
    entries = [typed(text, year, importer) for text in imported or ()]
    found: list[Finding] = []
    if files:
        read, found = read_imports(files, others or [])
        entries += read
    result = check_threshold(entries, found)
    lang = language()
    typer.echo(
        json.dumps(to_json(result), ensure_ascii=False, indent=2)
        if as_json
        else "\n".join(to_text(result, lang))
    )
    print_findings(result.findings)
    if errors(result.findings):
        raise typer.Exit(EXIT_NOT_CONFORMING)


def read_imports(files: list[str], others: list[str]) -> tuple[list[Entry], list[Finding]]:
    """The imports of every file, with each consignment file in turn where there are some."""
    entries: list[Entry] = []
    found: list[Finding] = []
    for name in files:
        for other in others or [""]:
            record, wrong = read_merged(name, other)
            more, missing = imports_of(record)
            entries += more
            found += [item for item in (*wrong, *missing) if item not in found]
    return entries, found


def read_merged(name: str, other: str) -> tuple[Record, list[Finding]]:
    """A record, with the consignments of another file where one is given."""
    from gateway.route import read_record

    if not other:
        return read_record(name)
    document, more = open_document(name), open_document(other)
    wrong = merge(document.tree, more.tree) if document.format_id == more.format_id else []
    if document.format_id != more.format_id:
        raise typer.BadParameter(f"{other}: {more.format_id}, not {document.format_id}", param_hint="--with")
    lifted = lift(plan(document.format_id), document.tree)
    checked = [*check_document(document), *wrong, *lifted.findings]
    found = [*document.findings, *more.findings, *checked]
    try:
        return Record.model_validate(lifted.tree), found
    except ValidationError as error:
        raise Refused(found or [finding("RECORD-TYPE", stage="method", reason=str(error)[:200])]) from error


def typed(text: str, year: int, importer: str) -> Entry:
    """An import that was typed: ``72081000:48.5``."""
    cn, _, mass = text.partition(":")
    if not cn or not mass:
        raise typer.BadParameter(f"{text!r}: such as 72081000:48.5", param_hint="--import")
    figure(mass, "--import")
    return Entry(importer or "-", year, cn, Fraction(mass), "", "--import")


def to_text(result: Threshold, lang: str) -> list[str]:
    words = WORDS[lang]
    lines: list[str] = []
    for item in result.sums:
        lines += [*sum_lines(item, words), ""]
    lines += [result.trace.to_text(), "", words["part"]] if result.sums else [words["part"]]
    return lines


def sum_lines(item: Sum, words: dict[str, str]) -> list[str]:
    limit = text_of(decimal_of(item.threshold))
    head = f"{item.importer} {item.year}: {text_of(item.mass.result)} {words['of']} {limit} t"
    verdict = words["over" if item.exceeded else "under"]
    left = [
        f"  {words['left']}: {e.cn} {text_of(decimal_of(e.tonnes))} t, {words[reason]}"
        for e, reason in item.left_out
    ]
    return [head, f"  {verdict}", *left]


def to_json(result: Threshold) -> dict[str, Any]:
    return {
        "method": METHOD,
        "sums": [item.to_json() for item in result.sums],
        "trace": result.trace.to_json()["steps"],
        "findings": [
            {"rule": f.rule, "severity": f.severity, "path": f.path, "message": message(f)}
            for f in result.findings
        ],
    }
