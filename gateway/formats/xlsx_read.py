"""A filled workbook as a tree: every filled cell becomes a leaf, or a finding says why not.

Sheets, rows and columns are known by their hidden keys, so a renamed sheet, a moved column or a translated
heading changes nothing. What stands where no key is cannot be understood, and is an error rather than lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.formats.fields import FORMAT_ID, RecordField, record_fields
from gateway.formats.leaves import segments
from gateway.formats.xlsx_archive import refused
from gateway.formats.xlsx_cells import MAX_ROWS, Cell, RawBook, RawSheet, address, read_cells
from gateway.formats.xlsx_layout import (
    CODES_MARK,
    CODES_SHEET,
    GUIDE_MARK,
    GUIDE_SHEET,
    HEADING,
    NOTE_KEY,
    VALUE_KEY,
    Sheet,
    list_of,
    sheets,
)
from gateway.formats.xlsx_values import Value, leaf_value
from gateway.model.finding import Finding, Severity, finding
from gateway.model.paths import whole_keys

MOST_FINDINGS = 200
"""Findings of one workbook. One with more is wrong as a whole; the rest is counted, not listed."""


@dataclass(slots=True)
class Reading:
    """What was read so far: the tree, the findings, and the cell that each leaf came from."""

    book: RawBook
    tree: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    elements: dict[str, dict[tuple[str, ...], tuple[str, dict[str, Any]]]] = field(default_factory=dict)
    """For each keyed list: the keys of an element and its parents, to its concrete path and itself."""
    told_apart: set[tuple[Any, ...]] = field(default_factory=set)
    """For each row of a keyed list: its sheet, its parents, and all that tells it from others."""

    def doubt(
        self,
        rule: str,
        sheet: RawSheet,
        cell: str = "",
        path: str = "",
        *,
        severity: Severity = "error",
        values: Mapping[str, str] | None = None,
    ) -> None:
        """Record a finding that points at a cell."""
        place = f"{sheet.name}!{cell}" if cell else sheet.name
        named = {"sheet": sheet.name, "cell": cell, **(values or {})}
        self.findings.append(Finding(rule, severity, "read", path, place, None, named))


def read_workbook(data: bytes) -> tuple[dict[str, Any], list[Finding], dict[str, str]]:
    """As `read_book`, of the bytes of a file."""
    return read_book(read_cells(data))


def read_book(book: RawBook) -> tuple[dict[str, Any], list[Finding], dict[str, str]]:
    """The tree of a workbook, the findings, and the cell of each leaf (``/results/total`` to ``结果!D5``).

    Raises Refused for a file that is no sound workbook, or none of ours. A tree beside findings of
    severity error is what could be read: fit to be shown, not to be passed on.
    """
    reading = Reading(book)
    known = {sheet.mark: sheet for sheet in sheets()}
    found = _identified(reading, {*known, GUIDE_MARK, CODES_MARK})
    if not found:
        raise refused("XLSX-NOT-RECORD", format=FORMAT_ID)
    if GUIDE_MARK in found:
        _read_format(reading, found[GUIDE_MARK])
    for mark, sheet in known.items():
        if mark not in found:
            nowhere = finding("XLSX-MISSING-SHEET", sheet.path, stage="read", sheet=sheet.zh)
            reading.findings.append(nowhere)
        elif sheet.is_table:
            _read_table(reading, sheet, found[mark])
        else:
            _read_form(reading, sheet, found[mark])
    return reading.tree, _limited(reading.findings), reading.places


def _identified(reading: Reading, marks: set[str]) -> dict[str, RawSheet]:
    found: dict[str, RawSheet] = {}
    strangers = []
    for raw in reading.book.sheets:
        mark = raw.text(1, 1)
        if mark not in marks:
            strangers.append(raw)
        elif mark in found:
            reading.doubt("XLSX-DOUBLE-SHEET", raw, values={"other": found[mark].name})
        else:
            found[mark] = raw
    for raw in strangers if found else []:
        if raw.rows:  # an empty sheet holds nothing that could be lost
            reading.doubt("XLSX-UNKNOWN-SHEET", raw, severity="warning")
    for mark, name in ((GUIDE_MARK, GUIDE_SHEET), (CODES_MARK, CODES_SHEET)):
        if found and mark not in found:
            reading.findings.append(finding("XLSX-MISSING-SHEET", stage="read", sheet=name))
    return found


def _limited(findings: list[Finding]) -> list[Finding]:
    if len(findings) <= MOST_FINDINGS:
        return findings
    # errors first: a limit must never hide why a workbook is refused
    ranked = sorted(findings, key=lambda f: f.severity != "error")[:MOST_FINDINGS]
    more = finding(
        "XLSX-MORE", severity="info", stage="read", shown=MOST_FINDINGS, rest=len(findings) - MOST_FINDINGS
    )
    return [*ranked, more]


# --- forms ----------------------------------------------------------------------------------------------


def _read_format(reading: Reading, raw: RawSheet) -> None:
    form = next(field for field in record_fields() if field.path == "/format")
    _read_rows(reading, raw, {form.path: form}, "")


def _read_form(reading: Reading, sheet: Sheet, raw: RawSheet) -> None:
    _read_rows(reading, raw, {field.path: field for field in sheet.fields}, sheet.path)


def _read_rows(reading: Reading, raw: RawSheet, fields: Mapping[str, RecordField], path: str) -> None:
    """One field a row: its key in the first column, its value in the column that bears the value's key."""
    marks = {column: cell.text for column, cell in raw.rows.get(1, {}).items() if column > 1}
    columns = [column for column, mark in marks.items() if mark == VALUE_KEY]
    if len(columns) != 1:
        reading.doubt("XLSX-ALTERED-KEY", raw, "A1", path, values={"found": VALUE_KEY})
        return
    notes = {column for column, mark in marks.items() if mark == NOTE_KEY}
    seen: dict[str, int] = {}
    for number, row in sorted(raw.rows.items()):
        key = raw.text(number, 1)
        if number == 1 or key == HEADING:
            continue
        target = fields.get(key)
        _refuse_strays(reading, raw, row, {1, *columns, *notes}, path)
        if target is None or (key in seen and not target.is_list):
            if key:
                reading.doubt("XLSX-ALTERED-KEY", raw, address(number, 1), path, values={"found": key})
            elif columns[0] in row:
                reading.doubt("XLSX-UNKNOWN-ROW", raw, address(number, columns[0]), path)
            continue
        seen.setdefault(key, 0)
        cell = row.get(columns[0])
        if cell is not None and _put_single(reading, raw, cell, target, seen[key]):
            seen[key] += 1
        _refuse_merged(reading, raw, (number, number), columns, path)
    for key in fields.keys() - seen.keys():
        reading.doubt(
            "XLSX-MISSING-FIELD", raw, path=key.removesuffix("/*"), values={"field": fields[key].zh}
        )


