"""Regular expressions of rules: only those that no input can make slow.

Python's engine backtracks. A pattern is refused when it loads if a repeated group holds something
repeated, if more than one unbounded repeat may give characters back, or if it looks around or back.
A possessive repeat (``++``, ``*+``) gives nothing back and is always welcome.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from gateway.check.catalog import CatalogError

MAX_INPUT = 4000
"""Characters that a pattern looks at; the longest text field of any format has 9,999. Longer: no match."""

_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*+\]|\(\?:|\(\?|\(|\)|\{(?P<low>[0-9]*),?(?P<high>[0-9]*)\}[+?]?|[*+?][+?]?|.",
    re.DOTALL,
)


@cache
def safe_pattern(pattern: str) -> Callable[[str], bool]:
    """A test for the whole text. Raises CatalogError for a pattern that could be made slow."""
    _refuse_slow(pattern)
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise CatalogError(f"pattern {pattern!r}: {error}") from error
    return lambda text: len(text) <= MAX_INPUT and compiled.fullmatch(text) is not None


def _refuse_slow(pattern: str) -> None:
    varies = [False]  # per open group: does something inside repeat a varying number of times?
    closed: bool | None = None  # the group that has just been closed, if the last token closed one
    greedy = 0
    for found in _TOKEN.finditer(pattern):
        piece = found.group()
        if piece == "(?" or re.fullmatch(r"\\[1-9]", piece):
            raise CatalogError(f"pattern {pattern!r}: looks around or back")
        if piece in ("(", "(?:"):
            varies.append(False)
            closed = None
        elif piece == ")":
            closed = varies.pop() if len(varies) > 1 else False
            varies[-1] = varies[-1] or closed
        elif _repeats(found):
            if closed and piece[0] != "?":
                raise CatalogError(f"pattern {pattern!r}: a repeat inside a repeat")
            greedy += _unbounded(found) and not piece.endswith("+", 1)
            varies[-1] = varies[-1] or piece[0] != "?"
            closed = None
        else:
            closed = None
    if greedy > 1:
        raise CatalogError(f"pattern {pattern!r}: more than one unbounded repeat; make them possessive (++)")


def _repeats(found: re.Match[str]) -> bool:
    token = found.group()
    return token[0] in "*+?" or (token[0] == "{" and found["high"] != "" and found["high"] != found["low"])


def _unbounded(found: re.Match[str]) -> bool:
    return found.group()[0] in "*+"
