"""The workbook: what is written comes back, and what cannot be understood is said and never guessed."""

import contextlib
import copy
import io
import json
import re
import shutil
import stat
import struct
import subprocess
import zipfile
from collections.abc import Callable
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.check.catalog import message, rules
from gateway.check.schema import validate_json
from gateway.data import data_path
from gateway.formats import xlsx_archive, xlsx_read
from gateway.formats.leaves import leaves
from gateway.formats.record_schema import build_record_schema
from gateway.formats.xlsx import read_workbook, write_workbook
from gateway.formats.xlsx_cells import address, position
from gateway.formats.xlsx_layout import sheets
from gateway.model.finding import Finding, Refused

RECORD = json.loads(data_path("conformance", "cases", "bases", "record.json").read_bytes())
SMALL = {"format": "cn.pcf@1", "results": {"unit": "kgCO2e", "total": "1.50"}}


def written(tree=None) -> bytes:
    out = io.BytesIO()
    write_workbook(tree, out)
    return out.getvalue()


@pytest.fixture(scope="module")
def full() -> bytes:
    return written(RECORD)


@pytest.fixture(scope="module")
def small() -> bytes:
    return written(SMALL)


def checked(findings: list[Finding]) -> list[Finding]:
    """The same findings, each known to the catalogue, with its severity and its message filled in."""
    for found in findings:
        assert found.severity == rules()[found.rule].severity
        for lang in ("en", "zh"):
            assert "?" not in message(found, lang).replace("？", "")
    return findings


def read(data: bytes):
    tree, findings, places = read_workbook(data)
    return tree, checked(findings), places


def said(data: bytes) -> set[tuple[str, str]]:
    return {(f.rule, f.origin) for f in read(data)[1]}


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        read_workbook(data)
    (only,) = checked(list(caught.value.findings))
    return only.rule


