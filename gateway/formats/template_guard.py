"""What a filled template must still be: the known version, with its sheets, and with its formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.formats.template_cells import cell_finding
from gateway.formats.template_layout import Place, formula_ranges, layout
from gateway.formats.xlsx_archive import refused
from gateway.formats.xlsx_cells import RawSheet, position
from gateway.model.finding import Finding

_MOST = 50
"""Overwritten formulas that are named one by one; beyond it a workbook is not the template any more."""


def refuse_other(sheets: Mapping[str, RawSheet]) -> None:
    """Refuses another version (TEMPLATE-VERSION) and a workbook without a sheet that carries data."""
    version = layout().raw["version"]
    about = sheets.get(version["sheet"])
    if about is not None:
        found = about.text(*position(version["type"])), about.text(*position(version["date"]))
        if found[0] != version["type_is"] or found[1] not in version["releases"]:
            known = "; ".join(version["releases"].values())
            cell = f"{version['sheet']}!{version['date']}"
            raise refused("TEMPLATE-VERSION", cell=cell, found=" / ".join(found), known=known)
    missing = [name for name in version["needed"] if name not in sheets]
    if missing:
        raise refused("TEMPLATE-SHEET-MISSING", sheet=", ".join(missing))


def overwritten(sheets: Mapping[str, RawSheet]) -> list[Finding]:
    """Cells that hold a formula in the Commission's blank and something else, or nothing, here."""
    found = list(_no_formula(sheets))
    made = [
        cell_finding("TEMPLATE-OVERWRITTEN", str(place), value=text, more="") for place, text in found[:_MOST]
    ]
    if len(found) > _MOST:
        place, text = found[_MOST]
        more = f" (+{len(found) - _MOST - 1})"
        made.append(cell_finding("TEMPLATE-OVERWRITTEN", str(place), value=text, more=more))
    return made


def _no_formula(sheets: Mapping[str, RawSheet]) -> Iterator[tuple[Place, str]]:
    for sheet, rectangles in formula_ranges().items():
        rows = sheets[sheet].rows
        for top, left, bottom, right in rectangles:
            for row in range(top, bottom + 1):
                cells = rows.get(row, {})
                for column in range(left, right + 1):
                    cell = cells.get(column)
                    if cell is None or not cell.is_formula:
                        yield Place(sheet, row, column), (cell.text or "") if cell is not None else ""
