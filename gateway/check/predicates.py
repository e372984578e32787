"""Named predicates: what the expressions of rules cannot say.

Each is registered under its name and has a docstring, which ``cbamgw explain`` and the docs show. It is
given the scope of the rule and the ``with`` of its row, checks its paths, and returns a check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from gateway.check.access import is_present, many, one, remembered, text
from gateway.check.catalog import CatalogError
from gateway.check.expressions import FAILS, HOLDS, Check, Failure, Scope
from gateway.check.numbers import add_years, decimal_fault, fault_texts, to_decimal, to_moment
from gateway.formats.leaves import Tree

Builder = Callable[..., Check]

_REGISTRY: dict[str, Builder] = {}


def register(function: Builder) -> Builder:
    """Register a predicate under its function's name."""
    if not function.__doc__:
        raise CatalogError(f"predicate {function.__name__} says nothing about itself")
    _REGISTRY[function.__name__] = function
    return function


_READS: dict[str, tuple[str, ...]] = {}


def reads(*names: str) -> Callable[[Builder], Builder]:
    """Say what a predicate reads: ``"."`` is the node it stands on, what begins with ``/`` a path, any other
    name a parameter that holds one path or several. What a predicate answers may then be remembered by the
    texts that stand there; without a name it follows from which leaves a document has."""

    def note(function: Builder) -> Builder:
        _READS[function.__name__] = names
        return function

    return note


def paths_of_predicate(name: str, parameters: Mapping[str, Any]) -> list[str] | None:
    """The paths that a predicate reads with these parameters; None where it does not say."""
    if name not in _READS:
        return None
    found: list[str] = []
    for read in _READS[name]:
        paths = read if read[0] in "./" else parameters.get(read, ())
        found += [paths] if isinstance(paths, str) else paths
        found += paths.values() if isinstance(paths, Mapping) else ()
    return found


def predicates() -> dict[str, Builder]:
    """Every predicate by name."""
    import gateway.check.predicates_catenax
    import gateway.check.predicates_cbam
    import gateway.check.predicates_pact
    import gateway.check.predicates_qreport
    import gateway.check.predicates_record
    import gateway.check.predicates_template  # noqa: F401 - registers on import

    return dict(_REGISTRY)


def predicate(name: str) -> Builder:
    """A predicate by name. Raises CatalogError when there is none."""
    try:
        return predicates()[name]
    except KeyError:
        raise CatalogError(f"no predicate {name!r}") from None


def on_text(test: Callable[[str], bool]) -> Check:
    """A check of the text that the rule stands on."""
    known = remembered(test)

    def check(_document: Tree, node: Tree) -> Sequence[Failure]:
        return HOLDS if not isinstance(node, str) or known(node) else FAILS

    return check


_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUES = {character: value for value, character in enumerate(_USCC)}
_USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))


def uscc_is_valid(code: str) -> bool:
    """A unified social credit code with its check character (GB 32100-2015).

    >>> uscc_is_valid("914403001922038216"), uscc_is_valid("914403001922038217")
    (True, False)
    """
    if len(code) != 18 or any(c not in _USCC_VALUES for c in code):
        return False
    total = sum(weight * _USCC_VALUES[c] for weight, c in zip(_USCC_WEIGHTS, code, strict=False))
    return _USCC_VALUES[code[17]] == (31 - total % 31) % 31


@register
@reads(".")
def uscc(_scope: Scope) -> Check:
    """The text is a unified social credit code whose check character is right."""
    return on_text(uscc_is_valid)


def lei_is_valid(code: str) -> bool:
    """A legal entity identifier with its two check digits (ISO 17442, ISO 7064 mod 97-10).

    >>> lei_is_valid("529900T8BM49AURSDO55")
    True
    """
    if len(code) != 20 or not code.isascii() or not code.isalnum() or code != code.upper():
        return False
    return int("".join(str(int(c, 36)) for c in code)) % 97 == 1


