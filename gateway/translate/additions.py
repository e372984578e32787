"""What stands in a document without a leaf of its own in the record: sums by a law, and constants."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.formats.leaves import at
from gateway.model.finding import finding
from gateway.translate.crossing import EXACT_COPY, Carried, Crossing, put
from gateway.translate.lens import EXACT, Fidelity, LensRefusal, Out, decimal, plain
from gateway.translate.mapping import Default, Law, Plan
from gateway.translate.rounding import half_unit, of_quotients
from gateway.translate.totals import apply_totals


def apply_laws(plan: Plan, crossing: Crossing, *, going_home: bool = False) -> None:
    """Every sum of the format: made where it is not stated, corrected where it was only rounded.

    A document on its way home keeps the sums that its own author stated.
    """
    apply_totals(plan, crossing)
    for law in (law for law in plan.laws if not law.kind):
        parts = [(term, at(crossing.tree, "/" + term)) for term in law.terms]
        present = [(term, value) for term, value in parts if value is not None]
        if not present:
            continue
        try:
            total = sum((decimal(value) for _, value in present), start=decimal("0"))
        except LensRefusal:
            continue
        _state(law, total, [term for term, _ in present], crossing, correct=not going_home)


def _state(law: Law, total: Decimal, terms: list[str], crossing: Crossing, *, correct: bool) -> None:
    target = "/" + law.external
    stated = at(crossing.tree, target)
    equation = f"{law.external} = {' + '.join(terms)}"
    if stated is None:
        made = law.spelt(plain(total))
        put(crossing.tree, steps_of(law.external), made)
        out = Out(made, "derived", equation)
        sources = tuple(dict.fromkeys(_sources_of(crossing, terms)))
        crossing.carried.append(Carried(law, sources, (target,), None, out))
    elif decimal(stated) != total and _is_rounded(decimal(stated), total, _figures(crossing, terms)):
        if correct:  # on the way home the residue restores the figures first
            _correct(crossing, law, total, equation)
    elif decimal(stated) != total:
        difference = plain(EXACT.subtract(decimal(stated), total))
        origin = next((c.sources[0] for c in crossing.carried if target in c.targets), target)
        crossing.findings.append(
            finding(
                "LAW-BROKEN",
                origin,
                stage="translate",
                law=law.id,
                stated=stated,
                total=plain(total),
                difference=difference,
                equation=equation,
            )
        )


def _figures(crossing: Crossing, terms: list[str]) -> list[Decimal]:
    return [decimal(at(crossing.tree, "/" + term)) for term in terms]


def _is_rounded(stated: Decimal, total: Decimal, parts: list[Decimal]) -> bool:
    """Whether the stated figure is the sum but for rounding: off by half of its last place at most.

    Or, where a figure has as many digits as a quotient without an end is written with, by what the rounding of
    each figure to so many digits can add up to.
    """
    off = EXACT.abs(EXACT.subtract(stated, total))
    return off <= max(half_unit(stated), of_quotients([stated, *parts]))


def _correct(crossing: Crossing, law: Law, total: Decimal, equation: str) -> None:
    """The document states the sum of the parts that it states; what the rounded total differs by is kept."""
    target = "/" + law.external
    made = law.spelt(plain(total))
    put(crossing.tree, steps_of(law.external), made)
    for number, item in enumerate(crossing.carried):
        if target in item.targets:
            stated = item.out.value if item.out is not EXACT_COPY else item.before
            note = "; ".join(filter(None, (item.out.note, f"the sum of its parts ({law.id}: {equation})")))
            out = item.out._replace(
                value=made,
                fidelity="converted",
                note=note,
                delta=plain(EXACT.subtract(total, decimal(stated))),
                respelt=True,
            )
            crossing.carried[number] = item._replace(out=out)


def _sources_of(crossing: Crossing, terms: list[str]) -> Iterator[str]:
    wanted = {"/" + term for term in terms}
    for item in crossing.carried:
        if wanted.intersection(item.targets):
            yield from item.sources


def apply_defaults(plan: Plan, crossing: Crossing, facts: dict[str, str]) -> None:
    for default in plan.defaults:
        for concrete in _default_places(default, crossing.tree, plan):
            target = "/" + "/".join(map(str, concrete))
            missing = default.when and at(crossing.tree, "/" + default.when) is None
            missing = missing or (default.zero and not _is_zero(at(crossing.tree, "/" + default.zero)))
            if missing or at(crossing.tree, target) is not None:
                continue
            number = 1 + next((step for step in reversed(concrete) if type(step) is int), 0)
            try:
                value = default_value(default, ChainMap({"number": str(number)}, facts))
            except KeyError:
                continue
            put(crossing.tree, concrete, value)
            fidelity: Fidelity = "derived" if _is_of_the_run(default.value) else "defaulted"
            out = Out(value, fidelity, default.reason)
            crossing.carried.append(Carried(default, (), (target,), None, out))


def _is_zero(figure: Any) -> bool:
    try:
        return figure is not None and decimal(figure) == 0
    except LensRefusal:
        return False


def _is_of_the_run(value: Any) -> bool:
    """Whether a constant is a text into which a fact of the run is filled."""
    return isinstance(value, str) and "{" in value and "{number}" not in value


def default_value(default: Default, facts: Mapping[str, str]) -> Any:
    """The constant, with the facts of the run filled into a text. Raises KeyError where a fact is not known."""
    if isinstance(default.value, list):  # there to be empty: a group that must stand and has nothing to say
        return []
    return default.value.format_map(facts) if type(default.value) is str else default.value


def _default_places(default: Default, tree: Mapping[str, Any], plan: Plan) -> list[list[Any]]:
    """Where a default stands: once, or in every element of a list that was made (``*``).

    One inside an element chosen by a selector stands only where that element was made.
    """
    places: list[list[Any]] = [[]]
    for part in default.external.split("/"):
        if part == "*":
            places = [[*place, i] for place in places for i in range(len(at(tree, _pointer(place)) or ()))]
        elif part.startswith("{"):
            wanted = plan.selectors[part[1:-1]].get("holds", "data")
            places = [
                [*place, i]
                for place in places
                for i, element in enumerate(at(tree, _pointer(place)) or ())
                if isinstance(element, dict) and wanted in element
            ][:1]
        else:
            places = [[*place, *steps_of(part)] for place in places]
    return places


def steps_of(path: str) -> list[Any]:
    """A path of a table as steps of a tree: a number is a place in a list."""
    return [int(part) if part.isdigit() else part for part in path.split("/")]


def _pointer(steps: Sequence[Any]) -> str:
    return "".join(f"/{step}" for step in steps)
