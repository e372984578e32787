"""``cbamgw calculate cbam``: embedded emissions with every equation, number, unit and clause."""

from __future__ import annotations

import json
from typing import Any

import typer

from gateway.check.catalog import message
from gateway.cli.common import EXIT_NOT_CONFORMING, language, print_findings
from gateway.cli.equation import register_equation
from gateway.cli.output import refuse_outputs, write_out
from gateway.cli.streams_view import streams_json, streams_text
from gateway.methods.cbam_transitional import (
    BASIS,
    Calculation,
    Figure,
    GoodFigures,
    ProcessFigures,
    calculate,
)
from gateway.methods.trace import text_of
from gateway.model.finding import Finding, Refused, errors

WORDS = {
    "en": {
        "method": "Method", "basis": "Basis", "goods": "Goods", "processes": "Equations by process",
        "process": "process", "none": "No figure could be computed.", "unknown": "not known",
        "direct": "SEE direct", "indirect": "SEE indirect", "total": "SEE total",
        "electricity": "embedded electricity", "factor": "electricity factor",
        "share": "share of default values", "determination": "determination",
        "basis_text": "per tonne of product, transitional period (communication template v2.1): "
        "cement per tonne of cement, not of clinker",
    },
    "zh": {
        "method": "方法", "basis": "计量基准", "goods": "货物", "processes": "各工序计算式",
        "process": "工序", "none": "未能得出任何数值。", "unknown": "未知",
        "direct": "直接隐含排放强度", "indirect": "间接隐含排放强度", "total": "隐含排放强度合计",
        "electricity": "隐含电力", "factor": "电力排放因子",
        "share": "默认值占比", "determination": "确定方式",
        "basis_text": "每吨产品（过渡期，沟通模板 v2.1）：水泥按每吨水泥计，而非每吨熟料",
    },
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add ``calculate`` with its one computation."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Compute figures from installation data, by a named method.",
        epilog="Example: cbamgw calculate cbam record.json --json",
    )

    @group.callback()
    def _group() -> None:
        """Keeps ``cbam`` a command of its own although it is the only one."""

    @group.command("cbam", epilog="Example: cbamgw calculate cbam record.json --trace trace.json")
    def _cbam(
        file: str = typer.Argument(metavar="FILE", help="A record; - reads standard input."),
        trace: str = typer.Option(
            "", "--trace", metavar="TRACE.json", help="Write every equation to a file."
        ),
        as_json: bool = typer.Option(False, "--json", help="The result for machines."),
        force: bool = typer.Option(False, "--force", help="Overwrite an existing trace."),
    ) -> None:
        """Embedded emissions with every equation."""
        run(file, trace, as_json=as_json, force=force)

    register_equation(group)
    app.add_typer(group, name="calculate")


def run(file: str, trace: str, *, as_json: bool, force: bool) -> None:
    """Read, compute, print; exit 1 where a finding of severity error remains."""
    from gateway.route import read_record

    refuse_outputs([trace], [file], force=force)
    record, findings = read_record(file)
    if record is None:
        raise Refused(findings)
    result = calculate(record)
    every = [*findings, *result.findings]
    if trace:
        write_out(trace, dumped(result.trace.to_json()).encode(), force=force)
    typer.echo(dumped(to_json(result, every)) if as_json else to_text(result, language()), nl=not as_json)
    print_findings(every)
    if errors(every):
        raise typer.Exit(EXIT_NOT_CONFORMING)


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def to_text(result: Calculation, lang: str = "en") -> str:
    """The result for people: the goods first, then every equation, process by process."""
    words = WORDS[lang]
    lines = [f"{words['method']}: {result.method}", f"{words['basis']}: {words['basis_text']}", ""]
    lines += [f"{words['goods']}:"] + [line for good in result.goods for line in good_lines(good, words)]
    if not result.goods:
        lines.append(f"  {words['none']}")
    if result.processes:
        lines += ["", f"{words['processes']}:"]
    for process in result.processes:
        lines += [
            "",
            f"{words['process']} {process.process} | {process.category or '-'} | {process.route or '-'}",
        ]
        lines += ["", "\n\n".join(step.to_text() for step in result.trace.of(process.process))]
    lines.append(streams_text(result.streams, lang))
    return printable("\n".join(lines))


def good_lines(good: GoodFigures, words: dict[str, str]) -> list[str]:
    """One good: its figures per tonne of product, each with its unit and the step that explains it."""
    rows = (
        ("direct", good.see_direct), ("indirect", good.see_indirect), ("total", good.see_total),
        ("electricity", good.embedded_electricity), ("factor", good.electricity_factor),
        ("share", good.default_share),
    )  # fmt: skip
    lines = [f"  {good.cn8 or '-'}  {good.name or good.good or ''}  ({words['process']} {good.process})"]
    lines += [f"    {words[name]}: {shown(value, words)}" for name, value in rows]
    source = good.electricity_factor_source
    return [*lines, f"    {words['determination']}: {good.determination or '-'}, {source or '-'}"]


def shown(figure: Figure | None, words: dict[str, str]) -> str:
    if figure is None:
        return words["unknown"]
    unit = "" if figure.unit == "1" else f" {figure.unit}"
    return f"{text_of(figure.value)}{unit}  [{figure.step}]"


def printable(text: str) -> str:
    """The text with control characters of the record shown escaped, never sent to the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


def to_json(result: Calculation, findings: list[Finding]) -> dict[str, Any]:
    """The result for machines: decimals are text."""
    return {
        "method": result.method,
        "basis": BASIS,
        "goods": [
            {"good": g.good, "path": g.path, "cn8": g.cn8, "process": g.process, **figures_json(g.figures)}
            for g in result.goods
        ],
        "processes": [{"process": p.process, "path": p.path, **figures_json(p)} for p in result.processes],
        "trace": result.trace.to_json()["steps"],
        **streams_json(result.streams),
        "findings": [
            {"rule": f.rule, "severity": f.severity, "path": f.origin or f.path, "message": message(f)}
            for f in findings
        ],
    }


def figures_json(figures: ProcessFigures) -> dict[str, Any]:
    """The figures of one process under the names that people know, each with unit and step."""
    named = {
        "seeDirect": figures.see_direct,
        "seeIndirect": figures.see_indirect,
        "seeTotal": figures.see_total,
        "embeddedElectricity": figures.embedded_electricity,
        "electricityFactor": figures.electricity_factor,
        "defaultShare": figures.default_share,
    }
    return {
        **{name: figure_json(figure) for name, figure in named.items()},
        "electricityFactorSource": figures.electricity_factor_source,
        "determination": figures.determination,
        "electricityDetermination": figures.electricity_determination,
    }


def figure_json(figure: Figure | None) -> dict[str, str] | None:
    if figure is None:
        return None
    return {"value": text_of(figure.value), "unit": figure.unit, "step": figure.step}
