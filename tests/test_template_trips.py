"""Records into the Commission's workbook and home again, and the Commission's examples the other way round."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import run
from template_files import BLANK, EXAMPLES, at_hand, example, filled, keyed, record

from gateway.data import data_path
from gateway.formats.leaves import at, leaves
from gateway.formats.registry import read_document
from gateway.model.finding import errors
from gateway.route import Wish, translate


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_official_example_goes_to_a_record_and_back_into_the_same_cells(name: str) -> None:
    out = translate(read_document(example(name)), Wish("cn.pcf@1"))
    home = filled(out.lowered.tree)
    assert home.conforms, [f"{i.rule} {i.path}" for i in errors(home.findings)]
    before, after = read_document(example(name)).tree, home.lowered.tree
    same = ("period", "installations", "heat", "wasteGas", "streams", "pfc")
    assert {k: spelt(before.get(k)) for k in same} == {k: spelt(after.get(k)) for k in same}
    for one, other in zip(before["processes"], after["processes"], strict=True):
        inputs = (
            "name",
            "category",
            "includes",
            "route",
            "activityLevel",
            "directEmissions",
            "electricity",
            "market",
        )
        assert {k: one.get(k) for k in inputs} == {k: other.get(k) for k in inputs}
    results = {
        path: v for path, v in keyed(before).items() if path.startswith("/goods/") and "/results/" not in path
    }
    assert results == {path: v for path, v in keyed(after).items() if path.startswith("/goods/")}


def spelt(value: Any) -> Any:
    """A tree without what people write beside a code: spaces in a UN/LOCODE, degree signs."""
    if isinstance(value, dict):
        return {k: spelt(v) for k, v in value.items() if k != "id"}
    if isinstance(value, list):
        return [spelt(element) for element in value]
    return value.replace("°", "").replace(" ", "") if isinstance(value, str) else value


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_record_comes_home_with_what_the_table_carries(name: str) -> None:
    before = record(name)
    after = translate(read_document(filled(before).data), Wish("cn.pcf@1")).lowered.tree
    for path in ("/time/periodStart", "/installations/0/name/en", "/installations/0/address/country",
                 "/processes/0/activityLevel", "/processes/0/directEmissions", "/processes/0/electricityFactor",
                 "/goods/0/cn8", "/sourceStreams/0/amount", "/sourceStreams/0/name"):  # fmt: skip
        assert at(after, path) == at(before, path), path
    stated = {p["id"]: p["value"] for p in before["goods"][0]["parameters"]}
    assert {p["id"]: p["value"] for p in after["goods"][0]["parameters"]} == stated


def test_with_the_residue_a_record_comes_home_whole(tmp_path: Path) -> None:
    start, out = data_path("examples", "aluminium.json"), tmp_path / "filled.xlsx"
    residue, home = tmp_path / "residue.json", tmp_path / "home.json"
    done = run("translate", start, "--to", "cbam.template", "--template", at_hand(BLANK), "-o", out,
               "--residue", residue)  # fmt: skip
    assert done.code == 0, done.err
    back = run("translate", out, "--to", "cn.pcf", "--residue", residue, "-o", home)
    assert back.code == 0, back.err
    assert dict(leaves(json.loads(home.read_bytes()))) == dict(leaves(record("aluminium")))
