"""Catena-X footprints: recognised by their structure, judged, refused where something is missing, never guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from catenax_documents import CX7, CX8, CX9, VERSIONS, asked_for, clean, published
from command import run
from trips import HOME, PACT, check_ledger, outward

from gateway.check.catalog import message
from gateway.check.recognise import read_recognised
from gateway.check.rules import check_rules
from gateway.check.schema import validate_json
from gateway.data import data_path
from gateway.formats.codes import code_list
from gateway.formats.json_reader import NumberText, read_json, write_json
from gateway.formats.leaves import at
from gateway.formats.registry import read_document
from gateway.model.finding import Refused, errors
from gateway.route import Journey, Wish, check, translate

EXAMPLES = ["aluminium", "ammonia", "cement", "clinker", "steel"]


def journey_of(tree: dict[str, Any], to: str) -> Journey:
    return translate(read_document(write_json(tree)), Wish(to))


def found(journey: Journey) -> set[str]:
    return {f.rule for f in errors(journey.findings)}


# --- recognition ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [None, "catenax.pcf"])
@pytest.mark.parametrize("format_id", VERSIONS)
def test_a_document_is_recognised_by_the_fields_of_its_version(format_id: str, wanted: str | None) -> None:
    document = read_recognised(write_json(clean(format_id)), wanted)
    assert (document.format_id, document.findings) == (format_id, [])


@pytest.mark.parametrize("format_id", VERSIONS)
def test_the_published_example_is_recognised(format_id: str) -> None:
    assert read_recognised(published(format_id)).format_id == format_id


def test_a_version_that_is_only_stated_is_named_and_does_not_decide() -> None:
    tree = clean(CX8)
    tree["specVersion"] = ["urn:io.catenax.pcf:datamodel:version:7.0.0"]
    document = read_recognised(write_json(tree))
    assert document.format_id == CX8
    assert [(f.rule, f.values["stated"]) for f in document.findings] == [("VERSION-STATED", "7.0.0")]


def test_a_document_with_the_fields_of_two_versions_is_told_to_have_them() -> None:
    tree = clean(CX8)
    tree |= {"extWBCSD_pfStatus": "Active", "extWBCSD_productCodeCpc": "41431"}
    tree["pcf"]["declaredUnit"] = "kilogram"
    document = read_recognised(write_json(tree))
    assert document.format_id == CX8
    assert [(f.rule, f.values["fitting"]) for f in document.findings] == [("VERSION-MIXED", "8.0.0, 7.0.0")]


def test_half_a_document_that_names_the_format_is_read_as_the_version_it_names() -> None:
    tree = {"specVersion": "urn:io.catenax.pcf:datamodel:version:7.0.0", "partialFullPcf": "Cradle-to-gate"}
    document = read_recognised(write_json(tree))
    assert document.format_id == CX7
    assert "SCHEMA-REQUIRED" in {f.rule for f in check(document)}


@pytest.mark.parametrize(
    "tree", [{"partialFullPcf": "Cradle-to-gate"}, {"specVersion": ["7.0.0"]}, {"pcf": []}]
)
def test_a_document_that_only_resembles_is_not_taken_for_one(tree: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        read_recognised(write_json(tree))
    assert refused.value.findings[0].rule == "FORMAT-NOT-KNOWN"


# --- the defects of the published examples ------------------------------------------------------------------


DEFECTS = {
    CX7: {
        "CATENAX-VALIDITY-START", "CATENAX-PLACE", "CATENAX-FOSSIL-IDENTICAL", "CATENAX-CARBON-7",
        "CATENAX-PRECEDES-ITSELF", "CATENAX-BPNL", "CATENAX-PER-UNIT", "CATENAX-URN", "CATENAX-CPC-FILLER",
        "CATENAX-INCLUDING-7",
    },
    CX8: {
        "CATENAX-VALIDITY-START", "CATENAX-PLACE", "CATENAX-SUM-EXCLUDING", "CATENAX-PACKAGING-EXCLUDING",
        "CATENAX-PACKAGING-INCLUDING", "CATENAX-CARBON", "CATENAX-PRECEDES-ITSELF", "CATENAX-MASS-BALANCING-UNUSED",
        "CATENAX-RULE-URN", "CATENAX-URN", "CATENAX-FUSED-KIND",
    },
    CX9: {
        "CATENAX-VALIDITY-START-9", "CATENAX-PLACE", "CATENAX-CARBON", "CATENAX-SUM-EXCLUDING",
        "CATENAX-DISTRIBUTION-EXCLUDED", "CATENAX-PACKAGING-EXCLUDING", "CATENAX-PACKAGING-INCLUDING",
        "CATENAX-PRECEDING-EMPTY", "CATENAX-RULE-URN", "CATENAX-URN",
    },
}  # fmt: skip
"""What anybody finds who reads the published examples with their own descriptions beside them."""


@pytest.mark.parametrize("format_id", VERSIONS)
def test_the_defects_of_the_published_example_are_named(format_id: str) -> None:
    tree = read_json(published(format_id))
    assert {f.rule for f in check_rules(tree, format_id)} == DEFECTS[format_id]
    assert validate_json(format_id, tree) == []


def test_the_country_and_the_region_of_the_published_example_contradict_each_other_twice() -> None:
    places = [
        (f.values["one"], f.values["other"])
        for f in check_rules(read_json(published(CX8)), CX8)
        if f.rule == "CATENAX-PLACE"
    ]
    assert places == [("US-NY", "DE"), ("DE", "Africa")]


# --- missing is refused, never filled in ---------------------------------------------------------------------


@pytest.mark.parametrize("target", VERSIONS)
def test_what_catenax_asks_for_and_the_record_does_not_say_is_named_by_the_field_of_the_record(
    target: str,
) -> None:
    read = read_document(data_path("examples", "aluminium.json").read_bytes())
    journey = translate(read, Wish(target))
    assert not journey.conforms
    missing = {f.origin for f in errors(journey.findings) if f.rule == "SCHEMA-REQUIRED"}
    wanted = {"/basis/wasteIncineration"}
    if target != CX7:
        wanted |= {"/basis/pcfType", "/basis/massBalancingUsed", "/boundary/distributionIncluded"}
    if target == CX8:
        wanted |= {"/results/packagingIncludingUptake"}
    assert missing == wanted


@pytest.mark.parametrize("target", VERSIONS)
def test_a_record_that_says_all_of_it_conforms(target: str) -> None:
    journey = journey_of(asked_for(), target)
    assert journey.conforms, [f"{f.rule} {f.path}" for f in errors(journey.findings)]
    assert read_recognised(journey.data).format_id == target


def test_a_footprint_of_seven_cannot_become_one_of_eight_and_says_which_fields_to_fill_in() -> None:
    journey = translate(read_document(write_json(clean(CX7))), Wish(CX8))
    assert not journey.conforms
    told = {f.values["field"] for f in journey.findings if f.rule == "FIELD-OF-THE-RECORD"}
    assert told == {
        "/basis/pcfType", "/basis/massBalancingUsed", "/boundary/ccsIncluded", "/boundary/distributionIncluded",
        "/results/packagingIncludingUptake",
    }  # fmt: skip


@pytest.mark.parametrize("target", VERSIONS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_leaf_of_every_example_is_accounted_for(name: str, target: str) -> None:
    journey = translate(read_document(data_path("examples", f"{name}.json").read_bytes()), Wish(target))
    check_ledger(journey)
    assert not journey.conforms


def test_two_sets_of_characterization_factors_are_refused() -> None:
    tree = asked_for()
    tree["basis"]["gwpSets"] = ["AR6", "AR5"]
    journey = journey_of(tree, CX9)
    assert "CATENAX-TWO-GWP-SETS" in found(journey)
    assert not journey.conforms


def test_a_kind_of_boundary_that_catenax_does_not_know_is_refused() -> None:
    tree = asked_for()
    tree["boundary"]["type"] = "gate-to-gate"
    assert "CODE-NO-EQUIVALENT" in found(journey_of(tree, CX9))


# --- the place -----------------------------------------------------------------------------------------------


GEOGRAPHY = "/pcfAssessmentAndMethodology/0/pcfAssessmentInformation/0/geography/0"


@pytest.mark.parametrize(
    ("place", "region"),
    [
        ({"country": "CN"}, "Eastern Asia"),
        ({"country": "DE"}, "Western Europe"),
        ({"country": "BR"}, "Latin America and the Caribbean"),
        ({"subdivision": "US-NY"}, "Northern America"),
        ({"region": "Asia"}, "Asia"),
    ],
)
def test_the_region_is_derived_by_the_stated_list(place: dict[str, str], region: str) -> None:
    journey = journey_of(asked_for() | {"geography": place}, CX9)
    assert at(journey.lowered.tree, f"{GEOGRAPHY}/geographyRegionOrSubregion") == region
    assert journey.ledger is not None
    entry = journey.ledger.by_target[f"{GEOGRAPHY}/geographyRegionOrSubregion"]
    assert entry.fidelity == ("converted" if "region" in place else "derived")


@pytest.mark.parametrize("country", ["TW", "AQ"])
def test_a_country_that_the_list_does_not_have_is_refused(country: str) -> None:
    assert "CATENAX-NO-REGION" in found(journey_of(asked_for() | {"geography": {"country": country}}, CX9))


def test_a_record_without_a_place_is_refused_and_not_called_global() -> None:
    tree = asked_for()
    del tree["geography"]
    journey = journey_of(tree, CX9)
    assert not at(journey.lowered.tree, GEOGRAPHY)
    assert not journey.conforms


def test_every_region_of_the_list_is_one_that_the_schemas_know() -> None:
    regions = set(code_list("region").codes)
    for row in code_list("region-of-country").rows.values():
        assert {row["m49"], row["m49_region"]} <= regions
    assert set(code_list("country").codes) - set(code_list("region-of-country").codes) == {"TW", "AQ"}


@pytest.mark.parametrize(
    ("region", "carried"), [("Global", None), ("Several", None), ("Western Asia", "Western Asia")]
)
def test_a_region_that_no_record_can_state_is_lost_with_its_reason(region: str, carried: str | None) -> None:
    tree = clean(CX8)
    tree["pcf"] |= {"geographyRegionOrSubregion": region}
    del tree["pcf"]["geographyCountry"], tree["pcf"]["geographyCountrySubdivision"]
    trip = outward(tree, HOME, source_format=CX8)
    assert at(trip.abroad.tree, "/geography/region") == carried
    assert trip.out.ledger is not None
    entries = [e for e in trip.out.ledger.entries if "/pcf/geographyRegionOrSubregion" in e.source]
    assert [e.fidelity for e in entries] == ["converted" if carried else "lost"]


# --- what stands beside another leaf ---------------------------------------------------------------------------


def test_the_footprint_without_biogenic_emissions_is_read_where_the_fossil_emissions_are_not_stated() -> None:
    """7.0.0 calls the two identical; 2 litres at 13.29 a litre are 26.58."""
    tree = clean(CX7)
    tree["pcf"] |= {"declaredUnit": "liter", "unitaryProductAmount": NumberText("2")}
    del tree["pcf"]["fossilGhgEmissions"]
    assert outward(tree, HOME, source_format=CX7).abroad.tree["results"]["fossil"] == "26.58"
    tree["pcf"] |= {"fossilGhgEmissions": NumberText("10")}
    trip = outward(tree, HOME, source_format=CX7)
    assert trip.abroad.tree["results"]["fossil"] == "20"
    assert "CATENAX-FOSSIL-IDENTICAL" in {f.rule for f in errors(trip.out.findings)}


def test_the_operator_of_a_rule_is_other_as_catenax_says_and_any_other_operator_has_no_place() -> None:
    """Said by the published text of 7.0.0; 8.0.0 has no field for it."""
    home = outward(clean(CX8), HOME, source_format=CX8).abroad.tree
    assert home["basis"]["productRules"] == [
        {"operator": "other", "names": ["urn:pact:example.org:pcr:aluminium-ingot:2024"]}
    ]
    tree = asked_for()
    tree["basis"]["productRules"][0] |= {"operator": "PEF"}
    ledger = journey_of(tree, CX8).ledger
    assert ledger is not None
    lost = next(e for e in ledger.entries if e.source == ("/basis/productRules/0/operator",))
    assert (lost.fidelity, lost.note.startswith("no place in the target")) == ("lost", True)


# --- nodes of one element -------------------------------------------------------------------------------------


def test_a_second_element_of_a_node_is_a_finding_and_stands_in_the_ledger() -> None:
    tree = clean(CX9)
    stage = tree["productLifeCycleStagesAndEmissions"][0]["productionStage"]
    stage.append(
        {"pcfIncludingBiogenicUptake": NumberText("99"), "pcfExcludingBiogenicUptake": NumberText("99")}
    )
    document = read_recognised(write_json(tree))
    told = [f for f in check(document) if f.rule == "CATENAX-ONE-ELEMENT"]
    assert [f.path for f in told] == ["/productLifeCycleStagesAndEmissions/0/productionStage/1"]
    assert "2 elements" in message(told[0], "en")
    journey = translate(document, Wish(PACT))
    assert not journey.conforms
    assert journey.ledger is not None
    lost = {path for e in journey.ledger.entries if e.fidelity == "lost" for path in e.source}
    assert "/productLifeCycleStagesAndEmissions/0/productionStage/1/pcfIncludingBiogenicUptake" in lost
    assert "99" not in {e.after for e in journey.ledger.entries}


# --- units -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["megabit", "second"])
def test_a_unit_that_the_published_list_has_lost_in_two_pieces_is_refused(unit: str) -> None:
    tree = clean(CX8)
    tree["pcf"]["declaredUnitOfMeasurement"] = unit
    document = read_recognised(write_json(tree))
    assert validate_json(CX8, document.tree) == []
    assert "CATENAX-UNIT" in {f.rule for f in errors(check(document))}
    assert not translate(document, Wish(HOME)).conforms


@pytest.mark.parametrize(
    ("unit", "target", "refused"), [("h", CX7, True), ("h", CX9, False), ("piece", CX7, False)]
)
def test_a_unit_that_the_version_does_not_know_is_refused(unit: str, target: str, refused: bool) -> None:
    tree = asked_for()
    tree["unit"] |= {"amount": "1", "unit": unit}
    assert ("UNIT-NO-EQUIVALENT" in found(journey_of(tree, target))) is refused


# --- signing ---------------------------------------------------------------------------------------------------


# --- the command line -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", VERSIONS)
def test_the_commands_work_for_a_catenax_file(tmp_path: Path, monkeypatch: Any, target: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("record.json").write_bytes(write_json(asked_for()))
    out = ("-o", "pcf.json", "--ledger", "pcf.ledger.json", "--residue", "pcf.residue.json")
    assert run("translate", "record.json", "--to", target, *out).code == 0
    assert run("check", "pcf.json").code == 0
    assert target in run("inspect", "pcf.json").text
    assert "catenax.pcf" in run("formats").text
    home = run("translate", "pcf.json", "--to", "cn.pcf", "--residue", "pcf.residue.json", "-o", "home.json")
    assert home.code == 0
    assert read_json(Path("home.json").read_bytes()) == read_json(Path("record.json").read_bytes())


@pytest.mark.parametrize("target", VERSIONS)
def test_what_is_signed_while_translating_verifies_byte_for_byte(
    tmp_path: Path, monkeypatch: Any, target: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("record.json").write_bytes(write_json(asked_for()))
    Path("pass.txt").write_text("a long passphrase")
    assert run("keys", "new", "-o", "plant.key", "--passphrase-file", "pass.txt").code == 0
    signed = ("--sign", "plant.key", "--passphrase-file", "pass.txt", "-o", "pcf.json")
    assert run("translate", "record.json", "--to", target, *signed).code == 0
    told = json.loads(run("verify", "pcf.json", "--key", "plant.key.pub.jwk", "--json").out)
    assert told["verdicts"] == {"signature": "valid", "issuer": "trusted", "status": "unknown"}
    assert (told["signed"]["canon"], told["statement"]["format"]) == ("bytes", target)
    Path("pcf.json").write_bytes(Path("pcf.json").read_bytes().replace(b"\n", b"\r\n"))
    assert run("verify", "pcf.json", "--key", "plant.key.pub.jwk").code == 1
