"""Lenses: named pairs of functions that carry one value to a foreign document and back.

A lens is made from the ``with`` of its row and bound once, when the table is compiled. ``lower`` takes the
canonical value, ``lift`` the foreign text; both answer with an ``Out`` that says what happened to the
value. A lens without an inverse cannot be registered: ``Lens`` takes both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation, Overflow
from typing import Any, Literal, NamedTuple

from gateway.model.finding import GatewayError, Severity

Fidelity = Literal["exact", "converted", "derived", "defaulted", "lost"]


class Out(NamedTuple):
    """What one direction of a lens made of a value.

    ``respelt``: the way back gives the same quantity but not the same text, so the residue keeps the text.
    ``delta``: what rounding added, in the unit of the foreign value.
    """

    value: Any
    fidelity: Fidelity = "exact"
    note: str = ""
    delta: str = ""
    respelt: bool = False
    uses: tuple[str, ...] = ()


class LensRefusal(GatewayError):
    """The value cannot be carried: becomes a finding at its field."""

    severity: Severity = "error"

    def __init__(self, rule: str, **values: Any) -> None:
        self.rule = rule
        self.values = {key: str(value) for key, value in values.items()}
        super().__init__(rule)


class LensLoss(LensRefusal):
    """The value has no equivalent and the format can do without it: it is lost, and a warning says so."""

    severity: Severity = "warning"


class NotMine(GatewayError):
    """Another field carries this value, or says that it is void: the ledger gives the reason, and no finding is due."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


Get = Callable[[str], Any]
"""Looks up another canonical leaf by its path; None where it is absent."""

Direction = Callable[[Any, Get], Out]


@dataclass(frozen=True, slots=True)
class Lens:
    """A bound lens. ``accepts`` chooses between rows that share one foreign list (URNs by their prefix).

    ``verbatim`` promises that both directions return the value they were given, so that the engine
    need not call them.
    """

    lower: Direction
    lift: Direction
    accepts: Callable[[str], bool] | None = None
    needs: tuple[str, ...] = ()
    verbatim: bool = False
    implied: bool = False
    """Whether lifting makes a value that the document only implies: with a residue, what was stated is known."""
    partial: bool = False
    """Whether the first of several packed values may stand alone: the others then are None, in both directions."""


Maker = Callable[[Mapping[str, Any]], Lens]
_MAKERS: dict[str, Maker] = {}

EXACT = Context(prec=400, traps=[InvalidOperation, Overflow])
"""Wide enough that multiplying two figures of the longest accepted length never rounds."""


class LensError(GatewayError):
    """A table asks for a lens that does not exist or with parameters that make no sense."""


def lens(name: str) -> Callable[[Maker], Maker]:
    """Registers the maker of a lens under the name that tables use."""

    def register(maker: Maker) -> Maker:
        if name in _MAKERS:
            raise LensError(f"the lens {name} is registered twice")
        _MAKERS[name] = maker
        return maker

    return register


def bind(name: str, parameters: Mapping[str, Any]) -> Lens:
    """The lens of a row, bound to its parameters. Raises LensError for an unknown name or parameters."""
    maker = _MAKERS.get(name)
    if maker is None:
        raise LensError(f"no lens is called {name}; there are {', '.join(sorted(_MAKERS))}")
    try:
        return maker(parameters)
    except (KeyError, TypeError, ValueError) as error:
        raise LensError(f"the lens {name} cannot be bound to {dict(parameters)}: {error!r}") from error


def lens_names() -> list[str]:
    """The names a table may use."""
    return sorted(_MAKERS)


def decimal(text: Any) -> Decimal:
    """The exact value of a plain decimal text. Refuses everything else, naming the text."""
    return Decimal(unexponent(text))


def unexponent(text: Any) -> str:
    """Plain decimal text, also of a figure that was written with an exponent or a plus sign.

    Some formats allow both in their prose; nothing here ever writes them. Refuses what is no figure.
    """
    if isinstance(text, str) and len(text) <= MAX_DIGITS:
        if _NUMBER.fullmatch(text):
            return text
        if _SCIENTIFIC.fullmatch(text):
            return format(Decimal(text), "f")
    raise LensRefusal("VALUE-NOT-DECIMAL", text=str(text)[:80])


MAX_DIGITS = 200
"""Characters of a figure: far beyond any real one, and short enough that arithmetic stays cheap."""
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?")


def plain(number: Decimal) -> str:
    """Decimal text without exponent, keeping its significant zeros; never ``-0``.

    >>> plain(Decimal("1E+3")), plain(Decimal("16540").scaleb(-3)), plain(Decimal("-0.0"))
    ('1000', '16.540', '0.0')
    """
    text = format(number, "f")
    return text[1:] if text.startswith("-") and not number else text


def shift(text: Any, by: int) -> str:
    """A plain decimal text times a power of ten, digit for digit: nothing is rounded, no zero is lost.

    >>> shift("16540.50", -3), shift("1.5", 3), shift("-0.02", -1), shift("0", -3)
    ('16.54050', '1500', '-0.002', '0.000')
    """
    return shifted(text, by)[0]


def shifted(text: Any, by: int) -> tuple[str, bool]:
    """The text times a power of ten, and whether shifting it back gives the very same text.

    It does not where the text was spelt otherwise (zeros in front, ``-0``, an exponent), nor where it has
    fewer decimals than the point moves to the right: those zeros come back as decimals.

    >>> shifted("1.5", 3), shifted("1.500", 3), shifted("16540.50", -3), shifted("007", -1)
    (('1500', False), ('1500', True), ('16.54050', True), ('0.7', False))
    """
    plainly = unexponent(text)
    negative = plainly[0] == "-"
    whole, _, fraction = (plainly[1:] if negative else plainly).partition(".")
    back = plainly is text and (whole[0] != "0" or len(whole) == 1) and len(fraction) >= by
    if by < 0:
        whole = whole.rjust(1 - by, "0")
        whole, fraction = whole[:by], whole[by:] + fraction
    elif by > 0:
        fraction = fraction.ljust(by, "0")
        whole, fraction = whole + fraction[:by], fraction[by:]
    whole = whole.lstrip("0") or "0"
    shown = f"{whole}.{fraction}" if fraction else whole
    if not negative:
        return shown, back
    return (f"-{shown}", back) if shown.strip("0.") else (shown, False)


def identity(value: Any, _get: Get) -> Out:
    """The value as it is."""
    return Out(value)


VERBATIM = Lens(identity, identity, verbatim=True)


@lens("verbatim")
def _verbatim(_parameters: Mapping[str, Any]) -> Lens:
    """The same text on both sides."""
    return VERBATIM
