"""The carbon price of a lot in a QReport: derived from the record, with its sources, and never over a stated one."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from command import CONSIGNMENT, LOADED, run
from lxml import etree

from gateway.methods import carbon_price_lots
from gateway.methods.cbam_goods import assemble_goods
from gateway.model.paths import canonical_leaves
from gateway.model.record import Record

MARKET: dict[str, str] = {
    "year": "2024", "emissions": "320000", "freeAllocation": "300000", "surrendered": "320000", "purchased": "16000",
    "pricePaid": "80", "rebate": "0", "currency": "CNY", "instrument": "04", "legalAct": "Trading act", "country": "CN",
}  # fmt: skip
NS = "{http://xmlns.ec.eu/BusinessObjects/CBAM/Types/V1}"


def translated(folder: Path, *markets: dict[str, str], consignment: bytes = CONSIGNMENT) -> Any:
    record = {**copy.deepcopy(LOADED), "carbonMarket": list(markets)}
    (folder / "record.json").write_text(json.dumps(record), "utf-8")
    (folder / "consignment.json").write_bytes(consignment)
    return run(
        "translate", folder / "record.json", "--to", "cbam.qreport@23.00", "--with", folder / "consignment.json",
        "-o", folder / "report.xml", "--ledger", folder / "ledger.json", "--residue", folder / "residue.json",
    )  # fmt: skip


def due(folder: Path) -> list[dict[str, str]]:
    tree = etree.parse(folder / "report.xml")
    return [
        {leaf.tag.removeprefix(NS): leaf.text or "" for leaf in entry.iter() if len(leaf) == 0}
        for entry in tree.iter(f"{NS}CarbonPriceDue")
    ]


def test_a_lot_that_states_none_gets_the_price_that_the_record_shows(tmp_path: Path) -> None:
    assert translated(tmp_path, MARKET).code == 0
    first, second = due(tmp_path)
    # slabs: 500 t x 1.555 = 777.5 t; x 4 CNY/t = 3110 CNY; free: 777.5 x 300000 / 320000
    assert first == {
        "SequenceNumber": "1", "InstrumentType": "04", "LegalActDescription": "Trading act", "Amount": "3110",
        "Currency": "CNY", "Country": "CN", "Type": "TPC01", "CN": "76011010", "QuantityCovered": "777.5",
        "QuantityCoveredFreeAloc": "728.90625", "NetMass": "500", "MeasurementUnit": "01",
    }  # fmt: skip
    # wire: 120 t x 191883 / 113000 = 203.769557522... t; x 4 = 815.078230088...
    assert (second["QuantityCovered"], second["Amount"]) == ("203.76956", "815.07823")


def test_a_lot_claims_a_trading_system_and_a_tax_each_by_itself() -> None:
    tree = {**copy.deepcopy(LOADED), **json.loads(CONSIGNMENT)}
    tree["carbonMarket"] = [MARKET, {**MARKET, "instrument": "01", "pricePaid": "10"}]
    tree.pop("format")
    view = assemble_goods(tree, Record.model_validate(tree))
    prices = view.tree["cbam"]["goods"][0]["lots"][0]["carbonPrices"]
    # slabs: 777.5 t x 4 CNY, and x 16000 x 10 / 320000 = 0.5 CNY
    told = [(price["sequence"], price["instrument"], price["amount"]) for price in prices]
    assert told == [("1", "04", "3110"), ("2", "01", "388.75")]


def test_the_ledger_names_method_equation_and_sources(tmp_path: Path) -> None:
    translated(tmp_path, MARKET)
    entries = json.loads((tmp_path / "ledger.json").read_bytes())["entries"]
    amount = next(
        e for e in entries if e["target"] == ["/ImportedGood/0/GoodsEmissions/0/CarbonPriceDue/0/Amount"]
    )
    assert amount["fidelity"] == "derived"
    assert "cbam.carbon-price@2023-956" in amount["note"]
    assert {"/carbonMarket/0/purchased", "/carbonMarket/0/pricePaid", "/consignments/0/lots/0/netMass",
            "/processes/0/directEmissions"} <= set(amount["source"])  # fmt: skip


def test_nothing_is_declared_where_all_was_surrendered_from_the_free_allocation(tmp_path: Path) -> None:
    done = translated(tmp_path, {**MARKET, "freeAllocation": "320000", "purchased": "0", "pricePaid": "80"})
    assert (done.code, due(tmp_path)) == (0, [])
    assert "CARBON-PRICE" not in done.err


@pytest.mark.parametrize("name", ["purchased", "rebate", "legalAct"])
def test_a_missing_fact_is_a_warning_and_no_price_is_declared(name: str, tmp_path: Path) -> None:
    done = translated(tmp_path, {key: value for key, value in MARKET.items() if key != name})
    assert (done.code, due(tmp_path)) == (0, [])
    assert f"warning [CARBON-PRICE-MISSING] /carbonMarket/0/{name}" in done.err


def test_what_a_lot_states_stands(tmp_path: Path) -> None:
    tree = json.loads(CONSIGNMENT)
    tree["consignments"][0]["lots"][0]["carbonPrices"] = [
        {
            "sequence": "1",
            "instrument": "05",
            "legalAct": "Regional act",
            "amount": "12",
            "currency": "CNY",
            "country": "CN",
        }
    ]
    assert translated(tmp_path, MARKET, consignment=json.dumps(tree).encode()).code == 0
    first, second = due(tmp_path)
    assert (first["InstrumentType"], first["Amount"]) == ("05", "12")
    assert second["InstrumentType"] == "04"


def test_the_derived_price_does_not_come_home_as_a_stated_one_and_an_edit_of_it_is_reported(
    tmp_path: Path,
) -> None:
    translated(tmp_path, MARKET)
    report = tmp_path / "report.xml"
    report.write_bytes(report.read_bytes().replace(b">3110<", b">3111<"))
    done = run(
        "translate",
        report,
        "--to",
        "cn.pcf",
        "--residue",
        tmp_path / "residue.json",
        "-o",
        tmp_path / "home.json",
    )
    assert done.code == 0
    home = json.loads((tmp_path / "home.json").read_bytes())
    assert "carbonPrices" not in home["consignments"][0]["lots"][0]
    assert home["carbonMarket"] == [MARKET]
    assert "EDIT-OF-DERIVED" in done.err


@pytest.mark.parametrize("stated", [3, 1, 0])
def test_a_report_that_asks_for_euro_gets_them_only_at_a_rate_that_the_record_states(
    stated: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = "/cbam/goods/*/lots/*/carbonPrices/*"
    more = {f"{base}/exchangeRate", f"{base}/euro"}
    monkeypatch.setattr(carbon_price_lots, "canonical_leaves", lambda: {*canonical_leaves(), *more})
    rate = {"exchangeRate": "8", "exchangeRateDate": "2024-12-31", "exchangeRateSource": "yearly average"}
    tree = {
        **copy.deepcopy(LOADED),
        **json.loads(CONSIGNMENT),
        "carbonMarket": [{**MARKET, **dict(list(rate.items())[:stated])}],
    }
    tree.pop("format")
    view = assemble_goods(tree, Record.model_validate(tree))
    price = view.tree["cbam"]["goods"][0]["lots"][0]["carbonPrices"][0]
    assert price.get("euro") == ("388.75" if stated == 3 else None)  # 3110 CNY / 8
    assert price.get("exchangeRate") == ("8" if stated == 3 else None)
