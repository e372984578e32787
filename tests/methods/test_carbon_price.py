"""Carbon price paid: only allowances bought beyond the free allocation, spread over all emissions."""

from __future__ import annotations

import copy
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from plants import ALUMINIUM, record_of

from gateway.cli.carbon_price import per_good
from gateway.methods.carbon_price import CarbonPrices, carbon_prices, covered, sites_of
from gateway.methods.cbam_transitional import calculate

BOUGHT: dict[str, Any] = {
    "year": "2024", "emissions": "320000", "freeAllocation": "300000", "surrendered": "320000", "purchased": "16000",
    "pricePaid": "80", "rebate": "0", "currency": "CNY", "instrument": "04", "legalAct": "Trading act", "country": "CN",
    "exchangeRate": "8", "exchangeRateDate": "2024-12-31", "exchangeRateSource": "yearly average of a central bank",
}  # fmt: skip
"""20,000 t beyond the free allocation, of which 16,000 t were bought for 80 CNY each: 1,280,000 CNY."""


def plant(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    tree = copy.deepcopy(ALUMINIUM)
    tree["time"] = {"periodStart": "2024-01-01", "periodEnd": "2024-12-31"}
    tree["carbonMarket"] = list(entries)
    tree.update(more)
    return tree


def made(entry: dict[str, Any], *, euro: bool = True, **more: Any) -> CarbonPrices:
    record = record_of(plant(entry, **more))
    return carbon_prices(record, calculate(record), euro=euro)


def refused(entry: dict[str, Any], *, euro: bool = True, **more: Any) -> list[tuple[str, str]]:
    result = made(entry, euro=euro, **more)
    assert result.paid == []
    return [(found.rule, found.path) for found in result.findings]


def test_what_was_bought_beyond_the_free_allocation_is_spread_over_all_emissions() -> None:
    (paid,) = made(BOUGHT).paid
    assert paid.effective.result == 4  # 16000 x 80 / 320000 CNY per t
    assert paid.euro is not None
    assert paid.euro.result == Decimal("0.5")  # 4 / 8
    assert paid.free_share.result == Decimal("0.9375")  # 300000 / 320000


def test_a_rebate_is_taken_off() -> None:
    (paid,) = made({**BOUGHT, "rebate": "320000"}).paid
    assert paid.effective.result == 3  # (1280000 - 320000) / 320000


def test_free_allocation_is_never_counted_as_paid_whatever_price_stands_beside_it() -> None:
    entry = {**BOUGHT, "freeAllocation": "320000", "purchased": "0", "pricePaid": "99"}
    (paid,) = made(entry).paid
    assert paid.effective.result == 0
    assert paid.free_share.result == 1


def test_where_nothing_was_surrendered_beyond_the_free_allocation_no_more_is_asked() -> None:
    entry = {name: BOUGHT[name] for name in ("year", "emissions", "currency")}
    (paid,) = made({**entry, "freeAllocation": "330000", "surrendered": "320000"}).paid
    assert paid.effective.result == 0


def test_more_bought_than_was_surrendered_beyond_the_free_allocation_is_refused() -> None:
    assert refused({**BOUGHT, "purchased": "20000.1"}) == [
        ("CARBON-PRICE-BEYOND", "/carbonMarket/0/purchased")
    ]
    assert refused({**BOUGHT, "freeAllocation": "320000"}) == [
        ("CARBON-PRICE-BEYOND", "/carbonMarket/0/purchased")
    ]
    assert made({**BOUGHT, "purchased": "20000"}).paid


def test_every_missing_fact_is_named_at_once() -> None:
    asked = (
        "emissions", "freeAllocation", "surrendered", "purchased", "pricePaid", "rebate", "currency", "instrument",
        "legalAct", "country", "exchangeRate", "exchangeRateDate", "exchangeRateSource",
    )  # fmt: skip
    assert refused({"year": "2024"}) == [
        ("CARBON-PRICE-MISSING", f"/carbonMarket/0/{name}") for name in asked
    ]


@pytest.mark.parametrize("name", ["exchangeRate", "exchangeRateDate", "exchangeRateSource"])
def test_euro_needs_a_rate_with_its_date_and_its_source(name: str) -> None:
    entry = {key: value for key, value in BOUGHT.items() if key != name}
    assert refused(entry) == [("CARBON-PRICE-MISSING", f"/carbonMarket/0/{name}")]
    (paid,) = made(entry, euro=False).paid
    assert (paid.effective.result, paid.euro) == (4, None)


@pytest.mark.parametrize(
    ("edit", "rule", "field"),
    [
        ({"purchased": "-1"}, "CARBON-PRICE-SIGN", "purchased"),
        ({"purchased": "1E+99"}, "CARBON-PRICE-SIGN", "purchased"),
        ({"pricePaid": "1E-99"}, "CARBON-PRICE-SIGN", "pricePaid"),
        ({"emissions": "0"}, "CARBON-PRICE-SIGN", "emissions"),
        ({"exchangeRate": "0"}, "CARBON-PRICE-SIGN", "exchangeRate"),
        ({"surrendered": "320001"}, "CARBON-PRICE-SURRENDERED", "surrendered"),
        ({"rebate": "1280001"}, "CARBON-PRICE-REBATE", "rebate"),
        ({"installation": "S9"}, "CARBON-PRICE-INSTALLATION", "installation"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_by_its_field(edit: dict[str, str], rule: str, field: str) -> None:
    assert refused({**BOUGHT, **edit}) == [(rule, f"/carbonMarket/0/{field}")]


def test_another_year_does_not_stand_in() -> None:
    assert refused({**BOUGHT, "year": "2023"}) == [("CARBON-PRICE-YEAR", "/carbonMarket")]


def test_without_a_period_or_without_facts_there_is_no_price() -> None:
    assert refused(BOUGHT, time={}) == [("CARBON-PRICE-PERIOD", "/time/periodEnd")]
    assert refused(BOUGHT, carbonMarket=[]) == [("CARBON-PRICE-NONE", "/carbonMarket")]


def test_the_goods_together_never_claim_more_than_was_paid() -> None:
    # processes 311000 + 5283 = 316283 t exceed 300000 t verified: 1280000 / 316283
    entry = {**BOUGHT, "emissions": "300000", "freeAllocation": "280000", "surrendered": "300000"}
    result = made(entry)
    assert [found.rule for found in result.findings] == ["CARBON-PRICE-BASIS"]
    assert result.paid[0].effective.exact == Fraction(1280000, 316283)


def test_the_emissions_of_own_precursors_count_and_those_of_purchased_ones_do_not() -> None:
    record = record_of(plant(BOUGHT))
    sites = sites_of(record)
    own = calculate(record)
    # wire over own slabs: (5283 + 120000 x 1.555) / 113000, all of it released here
    assert covered(own, sites, "P2") == Fraction(191883, 113000)
    tree = plant(BOUGHT)
    (slab,) = tree["precursors"]
    slab.pop("ownProcess")
    slab |= {"cn8": "76011010", "country": "CN", "period": "2024", "seeDirect": "1.555", "seeIndirect": "6.15",
             "determination": "actual", "defaultShare": "0", "supplier": "Another plant"}  # fmt: skip
    bought = record_of(tree)
    assert covered(calculate(bought), sites, "P2") == Fraction(5283, 113000)
    assert covered(own, {**sites, "P1": "elsewhere"}, "P2") == Fraction(5283, 113000)


TAX = {**BOUGHT, "instrument": "01", "pricePaid": "10"}
"""A tax beside the trading system: 16,000 t x 10 CNY."""


def test_a_trading_system_and_a_tax_of_one_year_both_count_in_steps_of_their_own() -> None:
    record = record_of(plant(BOUGHT, TAX))
    result = carbon_prices(record, calculate(record), euro=True)
    assert result.findings == []
    # 16000 x 80 / 320000 = 4 and 16000 x 10 / 320000 = 0.5 CNY per t
    assert [paid.effective.result for paid in result.of("S1")] == [4, Decimal("0.5")]
    # slabs: 1.555 t per t x (4 + 0.5) / 8 EUR
    goods = {good["cn8"]: good for good in per_good(record, calculate(record), result)}
    assert goods["76011010"]["euroPerTonne"] == "0.8746875"


def test_the_same_instrument_twice_for_one_installation_and_year_is_refused() -> None:
    record = record_of(plant(BOUGHT, {**BOUGHT, "pricePaid": "10"}))
    result = carbon_prices(record, calculate(record), euro=True)
    assert result.paid == []
    assert [(found.rule, found.path) for found in result.findings] == [
        ("CARBON-PRICE-TWICE", "/carbonMarket/1/instrument")
    ]


def test_euro_per_yuan_typed_for_yuan_per_euro_is_refused() -> None:
    assert refused({**BOUGHT, "exchangeRate": "0.128"}) == [
        ("CARBON-PRICE-RATE-INVERTED", "/carbonMarket/0/exchangeRate")
    ]
    assert made(
        {**BOUGHT, "currency": "KWD", "exchangeRate": "0.33"}
    ).paid  # a dinar is worth more than a euro


def test_a_refused_payment_beside_another_one_is_a_finding_and_no_defect() -> None:
    record = record_of(plant({**BOUGHT, "rebate": "1280001"}, TAX))
    result = carbon_prices(record, calculate(record), euro=True)
    assert [found.rule for found in result.findings] == ["CARBON-PRICE-REBATE"]
    assert [paid.effective.result for paid in result.paid] == [Decimal("0.5")]
