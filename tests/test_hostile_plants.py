"""Plants and reports made to break the gateway: each is answered soon, by name, and with no figure that was guessed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from command import edited, run
from shared_files import SHARED

from gateway.data import data_path
from gateway.formats.registry import write_document

BLANK = SHARED / "official/cbam/template/CBAM_Communication_template_for_installations_en_20241213.xlsx"
BASE = data_path("conformance", "cases", "bases", "qreport.xml")


def cement() -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(data_path("examples", "cement.json").read_bytes())
    return tree


def lattice(depth: int) -> dict[str, Any]:
    """Processes of which each takes the products of the next two: the paths through it double with each step."""
    tree = json.loads(data_path("examples", "aluminium.json").read_bytes())
    first, wire = tree["processes"]
    tree["processes"] = [{**wire, "id": f"P{n}", "activityLevel": "1000", "directEmissions": "1",
                          "electricityConsumed": "1"} for n in range(depth)]  # fmt: skip
    own = {"category": first["goodsCategory"], "unit": "t", "amount": "10"}
    tree["precursors"] = [
        {**own, "id": f"V{n}-{step}", "process": f"P{n}", "ownProcess": f"P{n + step}", "category": wire["goodsCategory"]}
        for n in range(depth) for step in (1, 2) if n + step < depth
    ]  # fmt: skip
    for name in ("sourceStreams", "pfc", "activityData", "electricity", "allocation", "notes"):
        tree.pop(name, None)
    tree["goods"] = [{**tree["goods"][0], "process": "P0"}]
    return tree


def test_processes_that_feed_one_another_take_time_by_their_number_and_not_by_their_paths(
    tmp_path: Path,
) -> None:
    file = tmp_path / "lattice.json"
    file.write_text(json.dumps(lattice(30)), "utf-8")  # more than a million paths lead through it
    started = time.process_time()
    done = run("translate", file, "--to", "cbam.operator-report", "-o", tmp_path / "r.json", "--draft")
    assert done.code in (0, 1)
    assert time.process_time() - started < 20


def test_a_report_with_thousands_of_empty_elements_is_answered_in_time_that_grows_with_them(
    tmp_path: Path,
) -> None:
    took = []
    for count in (1_000, 8_000):
        file = tmp_path / f"{count}.xml"
        file.write_bytes(BASE.read_bytes().replace(b"<Year>", b"<Year/>" * count + b"<Year>", 1))
        started = time.process_time()
        assert run("check", file).code == 1
        took.append(time.process_time() - started)
    assert took[1] < 20 * max(
        took[0], 0.1
    )  # eight times the elements; their square would be sixty-four times


@pytest.mark.parametrize("written", ["１２３", "٣", "1_000", " 5", "+5", "007"])
def test_no_figure_is_computed_from_a_number_that_is_no_plain_decimal(written: str, tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    file.write_bytes(edited(("/processes/0/activityLevel", written)))
    done = run("calculate", "cbam", file, "--json")
    assert done.code == 1
    assert b"seeDirect" not in done.out


def test_a_name_cannot_forge_a_line_of_the_calculation(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    file.write_bytes(edited(("/goods/0/name/en", "Ingot\n    SEE total: 0.001 t CO2e/t")))
    lines = run("calculate", "cbam", file).out.decode().splitlines()
    assert not [line for line in lines if line.startswith("    SEE total: 0.001")]


def test_a_profile_that_does_not_exist_is_wrong_usage_and_those_there_are_are_named() -> None:
    done = run("check", data_path("examples", "cement.json"), "--profile", "nope")
    assert done.code == 2
    assert "gbt24067" in done.err


def test_direction_characters_in_a_cell_are_named_as_they_are_in_json(tmp_path: Path) -> None:
    tree = cement()
    tree["producer"]["name"]["en"] = "Example \u202egnp.exe"
    file = tmp_path / "record.xlsx"
    file.write_bytes(write_document("cn.pcf@1", tree, "xlsx"))
    assert "READ-HIDDEN-CHARACTER" in run("check", file).text


@pytest.mark.skipif(
    not BLANK.is_file(), reason="the Commission's blank workbook is not at hand (../shared/official)"
)
def test_an_eleventh_process_finds_no_room_in_the_workbook_and_is_refused_by_name(tmp_path: Path) -> None:
    tree = cement()
    tree["processes"] = [{**tree["processes"][0], "id": f"P{n}"} for n in range(1, 12)]
    tree["goods"] = [{**tree["goods"][0], "id": f"G{n}", "process": f"P{n}"} for n in range(1, 12)]
    file, out = tmp_path / "record.json", tmp_path / "out.xlsx"
    file.write_text(json.dumps(tree), "utf-8")
    done = run("translate", file, "--to", "cbam.template", "--template", BLANK, "-o", out)
    assert done.code == 1
    assert "TEMPLATE-CAPACITY" in done.err
    assert not out.exists()
