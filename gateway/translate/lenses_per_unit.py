"""Lenses for formats that state every figure for one unit, beside the amount that the product holds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from gateway.formats.codes import CodeList, code_list
from gateway.translate.lens import (
    EXACT,
    Get,
    Lens,
    LensRefusal,
    Out,
    decimal,
    lens,
    plain,
    shifted,
    unexponent,
)

MOST_DIGITS = 15
"""Significant digits of a quotient that has no end: far beyond what any footprint is known to."""


@lens("product-amount")
def product_amount(parameters: Mapping[str, Any]) -> Lens:
    """The declared amount and its unit as the amount that one product holds, with figures for one unit.

    ``list``, ``column``, ``scale``: as of ``declared-unit``. ``mass``: the path of the mass in kg, by which an
    amount in a unit that the format does not have is stated in ``mass_unit``; without a mass it is refused.
    A power of ten of a bulk unit (1 t) is one foreign unit; any other amount stays what it is.
    """
    table, column, scale = code_list(parameters["list"]), parameters["column"], parameters["scale"]
    mass_path, mass_unit = str(parameters["mass"]), str(parameters["mass_unit"])

    def lower(value: Any, get: Get) -> Out:
        amount, unit = value
        foreign = table.to(column, unit)
        if foreign:
            whole = _whole(amount, table.to(scale, unit))
            shown = _one_of_bulk(amount, whole)
            said = f"{amount} {unit}: figures are stated for 1 {foreign}"
        else:
            foreign, shown = mass_unit, plain(_mass(get(mass_path), unit))
            said = f"{amount} {unit} weigh {shown} {foreign}: figures are stated for 1 {foreign}"
        result = (shown, foreign)
        # the mass is read and not counted as carried: it may have a field of its own, or none at all
        return Out(result, "converted", said, respelt=lift(result, get).value != (amount, unit))

    def lift(value: Any, _get: Get) -> Out:
        amount, foreign = value
        unit = table.from_(column, str(foreign))
        if unit is None:
            raise LensRefusal("CODE-UNKNOWN", code=foreign, list=parameters["list"])
        _whole(amount, "1")
        shown = unexponent(amount)
        return Out((shown, unit), "converted", f"{foreign} is {unit}", respelt=shown != amount)

    return Lens(lower, lift, needs=(mass_path,))


def _whole(amount: Any, scale: str | None) -> Decimal:
    """The declared amount in the foreign unit; it must be more than nothing."""
    number = decimal(amount)
    if number <= 0:
        raise LensRefusal("UNIT-NOT-POSITIVE", text=amount)
    return EXACT.multiply(number, decimal(scale or "1"))


def _one_of_bulk(amount: Any, whole: Decimal) -> str:
    """What stands as the amount: of 1 t or 1 MWh it is one unit, since nothing is packed by the tonne."""
    if whole == decimal(amount):
        return str(amount)
    return "1" if whole.normalize(EXACT).as_tuple().digits == (1,) else plain(whole)


def _mass(mass: Any, unit: str) -> Decimal:
    if mass is None or (number := decimal(mass)) <= 0:
        raise LensRefusal("UNIT-WITHOUT-MASS", unit=unit)
    return number


@lens("per-one-unit")
def per_one_unit(parameters: Mapping[str, Any]) -> Lens:
    """A figure for one unit abroad and for the declared amount here: divided on the way out, multiplied on the way in.

    ``amount``, ``of``, ``mass``: the paths of the declared amount, its unit and its mass in kg, as
    ``product-amount`` uses them. ``unit``, ``units``: where the figure has a unit of its own. A quotient without
    an end is rounded half to even to 15 digits, and what that added is kept.
    """
    table, column, scale = code_list(parameters["list"]), parameters["column"], parameters["scale"]
    amount_path, of_path, mass_path = (str(parameters[name]) for name in ("amount", "of", "mass"))
    unit_path = parameters.get("unit")
    units = code_list(parameters["units"]) if unit_path else None
    uses = tuple(filter(None, (amount_path, of_path, unit_path)))

    @lru_cache(maxsize=64)
    def worked_out(amount: Any, unit: Any, mass: Any, stated: Any) -> Fraction:
        if amount is None or unit is None:
            raise LensRefusal("UNIT-MISSING")
        known = table.to(column, unit)
        whole = _whole(amount, table.to(scale, unit)) if known else _mass(mass, unit)
        return Fraction(whole) / (_scale_of(units, stated) if units is not None else 1)

    def factor(get: Get) -> Fraction:
        """By how much a figure here is divided: the amount in foreign units, over the scale of its own unit."""
        stated = get(unit_path) if unit_path else None
        return worked_out(get(amount_path), get(of_path), get(mass_path), stated)

    def lower(value: Any, get: Get) -> Out:
        return _scaled(value, 1 / factor(get), "for one unit", uses)

    def lift(value: Any, get: Get) -> Out:
        return _scaled(value, factor(get), "for the declared amount", uses)

    return Lens(lower, lift, needs=(*uses, mass_path))


def _scale_of(units: CodeList, stated: Any) -> Fraction:
    if stated is None:
        raise LensRefusal("UNIT-MISSING")
    if stated not in units.codes:
        raise LensRefusal("UNIT-NO-EQUIVALENT", unit=stated)
    return Fraction(str(units.to("scale", stated)))


def _scaled(value: Any, by: Fraction, said: str, uses: tuple[str, ...]) -> Out:
    text, delta = times(value, by)
    back, _ = times(text, 1 / by)
    respelt = bool(delta) or back != value
    if by == 1:
        return Out(text, respelt=respelt, uses=uses)
    shown = f"x {by.numerator}" if by.denominator == 1 else f"/ {by.denominator}"
    if 1 not in (by.numerator, by.denominator):
        shown = f"x {by.numerator} / {by.denominator}"
    return Out(text, "converted", f"{shown}, {said}", delta, respelt, uses)


def times(value: Any, by: Fraction) -> tuple[str, str]:
    """A figure times a fraction as plain text, and what rounding added to it, if anything.

    >>> times("18.00", Fraction(1, 12)), times("1.5", Fraction(12)), times("1.50", Fraction(1, 1000))
    (('1.50', ''), ('18.0', ''), ('0.00150', ''))
    >>> times("1", Fraction(1, 3))
    ('0.333333333333333', '-0.000000000000000333333333333333')
    """
    figure = decimal(value)
    power = _power_of_ten(by)
    if power is not None:
        return shifted(value, power)[0], ""
    if by.denominator == 1:
        return plain(EXACT.multiply(figure, Decimal(by.numerator))), ""
    exact = Fraction(figure) * by
    ended = _ended(exact.denominator)
    if ended is not None:
        ended = max(ended, len(str(value).partition(".")[2]))  # decimals that were stated stay
        return plain(Decimal(exact.numerator * 10**ended // exact.denominator).scaleb(-ended, EXACT)), ""
    shown = _rounding.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    off = Fraction(shown) - exact
    return plain(shown), plain(_rounding.divide(Decimal(off.numerator), Decimal(off.denominator)))


_rounding = Context(prec=MOST_DIGITS, rounding=ROUND_HALF_EVEN)


def _power_of_ten(by: Fraction) -> int | None:
    """The exponent of a fraction that only moves the point."""
    digits = str(by.numerator if by.denominator == 1 else by.denominator)
    if 1 not in (by.numerator, by.denominator) or digits.rstrip("0") != "1":
        return None
    return (len(digits) - 1) * (1 if by.denominator == 1 else -1)


def _ended(denominator: int) -> int | None:
    """How many decimals a fraction of this denominator has; None where they never end."""
    rest, places = denominator, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        places = max(places, count)
    return places if rest == 1 else None
