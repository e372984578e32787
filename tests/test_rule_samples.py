"""The shared samples: what is wrong in each is found, judged by what is new relative to their own base."""

from __future__ import annotations

from pathlib import Path

import pytest
from shared_files import SHARED

from gateway.check.catalog import describe, fix
from gateway.check.rules import check_rules
from gateway.formats.json_reader import read_json
from gateway.formats.registry import read_document
from gateway.model.finding import Finding
from gateway.route import check, verdicts

SAMPLES = SHARED / "samples"
EDGE = SAMPLES / "pact" / "edge"
CBAM = SAMPLES / "cbam"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared samples are not at hand")


def pact(path: Path) -> set[tuple[str, str, str]]:
    found = check_rules(read_json(path.read_bytes()), "pact.footprint")
    return {(f.rule, f.severity, f.path) for f in found}


GOODS = "/ImportedGood/0"
RULE_INVALID = {
    "s01_role_code_not_in_list": ("QREPORT-ROLE", "/Declarant/Role"),
    "s04_hs_not_prefix_of_cn": ("QREPORT-HS6", f"{GOODS}/CommodityCode/HsCode"),
    "s06_negative_see": (
        "QREPORT-SEE-SIGN",
        f"{GOODS}/GoodsEmissions/0/DirectEmissions/SpecificEmbeddedEmissions",
    ),
    "s08_quarter_Q9": ("QREPORT-QUARTER", "/ReportingPeriod"),
    "s09_mass_mismatch": ("QREPORT-MASS", f"{GOODS}/MeasureImported"),
    "s12_confirmation_false": (
        "QREPORT-CONFIRMED",
        "/Signatures/ReportConfirmation/GlobalDataConfirmation",
    ),
}
SCHEMA_INVALID = {
    "n01_submissiondate_milliseconds": ("XSD-VALUE-PATTERN", "/SubmissionDate"),
    "n03_declarant_address_country_v19style": ("XSD-UNEXPECTED-ELEMENT", "/Declarant/ActorAddress/Country"),
    "n06_see_8_decimals": (
        "XSD-VALUE-DIGITS",
        f"{GOODS}/GoodsEmissions/0/DirectEmissions/SpecificEmbeddedEmissions",
    ),
    "n08_cncode_10_digits": ("XSD-VALUE-LENGTH", f"{GOODS}/CommodityCode/CnCode"),
    "n11_empty_element_for_null": (
        "XSD-VALUE-LENGTH",
        f"{GOODS}/GoodsEmissions/0/InstallationOperator/OperatorAddress/SubDivision",
    ),
    "n12_missing_signatures": ("XSD-MISSING-ELEMENT", "/Signatures"),
    "n14_netmass_comma_decimal": ("XSD-VALUE-TYPE", f"{GOODS}/MeasureImported/NetMass"),
    "n17_see_scientific_notation": (
        "RECORD-DECIMAL",
        f"{GOODS}/GoodsEmissions/0/DirectEmissions/SpecificEmbeddedEmissions",
    ),
}
RESTS_ON = {
    "s01_role_code_not_in_list": {"QREPORT-IMPORTER"},
    "s08_quarter_Q9": {"QREPORT-SUBMITTED-EARLY"},
    "n01_submissiondate_milliseconds": {"QREPORT-SUBMITTED-EARLY"},
}
"""Findings of the base that rest on the very value that was made unreadable; they cannot be judged then."""


def qreport(path: Path) -> list[Finding]:
    """What ``cbamgw check`` says of a report."""
    return check(read_document(path.read_bytes(), "cbam.qreport@23.00"))


def named(found: list[Finding]) -> set[tuple[str, str]]:
    assert len({(f.rule, f.origin or f.path) for f in found}) == len(found), "a finding stands twice"
    return {(f.rule, f.origin or f.path) for f in found}


def new_and_gone(path: Path) -> tuple[set[tuple[str, str]], set[str]]:
    base, found = named(qreport(CBAM / "qreport-23.00-valid.xml")), named(qreport(path))
    return found - base, {rule for rule, _ in base - found}


def test_the_table_of_samples_is_complete() -> None:
    assert {p.stem for p in (CBAM / "rule-invalid").glob("*.xml")} == set(RULE_INVALID)
    assert {p.stem for p in (CBAM / "schema-invalid").glob("*.xml")} == set(SCHEMA_INVALID)


@pytest.mark.parametrize("name", RULE_INVALID)
def test_each_rule_invalid_report_has_exactly_the_finding_of_its_rule_more(name: str) -> None:
    path = CBAM / "rule-invalid" / f"{name}.xml"
    assert new_and_gone(path) == ({RULE_INVALID[name]}, RESTS_ON.get(name, set()))
    assert verdicts(qreport(path)) == {"schema": "valid", "rules": "broken", "purpose": "not usable"}


@pytest.mark.parametrize("name", SCHEMA_INVALID)
def test_each_schema_invalid_report_has_one_finding_that_names_the_element_and_the_fix(name: str) -> None:
    path = CBAM / "schema-invalid" / f"{name}.xml"
    assert new_and_gone(path) == ({SCHEMA_INVALID[name]}, RESTS_ON.get(name, set()))
    (found,) = [f for f in qreport(path) if (f.rule, f.origin or f.path) == SCHEMA_INVALID[name]]
    assert (found.stage, found.severity) == ("schema", "error")
    element = SCHEMA_INVALID[name][1].rpartition("/")[2]
    for language in ("en", "zh"):
        assert element in describe(found, language)
        assert fix(found, language)
    assert verdicts(qreport(path))["schema"] == "invalid"


@pytest.mark.parametrize("path", sorted(EDGE.glob("bad_*.json")), ids=lambda p: p.stem)
def test_each_bad_footprint_has_a_new_error(path: Path) -> None:
    new = pact(path) - pact(EDGE / "ok_base.json")
    assert [severity for _, severity, _ in new if severity == "error"]


@pytest.mark.parametrize("path", sorted(EDGE.glob("ok_*.json")), ids=lambda p: p.stem)
def test_no_good_footprint_has_a_new_error(path: Path) -> None:
    new = pact(path) - pact(EDGE / "ok_base.json")
    assert not [severity for _, severity, _ in new if severity == "error"]


def test_a_null_is_read_with_a_warning() -> None:
    new = pact(EDGE / "null_optional.json") - pact(EDGE / "ok_base.json")
    assert {(rule, severity) for rule, severity, _ in new} == {("PACT-NULL", "warning")}
