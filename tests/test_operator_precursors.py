"""Precursors in the operator's reports: default and actual values, averages, and a supplier's report as a source."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from command import run
from operators import REPORT, SUMMARY, Tree, changed, complete, entries, made, rules_of, said, states

from gateway.formats.json_reader import write_json
from gateway.formats.leaves import at, leaves, text_map
from gateway.formats.registry import read_document, write_document
from gateway.model.finding import errors
from gateway.route import Wish, translate

CN = "cn.pcf@1"


def slab(number: int, supplier: str, period: str, amount: str, see: str) -> Tree:
    return {
        "id": f"S{number}", "process": "P1", "name": "Slabs", "category": "Crude steel", "cn8": "72071912",
        "amount": amount, "unit": "t", "supplier": supplier, "country": "CN", "period": period, "seeDirect": see,
        "determination": "actual", "supplierInstallation": f"{supplier} site", "periodBasis": "default-period",
    }  # fmt: skip


def rolling(precursors: list[Tree]) -> Tree:
    """Rolled products over purchased slabs: 100 t CO2e attributed to 1000 t."""
    tree = complete()
    for name in ("pfc", "sourceStreams", "electricity"):
        del tree[name]
    tree["goods"] = [{**tree["goods"][0], "cn8": "72081000", "hs6": "720810", "process": "P1"}]
    del tree["goods"][0]["customsCode"]
    tree["processes"] = [
        {
            **tree["processes"][0], "goodsCategory": "Iron or steel products", "route": "All production routes",
            "activityLevel": "1000", "directEmissions": "100", "electricityConsumed": "0",
        }
    ]  # fmt: skip
    tree["installations"][0].update(directEmissions="100", zeroRatedFuels=False)
    tree["precursors"] = precursors
    return tree


TWO_PERIODS = [slab(1, "Slab Works A", "2025", "600", "2"), slab(2, "Slab Works A", "2026", "200", "1")]


def test_precursors_of_two_periods_are_stated_as_their_weighted_average() -> None:
    document = made(rolling(TWO_PERIODS)).lowered.tree
    assert said(document, "14", "", "CN 72071912, direct") == "1.75"  # (600 x 2 + 200 x 1) / 800
    assert said(document, "4(a)", "G1") == "1.5"  # (100 + 600 x 2 + 200 x 1) / 1000
    assert states(document)["15"] == "notApplicable"
    assert said(document, "16-1", "S2") == "Slab Works A"


def test_precursors_of_two_installations_need_the_method_of_article_14() -> None:
    rows = [slab(1, "Slab Works A", "2026", "600", "2"), slab(2, "Slab Works B", "2026", "200", "1")]
    journey = made(rolling(rows))
    assert said(journey.lowered.tree, "15", "", "CN 72071912, direct") == "1.75"
    missing = {item.path for item in rules_of(journey) if item.values.get("item") == "15"}
    assert missing == {"/precursors/0/averaging", "/precursors/1/averaging"}
    for row in rows:
        row["averaging"] = "14(2)"
    document = made(rolling(rows)).lowered.tree
    assert said(document, "15", "", "CN 72071912, S1, method") == "14(2)"
    assert states(document)["14"] == "notApplicable"


def test_a_default_value_is_stated_with_its_act_and_mark_up_and_its_share() -> None:
    row = {**slab(1, "Slab Works A", "2026", "1000", "2"), "determination": "default"}
    del row["seeDirect"]
    document = made(rolling([row])).lowered.tree
    assert (
        said(document, "12(d)", "S1", "total") == "3.4859"
    )  # 3.169 of 2026/1740 for China, and 10 % of 2026
    assert said(document, "12(d)", "S1", "published total") == "3.169"
    assert said(document, "12(d)", "S1", "mark-up") == "10"
    assert said(document, "4(a)", "G1") == "3.5859"  # (100 + 1000 x 3.4859) / 1000
    share = Fraction("3.4859") / Fraction("3.5859")
    assert abs(Fraction(said(document, "4(b)", "G1")) - share) < Fraction(1, 10**26)
    assert states(document)["13(a)"] == states(document)["16-1"] == "notApplicable"


def test_a_precursor_from_the_union_counts_as_zero_and_is_still_reported() -> None:
    row = {**slab(1, "Slab Works A", "2026", "1000", "2"), "country": "DE"}
    document = made(rolling([row])).lowered.tree
    assert said(document, "4(a)", "G1") == "0.1"
    assert said(document, "13(c)", "S1") == "DE"
    assert said(document, "13(e)", "S1", "direct") == "0"
    assert said(document, "13(e)", "S1", "counted as zero").startswith("Produced in the Union")


def test_the_full_report_states_what_was_used_of_each_precursor() -> None:
    document = made(rolling(TWO_PERIODS), REPORT).lowered.tree
    assert said(document, "20", "S1") == "800"
    assert said(document, "21", "S2", "quantity") == "200"
    assert said(document, "23(d)", "S1", "determined as") == "default-period"
    (precursors,) = document["breakdowns"]
    assert [bar["value"] for bar in precursors["bars"]] == ["1200", "200"]


def test_rolled_products_over_slab_and_ferro_alloys_go_from_the_workbook_to_the_summary(
    tmp_path: Path,
) -> None:
    alloy = {
        **slab(3, "Alloy Works", "2026", "12.5", "1"), "determination": "default", "cn8": "72021120",
        "category": "Alloys (FeMn, FeCr, FeNi)", "name": "Ferro-manganese",
    }  # fmt: skip
    del alloy["seeDirect"]
    workbook = tmp_path / "record.xlsx"
    tree = rolling([slab(1, "Slab Works A", "2026", "800", "1.75"), alloy])
    workbook.write_bytes(write_document(CN, tree, "xlsx"))
    out = tmp_path / "summary.json"
    done = run("translate", workbook, "--to", "cbam.operator-summary", "-o", out)
    assert done.code == 0, done.err
    document = read_document(out.read_bytes()).tree
    # (100 + 800 x 1.75 + 12.5 x 1.69 x 1.1) / 1000
    assert said(document, "4(a)", "G1") == "1.5232375"
    assert said(document, "12(a)", "S3") == "72021120"
    assert said(document, "13(e)", "S1", "direct") == "1.75"


# --- confidential in the summary --------------------------------------------------------------------------


def test_the_summary_gives_no_activity_data_away() -> None:
    """Recital 17: the summary is what importers see. Quantities and the numbers in equations stay behind."""
    document = made(rolling(TWO_PERIODS)).lowered.tree
    values = {str(value) for _, value in leaves(document)}
    assert not values & {"1000", "600", "200", "800"}
    assert all("numbers" not in step and "inputs" not in step for step in document["equations"])
    assert any(
        "1000" in step["numbers"] for step in made(rolling(TWO_PERIODS), REPORT).lowered.tree["equations"]
    )


# --- the ledger -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", [SUMMARY, REPORT])
def test_every_leaf_is_explained_and_a_figure_names_its_equation_and_its_inputs(to: str) -> None:
    journey = made(complete(), to)
    ledger = journey.ledger
    assert ledger is not None
    assert {p for e in ledger.entries for p in e.source} == {p for p, _ in leaves(journey.source.tree)}
    for path, _ in leaves(journey.lowered.tree):
        assert ledger.by_target[path].rule
        assert ledger.by_target[path].clause
    number = "4(a)" if to == SUMMARY else "15(a)"
    place = next(
        f"/items/{i}/points/{p}/entries/0/value"
        for i, item in enumerate(journey.lowered.tree["items"])
        for p, point in enumerate(item["points"])
        if point["number"] == number
    )
    entry = ledger.by_target[place]
    assert entry.fidelity == "derived"
    assert "P1:SEEDir" in entry.note
    assert "cbam.definitive@2025-2547" in entry.note
    assert {"/processes/0/directEmissions", "/processes/0/activityLevel"} <= set(entry.source)


def test_every_figure_of_a_report_leads_to_its_equation() -> None:
    document = made(complete(), REPORT).lowered.tree
    symbols = {step["symbol"] for step in document["equations"]}
    cited = {entry["equation"] for _, entry in entries(document) if "equation" in entry}
    assert cited
    assert cited <= symbols
    for step in document["equations"]:  # and every step to the record or to another step
        assert all(i["source"] in symbols or i["source"] for i in step["inputs"])


# --- read back --------------------------------------------------------------------------------------------


def back(tree: Tree, to: str = SUMMARY) -> Any:
    return translate(read_document(made(tree, to).data), Wish(CN))


def test_a_report_read_back_is_operator_installation_and_goods_without_any_computed_figure() -> None:
    journey = back(complete())
    assert not errors(journey.findings), [f"{i.rule} {i.path}" for i in errors(journey.findings)]
    record = journey.lowered.tree
    assert at(record, "/producer/name/en") == "Example Aluminium Co., Ltd."
    assert at(record, "/installations/0/unlocode") == "CNLHW"
    assert [good["cn8"] for good in record["goods"]] == ["76011010", "76051900"]
    assert at(record, "/goods/0/benchmarkConfirmed") is True
    assert at(record, "/time/periodEnd") == "2026-12-31"
    assert "directEmissions" not in record["processes"][0]
    assert not {"1.555", "311000"} & {str(value) for _, value in leaves(record)}


def test_the_goods_of_a_supplier_are_offered_as_precursors() -> None:
    offered = [item for item in back(complete()).findings if item.rule == "OPERATOR-PRECURSOR-OFFERED"]
    assert next((i.values["good"], i.values["direct"]) for i in offered) == ("76011010", "1.555")
    assert all(item.severity == "info" for item in offered)


@pytest.mark.parametrize("to", [SUMMARY, REPORT])
def test_a_report_comes_home_with_its_residue_as_the_same_record(to: str) -> None:
    out = made(complete(), to, keep_residue=True)
    home = translate(read_document(out.data), Wish(CN), residue=out.kept)
    assert text_map(home.lowered.tree) == text_map(complete())


def test_an_edited_figure_is_reported_and_not_taken_into_the_record() -> None:
    out = made(complete(), keep_residue=True)
    document = read_document(out.data)
    edited = next(entry for number, entry in entries(document.tree) if number == "4(a)")
    edited["value"] = "0.5"
    home = translate(read_document(write_json(document.tree)), Wish(CN), residue=out.kept)
    found = [item.values["found"] for item in home.findings if item.rule == "EDIT-OF-DERIVED"]
    assert found == ["0.5"]
    assert "0.5" not in {str(value) for _, value in leaves(home.lowered.tree)}


# --- a supplier's report beside the buyer's record ----------------------------------------------------------


def buyer(supplier: str = "Example Aluminium Co., Ltd.") -> Tree:
    row = slab(1, supplier, "2026", "500", "2")
    for name in ("seeDirect", "country", "period", "determination", "supplierInstallation"):
        del row[name]
    row.update(cn8="76011010", category="Unwrought aluminium")
    tree = rolling([row])
    tree["goods"][0].update(cn8="76051900", hs6="760519")
    tree["processes"][0]["goodsCategory"] = "Aluminium products"
    return tree


def test_a_suppliers_summary_fills_the_precursor_that_names_it() -> None:
    supplier = made(complete()).lowered.tree
    journey = made(buyer(), others=[supplier])
    assert journey.conforms, [f"{i.rule} {i.path}" for i in errors(journey.findings)]
    document = journey.lowered.tree
    assert said(document, "13(e)", "S1", "direct") == "1.555"
    assert said(document, "13(c)", "S1") == "CN"
    assert said(document, "13(d)", "S1", "reporting period") == "2026-01-01 to 2026-12-31"
    assert said(document, "16-2", "S1") == "Example Aluminium Site 1"
    assert said(document, "4(a)", "G1") == "0.8775"  # (100 + 500 x 1.555) / 1000


def test_a_suppliers_figure_never_replaces_one_that_the_record_states() -> None:
    tree = changed(buyer(), lambda t: t["precursors"][0].update(seeDirect="1.4"))
    journey = made(tree, others=[made(complete()).lowered.tree])
    assert not journey.conforms
    assert "/precursors/0/seeDirect" in {i.origin or i.path for i in errors(journey.findings)}


def test_a_supplier_that_no_precursor_names_is_not_matched_by_likeness() -> None:
    journey = made(buyer("Example Aluminium"), others=[made(complete()).lowered.tree])
    found = [i for i in journey.findings if i.rule == "OPERATOR-PRECURSOR-UNMATCHED"]
    assert [i.values["good"] for i in found] == ["76011010", "76051900"]
    assert (
        said(journey.lowered.tree, "13(e)", "S1", "direct") is None
        if "items" in journey.lowered.tree
        else True
    )


def test_definitive_figures_of_a_supplier_are_not_merged_into_a_transitional_report() -> None:
    supplier = read_document(made(complete()).data)
    journey = translate(read_document(write_json(buyer())), Wish("cbam.qreport@23.00"), [supplier])
    assert "MERGE-FORMAT" in {item.rule for item in journey.findings}
