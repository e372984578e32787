"""Emissions of single streams, worked by hand with the clause of 2025/2547 beside each step."""

from __future__ import annotations

from fractions import Fraction

import pytest
from monitored import (
    COAL,
    COKE,
    GAS,
    LIMESTONE,
    OVERVOLTAGE,
    SLOPE,
    STEEL_OUT,
    Tree,
    changed,
    emitted,
    judged,
    rules_of,
)

from gateway.methods.streams.law import DEFINITIVE, TRANSITIONAL, Law

ZERO_RATED = {"biomassShare": "0.2", "zeroRating": "criteria", "evidence": "PoS 1"}


def exact(text: str) -> Fraction:
    return Fraction(text)


def test_combustion_is_amount_times_calorific_value_factor_and_oxidation() -> None:
    # B.3.1.1, equation 6: 1000 t x 0.025 TJ/t = 25 TJ. Equation 5: 25 x 95 x 0.98 = 2327.5 t.
    assert emitted(changed(COAL, oxidationFactor="0.98")) == exact("2327.5")


def test_without_an_oxidation_factor_it_counts_as_1_and_says_so() -> None:
    found = judged(COAL)
    (step,) = [step for step in found.trace if step.symbol.endswith(":Em")]
    assert step.exact == 2375  # B.3.1.1: "OF = 1 may always be used"
    assert step.inputs[2].source.startswith("constant: conservative value")


def test_a_chinese_gas_volume_with_a_chinese_calorific_value_is_not_converted() -> None:
    assert emitted(GAS) == exact("2184.0291")  # 100 x 389.31 GJ = 38.931 TJ; x 56.1


def test_a_chinese_gas_volume_with_a_calorific_value_at_0_degrees_is_273_15_over_293_15() -> None:
    european = changed(GAS, ncv="36", ncvUnit="MJ/Nm3", gasReference="0C")
    # 1e6 m3 at 20 C = 1e6 x 273.15/293.15 Nm3; x 36e-6 TJ = 33.543919... TJ; x 56.1
    assert emitted(european) == Fraction(27315, 29315) * 36 * exact("56.1")


def test_a_factor_per_tonne_needs_no_calorific_value() -> None:
    # B.3.1.1, modification (a) to (c): 1000 t x 2.5 t/t
    per_tonne = changed(COAL, ncv=None, ncvUnit=None, emissionFactor="2.5", emissionFactorUnit="tCO2/t")
    assert emitted(per_tonne) == 2500


def test_a_factor_from_carbon_content_is_that_times_3_664() -> None:
    # equation 9: 0.7 x 3.664 = 2.5648 t/t; x 1000 t
    from_carbon = changed(
        COAL, emissionFactor=None, emissionFactorUnit=None, factorKind=None, carbonContent="0.7"
    )
    assert emitted(from_carbon) == exact("2564.8")


def test_carbon_per_heat_as_chinese_guidelines_state_it_becomes_a_factor_per_tj() -> None:
    # equation 8, carbon content / NCV = 0.0264 t C/GJ = 26.4 t C/TJ; x 3.664 x 25 TJ
    heat = changed(COAL, emissionFactor="0.0264", emissionFactorUnit="tC/GJ")
    assert emitted(heat) == exact("26.4") * exact("3.664") * 25


def test_energy_as_activity_data_needs_no_calorific_value() -> None:
    assert emitted(changed(COAL, amount="25000", unit="GJ", ncv=None, ncvUnit=None)) == 2375


def test_process_emissions_take_the_conversion_factor() -> None:
    # B.3.1.2, equation 11: 500 x 0.44 x 0.9
    assert emitted(changed(LIMESTONE, conversionFactor="0.9")) == 198


def test_zero_rated_biomass_is_taken_off_and_shown() -> None:
    found = judged(changed(COAL, **ZERO_RATED))
    (figure,) = found.figures
    assert figure.emissions.exact == 1900  # equation 10: 95 x (1 - 0.2) = 76; x 25 TJ
    assert figure.zero_rated is not None
    assert figure.zero_rated.exact == 475
    assert found.findings == []


def test_a_mass_balance_subtracts_what_leaves_in_the_product() -> None:
    # B.3.2, equation 12: 3.664 x 100 x 0.88 = 322.432; 3.664 x -1000 x 0.002 = -7.328
    assert emitted(COKE, STEEL_OUT) == exact("315.104")


