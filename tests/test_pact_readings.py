"""Totals whose definition shifted between PACT 2.x and 3.0: which reading is taken, by which part, and who is told.

By the descriptions of 2.x, pCfExcludingBiogenic leaves biogenic CO2 out, and otherBiogenicGhgEmissions are "all other
biogenic GHG emissions" beside dLUC, iLUC and land management: so land-use change is biogenic, and is left out. The
methodology of version 2 was not at hand, so that whoever writes or reads such a total is told.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from catenax_documents import CX7, CX8, CX9, VERSIONS, asked_for, clean
from test_pact_versions import V2, V3, entry, fossil_2, fossil_3, rules_of, step

from gateway.api import Wish, check, read, translate
from gateway.data import data_path
from gateway.formats.json_reader import NumberText, read_json, write_json
from gateway.model.finding import errors
from gateway.route import Journey
from gateway.translate.derived import with_derived
from gateway.translate.mapping import plan


def warned(journey: Journey) -> dict[str, str]:
    """Rules of the readings that were told, and the sender's field of each."""
    return {f.rule: f.origin for f in journey.findings if f.rule.startswith("PACT2-LAND-USE-")}


def rules_on(tree: dict[str, Any]) -> set[str]:
    return {f.rule for f in check(read(write_json(tree)))}


# --- land-use change ------------------------------------------------------------------------------------------


def test_land_use_change_is_left_out_of_the_2_x_total_and_the_sender_is_told() -> None:
    """12 l: fossil 18, land-use change 6, together 24. Per litre: 1.5 without biogenic CO2, 2 with all of it."""
    tree = fossil_3(
        landUseChangeGhgEmissions="6", pcfExcludingBiogenicUptake="24", pcfIncludingBiogenicUptake="24"
    )
    made = step(tree, V2)
    assert made.conforms, made.findings
    pcf = made.lowered.tree["pcf"]
    assert (pcf["pCfExcludingBiogenic"], pcf["dLucGhgEmissions"], pcf["pCfIncludingBiogenic"]) == (
        "1.5",
        "0.5",
        "2",
    )
    assert warned(made) == {"PACT2-LAND-USE-LEFT-OUT": "/pcf/landUseChangeGhgEmissions"}
    back = translate(read(made.data), Wish(V3))
    assert back.conforms
    assert back.lowered.tree["pcf"]["pcfExcludingBiogenicUptake"] == "24.0"


def test_a_2_x_total_without_land_use_change_is_read_so_and_told() -> None:
    made = step(fossil_2(dLucGhgEmissions="0.5", pCfIncludingBiogenic="2.0"), V3)
    assert made.conforms
    assert made.lowered.tree["pcf"]["pcfExcludingBiogenicUptake"] == "24.0"  # 12 x (1.5 + 0.5)
    assert warned(made) == {"PACT2-LAND-USE-OUTSIDE": "/pcf/pCfExcludingBiogenic"}


def test_a_2_x_total_with_land_use_change_inside_is_read_so_and_told() -> None:
    tree = fossil_2(dLucGhgEmissions="0.5", pCfExcludingBiogenic="2.0", pCfIncludingBiogenic="2.0")
    made = step(tree, V3)
    assert made.conforms
    assert made.lowered.tree["pcf"]["pcfExcludingBiogenicUptake"] == "24.0"  # counted once, not 12 x 2.5
    assert warned(made) == {"PACT2-LAND-USE-INSIDE": "/pcf/pCfExcludingBiogenic"}


def test_a_total_that_fits_neither_reading_is_refused() -> None:
    made = step(fossil_2(dLucGhgEmissions="0.5", pCfExcludingBiogenic="1.7"), V3)
    assert "DERIVE-DISAGREES" in rules_of(made)
    assert not made.conforms


@pytest.mark.parametrize("luc", ["0", "0.00", None])
def test_without_land_use_change_there_is_nothing_to_tell(luc: str | None) -> None:
    assert warned(step(fossil_2(dLucGhgEmissions=luc), V3)) == {}
    assert warned(step(fossil_3(landUseChangeGhgEmissions=luc), V2)) == {}


