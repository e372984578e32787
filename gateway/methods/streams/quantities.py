"""Units of monitored data: exact factors, and the standard cubic metre at 20 and at 0 degrees C.

A unit is what the record declares, a row of ``mappings/codes/``. One that is missing, or that measures
something else, is a finding. A Chinese standard cubic metre is at 20 degrees C, a normal one at 0: the same
gas at the same pressure takes 273.15/293.15 of the volume. kWh are no unit for a fuel here, since they may
count the gross calorific value.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

from gateway.formats.codes import code_list
from gateway.methods.trace import Input

TONNE, NORMAL_METRE, METRE, TERAJOULE = "t", "Nm3", "m3", "TJ"

_DIMENSIONS = {
    "mass": (TONNE, Fraction(1, 1000), ""),
    "gas volume": (NORMAL_METRE, Fraction(1), "20C"),
    "gas volume at 0 C": (NORMAL_METRE, Fraction(1), "0C"),
    "volume": (METRE, Fraction(1), ""),
    "energy": (TERAJOULE, Fraction(1, 1_000_000), ""),
}
"""Base unit of each dimension of ``unit.csv``, its scale from that file's base, and the gas temperature."""

_GROSS = frozenset({"kWh", "MWh"})

MOLAR_RATIO = Input("f", "3.664", "t CO2/t C", "constant: 2025/2547 Annex II B.3.1.1")
F = Fraction(MOLAR_RATIO.value)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of activity data: so many ``base`` (t, Nm3, m3, TJ), gas at ``reference`` (``20C``, ``0C``)."""

    code: str
    base: str
    scale: Fraction
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Per:
    """A unit of a calculation factor: TJ, t CO2 or t C (``of``) per ``base``, times ``scale``."""

    code: str
    base: str
    scale: Fraction
    of: str = ""


@lru_cache(256)
def amount_unit(code: str) -> Unit | None:
    """A unit of activity data, None for one that does not measure a fuel or material."""
    row = code_list("unit").codes.get(code)
    found = _DIMENSIONS.get(row["dimension"]) if row is not None else None
    if row is None or found is None or code in _GROSS:
        return None
    base, scale, reference = found
    return Unit(code, base, Fraction(row["scale"]) * scale, reference)


@lru_cache(256)
def factor_unit(listed: str, code: str) -> Per | None:
    """A unit of a calculation factor from its list (``ncv-unit``, ``stream-factor-unit``...)."""
    row = code_list(listed).codes.get(code)
    if row is None:
        return None
    return Per(code, row["per"], Fraction(row["scale"]), row.get("of", ""))


@cache
def amount_units(*bases: str) -> tuple[str, ...]:
    """The units of activity data that count in one of these base units."""
    found = ((code, amount_unit(code)) for code in code_list("unit").codes)
    return tuple(code for code, unit in found if unit is not None and unit.base in bases)


@lru_cache(256)
def kelvin(reference: str) -> Fraction:
    """Absolute temperature of a reference state of ``gas-reference.csv``."""
    return Fraction(code_list("gas-reference").codes[reference]["kelvin"])
