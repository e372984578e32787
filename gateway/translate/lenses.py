"""The lenses that tables may name. Each docstring states its parameters and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from gateway.formats.codes import code_list
from gateway.translate.lens import (
    EXACT,
    Get,
    Lens,
    LensLoss,
    LensRefusal,
    NotMine,
    Out,
    decimal,
    lens,
    plain,
    shifted,
    unexponent,
)


@lens("code")
def code(parameters: Mapping[str, Any]) -> Lens:
    """A code of ours and the foreign format's code: ``list``, ``column``; ``open`` lets unknown text pass.

    ``requires``: a leaf that must be stated before this one, since the foreign list tells them by place.
    ``lossy``: a code without an equivalent is left out with a warning. ``other``: a column whose codes another row
    carries. ``told``: the row shares its list with others, and reads whatever element is left for it.

    Where several of ours share one foreign code, the first row of the list wins on the way back, and the
    others are respelt.
    """
    table, column, is_open = (
        code_list(parameters["list"]),
        parameters["column"],
        parameters.get("open", False),
    )

    required, other = parameters.get("requires"), parameters.get("other")

    def lower(value: Any, get: Get) -> Out:
        if required is not None and get(required) is None:
            raise LensRefusal("NEEDS-FIRST", needed=required)
        ours = value if value in table.codes else table.find(str(value))
        foreign = table.to(column, ours) if ours is not None else None
        if not foreign:
            if is_open:
                return _free(value, table.from_(column, str(value)), "free text, as the target allows")
            if other and ours is not None and table.to(other, ours):
                raise NotMine("another field of the target has it")
            if parameters.get("lossy"):
                raise LensLoss("CODE-LOST", code=value, list=parameters["list"])
            raise LensRefusal("CODE-NO-EQUIVALENT", code=value, list=parameters["list"])
        back = table.from_(column, foreign)
        # two foreign lists do not say in which order their codes stood in our one: the place is kept for the way home
        if foreign == back == value:
            return Out(value, respelt=other is not None)
        return Out(foreign, "converted", f"{value} is {foreign}", respelt=back != value or other is not None)

    def lift(value: Any, _get: Get) -> Out:
        ours = table.from_(column, str(value))
        if ours is None:
            if is_open:
                known = value if value in table.codes else table.find(str(value))
                return _free(value, table.to(column, known) if known is not None else None, "")
            if other:
                raise NotMine("it repeats what another field of the source says")
            raise LensRefusal("CODE-UNKNOWN", code=value, list=parameters["list"])
        if ours == value:
            return Out(value)
        return Out(ours, "converted", f"{value} is {ours}", respelt=table.to(column, ours) != value)

    accepts = (lambda _text: True) if parameters.get("told") else None
    return Lens(lower, lift, accepts, () if required is None else (required,))


def _free(value: Any, back: str | None, note: str) -> Out:
    """Text outside the list, as it is; text that the way back takes for a code comes home as another."""
    if back is None or back == value:
        return Out(value, "exact", note)
    return Out(value, "converted", f"read back as {back}", respelt=True)


_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@lens("date-as-instant")
def date_as_instant(parameters: Mapping[str, Any]) -> Lens:
    """A calendar date and an instant at midnight UTC. ``end = true``: our last day, their first day after.

    An instant that is not midnight names the calendar day it falls on, in its own offset.
    """
    end = bool(parameters.get("end", False))
    shift = timedelta(days=1 if end else 0)

    def lower(value: Any, _get: Get) -> Out:
        day = _day(value) + shift
        note = "last day included becomes the first instant excluded" if end else "midnight UTC of the day"
        return Out(f"{day.isoformat()}T00:00:00Z", "converted", note)

    def lift(value: Any, _get: Get) -> Out:
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            raise LensRefusal("VALUE-NOT-DATE", text=value) from None
        midnight = (instant.hour, instant.minute, instant.second, instant.microsecond) == (0, 0, 0, 0)
        day = instant.date() - (shift if midnight else timedelta())
        same = lower(day.isoformat(), _get).value == value
        note = "the calendar day" if same else f"the calendar day of {value}"
        return Out(day.isoformat(), "converted", note, respelt=not same)

    return Lens(lower, lift)


def _day(value: Any) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise LensRefusal("VALUE-NOT-DATE", text=value)


@lens("boolean-text")
def boolean_text(_parameters: Mapping[str, Any]) -> Lens:
    """A boolean and its XML text (xs:boolean allows ``1`` and ``0`` too)."""

    def lower(value: Any, _get: Get) -> Out:
        return Out("true" if value is True else "false")

    def lift(value: Any, _get: Get) -> Out:
        if value not in ("true", "false", "1", "0"):
            raise LensRefusal("VALUE-NOT-BOOLEAN", text=value)
        return Out(value in ("true", "1"), respelt=value in ("1", "0"))

    return Lens(lower, lift)


@lens("figure")
def figure(_parameters: Mapping[str, Any]) -> Lens:
    """The same figure on both sides; one that was written with an exponent abroad is read plainly."""

    def lower(value: Any, _get: Get) -> Out:
        decimal(value)
        return Out(value)

    def lift(value: Any, _get: Get) -> Out:
        text = unexponent(value)
        return Out(text, respelt=text != value)

    return Lens(lower, lift)


@lens("rounded")
def rounded(parameters: Mapping[str, Any]) -> Lens:
    """A figure with at most ``places`` decimals and ``digits`` digits: rounded half to even, delta kept."""
    places, digits = int(parameters["places"]), int(parameters["digits"])
    step = Decimal(1).scaleb(-places)

    def lower(value: Any, _get: Get) -> Out:
        number = decimal(value)
        exponent = number.as_tuple().exponent
        fits = isinstance(exponent, int) and -exponent <= places
        shown = number if fits else number.quantize(step, ROUND_HALF_EVEN, EXACT)
        text = str(value) if fits else plain(shown)
        if len(text.strip("-").replace(".", "").strip("0")) > digits:
            raise LensRefusal("VALUE-TOO-LONG", text=value, digits=digits)
        if fits:
            return Out(text)
        delta = plain(EXACT.subtract(shown, number))
        return Out(text, "converted", f"rounded to {places} decimals", delta, respelt=True)

    def lift(value: Any, _get: Get) -> Out:
        decimal(value)
        return Out(value)

    return Lens(lower, lift)


SAFE = ":.-_()+"
"""Characters of an identifier that stand in a URN as they are."""


@lens("urn")
def urn(parameters: Mapping[str, Any]) -> Lens:
    """A plain identifier and a URN that starts with ``prefix``; an empty prefix takes any URN as it is.

    ``also``: other prefixes that are read as this one. ``beside``: the identifier has a field of its own, which is
    read first and written alone; then the URN only repeats it.
    """
    prefix = str(parameters["prefix"])
    starts = tuple(str(start).lower() for start in (prefix, *parameters.get("also", ())))
    beside = parameters.get("beside")
    if not prefix:
        return Lens(lambda v, _g: Out(v), lambda v, _g: Out(v), accepts=lambda _text: True, verbatim=True)

    def lower(value: Any, _get: Get) -> Out:
        if beside is not None:
            raise NotMine("the field of its own has it")
        return Out(prefix + quote(str(value), safe=SAFE), "converted", "as a URN")

    def lift(value: Any, get: Get) -> Out:
        if beside is not None and get(beside) is not None:
            raise NotMine("it repeats what another field of the source says")
        start = next(start for start in starts if str(value).lower().startswith(start))
        inner = unquote(str(value)[len(start) :])
        return Out(
            inner,
            "converted",
            "from a URN",
            respelt=start + quote(inner, safe=SAFE) != value or start != prefix,
        )

    return Lens(lower, lift, accepts=lambda text: text.lower().startswith(starts))


@lens("urn-of-two")
def urn_of_two(parameters: Mapping[str, Any]) -> Lens:
    """Two identifiers packed into one URN by ``template``, e.g. ``urn:pact:{1}:product-id:{0}``."""
    template = str(parameters["template"])
    pattern = re.compile(
        "^" + re.escape(template).replace(r"\{0\}", "(?P<a>[^:]+)").replace(r"\{1\}", "(?P<b>[^:]+)") + "$",
        re.IGNORECASE,
    )

    def lower(value: Any, _get: Get) -> Out:
        first, second = (quote(str(part), safe=".-_()+") for part in value)
        return Out(template.replace("{0}", first).replace("{1}", second), "converted", "as a URN")

    def lift(value: Any, _get: Get) -> Out:
        found = pattern.match(str(value))
        if found is None:
            raise LensRefusal("VALUE-NOT-URN", text=value)
        parts = (unquote(found["a"]), unquote(found["b"]))
        return Out(parts, "converted", "from a URN", respelt=lower(parts, _get).value != value)

    return Lens(lower, lift, accepts=lambda text: pattern.match(text) is not None)


@lens("declared-unit")
def declared_unit(parameters: Mapping[str, Any]) -> Lens:
    """Amount and unit of the declared unit, in the units that ``column`` of ``list`` knows.

    A power of ten of a bulk unit becomes 1 (1 t is 1 kilogram with values per kilogram); any other amount, and
    one whose unit the foreign format has, stays what it is. Values per declared unit follow by the lens
    ``per-declared-unit``.
    """
    table, column, scale = code_list(parameters["list"]), parameters["column"], parameters["scale"]

    def lower(value: Any, _get: Get) -> Out:
        amount, unit = value
        foreign = table.to(column, unit) if unit in table.codes else None
        if not foreign:
            raise LensRefusal("UNIT-NO-EQUIVALENT", unit=unit)
        shown, divisor = _normalised(amount, unit, table, scale)
        result = (amount if table.to(scale, unit) == "1" and divisor == 1 else plain(shown), foreign)
        back = lift(result, _get).value
        note = f"{amount} {unit} is {plain(shown * divisor)} {foreign}"
        if divisor != 1:
            note += f"; values are stated per {plain(shown)} {foreign}"
        return Out(result, "converted", note, respelt=back != (amount, unit))

    def lift(value: Any, _get: Get) -> Out:
        amount, foreign = value
        unit = table.from_(column, str(foreign))
        if unit is None:
            raise LensRefusal("CODE-UNKNOWN", code=foreign, list=parameters["list"])
        shown = unexponent(amount)
        return Out((shown, unit), "converted", f"{foreign} is {unit}", respelt=shown != amount)

    return Lens(lower, lift)


def _normalised(amount: Any, unit: str, table: Any, scale: str) -> tuple[Decimal, Decimal]:
    """(amount to state, divisor of the values): their product is the declared amount in the foreign unit."""
    number = decimal(amount)
    if number <= 0:
        raise LensRefusal("UNIT-NOT-POSITIVE", text=amount)
    base = EXACT.multiply(number, decimal(table.to(scale, unit)))
    if base == number:
        return base, Decimal(1)
    if base.normalize(EXACT).as_tuple().digits == (1,):
        return Decimal(1), base
    return base, Decimal(1)


@lens("per-declared-unit")
def per_declared_unit(parameters: Mapping[str, Any]) -> Lens:
    """A figure per declared unit: follows ``declared-unit``, and ``unit`` where the figure has its own.

    ``amount``, ``of``: the paths of the declared amount and unit. ``unit``: path of the figure's unit, with
    ``units`` its list. The factor is a power of ten, so nothing is rounded.
    """
    table, scale = code_list(parameters["list"]), parameters["scale"]
    paths = (str(parameters["amount"]), str(parameters["of"]))
    unit_path = parameters.get("unit")
    units = code_list(parameters["units"]) if unit_path else None
    uses = (*paths, unit_path) if unit_path else paths

    @lru_cache(maxsize=64)
    def exponent(amount: str | None, unit: str | None, stated: str | None) -> int:
        if amount is None or unit is None or (unit_path and stated is None):
            raise LensRefusal("UNIT-MISSING")
        if unit not in table.codes or not table.to(scale, unit):
            raise LensRefusal("UNIT-NO-EQUIVALENT", unit=unit)
        divisor = _normalised(amount, unit, table, scale)[1]
        own = Decimal(1)
        if units is not None:
            if stated not in units.codes:
                raise LensRefusal("UNIT-NO-EQUIVALENT", unit=stated)
            own = decimal(units.to("scale", stated))
        return own.adjusted() - divisor.adjusted()

    @lru_cache(maxsize=64)
    def note_of(by: int) -> str:
        return f"x 10^{by}, per declared unit"

    def power(get: Get) -> int:
        return exponent(get(paths[0]), get(paths[1]), get(unit_path) if unit_path else None)

    def move(value: Any, by: int) -> Out:
        text, comes_back = shifted(value, by)
        if by == 0:
            return Out(text, respelt=text != value, uses=uses)
        return Out(text, "converted", note_of(by), "", not comes_back, uses)

    return Lens(
        lambda value, get: move(value, power(get)),
        lambda value, get: move(value, -power(get)),
        needs=uses,
    )


@lens("rating")
def rating(parameters: Mapping[str, Any]) -> Lens:
    """A data-quality rating from 1 to 5, turned round where the record's ``scale`` says that 5 is best."""
    path = parameters["scale"]

    def turn(value: Any, get: Get) -> Out:
        direction = get(path)
        if direction is None:
            raise LensRefusal("SCALE-MISSING")
        if direction == "1-best":
            text = unexponent(value)
            return Out(text, respelt=text != value, uses=(path,))
        if direction not in ("1-best", "5-best"):
            raise LensLoss("SCALE-OTHER", stated=direction, wanted="1-best")
        turned = plain(EXACT.subtract(Decimal(6), decimal(value)))
        back = plain(EXACT.subtract(Decimal(6), decimal(turned)))
        return Out(
            turned,
            "converted",
            "6 - rating: 5 is best here, 1 is best there",
            respelt=back != value,
            uses=(path,),
        )

    return Lens(turn, turn, needs=(path,))


@lens("constant")
def constant(parameters: Mapping[str, Any]) -> Lens:
    """A canonical value that the foreign format implies and does not write: ``value``."""
    implied = parameters["value"]

    def lower(value: Any, _get: Get) -> Out:
        if value == implied:
            return Out(None, "converted", f"implied by the format: {implied}")
        return Out(None, "converted", f"brought to {implied}, which the format implies", respelt=True)

    return Lens(lower, lambda _value, _get: Out(implied, "converted", "implied by the format"))
