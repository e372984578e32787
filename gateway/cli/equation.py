"""``cbamgw calculate equation``: one equation of the act with its numbers, unit and clause."""

from __future__ import annotations

import json

import typer

from gateway.cli.common import language
from gateway.methods.streams.equations import Equation, equations, solve


def register_equation(group: typer.Typer) -> None:
    """Add ``equation`` to the computations."""

    @group.command(
        "equation", epilog="Example: cbamgw calculate equation oxidation-factor Cash=12 Ctotal=600"
    )
    def _equation(
        name: str = typer.Argument("", metavar="[NAME]", help="The equation; without it all are listed."),
        values: list[str] = typer.Argument(None, metavar="SYMBOL=VALUE", help="Its inputs, in their units."),
        as_json: bool = typer.Option(False, "--json", help="The step for machines."),
    ) -> None:
        """One equation of the act that prepares a figure of the record."""
        run(name, values or [], as_json=as_json)


def run(name: str, values: list[str], *, as_json: bool) -> None:
    """Solve and print; findings end with exit 1 like every refusal."""
    if not name:
        typer.echo("\n".join(listed(equation, language()) for equation in equations().values()))
        return
    pairs = dict(value.partition("=")[::2] for value in values)
    names = [value.partition("=")[0] for value in values]
    twice = sorted({symbol for symbol in names if names.count(symbol) > 1})
    if twice:
        shown = ", ".join(twice)
        said = f"{shown} 重复填写" if language() == "zh" else f"given twice: {shown}"
        raise typer.BadParameter(said, param_hint="SYMBOL=VALUE")
    step = solve(name, pairs)
    typer.echo(json.dumps(step.to_json(), ensure_ascii=False, indent=2) if as_json else step.to_text())


def listed(equation: Equation, lang: str) -> str:
    """An equation with the meaning and unit of each input."""
    title = equation.zh if lang == "zh" else equation.en
    lines = [
        f"{equation.name}: {title}",
        f"    {equation.symbol} = {equation.formula}    [{equation.clause}]",
    ]
    for given in equation.inputs:
        meaning = given.zh if lang == "zh" else given.en
        constant = f" = {given.value}" if given.value else ""
        lines.append(f"      {given.symbol}{constant} [{given.unit}]  {meaning}")
    return "\n".join(lines)
