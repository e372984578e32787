"""Records made up at random become operator's reports and come home as the same text; nothing raises."""

from __future__ import annotations

import os

import pytest
from operators import REPORT, SUMMARY, made
from records import record_of

from gateway.formats.leaves import leaves, text_map
from gateway.formats.registry import read_document
from gateway.route import Wish, translate

SEEDS = 200 if os.environ.get("CBAMGW_FULL") else 16


@pytest.mark.parametrize("to", [SUMMARY, REPORT], ids=["summary", "report"])
def test_records_made_up_at_random_go_out_with_a_whole_ledger_and_come_home_as_they_were(to: str) -> None:
    went = 0
    for seed in range(SEEDS):
        out = made(record_of(seed), to, keep_residue=True, draft=True)
        assert out.ledger is not None
        assert {p for e in out.ledger.entries for p in e.source} == {p for p, _ in leaves(out.source.tree)}
        if "items" not in out.lowered.tree:  # no process: the method has said so
            continue
        went += 1
        assert made(record_of(seed), to, draft=True, syntax="html").data.startswith(b"<!doctype html>")
        home = translate(read_document(out.data), Wish("cn.pcf@1"), residue=out.kept)
        assert text_map(home.lowered.tree) == text_map(record_of(seed)), seed
    assert went >= SEEDS // 4
