"""Wrong client secrets are counted, so that nobody can try many. Memory is bounded."""

from __future__ import annotations

from collections import OrderedDict, deque

_WINDOW = 60 * 1_000_000
_MAX_KEYS = 20_000


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
