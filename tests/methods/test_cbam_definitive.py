"""``cbam.definitive@2025-2547``: expected values of its own, worked by hand beside each clause."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from plants import ALUMINIUM, CEMENT, STEEL, Tree, places, record_of
from works import (
    AMMONIA_WORKS,
    CEMENT_WORKS,
    FERTILISER_WORKS,
    HYDROGEN_WORKS,
    ROLLING_MILL,
    SINTER_WORKS,
    YEAR_2026,
)

from gateway.methods import cbam_transitional
from gateway.methods.calculation import Calculation, GoodFigures, PrecursorFigures
from gateway.methods.cbam_definitive import METHOD, calculate

WORKS = (CEMENT_WORKS, AMMONIA_WORKS, FERTILISER_WORKS, ROLLING_MILL, SINTER_WORKS, HYDROGEN_WORKS)


def computed(tree: Tree, edits: dict[str, Any] | None = None) -> Calculation:
    return calculate(record_of(tree, edits))


def good_of(result: Calculation, name: str = "G1") -> GoodFigures:
    good = result.good(name)
    assert good is not None, result.findings
    return good


def precursor_of(good: GoodFigures, name: str) -> PrecursorFigures:
    return next(p for p in good.precursors if p.precursor == name)


def exact(result: Calculation, symbol: str) -> Fraction:
    return result.trace.steps[symbol].exact


# --- cement: tonne of clinker contained ----------------------------------------------------------------


def test_clinker_is_a_simple_good_per_tonne_of_clinker() -> None:
    result = computed(CEMENT_WORKS)
    good = good_of(result)
    # Article 4(5), Annex II F: AL = 1,000,000 t x 1, clinker being clinker
    assert exact(result, "P1:AL") == 1_000_000
    # eq. 57: 850,000 / 1,000,000; eq. 35, 56, 58: 60,000 MWh x 0.5 / 1,000,000
    assert good.see_direct.exact == Fraction("0.85")
    assert good.see_indirect.exact == Fraction("0.03")
    assert (good.see_direct.unit, good.functional_unit) == ("t CO2e/t clinker", "t clinker")
    assert "eq. 57" in result.trace.steps["P1:SEEDir"].clause


def test_cement_counts_per_tonne_of_the_clinker_it_contains() -> None:
    result = computed(CEMENT_WORKS)
    good = good_of(result, "G2")
    # Article 4(5): AL = 1,200,000 t x 0.8
    assert exact(result, "P2:AL") == 960_000
    # eq. 60: M = 964,800 t clinker, losses included; EE = 964,800 x 0.85 and x 0.03
    assert exact(result, "P2:EEInpMatDir") == 820_080
    assert exact(result, "P2:EEInpMatIndir") == 28_944
    # eq. 59: (12,000 + 820,080) / 960,000; (48,000 x 0.5 + 28,944) / 960,000
    assert good.see_direct.exact == Fraction("0.86675")
    assert good.see_indirect.exact == Fraction("0.05515")
    assert good.see_total.exact == Fraction("0.9219")
    # eq. 61: 964,800 / 960,000; eq. 63: 12,000 / 960,000; eq. 62: 0.0125 + 1.005 x 0.85
    assert exact(result, "P2:m[V1]") == Fraction("1.005")
    assert exact(result, "P2:aeDir") == Fraction("0.0125")
    assert exact(result, "P2:SEEDirCheck") == good.see_direct.exact
    # eq. 64: SEE x CK, per tonne of cement
    assert good.composition is not None
    assert good.per_tonne_direct is not None
    assert (good.composition.exact, good.composition.unit) == (Fraction("0.8"), "t clinker/t")
    assert (good.per_tonne_direct.exact, good.per_tonne_direct.unit) == (Fraction("0.6934"), "t CO2e/t")
    assert "eq. 64" in result.trace.steps["goods[1]:SEEDir(CK)"].clause


def test_the_two_methods_differ_for_cement_and_neither_is_printed_as_the_other() -> None:
    record = record_of(CEMENT_WORKS)
    transitional = cbam_transitional.calculate(record).good("G2")
    definitive = good_of(calculate(record), "G2")
    assert transitional is not None
    assert (transitional.see_direct.exact, transitional.see_direct.unit) == (Fraction("0.6934"), "t CO2e/t")
    assert (definitive.see_direct.exact, definitive.see_direct.unit) == (
        Fraction("0.86675"),
        "t CO2e/t clinker",
    )
    assert transitional.basis != definitive.basis
    assert definitive.per_tonne_direct is not None
    assert definitive.per_tonne_direct.exact == transitional.see_direct.exact


def test_cements_of_different_clinker_share_have_one_figure_per_tonne_of_clinker() -> None:
    edits = {
        "/goods/1/produced": "700000",
        "/goods/2": {
            "id": "G3",
            "process": "P2",
            "cn8": "25239000",
            "clinkerShare": "0.5",
            "produced": "500000",
        },
    }
    result = computed(CEMENT_WORKS, edits)
    # Annex II F: AL = 700,000 x 0.8 + 500,000 x 0.5 t clinker
    assert exact(result, "P2:AL") == 810_000
    assert (
        good_of(result, "G2").see_direct.exact
        == Fraction(832_080, 810_000)
        == good_of(result, "G3").see_direct.exact
    )
    half = good_of(result, "G3").per_tonne_direct
    assert half is not None
    assert half.exact == Fraction(832_080, 810_000) / 2


# --- fertilisers: kilogram of nitrogen contained -------------------------------------------------------


def test_ammonia_counts_per_kilogram_of_nitrogen() -> None:
    result = computed(AMMONIA_WORKS)
    good = good_of(result)
    # Article 4(4)(a): AL = 300,000 t x 822.4 kg N/t
    assert exact(result, "P1:AL") == 246_720_000
    # A.3: EmH,exp = 500 TJ x 62.5; eq. 55: 660,000 - 31,250
    assert exact(result, "P1:AttrEmDir") == 628_750
    # eq. 57: 628,750 / 246,720,000; eq. 58: 90,000 x 0.5 / 246,720,000; ammonia is not in Annex II
    assert good.see_direct.exact == Fraction(628_750, 246_720_000)
    assert good.see_indirect.exact == Fraction(45_000, 246_720_000)
    assert (good.see_direct.unit, good.indirect_charged) == ("t CO2e/kg N", True)
    # eq. 65: x 822.4 kg N/t = 628,750 / 300,000 per tonne of ammonia
    assert good.per_tonne_direct is not None
    assert good.per_tonne_direct.exact == Fraction(628_750, 300_000)
    assert "eq. 65" in result.trace.steps["goods[0]:SEEDir(N)"].clause


def test_mixed_fertilisers_share_their_emissions_by_nitrogen() -> None:
    result = computed(FERTILISER_WORKS)
    first, second = good_of(result), good_of(result, "G2")
    # Annex II F: AL = 60,000 t x 200 kg/t + 40,000 t x 100 kg/t
    assert exact(result, "P1:AL") == 16_000_000
    # eq. 60: M = 20,000 t x 822.4 kg N/t = 16,448,000 kg N; EE = M x 0.0026, M x 0.0002
    assert exact(result, "P1:M[V1]") == 16_448_000
    assert exact(result, "P1:EEInpMatDir") == Fraction("42764.8")
    # eq. 59: (1,200 + 42,764.8) / 16,000,000; (5,000 x 0.6 + 3,289.6) / 16,000,000
    assert first.see_direct.exact == second.see_direct.exact == Fraction("0.0027478")
    assert first.see_indirect.exact == Fraction("0.0003931")
    # eq. 61: 16,448,000 / 16,000,000 kg N per kg N
    assert precursor_of(first, "V1").specific is not None
    assert exact(result, "P1:m[V1]") == Fraction("1.028")
    # eq. 65: x 200 and x 100 kg N per tonne
    assert first.per_tonne_direct is not None
    assert second.per_tonne_direct is not None
    assert (first.per_tonne_direct.exact, second.per_tonne_direct.exact) == (
        Fraction("0.54956"),
        Fraction("0.27478"),
    )


def test_a_suppliers_figure_per_tonne_is_turned_into_one_per_kilogram_of_nitrogen() -> None:
    # 0.0026 t CO2e/kg N x 822.4 kg N/t = 2.13824 t CO2e/t
    per_tonne = {
        "/precursors/0/seeUnit": None,
        "/precursors/0/seeDirect": "2.13824",
        "/precursors/0/seeIndirect": "0.16448",
    }
    result = computed(FERTILISER_WORKS, per_tonne)
    assert exact(result, "P1:SEEDir[V1]") == Fraction("0.0026")
    assert good_of(result).see_direct.exact == Fraction("0.0027478")


def test_urea_rests_on_a_supplementary_unit_that_is_said_not_to_be_confirmed() -> None:
    result = computed(AMMONIA_WORKS, {"/processes/0/goodsCategory": "Urea", "/goods/0/cn8": "31021090"})
    assert "(to confirm)" in result.trace.steps["P1:AL"].cited
    assert "eq. 66" in result.trace.steps["goods[0]:SEEDir(N)"].clause


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


# --- attributed emissions ------------------------------------------------------------------------------


def test_all_electricity_produced_in_a_process_is_deducted_and_its_use_is_indirect() -> None:
    edits = {
        "/processes/0/electricityProduced": "1000",
        "/processes/0/electricityExported": "400",
        "/processes/0/electricityProducedFactor": "0.9",
    }
    result = computed(CEMENT_WORKS, edits)
    # eq. 55, Emel,prod: 1,000 MWh x 0.9, not the 400 MWh that were exported; eq. 56 as before
    assert exact(result, "P1:AttrEmDir") == 850_000 - 900
    assert exact(result, "P1:AttrEmIndir") == 30_000
    transitional = cbam_transitional.calculate(record_of(CEMENT_WORKS, edits))
    assert exact(transitional, "P1:AttrEmDir") == 850_000 - 360


def test_waste_gas_counts_as_natural_gas_and_on_export_as_two_thirds_of_it() -> None:
    gas = [
        {"id": "W1", "process": "P1", "direction": "imported", "amount": "100", "unit": "TJ"},
        {"id": "W2", "process": "P1", "direction": "exported", "amount": "1000", "unit": "TJ"},
    ]
    result = computed(ROLLING_MILL, {"/wasteGas": gas, "/processes/0/directEmissions": "90000"})
    # eq. 53: 100 x 56.1; eq. 54: 1,000 x 56.1 x 0.667; eq. 55
    assert exact(result, "P1:AttrEmDir") == 90_000 + 5_610 - Fraction("37418.7")
    step = result.trace.steps["P1:WGCorrExp"]
    assert "eq. 54" in step.clause
    assert any("2025/2547" in item.source for item in step.inputs)


def test_negative_attributed_emissions_are_set_to_zero() -> None:
    result = computed(AMMONIA_WORKS, {"/processes/0/directEmissions": "1000"})
    assert good_of(result).see_direct.exact == 0
    assert ("METHOD-SET-TO-ZERO", "/processes/0/directEmissions") in places(result.findings, "info")


def test_electricity_as_a_good_counts_per_kilowatt_hour() -> None:
    edits = {
        "/processes/0/goodsCategory": "Electricity (export to EU)",
        "/processes/0/activityUnit": "MWh",
        "/processes/0/activityLevel": "2000",
        "/processes/0/directEmissions": "1600",
        "/precursors": [],
        "/goods/0/cn8": "27160000",
    }
    good = good_of(computed(ROLLING_MILL, edits))
    # Article 4(3): 1,600 t / 2,000,000 kWh
    assert (good.see_direct.exact, good.see_direct.unit) == (Fraction("0.0008"), "t CO2e/kWh")


@pytest.mark.parametrize(
    ("cn8", "gases"),
    [
        ("76011010", ("CO2", "PFC")),
        ("28080000", ("CO2", "N2O")),
        ("72083700", ("CO2",)),
        ("31021090", ("CO2",)),
    ],
)
def test_the_gases_of_a_good_are_those_of_table_1(cn8: str, gases: tuple[str, ...]) -> None:
    from gateway.methods.scope import scope_of

    scope = scope_of(cn8)
    assert scope is not None
    assert scope.gases == gases


# --- trace ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tree", [*WORKS, CEMENT])
def test_a_trace_can_be_computed_again_from_its_own_numbers(tree: Tree) -> None:
    edits = {"/processes/0/electricityDetermination": "default"}
    for step in computed(tree, edits).trace:
        values = [Fraction(i.value) for i in step.inputs]
        names = {f"v{n}": value for n, value in enumerate(values)}
        formula = step.formula.format(*names).replace(" x ", " * ")
        again = eval(formula, {"max": max}, names)  # our own formula, with exact fractions
        assert abs(again - step.exact) <= abs(step.exact) * Fraction(1, 10**25), step.symbol


@pytest.mark.parametrize("tree", WORKS)
def test_every_step_cites_section_and_equation_of_the_act_that_was_read(tree: Tree) -> None:
    result = computed(tree)
    assert result.complete, result.findings
    assert result.method == METHOD
    for step in result.trace:
        act_of_defaults = step.clause.startswith(("EU-2026-1740", "EU-2025-2621"))
        assert step.clause.startswith("EU-2025-2547:annex-I") or "article-4" in step.clause or act_of_defaults
        assert step.confirmed is not act_of_defaults
        for item in step.inputs:
            known = (
                item.source.startswith(("/", "constant", "none", "EU-")) or item.source in result.trace.steps
            )
            assert known, item
