"""The workbook: what is written comes back, and what it cannot hold is refused."""

import io
import shutil
import subprocess
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbooks import RECORD, SMALL, TOTAL, cell_of, checked, part_of, read, written

from gateway.formats.leaves import leaves
from gateway.formats.record_schema import build_record_schema
from gateway.formats.xlsx import write_workbook
from gateway.model.finding import Refused


@pytest.fixture(scope="module")
def full() -> bytes:
    return written(RECORD)


@pytest.fixture(scope="module")
def small() -> bytes:
    return written(SMALL)


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
    names = st.lists(st.sampled_from(list(schema["properties"])), min_size=1, max_size=9, unique=True)
    chosen = dict.fromkeys([*schema.get("required", []), *draw(names)])
    return {name: draw(nodes(schema["properties"][name])) for name in chosen}


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
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
