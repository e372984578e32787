"""Equations of the act that prepare a figure of the record, from ``mappings/equations.toml``.

Clinker from cement deliveries, an oxidation factor from ash, heat from enthalpies: the record holds the
result. Each can be worked out here with the same kind of step as every other figure.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import cache

from gateway.data import load_toml
from gateway.methods.streams.reading import reasonable
from gateway.methods.trace import Input, Step, decimal_of, text_of
from gateway.model.finding import Refused, finding

_PLAIN = re.compile(r"-?\d{1,40}(\.\d{1,40})?")
_OPERATORS: dict[type, Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """One input: ``value`` is a constant that the act states.

    ``min`` and ``max`` are allowed, ``above`` and ``below`` are not; empty where nothing bounds it.
    """

    symbol: str
    unit: str
    zh: str
    en: str
    value: str = ""
    min: str = ""
    max: str = ""
    above: str = ""
    below: str = ""

    @property
    def range(self) -> str:
        """The bounds as they are printed."""
        bounds = (("≥", self.min), (">", self.above), ("≤", self.max), ("<", self.below))
        return ", ".join(f"{sign} {bound}" for sign, bound in bounds if bound)

    def holds(self, value: Fraction) -> bool:
        return (
            (not self.min or value >= Fraction(self.min))
            and (not self.above or value > Fraction(self.above))
            and (not self.max or value <= Fraction(self.max))
            and (not self.below or value < Fraction(self.below))
        )


@dataclass(frozen=True, slots=True)
class Equation:
    name: str
    symbol: str
    unit: str
    formula: str
    clause: str
    zh: str
    en: str
    inputs: tuple[Quantity, ...]
    min: str = ""


@cache
def equations() -> dict[str, Equation]:
    """Every equation of the table by its name."""
    rows = load_toml("mappings", "equations.toml")["equation"]
    return {
        row["name"]: Equation(**{**row, "inputs": tuple(Quantity(**given) for given in row["inputs"])})
        for row in rows
    }


_FAULTS = {
    "en": {"missing": "missing: ", "unknown": "unknown: ", "figure": "not a plain decimal: "},
    "zh": {"missing": "缺少：", "unknown": "未知：", "figure": "不是规范的十进制数："},
}


def _told(faults: Mapping[str, list[str]], words: Mapping[str, str], between: str) -> str:
    """Each kind of fault with its inputs."""
    return between.join(f"{words[kind]}{', '.join(named)}" for kind, named in faults.items() if named)


def solve(name: str, values: Mapping[str, str]) -> Step:
    """The equation with these values, exactly, as one step. Raises Refused for what is missing or wrong."""
    equation = equations().get(name)
    if equation is None:
        near = ", ".join(get_close_matches(name, equations(), n=3, cutoff=0.4)) or ", ".join(equations())
        raise Refused(finding("METHOD-EQUATION-UNKNOWN", stage="method", name=name, near=near))
    expected = {given.symbol for given in equation.inputs if not given.value}
    faults = {
        "missing": sorted(expected - values.keys()),
        "unknown": sorted(values.keys() - expected),
        "figure": [f"{s} = {values[s]}" for s in values if s in expected and not _figure(values[s])],
    }
    if any(faults.values()):
        needed = ", ".join(f"{g.symbol} [{g.unit}]" for g in equation.inputs if not g.value)
        raise Refused(
            finding("METHOD-EQUATION-INPUT", stage="method", name=name, expected=needed,
                    wrong=_told(faults, _FAULTS["en"], "; "), wrong_zh=_told(faults, _FAULTS["zh"], "；"))
        )  # fmt: skip
    figures = {given.symbol: Fraction(given.value or values[given.symbol]) for given in equation.inputs}
    _refuse_beyond(equation, figures)
    try:
        exact = _evaluate(ast.parse(equation.formula, mode="eval").body, figures)
    except ZeroDivisionError:
        raise Refused(finding("METHOD-EQUATION-UNDEFINED", stage="method", name=name)) from None
    if equation.min and exact < Fraction(equation.min):
        told = text_of(decimal_of(exact))
        raise Refused(
            finding("METHOD-EQUATION-RESULT", stage="method", name=name, symbol=equation.symbol,
                    result=told, unit=equation.unit, least=equation.min)
        )  # fmt: skip
    inputs = tuple(
        Input(
            given.symbol,
            given.value or text_of(Decimal(values[given.symbol])),
            given.unit,
            f"constant: {equation.clause}" if given.value else f"given: {given.en}",
        )
        for given in equation.inputs
    )
    return Step(
        equation.symbol, _numbered(equation), inputs, exact, equation.unit, equation.clause, confirmed=True
    )


def _refuse_beyond(equation: Equation, figures: Mapping[str, Fraction]) -> None:
    """Refuse every input outside its range; a per cent typed as a fraction is named as such."""
    wrong = [given for given in equation.inputs if not given.holds(figures[given.symbol])]
    if wrong:
        raise Refused(
            finding(
                "METHOD-EQUATION-PERCENT" if _percent(given, figures) else "METHOD-EQUATION-RANGE",
                stage="method",
                name=equation.name,
                symbol=given.symbol,
                value=text_of(decimal_of(figures[given.symbol])),
                unit=given.unit,
                range=given.range,
                fraction=text_of(decimal_of(figures[given.symbol] / 100)),
            )
            for given in wrong
        )


def _percent(given: Quantity, figures: Mapping[str, Fraction]) -> bool:
    """Whether a fraction above 1 would be in range as per cent."""
    value = figures[given.symbol]
    return given.unit == "1" and value > 1 and given.holds(value / 100)


def _figure(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and reasonable(Decimal(text))


def _evaluate(node: ast.expr, figures: Mapping[str, Fraction]) -> Fraction:
    """Arithmetic of our own table with exact fractions; anything but + - * / is a defect of the table."""
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_evaluate(node.left, figures), _evaluate(node.right, figures))
    if isinstance(node, ast.Name):
        return figures[node.id]
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return Fraction(node.value)
    raise ValueError(f"an equation uses {ast.dump(node)}")


def _numbered(equation: Equation) -> str:
    """The formula of a step: inputs by number, ``x`` for times."""
    places = {given.symbol: f"{{{n}}}" for n, given in enumerate(equation.inputs)}
    named = re.sub(r"[A-Za-z]\w*", lambda found: places[found[0]], equation.formula)
    return named.replace("*", "x")
