"""What ``cbam.definitive@2025-2547`` refuses, by rule and field, and what it only warns about."""

from __future__ import annotations

from typing import Any

import pytest
from plants import Tree, edited, places, record_of
from works import AMMONIA_WORKS, CEMENT_WORKS, FERTILISER_WORKS, POWER_PLANT, ROLLING_MILL, SINTER_WORKS

from gateway.check.catalog import describe, rules
from gateway.methods import cbam_transitional
from gateway.methods.cbam_definitive import calculate

ACTUAL = {"/processes/1/electricityDetermination": "actual"}
NPK = {
    "id": "G3", "process": "P1", "cn8": "31059080", "nitrogenContent": "0.1", "produced": "1",
}  # fmt: skip
IMPORTED = {"id": "W", "process": "P2", "cn8": "25231000", "country": "TR", "amount": "10", "unit": "t"}

OWN_AMMONIA: Tree = {
    "/processes/1": {**AMMONIA_WORKS["processes"][0], "id": "P2"},
    "/goods/2": {
        "id": "G9",
        "process": "P2",
        "cn8": "28141000",
        "nitrogenContent": "0.82",
        "produced": "10000",
    },
    "/precursors/0/ownProcess": "P2",
}
POOR = {"id": "G10", "process": "P2", "cn8": "28142000", "nitrogenContent": "0.01", "produced": "290000"}
CEMENT_BY_DEFAULT = {"id": "V9", "process": "P2", "cn8": "25232900", "country": "CN", "clinkerShare": "0.5",
                     "amount": "10", "unit": "t", "determination": "default"}  # fmt: skip

