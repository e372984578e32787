"""``cbamgw explain``: everything known of a rule, and the nearest ids of one that does not exist."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from gateway.check.catalog import rules
from gateway.cli.common import set_language
from gateway.cli.explain import explanation, register


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return app


def test_an_explanation_holds_reason_clause_and_both_examples(app: typer.Typer) -> None:
    set_language("en")
    result = CliRunner().invoke(app, ["explain", "record-uscc"])
    assert result.exit_code == 0
    for words in ("Why:", "Fix:", "GB 32100-2015", "Passes: record.json", "Fails: record.json"):
        assert words in result.stdout


def test_an_explanation_is_given_in_chinese(app: typer.Typer) -> None:
    set_language("zh")
    result = CliRunner().invoke(app, ["explain", "PACT-SUM-EXCLUDING"])
    set_language("en")
    assert "依据" in result.stdout
    assert "条款号待确认" in result.stdout


def test_an_unknown_id_is_wrong_usage_and_names_the_nearest(app: typer.Typer) -> None:
    set_language("en")
    result = CliRunner().invoke(app, ["explain", "RECORD-USC"])
    assert result.exit_code == 2
    assert "RECORD-USCC" in result.stderr


def test_every_rule_can_be_explained_in_both_languages() -> None:
    for rule in rules().values():
        for lang in ("en", "zh"):
            assert rule.id in explanation(rule, lang)
