"""The bytes a signature covers: RFC 8785 (JCS), without floats; or the bytes as they are.

JCS prints numbers as binary doubles, so ``0.10`` and ``2**53 + 1`` would be signed as something other than
what is written. They are refused: a figure travels as a string (RFC 8785 appendix D advises the same). Where
a standard writes figures as JSON numbers, the exact bytes are signed instead, in which ``0.10`` is ``0.10``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import orjson
import rfc8785

from gateway.formats.json_reader import NumberText, read_json
from gateway.model.finding import Refused, finding

MAX_INTEGER = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly (RFC 7493:2.2)."""

_FAST = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_STRICT_INTEGER


def canonical_json(document: Any) -> bytes:
    """The canonical bytes of a document: what `read_json` returns, with int allowed beside `NumberText`.

    orjson with sorted keys writes the same bytes as JCS, ten times faster, where no float occurs, integers
    are within 2^53-1 and every key is ASCII (bytes then sort like UTF-16 units); otherwise the rfc8785
    library writes them. Raises Refused: SIGN-FLOAT, SIGN-INTEGER-RANGE (each with its pointer),
    READ-LONE-SURROGATE; TypeError for a value that JSON does not have.
    """
    ascii_keys = _examine(document)
    try:
        if ascii_keys:
            return orjson.dumps(document, _number, _FAST)
        return rfc8785.dumps(_without_number_texts(document))
    except (orjson.JSONEncodeError, ValueError):
        # all else was examined, so what neither library can write is a code point UTF-8 does not have
        raise Refused(finding("READ-LONE-SURROGATE", stage="sign")) from None


def exact_json(data: bytes) -> bytes:
    """The same bytes, where they are JSON that may be signed byte for byte.

    Fractions are welcome: their spelling is what is signed. All else that readers take differently is refused
    as in the canonical form: READ-…, and SIGN-INTEGER-RANGE, since an integer is what readers round in silence.
    """
    _examine(read_json(data), fractions=True)
    return data


def _examine(document: Any, *, fractions: bool = False) -> bool:
    """Refuse what must not be signed; tell whether every key is ASCII. One pass, without recursion."""
    ascii_keys = True
    waiting = [document]
    take, give = waiting.pop, waiting.extend
    while waiting:
        node = take()
        kind = type(node)
        if kind is str or node is None or kind is bool:
            continue
        if kind is dict:
            ascii_keys = ascii_keys and "".join(node).isascii()
            give(node.values())
        elif kind is list:
            give(node)
        elif kind is NumberText or kind is int:
            if not _is_safe(node, fractions):
                _refuse(document, fractions)
        elif kind is float:
            _refuse(document, fractions)
        else:
            raise TypeError(f"{kind.__name__} has no JSON form")
    return ascii_keys


def _is_integer_text(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _is_safe_integer(number: NumberText | int) -> bool:
    if isinstance(number, NumberText):
        # 16 digits and a sign are enough for 2^53-1; longer text never reaches int()
        return _is_integer_text(number) and len(number) <= 17 and abs(int(number)) <= MAX_INTEGER
    return -MAX_INTEGER <= number <= MAX_INTEGER


def _is_safe(number: Any, fractions: bool) -> bool:
    if fractions and isinstance(number, NumberText) and not _is_integer_text(number):
        return True
    return isinstance(number, NumberText | int) and _is_safe_integer(number)


def _number(value: Any) -> int:
    if isinstance(value, NumberText):
        return int(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")  # pragma: no cover - examined before


def _without_number_texts(node: Any) -> Any:
    """The same document with int for `NumberText`, which the rfc8785 library would quote as a string."""
    if type(node) is dict:
        return {key: _without_number_texts(value) for key, value in node.items()}
    if type(node) is list:
        return [_without_number_texts(value) for value in node]
    return int(node) if type(node) is NumberText else node


def _refuse(document: Any, fractions: bool) -> NoReturn:
    path, number = next(_unsafe_numbers(document, "", fractions))
    whole = isinstance(number, int) or (isinstance(number, str) and _is_integer_text(number))
    rule = "SIGN-INTEGER-RANGE" if whole else "SIGN-FLOAT"
    raise Refused(finding(rule, path, stage="sign", value=number))


def _unsafe_numbers(node: Any, path: str, fractions: bool) -> Iterator[tuple[str, Any]]:
    if type(node) is dict:
        for key, value in node.items():
            step = key.replace("~", "~0").replace("/", "~1")
            yield from _unsafe_numbers(value, f"{path}/{step}", fractions)
    elif type(node) is list:
        for index, value in enumerate(node):
            yield from _unsafe_numbers(value, f"{path}/{index}", fractions)
    elif type(node) in (float, int, NumberText) and not _is_safe(node, fractions):
        yield path, node