ERRORS: list[tuple[Tree, dict[str, Any], str, str]] = [
    # amounts that both methods read
    (CEMENT_WORKS, {"/processes/1/activityLevel": None}, "METHOD-ACTIVITY-LEVEL-MISSING", "/processes/1/activityLevel"),
    (CEMENT_WORKS, {"/processes/1/activityLevel": "-5"}, "METHOD-NEGATIVE", "/processes/1/activityLevel"),
    (CEMENT_WORKS, {"/processes/1/activityLevel": "0"}, "METHOD-ACTIVITY-LEVEL-ZERO", "/processes/1/activityLevel"),
    (CEMENT_WORKS, {"/processes/1/directEmissions": None}, "METHOD-DIRECT-EMISSIONS-MISSING",
     "/processes/1/directEmissions"),
    (CEMENT_WORKS, {"/precursors/0/amount": "2000000"}, "METHOD-PRECURSOR-OVERDRAWN", "/processes/0/activityLevel"),
    # functional unit and content
    (CEMENT_WORKS, {"/goods/0/clinkerShare": "0.6"}, "METHOD-CONTENT-CLINKER", "/goods/0/clinkerShare"),
    (CEMENT_WORKS, {"/precursors/0/clinkerShare": "0.6"}, "METHOD-CONTENT-NOT-MADE", "/precursors/0/clinkerShare"),
    (FERTILISER_WORKS, {**OWN_AMMONIA, "/goods/3": POOR, "/precursors/0/nitrogenContent": "0.82"},
     "METHOD-CONTENT-OVERDRAWN", "/processes/1/activityLevel"),
    (CEMENT_WORKS, {"/precursors/1": CEMENT_BY_DEFAULT}, "METHOD-DEFAULT-BASIS-UNKNOWN", "/precursors/1/determination"),
    (FERTILISER_WORKS, {"/precursors/0/seeDirect": "2.8"}, "METHOD-SEE-HIGH", "/precursors/0/seeDirect"),
    (FERTILISER_WORKS, {"/precursors/0/seeUnit": "t"}, "METHOD-SEE-LOW", "/precursors/0/seeDirect"),
    (CEMENT_WORKS, {"/goods/1/cn8": None}, "METHOD-GOOD-CN-MISSING", "/goods/1/cn8"),
    (CEMENT_WORKS, {"/goods/1/cn8": "25171010"}, "METHOD-GOOD-NOT-CBAM", "/goods/1/cn8"),
    (FERTILISER_WORKS, {"/goods/1/cn8": "31056000"}, "METHOD-GOOD-NOT-CBAM", "/goods/1/cn8"),
    (AMMONIA_WORKS, {"/goods/0/cn8": "28342100"}, "METHOD-FUNCTIONAL-UNIT-UNKNOWN", "/goods/0/cn8"),
    (CEMENT_WORKS, {"/goods/1/clinkerShare": None}, "METHOD-CONTENT-MISSING", "/goods/1/clinkerShare"),
    (CEMENT_WORKS, {"/goods/1/clinkerShare": "0"}, "METHOD-CONTENT-RANGE", "/goods/1/clinkerShare"),
    (CEMENT_WORKS, {"/goods/1/clinkerShare": "80"}, "METHOD-CONTENT-RANGE", "/goods/1/clinkerShare"),
    (AMMONIA_WORKS, {"/goods/0/nitrogenContent": None}, "METHOD-CONTENT-MISSING", "/goods/0/nitrogenContent"),
    (AMMONIA_WORKS, {"/goods/0/nitrogenContent": "82.24"}, "METHOD-CONTENT-RANGE", "/goods/0/nitrogenContent"),
    (FERTILISER_WORKS, {"/precursors/0/nitrogenContent": None}, "METHOD-CONTENT-MISSING",
     "/precursors/0/nitrogenContent"),
    (AMMONIA_WORKS, {"/goods": []}, "METHOD-PRODUCT-MISSING", "/processes/0/goodsCategory"),
    (FERTILISER_WORKS, {"/goods/1/produced": None}, "METHOD-GOOD-AMOUNT-MISSING", "/goods/1/produced"),
    (FERTILISER_WORKS, {"/goods/1/produced": "39999"}, "METHOD-GOOD-AMOUNTS-SUM", "/processes/0/activityLevel"),
    (CEMENT_WORKS, {"/goods/1/process": "P1"}, "METHOD-GOOD-AMOUNT-MISSING", "/goods/0/produced"),
    (SINTER_WORKS, {"/goods/1": {"id": "G2", "process": "P2", "cn8": "26011200"}}, "METHOD-FUNCTIONAL-UNITS-DIFFER",
     "/processes/1/id"),
    (FERTILISER_WORKS, {"/goods/1/cn8": "28080000"}, "METHOD-CO-PRODUCTS-MOLAR", "/processes/0/id"),
    (CEMENT_WORKS, {"/goods/2": {"id": "G3", "process": "P1", "cn8": "25232900", "clinkerShare": "1"}},
     "METHOD-CN-IN-TWO-PROCESSES", "/goods/1/process"),
    (ROLLING_MILL, {"/goods/0/cn8": "720837"}, "METHOD-GOOD-NOT-CBAM", "/goods/0/cn8"),
    # electricity
    (POWER_PLANT, {"/processes/0/electricityProduced": "2000", "/processes/0/electricityProducedFactor": "0.8"},
     "METHOD-ELECTRICITY-GOOD-DEDUCTED", "/processes/0/electricityProduced"),
    (POWER_PLANT, {"/processes/0/activityUnit": "t"}, "METHOD-UNIT", "/processes/0/activityUnit"),
    (CEMENT_WORKS, {"/processes/1/electricityConsumed": None}, "METHOD-ELECTRICITY-MISSING",
     "/processes/1/electricityConsumed"),
    (CEMENT_WORKS, {"/processes/1/electricityFactorKind": "footprint"}, "METHOD-ELECTRICITY-FACTOR-FOOTPRINT",
     "/processes/1/electricityFactorKind"),
    (CEMENT_WORKS, ACTUAL, "METHOD-ELECTRICITY-ACTUAL-NOT-ADMITTED", "/processes/1/electricitySource"),
    (CEMENT_WORKS, {**ACTUAL, "/processes/1/electricitySource": "ppa"}, "METHOD-ELECTRICITY-CRITERIA-MISSING",
     "/processes/1/electricityCriteria"),
    (CEMENT_WORKS, {"/processes/1/electricityFactorSource": "Mix"}, "METHOD-ELECTRICITY-MIX-SHARE",
     "/processes/1/electricityDefaultShare"),
    (CEMENT_WORKS, {"/processes/1/electricityDefaultShare": "1.5"}, "METHOD-SHARE",
     "/processes/1/electricityDefaultShare"),
    (CEMENT_WORKS, {"/processes/0/electricityExported": "5"}, "METHOD-ELECTRICITY-PRODUCED-MISSING",
     "/processes/0/electricityProduced"),
    (CEMENT_WORKS, {"/processes/0/electricityProduced": "5"}, "METHOD-ELECTRICITY-EXPORT-FACTOR-MISSING",
     "/processes/0/electricityProducedFactor"),
    (CEMENT_WORKS, {"/processes/0/electricityProduced": "5", "/processes/0/electricityExported": "6"},
     "METHOD-ELECTRICITY-EXPORT-BEYOND-PRODUCED", "/processes/0/electricityExported"),
    (AMMONIA_WORKS, {"/processes/0/goodsCategory": "Nitric acid", "/goods/0/cn8": "28080000"},
     "METHOD-HEAT-NITRIC-ACID", "/heat/0/direction"),
    # precursors
    (ROLLING_MILL, {"/precursors/0/cn8": None}, "METHOD-PRECURSOR-CN-MISSING", "/precursors/0/cn8"),
    (ROLLING_MILL, {"/precursors/0/cn8": "72022100"}, "METHOD-PRECURSOR-NOT-ANNEX-I", "/precursors/0/cn8"),
    (ROLLING_MILL, {"/precursors/0/cn8": "27160000"}, "METHOD-PRECURSOR-IS-ELECTRICITY", "/precursors/0/cn8"),
    (ROLLING_MILL, {"/precursors/0/seeDirect": None}, "METHOD-PRECURSOR-SEE-MISSING", "/precursors/0/seeDirect"),
    (ROLLING_MILL, {"/precursors/0/determination": None}, "METHOD-DETERMINATION-MISSING",
     "/precursors/0/determination"),
    (FERTILISER_WORKS, {"/precursors/0/seeIndirect": None}, "METHOD-PRECURSOR-SEE-MISSING",
     "/precursors/0/seeIndirect"),
    (FERTILISER_WORKS, {"/precursors/0/seeUnit": "t-clinker"}, "METHOD-SEE-UNIT", "/precursors/0/seeUnit"),
    (ROLLING_MILL, {"/precursors/0/seeKind": "footprint"}, "METHOD-SEE-FOOTPRINT", "/precursors/0/seeKind"),
    (ROLLING_MILL, {"/results": {"total": "90", "unit": "kgCO2e"}}, "METHOD-FOOTPRINT-AS-EMISSIONS",
     "/processes/0/directEmissions"),
    (ROLLING_MILL, {"/precursors/0/defaultShare": "1.2"}, "METHOD-SHARE", "/precursors/0/defaultShare"),
    # default values
    (ROLLING_MILL, {"/precursors/1/taric": "2523100090"}, "METHOD-TARIC-MISMATCH", "/precursors/1/taric"),
    (ROLLING_MILL, {"/time": None}, "METHOD-PERIOD-MISSING", "/time/periodEnd"),
    (ROLLING_MILL, {"/time": {"periodStart": "2025-01-01", "periodEnd": "2025-12-31"}}, "DEFAULT-YEAR",
     "/precursors/1"),
    (ROLLING_MILL, {"/precursors/1/country": None}, "DEFAULT-ORIGIN-UNKNOWN", "/precursors/1"),
    (ROLLING_MILL, {"/precursors/1/country": "XX"}, "DEFAULT-COUNTRY-UNKNOWN", "/precursors/1"),
    (ROLLING_MILL, {"/precursors/1/seeDirect": "1.69"}, "METHOD-DEFAULT-MISMATCH", "/precursors/1/seeDirect"),
    (ROLLING_MILL, {"/precursors/1/seeDirect": "2.028"}, "METHOD-DEFAULT-MISMATCH", "/precursors/1/seeDirect"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "edits", "rule", "path"), ERRORS)
