"""Lists whose elements are known by several fields: a trading system and a tax of one year are two rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import run

from gateway.data import data_path
from gateway.formats.registry import read_document
from gateway.route import check
from gateway.translate.merge import merge

ETS = {"year": "2024", "emissions": "320000", "freeAllocation": "304000", "surrendered": "320000",
       "purchased": "16000", "pricePaid": "80", "rebate": "0", "currency": "CNY", "instrument": "02",
       "legalAct": "Interim Regulation", "country": "CN",
       "exchangeRate": "8", "exchangeRateDate": "2024-12-31", "exchangeRateSource": "yearly average"}  # fmt: skip
TAX = {**ETS, "instrument": "01", "pricePaid": "10"}


def record(*rows: dict[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(data_path("examples", "aluminium.json").read_bytes())
    tree["carbonMarket"] = list(rows)
    return tree


def doubled(*rows: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = check(read_document(json.dumps(record(*rows)).encode()))
    return [(i.path, i.values["key"], i.values["value"]) for i in found if i.rule == "RECORD-KEY"]


def test_an_ets_and_a_tax_of_one_year_are_two_rows_of_one_record() -> None:
    assert doubled(ETS, TAX) == []


def test_two_installations_may_state_the_same_instrument_for_one_year() -> None:
    assert doubled({**ETS, "installation": "S1"}, {**ETS, "installation": "S2"}) == []


def test_the_same_year_installation_and_instrument_twice_is_a_finding_that_names_all_three() -> None:
    row = {**ETS, "installation": "S1"}
    assert doubled(row, {**row, "pricePaid": "1"}) == [
        ("/carbonMarket/1/year", "year, installation, instrument", "2024, S1, 02")
    ]


def test_a_year_alone_stands_for_itself_as_in_records_written_before() -> None:
    old = {"year": "2024", "emissions": "10", "freeAllocation": "5", "surrendered": "10"}
    assert doubled(old) == []
    assert doubled(old, {**old, "year": "2023"}) == []
    assert [place for place, _, _ in doubled(old, old)] == ["/carbonMarket/1/year"]


def test_the_price_of_both_is_computed_for_a_record_with_both(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record(ETS, TAX)))
    done = run("calculate", "carbon-price", path, "--json")
    assert done.code == 0, done.err
    # 16000 x 80 / 320000 and 16000 x 10 / 320000, per t of verified emissions
    assert [row["effectivePrice"] for row in json.loads(done.out)["prices"]] == ["4", "0.5"]


def test_a_row_without_instrument_beside_another_of_its_installation_is_asked_for_it(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    free = {"year": "2024", "emissions": "320000", "freeAllocation": "320000", "surrendered": "320000"}
    path.write_text(json.dumps(record(free, TAX)))
    done = run("calculate", "carbon-price", path)
    assert done.code == 1
    assert "[CARBON-PRICE-MISSING] /carbonMarket/0/instrument" in done.err


def test_a_workbook_carries_both_rows_and_reads_them_again(tmp_path: Path) -> None:
    path, book, home = tmp_path / "record.json", tmp_path / "record.xlsx", tmp_path / "home.json"
    path.write_text(json.dumps(record(ETS, TAX)))
    assert run("translate", path, "--to", "cn.pcf", "-o", book).code == 0
    done = run("translate", book, "--to", "cn.pcf", "-o", home)
    assert done.code == 0, done.err
    assert json.loads(home.read_bytes())["carbonMarket"] == [ETS, TAX]


@pytest.mark.parametrize("scope", ["indirect", None])
def test_merging_pairs_by_the_whole_key(scope: str | None) -> None:
    ours: dict[str, Any] = {"carbonMarket": [dict(ETS)]}
    theirs = {"carbonMarket": [{"year": "2024", "instrument": "02", "emissions": "320000"}, dict(TAX)]}
    assert merge(ours, theirs) == []
    assert ours["carbonMarket"] == [ETS, TAX]
    direct = {"id": "QPD12", "value": "1", "scope": "direct"}
    other = {"id": "QPD12", "value": "2", **({"scope": scope} if scope else {})}
    goods: dict[str, Any] = {"goods": [{"id": "G1", "parameters": [direct]}]}
    assert merge(goods, {"goods": [{"id": "G1", "parameters": [other]}]}) == []
    assert goods["goods"][0]["parameters"] == [direct, other]
