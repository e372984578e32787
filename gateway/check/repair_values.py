"""Repairs of one value: each gives the text that is meant, or None where nothing is to be mended or it is not certain."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from gateway.translate.lens import EXACT, MAX_DIGITS, plain

Facets = Mapping[str, str]
Way = Callable[[str, Facets], str | None]

_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_EXPONENT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]{1,2}")
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_BARE = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def trim(text: str, _facets: Facets) -> str | None:
    """Without the blanks around it."""
    return text.strip() if text.strip() != text else None


def comma(text: str, _facets: Facets) -> str | None:
    """A decimal comma as a point, where it cannot separate thousands: those stand in groups of exactly three
    digits behind one to three others, the first of which is not a zero.

    >>> comma("550,5", {}), comma("1,234", {}), comma("0,123", {}), comma("1234,567", {})
    ('550.5', None, '0.123', '1234.567')
    """
    if not _COMMA.fullmatch(text):
        return None
    whole, _, fraction = text.lstrip("+-").partition(",")
    thousands = len(fraction) == 3 and len(whole) <= 3 and whole[0] != "0"
    return None if thousands else text.replace(",", ".")


def exponent(text: str, _facets: Facets) -> str | None:
    """A figure with an exponent, written out: the same value.

    >>> exponent("1E-3", {}), exponent("2.50e+2", {})
    ('0.001', '250')
    """
    if len(text) > MAX_DIGITS or not _EXPONENT.fullmatch(text):
        return None
    return plain(Decimal(text))


def point(text: str, _facets: Facets) -> str | None:
    """A figure without digits on one side of its point, or with a plus sign, as plain text.

    >>> point(".5", {}), point("5.", {}), point("+1.5", {}), point("1.5", {}), point(".", {})
    ('0.5', '5', '1.5', None, None)
    """
    match = _BARE.fullmatch(text)
    if match is None or _PLAIN.fullmatch(text):
        return None
    sign, whole, fraction = match[1].strip("+"), match[2], match[3] or ""
    if not whole and not fraction:
        return None
    return f"{sign}{whole or '0'}" + (f".{fraction}" if fraction else "")


def rounded(text: str, facets: Facets) -> str | None:
    """A figure with more decimals than the schema takes, rounded half to even; the ledger states the difference."""
    places = facets.get("fractionDigits")
    if places is None or not _PLAIN.fullmatch(text) or len(text) > MAX_DIGITS:
        return None
    figure = Decimal(text)
    if len(text.partition(".")[2].rstrip("0")) <= int(places):
        return None
    try:
        return plain(figure.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_EVEN, EXACT))
    except InvalidOperation:
        return None


def instant(text: str, _facets: Facets) -> str | None:
    """The same moment in UTC, to the second; a fraction of a second other than zero is not cut off.

    >>> instant("2025-01-31T10:00:00.000Z", {}), instant("2025-01-31T10:00:00+08:00", {})
    ('2025-01-31T10:00:00Z', '2025-01-31T02:00:00Z')
    """
    match = _INSTANT.fullmatch(text)
    if match is None or (match[1] is None and match[2] == "Z") or (match[1] or "").strip(".0"):
        return None
    try:
        moment = datetime.fromisoformat(text.replace(match[1] or "", "", 1) if match[1] else text)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return None


def boolean(text: str, _facets: Facets) -> str | None:
    """``TRUE`` and ``False`` in lower case; no other word stands for either."""
    return text.lower() if text.lower() in ("true", "false") and text != text.lower() else None


WAYS: Mapping[str, Way] = {
    "trim": trim,
    "comma": comma,
    "exponent": exponent,
    "point": point,
    "round": rounded,
    "instant": instant,
    "boolean": boolean,
}
"""What a row of ``mappings/repairs-qreport.toml`` may name."""
