"""Lenses for workbooks that people fill in: numbered references, units of a cell, percentages, signs in a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from gateway.formats.codes import code_list
from gateway.translate.lens import EXACT, Get, Lens, LensRefusal, Out, decimal, lens, plain, shift


@lens("numbered")
def numbered(parameters: Mapping[str, Any]) -> Lens:
    """An id, or a reference to it, and the number by which a form knows the element: ``list``, ``key``.

    ``label`` stands before the number in the form, ``prefix`` before it in the id that is read from there.
    Refuses a reference to an element that is not in the list.
    """
    path, key = str(parameters["list"]), str(parameters.get("key", "id"))
    label, prefix = str(parameters.get("label", "")), str(parameters["prefix"])

    def lower(value: Any, get: Get) -> Out:
        elements = get(path)
        for number, element in enumerate(elements if isinstance(elements, list) else (), start=1):
            if isinstance(element, dict) and element.get(key) == value:
                shown, home = f"{label}{number}", f"{prefix}{number}"
                if shown == value:
                    return Out(value)
                return Out(shown, "converted", "numbered by its place in the list", respelt=home != value)
        raise LensRefusal("REFERENCE-UNKNOWN", value=value, list=path)

    def lift(value: Any, _get: Get) -> Out:
        number = str(value).removeprefix(label)
        if prefix == label or not number.isdigit():
            return Out(value)
        return Out(f"{prefix}{number}", "converted", "the number that the form shows")

    return Lens(lower, lift)


@lens("in-unit")
def in_unit(parameters: Mapping[str, Any]) -> Lens:
    """A figure with its unit, and the same in a unit that the form knows: ``units = { ours = [theirs, power] }``.

    The figure is multiplied by that power of ten, so no digit is lost. On the way back the first of ours
    that has their unit is taken. A unit that is not named is refused: never relabelled.
    """
    units = {ours: (str(theirs), int(power)) for ours, (theirs, power) in parameters["units"].items()}
    back: dict[str, tuple[str, int]] = {}
    for ours, (theirs, power) in units.items():
        back.setdefault(theirs, (ours, power))

    def lower(value: Any, _get: Get) -> Out:
        amount, unit = value[0], str(value[1])
        if unit not in units:
            raise LensRefusal("UNIT-NO-EQUIVALENT", unit=unit)
        theirs, power = units[unit]
        made = (shift(amount, power), theirs)
        if made == (amount, unit):
            return Out(made)
        return Out(made, "converted", f"{unit} as {theirs}, x 10^{power}", respelt=back[theirs][0] != unit)

    def lift(value: Any, _get: Get) -> Out:
        amount, unit = value[0], str(value[1])
        if unit not in back:
            raise LensRefusal("UNIT-NO-EQUIVALENT", unit=unit)
        ours, power = back[unit]
        made = (shift(amount, -power), ours)
        return Out(made) if made == (amount, unit) else Out(made, "converted", f"{unit} as {ours}")

    return Lens(lower, lift)


@lens("percent")
def percent(_parameters: Mapping[str, Any]) -> Lens:
    """A share of one here, a percentage there: 0.15 and 15. Only the point moves."""
    return Lens(
        lambda value, _get: Out(_moved(value, 2), "converted", "as a percentage",
                                respelt=_moved(_moved(value, 2), -2) != value),
        lambda value, _get: Out(_moved(value, -2), "converted", "as a share of one"),
    )  # fmt: skip


def _moved(text: Any, by: int) -> str:
    """The point moved by so many places; a zero is a zero on both sides, whatever its digits."""
    return shift(text, by) if decimal(text) else str(text)


@lens("percent-by-kind")
def percent_by_kind(parameters: Mapping[str, Any]) -> Lens:
    """A value beside the code that says what it is: a percentage here is a share of one there.

    ``list``: the codes, whose column ``kind`` tells percentages from other figures and from text.
    """
    codes = code_list(parameters["list"])

    def turned(value: Any, by: int, note: str) -> Out:
        text, code = value
        row = codes.codes.get(str(code))
        if row is None:
            raise LensRefusal("CODE-UNKNOWN", code=code, list=parameters["list"])
        if row["kind"] != "percentage":
            return Out(value)
        made = _moved(text, by)
        return Out((made, code), "converted", note, respelt=_moved(made, -by) != text)

    return Lens(
        lambda value, _get: turned(value, -2, "as a share of one"),
        lambda value, _get: turned(value, 2, "as a percentage"),
    )


@lens("product-as-factor")
def product_as_factor(parameters: Mapping[str, Any]) -> Lens:
    """(a, a x b) here, (a, b) there: electricity with its emissions, and electricity with its factor.

    Lowering divides, to ``digits`` significant digits; the delta is what the product then differs by.
    Refuses emissions without an amount that they could come from.
    """
    digits = int(parameters["digits"])

    def lower(value: Any, _get: Get) -> Out:
        amount, product = (decimal(part) for part in value)
        if amount == 0:
            if product != 0:
                raise LensRefusal("FACTOR-WITHOUT-AMOUNT", amount=value[0], product=value[1])
            return Out((value[0], "0"), "converted", "nothing consumed, so no factor")
        factor = _quotient(product, amount, digits)
        delta = EXACT.subtract(EXACT.multiply(factor, amount), product)
        note = f"factor = {value[1]} / {value[0]}"
        return Out((value[0], plain(factor)), "converted", note, plain(delta) if delta else "", respelt=True)

    def lift(value: Any, _get: Get) -> Out:
        amount, factor = (decimal(part) for part in value)
        product = plain(EXACT.multiply(amount, factor))
        return Out((value[0], product), "converted", f"{value[0]} x {value[1]}", respelt=True)

    return Lens(lower, lift)


def _quotient(product: Decimal, amount: Decimal, digits: int) -> Decimal:
    return Context(prec=digits, rounding=ROUND_HALF_EVEN).divide(product, amount)


@lens("without")
def without(parameters: Mapping[str, Any]) -> Lens:
    """A text from which people's own signs are taken on the way in: ``pattern`` (a degree sign, spaces)."""
    pattern = re.compile(parameters["pattern"])

    def lift(value: Any, _get: Get) -> Out:
        made = pattern.sub("", str(value))
        return Out(made) if made == value else Out(made, "converted", f"from {value}", respelt=True)

    return Lens(lambda value, _get: Out(value), lift)


@lens("with-line")
def with_line(parameters: Mapping[str, Any]) -> Lens:
    """A text that the form wants together with another leaf in one line: ``and``, the other leaf's path."""
    other = str(parameters["and"])

    def lower(value: Any, get: Get) -> Out:
        more = get(other)
        if more is None:
            return Out(value)
        return Out(f"{value} {more}", "converted", "with the number in one line", respelt=True)

    return Lens(lower, lambda value, _get: Out(value))
