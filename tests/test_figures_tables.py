"""The tables of figures are those of the reference: every row, every digit, and nothing more."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from fractions import Fraction

import pytest
from shared_files import SHARED

from gateway.check.sources import clause_title
from gateway.data import data_path, load_toml
from gateway.formats.codes import code_list
from gateway.methods.benchmarks import benchmarks
from gateway.methods.categories import precursor_table
from gateway.methods.cn_codes import candidate, offer
from gateway.methods.default_values import look_up
from gateway.methods.figures import (
    BELOW,
    MISSING,
    OTHER,
    default_goods,
    default_rows,
    listed_countries,
    read_table,
)
from gateway.model.finding import Refused

REFERENCE = SHARED / "reference"
NUMBER = re.compile(r"\d+(\.\d+)?")
SHEETS = {"_Other Countries and Territorie": "Other countries and territories", "Myanmar_Burma": "Myanmar/Burma",
          "Democratic Republic of the Cong": "Democratic Republic of the Congo"}  # fmt: skip
TARIC = {
    "2507008080": ("25070080", ""), "2523100010": ("25231000", "white"), "2523100090": ("25231000", "grey"),
    "2523900010": ("25239000", "white"), "2523900090": ("25239000", "grey"),
}  # fmt: skip


def reference(name: str) -> list[dict[str, str]]:
    path = REFERENCE / name
    if not path.is_file():
        pytest.skip(f"{name} is not at hand")
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def figure(text: str) -> str:
    return text if NUMBER.fullmatch(text) else ""


def variant(cn: str, description: str) -> str:
    return description.split(maxsplit=1)[0].lower() if cn in {"25231000", "25239000"} else ""


def letters(route: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\b[A-L]\b", route)) if route != "N/A" else ()


def test_every_default_value_of_the_commissions_workbook_is_in_the_table_digit_by_digit() -> None:
    codes = {name: code for code, name in listed_countries().items()}
    rows = reference("cbam-default-values-2026-02.csv")
    assert len(rows) == 12532
    seen = set()
    for row in rows:
        country = codes[SHEETS.get(row["sheet"], row["sheet"])]
        key = (row["cn"], variant(row["cn"], row["description"]))
        ours = default_rows("default-values-2025-2621")[country][key]
        dash = {"see below": BELOW, "–": MISSING, "-": MISSING, "_": MISSING}
        assert ours.total == dash.get(row["total"], row["total"]), row
        assert (ours.direct, ours.indirect) == (figure(row["direct"]), figure(row["indirect"])), row
        assert ours.routes == letters(row["route"]), row
        assert default_goods()[key].description == row["description"]
        seen.add((country, key))
    assert len(seen) == sum(1 for _ in read_table("default-values-2025-2621")) == 12532


def test_every_default_value_of_china_is_in_the_table_digit_by_digit() -> None:
    table = default_rows("default-values-2026-1740")
    rows = reference("cbam-default-values-china-2026-1740.csv")
    assert set(table) == {"CN"}
    for row in rows:
        ours = table["CN"][TARIC.get(row["taric_or_cn"], (row["taric_or_cn"], ""))]
        assert (ours.direct, ours.indirect) == (row["direct"], row["indirect"]), row
        assert ours.has_value == bool(row["total"])
        assert ours.total in ({row["total"]} if row["total"] else {BELOW, MISSING})
        assert ours.routes == letters(row["route"]), row
    assert len(rows) == len(table["CN"]) == 283


def test_an_empty_row_of_china_is_a_heading_where_rows_of_more_digits_follow_and_a_dash_where_none_does() -> (
    None
):
    rows = default_rows("default-values-2026-1740")["CN"]
    for (cn, _), row in rows.items():
        if not row.has_value:
            below = any(other != cn and other.startswith(cn) for other, _ in rows)
            assert row.total == (BELOW if below else MISSING), cn


def test_every_benchmark_is_in_the_table_digit_by_digit() -> None:
    rows = reference("cbam-benchmarks-2025-2620.csv")
    assert len(rows) == 1804
    theirs = set()
    for row in rows:
        theirs |= {
            (row["cn"], column, row[f"col{column}_route"], row[f"col{column}_BMg"])
            for column in "AB"
            if row[f"col{column}_BMg"]
        }
    ours = {
        (b.cn, b.column, b.mark, format(b.value, "f"))
        for cn in {r["cn"] for r in rows}
        for b in benchmarks(cn)
    }
    assert ours == theirs
    assert len(ours) == sum(1 for _ in read_table("benchmarks-2025-2620"))


def test_every_cn_code_is_the_reference_and_three_more_take_the_place_of_one() -> None:
    rows = {row["cn8"]: row for row in reference("cbam-cn-codes-by-category.csv")}
    ours = code_list("cbam-cn").codes
    assert len(rows) == 569
    assert set(ours) - set(rows) == {"31021012", "31021015", "31021019"}
    assert set(rows) <= set(ours)
    for cn, row in rows.items():
        own = ours[cn]
        assert (own["category"], own["sector"], own["description"]) == (
            row["aggregated_goods_category"], row["sector"], row["description"],
        )  # fmt: skip


COMPOUNDED = {
    ("AO", "25231000"),
    ("AO", "25232900"),
    ("AO", "25239000"),
    ("AR", "25231000"),
    ("AR", "25232900"),
}
"""Rows whose workbook marks up the marked-up value of the year before: 0.9 x 1.1 x 1.1 = 1.089, not 1.08."""


def test_the_marked_up_values_of_the_workbook_are_ours_but_for_float_errors_and_five_rows_of_its_own() -> (
    None
):
    codes = {name: code for code, name in listed_countries().items()}
    compared, compounded = 0, set()
    for row in reference("cbam-default-values-2026-02.csv"):
        country, cn = codes[SHEETS.get(row["sheet"], row["sheet"])], row["cn"]
        if country in {OTHER, "CN"} or len(cn) != 8 or cn.startswith("7615"):
            continue
        if figure(row["total"]) and figure(row["v2027"]):
            white = {"white": "B", "grey": "A"}.get(variant(cn, row["description"]))
            value = look_up("2507008080" if cn == "25070080" else cn, country, 2027, white)
            compared += 1
            if abs(Fraction(row["v2027"]) - Fraction(value.marked_up)) > Fraction(1, 10**12):
                compounded.add((country, cn))
    assert compounded == COMPOUNDED
    assert compared > 5000


def test_the_workbook_has_rows_for_goods_outside_annex_i_and_they_are_refused() -> None:
    outside = {cn for cn, _ in default_goods() if len(cn) == 8 and cn not in code_list("cbam-cn").codes}
    assert outside == {"76151010", "76151030", "76151080", "76152000"}
    for code in outside:
        with pytest.raises(Refused, match="DEFAULT-CN-UNKNOWN"):
            look_up(code, "CN", 2026)


def tables() -> Iterator[str]:
    for path in sorted(data_path("mappings", "figures").glob("*.csv")):
        yield path.stem


@pytest.mark.parametrize("table", list(tables()))
def test_every_table_says_act_date_validity_and_confidence(table: str) -> None:
    raw = load_toml("mappings", "figures", f"{table}.toml")
    assert "not consulted" in clause_title(raw["clause"], "en")
    assert raw["text"] == "not consulted"
    assert raw["confidence"] in {"V", "1"}
    assert raw["date"]
    assert raw["valid_from"].isoformat() == "2026-01-01"
    assert raw["read_from"] and raw["read_from_zh"]  # noqa: PT018


def test_no_table_holds_a_binary_rounding_error() -> None:
    for table in ("default-values-2025-2621", "default-values-2026-1740", "benchmarks-2025-2620"):
        for row in read_table(table):
            assert all(len(text.partition(".")[2]) <= 9 for text in row), row


def test_every_rate_names_a_registered_clause() -> None:
    raw = load_toml("mappings", "figures", "adjustment.toml")
    rows = [row for value in raw.values() for row in (value if isinstance(value, list) else [value])]
    assert all(clause_title(row["clause"], "zh") and row["confidence"] in {"V", "1"} for row in rows)


def test_categories_precursors_and_scope_are_those_of_the_reference() -> None:
    path = REFERENCE / "cbam-goods-categories-routes-precursors.json"
    if not path.is_file():
        pytest.skip(f"{path.name} is not at hand")
    rows = {row["category"]: row for row in json.loads(path.read_bytes())}
    ours = code_list("cbam-category").codes
    assert set(ours) == set(rows)
    for name, row in rows.items():
        assert precursor_table()[name] == tuple(part.strip() for part in row["precursors"]), name
        assert ours[name]["unit"] == row["unit"]
        for period in ("indirect_transitional", "indirect_definitive"):
            assert ours[name][period] == str(row[period]).lower(), (name, period)


def test_every_cn_code_has_a_category_of_the_list() -> None:
    known = set(code_list("cbam-category").codes)
    assert all(row["category"] in known for row in code_list("cbam-cn").codes.values())


def test_codes_are_offered_from_six_digits_and_from_words_and_none_is_chosen() -> None:
    assert [c.code for c in offer("720851")] == ["72085120", "72085191", "72085198"]
    assert {c.code for c in offer("720825", "COILS pickled")} == {"72082500"}
    assert {c.code for c in offer(text="urea solution")} >= {"31021012", "31021015", "31021019", "31028000"}
    assert list(offer("999999")) == []


def test_a_chinese_code_of_ten_digits_is_offered_nothing_by_its_own_digits() -> None:
    assert list(offer("7208510000")) == []


def test_a_code_knows_its_category_its_precursors_and_what_took_its_place() -> None:
    steel, old, new = candidate("72081000"), candidate("31021010"), candidate("31021012")
    assert steel is not None
    assert (steel.category, steel.precursors) == ("Iron or steel products", ("Crude steel",))
    assert old is not None
    assert old.replaced_by == ("31021012", "31021015", "31021019")
    assert old.valid_until is not None
    assert new is not None
    assert new.valid_from is not None
    assert not new.valid_on(old.valid_until)
    assert new.valid_on(new.valid_from)
    assert candidate("99999999") is None
