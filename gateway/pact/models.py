"""The data models in which footprints are offered."""

from __future__ import annotations

from functools import cache

from gateway.formats.registry import formats

FAMILY = "pact.footprint"


@cache
def newest_v2() -> str | None:
    """The newest data model of version 2 that this gateway writes."""
    return max((v for v in formats()[FAMILY].versions if v.startswith("2.")), default=None)
