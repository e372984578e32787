"""Monitored data for tests: one element at a time, and what the method makes of it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gateway.methods.streams.installation_streams import Streams
from gateway.methods.streams.law import DEFINITIVE, Law
from gateway.methods.streams.totals import streams_of
from gateway.model.finding import Finding
from gateway.model.record import Record

Tree = dict[str, Any]

COAL: Tree = {
    "id": "F1", "method": "combustion", "amount": "1000", "unit": "t", "ncv": "25", "ncvUnit": "GJ/t",
    "emissionFactor": "95", "emissionFactorUnit": "tCO2/TJ", "factorKind": "co2",
}  # fmt: skip
"""1000 t x 25 GJ/t = 25 TJ; x 95 t CO2/TJ = 2375 t CO2."""

GAS: Tree = {
    "id": "F2", "method": "combustion", "amount": "100", "unit": "10^4Nm3-20C", "ncv": "389.31",
    "ncvUnit": "GJ/10^4Nm3", "gasReference": "20C", "emissionFactor": "56.1", "emissionFactorUnit": "tCO2/TJ",
    "factorKind": "co2",
}  # fmt: skip
"""100 x 10^4 Nm3 x 389.31 GJ/10^4 Nm3 = 38.931 TJ; x 56.1 = 2184.0291 t CO2."""

LIMESTONE: Tree = {
    "id": "M1", "method": "process", "amount": "500", "unit": "t", "emissionFactor": "0.44",
    "emissionFactorUnit": "tCO2/t", "factorKind": "co2",
}  # fmt: skip

COKE: Tree = {"id": "B1", "method": "mass-balance", "amount": "100", "unit": "t", "carbonContent": "0.88"}
STEEL_OUT: Tree = {
    "id": "B2", "method": "mass-balance", "direction": "output", "amount": "1000", "unit": "t",
    "carbonContent": "0.002",
}  # fmt: skip

SLOPE: Tree = {
    "id": "A1", "method": "slope", "anodeEffects": "0.5", "anodeEffectMinutes": "2", "slopeFactor": "0.1",
    "weightFraction": "0.1", "collectionEfficiency": "0.98", "production": "10000",
}  # fmt: skip

OVERVOLTAGE: Tree = {
    "id": "A2", "method": "overvoltage", "overvoltage": "19", "currentEfficiency": "0.95",
    "overvoltageFactor": "1.16", "weightFraction": "0.121", "collectionEfficiency": "1", "production": "10000",
}  # fmt: skip

PROCESS: Tree = {"id": "P1", "installation": "S1"}


def plant(*streams: Tree, **groups: Any) -> Record:
    """A record of one site with these source streams and whatever other groups a test gives."""
    tree = {"installations": [{"id": "S1"}], "sourceStreams": list(streams), **groups}
    return Record.model_validate(tree)


def judged(*streams: Tree, law: Law = DEFINITIVE, **groups: Any) -> Streams:
    return streams_of(plant(*streams, **groups), law)


def changed(stream: Tree, **changes: Any) -> Tree:
    """The stream with some fields changed; None removes one."""
    merged = {**stream, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def emitted(*streams: Tree, **groups: Any) -> Fraction:
    """The emissions of all elements together; fails with the findings where one was refused."""
    found = judged(*streams, **groups)
    assert not [f for f in found.findings if f.severity == "error"], found.findings
    assert len(found.figures) == len(found.members)
    return sum((figure.emissions.exact for figure in found.figures), Fraction(0))


def rules_of(found: Streams, severity: str = "error") -> list[tuple[str, str]]:
    return [(f.rule, f.path) for f in found.findings if f.severity == severity]


def one(found: Streams, severity: str = "error") -> Finding:
    """The only finding of a severity."""
    (finding,) = [f for f in found.findings if f.severity == severity]
    return finding
