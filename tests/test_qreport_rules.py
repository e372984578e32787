"""The rules of the quarterly report at their edges: units, zeros, doubles, versions, verdicts, many goods."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from command import CONSIGNMENT, edited, run

from gateway.check.catalog import message, rules
from gateway.check.predicates_qreport import quarter_of
from gateway.check.rules import MOST_OF_ONE_RULE, check_rules
from gateway.check.schema import validate_xml
from gateway.check.suite import Edit, apply, read_base
from gateway.data import data_path
from gateway.formats.codes import code_list
from gateway.formats.registry import read_document
from gateway.route import check, verdicts

BASE = data_path("conformance", "cases", "bases", "qreport.xml")
GOOD = "/ImportedGood/0"
LOT = f"{GOOD}/GoodsEmissions/0"


def found(*edits: Edit, version: str = "") -> set[str]:
    """The rules that find something in the clean report after these edits."""
    document = "cbam.qreport" + (f"@{version}" if version else "")
    return {item.rule for item in check_rules(apply(read_base("qreport.xml"), edits), document)}


def masses(good: str, quantities: list[dict[str, str]], lots: list[dict[str, str]]) -> set[str]:
    """What the sums say: mass of the good in tonnes, its quantities by procedure, the measures of its lots."""
    tree = copy.deepcopy(read_base("qreport.xml"))
    item = tree["ImportedGood"][0]
    item["MeasureImported"]["NetMass"] = good
    item["ImportedQuantity"] = [
        {**item["ImportedQuantity"][0], "SequenceNumber": str(n + 1), "MeasureProcedureImported": [q]}
        for n, q in enumerate(quantities)
    ]
    item["GoodsEmissions"] = [
        {**item["GoodsEmissions"][0], "SequenceNumber": str(n + 1), "ProducedMeasure": m}
        for n, m in enumerate(lots)
    ]
    return {item.rule for item in check_rules(tree, "cbam.qreport")}


def tonnes(figure: str, **more: str) -> dict[str, str]:
    return {"Indicator": "0", "NetMass": figure, "MeasurementUnit": "01", **more}


def kilograms(figure: str) -> dict[str, str]:
    return {"Indicator": "0", "NetMass": figure, "MeasurementUnit": "02"}


def test_masses_in_tonnes_and_kilograms_add_up_together() -> None:
    assert masses("550", [tonnes("548"), kilograms("2000")], [tonnes("549.5"), kilograms("500")]) == set()
    assert masses("550", [tonnes("548"), kilograms("2001")], [tonnes("550.001")]) == {"QREPORT-MASS"}


def test_a_third_of_a_tonne_may_be_rounded_to_the_places_of_the_schema_and_not_further() -> None:
    third = tonnes("0.333333")
    assert masses("1", [third, third, third], [third, third, third]) == set()
    coarse = tonnes("0.333")
    assert masses("1", [coarse, coarse, coarse], [coarse, coarse, coarse]) == {"QREPORT-MASS"}


def test_what_a_set_indicator_counts_is_not_known_so_it_may_stand_beside_the_sum() -> None:
    assert masses("5", [tonnes("5"), tonnes("4", Indicator="1")], [tonnes("5")]) == set()
    assert masses("5", [tonnes("6"), tonnes("4", Indicator="1")], [tonnes("6")]) == {"QREPORT-MASS"}


def test_a_sum_beyond_the_digits_of_a_float_is_exact() -> None:
    assert (
        masses("9999999999.000001", [tonnes("9999999999"), tonnes("0.000001")], [tonnes("9999999999.000001")])
        == set()
    )
    assert masses("9999999999.000003", [tonnes("9999999999")], [tonnes("9999999999.000003")]) == {
        "QREPORT-MASS",
        "QREPORT-PRODUCED",
    }


def test_supplementary_units_are_added_up_too() -> None:
    megawatt_hours = {"Indicator": "0", "SupplementaryUnits": "100", "MeasurementUnit": "MWH"}
    tree = copy.deepcopy(read_base("qreport.xml"))
    item = tree["ImportedGood"][0]
    item["MeasureImported"] = {"SupplementaryUnits": "101", "MeasurementUnit": "MWH"}
    item["ImportedQuantity"][0]["MeasureProcedureImported"] = [megawatt_hours]
    for lot, part in zip(item["GoodsEmissions"], ("60", "40"), strict=True):
        lot["ProducedMeasure"] = {"SupplementaryUnits": part, "MeasurementUnit": "MWH"}
    (wrong,) = [f for f in check_rules(tree, "cbam.qreport") if f.rule == "QREPORT-MASS"]
    assert "101 SupplementaryUnits (MWH)" in message(wrong)


def test_an_unknown_unit_of_mass_is_named_and_nothing_is_summed() -> None:
    unit = Edit("set", f"{GOOD}/MeasureImported/MeasurementUnit", "KGM")
    assert found(unit) == {"QREPORT-UNIT"}


@pytest.mark.parametrize(
    ("numbers", "broken"),
    [(["1", "2"], False), (["1", "5"], False), (["0", "1"], True), (["2", "3"], True), (["1", "1"], True)],
)
def test_numbers_of_parts_start_at_one_and_ascend(numbers: list[str], broken: bool) -> None:
    edits = [Edit("set", f"{GOOD}/GoodsEmissions/{n}/SequenceNumber", v) for n, v in enumerate(numbers)]
    assert ("QREPORT-SEQUENCE" in found(*edits)) is broken


def test_the_one_production_method_has_number_one() -> None:
    assert found(Edit("set", f"{LOT}/ProdMethodQualifyingParams/SequenceNumber", "2")) == {"QREPORT-SEQUENCE"}


@pytest.mark.parametrize(
    ("quarter", "date", "rule"),
    [
        ("Q1", "2025-04-30T23:59:59Z", None),
        ("Q1", "2025-05-01T00:00:00Z", "QREPORT-SUBMITTED-LATE"),
        ("Q2", "2025-07-31T00:00:00Z", None),
        ("Q2", "2025-06-30T12:00:00Z", "QREPORT-SUBMITTED-EARLY"),
        ("Q4", "2026-01-31T00:00:00Z", None),
        ("Q4", "2026-02-01T00:00:00Z", "QREPORT-SUBMITTED-LATE"),
    ],
)
def test_a_report_is_due_one_month_after_its_quarter(quarter: str, date: str, rule: str | None) -> None:
    edits = [Edit("set", "/ReportingPeriod", quarter), Edit("set", "/SubmissionDate", date)]
    assert found(*edits) == ({rule} if rule else set())


def test_an_unreadable_quarter_has_no_days() -> None:
    assert quarter_of("2025", "Q9") is None
    assert quarter_of("20229", "Q4") is None
    assert quarter_of("0000", "Q1") is None


@pytest.mark.parametrize("country", ["XC", "XL", "XK"])
def test_a_user_assigned_country_is_a_warning_and_no_error(country: str) -> None:
    tree = apply(read_base("qreport.xml"), (Edit("set", f"{GOOD}/OriginCountry/Country", country),))
    assert [(f.rule, f.severity) for f in check_rules(tree, "cbam.qreport")] == [
        ("QREPORT-COUNTRY-ASSIGNED", "warning")
    ]


@pytest.mark.parametrize("country", ["DE", "GR", "NO", "CH", "LI"])
def test_goods_of_the_union_and_of_annex_iii_are_outside(country: str) -> None:
    assert found(Edit("set", f"{GOOD}/OriginCountry/Country", country)) == {"QREPORT-ORIGIN"}


@pytest.mark.parametrize("country", ["GB", "TR", "GL", "HK", "TW"])
def test_goods_of_other_countries_and_customs_territories_are_inside(country: str) -> None:
    assert found(Edit("set", f"{GOOD}/OriginCountry/Country", country)) == set()


@pytest.mark.parametrize(
    ("parameter", "value", "rule"),
    [
        ("QPD01", "Calcinated", None),
        ("QPD01", "calcinated", "QREPORT-PARAMETER-KIND"),
        ("QPD11", "Not applicable", None),
        ("QPD10", "Not applicable", "QREPORT-PARAMETER-KIND"),
        ("QPD12", "100", None),
        ("QPD12", "-0.1", "QREPORT-PARAMETER-RANGE"),
        ("QPD17", "1.12", None),
        ("QPD17", "1,12", "QREPORT-PARAMETER-KIND"),
    ],
)
def test_a_parameter_has_the_kind_of_value_that_the_list_states(
    parameter: str, value: str, rule: str | None
) -> None:
    first = f"{LOT}/ProdMethodQualifyingParams/DirectQualifyingParameters/0"
    edits = [Edit("set", f"{first}/ParameterId", parameter), Edit("set", f"{first}/ParameterValue", value)]
    assert found(*edits) == ({rule} if rule else set())


def test_codes_in_use_that_no_list_holds_are_warnings_that_say_so() -> None:
    unlisted = code_list("cbam-unlisted").rows
    for code in ("P06", "P07", "P18"):
        assert unlisted[code]["list"] == "cbam-production-method"
        assert found(Edit("set", f"{LOT}/ProdMethodQualifyingParams/MethodId", code)) == {
            "QREPORT-METHOD-UNLISTED"
        }
        assert code not in code_list("cbam-production-method").codes
    assert rules()["QREPORT-METHOD-UNLISTED"].severity == "warning"
    assert "TOM03" in unlisted
    assert rules()["QREPORT-METHODOLOGY-UNLISTED"].severity == "warning"


def test_every_method_is_of_the_list_or_of_the_three_that_it_lacks() -> None:
    listed = set(code_list("cbam-production-method").codes)
    assert {f"P{n:02}" for n in range(1, 49)} - listed == {"P06", "P07", "P18"}


def test_an_id_of_2023_is_an_error_in_the_newest_version_and_unchecked_in_older_ones() -> None:
    old = Edit("set", f"{LOT}/ProdMethodQualifyingParams/DirectQualifyingParameters/0/ParameterId", "EQP08")
    assert found(old) == found(old, version="23.00") == {"QREPORT-PARAMETER"}
    for version in ("17.03", "18.00", "19.00"):
        assert found(old, version=version) == {"QREPORT-PARAMETER-OLD"}


def test_a_method_that_repeats_in_older_versions_is_judged_there_too() -> None:
    tree = copy.deepcopy(read_base("qreport.xml"))
    lot = tree["ImportedGood"][0]["GoodsEmissions"][0]
    method = {**lot["ProdMethodQualifyingParams"], "MethodId": "P99"}
    lot["ProdMethodQualifyingParams"] = [method]
    (wrong,) = check_rules(tree, "cbam.qreport@19.00")
    assert (wrong.rule, wrong.path) == (
        "QREPORT-METHOD",
        f"{LOT}/ProdMethodQualifyingParams/0/MethodId",
    )


def test_a_parameter_for_both_kinds_of_emissions_is_no_doubled_key() -> None:
    data = BASE.read_text(encoding="utf-8")
    both = (
        "<IndirectQualifyingParameters><SequenceNumber>1</SequenceNumber><ParameterId>QPD21</ParameterId>"
        "<ParameterValue>0.02</ParameterValue></IndirectQualifyingParameters></ProdMethodQualifyingParams>"
    )
    document = read_document(data.replace("</ProdMethodQualifyingParams>", both).encode())
    assert [item.rule for item in check(document)] == ["QREPORT-PARAMETER-SIDE"]


def test_a_bad_parameter_is_named_once_beside_another_fault_of_the_schema() -> None:
    data = BASE.read_text(encoding="utf-8")
    data = data.replace("<ParameterId>QPD22<", "<ParameterId>EQP08<").replace(">499.5<", ">499,5<", 1)
    wrong = [
        item for item in check(read_document(data.encode())) if "Parameter" in (item.origin or item.path)
    ]
    assert [item.rule for item in wrong] == ["QREPORT-PARAMETER"]
    assert not [i for i in check(read_document(data.encode())) if i.rule == "RECORD-CODE"]


def test_a_value_that_the_schema_refuses_is_not_judged_by_the_lists_as_well() -> None:
    data = BASE.read_text(encoding="utf-8").replace("<CnCode>76011090<", "<CnCode>7601109000<")
    assert [item.rule for item in check(read_document(data.encode()))] == ["XSD-VALUE-LENGTH"]


def test_a_bad_amount_is_named_once_although_it_stands_in_the_view_and_in_the_record() -> None:
    data = BASE.read_text(encoding="utf-8").replace("<Amount>0<", "<Amount>1e3<")
    assert [item.rule for item in check(read_document(data.encode()))] == ["RECORD-DECIMAL"]


def test_a_space_in_the_year_does_not_hide_that_the_report_is_no_longer_usable() -> None:
    data = BASE.read_text(encoding="utf-8").replace("<Year>2025<", "<Year> 2026 <")
    found = check(read_document(data.encode()))
    assert [item.rule for item in found] == ["QREPORT-YEAR"]
    assert verdicts(found) == {"schema": "valid", "rules": "broken", "purpose": "not usable"}


# --- verdicts -----------------------------------------------------------------------------------------------


def of_2026(folder: Path) -> Path:
    data = BASE.read_text(encoding="utf-8")
    data = data.replace("<Year>2025<", "<Year>2026<").replace("2026-01-20T", "2027-01-20T")
    path = folder / "report.xml"
    path.write_text(data, encoding="utf-8")
    return path


def test_a_report_for_goods_of_2026_conforms_and_is_not_usable(tmp_path: Path) -> None:
    done = run("check", of_2026(tmp_path))
    assert done.code == 0
    lines = done.out.decode().splitlines()
    assert lines[-4:-1] == ["schema: valid", "rules: obeyed", "purpose: not usable"]
    assert "warning [QREPORT-LEGACY] /Year" in done.text
    assert "the annual declaration takes its place" in done.text
    chinese = run("check", of_2026(tmp_path), lang="zh")
    assert chinese.code == 0
    assert "用途: 不可用" in chinese.text


def test_the_three_verdicts_stand_apart_in_json(tmp_path: Path) -> None:
    done = run("check", of_2026(tmp_path), "--report", "json")
    answer: dict[str, Any] = json.loads(done.out)
    assert done.code == 0
    assert answer["verdicts"] == {"schema": "valid", "rules": "obeyed", "purpose": "not usable"}
    assert [(f["rule"], f["stage"]) for f in answer["findings"]] == [("QREPORT-LEGACY", "purpose")]


def test_a_record_for_goods_of_2026_is_not_translated_into_a_quarterly_report(tmp_path: Path) -> None:
    consignment = json.loads(CONSIGNMENT)
    consignment["declaration"] |= {"year": "2026", "submitted": "2027-01-20T10:00:00Z"}
    (tmp_path / "lot.json").write_text(json.dumps(consignment), encoding="utf-8")
    (tmp_path / "record.json").write_bytes(edited())
    to = ["--to", "cbam.qreport", "--with", tmp_path / "lot.json", "-o", tmp_path / "report.xml"]
    done = run("translate", tmp_path / "record.json", *to)
    assert done.code == 1
    assert "QREPORT-LEGACY" in done.text
    assert not (tmp_path / "report.xml").exists()


def test_the_last_quarter_of_2025_is_usable() -> None:
    done = run("check", BASE)
    assert done.code == 0
    assert "purpose: usable" in done.text


# --- many goods ---------------------------------------------------------------------------------------------


def smallest_report(goods: int) -> bytes:
    """A report with so many goods, each with nothing but what the schema requires."""
    text = BASE.read_text(encoding="utf-8")
    start, end = text.index("  <ImportedGood>"), text.index("</QReport>")
    optional = (
        "CommodityCode|InstallationOperator|Installation|IndirectEmissions|ProdMethodQualifyingParams|"
        "CarbonPriceDue|RemarksEmissions|ProductionCountry|PreviousProc|DeterminationType|ApplicableReportingMethodology"
    )
    good = re.sub(rf"<({optional})>.*?</\1>", "", text[start:end], flags=re.DOTALL)
    good = re.sub(r"<GoodsEmissions>.*?</GoodsEmissions>", "", good, count=1, flags=re.DOTALL)
    good = re.sub(r">\s+<", "><", good)
    many = "".join(good.replace("<ItemNumber>1<", f"<ItemNumber>{n % 99999 + 1}<") for n in range(goods))
    return (text[:start] + many + text[end:]).encode()


def test_the_hundred_thousandth_good_is_one_too_many_and_said_to_be_so() -> None:
    (wrong,) = validate_xml("cbam.qreport@23.00", smallest_report(100_000))
    assert (wrong.rule, wrong.path) == ("XSD-TOO-MANY", "/ImportedGood/99999")
    assert message(wrong) == "QReport holds more than 99999 elements ImportedGood."
    assert message(wrong, "zh") == "QReport 中的元素 ImportedGood 超过 99999 个。"


def test_a_fault_in_every_good_is_shown_two_hundred_times_and_counted() -> None:
    tree = copy.deepcopy(read_base("qreport.xml"))
    good = {**tree["ImportedGood"][0], "OriginCountry": {"Country": "IS"}}
    tree["ImportedGood"] = [{**good, "ItemNumber": str(n + 1)} for n in range(1234)]
    wrong = check_rules(tree, "cbam.qreport")
    assert len([item for item in wrong if item.rule == "QREPORT-ORIGIN"]) == MOST_OF_ONE_RULE
    assert message(wrong[-1]) == "QREPORT-ORIGIN finds something in 1034 more places; 200 are shown."
    assert [item.rule for item in wrong if item.severity == "info"] == ["RULES-MORE"]


def test_the_tenth_procedure_of_a_good_is_one_too_many() -> None:
    text = BASE.read_text(encoding="utf-8")
    start, end = text.index("    <ImportedQuantity>"), text.index("    <MeasureImported>")
    wrong = validate_xml("cbam.qreport@23.00", (text[:start] + text[start:end] * 10 + text[end:]).encode())
    assert [(item.rule, item.path) for item in wrong] == [("XSD-TOO-MANY", f"{GOOD}/ImportedQuantity/9")]


def test_all_rules_but_the_numbering_of_items_stand_on_one_good_or_on_the_header() -> None:
    on_all = [
        name
        for name, rule in rules().items()
        if rule.body.get("document") == "cbam.qreport" and rule.body.get("on") == "/ImportedGood"
    ]
    assert on_all == ["QREPORT-ITEMS"]