def test_what_is_missing_or_wrong_is_refused_by_name(
    tree: Tree, edits: dict[str, Any], rule: str, path: str
) -> None:
    assert calculate(record_of(tree)).complete
    result = calculate(record_of(tree, edits))
    assert (rule, path) in places(result.findings)
    assert not result.complete
    for item in result.findings:
        for language in ("en", "zh"):
            assert "?" not in describe(item, language).partition(": ")[2].partition("\n")[0], item


WARNINGS: list[tuple[Tree, dict[str, Any], str, str, str]] = [
    # doubts: Annex I 2, Annex II E, eq. 60
    (CEMENT_WORKS, {"/time": None}, "METHOD-PERIOD-NOT-STATED", "/time/periodEnd", "warning"),
    (ROLLING_MILL, {"/processes/0/goodsCategory": "Aluminium products"}, "METHOD-CATEGORY-CONTRADICTS",
     "/processes/0/goodsCategory", "warning"),
    (ROLLING_MILL, {"/precursors": []}, "METHOD-CHAIN-NOT-STATED", "/processes/0/includes", "info"),
    # 1,200,000 t x 0.8 = 960,000 t of clinker contained
    (CEMENT_WORKS, {"/precursors/0/amount": "959999"}, "METHOD-CLINKER-SHORT", "/processes/1/activityLevel", "warning"),
    (ROLLING_MILL, {"/precursors/1/period": "2025"}, "METHOD-DEFAULT-PERIOD", "/precursors/1/period", "info"),
    (POWER_PLANT, {}, "METHOD-ELECTRICITY-GOOD", "/processes/0/goodsCategory", "warning"),
    (ROLLING_MILL, {"/precursors": [], "/time/periodStart": "2025-01-01", "/time/periodEnd": "2025-12-31"},
     "METHOD-PERIOD-BEFORE", "/time/periodEnd", "warning"),
    (ROLLING_MILL, {"/time/periodStart": "2026-04-01"}, "METHOD-PERIOD-NOT-CALENDAR", "/time/periodStart", "warning"),
    (CEMENT_WORKS, {"/processes/0/determination": "default"}, "METHOD-PROCESS-DEFAULT",
     "/processes/0/determination", "warning"),
    (ROLLING_MILL, {"/goods/1": {"id": "G2", "process": "P1", "cn8": "72071210"}},
     "METHOD-GOODS-OF-SEVERAL-CATEGORIES", "/processes/0/id", "warning"),
    (CEMENT_WORKS, {"/processes/1/electricityFactorSource": "D.4(b)"}, "METHOD-ELECTRICITY-ALTERNATIVE",
     "/processes/1/electricityFactorSource", "warning"),
    (ROLLING_MILL, {"/processes/0/electricityFactorKind": "footprint"}, "METHOD-INDIRECT-NOT-SHOWN",
     "/processes/0/electricityConsumed", "info"),
    (ROLLING_MILL, {"/precursors/0/country": None}, "METHOD-PRECURSOR-COUNTRY-MISSING", "/precursors/0/country",
     "warning"),
    (ROLLING_MILL, {"/precursors/0/country": "SE"}, "METHOD-PRECURSOR-EXEMPT", "/precursors/0/country", "info"),
    (ROLLING_MILL, {"/precursors/0/seeIndirect": "0.2"}, "METHOD-PRECURSOR-INDIRECT-NOT-COUNTED",
     "/precursors/0/seeIndirect", "warning"),
    (ROLLING_MILL, {"/precursors/0/cn8": "72044910"}, "METHOD-SCRAP", "/precursors/0/cn8", "info"),
    (CEMENT_WORKS, {
        "/precursors/1": {**IMPORTED, "seeDirect": "0.8", "seeIndirect": "0.1", "determination": "actual"},
        "/precursors/2": {**IMPORTED, "id": "X", "process": "P3", "seeDirect": "0.9", "seeIndirect": "0.1",
                          "determination": "actual"},
        "/processes/2": {**CEMENT_WORKS["processes"][1], "id": "P3"},
        "/goods/2": {"id": "G3", "process": "P3", "cn8": "25232100", "clinkerShare": "0.9"},
     }, "METHOD-PRECURSOR-AVERAGE", "/precursors/2/process", "warning"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "edits", "rule", "path", "severity"), WARNINGS)
