"""The cells of a workbook with the text that really stands in the file.

A spreadsheet library turns a figure into a binary float before anyone sees it. Here the XML itself is
read, so ``1.50`` in a text cell stays ``1.50``, and a number cell shows the digits that the program stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from gateway.formats.xlsx_archive import Archive, refused

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384

CellKind = Literal["text", "number", "date", "boolean", "error"]

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
# ECMA-376 part 1, 18.8.30: number formats without a code of their own that show dates and times
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_NOT_DATE_LETTERS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')


@dataclass(frozen=True, slots=True)
class Cell:
    """One filled cell. ``text`` is None for a formula without a stored result."""

    row: int
    column: int
    kind: CellKind
    text: str | None
    is_formula: bool = False


@dataclass(slots=True)
class RawSheet:
    """One sheet: its filled cells by row and column (both from 1), and its merged ranges."""

    name: str
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merged: list[tuple[str, int, int, int, int]] = field(default_factory=list)

    def text(self, row: int, column: int) -> str:
        """The text of a cell, empty where there is none."""
        cell = self.rows.get(row, {}).get(column)
        return (cell.text or "") if cell is not None else ""


@dataclass(slots=True)
class RawBook:
    """Every worksheet in order, and whether serial dates count from 1904."""

    sheets: list[RawSheet]
    from_1904: bool


def address(row: int, column: int) -> str:
    """``C5`` of row 5, column 3."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def position(reference: str) -> tuple[int, int]:
    """Row and column of ``C5``. Raises Refused for what is no address.

    >>> position("C5")
    (5, 3)
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise refused("XLSX-DAMAGED", part=reference)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    if column > MAX_COLUMNS or int(match[2]) > MAX_ROWS:
        raise refused("XLSX-DAMAGED", part=reference)
    return int(match[2]), column


def read_cells(data: bytes) -> RawBook:
    """Every worksheet of a workbook. Raises Refused (``XLSX-…``) for a file that is no sound workbook."""
    archive = Archive(data)
    if not archive.has("[Content_Types].xml") or not archive.has("_rels/.rels"):
        raise refused("XLSX-NOT-WORKBOOK")
    if b"macroEnabled" in archive.read("[Content_Types].xml"):
        raise refused("XLSX-MACRO")
    main = next((name for kind, name in archive.related("").values() if kind == "officeDocument"), "")
    if not main.startswith("xl/") or not archive.has(main):
        raise refused("XLSX-NOT-WORKBOOK")  # a zip of another kind, or a .docx
    root, related = archive.xml(main), archive.related(main)
    by_kind = dict(related.values())
    strings = _strings(archive.xml(by_kind["sharedStrings"])) if "sharedStrings" in by_kind else []
    dates = _date_styles(archive.xml(by_kind["styles"])) if "styles" in by_kind else frozenset()
    properties = root.find("{*}workbookPr")
    from_1904 = properties is not None and properties.get("date1904") in ("1", "true")
    book = RawBook([], from_1904)
    for row in root.iterfind("{*}sheets/{*}sheet"):
        kind, part = related.get(_relation(row), ("", ""))
        if kind == "worksheet":  # a sheet that holds only a chart has no cells
            sheet = RawSheet(row.get("name", ""))
            _fill(sheet, archive.xml(part), strings, dates)
            book.sheets.append(sheet)
    return book


def sheet_parts(archive: Archive) -> dict[str, str]:
    """The part of each worksheet by its name."""
    main = next((name for kind, name in archive.related("").values() if kind == "officeDocument"), "")
    related = archive.related(main)
    found = {}
    for row in archive.xml(main).iterfind("{*}sheets/{*}sheet"):
        kind, part = related.get(_relation(row), ("", ""))
        if kind == "worksheet":
            found[row.get("name", "")] = part
    return found


def _relation(element: etree._Element) -> str:
    """The attribute ``r:id``, in either of the two namespaces that are in use (transitional, strict)."""
    return next((str(v) for k, v in element.attrib.items() if str(k).endswith("}id")), "")


def _text_of(element: etree._Element) -> str:
    """The runs of a string without its phonetic guide (rPh), which is no part of the value."""
    runs = [t.text or "" for path in ("{*}t", "{*}r/{*}t") for t in element.iterfind(path)]
    return unescaped("".join(runs))


def unescaped(text: str) -> str:
    """ECMA-376 part 1, 22.9.2.19: ``_x000D_`` is a carriage return, ``_x005F_`` an underscore."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda m: m[0] if 0xD800 <= int(m[1], 16) < 0xE000 else chr(int(m[1], 16)), text)


