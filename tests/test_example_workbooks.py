"""The example workbooks hold the records of the JSON files beside them, cell for cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.formats.json_reader import read_json
from gateway.formats.leaves import leaf_list, leaf_map
from gateway.formats.registry import read_document
from gateway.route import check

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.mark.parametrize("name", ["aluminium", "steel"])
def test_a_workbook_reads_back_to_the_record_of_its_json(name: str) -> None:
    document = read_document((EXAMPLES / f"{name}.xlsx").read_bytes())
    record = read_json((EXAMPLES / f"{name}.json").read_bytes())
    assert document.format_id == "cn.pcf@1"
    assert leaf_map(document.tree) == leaf_map(record)


@pytest.mark.parametrize("name", ["aluminium", "steel"])
def test_a_workbook_is_checked_without_findings(name: str) -> None:
    document = read_document((EXAMPLES / f"{name}.xlsx").read_bytes())
    assert [item.rule for item in check(document)] == []


@pytest.mark.parametrize("name", ["aluminium", "steel"])
def test_every_leaf_of_a_workbook_knows_its_cell(name: str) -> None:
    document = read_document((EXAMPLES / f"{name}.xlsx").read_bytes())
    # the format itself stands in no cell: the reader states it
    missing = {path for path, _ in leaf_list(document.tree)} - set(document.places) - {"/format"}
    assert missing == set()
