"""Figures that a program stored in binary, as the person typed them.

A spreadsheet writes 0.525 as ``0.52500000000000002``: the 17 digits that tell one binary number from the
next. The figure that was typed is the one of at most 15 digits that is stored in just the same way. All by
exact arithmetic: no float touches a figure.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

TYPED_DIGITS = 15
"""Significant digits that a spreadsheet keeps of what a person types."""

_MANTISSA = 53
_TYPED = Context(prec=TYPED_DIGITS, rounding=ROUND_HALF_EVEN)


def typed_figure(stored: Decimal) -> Decimal:
    """The figure of at most 15 digits that is stored as this one is; the figure itself where there is none.

    >>> typed_figure(Decimal("0.52500000000000002")), typed_figure(Decimal("6.9119469026548686"))
    (Decimal('0.525'), Decimal('6.9119469026548686'))
    """
    if len(stored.as_tuple().digits) <= TYPED_DIGITS:
        return stored
    short = _TYPED.plus(stored).normalize(_TYPED)
    return short if nearest_binary(Fraction(short)) == nearest_binary(Fraction(stored)) else stored


def nearest_binary(value: Fraction) -> Fraction:
    """The binary number of 53 digits that is nearest to a value, ties to even; subnormals are not told apart.

    >>> nearest_binary(Fraction(1, 10)) == Fraction(3602879701896397, 2**55)
    True
    """
    if value == 0:
        return value
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length() - _MANTISSA
    scaled = size / Fraction(2) ** exponent
    while scaled >= 2**_MANTISSA:
        scaled, exponent = scaled / 2, exponent + 1
    while scaled < 2 ** (_MANTISSA - 1):
        scaled, exponent = scaled * 2, exponent - 1
    made = round(scaled) * Fraction(2) ** exponent
    return made if value > 0 else -made
