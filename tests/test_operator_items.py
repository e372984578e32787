"""The operator's report and its summary: every item of Annex IV, in order, with a value, a gap or a reason."""

from __future__ import annotations

import os
import re
from fractions import Fraction
from typing import Any

import pytest
from operators import (
    REPORT,
    SUMMARY,
    Tree,
    cement,
    changed,
    complete,
    entries,
    example,
    made,
    rules_of,
    said,
    states,
)
from shared_files import SHARED

from gateway.data import load_toml
from gateway.formats.codes import code_list
from gateway.formats.leaves import leaves
from gateway.methods.operator_answers import FILLS
from gateway.methods.operator_case import CONDITIONS, reason
from gateway.methods.operator_items import points
from gateway.model.finding import errors
from gateway.model.paths import canonical_leaves

ACT = SHARED / "official" / "cbam" / "legal" / "2025-2547-embedded-emissions.txt"
BOTH = pytest.mark.parametrize(("to", "count"), [(SUMMARY, 16), (REPORT, 35)], ids=["summary", "report"])


# --- the items ------------------------------------------------------------------------------------------


@BOTH
def test_every_item_of_the_annex_stands_in_its_order_with_a_state(to: str, count: int) -> None:
    for tree in (complete(), cement(), example("steel")):
        document = made(tree, to).lowered.tree
        assert [item["number"] for item in document["items"]] == [str(n) for n in range(1, count + 1)]
        for item in document["items"]:
            assert item["state"] in ("value", "missing", "notApplicable")
            assert [point["number"] for point in item["points"]]
            for point in item["points"]:
                assert re.match(rf"{item['number']}(?:$|\(|-)", point["number"])


@BOTH
def test_the_items_are_those_that_the_act_prints(to: str, count: int) -> None:
    if not ACT.is_file():
        if os.environ.get("CBAMGW_FULL") == "1":
            pytest.fail("the text of the act is not at hand")
        pytest.skip("the text of the act is not at hand (CBAMGW_SHARED names its folder)")
    text = ACT.read_text("utf-8")
    start = (
        "1.2. Operator’s summary emissions report"
        if to == SUMMARY
        else "1.1. Template containing the minimum"
    )
    end = "2. SECTOR-SPECIFIC PARAMETERS" if to == SUMMARY else "1.1.1. Declarant-specific addendum"
    part = text[text.index(start) : text.index(end)]
    mark = r"^\((\d+)\) [A-Z]" if to == SUMMARY else r"^(\d+)\. [A-Z]"
    assert [n for n in re.findall(mark, part, re.M) if int(n) <= count] == [
        str(n) for n in range(1, count + 1)
    ]
    letters = re.findall(r"^(?:\d+\. .*\n)?\(([a-h])\) ", part, re.M)
    stated = [
        m[1]
        for _, p in points(to.partition("@")[0].removeprefix("cbam."))
        if (m := re.match(r"\d+\((\w)\)", p.number))
    ]
    assert set(letters) == set(stated)


@BOTH
def test_no_cell_is_empty_and_every_entry_has_what_its_state_needs(to: str, count: int) -> None:
    for tree in (complete(), cement(), example("steel")):
        document = made(tree, to).lowered.tree
        assert all(value != "" for _, value in leaves(document))
        for _, entry in entries(document):
            assert entry["state"] != "value" or (entry["value"] and "reason" not in entry)
            assert entry["state"] != "missing" or (entry["field"].startswith("/") and entry["reason"])
            assert entry["state"] != "notApplicable" or (entry["reason"] and "value" not in entry)


@BOTH
def test_the_report_says_that_it_is_no_official_submission_format(to: str, count: int) -> None:
    assert (
        made(complete(), to).lowered.tree["notice"].startswith("This is not an official submission format.")
    )


