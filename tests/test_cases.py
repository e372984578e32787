"""The cases of conformance/cases: each rule has twins, and each twin is judged as it says."""

from __future__ import annotations

import pytest

from gateway.check import suite
from gateway.check.catalog import message, rules
from gateway.check.leaf_types import check_leaf_types
from gateway.check.rules import check_rules
from gateway.check.suite import DOCUMENTS, Case, apply, cases, judge, lint, read_base, run


def test_the_linter_finds_nothing_wrong_with_the_cases() -> None:
    assert lint() == []


def test_every_rule_on_a_document_has_a_passing_and_a_failing_twin() -> None:
    for verdict in ("pass", "fail"):
        assert suite.tested_rules() <= {c.rule for c in cases() if c.verdict == verdict}


@pytest.mark.parametrize("base", DOCUMENTS)
def test_a_base_document_is_clean(base: str) -> None:
    profile = "gbt24067" if base == "record.json" else None
    assert judge(read_base(base), DOCUMENTS[base], profile) == []


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_case_finds_exactly_what_it_expects(case: Case) -> None:
    outcome = run(case)
    assert outcome.found == case.expected


@pytest.mark.parametrize("case", [c for c in cases() if c.verdict == "fail"], ids=lambda case: case.rule)
def test_a_failing_twin_fails_for_its_rule_and_for_few_others(case: Case) -> None:
    assert case.rule in case.expected
    assert len(case.expected) <= 2


@pytest.mark.parametrize("case", [c for c in cases() if c.verdict == "fail"], ids=lambda case: case.rule)
def test_a_message_has_a_value_for_every_placeholder(case: Case) -> None:
    tree = apply(read_base(case.base), case.edits)
    found = check_rules(tree, case.document, case.profile)
    if case.document == "canonical":
        found += check_leaf_types(tree)
    for item in found:
        for lang in ("en", "zh"):
            assert "?" not in message(item, lang), message(item, lang)
            assert "{" not in message(item, lang)


def test_messages_of_rules_stand_in_both_languages() -> None:
    for rule in rules().values():
        for text in (rule.zh.what, rule.zh.why):
            assert any("\u4e00" <= character <= "\u9fff" for character in text), rule.id
        assert not any("\u4e00" <= character <= "\u9fff" for character in rule.en.what), rule.id
