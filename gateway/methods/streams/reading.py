"""One element of monitored data while it is read: its facts, its findings, its steps.

Everything that is wrong with an element is found in one pass. An element with an error has no figure, and
neither has what rests on it; the others do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pydantic.alias_generators import to_camel

from gateway.methods.streams.law import Law
from gateway.methods.survey import Fact
from gateway.methods.trace import Input, Step, Trace, text_of
from gateway.model.finding import Finding, Severity, finding
from gateway.model.parts import Part

_PLAIN = re.compile(r"[\w.-]+")
_LARGEST = 40
"""Powers of ten that a figure may span, as in ``gateway.methods.survey``."""


@dataclass(frozen=True, slots=True)
class Term:
    """A figure within an equation: as it is shown, and exactly."""

    input: Input
    value: Fraction


@dataclass(slots=True)
class Desk:
    """What all elements of one record share: the act, the trace, the findings.

    ``footprints``: the footprint factors of the record, which a stream may have borrowed.
    """

    law: Law
    trace: Trace
    taken: frozenset[str]
    footprints: frozenset[Decimal] = frozenset()
    findings: list[Finding] = field(default_factory=list)

    def owner(self, name: str) -> str:
        """A name for the steps of an element that no process of the record has."""
        while name in self.taken:
            name += "'"
        return name


class Source:
    """A source stream, a PFC row or an energy unit. ``complete`` ends with its first error."""

    def __init__(self, desk: Desk, kind: str, path: str, label: str, part: Part) -> None:
        self.desk, self.path, self.label, self.part = desk, path, label, part
        self.owner = desk.owner(f"{kind} {label}")
        self.complete = True
        self.made: list[Finding] = []

    def place(self, name: str) -> str:
        return f"{self.path}/{to_camel(name)}"

    def report(self, rule: str, name: str, *, severity: Severity = "error", **values: Any) -> None:
        """A finding about one field; an error leaves the element without a figure."""
        if severity == "error":
            self.complete = False
        values = {"stream": self.label, **values}
        made = finding(rule, self.place(name), severity=severity, stage="method", **values)
        if made not in self.made:  # one factor may be read for two equations
            self.made.append(made)
            self.desk.findings.append(made)

    def fact(
        self, name: str, unit: str = "", *, missing: str = "", signed: bool = False, most: int | None = None
    ) -> Fact | None:
        """A figure, or None with a finding: absent (rule ``missing``), negative, or outside its range."""
        value = getattr(self.part, name)
        if value is None:
            if missing:
                self.report(missing, name, field=to_camel(name))
            return None
        if not reasonable(value):
            self.report("METHOD-STREAM-RANGE", name, value=format(value, ".2E"), low="1E-40", high="1E+40")
            return None
        if value < 0 and not signed:
            self.report("METHOD-STREAM-NEGATIVE", name, value=text_of(value))
            return None
        if most is not None and value > most:
            self.report("METHOD-STREAM-RANGE", name, value=text_of(value), low="0", high=str(most))
            return None
        return Fact(Fraction(value), text_of(value), unit, self.place(name))

    def code(self, name: str, codes: Iterable[str], missing: str = "") -> str | None:
        """A code of a list; a missing one is the finding ``missing``, another one METHOD-STREAM-CODE."""
        value, expected = getattr(self.part, name), tuple(codes)
        if value in expected:
            return str(value)
        if value is not None:
            self.report("METHOD-STREAM-CODE", name, value=value, expected=", ".join(expected))
        elif missing:
            self.report(missing, name, expected=", ".join(expected))
        return None

    def step(
        self, symbol: str, formula: str, terms: list[Term], exact: Fraction, unit: str, *, topic: str,
        note: str = "",
    ) -> Step:  # fmt: skip
        """Add an equation to the trace; ``topic`` finds its clause, ``GATEWAY:...`` is a clause itself."""
        own = topic.startswith("GATEWAY:")
        made = Step(
            f"{self.owner}:{symbol}",
            formula,
            tuple(term.input for term in terms),
            exact,
            unit,
            topic if own else self.desk.law.clause(topic),
            note,
            own or self.desk.law.confirmed,
        )
        # the same conversion may be needed by two equations: it stands once
        return made if self.desk.trace.steps.get(made.symbol) == made else self.desk.trace.add(made)


def reasonable(value: Decimal) -> bool:
    """Whether a figure is finite and within forty powers of ten, so that exact arithmetic ends."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and max(abs(exponent), abs(value.adjusted())) <= _LARGEST


def of_fact(fact: Fact, symbol: str) -> Term:
    return Term(fact.as_input(symbol), fact.value)


def of_step(step: Step, symbol: str = "") -> Term:
    return Term(step.as_input(symbol), step.exact)


def of_input(given: Input) -> Term:
    """A constant, such as a standard factor of the act."""
    return Term(given, Fraction(given.value))


def labels(parts: Iterable[Any], path: str) -> list[str]:
    """A label for each element: its id where that is plain and its own, else its path."""
    elements = list(parts)
    counts = Counter(part.id for part in elements)
    return [
        part.id if part.id and counts[part.id] == 1 and _PLAIN.fullmatch(part.id) else f"{path}/{index}"
        for index, part in enumerate(elements)
    ]
