"""Drawing the sheets: forms, tables and the hidden code lists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from gateway.formats.codes import code_list
from gateway.formats.fields import REPORT_PARTS, RecordField, groups_of, record_fields, record_titles
from gateway.formats.xlsx_guide import draw_guide, tab_of
from gateway.formats.xlsx_layout import (
    CODES_MARK,
    CODES_SHEET,
    HEADING,
    NOTE_KEY,
    VALUE_KEY,
    Sheet,
    sheets,
)
from gateway.formats.xlsx_style import TABS, TEXT_FORMAT, height_of, set_page

Row = dict[str, list[str]]
"""Texts by the path of their field; more than one for a field of several texts."""

LIST_ROOM = 3
"""Cells offered for a field of several texts; a longer list gets as many as it needs."""

BLANK_ROWS = 15
"""Framed rows offered below the data of a table."""

LAST_ROW = 1000
"""The drop-down lists of a table reach down to here."""

_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_UNIT = re.compile(r"（([^（）]*(?:（[^（）]*）)?[^（）]*)）$")
_FORM_WIDTHS = {1: 4, 2: 30, 3: 38, 4: 46, 5: 22, 6: 58}
_FORM_HEADINGS = ("字段", "Field", "填写 Value", "单位或代码 Unit or code", "填写说明 Guidance")


@dataclass(slots=True)
class Filled:
    """What is to be written: the single values, and the rows of each table by the path of its list."""

    single: Row
    rows: dict[str, list[Row]]


def draw(book: Workbook, filled: Filled) -> None:
    """Every sheet in its order: the guide first, the code lists hidden at the end."""
    lists = _list_ranges()
    draw_guide(book, filled.single["/format"][0])
    for sheet in sheets():
        target = book.create_sheet(sheet.zh)
        target.sheet_properties.tabColor = TABS[tab_of(sheet)]
        target["A1"] = sheet.mark
        target.sheet_view.showGridLines = False
        if sheet.is_table:
            _draw_table(target, sheet, filled.rows[sheet.path], lists)
        else:
            _draw_form(target, sheet, filled.single, lists)
        target.row_dimensions[1].hidden = True
        target.column_dimensions["A"].hidden = True
    _draw_lists(book.create_sheet(CODES_SHEET))


def write_text(cell: Cell, text: str, style: str) -> None:
    """Put a text into a cell, as text whatever it looks like: ``=1+1`` is no formula, ``#N/A`` no error."""
    cell.value = text
    cell.data_type = "s"
    cell.style = style
    # the mark of a leading apostrophe: a program that exports or re-enters the cell keeps it text as well
    if text[:1] in ("=", "+", "-", "@", "\t") and not _PLAIN.fullmatch(text):
        cell.quotePrefix = True


# --- forms ----------------------------------------------------------------------------------------------


def _draw_form(target: Worksheet, sheet: Sheet, values: Row, lists: dict[str, str]) -> None:
    for column, mark in ((2, NOTE_KEY), (3, NOTE_KEY), (4, VALUE_KEY), (5, NOTE_KEY), (6, NOTE_KEY)):
        target.cell(1, column, mark)
    for column, width in _FORM_WIDTHS.items():
        target.column_dimensions[get_column_letter(column)].width = width
    _title(target, sheet)
    target.cell(3, 1, HEADING)
    for column, heading in enumerate(_FORM_HEADINGS, start=2):
        target.cell(3, column, heading).style = "pcf-head"
    target.row_dimensions[3].height = 22
    chosen: dict[str, list[str]] = {}
    number, group = 3, sheet.path
    for field in sorted(sheet.fields, key=lambda field: _section_of(field) != sheet.path):
        if _section_of(field) != group:
            number, group = number + 1, _section_of(field)
            _section(target, number, group)
        texts = values.get(field.path, [])
        room = max(LIST_ROOM, len(texts)) if field.is_list else 1
        for index in range(room):
            number += 1
            _form_row(target, number, field, texts[index] if index < len(texts) else None)
            chosen.setdefault(_list_of(field), []).append(f"D{number}")
    _validate(target, chosen, lists)
    target.freeze_panes = "D4"
    set_page(target, [float(width) for width in _FORM_WIDTHS.values()], headings="2:3")


