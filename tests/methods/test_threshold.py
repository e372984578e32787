"""The 50 t threshold: what counts, for whom, in which year, and that 50 t exactly are still exempt."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from gateway.methods.threshold import Entry, check_threshold, imports_of
from gateway.model.record import Record


def entry(cn: str, tonnes: str, importer: str = "NL1", year: int = 2026, origin: str = "CN") -> Entry:
    return Entry(importer, year, cn, Fraction(tonnes), origin, "/consignments/0/lots/0/netMass")


STEEL, ALUMINIUM, CEMENT, UREA, HYDROGEN, POWER = (
    "72081000", "76011010", "25232900", "31021012", "28041000", "27160000",
)  # fmt: skip


@pytest.mark.parametrize(("tonnes", "exceeded"), [("49.999999", False), ("50", False), ("50.000001", True)])
def test_fifty_tonnes_exactly_do_not_exceed_the_threshold(tonnes: str, exceeded: bool) -> None:
    (found,) = check_threshold([entry(STEEL, tonnes)]).sums
    assert found.exceeded is exceeded


def test_the_four_sectors_count_together() -> None:
    parts = [entry(STEEL, "20"), entry(ALUMINIUM, "10"), entry(CEMENT, "15"), entry(UREA, "5.1")]
    (found,) = check_threshold(parts).sums
    assert found.mass.exact == Fraction("50.1")
    assert found.exceeded


def test_hydrogen_and_electricity_do_not_count() -> None:
    (found,) = check_threshold([entry(STEEL, "50"), entry(HYDROGEN, "30"), entry(POWER, "900")]).sums
    assert not found.exceeded
    assert [(e.cn, why) for e, why in found.left_out] == [(HYDROGEN, "sector"), (POWER, "sector")]


def test_goods_that_originate_outside_the_scope_do_not_count() -> None:
    (found,) = check_threshold([entry(STEEL, "50"), entry(STEEL, "30", origin="CH")]).sums
    assert not found.exceeded
    assert [why for _, why in found.left_out] == ["origin"]


def test_each_importer_and_each_year_counts_by_itself() -> None:
    parts = [entry(STEEL, "40"), entry(STEEL, "40", importer="DE2"), entry(STEEL, "40", year=2027)]
    result = check_threshold(parts)
    assert [(s.importer, s.year, s.exceeded) for s in result.sums] == [
        ("DE2", 2026, False), ("NL1", 2026, False), ("NL1", 2027, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (entry("99999999", "1"), "THRESHOLD-CN"),
        (entry("", "1"), "THRESHOLD-CN"),
        (entry(STEEL, "-1"), "THRESHOLD-MASS"),
        (entry(STEEL, "1", year=2025), "THRESHOLD-YEAR"),
    ],
)
def test_an_import_that_cannot_be_counted_is_a_finding_and_not_zero(wrong: Entry, rule: str) -> None:
    result = check_threshold([wrong])
    assert [found.rule for found in result.findings] == [rule]
    assert result.sums == []


LOT: dict[str, Any] = {"sequence": "1", "goods": "G1", "country": "CN", "netMass": "40", "unit": "t"}


def record(lots: list[dict[str, Any]], declaration: dict[str, Any], **consignment: Any) -> Record:
    return Record.model_validate(
        {
            "goods": [{"id": "G1", "cn8": STEEL}],
            "declaration": declaration,
            "consignments": [{"item": "1", "origin": "CN", "lots": lots, **consignment}],
        }
    )


def test_the_lots_of_a_record_count_in_tonnes_and_kilograms() -> None:
    lots = [LOT, {**LOT, "sequence": "2", "netMass": "10000.5", "unit": "kg"}]
    entries, findings = imports_of(record(lots, {"year": "2026", "declarant": {"id": "NL1", "role": "01"}}))
    assert findings == []
    (found,) = check_threshold(entries).sums
    assert (found.importer, found.mass.exact, found.exceeded) == ("NL1", Fraction("50.0005"), True)


def test_an_importer_of_the_consignment_wins_over_that_of_the_declaration() -> None:
    declared = {"year": "2026", "declarant": {"id": "NL1", "role": "02"}, "importer": {"id": "FR3"}}
    assert imports_of(record([LOT], declared, importer={"id": "DE2"}))[0][0].importer == "DE2"
    assert imports_of(record([LOT], declared))[0][0].importer == "FR3"


def test_a_representative_is_never_taken_for_the_importer() -> None:
    entries, findings = imports_of(record([LOT], {"year": "2026", "declarant": {"id": "NL1", "role": "02"}}))
    assert entries == []
    assert [found.rule for found in findings] == ["THRESHOLD-IMPORTER"]


@pytest.mark.parametrize(
    ("lot", "rule"),
    [
        ({"netMass": None}, "THRESHOLD-MASS"),
        ({"unit": None}, "THRESHOLD-MASS"),
        ({"unit": "lb"}, "THRESHOLD-MASS"),
        ({"netMass": "1E+99"}, "THRESHOLD-MASS"),
    ],
)
def test_a_lot_without_mass_or_unit_is_a_finding(lot: dict[str, Any], rule: str) -> None:
    declared = {"year": "2026", "declarant": {"id": "NL1", "role": "01"}}
    entries, findings = imports_of(record([{**LOT, **lot}], declared))
    assert entries == []
    assert [found.rule for found in findings] == [rule]


def test_a_record_without_imports_is_not_below_the_threshold() -> None:
    entries, findings = imports_of(Record.model_validate({"goods": []}))
    assert entries == []
    assert [found.rule for found in findings] == ["THRESHOLD-CONSIGNMENTS"]
