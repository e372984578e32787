"""The trace of a computation: every figure with its equation, its inputs and its clause.

A figure that nobody can check again is worth nothing to a verifier. So each step keeps the equation in
symbols and in numbers, where each number comes from (a path of the record, or an earlier step), and the
clause it rests on. Figures are exact fractions until they are written down; what is written has 28
significant digits. No float ever takes part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any

DIGITS = 28
"""Significant digits of a figure that is written down; a QReport keeps at most 16 and 7 decimal places."""

_LONGEST_FRACTION = 2000
"""Bits of a denominator that is still written out; a longer one helps no reader."""

_CONTEXT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)


def decimal_of(exact: Fraction) -> Decimal:
    """A fraction as a decimal of 28 significant digits, half to even, without trailing zeros.

    >>> decimal_of(Fraction(191883, 113000))
    Decimal('1.698079646017699115044247788')
    """
    value = _CONTEXT.divide(Decimal(exact.numerator), Decimal(exact.denominator)).normalize(_CONTEXT)
    whole = value == value.to_integral_value() and value.adjusted() < DIGITS
    return value.quantize(Decimal(1), context=_CONTEXT) if whole else value


def text_of(value: Decimal) -> str:
    """A decimal in plain digits, never in exponent form."""
    return format(value, "f")


def shown_unit(unit: str) -> str:
    """A unit for people: a share has the unit ``1``, which is not printed."""
    return "" if unit == "1" else unit


@dataclass(frozen=True, slots=True)
class Rounded:
    """A rounded figure; ``delta`` is what the rounding added (rounded minus exact)."""

    value: Decimal
    delta: Decimal


def rounded(value: Fraction | Decimal, places: int) -> Rounded:
    """A figure at a fixed number of decimal places, half to even, with the difference that this makes.

    >>> rounded(Fraction(2, 3), 4).value
    Decimal('0.6667')
    """
    exact = Fraction(value)
    scale = 10**places
    units = round(exact * scale)
    sign, digits = (1 if units < 0 else 0), tuple(int(c) for c in str(abs(units)))
    return Rounded(Decimal((sign, digits, -places)), decimal_of(Fraction(units, scale) - exact))


@dataclass(frozen=True, slots=True)
class Input:
    """One input of an equation.

    ``source`` is a path of the record (``/processes/0/activityLevel``), the symbol of an earlier step
    (``P1:AttrEmDir``), or says in words where a constant comes from.
    """

    symbol: str
    value: str
    unit: str
    source: str

    def to_json(self) -> dict[str, str]:
        return {"symbol": self.symbol, "value": self.value, "unit": self.unit, "source": self.source}


@dataclass(frozen=True, slots=True)
class Step:
    """One equation. ``formula`` names its inputs by number: ``({0} + {1}) / {2}``.

    ``confirmed`` is False where the text of the clause was not at hand; it is then shown as "to confirm".
    """

    symbol: str
    formula: str
    inputs: tuple[Input, ...]
    exact: Fraction
    unit: str
    clause: str
    note: str = ""
    confirmed: bool = False

    @property
    def result(self) -> Decimal:
        """The figure with 28 significant digits."""
        return decimal_of(self.exact)

    @property
    def equation(self) -> str:
        """The equation in symbols."""
        return f"{self.symbol} = {self.formula.format(*(i.symbol for i in self.inputs))}"

    @property
    def numbers(self) -> str:
        """The right-hand side with its numbers."""
        return self.formula.format(
            *(f"({i.value})" if i.value.startswith("-") else i.value for i in self.inputs)
        )

    @property
    def cited(self) -> str:
        """The clause as a reader should see it."""
        return self.clause if self.confirmed else f"{self.clause} (to confirm)"

    def as_input(self, symbol: str = "") -> Input:
        """This step's figure as an input of a later one."""
        return Input(symbol or self.symbol.rpartition(":")[2], text_of(self.result), self.unit, self.symbol)

    def to_json(self) -> dict[str, Any]:
        """Decimals are text; ``fraction`` stands only where the decimal is not the exact figure."""
        entry: dict[str, Any] = {
            "symbol": self.symbol,
            "equation": self.equation,
            "numbers": self.numbers,
            "inputs": [i.to_json() for i in self.inputs],
            "result": text_of(self.result),
            "unit": self.unit,
            "clause": self.clause,
            "clauseConfirmed": self.confirmed,
        }
        if Fraction(self.result) != self.exact and self.exact.denominator.bit_length() < _LONGEST_FRACTION:
            entry["fraction"] = f"{self.exact.numerator}/{self.exact.denominator}"
        if self.note:
            entry["note"] = self.note
        return entry

    def to_text(self) -> str:
        """The step for people: symbols, numbers, result, clause, then where each number comes from."""
        lines = [
            self.equation,
            f"    = {self.numbers}",
            f"    = {text_of(self.result)} {shown_unit(self.unit)}".rstrip() + f"    [{self.cited}]",
        ]
        lines += [
            f"      {i.symbol} = {i.value} {shown_unit(i.unit)}".rstrip() + f"    {i.source}"
            for i in self.inputs
        ]
        if self.note:
            lines.append(f"      note: {self.note}")
        return "\n".join(line.replace("\n", "\\u000a") for line in lines)  # ids are the sender's texts


@dataclass(slots=True)
class Trace:
    """The steps of one computation, in the order they were taken; symbols are unique."""

    method: str
    steps: dict[str, Step] = field(default_factory=dict)
    owned: dict[str, list[Step]] = field(default_factory=dict, repr=False)
    """The same steps by their owner, so that a plant of a thousand processes is not searched a thousand times."""

    def add(self, step: Step) -> Step:
        """Keep a step. A symbol that stands twice is a defect of the method, not of the record."""
        if step.symbol in self.steps:
            raise ValueError(f"{self.method}: the step {step.symbol} stands twice in the trace")
        self.steps[step.symbol] = step
        self.owned.setdefault(step.symbol.rpartition(":")[0], []).append(step)
        return step

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps.values())

    def record_paths(self, symbol: str) -> Iterator[str]:
        """Every leaf of the record that a step rests on, through all earlier steps; each step is entered once.

        Plants have thousands of steps, and products that feed one another: no recursion, no path twice.
        """
        met = {symbol}
        step = self.steps.get(symbol)
        waiting = [iter(step.inputs)] if step is not None else []
        while waiting:
            item = next(waiting[-1], None)
            if item is None:
                waiting.pop()
            elif item.source.startswith("/"):
                yield item.source
            elif item.source not in met:
                met.add(item.source)
                earlier = self.steps.get(item.source)
                if earlier is not None:
                    waiting.append(iter(earlier.inputs))

    def of(self, owner: str) -> tuple[Step, ...]:
        """The steps of one process: those whose symbol begins with its id."""
        return tuple(self.owned.get(owner, ()))

    def to_json(self) -> dict[str, Any]:
        return {"method": self.method, "steps": [step.to_json() for step in self]}

    def to_text(self) -> str:
        return "\n\n".join(step.to_text() for step in self)
