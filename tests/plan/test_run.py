"""The plan as a program: a secret never stands on its command line."""

from __future__ import annotations

import pytest

from plan import run


def test_a_secret_on_the_command_line_is_not_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run._arguments().parse_args(["--url", "https://h", "--client-id", "c", "--secret", "hunter2"])
    assert "--secret" in capsys.readouterr().err


def test_a_secret_is_the_first_line_of_a_file_or_stands_in_a_variable(tmp_path, monkeypatch) -> None:
    (tmp_path / "s").write_text("from file\nmore\n")
    monkeypatch.setenv("PLAN_SECRET", "from variable")
    assert run._secret(tmp_path / "s", "PLAN_SECRET") == "from file"
    assert run._secret(None, "PLAN_SECRET") == "from variable"