def _section_of(field: RecordField) -> str:
    """The group under whose heading a field stands; a name in two languages stands with its owner."""
    *_, owner, group = ["", *groups_of(field.path)]
    return owner if owner and field.path.endswith(("/zh", "/en")) else group


def _title(target: Worksheet, sheet: Sheet) -> None:
    target.cell(2, 1, HEADING)
    target.cell(2, 2, f"{sheet.zh}  {sheet.en}").style = "pcf-title"
    target.row_dimensions[2].height = 30


def _section(target: Worksheet, number: int, path: str) -> None:
    title = record_titles()[path]
    target.cell(number, 1, HEADING)
    for column, text in enumerate((title.zh, title.en, "", "", ""), start=2):
        target.cell(number, column, text or None).style = "pcf-section"
    target.row_dimensions[number].height = 20


def _form_row(target: Worksheet, number: int, field: RecordField, text: str | None) -> None:
    target.cell(number, 1, field.path)
    notes = {2: (field.zh, "pcf-label"), 3: (field.en, "pcf-note"), 5: (form_of(field), "pcf-note")}
    notes[6] = (guidance(field), "pcf-note")
    for column, (note, style) in notes.items():
        target.cell(number, column, note or None).style = style
    style = "pcf-asked" if field.gbt else "pcf-optional"
    if text is None:
        target.cell(number, 4).style = style
    else:
        write_text(_cell(target, number, 4), text, style)
    shown = [(note, float(_FORM_WIDTHS[column])) for column, (note, _) in notes.items()]
    target.row_dimensions[number].height = height_of([*shown, (text or "", float(_FORM_WIDTHS[4]))])


# --- tables ---------------------------------------------------------------------------------------------


def _draw_table(target: Worksheet, sheet: Sheet, rows: list[Row], lists: dict[str, str]) -> None:
    columns = _table_columns(sheet, rows)
    _title(target, sheet)
    for number in (3, 4, 5):
        target.cell(number, 1, HEADING)
    chosen: dict[str, list[str]] = {}
    heights: list[list[tuple[str, float]]] = [[], [], []]
    for column, (field, index) in enumerate(columns, start=2):
        letter, width = get_column_letter(column), _width(field)
        target.cell(1, column, field.path)
        target.column_dimensions[letter].width = width
        # a row typed below the framed ones is text as well
        target.column_dimensions[letter].number_format = TEXT_FORMAT
        notes = _column_notes(sheet, field, index)
        for offset, (note, style) in enumerate(zip(notes, ("head", "subhead", "note"), strict=True)):
            target.cell(3 + offset, column, note or None).style = f"pcf-{style}"
            heights[offset].append((note, float(width)))
        chosen.setdefault(_list_of(field), []).append(f"{letter}6:{letter}{LAST_ROW}")
    for offset, texts in enumerate(heights):
        target.row_dimensions[3 + offset].height = height_of(texts)
    for number in range(len(rows) + BLANK_ROWS):
        _table_row(target, 6 + number, sheet, columns, rows[number] if number < len(rows) else {})
    _validate(target, chosen, lists)
    fixed = len(sheet.parents) + bool(sheet.key)
    target.freeze_panes = f"{get_column_letter(2 + fixed)}6"
    keys = f"B:{get_column_letter(1 + fixed)}" if fixed else ""
    set_page(target, [float(_width(field)) for field, _ in columns], headings="2:5", keys=keys)


def _table_columns(sheet: Sheet, rows: list[Row]) -> list[tuple[RecordField, int]]:
    """The columns: a field, and its number where a field of several texts has several columns. Keys first."""
    made: list[tuple[RecordField, int]] = []
    for field in sorted(sheet.columns, key=lambda f: f not in sheet.parents and f.path != sheet.key):
        most = max((len(row.get(field.path, ())) for row in rows), default=0)
        made += [(field, index) for index in range(max(LIST_ROOM, most) if field.is_list else 1)]
    return made