def test_the_tables_name_only_what_there_is() -> None:
    for name in ("operator-summary", "operator-report"):
        seen: set[str] = set()
        for _, point in points(name):
            assert point.number not in seen
            seen.add(point.number)
            assert point.zh
            assert point.en
            for condition in filter(None, (point.where, point.only, *(a.only for a in point.aspects))):
                assert condition in CONDITIONS
                assert reason("notApplicable", point.reason or condition)
            for aspect in point.aspects:
                assert sum(map(bool, (aspect.path, aspect.figure, aspect.fill))) == 1
                assert not aspect.fill or aspect.fill in FILLS
                assert not aspect.otherwise or (aspect.path and aspect.otherwise in FILLS)
    aspects = [
        a for name in ("operator-summary", "operator-report") for _, p in points(name) for a in p.aspects
    ]
    used = {name for a in aspects for name in (a.fill, a.otherwise)}
    assert set(FILLS) == used - {""}


def test_every_parameter_of_a_sector_is_one_that_a_record_can_state() -> None:
    asked = load_toml("mappings", "operator-parameters.toml")["category"]
    assert set(asked) == set(code_list("cbam-category").rows)
    for rows in asked.values():
        for row in rows:
            assert "id" not in row or row["id"] in code_list("cbam-parameter").rows
            assert "field" not in row or f"/goods/*/{row['field']}" in canonical_leaves()


# --- the values -------------------------------------------------------------------------------------------


@BOTH
def test_a_complete_record_leaves_no_item_missing(to: str, count: int) -> None:
    journey = made(complete(), to)
    assert journey.conforms, [f"{i.rule} {i.path}" for i in errors(journey.findings)]
    assert "missing" not in states(journey.lowered.tree).values()
    assert not rules_of(journey)


def test_the_summary_of_the_aluminium_record_has_the_figures_worked_by_hand() -> None:
    document = made(complete()).lowered.tree
    assert document["method"] == "cbam.definitive@2025-2547"
    assert said(document, "1(a)") == "Example Aluminium Co., Ltd."
    assert said(document, "2(c)", "S1") == "CNLHW"
    # 57: 311000 t CO2e / 200000 t; 59: (5283 + 120000 x 1.555) / 113000
    assert said(document, "4(a)", "G1") == "1.555"
    wire = Fraction(5283 + 186600, 113000)
    assert abs(Fraction(said(document, "4(a)", "G2")) - wire) < Fraction(1, 10**26)
    assert said(document, "4(b)", "G2") == "0"
    assert said(document, "5-2", "P1") == "311000"
    assert said(document, "5-2", "P2") == "5283"
    # streams 38186.5968 + 172208 + 80608 and PFC 25282
    assert round(Fraction(said(document, "5-1", "S1", "sum of the source streams")), 3) == Fraction(
        "316284.597"
    )
    assert said(document, "7", "", "imported") == "no"
    assert said(document, "13(a)", "PR1") == "76011010"
    assert said(document, "13(d)", "PR1", "year of use") == "2026"
    assert said(document, "13(e)", "PR1", "direct") == "1.555"


def test_the_summary_of_the_cement_record_counts_per_tonne_of_clinker_and_states_indirect_emissions() -> None:
    document = made(cement()).lowered.tree
    clinker = Fraction("1321052.6315789474") * Fraction("0.95")
    direct, indirect = (
        Fraction(1037310) / clinker,
        Fraction("193864.47368421053") * Fraction("0.833") / clinker,
    )
    assert abs(Fraction(said(document, "4(a)", "G1")) - direct) < Fraction(1, 10**26)
    assert abs(Fraction(said(document, "4(c)-4", "G1")) - indirect) < Fraction(1, 10**26)
    assert abs(Fraction(said(document, "4(b)", "G1")) - indirect / (direct + indirect)) < Fraction(1, 10**26)
    assert (said(document, "4(c)-1", "G1"), said(document, "4(c)-2", "G1")) == ("0", "1")
    assert said(document, "6", "S1") == "149235"
    assert next(e["unit"] for n, e in entries(document) if n == "4(a)") == "t CO2e/t clinker"


