"""How far a sum may be off because its figures were rounded before they were written."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from gateway.translate.lens import EXACT
from gateway.translate.lenses_per_unit import MOST_DIGITS


def half_unit(figure: Decimal) -> Decimal:
    """Half a unit of the last place that is written.

    >>> half_unit(Decimal("1.50")), half_unit(Decimal("12"))
    (Decimal('0.005'), Decimal('0.5'))
    """
    exponent = figure.as_tuple().exponent
    return Decimal(5).scaleb((min(exponent, 0) if isinstance(exponent, int) else 0) - 1)


def of_quotients(figures: Sequence[Decimal]) -> Decimal:
    """What the rounding of each figure to as many digits as a quotient without an end has can add up to.

    Nothing, where none of them has so many digits.
    """
    if max(len(figure.as_tuple().digits) for figure in figures) < MOST_DIGITS:
        return Decimal(0)
    largest = max(EXACT.abs(figure) for figure in figures)
    return EXACT.multiply(largest, Decimal(5 * len(figures)).scaleb(-MOST_DIGITS))


def of_all(figures: Sequence[Decimal]) -> Decimal:
    """What the rounding of all figures can add up to, the sum's own among them. A plain zero is exact."""
    halves = sum((half_unit(figure) for figure in figures if figure), start=Decimal(0))
    return max(halves, of_quotients(figures))
