"""Workbooks to test with: written ones, and the same with single parts or cells changed."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from xml.sax.saxutils import escape

import openpyxl
import pytest

from gateway.check.catalog import message, rules
from gateway.data import data_path
from gateway.formats.xlsx import read_workbook, write_workbook
from gateway.formats.xlsx_layout import sheets
from gateway.model.finding import Finding, Refused

RECORD = json.loads(data_path("conformance", "cases", "bases", "record.json").read_bytes())
SMALL = {"format": "cn.pcf@1", "results": {"unit": "kgCO2e", "total": "1.50"}}


def written(tree=None) -> bytes:
    out = io.BytesIO()
    write_workbook(tree, out)
    return out.getvalue()


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


def total_of(data: bytes) -> object:
    return read(data)[0]["results"].get("total")


def edited(data: bytes, edit: Callable[[openpyxl.Workbook], object]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
