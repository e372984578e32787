"""Everything that a host shows us, checked and kept.

A pull asks for every page, every time. Filters by date would be faster and could miss something: a footprint
may be shared with us, or put on offer, long after it was created (``$filter=created ge``), and its validity
(``validAfter``) says nothing of when it came. What is known by its digest is neither judged nor kept again, so that
a repeated pull costs its pages and no more. An ETag spares the first page of several, where the 304 itself names
the page that follows: the ETag of a body does not say that no further page has been added. ``Last-Modified`` is not
used at all: it tells apart nothing within one second (RFC 9110:8.8.2.2).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from gateway.model.finding import Finding, Refused, finding
from gateway.pact.client import Footprint, PactClient, Page, Query
from gateway.pact.judge import Circumstances, erased_here
from gateway.pact.taking import Taken, Taking
from gateway.store.database import Store
from gateway.store.received import (
    Pull,
    Tally,
    begin_pull,
    last_finished,
    save_pull,
)
from gateway.trust.issuers import TrustStore

DOUBLES_TOLD = 20

_STALE = frozenset({"PULL-STATUS", "PULL-NOT-FOUND", "PULL-DENIED"})
"""What a host says of a link to a next page that has ended."""

_NO_SUCH_API = frozenset({"PULL-STATUS", "PULL-NOT-FOUND", "PULL-DENIED", "PULL-NOT-JSON", "PULL-NO-DATA"})
"""What a host says over a version of the API that it does not serve."""


Heard = Callable[[Tally, Sequence[Taken]], None]
"""Told after each page: the counts so far, and what the page brought."""

Beside = Callable[[Footprint, str | None], None]
"""Given each footprint and its signature before its page counts as taken, so that a copy elsewhere lacks nothing."""


@dataclass
class Summary:
    """What a pull came to. ``fault``: why it ended before the last page; what came until then is kept."""

    tally: Tally
    findings: list[Finding] = field(default_factory=list)
    fault: Refused | None = None
    resumed: bool = False


async def pull(
    store: Store,
    client: PactClient,
    query: Query | None = None,
    *,
    trust: TrustStore | None = None,
    heard: Heard | None = None,
    beside: Beside | None = None,
    again: bool = False,
) -> Summary:
    """Pull all that a host shows us into the store, to the last page.

    A pull that was cut short within the last hour is gone on with. A fault of the host, or of the way to it, ends
    the pull and stands in the summary; what came before it is kept, and the next pull begins there.
    A footprint from which values were erased here is left alone, unless it is to be taken ``again``.
    Raises Refused (PULL-FILTER, PULL-INSTANT) for a query that cannot be asked.
    """
    return await _Run(store, client, query or Query(), trust, heard, beside, again).run()


class _Run:
    """One pull of one host."""

    def __init__(
        self,
        store: Store,
        client: PactClient,
        query: Query,
        trust: TrustStore | None,
        heard: Heard | None,
        beside: Beside | None,
        again: bool,
    ) -> None:
        self.again = again
        self.store, self.client, self.query = store, client, query
        self.heard, self.beside = heard, beside
        self.source = str(client.base)
        how = Circumstances(self.source, client.api, "pull", trust, store.clock)
        self.taking = Taking(store, client, how, again)
        self.listed: set[str] = set()

    async def run(self) -> Summary:
        text = f"{self.client.api}?{self.query.text(self.client.api)}"
        with self.store.write() as connection:
            begun = begin_pull(connection, self.store.now(), self.source, text)
            before = last_finished(connection, self.source, text)
        self.summary = Summary(begun.tally)
        try:
            async for page in self._pages(begun, before):
                await self._take(page, begun)
        except Refused as refused:
            self.summary.fault = refused
        await self._look_elsewhere()
        return self.summary

    async def _look_elsewhere(self) -> None:
        """Nothing came: whether the host has footprints over the other version of the API, or shows us none.

        Some came over version 2: whether there is a version 3, where there may be more. How many cannot be known
        without pulling them; one is asked for.
        """
        tally, fault = self.summary.tally, self.summary.fault
        if self.listed or tally.known:
            one = replace(self.query, limit=1)
            if self.client.api == "2" and fault is None and await self.client.other_version(one):
                self.summary.findings.append(
                    finding("PULL-ALSO-IN-3", stage="fetch", severity="info", host=self.client.host)
                )
            return
        if fault is not None and fault.findings[0].rule not in _NO_SUCH_API:
            return
        api, host = self.client.api, self.client.host
        other = await self.client.other_version(self.query)
        if other is not None:
            told = finding("PULL-OTHER-VERSION", stage="fetch", host=host, api=api, other=other)
        elif fault is None:
            told = finding("PULL-NOTHING", stage="fetch", severity="warning", host=host, api=api)
        else:
            return
        self.summary.findings.append(told)

    async def _pages(self, begun: Pull, before: Pull | None) -> AsyncIterator[Page]:
        """From where the last pull stopped, if that place still holds; else from the first page."""
        if begun.next_url is not None:
            try:
                async for page in self.client.pages(self.query, start=begun.next_url):
                    self.summary.resumed = True
                    yield page
                return
            except Refused as refused:
                if self.summary.resumed or refused.findings[0].rule not in _STALE:
                    raise
                self.summary.tally = begun.tally = Tally()
        async for page in self.client.pages(
            self.query, etag=before.etag if before and not self.again else None
        ):
            if page.unchanged and before is not None:
                _add(begun.tally, before.tally.first)
                begun.tally.first = before.tally.first
            yield page

    async def _take(self, page: Page, begun: Pull) -> None:
        """Judge what is new on a page, then keep it and the place of the next page in one transaction."""
        self.summary.findings += page.findings
        parts = self._once(page.footprints)
        with self.store.read() as connection:
            parts = self._not_erased(connection, parts)
        looked = await self.taking.look(parts)
        if self.beside is not None:
            for each in parts:
                self.beside(each, looked.signature(each))
        with self.store.write() as connection:
            now = self.store.now()
            taken = self.taking.keep(connection, now, looked)
            self._count(begun, page, taken)
            save_pull(connection, now, begun, finished=page.next_url is None and page.fault is None)
        if self.heard is not None:
            self.heard(begun.tally, taken)

    def _count(self, begun: Pull, page: Page, taken: list[Taken]) -> None:
        counts = {"known": len(taken)}
        counts |= {rank: sum(each.rank == rank for each in taken) for rank in ("errors", "warnings")}
        if begun.tally.pages == 0 and not page.unchanged:
            begun.tally.first = counts
        if begun.tally.pages == 0:
            begun.etag = page.etag if page.next_url is not None else None
        new = sum(each.is_new for each in taken)
        _add(begun.tally, {**counts, "known": len(taken) - new, "new": new, "pages": 1})
        if page.fault is None:
            begun.next_url = page.next_url

    def _once(self, footprints: Sequence[Footprint]) -> list[Footprint]:
        """Without what the listing has shown already; a host that repeats itself is told of."""
        parts: list[Footprint] = []
        for each in footprints:
            if each.digest not in self.listed:
                parts.append(each)
            elif sum(item.rule == "PULL-DOUBLE" for item in self.summary.findings) < DOUBLES_TOLD:
                self.summary.findings.append(self._double(each))
            self.listed.add(each.digest)
        return parts

    def _not_erased(self, connection: Connection, parts: list[Footprint]) -> list[Footprint]:
        """Without what was erased here, which is told; before anything of it is judged or written to a file."""
        gone = set() if self.again else erased_here(connection, self.source, parts)
        self.summary.findings += [
            finding(
                "PULL-ERASED", stage="fetch", severity="warning", footprint=each.pf_id, host=self.client.host
            )
            for each in parts
            if each.digest in gone
        ]
        return [each for each in parts if each.digest not in gone]

    def _double(self, footprint: Footprint) -> Finding:
        return finding(
            "PULL-DOUBLE",
            stage="fetch",
            severity="warning",
            host=self.client.host,
            footprint=footprint.pf_id or footprint.digest,
        )


def _add(tally: Tally, counts: dict[str, int]) -> None:
    for name, count in counts.items():
        setattr(tally, name, getattr(tally, name) + count)
