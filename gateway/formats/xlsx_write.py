"""A tree as a workbook: empty to be filled in, or filled.

Nothing is lost in silence: a leaf that has no cell, a text longer than a cell, or an element without the key
that its rows are found by is refused before anything is written. Every value is a text cell, also one that
looks like a formula; the same tree gives the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, BinaryIO

from openpyxl import Workbook

from gateway.formats.codes import code_list
from gateway.formats.fields import FORMAT_ID, RecordField, record_fields
from gateway.formats.leaves import escape
from gateway.formats.xlsx_layout import Sheet, sheets
from gateway.formats.xlsx_sheets import Filled, Row, draw
from gateway.formats.xlsx_style import add_styles
from gateway.model.finding import Finding, Refused, finding
from gateway.model.paths import whole_keys

MAX_CELL = 32_767
"""UTF-16 units in one cell: the limit of the file format; a longer text is cut by most programs."""

_MADE = datetime(2025, 1, 1, tzinfo=UTC)
# what XML cannot hold, a carriage return that it would turn into a line feed, and a text that already
# looks like such an escape: ECMA-376 part 1, 22.9.2.19
_TO_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def write_workbook(tree: Mapping[str, Any] | None, out: BinaryIO) -> None:
    """Write the workbook of a record; an empty one without a tree.

    Raises Refused with ``XLSX-NO-PLACE`` or ``XLSX-TOO-LONG`` for what a workbook cannot hold.
    """
    filled = _collected({"format": FORMAT_ID, **(tree or {})})
    book = Workbook()
    book.remove(book.worksheets[0])
    add_styles(book)
    draw(book, filled)
    book.properties.creator = book.properties.lastModifiedBy = "cbam-gateway"
    book.properties.title = FORMAT_ID
    book.properties.created = _MADE.replace(tzinfo=None)
    packed = io.BytesIO()
    book.save(packed)
    _repack(packed, out)


def _repack(packed: io.BytesIO, out: BinaryIO) -> None:
    """The same parts without the hour of writing: equal records give equal bytes."""
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2025-01-01T00:00:00Z", data)
            still = zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0))
            still.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(still, data)


def escaped(text: str) -> str:
    """A text as it stands in the XML of a workbook; the reader's ``unescaped`` takes it back.

    >>> escaped("a\\r_x000D_")
    'a_x000D__x005F_x000D_'
    """
    return _TO_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


# --- from the tree to rows --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk stands: the concrete path, its pattern, the row it fills, the keys of its parents."""

    path: str
    pattern: str
    row: Row
    keys: Mapping[str, list[str]] = field(default_factory=dict)

    def below(self, part: str) -> _Place:
        return _Place(f"{self.path}/{escape(part)}", f"{self.pattern}/{escape(part)}", self.row, self.keys)


@cache
def _fields() -> dict[str, RecordField]:
    return {row.path: row for row in record_fields()}


@cache
def _tables() -> dict[str, Sheet]:
    return {sheet.path: sheet for sheet in sheets() if sheet.is_table}


def _collected(tree: Mapping[str, Any]) -> Filled:
    filled = Filled({}, {path: [] for path in _tables()})
    _walk(tree, _Place("", "", filled.single), filled)
    return filled


def _walk(node: Any, place: _Place, filled: Filled) -> None:
    if place.pattern in _fields() and not isinstance(node, dict | list):
        _put(node, place, _fields()[place.pattern])
    elif isinstance(node, Mapping) and node:
        for part, value in node.items():
            if part == "*":  # would pass for an element of a list
                raise _no_place(place.path)
            _walk(value, place.below(part), filled)
    elif isinstance(node, list) and node and f"{place.pattern}/*" in _fields():
        for index, value in enumerate(node):
            inner = _Place(f"{place.path}/{index}", f"{place.pattern}/*", place.row)
            _put(value, inner, _fields()[inner.pattern])
    elif isinstance(node, list) and node and place.pattern in _tables():
        _walk_table(node, place, filled)
    else:
        raise _no_place(place.path)


def _walk_table(elements: list[Any], place: _Place, filled: Filled) -> None:
    sheet = _tables()[place.pattern]
    seen: set[tuple[Any, ...]] = set()
    for index, element in enumerate(elements):
        path = f"{place.path}/{index}"
        row: Row = {key: list(values) for key, values in place.keys.items()}
        filled.rows[sheet.path].append(row)
        keys = dict(place.keys)
        if sheet.key:
            key = element.get(sheet.key.rpartition("/")[2]) if isinstance(element, Mapping) else None
            if not isinstance(key, str):
                raise _no_place(path)
            whole = tuple(element.get(name) for name in whole_keys()[sheet.path])
            if whole in seen:
                raise _no_place(path)
            seen.add(whole)
            keys[sheet.key] = [_shown(key, _fields()[sheet.key])]
        if not isinstance(element, Mapping) or not element:
            raise _no_place(path)
        _walk(element, _Place(path, f"{place.pattern}/*", row, keys), filled)


def _put(value: Any, place: _Place, target: RecordField) -> None:
    is_boolean = target.type == "boolean"
    if target.codes and value not in (codes := code_list(target.codes)).codes and codes.find(str(value)):
        raise _no_place(place.path)  # a label instead of its code would come back as the code
    if isinstance(value, bool) != is_boolean or not (
        is_boolean or (isinstance(value, str) and value.strip())
    ):
        raise _no_place(place.path)
    text = ("是" if value else "否") if is_boolean else _shown(str(value), target)
    if len(text.encode("utf-16-le", "surrogatepass")) > 2 * MAX_CELL:
        raise Refused(finding("XLSX-TOO-LONG", place.path, stage="write", field=target.zh, limit=MAX_CELL))
    place.row.setdefault(target.path, []).append(text)


def _shown(text: str, target: RecordField) -> str:
    """A code as the drop-down list shows it, anything else as it is."""
    codes = code_list(target.codes) if target.codes else None
    return escaped(codes.display(text) if codes is not None and text in codes.codes else text)


def _no_place(path: str) -> Refused:
    return Refused(Finding("XLSX-NO-PLACE", "error", "write", path, values={"path": path}))
