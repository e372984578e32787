"""Limits that no act prints: rows of ``mappings/figures/plausible-ranges.toml``, each with its unit and its reason."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from gateway.data import load_toml


def own_limit(row: str, side: Literal["low", "high"]) -> Fraction:
    """The lowest or highest value of a row, in its unit."""
    return Fraction(load_toml("mappings", "figures", "plausible-ranges.toml")[row][side])
