"""What a schema finding tells the sender: the field, its line, what was found and what is expected."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from mutants.examples import FOOTPRINT, NAMESPACE, QREPORT, footprint, only, report

from gateway.check import schema
from gateway.check.catalog import describe, message
from gateway.check.schema import MOST_FINDINGS, validate_json, validate_xml
from gateway.formats.json_reader import read_json
from gateway.model.finding import Finding


def changed(old: str, new: str) -> Finding:
    data = report()
    assert old.encode() in data
    return only(validate_xml(QREPORT, data.replace(old.encode(), new.encode(), 1)))


def line_of(text: str) -> int:
    return report().decode().split(text)[0].count("\n") + 1


# --- XML ----------------------------------------------------------------------------------------------------


def test_a_conforming_report_has_no_finding() -> None:
    assert validate_xml(QREPORT, report()) == []


def test_a_missing_element_is_named_with_its_line() -> None:
    found = changed("<Year>1</Year>", "")
    assert (found.rule, found.path, found.line) == ("XSD-MISSING-ELEMENT", "/Year", line_of("<Declarant>"))
    assert message(found) == "The element Year is missing in QReport."
    assert message(found, "zh") == "QReport 中缺少元素 Year。"


def test_a_missing_last_element_is_named_too() -> None:
    found = changed("<PositionOfPersonSending>AAA</PositionOfPersonSending>", "")
    assert found.rule == "XSD-MISSING-ELEMENT"
    assert found.path == "/Signatures/ReportConfirmation/PositionOfPersonSending"


def test_a_figure_with_too_many_digits_is_shown_with_its_path() -> None:
    old = "<SpecificEmbeddedEmissions>1.5</SpecificEmbeddedEmissions>"
    found = changed(old, old.replace("1.5", "1.12345678"))
    assert found.rule == "XSD-VALUE-DIGITS"
    assert found.path == "/ImportedGood/0/GoodsEmissions/0/DirectEmissions/SpecificEmbeddedEmissions"
    assert found.line == line_of(old)
    assert found.values["found"] == "1.12345678"
    assert "fractionDigits 7" in found.values["expected"]


@pytest.mark.parametrize(
    ("old", "new", "rule", "path"),
    [
        ("<Year>1<", "<Year>twenty<", "XSD-VALUE-TYPE", "/Year"),
        ("<ReportingPeriod>AA<", "<ReportingPeriod>AAA<", "XSD-VALUE-LENGTH", "/ReportingPeriod"),
        ("T10:00:00Z", "T10:00:00.000Z", "XSD-VALUE-PATTERN", "/SubmissionDate"),
        ("<Role>AAA</Role>", "<Roll>AAA</Roll>", "XSD-UNEXPECTED-ELEMENT", "/Declarant/Roll"),
        ("<Role>AAA</Role>", "<Role>A</Role><Role>A</Role>", "XSD-UNEXPECTED-ELEMENT", "/Declarant/Role/1"),
        (
            "<Role>AAA</Role>",
            '<Role xmlns="urn:x">A</Role><Role>A</Role>',
            "XSD-NAMESPACE",
            "/Declarant/Role",
        ),
        ("<Role>", '<Role code="1">', "XSD-ATTRIBUTE", "/Declarant/Role"),
        ("<Declarant>", "<Declarant>text", "XSD-TEXT", "/Declarant"),
        ("<Role>AAA<", "<Role>AAA<b/><", "XSD-UNEXPECTED-ELEMENT", "/Declarant/Role"),
        (
            "<CnCode>AAAAAAAA<",
            "<CnCode>1234567890<",
            "XSD-VALUE-LENGTH",
            "/ImportedGood/0/CommodityCode/CnCode",
        ),
    ],
)
def test_each_kind_of_fault_has_its_own_rule_and_path(old: str, new: str, rule: str, path: str) -> None:
    found = changed(old, new)
    assert (found.rule, found.path) == (rule, path)


def test_the_second_good_is_told_from_the_first() -> None:
    data = report().decode()
    start, end = data.index("<ImportedGood>"), data.index("</QReport>")
    good = data[start:end]
    data = data[:end] + good.replace("<ItemNumber>1<", "<ItemNumber>x<") + data[end:]
    assert only(validate_xml(QREPORT, data.encode())).path == "/ImportedGood/1/ItemNumber"


def test_an_invented_namespace_is_named() -> None:
    found = only(validate_xml(QREPORT, report().replace(NAMESPACE.encode(), b"urn:invented")))
    assert found.rule == "XSD-NAMESPACE"
    assert (found.values["found"], found.values["expected"]) == ("urn:invented", NAMESPACE)


def test_another_kind_of_document_is_told_by_its_root() -> None:
    found = only(validate_xml(QREPORT, b"<Invoice/>"))
    assert (found.rule, found.values["expected"]) == ("XSD-ROOT", "QReport")


def test_prefixed_elements_are_traced_as_well() -> None:
    data = report().replace(b"<", b"<c:").replace(b"<c:/", b"</c:").replace(b"xmlns=", b"xmlns:c=")
    assert validate_xml(QREPORT, data) == []
    found = only(validate_xml(QREPORT, data.replace(b"<c:ItemNumber>1<", b"<c:ItemNumber>x<")))
    assert found.path == "/ImportedGood/0/ItemNumber"


def test_no_message_shows_the_words_of_the_library() -> None:
    for text in (
        describe(changed("<Year>1<", "<Year>x<"), "en"),
        describe(changed("<Year>1<", "<Year>x<"), "zh"),
    ):
        assert "atomic type" not in text
        assert "{http" not in text
        assert "?" not in text


def test_a_flood_of_faults_is_cut_and_counted() -> None:
    data = report().replace(b"<ItemNumber>1<", b"<ItemNumber>x<")
    start, end = data.index(b"<ImportedGood>"), data.index(b"</QReport>")
    findings = validate_xml(QREPORT, data[:start] + data[start:end] * 300 + data[end:])
    assert len(findings) == MOST_FINDINGS + 1
    assert (findings[-1].rule, findings[-1].severity) == ("SCHEMA-MORE", "info")
    assert findings[-1].values["rest"] == "100"
    assert findings[-2].path == f"/ImportedGood/{MOST_FINDINGS - 1}/ItemNumber"


def test_threads_do_not_mix_their_findings() -> None:
    good, bad = report(), report().replace(b"<Year>1<", b"<Year>x<")
    wrong: list[str] = []

    def work(data: bytes, expected: list[str]) -> None:
        for _ in range(30):
            found = [f.rule for f in validate_xml(QREPORT, data)]
            if found != expected:
                wrong.append(str(found))

    threads = [threading.Thread(target=work, args=(good, [])) for _ in range(4)]
    threads += [threading.Thread(target=work, args=(bad, ["XSD-VALUE-TYPE"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# --- JSON ---------------------------------------------------------------------------------------------------


def test_a_conforming_footprint_has_no_finding() -> None:
    assert validate_json(FOOTPRINT, footprint()) == []


def with_pcf(**values: Any) -> dict[str, Any]:
    document = footprint()
    document["pcf"].update(values)
    return document


@pytest.mark.parametrize(
    ("values", "rule", "path", "found", "expected"),
    [
        ({"declaredUnitAmount": "0"}, "SCHEMA-PATTERN", "declaredUnitAmount", "0", "[1-9]"),
        ({"declaredUnitAmount": 1}, "SCHEMA-TYPE", "declaredUnitAmount", "integer", "string"),
        ({"declaredUnitAmount": Decimal("1.5")}, "SCHEMA-TYPE", "declaredUnitAmount", "number", "string"),
        ({"dqi": None}, "SCHEMA-TYPE", "dqi", "null", "object"),
        (
            {"packagingEmissionsIncluded": "true"},
            "SCHEMA-TYPE",
            "packagingEmissionsIncluded",
            "string",
            "boolean",
        ),
        (
            {"declaredUnitOfMeasurement": "tonne"},
            "SCHEMA-ENUM",
            "declaredUnitOfMeasurement",
            "tonne",
            "kilogram",
        ),
        (
            {"referencePeriodEnd": "2025-01-31"},
            "SCHEMA-FORMAT",
            "referencePeriodEnd",
            "2025-01-31",
            "date-time",
        ),
        ({"crossSectoralStandards": []}, "SCHEMA-COUNT", "crossSectoralStandards", "array (0)", "minItems 1"),
        (
            {"crossSectoralStandards": ["A", "A"]},
            "SCHEMA-UNIQUE",
            "crossSectoralStandards",
            "array (2)",
            "unique",
        ),
        (
            {"ipccCharacterizationFactors": ["AR"]},
            "SCHEMA-PATTERN",
            "ipccCharacterizationFactors/0",
            "AR",
            "AR",
        ),
    ],
)
def test_each_keyword_has_its_own_rule_with_what_was_found(
    values: dict[str, Any], rule: str, path: str, found: str, expected: str
) -> None:
    item = only(validate_json(FOOTPRINT, with_pcf(**values)))
    assert (item.rule, item.path, item.stage) == (rule, f"/pcf/{path}", "schema")
    assert item.values["field"] == path
    assert item.values["found"] == found
    assert expected in item.values["expected"]
    assert "?" not in describe(item, "en").replace(item.values["expected"], "")


def test_a_missing_property_is_named_where_it_should_stand() -> None:
    document = footprint()
    del document["pcf"]["fossilGhgEmissions"]
    item = only(validate_json(FOOTPRINT, document))
    assert (item.rule, item.path) == ("SCHEMA-REQUIRED", "/pcf/fossilGhgEmissions")
    assert message(item) == "The field fossilGhgEmissions is missing in pcf."
    assert message(item, "zh") == "pcf 中缺少字段 fossilGhgEmissions。"


def test_two_geographies_are_named() -> None:
    item = only(validate_json(FOOTPRINT, with_pcf(geographyCountry="CN", geographyRegionOrSubregion="Asia")))
    assert (item.rule, item.path) == ("SCHEMA-ALTERNATIVES", "/pcf")
    assert item.values["found"] == "geographyRegionOrSubregion, geographyCountry"


def test_a_null_gets_one_finding_not_one_per_keyword() -> None:
    document = footprint() | {"status": None, "pcf": None}
    assert [(f.rule, f.path) for f in validate_json(FOOTPRINT, document)] == [
        ("SCHEMA-TYPE", "/pcf"),
        ("SCHEMA-TYPE", "/status"),
    ]


def test_a_number_of_the_reader_is_not_taken_for_text() -> None:
    text = b'{"comment": 1.50, "companyName": 7}'
    rules = {f.path: f.rule for f in validate_json(FOOTPRINT, read_json(text))}
    assert rules["/comment"] == rules["/companyName"] == "SCHEMA-TYPE"


def test_findings_stand_in_a_steady_order() -> None:
    document = with_pcf(crossSectoralStandards=[None] * 12)
    paths = [f.path for f in validate_json(FOOTPRINT, document)]
    items = [f"/pcf/crossSectoralStandards/{n}" for n in range(12)]
    assert [p for p in paths if p in items] == items


def test_a_key_with_a_slash_is_escaped_in_the_pointer() -> None:
    assert schema._json_finding("SCHEMA-TYPE", ["a/b", "~", 0]).path == "/a~1b/~0/0"


@pytest.mark.parametrize("document", [None, [], "text", 1, True, Decimal("1.5")])
def test_a_document_that_is_no_object_gets_one_finding(document: object) -> None:
    item = only(validate_json(FOOTPRINT, document))
    assert (item.rule, item.path, item.values["field"]) == ("SCHEMA-TYPE", "", "(root)")


@pytest.mark.parametrize("value", ["\ud800", [{1: 2}]])
def test_what_json_cannot_hold_is_a_finding_not_a_crash(value: object) -> None:
    assert only(validate_json(FOOTPRINT, footprint() | {"companyName": value})).rule == "SCHEMA-NOT-JSON"


def test_nesting_without_end_is_a_finding_not_a_crash() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert only(validate_json(FOOTPRINT, footprint() | {"x": deep})).rule == "SCHEMA-NOT-JSON"


def test_many_findings_are_cut_and_counted() -> None:
    findings = validate_json(FOOTPRINT, with_pcf(crossSectoralStandards=list(range(500))))
    assert len(findings) == MOST_FINDINGS + 1
    assert findings[-1].values["rest"] == "300"