def test_an_output_may_also_be_written_with_negative_activity_data() -> None:
    signed = changed(STEEL_OUT, direction=None, amount="-1000")
    assert emitted(COKE, signed) == emitted(COKE, STEEL_OUT)


def test_a_carbon_content_is_found_from_an_emission_factor() -> None:
    # equation 13: 107 t/TJ x 0.0282 TJ/t / 3.664; equation 12 gives 107 x 0.0282 x 100 t again
    per_energy = {
        "method": "mass-balance", "amount": "100", "unit": "t", "ncv": "28.2", "ncvUnit": "GJ/t",
        "emissionFactor": "107", "emissionFactorUnit": "tCO2/TJ", "factorKind": "co2",
    }  # fmt: skip
    assert emitted(per_energy) == exact("301.74")
    per_tonne = changed(per_energy, ncv=None, ncvUnit=None, emissionFactor="3", emissionFactorUnit="tCO2/t")
    assert emitted(per_tonne) == 300  # equation 14


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        # G, Table 1: natural gas 56.1 t/TJ, 48.0 GJ/t
        ({"method": "combustion", "standardFactor": "natural-gas"}, "269.28"),
        # G, Table 1, its own NCV: 10 x 0.025 = 0.25 TJ per 10 t
        ({"method": "combustion", "standardFactor": "natural-gas", "ncv": "50", "ncvUnit": "GJ/t"}, "280.5"),
        ({"method": "process", "standardFactor": "CaCO3"}, "44"),  # Table 3, method A: 0.440
        ({"method": "process", "standardFactor": "CaO"}, "78.5"),  # Table 4, method B: 0.785
        ({"method": "process", "standardFactor": "clinker-process"}, "52.5"),  # B.9.2.2: 0.525
        ({"method": "process", "standardFactor": "urea-denox"}, "73.28"),  # B.9.1.2: 0.7328
        # Table 5: pig iron 0.0409 t C/t; equation 12: 3.664 x 100 x 0.0409
        ({"method": "mass-balance", "standardFactor": "pig-iron"}, "14.98576"),
    ],
)
def test_a_standard_factor_counts_where_the_record_names_it(stream: Tree, expected: str) -> None:
    assert emitted({"id": "X", "amount": "100", "unit": "t", **stream}) == exact(expected)


def test_the_flare_factor_is_per_cubic_metre_at_0_degrees() -> None:
    # B.9.1.3: 0.00393 t/Nm3; 293.15 Nm3 at 20 C are 273.15 Nm3
    flare = {"method": "combustion", "amount": "293.15", "unit": "Nm3-20C", "standardFactor": "flare-gas"}
    assert emitted(flare) == exact("273.15") * exact("0.00393")


def test_measured_n2o_counts_265() -> None:
    # B.6.2.1 and B.6.2.4, equations 16 and 18; the example line of the template v2.1, B_EmInst row 111
    n2o = {
        "method": "measurement", "gas": "N2O", "concentration": "64.2925", "flueGasFlow": "265000",
        "operatingHours": "4",
    }  # fmt: skip
    assert emitted(n2o) == exact("68.15005") * 265


def test_measured_co2_is_less_its_zero_rated_part() -> None:
    # B.6.2.3; the example line of the template v2.1, B_EmInst row 112: 386,750 t and 68,250 t of biomass
    co2 = {
        "method": "measurement", "gas": "CO2", "concentration": "1820", "flueGasFlow": "50000",
        "operatingHours": "5000", "biomassShare": "0.15", "zeroRating": "criteria", "evidence": "C-14",
    }  # fmt: skip
    (figure,) = judged(co2).figures
    assert figure.emissions.exact == 386750
    assert figure.zero_rated is not None
    assert figure.zero_rated.exact == 68250


def test_the_mass_from_hourly_values_goes_before_averages() -> None:
    hourly = {"method": "measurement", "gas": "N2O", "gasMass": "10", "concentration": "1"}
    assert emitted(hourly) == 2650


def test_the_slope_method() -> None:
    # equation 23: 0.5 x 2 = 1; 21: 1 x 0.1/1000 x 10000 = 1 t CF4; 22: 0.1 t C2F6
    # equation 26: 6630 + 0.1 x 11100 = 7740; 20: / 0.98
    assert emitted(pfc=[SLOPE]) == Fraction(7740) / exact("0.98")