def repacked(data: bytes, edit: Callable[[str, bytes], bytes | None], *extra: tuple[str, bytes]) -> bytes:
    """The same zip with each part passed through ``edit`` (None drops it), and further parts."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            made = edit(entry.filename, source.read(entry))
            if made is not None:
                target.writestr(entry.filename, made)
        for name, body in extra:
            target.writestr(name, body)
    return out.getvalue()


def part_of(sheet: str) -> str:
    return f"xl/worksheets/sheet{[s.zh for s in sheets()].index(sheet) + 2}.xml"


def in_part(data: bytes, part: str, old: str, new: str, *, is_pattern: bool = False) -> bytes:
    def edit(name: str, body: bytes) -> bytes:
        if name != part:
            return body
        text = body.decode()
        made, count = re.subn(old if is_pattern else re.escape(old), lambda _: new, text, count=1)
        assert count == 1, f"{old!r} is not in {part}"
        return made.encode()

    return repacked(data, edit)


def with_cell(data: bytes, sheet: str, cell: str, attributes: str, inner: str) -> bytes:
    """The workbook with the raw XML of one cell replaced."""
    pattern = rf'<c r="{cell}"[^>]*?(?:/>|>.*?</c>)'
    return in_part(data, part_of(sheet), pattern, f'<c r="{cell}" {attributes}>{inner}</c>', is_pattern=True)


def with_text(data: bytes, sheet: str, cell: str, text: str) -> bytes:
    inner = f'<is><t xml:space="preserve">{escape(text)}</t></is>'
    return with_cell(data, sheet, cell, 't="inlineStr"', inner)


def cell_of(data: bytes, path: str) -> str:
    return read_workbook(data)[2][path].partition("!")[2]


TOTAL = "D5"
"""The cell of ``/results/total`` on the sheet 结果."""


# --- what is written comes back ---------------------------------------------------------------------------


def test_the_example_record_comes_back_without_a_finding(full):
    tree, findings, _ = read(full)
    assert tree == RECORD
    assert findings == []


def test_an_empty_workbook_is_a_record_without_values():
    assert read(written())[:2] == ({"format": "cn.pcf@1"}, [])
    assert written() == written({"format": "cn.pcf@1"})


def test_the_same_record_gives_the_same_bytes(full):
    assert written(RECORD) == full


def test_every_leaf_knows_its_cell_and_that_cell_holds_it(full):
    _, _, places = read(full)
    assert set(places) == {path for path, _ in leaves(RECORD)}
    book = openpyxl.load_workbook(io.BytesIO(full))
    sheet, _, cell = places["/results/total"].partition("!")
    assert (sheet, cell) == ("结果", TOTAL)
    assert book[sheet][cell].value == "14900.50"
    sheet, _, cell = places["/consignments/0/lots/0/carbonPrices/0/products/0/cn"].partition("!")
    assert (sheet, book[sheet][cell].value) == ("碳价覆盖产品", "76011090")


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30) | st.sampled_from(
    ["01", "=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+1", "-", "#N/A", "TRUE", "是", " 前后空格 ", "a\nb",
     "a\r\nb", "_x000D_", "_x005F_x0041_", "\x00", "\ufffe", "长" * 4000,
     "<a>&amp;", "'quoted", "1e5", "１，２", "😀"]
)  # fmt: skip
_DIGITS = st.text("0123456789", min_size=1, max_size=30)
_FRACTIONS = st.just("") | _DIGITS.map(".{}".format)
_LEAVES = {
    "text": _TEXT.filter(str.strip),
    "content": st.text("ABCabc012+/=", min_size=1, max_size=50),
    "decimal": st.builds("{}{}{}".format, st.sampled_from(["", "-"]), _DIGITS, _FRACTIONS),
    "integer": st.integers(-(10**9), 10**9).map(str),
    "boolean": st.booleans(),
    "date": st.dates().map(str),
    "code-country": st.sampled_from(["CN", "NO"]),
    "code-currency": st.just("CNY"),
    "datetime": st.datetimes().map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}Z"),
}  # fmt: skip
SCHEMA = build_record_schema()


def _leaf(name: str) -> st.SearchStrategy:
    definition = SCHEMA["$defs"][name]
    if "enum" in definition:
        return st.sampled_from(definition["enum"])
    return _LEAVES[name]


@st.composite
def nodes(draw, schema):
    if "$ref" in schema:
        return draw(_leaf(schema["$ref"].rpartition("/")[2]))
    if "const" in schema:
        return schema["const"]
    if schema["type"] == "array":
        (key,) = schema["items"].get("required", [None])
        unique = (lambda element: element[key]) if key else None
        return draw(st.lists(nodes(schema["items"]), min_size=1, max_size=3, unique_by=unique))
    names = st.lists(st.sampled_from(list(schema["properties"])), min_size=1, max_size=5, unique=True)
    chosen = dict.fromkeys([*schema.get("required", []), *draw(names)])
    return {name: draw(nodes(schema["properties"][name])) for name in chosen}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(nodes(SCHEMA))
def test_any_record_comes_back_as_it_was(tree):
    back, findings, places = read(written(tree))
    assert back == tree
    assert findings == []
    assert set(places) == {path for path, _ in leaves(tree)}


def test_a_long_list_of_texts_gets_the_room_it_needs():
    tree = {"format": "cn.pcf@1", "product": {"ids": [f"urn:{n}" for n in range(9)]}}
    tree["basis"] = {"productRules": [{"names": ["a", "b", "c", "d", "e"]}, {"operator": "PEF"}]}
    assert read(written(tree))[0] == tree


def test_the_workbook_opens_in_openpyxl_with_text_cells_only(full):
    book = openpyxl.load_workbook(io.BytesIO(full))
    assert book.sheetnames[0] == "说明"
    assert book["代码表"].sheet_state == "hidden"
    for sheet in book:
        for row in sheet.iter_rows():
            assert {cell.data_type for cell in row if cell.value is not None} <= {"s"}
    assert {rule.type for rule in book["单位"].data_validations.dataValidation} == {"list"}
    assert book["结果"].row_dimensions[1].hidden
    assert book["结果"].column_dimensions["A"].hidden
    assert book["结果"][TOTAL].number_format == "@"
    assert book["活动数据"].column_dimensions["C"].number_format == "@"


def test_a_text_that_looks_like_a_formula_is_quoted_and_a_negative_figure_is_not():
    tree = {"record": {"comment": "=cmd|' /C calc'!A0"}, "results": {"biogenicUptake": "-1.5"}}
    data = written(tree)
    book = openpyxl.load_workbook(io.BytesIO(data))
    comment = book["记录"][cell_of(data, "/record/comment")]
    uptake = book["结果"][cell_of(data, "/results/biogenicUptake")]
    assert (comment.data_type, comment.quotePrefix) == ("s", True)
    assert (uptake.data_type, uptake.quotePrefix, uptake.value) == ("s", False, "-1.5")
    assert b"<f>" not in b"".join(
        zipfile.ZipFile(io.BytesIO(data)).read(part_of(s)) for s in ("记录", "结果")
    )


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_workbook_comes_back_from_libreoffice_unchanged(full, tmp_path):
    (tmp_path / "record.xlsx").write_bytes(full)
    command = [
        "soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
        "--convert-to", "xlsx", "--outdir", str(tmp_path / "out"), str(tmp_path / "record.xlsx"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    tree, findings, _ = read((tmp_path / "out" / "record.xlsx").read_bytes())
    assert tree == RECORD
    assert findings == []


def test_an_openpyxl_round_trip_changes_nothing(full):
    out = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(full)).save(out)
    assert read(out.getvalue())[:2] == (RECORD, [])


def test_headings_sheet_names_and_columns_may_be_changed(small):
    book = openpyxl.load_workbook(io.BytesIO(small))
    sheet = book["结果"]
    sheet.title = "Results 2024"
    sheet["B3"] = "Feld"
    sheet.insert_cols(4)
    sheet.insert_rows(2)
    out = io.BytesIO()
    book.save(out)
    tree, findings, places = read(out.getvalue())
    assert (tree, findings) == (SMALL, [])
    assert places["/results/total"] == "Results 2024!E6"


# --- what a workbook cannot hold ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        ({"cbam": {"goods": [{"item": "1"}]}}, "/cbam/goods"),
        ({"results": {"totl": "1"}}, "/results/totl"),
        ({"results": {}}, "/results"),
        ({"goods": []}, "/goods"),
        ({"results": {"total": ""}}, "/results/total"),
        ({"results": {"total": None}}, "/results/total"),
        ({"results": {"total": True}}, "/results/total"),
        ({"results": "1"}, "/results"),
        ({"results": {"total": {"value": "1"}}}, "/results/total/value"),
        ({"product": {"ids": "x"}}, "/product/ids"),
        ({"product": {"ids": {"*": "x"}}}, "/product/ids"),
        ({"product": {"ids": [["x"]]}}, "/product/ids/0"),
        ({"boundary": {"packagingIncluded": "true"}}, "/boundary/packagingIncluded"),
        ({"goods": [{"cn8": "76011090"}]}, "/goods/0"),
        ({"goods": [{"id": "G1"}, {"id": "G1"}]}, "/goods/1"),
        ({"goods": {"id": "G1"}}, "/goods/id"),
        ({"goods": ["G1"]}, "/goods/0"),
        ({"producer": {"contacts": [{}]}}, "/producer/contacts/0"),
        ({"unit": {"unit": "千克"}}, "/unit/unit"),
    ],
)
def test_a_leaf_without_a_cell_is_refused_and_nothing_is_written(tree, path):
    out = io.BytesIO()
    with pytest.raises(Refused) as caught:
        write_workbook(tree, out)
    (only,) = checked(list(caught.value.findings))
    assert (only.rule, only.path, out.getvalue()) == ("XLSX-NO-PLACE", path, b"")


def test_a_text_longer_than_a_cell_is_refused_rather_than_cut():
    fits = {"format": "cn.pcf@1", "record": {"comment": "长" * 32_767}}
    assert read(written(fits))[0] == fits
    with pytest.raises(Refused) as caught:
        written({"record": {"comment": "长" * 32_768}})
    assert checked(list(caught.value.findings))[0].rule == "XLSX-TOO-LONG"


# --- cells that people and programs fill in ---------------------------------------------------------------


def total_of(data: bytes) -> object:
    return read(data)[0]["results"].get("total")


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


# --- sheets, rows and columns -----------------------------------------------------------------------------


def edited(data: bytes, edit: Callable[[openpyxl.Workbook], object]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_missing_sheet_is_named(full):
    for name in ("排放因子", "说明", "代码表"):
        (found,) = read(edited(full, lambda book, name=name: book.remove(book[name])))[1]
        assert (found.rule, found.values["sheet"]) == ("XLSX-MISSING-SHEET", name)


def test_an_own_working_sheet_is_left_alone_and_said(small):
    def add(book):
        book.create_sheet("计算过程")["B2"] = 5
        book.create_sheet("空表")

    assert said(edited(small, add)) == {("XLSX-UNKNOWN-SHEET", "计算过程")}


def test_a_copied_sheet_is_an_error(small):
    assert said(edited(small, lambda book: book.copy_worksheet(book["结果"]))) == {
        ("XLSX-DOUBLE-SHEET", "结果 Copy")
    }


def test_a_workbook_of_something_else_is_not_taken_for_an_empty_record():
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    assert refusal(out.getvalue()) == "XLSX-NOT-RECORD"


def put(book: openpyxl.Workbook, sheet: str, **cells: object) -> None:
    for cell, value in cells.items():
        book[sheet][cell] = value


@pytest.mark.parametrize(
    ("sheet", "cells", "expected"),
    [
        ("结果", {"H5": "备注"}, {("XLSX-UNKNOWN-COLUMN", "结果!H5")}),
        ("结果", {"D99": "1"}, {("XLSX-UNKNOWN-ROW", "结果!D99")}),
        ("结果", {"A5": "/results/totl"}, {("XLSX-ALTERED-KEY", "结果!A5"), ("XLSX-MISSING-FIELD", "结果")}),
        ("结果", {"A30": "/results/total"}, {("XLSX-ALTERED-KEY", "结果!A30")}),
        ("结果", {"D1": None}, {("XLSX-ALTERED-KEY", "结果!A1")}),
        ("货物", {"AA7": "5"}, {("XLSX-UNKNOWN-COLUMN", "货物!AA7")}),
        ("货物", {"C1": "/goods/*/nil"}, {("XLSX-ALTERED-KEY", "货物!C1"), ("XLSX-MISSING-FIELD", "货物")}),
        ("货物", {"A8": "x", "B8": "G9"}, {("XLSX-ALTERED-KEY", "货物!A8")}),
        ("货物", {"C8": "无编号"}, {("XLSX-NO-KEY", "货物!C8")}),
        ("货物", {"B8": "G1"}, {("XLSX-DUPLICATE-KEY", "货物!B8")}),
        ("特征参数", {"B9": "G7", "C9": "QPD01"}, {("XLSX-UNKNOWN-PARENT", "特征参数!B9")}),
        ("特征参数", {"C9": "QPD01"}, {("XLSX-NO-KEY", "特征参数!C9")}),
        ("特征参数", {"B9": "G1"}, {("XLSX-NO-KEY", "特征参数!B9")}),
    ],
)  # fmt: skip
def test_a_value_whose_field_or_row_is_unknown_is_an_error(full, sheet, cells, expected):
    found = said(edited(full, lambda book: put(book, sheet, **cells)))
    assert found >= expected
    # a changed column leaves its values without a field as well, and that is all
    assert {rule for rule, _ in found - expected} <= {"XLSX-UNKNOWN-COLUMN", "XLSX-UNKNOWN-ROW"}


def test_a_detail_row_of_an_unknown_parent_is_not_put_elsewhere(full):
    tree = read(edited(full, lambda book: put(book, "特征参数", B9="G7", C9="QPD01")))[0]
    assert tree == RECORD


@pytest.mark.parametrize(
    ("sheet", "cells"),
    [("结果", "D5:D6"), ("结果", "B5:D5"), ("活动数据", "B6:B8"), ("活动数据", "C20:D500")],
)
def test_merged_cells_over_data_are_an_error(full, sheet, cells):
    part = in_part(
        full,
        part_of(sheet),
        "</sheetData>",
        f'</sheetData><mergeCells><mergeCell ref="{cells}"/></mergeCells>',
    )
    assert {rule for rule, _ in said(part)} == {"XLSX-MERGED"}


def test_merged_headings_are_nobody_s_concern(full):
    part = in_part(
        full,
        part_of("活动数据"),
        "</sheetData>",
        '</sheetData><mergeCells><mergeCell ref="B2:F2"/></mergeCells>',
    )
    assert said(part) == set()


def test_rows_may_lie_far_below_with_gaps(full):
    def move(book):
        put(book, "货物", B900="G9", C900="新货物")

    tree, findings, places = read(edited(full, move))
    assert tree["goods"][2] == {"id": "G9", "name": {"zh": "新货物"}}
    assert places["/goods/2/id"] == "货物!B900"
    assert findings == []


def test_a_flood_of_findings_is_cut_and_its_errors_come_first(small, monkeypatch):
    monkeypatch.setattr(xlsx_read, "MOST_FINDINGS", 5)

    def flood(book):
        put(book, "记录", **{f"D{n}": f"={n}" for n in range(4, 16)})
        put(book, "货物", C8="无编号")

    found = read(edited(small, flood))[1]
    assert [f.rule for f in found][-1] == "XLSX-MORE"
    assert len(found) == 6
    assert all(f.severity == "error" for f in found[:5])


# --- files that are no sound workbook ---------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"{}", b"PK\x03\x04" + b"\0" * 400])
def test_what_is_no_zip_is_no_workbook(data):
    assert refusal(data) == "XLSX-NOT-WORKBOOK"


def test_a_zip_of_something_else_is_no_workbook():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        target.writestr("word/document.xml", "<x/>")
    assert refusal(out.getvalue()) == "XLSX-NOT-WORKBOOK"


def test_an_encrypted_or_old_workbook_is_named_as_such(small):
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600) == "XLSX-ENCRYPTED"
    flagged = bytearray(small)
    central = small.rindex(b"PK\x01\x02")
    flagged[central + 8] |= 1
    assert refusal(bytes(flagged)) == "XLSX-ENCRYPTED"


def test_a_workbook_with_macros_is_refused(small):
    assert refusal(repacked(small, lambda _, body: body, ("xl/vbaProject.bin", b"x"))) == "XLSX-MACRO"
    macro = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    assert refusal(in_part(small, "[Content_Types].xml", kind, macro)) == "XLSX-MACRO"


@pytest.mark.parametrize(
    "name", ["../evil.xml", "/etc/passwd", "xl/../../x", "a\\..\\b", "C:evil", "a\0b", "XL/Workbook.xml"]
)
def test_a_part_whose_name_leaves_the_file_or_stands_twice_is_refused(small, name):
    stand_in = name.replace("\0", "\x01")
    data = repacked(small, lambda _, body: body, (stand_in, b"x"))
    assert refusal(data.replace(stand_in.encode(), name.encode())) == "XLSX-UNSAFE-NAME"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_that_stands_twice_is_refused(small):
    assert refusal(repacked(small, lambda _, body: body, ("xl/workbook.xml", b"<x/>"))) == "XLSX-UNSAFE-NAME"


def test_a_link_inside_the_zip_is_refused(small):
    out = io.BytesIO(small)
    with zipfile.ZipFile(out, "a") as target:
        link = zipfile.ZipInfo("xl/link.xml")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        target.writestr(link, "/etc/passwd")
    assert refusal(out.getvalue()) == "XLSX-UNSAFE-NAME"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(small):
    assert refusal(repacked(small, lambda _, body: body, ("xl/a.xml", b"\0" * (2 << 20)))) == "XLSX-RATIO"
    assert (
        refusal(repacked(small, lambda _, body: body, ("xl/a.xml", b"\0" * (51 << 20)))) == "XLSX-TOO-LARGE"
    )
    many = [(f"xl/{n}.xml", b"") for n in range(2001)]
    assert refusal(repacked(small, lambda _, body: body, *many)) == "XLSX-TOO-MANY-PARTS"


def test_a_size_that_lies_does_not_help_a_bomb(small, monkeypatch):
    monkeypatch.setattr(xlsx_archive, "MAX_TOTAL", 10_000)
    monkeypatch.setattr(xlsx_archive, "_checked", lambda entries: frozenset(e.filename for e in entries))
    assert refusal(small) == "XLSX-TOO-LARGE"


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet9.xml", "xl/styles.xml"]
)
def test_a_workbook_that_lacks_a_part_is_damaged(small, part):
    missing = repacked(small, lambda name, body: None if name == part else body)
    assert refusal(missing) in ("XLSX-DAMAGED", "XLSX-NOT-WORKBOOK")


def test_a_part_that_fails_its_checksum_is_damaged(small):
    broken = bytearray(small)
    # the checksum in the directory of the archive stands 30 bytes before the name of the part
    name = small.rindex(b"xl/workbook.xml")
    struct.pack_into("<I", broken, name - 30, 0xDEADBEEF)
    assert refusal(bytes(broken)) == "XLSX-DAMAGED"


def test_shared_strings_are_read_as_the_programs_write_them(small):
    strings = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        "<si><t>7</t></si><si><r><t>2.</t></r><r><t>50</t></r></si></sst>"
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    relation = f'<Relationship Type="{kind}" Target="sharedStrings.xml" Id="rStrings"/></Relationships>'
    data = in_part(small, "xl/_rels/workbook.xml.rels", "</Relationships>", relation)
    data = repacked(data, lambda _, body: body, ("xl/sharedStrings.xml", strings.encode()))
    assert total_of(with_cell(data, "结果", TOTAL, 't="s"', "<v>1</v>")) == "2.50"
    assert refusal(with_cell(data, "结果", TOTAL, 't="s"', "<v>2</v>")) == "XLSX-DAMAGED"


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="D5" t="s"><v>999999</v></c>',
        '<c r="D5" t="s"><v>-1</v></c>',
        '<c r="XFE5"><v>1</v></c>',
        '<c r="nonsense"><v>1</v></c>',
        '<c r="D6"><v>1</v></c>',
        '<c r="C5"><v>1</v></c>',
    ],
)
def test_a_cell_that_two_programs_would_read_differently_is_damage(small, cell):
    assert (
        refusal(in_part(small, part_of("结果"), rf'<c r="{TOTAL}".*?</c>', cell, is_pattern=True))
        == "XLSX-DAMAGED"
    )


def test_entities_and_doctypes_are_refused_by_the_parser(small):
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><worksheet '
    with pytest.raises(Refused) as caught:
        read_workbook(in_part(small, part_of("结果"), "<worksheet ", bomb))
    assert caught.value.findings[0].rule == "XML-DOCTYPE"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_corrupted_workbook_is_refused_or_read_and_never_crashes(small, data):
    broken = bytearray(small)
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, len(small) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Refused):
        read_workbook(bytes(broken[: data.draw(st.integers(1, len(small)))]))


def test_addresses_go_both_ways():
    for row, column in ((1, 1), (5, 26), (5, 27), (1_048_576, 16_384), (9, 703)):
        assert position(address(row, column)) == (row, column)


def test_a_tree_that_was_written_is_not_changed():
    tree = copy.deepcopy(RECORD)
    written(tree)
    assert tree == RECORD