def test_a_transitional_figure_is_never_in_a_report() -> None:
    """6.15 and 6.9119... t CO2e/t indirect are charged in the transitional period only; cement is not per tonne."""
    for to in (SUMMARY, REPORT):
        values = {str(value) for _, value in leaves(made(complete(), to).lowered.tree)}
        assert not {v for v in values if v == "6.15" or v.startswith("6.9119")}
        values = {str(value) for _, value in leaves(made(cement(), to).lowered.tree)}
        assert not {v for v in values if v.startswith("0.12224")}


def test_the_full_report_states_parameters_streams_and_balances() -> None:
    document = made(complete(), REPORT).lowered.tree
    assert said(document, "13-1", "P1", "quantity") == "200000"
    assert said(document, "16(a)", "SS1", "emissions") == "38186.5968"
    assert said(document, "17-3", "P1", "consumed") == "3000000"
    assert said(document, "18", "PR1") == "120000"
    assert said(document, "30", "P1", "attributed direct emissions") == "311000"
    name = "total percentage of elements other than aluminium, if above 1 %"
    assert said(document, "35", "G2", name) == "0.175"
    ratio = "mass ratio of tonnes cement clinker consumed per tonne of cement (clinker to cement ratio)"
    assert said(made(cement(), REPORT).lowered.tree, "35", "G1", ratio) == "95"


def test_the_bars_are_the_streams_and_the_precursors_with_their_tonnes() -> None:
    streams, precursors = made(complete(), REPORT).lowered.tree["breakdowns"]
    assert [bar["value"] for bar in streams["bars"]][:3] == ["38186.5968", "172208", "80608"]
    assert [bar["value"] for bar in precursors["bars"]] == ["186600"]  # 120000 t x 1.555 t CO2e/t


# --- what is missing --------------------------------------------------------------------------------------


def without(*path: Any) -> Any:
    def change(tree: Tree) -> None:
        node: Any = tree
        for part in path[:-1]:
            node = node[part]
        del node[path[-1]]

    return change


GAPS = [
    (SUMMARY, ("producer", "uscc"), {"1(b)"}),
    (SUMMARY, ("producer", "address", "city"), {"1(c)"}),
    (SUMMARY, ("installations", 0, "registryId"), {"2(b)"}),
    (SUMMARY, ("installations", 0, "unlocode"), {"2(c)"}),
    (SUMMARY, ("installations", 0, "latitude"), {"2(e)"}),
    (SUMMARY, ("goods", 1, "benchmarkConfirmed"), {"4(f)"}),
    (SUMMARY, ("installations", 0, "wasteGasesUsed"), {"9-1"}),
    (SUMMARY, ("precursors", 0, "name"), {"13(b)"}),
    (REPORT, ("installations", 0, "otherProcesses"), {"2(b)"}),
    (REPORT, ("installations", 0, "otherGoods"), {"14"}),
    (REPORT, ("installations", 0, "dataGaps"), {"16(e)"}),
    (REPORT, ("sourceStreams", 0, "name"), {"16(a)"}),
    (REPORT, ("goods", 0, "parameters", 0, "value"), {"35"}),
]


@pytest.mark.parametrize(("to", "path", "items"), GAPS, ids=["/".join(map(str, g[1])) for g in GAPS])
def test_a_field_that_is_taken_away_leaves_just_its_item_missing_and_the_finding_names_it(
    to: str, path: tuple[Any, ...], items: set[str]
) -> None:
    journey = made(changed(complete(), without(*path)), to)
    assert {number for number, state in states(journey.lowered.tree).items() if state == "missing"} == items
    found = rules_of(journey)
    field = "/" + "/".join(map(str, path))
    assert {item.rule for item in found} == {"OPERATOR-ITEM-MISSING"}
    assert {item.values["item"] for item in found} == items
    assert all(field.startswith(item.origin or item.path) for item in found)
    assert {item.severity for item in found} == {"warning"}
    assert journey.conforms, "a gap is shown, it does not hold the report back"


