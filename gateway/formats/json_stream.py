"""A JSON document with one long list, element by element: a consignment file of 99,999 lots of goods.

The file is the one that the ordinary reader takes; nobody has to write another form because it is long. It is
read in pieces of a megabyte, each element by the strict parser of ``json_reader``; what that refuses is
refused here in the same words, with the line and the pointer that it has in the whole file.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

from gateway.formats.files import reasons
from gateway.formats.json_reader import DECODER, MAX_DEPTH, MAX_STRING, Defect, read_json, syntax_finding
from gateway.model.finding import Refused, finding

PIECE = 1024 * 1024
"""Bytes read at once."""

MAX_ELEMENT = 10 * 1024 * 1024
"""Characters of one element, or of one other member of the document."""

_SPACE = re.compile(r"[ \t\r\n]*")
_PLAIN = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


class Element(NamedTuple):
    """One element of the long list: its place, its value, and its own text."""

    position: int
    value: Any
    text: str


class Outline(NamedTuple):
    """A document without its long list: the other members, and how many elements the list has."""

    members: dict[str, Any]
    length: int


def outline(path: Path, name: str) -> Outline:
    """What stands beside the list ``name``. Reads the whole file, so all that ``elements`` reads is sound.

    Raises Refused as ``read_json`` does.
    """
    members: dict[str, Any] = {}
    count = 0
    for key, value in _walk(path, name):
        if key:
            members[key] = value
        else:
            count += 1
    return Outline(members, count)


def elements(path: Path, name: str) -> Iterator[Element]:
    """The elements of the list ``name``, one in memory at a time."""
    for key, value in _walk(path, name):
        if not key:
            yield value


def _walk(path: Path, name: str) -> Iterator[tuple[str, Any]]:
    """(key, value) of each member of the object, and ("", Element) for each element of the list ``name``."""
    try:
        with path.open("rb") as handle:
            yield from _members(_Text(handle), name)
    except OSError as error:
        raise Refused(finding("READ-CANNOT-OPEN", stage="read", file=path, **reasons(error))) from error


def _members(text: _Text, name: str) -> Iterator[tuple[str, Any]]:
    keys: set[str] = set()
    if text.peek() == "[":
        raise Refused(finding("FORMAT-NOT-AN-OBJECT", stage="read"))
    text.expect("{", "Expecting value")
    while text.peek() != "}" or keys:
        key = text.value("")[0] if text.peek() == '"' else text.wrong(_NAME)
        if key in keys:
            raise Refused(finding("READ-DUPLICATE-KEY", stage="read", line=text.line, key=key))
        keys.add(key)
        text.expect(":", "Expecting ':' delimiter")
        if key == name and text.peek() == "[":
            for element in _elements(text, name):
                yield "", element
        else:
            yield key, text.value(f"/{key}", inside=1)[0]
        if text.peek() == "}":
            break
        text.expect(",", "Expecting ',' delimiter")
    text.at += 1
    if text.peek():
        text.wrong("Extra data")


_NAME = "Expecting property name enclosed in double quotes"


def _elements(text: _Text, name: str) -> Iterator[Element]:
    text.at += 1
    index = 0
    if text.peek() == "]":
        text.at += 1
        return
    while True:
        value, own = text.value(f"/{name}/{index}", inside=2)
        yield Element(index, value, own)
        index += 1
        if text.peek() == "]":
            text.at += 1
            return
        text.expect(",", "Expecting ',' delimiter")


class _Text:
    """The decoded text of a file, a piece at a time; ``at`` is where the reader stands."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._decode = codecs.getincrementaldecoder("utf-8")("strict")
        self._bytes = 0
        self.buffer, self.at, self.ended = "", 0, False
        self._lines, self._column = 1, 0
        if not self.more():
            raise Refused(finding("READ-EMPTY", stage="read", file=handle.name))
        if self.buffer.startswith("\ufeff"):
            raise Refused(finding("READ-BOM", stage="read", line=1))

    def more(self) -> bool:
        """Forgets what was read and adds a piece; False at the end of the file."""
        if self.ended:
            return False
        self._column = self._column_at(self.at)
        self._lines += self.buffer.count("\n", 0, self.at)
        piece = self._handle.read(PIECE)
        waiting = len(self._decode.getstate()[0])
        try:
            text = self._decode.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode("utf-8", "replace")
            line = self._lines + self.buffer.count("\n", self.at) + before.count("\n")
            offset = self._bytes - waiting + error.start
            raise Refused(finding("READ-NOT-UTF8", stage="read", line=line, offset=offset)) from None
        self._bytes += len(piece)
        self.ended = not piece
        self.buffer, self.at = self.buffer[self.at :] + text, 0
        return not self.ended

    def _column_at(self, place: int) -> int:
        """How many characters of its line stand before a place of the buffer."""
        start = self.buffer.rfind("\n", 0, place)
        return self._column + place if start < 0 else place - start - 1

    @property
    def line(self) -> int:
        return self._lines + self.buffer.count("\n", 0, self.at)

    def peek(self) -> str:
        """The next character that is no space, without taking it; empty at the end."""
        while True:
            self.at = _SPACE.match(self.buffer, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.buffer):
                return self.buffer[self.at]
            if not self.more():
                return ""

    def expect(self, sign: str, otherwise: str) -> None:
        if self.peek() != sign:
            self.wrong(otherwise)
        self.at += 1

    def wrong(self, reason: str, place: int | None = None) -> NoReturn:
        """The text is no JSON at this place."""
        here = self.at if place is None else place
        item = syntax_finding(json.JSONDecodeError(reason, "", 0))
        line = self._lines + self.buffer.count("\n", 0, here)
        values = {**item.values, "column": str(self._column_at(here) + 1)}
        raise Refused(replace(item, line=line, values=values))

    def value(self, path: str, inside: int = 0) -> tuple[Any, str]:
        """The value that begins here, and its text. ``inside``: in how many objects and lists it stands."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self.buffer, self.at)
            except json.JSONDecodeError as error:
                place = error.pos - self.at
                if len(self.buffer) - self.at <= MAX_ELEMENT and self.more():
                    continue
                self._too_long(path)
                self.wrong(error.msg, self.at + place)
            except (Defect, RecursionError):
                if len(self.buffer) - self.at <= MAX_ELEMENT and self.more():
                    continue  # the whole of it, for the reader that explains
                self._explain(path, inside)
            if end < len(self.buffer) or not self.more():
                break
        text = self.buffer[self.at : end]
        if _doubtful(text, inside):
            self._strictly(text, path, inside)
        self.at = end
        return value, text

    def _too_long(self, path: str) -> None:
        if len(self.buffer) - self.at > MAX_ELEMENT:
            limit = MAX_ELEMENT // (1024 * 1024)
            raise Refused(finding("READ-TOO-LARGE", path, stage="read", file=path, limit=limit))

    def _explain(self, path: str, inside: int) -> NoReturn:
        try:
            _, end = _PLAIN.raw_decode(self.buffer, self.at)
        except (json.JSONDecodeError, RecursionError):
            end = len(self.buffer)
        self._strictly(self.buffer[self.at : end], path, inside)
        self.wrong("Expecting value")  # pragma: no cover - the strict reader has said what is wrong

    def _strictly(self, text: str, path: str, inside: int) -> None:
        """The same value by the reader of whole documents, its findings at their place in the file."""
        before, after = "[" * inside, "]" * inside
        try:
            read_json(f"{before}{text}{after}".encode("utf-8", "surrogatepass"))
        except Refused as refused:
            shift = self._column_at(self.at) - inside
            raise Refused([self._shifted(item, path, inside, shift) for item in refused.findings]) from None

    def _shifted(self, item: Any, path: str, inside: int, shift: int) -> Any:
        own = "/".join(["", *item.path.split("/")[1 + inside :]]) if item.path else ""
        line = self.line + (item.line or 1) - 1
        values = dict(item.values)
        if item.line == 1 and "column" in values:
            values["column"] = str(int(values["column"]) + shift)
        return replace(item, path=f"{path}{own}" if item.path else "", line=line, values=values)


def _doubtful(text: str, inside: int) -> bool:
    """Whether a text may break a limit that the parser itself does not keep: depth, length, surrogates."""
    if len(text) > MAX_STRING or text.count("{") + text.count("[") > MAX_DEPTH - inside:
        return True
    return "\\ud" in text or "\\uD" in text