@pytest.mark.parametrize(
    ("name", "fossil", "luc", "including"),
    [
        ("aluminium", "13.29046958", "0.0012", "13.29166958"),
        ("steel", "2.30726863225", "0.0004", "2.30766863225"),
    ],
)
def test_the_examples_with_land_use_change_are_said_in_2_3(
    name: str, fossil: str, luc: str, including: str
) -> None:
    """Per tonne 13290.46958 + 1.2 = 13291.66958 and 2307.26863225 + 0.4 = 2307.66863225; per kilogram a thousandth."""
    made = translate(read(data_path("examples", f"{name}.json").read_bytes()), Wish(V2))
    assert made.conforms, [(f.rule, f.values) for f in errors(made.findings)]
    pcf = read_json(made.data)["pcf"]
    assert pcf["pCfExcludingBiogenic"] == pcf["fossilGhgEmissions"] == fossil
    assert (pcf["dLucGhgEmissions"], pcf["pCfIncludingBiogenic"]) == (luc, including)
    assert "PACT2-LAND-USE-LEFT-OUT" in {f.rule for f in made.findings}


# --- biogenic gases other than CO2 -------------------------------------------------------------------------------


def test_biogenic_methane_has_no_field_of_its_own_in_2_x_and_is_refused() -> None:
    """2.x has the methane of land management in one field and that of biomass in another, together with its CO2."""
    tree = fossil_3(
        biogenicNonCO2Emissions="6", pcfExcludingBiogenicUptake="24", pcfIncludingBiogenicUptake="24"
    )
    made = step(tree, V2)
    assert [(f.rule, f.origin) for f in errors(made.findings)] == [
        ("DERIVE-BETWEEN", "/pcf/biogenicNonCO2Emissions")
    ]
    assert not made.conforms
    tree["pcf"] |= {"biogenicNonCO2Emissions": "0.0"}
    tree["pcf"] |= {"pcfExcludingBiogenicUptake": "18", "pcfIncludingBiogenicUptake": "18"}
    assert step(tree, V2).conforms


def test_what_stands_in_the_way_is_said_with_its_unit() -> None:
    tree = fossil_3(
        biogenicNonCO2Emissions="6", pcfExcludingBiogenicUptake="24", pcfIncludingBiogenicUptake="24"
    )
    told = next(f for f in step(tree, V2).findings if f.rule == "DERIVE-BETWEEN")
    assert (told.values["value"], told.values["unit"]) == ("6", "kgCO2e / 12 L")


# --- totals that were only rounded -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fossil", "total", "amount", "each"),
    [
        ("18.04", "18.0", "1", "18.04"),
        ("15.42", "15.4", "12", "1.285"),
        ("15.4", "15", "12", "1.28333333333333"),
    ],
)
def test_a_total_that_was_only_rounded_does_not_lose_the_footprint_its_2_3(
    fossil: str, total: str, amount: str, each: str
) -> None:
    """3.0 lets a total be rounded; 2.x has the same total from the parts, so that nothing is less than its part."""
    tree = fossil_3(
        declaredUnitAmount=amount, productMassPerDeclaredUnit="9.6", fossilGhgEmissions=fossil,
        pcfExcludingBiogenicUptake=total, pcfIncludingBiogenicUptake=total,
    )  # fmt: skip
    made = step(tree, V2)
    assert made.conforms, [(f.rule, f.values) for f in errors(made.findings)]
    assert made.lowered.tree["pcf"]["pCfExcludingBiogenic"] == each
    home = translate(read(made.data), Wish(V3), residue=made.kept)
    assert home.lowered.tree == read_json(write_json(tree))


