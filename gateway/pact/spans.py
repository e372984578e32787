"""Where the parts of a JSON text begin and end, so that each footprint of a page is kept in the very bytes it came in.

Only the envelope is read strictly. An element is delimited by its brackets and strings and judged by itself
afterwards: one that is wrong does not take the others of its page with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from gateway.model.finding import Refused, finding

_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_MARK = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_SCALAR = re.compile(rb'[^ \t\r\n\[\]{},:"]++')
_CLOSES = {ord("{"): ord("}"), ord("["): ord("]")}


class Span(NamedTuple):
    """From ``start`` to before ``end``, in bytes."""

    start: int
    end: int

    def of(self, data: bytes) -> bytes:
        return data[self.start : self.end]


def member(data: bytes, name: str) -> Span | None:
    """The value of a member of the object that ``data`` holds; None where it has no such member.

    Raises Refused (PULL-JSON) where the text is no JSON object, where it ends too early, and where the member
    stands twice: nobody could say which of them is meant.
    """
    found: Span | None = None
    text = _Walk(data)
    text.take(b"{")
    for _ in text.listed(b"}"):
        key = text.key()
        text.take(b":")
        span = text.value()
        if key == name:
            if found is not None:
                text.wrong()
            found = span
    text.finish()
    return found


def elements(data: bytes, span: Span) -> Iterator[Span]:
    """The elements of the list that stands at ``span``; Refused (PULL-JSON) where it is none."""
    text = _Walk(data[: span.end], span.start)
    text.take(b"[")
    for _ in text.listed(b"]"):
        yield text.value()
    text.finish()


class _Walk:
    """Goes through the text from place to place."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def wrong(self) -> NoReturn:
        raise Refused(finding("PULL-JSON", stage="read", offset=self.at, size=len(self.data)))

    def _skip(self) -> None:
        match = _SPACE.match(self.data, self.at)
        assert match is not None
        self.at = match.end()

    def take(self, sign: bytes) -> None:
        self._skip()
        if self.data[self.at : self.at + 1] != sign:
            self.wrong()
        self.at += 1

    def listed(self, end: bytes) -> Iterator[None]:
        """Once for each item up to the closing sign; who iterates reads the item."""
        self._skip()
        if self.data[self.at : self.at + 1] == end:
            self.at += 1
            return
        while True:
            yield
            self._skip()
            sign = self.data[self.at : self.at + 1]
            if sign not in (b",", end):
                self.wrong()
            self.at += 1
            if sign == end:
                return

    def key(self) -> str:
        self._skip()
        match = _STRING.match(self.data, self.at)
        if match is None:
            self.wrong()
        self.at = match.end()
        try:
            return str(json.loads(match[0]))
        except ValueError:
            self.wrong()

    def value(self) -> Span:
        """A value as a whole: to the bracket that closes it, the end of the string, or of the word."""
        self._skip()
        start = self.at
        if self.data[start : start + 1] in (b"{", b"["):
            self._close()
        else:
            match = _STRING.match(self.data, start) or _SCALAR.match(self.data, start)
            if match is None:
                self.wrong()
            self.at = match.end()
        return Span(start, self.at)

    def _close(self) -> None:
        awaited = bytearray()
        for match in _MARK.finditer(self.data, self.at):
            sign = self.data[match.start()]
            if sign in _CLOSES:
                awaited.append(_CLOSES[sign])
            elif sign != ord('"') and awaited.pop() != sign:
                break
            if not awaited:
                self.at = match.end()
                return
        self.at = len(self.data)
        self.wrong()

    def finish(self) -> None:
        self._skip()
        if self.at != len(self.data):
            self.wrong()
