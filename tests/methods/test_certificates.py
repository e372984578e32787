"""Free allocation and certificates, worked by hand: CBAM factor 0.975, CSCF 1, benchmarks of 2025/2620."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.methods.benchmarks import benchmark, benchmarks
from gateway.methods.certificates import Estimates, Import, estimate, price_of
from gateway.methods.default_values import look_up
from gateway.methods.free_allocation import Precursor, factors_of, grades
from gateway.model.finding import Refused

SLAB = Precursor("72071210", "1.05", route="C")


def made(year: int = 2026, factor: str = "", **facts: Any) -> Estimates:
    goods = Import(**{"cn": "72081000", "mass": "1000", "year": year, **facts})
    return estimate(goods, factors_of(year, factor))


def refused(year: int = 2026, **facts: Any) -> list[str]:
    with pytest.raises(Refused) as caught:
        made(year, **facts)
    return [found.rule for found in caught.value.findings]


def test_a_simple_good_gets_factor_times_benchmark_of_column_a() -> None:
    (reading,) = made(cn="76011010", mass="10", see="1.5", route="K").readings
    assert reading.sefa.result == Decimal("1.387425")  # 0.975 x 1 x 1.423
    assert reading.certificates.result == Decimal("1.12575")  # 10 x (1.5 - 1.387425)


def test_a_complex_good_adds_the_free_allocation_of_its_precursors() -> None:
    (reading,) = made(see="2.1", precursors=(SLAB,), price=price_of(2026, "Q1", "")).readings
    # SFA 0.975 x 0.044 = 0.0429; slab, column B (C): 0.975 x 1.364 = 1.3299; SEFA 0.0429 + 1.05 x 1.3299 = 1.439295
    assert reading.sefa.result == Decimal("1.439295")
    assert reading.certificates.result == Decimal("660.705")  # 1000 x (2.1 - 1.439295)
    assert reading.cost is not None
    assert reading.cost.result == Decimal("49790.7288")  # 660.705 x 75.36


def test_the_producers_own_free_allocation_takes_the_place_of_column_b() -> None:
    own = Precursor("72071210", "1.05", sefa="1.2")
    (reading,) = made(see="2.1", precursors=(own,)).readings
    assert reading.sefa.result == Decimal("1.3029")  # 0.0429 + 1.05 x 1.2


def test_a_precursor_from_the_union_counts_as_zero() -> None:
    (reading,) = made(see="2.1", precursors=(Precursor("72071210", "1.05", from_union=True),)).readings
    assert reading.sefa.result == Decimal("0.0429")


def test_a_mixture_of_white_and_grey_gets_the_weighted_average() -> None:
    clinker = (("A", "0.6"), ("B", "0.4"))
    (reading,) = made(cn="25231000", see="0.9", shares=clinker).readings
    assert reading.sefa.result == Decimal("0.7246200")  # 0.975 x (0.6 x 0.666 + 0.4 x 0.859) = 0.975 x 0.7432
    assert refused(cn="25231000", see="0.9", shares=(("A", "0.6"), ("B", "0.3"))) == ["ADJUSTMENT-SHARES"]


def test_with_a_default_value_both_readings_of_the_act_are_shown() -> None:
    result = made(default=look_up("72081000", "CN", 2026))
    told = {(r.reading, r.mark): (r.sefa.result, r.certificates.result) for r in result.readings}
    assert told == {
        # 3.187 x 1.1 = 3.5057; column B (C) 0.975 x 1.37 = 1.33575; 1000 x (3.5057 - 1.33575)
        ("5.1", "(C)"): (Decimal("1.33575"), Decimal("2169.95")),
        ("4(d)", "(C)"): (Decimal("1.33575"), Decimal("2169.95")),
        ("4(d)", "(D)"): (Decimal("0.468975"), Decimal("3036.725")),  # 0.975 x 0.481
        ("4(d)", "(E)"): (Decimal("0.0702"), Decimal("3435.5")),  # 0.975 x 0.072
    }


def test_the_route_of_the_plant_narrows_the_second_reading_only() -> None:
    result = made(default=look_up("72081000", "CN", 2026), route="E")
    assert [(r.reading, r.mark) for r in result.readings] == [("5.1", "(C)"), ("4(d)", "(E)")]


def test_of_several_alloy_grades_of_a_default_value_the_highest_counts() -> None:
    rows = grades("72052100", ("F", "G"), "1")
    assert {(row.mark, str(row.value)) for row in rows} == {("(F)(1)", "1.46"), ("(G)(1)", "0.659")}


def test_a_default_value_whose_route_has_no_benchmark_gets_the_second_reading_alone_and_says_so() -> None:
    default = look_up(
        "72052100", "CN", 2026
    )  # the row of China says C, the benchmarks are those of F, G, H and J
    result = made(cn="72052100", default=default, route="F", indicator="1")
    assert [found.rule for found in result.findings] == ["ADJUSTMENT-ROUTE-NONE"]
    assert [(r.reading, r.mark, r.sefa.result) for r in result.readings] == [
        ("4(d)", "(F)(1)", Decimal("1.4235")),  # 0.975 x 1.46
    ]


def test_an_indicator_that_nobody_explained_is_asked_for() -> None:
    assert refused(cn="72271000", default=look_up("72271000", "CN", 2026)) == ["BENCHMARK-CHOICE"]
    assert refused(cn="25233000", see="1.9") == ["BENCHMARK-CHOICE"]
    (reading,) = made(cn="25233000", see="1.9", indicator="2").readings
    assert reading.sefa.result == Decimal("0.66885")  # 0.975 x 0.686


def test_a_negative_result_counts_as_zero_and_says_so() -> None:
    (reading,) = made(cn="76011010", see="1", route="K").readings
    assert reading.certificates.result == 0
    assert "not set off" in reading.trace.steps["net"].note


def test_a_carbon_price_paid_is_turned_into_emissions_by_the_price_of_a_certificate() -> None:
    (reading,) = made(
        see="2.1", precursors=(SLAB,), carbon_price="7.536", price=price_of(2026, "Q1", "")
    ).readings
    assert reading.trace.steps["paid"].result == Decimal("0.1")  # 7.536 / 75.36
    assert reading.certificates.result == Decimal("560.705")  # 1000 x (2.1 - 1.439295 - 0.1)


def test_a_carbon_price_needs_a_certificate_price_and_actual_values() -> None:
    assert refused(see="2.1", precursors=(SLAB,), carbon_price="7") == ["CERTIFICATE-PRICE-NEEDED"]
    free = price_of(2026, "", "0")
    assert refused(see="2.1", precursors=(SLAB,), carbon_price="7", price=free) == [
        "CERTIFICATE-PRICE-NEEDED", "CERTIFICATE-PRICE-RANGE",
    ]  # fmt: skip
    default = look_up("72081000", "CN", 2026)
    price = price_of(2026, "Q2", "")
    assert refused(default=default, carbon_price="7", price=price) == ["CERTIFICATE-PRICE-DEFAULT"]


def test_a_complex_good_without_its_precursors_is_refused_unless_it_is_said_that_there_were_none() -> None:
    assert refused(see="2.1") == ["ADJUSTMENT-PRECURSORS"]
    (reading,) = made(see="2.1", no_precursors=True).readings
    assert reading.sefa.result == Decimal("0.0429")


def test_a_precursor_of_another_sector_is_refused() -> None:
    other = Precursor("28141000", "0.1")
    assert refused(see="2.1", precursors=(other,)) == ["ADJUSTMENT-PRECURSOR-CATEGORY"]


def test_precursors_beside_a_default_value_are_refused() -> None:
    default = look_up("72081000", "CN", 2026)
    assert refused(default=default, precursors=(SLAB,)) == ["ADJUSTMENT-DEFAULT-PARTS"]


def test_a_mass_of_zero_is_refused() -> None:
    assert refused(see="2.1", precursors=(SLAB,), mass="0") == ["CERTIFICATE-MASS"]


def test_electricity_has_no_benchmark() -> None:
    assert refused(cn="27160000", see="1") == ["BENCHMARK-NONE"]


@pytest.mark.parametrize(("quarter", "price"), [("Q1", "75.36"), ("Q2", "75.28")])
def test_the_published_prices_of_2026_are_known_and_no_other(quarter: str, price: str) -> None:
    rate = price_of(2026, quarter, "")
    assert rate is not None
    assert rate.text == price
    assert price_of(2026, "", "") is None
    with pytest.raises(Refused, match="CERTIFICATE-PRICE"):
        price_of(2026, "Q3", "")


def test_the_factor_of_another_year_is_stated_or_refused_and_its_benchmarks_are_flagged() -> None:
    with pytest.raises(Refused, match="ADJUSTMENT-CBAM-FACTOR"):
        factors_of(2027)
    with pytest.raises(Refused, match="ADJUSTMENT-CORRECTION-FACTOR"):
        factors_of(2028, "0.9")
    result = made(2027, "0.95", cn="76011010", see="1.5", route="K")
    assert [found.rule for found in result.findings] == ["BENCHMARK-YEAR"]
    assert result.readings[0].sefa.result == Decimal("1.35185")  # 0.95 x 1.423
    assert "factors" in result.assumptions


def test_a_benchmark_is_offered_and_never_chosen() -> None:
    assert [(b.mark, str(b.value)) for b in benchmarks("76011010") if b.column == "A"] == [
        ("(K)", "1.423"), ("(L)", "0.091"),
    ]  # fmt: skip
    with pytest.raises(Refused, match="BENCHMARK-CHOICE"):
        benchmark("76011010", "A")
    with pytest.raises(Refused, match="BENCHMARK-ROUTE-NONE"):
        benchmark("76011010", "A", "C")
    with pytest.raises(Refused, match="BENCHMARK-CN-UNKNOWN"):
        benchmarks("99999999")
    assert benchmark("72081000", "A", "C").value == Decimal("0.044")  # one row for every route


def test_every_figure_is_an_estimate_with_its_assumptions() -> None:
    result = made(see="2.1", precursors=(SLAB,))
    assert {"estimate", "threshold", "no-price", "not-paid", "verified", "column-b"} <= set(
        result.assumptions
    )


UREA = {"cn": "31021019", "precursors": (Precursor("28141000", "0.57"),), "price": price_of(2026, "Q1", "")}
"""Urea with 46 % N from 0.57 t of ammonia per tonne."""


def test_emissions_per_kg_of_nitrogen_are_converted_by_the_content_to_the_tonne_of_goods() -> None:
    (reading,) = made(**UREA, see="0.006978373913", see_unit="functional", content="0.46").readings
    assert reading.trace.steps["SEE"].unit == "t CO2e/kg N"
    assert reading.see.result == Decimal("3.21005199998")  # 0.006978373913 x 0.46 x 1000
    (per_t,) = made(**UREA, see="3.21005199998", see_unit="t").readings
    assert reading.certificates.result == per_t.certificates.result
    assert 2312 < reading.certificates.result < 2313
    assert reading.see.unit == per_t.see.unit == "t CO2e/t"


def test_cement_per_tonne_of_clinker_is_converted_by_the_clinker_share() -> None:
    (reading,) = made(
        cn="25232900", see="0.85", see_unit="functional", content="0.6", no_precursors=True
    ).readings
    assert reading.see.result == Decimal("0.51")  # 0.85 x 0.6, benchmark of column A is 0
    assert reading.certificates.result == Decimal("510")


def test_an_unstated_unit_of_goods_with_a_content_is_refused() -> None:
    assert refused(**UREA, see="0.00698") == ["CERTIFICATE-SEE-UNIT"]
    assert refused(cn="25232900", see="0.6", no_precursors=True) == ["CERTIFICATE-SEE-UNIT"]
    assert refused(**UREA, see="0.00698", see_unit="functional") == ["CERTIFICATE-CONTENT"]
    assert refused(**UREA, see="0.00698", see_unit="functional", content="46") == [
        "CERTIFICATE-CONTENT-RANGE"
    ]
    assert refused(see="2.1", precursors=(SLAB,), content="0.5") == ["CERTIFICATE-CONTENT-NONE"]


def test_the_default_value_of_cement_needs_its_basis_and_the_clinker_share() -> None:
    default = look_up("25232900", "CN", 2026)
    assert refused(cn="25232900", default=default) == ["CERTIFICATE-DEFAULT-BASIS"]
    assert refused(cn="25232900", default=default, see_unit="t") == ["CERTIFICATE-CONTENT"]
    per_t = made(cn="25232900", default=default, see_unit="t", content="0.5").readings[0]
    clinker = made(cn="25232900", default=default, see_unit="functional", content="0.5").readings[0]
    assert clinker.see.exact * 2 == per_t.see.exact


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"precursors": (Precursor("72071210", "1050", route="C"),)}, "ADJUSTMENT-PRECURSOR-MASS"),
        ({"precursors": (Precursor("72071210", "0", route="C"),)}, "ADJUSTMENT-PRECURSOR-MASS"),
        ({"precursors": (Precursor("72071210", "1.05", sefa="1400"),)}, "ADJUSTMENT-SEFA-RANGE"),
        ({"precursors": (Precursor("72071210", "1.05", sefa="-1"),)}, "ADJUSTMENT-SEFA-RANGE"),
        ({"precursors": (SLAB,), "see": "2100"}, "CERTIFICATE-SEE-RANGE"),
        ({"precursors": (SLAB,), "price": price_of(2026, "", "0")}, "CERTIFICATE-PRICE-RANGE"),
        ({"precursors": (SLAB,), "factor": "95"}, "ADJUSTMENT-FACTOR-RANGE"),
    ],
)
def test_a_figure_that_no_goods_have_is_refused(facts: dict[str, Any], rule: str) -> None:
    assert refused(**{"see": "2.1", **facts}) == [rule]


def test_a_correction_factor_in_per_cent_is_refused() -> None:
    goods = Import("72081000", "1000", 2026, "2.1", precursors=(SLAB,))
    with pytest.raises(Refused, match="ADJUSTMENT-FACTOR-RANGE"):
        estimate(goods, factors_of(2026, "", "87"))


def test_a_figure_per_kg_of_nitrogen_said_to_be_per_tonne_is_warned_of() -> None:
    assert [f.rule for f in made(**UREA, see="0.00698", see_unit="t").findings] == ["CERTIFICATE-SEE-LOW"]
    assert made(**UREA, see="3.21", see_unit="t").findings == []
