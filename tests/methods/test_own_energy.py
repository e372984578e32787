"""What the fuel of an own boiler, cogeneration unit or power plant emits reaches the processes once."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from plants import Tree, places, record_of

from gateway.check.catalog import message
from gateway.methods.calculation import Calculation
from gateway.methods.cbam_transitional import calculate

LIMESTONE: Tree = {
    "id": "F0", "process": "P1", "method": "process", "amount": "10000", "unit": "t", "emissionFactor": "0.44",
    "emissionFactorUnit": "tCO2/t", "factorKind": "co2",
}  # fmt: skip
"""4400 t CO2, the DirEm* of the process."""

GAS: Tree = {
    "id": "F1", "energyUnit": "B1", "method": "combustion", "amount": "100", "unit": "TJ",
    "emissionFactor": "56.1", "emissionFactorUnit": "tCO2/TJ", "factorKind": "co2",
}  # fmt: skip
"""100 TJ of natural gas: 5610 t CO2."""

BOILER: Tree = {"id": "B1", "installation": "S1", "kind": "boiler", "netHeat": "90"}
CHP: Tree = {
    "id": "B1", "installation": "S1", "kind": "chp", "netHeat": "50", "netElectricity": "8000",
    "referenceHeat": "0.9", "referenceElectricity": "0.525",
}  # fmt: skip
POWER: Tree = {"id": "B1", "installation": "S1", "kind": "power", "netElectricity": "9000"}


def heat(direction: str, amount: str, process: str = "P1") -> Tree:
    return {"process": process, "direction": direction, "amount": amount, "unit": "TJ", "energyUnit": "B1"}


def calculated(unit: Tree, *flows: Tree, **process: Any) -> Calculation:
    tree = {
        "installations": [{"id": "S1"}],
        "processes": [
            {
                "id": "P1", "installation": "S1", "goodsCategory": "Cement clinker", "activityLevel": "1000",
                "activityUnit": "t", "determination": "actual", "electricityConsumed": "0",
                "electricityExported": "0", "electricityDetermination": "actual", **process,
            },
            {
                "id": "P2", "installation": "S1", "goodsCategory": "Cement clinker", "activityLevel": "1000",
                "activityUnit": "t", "determination": "actual", "electricityConsumed": "0",
                "directEmissions": "0", "electricityExported": "0", "electricityDetermination": "actual",
            },
        ],
        "goods": [{"id": "G1", "process": "P1", "cn8": "25231000"}],
        "sourceStreams": [LIMESTONE, GAS],
        "energyUnits": [unit],
        "heat": list(flows),
    }  # fmt: skip
    return calculate(record_of(tree))


def direct(result: Calculation) -> Any:
    return result.trace.steps["P1:AttrEmDir"].exact


def test_heat_of_an_own_boiler_brings_all_of_its_fuel_to_the_process() -> None:
    assert direct(calculated(BOILER, heat("imported", "90"))) == 4400 + 5610


def test_heat_taken_and_passed_on_counts_for_the_process_that_uses_it() -> None:
    # 90 TJ carry 5610 t, 30 TJ of them 1870 t; the unit gave 90 TJ, not 120
    alone = calculated(BOILER, heat("imported", "90"), heat("exported", "30"))
    both = calculated(BOILER, heat("imported", "90"), heat("exported", "30"), heat("imported", "30", "P2"))
    for result in (alone, both):
        assert places(result.findings) == set()
        assert direct(result) == 4400 + 5610 - 1870


@pytest.mark.parametrize(
    ("unit", "amount", "handed", "emitted"),
    [
        # efficiency 0.9 stated, 50 of 100 TJ used: 50 x 56.1/0.9 = 3116.667
        ({**BOILER, "efficiency": "0.9", "netHeat": "50"}, "50", "3116.667", "5610"),
        # efficiency 0.5 and 90 TJ: 90 x 56.1/0.5 = 10,098
        ({**BOILER, "efficiency": "0.5"}, "90", "10098", "5610"),
        # no net heat, 500 TJ from 100 TJ of fuel: 500 x 56.1/0.9 = 31,166.667
        ({**BOILER, "efficiency": "0.9", "netHeat": None}, "500", "31166.667", "5610"),
        # 89.5 of 90 TJ are 0.56 % less: 89.5 x 62.333...
        (BOILER, "89.5", "5578.833", "5610"),
    ],
)
def test_less_or_more_than_the_fuel_emits_is_refused_with_both_numbers(
    unit: Tree, amount: str, handed: str, emitted: str
) -> None:
    known = {key: value for key, value in unit.items() if value is not None}
    result = calculated(known, heat("imported", amount))
    (found,) = [f for f in result.findings if f.rule == "METHOD-ENERGY-UNATTRIBUTED"]
    assert (found.severity, found.values["handed"], found.values["emitted"]) == ("error", handed, emitted)
    assert result.goods == ()
    assert handed in message(found, "zh")


def test_half_a_per_cent_of_rounding_is_taken() -> None:
    assert calculated(BOILER, heat("imported", "89.6")).goods  # 0.44 % less


def test_heat_that_a_process_never_took_cannot_be_deducted_from_its_emissions() -> None:
    # the 50 TJ of boiler heat would take 3117 t from 4400 t of limestone
    result = calculated(BOILER, heat("exported", "50"))
    assert places(result.findings) >= {("METHOD-HEAT-EXPORT-UNIT", "/heat/0/energyUnit")}
    assert result.goods == ()


@pytest.mark.parametrize("unit", [BOILER, POWER])
def test_a_unit_that_no_process_uses_is_warned_of(unit: Tree) -> None:
    result = calculated(unit)
    assert ("METHOD-ENERGY-UNUSED", "/energyUnits/0/id") in places(result.findings, "warning")
    assert direct(result) == 4400


def test_electricity_of_an_own_unit_is_not_deducted_from_a_process() -> None:
    result = calculated(
        CHP, heat("imported", "50"), electricityProduced="8000", electricityProducedFactor="0.4",
        electricityExported="8000",
    )  # fmt: skip
    assert ("METHOD-ELECTRICITY-PRODUCED-UNIT", "/processes/0/electricityProduced") in places(result.findings)
    assert result.goods == ()


@pytest.mark.parametrize(("stated", "faulty"), [("0.1", True), ("0.348", False), ("0.35", False)])
def test_a_factor_stated_for_own_electricity_is_that_of_the_unit(stated: str, faulty: bool) -> None:
    # heat 0.5/0.9 = 0.5556; electricity 0.288/0.525 = 0.5486; share 0.4969; x 5610/8000 = 0.3484
    result = calculated(
        CHP, heat("imported", "50"), electricityConsumed="8000", electricityFactor=stated,
        electricityFactorKind="co2", electricityFactorSource="D.4.2",
    )  # fmt: skip
    place = ("METHOD-ELECTRICITY-FACTOR-CONFLICT", "/processes/0/electricityFactor")
    assert (place in places(result.findings)) is faulty


# --- a factor that the record leaves to its own unit ------------------------------------------------------


def test_a_process_that_uses_the_electricity_of_its_own_unit_takes_the_factor_of_the_unit() -> None:
    # 100 TJ of fuel for 9000 MWh of power alone: 5610 t / 9000 MWh, eq. 38; times 9000 MWh: all 5610 t
    result = calculated(
        POWER, electricityConsumed="9000", electricityFactorSource="D.4.1",
    )  # fmt: skip
    assert places(result.findings) == set()
    step = result.trace.steps["P1:AttrEmIndir"]
    assert step.exact == 5610
    factor = next(item for item in step.inputs if item.unit == "t CO2/MWh")
    assert Fraction(5610, 9000) - Fraction(factor.value) < Fraction(1, 10**20)
    assert factor.source in result.trace.steps, "the trace leads to the fuel of the unit"
    assert "/sourceStreams/1/amount" in set(result.trace.record_paths("P1:AttrEmIndir"))


@pytest.mark.parametrize("source", ["D.4(a)", "D.4.2", None])
def test_a_factor_of_another_origin_is_asked_for_and_never_taken_from_the_unit(source: str | None) -> None:
    more = {} if source is None else {"electricityFactorSource": source}
    result = calculated(POWER, electricityConsumed="9000", **more)
    missing = ("METHOD-ELECTRICITY-FACTOR-MISSING", "/processes/0/electricityFactor")
    assert missing in places(result.findings)
    assert result.goods == ()


def test_a_footprint_factor_beside_an_own_unit_is_still_refused() -> None:
    result = calculated(
        POWER, electricityConsumed="9000", electricityFactorSource="D.4.1", electricityFactorKind="footprint"
    )
    assert ("METHOD-ELECTRICITY-FACTOR-FOOTPRINT", "/processes/0/electricityFactorKind") in places(
        result.findings
    )
