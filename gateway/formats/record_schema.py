"""The JSON Schema of ``cn.pcf@1``, built from the table of the record and the types of the model.

It says what each field *is*, not which a report must have: what GB/T 24067 asks for is a rule. Every leaf
but a boolean is text, so that no reader anywhere turns a figure into a float. Nothing may be empty: an
empty group, list or text would be read as a statement that nobody made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from gateway.formats.codes import code_list
from gateway.formats.fields import FORMAT_ID, RecordField, record_fields, record_keys, record_titles

EXTENSION_ID = "urn:cbamgw:schema:cn.pcf-extension:1"
SCHEMA_ID = "urn:cbamgw:schema:cn.pcf:1"
"""The ``$id`` of the shipped file; a gateway with a public address publishes it under its own."""

MAX_TEXT = 4_000
"""Characters of one text."""

MAX_CONTENT = 10 * 1024 * 1024
"""Characters of one attachment in base64."""

DECIMAL = r"^-?(0|[1-9][0-9]{0,29})(\.[0-9]{1,30})?$"
INTEGER = r"^-?(0|[1-9][0-9]{0,9})$"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
DATETIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"

_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT},
    "content": {"type": "string", "minLength": 1, "maxLength": MAX_CONTENT, "contentEncoding": "base64"},
    "decimal": {"type": "string", "pattern": DECIMAL},
    "integer": {"type": "string", "pattern": INTEGER},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date", "pattern": DATE},
    "datetime": {"type": "string", "format": "date-time", "pattern": DATETIME},
    # long lists that change by the year: the form is the schema's, membership is a rule
    "code-country": {"type": "string", "pattern": "^[A-Z]{2}$"},
    "code-currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
}


def build_record_schema(base_id: str = SCHEMA_ID) -> dict[str, Any]:
    """The schema as JSON Schema draft 2020-12 under the ``$id`` given.

    Titles and descriptions are English, their Chinese stands beside them as ``x-title-zh`` and
    ``x-description-zh``; ``x-row`` is the row of the table.
    """
    fields = record_fields()
    root: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": base_id,
        "title": "Chinese product carbon footprint record",
        "x-title-zh": "中国产品碳足迹记录",
        **_object(""),
        "$defs": {name: _definition(name) for name in sorted({_type_name(field) for field in fields})},
    }
    root["required"] = ["format"]
    for field in fields:
        _place(root, field)
    root["properties"]["format"] = {**_titles(_row("/format")), "const": FORMAT_ID}
    return root


def build_extension_schema(paths: Iterable[str]) -> dict[str, Any]:
    """The schema of the part of a record that travels in an extension: the same fields, only those ``paths``.

    Figures per declared unit are stated per the unit of the document that carries the extension.
    """
    wanted = set(paths)
    root = build_record_schema(EXTENSION_ID)
    root |= {
        "title": "Chinese product carbon footprint facts in a PACT data model extension",
        "x-title-zh": "PACT 数据模型扩展中的中国产品碳足迹信息",
    }
    root.pop("required")
    _prune(root, "", wanted)
    used = json.dumps(root["properties"])
    root["$defs"] = {name: kept for name, kept in root["$defs"].items() if f'"#/$defs/{name}"' in used}
    return root


def _prune(node: dict[str, Any], path: str, wanted: set[str]) -> bool:
    """Takes out what is not wanted; answers whether anything is left."""
    inner, here = node, path
    if node.get("type") == "array":
        inner, here = node["items"], f"{path}/*"
    if "properties" not in inner:
        return here in wanted
    kept = {
        name: below for name, below in inner["properties"].items() if _prune(below, f"{here}/{name}", wanted)
    }
    inner["properties"] = kept
    return bool(kept)


def _row(path: str) -> RecordField:
    return next(field for field in record_fields() if field.path == path)


def _place(root: dict[str, Any], field: RecordField) -> None:
    """Put a field where its path says, making the groups on the way."""
    node, path = root, ""
    parts = field.path.removesuffix("/*").split("/")[1:]
    for part, following in zip(parts, [*parts[1:], ""], strict=True):
        path = f"{path}/{part}"
        if part == "*":
            node = node["items"]
        elif following == "":
            node["properties"][part] = _leaf(field)
        else:
            node = node["properties"].setdefault(part, _group(path, is_list=following == "*"))


def _group(path: str, *, is_list: bool) -> dict[str, Any]:
    title = record_titles()[path]
    titles = {"title": title.en, "x-title-zh": title.zh}
    if not is_list:
        return {**titles, **_object(path)}
    return {**titles, "type": "array", "minItems": 1, "items": _object(path)}


def _object(path: str) -> dict[str, Any]:
    """A group of fields; an element of a keyed list must have its key, since it is paired by it."""
    made: dict[str, Any] = {"type": "object", "additionalProperties": False, "minProperties": 1}
    key = record_keys().get(path)
    if key is not None:
        made["required"] = [key.rpartition("/")[2]]
    return {**made, "properties": {}}


def _leaf(field: RecordField) -> dict[str, Any]:
    reference = {"$ref": f"#/$defs/{_type_name(field)}"}
    if field.is_list:
        return {**_titles(field), "type": "array", "minItems": 1, "items": reference}
    return {**_titles(field), **reference}


def _titles(field: RecordField) -> dict[str, Any]:
    made = {"title": field.en, "x-title-zh": field.zh, "x-row": field.id}
    if field.help_en:
        made |= {"description": field.help_en, "x-description-zh": field.help_zh}
    return made


def _type_name(field: RecordField) -> str:
    if field.codes:
        return f"code-{field.codes}"
    return "content" if field.path.endswith("/content") else field.type


def _definition(name: str) -> dict[str, Any]:
    if name in _TYPES:
        return _TYPES[name]
    codes = code_list(name.removeprefix("code-"))
    labels = {code: {"en": codes.label(code, "en"), "zh": codes.label(code, "zh")} for code in codes.codes}
    return {"type": "string", "enum": list(codes.codes), "x-labels": labels}