@pytest.mark.parametrize(
    ("path", "number"),
    [
        (("producer", "name", "en"), "1(a)"),
        (("installations", 0, "name", "en"), "2(a)"),
        (("processes", 0, "route"), "3-1"),
    ],
)
def test_a_report_without_operator_installation_or_process_is_withheld(
    path: tuple[Any, ...], number: str
) -> None:
    journey = made(changed(complete(), without(*path)))
    assert not journey.conforms
    (found,) = [i for i in rules_of(journey) if i.rule == "OPERATOR-ITEM-REQUIRED"]
    assert (found.values["item"], found.origin or found.path) == (number, "/" + "/".join(map(str, path)))
    assert states(journey.lowered.tree)[number] == "missing"


def test_a_record_without_installation_data_gets_no_report_and_no_footprint_in_it() -> None:
    journey = made(example("clinker"))
    assert not journey.conforms
    assert "METHOD-NO-INSTALLATION-DATA" in {item.rule for item in journey.findings}
    assert "items" not in journey.lowered.tree


def test_a_good_without_figures_has_its_emissions_missing() -> None:
    journey = made(changed(complete(), without("processes", 1, "directEmissions")), draft=True)
    assert not journey.conforms
    assert states(journey.lowered.tree)["4(a)"] == "missing"
    assert said(journey.lowered.tree, "4(a)", "G1") == "1.555"
    assert said(journey.lowered.tree, "4(a)", "G2") is None


def test_two_installations_do_not_share_a_report() -> None:
    def add(tree: Tree) -> None:
        tree["installations"].append({**tree["installations"][0], "id": "S2"})

    found = {i.rule: i for i in made(changed(complete(), add)).findings}
    assert found["OPERATOR-ONE-INSTALLATION"].values["names"] == "S1, S2"


def test_a_text_in_chinese_is_named_since_the_report_is_in_english() -> None:
    def chinese(tree: Tree) -> None:
        tree["installations"][0]["otherGoods"] = "阳极 1200 t"

    journey = made(changed(complete(), chinese), REPORT)
    (found,) = rules_of(journey)
    assert (found.rule, found.origin or found.path) == ("OPERATOR-NOT-ENGLISH", "/installations/0/otherGoods")


# --- what does not apply ----------------------------------------------------------------------------------


def test_not_applicable_has_the_reason_of_the_act() -> None:
    document = made(complete()).lowered.tree
    reasons = {number: entry.get("reason", "") for number, entry in entries(document)}
    assert states(document)["4(c)-4"] == states(document)["6"] == "notApplicable"
    assert "Annex II to Regulation (EU) 2023/956" in reasons["4(c)-4"]
    assert reasons["4(d)-1"] == "This good is not electricity."
    assert reasons["12(a)"] == "No default value is used for a precursor."
    assert reasons["16-1"] == "No precursor with actual values comes from another installation."


def test_waste_gas_that_no_list_names_is_not_taken_for_none() -> None:
    document = made(changed(complete(), without("installations", 0, "wasteGasesUsed"))).lowered.tree
    assert states(document)["9-1"] == "missing"
    assert said(document, "9-2", "", "imported") == "no"  # a flow that is not listed is not counted either


def test_zero_rated_biomass_of_a_stream_is_said_with_its_evidence() -> None:
    document = made(cement()).lowered.tree
    assert said(document, "8", "S1", "used") == "yes"
    assert "EXAMPLE-0001" in said(
        document, "8", "S1", next(a for a in aspects(document, "8") if "evidence" in a)
    )


def aspects(document: Tree, number: str) -> list[str]:
    return [entry["aspect"] for point, entry in entries(document) if point == number]
