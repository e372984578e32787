"""The orders that a query can be answered in, and the statements that walk them.

Each condition of a query is one range of a key: a term is a range of (kind, value, footprint), an instant one of
(instant, number). A walk takes candidates from the range of one condition, a bounded number at a time, and looks
each of the others up by its key. The look-ups are scalar subqueries, which no planner turns into a join: the cost
of a candidate is the same at any size. Statements depend on the shape of a query only and are made once for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    bindparam,
    case,
    func,
    literal_column,
    select,
    tuple_,
    union,
)

from gateway.store.prepared import Prepared
from gateway.store.tables.footprints import bodies, footprints, terms, visible

ALL = "all"
_SHAPES = 512

PARTNERS = {"valid_start": "valid_end", "valid_end": "valid_start"}
"""The instant that the index of another one holds beside it."""


class Order(NamedTuple):
    """``term``: the place of the term it follows, or None where it follows the instant of its name."""

    name: str
    term: int | None
    falls: bool


@dataclass(frozen=True)
class Shape:
    """What of a query decides its statements: kinds and numbers of values, instants, whether the client sees all.

    ``spans``: the name of an instant and whether it is walked from its upper end.
    """

    everything: bool
    terms: tuple[tuple[str, int], ...]
    spans: tuple[tuple[str, bool], ...]

    def orders(self) -> tuple[Order, ...]:
        """The orders it can be answered in, terms first."""
        names = [f"{kind}#{place}" for place, (kind, _) in enumerate(self.terms)]
        by_term = [
            Order(name, place, False) for place, name in enumerate(names) if not self._is_no_help(place)
        ]
        return (*by_term, *(Order(column, None, falls) for column, falls in self.spans))

    def _is_no_help(self, place: int) -> bool:
        """All footprints in their order, where an instant's range has fewer."""
        return self.everything and bool(self.spans) and self.terms[place][0] == ALL

    def is_pure(self, order: Order) -> bool:
        """Whether every candidate of this order holds."""
        zero: ColumnElement[Any] = literal_column("0")
        return next(_conditions(self, order, zero, zero), None) is None


