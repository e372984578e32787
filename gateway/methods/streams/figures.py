"""The figure of one source stream or PFC row, and what it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from gateway.methods.streams.reading import Term
from gateway.methods.trace import Step


@dataclass(frozen=True, slots=True)
class StreamFigure:
    """Emissions of one element, t CO2e. ``zero_rated``: biomass that was not counted, t CO2.

    ``energy`` in TJ where it is known; ``carbon`` and ``zero_carbon`` in t C for a mass balance, outputs
    negative.
    """

    label: str
    path: str
    method: str
    gas: str
    installation: str
    process: str | None
    energy_unit: str | None
    emissions: Step
    zero_rated: Step | None = None
    energy: Term | None = None
    carbon: Fraction = Fraction(0)
    zero_carbon: Fraction = Fraction(0)
    waste_gas: bool = False
    evidence: bool = False

    @property
    def value(self) -> Decimal:
        return self.emissions.result