def test_a_doubt_is_told_and_leaves_the_figures_standing(
    tree: Tree, edits: dict[str, Any], rule: str, path: str, severity: str
) -> None:
    result = calculate(record_of(tree, edits))
    assert (rule, path) in places(result.findings, severity)
    assert result.complete, result.findings
    assert result.goods


def test_every_rule_of_the_definitive_method_is_met_by_a_test_above() -> None:
    tested = {rule for *_, rule, _ in ERRORS} | {rule for *_, rule, _, _ in WARNINGS}
    assert {rule.id for rule in rules().values() if rule.area == "definitive"} <= tested


def test_a_footprint_alone_gives_no_figure_but_the_list_of_what_is_missing() -> None:
    result = calculate(record_of({"results": {"total": "2000", "unit": "kgCO2e"}}))
    assert result.goods == ()
    assert {rule for rule, _ in places(result.findings)} >= {
        "METHOD-NO-INSTALLATION-DATA",
        "METHOD-ACTIVITY-LEVEL-MISSING",
        "METHOD-DIRECT-EMISSIONS-MISSING",
        "METHOD-GOODS-MISSING",
    }


def test_a_cycle_of_precursors_is_refused_and_the_rest_is_computed() -> None:
    back = {"id": "V2", "process": "P1", "ownProcess": "P2", "amount": "1", "unit": "t"}
    other = {**AMMONIA_WORKS["processes"][0], "id": "P3"}
    edits = {
        "/precursors/1": back,
        "/processes/2": other,
        "/goods/2": {**AMMONIA_WORKS["goods"][0], "id": "G3", "process": "P3"},
    }
    result = calculate(record_of(CEMENT_WORKS, edits))
    assert ("METHOD-CYCLE", "/precursors/1/ownProcess") in places(result.findings)
    assert [good.good for good in result.goods] == ["G3"]