def _strings(root: etree._Element) -> list[str]:
    return [_text_of(entry) for entry in root.iterfind("{*}si")]


def _date_styles(root: etree._Element) -> frozenset[int]:
    """The style numbers whose number format shows a date or a time."""
    own = {f.get("numFmtId"): f.get("formatCode", "") for f in root.iterfind("{*}numFmts/{*}numFmt")}
    found = set()
    for index, style in enumerate(root.iterfind("{*}cellXfs/{*}xf")):
        number = style.get("numFmtId", "0")
        code = own.get(number)
        shown = _NOT_DATE_LETTERS.sub("", code.partition(";")[0]).lower() if code is not None else ""
        if (code is None and number.isdecimal() and int(number) in _DATE_FORMATS) or (
            code is not None and "general" not in shown and any(c in shown for c in "ymdhs")
        ):
            found.add(index)
    return frozenset(found)


def _fill(sheet: RawSheet, root: etree._Element, strings: list[str], dates: frozenset[int]) -> None:
    row = 0
    for element in root.iterfind("{*}sheetData/{*}row"):
        row = _number(element.get("r"), row + 1, MAX_ROWS)
        column = 0
        for cell in element.iterfind("{*}c"):
            reference = cell.get("r")
            here, column = position(reference) if reference is not None else (row, column + 1)
            if here != row or column in sheet.rows.get(row, {}):  # two readers would see two workbooks
                raise refused("XLSX-DAMAGED", part=f"{sheet.name}!{reference}")
            made = _cell(cell, row, column, strings, dates)
            if made is not None:
                sheet.rows.setdefault(row, {})[column] = made
    sheet.merged.extend(_merged(root))


def _number(text: str | None, default: int, most: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 7 or not 0 < int(text) <= most:
        raise refused("XLSX-DAMAGED", part=text)
    return int(text)


def _merged(root: etree._Element) -> Iterator[tuple[str, int, int, int, int]]:
    for merge in root.iterfind("{*}mergeCells/{*}mergeCell"):
        reference = merge.get("ref", "")
        first, _, last = reference.partition(":")
        yield reference, *position(first), *position(last or first)


def _cell(
    element: etree._Element, row: int, column: int, strings: list[str], dates: frozenset[int]
) -> Cell | None:
    """The cell, None when it is empty. ECMA-376 part 1, 18.18.11: its type is the attribute ``t``."""
    kind = element.get("t", "n")
    is_formula = element.find("{*}f") is not None
    if kind == "inlineStr":
        inline = element.find("{*}is")
        text = _text_of(inline) if inline is not None else ""
        return Cell(row, column, "text", text, is_formula) if text or is_formula else None
    stored = element.find("{*}v")
    raw = (stored.text or "") if stored is not None else ""
    if stored is None or (raw == "" and kind != "str"):
        return Cell(row, column, "text", None, True) if is_formula else None
    if kind == "s":
        if not (raw.isascii() and raw.isdecimal()) or len(raw) > 8 or int(raw) >= len(strings):
            raise refused("XLSX-DAMAGED", part=address(row, column))
        raw = strings[int(raw)]
    elif kind == "str":
        raw = unescaped(raw)
    if raw == "" and not is_formula:
        return None
    return Cell(row, column, _kind(kind, element.get("s", "0"), dates), raw, is_formula)


def _kind(kind: str, style: str, dates: frozenset[int]) -> CellKind:
    if kind == "n":
        return "date" if style.isascii() and style.isdecimal() and int(style) in dates else "number"
    if kind == "b":
        return "boolean"
    return "error" if kind == "e" else "text"  # s, str, and d: an ISO date as text
