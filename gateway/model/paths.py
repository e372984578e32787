"""Which paths the canonical record has, what each leaf is, and how the elements of each list are paired."""

from __future__ import annotations

import typing
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import NoneType

from gateway.model.record import Part, Record

LeafType = typing.Literal["text", "decimal", "integer", "boolean", "date", "datetime"]

_TYPES: dict[type, LeafType] = {
    str: "text",
    Decimal: "decimal",
    int: "integer",
    bool: "boolean",
    date: "date",
    datetime: "datetime",
}


@cache
def canonical_leaves() -> dict[str, LeafType]:
    """Every leaf path of the canonical record with its type; ``*`` stands for any element of a list."""
    return dict(_walk(Record, ""))


@cache
def canonical_keys() -> dict[str, str]:
    """For every list of parts with a key: its path (``/goods``) to the name of its key (``id``)."""
    return dict(_keys(Record, ""))


@cache
def whole_keys() -> dict[str, tuple[str, ...]]:
    """For every list with a key: the names of the fields that tell its elements apart, the key first.

    Those after it may stay empty. Two rows of one year of carbon market differ by installation or instrument.
    """
    parts: dict[str, tuple[str, ...]] = {}
    for path, name in _keys(Record, "", "keyPart"):
        parts[path] = (*parts.get(path, ()), name)
    return {path: (name, *parts.get(path, ())) for path, name in canonical_keys().items()}


def _fields(part: type[Part], path: str) -> typing.Iterator[tuple[str, type, bool]]:
    for name, field in part.model_fields.items():
        annotation = field.annotation
        choices = [a for a in typing.get_args(annotation) if a is not NoneType and a is not Ellipsis]
        repeated = typing.get_origin(annotation) is tuple
        inner = choices[0] if choices else annotation
        yield f"{path}/{field.alias or name}", typing.cast(type, inner), repeated


def _walk(part: type[Part], path: str) -> typing.Iterator[tuple[str, LeafType]]:
    for name, inner, repeated in _fields(part, path):
        here = f"{name}/*" if repeated else name
        if issubclass(inner, Part):
            yield from _walk(inner, here)
        else:
            yield here, _TYPES[inner]


def _keys(part: type[Part], path: str, mark: str = "key") -> typing.Iterator[tuple[str, str]]:
    for name, inner, repeated in _fields(part, path):
        if not issubclass(inner, Part):
            continue
        if repeated:
            for field_name, field in inner.model_fields.items():
                extra = field.json_schema_extra
                if isinstance(extra, dict) and extra.get(mark):
                    yield name, field.alias or field_name
        yield from _keys(inner, f"{name}/*" if repeated else name, mark)
