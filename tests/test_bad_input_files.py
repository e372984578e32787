"""Files that are no document: each is refused with its reason, and nothing at all is left behind."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from command import CONSIGNMENT, edited, process, run, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.data import data_path

DEEP = 100_000
HUGE = 200 * 1024 * 1024
GOOD = edited()


def record(body: str) -> bytes:
    return ('{"format": "cn.pcf@1", ' + body + "}").encode()


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
BOMB = b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><r>&b;</r>'

UNREADABLE = {
    "an empty file": (b"", "READ-EMPTY"),
    "a file of white space": (b" \r\n\t", "READ-EMPTY"),
    "a key that stands twice": (record('"results": {"total": "1", "total": "2"}'), "READ-DUPLICATE-KEY"),
    "a key that stands twice, once escaped": (record('"\\u0066ormat": "x"'), "READ-DUPLICATE-KEY"),
    "NaN": (record('"results": {"total": NaN}'), "READ-NOT-A-NUMBER"),
    "Infinity": (record('"results": {"total": -Infinity}'), "READ-NOT-A-NUMBER"),
    "a number beyond every double": (record('"results": {"total": 1e400}'), "READ-NUMBER-RANGE"),
    "a number of ten thousand digits": (
        record(f'"results": {{"total": {"9" * 10_000}}}'),
        "READ-NUMBER-TOO-LONG",
    ),
    "a text of two megabytes": (
        record(f'"record": {{"comment": "{"x" * 2_000_000}"}}'),
        "READ-STRING-TOO-LONG",
    ),
    "objects nested a hundred thousand deep": (b'{"a":' * DEEP, "READ-TOO-DEEP"),
    "arrays nested a hundred thousand deep": (b"[" * DEEP + b"]" * DEEP, "READ-TOO-DEEP"),
    "a document and something after it": (GOOD + b" {}", "READ-TRAILING-DATA"),
    "half a document": (GOOD[: len(GOOD) // 2], "READ-JSON-SYNTAX"),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, "READ-BOM"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "READ-BOM"),
    "GBK": (GOOD.decode().encode("gb18030"), "READ-NOT-UTF8"),
    "half a surrogate pair": (record('"record": {"comment": "\\ud800"}'), "READ-LONE-SURROGATE"),
    "a list": (b"[1, 2]", "FORMAT-NOT-AN-OBJECT"),
    "JSON of no known format": (b'{"hello": "world"}', "FORMAT-NOT-KNOWN"),
    "NaN before a document": (b"NaN<x/>", "READ-TRAILING-DATA"),
    "a number that runs into a name": (b'{"a": 1e999x}', "READ-JSON-SYNTAX"),
    "text": ("产品碳足迹".encode(), "READ-JSON-SYNTAX"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", "READ-NOT-UTF8"),
    "XML of no known format": (XML + b"<html/>", "FORMAT-XML-ROOT"),
    "XML with a DOCTYPE": (XML + b"<!DOCTYPE r SYSTEM 'file:///etc/passwd'><r/>", "XML-DOCTYPE"),
    "XML with an entity bomb": (XML + BOMB, "XML-DOCTYPE"),
    "XML in UTF-16": ("<r>铝</r>".encode("utf-16"), "XML-ENCODING"),
    "XML nested a hundred thousand deep": (b"<a>" * DEEP, "XML-NOT-WELL-FORMED"),
    "half an XML document": (XML + b"<r><s>", "XML-NOT-WELL-FORMED"),
    "a zip bomb": (zipped("xl/worksheets/sheet1.xml", b"0" * 20_000_000), "XLSX-RATIO"),
    "a zip that leaves its folder": (zipped("../../etc/cron.d/x", b"x"), "XLSX-UNSAFE-NAME"),
    "an old .xls or a workbook with a password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "XLSX-ENCRYPTED",
    ),
    "a workbook cut off": (
        data_path("examples", "aluminium.xlsx").read_bytes()[:20_000],
        "XLSX-NOT-WORKBOOK",
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_no_document_is_refused_and_nothing_is_left_behind(
    name: str, lang: str, folder: Path
) -> None:
    data, rule = UNREADABLE[name]
    (folder / "input").write_bytes(data)
    severity = {"en": "error", "zh": "错误"}[lang]
    for command in (
        ("check", "input", "-o", "report.txt"),
        ("inspect", "input"),
        ("calculate", "cbam", "input", "--trace", "trace.json"),
        (
            "translate",
            "input",
            "--to",
            "pact.footprint",
            "-o",
            "out.json",
            "--ledger",
            "l.json",
            "--residue",
            "r.json",
        ),
    ):
        done = run(*command, lang=lang)
        assert (done.code, done.out) == (1, b"")
        assert done.err.startswith(f"{severity} [{rule}]")
        assert command[0] == "calculate" or "input" in done.err.splitlines()[0]
        assert written(folder) == {"input": data}


@pytest.mark.parametrize(
    "name", ["a key that stands twice", "UTF-16", "a picture", "XML with an entity bomb"]
)
def test_a_real_process_refuses_it_without_a_traceback(name: str, folder: Path) -> None:
    data, rule = UNREADABLE[name]
    done = process("translate", "-", "--to", "pact.footprint", "-o", "out.json", stdin=data)
    assert (done.code, done.out) == (1, b"")
    assert f"[{rule}]" in done.err
    assert "Traceback" not in done.err
    assert written(folder) == {}


def test_a_defect_of_the_gateway_is_said_to_be_one_and_blames_no_document(folder: Path) -> None:
    broken = "import gateway.cli.check as verb; verb.check = lambda *_: 1 / 0"
    done = process("check", "-", stdin=GOOD, before=broken)
    assert (done.code, done.out) == (3, b"")
    assert done.err.startswith("error [GATEWAY-DEFECT]: The gateway itself failed (ZeroDivisionError: ")
    assert "Traceback" not in done.err
    assert "Traceback" in process("check", "-", stdin=GOOD, before=broken, env={"CBAMGW_TRACEBACK": "1"}).err


def test_the_line_and_the_place_of_a_doubled_key_are_named(folder: Path) -> None:
    (folder / "input").write_bytes(
        b'{"format": "cn.pcf@1",\n "results": {\n  "total": "1",\n  "total": "2"}}'
    )
    assert "(line 4)" in run("check", "input").err
    assert "(第 4 行)" in run("check", "input", lang="zh").err
    assert "total" in run("check", "input").err


def test_the_secret_behind_an_external_entity_never_shows(folder: Path) -> None:
    (folder / "secret").write_text("TOP-SECRET")
    (folder / "input").write_bytes(XML + b'<!DOCTYPE r [<!ENTITY x SYSTEM "secret">]><r>&x;</r>')
    assert "TOP-SECRET" not in run("check", "input").text


def test_a_file_of_200_megabytes_could_not_be_run(folder: Path) -> None:
    with (folder / "input").open("wb") as handle:
        handle.truncate(HUGE)
    done = run("translate", "input", "--to", "pact.footprint", "-o", "out.json", "--ledger", "l.json")
    assert (done.code, done.out) == (3, b"")
    assert "READ-TOO-LARGE" in done.err
    assert [path.name for path in folder.iterdir()] == ["input"]


@pytest.mark.parametrize("name", ["nothing-here.json", ".", "input/below"])
def test_what_cannot_be_opened_could_not_be_run(name: str, folder: Path) -> None:
    (folder / "input").write_bytes(GOOD)
    done, zh = run("check", name), run("check", name, lang="zh")
    assert (done.code, zh.code) == (3, 3)
    assert f"error [READ-CANNOT-OPEN]: The file {name} cannot be read: " in done.err
    assert zh.err.startswith(f"错误 [READ-CANNOT-OPEN]: 无法读取文件 {name}：")
    assert all(ord(letter) > 127 or letter in name for letter in zh.err.split(f"{name}：")[1].split("。")[0])


def test_an_empty_form_is_not_a_record(folder: Path) -> None:
    assert run("new", "cn-pcf", "-o", "form.xlsx").code == 0
    assert run("new", "cn-pcf", "-o", "form.json").code == 0
    (folder / "bare.json").write_bytes(b'{"format": "cn.pcf@1"}')
    for name, rule in (
        ("form.xlsx", "READ-NOTHING-FILLED"),
        ("bare.json", "READ-NOTHING-FILLED"),
        ("form.json", "RECORD-TEXT"),
    ):
        done = run("check", name)
        assert done.code == 1
        assert f"[{rule}]" in done.text


@pytest.mark.parametrize(
    ("file", "wanted"),
    [("r.json", "cbam.qreport"), ("r.xml", "pact.footprint"), ("r.xlsx", "iso14067.report")],
)
def test_a_format_of_another_syntax_is_refused_in_plain_words(file: str, wanted: str, folder: Path) -> None:
    (folder / "r.json").write_bytes(GOOD)
    (folder / "r.xml").write_bytes(qreport())
    (folder / "r.xlsx").write_bytes(data_path("examples", "aluminium.xlsx").read_bytes())
    for done in (
        run("check", file, "--as", wanted),
        run("translate", file, "--from", wanted, "--to", "cn.pcf", "-o", "out.json"),
    ):
        assert (done.code, done.out) == (1, b"")
        assert f"[FORMAT-SYNTAX] {file}: The file is {file[2:]}, but {wanted}@" in done.err
    assert len(written(folder)) == 3


def test_a_document_read_as_another_format_of_its_syntax_does_not_conform(folder: Path) -> None:
    (folder / "r.json").write_bytes(GOOD)
    assert run("check", "r.json", "--as", "pact.footprint").code == 1
    refused = run(
        "translate", "r.json", "--from", "pact.footprint", "--to", "iso14067.report", "-o", "out.json"
    )
    assert refused.code == 1
    assert set(written(folder)) == {"r.json"}


# --- workbooks ---------------------------------------------------------------------------------------


def sheet_of(book: openpyxl.Workbook, path: str) -> tuple[openpyxl.worksheet.worksheet.Worksheet, int]:
    """The sheet and row whose hidden key is this path."""
    for sheet in book.worksheets:
        for row in sheet.iter_rows(max_col=1):
            if row[0].value == path:
                return sheet, row[0].row
    raise AssertionError(path)


def edit_formula(book: openpyxl.Workbook) -> None:
    sheet, row = sheet_of(book, "/results/total")
    cell = next(c for c in sheet[row] if c.value == "13291.66958")
    cell.value = "=1+1"


def edit_merged(book: openpyxl.Workbook) -> None:
    sheet, row = sheet_of(book, "/results/total")
    column = next(c.column_letter for c in sheet[row] if c.value == "13291.66958")
    sheet.merge_cells(f"{column}{row}:{column}{row + 1}")


def edit_sheet(book: openpyxl.Workbook) -> None:
    book.remove(sheet_of(book, "/results/total")[0])


def edit_comma(book: openpyxl.Workbook) -> None:
    sheet, row = sheet_of(book, "/results/total")
    next(c for c in sheet[row] if c.value == "13291.66958").value = "13291,66958"


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (edit_formula, "XLSX-FORMULA-EMPTY"),
        (edit_merged, "XLSX-MERGED"),
        (edit_sheet, "XLSX-MISSING-SHEET"),
        (edit_comma, "RECORD-DECIMAL"),
    ],
)
def test_a_fault_of_a_workbook_is_named_by_sheet_or_cell(edit, rule: str, folder: Path) -> None:
    book = openpyxl.load_workbook(data_path("examples", "aluminium.xlsx"))
    sheet = sheet_of(book, "/results/total")[0].title
    edit(book)
    book.save(folder / "r.xlsx")
    data = (folder / "r.xlsx").read_bytes()
    for lang, severity in (("en", "error"), ("zh", "错误")):
        done = run("check", "r.xlsx", lang=lang)
        assert done.code == 1
        line = next(line for line in done.text.splitlines() if f"[{rule}]" in line)
        assert line.startswith(f"{severity} [{rule}]")
        assert sheet in line
    refused = run("translate", "r.xlsx", "--to", "pact.footprint", "-o", "out.json")
    assert (refused.code, refused.out) == (1, b"")
    assert written(folder) == {"r.xlsx": data}


def test_a_code_that_a_cell_does_not_know_is_named_once(folder: Path) -> None:
    book = openpyxl.load_workbook(data_path("examples", "aluminium.xlsx"))
    sheet, row = sheet_of(book, "/boundary/type")
    sheet.cell(row, 4).value = "从摇篮到大门"
    book.save(folder / "r.xlsx")
    findings = json.loads(run("check", "r.xlsx", "--report", "json").out)["findings"]
    assert [f["rule"] for f in findings if f["path"] == "/boundary/type"] == ["XLSX-CODE"]


# --- bytes at random ---------------------------------------------------------------------------------


@cache
def qreport() -> bytes:
    folder = data_path("examples")
    done = run(
        "translate",
        folder / "aluminium.json",
        "--with",
        folder / "aluminium-consignment.json",
        "--to",
        "cbam.qreport",
    )
    assert done.code == 0
    return done.out


TOKENS = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b",",
        b":",
        b"null",
        b"true",
        b"NaN",
        b"1e999",
        b"-",
        b"\\u0000",
        b"\\ud800",
        b"<",
        b">",
        b"</",
        b"&x;",
        b"<!--",
        b"<![CDATA[",
        b"\x00",
        b"\xff",
        b"\xe2\x80\xae",
        b"\n" * 3,
        b"0" * 50,
    ]
)


@st.composite
def mutated(draw: st.DrawFn, base: bytes) -> bytes:
    """A valid document with up to four places cut out, doubled, overwritten or filled with something odd."""
    data = base
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        size = draw(st.integers(0, 30))
        middle = draw(
            st.one_of(st.just(b""), TOKENS, st.binary(max_size=8), st.just(data[at : at + size] * 2))
        )
        data = data[:at] + middle + data[at + size :]
    return data


def survives(data: bytes) -> None:
    for command in (("check", "-"), ("inspect", "-"), ("translate", "-", "--to", "iso14067.report")):
        done = run(*command, stdin=data)
        assert done.code in (0, 1, 3), done.text
        assert "GATEWAY-DEFECT" not in done.text


SOME = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@SOME
@given(mutated(CONSIGNMENT))
def test_a_consignment_with_random_damage_is_refused_or_read_never_a_crash(data: bytes) -> None:
    survives(data)


@settings(SOME, max_examples=60)
@given(mutated(GOOD))
def test_a_record_with_random_damage_is_refused_or_read_never_a_crash(data: bytes) -> None:
    survives(data)


@settings(SOME, max_examples=60)
@given(mutated(qreport()))
def test_a_report_with_random_damage_is_refused_or_read_never_a_crash(data: bytes) -> None:
    survives(data)


@settings(SOME, max_examples=25)
@given(mutated(data_path("examples", "aluminium.xlsx").read_bytes()))
def test_a_workbook_with_random_damage_is_refused_or_read_never_a_crash(data: bytes) -> None:
    survives(data)


@settings(SOME, max_examples=100)
@given(st.binary(max_size=200))
def test_random_bytes_are_refused_never_a_crash(data: bytes) -> None:
    survives(data)
