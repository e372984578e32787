"""Pages that were asked for lately, as they went out.

Buyers ask for the same first pages again and again. A page counts as long as the log of exchanges has not grown:
whatever changes what a client sees is written there in the same transaction. With the first entry that is new,
everything is forgotten, what was erased too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import Connection

from gateway.store.log import head
from gateway.store.pages import Page, Position


@dataclass(frozen=True)
class Listing:
    """A page as it goes out, and the position after which there may be more."""

    content: bytes
    after: Position | None


class Remembered:
    """Keeps at most ``size`` bytes of pages."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = 0
        self._head = ""
        self._pages: OrderedDict[Hashable, Listing] = OrderedDict()
        self._lock = Lock()

    def listing(self, connection: Connection, key: Hashable, found: Callable[[], Page]) -> Listing:
        """The page of that key, read within the transaction of the connection where it is not known."""
        now = head(connection)
        with self._lock:
            if now != self._head:
                self._pages.clear()
                self._head, self._held = now, 0
            known = self._pages.get(key)
            if known is not None:
                self._pages.move_to_end(key)
                return known
        made = listing_of(found())
        with self._lock:
            if now == self._head and key not in self._pages and len(made.content) <= self._size // 4:
                self._pages[key] = made
                self._held += len(made.content)
                while self._held > self._size:
                    _, old = self._pages.popitem(last=False)
                    self._held -= len(old.content)
        return made


def listing_of(page: Page) -> Listing:
    """``{"data":[…]}`` of the stored bytes."""
    return Listing(b'{"data":[' + b",".join(page.contents) + b"]}", page.after)
