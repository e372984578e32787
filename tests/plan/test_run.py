"""The plan as a program: a secret never stands on its command line."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from plan import run
from plan.cases import Result, all_cases
from plan.serving import free_port


def test_a_secret_on_the_command_line_is_not_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run._arguments().parse_args(["--url", "https://h", "--client-id", "c", "--secret", "hunter2"])
    assert "--secret" in capsys.readouterr().err


def test_a_secret_is_the_first_line_of_a_file_or_stands_in_a_variable(tmp_path, monkeypatch) -> None:
    (tmp_path / "s").write_text("from file\nmore\n")
    monkeypatch.setenv("PLAN_SECRET", "from variable")
    assert run._secret(tmp_path / "s", "PLAN_SECRET") == "from file"
    assert run._secret(None, "PLAN_SECRET") == "from variable"


def results_of(*outcomes: str) -> list[Result]:
    cases = all_cases()
    return [
        Result(case, "3.0", outcome, "" if outcome == "passed" else "came: \x00 <none>")  # type: ignore[arg-type]
        for case, outcome in zip(cases, outcomes, strict=False)
    ]


def ended(monkeypatch: pytest.MonkeyPatch, found: list[Result], *more: str) -> int:
    monkeypatch.setattr(run, "present", lambda: True)
    monkeypatch.setattr(run, "_run", lambda given, stack: iter(found))
    return run.main(["--url", "https://h", "--client-id", "c", *more])


def test_the_exit_code_says_whether_a_case_failed_and_never_how_many(monkeypatch, capsys) -> None:
    assert ended(monkeypatch, results_of("passed", "not shown")) == 0
    assert ended(monkeypatch, results_of("failed", "failed", "passed")) == 1
    assert capsys.readouterr().out.endswith("1 passed, 2 failed, 0 not shown\n")


def test_a_host_that_cannot_be_reached_is_no_host_that_fails(monkeypatch, capsys) -> None:
    monkeypatch.setattr(run, "present", lambda: True)
    port = free_port()
    assert run.main(["--url", f"https://127.0.0.1:{port}", "--client-id", "c"]) == 3
    assert "cannot be reached" in capsys.readouterr().err


def test_a_secret_file_that_is_not_there_is_said(monkeypatch, capsys, tmp_path) -> None:
    monkeypatch.setattr(run, "present", lambda: True)
    missing = str(tmp_path / "none.txt")
    assert run.main(["--url", "https://h", "--client-id", "c", "--secret-file", missing]) == 3
    assert "none.txt" in capsys.readouterr().err


def test_a_report_of_another_form_is_wrong_usage(capsys) -> None:
    with pytest.raises(SystemExit) as ending:
        run.main(["--url", "https://h", "--client-id", "c", "--report", "r.pdf"])
    assert ending.value.code == 2
    assert ".json, .xml" in capsys.readouterr().err


def test_the_json_report_names_each_case_with_what_was_asked_and_found(monkeypatch, tmp_path) -> None:
    report = tmp_path / "r.json"
    assert ended(monkeypatch, results_of("passed", "failed", "not shown"), "--report", str(report)) == 1
    made = json.loads(report.read_text("utf-8"))
    assert (made["host"], made["counts"]) == ("https://h", {"passed": 1, "failed": 1, "not shown": 1})
    assert "not the official" in made["plan"]
    first, second, _ = made["cases"]
    assert (first["number"], first["level"], first["outcome"]) == ("1", "mandatory", "passed")
    assert second["why"] == "came: \x00 <none>"
    assert second["expected"]


def test_the_junit_report_counts_failures_and_says_why_a_case_was_skipped(monkeypatch, tmp_path) -> None:
    report = tmp_path / "r.xml"
    assert ended(monkeypatch, results_of("passed", "failed", "not shown"), "--report", str(report)) == 1
    suite = ElementTree.parse(report).getroot()[0]
    assert [suite.get(name) for name in ("name", "tests", "failures", "skipped")] == [
        "PACT 3.0",
        "3",
        "1",
        "1",
    ]
    assert [[child.tag for child in case] for case in suite] == [[], ["failure"], ["skipped"]]
    assert suite[2][0].get("message") == "came: \ufffd <none>"