def _column_notes(sheet: Sheet, field: RecordField, index: int) -> tuple[str, str, str]:
    zh, en = sheet.heading(field)
    if field.is_list:
        zh, en = f"{zh} {index + 1}", f"{en} {index + 1}"
    notes = [form_of(field)]
    if field in sheet.parents:
        notes.append("与上级表中的编号一致\nAs on the parent's sheet")
    elif field.path == sheet.key:
        notes.append("必填，不得重复\nRequired, unique")
    return zh, en, "\n".join(part for part in (*notes, guidance(field)) if part)


def _table_row(
    target: Worksheet, number: int, sheet: Sheet, columns: list[tuple[RecordField, int]], row: Row
) -> None:
    for column, (field, index) in enumerate(columns, start=2):
        is_key = field in sheet.parents or field.path == sheet.key
        style = "pcf-key" if is_key else "pcf-asked" if field.gbt else "pcf-optional"
        texts = row.get(field.path, [])
        cell = _cell(target, number, column)
        if index < len(texts):
            write_text(cell, texts[index], style)
        else:
            cell.style = style


def _width(field: RecordField) -> int:
    if field.codes:
        return 24
    if field.type in ("decimal", "integer", "boolean", "date"):
        return 16
    return 20 if field.path.endswith(("/id", "/process", "/installation", "/unit")) else 26


def _cell(target: Worksheet, row: int, column: int) -> Cell:
    cell = target.cell(row, column)
    assert isinstance(cell, Cell)  # a MergedCell exists only where cells were merged, and none are
    return cell


# --- notes and lists --------------------------------------------------------------------------------------


def form_of(field: RecordField) -> str:
    """How a field is written: its unit, or where its value comes from."""
    if field.codes:
        return "从下拉列表选择\nChoose from the list"
    unit = _UNIT.search(field.zh)
    words = {
        "decimal": "数值，小数点用“.”\nDecimal with a point",
        "integer": "整数\nWhole number",
        "boolean": "是 / 否\nYes / no",
        "date": "YYYY-MM-DD",
        "datetime": "YYYY-MM-DDTHH:MM:SSZ",
        "text": "",
    }
    if field.type == "decimal" and unit is not None and re.search("[A-Za-z%]", unit[1]):
        return unit[1]
    return words[field.type]


def guidance(field: RecordField) -> str:
    """What the person who fills the field in should know."""
    notes = [field.help_zh, field.help_en]
    if field.gbt:
        zh, en = REPORT_PARTS[field.gbt]
        notes.append(f"GB/T 24067 报告模板：{zh}（{en}）")
    return "\n".join(note for note in notes if note)


def _list_of(field: RecordField) -> str:
    return "boolean" if field.type == "boolean" else field.codes


def _validate(target: Worksheet, chosen: dict[str, list[str]], lists: dict[str, str]) -> None:
    for name, ranges in chosen.items():
        if not name:
            continue
        source = '"是,否"' if name == "boolean" else lists[name]
        # a warning only: a code typed without its label is understood as well
        rule = DataValidation(
            type="list", formula1=source, allow_blank=True, showErrorMessage=True, errorStyle="warning",
            errorTitle="不在列表中 Not in the list",
            error="请从下拉列表中选择。\nPlease choose from the list.",
        )  # fmt: skip
        for cells in ranges:
            rule.add(cells)
        target.add_data_validation(rule)


def _lists() -> list[str]:
    return list(dict.fromkeys(field.codes for field in record_fields() if field.codes))


def _list_ranges() -> dict[str, str]:
    """Each code list as the range it fills on the hidden sheet."""
    found = {}
    for column, name in enumerate(_lists(), start=2):
        letter = get_column_letter(column)
        found[name] = f"'{CODES_SHEET}'!${letter}$2:${letter}${1 + len(code_list(name).codes)}"
    return found


def _draw_lists(target: Worksheet) -> None:
    target["A1"] = CODES_MARK
    for column, name in enumerate(_lists(), start=2):
        target.cell(1, column, name)
        codes = code_list(name)
        for row, code in enumerate(codes.codes, start=2):
            write_text(_cell(target, row, column), codes.display(code), "pcf-line")
    target.sheet_state = "hidden"
