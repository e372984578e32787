"""Pages of footprints: what a client asks for, and where the next page begins.

A page goes on after a position, never at an offset: footprints that are published in between neither repeat
nor hide others. A query is answered in the order of one of its conditions (`orders`), the one of whose first
candidates most hold; which one is part of the position, so that the next page goes on in the same order. The
work of one page is bounded: where few candidates hold, a page may hold fewer footprints than asked for, even
none, and still name a position to go on from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, literal_column, select

from gateway.model.finding import Refused, finding
from gateway.store.orders import ALL, Order, Shape, candidates_seen, hits, last_of, probe
from gateway.store.prepared import Prepared
from gateway.store.tables.footprints import footprints, shares

Comparison = Literal["eq", "lt", "le", "gt", "ge"]
Instant = Literal["created", "updated", "period_start", "period_end", "valid_start", "valid_end"]

WORK = 1_800
"""Keyed look-ups that one page may cost, some 1.5 ms. A page of a query that hardly anything meets costs at most
twice what it costs in a store so small that the candidates end before the work does."""

PROBE = 128
"""Candidates of each order that are looked at before one is chosen."""

MAX_VALUES = 100
"""Values that one query may name in all."""

_EVER = 2**62


@dataclass(frozen=True)
class Term:
    """Found by any of these values (compared without case): product, company, class, geography, country, cpc, status."""

    kind: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class When:
    """An instant of the footprint compared with a moment."""

    column: Instant
    op: Comparison
    moment: int


@dataclass(frozen=True)
class Query:
    """Every condition must hold. ``model``: the data model whose bytes are wanted (``3.0``, ``2.3``).

    A footprint is valid on a moment t where ``valid_start le t`` and ``valid_end ge t`` (PACT 3.0, ListFootprints).
    """

    conditions: tuple[Term | When, ...] = ()
    model: str = "3.0"


@dataclass(frozen=True)
class Position:
    """The last footprint of a page, in the order (``driver``) that its query was answered in."""

    driver: str
    value: int
    number: int


@dataclass(frozen=True)
class Page:
    """The bytes of footprints, and the position after which there may be more."""

    contents: list[bytes]
    after: Position | None


def page(
    connection: Connection, client: int, query: Query, limit: int, position: Position | None = None
) -> Page:
    """At most ``limit`` footprints that this client may see, after a position.

    Raises Refused: STORE-VALUES for a query of more than MAX_VALUES values, STORE-POSITION for a position that
    belongs to another query.
    """
    if any(isinstance(condition, Term) and not condition.values for condition in query.conditions):
        return Page([], None)
    return _Search(connection, client, query).page(limit, position)


def sees_all(connection: Connection, client: int) -> bool:
    """Whether a client was promised every footprint."""
    return _SEES_ALL.run(connection, {"client": client}).first() is not None


_SEES_ALL = Prepared(
    select(literal_column("1")).where(
        shares.c.client == bindparam("client"),
        shares.c.kind == literal_column("'all'"),
        shares.c.value == literal_column("''"),
    )
)
_LONGEST = Prepared(select(footprints.c.validity).order_by(footprints.c.validity.desc()).limit(1))


class _Search:
    """One query of one client: its conditions as orders and the values that fill their statements."""

    def __init__(self, connection: Connection, client: int, query: Query) -> None:
        self.connection = connection
        self.values: dict[str, Any] = {"model": query.model}
        everything = sees_all(connection, client)
        if not everything:
            self.values["client"] = client
        terms = [self._term(number, term) for number, term in enumerate(_terms_of(query))]
        self.shape = Shape(everything, tuple(terms), tuple(self._spans(query)))
        if sum(count for _, count in terms) > MAX_VALUES:
            raise Refused(finding("STORE-VALUES", stage="store", limit=MAX_VALUES))

    def _term(self, number: int, term: Term) -> tuple[str, int]:
        values = sorted({value.lower() for value in term.values})
        self.values[f"kind{number}"] = term.kind
        self.values |= {f"value{number}_{place}": value for place, value in enumerate(values)}
        return term.kind, len(values)

    def _spans(self, query: Query) -> Iterator[tuple[str, bool]]:
        """Each instant as one range, and whether it is walked from its upper end."""
        bounds: dict[str, tuple[int, int]] = {}
        for condition in query.conditions:
            if isinstance(condition, When):
                low, high = _range(condition)
                held = bounds.get(condition.column, (-_EVER, _EVER))
                bounds[condition.column] = max(low, held[0]), min(high, held[1])
        directions = {column: low == -_EVER for column, (low, _) in bounds.items()}
        self._narrow(bounds)
        for column, (low, high) in bounds.items():
            self.values |= {f"{column}_low": low, f"{column}_high": high}
            yield column, directions[column]

    def _narrow(self, bounds: dict[str, tuple[int, int]]) -> None:
        """What is valid on a day ends no later than the longest validity after it, and began no earlier."""
        if not {"valid_start", "valid_end"} <= bounds.keys():
            return
        longest = _LONGEST.run(self.connection, {}).scalar()
        if longest is None:
            return
        start, end = bounds["valid_start"], bounds["valid_end"]
        bounds["valid_start"] = max(start[0], end[0] - longest), start[1]
        bounds["valid_end"] = end[0], min(end[1], start[1] + longest)

    @cached_property
    def work(self) -> int:
        """How many candidates a page may look at."""
        probes = 1 + len(self.shape.spans) + sum(count for _, count in self.shape.terms)
        return max(PROBE, WORK // probes)

    def page(self, limit: int, position: Position | None) -> Page:
        order, share = self._order(position)
        at, number = (position.value, position.number) if position else (None, None)
        found: list[Any] = []
        seen, chunk = 0, self._first_chunk(order, limit, share)
        while True:
            values = self._after(at, number) | {"chunk": chunk, "wanted": limit + 1 - len(found)}
            rows = hits(self.shape, order, at is not None).run(self.connection, values).all()
            found += sorted(rows, key=lambda row: (row[0], row[1]), reverse=order.falls)
            if len(found) > limit:
                at, number = found[limit - 1][:2]
                return self._page(found[:limit], Position(order.name, at, number))
            if self.shape.is_pure(order):  # every candidate holds: fewer than asked for are all there are
                return self._page(found, None)
            last = last_of(self.shape, order, at is not None).run(self.connection, values).first()
            if last is None:
                return self._page(found, None)
            at, number = last.at, last.number
            seen += chunk
            if seen >= self.work:
                return self._page(found, Position(order.name, at, number))
            chunk = min(chunk * 4, self.work - seen)

    def _first_chunk(self, order: Order, limit: int, share: float) -> int:
        if self.shape.is_pure(order):
            return limit + 1
        return min(self.work, int((limit + 1) / max(share, 0.001) * 1.2) + 16)

    def _after(self, at: int | None, number: int | None) -> dict[str, Any]:
        return self.values if at is None else self.values | {"after_at": at, "after_number": number}

    def _page(self, rows: list[Any], after: Position | None) -> Page:
        return Page([bytes(row[2]) for row in rows], after)

    def _order(self, position: Position | None) -> tuple[Order, float]:
        """The order to answer in, and which share of its candidates is expected to hold."""
        orders = self.shape.orders()
        if position is not None:
            for order in orders:
                if order.name == position.driver:
                    return order, 0.25
            raise Refused(finding("STORE-POSITION", stage="store"))
        if len(orders) == 1:
            return orders[0], 1.0
        return self._best(orders)

    def _best(self, orders: tuple[Order, ...]) -> tuple[Order, float]:
        """The order that ends soonest; of those that go on, the one of whose first candidates most hold."""
        rated: list[tuple[float, int]] = []
        for place, order in enumerate(orders):
            values = self.values | {"chunk": PROBE}
            row = probe(self.shape, order).run(self.connection, values).one()
            if row.seen < PROBE:
                return order, 1.0
            rated.append((int(row.held or 0) / PROBE, -place))
        share, place = max(rated)
        if share:
            return orders[-place], share
        sizes = [self._size(order) for order in orders]
        return orders[sizes.index(min(sizes))], 0.0

    def _size(self, order: Order) -> int:
        values = self.values | {"chunk": self.work}
        return int(candidates_seen(self.shape, order).run(self.connection, values).scalar_one())


def _terms_of(query: Query) -> Iterator[Term]:
    """The conditions on terms. A model other than the first is one too: not every footprint is said in it."""
    terms = [condition for condition in query.conditions if isinstance(condition, Term)]
    if query.model != "3.0":
        yield Term("model", (query.model,))
    elif not terms:
        yield Term(ALL, ("",))
    yield from terms


def _range(condition: When) -> tuple[int, int]:
    """The moments that hold, both ends included: a moment is a whole number."""
    moment = max(-_EVER + 1, min(_EVER - 1, condition.moment))
    return {
        "eq": (moment, moment),
        "lt": (-_EVER, moment - 1),
        "le": (-_EVER, moment),
        "gt": (moment + 1, _EVER),
        "ge": (moment, _EVER),
    }[condition.op]
