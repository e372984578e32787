"""The register of clauses: every key that a rule or a table cites resolves, and says what was not read."""

from __future__ import annotations

import re

import pytest

from gateway.check.catalog import rules
from gateway.check.sources import UnknownClause, clause, clause_title
from gateway.data import data_path


def cited() -> set[str]:
    files = [*data_path("mappings").glob("*.toml"), *data_path("conformance").rglob("*.toml")]
    texts = [f.read_text(encoding="utf-8") for f in files if f.name != "sources.toml"]
    return {key for text in texts for key in re.findall(r'\bclause\s*=\s*"([^"]+)"', text)}


def test_every_clause_that_a_rule_or_a_table_cites_is_registered() -> None:
    for key in sorted(cited() | {rule.clause for rule in rules().values()}):
        assert clause_title(key, "en")
        assert clause_title(key, "zh")


def test_a_text_that_was_not_read_is_said_not_to_have_been() -> None:
    assert "text not consulted" in clause_title("EU-2023-1773:annex-IV", "en")
    assert "未查阅原文" in clause_title("EU-2023-1773:annex-IV", "zh")
    assert "not consulted" not in clause_title("EU-2025-2547:article-4", "en")


def test_a_clause_without_a_row_keeps_its_own_text() -> None:
    assert clause("EU-2025-2547:annex-II eq. 55").en == "annex-II eq. 55"


def test_an_unknown_standard_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(UnknownClause, match="EU-2025-2547"):
        clause_title("EU-2025-2574:4", "en")
