"""The layout of the workbook: which sheets it has and which fields stand on each, from the table.

A group of single values is a form (one field a row), a list is a table (one field a column). A list inside
a list has a sheet of its own, which begins with the keys of its parents. Every sheet bears a mark in its
hidden cell A1, every field its path in a hidden row or column: headings may be changed, or translated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from gateway.formats.fields import (
    FORMAT_ID,
    FieldTableError,
    RecordField,
    groups_of,
    record_fields,
    record_keys,
    record_titles,
)

GUIDE_SHEET = "说明"
CODES_SHEET = "代码表"

GUIDE_MARK = f"{FORMAT_ID} #guide"
CODES_MARK = f"{FORMAT_ID} #codes"

HEADING = "#"
"""What a row of headings bears in the hidden first column; every other row is data."""

VALUE_KEY = "#value"
"""What the column of values bears in the hidden first row of a form."""

NOTE_KEY = "#note"
"""What the columns bear that are only for the reader: names, units, guidance."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: ``path`` of its group, its own fields, and for a nested list the keys of its parents.

    ``key`` is the path of the key of its elements; empty for a form and for a list without one.
    """

    path: str
    zh: str
    en: str
    is_table: bool
    fields: tuple[RecordField, ...]
    parents: tuple[RecordField, ...]
    key: str

    @property
    def mark(self) -> str:
        return f"{FORMAT_ID} {self.path}"

    @property
    def columns(self) -> tuple[RecordField, ...]:
        """The fields of a table in the order of its columns: the keys of the parents come first."""
        return (*self.parents, *self.fields)

    def heading(self, field: RecordField) -> tuple[str, str]:
        """Chinese and English heading of a column; where names are alike it says whose field it is."""
        alike = sum(other.zh == field.zh for other in self.columns) > 1
        group = list(groups_of(field.path))[-1]
        if not alike or group == self.path:
            return field.zh, field.en
        title = record_titles()[group]
        return f"{title.zh}：{field.zh}", f"{title.en}: {field.en}"


def list_of(path: str) -> str:
    """The innermost list that a field lies in; empty outside lists.

    >>> list_of("/goods/*/parameters/*/id"), list_of("/goods/*/name/zh"), list_of("/product/ids/*")
    ('/goods/*/parameters', '/goods', '')
    """
    return path.removesuffix("/*").rpartition("/*")[0]


@cache
def sheets() -> tuple[Sheet, ...]:
    """Every sheet but the guide and the code lists, in the order of the table."""
    fields: dict[str, list[RecordField]] = {}
    for field in record_fields():
        if field.path != "/format":
            group = list_of(field.path) or next(iter(groups_of(field.path)))
            fields.setdefault(group, []).append(field)
    made = tuple(_sheet(path, tuple(fields[path])) for path in _parents_first(fields))
    names = [sheet.zh for sheet in made] + [GUIDE_SHEET, CODES_SHEET]
    if len(set(names)) != len(names) or any(len(name) > 31 for name in names):
        raise FieldTableError(
            "mappings/cn.pcf.toml: titles of sheets must differ and have at most 31 characters"
        )
    return made


def _parents_first(fields: dict[str, list[RecordField]]) -> list[str]:
    """A group before the lists inside it, whatever the order of its fields in the table."""
    ordered: list[str] = []
    for path in fields:
        for group in [g for g in groups_of(f"{path}/*") if g in fields] + [path]:
            if group not in ordered:
                ordered.append(group)
    return ordered


def _sheet(path: str, fields: tuple[RecordField, ...]) -> Sheet:
    title = record_titles()[path]
    keys = record_keys()
    outer = [group for group in groups_of(f"{path}/*/x") if f"{group}/*" in path]
    if any(group not in keys for group in outer):
        raise FieldTableError(f"mappings/cn.pcf.toml: {path} lies in a list without a key")
    by_path = {field.path: field for field in record_fields()}
    parents = tuple(by_path[keys[group]] for group in outer)
    is_table = list_of(fields[0].path) != ""
    return Sheet(path, title.zh, title.en, is_table, fields, parents, keys.get(path, ""))
