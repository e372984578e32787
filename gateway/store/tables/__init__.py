"""The tables, one module per concern. ``metadata`` holds them all; `migrations` makes them step by step."""

from gateway.store.tables import events, footprints, log, personal, received
from gateway.store.tables.base import metadata

__all__ = ["events", "footprints", "log", "metadata", "personal", "received"]
