"""``cbamgw lookup``: CN codes, default values and benchmarks, each with its act and its row.

A look-up offers and never chooses: where several codes or rows fit, all are shown.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import typer

from gateway.check.sources import clause_title
from gateway.cli.common import EXIT_NOT_CONFORMING, import_year, language, print_findings
from gateway.formats.codes import code_list
from gateway.methods.benchmarks import TABLE, Benchmark, benchmarks
from gateway.methods.cn_codes import Candidate, offer
from gateway.methods.default_values import DefaultValue, look_up
from gateway.methods.figures import Source, routes, source_of
from gateway.methods.trace import text_of
from gateway.model.finding import Finding

WORDS = {
    "en": {
        "none": "No CN code of Annex I fits. Only the first six digits of a Chinese customs code mean the same.",
        "offer": "Codes that fit: {n}. Choose with the importer and have the choice confirmed.",
        "category": "category", "precursors": "precursors", "until": "until {day} at the latest, now {codes}",
        "from": "since {day} at the latest",
        "row": "row", "total": "total as published", "direct": "direct, for information",
        "indirect": "indirect, for information", "mark": "mark-up {year}", "marked": "default value",
        "route": "route of the row", "act": "act", "read": "read from", "confidence": "confidence",
        "valid": "valid", "V": "two sources", "1": "one source", "U": "unconfirmed",
        "open": "{start}, no end stated", "span": "{start} to {end}", "column": "column", "any": "every route",
        "superseded": "superseded by {by}, check",
    },
    "zh": {
        "none": "附件一中没有相符的 CN 编码。中国海关编码只有前六位与欧盟含义相同。",
        "offer": "相符的编码：{n} 个。请与进口商选定，并由人工确认。",
        "category": "类别", "precursors": "前体", "until": "最迟至 {day}，现为 {codes}",
        "from": "最迟自 {day} 起",
        "row": "所用行", "total": "公布总值", "direct": "直接（参考）",
        "indirect": "间接（参考）", "mark": "{year} 年加成", "marked": "默认值",
        "route": "该行路线", "act": "法规", "read": "数据来源", "confidence": "可信度",
        "valid": "有效期", "V": "两个来源核对", "1": "单一来源", "U": "未经证实",
        "open": "{start} 起，未载明终止日", "span": "{start} 至 {end}", "column": "列", "any": "所有路线",
        "superseded": "已被 {by} 取代，请核对",
    },
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Look up CN codes, default values and benchmarks of CBAM, with act and row.",
        epilog="Example: cbamgw lookup default 72081000 --country CN --year 2026",
    )
    app.add_typer(group, name="lookup")

    @group.command("cn", epilog="Example: cbamgw lookup cn 720851 --text steel")
    def _cn(
        digits: str = typer.Argument("", metavar="[DIGITS]", help="The first digits of a HS or CN code."),
        text: str = typer.Option(
            "", "--text", metavar="WORDS", help="Words of the description (English) or of the category."
        ),
        as_json: bool = typer.Option(False, "--json", help="The result for machines."),
    ) -> None:
        """Offer the CN codes of Annex I that fit; choose none."""
        show_codes(digits.replace(" ", ""), text, as_json=as_json)

    @group.command(
        "default", epilog="Example: cbamgw lookup default 72081000 --country CN --year 2026 --json"
    )
    def _default(
        code: str = typer.Argument(
            metavar="CODE", help="CN code, eight digits; ten where the act splits it."
        ),
        country: str = typer.Option("", "--country", metavar="CC", help="Country of origin, e.g. CN."),
        year: int = typer.Option(..., "--year", help="Calendar year of importation."),
        route: str = typer.Option("", "--route", metavar="LETTER", help="Production route, A to L."),
        on: str = typer.Option("", "--on", metavar="DATE", help="Date of importation, if known."),
        as_json: bool = typer.Option(False, "--json", help="The result for machines."),
    ) -> None:
        """The default value of a good from a country, with mark-up, act and row."""
        import_year(year)
        value = look_up(code, country.upper() or None, year, route.upper() or None, day_of(on))
        finish(value.to_json(), value_lines(value), value.findings, as_json=as_json)

    @group.command("benchmark", epilog="Example: cbamgw lookup benchmark 72081000")
    def _benchmark(
        code: str = typer.Argument(metavar="CODE", help="CN code, eight digits."),
        as_json: bool = typer.Option(False, "--json", help="The result for machines."),
    ) -> None:
        """Every benchmark of a CN code, columns A and B."""
        rows = benchmarks(code.replace(" ", ""))
        source = source_of(TABLE)
        found = {"benchmarks": [row.to_json() for row in rows], **source_json(source)}
        finish(found, benchmark_lines(rows, source), (), as_json=as_json)


def show_codes(digits: str, text: str, *, as_json: bool) -> None:
    """The candidates; exit 1 where there is none."""
    if not digits and not text.strip():
        raise typer.BadParameter("digits or --text", param_hint="DIGITS")
    if not re.fullmatch(r"[0-9]{0,10}", digits):
        raise typer.BadParameter(f"{digits!r}: digits only", param_hint="DIGITS")
    found = list(offer(digits, text))
    if as_json:
        typer.echo(
            json.dumps({"candidates": [candidate_json(c) for c in found]}, ensure_ascii=False, indent=2)
        )
    else:
        typer.echo("\n".join(code_lines(found)))
    if not found:
        raise typer.Exit(EXIT_NOT_CONFORMING)


def candidate_json(found: Candidate) -> dict[str, Any]:
    return {
        "cn8": found.code,
        "category": found.category,
        "sector": found.sector,
        "description": found.description,
        "validFrom": None if found.valid_from is None else found.valid_from.isoformat(),
        "validUntil": None if found.valid_until is None else found.valid_until.isoformat(),
        "replacedBy": list(found.replaced_by),
        "precursors": list(found.precursors),
    }


def code_lines(found: list[Candidate]) -> list[str]:
    """Each code with text, category and allowed precursors, then that a person chooses."""
    lang = language()
    words = WORDS[lang]
    labels = code_list("cbam-category")
    lines: list[str] = []
    for item in found:
        lines.append(f"{item.code}  {item.description}")
        about = f"{words['category']}: {labels.label(item.category, lang)}"
        if item.precursors:
            names = "; ".join(labels.label(name, lang) for name in item.precursors)
            about += f" | {words['precursors']}: {names}"
        lines.append(f"          {about}")
        if item.valid_until is not None:
            codes = ", ".join(item.replaced_by)
            lines.append(f"          {words['until'].format(day=item.valid_until, codes=codes)}")
        elif item.valid_from is not None:
            lines.append(f"          {words['from'].format(day=item.valid_from)}")
    return [*lines, words["offer"].format(n=len(found)) if found else words["none"]]


def value_lines(value: DefaultValue) -> list[str]:
    """A default value for people: what it is, what it is made of, where it stands."""
    lang = language()
    words = WORDS[lang]
    pairs = [
        (words["marked"], f"{text_of(value.marked_up)} {value.unit}"),
        (words["total"], f"{text_of(value.total)} {value.unit}"),
        (words["mark"].format(year=value.year), f"{text_of(value.mark_up)} %"),
        (words["row"], value.row),
    ]
    parts = ((words["direct"], value.direct), (words["indirect"], value.indirect))
    pairs += [(name, text_of(part)) for name, part in parts if part is not None]
    if value.routes:
        named = "; ".join(f"{letter} {routes()[letter][lang]}" for letter in value.routes)
        pairs.append((words["route"], named))
    return [*aligned(pairs + source_pairs(value.source)), *value.notes]


def source_pairs(source: Source) -> list[tuple[str, str]]:
    """Act, origin, confidence and validity of a table."""
    lang = language()
    words = WORDS[lang]
    start, end = source.valid_from, source.valid_until
    valid = words["open"].format(start=start) if end is None else words["span"].format(start=start, end=end)
    if source.superseded_by:
        valid += f"; {words['superseded'].format(by=source.superseded_by)}"
    return [
        (words["act"], clause_title(source.clause, lang)),
        (words["read"], f"{source.read_from_zh if lang == 'zh' else source.read_from} ({source.dated})"),
        (words["confidence"], words[source.confidence]),
        (words["valid"], valid),
    ]


def source_json(source: Source) -> dict[str, Any]:
    return {
        "act": source.act,
        "actDate": source.dated,
        "readFrom": source.read_from,
        "textConsulted": source.text == "consulted",
        "confidence": source.confidence,
        "validFrom": None if source.valid_from is None else source.valid_from.isoformat(),
        "validUntil": None if source.valid_until is None else source.valid_until.isoformat(),
        "notes": list(source.notes),
    }


def benchmark_lines(rows: tuple[Benchmark, ...], source: Source) -> list[str]:
    """Every row of a code with its letter spelled out, then the table's notes."""
    lang = language()
    words = WORDS[lang]
    lines = []
    for row in rows:
        name = routes()[row.route][lang] if row.route else words["any"] if not row.indicator else ""
        told = " ".join(part for part in (row.mark, name) if part)
        lines.append(f"{words['column']} {row.column}  {text_of(row.value):>7} t CO2e/t  {told}".rstrip())
    return [*lines, *aligned(source_pairs(source)), *(f"- {note}" for note in source.notes)]


def aligned(pairs: list[tuple[str, str]]) -> list[str]:
    """Names and values in two columns."""
    return [f"{name}: {value}" for name, value in pairs]


def finish(result: dict[str, Any], lines: list[str], found: tuple[Finding, ...], *, as_json: bool) -> None:
    """The result on standard output, its warnings on standard error."""
    typer.echo(json.dumps(result, ensure_ascii=False, indent=2) if as_json else "\n".join(lines))
    print_findings(found)


def day_of(text: str) -> date | None:
    """A date that was typed, None for nothing."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: a date such as 2026-03-31", param_hint="--on") from error
