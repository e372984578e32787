"""The same client for programs that do not use ``async``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Self

from gateway.model.finding import Finding
from gateway.pact.client import Footprint, PactClient, Query


class BlockingPactClient:
    """A `PactClient` whose calls wait for their answer. Use it with ``with``; not from within an event loop."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Takes what `PactClient` takes."""
        self._runner = asyncio.Runner()
        self._client = PactClient(*given, **named)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._runner.run(self._client.close())
        finally:
            self._runner.close()

    @property
    def findings(self) -> list[Finding]:
        """Warnings about what the host answered."""
        return self._client.findings

    def footprints(self, query: Query | None = None) -> Iterator[Footprint]:
        """Every footprint that the host shows us, page by page as they are needed."""
        found = self._client.footprints(query)
        while (each := self._runner.run(_next(found))) is not None:
            yield each

    def footprint(self, pf_id: str) -> Footprint:
        return self._runner.run(self._client.footprint(pf_id))

    def signature(self, pf_id: str) -> bytes | None:
        return self._runner.run(self._client.signature(pf_id))

    def post_event(self, event: Mapping[str, Any] | bytes) -> None:
        self._runner.run(self._client.post_event(event))


async def _next(found: Any) -> Footprint | None:
    each: Footprint | None = await anext(found, None)
    return each
