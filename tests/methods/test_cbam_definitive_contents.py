"""What a precursor contains and rests on by ``cbam.definitive@2025-2547``: values worked by hand, and refusals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from plants import COMMON, Tree, places, record_of
from works import YEAR_2026, computed, exact

from gateway.methods.cbam_definitive import calculate

PIG_IRON: Tree = {
    "installations": [{"id": "S1"}],
    "time": YEAR_2026,
    "processes": [{**COMMON, "id": "P1", "installation": "S1", "goodsCategory": "Pig iron", "activityLevel": "1000",
                   "directEmissions": "100", "electricityConsumed": "0"}],
    "goods": [{"id": "G1", "process": "P1", "cn8": "72011011"}],
    "precursors": [{"id": "V1", "process": "P1", "cn8": "26011200", "country": "CN", "determination": "default",
                    "amount": "1500", "unit": "t"}],
}  # fmt: skip


def errors(tree: Tree, edits: dict[str, Any] | None = None) -> set[tuple[str, str]]:
    return places(calculate(record_of(tree, edits)).findings)


def test_a_default_value_of_sintered_ore_divides_into_a_direct_and_an_indirect_part() -> None:
    # 2025/2547 Article 11(2), eq. 59 and 60: 1,500 x 0.20 x 1.1 = 330 direct, 1,500 x 0.06 x 1.1 = 99 indirect
    result = computed(PIG_IRON)
    assert exact(result, "P1:SEEDir") == Fraction("0.43")
    assert exact(result, "P1:SEEIndir") == Fraction("0.099")
