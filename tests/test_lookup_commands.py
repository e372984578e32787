"""``cbamgw lookup`` and the computations beside it, as an importer or a broker types them."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from command import CONSIGNMENT, LOADED, run

STEEL = ("--cn", "72081000", "--mass", "1000", "--year", "2026")


def test_a_default_value_shows_result_row_act_and_confidence() -> None:
    done = run("lookup", "default", "72081000", "--country", "CN", "--year", "2026")
    assert done.code == 0
    for part in (
        "3.5057 t CO2e/t",
        "3.187 t CO2e/t",
        "10 %",
        "China, 7208",
        "2026/1740",
        "text not consulted",
    ):
        assert part in done.text


def test_a_default_value_for_machines_is_json_with_decimal_text() -> None:
    done = run("lookup", "default", "7208 10 00", "--country", "cn", "--year", "2027", "--json")
    told = json.loads(done.out)
    assert (told["markedUp"], told["total"], told["markUpPercent"]) == ("3.8244", "3.187", "20")


def test_a_superseded_value_is_said_on_standard_error_and_the_answer_still_given() -> None:
    done = run("lookup", "default", "72081000", "--country", "IN", "--year", "2026")
    assert done.code == 0
    assert "warning [DEFAULT-SUPERSEDED]" in done.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("25231000", "--country", "CN", "--year", "2026"), 1, "DEFAULT-TARIC-SPLIT"),
        (("72081000", "--country", "CN", "--year", "2025"), 1, "DEFAULT-YEAR"),
        (("72081000", "--country", "FR", "--year", "2026"), 1, "DEFAULT-COUNTRY-OUTSIDE"),
        (("72081000", "--year", "2026"), 1, "DEFAULT-ORIGIN-UNKNOWN"),
        (("72081000", "--country", "CN", "--year", "2026", "--on", "31.3.2026"), 2, "2026-03-31"),
        (("72081000", "--country", "CN"), 2, "--year"),
    ],
)
def test_a_default_value_is_refused_with_exit_code_and_reason(
    words: tuple[str, ...], code: int, said: str
) -> None:
    done = run("lookup", "default", *words)
    assert (done.code, done.out) == (code, b"")
    assert said in done.err


def test_codes_are_offered_with_category_and_the_call_to_choose() -> None:
    done = run("lookup", "cn", "720851", "--text", "relief")
    assert done.code == 0
    assert "72085120" in done.text
    assert "Choose with the importer" in done.text
    assert "煅" not in done.text
    chinese = run("lookup", "cn", "760110", lang="zh")
    assert "未锻轧铝" in chinese.text


def test_words_of_a_category_find_codes_in_chinese_too() -> None:
    done = run("lookup", "cn", "--text", "熟料", lang="zh")
    assert done.out.decode().startswith("25231000")
    assert "相符的编码：1 个" in done.text


def test_ten_digits_of_the_act_say_the_route_of_the_benchmark() -> None:
    done = run(
        "calculate", "certificates", "--cn", "2523100090", "--mass", "100", "--see", "0.9", "--year", "2026"
    )
    assert "25.065 t CO2e" in done.text  # 100 x (0.9 - 0.975 x 0.666), route A


def test_no_code_fits_is_exit_code_one_and_no_question_is_two() -> None:
    assert run("lookup", "cn", "999999").code == 1
    assert run("lookup", "cn").code == 2
    assert run("lookup", "cn", "72x8").code == 2


def test_the_changed_codes_show_until_when_and_what_took_their_place() -> None:
    told = json.loads(run("lookup", "cn", "31021010", "--json").out)["candidates"]
    assert told[0]["validUntil"] == "2025-12-31"
    assert told[0]["replacedBy"] == ["31021012", "31021015", "31021019"]
    assert told[0]["precursors"] == ["Ammonia"]


def test_a_missing_cn_code_sends_the_user_to_the_command() -> None:
    assert "cbamgw lookup cn" in run("explain", "RECORD-CN8-MISSING").text
    assert "cbamgw lookup cn" in run("explain", "RECORD-CN8-MISSING", lang="zh").text


def test_benchmarks_of_both_columns_are_shown_by_route() -> None:
    done = run("lookup", "benchmark", "72081000")
    assert [line.split()[:3] for line in done.out.decode().splitlines()[:4]] == [
        ["column", "A", "0.044"], ["column", "B", "1.37"], ["column", "B", "0.481"], ["column", "B", "0.072"],
    ]  # fmt: skip
    assert run("lookup", "benchmark", "99999999").code == 1
    assert json.loads(run("lookup", "benchmark", "72081000", "--json").out)["validUntil"] == "2026-12-31"


def test_certificates_from_actual_values_show_result_assumptions_and_equations() -> None:
    done = run("calculate", "certificates", *STEEL, "--see", "2.1", "--precursor", "72071210:1.05:route=C",
               "--price", "75.36")  # fmt: skip
    assert done.code == 0
    for part in ("ESTIMATE", "660.705 t CO2e", "49790.7288 EUR", "Assumptions:", "0.0429 + 1.05 x 1.3299"):
        assert part in done.text


def test_certificates_from_a_default_value_show_both_readings() -> None:
    told = json.loads(
        run("calculate", "certificates", *STEEL, "--country", "CN", "--quarter", "Q1", "--json").out
    )
    assert [(r["reading"], r["benchmark"]) for r in told["readings"]] == [
        ("5.1", "(C)"), ("4(d)", "(C)"), ("4(d)", "(D)"), ("4(d)", "(E)"),
    ]  # fmt: skip
    assert told["readings"][0]["certificates"]["value"] == "2169.95"
    assert told["readings"][0]["cost"]["value"] == "163527.432"  # 2169.95 x 75.36
    assert told["defaultValue"]["row"]["cn"] == "7208"
    assert told["estimate"] is True


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--see", "2.1"), 1, "ADJUSTMENT-PRECURSORS"),
        ((), 2, "--see"),
        (("--see", "2.1", "--country", "CN"), 2, "--see"),
        (("--see", "2,1"), 2, "--see"),
        (("--see", "-1"), 2, "--see"),
        (("--see", "2.1", "--precursor", "72071210"), 2, "--precursor"),
        (("--see", "2.1", "--precursor", "72071210:1:rout=C"), 2, "--precursor"),
        (("--see", "2.1", "--route", "A="), 2, "--route"),
        (("--country", "CN", "--carbon-price", "3", "--price", "75"), 1, "CERTIFICATE-PRICE-DEFAULT"),
    ],
)
def test_certificates_are_refused_with_exit_code_and_reason(
    words: tuple[str, ...], code: int, said: str
) -> None:
    done = run("calculate", "certificates", *STEEL, *words)
    assert (done.code, done.out) == (code, b"")
    assert said in done.err


def test_a_trace_is_written_and_never_over_an_existing_file(tmp_path: Path) -> None:
    words = ("calculate", "certificates", *STEEL, "--country", "CN", "--trace", tmp_path / "trace.json")
    assert run(*words).code == 0
    assert json.loads((tmp_path / "trace.json").read_bytes())["readings"][0]["trace"][0]["symbol"] == "SEE"
    assert run(*words).code == 3


def test_the_threshold_counts_what_is_typed() -> None:
    done = run("calculate", "threshold", "--import", "72081000:48.5", "--import", "76011010:1.5", "--import",
               "28041000:9", "--year", "2026", "--json")  # fmt: skip
    (told,) = json.loads(done.out)["sums"]
    assert (done.code, told["mass"], told["exceeded"], len(told["leftOut"])) == (0, "50", False, 1)
    assert run("calculate", "threshold", "--import", "72081000:1").code == 2
    assert run("calculate", "threshold").code == 2
    assert run("calculate", "threshold", "--import", "72081000:1,5", "--year", "2026").code == 2


def test_the_threshold_counts_the_consignments_of_several_files(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(json.dumps(LOADED), "utf-8")
    for quarter in ("Q1", "Q2"):
        tree = json.loads(CONSIGNMENT)
        tree["declaration"] |= {"year": "2026", "period": quarter}
        for consignment in tree["consignments"]:
            consignment["lots"] = [{**lot, "netMass": "12.6"} for lot in consignment["lots"]]
        (tmp_path / f"{quarter}.json").write_text(json.dumps(tree), "utf-8")
    files = ("--with", tmp_path / "Q1.json", "--with", tmp_path / "Q2.json")
    done = run("calculate", "threshold", tmp_path / "record.json", *files, "--json")
    (told,) = json.loads(done.out)["sums"]
    assert (told["importer"], told["year"], told["mass"], told["exceeded"]) == (
        "NL000000001EXAMPL",
        2026,
        "50.4",
        True,
    )


def test_imports_of_2025_are_below_no_threshold(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(json.dumps(LOADED), "utf-8")
    (tmp_path / "consignment.json").write_bytes(CONSIGNMENT)
    done = run("calculate", "threshold", tmp_path / "record.json", "--with", tmp_path / "consignment.json")
    assert done.code == 1
    assert "[THRESHOLD-YEAR] /declaration/year" in done.err


def test_the_carbon_price_of_a_record_is_shown_per_tonne_and_per_good(tmp_path: Path) -> None:
    tree = copy.deepcopy(LOADED)
    tree["carbonMarket"] = [{
        "year": "2024", "emissions": "320000", "freeAllocation": "300000", "surrendered": "320000", "purchased": "16000",
        "pricePaid": "80", "rebate": "0", "currency": "CNY", "instrument": "04", "legalAct": "Trading act",
        "country": "CN", "exchangeRate": "8", "exchangeRateDate": "2024-12-31", "exchangeRateSource": "yearly average",
    }]  # fmt: skip
    (tmp_path / "record.json").write_text(json.dumps(tree), "utf-8")
    told = json.loads(run("calculate", "carbon-price", tmp_path / "record.json", "--json").out)
    assert told["prices"][0]["effectivePriceEuro"] == "0.5"
    assert told["goods"][0]["euroPerTonne"] == "0.7775"  # 1.555 t x 0.5 EUR
    text = run("calculate", "carbon-price", tmp_path / "record.json", lang="zh").text
    assert "草案" in text


def test_a_carbon_price_without_a_stated_rate_is_refused_with_the_list(tmp_path: Path) -> None:
    tree = copy.deepcopy(LOADED)
    tree["carbonMarket"] = [{"year": "2024", "emissions": "10", "freeAllocation": "5", "surrendered": "10"}]
    (tmp_path / "record.json").write_text(json.dumps(tree), "utf-8")
    done = run("calculate", "carbon-price", tmp_path / "record.json")
    assert done.code == 1
    for name in ("purchased", "rebate", "exchangeRate", "exchangeRateDate", "exchangeRateSource"):
        assert f"[CARBON-PRICE-MISSING] /carbonMarket/0/{name}" in done.err


@pytest.mark.parametrize(
    "words",
    [("lookup", "cn"), ("lookup", "default"), ("lookup", "benchmark"), ("calculate", "certificates"),
     ("calculate", "threshold"), ("calculate", "carbon-price")],
)  # fmt: skip
def test_every_help_has_an_example(words: tuple[str, str]) -> None:
    done = run(*words, "--help")
    assert done.code == 0
    assert f"Example: cbamgw {' '.join(words)}" in " ".join(done.text.split())


def test_emissions_of_a_fertiliser_are_refused_until_their_unit_is_stated() -> None:
    urea = ("calculate", "certificates", "--cn", "31021019", "--mass", "1000", "--see", "0.006978373913", "--year",
            "2026", "--precursor", "28141000:0.57")  # fmt: skip
    unstated = run(*urea)
    assert (unstated.code, unstated.out) == (1, b"")
    assert "CERTIFICATE-SEE-UNIT" in unstated.err
    assert run(*urea, "--see-unit", "kg").code == 2
    stated = run(*urea, "--see-unit", "functional", "--content", "0.46")
    # 0.006978373913 x 0.46 x 1000 = 3.21005199998; 0.975 x (0.053 + 0.57 x 1.522) = 0.8975265
    assert "2312.52549998 t CO2e" in stated.text
