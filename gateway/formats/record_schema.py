"""The JSON Schema of the Chinese record, made from its table: one source for names, types and codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.formats.codes import code_list
from gateway.formats.fields import FORMAT_ID, RecordField, record_fields, record_titles
from gateway.model.paths import canonical_keys

DECIMAL = r"^-?(0|[1-9][0-9]{0,29})(\.[0-9]{1,30})?$"
INTEGER = r"^-?(0|[1-9][0-9]{0,9})$"
_OPEN_LISTS = ("country", "currency")
"""Too long to repeat in a schema: the shape here, membership by a rule."""
_LONG = 14_000_000
"""Characters of an attachment in base64: 10 MB."""


def build_record_schema(base_id: str) -> dict[str, Any]:
    """The schema of ``cn.pcf@1``. Figures are text, so no reader can round them."""
    return _schema(record_fields(), base_id, "中国产品碳足迹记录", "Chinese product carbon footprint record", True)


def build_extension_schema(base_id: str, carried: Iterable[str]) -> dict[str, Any]:
    """The schema of the part of a record that travels as a PACT extension: only the ``carried`` paths."""
    wanted = set(carried)
    fields = tuple(field for field in record_fields() if field.path in wanted)
    return _schema(fields, base_id, "中国产品碳足迹扩展", "Chinese product carbon footprint, PACT extension", False)


def _schema(
    fields: tuple[RecordField, ...], base_id: str, zh: str, en: str, whole: bool
) -> dict[str, Any]:
    root = _object(fields, "")
    if whole:
        root["properties"]["format"] = {**root["properties"]["format"], "const": FORMAT_ID}
        root["properties"]["format"].pop("maxLength", None)
        root["required"] = ["format"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": base_id,
        "title": en,
        "x-title-zh": zh,
        **root,
    }


def _object(fields: tuple[RecordField, ...], at: str) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    groups: dict[str, list[RecordField]] = {}
    for field in fields:
        groups.setdefault(field.path[len(at) + 1 :].split("/")[0], []).append(field)
    for name, members in groups.items():
        here = f"{at}/{name}"
        first = members[0]
        if first.path == here:
            properties[name] = _leaf(first)
            if first.is_key:
                required.append(name)
        elif first.path == f"{here}/*":
            properties[name] = {**_titled(first), "type": "array", "minItems": 1, "items": _value(first)}
        elif first.path.startswith(f"{here}/*/"):
            items = _object(tuple(members), f"{here}/*")
            properties[name] = {**_group_title(here), "type": "array", "minItems": 1, "items": items}
            if here in canonical_keys():
                properties[name]["x-key"] = canonical_keys()[here]
        else:
            properties[name] = {**_group_title(here), **_object(tuple(members), here)}
    made: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    if required:
        made["required"] = required
    return made


def _group_title(path: str) -> dict[str, str]:
    title = record_titles()[path]
    return {"title": title["en"], "x-title-zh": title["zh"]}


def _titled(field: RecordField) -> dict[str, Any]:
    made = {"title": field.en, "x-title-zh": field.zh, "x-row": field.id}
    if field.help_en:
        made |= {"description": field.help_en, "x-description-zh": field.help_zh}
    return made


def _leaf(field: RecordField) -> dict[str, Any]:
    return {**_titled(field), **_value(field)}


def _value(field: RecordField) -> dict[str, Any]:
    if field.codes in _OPEN_LISTS:
        return {"type": "string", "pattern": "^[A-Z]{2}$" if field.codes == "country" else "^[A-Z]{3}$"}
    if field.codes:
        return {"type": "string", "enum": list(code_list(field.codes).codes)}
    match field.type:
        case "boolean":
            return {"type": "boolean"}
        case "decimal":
            return {"type": "string", "pattern": DECIMAL}
        case "integer":
            return {"type": "string", "pattern": INTEGER}
        case "date":
            return {"type": "string", "format": "date"}
        case "datetime":
            return {"type": "string", "format": "date-time"}
    longest = _LONG if field.path.endswith("/content") else 4000
    return {"type": "string", "minLength": 1, "maxLength": longest}
