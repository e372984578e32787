"""What the tables share: names of constraints, a number as key, moments.

A moment is a whole number of microseconds since 1970 in UTC: it compares the same in every database.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Number = BigInteger().with_variant(Integer, "sqlite")
"""A running number; SQLite counts up only in INTEGER."""

Moment = BigInteger

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def number() -> Column[Any]:
    """The key of a table: counts up, is never used again."""
    return Column("number", Number, primary_key=True, autoincrement=True)


def moment_of(instant: datetime) -> int:
    """An aware datetime as microseconds since 1970 in UTC."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(moment: int) -> datetime:
    """Microseconds since 1970 as an aware datetime."""
    return _EPOCH + moment * _MICROSECOND