def test_a_2_x_total_that_was_only_rounded_goes_to_3_0_as_the_sum_of_its_parts() -> None:
    figures = {"pCfExcludingBiogenic": "1.5", "fossilGhgEmissions": "1.52"}
    made = step(fossil_2(unitaryProductAmount="1", **figures), V3)
    assert rules_of(made) == set()
    assert made.lowered.tree["pcf"]["pcfExcludingBiogenicUptake"] == "1.52"
    # for 12 litres 18.0 and 18.24 are apart by more than what 18.0 was rounded by: refused, and said
    assert rules_of(step(fossil_2(**figures), V3)) == {"DERIVE-DISAGREES"}


@pytest.mark.parametrize(
    ("total", "wrong"), [("1.50", True), ("1.5", False), ("1.52", False), ("1.6", False)]
)
def test_a_2_x_total_may_be_less_than_its_fossil_part_by_rounding_alone(total: str, wrong: bool) -> None:
    found = rules_on(fossil_2(pCfExcludingBiogenic=total, fossilGhgEmissions="1.52"))
    assert ("PACT2-EXCLUDING-FOSSIL" in found) is wrong


def test_a_figure_that_was_rounded_on_the_way_to_2_x_is_told_once() -> None:
    made = step(fossil_3(declaredUnitAmount="7"), V2)
    told = [f for f in made.findings if f.rule == "VERSION-STEP-ROUNDS"]
    assert len(told) == 1
    # fossil, both totals, the mass 9.6 / 7 and the carbon contents that are not zero
    assert int(told[0].values["count"]) >= 3
    assert told[0].severity == "info"
    assert not [f for f in step(fossil_3(), V2).findings if f.rule == "VERSION-STEP-ROUNDS"]


# --- sums inside a 2.x document ------------------------------------------------------------------------------------


def test_a_2_x_total_that_its_parts_do_not_give_is_found_in_2_x_itself() -> None:
    assert "PACT2-EXCLUDING-UNNAMED" not in rules_on(fossil_2())
    assert "PACT2-EXCLUDING-UNNAMED" in rules_on(fossil_2(pCfExcludingBiogenic="1.7"))
    nothing_else = {"landManagementGhgEmissions": "0", "otherBiogenicGhgEmissions": "0"}
    assert "PACT2-SUM-EXCLUDING" in rules_on(fossil_2(pCfExcludingBiogenic="1.7", **nothing_else))
    assert "PACT2-SUM-EXCLUDING" not in rules_on(fossil_2(pCfExcludingBiogenic="1.5", **nothing_else))


def test_biogenic_methane_that_2_x_states_explains_a_greater_total() -> None:
    other = {"otherBiogenicGhgEmissions": "0.2", "landManagementGhgEmissions": "0"}
    found = rules_on(fossil_2(pCfExcludingBiogenic="1.7", **other))
    assert not found & {"PACT2-EXCLUDING-UNNAMED", "PACT2-SUM-EXCLUDING"}


def test_a_total_with_all_biogenic_emissions_is_checked_against_the_parts_that_are_stated() -> None:
    assert "PACT2-INCLUDING-UNNAMED" not in rules_on(fossil_2(pCfIncludingBiogenic="1.5"))
    assert "PACT2-INCLUDING-UNNAMED" in rules_on(fossil_2(pCfIncludingBiogenic="1.9"))
    stated = fossil_2(pCfIncludingBiogenic="1.9", dLucGhgEmissions="0.5", biogenicCarbonWithdrawal="-0.1")
    assert "PACT2-INCLUDING-UNNAMED" not in rules_on(stated)  # 1.5 + 0.5 - 0.1


def test_indirect_land_use_change_outside_a_total_that_says_all_is_told() -> None:
    """3.0 has no place for it in any total: the 2.3 that is written says so."""
    made = step(fossil_3(landCarbonLeakage="6"), V2)
    pcf = made.lowered.tree["pcf"]
    assert (pcf["iLucGhgEmissions"], pcf["pCfIncludingBiogenic"]) == ("0.5", "1.5")
    assert "PACT2-ILUC-OUTSIDE" in {f.rule for f in made.findings}
    inside = fossil_2(iLucGhgEmissions="0.5", pCfIncludingBiogenic="2.0")
    assert not rules_on(inside) & {"PACT2-ILUC-OUTSIDE", "PACT2-INCLUDING-UNNAMED"}
    assert not step(inside, V3).conforms  # 3.0 would count it in no total