def _put_single(reading: Reading, raw: RawSheet, cell: Cell, target: RecordField, index: int) -> bool:
    path = f"{target.path.removesuffix('*')}{index}" if target.is_list else target.path
    value = _value(reading, raw, cell, target, path)
    if value is None:
        return False
    put(reading.tree, segments(target.path.removesuffix("/*")), value, is_list=target.is_list)
    reading.places[path] = f"{raw.name}!{address(cell.row, cell.column)}"
    return True


def put(node: dict[str, Any], parts: list[str], value: Value, *, is_list: bool) -> None:
    """Set a leaf, or append to a list of texts, making the groups on the way."""
    for part in parts[:-1]:
        node = node.setdefault(part, {})
    if is_list:
        node.setdefault(parts[-1], []).append(value)
    else:
        node[parts[-1]] = value


def _value(reading: Reading, raw: RawSheet, cell: Cell, target: RecordField, path: str) -> Value:
    value, doubts = leaf_value(cell, target, from_1904=reading.book.from_1904)
    for doubt in doubts:
        place = address(cell.row, cell.column)
        reading.doubt(
            doubt.rule, raw, place, path, severity=doubt.severity, values={"field": target.zh, **doubt.values}
        )
    return value


# --- tables ---------------------------------------------------------------------------------------------


def _read_table(reading: Reading, sheet: Sheet, raw: RawSheet) -> None:
    columns = _columns(reading, sheet, raw)
    data = [n for n in sorted(raw.rows) if n > 1 and raw.text(n, 1) != HEADING]
    for number in data:
        row = raw.rows[number]
        if raw.text(number, 1):
            reading.doubt(
                "XLSX-ALTERED-KEY", raw, address(number, 1), sheet.path, values={"found": raw.text(number, 1)}
            )
        _refuse_strays(reading, raw, row, {1, *columns}, sheet.path)
        if any(column in row for column in columns):
            _Row(reading, sheet, raw, columns, number).read()
    headings = [n for n in raw.rows if n == 1 or raw.text(n, 1) == HEADING]
    first = min([*data, max(headings) + 1])
    _refuse_merged(reading, raw, (first, MAX_ROWS), columns, sheet.path)


def _columns(reading: Reading, sheet: Sheet, raw: RawSheet) -> dict[int, RecordField]:
    """The columns by number. A field of several texts may have several columns, any other has one."""
    fields = {field.path: field for field in sheet.columns}
    columns: dict[int, RecordField] = {}
    for number, cell in sorted(raw.rows.get(1, {}).items()):
        target = fields.get(cell.text or "")
        if number == 1:
            continue
        if target is None or (target in columns.values() and not target.is_list):
            reading.doubt(
                "XLSX-ALTERED-KEY", raw, address(1, number), sheet.path, values={"found": cell.text or ""}
            )
        else:
            columns[number] = target
    for target in sheet.columns:
        if target not in columns.values():
            reading.doubt(
                "XLSX-MISSING-FIELD", raw, path=target.path.removesuffix("/*"), values={"field": target.zh}
            )
    return columns


