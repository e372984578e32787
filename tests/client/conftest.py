"""Stores whose clock stands still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.store.database import Store, open_store
from tests.client.hosts import Time


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def kept(sqlite_url: str, time: Time) -> Iterator[Store]:
    """A store with nothing in it, in SQLite."""
    store = open_store(sqlite_url, time)
    yield store
    store.close()


@pytest.fixture
def on_both(store: Store, time: Time) -> Store:
    """The same in SQLite and in PostgreSQL, for what leans on the database."""
    return replace(store, clock=time)
