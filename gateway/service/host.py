"""A host: the store and everything that its routes share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from gateway.service.cursors import Cursors
from gateway.service.edge import Edge, Origin
from gateway.service.metrics import Metrics
from gateway.service.remembered import Remembered
from gateway.service.settings import Settings
from gateway.service.throttle import Throttle, Turns
from gateway.service.tokens import Tokens
from gateway.store.database import Store
from gateway.store.secret import HostSecret
from gateway.trust.keys import SigningKey

T = TypeVar("T")

_PROVING = 2
"""Secrets that are checked at the same time; each takes 16 MB and a core."""
_MOST_WAITING = 100
"""Secrets that wait to be checked: some seconds' worth."""


@dataclass(frozen=True)
class Host:
    """``key`` signs what this host publishes; without one, footprints go unsigned."""

    store: Store
    settings: Settings
    secret: HostSecret
    edge: Edge
    key: SigningKey | None = None
    metrics: Metrics = field(default_factory=Metrics)

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(self.secret, self.settings.token_seconds)

    @cached_property
    def cursors(self) -> Cursors:
        return Cursors(self.secret, self.settings.cursor_seconds)

    @cached_property
    def pages(self) -> Remembered:
        return Remembered(self.settings.page_memory)

    @cached_property
    def throttle(self) -> Throttle:
        """For one client id from one address."""
        return Throttle(self.settings.bad_tries)

    @cached_property
    def _proving(self) -> Turns:
        return Turns(_PROVING, _MOST_WAITING)

    @cached_property
    def wide_throttle(self) -> Throttle:
        """For an address as a whole, and for a client id from everywhere."""
        return Throttle(10 * self.settings.bad_tries)

    async def read(self, work: Callable[[Connection], T], *, long: bool = False) -> T:
        """Work on a reading transaction: at once where it is a keyed read of a local file, else in a thread."""
        if self.store.is_local and not long:
            return self._read(work)
        return await run_in_threadpool(self._read, work)

    async def prove(self, work: Callable[[Connection], T]) -> T:
        """The check of a secret, which is slow by intent: few at a time, in threads that no other work waits for.

        Raises HttpProblem 503 where too many wait already.
        """
        async with self._proving.turn():
            return await run_in_threadpool(self._read, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Work on a writing transaction, in a thread: it waits for the disk."""
        return await run_in_threadpool(self._write, work)

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self.store.read() as connection:
            return work(connection)

    def _write(self, work: Callable[[Connection], T]) -> T:
        with self.store.write() as connection:
            return work(connection)


def host_of(request: Request) -> Host:
    """The host that answers a request."""
    host: Host = request.app.state.host
    return host


def origin_of(request: Request) -> Origin:
    """How a request came."""
    origin: Origin = request.scope["origin"]
    return origin
