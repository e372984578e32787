"""CBAM benchmarks: the rows of a CN code, and the one that column, route and indicator leave.

Column A counts the process alone and goes with actual values; column B counts precursors too and goes with
default values. A row without a letter holds for every route. Where several rows remain they are offered, never
chosen. Clause: Annex of (EU) 2025/2620, whose text was not at hand; questions and answers of May 2026, 3.9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from gateway.formats.codes import code_list
from gateway.methods.cn_codes import replaced_by
from gateway.methods.figures import read_table, source_of
from gateway.model.finding import Finding, Refused, finding

TABLE = "benchmarks-2025-2620"
COLUMNS = ("A", "B")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark in t CO2e per tonne. ``route`` and ``indicator`` are empty where the row names none."""

    cn: str
    column: str
    route: str
    indicator: str
    value: Decimal

    @property
    def mark(self) -> str:
        """Route and indicator as the act prints them: ``(F)(1)``."""
        return "".join(f"({part})" for part in (self.route, self.indicator) if part)

    @property
    def row(self) -> str:
        """The row in words."""
        return f"CN {self.cn}, column {self.column} {self.mark}".rstrip()

    def to_json(self) -> dict[str, Any]:
        return {"cn": self.cn, "column": self.column, "route": self.route or None,
                "indicator": self.indicator or None, "value": format(self.value, "f"), "unit": "t CO2e/t"}  # fmt: skip


@cache
def _table() -> Mapping[str, tuple[Benchmark, ...]]:
    found: dict[str, list[Benchmark]] = {}
    for cn, column, route, indicator, value in read_table(TABLE):
        found.setdefault(cn, []).append(Benchmark(cn, column, route, indicator, Decimal(value)))
    return {cn: tuple(rows) for cn, rows in found.items()}


def benchmarks(cn: str, path: str = "") -> tuple[Benchmark, ...]:
    """Every benchmark of a CN code. Raises Refused for a code that has none."""
    rows = _table().get(cn)
    if rows:
        return rows
    later = replaced_by(cn)
    if later:
        raise Refused(finding("DEFAULT-CN-REPLACED", path, stage="method", cn=cn, codes=", ".join(later)))
    known = cn in code_list("cbam-cn").codes
    raise Refused(finding("BENCHMARK-NONE" if known else "BENCHMARK-CN-UNKNOWN", path, stage="method", cn=cn))


def narrowed(
    cn: str, column: str, routes: Iterable[str] = (), indicator: str = "", path: str = ""
) -> tuple[Benchmark, ...]:
    """The benchmarks of a column that routes and indicator leave; a row without them holds for all."""
    rows = tuple(row for row in benchmarks(cn, path) if row.column == column)
    wanted = tuple(routes)
    left = tuple(
        row
        for row in rows
        if (not wanted or not row.route or row.route in wanted)
        and (not indicator or not row.indicator or row.indicator == indicator)
    )
    if not left:
        raise Refused(choice(cn, column, rows, path, "BENCHMARK-ROUTE-NONE"))
    return left


def benchmark(cn: str, column: str, route: str = "", indicator: str = "", path: str = "") -> Benchmark:
    """The one benchmark that is left. Raises Refused with the choices where there are several."""
    left = narrowed(cn, column, (route,) if route else (), indicator, path)
    if len(left) > 1:
        raise Refused(choice(cn, column, left, path))
    return left[0]


def choice(cn: str, column: str, rows: Iterable[Benchmark], path: str = "", rule: str = "") -> Finding:
    """The finding that offers rows to choose from."""
    choices = "; ".join(f"{row.mark} {row.value}" for row in rows)
    name = rule or "BENCHMARK-CHOICE"
    return finding(name, path, stage="method", cn=cn, column=column, choices=choices)


def expired(year: int, path: str = "") -> list[Finding]:
    """A warning where the benchmarks at hand are not those of the year."""
    last = source_of(TABLE).valid_until
    if last is None or year <= last.year:
        return []
    return [finding("BENCHMARK-YEAR", path, severity="warning", stage="method", year=year, last=last.year)]
