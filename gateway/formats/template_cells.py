"""The value of one cell of the communication template, and what is doubtful about it."""

from __future__ import annotations

import re
from decimal import Decimal

from gateway.formats.binary64 import typed_figure
from gateway.formats.xlsx_cells import Cell
from gateway.formats.xlsx_values import MAX_EXPONENT, moment_of
from gateway.model.finding import Finding, Severity

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_DIGITS = 60


def cell_value(cell: Cell | None, kind: str) -> tuple[str | bool | None, str]:
    """(value, the rule it breaks or nothing). None where the cell is empty.

    Figures are the digits that stand in the file, those of a number cell as they were typed.
    """
    if cell is None or cell.text is None or not cell.text.strip():
        return None, ""
    if cell.kind == "error":
        return None, "XLSX-ERROR-VALUE"
    if kind == "boolean" and cell.kind == "boolean":
        return cell.text == "1", ""
    if kind == "date" and cell.kind in ("date", "number"):
        moment = moment_of(cell.text)
        return (moment.date().isoformat(), "") if moment is not None else (cell.text, "XLSX-DATE-CELL")
    return (figure_text(cell.text) if cell.kind in ("number", "date") else cell.text), ""


def figure_text(stored: str) -> str:
    """Plain decimal text of a stored number, as it was typed."""
    if len(stored) > _DIGITS or not _NUMBER.fullmatch(stored):
        return stored
    figure = Decimal(stored)
    if figure and abs(figure.adjusted()) > MAX_EXPONENT:
        return stored
    return format(typed_figure(figure), "f")


def cell_finding(
    rule: str, place: str, path: str = "", *, severity: Severity = "error", **values: str
) -> Finding:
    """A finding that names a cell: ``place`` is ``Sheet!A1``, or a sheet alone."""
    sheet, _, cell = place.rpartition("!") if "!" in place else (place, "", "")
    return Finding(rule, severity, "read", path, place, None, {"sheet": sheet, "cell": cell, **values})
