"""Dirty reports: every fault is named with its element and its fix, and only what is certain is mended."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import run
from lxml import etree
from mutants.examples import NAMESPACE
from mutants.xml_mutants import bases
from mutants.xsd_tree import read_tree
from test_transcriptions import QREPORTS, SHARED, at_hand

from gateway.check.catalog import describe, fix, message
from gateway.check.recognise import read_recognised
from gateway.check.repair import offered, repaired
from gateway.check.repair_values import WAYS, rounded
from gateway.check.schema import source, validate_xml
from gateway.data import load_toml
from gateway.formats.leaves import text_map
from gateway.formats.registry import Document, read_document
from gateway.model.finding import errors
from gateway.route import Wish, check, translate

V23 = QREPORTS[-1]
CBAM = SHARED / "samples" / "cbam"
SAMPLE = CBAM / "qreport-2023-commission-sample-invalid.xml"

FAULTS = {
    "n01_submissiondate_milliseconds": ("XSD-VALUE-PATTERN", "SubmissionDate", 3, "REPAIR-INSTANT"),
    "n03_declarant_address_country_v19style": ("XSD-UNEXPECTED-ELEMENT", "Country", 11, "REPAIR-VERSION"),
    "n06_see_8_decimals": ("XSD-VALUE-DIGITS", "SpecificEmbeddedEmissions", 160, "REPAIR-ROUND"),
    "n08_cncode_10_digits": ("XSD-VALUE-LENGTH", "CnCode", 64, ""),
    "n11_empty_element_for_null": ("XSD-VALUE-LENGTH", "SubDivision", 120, "REPAIR-EMPTY"),
    "n12_missing_signatures": ("XSD-MISSING-ELEMENT", "Signatures", 48, ""),
    "n14_netmass_comma_decimal": ("XSD-VALUE-TYPE", "NetMass", 91, "REPAIR-COMMA"),
    "n17_see_scientific_notation": ("XSD-VALUE-TYPE", "SpecificEmbeddedEmissions", 160, "REPAIR-EXPONENT"),
}
"""Of each schema-invalid sample: the rule, the element and its line, and the repair, if one is certain."""


def sample(name: str) -> Path:
    return at_hand(CBAM / "schema-invalid" / f"{name}.xml")


def generated(version: str) -> bytes:
    root = dict(bases(read_tree(source(version).path), NAMESPACE))["complete"]
    return etree.tostring(root, pretty_print=True)


def changed(version: str, change: Callable[[Any], None]) -> Document:
    """A complete report of a version with something done to each of its elements."""
    root = etree.fromstring(generated(version))
    for element in list(root.iter()):
        change(element)
    return read_document(etree.tostring(root), version)


# --- every fault is named ----------------------------------------------------------------------------------


def test_every_schema_invalid_sample_is_spoken_for() -> None:
    assert {path.stem for path in at_hand(CBAM / "schema-invalid").glob("*.xml")} == set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_schema_invalid_sample_fails_with_a_finding_that_names_the_element_and_the_fix(name: str) -> None:
    rule, element, line, _ = FAULTS[name]
    document = read_recognised(sample(name).read_bytes())
    assert document.format_id == V23
    (told,) = [item for item in errors(check(document)) if item.stage == "schema"]
    # a figure that is none is told in the words of figures, since these say what is wrong with it
    assert told.rule in (rule, "RECORD-DECIMAL")
    assert told.line == line
    for language in ("en", "zh"):
        assert element in describe(told, language)
        assert f"{line}" in describe(told, language)
        assert fix(told, language)


@pytest.mark.parametrize("name", FAULTS)
def test_a_sample_is_mended_where_that_is_certain_and_otherwise_left_alone(name: str) -> None:
    rule, element, line, repair = FAULTS[name]
    document = read_recognised(sample(name).read_bytes())
    mended = repaired(document)
    found = validate_xml(V23, mended.data)
    if not repair:
        assert mended is document
        assert [item.rule for item in found] == [rule]
        return
    assert found == []
    (told,) = [item for item in mended.findings if item.rule.startswith("REPAIR-")]
    assert (told.rule, told.values["element"], told.line, told.severity) == (repair, element, line, "info")
    for language in ("en", "zh"):
        assert element in message(told, language)
        assert "?" not in message(told, language)


def test_without_repair_nothing_is_changed_and_the_offer_is_among_the_findings(tmp_path: Path) -> None:
    out, ledger = tmp_path / "r.xml", tmp_path / "l.json"
    path = str(sample("n14_netmass_comma_decimal"))
    refused = run("translate", path, "--to", V23, "-o", str(out), "--ledger", str(ledger))
    assert refused.code == 1
    assert "REPAIR-COMMA" in refused.err
    assert not out.exists()
    assert json.loads(ledger.read_bytes())["repairs"] == []


def test_a_repair_stands_in_the_ledger_with_its_delta_and_is_counted(tmp_path: Path) -> None:
    out, ledger = tmp_path / "r.xml", tmp_path / "l.json"
    path = str(sample("n06_see_8_decimals"))
    done = run("translate", path, "--to", V23, "-o", str(out), "--ledger", str(ledger), "--repair", "--draft")
    assert "1 repairs: 1 REPAIR-ROUND" in done.err
    assert b"<SpecificEmbeddedEmissions>0.7852147<" in out.read_bytes()
    made = json.loads(ledger.read_bytes())
    (entry,) = [e for e in made["entries"] if e["rule"].startswith("REPAIR-")]
    assert entry["rule"] == "REPAIR-ROUND > CBAM-137"
    assert (entry["fidelity"], entry["before"], entry["after"]) == ("converted", "0.78521474", "0.7852147")
    assert entry["delta"] == "-0.00000004"
    assert made["repairs"][0]["line"] == 160


def test_what_was_taken_out_is_lost_with_its_text_and_every_leaf_as_received_is_accounted_for() -> None:
    document = read_recognised(sample("n03_declarant_address_country_v19style").read_bytes())
    journey = translate(repaired(document), Wish(V23, draft=True))
    assert journey.ledger is not None
    assert {p for e in journey.ledger.entries for p in e.source} == set(text_map(document.tree))
    (lost,) = [e for e in journey.ledger.entries if e.rule == "REPAIR-VERSION"]
    assert (lost.fidelity, lost.source, lost.before) == ("lost", ("/Declarant/ActorAddress/Country",), "BE")


def test_a_misspelt_element_is_in_the_ledger_under_the_name_it_came_with() -> None:
    journey = translate(repaired(read_recognised(at_hand(SAMPLE).read_bytes())), Wish(V23, draft=True))
    assert journey.ledger is not None
    entry = next(e for e in journey.ledger.entries if e.rule.startswith("REPAIR-NAME"))
    assert entry.source[0].startswith("/Signatures/ApplicableMethdologyConfirmation/")
    assert entry.target[0].startswith("/Signatures/ApplicableMethodologyConfirmation/")
    assert entry.fidelity == "converted"


def test_what_stands_in_the_way_of_the_commissions_sample_after_the_repair_is_this_and_no_more() -> None:
    mended = repaired(read_recognised(at_hand(SAMPLE).read_bytes()))
    told = [item.rule for item in mended.findings if item.rule.startswith("REPAIR-")]
    assert sorted(told) == ["REPAIR-EMPTY", "REPAIR-NAME", "REPAIR-ORDER", "REPAIR-VERSION", "REPAIR-VERSION"]
    left = {(item.rule, item.path) for item in validate_xml(mended.format_id, mended.data)}
    lot = "/ImportedGood/0/GoodsEmissions/0/SupportingDocuments/0"
    assert left == {
        ("XSD-VALUE-WHOLE", "/Year"),
        ("XSD-MISSING-ELEMENT", "/TotalImported"),
        ("XSD-MISSING-ELEMENT", "/TotalEmissions"),
        ("XSD-MISSING-ELEMENT", "/ImportedGood/0/SupportingDocuments/0/Attachment/Binary"),
        ("XSD-MISSING-ELEMENT", f"{lot}/Attachment/Binary"),
    }
    # what libxml2 does not look at behind the missing totals: the document type, told once these are there
    totals = b"</Year><TotalImported>1</TotalImported><TotalEmissions>13615</TotalEmissions>"
    data = mended.data.replace(b"20229</Year>", b"2023" + totals)
    further = {(item.rule, item.path) for item in validate_xml(mended.format_id, data)}
    assert further == {
        ("XSD-MISSING-ELEMENT", "/ImportedGood/0/SupportingDocuments/0/Attachment/Binary"),
        ("XSD-MISSING-ELEMENT", f"{lot}/Attachment/Binary"),
        ("XSD-DOCUMENT-FOUR-CHARACTERS", f"{lot}/Type"),
    }


# --- dirt put into generated reports comes out again ----------------------------------------------------------


def padded(element: Any) -> None:
    if not len(element) and element.text:
        element.text = f"  {element.text}\n\t"


def reversed_order(element: Any) -> None:
    element[:] = list(element)[::-1]


def with_empty_optionals(element: Any) -> None:
    if etree.QName(element).localname.endswith("Address"):
        for name in ("Number", "POBox"):
            for known in element.findall(f"{{{NAMESPACE}}}{name}"):
                known.text = None


@pytest.mark.parametrize("version", QREPORTS)
@pytest.mark.parametrize("change", [padded, reversed_order])
def test_dirt_in_every_element_comes_out_again(version: str, change: Callable[[Any], None]) -> None:
    document = changed(version, change)
    assert validate_xml(version, document.data)
    mended = repaired(document)
    assert validate_xml(version, mended.data) == []
    assert text_map(mended.tree) == text_map(read_document(generated(version), version).tree)
    assert offered(read_document(mended.data, version)) == []


@pytest.mark.parametrize("version", QREPORTS)
def test_empty_elements_go_and_the_rest_keeps_its_place(version: str) -> None:
    document = changed(version, with_empty_optionals)
    mended = repaired(document)
    assert validate_xml(version, mended.data) == []
    kept = {path: text for path, text in text_map(document.tree).items() if text}
    assert text_map(mended.tree) == kept


@pytest.mark.parametrize("version", QREPORTS)
def test_a_clean_report_is_not_touched(version: str) -> None:
    document = read_document(generated(version), version)
    assert repaired(document) is document


def test_an_empty_element_that_is_required_stays_and_is_named() -> None:
    data = generated(V23).replace(b"<Role>AAA</Role>", b"<Role/>")
    mended = repaired(read_document(data, V23))
    assert mended.mended is None
    assert [item.path for item in validate_xml(V23, mended.data)] == ["/Declarant/Role"]


@pytest.mark.parametrize(
    ("name", "taken_out"), [("Other fuel-based hydrogen production", True), ("Primary Al", False)]
)
def test_a_name_that_contradicts_its_code_is_not_taken_out(name: str, taken_out: bool) -> None:
    stated = f"<MethodId>P11</MethodId><MethodName>{name}</MethodName>".encode()
    data = generated(V23).replace(b"<MethodId>AAA</MethodId>", stated)
    mended = repaired(read_document(data, V23))
    assert (validate_xml(V23, mended.data) == []) == taken_out
    assert (b"MethodName" in mended.data) != taken_out


def test_an_element_that_no_version_knows_stays_and_is_named() -> None:
    data = generated(V23).replace(b"<Role>AAA</Role>", b"<Role>AAA</Role><Rank>1</Rank>")
    mended = repaired(read_document(data, V23))
    assert mended.mended is None
    assert [item.rule for item in validate_xml(V23, data)] == ["XSD-UNEXPECTED-ELEMENT"]


def test_a_misspelling_beside_the_right_element_is_not_mended() -> None:
    right = b"<ApplicableMethodologyConfirmation>"
    data = generated(V23)
    start, end = data.index(right), data.index(b"</ApplicableMethodologyConfirmation>") + 36
    twice = data[:start] + data[start:end].replace(b"Methodology", b"Methdology", 1).replace(
        b"</ApplicableMethodology", b"</ApplicableMethdology"
    )
    mended = repaired(read_document(twice + data[start:], V23))
    assert "REPAIR-NAME" not in {item.rule for item in mended.findings}


# --- values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "text", "meant"),
    [
        ("comma", "550,5", "550.5"),
        ("comma", "1,234", None),
        ("comma", "12,345", None),
        ("comma", "1,234,567", None),
        ("comma", "1.234,5", None),
        ("comma", "1234,567", "1234.567"),
        ("comma", "0,123", "0.123"),
        ("comma", "-1,5", "-1.5"),
        ("exponent", "1E-3", "0.001"),
        ("exponent", "2.50e+2", "250"),
        ("exponent", "1E999", None),
        ("exponent", "1e1e1", None),
        ("point", ".5", "0.5"),
        ("point", "5.", "5"),
        ("point", "+1.5", "1.5"),
        ("point", "+-1", None),
        ("point", "", None),
        ("instant", "2025-01-31T10:00:00.000Z", "2025-01-31T10:00:00Z"),
        ("instant", "2025-01-31T10:00:00.120Z", None),
        ("instant", "2025-01-31T23:00:00-02:00", "2025-02-01T01:00:00Z"),
        ("instant", "2025-01-31T10:00:00", None),
        ("instant", "2025-02-30T10:00:00+00:00", None),
        ("instant", "0001-01-01T00:00:00+02:00", None),
        ("boolean", "TRUE", "true"),
        ("boolean", "yes", None),
        ("trim", "\u3000Q4 ", "Q4"),
    ],
)
def test_a_value_is_mended_only_where_one_meaning_is_left(way: str, text: str, meant: str | None) -> None:
    assert WAYS[way](text, {}) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("0.78521474", "0.7852147"),
        ("0.78521475", "0.7852148"),
        ("0.00000005", "0.0000000"),
        ("1.50000000000", None),
        ("1.5", None),
        ("1,5", None),
    ],
)
def test_rounding_is_half_to_even_and_only_where_a_digit_is_really_lost(text: str, meant: str | None) -> None:
    assert rounded(text, {"fractionDigits": "7"}) == meant


def test_every_repair_of_the_table_is_told_in_full_sentences_of_both_languages() -> None:
    dirt = {
        "REPAIR-TRIM": (b"<Role>AAA<", b"<Role> AAA <"),
        "REPAIR-COMMA": (b"<NetMass>1.5<", b"<NetMass>1,5<"),
        "REPAIR-EXPONENT": (b"<NetMass>1.5<", b"<NetMass>15e-1<"),
        "REPAIR-POINT": (b"<NetMass>1.5<", b"<NetMass>+1.5<"),
        "REPAIR-ROUND": (b"<NetMass>1.5<", b"<NetMass>1.50000001<"),
        "REPAIR-INSTANT": (b"T10:00:00Z<", b"T10:00:00.0Z<"),
        "REPAIR-BOOLEAN": (b">true<", b">True<"),
    }
    assert {row["id"] for row in load_toml("mappings", "repairs-qreport.toml")["value"]} == set(dirt)
    clean = read_document(generated(V23), V23)
    for rule, (right, wrong) in dirt.items():
        mended = repaired(read_document(generated(V23).replace(right, wrong, 1), V23))
        (told,) = mended.findings
        assert told.rule == rule
        assert text_map(mended.tree) == text_map(clean.tree) or rule == "REPAIR-ROUND"
        for language in ("en", "zh"):
            assert "?" not in message(told, language) + fix(told, language)
            assert told.values["element"] in message(told, language)


def test_a_second_document_may_be_merged_into_a_mended_one() -> None:
    text = sample("n01_submissiondate_milliseconds").read_bytes()
    other = text.replace(b"<SubmissionDate>2025-01-31T10:00:00.000Z</SubmissionDate>", b"").replace(
        b"<ReportingPeriod>", b"<ReportId>R-1</ReportId><ReportingPeriod>", 1
    )
    document = repaired(read_recognised(text))
    journey = translate(document, Wish(V23, draft=True), [read_recognised(other)])
    assert journey.ledger is not None
    assert journey.ledger.origin_of("/SubmissionDate") == "/SubmissionDate"


def test_a_document_without_a_table_of_repairs_is_wrong_usage(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_bytes(b'{"format": "cn.pcf@1", "record": {"reportNumber": "1"}}')
    refused = run("translate", str(record), "--to", "pact.footprint", "--repair")
    assert refused.code == 2


def test_a_mended_report_goes_out_and_comes_home_with_its_residue() -> None:
    document = repaired(read_recognised(sample("n01_submissiondate_milliseconds").read_bytes()))
    out = translate(document, Wish(QREPORTS[2], draft=True, keep_residue=True))
    assert out.kept is not None
    home = translate(read_document(out.data, QREPORTS[2]), Wish(V23, draft=True), residue=out.kept)
    assert text_map(read_document(home.data, V23).tree) == text_map(document.tree)


def test_the_tree_that_was_received_is_not_changed_by_an_offer() -> None:
    document = read_recognised(sample("n11_empty_element_for_null").read_bytes())
    before = copy.deepcopy(document.tree)
    assert [item.rule for item in offered(document)] == ["REPAIR-EMPTY"]
    assert document.tree == before
