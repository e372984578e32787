"""Figures and dates as a rule sees them: plain text in, Decimal or datetime out, and what exactly is wrong.

Nothing here raises on a document's text: a figure that cannot be read is a finding of its own
(``leaf_types``), and a comparison with it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from functools import lru_cache

MAX_DIGITS = 40
"""Characters of one figure. The longest official field has 16 digits; more is a mistake or an attack."""

EXACT = Context(prec=4 * MAX_DIGITS)
"""Sums of figures of that length are exact: no rounding may hide or invent a difference."""

_PLAIN = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_EXPONENT = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?[eE][+-]?[0-9]{1,3}")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(?:[,' \u00a0][0-9]{3})+(?:\.[0-9]+)?")

_FAULTS = {
    "comma": ("decimal comma", "使用了逗号作小数点"),
    "exponent": ("exponent", "使用了科学计数法"),
    "full-width": ("full-width digit", "含全角数字或符号"),
    "not-number": ("not a number", "不是数值"),
    "long": ("too long", "位数过长"),
    "space": ("space", "含空格"),
    "thousands": ("thousands separator", "含千位分隔符"),
    "plus": ("plus sign", "含正号"),
}


def fault_texts(fault: str) -> tuple[str, str]:
    """What is wrong with a figure, in English and in Chinese."""
    return _FAULTS[fault]


def decimal_fault(text: str) -> str:
    """Why a text is not a plain decimal: a key of the faults above, or "" when it is one.

    >>> [decimal_fault(t) for t in ("-1.50", "1,5", "1,234.5", "1e3", "１", "+1", " 1", "NaN")]
    ['', 'comma', 'thousands', 'exponent', 'full-width', 'plus', 'space', 'not-number']
    """
    return "long" if len(text) > MAX_DIGITS else _fault(text)


@lru_cache(maxsize=1024)
def _fault(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return ""
    if any("\uff00" <= c <= "\uffef" for c in text):
        return "full-width"
    if _THOUSANDS.fullmatch(text):
        return "thousands"
    for fault, plain in (
        ("space", "".join(text.split())),
        ("plus", text.removeprefix("+")),
        ("comma", text.replace(",", ".", 1)),
    ):
        if plain != text and _PLAIN.fullmatch(plain):
            return fault
    return "exponent" if _EXPONENT.fullmatch(text) else "not-number"


def to_decimal(value: object) -> Decimal | None:
    """A figure, or None when the text is no figure. An exponent is read (PACT's prose allows it); see
    ``decimal_fault`` for who must not write one."""
    return _decimal(value) if isinstance(value, str) and len(value) <= MAX_DIGITS else None


@lru_cache(maxsize=1024)  # several rules read each figure of a record
def _decimal(value: str) -> Decimal | None:
    if _PLAIN.fullmatch(value) or _EXPONENT.fullmatch(value) or _PLAIN.fullmatch(value.removeprefix("+")):
        return Decimal(value)
    return None


@lru_cache(maxsize=1024)
def whole_and_places(value: str) -> tuple[int, int] | None:
    """A figure as a whole number and its decimals: sums of these are exact and quick.

    >>> whole_and_places("-12.50"), whole_and_places("1e3"), whole_and_places("x")
    ((-1250, 2), (1000, 0), None)
    """
    if len(value) <= MAX_DIGITS and _PLAIN.fullmatch(value):
        plainly, _, decimals = value.partition(".")
        return int(plainly + decimals), len(decimals)
    figure = to_decimal(value)
    if figure is None:
        return None
    sign, digits, exponent = figure.as_tuple()
    assert isinstance(exponent, int)  # neither NaN nor infinity is a figure
    whole = int("".join(map(str, digits))) * 10 ** max(exponent, 0)
    return (-whole if sign else whole), max(-exponent, 0)


def is_integer(text: str) -> bool:
    """Plain decimal digits, optionally negative, at most 18 of them."""
    return _INTEGER.fullmatch(text) is not None


def to_moment(value: object) -> datetime | None:
    """A date (its midnight) or a date-time as a moment in UTC; None when the text is neither.

    >>> to_moment("2025-03-01").isoformat(), to_moment("2025-02-30")
    ('2025-03-01T00:00:00+00:00', None)
    """
    return _moment(value) if isinstance(value, str) and len(value) <= MAX_DIGITS else None


@lru_cache(maxsize=256)
def _moment(value: str) -> datetime | None:
    try:
        if _DATE.fullmatch(value):
            day = date.fromisoformat(value)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        if _DATETIME.fullmatch(value):
            moment = datetime.fromisoformat(value.upper())
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return None


def is_date(text: str) -> bool:
    """A calendar date ``YYYY-MM-DD`` that exists."""
    return _DATE.fullmatch(text) is not None and to_moment(text) is not None


def is_datetime(text: str) -> bool:
    """An RFC 3339 date-time that exists."""
    return _DATETIME.fullmatch(text) is not None and to_moment(text) is not None


def add_years(moment: datetime, years: int) -> datetime:
    """The same day some years later; 29 February becomes 28 February."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


def exact_sum(figures: Iterable[Decimal]) -> Decimal:
    """A sum without rounding."""
    total = Decimal(0)
    for figure in figures:
        total = EXACT.add(total, figure)
    return total


def rounding(figures: Iterable[Decimal]) -> Decimal:
    """How far figures written with that many decimals may be off together: half a unit of the last place
    of each. A plain zero is exact and adds nothing.

    >>> rounding([Decimal("3.42"), Decimal("0"), Decimal("3.5")])
    Decimal('0.055')
    """
    slack = Decimal(0)
    for figure in figures:
        exponent = figure.as_tuple().exponent
        if figure and isinstance(exponent, int):
            slack = EXACT.add(slack, _half_unit(min(exponent, 0)))
    return slack


@lru_cache(maxsize=64)
def _half_unit(exponent: int) -> Decimal:
    return Decimal(5).scaleb(exponent - 1)


def plain(figure: Decimal) -> str:
    """A figure as plain decimal text, never with an exponent."""
    return format(figure, "f")