def test_a_good_whose_precursor_is_refused_is_refused_by_name() -> None:
    result = calculate(record_of(CEMENT_WORKS, {"/processes/0/directEmissions": None}))
    refused = {path for rule, path in places(result.findings) if rule == "METHOD-GOOD-REFUSED"}
    assert refused == {"/goods/0", "/goods/1"}


def test_an_own_precursor_of_several_compositions_must_say_which_it_is() -> None:
    tree = edited(FERTILISER_WORKS, {
        "/processes/1": {**FERTILISER_WORKS["processes"][0], "id": "P2", "activityLevel": "1000"},
        "/precursors/1": {"id": "V2", "process": "P2", "ownProcess": "P1", "amount": "900", "unit": "t"},
        "/goods/2": {**NPK, "process": "P2", "produced": "1000"},
    })  # fmt: skip
    unclear = calculate(record_of(tree))
    assert ("METHOD-CONTENT-MISSING", "/precursors/1/nitrogenContent") in places(unclear.findings)
    assert calculate(record_of(tree, {"/precursors/1/nitrogenContent": "0.2"})).complete


def test_the_transitional_method_refuses_what_is_stated_per_kilogram_of_nitrogen() -> None:
    result = cbam_transitional.calculate(record_of(FERTILISER_WORKS))
    assert ("METHOD-SEE-UNIT", "/precursors/0/seeUnit") in places(result.findings)


@pytest.mark.parametrize("source", ["direct-line", "ppa"])
def test_an_actual_electricity_factor_counts_with_its_criteria_confirmed(source: str) -> None:
    edits = {**ACTUAL, "/processes/1/electricitySource": source, "/processes/1/electricityCriteria": True}
    result = calculate(record_of(CEMENT_WORKS, edits))
    assert result.complete
    good = result.good("G2")
    assert good is not None
    assert good.default_share_indirect is not None
    assert good.default_share_indirect.exact < 1