@pytest.mark.parametrize("law", [DEFINITIVE, TRANSITIONAL])
def test_the_overvoltage_method_counts_the_current_efficiency_in_per_cent(law: Law) -> None:
    # B.7.2, equation 24: AEO/CE is "mV overvoltage per average current efficiency [%]"
    # 1.16 x (19/95) x 10000 x 0.001 = 2.32 t CF4; 25: x 0.121; 26: x 6630 and x 11100
    found = judged(law=law, pfc=[OVERVOLTAGE])
    assert found.figures[0].emissions.exact == exact("2.32") * (6630 + exact("0.121") * 11100)
    assert "0.95 in the record counts as 95" in found.trace.steps["PFC A2:CF4"].note


def test_overvoltage_and_slope_agree_on_one_potline() -> None:
    # One anode effect minute per cell-day at about 25 V above normal adds 25,000 mV / 1440 = 17.36 mV on average.
    # CWPB: slope 0.143 kg/t; overvoltage 1.16 x 17.36/95 = 0.212 kg/t. A fraction would give 21 kg/t.
    both = {"technology": "CWPB", "slopeFactor": None, "overvoltageFactor": None, "weightFraction": None,
            "collectionEfficiency": "1"}  # fmt: skip
    slope = emitted(pfc=[changed(SLOPE, **both, anodeEffects="1", anodeEffectMinutes="1")])
    overvoltage = emitted(pfc=[changed(OVERVOLTAGE, **both, overvoltage="17.36")])
    assert Fraction(1, 2) < slope / overvoltage < 2


@pytest.mark.parametrize(
    "row", [changed(SLOPE, anodeEffectMinutes="120"), changed(OVERVOLTAGE, overvoltage="1900")]
)
def test_more_perfluorocarbons_than_any_potline_gives_are_refused(row: Tree) -> None:
    # 0.5 x 120 x 0.1 = 6 kg per t (seconds typed for minutes); 1.16 x 1900/95 = 23.2 kg per t
    assert rules_of(judged(pfc=[row])) == [("METHOD-PFC-RANGE", "/pfc/0/production")]


@pytest.mark.parametrize(
    ("row", "technology", "cf4", "fraction"),
    [
        (SLOPE, "CWPB", "1.43", "0.121"),
        (SLOPE, "SWPB", "2.33", "0.280"),
        (OVERVOLTAGE, "SWPB", "7.3", "0.252"),
    ],
)
def test_the_factors_of_a_technology_count_where_the_record_names_it(
    row: Tree, technology: str, cf4: str, fraction: str
) -> None:
    # B.7, Tables 2 and 3, which give SWPB another C2F6 fraction for each method
    named = changed(
        row, technology=technology, slopeFactor=None, overvoltageFactor=None, weightFraction=None,
        collectionEfficiency="1",
    )  # fmt: skip
    assert emitted(pfc=[named]) == exact(cf4) * (6630 + exact(fraction) * 11100)


def test_co2_passed_on_for_storage_is_deducted_with_evidence_only() -> None:
    # B.8.2
    sent = {
        "method": "co2-transfer", "direction": "output", "amount": "400", "unit": "t",
        "transferPurpose": "storage", "evidence": "chain of custody 1",
    }  # fmt: skip
    assert emitted(COAL, sent) == 1975
    assert emitted(COAL, changed(sent, evidence=None)) == 2375
    assert emitted(COAL, changed(sent, transferPurpose="other")) == 2375
    assert emitted(COAL, changed(sent, biomassShare="0.25")) == 2075  # fossil carbon only
    assert emitted(COAL, changed(sent, direction="input", transferPurpose=None)) == 2775


def test_every_step_cites_its_clause_confirmed_where_the_text_was_read() -> None:
    streams = (COAL, GAS, changed(COKE, **ZERO_RATED), LIMESTONE)
    for law, act, confirmed in ((DEFINITIVE, "EU-2025-2547", True), (TRANSITIONAL, "EU-2023-1773", False)):
        trace = judged(*streams, law=law, pfc=[SLOPE]).trace
        assert len(list(trace)) > 10
        for step in trace:
            assert step.inputs
            own = step.clause.startswith("GATEWAY:")
            assert own or step.clause.startswith(f"{act}:annex-")
            assert step.confirmed is (own or confirmed)
            for given in step.inputs:
                known = given.source.startswith(("/", "constant", "none")) or given.source in trace.steps
                assert known, given
    cited = {step.clause for step in judged(*streams, pfc=[SLOPE]).trace}
    assert "EU-2025-2547:annex-II-B.3.2 eq. 15" in cited
    assert "EU-2025-2547:annex-II-B.7 eq. 20" in cited
