"""What every test may ask for by name."""

from tests.databases import (
    cluster,
    empty_url,
    migrated_file,
    postgres_url,
    sqlite_url,
    store,
    store_url,
)

__all__ = ["cluster", "empty_url", "migrated_file", "postgres_url", "sqlite_url", "store", "store_url"]
