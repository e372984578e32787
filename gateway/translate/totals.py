"""Laws that stand in lists: totals, counts and products that a document states beside its own parts.

They are worked out from what the document itself states, rounded as it stands there, so that a reader who
adds up finds the same. A total that is stated is checked against its parts, within the places it is written
with. Units: a mass is brought to tonnes by the code list; a product is made only per tonne.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from gateway.formats.codes import code_list
from gateway.formats.leaves import at
from gateway.model.finding import Finding, finding
from gateway.translate.crossing import Carried, Crossing, put
from gateway.translate.lens import EXACT, LensRefusal, Out, decimal, plain
from gateway.translate.table import Law, Plan

MASS_UNITS = "mass-unit"
TONNE = Fraction(1000)
"""The code list states the scale of a unit in kilogram."""

_DIGITS = re.compile(r"[0-9]{1,9}")

Indices = tuple[int, ...]


class Worked(NamedTuple):
    """What a law gives at one place: the text, what rounding added, and the parts it was made of."""

    text: str
    delta: str
    parts: tuple[str, ...]
    slack: Fraction


class Missing(NamedTuple):
    """The part that stands in the way of a law."""

    path: str


def apply_totals(plan: Plan, crossing: Crossing) -> None:
    """Every total that is not stated is worked out; what stands in its way is a finding that names the part."""
    laws = [law for law in plan.laws if law.kind]
    if not laws:
        return
    origins = {target: item.sources for item in crossing.carried for target in item.targets}
    for law in laws:
        for place in _places(law.external, crossing.tree):
            target = _filled(law.external, place)
            if at(crossing.tree, target) is not None:
                continue
            worked = work_out(law, crossing.tree, place)
            if isinstance(worked, Missing):
                crossing.findings.append(_missing(law, target, worked, origins))
                continue
            put(crossing.tree, [int(p) if p.isdigit() else p for p in target.split("/")[1:]], worked.text)
            sources = tuple(dict.fromkeys(s for part in worked.parts for s in origins.get(part, ())))
            origins[target] = sources
            note = "; ".join(filter(None, (equation(law), law.note)))
            out = Out(worked.text, "derived", note, worked.delta)
            crossing.carried.append(Carried(law, sources, (target,), None, out))


def _missing(law: Law, target: str, missing: Missing, origins: Mapping[str, tuple[str, ...]]) -> Finding:
    known = origins.get(missing.path, ())
    return finding("LAW-PART-MISSING", known[0] if known else missing.path, severity="warning", stage="translate",
                   law=law.id, total=target, part=missing.path)  # fmt: skip


def broken_totals(plan: Plan, tree: Mapping[str, Any]) -> list[Finding]:
    """Totals that are stated and are not what their parts give."""
    return list(_broken(plan, tree))


def _broken(plan: Plan, tree: Mapping[str, Any]) -> Iterator[Finding]:
    """In the order of the laws, so that whoever mends one as it comes mends the parts before their sums."""
    for law in plan.laws:
        for place in _places(law.external, tree) if law.kind else ():
            target = _filled(law.external, place)
            stated = at(tree, target)
            worked = work_out(law, tree, place) if isinstance(stated, str) else Missing(target)
            if isinstance(worked, Worked) and not _agree(law, stated, worked):
                yield finding(
                    "LAW-BROKEN", target, stage="rules", law=law.id, stated=stated, total=worked.text,
                    difference=_difference(stated, worked.text), equation=equation(law),
                )  # fmt: skip


def settle_totals(plan: Plan, tree: dict[str, Any]) -> list[Finding]:
    """A document that came home and was edited abroad: totals of former figures are worked out again."""
    settled = []
    for item in _broken(plan, tree):
        put(tree, [int(p) if p.isdigit() else p for p in item.path.split("/")[1:]], item.values["total"])
        settled.append(
            finding(
                "LAW-SETTLED", item.path, severity="warning", stage="translate", **dict[str, Any](item.values)
            )
        )
    return settled


def equation(law: Law) -> str:
    """The law in one line."""
    if law.kind == "count":
        return f"{law.external} = number of {law.terms[0]}"
    if law.kind == "earliest":
        return f"{law.external} = earliest of {law.terms[0]}"
    sign = {"": " + ", "total": " + ", "per-tonne": " x ", "by-tonne": " / ", "same": " = "}[law.kind]
    return f"{law.external} = {sign.join(law.terms)}" + (" (tonnes)" if law.mass else "")


def work_out(law: Law, tree: Mapping[str, Any], place: Indices) -> Worked | Missing:
    """What the law gives at one place of a document, or the part that is missing or no figure."""
    if law.kind == "count":
        return Worked(str(len(at(tree, _filled(law.terms[0], place)) or ())), "", (), Fraction(0))
    parts: list[tuple[str, str]] = []
    for term in law.terms:
        for path in _all(term, tree, place):
            value = at(tree, path)
            if not isinstance(value, str):
                return Missing(path)
            parts.append((path, value))
    if law.kind == "earliest":
        numbers = [(int(digits[-1]), value) for _, value in parts if (digits := _DIGITS.findall(value))]
        return Worked(min(numbers)[1], "", _paths(parts), Fraction(0)) if numbers else Missing(law.external)
    if law.kind == "same":
        texts = {value for _, value in parts}
        return (
            Worked(texts.pop(), "", _paths(parts), Fraction(0)) if len(texts) == 1 else Missing(parts[-1][0])
        )
    return _figure(law, tree, place, parts)


def _figure(
    law: Law, tree: Mapping[str, Any], place: Indices, parts: list[tuple[str, str]]
) -> Worked | Missing:
    scale = Fraction(1)
    if law.mass:
        path = _filled(law.mass, place)
        units = code_list(MASS_UNITS)
        code = units.from_("cbam", str(at(tree, path)))
        if code is None:
            return Missing(path)
        scale = Fraction(str(units.to("scale", code))) / TONNE
    if law.per and at(tree, _filled(law.per["path"], place)) != law.per["is"]:
        return Missing(_filled(law.per["path"], place))
    figures = []
    for path, text in parts:
        try:
            figures.append(decimal(text))
        except LensRefusal:
            return Missing(path)
    value, slack = _computed(law, figures, scale)
    if value is None:
        return Missing(parts[-1][0])
    text, delta = _text(value, law.places)
    return Worked(text, delta, _paths(parts), slack)


def _computed(law: Law, figures: list[Decimal], scale: Fraction) -> tuple[Fraction | None, Fraction]:
    """The exact value, and how far it may be off because its parts were rounded before they were written."""
    exact = [Fraction(figure) for figure in figures]
    slacks = [_half_place(figure) for figure in figures]
    if law.kind == "total":
        return sum(exact, Fraction(0)), sum(slacks, Fraction(0))
    one, other = exact
    if law.kind == "per-tonne":
        return one * scale * other, scale * (slacks[0] * abs(other) + slacks[1] * abs(one))
    if other == 0:
        return None, Fraction(0)
    return one / (other * scale), (slacks[0] + slacks[1] * abs(one / other)) / abs(other * scale)


def _half_place(figure: Decimal) -> Fraction:
    """Half a unit of the last decimal; a whole number counts as exact."""
    exponent = figure.as_tuple().exponent
    return Fraction(1, 2 * 10**-exponent) if isinstance(exponent, int) and exponent < 0 else Fraction(0)


def _text(value: Fraction, places: int | None) -> tuple[str, str]:
    """Plain decimal text, and what rounding added to it; without ``places`` every digit is kept."""
    if places is None or (value * 10**places).denominator == 1:
        digits = 0
        while (value * 10**digits).denominator != 1:
            digits += 1
        return plain(Decimal((value * 10**digits).numerator).scaleb(-digits, EXACT)), ""
    shown = EXACT.divide(Decimal(value.numerator), Decimal(value.denominator)).quantize(
        Decimal(1).scaleb(-places), ROUND_HALF_EVEN, EXACT
    )
    off = Fraction(shown) - value
    return plain(shown), plain(EXACT.divide(Decimal(off.numerator), Decimal(off.denominator)).quantize(
        Decimal(1).scaleb(-places - 20), ROUND_HALF_EVEN, EXACT))  # fmt: skip


def _agree(law: Law, stated: str, worked: Worked) -> bool:
    if law.kind in ("same", "count", "earliest"):
        return stated == worked.text or (law.kind == "count" and stated.lstrip("0") == worked.text)
    try:
        figure = decimal(stated)
    except LensRefusal:
        return True  # what is no figure is named by the schema
    # written with fewer places, whether rounded or cut off
    allowed = worked.slack + 2 * _half_place(figure) + (1 if "." not in stated else 0)
    return abs(Fraction(figure) - Fraction(worked.text)) <= allowed


def _difference(stated: str, worked: str) -> str:
    try:
        return plain(EXACT.subtract(decimal(stated), decimal(worked)))
    except LensRefusal:
        return "-"


def _paths(parts: list[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(path for path, _ in parts)


def _places(pattern: str, tree: Mapping[str, Any], fixed: Indices = ()) -> Iterator[Indices]:
    """Every place in a tree that a pattern stands for, as the indices of its lists; the first may be fixed."""
    heads = pattern.split("/*")[:-1]

    def below(prefix: str, depth: int) -> Iterator[Indices]:
        if depth == len(heads):
            yield ()
            return
        here = f"{prefix}/{heads[depth].lstrip('/')}"
        elements = at(tree, here)
        count = len(elements) if isinstance(elements, list) else 0
        for index in fixed[depth : depth + 1] or range(count):
            for rest in below(f"{here}/{index}", depth + 1):
                yield (index, *rest)

    yield from below("", 0)


def _filled(pattern: str, place: Indices) -> str:
    indices = iter(place)
    return "".join(f"/{next(indices) if part == '*' else part}" for part in pattern.split("/"))


def _all(pattern: str, tree: Mapping[str, Any], place: Indices) -> Iterator[str]:
    """The leaves of a term for one place of its law: one, or one for each element of the lists beyond."""
    if pattern.count("*") <= len(place):
        yield _filled(pattern, place)
        return
    for indices in _places(pattern, tree, place):
        yield _filled(pattern, indices)
