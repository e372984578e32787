"""JSON in and out, strictly: what two readers could understand differently is refused.

Numbers come back as their own text (`NumberText`), so no binary float ever touches a figure. Refused,
each with its own finding: a key that stands twice, NaN and Infinity, a byte order mark, bytes that are
not UTF-8, lone surrogates, anything after the document, nesting, strings and numbers beyond the limits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import orjson

from gateway.formats.outlines import Outline, outlined
from gateway.model.finding import Finding, Refused, finding

MAX_DEPTH = 64
"""Objects and arrays inside each other. PACT needs 6; readers in other languages give up far below 1,000."""

MAX_STRING = 1_000_000
"""Bytes of one string as it is written in the file."""

MAX_NUMBER = 1_000
"""Characters of one number."""

MAX_EXPONENT = 308
"""Beyond it a number is infinity or zero to every reader that uses binary floats (IEEE 754 double)."""

_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# possessive and ending in "or the end of the input": an unterminated string is skipped once, not per quote
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},:]|[^\s\[\]{},:"]++', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class NumberText(str):
    """A JSON number as it was written: ``1.50`` stays ``1.50``; only its type tells it from a string."""

    __slots__ = ()


def read_json(data: bytes) -> Any:
    """The document as dict, list, str, `NumberText`, bool and None.

    Raises Refused with one finding (``READ-…``) that names the line and, where there is one, the JSON
    pointer. RFC 8259 leaves doubled keys, surrogates and number ranges to each reader; here they are
    refused, because a signature must not cover a document that two readers see differently (RFC 8785:3.1).
    """
    simple = _read_simple(data)
    return _read_strictly(data) if simple is _UNSURE else simple


_UNSURE: Any = object()


def _read_simple(data: bytes) -> Any:
    """What the fastest parser reads, where nothing can be in doubt: most records are so. Else `_UNSURE`.

    Without a backslash each string has just two quotes, so a doubled key, which this parser drops, shows as
    quotes that are gone. Numbers, depth and whatever it refuses are the strict reader's business.
    """
    if b"\\" in data or len(data) > MAX_STRING:
        return _UNSURE
    try:
        document = orjson.loads(data)
        known = outlined(document)
        if known is not None:
            return document if _is_simple(data, *known) else _UNSURE
        strings = orjson.dumps(document).count(b'"')
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return _UNSURE
    if data.count(b'"') != strings:
        return _UNSURE
    level = [document]
    for _ in range(MAX_DEPTH):
        below = []
        for node in level:
            kind = type(node)
            if kind is dict:
                below += node.values()
            elif kind is list:
                below += node
            elif kind is not str and kind is not bool and node is not None:
                return _UNSURE
        level = below
        if not level:
            return document
    return _UNSURE


def _is_simple(data: bytes, outline: Outline, found: tuple[Any, ...]) -> bool:
    """The same of a document with an outline: its keys are counted already, only its leaves are looked at."""
    kinds = [*map(type, found)]
    quotes = 2 * (outline.keys + kinds.count(str))
    return outline.depth < MAX_DEPTH and data.count(b'"') == quotes and _SIMPLE.issuperset(kinds)


_SIMPLE = frozenset({str, bool, type(None)})


def _read_strictly(data: bytes) -> Any:
    """The same, slower, with the text of every number and the place of every fault."""
    if data.startswith(_BYTE_ORDER_MARKS):
        raise Refused(finding("READ-BOM", stage="read", line=1))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(_at("READ-NOT-UTF8", _line_of_byte(data, error.start), offset=error.start)) from None
    _refuse_oversize(data, text)
    try:
        document = DECODER.decode(text)
    except Defect:
        _explain(text)
    except json.JSONDecodeError as error:
        raise Refused(syntax_finding(error)) from None
    if b"\\ud" in data or b"\\uD" in data:
        _refuse_lone_surrogates(document, text)
    return document


def write_compact(document: Any) -> bytes:
    """The document as UTF-8 JSON without any white space, as it goes over a network."""
    return orjson.dumps(document, _fragment, orjson.OPT_PASSTHROUGH_SUBCLASS)


def write_json(document: Any) -> bytes:
    """The document as UTF-8 JSON, indented by two, with a final newline; `NumberText` becomes a number.

    Raises TypeError for what JSON does not know (Decimal, date): the caller says how it is spelt.
    """
    return orjson.dumps(document, _fragment, _WRITE)


_WRITE = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_SUBCLASS


def _fragment(value: Any) -> orjson.Fragment:
    if isinstance(value, NumberText) and _NUMBER.fullmatch(value):
        return orjson.Fragment(value.encode())
    raise TypeError(f"{type(value).__name__} {value!r:.80} has no JSON form")


class Defect(Exception):
    """Raised inside the parser, which does not know where it stands; `_explain` finds the place."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Defect
    return made


def _number(text: str) -> NumberText:
    if len(text) > MAX_NUMBER:
        raise Defect
    return NumberText(text)


def _fraction(text: str) -> NumberText:
    if len(text) > MAX_NUMBER or _exponent_too_large(text):
        raise Defect
    return NumberText(text)


def _exponent_too_large(text: str) -> bool:
    _, mark, exponent = text.lower().partition("e")
    return bool(mark) and abs(int(exponent)) > MAX_EXPONENT


def _constant(_: str) -> NoReturn:
    raise Defect


DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_fraction, parse_int=_number, parse_constant=_constant
)
"""The strict parser itself; it raises Defect for what ``read_json`` explains."""


