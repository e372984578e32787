"""Sheets, rows and files that are not as they should be: named, never misread."""

import contextlib
import copy
import io
import stat
import struct
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbooks import (
    RECORD,
    SMALL,
    TOTAL,
    edited,
    in_part,
    part_of,
    read,
    refusal,
    repacked,
    said,
    total_of,
    with_cell,
    written,
)

from gateway.formats import xlsx_archive, xlsx_read
from gateway.formats.xlsx import read_workbook
from gateway.formats.xlsx_cells import address, position
from gateway.model.finding import Refused


@pytest.fixture(scope="module")
def full() -> bytes:
    return written(RECORD)


@pytest.fixture(scope="module")
def small() -> bytes:
    return written(SMALL)


# --- sheets, rows and columns -----------------------------------------------------------------------------


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
        ("结果", {"A60": "/results/total"}, {("XLSX-ALTERED-KEY", "结果!A60")}),
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
