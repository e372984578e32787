"""Cells that people and programs fill in: passed on unchanged, or said, never guessed."""

import re

import pytest
from workbooks import (
    RECORD,
    SMALL,
    TOTAL,
    cell_of,
    read,
    repacked,
    said,
    total_of,
    with_cell,
    with_text,
    written,
)

from gateway.check.schema import validate_json


@pytest.fixture(scope="module")
def full() -> bytes:
    return written(RECORD)


@pytest.fixture(scope="module")
def small() -> bytes:
    return written(SMALL)


# --- cells that people and programs fill in ---------------------------------------------------------------


@pytest.mark.parametrize("text", ["1,5", "1 234.5", "1,234.5", "１２", "+1", " 1.5", "1e3", "约 5", "01"])
def test_a_figure_that_is_badly_written_is_passed_on_unchanged(small, text):
    data = with_text(small, "结果", TOTAL, text)
    assert total_of(data) == text
    assert said(data) == set()
    assert validate_json("cn.pcf@1", read(data)[0]) != []


@pytest.mark.parametrize("raw", ["1.5", "-0.25", "0", "123456789012345", "14900.5"])
def test_a_clean_number_cell_keeps_its_digits(small, raw):
    data = with_cell(small, "结果", TOTAL, "", f"<v>{raw}</v>")
    assert total_of(data) == raw
    assert said(data) == set()


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("0.30000000000000004", "0.30000000000000004"),
        ("1E-3", "0.001"),
        ("1.0000000000000001E-5", "0.000010000000000000001"),
        ("1.5E+2", "150"),
        ("9007199254740993", "9007199254740993"),
        ("1E300", "1E300"),
        ("NaN", "NaN"),
    ],
)
def test_a_number_that_a_program_computed_is_converted_exactly_and_said(small, raw, value):
    data = with_cell(small, "结果", TOTAL, "", f"<v>{raw}</v>")
    assert total_of(data) == value
    assert said(data) == {("XLSX-NUMBER-CELL", f"结果!{TOTAL}")}


def test_a_number_in_a_text_field_may_have_lost_its_zeros(full):
    cell = cell_of(full, "/product/hs6")
    data = with_cell(full, "产品", cell, "", "<v>760110</v>")
    assert said(data) == {("XLSX-NUMBER-AS-TEXT", f"产品!{cell}")}
    assert read(data)[0] == RECORD


def test_a_formula_is_read_by_its_stored_result_and_said(small):
    data = with_cell(small, "结果", TOTAL, "", "<f>1+1</f><v>2</v>")
    assert total_of(data) == "2"
    assert said(data) == {("XLSX-FORMULA", f"结果!{TOTAL}")}
    text = with_cell(small, "结果", TOTAL, 't="str"', "<f>A1</f><v>2.50</v>")
    assert total_of(text) == "2.50"


@pytest.mark.parametrize("inner", ["<f>1+1</f>", "<f>1+1</f><v></v>", "<f>1+1</f><v/>"])
def test_a_formula_without_a_stored_result_is_an_error(small, inner):
    data = with_cell(small, "结果", TOTAL, "", inner)
    assert total_of(data) is None
    assert said(data) == {("XLSX-FORMULA-EMPTY", f"结果!{TOTAL}")}


def test_a_formula_that_gives_an_empty_text_is_an_empty_cell(small):
    data = with_cell(small, "结果", TOTAL, 't="str"', '<f>IF(TRUE,"","")</f><v></v>')
    assert total_of(data) is None
    assert said(data) == {("XLSX-FORMULA", f"结果!{TOTAL}")}


def test_an_error_value_is_no_value(small):
    data = with_cell(small, "结果", TOTAL, 't="e"', "<v>#DIV/0!</v>")
    assert total_of(data) is None
    assert said(data) == {("XLSX-ERROR-VALUE", f"结果!{TOTAL}")}


def test_a_cell_of_spaces_is_empty_and_said(small):
    data = with_text(small, "结果", TOTAL, " \n ")
    assert total_of(data) is None
    assert said(data) == {("XLSX-BLANK", f"结果!{TOTAL}")}


def test_rich_text_is_joined_and_phonetic_guides_are_not_part_of_it(small):
    inner = "<is><r><t>1</t></r><r><t>.5</t></r><rPh sb='0' eb='1'><t>x</t></rPh></is>"
    assert total_of(with_cell(small, "结果", TOTAL, 't="inlineStr"', inner)) == "1.5"


