"""The fields of the Chinese record: the rows of ``mappings/cn.pcf.toml`` with their types."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from gateway.data import load_toml
from gateway.formats.codes import code_list
from gateway.model.finding import GatewayError
from gateway.model.paths import LeafType, canonical_keys, canonical_leaves

FORMAT_ID = "cn.pcf@1"
VIEW = "/cbam"
"""The assembled view is no part of the record."""


class FieldsError(GatewayError):
    """The table of the Chinese record does not agree with the model: a defect of ours."""


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field: where it stands, what it is called, what it may hold, who asks for it."""

    id: str
    path: str
    type: LeafType
    zh: str
    en: str
    codes: str = ""
    gbt: str = ""
    help_zh: str = ""
    help_en: str = ""

    @property
    def is_key(self) -> bool:
        """Whether this field identifies the element of the list it stands in."""
        head, _, name = self.path.rpartition("/*/")
        return bool(head) and canonical_keys().get(head) == name


@cache
def record_fields() -> tuple[RecordField, ...]:
    """Every field in the order of the record. Raises FieldsError when table and model disagree."""
    types = {path: kind for path, kind in canonical_leaves().items() if not path.startswith(VIEW)}
    rows = {row["canonical"]: row for row in load_toml("mappings", "cn.pcf.toml")["field"]}
    if rows.keys() != types.keys():
        raise FieldsError(f"cn.pcf and the model differ: {sorted(rows.keys() ^ types.keys())[:5]}")
    fields = []
    for path, row in rows.items():
        if row.get("codes"):
            code_list(row["codes"])
        hint = row.get("help", {})
        fields.append(
            RecordField(
                row["id"], path, types[path], row["zh"], row["en"], row.get("codes", ""), row.get("gbt", ""),
                hint.get("zh", ""), hint.get("en", ""),
            )  # fmt: skip
        )
    return tuple(fields)


@cache
def record_titles() -> dict[str, dict[str, str]]:
    """Titles of the groups and lists, by path: ``{"zh": …, "en": …}``."""
    return dict(load_toml("mappings", "cn.pcf.toml")["titles"])
