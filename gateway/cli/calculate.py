"""``cbamgw calculate cbam``: embedded emissions with every equation, number, unit and clause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import typer

from gateway.cli import certificates, threshold
from gateway.cli.calculate_json import to_json
from gateway.cli.calculate_text import to_text
from gateway.cli.common import EXIT_NOT_CONFORMING, language, print_findings
from gateway.cli.equation import register_equation
from gateway.cli.output import refuse_outputs, write_out
from gateway.methods import cbam_definitive, cbam_transitional
from gateway.methods.calculation import Calculation
from gateway.model.finding import Finding, Refused, errors
from gateway.model.record import Record

METHODS = {"transitional": cbam_transitional.calculate, "definitive": cbam_definitive.calculate}


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
        method: str = typer.Option(
            "",
            "--method",
            metavar="METHOD",
            help="transitional, definitive or both. Left out: both, and the exit code is that of the "
            "transitional method.",
        ),
        trace: str = typer.Option(
            "", "--trace", metavar="TRACE.json", help="Write every equation to a file."
        ),
        as_json: bool = typer.Option(False, "--json", help="The result for machines."),
        force: bool = typer.Option(False, "--force", help="Overwrite an existing trace."),
    ) -> None:
        """Embedded emissions with every equation."""
        run(file, trace, method=method, as_json=as_json, force=force)

    for more in (certificates, threshold):
        more.register(group)
    register_equation(group)
    app.add_typer(group, name="calculate")


def run(file: str, trace: str, *, method: str = "", as_json: bool, force: bool) -> None:
    """Read, compute, print; exit 1 where a finding of severity error remains."""
    from gateway.route import read_record

    chosen = methods_of(method)
    refuse_outputs([trace], [file], force=force)
    record, findings = read_record(file)
    if record is None or any(item.stage in ("schema", "read") for item in errors(findings)):
        raise Refused(
            findings
        )  # a figure that is no plain decimal is not computed with, whatever it may mean
    results = computed(record, chosen)
    if trace:
        write_out(trace, dumped(trace_json(results)).encode(), force=force)
    if as_json:
        typer.echo(dumped(results_json(results, findings)), nl=False)
    else:
        typer.echo("\n\n".join(to_text(result, language()) for result in results))
    said = tell(results, findings)
    decides = said[:1] if not method else said
    if any(errors(every) for every in (findings, *decides)):
        raise typer.Exit(EXIT_NOT_CONFORMING)


def methods_of(method: str) -> tuple[str, ...]:
    """The methods to run, transitional first. An unknown word is wrong usage."""
    if method in ("", "both"):
        return tuple(METHODS)
    if method in METHODS:
        return (method,)
    said = (
        f"{method} 不是方法；可选：transitional、definitive、both"
        if language() == "zh"
        else f"{method} is no method; choose transitional, definitive or both"
    )
    raise typer.BadParameter(said, param_hint="--method")


def computed(record: Record, chosen: Sequence[str]) -> list[Calculation]:
    return [METHODS[name](record) for name in chosen]


def tell(results: Sequence[Calculation], findings: Sequence[Finding]) -> list[tuple[Finding, ...]]:
    """Findings on standard error: of the record, then of each method; what was said already is not repeated."""
    print_findings(findings)
    known = {(f.rule, f.path) for f in findings}
    for number, result in enumerate(results):
        new = [f for f in result.findings if (f.rule, f.path) not in known]
        if number and new:
            typer.echo(f"{result.method}:", err=True)
        print_findings(new)
        known |= {(f.rule, f.path) for f in new}
    return [result.findings for result in results]


def dumped(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def results_json(results: Sequence[Calculation], findings: Sequence[Finding]) -> dict[str, Any]:
    """One method: its result. Both: the transitional one as ever, and the other under ``definitive``."""
    first, *others = results
    tree = to_json(first, [*findings, *first.findings])
    for other in others:
        tree["definitive"] = to_json(other, [*findings, *other.findings])
    return tree


def trace_json(results: Sequence[Calculation]) -> dict[str, Any]:
    """The trace of the first method, and that of the other under ``definitive``."""
    first, *others = results
    tree = first.trace.to_json()
    for other in others:
        tree["definitive"] = other.trace.to_json()
    return tree


__all__ = ["register", "run", "to_json", "to_text"]
