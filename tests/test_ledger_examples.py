"""Every leaf of every example is in the ledger of every target, also where the document is refused."""

from __future__ import annotations

import pytest
from trips import BASE_URL, CBAM, ISO, PACT, check_ledger

from gateway.cli.translate import summary_line
from gateway.data import data_path
from gateway.formats.leaves import text_map
from gateway.formats.registry import read_document
from gateway.route import Wish, translate

EXAMPLES = ["aluminium", "ammonia", "cement", "clinker", "steel"]
REFUSED = {"ammonia", "clinker"}
"""Inventories without installation data and without half of what a report asks for."""
SHIPPED = {"aluminium", "steel"}
"""Those that have the goods which the consignment names; the others name none of its lots, and are refused."""


CASES = [(name, target, False) for name in EXAMPLES for target in (PACT, ISO, CBAM)]


@pytest.mark.parametrize(
    ("name", "target", "with_consignment"), [*CASES, *((n, CBAM, True) for n in EXAMPLES)]
)
def test_both_set_equalities_hold_for_every_example(
    name: str, target: str, with_consignment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBAMGW_LANG", "en")
    read = lambda file: read_document(data_path("examples", f"{file}.json").read_bytes())  # noqa: E731
    others = [read("aluminium-consignment")] if with_consignment else []
    journey = translate(read(name), Wish(target, base_url=BASE_URL), others)
    check_ledger(journey)
    ledger = journey.ledger
    assert ledger is not None
    sources = text_map(journey.source.tree)
    assert ledger.source_leaves == len(sources) > 100
    assert f"{len(sources)} source leaves, {ledger.target_leaves} target leaves:" in summary_line(journey)
    conforming = with_consignment and name in SHIPPED if target == CBAM else name not in REFUSED
    assert journey.conforms is conforming, [f.rule for f in journey.findings if f.severity == "error"]


@pytest.mark.parametrize("target", [PACT, ISO, CBAM])
def test_a_document_that_breaks_every_rule_is_accounted_for_too(target: str) -> None:
    """Empty groups, nulls, unknown fields, wrong types: each is a leaf, and each is called lost."""
    tree = b"""{"format": "cn.pcf@1", "unknown": {"a/b": [1, {"~": null}], "e": {}}, "goods": [], "unit": {"amount": "x"},
      "results": {"total": "1,5", "byGas": [null, {}, {"gas": "X"}]}, "record": "text", "time": [{"periodStart": 1}],
      "consignments": [{"lots": [{"goods": "nowhere"}, {}]}, {"item": "2"}], "producer": {"name": {"en": ""}}}"""
    journey = translate(read_document(tree), Wish(target, draft=True, base_url=BASE_URL))
    assert not journey.conforms
    check_ledger(journey)
