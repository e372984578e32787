"""Whether every filter stays quick as the store grows: p50 and p95 of a first page, small store against large.

    python benchmarks/store_filters.py                         10,000 and 1,000,000 footprints on SQLite
    python benchmarks/store_filters.py --large 100000          a smaller large store
    python benchmarks/store_filters.py --keep FOLDER           keeps the stores there, and uses those that are
    python benchmarks/store_filters.py --only validOn product  these filters alone
    python benchmarks/store_filters.py --database-url URL ...  on PostgreSQL; URL names an empty database

The synthetic footprints have the shares that real ones have: some products are frequent and most are rare,
periods follow each other as footprints are published, a tenth is deprecated. One client sees all of them, another
some 900. Each filter is asked with values drawn anew for each request; pages that follow a first page are measured
too, and a walk along all links of combinations that hardly meet. Nothing here is asserted: figures belong to the
machine and the moment they were measured on.

What is warm: both files in the memory of the system, statements and connections by requests that are not
counted. What is not: the values of each request are drawn anew, so what the database holds in its own memory seldom
helps at either size. The stores are asked in turn, so that what else the machine does hits both.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, text

from gateway.store.clients import add_client, share
from gateway.store.database import Store, open_store
from gateway.store.footprints import body_of
from gateway.store.pages import Page, Position, Query, Term, When, page
from gateway.store.tables.footprints import bodies, footprints, revisions, terms

DAY = 86_400_000_000
YEAR = 365 * DAY
START = 1_600_000_000_000_000
YEARS = 8
BODY = b'{"comment":"' + b"x" * 1500 + b'"}'
BATCH = 5_000
LIMIT = 100
REQUESTS = 400
WARM = 30
CLIENTS = {"all": 1, "few": 2}


def pf_id(number: int) -> str:
    return str(uuid.UUID(int=number, version=4))


def product(number: int, size: int) -> str:
    """A tenth of the footprints share ten products; of the others three share one."""
    return f"urn:p:{number % 100 // 10}" if number % 10 == 0 else f"urn:p:{10 + number % (size // 3)}"


def terms_of(number: int, size: int) -> dict[str, str]:
    return {
        "all": "",
        "footprint": pf_id(number),
        "product": product(number, size),
        "company": f"urn:c:{number % (size // 50)}",
        "class": f"urn:cpc:{number % (size // 20)}",
        "cpc": str(number % (size // 20)),
        "geography": ("cn", "de", "fr", "jp")[number % 4] if number % 50 else "is",
        "country": ("cn", "de", "fr", "jp")[number % 4] if number % 50 else "is",
        "status": "deprecated" if number % 10 == 3 else "active",
        "model": "2.3",
    }


def moments(number: int, size: int) -> dict[str, int]:
    """Published in the order of time, with a month of scatter; valid for one to three years."""
    made = START + YEARS * YEAR * number // size + (number * 7919 % 30) * DAY
    valid = (1 + number * 31 % 3) * YEAR
    return {
        "created": made,
        "updated": made,
        "period_start": made - YEAR,
        "period_end": made,
        "valid_start": made,
        "valid_end": made + valid,
        "validity": valid,
    }


def batches(numbers: Iterator[int]) -> Iterator[list[int]]:
    while batch := list(islice(numbers, BATCH)):
        yield batch


def fill(store: Store, size: int) -> None:
    """Rows as `publish` makes them, in bulk and without the log."""
    with store.write() as connection:
        if store.is_local:
            connection.execute(text("PRAGMA cache_size=-400000"))
        for batch in batches(iter(range(1, size + 1))):
            _documents(connection, batch, size)
        for kind in sorted(terms_of(1, size)):  # in the order of the key
            pairs = sorted((terms_of(number, size)[kind], number) for number in range(1, size + 1))
            for start in range(0, size, BATCH):
                rows = [{"kind": kind, "value": v, "footprint": n} for v, n in pairs[start : start + BATCH]]
                _load(connection, terms, rows)


def _documents(connection: Connection, batch: list[int], size: int) -> None:
    rows = [
        {"number": n, "pf_id": pf_id(n), "head": 1, "status": "Active", "has_v2": True, **moments(n, size)}
        for n in batch
    ]
    _load(connection, footprints, rows)
    _load(
        connection,
        revisions,
        [{"footprint": n, "revision": 1, "made": START, "reason": "published"} for n in batch],
    )
    key = {"revision": 1, "digest": "sha256:" + "0" * 64, "content": BODY, "signature": None}
    _load(connection, bodies, [{"footprint": n, "model": m, **key} for n in batch for m in ("3.0", "2.3")])


def _load(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table), rows)
        return
    names = list(rows[0])
    driver: Any = connection.connection.driver_connection
    with driver.cursor().copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])


def queries(size: int) -> dict[str, Callable[[random.Random], Query]]:
    """Each filter, with values drawn for each request."""

    def one(*made: Callable[[random.Random], Any], model: str = "3.0") -> Callable[[random.Random], Query]:
        return lambda draw: Query(tuple(condition(draw) for condition in made), model)

    def term(kind: str, values: int = 1) -> Callable[[random.Random], Term]:
        def drawn(draw: random.Random) -> Term:
            numbers = [draw.randrange(1, size + 1) for _ in range(values)]
            return Term(kind, tuple(terms_of(number, size)[kind] for number in numbers))

        return drawn

    def when(column: Any, op: Any) -> Callable[[random.Random], When]:
        return lambda draw: When(column, op, START + draw.randrange(-YEAR, (YEARS + 3) * YEAR))

    def valid_on(draw: random.Random) -> Query:
        moment = START + draw.randrange(-YEAR, (YEARS + 3) * YEAR)
        return Query((When("valid_start", "le", moment), When("valid_end", "ge", moment)))

    def valid_on_product(draw: random.Random) -> Query:
        return Query((*valid_on(draw).conditions, term("product")(draw)))

    nowhere, unknown = Term("geography", ("xx",)), Term("product", ("urn:none",))
    return {
        "no filter": one(),
        "no filter, 2.3": one(model="2.3"),
        "product": one(term("product")),
        "product, frequent": one(lambda draw: Term("product", (f"urn:p:{draw.randrange(10)}",))),
        "product, unknown": one(lambda _: unknown),
        "3 products": one(term("product", 3)),
        "20 products": one(term("product", 20)),
        "company": one(term("company")),
        "classification": one(term("class")),
        "geography": one(term("geography")),
        "geography XX": one(lambda _: nowhere),
        "status": one(term("status")),
        "validOn": valid_on,
        "validAfter": one(when("valid_start", "gt")),
        "validBefore": one(when("valid_end", "lt")),
        "created ge": one(when("created", "ge")),
        "updated lt": one(when("updated", "lt")),
        "period_start ge, 2.3": one(when("period_start", "ge"), model="2.3"),
        "cpc, 2.3": one(term("cpc"), model="2.3"),
        "country and created, 2.3": one(term("country"), when("created", "ge"), model="2.3"),
        "product and geography": one(term("product"), term("geography")),
        "geography and status": one(term("geography"), term("status")),
        "two that exclude each other": one(
            lambda _: Term("product", ("urn:p:3",)), lambda _: Term("status", ("deprecated",))
        ),
        "company and classification": one(term("company"), term("class")),
        "validOn and product": valid_on_product,
        "status and validAfter": one(term("status"), when("valid_start", "gt")),
        "geography, status and created lt": one(term("geography"), term("status"), when("created", "lt")),
    }


def measure(
    stores: dict[int, Store], client: str, only: list[str] | None
) -> Iterator[tuple[str, dict[int, list[list[float]]]]]:
    """The times of each filter by size."""
    draws = {size: random.Random(1) for size in stores}
    filters = {size: queries(size) for size in stores}
    for name in only or next(iter(filters.values())):
        taken: dict[int, list[list[float]]] = {size: [] for size in stores}
        for _ in range(WARM + REQUESTS):
            for size, store in stores.items():
                query = filters[size][name](draws[size])
                taken[size].append(_timed(partial(_first, store, client, query)))
        yield name, {size: rows[WARM:] for size, rows in taken.items()}
    if only:
        return
    taken = {size: [] for size in stores}
    for _ in range(REQUESTS):
        for size, store in stores.items():
            wanted = pf_id(draws[size].randrange(1, size + 1))
            taken[size].append(_timed(partial(_single, store, client, wanted)))
    yield "one footprint", taken
    for name, query in {
        "no filter": Query(),
        "validOn": filters[max(stores)]["validOn"](random.Random(2)),
    }.items():
        yield (
            f"{name}, pages after the first",
            {s: list(_walk(store, client, query)) for s, store in stores.items()},
        )


def _first(store: Store, client: str, query: Query) -> Page:
    with store.read() as connection:
        return page(connection, CLIENTS[client], query, LIMIT)


def _single(store: Store, client: str, wanted: str) -> None:
    with store.read() as connection:
        body_of(connection, CLIENTS[client], wanted, "3.0")


def _walk(store: Store, client: str, query: Query) -> Iterator[list[float]]:
    reached: list[Position | None] = [None]

    def go_on() -> None:
        with store.read() as connection:
            reached[0] = page(connection, CLIENTS[client], query, LIMIT, reached[0]).after

    for _ in range(REQUESTS):
        yield _timed(go_on)
        if reached[0] is None:
            return


HARDLY_MEET = {
    "product and a geography it never has": (Term("product", ("urn:p:3",)), Term("geography", ("jp",))),
    "two that exclude each other": (Term("product", ("urn:p:3",)), Term("status", ("deprecated",))),
    "two geographies": (Term("geography", ("cn",)), Term("geography", ("de",))),
    "valid on a day, product 7": (
        When("valid_start", "le", START + 2 * YEAR),
        When("valid_end", "ge", START + 2 * YEAR),
        Term("product", ("urn:p:7",)),
    ),
}


def whole(store: Store, client: str, query: Query) -> tuple[int, int, float]:
    """Pages and footprints along all links of a query, and how long they took, in ms."""
    pages, found, position = 0, 0, None
    start = time.perf_counter()
    while True:
        with store.read() as connection:
            got = page(connection, CLIENTS[client], query, LIMIT, position)
        pages, found, position = pages + 1, found + len(got.contents), got.after
        if position is None:
            return pages, found, (time.perf_counter() - start) * 1000


def _timed(run: Callable[[], object]) -> list[float]:
    start, used = time.perf_counter(), time.thread_time()
    run()
    return [(time.perf_counter() - start) * 1000, (time.thread_time() - used) * 1000]


def _percentile(values: list[float], which: int) -> float:
    return values[0] if len(values) < 2 else statistics.quantiles(values, n=20)[which // 5 - 1]


def made(url: str, size: int) -> Store:
    store = open_store(url)
    with store.read() as connection:
        kept = connection.execute(text("SELECT max(number) FROM footprints")).scalar()
    if kept is not None:
        if kept != size:
            raise SystemExit(f"{url} has {kept} footprints, not {size}")
        return warm(store)
    start = time.perf_counter()
    fill(store, size)
    with store.write() as connection:
        everything, _ = add_client(connection, "all", store.now())
        share(connection, everything, "all", "", store.now())
        few, _ = add_client(connection, "few", store.now())
        for number in range(10, 10 + 300):
            share(connection, few, "product", f"urn:p:{number}", store.now())
    assert {"all": everything.number, "few": few.number} == CLIENTS
    if not store.is_local:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("VACUUM ANALYZE"))
    print(f"{size} footprints made in {time.perf_counter() - start:.0f} s", flush=True)
    return warm(store)


def warm(store: Store) -> Store:
    """With its file, or what PostgreSQL finds pages by, in the memory of the system."""
    if store.is_local:
        with Path(str(store.engine.url.database)).open("rb") as file:
            while file.read(1 << 24):
                pass
        return store
    with store.read(long=True) as connection:
        for table in ("bodies", "terms", "visible", "footprints"):
            connection.execute(text(f"SELECT count(*), max(length({table}::text)) FROM {table}"))
    return store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--database-url", nargs=2, default=None, metavar="URL", help="for small and large")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="of the SQLite files")
    parser.add_argument("--only", nargs="+", metavar="FILTER")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = arguments.keep or Path(folder)
        urls = arguments.database_url or [f"sqlite:///{place / name}.db" for name in ("small", "large")]
        sizes = (arguments.small, arguments.large)
        stores = {size: made(url, size) for size, url in zip(sizes, urls, strict=True)}
        for client in CLIENTS:
            print(
                f"\nclient that sees {client}; p50 and p95 in ms at {sizes[0]} and {sizes[1]}; ratio of p95,"
            )
            print("then p95 and ratio by processor time of the asking process alone")
            for name, taken in measure(stores, client, arguments.only):
                _print(name, [taken[size] for size in sizes])
        _print_walks(stores)
        for store in stores.values():
            store.close()


def _print_walks(stores: dict[int, Store]) -> None:
    print("\nall links followed by the client that sees all: pages, footprints, ms in all, of each size")
    for name, conditions in HARDLY_MEET.items():
        walks = [whole(store, "all", Query(conditions)) for store in stores.values()]
        print(f"{name:40}" + "".join(f"{p:8}{f:8}{t:10.1f}" for p, f, t in walks), flush=True)


def _print(name: str, taken: list[list[list[float]]]) -> None:
    wall = [[row[0] for row in rows] for rows in taken]
    used = [[row[1] for row in rows] for rows in taken]
    p50, p95, cpu = (
        [_percentile(rows, which) for rows in kind] for kind, which in ((wall, 50), (wall, 95), (used, 95))
    )
    figures = [*p50, *p95, p95[1] / p95[0], *cpu, cpu[1] / cpu[0]]
    print(f"{name:40}" + "".join(f"{figure:8.2f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
