"""The tables, one module per concern. ``metadata`` holds them all; `migrations` makes them step by step."""

from gateway.store.tables import events, footprints, log, received
from gateway.store.tables.base import metadata

__all__ = ["events", "footprints", "log", "metadata", "received"]
