"""What the command says: once, in one language, and only of what was asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import run
from shared_files import SHARED

from gateway.check.report import describe_all
from gateway.data import data_path
from gateway.model.finding import finding

DIRTY = SHARED / "samples" / "cbam" / "qreport-2023-commission-sample-invalid.xml"
EXAMPLE = data_path("examples", "aluminium.json")


# --- findings that are the same ---------------------------------------------------------------------------


def test_findings_that_differ_in_the_index_alone_are_told_once_with_their_number() -> None:
    found = [
        finding("QREPORT-PARAMETER-OLD", f"/ImportedGood/{n}/Parameter", severity="warning", value="EQP08")
        for n in range(1000)
    ]
    (told,) = describe_all(found, "en")
    assert told.startswith("warning [QREPORT-PARAMETER-OLD] /ImportedGood/0/Parameter:")
    assert "997 more" not in told
    assert "999 more places, such as /ImportedGood/1/Parameter, /ImportedGood/2/Parameter" in told
    (chinese,) = describe_all(found, "zh")
    assert "另有 999 处相同" in chinese


def test_a_few_findings_or_other_words_or_other_fields_are_told_one_by_one() -> None:
    three = [finding("QREPORT-PARAMETER-OLD", f"/a/{n}", severity="warning", value="X") for n in range(3)]
    assert len(describe_all(three, "en")) == 3
    words = [finding("QREPORT-PARAMETER-OLD", f"/a/{n}", severity="warning", value=str(n)) for n in range(9)]
    assert len(describe_all(words, "en")) == 9
    fields = [finding("QREPORT-PARAMETER-OLD", f"/{n}x", severity="warning", value="X") for n in range(9)]
    assert len(describe_all(fields, "en")) == 9


def test_a_repaired_draft_of_a_report_names_each_fault_once(tmp_path: Path) -> None:
    if not DIRTY.is_file():
        pytest.skip("the Commission's sample is not at hand")
    ledger = tmp_path / "ledger.json"
    done = run("translate", DIRTY, "--to", "cbam.qreport@23.00", "--repair", "--draft", "-o",
               tmp_path / "out.xml", "--ledger", ledger)  # fmt: skip
    assert done.code == 1
    found = json.loads(ledger.read_bytes())["findings"]
    said = [(i["rule"], i["origin"] or i["path"], i["message"]["en"]) for i in found]
    assert len(said) == len(set(said))
    assert sum(rule == "QREPORT-PARAMETER-OLD" for rule, *_ in said) == 9, "none is lost in the file"
    lines = [line for line in done.err.splitlines() if "[QREPORT-" in line]
    assert len(lines) == len(set(lines))


# --- what was typed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "name"),
    [("pact.footprint", "out.xlsx"), ("cbam.operator-summary", "out.xml"), ("cn.pcf", "out.xml"),
     ("iso14067.report", "out.csv"), ("cbam.template", "out.json")],
)  # fmt: skip
def test_a_suffix_that_the_target_does_not_have_is_refused(target: str, name: str, tmp_path: Path) -> None:
    done = run("translate", EXAMPLE, "--to", target, "-o", tmp_path / name)
    assert done.code == 2
    assert name.rpartition(".")[2] in done.err
    assert not (tmp_path / name).exists()


def test_a_suffix_of_the_target_or_none_at_all_is_as_good_as_ever(tmp_path: Path) -> None:
    for name in ("out.json", "out", "out.2026", "out.xlsx"):
        assert run("translate", EXAMPLE, "--to", "cn.pcf", "-o", tmp_path / name).code == 0


def test_inputs_of_an_equation_are_missing_unknown_or_no_figure_each_under_its_name() -> None:
    done = run("calculate", "equation", "oxidation-factor", "Cash=1,2", "Cgas=3")
    assert done.code == 1
    assert "missing: Ctotal" in done.err
    assert "unknown: Cgas" in done.err
    assert "not a plain decimal: Cash = 1,2" in done.err
    chinese = run("--lang", "zh", "calculate", "equation", "oxidation-factor", "Cash=1")
    assert "缺少：Ctotal" in chinese.err
    assert "未知" not in chinese.err
    twice = run("calculate", "equation", "oxidation-factor", "Cash=1", "Cash=2", "Ctotal=9")
    assert twice.code == 2
    assert "Cash" in twice.err


CERTIFICATES = (
    "calculate",
    "certificates",
    "--cn",
    "72081000",
    "--mass",
    "1000",
    "--see",
    "2.1",
    "--year",
    "2026",
)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--no-precursors", "--precursor", "72071210:1.05:route=C"), "--no-precursors"),
        (("--no-precursors", "--quarter", "Q9"), "--quarter"),
        (("--no-precursors", "--quarter", "Q9", "--price", "75"), "--quarter"),
        (("--no-precursors", "--quarter", "Q1", "--price", "75"), "--quarter"),
        (("--no-precursors", "--route", "Z"), "--route"),
    ],
)
def test_arguments_that_contradict_each_other_or_do_not_exist_are_refused(
    more: tuple[str, ...], named: str
) -> None:
    done = run(*CERTIFICATES, *more)
    assert done.code == 2, done.err
    assert named in done.err


@pytest.mark.parametrize("year", ["99999999999", "0", "-5", "2101"])
@pytest.mark.parametrize("verb", [("lookup", "default", "72081000", "--country", "CN"), CERTIFICATES[:-2]])
def test_a_year_that_no_import_has_is_wrong_usage(verb: tuple[str, ...], year: str) -> None:
    done = run(*verb, "--year", year)
    assert done.code == 2
    assert "--year" in done.err


# --- in Chinese too ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("frob",), "没有“frob”这个命令"),
        (("translate",), "缺少参数"),
        (("translate", "x.json"), "缺少选项"),
        (("translate", "x.json", "--frob"), "没有“--frob”这个选项"),
        (("translate", "x.json", "--to"), "选项“--to”需要填写一个值"),
        (("lookup", "default", "72081000", "--year", "abc"), "应为整数"),
        (("translate", "x", "y", "z", "--to", "cn.pcf"), "多余的参数"),
        (("--frob",), "没有“--frob”这个选项"),
    ],
)
def test_wrong_usage_is_told_in_the_language_of_the_user(words: tuple[str, ...], said: str) -> None:
    done = run(*words, lang="zh")
    assert done.code == 2
    assert said in done.err
    assert "用法：cbamgw" in done.err or "--to" in words[-1]
    assert "Error:" not in done.err
    assert "Usage:" not in done.err
    english = run("--lang", "en", *words)
    assert english.code == 2
    assert "Error:" in english.err


@pytest.mark.parametrize(
    "words",
    [
        ("check", EXAMPLE, "--report", "sarif"),
        ("calculate", "threshold"),
        ("calculate", "threshold", "--import", "72081000:1"),
        ("calculate", "threshold", "--import", "72081000", "--year", "2026"),
        ("lookup", "cn"),
        ("lookup", "cn", "72x"),
        ("lookup", "default", "72081000", "--country", "CN", "--year", "2026", "--on", "soon"),
        ("new", "cn-pcf", "-o", "record.pdf"),
        (*CERTIFICATES, "--country", "CN"),
        (*CERTIFICATES, "--see-unit", "kg"),
        (*CERTIFICATES, "--content", "a"),
        (*CERTIFICATES, "--precursor", "72071210"),
        ("translate", EXAMPLE, "--to", "cn.pcf", "--sign", "k.key"),
        ("translate", EXAMPLE, "--to", "cn.pcf", "--repair"),
        ("translate", EXAMPLE, "--to", "pact.footprint", "--installation", "S1"),
        ("translate", "many.jsonl", "--to", "pact.footprint", "--draft"),
    ],
    ids=lambda words: " ".join(str(word).rpartition("/")[2] for word in words),
)
def test_what_the_verbs_say_of_an_option_is_chinese_too(words: tuple[str | Path, ...]) -> None:
    done = run(*words, lang="zh")
    assert done.code == 2
    reason = done.err.rpartition("错误：")[2]
    assert any("\u4e00" <= sign <= "\u9fff" for sign in reason.partition("无效：")[2] or reason), reason
