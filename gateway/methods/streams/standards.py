"""The standard factors that the act prints: ``mappings/codes/cbam-standard-factor.csv``, ``pfc-technology.csv``.

A factor is used only where the record names its row, never because a stream happens to be called coal.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.formats.codes import code_list
from gateway.methods.trace import Input

FUELS, TECHNOLOGIES = "cbam-standard-factor", "pfc-technology"


def standard(code: str | None, listed: str = FUELS) -> Mapping[str, str] | None:
    """The row of a named standard factor; None where none is named or the name is unknown."""
    return None if code is None else code_list(listed).codes.get(code)


def standard_input(row: Mapping[str, str], column: str, symbol: str, unit: str) -> Input | None:
    """One figure of a row as an input whose source is the act; None where the act prints none."""
    value = row.get(column, "")
    if not value:
        return None
    note = f" ({row['note']})" if row.get("note") else ""
    return Input(symbol, value, unit, f"constant: {row['act']}, {row['clause']}, {row['en']}{note}")
