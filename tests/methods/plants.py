"""Records of the Commission's worked examples, and edits of them.

Facts: communication template v2.1, worked examples 1 (cement), 2 (blast-furnace steel), 6 (aluminium),
sheets A_InstData, D_Processes, Summary_Products. Fictional plants, official figures.
"""

from __future__ import annotations

import copy
from typing import Any

from gateway.model.finding import Finding
from gateway.model.record import Record

Tree = dict[str, Any]

COMMON: Tree = {
    "activityUnit": "t",
    "determination": "actual",
    "electricityDetermination": "actual",
    "electricityFactorKind": "co2",
}

ALUMINIUM: Tree = {
    "installations": [{"id": "S1"}],
    "processes": [
        {
            **COMMON,
            "id": "P1",
            "name": {"en": "Primary smelting"},
            "goodsCategory": "Unwrought aluminium",
            "route": "Primary (electrolytic) smelting",
            "activityLevel": "200000",
            "directEmissions": "311000",
            "electricityConsumed": "3000000",
            "electricityFactor": "0.41",
            "electricityFactorSource": "D.4(a)",
        },
        {
            **COMMON,
            "id": "P2",
            "name": {"en": "Forming steps"},
            "goodsCategory": "Aluminium products",
            "route": "All production routes",
            "activityLevel": "113000",
            "directEmissions": "5283",
            "electricityConsumed": "105000",
            "electricityFactor": "0.41",
            "electricityFactorSource": "D.4(a)",
        },
    ],
    "precursors": [{"id": "V1", "process": "P2", "ownProcess": "P1", "amount": "120000", "unit": "t"}],
    "goods": [
        {"id": "G1", "process": "P1", "cn8": "76011010", "name": {"en": "Slabs, Example name A"}},
        {"id": "G2", "process": "P2", "cn8": "76051900", "name": {"en": "Alu products Example name B"}},
    ],
}

STEEL: Tree = {
    "installations": [{"id": "S1"}],
    "processes": [
        {
            **COMMON,
            "id": "P1",
            "name": {"en": "Bubble approach"},
            "goodsCategory": "Iron or steel products",
            "route": "All production routes",
            "activityLevel": "4800000",
            "directEmissions": "7866044.469877754",
            "electricityConsumed": "1658844",
            "electricityFactor": "0.589",
            "electricityFactorSource": "Mix",
            "electricityExported": "0",
        }
    ],
    "wasteGas": [
        {"id": "W1", "process": "P1", "direction": "imported", "amount": "0", "unit": "TJ"},
        {"id": "W2", "process": "P1", "direction": "exported", "amount": "12800", "unit": "TJ"},
    ],
    "goods": [
        {"id": f"G{n}", "process": "P1", "cn8": cn8}
        for n, cn8 in enumerate(("72081000", "72122000", "72139120", "73021028"), 1)
    ],
}

CEMENT: Tree = {
    "installations": [{"id": "S1"}],
    "processes": [
        {
            **COMMON,
            "id": "P1",
            "name": {"en": "Cement Bubble"},
            "goodsCategory": "Cement",
            "route": "All production routes",
            "activityLevel": "1321052.6315789474",
            "directEmissions": "1037310",
            "electricityConsumed": "193864.47368421053",
            "electricityFactor": "0.833",
            "electricityFactorSource": "D.4(b)",
            "electricityExported": "0",
        }
    ],
    "goods": [{"id": "G1", "process": "P1", "cn8": "25232900", "clinkerShare": "0.95"}],
}

PURCHASED: Tree = {
    "id": "V2",
    "process": "P2",
    "category": "Unwrought aluminium",
    "cn8": "76011010",
    "amount": "1000",
    "unit": "t",
    "seeDirect": "2",
    "seeIndirect": "8",
    "embeddedElectricity": "16",
    "determination": "actual",
}


def edited(tree: Tree, edits: dict[str, Any] | None = None) -> Tree:
    """A copy with some places changed: ``{"/processes/0/activityLevel": None}``; None removes the leaf.

    A place one beyond the end of a list appends.
    """
    result = copy.deepcopy(tree)
    for path, value in (edits or {}).items():
        *parents, last = path.strip("/").split("/")
        here: Any = result
        for part in parents:
            here = here[int(part)] if isinstance(here, list) else here.setdefault(part, {})
        if isinstance(here, list):
            if int(last) == len(here):
                here.append(copy.deepcopy(value))
            else:
                here[int(last)] = value
        elif value is None:
            here.pop(last, None)
        else:
            here[last] = copy.deepcopy(value)
    return result


def record_of(tree: Tree, edits: dict[str, Any] | None = None) -> Record:
    return Record.model_validate(edited(tree, edits))


def places(findings: tuple[Finding, ...], severity: str = "error") -> set[tuple[str, str]]:
    """Rule and path of every finding of a severity."""
    return {(f.rule, f.path) for f in findings if f.severity == severity}
