"""What a precursor contains and rests on by ``cbam.definitive@2025-2547``: values worked by hand, and refusals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from plants import COMMON, Tree, places, record_of
from works import AMMONIA_WORKS, CEMENT_WORKS, FERTILISER_WORKS, YEAR_2026, computed, exact

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


@pytest.mark.parametrize(("share", "refused"), [("0.60", True), ("1", False)])
def test_clinker_is_clinker_whatever_share_is_typed(share: str, refused: bool) -> None:
    # Article 4(4): 600 t at 0.85 stay 600 t of clinker
    found = errors(CEMENT_WORKS, {"/precursors/0/clinkerShare": share})
    assert (("METHOD-CONTENT-NOT-MADE", "/precursors/0/clinkerShare") in found) == refused
    found = errors(CEMENT_WORKS, {"/goods/0/clinkerShare": share})
    assert (("METHOD-CONTENT-CLINKER", "/goods/0/clinkerShare") in found) == refused


def test_bought_clinker_is_clinker_too() -> None:
    bought = {"id": "V9", "process": "P2", "cn8": "25231000", "country": "TR", "clinkerShare": "0.6",
              "amount": "10", "unit": "t", "seeDirect": "0.85", "seeIndirect": "0.03", "determination": "actual",
              "seeUnit": "t-clinker"}  # fmt: skip
    found = errors(CEMENT_WORKS, {"/precursors/1": bought})
    assert ("METHOD-CONTENT-CLINKER", "/precursors/1/clinkerShare") in found


OWN_AMMONIA: dict[str, Any] = {
    "/processes/1": {**AMMONIA_WORKS["processes"][0], "id": "P2"},
    "/goods/2": {"id": "G9", "process": "P2", "cn8": "28141000", "nitrogenContent": "0.82"},
    "/precursors/0/ownProcess": "P2",
    "/precursors/0/seeDirect": None,
    "/precursors/0/seeIndirect": None,
    "/precursors/0/seeUnit": None,
}


@pytest.mark.parametrize(("content", "refused"), [("0.20", True), ("1.0", True), ("0.82", False)])
def test_an_own_precursor_has_a_content_that_its_process_makes(content: str, refused: bool) -> None:
    # eq. 60: ammonia made with 0.82 is consumed with 0.82
    found = errors(FERTILISER_WORKS, {**OWN_AMMONIA, "/precursors/0/nitrogenContent": content})
    assert (("METHOD-CONTENT-NOT-MADE", "/precursors/0/nitrogenContent") in found) == refused


@pytest.mark.parametrize(("amount", "refused"), [("20000", True), ("10000", False)])
def test_no_more_nitrogen_is_consumed_than_was_made(amount: str, refused: bool) -> None:
    # made 10,000 x 0.82 + 290,000 x 0.01 = 11,100 t N; 20,000 x 0.82 = 16,400 is more, 10,000 x 0.82 is not
    edits = {
        **OWN_AMMONIA,
        "/goods/3": {
            "id": "G10",
            "process": "P2",
            "cn8": "28142000",
            "nitrogenContent": "0.01",
            "produced": "290000",
        },
        "/precursors/0/nitrogenContent": "0.82",
        "/precursors/0/amount": amount,
    }
    edits["/goods/2"] = {**OWN_AMMONIA["/goods/2"], "produced": "10000"}
    found = errors(FERTILISER_WORKS, edits)
    assert (("METHOD-CONTENT-OVERDRAWN", "/processes/1/activityLevel") in found) == refused


def test_a_default_value_of_cement_is_no_precursor_value_while_its_basis_is_not_known() -> None:
    bought = {"id": "V9", "process": "P2", "cn8": "25232900", "country": "CN", "clinkerShare": "0.5",
              "amount": "10", "unit": "t", "determination": "default"}  # fmt: skip
    found = calculate(record_of(CEMENT_WORKS, {"/precursors/1": bought})).findings
    assert ("METHOD-DEFAULT-BASIS-UNKNOWN", "/precursors/1/determination") in places(found)
    clinker = {**bought, "cn8": "25231000", "clinkerShare": None}
    assert "METHOD-DEFAULT-BASIS-UNKNOWN" not in {
        r for r, _ in errors(CEMENT_WORKS, {"/precursors/1": clinker})
    }


@pytest.mark.parametrize(
    ("value", "unit", "rule"),
    [("2.8", "kg-N", "METHOD-SEE-HIGH"), ("0.0028", "t", "METHOD-SEE-LOW"), ("1900", "t", "METHOD-SEE-HIGH"),
     ("0.0028", "kg-N", None), ("2.3", "t", None)],
)  # fmt: skip
def test_a_figure_in_another_unit_is_refused(value: str, unit: str, rule: str | None) -> None:
    # Article 4(5): ammonia about 2.3 t per t, 2.3 / 822.4 = 0.0028 per kg N
    edits = {
        "/precursors/0/seeDirect": value,
        "/precursors/0/seeUnit": unit,
        "/precursors/0/seeIndirect": "0",
    }
    found = errors(FERTILISER_WORKS, edits)
    assert {r for r, _ in found if r in ("METHOD-SEE-HIGH", "METHOD-SEE-LOW")} == ({rule} if rule else set())


@pytest.mark.parametrize(
    "doubt", ["CATEGORY-CONTRADICTS", "CLINKER-SHORT", "PERIOD-NOT-STATED", "DEFAULT-PERIOD"]
)
def test_a_cement_works_with_all_its_clinker_raises_no_doubt(doubt: str) -> None:
    found = calculate(record_of(CEMENT_WORKS)).findings
    assert f"METHOD-{doubt}" not in {item.rule for item in found}
