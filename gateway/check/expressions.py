"""Expressions of rules: tables of data, compiled once into closures. Nothing is evaluated as code.

    { present = "amount" }  { absent = ["a", "b"] }           something, or nothing, stands there
    { at_most_one = ["country", "region"] }                   of these, no more than one is present
    { path = "unit", in = ["t", "kg"] }  { …, in = "unit" }   one of these values, or of a code list
    { path = "id", matches = "[A-Z]{2}" }                     the whole text matches
    { path = "amount", gt = "0" }  { …, le = { path = "/time/periodEnd" } }
    { sum = ["a", "parts/*/b"], equals = "total", tolerance = "rounding" }
    { all = […] }  { any = […] }  { not = … }  { implies = [if, then] }
    { predicate = "name", with = { … } }                      a named function of predicates.py

A comparison says nothing about what is absent or cannot be read: that is for ``present`` and for the
checks of leaf types to say. A check returns its failures; none means that the expression holds.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from gateway.check.access import (
    CANONICAL,
    Getter,
    all_of,
    is_present,
    many,
    one,
    remembered,
    require_known,
    text,
)
from gateway.check.catalog import CatalogError
from gateway.check.numbers import (
    EXACT,
    exact_sum,
    plain,
    rounding,
    to_decimal,
    to_moment,
    whole_and_places,
)
from gateway.check.patterns import safe_pattern
from gateway.formats.leaves import Tree
from gateway.model.paths import LeafType

Expression = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an expression does not hold: ``at`` below the node, and values for the message."""

    at: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


Check = Callable[[Tree, Tree], Sequence[Failure]]
"""(document, node) to failures."""

