"""What is refused of monitored data, each with its place: unit traps, footprint factors, missing methods."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from monitored import (
    COAL,
    COKE,
    GAS,
    LIMESTONE,
    OVERVOLTAGE,
    PROCESS,
    SLOPE,
    STEEL_OUT,
    Tree,
    changed,
    judged,
    rules_of,
)

from gateway.check.catalog import message, rules
from gateway.methods.cbam_transitional import calculate
from gateway.methods.streams.law import DEFINITIVE, TRANSITIONAL
from gateway.methods.streams.totals import streams_of
from gateway.model.record import Record

N2O = {"method": "measurement", "gas": "N2O", "gasMass": "10"}
SENT = {"method": "co2-transfer", "direction": "output", "amount": "1", "unit": "t"}
BOILER = {"id": "U1", "kind": "boiler", "netHeat": "20"}
FUEL = changed(COAL, energyUnit="U1")

STREAMS: list[tuple[Tree, str, str]] = [
    (changed(COAL, method=None), "METHOD-STREAM-METHOD-MISSING", "method"),
    (changed(COAL, method="guess"), "METHOD-STREAM-CODE", "method"),
    (changed(COAL, amount=None), "METHOD-STREAM-AMOUNT-MISSING", "amount"),
    (changed(COAL, amount="-5"), "METHOD-STREAM-NEGATIVE", "amount"),
    (changed(COAL, amount="1E+50"), "METHOD-STREAM-RANGE", "amount"),
    (changed(COAL, unit=None), "METHOD-STREAM-UNIT-MISSING", "unit"),
    (changed(COAL, unit="piece"), "METHOD-STREAM-UNIT", "unit"),
    (changed(COAL, unit="MWh"), "METHOD-STREAM-UNIT", "unit"),  # gross or net is not known
    (changed(COAL, unit="Nm3-20C"), "METHOD-STREAM-UNIT", "unit"),  # NCV per tonne
    (changed(COAL, ncv=None), "METHOD-STREAM-NCV-MISSING", "ncv"),
    (changed(COAL, ncvUnit=None), "METHOD-STREAM-UNIT-MISSING", "ncvUnit"),
    (changed(COAL, ncvUnit="TJ/10^4Nm3"), "METHOD-STREAM-UNIT", "ncvUnit"),
    (changed(COAL, ncv="0.025"), "METHOD-STREAM-NCV", "ncv"),  # TJ/t written as GJ/t
    (changed(COAL, ncv="25000"), "METHOD-STREAM-NCV", "ncv"),  # MJ/t written as GJ/t
    (changed(GAS, ncv="389310"), "METHOD-STREAM-NCV", "ncv"),
    (changed(GAS, ncv="0.38931"), "METHOD-STREAM-NCV", "ncv"),
    (changed(GAS, ncvUnit="GJ/t", unit="t"), "METHOD-STREAM-NCV", "ncv"),  # 389.31 GJ/t
    (changed(COAL, ncv="140"), "METHOD-STREAM-CARBON", "ncv"),  # more CO2 than pure carbon gives
    (changed(COAL, emissionFactor=None), "METHOD-STREAM-FACTOR-MISSING", "emissionFactor"),
    (changed(COAL, emissionFactorUnit=None), "METHOD-STREAM-UNIT-MISSING", "emissionFactorUnit"),
    (changed(COAL, emissionFactorUnit="kgCO2e/kg"), "METHOD-STREAM-UNIT", "emissionFactorUnit"),
    (changed(COAL, emissionFactor="95000"), "METHOD-STREAM-FACTOR", "emissionFactor"),  # kg/TJ
    (changed(COAL, emissionFactor="0.095"), "METHOD-STREAM-FACTOR", "emissionFactor"),  # t/GJ
    (changed(COAL, emissionFactor="26.4", emissionFactorUnit="tC/GJ"), "METHOD-STREAM-FACTOR", "emissionFactor"),
    (changed(COAL, emissionFactor="-95"), "METHOD-STREAM-NEGATIVE", "emissionFactor"),
    (changed(COAL, emissionFactor="4.1", emissionFactorUnit="tCO2/t"), "METHOD-STREAM-FACTOR", "emissionFactor"),
    (changed(COAL, factorKind="footprint"), "METHOD-STREAM-FACTOR-FOOTPRINT", "factorKind"),
    (changed(COAL, factorKind="other"), "METHOD-STREAM-CODE", "factorKind"),
    (changed(COAL, carbonContent="0.7"), "METHOD-STREAM-FACTOR-CONFLICT", "carbonContent"),
    (changed(COAL, standardFactor="lignite"), "METHOD-STREAM-FACTOR-CONFLICT", "emissionFactor"),
    (changed(COAL, standardFactor="coal"), "METHOD-STREAM-CODE", "standardFactor"),
    (changed(COAL, oxidationFactor="98"), "METHOD-STREAM-RANGE", "oxidationFactor"),
    (changed(COAL, biomassShare="20"), "METHOD-STREAM-RANGE", "biomassShare"),
    (changed(COAL, gas="N2O"), "METHOD-STREAM-GAS-METHOD", "gas"),
    (changed(COAL, gas="CH4"), "METHOD-STREAM-GAS-METHOD", "gas"),
    (changed(COAL, emissions="2376"), "METHOD-STREAM-MISMATCH", "emissions"),
    (changed(COAL, process="P9"), "METHOD-STREAM-REFERENCE", "process"),
    (changed(COAL, installation="S9"), "METHOD-STREAM-REFERENCE", "installation"),
    (changed(COAL, energyUnit="U9"), "METHOD-STREAM-REFERENCE", "energyUnit"),
    (changed(GAS, gasReference=None), "METHOD-STREAM-GAS-REFERENCE", "gasReference"),
    (changed(GAS, gasReference="15C"), "METHOD-STREAM-CODE", "gasReference"),
    (changed(GAS, unit="m3"), "METHOD-STREAM-GAS-REFERENCE", "unit"),
    (changed(LIMESTONE, unit="GJ"), "METHOD-STREAM-UNIT", "unit"),
    (changed(COKE, carbonContent="88"), "METHOD-STREAM-CARBON", "carbonContent"),
    (changed(COKE, carbonContentUnit="tC/10^4Nm3"), "METHOD-STREAM-GAS-REFERENCE", "gasReference"),
    (changed(COKE, standardFactor="pig-iron"), "METHOD-STREAM-FACTOR-CONFLICT", "carbonContent"),
    (changed(COKE, direction="input", amount="-5"), "METHOD-STREAM-NEGATIVE", "amount"),
    (STEEL_OUT, "METHOD-STREAM-BALANCE-NEGATIVE", "amount"),
    (changed(N2O, gas=None), "METHOD-STREAM-GAS-MISSING", "gas"),
    (changed(N2O, gas="CH4"), "METHOD-STREAM-CODE", "gas"),
    ({"method": "measurement", "gas": "CO2", "concentration": "1", "flueGasFlow": "1"},
     "METHOD-STREAM-MEASUREMENT-MISSING", "operatingHours"),
    (changed(SENT, direction=None), "METHOD-STREAM-DIRECTION-MISSING", "direction"),
    (changed(SENT, unit="Nm3-0C"), "METHOD-STREAM-UNIT", "unit"),
]  # fmt: skip


def judged_by_message(found: Any, rule: str) -> None:
    for finding in found.findings:
        assert "?" not in message(finding, "en") + message(finding, "zh"), finding
        assert finding.stage == "method"
    assert rule in rules()


@pytest.mark.parametrize(
    ("stream", "rule", "field"),
    STREAMS,
    ids=[f"{rule}-{field}-{n}" for n, (_, rule, field) in enumerate(STREAMS)],
)
def test_a_faulty_stream_is_refused_with_its_place(stream: Tree, rule: str, field: str) -> None:
    found = judged(stream)
    assert (rule, f"/sourceStreams/0/{field}") in rules_of(found)
    if rule != "METHOD-STREAM-BALANCE-NEGATIVE":
        assert found.figures == []
        assert found.installations == {}
    judged_by_message(found, rule)
    assert rules()[rule].severity == "error"


PFC: list[tuple[Tree, str, str]] = [
    (changed(SLOPE, method=None), "METHOD-PFC-METHOD-MISSING", "method"),
    (changed(SLOPE, method="guess"), "METHOD-STREAM-CODE", "method"),
    (changed(SLOPE, anodeEffects=None), "METHOD-PFC-DATA-MISSING", "anodeEffects"),
    (changed(SLOPE, anodeEffectMinutes=None), "METHOD-PFC-DATA-MISSING", "anodeEffectMinutes"),
    (changed(SLOPE, production=None), "METHOD-PFC-DATA-MISSING", "production"),
    (changed(SLOPE, slopeFactor=None), "METHOD-PFC-FACTOR-MISSING", "slopeFactor"),
    (changed(SLOPE, weightFraction=None), "METHOD-PFC-FACTOR-MISSING", "weightFraction"),
    (changed(SLOPE, slopeFactor=None, technology="PFPB-MW"), "METHOD-PFC-FACTOR-MISSING", "slopeFactor"),
    (changed(SLOPE, technology="VSS8"), "METHOD-STREAM-CODE", "technology"),
    (changed(SLOPE, collectionEfficiency=None), "METHOD-PFC-COLLECTION-MISSING", "collectionEfficiency"),
    (changed(SLOPE, collectionEfficiency="98"), "METHOD-STREAM-RANGE", "collectionEfficiency"),
    (changed(SLOPE, collectionEfficiency="0"), "METHOD-STREAM-RANGE", "collectionEfficiency"),
    (changed(SLOPE, production="-1"), "METHOD-STREAM-NEGATIVE", "production"),
    (changed(SLOPE, emissions="7740"), "METHOD-STREAM-MISMATCH", "emissions"),
    (changed(SLOPE, process="P9"), "METHOD-STREAM-REFERENCE", "process"),
    (changed(OVERVOLTAGE, overvoltage=None), "METHOD-PFC-DATA-MISSING", "overvoltage"),
    (changed(OVERVOLTAGE, currentEfficiency=None), "METHOD-PFC-DATA-MISSING", "currentEfficiency"),
    (changed(OVERVOLTAGE, currentEfficiency="95"), "METHOD-PFC-CURRENT-EFFICIENCY", "currentEfficiency"),
    (changed(OVERVOLTAGE, currentEfficiency="0"), "METHOD-PFC-CURRENT-EFFICIENCY", "currentEfficiency"),
    (changed(OVERVOLTAGE, overvoltageFactor=None, technology="VSS"), "METHOD-PFC-FACTOR-MISSING",
     "overvoltageFactor"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "rule", "field"), PFC, ids=[f"{r}-{f}-{n}" for n, (_, r, f) in enumerate(PFC)]
)
def test_perfluorocarbons_without_their_data_are_refused_and_not_0(row: Tree, rule: str, field: str) -> None:
    found = judged(pfc=[row])
    assert (rule, f"/pfc/0/{field}") in rules_of(found)
    assert found.figures == []
    judged_by_message(found, rule)


ZERO = {"biomassShare": "0.2", "zeroRating": "criteria", "evidence": "PoS 1"}

WARNINGS: list[tuple[Tree, str, str, str]] = [
    (changed(COAL, factorKind=None), "METHOD-STREAM-FACTOR-KIND-MISSING", "factorKind", "2375"),
    (changed(COAL, conversionFactor="0.9"), "METHOD-STREAM-UNUSED", "conversionFactor", "2375"),
    (changed(LIMESTONE, oxidationFactor="0.9"), "METHOD-STREAM-UNUSED", "oxidationFactor", "220"),
    (changed(COKE, oxidationFactor="0.9"), "METHOD-STREAM-UNUSED", "oxidationFactor", "322.432"),
    (changed(COAL, **{**ZERO, "zeroRating": None}), "METHOD-STREAM-BIOMASS-FOSSIL", "zeroRating", "2375"),
    (changed(COAL, **{**ZERO, "zeroRating": "none"}), "METHOD-STREAM-BIOMASS-FOSSIL", "zeroRating", "2375"),
    (changed(COAL, **{**ZERO, "evidence": None}), "METHOD-STREAM-BIOMASS-FOSSIL", "evidence", "2375"),
    ({"method": "measurement", "emissions": "7"}, "METHOD-STREAM-MEASURED-TOTAL", "emissions", "7"),
    (changed(SENT, transferPurpose="storage"), "METHOD-STREAM-TRANSFER", "evidence", "0"),
    (SENT, "METHOD-STREAM-TRANSFER", "transferPurpose", "0"),
]


@pytest.mark.parametrize(
    ("stream", "rule", "field", "value"), WARNINGS, ids=[f"{w[1]}-{w[2]}-{n}" for n, w in enumerate(WARNINGS)]
)
def test_a_warning_leaves_a_conservative_figure(stream: Tree, rule: str, field: str, value: str) -> None:
    found = judged(stream)
    assert [(f.rule, f.path, f.severity) for f in found.findings] == [
        (rule, f"/sourceStreams/0/{field}", "warning")
    ]
    assert found.installations["S1"].exact == Fraction(value)
    assert rules()[rule].severity == "warning"
    judged_by_message(found, rule)


def test_zero_rated_carbon_does_not_vanish_in_a_product() -> None:
    # B.3.2, last paragraph: 17.6 t C of zero-rated carbon enter, none is counted in the output
    streams = (changed(COKE, **ZERO), STEEL_OUT)
    for law, severity in ((DEFINITIVE, "error"), (TRANSITIONAL, "warning")):
        found = judged(*streams, law=law)
        (finding,) = found.findings
        assert (finding.rule, finding.severity) == ("METHOD-STREAM-BALANCE-BIOMASS", severity)
        assert finding.path == "/sourceStreams/1/evidence"
        assert (finding.values["into"], finding.values["out"]) == ("17.6", "0")
    assert judged(streams[0], changed(STEEL_OUT, evidence="carbon-14")).findings == []


def test_a_footprint_factor_leaves_no_good_with_a_figure() -> None:
    stream = changed(COAL, process="P1", factorKind="footprint")
    process = {**PROCESS, "activityLevel": "10", "activityUnit": "t", "determination": "actual",
               "electricityConsumed": "0", "electricityDetermination": "actual"}  # fmt: skip
    tree = {"installations": [{"id": "S1"}], "processes": [process], "sourceStreams": [stream]}
    result = calculate(Record.model_validate({**tree, "goods": [{"id": "G1", "process": "P1"}]}))
    assert result.goods == ()
    found = {finding.rule for finding in result.findings if finding.severity == "error"}
    assert found == {"METHOD-STREAM-FACTOR-FOOTPRINT", "METHOD-STREAM-REFUSED", "METHOD-GOOD-REFUSED"}


def test_a_stream_of_two_processes_is_not_split() -> None:
    processes = [PROCESS, {"id": "P2", "installation": "S1"}]
    found = judged(COAL, changed(GAS, process="P1"), processes=processes)
    assert rules_of(found) == [("METHOD-STREAM-UNATTRIBUTED", "/sourceStreams/0/process")]
    assert found.findings[0].values["processes"] == "P1, P2"
    assert found.processes == {}
    assert found.installations["S1"].exact == Fraction("4559.0291")
    judged_by_message(found, "METHOD-STREAM-UNATTRIBUTED")


def test_a_stream_that_names_a_process_and_an_energy_unit_would_count_twice() -> None:
    found = judged(changed(FUEL, process="P1"), processes=[PROCESS], energyUnits=[BOILER])
    assert ("METHOD-STREAM-TWICE", "/sourceStreams/0/energyUnit") in rules_of(found)
    judged_by_message(found, "METHOD-STREAM-TWICE")


def test_with_two_sites_a_stream_must_say_where_it_is() -> None:
    two = {"installations": [{"id": "S1"}, {"id": "S2"}], "sourceStreams": [COAL]}
    found = streams_of(Record.model_validate(two))
    assert rules_of(found) == [("METHOD-STREAM-REFERENCE", "/sourceStreams/0/installation")]
    assert found.installations == {}


def test_a_footprint_factor_of_the_record_is_not_borrowed() -> None:
    factors = [{"id": "E1", "value": "95.0", "unit": "kgCO2e/kg", "kind": "footprint"}]
    borrowed = judged(changed(COAL, factorKind=None), emissionFactors=factors)
    assert rules_of(borrowed) == [("METHOD-STREAM-FACTOR-FOOTPRINT", "/sourceStreams/0/factorKind")]
    assert rules_of(judged(COAL, emissionFactors=factors)) == []  # the operator says that it is a CO2 factor


def test_no_more_co2_is_passed_on_than_arises() -> None:
    sent = changed(SENT, amount="2400", transferPurpose="storage", evidence="chain 1")
    found = judged(COAL, sent)
    assert rules_of(found) == [("METHOD-STREAM-TRANSFER-BEYOND", "/sourceStreams/1/amount")]
    assert (found.findings[0].values["sent"], found.findings[0].values["emitted"]) == ("2400", "2375")
    judged_by_message(found, "METHOD-STREAM-TRANSFER-BEYOND")
