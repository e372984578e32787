"""What a method reads from a record: facts with their paths, and findings where they do not suffice.

A fact is exact and knows where it stands, so that a trace can point at the sender's own field. A process
with an error is marked incomplete and gets no figure; the others do. Nothing is ever filled in.

Units: t (kg is converted exactly), MWh, TJ, t CO2/TJ, t CO2/MWh, t CO2e.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from gateway.methods.trace import Input, text_of
from gateway.model.finding import Finding, Severity, finding
from gateway.model.record import Process, Record

if TYPE_CHECKING:
    from gateway.methods.streams.installation_streams import Streams

DETERMINATIONS = ("actual", "default")
DIRECTIONS = ("imported", "exported")
MASS_UNITS = {"t": Fraction(1), "kg": Fraction(1, 1000)}
_LARGEST = 40
"""Powers of ten that a figure may span; beyond it no plant exists and exact arithmetic would not end."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure of the record: exact, with its unit and the path where it stands."""

    value: Fraction
    text: str
    unit: str
    path: str

    def as_input(self, symbol: str) -> Input:
        return Input(symbol, self.text, self.unit, self.path)


@dataclass(frozen=True, slots=True)
class Flow:
    """Heat or waste gas. Either ``amount`` (with ``factor``, for heat) or ``emissions`` is stated."""

    label: str
    exported: bool
    amount: Fact | None
    factor: Fact | None
    emissions: Fact | None
    path: str


@dataclass(frozen=True, slots=True)
class Consumed:
    """A precursor that a process consumes. ``source`` is an own process; the rest is for purchased ones."""

    label: str
    path: str
    amount: Fact
    source: str | None
    see_direct: Fact | None = None
    see_indirect: Fact | None = None
    electricity: Fact | None = None
    default_share: Fact | None = None
    determination: str | None = None


@dataclass(slots=True)
class Plant:
    """One production process: what the record states about it, and whether that suffices."""

    id: str
    path: str
    process: Process
    activity: Fact | None = None
    direct: Fact | None = None
    electricity: Fact | None = None
    factor: Fact | None = None
    exported: Fact | None = None
    exported_factor: Fact | None = None
    heat: list[Flow] = field(default_factory=list)
    waste_gas: list[Flow] = field(default_factory=list)
    precursors: list[Consumed] = field(default_factory=list)
    complete: bool = True


class Survey:
    """Reads the processes of one record and collects the findings. Use :func:`survey`."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.plants: dict[str, Plant] = {}
        self.findings: list[Finding] = []
        self.streams: Streams | None = None
        self.precursor_ids = Counter(precursor.id for precursor in record.precursors)

    def report(
        self,
        rule: str,
        path: str,
        plant: Plant | None = None,
        *,
        severity: Severity = "error",
        **values: Any,
    ) -> None:
        """A finding; an error makes the process that it concerns incomplete."""
        if plant is not None:
            values = {"process": plant.id, **values}
            if severity == "error":
                plant.complete = False
        self.findings.append(finding(rule, path, severity=severity, stage="method", **values))

    def fact(
        self,
        value: Decimal | None,
        unit: str,
        path: str,
        plant: Plant,
        missing: str = "",
        *,
        signed: bool = False,
    ) -> Fact | None:
        """A figure, or None with a finding: absent (rule ``missing``), negative, or beyond any plant."""
        if value is None:
            if missing:
                self.report(missing, path, plant)
            return None
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or max(abs(exponent), abs(value.adjusted())) > _LARGEST:
            self.report("METHOD-OUT-OF-RANGE", path, plant)
            return None
        if value < 0 and not signed:
            self.report("METHOD-NEGATIVE", path, plant, value=text_of(value))
            return None
        return Fact(Fraction(value), text_of(value), unit, path)

    def mass(
        self,
        value: Decimal | None,
        unit: str | None,
        path: str,
        plant: Plant,
        *,
        unit_path: str,
        missing: str,
    ) -> Fact | None:
        """A mass in t or kg, kept in the unit it was stated in."""
        stated = self.unit(unit, tuple(MASS_UNITS), unit_path, plant) if value is not None else None
        found = self.fact(value, stated or "", path, plant, missing)
        return found if stated else None

    def unit(self, unit: str | None, expected: tuple[str, ...], path: str, plant: Plant) -> str | None:
        if unit in expected:
            return unit
        rule = "METHOD-UNIT-MISSING" if unit is None else "METHOD-UNIT"
        self.report(rule, path, plant, unit=unit or "", expected=", ".join(expected))
        return None

    def code(
        self, value: str | None, codes: tuple[str, ...], path: str, plant: Plant, missing: str
    ) -> str | None:
        if value in codes:
            return value
        if value is None:
            self.report(missing, path, plant)
        else:
            self.report("METHOD-CODE", path, plant, value=value, expected=", ".join(codes))
        return None


def tonnes(mass: Fact) -> Fraction:
    """A mass in tonnes, exactly."""
    return mass.value * MASS_UNITS[mass.unit]
