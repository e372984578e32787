"""What must hold for every stream: units change nothing, a split changes nothing, no biomass is fossil."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from monitored import COAL, COKE, GAS, LIMESTONE, OVERVOLTAGE, SLOPE, Tree, changed, emitted, judged

from gateway.methods.trace import text_of

AMOUNTS = st.decimals("0.001", "1000000", places=3)
SHARES = st.decimals("0", "1", places=4)
STREAMS = st.sampled_from([COAL, GAS, LIMESTONE, COKE])


def times(value: Decimal | str, factor: str) -> str:
    return text_of(Decimal(value) * Decimal(factor))


@given(AMOUNTS)
def test_the_unit_of_the_amount_changes_nothing(amount: Decimal) -> None:
    expected = emitted(changed(COAL, amount=str(amount)))
    for unit, factor in (("kg", "1000"), ("g", "1000000")):
        assert emitted(changed(COAL, amount=times(amount, factor), unit=unit)) == expected


@given(AMOUNTS)
def test_the_unit_of_a_gas_volume_changes_nothing(amount: Decimal) -> None:
    expected = emitted(changed(GAS, amount=str(amount)))
    for unit, factor in (("Nm3-20C", "10000"), ("1000Nm3-20C", "10")):
        assert emitted(changed(GAS, amount=times(amount, factor), unit=unit)) == expected


@given(st.decimals("1", "100", places=3))
def test_the_unit_of_the_calorific_value_changes_nothing(ncv: Decimal) -> None:
    low = {"emissionFactor": "20"}  # any factor that no NCV takes above pure carbon
    expected = emitted(changed(COAL, ncv=str(ncv), **low))
    for unit, factor in (("TJ/Gg", "1"), ("MJ/kg", "1"), ("kJ/kg", "1000")):
        assert emitted(changed(COAL, ncv=times(ncv, factor), ncvUnit=unit, **low)) == expected
    gas = emitted(changed(GAS, ncv=times(ncv, "10")))
    for unit, factor in (("MJ/Nm3", "1"), ("GJ/1000Nm3", "1"), ("kJ/Nm3", "1000")):
        assert emitted(changed(GAS, ncv=times(ncv, factor), ncvUnit=unit)) == gas


@given(st.decimals("10", "140", places=3))
def test_the_unit_of_the_factor_changes_nothing(factor: Decimal) -> None:
    assert emitted(changed(COAL, emissionFactor=str(factor))) == emitted(
        changed(COAL, emissionFactor=str(factor), emissionFactorUnit="kgCO2/GJ")
    )


@given(AMOUNTS)
def test_the_temperature_of_the_volume_changes_nothing_where_the_gas_is_the_same(amount: Decimal) -> None:
    """The same gas at 0 degrees: 273.15/293.15 of the volume, so 293.15/273.15 of the heat per volume."""
    normal = changed(GAS, amount=str(amount), unit="Nm3-0C", ncv="36", ncvUnit="MJ/Nm3", gasReference="0C")
    standard = changed(normal, amount=times(amount, "2"), unit="Nm3-20C")
    assert emitted(standard) * Fraction(29315, 27315) == emitted(normal) * 2


@given(STREAMS, AMOUNTS, SHARES)
def test_a_split_stream_is_the_whole(stream: Tree, amount: Decimal, share: Decimal) -> None:
    part = Decimal(text_of(amount * share))
    parts = [changed(stream, id=name, amount=text_of(a)) for name, a in (("a", part), ("b", amount - part))]
    assert emitted(*parts) == emitted(changed(stream, amount=str(amount)))


@given(STREAMS, AMOUNTS)
def test_no_biomass_is_fossil(stream: Tree, amount: Decimal) -> None:
    fossil = changed(stream, amount=str(amount))
    none = changed(fossil, biomassShare="0", zeroRating="criteria", evidence="PoS 1")
    unproven = changed(fossil, biomassShare="0.7")
    assert emitted(none) == emitted(fossil) == emitted(unproven)


@given(STREAMS, SHARES)
def test_fossil_and_zero_rated_add_up_to_the_whole(stream: Tree, share: Decimal) -> None:
    rated = changed(stream, biomassShare=str(share), zeroRating="criteria", evidence="PoS 1")
    (figure,) = judged(rated).figures
    zero = Fraction(0) if figure.zero_rated is None else figure.zero_rated.exact
    assert figure.emissions.exact + zero == emitted(stream)


@given(st.sampled_from([SLOPE, OVERVOLTAGE]), st.decimals("0.01", "1", places=3))
def test_perfluorocarbons_grow_with_what_the_duct_misses(row: Tree, efficiency: Decimal) -> None:
    whole = emitted(pfc=[changed(row, collectionEfficiency="1")])
    assert emitted(pfc=[changed(row, collectionEfficiency=str(efficiency))]) * Fraction(efficiency) == whole


@given(AMOUNTS, AMOUNTS)
def test_a_trace_of_streams_can_be_computed_again_from_its_own_numbers(one: Decimal, other: Decimal) -> None:
    found = judged(
        changed(COAL, amount=text_of(one)),
        changed(GAS, amount=text_of(other), gasReference="0C", ncv="36", ncvUnit="MJ/Nm3"),
        changed(COKE, amount=text_of(one), direction="output"),
        changed(
            COKE,
            id="B9",
            amount=text_of(one + other),
            biomassShare="0.1",
            zeroRating="criteria",
            evidence="x",
        ),
        pfc=[SLOPE, OVERVOLTAGE],
    )
    for step in found.trace:
        names = {f"v{n}": Fraction(given_input.value) for n, given_input in enumerate(step.inputs)}
        formula = step.formula.format(*names).replace(" x ", " * ")
        again = eval(formula, {}, names)  # our own formula, with exact fractions
        assert abs(again - step.exact) <= abs(step.exact) * Fraction(1, 10**24), step.symbol


NUMBERS = ["amount", "ncv", "emissionFactor", "carbonContent", "oxidationFactor", "biomassShare", "gasMass"]


@given(
    st.fixed_dictionaries(
        {},
        optional={
            **{name: st.sampled_from(["0", "-1", "1", "0.5", "38.9", "1E+30", "1E-39"]) for name in NUMBERS},
            "method": st.sampled_from(
                ["combustion", "process", "mass-balance", "measurement", "co2-transfer"]
            ),
            "unit": st.sampled_from(["t", "kg", "Nm3-20C", "Nm3-0C", "m3", "GJ", "kWh"]),
            "ncvUnit": st.sampled_from(["GJ/t", "MJ/Nm3", "GJ/10^4Nm3"]),
            "emissionFactorUnit": st.sampled_from(["tCO2/TJ", "tCO2/t", "kgCO2/Nm3", "tCO2/m3", "tC/GJ"]),
            "carbonContentUnit": st.sampled_from(["tC/t", "kgC/Nm3"]),
            "standardFactor": st.sampled_from(["natural-gas", "pig-iron", "flare-gas", "industrial-wastes"]),
            "gasReference": st.sampled_from(["0C", "20C"]),
            "direction": st.sampled_from(["input", "output"]),
            "gas": st.sampled_from(["CO2", "N2O", "SF6"]),
            "zeroRating": st.sampled_from(["criteria", "none"]),
            "evidence": st.just("x"),
        },
    )
)
def test_whatever_a_stream_states_it_has_a_figure_or_an_error(stream: Tree) -> None:
    found = judged(stream)
    refused = [f for f in found.findings if f.severity == "error" and f.path.startswith("/sourceStreams/0")]
    assert bool(found.figures) != bool(refused) or refused[0].rule.startswith("METHOD-STREAM-BALANCE")
