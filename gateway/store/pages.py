"""Pages of footprints: what a client asks for, and where the next page begins.

A page goes on after a position, never at an offset: footprints that are published in between neither repeat
nor hide others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, exists, select

from gateway.store.tables.footprints import bodies, footprints, visible

Comparison = Literal["eq", "lt", "le", "gt", "ge"]
Instant = Literal["created", "updated", "period_start", "period_end", "valid_start", "valid_end"]


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
    """Every condition must hold. ``model``: the data model whose bytes are wanted (``3.0``, ``2.3``)."""

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
    """The bytes of footprints, and the position after which there are more."""

    contents: list[bytes]
    after: Position | None


def page(
    connection: Connection, client: int, query: Query, limit: int, position: Position | None = None
) -> Page:
    """At most ``limit`` footprints that this client may see, after a position."""
    mine = exists().where(
        visible.c.client == client,
        visible.c.kind == "all",
        visible.c.value == "",
        visible.c.footprint == footprints.c.number,
    )
    wanted = (
        select(footprints.c.number, bodies.c.content)
        .join(bodies, (bodies.c.footprint == footprints.c.number) & (bodies.c.revision == footprints.c.head))
        .where(bodies.c.model == query.model, mine)
        .where(*(_holds(condition, client) for condition in query.conditions))
        .order_by(footprints.c.number)
        .limit(limit + 1)
    )
    if position is not None:
        wanted = wanted.where(footprints.c.number > position.number)
    rows = connection.execute(wanted).all()
    more = Position("number", 0, rows[limit - 1].number) if len(rows) > limit else None
    return Page([bytes(row.content) for row in rows[:limit]], more)


def _holds(condition: Term | When, client: int) -> ColumnElement[bool]:
    if isinstance(condition, Term):
        return exists().where(
            visible.c.client == client,
            visible.c.kind == condition.kind,
            visible.c.value.in_([value.lower() for value in condition.values]),
            visible.c.footprint == footprints.c.number,
        )
    column = footprints.c[condition.column]
    return {
        "eq": column == condition.moment,
        "lt": column < condition.moment,
        "le": column <= condition.moment,
        "gt": column > condition.moment,
        "ge": column >= condition.moment,
    }[condition.op]
