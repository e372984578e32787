"""Which act a figure rests on, and where each equation stands in it.

The equations of Annex II and III of Implementing Regulation (EU) 2025/2547 are those of the transitional
act (EU) 2023/1773, whose text was not at hand: there the sections follow the communication template v2.1
and every clause is shown "to confirm". Section and equation are cited together, since "Equation 52" is
printed twice and some cross-references of the act are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Law:
    """One act. ``confirmed``: its text was read."""

    act: str
    confirmed: bool
    places: Mapping[str, str]

    def clause(self, topic: str) -> str:
        """The clause of a topic as a key: ``EU-2025-2547:annex-II-B.3.1.1 eq. 5``."""
        return f"{self.act}:{self.places[topic]}"


_EQUATIONS = {
    "installation": "annex-II-B.2 eq. 4",
    "combustion": "annex-II-B.3.1.1 eq. 5",
    "energy": "annex-II-B.3.1.1 eq. 6",
    "factor": "annex-II-B.3.1.1",
    "carbon-factor": "annex-II-B.3.1.1 eq. 9",
    "carbon-energy-factor": "annex-II-B.3.1.1 eq. 8",
    "biomass": "annex-II-B.3.1.1 eq. 10",
    "process": "annex-II-B.3.1.2 eq. 11",
    "balance": "annex-II-B.3.2 eq. 12",
    "balance-energy-factor": "annex-II-B.3.2 eq. 13",
    "balance-factor": "annex-II-B.3.2 eq. 14",
    "balance-biomass": "annex-II-B.3.2 eq. 15",
    "measurement": "annex-II-B.6.2.1 eq. 16",
    "measured-biomass": "annex-II-B.6.2.3",
    "n2o": "annex-II-B.6.2.4 eq. 18",
    "pfc": "annex-II-B.7 eq. 20",
    "slope": "annex-II-B.7.1 eq. 21",
    "slope-c2f6": "annex-II-B.7.1 eq. 22",
    "anode-effect": "annex-II-B.7.1 eq. 23",
    "overvoltage": "annex-II-B.7.2 eq. 24",
    "overvoltage-c2f6": "annex-II-B.7.2 eq. 25",
    "pfc-co2e": "annex-II-B.7.3 eq. 26",
    "transfer": "annex-II-B.8.2",
    "heat-produced": "annex-II-C.1.2.2 eq. 32",
    "energy-input": "annex-II-C.1.2.2 eq. 33",
    "electricity": "annex-II-D.1 eq. 35",
    "power-factor": "annex-II-D.4.1 eq. 38",
    "reconciliation": "annex-III-A.1 eq. 41",
    "heat": "annex-III-A.2.2 eq. 44",
    "heat-mix": "annex-III-A.2.2 eq. 45",
    "chp": "annex-III-A.2.2 eq. 46",
    "chp-heat-efficiency": "annex-III-A.2.2 eq. 47",
    "chp-electricity-efficiency": "annex-III-A.2.2 eq. 48",
    "chp-heat-share": "annex-III-A.2.2 eq. 49",
    "chp-electricity-share": "annex-III-A.2.2 eq. 50",
    "chp-heat-factor": "annex-III-A.2.2 eq. 51",
    "chp-electricity-factor": "annex-III-A.2.2 eq. 52",
    "attributed": "annex-III-A.3 eq. 55 (DirEm*)",
}

DEFINITIVE = Law("EU-2025-2547", True, _EQUATIONS)

_SECTIONS = {
    "B.2": "annex-III-B.2", "B.3.1": "annex-III-B.3.1", "B.3.2": "annex-III-B.3.2", "B.6": "annex-III-B.6",
    "B.7": "annex-III-B.7", "B.8": "annex-III-B.8", "C": "annex-III-C", "D": "annex-III-D",
    "annex-III": "annex-III-F",
}  # fmt: skip
"""Sections of the transitional act for those of 2025/2547, as far as the template names them."""


def _transitional(place: str) -> str:
    inside = place.removeprefix("annex-II-")
    return next(there for here, there in _SECTIONS.items() if inside.startswith(here))


TRANSITIONAL = Law(
    "EU-2023-1773", False, {topic: _transitional(place) for topic, place in _EQUATIONS.items()}
)
