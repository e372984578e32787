"""JSON documents generated from a JSON Schema, and their mutants."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

FORMATS = {
    "uuid": "f4b1225a-bd44-4c8e-861d-079e4e1dfd69",
    "date-time": "2025-01-31T00:00:00Z",
    "uri": "https://example.com/schema.json",
}
PATTERNED = ("1", "-1", "urn:pact:example.com:product-id:1", "3.0.0", "CN", "CN-31", "AR6", *FORMATS.values())
"""A valid sample of a patterned text is the first of these that the schema's pattern accepts."""

_DECIMALS = (
    "0 1 -1 +1 1.0 1. 0.0 -0 -0.0 +0 .5 0.5 1e3 1.2345e+6 abc 1abc x1 10 -10 001 0001.50 1,5 0.0001 00"
)
_DECIMALS += (
    " --1 +-1 NaN Infinity -abc abc0 abc0.0 0.0x -1x 1..0 1.2.3 0x10 -0.5 +0.0 100000000000000000000000.1"
)
_URNS = "urn: URN:x uRn:pact:a urn urn;x xurn:a urn:pact:example.com:product-id:1"
_URNS += " https://example.com http:// //x x:y"
_UUIDS = "f4b1225a-bd44-4c8e-861d-079e4e1dfd69 F4B1225A-BD44-4C8E-861D-079E4E1DFD69"
_UUIDS += " f4b1225abd444c8e861d079e4e1dfd69 {f4b1225a-bd44-4c8e-861d-079e4e1dfd69}"
_UUIDS += " f4b1225a-bd44-4c8e-861d-079e4e1dfd6g 00000000-0000-0000-0000-000000000000 f4b1225a-bd44-4c8e-861d"
_TIMES = "2025-01-31T00:00:00Z 2025-01-31t00:00:00z 2025-01-31T00:00:00+08:00 2025-01-31T00:00:00 2025-01-31"
_TIMES += " 2025-02-29T00:00:00Z 2024-02-29T00:00:00Z 2025-01-31T24:00:00Z 2025-01-31T23:59:60Z"
_TIMES += " 2025-01-31T00:00:00.123456789Z 2025-1-31T00:00:00Z 2025-01-31T00:00:00+0800 2025-01-31T00:00Z"
_CODES = (
    "CN cn CHN C CN-31 CN-3 CN-3141 CN-a CN31 ZZ AR6 AR AR5.1 ar6 AR06 xAR6 AR6x 3.0.0 3.0 3.0.0-20250101"
)
_CODES += " 3.0.0-2025 v3.0.0 3.0.0.0 Active Deprecated Global tonne kilogram Asia PEF Other Credit"
TEXTS = [
    *" ".join((_DECIMALS, _URNS, _UUIDS, _TIMES, _CODES)).split(),
    *["", " ", " 1", "1 ", "1\n", "\n1", "１", "٣", "1\u0000", "汉", "😀", "\u202e1", "9" * 10_000, "urn:\n"],
]


def resolve(schema: Any, root: Any) -> Any:
    """A schema with its local ``$ref`` followed; what stands beside the reference is kept."""
    while isinstance(schema, dict) and "$ref" in schema:
        target = root
        for step in schema["$ref"].split("/")[1:]:
            target = target[step]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def sample(schema: Any, root: Any, accepts: Any) -> Any:
    """A valid instance that holds every property; ``accepts(pattern, text)`` judges patterned texts."""
    schema = resolve(schema, root)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        value = {k: sample(v, root, accepts) for k, v in schema.get("properties", {}).items()}
        for name in _exclusive(schema)[1:]:
            value.pop(name, None)
        return value
    if kind == "array":
        return [sample(schema["items"], root, accepts)]
    if kind == "boolean":
        return True
    if kind in ("number", "integer"):
        return min(max(1, schema.get("minimum", 1)), schema.get("maximum", 1))
    if "pattern" in schema:
        return next(text for text in PATTERNED if accepts(schema["pattern"], text))
    return FORMATS.get(schema.get("format", ""), "text")


