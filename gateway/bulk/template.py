"""Text with places for values: made once from what the writer wrote, filled for each element."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from gateway.formats.xml_tree import NOT_XML
from gateway.model.finding import GatewayError

_OPEN, _CLOSE = "\ue001", "\ue002"
"""Private characters around the number of a place; a text that holds one of its own has no template."""

_PLACE = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_MARKUP = re.compile("[&<>\r]|" + NOT_XML.pattern)
_QUOTED = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')


class NoTemplate(GatewayError):
    """This element has to be carried by the engine itself."""


def mark(number: int) -> str:
    """What stands for the value of this number while a template is made."""
    return f"{_OPEN}{number}{_CLOSE}"


def has_marks(text: str) -> bool:
    """Whether a text holds the characters that mark places."""
    return _OPEN in text or _CLOSE in text


class Template(NamedTuple):
    """Pieces of text, and between each two of them the number of the value that stands there."""

    pieces: list[str]
    numbers: list[int]

    @classmethod
    def of(cls, text: str) -> Template:
        """The template of a text with marks."""
        parts = _PLACE.split(text)
        return cls(parts[::2], [int(part) for part in parts[1::2]])

    def filled(self, values: Sequence[str]) -> str:
        """The text with its values."""
        parts = [""] * (2 * len(self.numbers) + 1)
        parts[::2] = self.pieces
        parts[1::2] = [values[number] for number in self.numbers]
        return "".join(parts)


def xml_text(value: str) -> str:
    """A value as XML text, escaped as libxml2 does. Raises NoTemplate for what XML cannot hold."""
    if _MARKUP.search(value) is None:
        return value
    if NOT_XML.search(value) is not None:
        raise NoTemplate
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def json_text(value: str) -> str:
    """A value as it stands between the quotes of a JSON string."""
    return value if _QUOTED.search(value) is None else orjson.dumps(value).decode()[1:-1]


def json_line(entry: object) -> str:
    """One line of the ledger."""
    return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE).decode()
