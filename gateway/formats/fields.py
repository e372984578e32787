"""The fields of the Chinese record: the rows of ``mappings/cn.pcf.toml`` joined with their types.

Schema, workbook and reference are all built from these rows, so the table is checked as it loads: every
path of the canonical record outside ``/cbam`` and ``/catenax`` has exactly one row, and every row a path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from gateway.data import load_toml
from gateway.formats.codes import CodeListError, code_list
from gateway.model.finding import GatewayError
from gateway.model.paths import LeafType, canonical_keys, canonical_leaves

FORMAT_ID = "cn.pcf@1"
"""The format that the fields describe, and the value of its field ``/format``."""

COMPUTED = ("/cbam/", "/catenax/")
"""What a method assembles for a CBAM report, and what only Catena-X states: no part of the record that people fill in."""

REPORT_PARTS: Mapping[str, tuple[str, str]] = {
    "cover": ("封面", "cover"),
    "1": ("一、概况", "1 Overview"),
    "2": ("二、量化目的", "2 Purpose"),
    "3": ("三、量化范围", "3 Scope"),
    "4": ("四、清单分析", "4 Inventory"),
    "5": ("五、影响评价", "5 Impact assessment"),
    "6": ("六、结果解释", "6 Interpretation"),
}
"""Parts of the report template of GB/T 24067-2024, Chinese and English, by the table's ``gbt``."""


class FieldTableError(GatewayError):
    """The table of the record is wrong: a defect of ours, found when it loads."""


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field. ``codes`` and ``gbt`` are empty where it has no list, or the report does not ask for it."""

    id: str
    path: str
    type: LeafType
    zh: str
    en: str
    codes: str
    gbt: str
    help_zh: str
    help_en: str

    @property
    def is_list(self) -> bool:
        """Whether the field itself repeats: several texts under one heading."""
        return self.path.endswith("/*")


@dataclass(frozen=True, slots=True)
class Title:
    """The title of a group."""

    zh: str
    en: str


@cache
def record_fields() -> tuple[RecordField, ...]:
    """Every field in the order of the table. Raises FieldTableError, naming every fault at once."""
    table = load_toml("mappings", "cn.pcf.toml")
    types = {path: kind for path, kind in canonical_leaves().items() if not path.startswith(COMPUTED)}
    faults = list(_faults(table["field"], types, table["titles"]))
    if faults:
        raise FieldTableError("mappings/cn.pcf.toml: " + "; ".join(faults))
    return tuple(_field(row, types[row["canonical"]]) for row in table["field"])


@cache
def record_titles() -> dict[str, Title]:
    """The title of every group by its path: ``/goods`` for the list, ``/goods/*/name`` for a group in it."""
    record_fields()  # whose checks cover the titles
    return {path: Title(**row) for path, row in load_toml("mappings", "cn.pcf.toml")["titles"].items()}


@cache
def record_keys() -> dict[str, str]:
    """The lists whose elements have a key: path of the list to the path of its key."""
    return {p: f"{p}/*/{key}" for p, key in canonical_keys().items() if not p.startswith(COMPUTED)}


def groups_of(path: str) -> Iterator[str]:
    """The groups that a field lies in, outermost first; a field of its own list is no group.

    >>> list(groups_of("/goods/*/name/zh"))
    ['/goods', '/goods/*/name']
    """
    parts = path.removesuffix("/*").split("/")[1:-1]
    for end, part in enumerate(parts, start=1):
        if part != "*":
            yield "/" + "/".join(parts[:end])


def _field(row: Mapping[str, Any], kind: LeafType) -> RecordField:
    help_ = row.get("help", {})
    return RecordField(
        row["id"], row["canonical"], kind, row["zh"], row["en"],
        row.get("codes", ""), row.get("gbt", ""), help_.get("zh", ""), help_.get("en", ""),
    )  # fmt: skip


def _faults(
    rows: Iterable[Mapping[str, Any]], types: Mapping[str, str], titles: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    rows = list(rows)
    paths = Counter(row["canonical"] for row in rows)
    ids = Counter(row["id"] for row in rows)
    yield from (f"id {name} stands {n} times" for name, n in ids.items() if n > 1)
    yield from (f"{path} has {n} rows" for path, n in paths.items() if n > 1)
    yield from (f"{path} has no row" for path in types if path not in paths)
    yield from (f"{path} is no leaf of the record" for path in paths if path not in types)
    wanted = {group for path in paths for group in groups_of(path)}
    yield from (f"group {path} has no title" for path in sorted(wanted - titles.keys()))
    yield from (f"the title {path} belongs to no group" for path in sorted(titles.keys() - wanted))
    for row in rows:
        yield from _row_faults(row)


def _row_faults(row: Mapping[str, Any]) -> Iterator[str]:
    if not row.get("zh") or not row.get("en"):
        yield f"{row['id']} lacks a title"
    if row.get("gbt", "cover") not in REPORT_PARTS:
        yield f"{row['id']} names an unknown part of the report: {row['gbt']}"
    if "codes" in row:
        try:
            code_list(row["codes"])
        except CodeListError as error:
            yield f"{row['id']}: {error}"
