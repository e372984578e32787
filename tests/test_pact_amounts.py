"""Footprints of amounts that do not divide evenly go to PACT 2.3 and come back, with what rounding did in the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.api import Wish, read, translate
from gateway.data import data_path
from gateway.formats.json_reader import read_json, write_compact


def footprint(amount: str) -> dict[str, Any]:
    """Fossil 10, uptake -1: with uptake 9, without it 10, for this many litres."""
    record = read(data_path("examples", "cement.json").read_bytes())
    tree: dict[str, Any] = read_json(translate(record, Wish("pact.footprint@3.0")).data)
    zero = {name: "0" for name, value in tree["pcf"].items() if name.endswith(("Emissions", "Removals"))
            and isinstance(value, str)}  # fmt: skip
    tree["pcf"] |= zero | {
        "declaredUnitOfMeasurement": "liter", "declaredUnitAmount": amount, "productMassPerDeclaredUnit": amount,
        "pcfExcludingBiogenicUptake": "10", "pcfIncludingBiogenicUptake": "9", "fossilGhgEmissions": "10",
        "biogenicCO2Uptake": "-1",
    }  # fmt: skip
    return tree


@pytest.mark.parametrize("amount", ["1", "3", "7", "11", "13", "29", "0.7", "12"])
def test_it_comes_back_within_what_the_ledger_says_was_rounded(amount: str) -> None:
    there = translate(read(write_compact(footprint(amount))), Wish("pact.footprint@2.3"))
    assert there.conforms
    back = translate(read(there.data), Wish("pact.footprint@3.0"))
    assert back.conforms, [(item.rule, item.values) for item in back.findings]
    pcf = read_json(back.data)["pcf"]
    assert pcf["declaredUnitAmount"] == amount
    assert abs(Decimal(pcf["fossilGhgEmissions"]) - 10) < Decimal("1e-13")
    including = Decimal(pcf["pcfExcludingBiogenicUptake"]) + Decimal(pcf["biogenicCO2Uptake"])
    assert Decimal(pcf["pcfIncludingBiogenicUptake"]) == including


@pytest.mark.parametrize("amount", ["3", "7", "11", "0.7"])
def test_with_the_residue_it_comes_back_as_it_was_and_conforms(amount: str) -> None:
    source = read(write_compact(footprint(amount)))
    there = translate(source, Wish("pact.footprint@2.3", keep_residue=True))
    back = translate(read(there.data), Wish("pact.footprint@3.0"), residue=there.kept)
    assert read_json(back.data) == source.tree
    assert back.conforms, [(item.rule, item.values) for item in back.findings]


@pytest.mark.parametrize("wrong", ["9.0000000000003", "9.1", "8.9999"])
def test_a_total_that_is_off_by_more_than_rounding_is_still_refused(wrong: str) -> None:
    there = translate(read(write_compact(footprint("7"))), Wish("pact.footprint@2.3"))
    tree = read_json(there.data)
    tree["pcf"]["pCfIncludingBiogenic"] = wrong
    assert not translate(read(write_compact(tree)), Wish("pact.footprint@3.0")).conforms
