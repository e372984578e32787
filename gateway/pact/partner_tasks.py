"""One task for each partner with whom something is due: a partner that hangs holds up nobody else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from functools import partial

LOG = logging.getLogger(__name__)


@dataclass
class PartnerTasks:
    """The tasks that run now, by the number of their partner. ``what``: what they do, for the log."""

    what: str
    _running: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    def begin(self, numbers: Iterable[int], work: Callable[[int], Coroutine[None, None, None]]) -> None:
        """Begin the work with each of these partners that has no task yet."""
        for number in numbers:
            if number not in self._running:
                task = asyncio.create_task(work(number))
                self._running[number] = task
                task.add_done_callback(partial(self._ended, number))

    async def finish(self) -> None:
        """Wait for what is under way."""
        while self._running:
            await asyncio.wait(list(self._running.values()))
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Stop what is under way."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, number: int, task: asyncio.Task[None]) -> None:
        self._running.pop(number, None)
        if not task.cancelled() and task.exception() is not None:
            LOG.error("%s partner %d failed: %s", self.what, number, type(task.exception()).__name__)
