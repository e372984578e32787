"""Records for the definitive method: round figures, so that every expected value can be worked by hand.

Invented plants. Where a figure comes from elsewhere it is said beside it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from plants import Tree, record_of

from gateway.methods.calculation import Calculation, GoodFigures, PrecursorFigures
from gateway.methods.cbam_definitive import calculate

GRID: Tree = {
    "activityUnit": "t",
    "determination": "actual",
    "electricityFactor": "0.5",
    "electricityFactorKind": "co2",
    "electricityFactorSource": "D.4(a)",
    "electricitySource": "grid",
    "electricityDetermination": "default",
}

YEAR_2026: Tree = {"periodStart": "2026-01-01", "periodEnd": "2026-12-31"}

CEMENT_WORKS: Tree = {
    "time": YEAR_2026,
    "installations": [{"id": "S1"}],
    "processes": [
        {
            **GRID,
            "id": "P1",
            "goodsCategory": "Cement clinker",
            "activityLevel": "1000000",
            "directEmissions": "850000",
            "electricityConsumed": "60000",
        },
        {
            **GRID,
            "id": "P2",
            "goodsCategory": "Cement",
            "activityLevel": "1200000",
            "directEmissions": "12000",
            "electricityConsumed": "48000",
        },
    ],
    "precursors": [{"id": "V1", "process": "P2", "ownProcess": "P1", "amount": "964800", "unit": "t"}],
    "goods": [
        {"id": "G1", "process": "P1", "cn8": "25231000"},
        {"id": "G2", "process": "P2", "cn8": "25232900", "clinkerShare": "0.8"},
    ],
}
"""Clinker, and cement with 80 % clinker; of the clinker taken in 4,800 t is lost in grinding."""

AMMONIA_WORKS: Tree = {
    "time": YEAR_2026,
    "installations": [{"id": "S1"}],
    "processes": [
        {
            **GRID,
            "id": "P1",
            "goodsCategory": "Ammonia",
            "activityLevel": "300000",
            "directEmissions": "660000",
            "electricityConsumed": "90000",
        }
    ],
    "heat": [
        {
            "id": "H1",
            "process": "P1",
            "direction": "exported",
            "amount": "500",
            "unit": "TJ",
            "emissionFactor": "62.5",
        }
    ],
    "goods": [{"id": "G1", "process": "P1", "cn8": "28141000", "nitrogenContent": "0.8224"}],
}

FERTILISER_WORKS: Tree = {
    "time": YEAR_2026,
    "installations": [{"id": "S1"}],
    "processes": [
        {
            **GRID,
            "id": "P1",
            "goodsCategory": "Mixed fertilisers",
            "activityLevel": "100000",
            "directEmissions": "1200",
            "electricityConsumed": "5000",
            "electricityFactor": "0.6",
        }
    ],
    "precursors": [
        {
            "id": "V1",
            "process": "P1",
            "category": "Ammonia",
            "cn8": "28141000",
            "country": "TT",
            "supplier": "Ammonia supplier (invented)",
            "amount": "20000",
            "unit": "t",
            "nitrogenContent": "0.8224",
            "seeDirect": "0.0026",
            "seeIndirect": "0.0002",
            "seeUnit": "kg-N",
            "determination": "actual",
        }
    ],
    "goods": [
        {"id": "G1", "process": "P1", "cn8": "31052010", "nitrogenContent": "0.2", "produced": "60000"},
        {"id": "G2", "process": "P1", "cn8": "31052090", "nitrogenContent": "0.1", "produced": "40000"},
    ],
}
"""Two NPK fertilisers of different nitrogen content from one process, over ammonia with the supplier's figures."""

ROLLING_MILL: Tree = {
    "time": YEAR_2026,
    "installations": [{"id": "S1"}],
    "processes": [
        {
            **GRID,
            "id": "P1",
            "goodsCategory": "Iron or steel products",
            "activityLevel": "100000",
            "directEmissions": "9000",
            "electricityConsumed": "20000",
        }
    ],
    "precursors": [
        {
            "id": "SLAB",
            "process": "P1",
            "category": "Crude steel",
            "cn8": "72071210",
            "country": "KR",
            "amount": "105000",
            "unit": "t",
            "seeDirect": "2.1",
            "seeIndirect": "0",
            "determination": "actual",
        },
        {
            "id": "FEMN",
            "process": "P1",
            "category": "Alloys (FeMn, FeCr, FeNi)",
            "cn8": "72021120",
            "country": "CN",
            "amount": "500",
            "unit": "t",
            "determination": "default",
        },
    ],
    "goods": [{"id": "G1", "process": "P1", "cn8": "72083700"}],
}
"""Rolled steel over purchased slab (actual) and ferro-manganese (default value of China, 1.69 t CO2e/t)."""

SINTER_WORKS: Tree = {
    "time": YEAR_2026,
    "installations": [{"id": "S1"}],
    "processes": [
        {
            **GRID,
            "id": "P1",
            "goodsCategory": "Sintered Ore",
            "activityLevel": "1000",
            "directEmissions": "200",
            "electricityConsumed": "100",
        },
        {
            **GRID,
            "id": "P2",
            "goodsCategory": "Pig iron",
            "activityLevel": "1000",
            "directEmissions": "1500",
            "electricityConsumed": "400",
        },
    ],
    "precursors": [{"id": "V1", "process": "P2", "ownProcess": "P1", "amount": "800", "unit": "t"}],
    "goods": [{"id": "G1", "process": "P2", "cn8": "72011011"}],
}
"""Pig iron (Annex II: electricity not charged) over sintered ore (not in Annex II: charged)."""

HYDROGEN_WORKS: Tree = {
    "time": YEAR_2026,
    "installations": [{"id": "S1"}],
    "processes": [
        {
            **GRID,
            "id": "P1",
            "goodsCategory": "Hydrogen",
            "activityLevel": "1000",
            "directEmissions": "9000",
            "electricityConsumed": "10000",
        },
        {
            **GRID,
            "id": "P2",
            "goodsCategory": "Ammonia",
            "activityLevel": "5000",
            "directEmissions": "500",
            "electricityConsumed": "2000",
        },
    ],
    "precursors": [{"id": "V1", "process": "P2", "ownProcess": "P1", "amount": "900", "unit": "t"}],
    "goods": [{"id": "G1", "process": "P2", "cn8": "28141000", "nitrogenContent": "0.8"}],
}
"""Ammonia (charged with electricity) over hydrogen (Annex II: its electricity is not charged)."""

POWER_PLANT: Tree = {
    "time": YEAR_2026,
    "installations": [{"id": "S1"}],
    "processes": [
        {
            "id": "P1",
            "determination": "actual",
            "goodsCategory": "Electricity (export to EU)",
            "activityLevel": "2000",
            "activityUnit": "MWh",
            "directEmissions": "1600",
        }
    ],
    "goods": [{"id": "G1", "process": "P1", "cn8": "27160000"}],
}


def computed(tree: Tree, edits: dict[str, Any] | None = None) -> Calculation:
    return calculate(record_of(tree, edits))


def good_of(result: Calculation, name: str = "G1") -> GoodFigures:
    good = result.good(name)
    assert good is not None, result.findings
    return good


def precursor_of(good: GoodFigures, name: str) -> PrecursorFigures:
    return next(p for p in good.precursors if p.precursor == name)


def exact(result: Calculation, symbol: str) -> Fraction:
    return result.trace.steps[symbol].exact
