"""Faults inside a record: each gets its finding at the sender's own field, and no document leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from command import CONSIGNMENT, LOADED, edited, run, written

from gateway.check.catalog import rules


class Fault(NamedTuple):
    """One fault: the edits that make it, the rule and field of its finding, what both languages must say."""

    edits: tuple[tuple[str, Any], ...]
    rule: str
    place: str
    english: str
    chinese: str


def total(value: Any, english: str, chinese: str) -> Fault:
    """A footprint that is no plain figure."""
    return Fault((("/results/total", value),), "RECORD-DECIMAL", "/results/total", english, chinese)


YEAR = (
    ("/results/total", "8315647"),
    ("/results/totalExcludingUptake", "8315647"),
    ("/results/fossil", "8315647"),
    ("/results/landUseChange", "0"),
    ("/results/byStage/0/value", "1000000"),
    ("/results/byStage/1/value", "7315647"),
    ("/results/byStage/0/share", "12"),
    ("/results/byStage/1/share", "88"),
)
"""8315.647 t, consistent in all its parts, under a declared unit of 1 t."""

PLANT = tuple((path, value.replace("8315647", "316283000")) for path, value in YEAR)

FAULTS = {
    "an unknown unit of the product": Fault(
        (("/unit/unit", "bushel"),), "RECORD-CODE", "/unit/unit", "bushel", "“bushel”不在代码表 unit 中"
    ),
    "an unknown unit of an activity": Fault(
        (("/activityData/0/unit", "斤"),), "RECORD-CODE", "/activityData/0/unit", "斤", "“斤”不在代码表"
    ),
    "a decimal comma": total("13291,66958", "decimal comma", "使用了逗号作小数点"),
    "a thousands separator": total("13,291.66958", "thousands separator", "含千位分隔符"),
    "an exponent": total("1.329166958e4", "exponent", "使用了科学计数法"),
    "full-width digits": total("１３２９１.66958", "full-width digit", "含全角数字"),
    "NaN as text": total("NaN", "not a number", "不是数值"),
    "a space in a figure": total(" 13291.66958", "space", "含空格"),
    "a plus sign": total("+13291.66958", "plus sign", "含正号"),
    "ten thousand digits": total("9" * 10_000, "too long", "位数过长"),
    "a figure as a JSON number": Fault(
        (("/results/total", 13291),), "SCHEMA-TYPE", "/results/total", "asks for string", "模式要求为 string"
    ),
    "an empty text": Fault(
        (("/producer/name/en", ""),), "RECORD-TEXT", "/producer/name/en", '""', "此处应为文本"
    ),
    "a wrong check character of the credit code": Fault(
        (("/producer/uscc", "91620100MAEXAMPL84"),),
        "RECORD-USCC",
        "/producer/uscc",
        "check character is wrong",
        "校验码错误",
    ),
    "an HS code that does not begin the CN code": Fault(
        (("/goods/0/hs6", "760120"),),
        "RECORD-HS-PREFIX",
        "/goods/0",
        "760120, 7601109000, 76011010",
        "前六位不一致",
    ),
    "a CO2 factor where the footprint factor belongs": Fault(
        (("/electricity/0/factorKind", "co2"),),
        "RECORD-ELECTRICITY-KIND",
        "/electricity/0/factorKind",
        "CO2 emission factor",
        "二氧化碳排放因子",
    ),
    "a footprint factor where CBAM counts CO2": Fault(
        (("/processes/0/electricityFactorKind", "footprint"),),
        "RECORD-CBAM-FACTOR-KIND",
        "/processes/0/electricityFactorKind",
        "which CBAM does not accept",
        "CBAM 不接受",
    ),
    "an electricity activity counted with a CO2 factor": Fault(
        (("/emissionFactors/6/kind", "co2"),),
        "RECORD-ACTIVITY-FACTOR-KIND",
        "/activityData/6/factor",
        "of the kind CO2",
        "二氧化碳排放因子",
    ),
    "stage shares of 93 percent": Fault(
        (("/results/byStage/0/share", "16.00"),),
        "RECORD-STAGE-SHARES",
        "/results/byStage",
        "93.00 %",
        "93.00 %",
    ),
    "stages that do not add up to the total": Fault(
        (("/results/byStage/0/value", "2056.78"),),
        "RECORD-STAGE-SUM",
        "/results/byStage",
        "The stages add up to",
        "各阶段之和为",
    ),
    "a year's total under one tonne": Fault(YEAR, "RECORD-BULK-TOTAL", "/results/total", "8315", "8315"),
    "the plant's total under one tonne": Fault(
        PLANT, "RECORD-YEAR-TOTAL", "/results/total", "whole period", "整个核算期"
    ),
    "a withdrawn standard": Fault(
        (("/basis/standard", "ISO/TS 14067:2013"),),
        "RECORD-STANDARD-WITHDRAWN",
        "/basis/standard",
        "withdrawn",
        "ISO/TS 14067:2013",
    ),
    "a list where a group belongs": Fault(
        (("/results", []),), "SCHEMA-TYPE", "/results", "asks for object", "模式要求为 object"
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", FAULTS)
def test_check_names_the_rule_the_field_and_the_fault_in_both_languages(name: str, folder: Path) -> None:
    fault = FAULTS[name]
    data = edited(*fault.edits)
    (folder / "record.json").write_bytes(data)
    english, chinese = run("check", "record.json"), run("check", "record.json", lang="zh")
    assert (english.code, chinese.code) == (1, 1)
    line = next(line for line in english.text.splitlines() if f"[{fault.rule}]" in line)
    assert line.startswith(f"error [{fault.rule}] {fault.place}")
    assert fault.english in line
    line = next(line for line in chinese.text.splitlines() if f"[{fault.rule}]" in line)
    assert line.startswith(f"错误 [{fault.rule}] {fault.place}")
    assert fault.chinese in line
    assert written(folder) == {"record.json": data}


@pytest.mark.parametrize("name", FAULTS)
def test_translate_refuses_it_and_leaves_the_ledger_alone(name: str, folder: Path) -> None:
    fault = FAULTS[name]
    data = edited(*fault.edits)
    (folder / "record.json").write_bytes(data)
    done = run(
        "translate",
        "record.json",
        "--to",
        "pact.footprint",
        "-o",
        "out.json",
        "--ledger",
        "l.json",
        "--residue",
        "r.json",
    )
    assert (done.code, done.out) == (1, b"")
    assert f"error [{fault.rule}] {fault.place}" in done.err
    left = written(folder)
    assert set(left) == {"record.json", "l.json"}
    assert left["record.json"] == data
    ledger = json.loads(left["l.json"])
    assert (ledger["written"], ledger["draft"]) == (False, False)
    assert fault.rule in {item["rule"] for item in ledger["findings"]}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_one_field_is_named_once(name: str, folder: Path) -> None:
    fault = FAULTS[name]
    (folder / "record.json").write_bytes(edited(*fault.edits))
    done = run("check", "record.json", "--report", "json")
    report = json.loads(done.out)
    assert fault.rule in rules()
    same = [
        f for f in report["findings"] if fault.place in (f["origin"], f["path"]) and f["stage"] == "schema"
    ]
    assert [f["rule"] for f in same] in ([], [fault.rule])
    assert report["verdicts"]["purpose"] == "not usable"


def test_a_malformed_figure_breaks_the_schema_too(folder: Path) -> None:
    (folder / "record.json").write_bytes(edited(("/results/total", "1,5")))
    verdicts = json.loads(run("check", "record.json", "--report", "json").out)["verdicts"]
    assert verdicts["schema"] == "invalid"


def test_a_missing_cn_code_is_asked_for_and_never_guessed(folder: Path) -> None:
    (folder / "record.json").write_bytes(edited(("/goods/0/cn8", None)))
    (folder / "importer.json").write_bytes(CONSIGNMENT)
    asked = run(
        "translate",
        "record.json",
        "--with",
        "importer.json",
        "--to",
        "cbam.qreport",
        "-o",
        "out.xml",
        "--ledger",
        "l.json",
    )
    assert asked.code == 1
    assert "[RECORD-CN8-MISSING] /goods/0/cn8" in asked.err
    assert "error [XSD-MISSING-ELEMENT] /goods/0/cn8: " in asked.err
    assert "Ask the importer for the CN code" in asked.err
    assert set(written(folder)) == {"importer.json", "l.json", "record.json"}
    entries = json.loads((folder / "l.json").read_bytes())["entries"]
    targets = [path for entry in entries for path in entry["target"]]
    assert "/ImportedGood/0/CommodityCode/HsCode" in targets
    assert "/ImportedGood/0/CommodityCode/CnCode" not in targets
    zh = run("check", "record.json", lang="zh")
    assert "警告 [RECORD-CN8-MISSING] /goods/0/cn8: 该货物缺少 CN 编码" in zh.text


def test_a_draft_is_written_in_spite_of_errors_and_marked_so(folder: Path) -> None:
    (folder / "record.json").write_bytes(edited(("/producer/uscc", "91620100MAEXAMPL84")))
    drafted = ("translate", "record.json", "--to", "pact.footprint", "-o", "out.json", "--ledger", "l.json")
    assert run(*drafted, "--draft").code == 1
    assert (folder / "out.json").is_file()
    assert json.loads((folder / "l.json").read_bytes())["draft"] is True


def test_a_conflict_between_two_files_names_the_field_and_both_values(folder: Path) -> None:
    (folder / "record.json").write_bytes(edited())
    other = {"format": "cn.pcf@1", "producer": {"uscc": "91310000631696382C"}}
    (folder / "other.json").write_bytes(json.dumps(other).encode())
    done = run("translate", "record.json", "--with", "other.json", "--to", "pact.footprint", "-o", "out.json")
    assert done.code == 1
    line = next(line for line in done.err.splitlines() if "MERGE-CONFLICT" in line)
    assert "/producer/uscc" in line
    assert LOADED["producer"]["uscc"] in line
    assert "91310000631696382C" in line
    assert "out.json" not in written(folder)


def test_hidden_and_control_characters_are_reported_and_never_reach_the_terminal(folder: Path) -> None:
    name = "铝\u202eيم\x1b[31m\u200b"
    (folder / "record.json").write_bytes(edited(("/producer/name/zh", name)))
    checked = run("check", "record.json")
    assert checked.code == 0
    assert "warning [READ-HIDDEN-CHARACTER] /producer/name/zh" in checked.text
    assert "U+001B, U+200B, U+202E" in checked.text
    inspected = run("inspect", "record.json")
    assert "铝\\u202e" in inspected.text
    demanded = run("check", "record.json", "--report", "json")
    for shown in (checked.text, inspected.text):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert json.loads(demanded.out)["findings"][0]["rule"] == "READ-HIDDEN-CHARACTER"
    assert run("translate", "record.json", "--to", "pact.footprint", "-o", "out.json").code == 0
    assert json.loads((folder / "out.json").read_bytes())["companyName"] in (
        name,
        LOADED["producer"]["name"]["en"],
    )


def test_a_key_with_an_escape_sequence_is_shown_escaped(folder: Path) -> None:
    (folder / "record.json").write_bytes(edited(("/producer/\x1b[2J", "x")))
    done = run("check", "record.json")
    assert done.code == 1
    assert "SCHEMA-UNKNOWN" in done.text
    assert "\x1b" not in done.text


def test_the_text_report_puts_errors_first(folder: Path) -> None:
    edits = [("/producer/uscc", "91620100MAEXAMPL84"), ("/goods/0/cn8ConfirmedBy", None)]
    (folder / "record.json").write_bytes(edited(*edits))
    lines = run("check", "record.json").text.splitlines()
    severities = [
        line.split(" ", 1)[0] for line in lines if line.split(" ", 1)[0] in ("error", "warning", "info")
    ]
    assert severities == sorted(severities, key=("error", "warning", "info").index)
    assert severities[0] == "error"


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_record_never_changes_what_becomes_of_the_next_one(name: str, folder: Path) -> None:
    (folder / "good.json").write_bytes(edited())
    (folder / "bad.json").write_bytes(edited(*FAULTS[name].edits))
    before = run("translate", "good.json", "--to", "pact.footprint")
    run("translate", "bad.json", "--to", "pact.footprint")
    assert run("translate", "good.json", "--to", "pact.footprint") == before
    assert before.code == 0
