"""Heat and electricity of the installation: factors worked by hand, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from monitored import COAL, PROCESS, Tree, changed, judged, rules_of

from gateway.check.catalog import message, rules
from gateway.methods.cbam_transitional import calculate
from gateway.model.record import Record

FUEL = changed(COAL, energyUnit="U1")  # 25 TJ, 2375 t CO2
BOILER: Tree = {"id": "U1", "kind": "boiler", "netHeat": "20"}
CHP: Tree = {
    "id": "U1", "kind": "chp", "netHeat": "10", "netElectricity": "1250", "referenceHeat": "0.9",
    "referenceElectricity": "0.4",
}  # fmt: skip
POWER: Tree = {"id": "U1", "kind": "power", "netElectricity": "2500"}


def factors(unit: Tree, *streams: Tree) -> tuple[Fraction | None, Fraction | None]:
    found = judged(*(streams or (FUEL,)), energyUnits=[unit])
    assert rules_of(found) == []
    made = found.units["U1"]
    return tuple(  # type: ignore[return-value]
        None if step is None else step.exact for step in (made.heat_factor, made.electricity_factor)
    )


def test_a_boiler_gives_its_heat_the_factor_of_its_fuel_over_its_efficiency() -> None:
    # Annex III A.2.2: EFmix = 2375/25 = 95 (equation 45); η = 20/25 (Annex II C.1.2.2); 95/0.8
    assert factors(BOILER) == (Fraction("118.75"), None)
    assert factors(changed(BOILER, netHeat=None, efficiency="0.95")) == (Fraction(100), None)


def test_flue_gas_cleaning_belongs_to_the_heat() -> None:
    limestone = {
        "id": "L", "method": "process", "amount": "25", "unit": "t", "emissionFactor": "1",
        "emissionFactorUnit": "tCO2/t", "factorKind": "co2", "energyUnit": "U1",
    }  # fmt: skip
    assert factors(BOILER, FUEL, limestone) == (Fraction(120), None)  # (2375 + 25)/25/0.8


def test_a_power_plant_gives_its_electricity_emissions_over_output() -> None:
    assert factors(POWER) == (None, Fraction("0.95"))  # Annex II D.4.1, equation 38: 2375/2500


def test_cogeneration_is_split_by_the_reference_efficiencies() -> None:
    # A.2.2: ηheat = 10/25 = 0.4 (47); ηel = 1250 x 0.0036/25 = 0.18 (48)
    # 0.4/0.9 = 4/9; 0.18/0.4 = 9/20; F heat = (4/9)/(161/180) = 80/161 (49); F el = 81/161 (50)
    heat, power = factors(CHP)
    assert heat == Fraction(2375 * 80, 161 * 10)  # 51
    assert power == Fraction(2375 * 81, 161 * 1250)  # 52
    assert heat * 10 + power * 1250 == 2375  # nothing is lost


def test_cogeneration_without_a_known_energy_input_takes_design_values_then_those_of_the_act() -> None:
    unknown = changed(FUEL, ncv=None, ncvUnit=None, emissionFactor="2.375", emissionFactorUnit="tCO2/t")
    found = judged(unknown, energyUnits=[CHP])
    assert rules_of(found, "warning") == [
        ("METHOD-ENERGY-STANDARD-EFFICIENCY", "/energyUnits/0/heatEfficiency")
    ]
    made = found.units["U1"].heat_factor
    assert made is not None
    share = (Fraction("0.55") / Fraction("0.9")) / (
        Fraction("0.55") / Fraction("0.9") + Fraction("0.25") / Fraction("0.4")
    )
    assert made.exact == 2375 * share / 10
    design = {**CHP, "heatEfficiency": "0.4", "electricityEfficiency": "0.18"}
    assert factors(design, unknown) == factors(CHP)


def test_a_waste_gas_in_the_mix_counts_at_most_as_natural_gas() -> None:
    # A.2.2 and D.4.1; the stream itself keeps its emissions
    gas = {
        "id": "W", "method": "combustion", "amount": "100", "unit": "TJ", "emissionFactor": "260",
        "emissionFactorUnit": "tCO2/TJ", "factorKind": "co2", "energyUnit": "U1", "wasteGas": True,
    }  # fmt: skip
    assert factors(changed(BOILER, netHeat="100"), gas) == (Fraction("56.1"), None)
    assert judged(gas, energyUnits=[BOILER | {"netHeat": "100"}]).installations["S1"].exact == 26000
    assert factors(changed(BOILER, netHeat="100"), changed(gas, wasteGas=False)) == (Fraction(260), None)


def test_a_process_takes_the_factor_of_the_unit_that_heats_it() -> None:
    process = {
        **PROCESS, "activityLevel": "100", "activityUnit": "t", "directEmissions": "0",
        "determination": "actual", "electricityConsumed": "0", "electricityDetermination": "actual",
    }  # fmt: skip
    heat = {
        "id": "H1",
        "process": "P1",
        "direction": "imported",
        "amount": "20",
        "unit": "TJ",
        "energyUnit": "U1",
    }
    record = Record.model_validate(
        {
            "installations": [{"id": "S1"}],
            "processes": [process],
            "sourceStreams": [FUEL],
            "energyUnits": [BOILER],
            "heat": [heat],
            "goods": [{"id": "G1", "process": "P1", "cn8": "25231000"}],
        }
    )
    result = calculate(record)
    assert not [f for f in result.findings if f.severity == "error"]
    assert result.trace.steps["P1:EmHImp"].exact == 2375  # 20 TJ x 118.75: all of the fuel
    assert result.trace.steps["P1:EmHImp"].inputs[1].source == "unit U1:EFheat"
    assert result.goods[0].see_direct.exact == Fraction("23.75")


REFUSED: list[tuple[Tree, tuple[Tree, ...], str, str]] = [
    (changed(BOILER, kind=None), (FUEL,), "METHOD-ENERGY-KIND-MISSING", "kind"),
    (changed(BOILER, kind="sun"), (FUEL,), "METHOD-STREAM-CODE", "kind"),
    (changed(BOILER, netHeat=None), (FUEL,), "METHOD-ENERGY-DATA-MISSING", "efficiency"),
    (changed(BOILER, netHeat="0"), (FUEL,), "METHOD-ENERGY-DATA-MISSING", "netHeat"),
    (changed(BOILER, efficiency="80"), (FUEL,), "METHOD-STREAM-RANGE", "efficiency"),
    (changed(BOILER, netHeat="26"), (FUEL,), "METHOD-ENERGY-EFFICIENCY", "id"),
    (BOILER, (COAL,), "METHOD-ENERGY-FUEL-MISSING", "id"),
    (BOILER, (changed(FUEL, ncv=None),), "METHOD-ENERGY-FUEL-MISSING", "id"),
    (
        POWER,
        (changed(FUEL, ncv=None, emissionFactor="2", emissionFactorUnit="tCO2/t", wasteGas=True),),
        "METHOD-ENERGY-FUEL-MISSING",
        "id",
    ),
    (POWER | {"netElectricity": None}, (FUEL,), "METHOD-ENERGY-DATA-MISSING", "netElectricity"),
    (changed(CHP, netHeat=None), (FUEL,), "METHOD-ENERGY-DATA-MISSING", "netHeat"),
    (changed(CHP, netElectricity="8000"), (FUEL,), "METHOD-ENERGY-EFFICIENCY", "id"),
    (changed(CHP, netHeat="22"), (FUEL,), "METHOD-ENERGY-EFFICIENCY", "id"),
    (changed(CHP, referenceHeat=None), (FUEL,), "METHOD-ENERGY-REFERENCE-MISSING", "referenceHeat"),
    (
        changed(CHP, referenceElectricity=None),
        (FUEL,),
        "METHOD-ENERGY-REFERENCE-MISSING",
        "referenceElectricity",
    ),
]


@pytest.mark.parametrize(
    ("unit", "streams", "rule", "field"), REFUSED, ids=[f"{r[2]}-{r[3]}-{n}" for n, r in enumerate(REFUSED)]
)
def test_a_faulty_unit_gives_no_factor(unit: Tree, streams: tuple[Tree, ...], rule: str, field: str) -> None:
    found = judged(*streams, energyUnits=[unit])
    assert (rule, f"/energyUnits/0/{field}") in rules_of(found)
    assert found.units == {}
    for finding in found.findings:
        assert "?" not in message(finding, "en") + message(finding, "zh"), finding
        assert rules()[finding.rule].severity == finding.severity


def test_no_more_heat_is_used_than_was_produced() -> None:
    flows = [
        {"process": "P1", "direction": "imported", "amount": "15", "unit": "TJ", "energyUnit": "U1"},
        {"process": "P2", "direction": "imported", "amount": "6", "unit": "TJ", "energyUnit": "U1"},
    ]
    found = judged(FUEL, processes=[PROCESS, {"id": "P2"}], energyUnits=[BOILER], heat=flows)
    assert rules_of(found) == [("METHOD-HEAT-BEYOND-PRODUCED", "/energyUnits/0/netHeat")]
    assert (found.findings[0].values["used"], found.findings[0].values["produced"]) == ("21", "20")
    assert "21" in message(found.findings[0], "zh")


@pytest.mark.parametrize(
    ("stated", "faulty"), [("118.75", False), ("118.8", False), ("118.74", True), ("95", True)]
)
def test_a_factor_stated_for_own_heat_is_that_of_its_fuels(stated: str, faulty: bool) -> None:
    flow = {
        "process": "P1", "direction": "imported", "amount": "20", "unit": "TJ", "energyUnit": "U1",
        "emissionFactor": stated,
    }  # fmt: skip
    found = judged(FUEL, processes=[PROCESS], energyUnits=[BOILER], heat=[flow])
    expected = [("METHOD-HEAT-FACTOR-CONFLICT", "/heat/0/emissionFactor")] if faulty else []
    assert rules_of(found) == expected