class _Row:
    """One row of a table on its way into the tree."""

    def __init__(
        self, reading: Reading, sheet: Sheet, raw: RawSheet, columns: dict[int, RecordField], number: int
    ) -> None:
        self.reading, self.sheet, self.raw, self.number = reading, sheet, raw, number
        row = raw.rows[number]
        self.cells = [(row[column], target) for column, target in columns.items() if column in row]

    def read(self) -> None:
        parents = self._parent_keys()
        place = self._place(parents) if parents is not None else None
        if parents is None or place is None:
            return
        path, node, name = place
        element: dict[str, Any] = {}
        counts: dict[str, int] = {}
        own = f"{path}/{len(node.get(name, []))}"
        for cell, target in self.cells:
            if target not in self.sheet.parents:
                self._put(element, own, cell, target, counts)
        if element:
            node.setdefault(name, []).append(element)
        if self.sheet.key and (element or parents):
            self._register(parents, own, element)

    def _parent_keys(self) -> tuple[str, ...] | None:
        """The keys of the parents that the row names; None, with a finding, when one is empty."""
        found = {}
        for cell, target in self.cells:
            if target in self.sheet.parents:
                path = f"{self.sheet.path}/*"
                found[target.path] = _value(self.reading, self.raw, cell, target, path)
        for target in self.sheet.parents:
            if found.get(target.path) is None:
                self._no_key(target)
                return None
        return tuple(str(found[target.path]) for target in self.sheet.parents)

    def _place(self, parents: tuple[str, ...]) -> tuple[str, dict[str, Any], str] | None:
        """The list that the row belongs to: its concrete path, the group it is in, and its name there.

        None, with a finding, when no row of the parent's sheet has those keys.
        """
        inside = self.sheet.path.rpartition("/*")[2]
        path, node = "", self.reading.tree
        if parents:
            known = self.reading.elements.get(list_of(self.sheet.path), {})
            if parents not in known:
                self._doubt("XLSX-UNKNOWN-PARENT", key=" / ".join(parents))
                return None
            path, node = known[parents]
        *groups, name = segments(inside)
        for part in groups:
            node = node.setdefault(part, {})
        return f"{path}{inside}", node, name

    def _put(
        self, element: dict[str, Any], own: str, cell: Cell, target: RecordField, counts: dict[str, int]
    ) -> None:
        inner = target.path.removesuffix("/*").removeprefix(f"{self.sheet.path}/*")
        path = f"{own}{inner}"
        if target.is_list:
            path = f"{path}/{counts.get(inner, 0)}"
        value = _value(self.reading, self.raw, cell, target, path)
        if value is None:
            return
        counts[inner] = counts.get(inner, 0) + 1
        put(element, segments(inner), value, is_list=target.is_list)
        self.reading.places[path] = f"{self.raw.name}!{address(cell.row, cell.column)}"

    def _register(self, parents: tuple[str, ...], own: str, element: dict[str, Any]) -> None:
        target = next(field for field in self.sheet.fields if field.path == self.sheet.key)
        key = element.get(self.sheet.key.rpartition("/")[2])
        if key is None:
            self._no_key(target)
            return
        whole = tuple(str(element.get(name) or "") for name in whole_keys()[self.sheet.path])
        if (self.sheet.path, parents, whole) in self.reading.told_apart:
            self._doubt("XLSX-DUPLICATE-KEY", key=", ".join(filter(None, whole)), field=target.zh)
        self.reading.told_apart.add((self.sheet.path, parents, whole))
        known = self.reading.elements.setdefault(self.sheet.path, {})
        known.setdefault((*parents, str(key)), (own, element))

    def _no_key(self, target: RecordField) -> None:
        self._doubt("XLSX-NO-KEY", field=self.sheet.heading(target)[0])

    def _doubt(self, rule: str, **values: str) -> None:
        # the first filled cell stands for the row
        cell, _ = self.cells[0]
        place = address(cell.row, cell.column)
        named = {"row": str(self.number), **values}
        self.reading.doubt(rule, self.raw, place, self.sheet.path, values=named)


# --- what has no key ------------------------------------------------------------------------------------


def _refuse_strays(
    reading: Reading, raw: RawSheet, row: Mapping[int, Cell], known: set[int], path: str
) -> None:
    for column in sorted(row.keys() - known):
        cell = row[column]
        if cell.is_formula or (cell.text or "").strip():
            reading.doubt(
                "XLSX-UNKNOWN-COLUMN", raw, address(cell.row, column), path, values={"value": cell.text or ""}
            )


def _refuse_merged(
    reading: Reading, raw: RawSheet, rows: tuple[int, int], columns: Iterable[int], path: str
) -> None:
    """A merged range keeps one value for many cells: which rows it was meant for cannot be known."""
    first, last = rows
    for reference, top, left, bottom, right in raw.merged:
        if top <= last and bottom >= first and any(left <= column <= right for column in columns):
            reading.doubt("XLSX-MERGED", raw, reference, path)