@register
@reads(".")
def lei(_scope: Scope) -> Check:
    """The text is a legal entity identifier whose check digits are right."""
    return on_text(lei_is_valid)


@register
@reads("paths")
def same_prefix(scope: Scope, paths: list[str], length: int) -> Check:
    """The codes at these paths begin with the same digits, as far as they are given."""
    getters = [one(p) for p in paths if scope.type_of(p) or True]

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        found = [v for get in getters if isinstance(v := get(document, node), str) and len(v) >= length]
        if len({v[:length] for v in found}) <= 1:
            return HOLDS
        return (Failure("", {"codes": ", ".join(found)}),)

    return check


@cache
def _countries() -> frozenset[str]:
    import pycountry

    return frozenset(country.alpha_2 for country in pycountry.countries)


@cache
def _subdivisions() -> frozenset[str]:
    import pycountry

    return frozenset(subdivision.code for subdivision in pycountry.subdivisions)


@register
@reads(".")
def iso_country(_scope: Scope) -> Check:
    """The text is a country code of ISO 3166-1 alpha-2, in upper case."""
    return on_text(lambda code: code in _countries())


@register
@reads(".")
def iso_subdivision(_scope: Scope) -> Check:
    """The text is a subdivision code of ISO 3166-2."""
    return on_text(lambda code: code in _subdivisions())


@register
@reads(".")
def plain_decimal(_scope: Scope, exponent: bool = False) -> Check:
    """The text is a plain decimal; with ``exponent`` a scientific one is let through as well."""

    def check(_document: Tree, node: Tree) -> Sequence[Failure]:
        found = text(node)
        fault = decimal_fault(found)
        if not fault or (exponent and fault == "exponent"):
            return HOLDS
        english, chinese = fault_texts(fault)
        return (Failure("", {"value": found, "reason_en": english, "reason_zh": chinese}),)

    return check


@register
@reads("start", "end")
def within_years(scope: Scope, start: str, end: str, years: int) -> Check:
    """The moment at ``end`` is not later than that many years after ``start``."""
    scope.type_of(start), scope.type_of(end)
    get_start, get_end = one(start), one(end)

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        first, last = to_moment(get_start(document, node)), to_moment(get_end(document, node))
        if first is None or last is None or first.year + years > 9999 or last <= add_years(first, years):
            return HOLDS
        latest = add_years(first, years).date().isoformat()
        return (Failure("", {"end": text(get_end(document, node)), "latest": latest, "years": str(years)}),)

    return check


@register
@reads("path")
def one_value(scope: Scope, path: str) -> Check:
    """All values at this path are the same."""
    scope.type_of(path)
    get = many(path)

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        found = sorted({text(v) for v in get(document, node) if is_present(v)})
        return HOLDS if len(found) <= 1 else (Failure("", {"found": ", ".join(found)}),)

    return check


@register
@reads(".")
def figure_in(_scope: Scope, low: str, high: str) -> Check:
    """The figure that the rule stands on lies between two bounds, both included."""
    least, most = to_decimal(low), to_decimal(high)
    if least is None or most is None:
        raise CatalogError(f"bounds {low}, {high} are no figures")

    def check(_document: Tree, node: Tree) -> Sequence[Failure]:
        figure = to_decimal(node)
        return HOLDS if figure is None or least <= figure <= most else FAILS

    return check


def describe_predicate(name: str) -> str:
    """The first sentence of a predicate's docstring."""
    return (predicate(name).__doc__ or "").strip().splitlines()[0]


def predicates_in(expression: Any) -> list[str]:
    """The names of the predicates that an expression uses, at any depth."""
    if isinstance(expression, dict):
        own = [expression["predicate"]] if "predicate" in expression else []
        return own + [n for key, e in expression.items() if key != "with" for n in predicates_in(e)]
    return [n for e in expression for n in predicates_in(e)] if isinstance(expression, list) else []