# --- the mass of a kilogram ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mass", "wrong"), [("1", False), ("1.0", False), ("12", True), ("0", True)])
def test_one_kilogram_weighs_one_kilogram_in_2_3(mass: str, wrong: bool) -> None:
    tree = fossil_2(declaredUnit="kilogram", productMassPerDeclaredUnit=mass)
    assert ("PACT2-MASS-KILOGRAM" in rules_on(tree)) is wrong


@pytest.mark.parametrize(
    ("mass", "wrong"), [("12", False), ("12.0", False), ("1", True), ("144", True), ("0", True)]
)
def test_twelve_kilograms_weigh_twelve_in_3_0(mass: str, wrong: bool) -> None:
    tree = fossil_3(declaredUnitOfMeasurement="kilogram", productMassPerDeclaredUnit=mass)
    assert ("PACT-MASS-KILOGRAM" in rules_on(tree)) is wrong
    litres = fossil_3(productMassPerDeclaredUnit=mass)
    assert "PACT-MASS-KILOGRAM" not in rules_on(litres)


def test_a_wrong_mass_of_2_3_never_becomes_a_3_0_that_conforms() -> None:
    tree = fossil_2(declaredUnit="kilogram", productMassPerDeclaredUnit="12")
    assert not step(tree, V3).conforms  # 12 kg that weigh 144


def test_the_total_of_2_x_names_its_parts_in_the_ledger() -> None:
    tree = copy.deepcopy(fossil_3(landUseChangeGhgEmissions="6", pcfExcludingBiogenicUptake="24"))
    tree["pcf"]["pcfIncludingBiogenicUptake"] = "24"
    made = step(tree, V2)
    assert made.ledger is not None
    told = made.ledger.by_target["/pcf/pCfExcludingBiogenic"]
    assert (told.fidelity, told.clause) == ("derived", "PACT-TS-2.3:totals")
    assert "/pcf/pcfExcludingBiogenicUptake" in told.source
    assert entry(made, "/pcf/landUseChangeGhgEmissions").target == ("/pcf/dLucGhgEmissions",)


# --- totals of a Catena-X 7 that states none for 3.0 ------------------------------------------------------------------


def seven(*gone: str, **changed: str) -> dict[str, Any]:
    """13.29 fossil, 0.05 biogenic methane, -0.04 uptake: 13.34 without the uptake, 13.30 with it."""
    tree = copy.deepcopy(clean(CX7))
    pcf = {name: value for name, value in tree["pcf"].items() if name not in gone}
    return {**tree, "pcf": pcf | {name: NumberText(value) for name, value in changed.items()}}


@pytest.mark.parametrize("to", [V3, CX8, CX9])
def test_land_use_in_one_figure_is_never_left_out_of_a_total_in_silence(to: str) -> None:
    made = translate(read(write_json(seven("pcfIncludingBiogenic", extTFS_luGhgEmissions="1"))), Wish(to))
    assert not made.conforms
    between = [(f.origin, f.values["value"]) for f in errors(made.findings) if f.rule == "DERIVE-BETWEEN"]
    assert between == [("/pcf/extTFS_luGhgEmissions", "1")]


def test_a_total_with_the_uptake_is_not_made_where_nobody_stated_the_uptake() -> None:
    gone = ("pcfIncludingBiogenic", "biogenicCarbonWithdrawal")
    made = translate(read(write_json(seven(*gone))), Wish(V3))
    assert "DERIVE-UNKNOWN" in rules_of(made)
    none_in_it = translate(
        read(write_json(seven(*gone, carbonContentBiogenic="0", carbonContentTotal="0.002"))), Wish(V3)
    )
    assert none_in_it.conforms
    assert none_in_it.lowered.tree["pcf"]["pcfIncludingBiogenicUptake"] == "13.34"


