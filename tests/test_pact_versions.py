"""PACT 2.x and 3.0: what a step between the versions does to every figure.

Figures are worked by hand. 2.x states them for one unit, 3.0 for the declared amount.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from trips import check_ledger

from gateway.api import Wish, check, read, translate
from gateway.check.suite import read_base
from gateway.formats.json_reader import NumberText, read_json, write_json
from gateway.formats.leaves import at
from gateway.model.finding import errors
from gateway.route import Journey
from gateway.translate.ledger import Entry

V2, V3 = "pact.footprint@2.3", "pact.footprint@3.0"
BIOGENIC_2 = (
    "dLucGhgEmissions",
    "landManagementGhgEmissions",
    "otherBiogenicGhgEmissions",
    "iLucGhgEmissions",
)
BIOGENIC_3 = (
    "landUseChangeGhgEmissions",
    "landManagementBiogenicCO2Emissions",
    "landManagementBiogenicCO2Removals",
)
CAPTURE = ("ccsTechnologicalCO2Capture", "technologicalCO2Removals", "technologicalCO2CaptureOrigin")
UPTAKE = ("biogenicNonCO2Emissions", "biogenicCO2Uptake")


def fossil_2(**changed: Any) -> dict[str, Any]:
    """A footprint of 2.3 of 12 litres at 1.5 kg CO2e a litre, all of it fossil."""
    tree = copy.deepcopy(read_base("footprint-2.json"))
    pcf = {key: value for key, value in tree["pcf"].items() if key not in BIOGENIC_2}
    for name in ("pCfIncludingBiogenic", "biogenicCarbonWithdrawal", "packagingGhgEmissions"):
        del pcf[name]
    pcf |= {"declaredUnit": "liter", "unitaryProductAmount": "12", "productMassPerDeclaredUnit": "0.8"}
    pcf |= {
        "pCfExcludingBiogenic": "1.5",
        "fossilGhgEmissions": "1.5",
        "biogenicCarbonContent": "0",
        **changed,
    }
    return {**tree, "pcf": {key: value for key, value in pcf.items() if value is not None}}


def fossil_3(**changed: Any) -> dict[str, Any]:
    """A footprint of 3.0 of 12 litres with 18 kg CO2e, all of it fossil."""
    tree = copy.deepcopy(read_base("footprint.json"))
    gone = {*BIOGENIC_3, *CAPTURE, *UPTAKE, "packagingGhgEmissions", "packagingBiogenicCarbonContent"}
    pcf = {key: value for key, value in tree["pcf"].items() if key not in gone}
    pcf |= {
        "declaredUnitOfMeasurement": "liter",
        "declaredUnitAmount": "12",
        "productMassPerDeclaredUnit": "9.6",
    }
    pcf |= {"ccsTechnologicalCO2CaptureIncluded": False, "fossilGhgEmissions": "18"}
    pcf |= {"pcfExcludingBiogenicUptake": "18", "pcfIncludingBiogenicUptake": "18", **changed}
    return {**tree, "pcf": {key: value for key, value in pcf.items() if value is not None}}


def step(tree: dict[str, Any], to: str) -> Journey:
    journey = translate(read(write_json(tree)), Wish(to, keep_residue=True))
    check_ledger(journey)
    return journey


def rules_of(journey: Journey) -> set[str]:
    return {item.rule for item in errors(journey.findings)}


def entry(journey: Journey, path: str) -> Entry:
    """The entry of a leaf of the source that carries it, or says that it is lost."""
    assert journey.ledger is not None
    return next(e for e in journey.ledger.entries if e.source[:1] == (path,))


# --- the declared amount --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "each", "total"),
    [
        ("12", "1.5", "18.0"), ("1", "1.5", "1.5"), ("10", "1.50", "15.0"), ("0.5", "3", "1.5"), ("1000", "2", "2000"),
        ("3", "0.1", "0.3"),
    ],
)  # fmt: skip
def test_figures_for_one_unit_become_figures_for_the_declared_amount(
    amount: str, each: str, total: str
) -> None:
    made = step(fossil_2(unitaryProductAmount=amount, pCfExcludingBiogenic=each, fossilGhgEmissions=each), V3)
    assert rules_of(made) == set()
    pcf = made.lowered.tree["pcf"]
    assert (pcf["declaredUnitAmount"], pcf["declaredUnitOfMeasurement"]) == (amount, "liter")
    assert pcf["fossilGhgEmissions"] == total
    assert pcf["pcfExcludingBiogenicUptake"] == pcf["pcfIncludingBiogenicUptake"] == total


def test_the_mass_of_one_unit_becomes_the_mass_of_the_declared_amount() -> None:
    assert at(step(fossil_2(), V3).lowered.tree, "/pcf/productMassPerDeclaredUnit") == "9.6"  # 12 x 0.8
    assert at(step(fossil_3(), V2).lowered.tree, "/pcf/productMassPerDeclaredUnit") == "0.8"


def test_figures_for_the_declared_amount_become_figures_for_one_unit() -> None:
    made = step(fossil_3(aircraftGhgEmissions="0.60"), V2)
    assert made.conforms
    pcf = made.lowered.tree["pcf"]
    assert (pcf["unitaryProductAmount"], pcf["declaredUnit"]) == ("12", "liter")
    assert (pcf["pCfExcludingBiogenic"], pcf["pCfIncludingBiogenic"], pcf["fossilGhgEmissions"]) == (
        "1.5",
    ) * 3
    assert pcf["aircraftGhgEmissions"] == "0.05"


def test_a_quotient_without_an_end_is_rounded_and_the_ledger_says_by_how_much() -> None:
    made = step(fossil_3(declaredUnitAmount="7"), V2)
    told = entry(made, "/pcf/fossilGhgEmissions")
    assert told.after == "2.57142857142857"  # 18 / 7 = 2.571428571428571428…
    assert told.delta == "-0.00000000000000142857142857143"
    home = translate(read(made.data), Wish(V3), residue=made.kept)
    assert at(home.lowered.tree, "/pcf/fossilGhgEmissions") == "18"


def test_pieces_are_stated_by_their_mass_where_2_x_has_no_unit_for_them() -> None:
    made = step(
        fossil_3(declaredUnitOfMeasurement="piece", declaredUnitAmount="4", productMassPerDeclaredUnit="2.5"),
        V2,
    )
    pcf = made.lowered.tree["pcf"]
    assert (pcf["declaredUnit"], pcf["unitaryProductAmount"]) == ("kilogram", "2.5")
    assert pcf["fossilGhgEmissions"] == "7.2"  # 18 kg CO2e / 2.5 kg
    assert made.conforms


@pytest.mark.parametrize("unit", ["hour", "megabit second", "piece"])
def test_a_unit_that_2_x_does_not_have_is_refused_where_no_mass_is_stated(unit: str) -> None:
    made = step(fossil_3(declaredUnitOfMeasurement=unit, productMassPerDeclaredUnit="0"), V2)
    assert "UNIT-WITHOUT-MASS" in rules_of(made)
    assert not made.conforms


@pytest.mark.parametrize(
    ("unit", "mass"),
    [
        ("kilogram", "12"), ("kilowatt hour", "0"), ("megajoule", "0"), ("ton kilometer", "0"), ("liter", None),
        ("square meter", None),
    ],
)  # fmt: skip
def test_a_mass_that_2_x_does_not_state_is_derived_by_its_clause_or_missed(
    unit: str, mass: str | None
) -> None:
    made = step(fossil_2(declaredUnit=unit, productMassPerDeclaredUnit=None), V3)
    assert at(made.lowered.tree, "/pcf/productMassPerDeclaredUnit") == mass
    missed = [f.path for f in errors(made.findings) if f.rule == "SCHEMA-REQUIRED"]
    assert missed == ([] if mass else ["/pcf/productMassPerDeclaredUnit"])


# --- totals whose definition shifted --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [*BIOGENIC_3[1:], "ccsTechnologicalCO2Capture", "technologicalCO2Removals", "biogenicNonCO2Emissions"],
)
def test_a_total_of_3_0_is_not_that_of_2_x_where_biogenic_co2_or_capture_is_stated(part: str) -> None:
    removal = "Removals" in part or "Capture" in part
    total = "17" if removal else "19"
    changed = {part: "-1" if removal else "1", "ccsTechnologicalCO2CaptureIncluded": True}
    made = step(fossil_3(pcfExcludingBiogenicUptake=total, pcfIncludingBiogenicUptake=total, **changed), V2)
    assert [(f.rule, f.origin) for f in errors(made.findings)] == [("DERIVE-BETWEEN", f"/pcf/{part}")]
    assert at(made.lowered.tree, "/pcf/pCfExcludingBiogenic") is None
    zero = fossil_3(ccsTechnologicalCO2CaptureIncluded=True, **{part: "0"})
    assert step(zero, V2).conforms


def test_uptake_is_no_obstacle_since_both_totals_leave_it_out() -> None:
    made = step(fossil_3(biogenicCO2Uptake="-6", pcfIncludingBiogenicUptake="12"), V2)
    pcf = made.lowered.tree["pcf"]
    assert (pcf["pCfExcludingBiogenic"], pcf["pCfIncludingBiogenic"]) == ("1.5", "1")
    assert pcf["biogenicCarbonWithdrawal"] == "-0.5"
    assert made.conforms


@pytest.mark.parametrize("part", ["landManagementGhgEmissions", "otherBiogenicGhgEmissions"])
def test_a_part_that_3_0_splits_otherwise_is_refused_unless_it_is_zero(part: str) -> None:
    made = step(fossil_2(**{part: "0.2"}), V3)
    assert ("DERIVE-BETWEEN", f"/pcf/{part}") in [(f.rule, f.origin) for f in errors(made.findings)]
    assert step(fossil_2(**{part: "0.0"}), V3).conforms


def test_land_use_change_of_2_x_is_part_of_the_total_of_3_0() -> None:
    made = step(fossil_2(dLucGhgEmissions="0.5", pCfIncludingBiogenic="2.0"), V3)
    pcf = made.lowered.tree["pcf"]
    assert (pcf["landUseChangeGhgEmissions"], pcf["pcfExcludingBiogenicUptake"]) == ("6.0", "24.0")
    assert made.conforms


def test_a_total_with_a_part_that_nobody_names_is_refused() -> None:
    made = step(fossil_2(pCfExcludingBiogenic="1.7"), V3)
    assert ("DERIVE-DISAGREES", "/pcf/pCfExcludingBiogenic") in [
        (f.rule, f.origin) for f in errors(made.findings)
    ]


def test_what_2_x_does_not_state_of_the_uptake_is_not_taken_for_zero() -> None:
    made = step(fossil_2(biogenicCarbonContent="0.2"), V3)
    assert rules_of(made) == {"DERIVE-UNKNOWN"}
    stated = step(fossil_2(biogenicCarbonContent="0.2", biogenicCarbonWithdrawal="-0.75"), V3)
    assert stated.conforms
    assert at(stated.lowered.tree, "/pcf/pcfIncludingBiogenicUptake") == "9.00"  # 18 - 12 x 0.75


def test_a_total_that_means_something_else_is_never_called_the_same() -> None:
    down, up = step(fossil_3(biogenicCO2Uptake="0"), V2), step(fossil_2(pCfIncludingBiogenic="1.5"), V3)
    assert entry(down, "/pcf/pcfIncludingBiogenicUptake").meaning == "related"
    assert entry(down, "/pcf/biogenicCO2Uptake").meaning == "related"
    assert entry(up, "/pcf/pCfIncludingBiogenic").meaning == "related"
    excluding = down.ledger.by_target["/pcf/pCfExcludingBiogenic"] if down.ledger else None
    assert excluding is not None
    assert (excluding.fidelity, excluding.rule) == (
        "derived",
        "PACT-030 > PACT-032 > PACT2-V01 > PACT2-030",
    )


# --- what has no place on the other side ------------------------------------------------------------------------

LOST_UP = {
    "/version", "/statusComment", "/pcf/pCfExcludingBiogenic", "/pcf/characterizationFactors", "/updated",
    "/pcf/biogenicAccountingMethodology", "/pcf/uncertaintyAssessmentDescription", "/pcf/assurance/assurance",
    "/pcf/assurance/level", "/pcf/assurance/boundary", "/pcf/dqi/coveragePercent", "/pcf/dqi/technologicalDQR",
    "/pcf/dqi/temporalDQR", "/pcf/dqi/geographicalDQR", "/pcf/dqi/completenessDQR", "/pcf/dqi/reliabilityDQR",
    "/specVersion",
}  # fmt: skip


def test_every_field_of_2_x_without_a_place_in_3_0_is_in_the_ledger_with_its_reason() -> None:
    made = step(fossil_2(), V3)
    assert made.ledger is not None
    lost = {e.source[0]: e for e in made.ledger.entries if e.fidelity == "lost"}
    assert set(lost) == LOST_UP
    assert all(e.note for e in lost.values())
    home = translate(read(made.data), Wish(V2), residue=made.kept)
    assert home.lowered.tree == read_json(write_json(fossil_2()))


def test_ratings_of_one_scale_are_not_passed_off_as_those_of_the_other() -> None:
    for made in (step(fossil_2(), V3), step(fossil_3(), V2)):
        assert "dqi" not in made.lowered.tree["pcf"]
        assert [f.severity for f in made.findings if f.rule == "SCALE-OTHER"] == ["warning"]


def test_an_assurance_that_was_not_given_is_no_verification() -> None:
    given = step(fossil_2(), V3).lowered.tree["pcf"]
    assert given["verification"]["providerName"] == "Example verifier"
    tree = fossil_2(assurance={"assurance": False, "providerName": "Nobody"})
    assert "verification" not in step(tree, V3).lowered.tree["pcf"]


def test_a_verification_of_3_0_is_an_assurance_that_was_given() -> None:
    made = step(fossil_3(), V2)
    assert made.lowered.tree["pcf"]["assurance"]["assurance"] is True
    assert made.ledger is not None
    assert made.ledger.by_target["/pcf/assurance/assurance"].fidelity == "defaulted"


@pytest.mark.parametrize(("coverage", "kept"), [("product level", "product level"), ("product line", None)])
def test_a_coverage_that_the_other_version_has_no_name_for_is_left_out_and_told(
    coverage: str, kept: str
) -> None:
    tree = fossil_2(assurance={"assurance": True, "providerName": "V", "coverage": coverage})
    made = step(tree, V3)
    assert at(made.lowered.tree, "/pcf/verification/coverage") == kept
    assert ("CODE-LOST" in {f.rule for f in made.findings}) is (kept is None)
    assert made.conforms


@pytest.mark.parametrize(
    ("sources", "earliest"), [(["AR6"], "AR6"), (["AR6", "AR5"], "AR5"), (["AR5", "AR6"], "AR5")]
)
def test_the_characterization_factors_of_2_x_are_the_earliest_of_those_used(
    sources: list[str], earliest: str
) -> None:
    made = step(fossil_3(ipccCharacterizationFactors=sources), V2)
    assert made.lowered.tree["pcf"]["characterizationFactors"] == earliest
    assert made.conforms


def test_characterization_factors_that_contradict_their_sources_are_found() -> None:
    found = check(read(write_json(fossil_2(characterizationFactors="AR5"))))
    assert [(f.rule, f.path) for f in errors(found)] == [("LAW-BROKEN", "/pcf/characterizationFactors")]


def test_standards_that_2_x_has_no_name_for_are_told_and_none_at_all_is_refused() -> None:
    made = step(fossil_3(crossSectoralStandards=["PACT-3.0", "ISO14067", "PAS2050"]), V2)
    pcf = made.lowered.tree["pcf"]
    assert pcf["crossSectoralStandardsUsed"] == ["ISO Standard 14067"]
    assert {f.values["code"] for f in made.findings if f.rule == "CODE-LOST"} == {
        "PACT Methodology 3.0",
        "PAS 2050:2011",
    }
    assert made.conforms
    assert "SCHEMA-REQUIRED" in rules_of(step(fossil_3(crossSectoralStandards=["PACT-3.0"]), V2))


@pytest.mark.parametrize("urn", ["urn:cpc:41431", "urn:pact:productclassification:un-cpc:41431"])
def test_the_cpc_code_of_2_x_comes_from_the_classifications_of_3_0(urn: str) -> None:
    tree = {**fossil_3(), "productClassifications": ["urn:eclass:0173-1", urn]}
    assert step(tree, "pact.footprint@2.0").lowered.tree["productCategoryCpc"] == "41431"
    bare = {**fossil_3(), "productClassifications": ["urn:eclass:0173-1"]}
    assert "SCHEMA-REQUIRED" in rules_of(step(bare, V2))


# --- texts that stay what they are ----------------------------------------------------------------------------


def test_json_numbers_keep_their_text() -> None:
    number = NumberText("12.90")
    made = step({**fossil_2(primaryDataShare=number), "version": NumberText("7")}, "pact.footprint@2.1")
    assert b'"primaryDataShare": 12.90' in made.data
    assert b'"version": 7' in made.data
    assert at(step(fossil_2(primaryDataShare=number), V3).lowered.tree, "/pcf/primaryDataShare") == "12.90"
    back = step(fossil_3(primaryDataShare="0078.50", exemptedEmissionsPercent="1e1"), V2)
    assert b'"primaryDataShare": 78.50' in back.data
    assert b'"exemptedEmissionsPercent": 10' in back.data


def test_instants_and_empty_texts_go_through_a_step_as_they_are() -> None:
    tree = fossil_3(referencePeriodEnd="2024-12-31T23:59:59Z", exemptedEmissionsDescription="")
    tree |= {"created": "2025-11-10T08:00:00.123+08:00", "productDescription": "", "comment": ""}
    made = step(tree, V2)
    assert (made.lowered.tree["created"], made.lowered.tree["productDescription"]) == (
        "2025-11-10T08:00:00.123+08:00",
        "",
    )
    assert at(made.lowered.tree, "/pcf/referencePeriodEnd") == "2024-12-31T23:59:59Z"
    assert entry(made, "/created").fidelity == "exact"
    assert entry(made, "/comment").target == ("/comment",)


def test_what_was_not_exempted_need_not_be_described() -> None:
    nothing = step(fossil_3(exemptedEmissionsPercent="0.0", exemptedEmissionsDescription=None), V2)
    assert nothing.lowered.tree["pcf"]["exemptedEmissionsDescription"] == ""
    some = step(fossil_3(exemptedEmissionsPercent="2", exemptedEmissionsDescription=None), V2)
    assert "SCHEMA-REQUIRED" in rules_of(some)


def test_a_written_footprint_of_each_version_conforms_to_its_own_schema() -> None:
    for version in ("2.0", "2.1", "2.2", "2.3"):
        tree = fossil_3(declaredUnitOfMeasurement="kilogram", productMassPerDeclaredUnit="12")
        made = step(tree, f"pact.footprint@{version}")
        assert made.conforms, made.findings
        assert json.loads(made.data)["specVersion"] == f"{version}.0"
        assert read(made.data).format_id == f"pact.footprint@{version}"
        assert step(read_json(made.data), V3).conforms
