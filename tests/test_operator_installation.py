"""A record of several installations: the operator's report is about the one that is named."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from command import run
from operators import SUMMARY, Tree, complete, entries, made, rules_of, said

from gateway.formats.leaves import leaves
from gateway.formats.registry import read_document
from gateway.route import Wish, translate


def two_sites() -> Tree:
    """The complete aluminium record: S1 casts, S2 draws wire of what S1 cast."""
    tree = complete()
    first = tree["installations"][0]
    second = {**copy.deepcopy(first), "id": "S2", "name": {"zh": "乙厂", "en": "Wire works"}}
    second.pop("directEmissions", None)
    tree["installations"].append(second)
    for row in tree["processes"]:
        row["installation"] = "S1" if row["id"] == "P1" else "S2"
    for name in ("sourceStreams", "energyUnits"):
        for row in tree.get(name, ()):
            row["installation"] = "S1"
    return tree


@pytest.mark.parametrize("to", ["cbam.operator-summary", "cbam.operator-report"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_a_choice_the_report_is_refused_and_the_option_is_named(
    to: str, lang: str, tmp_path: Path
) -> None:
    record = tmp_path / "record.json"
    record.write_text(json.dumps(two_sites(), ensure_ascii=False), encoding="utf-8")
    done = run("--lang", lang, "translate", record, "--to", to)
    assert done.code == 1
    assert "OPERATOR-ONE-INSTALLATION" in done.err
    assert "--installation" in done.err


def about(tree: Tree, number: str) -> set[str]:
    """What the entries of a point speak of."""
    return {entry["subject"] for point, entry in entries(tree) if point == number}


def test_each_installation_has_a_report_of_its_own_processes_and_goods() -> None:
    first = made(two_sites(), installation="S1").lowered.tree
    second = made(two_sites(), installation="S2").lowered.tree
    assert said(first, "2(a)", "S1")
    assert said(second, "2(a)", "S2") == "Wire works"
    assert (about(first, "3-1"), about(second, "3-1")) == ({"P1"}, {"P2"})
    assert (about(first, "4(a)"), about(second, "4(a)")) == ({"G1"}, {"G2"})
    assert said(first, "4(a)", "G1") == "1.555"
    assert said(second, "4(a)", "G2") == said(made(complete()).lowered.tree, "4(a)", "G2")


def test_what_the_other_installation_made_is_a_precursor_from_elsewhere() -> None:
    second = made(two_sites(), installation="S2").lowered.tree
    origin = [e["state"] for n, e in entries(second) if n.startswith("16")]
    assert "missing" in origin, "the origin of a precursor from elsewhere is asked for"
    alone = made(complete()).lowered.tree
    assert {e["state"] for n, e in entries(alone) if n.startswith("16")} == {"notApplicable"}


def test_what_the_report_of_one_does_not_say_stays_in_the_ledger() -> None:
    journey = made(two_sites(), installation="S2")
    assert journey.ledger is not None
    accounted = {path for entry in journey.ledger.entries for path in entry.source}
    assert accounted == {path for path, _ in leaves(journey.source.tree)}


def test_an_installation_that_the_record_does_not_have_is_refused_with_those_it_has() -> None:
    journey = made(two_sites(), installation="S9")
    (found,) = rules_of(journey, "OPERATOR-INSTALLATION-UNKNOWN")
    assert not journey.conforms
    assert found.values == {"named": "S9", "names": "S1, S2"}


def test_a_process_of_no_installation_belongs_to_no_report_and_is_named() -> None:
    tree = two_sites()
    del tree["processes"][1]["installation"]
    journey = made(tree, installation="S1")
    assert not journey.conforms
    assert "/processes/1/installation" in {item.path for item in rules_of(journey, "OPERATOR-NOT-PLACED")}


def test_one_installation_may_be_named_too() -> None:
    assert made(complete(), installation="S1").data == made(complete()).data


def test_the_command_chooses_and_refuses_where_there_is_nothing_to_choose(tmp_path: Path) -> None:
    record, out = tmp_path / "record.json", tmp_path / "summary.json"
    record.write_text(json.dumps(two_sites(), ensure_ascii=False), encoding="utf-8")
    ledger = tmp_path / "ledger.json"
    done = run("translate", record, "--to", "cbam.operator-summary", "--installation", "S1", "-o", out,
               "--ledger", ledger)  # fmt: skip
    assert done.code == 0, done.err
    assert said(json.loads(out.read_bytes()), "4(a)", "G1") == "1.555"
    assert json.loads(ledger.read_bytes())["route"]["installation"] == "S1"
    done = run("translate", record, "--to", "pact.footprint", "--installation", "S1")
    assert done.code == 2
    assert "--installation" in done.err


def test_a_report_of_one_of_two_comes_home_with_its_residue(tmp_path: Path) -> None:
    tree = two_sites()
    source = translate(
        read_document(json.dumps(tree).encode()), Wish(SUMMARY, keep_residue=True, installation="S1")
    )
    home = translate(read_document(source.data), Wish("cn.pcf@1", installation="S1"), [], source.kept)
    assert dict(leaves(home.lowered.tree)) == dict(leaves(tree))
