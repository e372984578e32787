"""Precursors and scope by ``cbam.definitive@2025-2547``: own, purchased, default, exempt; what is charged.

Expected values are worked by hand beside each clause.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from plants import ALUMINIUM, STEEL, places, record_of
from works import (
    CEMENT_WORKS,
    HYDROGEN_WORKS,
    ROLLING_MILL,
    SINTER_WORKS,
    YEAR_2026,
    computed,
    exact,
    good_of,
    precursor_of,
)

from gateway.methods import cbam_transitional

# --- steel, aluminium, hydrogen: direct emissions only -------------------------------------------------


def test_rolled_steel_over_slab_with_actual_and_ferro_alloy_with_default_values() -> None:
    result = computed(ROLLING_MILL)
    good = good_of(result)
    # Article 11(2), 2026/1740 China 7202 11: 1.69 x 1.10 (mark-up of 2026) = 1.859
    assert exact(result, "P1:SEEdefault[FEMN]") == Fraction("1.859")
    # eq. 60: 105,000 x 2.1 + 500 x 1.859; eq. 59: (9,000 + 221,429.5) / 100,000
    assert exact(result, "P1:EEInpMatDir") == Fraction("221429.5")
    assert good.see_direct.exact == Fraction("2.304295")
    # Annex II of 2023/956: the 20,000 MWh of the mill are not charged
    assert good.see_indirect.exact == 0
    assert good.see_total.exact == Fraction("2.304295")
    # Annex IV 1.2(4)(b): 500 x 1.859 of 230,429.5 t
    assert good.default_share.exact == Fraction("929.5") / Fraction("230429.5")
    alloy = precursor_of(good, "FEMN")
    assert alloy.default is not None
    assert (alloy.default.total, alloy.default.mark_up, alloy.default.year) == (
        Decimal("1.69"),
        Decimal(10),
        2026,
    )
    assert alloy.default.act == "EU-2026-1740"
    assert (alloy.country, alloy.determination, alloy.source) == ("CN", "default", "purchased")
    assert precursor_of(good, "SLAB").default_share is not None


@pytest.mark.parametrize(("year", "marked"), [("2026", "1.859"), ("2027", "2.028"), ("2028", "2.197")])
def test_the_mark_up_is_that_of_the_year(year: str, marked: str) -> None:
    # 1.69 x 1.10, x 1.20, x 1.30
    edits = {"/time": {"periodStart": f"{year}-01-01", "periodEnd": f"{year}-12-31"}}
    assert exact(computed(ROLLING_MILL, edits), "P1:SEEdefault[FEMN]") == Fraction(marked)


def test_uncharged_indirect_emissions_are_given_for_information_and_marked() -> None:
    result = computed(ALUMINIUM, {"/time": YEAR_2026})
    good = good_of(result, "G2")
    assert good.see_indirect.exact == 0
    assert good.indirect_charged is False
    # (105,000 x 0.41 + 120,000 t x 6.15) / 113,000: what the transitional method reports
    assert good.see_indirect_information is not None
    assert good.see_indirect_information.exact == Fraction(781_050, 113_000)
    assert good.see_total.exact == good.see_direct.exact
    assert "Not charged" in result.trace.steps["P2:AttrEmIndir"].note


def test_steel_needs_no_electricity_data_in_the_definitive_period() -> None:
    edits = {
        "/processes/0/electricityConsumed": None,
        "/processes/0/electricityFactor": None,
        "/time": YEAR_2026,
    }
    result = computed(STEEL, edits)
    assert result.complete
    assert good_of(result).see_indirect_information is None
    assert ("METHOD-INDIRECT-NOT-SHOWN", "/processes/0/electricityConsumed") in places(
        result.findings, "info"
    )


def test_a_good_of_annex_ii_is_charged_the_electricity_of_its_sintered_ore() -> None:
    # Annex I 3.1: sinter 100 MWh x 0.5 / 1,000 t = 0.05; pig iron 0.8 t sinter/t x 0.05
    result = computed(SINTER_WORKS)
    good = good_of(result)
    assert good.see_indirect.exact == Fraction("0.04")
    # for information: the pig iron's own 400 x 0.5 / 1,000 as well
    assert good.see_indirect_information is not None
    assert good.see_indirect_information.exact == Fraction("0.24")
    # direct, eq. 59: (1,500 + 800 x 0.2) / 1,000
    assert good.see_direct.exact == Fraction("1.66")


def test_a_good_outside_annex_ii_is_not_charged_the_electricity_of_its_hydrogen() -> None:
    # Annex I 3.1: own 2,000 x 0.5 over 5,000 t x 800 kg N/t = 4,000,000 kg N; hydrogen's 5 t/t not at all
    result = computed(HYDROGEN_WORKS)
    good = good_of(result)
    assert good.see_indirect.exact == Fraction(1_000, 4_000_000)
    # direct, eq. 59: (500 + 900 x 9) / 4,000,000
    assert good.see_direct.exact == Fraction(8_600, 4_000_000)
    assert good.see_indirect_information is not None
    assert good.see_indirect_information.exact == Fraction(1_000 + 900 * 5, 4_000_000)
    assert precursor_of(good, "V1").indirect_counted is False


# --- precursors by origin, scrap, shares ---------------------------------------------------------------


@pytest.mark.parametrize("country", ["DE", "NO", "CH", "IS", "LI"])
def test_a_precursor_from_the_union_or_an_exempt_country_counts_as_zero_and_is_reported(country: str) -> None:
    edits = {
        "/precursors/0/country": country,
        "/precursors/0/seeDirect": None,
        "/precursors/0/determination": None,
    }
    result = computed(ROLLING_MILL, edits)
    good = good_of(result)
    # Annex III.B: (9,000 + 105,000 x 0 + 500 x 1.859) / 100,000
    assert good.see_direct.exact == Fraction("0.099295")
    slab = precursor_of(good, "SLAB")
    assert slab.treatment == "exempt-origin"
    assert slab.mass.exact == 105_000
    assert slab.see_direct is not None
    assert slab.see_direct.exact == 0
    assert ("METHOD-PRECURSOR-EXEMPT", "/precursors/0/country") in places(result.findings, "info")
    assert country in result.trace.to_text()


def test_scrap_counts_as_zero_and_stays_in_sight() -> None:
    scrap = {"id": "SCRAP", "process": "P1", "cn8": "72044910", "amount": "3000", "unit": "t"}
    plain, with_scrap = computed(ROLLING_MILL), computed(ROLLING_MILL, {"/precursors/2": scrap})
    assert good_of(with_scrap).see_direct.exact == good_of(plain).see_direct.exact
    assert precursor_of(good_of(with_scrap), "SCRAP").treatment == "scrap"
    assert ("METHOD-SCRAP", "/precursors/2/cn8") in places(with_scrap.findings, "info")
    transitional = cbam_transitional.calculate(
        record_of(ALUMINIUM, {"/precursors/1": {**scrap, "cn8": "76020019", "process": "P2"}})
    )
    assert transitional.complete


@pytest.mark.parametrize(
    ("edits", "direct", "indirect", "whole"),
    [
        # own electricity with the default factor of the grid: 24,000 + clinker's 28,944, all of it default
        ({}, Fraction(0), Fraction(1), Fraction("52944") / Fraction("885024")),
        # all of the clinker kiln's fuel by default values: 964,800 x 0.85 of 832,080
        (
            {"/processes/0/determination": "default"},
            Fraction(820_080, 832_080),
            Fraction(1),
            Fraction(820_080 + 52_944, 885_024),
        ),
        # mix: a quarter of the mill's indirect emissions with default factors: (6,000 + 28,944) of 52,944
        (
            {"/processes/1/electricityFactorSource": "Mix", "/processes/1/electricityDefaultShare": "0.25"},
            Fraction(0),
            Fraction(34_944, 52_944),
            Fraction(34_944, 885_024),
        ),
    ],
)
def test_the_share_of_default_values_is_given_for_direct_indirect_and_both(
    edits: dict[str, Any], direct: Fraction, indirect: Fraction, whole: Fraction
) -> None:
    good = good_of(computed(CEMENT_WORKS, edits), "G2")
    assert good.default_share_direct is not None
    assert good.default_share_indirect is not None
    assert good.default_share_direct.exact == direct
    assert good.default_share_indirect.exact == indirect
    assert good.default_share.exact == whole


def test_a_suppliers_own_share_of_default_values_goes_on_into_the_good() -> None:
    # 105,000 x 2.1 x 0.2 of the slab and all of the ferro-alloy
    good = good_of(computed(ROLLING_MILL, {"/precursors/0/defaultShare": "0.2"}))
    assert good.default_share.exact == (Fraction(44_100) + Fraction("929.5")) / Fraction("230429.5")


def test_a_default_value_of_a_charged_good_is_divided_so_that_its_marked_up_total_stays() -> None:
    bought = {
        "id": "CK", "process": "P2", "category": "Cement clinker", "cn8": "25231000", "taric": "2523100090",
        "country": "CN", "amount": "100000", "unit": "t", "determination": "default",
    }  # fmt: skip
    result = computed(CEMENT_WORKS, {"/precursors/0": bought})
    # 2026/1740 China, grey clinker: total 1.39, direct 1.35; mark-up 10 %: 1.529 = 1.485 + 0.044
    assert exact(result, "P2:SEEdefault[CK]") == Fraction("1.529")
    assert exact(result, "P2:SEEDir[CK]") == Fraction("1.485")
    assert exact(result, "P2:SEEIndir[CK]") == Fraction("0.044")
    # eq. 59: (12,000 + 148,500) / 960,000 and (24,000 + 4,400) / 960,000
    good = good_of(result, "G2")
    assert good.see_direct.exact == Fraction(160_500, 960_000)
    assert good.see_indirect.exact == Fraction(28_400, 960_000)


def test_a_stated_default_value_that_is_the_acts_serves_both_methods() -> None:
    """1.69 x 1.10 = 1.859, stated in the record: the transitional method looks nothing up."""
    record = record_of(ROLLING_MILL, {"/precursors/1/seeDirect": "1.859", "/precursors/1/seeIndirect": "0"})
    definitive = computed(ROLLING_MILL, {"/precursors/1/seeDirect": "1.859"})
    transitional = cbam_transitional.calculate(record)
    assert definitive.complete
    assert transitional.complete
    assert (
        transitional.goods[0].see_direct.exact == good_of(definitive).see_direct.exact == Fraction("2.304295")
    )