HOLDS: Sequence[Failure] = ()
FAILS: Sequence[Failure] = (Failure(),)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: for checking its paths, and for naming it when one is wrong."""

    rule: str
    document: str
    on: str

    def type_of(self, path: str) -> LeafType | None:
        """The type of a path; raises CatalogError when the document has no such path."""
        return require_known(self.document, path, self.on, self.rule)


def compile_expression(expression: Expression, scope: Scope) -> Check:
    """An expression as a function. Raises CatalogError for a wrong form or an unknown path or name."""
    if not isinstance(expression, Mapping):
        raise CatalogError(f"rule {scope.rule}: {expression!r} is not an expression")
    for word, build in _FORMS.items():
        if word in expression:
            return build(expression, scope)
    raise CatalogError(f"rule {scope.rule}: no known form in {dict(expression)!r}")


def compile_condition(expression: Expression, scope: Scope) -> Check:
    """An expression as a condition: unlike a demand, it does not hold for what is absent."""
    return compile_expression(_stated(expression), scope)


def _stated(expression: Expression) -> Expression:
    if not isinstance(expression, Mapping):
        return expression
    if "path" in expression:
        return {"all": [{"present": expression["path"]}, expression]}
    for word in ("all", "any"):
        if word in expression:
            return {**expression, word: [_stated(part) for part in expression[word]]}
    return expression


def _paths(value: Any, scope: Scope) -> list[str]:
    paths = [value] if isinstance(value, str) else list(value)
    for path in paths:
        scope.type_of(path)
    return paths


def _present(expression: Expression, scope: Scope) -> Check:
    paths = _paths(expression["present"], scope)
    if len(paths) == 1 and "*" not in paths[0]:
        get_only, missing = one(paths[0]), (Failure("", {"missing": paths[0]}),)
        return lambda document, node: HOLDS if is_present(get_only(document, node)) else missing
    getters = [many(p) for p in paths]

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        if all(any(map(is_present, get(document, node))) for get in getters):
            return HOLDS
        pairs = zip(paths, getters, strict=True)
        gone = [path for path, get in pairs if not any(map(is_present, get(document, node)))]
        return (Failure("", {"missing": ", ".join(gone)}),)

    return check


def _absent(expression: Expression, scope: Scope) -> Check:
    getters = [many(p) for p in _paths(expression["absent"], scope)]
    return lambda document, node: (
        FAILS if any(any(map(is_present, get(document, node))) for get in getters) else HOLDS
    )


def _at_most_one(expression: Expression, scope: Scope) -> Check:
    getters = [one(p) for p in _paths(expression["at_most_one"], scope)]
    return lambda document, node: (
        HOLDS if sum(is_present(get(document, node)) for get in getters) <= 1 else FAILS
    )


def _path(expression: Expression, scope: Scope) -> Check:
    kind = scope.type_of(expression["path"])
    if "in" in expression:
        return _each(expression["path"], _membership(expression["in"], scope))
    if "matches" in expression:
        return _each(expression["path"], remembered(safe_pattern(expression["matches"])))
    for word, compare in _COMPARISONS.items():
        if word in expression:
            return _comparison(expression, word, compare, kind, scope)
    raise CatalogError(f"rule {scope.rule}: nothing is asked of {expression['path']}")


def _each(path: str, test: Callable[[str], bool]) -> Check:
    if "*" in path:
        get = many(path)

        def check(document: Tree, node: Tree) -> Sequence[Failure]:
            for value in get(document, node):
                found = text(value)
                if found and not test(found):
                    return (Failure("", {"value": found}),)
            return HOLDS

        return check
    get_one = one(path)

    def check_one(document: Tree, node: Tree) -> Sequence[Failure]:
        value = get_one(document, node)
        found = value if type(value) is str else text(value)
        return HOLDS if not found or test(found) else (Failure("", {"value": found}),)

    return check_one


def _membership(allowed: Any, scope: Scope) -> Callable[[str], bool]:
    if isinstance(allowed, str):
        from gateway.formats.codes import code_list

        return frozenset(code_list(allowed).codes).__contains__
    if not allowed:
        raise CatalogError(f"rule {scope.rule}: an empty list of values")
    return frozenset(allowed).__contains__


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_READERS: dict[str, Callable[[Tree], Any]] = {
    "decimal": to_decimal,
    "integer": to_decimal,
    "date": to_moment,
    "datetime": to_moment,
    "boolean": lambda value: text(value) or None,
    "text": lambda value: text(value) or None,
}


def _comparison(
    expression: Expression,
    word: str,
    compare: Callable[[Any, Any], bool],
    kind: LeafType | None,
    scope: Scope,
) -> Check:
    read = _READERS[expression.get("as") or kind or ("text" if word in ("eq", "ne") else "decimal")]
    get = one(expression["path"])
    other = expression[word]
    if isinstance(other, Mapping):
        scope.type_of(other["path"])
        return _compare_paths(get, one(other["path"]), read, compare)
    constant = str(other).lower() if isinstance(other, bool) else str(other)
    right = read(constant)
    if right is None:
        raise CatalogError(f"rule {scope.rule}: {other!r} cannot be compared")

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        raw = get(document, node)
        if raw is None:
            return HOLDS
        left = read(raw)
        if left is None or compare(left, right):
            return HOLDS
        return (Failure("", {"value": text(raw), "other": constant}),)

    return check


def _compare_paths(
    get: Getter, get_other: Getter, read: Callable[[Tree], Any], compare: Callable[[Any, Any], bool]
) -> Check:
    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        raw, raw_other = get(document, node), get_other(document, node)
        left, right = read(raw), read(raw_other)
        if left is None or right is None or compare(left, right):
            return HOLDS
        return (Failure("", {"value": text(raw), "other": text(raw_other)}),)

    return check


def _sum(expression: Expression, scope: Scope) -> Check:
    get_terms = all_of(_paths(expression["sum"], scope))
    equals: str = expression["equals"]
    fixed = to_decimal(equals)
    if fixed is None:
        scope.type_of(equals)
    get_total = one(equals)
    stated = expression.get("tolerance", "rounding")
    slack = None if stated == "rounding" else Decimal(stated)

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        written = get_terms(document, node)
        if slack is None and sum_agrees(written, equals if fixed is not None else get_total(document, node)):
            return HOLDS
        terms = [to_decimal(value) for value in written]
        total = fixed if fixed is not None else to_decimal(get_total(document, node))
        figures = [term for term in terms if term is not None]
        if total is None or not figures or len(figures) != len(terms):
            return HOLDS
        return compare_sum(figures, total, slack, exact=fixed is not None)

    return check


def sum_agrees(written: Sequence[Tree], total: Tree) -> bool:
    """Whether a sum of texts surely equals its total, digit for digit: the common case, without Decimal."""
    texts = (total, *written)
    return all(isinstance(text, str) for text in texts) and _first_is_sum(texts)


@lru_cache(maxsize=256)  # several rules ask of one sum
def _first_is_sum(texts: tuple[str, ...]) -> bool:
    figures: list[tuple[int, int]] = []
    most = 0
    for value in texts:
        figure = whole_and_places(value)
        if figure is None:
            return False
        figures.append(figure)
        most = max(most, figure[1])
    whole: list[int] = [f if places == most else f * 10 ** (most - places) for f, places in figures]
    return 2 * whole[0] == sum(whole)


def compare_sum(
    figures: list[Decimal], total: Decimal, slack: Decimal | None = None, *, exact: bool = False
) -> Sequence[Failure]:
    """Does a sum equal its total? Without a stated tolerance, within the rounding of what was written;
    ``exact`` means that the total itself is no rounded figure."""
    found = exact_sum(figures)
    if found == total:
        return HOLDS
    allowed = slack if slack is not None else rounding(figures if exact else [*figures, total])
    difference = EXACT.abs(EXACT.subtract(found, total))
    if difference <= allowed if slack is not None else difference == 0 or difference < allowed:
        return HOLDS
    values = {"sum": found, "total": total, "difference": difference, "tolerance": allowed}
    return (Failure("", {name: plain(value) for name, value in values.items()}),)


def _all(expression: Expression, scope: Scope) -> Check:
    checks = [compile_expression(e, scope) for e in expression["all"]]

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        for part in checks:
            if failures := part(document, node):
                return failures
        return HOLDS

    return check


def _any(expression: Expression, scope: Scope) -> Check:
    checks = [compile_expression(e, scope) for e in expression["any"]]

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        failures = HOLDS
        for part in checks:
            failures = part(document, node)
            if not failures:
                return HOLDS
        return failures

    return check


def _not(expression: Expression, scope: Scope) -> Check:
    inner = compile_expression(expression["not"], scope)
    return lambda document, node: FAILS if not inner(document, node) else HOLDS


def _implies(expression: Expression, scope: Scope) -> Check:
    condition = compile_condition(expression["implies"][0], scope)
    consequence = compile_expression(expression["implies"][1], scope)
    return lambda document, node: HOLDS if condition(document, node) else consequence(document, node)


def _predicate(expression: Expression, scope: Scope) -> Check:
    from gateway.check.predicates import predicate

    build = predicate(expression["predicate"])
    try:
        return build(scope, **expression.get("with", {}))
    except TypeError as error:
        raise CatalogError(f"rule {scope.rule}: predicate {expression['predicate']}: {error}") from error


_FORMS: dict[str, Callable[[Expression, Scope], Check]] = {
    "present": _present,
    "absent": _absent,
    "at_most_one": _at_most_one,
    "path": _path,
    "sum": _sum,
    "all": _all,
    "any": _any,
    "not": _not,
    "implies": _implies,
    "predicate": _predicate,
}

__all__ = ["CANONICAL", "FAILS", "HOLDS", "Check", "Failure", "Scope", "compare_sum", "compile_expression"]