_ANY_NUMBER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)

_REASONS_ZH = {
    "Expecting value": "此处应有一个值",
    "Expecting property name enclosed in double quotes": "此处应有用双引号括起的键",
    "Expecting ':' delimiter": "此处应为冒号",
    "Expecting ',' delimiter": "此处应为逗号",
    "Unterminated string starting at": "文本没有结束的引号",
    "Invalid control character at": "文本中有未转义的控制字符",
    "Invalid \\escape": "反斜杠后的转义无效",
    "Invalid \\uXXXX escape": "\\u 转义无效",
    "Illegal trailing comma before end of object": "对象末尾多了一个逗号",
    "Illegal trailing comma before end of array": "列表末尾多了一个逗号",
}


def syntax_finding(error: json.JSONDecodeError) -> Finding:
    """What the parser says of a text that is no JSON, in both languages."""
    rule = "READ-TRAILING-DATA" if error.msg == "Extra data" else "READ-JSON-SYNTAX"
    chinese = _REASONS_ZH.get(error.msg.removesuffix(": "), error.msg)
    return _at(rule, error.lineno, column=error.colno, reason=error.msg, reason_zh=chinese)


def _at(rule: str, line: int, path: str = "", **values: Any) -> Finding:
    return finding(rule, path, stage="read", line=line, **values)


def _line_of_byte(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _refuse_oversize(data: bytes, text: str) -> None:
    """Depth and string length, before the parser runs: it recurses, and builds every string in memory."""
    if len(data) > MAX_STRING:
        for match in _STRING.finditer(data):
            if match.end() - match.start() - 2 > MAX_STRING:
                line = _line_of_byte(data, match.start())
                raise Refused(_at("READ-STRING-TOO-LONG", line, limit=MAX_STRING))
    if data.count(b"{") + data.count(b"[") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _STRING.sub(b"", data).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise Refused(_at("READ-TOO-DEEP", _line_of_depth(text), limit=MAX_DEPTH))


def _line_of_depth(text: str) -> int:
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth > MAX_DEPTH:
            return _line(text, match.start())
    return 1


def _refuse_lone_surrogates(document: Any, text: str) -> None:
    try:
        orjson.dumps(document)
    except orjson.JSONEncodeError:
        for place in _places(text):
            if place.token.startswith('"') and not _encodes(json.loads(place.token)):
                raise Refused(_at("READ-LONE-SURROGATE", place.line(text), place.path)) from None
        raise Refused(_at("READ-LONE-SURROGATE", 1)) from None  # pragma: no cover - the walk finds it


def _encodes(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@dataclass(slots=True)
class _Open:
    """An object or array that the walk is inside of."""

    path: str
    is_object: bool
    awaits_key: bool
    step: str = ""
    index: int = 0
    keys: set[str] = field(default_factory=set)

    @property
    def here(self) -> str:
        step = self.step if self.is_object else str(self.index)
        return f"{self.path}/{step.replace('~', '~0').replace('/', '~1')}"


@dataclass(frozen=True, slots=True)
class _Place:
    """A key or a scalar, and where it stands."""

    offset: int
    token: str
    path: str
    doubled: bool

    def line(self, text: str) -> int:
        return _line(text, self.offset)


def _places(text: str) -> Iterator[_Place]:
    """Every key and scalar with its JSON pointer. Slow; only explains what the parser has refused."""
    inside: list[_Open] = []
    for match in _TOKEN.finditer(text):
        mark = match[0]
        top = inside[-1] if inside else None
        if mark in ("{", "["):
            inside.append(_Open(top.here if top else "", mark == "{", mark == "{"))
        elif mark in ("}", "]"):
            if inside:
                inside.pop()
        elif mark == ",":
            if top:
                top.index += 1
                top.awaits_key = top.is_object
        elif mark == ":":
            continue
        elif top and top.awaits_key:
            key = json.loads(mark) if mark.startswith('"') else mark
            yield _Place(match.start(), mark, top.path, key in top.keys)
            top.keys.add(key)
            top.step, top.awaits_key = key, False
        else:
            yield _Place(match.start(), mark, top.here if top else "", False)


def _explain(text: str) -> NoReturn:
    """Find what the hooks refused, and say where."""
    for place in _places(text):
        line = place.line(text) if _is_defect(place) else 0
        if not line:
            continue
        if place.doubled:
            raise Refused(_at("READ-DUPLICATE-KEY", line, place.path, key=json.loads(place.token)))
        if not _NUMBER.fullmatch(place.token):
            raise Refused(_at("READ-NOT-A-NUMBER", line, place.path, value=place.token))
        if len(place.token) > MAX_NUMBER:
            raise Refused(_at("READ-NUMBER-TOO-LONG", line, place.path, limit=MAX_NUMBER))
        raise Refused(_at("READ-NUMBER-RANGE", line, place.path, value=place.token, limit=MAX_EXPONENT))
    # what the parser takes for a number and a second token, the walk takes for one: NaN<, 1e999x
    try:
        _ANY_NUMBER.decode(text)
    except json.JSONDecodeError as error:
        raise Refused(syntax_finding(error)) from None
    raise AssertionError("the parser refused what the walk accepts")  # pragma: no cover


def _is_defect(place: _Place) -> bool:
    token = place.token
    if place.doubled or token in ("NaN", "Infinity", "-Infinity"):
        return True
    if not _NUMBER.fullmatch(token):
        return False
    return len(token) > MAX_NUMBER or _exponent_too_large(token)
