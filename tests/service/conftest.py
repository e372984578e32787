"""What the tests of the service share."""

from __future__ import annotations

import pytest

from gateway.store.database import open_store


@pytest.fixture
def local_store(sqlite_url):
    """An open store with nothing in it, in a file."""
    made = open_store(sqlite_url)
    yield made
    made.close()