def test_a_total_made_of_parts_says_which_parts_nobody_stated() -> None:
    whole = translate(read(write_json(seven("pcfIncludingBiogenic"))), Wish(V3))
    assert whole.conforms
    pcf = whole.lowered.tree["pcf"]
    assert (pcf["pcfExcludingBiogenicUptake"], pcf["pcfIncludingBiogenicUptake"]) == ("13.34", "13.30")
    assert not [f for f in whole.findings if f.rule == "DERIVE-UNSTATED"]
    less = translate(
        read(write_json(seven("biogenicCarbonEmissionsOtherThanCO2", "dlucGhgEmissions"))), Wish(V3)
    )
    (told,) = [f for f in less.findings if f.rule == "DERIVE-UNSTATED"]
    assert told.severity == "warning"
    assert told.values["unstated"] == "/results/landUseChange, /results/biogenicNonCo2"


# --- what Catena-X has no position for --------------------------------------------------------------------------------


@pytest.mark.parametrize("to", [CX7, CX8, CX9])
def test_a_2_x_total_that_holds_more_than_its_parts_never_becomes_a_smaller_one_in_catenax(to: str) -> None:
    """1.7 of which 1.5 fossil: 1.5 would be written, and 0.2 a litre would be gone."""
    for more in ({}, {"otherBiogenicGhgEmissions": "0.2"}):
        made = translate(read(write_json(fossil_2(pCfExcludingBiogenic="1.7", **more))), Wish(to))
        assert rules_of(made) & {"DERIVE-DISAGREES", "DERIVE-BETWEEN"}, (to, more)
    plain = translate(read(write_json(fossil_2())), Wish(to))
    assert not rules_of(plain) & {"DERIVE-DISAGREES", "DERIVE-BETWEEN"}


@pytest.mark.parametrize("to", [CX7, CX8, CX9])
def test_captured_carbon_has_no_position_in_catenax_and_is_refused(to: str) -> None:
    figures = {"ccsTechnologicalCO2CaptureIncluded": True, "ccsTechnologicalCO2Capture": "-4"}
    figures |= {"pcfExcludingBiogenicUptake": "14", "pcfIncludingBiogenicUptake": "14"}
    made = translate(read(write_json(fossil_3(**figures))), Wish(to))
    refused = {(f.rule, f.origin) for f in errors(made.findings)}
    assert ("DERIVE-BETWEEN", "/pcf/ccsTechnologicalCO2Capture") in refused


def test_a_catenax_7_whose_parts_do_not_give_its_total_is_found() -> None:
    assert "CATENAX-INCLUDING-7" not in rules_on(seven())  # 13.29 + 0.05 - 0.04 = 13.30
    assert "CATENAX-INCLUDING-7" in rules_on(seven(pcfIncludingBiogenic="14.30"))
    assert "CATENAX-INCLUDING-7" not in rules_on(
        seven(pcfIncludingBiogenic="14.30", extTFS_luGhgEmissions="1")
    )
    figures = {"landManagementBiogenicCO2Emissions": "4"}
    figures |= {"pcfExcludingBiogenicUptake": "22", "pcfIncludingBiogenicUptake": "22"}
    made = translate(read(write_json(fossil_3(**figures))), Wish(CX7))
    assert "CATENAX-INCLUDING-7" in {f.rule for f in made.findings}


@pytest.mark.parametrize("target", VERSIONS)
def test_a_journey_that_weighed_a_value_is_never_remembered_for_the_shape_alone(target: str) -> None:
    """A second record of the same leaves may state captured carbon where this one states zero."""
    bare, zero = asked_for(), asked_for()
    zero["results"] |= {"ccsCapture": "0"}
    assert not with_derived(plan(target), bare).weighed
    assert with_derived(plan(target), zero).weighed
