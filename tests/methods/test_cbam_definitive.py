"""``cbam.definitive@2025-2547``: expected values of its own, worked by hand beside each clause."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from plants import CEMENT, Tree, places, record_of
from works import (
    AMMONIA_WORKS,
    CEMENT_WORKS,
    FERTILISER_WORKS,
    HYDROGEN_WORKS,
    POWER_PLANT,
    ROLLING_MILL,
    SINTER_WORKS,
    YEAR_2026,
    computed,
    exact,
    good_of,
    precursor_of,
)

from gateway.methods import cbam_transitional
from gateway.methods.cbam_definitive import METHOD, calculate

PLANTS = (
    CEMENT_WORKS,
    AMMONIA_WORKS,
    FERTILISER_WORKS,
    ROLLING_MILL,
    SINTER_WORKS,
    HYDROGEN_WORKS,
    POWER_PLANT,
)


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


def test_the_commissions_cement_plant_counts_otherwise_in_the_definitive_period() -> None:
    """Worked example 1: 0.785 per tonne of cement; per tonne of clinker 1,037,310 / (level x 0.95)."""
    edits = {"/processes/0/electricityDetermination": "default", "/time": YEAR_2026}
    good = good_of(computed(CEMENT, edits))
    clinker = Fraction("1321052.6315789474") * Fraction("0.95")
    assert good.see_direct.exact == 1_037_310 / clinker
    assert good.see_indirect.exact == Fraction("193864.47368421053") * Fraction("0.833") / clinker
    assert good.per_tonne_direct is not None
    assert abs(good.per_tonne_direct.value - Decimal("0.7852147410358565")) < Decimal("1e-9")


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
    good = good_of(computed(POWER_PLANT))
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


@pytest.mark.parametrize("tree", [*PLANTS, CEMENT])
def test_a_trace_can_be_computed_again_from_its_own_numbers(tree: Tree) -> None:
    edits = {"/processes/0/electricityDetermination": "default"}
    for step in computed(tree, edits).trace:
        values = [Fraction(i.value) for i in step.inputs]
        names = {f"v{n}": value for n, value in enumerate(values)}
        formula = step.formula.format(*names).replace(" x ", " * ")
        again = eval(formula, {"max": max}, names)  # our own formula, with exact fractions
        assert abs(again - step.exact) <= abs(step.exact) * Fraction(1, 10**25), step.symbol


@pytest.mark.parametrize("tree", PLANTS)
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
