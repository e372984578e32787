"""Lenses that carry a value only where another leaf allows it, and lenses for JSON numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.formats.json_reader import NumberText
from gateway.translate.lens import Get, Lens, LensLoss, NotMine, Out, bind, decimal, lens, plain, unexponent

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


@lens("number")
def number(parameters: Mapping[str, Any]) -> Lens:
    """A figure here and a JSON number abroad, digit for digit. ``whole``: a whole number.

    ``path``, ``is``: another leaf that must say just that, since the figure means nothing without it.
    """
    whole = bool(parameters.get("whole", False))
    path, wanted = parameters.get("path"), parameters.get("is")

    def allow(get: Get) -> tuple[str, ...]:
        if path is None:
            return ()
        if get(path) != wanted:
            raise LensLoss("SCALE-OTHER", stated=get(path) or "-", wanted=wanted)
        return (path,)

    def lower(value: Any, get: Get) -> Out:
        uses = allow(get)
        text = unexponent(value)
        shown = text if _JSON_NUMBER.fullmatch(text) else plain(Decimal(text))
        return Out(NumberText(shown), respelt=shown != value, uses=uses)

    def lift(value: Any, get: Get) -> Out:
        uses = allow(get)
        text = str(unexponent(value))
        if whole and decimal(text) == decimal(text).to_integral_value():
            text = plain(decimal(text).quantize(Decimal(1)))
        return Out(text, respelt=text != value, uses=uses)

    return Lens(lower, lift, needs=() if path is None else (path,))


@lens("unless")
def unless(parameters: Mapping[str, Any]) -> Lens:
    """What the lens ``then`` (with ``with``) makes of a value, unless the leaf at ``path`` says ``is``.

    Then the value is left out on the way in, with the text of ``reason``; the way out is never barred.
    """
    path, barred, reason = str(parameters["path"]), parameters["is"], str(parameters["reason"])
    inner = bind(parameters.get("then", "verbatim"), parameters.get("with", {}))

    def lift(value: Any, get: Get) -> Out:
        if get(path) == barred:
            raise NotMine(reason)
        return inner.lift(value, get)

    return Lens(inner.lower, lift, needs=(path, *inner.needs))
