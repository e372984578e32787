"""The value of a cell as a leaf of the record, and everything that is doubtful about it.

Text is passed on as it stands: a comma, a full-width digit or a space in a figure is for the schema and
the rules to name, never for the reader to mend. What a program has stored as a number is converted by
decimal arithmetic only, with a finding where the digits are the program's rather than the person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches

from gateway.formats.codes import CodeList, code_list
from gateway.formats.fields import RecordField
from gateway.formats.xlsx_cells import Cell
from gateway.model.finding import Severity

TYPED_DIGITS = 15
"""Significant digits that a spreadsheet keeps of what a person types; more come from binary arithmetic."""

MAX_EXPONENT = 60
"""Beyond it a number is passed on as it stands: no figure of a record is that large or that small."""

MAX_SERIAL = 2_958_465
"""31 December 9999, the last day that a spreadsheet knows."""

_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_BOOLEANS = {"是": True, "true": True, "yes": True, "否": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A rule that the cell breaks, with the values of its message."""

    rule: str
    severity: Severity = "error"
    values: dict[str, str] = field(default_factory=dict)


Value = str | bool | None
"""A leaf; None where the cell says nothing."""


def leaf_value(cell: Cell, target: RecordField, *, from_1904: bool) -> tuple[Value, list[Doubt]]:
    """The leaf that a cell gives for a field, with its doubts. Never raises."""
    doubts: list[Doubt] = []
    if cell.text is None:
        return None, [Doubt("XLSX-FORMULA-EMPTY")]
    if cell.is_formula:
        doubts.append(Doubt("XLSX-FORMULA", "warning", {"value": cell.text}))
    if cell.kind == "error":
        return None, [*doubts, Doubt("XLSX-ERROR-VALUE", values={"value": cell.text})]
    if not cell.text.strip():
        if cell.text:
            doubts.append(Doubt("XLSX-BLANK", "warning"))
        return None, doubts
    text, found = _text(cell, target, from_1904)
    value, more = _typed(text, target)
    return value, [*doubts, *found, *more]


def _text(cell: Cell, target: RecordField, from_1904: bool) -> tuple[str, list[Doubt]]:
    text = cell.text or ""
    if cell.kind == "boolean":
        return ("true" if text == "1" else "false"), []
    if cell.kind == "date":
        return _date(text, target, from_1904)
    if cell.kind == "number":
        return _number(text, target)
    return text, []


def _number(raw: str, target: RecordField) -> tuple[str, list[Doubt]]:
    """Plain digits of a stored number: exact, whatever its notation."""
    text = raw
    digits = len(raw.lstrip("-").replace(".", "").lstrip("0"))
    clean = _PLAIN.fullmatch(raw) is not None and digits <= TYPED_DIGITS
    if not clean and len(raw) <= 60 and _NUMBER.fullmatch(raw):
        figure = Decimal(raw)
        if abs(figure.adjusted()) <= MAX_EXPONENT:
            text = format(figure, "f")
    if not clean:
        return text, [Doubt("XLSX-NUMBER-CELL", "warning", {"raw": raw, "value": text})]
    if target.type == "text":  # a code such as 0101 or 01 has already lost its zeros, if it had any
        return text, [Doubt("XLSX-NUMBER-AS-TEXT", "warning", {"value": text})]
    return text, []


def _date(raw: str, target: RecordField, from_1904: bool) -> tuple[str, list[Doubt]]:
    moment = moment_of(raw, from_1904)
    if moment is None:
        return raw, [Doubt("XLSX-DATE-CELL", "warning", {"raw": raw, "value": raw})]
    if target.type == "datetime":
        text = f"{moment:%Y-%m-%dT%H:%M:%S}Z" if moment.year >= 1000 else raw
        return text, [Doubt("XLSX-TIME-ZONE", "warning", {"value": text})]
    # a time of day in a field of days is kept: the schema then refuses it, instead of losing it here
    whole = moment.time().isoformat() == "00:00:00"
    text = moment.date().isoformat() if whole else moment.isoformat()
    if target.type == "date":
        return text, []
    return text, [Doubt("XLSX-DATE-CELL", "warning", {"raw": raw, "value": text})]


def moment_of(raw: str, from_1904: bool = False) -> datetime | None:
    """The moment of a serial date, to the second; None where there is no such day.

    Days count from 1900-01-01 = 1, with a 29 February 1900 that never was (60), or from 1904-01-01 = 0:
    ECMA-376 part 1, 18.17.4.1.
    """
    if not _NUMBER.fullmatch(raw) or len(raw) > 60:
        return None
    serial = Decimal(raw)
    if not 0 <= serial <= MAX_SERIAL or (not from_1904 and (60 <= serial < 61 or serial < 1)):
        return None
    first = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 31 if serial < 60 else 30)
    try:
        return first + timedelta(seconds=int((serial * 86_400).to_integral_value()))
    except OverflowError:
        return None


def _typed(text: str, target: RecordField) -> tuple[Value, list[Doubt]]:
    if target.type == "boolean":
        known = _BOOLEANS.get(text.strip().lower())
        return (text, [Doubt("XLSX-BOOLEAN", values={"value": text})]) if known is None else (known, [])
    if target.codes:
        codes = code_list(target.codes)
        code = codes.find(text)
        if code is None:
            near = "; ".join(nearest(text, codes))
            return text, [Doubt("XLSX-CODE", values={"value": text, "nearest": near})]
        return code, []
    return text, []


def nearest(text: str, codes: CodeList, count: int = 3) -> list[str]:
    """The entries of a list that come closest to a text, as they stand in the drop-down list."""
    spelt = dict(_spellings(codes))
    close = get_close_matches(text[:100].lower(), spelt, n=4 * count, cutoff=0.3)
    found = list(dict.fromkeys(spelt[c] for c in close)) or list(codes.codes)
    return [codes.display(code) for code in found[:count]]


def _spellings(codes: CodeList) -> Iterator[tuple[str, str]]:
    for code in codes.codes:
        for text in (codes.display(code), codes.label(code), codes.label(code, "en"), code):
            yield text.lower(), code
