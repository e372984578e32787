"""Lenses of footprints that state a figure without its part, one text for a list, or a coarser field beside a finer.

Each docstring states the parameters and what is refused. They stand apart from `gateway.translate.lenses` only
because a file should be short.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.formats.codes import code_list
from gateway.translate.lens import (
    EXACT,
    Get,
    Lens,
    LensRefusal,
    NotMine,
    Out,
    bind,
    decimal,
    lens,
    plain,
)
from gateway.translate.lenses import code, declared_unit, per_declared_unit


@lens("uuid")
def uuid_or_urn(_parameters: Mapping[str, Any]) -> Lens:
    """A UUID; abroad it may be written as a URN (``urn:uuid:…``, RFC 9562:4)."""
    prefix = "urn:uuid:"

    def lift(value: Any, _get: Get) -> Out:
        text = str(value)
        if not text.startswith(prefix):
            return Out(text)
        return Out(text.removeprefix(prefix), "converted", "from a URN", respelt=True)

    return Lens(lambda value, _get: Out(value), lift)


@lens("declared-unit-of")
def declared_unit_of(parameters: Mapping[str, Any]) -> Lens:
    """As ``declared-unit``, for a format that knows only the foreign ``units`` named; any other is refused."""
    inner, known = declared_unit(parameters), frozenset(parameters["units"])

    def lower(value: Any, get: Get) -> Out:
        out = inner.lower(value, get)
        if out.value[1] not in known:
            raise LensRefusal("UNIT-NO-EQUIVALENT", unit=value[1])
        return out

    return Lens(lower, inner.lift)


@lens("without-part")
def without_part(parameters: Mapping[str, Any]) -> Lens:
    """As ``per-declared-unit``, for a figure that abroad stands without one of its parts, which stands beside it.

    ``part``: the path of that part on our side. Both figures must be in the same unit; nothing is rounded.
    """
    inner, path = per_declared_unit(parameters), str(parameters["part"])
    note = f"without {path}, which stands beside it"

    def other(get: Get) -> Decimal:
        stated = get(path)
        return Decimal(0) if stated is None else decimal(stated)

    def lower(value: Any, get: Get) -> Out:
        part = other(get)
        if not part:
            return _also(inner.lower(value, get), path, get)
        rest = plain(EXACT.subtract(decimal(value), part))
        back = plain(EXACT.add(decimal(rest), part))
        out = inner.lower(rest, get)
        said = "; ".join(filter(None, (note, out.note)))
        made = out._replace(fidelity="converted", note=said, respelt=out.respelt or back != value)
        return _also(made, path, get)

    def lift(value: Any, get: Get) -> Out:
        out, part = inner.lift(value, get), other(get)
        if not part:
            return out
        whole = plain(EXACT.add(decimal(out.value), part))
        again = lower(whole, get).value
        respelt = out.respelt or again != value
        return out._replace(value=whole, fidelity="converted", note=f"with {path}", respelt=respelt)

    return Lens(lower, lift, needs=(*inner.needs, path))


def _also(out: Out, path: str, get: Get) -> Out:
    return out if get(path) is None else out._replace(uses=(*out.uses, path))


@lens("unless-stated")
def unless_stated(parameters: Mapping[str, Any]) -> Lens:
    """What the lens ``then`` (with ``with``) makes of a value, for a foreign leaf that only repeats another one.

    On the way in it is read where the leaf of ours at ``path`` is not known yet; the way out is never barred.
    """
    path = str(parameters["path"])
    inner = bind(parameters.get("then", "verbatim"), parameters.get("with", {}))

    def lift(value: Any, get: Get) -> Out:
        if get(path) is not None:
            raise NotMine(f"the same figure as {path}, which is stated already")
        return inner.lift(value, get)

    return Lens(inner.lower, lift, needs=(*inner.needs, path))


@lens("the-only-one")
def the_only_one(parameters: Mapping[str, Any]) -> Lens:
    """The first element of one of our lists, where the foreign format holds one text.

    ``second``: the path of the second element; where it is stated the lens refuses with ``rule``, since one text
    cannot say both. ``says_nothing``: foreign texts that carry nothing home.
    """
    second, rule = str(parameters["second"]), str(parameters["rule"])
    silent = frozenset(parameters.get("says_nothing", ()))

    def lower(value: Any, get: Get) -> Out:
        other = get(second)
        if other is not None:
            raise LensRefusal(rule, value=value, other=other)
        return Out(value)

    def lift(value: Any, _get: Get) -> Out:
        if value in silent:
            raise NotMine(f"{value} names none")
        return Out(value)

    return Lens(lower, lift)


@lens("named-or-other")
def named_or_other(parameters: Mapping[str, Any]) -> Lens:
    """As ``code``, for a closed list with a value for whatever it does not name: ``other``.

    A text outside our list becomes that value, and its own name is kept for the way home alone; the value itself
    comes in as it is: it says that another one was used. A code of our list without an equivalent is refused.
    """
    inner, other = code(parameters), str(parameters["other"])
    table, required = code_list(parameters["list"]), parameters.get("requires")

    def lower(value: Any, get: Get) -> Out:
        if required is not None and get(required) is None:
            raise LensRefusal("NEEDS-FIRST", needed=required)
        if value in table.codes or table.find(str(value)) is not None:
            return inner.lower(value, get)
        if value == other:
            return Out(value)
        return Out(
            other, "converted", f"not one of the names of the list; {value} is not written", respelt=True
        )

    def lift(value: Any, get: Get) -> Out:
        return Out(value) if value == other else inner.lift(value, get)

    return Lens(lower, lift, needs=inner.needs)


@lens("unless-finer")
def unless_finer(parameters: Mapping[str, Any]) -> Lens:
    """A text that our side states only where nothing of ``finer`` says it more exactly.

    On the way in a finer one that is known already stands for it. ``says_nothing``: foreign texts that carry
    nothing home, each with its reason.
    """
    finer = tuple(parameters["finer"])
    silent: Mapping[str, str] = parameters.get("says_nothing", {})

    def lift(value: Any, get: Get) -> Out:
        if value in silent:
            raise NotMine(silent[value])
        known = next((path for path in finer if get(path) is not None), None)
        if known is not None:
            raise NotMine(f"{known} says it more exactly")
        return Out(value)

    return Lens(lambda value, _get: Out(value), lift, needs=finer)


@lens("by-list")
def by_list(parameters: Mapping[str, Any]) -> Lens:
    """A foreign leaf that follows from ours by a stated list: ``list``, ``column``; derived, never read back.

    ``unless``: a path whose own row writes the leaf. ``part``: only what stands before this mark is looked up.
    Refuses with ``rule`` a code that the list does not have.
    """
    table, column, rule = code_list(parameters["list"]), str(parameters["column"]), str(parameters["rule"])
    unless, mark = parameters.get("unless"), str(parameters.get("part", ""))

    def lower(value: Any, get: Get) -> Out:
        if unless and get(unless) is not None:
            raise NotMine(f"{unless} states it")
        asked = str(value).partition(mark)[0] if mark else str(value)
        found = table.to(column, asked)
        if found is None:
            raise LensRefusal(rule, code=value, list=parameters["list"])
        return Out(found, "derived", f"{asked} is in {found} ({parameters['list']})")

    def lift(_value: Any, _get: Get) -> Out:
        raise NotMine("it follows from another leaf")

    return Lens(lower, lift, needs=(unless,) if unless else ())


_VERSION = re.compile(r"(?P<name>.*\S) (?P<version>[vV]?[0-9]+(?:\.[0-9]+)*)")


@lens("name-and-version")
def name_and_version(_parameters: Mapping[str, Any]) -> Lens:
    """A name and its version, which abroad are one text: ``ecoinvent 3.10``. The version may be missing.

    On the way in, the last word of a text is its version where it is a number with or without points; any other
    text is a name. The version of a name that was packed otherwise comes home from the residue.
    """

    def split(text: str) -> tuple[str, str | None]:
        found = _VERSION.fullmatch(text)
        return (found["name"], found["version"]) if found else (text, None)

    def lower(value: Any, _get: Get) -> Out:
        name, version = value if isinstance(value, tuple) else (value, None)
        text = name if version is None else f"{name} {version}"
        respelt = split(text) != (name, version)
        if version is None:
            return Out(text, respelt=respelt)
        return Out(text, "converted", "name and version in one text", respelt=respelt)

    def lift(value: Any, _get: Get) -> Out:
        name, version = split(str(value))
        if version is None:
            return Out((name, None))
        return Out((name, version), "converted", "name and version were one text")

    return Lens(lower, lift, partial=True)


@lens("implied-beside")
def implied_beside(parameters: Mapping[str, Any]) -> Lens:
    """A value of ours that the foreign format implies wherever the leaf beside it stands: ``value``, ``why``.

    Lifted with that leaf; on the way out it has no place, whatever it is.
    """
    implied, why = str(parameters["value"]), str(parameters["why"])

    def lower(value: Any, _get: Get) -> Out:
        raise NotMine(why if value == implied else f"no place in the target: {why}")

    return Lens(lower, lambda _value, _get: Out(implied, "converted", why), implied=True)
