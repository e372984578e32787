"""Factors of heat and electricity in a wrong unit, or borrowed from a footprint, give no figure."""

from __future__ import annotations

from typing import Any

import pytest
from plants import Tree, places, record_of

from gateway.check.catalog import message
from gateway.methods.calculation import Calculation
from gateway.methods.cbam_transitional import calculate

PLANT: Tree = {
    "installations": [{"id": "S1"}],
    "processes": [
        {
            "id": "P1", "installation": "S1", "goodsCategory": "Cement clinker", "activityLevel": "1000",
            "activityUnit": "t", "directEmissions": "900", "determination": "actual",
            "electricityConsumed": "60", "electricityFactor": "0.5", "electricityFactorKind": "co2",
            "electricityFactorSource": "D.4(a)", "electricityDetermination": "default",
            "electricityProduced": "0", "electricityExported": "0",
        }
    ],
    "goods": [{"id": "G1", "process": "P1", "cn8": "25231000"}],
}  # fmt: skip

HEAT: Tree = {"id": "H1", "process": "P1", "direction": "imported", "amount": "10", "unit": "TJ"}
SOLD = {"/processes/0/electricityProduced": "10", "/processes/0/electricityExported": "10"}


def calculated(edits: dict[str, Any]) -> Calculation:
    return calculate(record_of(PLANT, edits))


def test_the_plant_of_these_tests_has_a_figure() -> None:
    assert (
        calculated({"/heat": [{**HEAT, "emissionFactor": "110"}]}).goods[0].see_direct.exact == 2
    )  # 900 + 1100


@pytest.mark.parametrize(
    ("edits", "rule", "path"),
    [
        # 110 t/TJ is 0.11 t/GJ: 10 TJ would count 1.1 t instead of 1100
        ({"/heat": [{**HEAT, "emissionFactor": "0.11"}]}, "HEAT-FACTOR-RANGE", "/heat/0/emissionFactor"),
        ({"/heat": [{**HEAT, "emissionFactor": "110000"}]}, "HEAT-FACTOR-RANGE", "/heat/0/emissionFactor"),
        # 900 t from 1 TJ: nothing burns to that
        (
            {"/heat": [{**HEAT, "direction": "exported", "amount": "1", "emissions": "900"}]},
            "HEAT-FACTOR-RANGE", "/heat/0/emissions",
        ),
        (
            {"/heat": [{**HEAT, "direction": "exported", "amount": "0", "emissions": "900"}]},
            "CORRECTION-MISMATCH", "/heat/0/emissions",
        ),
        # 577.7 g/kWh is 0.5777 t/MWh and 0.0005777 t/kWh
        ({"/processes/0/electricityFactor": "577.7"}, "ELECTRICITY-FACTOR-RANGE",
         "/processes/0/electricityFactor"),
        ({"/processes/0/electricityFactor": "0.0005777"}, "ELECTRICITY-FACTOR-RANGE",
         "/processes/0/electricityFactor"),
        ({**SOLD, "/processes/0/electricityProducedFactor": "348"}, "ELECTRICITY-FACTOR-RANGE",
         "/processes/0/electricityProducedFactor"),
        (
            {"/electricity": [{"id": "E1", "factor": "0.5", "factorUnit": "kgCO2e/kWh",
                               "factorKind": "footprint"}]},
            "FACTOR-DISGUISED", "/processes/0/electricityFactor",
        ),
        (
            {"/emissionFactors": [{"id": "F1", "value": "500", "unit": "kgCO2e/MWh", "kind": "footprint"}]},
            "FACTOR-DISGUISED", "/processes/0/electricityFactor",
        ),
        (
            {"/heat": [{**HEAT, "emissionFactor": "110"}],
             "/emissionFactors": [{"id": "F1", "value": "0.11", "unit": "kgCO2e/MJ", "kind": "footprint"}]},
            "FACTOR-DISGUISED", "/heat/0/emissionFactor",
        ),
    ],
)  # fmt: skip
def test_a_factor_that_no_plant_has_is_refused_at_its_field(
    edits: dict[str, Any], rule: str, path: str
) -> None:
    result = calculated(edits)
    assert (f"METHOD-{rule}", path) in places(result.findings, "error")
    assert result.goods == ()
    for finding in result.findings:
        assert "?" not in message(finding, "en") + message(finding, "zh")


@pytest.mark.parametrize("factor", ["0", "0.005", "0.01", "1.2", "3"])
def test_factors_of_real_grids_and_plants_are_taken(factor: str) -> None:
    assert calculated({"/processes/0/electricityFactor": factor}).goods


def test_a_co2_factor_that_differs_from_the_footprint_factor_is_taken() -> None:
    row = {"id": "E1", "factor": "0.6205", "factorUnit": "kgCO2e/kWh", "factorKind": "footprint"}
    coal = {"id": "F1", "value": "500", "unit": "kgCO2e/t", "kind": "footprint"}
    assert calculated({"/electricity": [row], "/emissionFactors": [coal]}).goods


@pytest.mark.parametrize(("amount", "unit", "warned"), [("60", "kWh", True), ("60000", "kWh", False),
                                                        ("60", "MWh", False), ("55", "t", False)])  # fmt: skip
def test_mwh_of_a_process_are_held_against_its_electricity_rows(amount: str, unit: str, warned: bool) -> None:
    row = {"id": "E1", "process": "P1", "amount": amount, "unit": unit}
    found = places(calculated({"/electricity": [row]}).findings, "warning")
    assert (("METHOD-ELECTRICITY-ROWS", "/processes/0/electricityConsumed") in found) is warned


@pytest.mark.parametrize("kind", ["heat", "wasteGas"])
def test_a_deduction_without_an_amount_is_warned_of(kind: str) -> None:
    flow = {"id": "X1", "process": "P1", "direction": "exported", "emissions": "500"}
    found = places(calculated({f"/{kind}": [flow]}).findings, "warning")
    assert ("METHOD-FLOW-EXPORT-UNEXPLAINED", f"/{kind}/0/emissions") in found
