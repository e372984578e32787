"""Slips of unit in source streams: what no plant has is refused, what hardly any has is warned of."""

from __future__ import annotations

import pytest
from monitored import COAL, COKE, GAS, LIMESTONE, PROCESS, SLOPE, STEEL_OUT, Tree, changed, judged, rules_of

from gateway.check.catalog import message
from gateway.methods.cbam_transitional import calculate
from gateway.model.record import Record

PER_TONNE = {"ncv": None, "ncvUnit": None}
STACK: Tree = {
    "id": "N1", "method": "measurement", "gas": "N2O", "concentration": "0.3", "flueGasFlow": "100000",
    "operatingHours": "8000", "factorKind": "co2",
}  # fmt: skip

WARNED = [
    # 26.18 t C/TJ typed as t CO2/TJ: anthracite is 98.3
    (changed(COAL, emissionFactor="26.18"), "emissionFactor"),
    # 2.375 kg/t for 2375: 1000 t of coal would give 2.4 t
    (changed(COAL, **PER_TONNE, emissionFactor="2.375", emissionFactorUnit="kgCO2/t"), "emissionFactor"),
    # 0.7 kg of carbon per tonne of coal
    (
        changed(COAL, **PER_TONNE, emissionFactor=None, emissionFactorUnit=None, carbonContent="0.0007"),
        "carbonContent",
    ),
    # natural gas is 2.16 t per 1000 Nm3, not per 10000
    (changed(GAS, **PER_TONNE, emissionFactor="2.16", emissionFactorUnit="tCO2/10^4Nm3"), "emissionFactor"),
    # 10.5 t per 1000 Nm3: ten times coal gas, no fuel gas has it
    (changed(GAS, **PER_TONNE, emissionFactor="105", emissionFactorUnit="tCO2/10^4Nm3"), "emissionFactor"),
    (changed(LIMESTONE, emissionFactor="0.44", emissionFactorUnit="kgCO2/t"), "emissionFactor"),
    # 0.02 is what was not oxidised: 0.98
    (changed(COAL, oxidationFactor="0.02"), "oxidationFactor"),
]


@pytest.mark.parametrize(("stream", "field"), WARNED)
def test_a_factor_that_hardly_any_fuel_has_is_warned_of(stream: Tree, field: str) -> None:
    found = judged(stream)
    assert ("METHOD-STREAM-IMPLAUSIBLE", f"/sourceStreams/0/{field}") in rules_of(found, "warning")
    assert "?" not in message(found.findings[0], "zh")


@pytest.mark.parametrize(
    "stream",
    [
        COAL, GAS, LIMESTONE, changed(COAL, emissionFactor="44.4"), changed(COAL, emissionFactor="0"),
        changed(COAL, oxidationFactor="0.98"), STACK,
        changed(GAS, **PER_TONNE, emissionFactor="21.6", emissionFactorUnit="tCO2/10^4Nm3"),
    ],
)  # fmt: skip
def test_ordinary_streams_are_not_remarked_on(stream: Tree) -> None:
    assert rules_of(judged(stream)) == rules_of(judged(stream), "warning") == []


REFUSED = [
    # 300 mg/Nm3 of N2O typed as g/Nm3
    (changed(STACK, concentration="300"), "METHOD-STREAM-IMPOSSIBLE", "concentration"),
    (changed(STACK, operatingHours="87600"), "METHOD-STREAM-IMPOSSIBLE", "operatingHours"),
    # methane has 0.54 t of carbon per 1000 Nm3; 5.9 would be denser than any gas
    (
        changed(GAS, **PER_TONNE, emissionFactor=None, emissionFactorUnit=None, carbonContent="5.9",
                carbonContentUnit="tC/1000Nm3"),
        "METHOD-STREAM-FACTOR", "carbonContent",
    ),
    # anthracite is 26.7 GJ/t by the act
    (
        changed(COAL, emissionFactor=None, emissionFactorUnit=None, standardFactor="anthracite", ncv="12"),
        "METHOD-STREAM-IMPOSSIBLE", "ncv",
    ),
    # 38.931 GJ per 10^4 Nm3 is a tenth of natural gas: 48 GJ/t and 0.8 kg/Nm3 are 384
    (
        changed(GAS, emissionFactor=None, emissionFactorUnit=None, standardFactor="natural-gas", ncv="38.931"),
        "METHOD-STREAM-IMPOSSIBLE", "ncv",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("stream", "rule", "field"), REFUSED)
def test_what_no_plant_has_is_refused(stream: Tree, rule: str, field: str) -> None:
    found = judged(stream)
    assert (rule, f"/sourceStreams/0/{field}") in rules_of(found)
    assert found.figures == []


def test_a_calorific_value_near_the_printed_one_is_taken() -> None:
    coal = changed(COAL, emissionFactor=None, emissionFactorUnit=None, standardFactor="anthracite")
    gas = changed(GAS, emissionFactor=None, emissionFactorUnit=None, standardFactor="natural-gas")
    assert rules_of(judged(coal, gas)) == []


def test_a_mass_balance_where_nothing_leaves_says_that_its_streams_count_as_inputs() -> None:
    # 1000 t of steel typed without a direction would add 7.328 t instead of taking them off
    steel = changed(STEEL_OUT, direction=None)
    assert rules_of(judged(COKE, steel), "warning") == [
        ("METHOD-STREAM-DIRECTION-ASSUMED", f"/sourceStreams/{n}/direction") for n in (0, 1)
    ]
    for output in (STEEL_OUT, changed(steel, amount="-1000")):
        assert rules_of(judged(COKE, output), "warning") == []
    assert rules_of(judged({**COKE, "direction": "input"}, {**steel, "direction": "input"}), "warning") == []


@pytest.mark.parametrize(("level", "warned"), [("10000", False), ("11000", False), ("100000", True)])
def test_the_metal_of_the_cells_is_held_against_the_activity_level(level: str, warned: bool) -> None:
    process = {**PROCESS, "activityLevel": level, "activityUnit": "t"}
    found = judged(pfc=[{**SLOPE, "process": "P1"}], processes=[process])
    assert (("METHOD-PFC-PRODUCTION", "/pfc/0/production") in rules_of(found, "warning")) is warned


@pytest.mark.parametrize("waste", [True, False])
def test_waste_gas_as_a_stream_and_as_an_import_is_warned_of(waste: bool) -> None:
    record = Record.model_validate(
        {
            "installations": [{"id": "S1"}],
            "processes": [PROCESS],
            "sourceStreams": [{**GAS, "process": "P1", "wasteGas": waste}],
            "wasteGas": [{"process": "P1", "direction": "imported", "amount": "10", "unit": "TJ"}],
        }
    )
    rules = {(f.rule, f.path) for f in calculate(record).findings}
    assert (("METHOD-WASTE-GAS-TWICE", "/wasteGas/0") in rules) is waste
