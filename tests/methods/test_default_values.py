"""Default values: the right row, the published total marked up, and no answer where one would be a guess."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from gateway.check.catalog import describe
from gateway.methods import default_values
from gateway.methods.default_values import look_up
from gateway.methods.figures import mark_up
from gateway.model.finding import Refused


def rules_of(caught: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [found.rule for found in caught.value.findings]


def warned(code: str, country: str, year: int = 2026, route: str | None = None) -> list[str]:
    return [found.rule for found in look_up(code, country, year, route).findings]


def test_the_published_total_is_marked_up_not_the_sum_of_its_rounded_parts() -> None:
    value = look_up("28080000", "AL", 2026)  # nitric acid, Albania: 2.73 + 0.04 is published as 2.76
    assert (value.direct, value.indirect, value.total) == (Decimal("2.73"), Decimal("0.04"), Decimal("2.76"))
    assert value.mark_up == 1
    assert value.marked_up == Decimal("2.7876")  # 2.76 x 1.01; the sum would give 2.7977
    assert "2.77 differs by rounding" in value.notes[0]


@pytest.mark.parametrize(
    ("code", "total"),
    [
        ("2523100090", "1.39"),  # grey clinker
        ("25232900", "1.42"),  # grey Portland cement
        ("28141000", "4.36"),  # anhydrous ammonia
        ("76011010", "3"),  # unwrought aluminium
        ("76071111", "5.559"),  # aluminium foil
        ("72011011", "1.66"),  # pig iron
        ("72081000", "3.187"),
        ("72131000", "3.169"),
        ("28041000", "26.64"),  # hydrogen
    ],
)
def test_the_values_of_china_are_those_of_2026_1740(code: str, total: str) -> None:
    value = look_up(code, "CN", 2026)
    assert value.total == Decimal(total)
    assert (value.act, value.row_country, value.fallback, value.superseded) == (
        "EU-2026-1740",
        "CN",
        False,
        False,
    )


@pytest.mark.parametrize("code", ["72191100", "72193410"])
def test_stainless_steel_of_china_lies_between_5_58_and_5_59(code: str) -> None:
    assert Decimal("5.58") <= look_up(code, "CN", 2026).total <= Decimal("5.59")


@pytest.mark.parametrize(
    ("year", "marked_up"),
    [(2026, "3.5057"), (2027, "3.8244"), (2028, "4.1431"), (2031, "4.1431")],  # 3.187 x 1.1, 1.2, 1.3, 1.3
)
def test_the_mark_up_belongs_to_the_year_of_importation(year: int, marked_up: str) -> None:
    assert look_up("72081000", "CN", year).marked_up == Decimal(marked_up)


@pytest.mark.parametrize("year", [2026, 2027, 2028, 2030])
def test_fertilisers_are_marked_up_by_one_per_cent_in_every_year(year: int) -> None:
    assert look_up("28141000", "CN", year).marked_up == Decimal("4.4036")  # 4.36 x 1.01


def test_nothing_is_rounded() -> None:
    # Other countries, 7208: 4.048689266 x 1.3 = 5.2632960458
    assert look_up("72081000", "AF", 2028).marked_up == Decimal("5.2632960458")


def test_every_sector_has_one_rate_for_every_year_from_2026() -> None:
    sectors = ("cement", "iron_and_steel", "aluminium", "hydrogen", "fertilisers")
    assert all(mark_up(sector, year) for sector in sectors for year in range(2026, 2040))
    assert not any(mark_up(sector, 2025) for sector in sectors)


def test_a_dash_takes_the_row_of_other_countries_for_that_row_alone() -> None:
    iron = look_up("72031000", "CN", 2026)  # 7203 is empty for China; other countries: 1.325
    assert (iron.row_country, iron.fallback, iron.total) == ("other", True, Decimal("1.325"))
    assert warned("72031000", "CN") == ["DEFAULT-FALLBACK-DASH", "DEFAULT-SUPERSEDED"]
    assert look_up("72081000", "CN", 2026).row_country == "CN"


def test_an_unlisted_country_takes_the_row_of_other_countries() -> None:
    assert look_up("72081000", "AF", 2026).total == Decimal("4.048689266")
    assert warned("72081000", "AF") == ["DEFAULT-FALLBACK-COUNTRY", "DEFAULT-SUPERSEDED"]


def test_a_good_that_a_country_does_not_list_takes_the_row_of_other_countries() -> None:
    assert warned("72081000", "AL") == [
        "DEFAULT-FALLBACK-ROW",
        "DEFAULT-SUPERSEDED",
    ]  # Albania lists no steel


def test_see_below_with_nothing_below_is_said_and_falls_back() -> None:
    value = look_up("72192210", "TW", 2026)
    assert (value.row_country, value.row_cn) == ("other", "721922")
    assert "DEFAULT-FALLBACK-BELOW" in warned("72192210", "TW")


def test_a_row_of_more_digits_wins_over_its_heading() -> None:
    assert look_up("76109010", "CN", 2026).row_cn == "76109010"  # 761090 stands there too
    assert look_up("72142000", "CN", 2026).row_cn == "72142000"  # 7214 says "see below"


def test_values_outside_china_are_flagged_as_superseded() -> None:
    value = look_up("72081000", "IN", 2026)
    assert (value.act, value.superseded) == ("EU-2025-2621", True)
    text = next(describe(f, "en") for f in value.findings if f.rule == "DEFAULT-SUPERSEDED")
    assert "EU-2026-1740" in text
    assert "superseded, check" in text


@pytest.mark.parametrize(
    ("code", "choices"),
    [
        ("25231000", ("2523100010", "2523100090")),
        ("25239000", ("2523900010", "2523900090")),
        ("25070080", ("2507008080",)),
        ("2523100000", ("2523100010", "2523100090")),
    ],
)
def test_a_split_code_is_asked_for_and_never_chosen(code: str, choices: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as caught:
        look_up(code, "CN", 2026)
    assert rules_of(caught) == ["DEFAULT-TARIC-SPLIT"]
    assert all(
        choice in describe(caught.value.findings[0], lang) for choice in choices for lang in ("en", "zh")
    )


def test_ten_digits_or_the_route_tell_white_from_grey() -> None:
    grey, white = look_up("2523100090", "CN", 2026), look_up("2523100010", "CN", 2026)
    assert (grey.total, grey.route, white.total, white.route) == (Decimal("1.39"), "A", Decimal("1.3"), "B")
    assert look_up("25231000", "CN", 2026, "B").total == white.total
    assert look_up("25231000", "IN", 2026, "A").variant == "grey"


def test_a_route_against_the_ten_digits_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        look_up("2523100010", "CN", 2026, "A")
    assert rules_of(caught) == ["DEFAULT-ROUTE-CONTRADICTS"]


def test_the_route_of_the_plant_does_not_change_the_value_and_that_is_said() -> None:
    assert look_up("72081000", "CN", 2026, "E").total == look_up("72081000", "CN", 2026, "C").total
    assert warned("72081000", "CN", route="E") == ["DEFAULT-ROUTE-OTHER"]
    assert warned("72081000", "CN", route="C") == []


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("99999999", "DEFAULT-CN-UNKNOWN"),
        ("27160000", "DEFAULT-ELECTRICITY"),
        ("31021010", "DEFAULT-CN-REPLACED"),
        ("720810", "DEFAULT-CN-SYNTAX"),
        ("7208100000", "DEFAULT-CN-SYNTAX"),
        ("７２０８１０００", "DEFAULT-CN-SYNTAX"),
        ("", "DEFAULT-CN-SYNTAX"),
    ],
)
def test_a_code_without_a_row_is_refused_with_the_reason(code: str, rule: str) -> None:
    with pytest.raises(Refused) as caught:
        look_up(code, "CN", 2026)
    assert rules_of(caught) == [rule]


@pytest.mark.parametrize(
    ("country", "rule"),
    [
        ("DE", "DEFAULT-COUNTRY-OUTSIDE"),
        ("CH", "DEFAULT-COUNTRY-OUTSIDE"),
        ("XX", "DEFAULT-COUNTRY-UNKNOWN"),
        ("China", "DEFAULT-COUNTRY-UNKNOWN"),
        ("other", "DEFAULT-COUNTRY-UNKNOWN"),
        (None, "DEFAULT-ORIGIN-UNKNOWN"),
        ("", "DEFAULT-ORIGIN-UNKNOWN"),
    ],
)
def test_a_wrong_or_missing_country_is_refused_with_the_reason(country: str | None, rule: str) -> None:
    with pytest.raises(Refused) as caught:
        look_up("72081000", country, 2026)
    assert rules_of(caught) == [rule]


def test_a_precursor_of_unknown_origin_is_sent_to_annex_iv_not_to_other_countries() -> None:
    with pytest.raises(Refused) as caught:
        look_up("72081000", None, 2026)
    assert "Annex IV" in describe(caught.value.findings[0], "en")


@pytest.mark.parametrize("year", [2023, 2025])
def test_a_year_before_2026_is_refused(year: int) -> None:
    with pytest.raises(Refused) as caught:
        look_up("72081000", "CN", year)
    assert rules_of(caught) == ["DEFAULT-YEAR"]


def test_a_date_outside_the_year_is_refused_and_one_inside_is_not() -> None:
    with pytest.raises(Refused) as caught:
        look_up("72081000", "CN", 2026, on=date(2027, 1, 1))
    assert rules_of(caught) == ["DEFAULT-DATE"]
    assert look_up("72081000", "CN", 2026, on=date(2026, 12, 31)).marked_up == Decimal("3.5057")


def test_everything_that_is_wrong_is_told_at_once_and_points_at_the_field() -> None:
    with pytest.raises(Refused) as caught:
        look_up("99999999", "DE", 2025, path="/precursors/0/cn8")
    assert rules_of(caught) == ["DEFAULT-YEAR", "DEFAULT-CN-UNKNOWN", "DEFAULT-COUNTRY-OUTSIDE"]
    assert {found.path for found in caught.value.findings} == {"/precursors/0/cn8"}


def test_a_year_after_the_review_is_flagged() -> None:
    assert "DEFAULT-REVIEW" in warned("72081000", "CN", 2028)
    assert "DEFAULT-REVIEW" not in warned("72081000", "CN", 2027)


def test_a_letter_that_is_no_route_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        look_up("72081000", "CN", 2026, "Z")
    assert rules_of(caught) == ["DEFAULT-ROUTE-UNKNOWN"]


def test_the_answer_names_act_date_row_and_equation() -> None:
    value = look_up("72081000", "CN", 2027)
    told = value.to_json()
    assert (told["act"], told["actDate"], told["confidence"]) == ("EU-2026-1740", "2026", "1")
    assert (told["validFrom"], told["validUntil"], told["textConsulted"]) == ("2026-01-01", None, False)
    assert told["row"] | {"description": ""} == {"country": "CN", "name": "China", "cn": "7208", "variant": "",
                                                 "description": ""}  # fmt: skip
    step = value.step("P1:SEEi")
    assert (step.symbol, step.numbers, step.result) == (
        "P1:SEEi",
        "3.187 x (1 + 20 / 100)",
        Decimal("3.8244"),
    )
    assert "to confirm" in step.cited


@pytest.mark.parametrize(("code", "told"), [("28141000", True), ("2523100090", True), ("72081000", False)])
def test_the_unit_of_cement_and_fertilisers_is_said_to_be_unsettled(code: str, told: bool) -> None:
    assert ("DEFAULT-UNIT" in warned(code, "CN")) is told


def test_without_a_row_anywhere_there_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default_values, "default_rows", lambda _table: {"other": {}})
    with pytest.raises(Refused) as caught:
        look_up("72081000", "CN", 2026)
    assert rules_of(caught) == ["DEFAULT-NO-VALUE"]
