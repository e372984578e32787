"""What ``cbam.transitional@2023-1773`` refuses or warns of: every rule of the method, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from plants import ALUMINIUM, PURCHASED, STEEL, Tree, places, record_of

from gateway.check.catalog import message, rules
from gateway.methods.cbam_transitional import calculate

Case = tuple[Tree, dict[str, Any], str, str]


def test_a_record_with_only_a_footprint_is_refused_with_the_list_of_what_is_missing() -> None:
    result = calculate(record_of({"results": {"total": "16.5", "unit": "kgCO2e/kg"}}))
    assert result.goods == ()
    assert result.processes == ()
    assert places(result.findings) == {
        ("METHOD-NO-INSTALLATION-DATA", "/processes"),
        ("METHOD-INSTALLATION-MISSING", "/installations"),
        ("METHOD-GOODS-MISSING", "/goods"),
        ("METHOD-ACTIVITY-LEVEL-MISSING", "/processes/*/activityLevel"),
        ("METHOD-DIRECT-EMISSIONS-MISSING", "/processes/*/directEmissions"),
        ("METHOD-DETERMINATION-MISSING", "/processes/*/determination"),
        ("METHOD-ELECTRICITY-MISSING", "/processes/*/electricityConsumed"),
        ("METHOD-ELECTRICITY-FACTOR-MISSING", "/processes/*/electricityFactor"),
        ("METHOD-ELECTRICITY-FACTOR-KIND-MISSING", "/processes/*/electricityFactorKind"),
        ("METHOD-ELECTRICITY-DETERMINATION-MISSING", "/processes/*/electricityDetermination"),
    }
    assert "16.5" in message(result.findings[0])


def test_an_empty_process_is_told_everything_that_it_lacks_at_once() -> None:
    result = calculate(record_of({"processes": [{"id": "P1"}], "goods": [{"id": "G1", "process": "P1"}]}))
    assert len(places(result.findings)) == 8  # seven fields of the process, and the good


def _one_field() -> Iterator[Case]:
    """Cases where the field that is changed is the field that is named."""
    level, power, factor = "activityLevel", "electricityConsumed", "electricityFactor"
    for field, value, rule in (
        ("id", None, "PROCESS-ID-MISSING"),
        (level, None, "ACTIVITY-LEVEL-MISSING"),
        (level, "0", "ACTIVITY-LEVEL-ZERO"),
        (level, "-5", "NEGATIVE"),
        (level, "1E+999999", "OUT-OF-RANGE"),
        ("activityUnit", None, "UNIT-MISSING"),
        ("activityUnit", "piece", "UNIT"),
        ("directEmissions", None, "DIRECT-EMISSIONS-MISSING"),
        ("determination", None, "DETERMINATION-MISSING"),
        ("determination", "guess", "CODE"),
        (power, None, "ELECTRICITY-MISSING"),
        (factor, None, "ELECTRICITY-FACTOR-MISSING"),
        ("electricityFactorKind", "footprint", "ELECTRICITY-FACTOR-FOOTPRINT"),
        ("electricityFactorKind", None, "ELECTRICITY-FACTOR-KIND-MISSING"),
        ("electricityFactorKind", "other", "CODE"),
        ("electricityDetermination", None, "ELECTRICITY-DETERMINATION-MISSING"),
    ):
        path = f"/processes/0/{field}"
        yield STEEL, {path: value}, f"METHOD-{rule}", path
    for field, value, rule in (
        ("direction", None, "FLOW-DIRECTION-MISSING"),
        ("amount", None, "FLOW-AMOUNT-MISSING"),
        ("unit", "GJ", "UNIT"),
        ("emissions", "478959.3", "CORRECTION-MISMATCH"),
        ("process", None, "REFERENCE-MISSING"),
        ("process", "P9", "REFERENCE-UNKNOWN"),
    ):
        path = f"/wasteGas/1/{field}"
        yield STEEL, {path: value}, f"METHOD-{rule}", path
    for path, value, rule in (
        ("/precursors/0/amount", None, "PRECURSOR-AMOUNT-MISSING"),
        ("/precursors/0/ownProcess", "P9", "REFERENCE-UNKNOWN"),
        ("/precursors/0/process", None, "REFERENCE-MISSING"),
        ("/precursors/0/category", "Cement", "PRECURSOR-NOT-ALLOWED"),
        ("/processes/1/id", "P1", "PROCESS-ID-DUPLICATE"),
        ("/goods/0/process", None, "REFERENCE-MISSING"),
        ("/goods/0/process", "P9", "REFERENCE-UNKNOWN"),
        ("/goods", [], "GOODS-MISSING"),
    ):
        yield ALUMINIUM, {path: value}, f"METHOD-{rule}", path
    for field, value, rule in (
        ("cn8", None, "PRECURSOR-CN-MISSING"),
        ("seeDirect", None, "PRECURSOR-SEE-MISSING"),
        ("seeIndirect", None, "PRECURSOR-SEE-MISSING"),
        ("determination", None, "DETERMINATION-MISSING"),
        ("defaultShare", "25", "SHARE"),
    ):
        edits = {"/precursors/1": {**PURCHASED, field: value}}
        yield ALUMINIUM, edits, f"METHOD-{rule}", f"/precursors/1/{field}"


def _several_fields() -> Iterator[Case]:
    exported, produced = "/processes/0/electricityExported", "/processes/0/electricityProduced"
    factor = "/processes/0/electricityProducedFactor"
    yield STEEL, {exported: None, produced: "9"}, "METHOD-ELECTRICITY-EXPORT-MISSING", exported
    yield STEEL, {exported: "9"}, "METHOD-ELECTRICITY-EXPORT-FACTOR-MISSING", factor
    too_much = {exported: "9", produced: "8", factor: "1"}
    yield STEEL, too_much, "METHOD-ELECTRICITY-EXPORT-BEYOND-PRODUCED", exported
    heat = {"process": "P1", "direction": "imported", "amount": "5", "unit": "TJ"}
    yield STEEL, {"/heat": [heat]}, "METHOD-HEAT-FACTOR-MISSING", "/heat/0/emissionFactor"
    overdrawn = {"/precursors/0/amount": "200001"}
    yield ALUMINIUM, overdrawn, "METHOD-PRECURSOR-OVERDRAWN", "/processes/0/activityLevel"


ERRORS = [*_one_field(), *_several_fields()]


@pytest.mark.parametrize(("tree", "edits", "rule", "path"), ERRORS, ids=[f"{e[2]}-{e[3]}" for e in ERRORS])
def test_what_is_missing_or_wrong_is_named_with_its_place(
    tree: Tree, edits: dict[str, Any], rule: str, path: str
) -> None:
    result = calculate(record_of(tree, edits))
    assert (rule, path) in places(result.findings)
    assert not result.complete
    for found in result.findings:
        assert "?" not in message(found, "en") + message(found, "zh"), found
        assert found.stage == "method"
        assert rules()[found.rule].severity == found.severity


@pytest.mark.parametrize(
    ("edits", "rule", "path"),
    [
        ({"/processes/0/goodsCategory": None}, "METHOD-CATEGORY-MISSING", "/processes/0/goodsCategory"),
        ({"/processes/0/goodsCategory": "Tin"}, "METHOD-CATEGORY-MISSING", "/precursors/0/category"),
        (
            {"/processes/0/electricityFactorSource": None},
            "METHOD-ELECTRICITY-FACTOR-SOURCE-MISSING",
            "/processes/0/electricityFactorSource",
        ),
        ({"/precursors/0/seeDirect": "1"}, "METHOD-PRECURSOR-OWN-SEE-UNUSED", "/precursors/0/seeDirect"),
        (
            {"/precursors/1": {**PURCHASED, "embeddedElectricity": None}},
            "METHOD-PRECURSOR-ELECTRICITY-MISSING",
            "/precursors/1/embeddedElectricity",
        ),
    ],
)
def test_a_warning_leaves_the_figures_standing(edits: dict[str, Any], rule: str, path: str) -> None:
    result = calculate(record_of(ALUMINIUM, edits))
    assert (rule, path) in places(result.findings, "warning")
    assert result.complete
    assert len(result.goods) == 2


def test_every_rule_of_the_method_is_met_by_a_test_above() -> None:
    tested = {rule for *_, rule, _ in ERRORS} | {
        "METHOD-NO-INSTALLATION-DATA", "METHOD-INSTALLATION-MISSING", "METHOD-GOOD-REFUSED", "METHOD-CYCLE",
        "METHOD-SET-TO-ZERO", "METHOD-CATEGORY-MISSING", "METHOD-ELECTRICITY-FACTOR-SOURCE-MISSING",
        "METHOD-PRECURSOR-OWN-SEE-UNUSED", "METHOD-PRECURSOR-ELECTRICITY-MISSING",
        # test_energy_ranges.py
        "METHOD-WASTE-GAS-TWICE",
        "METHOD-HEAT-FACTOR-RANGE", "METHOD-ELECTRICITY-FACTOR-RANGE", "METHOD-FACTOR-DISGUISED",
        "METHOD-ELECTRICITY-ROWS", "METHOD-FLOW-EXPORT-UNEXPLAINED",
        # test_balances.py
        "METHOD-PRECURSOR-SHORT", "METHOD-HEAT-NOT-BALANCED",
        # test_own_energy.py
        "METHOD-ELECTRICITY-PRODUCED-UNIT", "METHOD-ELECTRICITY-FACTOR-CONFLICT",
    }  # fmt: skip
    assert {rule.id for rule in rules().values() if rule.area == "method"} == tested


def test_goods_of_complete_processes_keep_their_figures_when_another_is_refused() -> None:
    result = calculate(record_of(ALUMINIUM, {"/processes/1/directEmissions": None}))
    assert [good.cn8 for good in result.goods] == ["76011010"]
    assert ("METHOD-GOOD-REFUSED", "/goods/1") in places(result.findings)


def test_a_good_is_refused_when_the_process_of_its_precursor_lacks_data() -> None:
    result = calculate(record_of(ALUMINIUM, {"/processes/0/directEmissions": None}))
    assert result.goods == ()
    assert {path for rule, path in places(result.findings) if rule == "METHOD-GOOD-REFUSED"} == {
        "/goods/0",
        "/goods/1",
    }


def test_a_cycle_of_precursors_is_a_finding_and_the_rest_is_computed() -> None:
    back = {"id": "V2", "process": "P1", "ownProcess": "P2", "category": "Unwrought aluminium"}
    edits = {
        "/precursors/1": {**back, "amount": "10", "unit": "t"},
        "/processes/2": {**STEEL["processes"][0], "id": "P3"},
        "/goods/2": {"id": "G3", "process": "P3"},
    }
    result = calculate(record_of(ALUMINIUM, edits))
    assert {path for rule, path in places(result.findings) if rule == "METHOD-CYCLE"} == {
        "/precursors/0/ownProcess",
        "/precursors/1/ownProcess",
    }
    assert [good.good for good in result.goods] == ["G3"]
    edits["/precursors/1"]["amount"] = "0"
    assert calculate(record_of(ALUMINIUM, edits)).complete


def test_a_process_that_feeds_itself_is_a_cycle() -> None:
    loop = {"id": "V2", "process": "P1", "ownProcess": "P1", "amount": "10", "unit": "t"}
    result = calculate(record_of(ALUMINIUM, {"/precursors/1": loop}))
    assert ("METHOD-CYCLE", "/precursors/1/ownProcess") in places(result.findings)


def test_negative_attributed_emissions_count_as_zero_and_are_noted() -> None:
    result = calculate(record_of(STEEL, {"/processes/0/directEmissions": "1000"}))
    assert result.goods[0].see_direct.exact == 0
    assert result.complete
    assert places(result.findings, "info") == {("METHOD-SET-TO-ZERO", "/processes/0/directEmissions")}
    assert result.trace.steps["P1:AttrEmDirSum"].result == Decimal("-477959.36")
