"""How the workbook looks: colours, fonts, widths, heights, the printed page."""

from __future__ import annotations

import math
import unicodedata

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

TEXT_FORMAT = "@"
"""Every cell to be filled in is text: no program turns a figure into a float, or a code into a number."""

ASKED_FOR, OPTIONAL, KEY, HEAD, SECTION = "FFF4CC", "FFFFFF", "DDEBF7", "1F4E5F", "D9E7EA"
TABS = {"report": "2E8B57", "cbam": "2F6FB0", "importer": "8A8D91", "other": "C9B458"}

_LINE = Side(style="thin", color="BFC7CB")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_FONT = "Microsoft YaHei"
_LINE_HEIGHT = 15.0
_MOST_HEIGHT = 400.0


def add_styles(book: Workbook) -> None:
    """The named styles that every sheet uses."""
    for name, fill in (("asked", ASKED_FOR), ("optional", OPTIONAL), ("key", KEY)):
        _style(book, f"pcf-{name}", Font(name=_FONT, size=10), fill, TEXT_FORMAT)
    _style(book, "pcf-head", Font(name=_FONT, size=10, bold=True, color="FFFFFF"), HEAD)
    _style(book, "pcf-subhead", Font(name=_FONT, size=9, color="FFFFFF"), HEAD)
    _style(book, "pcf-section", Font(name=_FONT, size=10, bold=True, color=HEAD), SECTION)
    _style(book, "pcf-label", Font(name=_FONT, size=10), "F5F7F8")
    _style(book, "pcf-note", Font(name=_FONT, size=9, color="4A5560"), "F5F7F8")
    _style(book, "pcf-title", Font(name=_FONT, size=14, bold=True, color=HEAD), None)
    _style(book, "pcf-line", Font(name=_FONT, size=10), None)


def _style(book: Workbook, name: str, font: Font, fill: str | None, number_format: str = "General") -> None:
    made = NamedStyle(name=name, font=font, number_format=number_format)
    made.alignment = Alignment(vertical="center", wrap_text=fill is not None)
    if fill is not None:
        made.fill = PatternFill("solid", fgColor=fill)
        made.border = _BOX
    book.add_named_style(made)


def text_width(text: str) -> int:
    """Width in columns of a spreadsheet: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def height_of(texts: list[tuple[str, float]], least: float = 18.0) -> float:
    """Height in points of a row of wrapped texts, each with the width of its column."""
    lines = [
        sum(max(1, math.ceil(text_width(line) * 1.1 / width)) for line in text.split("\n"))
        for text, width in texts
    ]
    return min(_MOST_HEIGHT, max(least, max(lines, default=1) * _LINE_HEIGHT + 4))


PAGE_WIDTHS = {"A4": 205, "A3": 240}
"""Columns of text that stay legible on one page in landscape."""


def set_page(sheet: Worksheet, widths: list[float], *, headings: str, keys: str = "") -> None:
    """Landscape, as many pages side by side as stay legible, headings and keys on every page, numbered."""
    total = sum(widths)
    paper = "A4" if total <= PAGE_WIDTHS["A4"] else "A3"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4 if paper == "A4" else sheet.PAPERSIZE_A3
    sheet.page_setup.fitToWidth = math.ceil(total / PAGE_WIDTHS[paper])
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = headings
    if keys:
        sheet.print_title_cols = keys
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top, sheet.page_margins.bottom, sheet.page_margins.footer = 0.6, 0.75, 0.35
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(center=_HeaderFooterPart(text="&A   &P / &N"))