def places(schema: Any, root: Any, value: Any, at: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every place of the instance with its schema; properties that exclude each other are all visited."""
    schema = resolve(schema, root)
    yield at, schema
    if schema.get("type") == "object":
        for name, inner in schema.get("properties", {}).items():
            yield from places(inner, root, value, (*at, name))
    elif schema.get("type") == "array":
        yield from places(schema["items"], root, value, (*at, 0))


def json_mutants(schema: Any, root: Any, accepts: Any) -> Iterator[tuple[str, Any]]:
    """Every mutant with a name that says what was changed."""
    complete = sample(schema, root, accepts)
    yield "complete", complete
    yield "minimal", _minimal(schema, root, complete)
    for at, part in places(schema, root, complete):
        name = "/" + "/".join(map(str, at))
        for index, value in enumerate(_values(part, root, _get(complete, at), accepts)):
            yield f"{name} #{index} = {str(value)[:60]!r}", _with(complete, at, value)
        if at and isinstance(at[-1], str):
            yield f"{name} dropped", _without(complete, at)
            yield f"{name} in another case", _with(_without(complete, at), (*at[:-1], at[-1].upper()), 1)
            yield f"{name} alone", _alone(schema, root, complete, at, accepts)
        if part.get("type") == "object":
            yield from _objects(name, at, part, root, complete, accepts)
    top: Any
    for top in ([], "text", None, 1, {}, [complete]):
        yield f"document {str(top)[:20]}", top


def _values(part: dict[str, Any], root: Any, value: Any, accepts: Any) -> Iterator[Any]:
    yield from (None, True, False, 0, 1, -1, 1.5, [], {}, "text", [None], {"x": 1})
    kind = part.get("type")
    if kind == "number":
        limits = [part.get("minimum", 0), part.get("exclusiveMinimum", 0), part.get("maximum", 0)]
        for limit in dict.fromkeys(int(limit) for limit in limits):
            yield from (limit, limit - 1, limit + 1, str(limit), [limit], -limit)
        yield from (0.5, -0.5, 3.5, 10**30, -(10**30), "0.5", "1E+2", "abc")
    if kind == "string":
        yield from TEXTS
        for allowed in part.get("enum", ()):
            yield from (allowed, allowed.upper(), allowed.lower(), allowed + " ", allowed[:-1], [allowed])
    if kind in ("number", "integer"):
        bounds = [part[key] for key in ("minimum", "maximum") if key in part]
        yield from (bound + step for bound in bounds for step in (-1, 0, 1))
        yield from ("1", "1.5", "", 10**30, -(10**30), 2**31, [1])
    if kind == "array":
        item = sample(part["items"], root, accepts)
        yield from ([item], [item, item], [item, copy.deepcopy(item), None], [[item]], item, [item] * 50)
        others: tuple[Any, ...] = ("urn:x:other", "AR5", "", 1, None, {}, FORMATS["uuid"][::-1])
        yield from ([item, other] for other in others)
        if isinstance(item, dict):
            # key order does not make two objects different
            yield [item, dict(reversed(item.items()))]
            yield [item, {**item, "x": 1}]
    if kind == "object" and isinstance(value, dict):
        yield from (
            [value],
            {**value, "x-unknown": {"nested": [None]}},
            {**value, "": 1},
            {**value, "__proto__": {}},
        )


def _objects(
    name: str, at: Path, part: dict[str, Any], root: Any, complete: Any, accepts: Any
) -> Iterator[tuple[str, Any]]:
    """Properties that exclude each other: none, each alone, and every set of them."""
    names = _exclusive(part)
    present = _get(complete, at) or {}
    rest = {key: item for key, item in present.items() if key not in names}
    for mask in range(2 ** len(names)) if names else ():
        chosen = [n for bit, n in enumerate(names) if mask >> bit & 1]
        extra = {n: sample(part["properties"][n], root, accepts) for n in chosen}
        yield f"{name} with {chosen}", _with(complete, at, {**rest, **extra})
        yield f"{name} with null {chosen}", _with(complete, at, {**rest, **dict.fromkeys(chosen)})


def _exclusive(schema: Any) -> list[str]:
    """The names that the branches of a ``oneOf`` require, in order."""
    if isinstance(schema, list):
        return list(dict.fromkeys(name for branch in schema for name in _exclusive(branch)))
    branches = [schema[key] for key in ("oneOf", "anyOf", "not") if key in schema]
    own = [] if "properties" in schema else schema.get("required", [])
    return list(dict.fromkeys([*own, *(name for branch in branches for name in _exclusive(branch))]))


def _minimal(schema: Any, root: Any, value: Any) -> Any:
    schema = resolve(schema, root)
    if isinstance(value, dict):
        required = schema.get("required", ())
        return {k: _minimal(schema["properties"][k], root, v) for k, v in value.items() if k in required}
    return value


def _alone(schema: Any, root: Any, complete: Any, at: Path, accepts: Any) -> Any:
    """The minimal document with this one property, complete."""
    minimal = _minimal(schema, root, complete)
    for depth in range(1, len(at) + 1):
        if _get(minimal, at[:depth]) is None:
            value = _get(complete, at[:depth])
            return _with(minimal, at[:depth], copy.deepcopy(value) if value is not None else "Asia")
    return minimal


def _get(document: Any, at: Path) -> Any:
    for step in at:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def _with(document: Any, at: Path, value: Any) -> Any:
    """A copy with one place changed; only the containers on the way are copied."""
    if not at:
        return value
    step, rest = at[0], at[1:]
    if isinstance(document, dict):
        return {**document, step: _with(document.get(step), rest, value)}
    if isinstance(document, list):
        return [_with(item, rest, value) if n == step else item for n, item in enumerate(document)]
    return {step: _with(None, rest, value)}


def _without(document: Any, at: Path) -> Any:
    parent = _get(document, at[:-1])
    if not isinstance(parent, dict):
        return document
    return _with(document, at[:-1], {k: v for k, v in parent.items() if k != at[-1]})
