"""Leaves that a foreign document holds as JSON numbers: the text of a figure on our side, a number on theirs.

Every lens works on text. For a row whose foreign leaf is a number by the schema, its lens is wrapped here: what
it lowers is written as a number, digit for digit, and what it lifts is the text of the number that was read. No
binary float is made on the way (RFC 8259:6 leaves the range of numbers to the reader).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gateway.formats.json_reader import NumberText
from gateway.formats.shape import Node
from gateway.translate.lens import Get, Lens, Out, decimal, plain, unexponent
from gateway.translate.table import Row

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def holds_number(root: Node, external: str) -> bool:
    """Whether the schema has a number at this path."""
    node = root.at(external)
    return node is not None and node.number


def has_numbers(root: Node) -> bool:
    """Whether any leaf of a document is a number."""
    return any(_numbers(root))


def _numbers(node: Node) -> Iterator[bool]:
    yield node.number
    for child in node.children.values():
        yield from _numbers(child)


def with_numbers(row: Row, root: Node) -> Row:
    """The row with a lens that writes and reads numbers where the schema has them."""
    kinds = tuple(holds_number(root, path) for path in row.external_paths)
    if not any(kinds):
        return row
    inner, several = row.lens, len(kinds) > 1

    def lower(value: Any, get: Get) -> Out:
        out = inner.lower(value, get)
        parts = out.value if several else (out.value,)
        made = tuple(as_number(part) if kind else part for part, kind in zip(parts, kinds, strict=True))
        return out._replace(value=made if several else made[0], respelt=out.respelt or made != tuple(parts))

    def lift(value: Any, get: Get) -> Out:
        parts = value if several else (value,)
        read = tuple(
            unexponent(text_of_number(part)) if kind else part
            for part, kind in zip(parts, kinds, strict=True)
        )
        out = inner.lift(read if several else read[0], get)
        return out._replace(respelt=out.respelt or read != tuple(parts))

    return replace(
        row, lens=Lens(lower, lift, inner.accepts, inner.needs, implied=inner.implied, partial=inner.partial)
    )


def text_of_number(value: Any) -> Any:
    """The text of a number that was read; anything else as it is, for the lens to refuse."""
    return str(value) if isinstance(value, str) else value


def as_number(text: Any) -> NumberText:
    """A figure as a JSON number: the same digits, without zeros in front, which JSON does not know.

    >>> as_number("1.50"), as_number("007.50"), as_number("-0.0")
    ('1.50', '7.50', '-0.0')
    """
    if isinstance(text, str) and _JSON_NUMBER.fullmatch(text):
        return NumberText(text)
    return NumberText(plain(decimal(text)))
