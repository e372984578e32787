"""Wrong client secrets are counted, so that nobody can try many; few are checked at once. Memory is bounded."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, IPv6Network, ip_address

from gateway.service.problem import HttpProblem

_WINDOW = 60 * 1_000_000
_MAX_KEYS = 20_000


def neighbourhood(address: str) -> str:
    """What stands for one caller: an IPv4 address, or the /64 of an IPv6 address, which one caller has as a whole."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))


class Throttle:
    """Counts bad tries of the last minute for each key (an address, a client id).

    A try counts from its beginning and is taken back when it was good: many at once cannot slip through.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tries: OrderedDict[str, deque[int]] = OrderedDict()

    def wait(self, keys: tuple[str, ...], now: int) -> int:
        """Seconds that all of these keys have to wait; 0: a try is allowed."""
        longest = 0
        for key in keys:
            tries = self._recent(key, now)
            if len(tries) >= self._limit:
                longest = max(longest, tries[0] + _WINDOW - now)
        return -(-longest // 1_000_000)

    def begin(self, keys: tuple[str, ...], now: int) -> None:
        for key in keys:
            self._tries.setdefault(key, deque(maxlen=self._limit)).append(now)
            self._tries.move_to_end(key)
        while len(self._tries) > _MAX_KEYS:
            self._tries.popitem(last=False)

    def forget(self, keys: tuple[str, ...]) -> None:
        """The try was good."""
        for key in keys:
            tries = self._tries.get(key)
            if tries:
                tries.pop()
            if not tries:
                self._tries.pop(key, None)

    def _recent(self, key: str, now: int) -> deque[int]:
        tries = self._tries.get(key)
        if tries is None:
            return deque()
        while tries and tries[0] <= now - _WINDOW:
            tries.popleft()
        if not tries:
            del self._tries[key]
        return tries


class Turns:
    """Lets ``at_once`` work at the same time, and ``waiting`` more wait for it."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._room = at_once + waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Raises HttpProblem 503 where as many wait as may."""
        if self._room == 0:
            raise HttpProblem(503, "Too many ask for a token now.", headers={"Retry-After": "5"})
        self._room -= 1
        try:
            async with self._free:
                yield
        finally:
            self._room += 1
