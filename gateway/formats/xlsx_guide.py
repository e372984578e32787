"""The first sheet of the workbook: what it is, how to fill it in, what its colours mean, where things are."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from gateway.formats.xlsx_layout import GUIDE_MARK, GUIDE_SHEET, HEADING, NOTE_KEY, VALUE_KEY, Sheet, sheets
from gateway.formats.xlsx_style import TABS, height_of, set_page

_WIDTHS = {1: 4, 2: 26, 3: 36, 4: 62}

_CBAM = frozenset(
    {
        "/processes",
        "/sourceStreams",
        "/pfc",
        "/energyUnits",
        "/heat",
        "/wasteGas",
        "/precursors",
        "/goods",
        "/carbonMarket",
        "/installations",
    }
)
_IMPORTER = frozenset({"/declaration", "/consignments"})

_PURPOSE = {
    "report": "GB/T 24067 报告要求的内容\nAsked for by the GB/T 24067 report",
    "cbam": "计算 CBAM 隐含排放时填写\nFor CBAM embedded emissions",
    "importer": "通常由进口商提供\nUsually supplied by the importer",
    "other": "有则填写\nWhere available",
}

_STEPS = (
    ("先填黄色单元格（GB/T 24067 报告要求的内容），再按需填写其他表。没有数据的表留空，请勿删除。",
     "Fill in the yellow cells first (asked for by GB/T 24067), then other sheets as needed. "
     "Leave unused sheets empty; do not delete them."),
    ("所有单元格均为文本格式：数值按原样保留位数，小数点用“.”，不用千位分隔符、科学计数法或公式。",
     "Every cell is text: figures keep their digits. "
     "Use a decimal point, no thousands separator, no exponent, no formula."),
    ("有下拉列表的单元格请从列表中选择，也可直接填写代码；日期写作 2025-01-31。",
     "Choose from the drop-down list where there is one, or type the code itself. "
     "Dates are written 2025-01-31."),
    ("一格一值，请勿合并单元格。可增加数据行；多值字段可复制整行或整列后再填。",
     "One value per cell; do not merge cells. Rows of data may be added; "
     "for a field of several values, copy its row or column."),
    ("蓝色单元格为编号：明细表的每一行通过编号与上级表对应。",
     "Blue cells are keys: each row of a detail sheet names the row of its parent sheet."),
    ("请勿改动隐藏的首行和首列，程序据此识别字段；表头文字可以修改或翻译。",
     "Do not change the hidden first row and column, by which fields are recognised. "
     "Headings may be changed or translated."),
    ("填好后运行：cbamgw check 文件名.xlsx",
     "When done, run: cbamgw check FILE.xlsx"),
)  # fmt: skip

_LEGEND = (
    ("pcf-asked", "GB/T 24067 报告要求的内容", "Asked for by the GB/T 24067 report"),
    ("pcf-key", "编号，用于对应各表", "Key that links the sheets"),
    ("pcf-optional", "选填", "Optional"),
    ("pcf-note", "说明，无需填写", "For information only"),
)


def tab_of(sheet: Sheet) -> str:
    """What a sheet is for: report, cbam, importer or other."""
    top = f"/{sheet.path.split('/')[1]}"
    if top in _IMPORTER:
        return "importer"
    if top in _CBAM:
        return "cbam"
    return "report" if any(field.gbt for field in sheet.fields) else "other"


def draw_guide(book: Workbook, version: str) -> None:
    """Draw the sheet; the value of ``/format`` stands on it, which says which version this is."""
    target = book.create_sheet(GUIDE_SHEET)
    target["A1"] = GUIDE_MARK
    for column, mark in ((2, NOTE_KEY), (3, NOTE_KEY), (4, VALUE_KEY)):
        target.cell(1, column, mark)
    for column, width in _WIDTHS.items():
        target.column_dimensions["ABCD"[column - 1]].width = width
    target.sheet_view.showGridLines = False
    number = _row(target, 2, ("中国产品碳足迹记录",), "pcf-title")
    number = _row(target, number, ("Chinese product carbon footprint record",), "pcf-line")
    target.cell(number, 1, "/format")
    for column, text, style in ((2, "格式", "pcf-label"), (3, "Format", "pcf-note"), (4, version, "pcf-key")):
        target.cell(number, column, text).style = style
    number = _heading(target, number + 2, "填写步骤", "How to fill it in")
    for index, (zh, en) in enumerate(_STEPS, start=1):
        number = _step(target, number, f"{index}. {zh}", en)
    number = _heading(target, number + 1, "颜色", "Colours")
    for style, zh, en in _LEGEND:
        target.cell(number, 2).style = style
        number = _row(target, number, (None, zh, en), "pcf-line")
    number = _heading(target, number + 1, "各表内容", "Sheets")
    for sheet in sheets():
        number = _index_row(target, number, sheet)
    target.row_dimensions[1].hidden = True
    target.column_dimensions["A"].hidden = True
    set_page(target, [float(width) for width in _WIDTHS.values()], headings="2:2")
    target.page_setup.orientation = "portrait"


def _row(target: Worksheet, number: int, texts: tuple[str | None, ...], style: str, *more: str) -> int:
    target.cell(number, 1, HEADING)
    for column, text in enumerate((*texts, *more), start=2):
        if text is not None:
            target.cell(number, column, text or None).style = style
    target.row_dimensions[number].height = 28 if style == "pcf-title" else 19
    return number + 1


def _heading(target: Worksheet, number: int, zh: str, en: str) -> int:
    return _row(target, number, (zh, en), "pcf-head", "")


def _step(target: Worksheet, number: int, zh: str, en: str) -> int:
    # merged for reading only: no field stands in these rows
    target.cell(number, 1, HEADING)
    target.cell(number, 2, f"{zh}\n{en}").style = "pcf-note"
    for column in (3, 4):
        target.cell(number, column).style = "pcf-note"
    target.merge_cells(start_row=number, end_row=number, start_column=2, end_column=4)
    target.row_dimensions[number].height = height_of([(f"{zh}\n{en}", float(sum(_WIDTHS.values()) - 4))])
    return number + 1


def _index_row(target: Worksheet, number: int, sheet: Sheet) -> int:
    purpose = _PURPOSE[tab_of(sheet)].replace("\n", " · ")
    _row(target, number, (sheet.zh, sheet.en, purpose), "pcf-note")
    link = target.cell(number, 2)
    link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{sheet.zh}'!B2", display=sheet.zh)
    link.font = Font(name="Microsoft YaHei", size=10, underline="single", color=TABS["cbam"])
    return number + 1