def dated(data: bytes, sheet: str, cell: str, serial: str, *, from_1904: bool = False) -> bytes:
    """The workbook with a cell that holds a serial date in a date style, as a spreadsheet stores it."""
    found: list[int] = []

    def style(name: str, body: bytes) -> bytes:
        if name == "xl/styles.xml":
            xfs = re.search(rb"<cellXfs[^>]*>(.*?)</cellXfs>", body, re.S)
            found.append(len(re.findall(rb"<xf ", xfs[1])))
            date = b'<xf numFmtId="14" fontId="0" fillId="0" borderId="0"/></cellXfs>'
            return body.replace(b"</cellXfs>", date)
        if name == "xl/workbook.xml" and from_1904:
            made, count = re.subn(rb"<workbookPr(?=[ />])", b'<workbookPr date1904="1"', body)
            assert count == 1
            return made
        return body

    made = repacked(data, style)
    return with_cell(made, sheet, cell, f's="{found[0]}"', f"<v>{serial}</v>")


@pytest.mark.parametrize(
    ("serial", "day"),
    [("45292", "2024-01-01"), ("1", "1900-01-01"), ("59", "1900-02-28"), ("61", "1900-03-01"),
     ("2958465", "9999-12-31")],
)  # fmt: skip
def test_a_date_cell_becomes_a_date(full, serial, day):
    cell = cell_of(full, "/time/periodStart")
    tree, findings, _ = read(dated(full, "时间", cell, serial))
    assert (tree["time"]["periodStart"], findings) == (day, [])


def test_a_date_cell_of_a_workbook_that_counts_from_1904(full):
    cell = cell_of(full, "/time/periodStart")
    assert read(dated(full, "时间", cell, "43830", from_1904=True))[0]["time"]["periodStart"] == "2024-01-01"


def test_a_time_of_day_in_a_field_of_days_is_kept_for_the_schema_to_refuse(full):
    cell = cell_of(full, "/time/periodStart")
    tree = read(dated(full, "时间", cell, "45292.5"))[0]
    assert tree["time"]["periodStart"] == "2024-01-01T12:00:00"
    assert {f.path for f in validate_json("cn.pcf@1", tree)} == {"/time/periodStart"}


def test_a_time_from_a_date_cell_is_taken_as_utc_and_said(full):
    cell = cell_of(full, "/declaration/submitted")
    data = dated(full, "进口申报", cell, "45292.333333333336")
    assert read(data)[0]["declaration"]["submitted"] == "2024-01-01T08:00:00Z"
    assert said(data) == {("XLSX-TIME-ZONE", f"进口申报!{cell}")}


@pytest.mark.parametrize("serial", ["60", "0", "-1", "2958466", "1E99"])
def test_a_day_that_never_was_is_passed_on_and_said(full, serial):
    cell = cell_of(full, "/time/periodStart")
    data = dated(full, "时间", cell, serial)
    assert read(data)[0]["time"]["periodStart"] == serial
    assert said(data) == {("XLSX-DATE-CELL", f"时间!{cell}")}


def test_a_figure_that_a_program_turned_into_a_date_is_said(small):
    data = dated(small, "结果", TOTAL, "45292")
    assert total_of(data) == "2024-01-01"
    assert said(data) == {("XLSX-DATE-CELL", f"结果!{TOTAL}")}


@pytest.mark.parametrize(
    "text", ["千克二氧化碳当量（kgCO2e）", "千克二氧化碳当量", "kgCO2e", "kilogram CO2 equivalent"]
)
def test_a_code_may_be_chosen_or_typed(small, text):
    data = with_text(small, "结果", "D4", text)
    assert read(data)[:2] == (SMALL, [])


def test_a_code_that_is_not_in_the_list_is_named_with_its_nearest(small):
    data = with_text(small, "结果", "D4", "公斤二氧化碳当量")
    (found,) = read(data)[1]
    assert found.rule == "XLSX-CODE"
    assert "千克二氧化碳当量（kgCO2e）" in found.values["nearest"]
    assert read(data)[0]["results"]["unit"] == "公斤二氧化碳当量"


@pytest.mark.parametrize(
    ("text", "value"),
    [("是", True), ("TRUE", True), ("Yes", True), ("否", False), ("false", False), ("no", False)],
)
def test_yes_and_no_are_understood_in_both_languages(full, text, value):
    cell = cell_of(full, "/boundary/packagingIncluded")
    tree, findings, _ = read(with_text(full, "系统边界", cell, text))
    assert (tree["boundary"]["packagingIncluded"], findings) == (value, [])


def test_a_boolean_cell_is_understood_and_anything_else_is_an_error(full):
    cell = cell_of(full, "/boundary/packagingIncluded")
    assert (
        read(with_cell(full, "系统边界", cell, 't="b"', "<v>0</v>"))[0]["boundary"]["packagingIncluded"]
        is False
    )
    assert said(with_text(full, "系统边界", cell, "部分")) == {("XLSX-BOOLEAN", f"系统边界!{cell}")}