@lru_cache(_SHAPES)
def hits(shape: Shape, order: Order, goes_on: bool) -> Prepared:
    """The first ``wanted`` of the next ``chunk`` candidates that hold: at, number, content."""
    walked = _candidates(shape, order, goes_on).subquery("c")
    holds = (
        select(walked.c.at, walked.c.number)
        .where(*_conditions(shape, order, walked.c.number, walked.c.get("other")))
        .order_by(*_sorted(walked, order))
        .limit(bindparam("wanted"))
        .subquery("h")
    )
    content = (
        select(bodies.c.content)
        .where(bodies.c.footprint == holds.c.number, bodies.c.model == bindparam("model"))
        .order_by(bodies.c.revision.desc())  # the newest: what is found by a model has it in its head
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    return Prepared(select(holds.c.at, holds.c.number, content))


@lru_cache(_SHAPES)
def last_of(shape: Shape, order: Order, goes_on: bool) -> Prepared:
    """The last of the next ``chunk`` candidates (at, number), where there are that many."""
    walked = _candidates(shape, order, goes_on).subquery("c")
    last = select(walked.c.at, walked.c.number).order_by(*_sorted(walked, order))
    return Prepared(last.limit(literal_column("1")).offset(bindparam("chunk") - literal_column("1")))


@lru_cache(_SHAPES)
def probe(shape: Shape, order: Order) -> Prepared:
    """How many of the first ``chunk`` candidates there are (``seen``) and hold (``held``)."""
    walked = _candidates(shape, order, False).subquery("c")
    conditions = list(_conditions(shape, order, walked.c.number, walked.c.get("other")))
    one: ColumnElement[Any] = literal_column("1")
    for condition in conditions:
        one = case((condition, one), else_=literal_column("0"))
    return Prepared(select(func.count().label("seen"), func.sum(one).label("held")).select_from(walked))


@lru_cache(_SHAPES)
def candidates_seen(shape: Shape, order: Order) -> Prepared:
    """How many candidates there are, counted up to ``chunk``."""
    return Prepared(select(func.count()).select_from(_candidates(shape, order, False).subquery("c")))


def _candidates(shape: Shape, order: Order, goes_on: bool) -> Select[Any]:
    """The next ``chunk`` candidates of an order: at, number."""
    if order.term is None:
        return _by_instant(shape, order, goes_on)
    place = order.term
    ranges = [_range(shape, place, value, goes_on) for value in range(shape.terms[place][1])]
    if len(ranges) == 1:
        return ranges[0]
    limited = [select(one.subquery()) for one in ranges]
    merged = union(*limited).subquery()
    return select(merged.c.at, merged.c.number).order_by(merged.c.number).limit(bindparam("chunk"))


def _range(shape: Shape, place: int, value: int, goes_on: bool) -> Select[Any]:
    held = _held(shape).alias()
    made = (
        select(literal_column("0").label("at"), held.c.footprint.label("number"))
        .where(held.c.kind == bindparam(f"kind{place}"), held.c.value == bindparam(f"value{place}_{value}"))
        .order_by(held.c.footprint)
        .limit(bindparam("chunk"))
    )
    if not shape.everything:
        made = made.where(held.c.client == bindparam("client"))
    return made.where(held.c.footprint > bindparam("after_number")) if goes_on else made


def _by_instant(shape: Shape, order: Order, goes_on: bool) -> Select[Any]:
    walked = footprints.alias()
    column, number = walked.c[order.name], walked.c.number
    low: ColumnElement[Any]
    high: ColumnElement[Any]
    low, high = bindparam(f"{order.name}_low"), bindparam(f"{order.name}_high")
    keys = [key.desc() if order.falls else key.asc() for key in (column, number)]
    made = select(column.label("at"), number).where(column >= low, column <= high)
    beside = _beside(shape, order)
    if beside:
        made = made.add_columns(walked.c[beside].label("other"))
    if goes_on:
        here, after = tuple_(column, number), tuple_(bindparam("after_at"), bindparam("after_number"))
        made = made.where(here < after if order.falls else here > after)
    return made.order_by(*keys).limit(bindparam("chunk"))


def _beside(shape: Shape, order: Order) -> str | None:
    """The instant that stands in the key of the one walked, where the query names both: no look-up is needed."""
    partner = PARTNERS.get(order.name) if order.term is None else None
    return partner if any(column == partner for column, _ in shape.spans) else None


def _conditions(
    shape: Shape, order: Order, number: ColumnElement[Any], other: ColumnElement[Any] | None = None
) -> Iterator[ColumnElement[bool]]:
    """What a candidate must fulfil besides lying in the range of its order; ``other``: the instant beside its own."""
    beside = _beside(shape, order)
    if beside and other is not None:
        yield _within(other, beside)
    for place, (kind, values) in enumerate(shape.terms):
        implied = kind == ALL and (shape.everything or order.term is not None)
        if place != order.term and not implied:
            yield _has_term(shape, place, values, number)
    known = (beside, order.name if order.term is None else None)
    others = [column for column, _ in shape.spans if column not in known]
    if others:
        here = footprints.alias()
        within = [_within(here.c[name], name) for name in others]
        yield _found(select(literal_column("1")).where(here.c.number == number, *within))


def _within(instant: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    return instant.between(bindparam(f"{name}_low"), bindparam(f"{name}_high"))


def _has_term(shape: Shape, place: int, values: int, number: ColumnElement[Any]) -> ColumnElement[bool]:
    held = _held(shape).alias()
    wanted: list[ColumnElement[Any]] = [bindparam(f"value{place}_{value}") for value in range(values)]
    one_of = held.c.value == wanted[0] if values == 1 else held.c.value.in_(wanted)
    look_up: Select[Any] = select(literal_column("1")).where(
        held.c.kind == bindparam(f"kind{place}"), one_of, held.c.footprint == number
    )
    if not shape.everything:
        look_up = look_up.where(held.c.client == bindparam("client"))
    return _found(look_up)


def _found(look_up: Select[Any]) -> ColumnElement[bool]:
    return look_up.limit(literal_column("1")).scalar_subquery().is_not(None)


def _held(shape: Shape) -> FromClause:
    return terms if shape.everything else visible


def _sorted(walked: Subquery, order: Order) -> list[ColumnElement[Any]]:
    return [key.desc() if order.falls else key.asc() for key in (walked.c.at, walked.c.number)]
