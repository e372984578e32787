"""The filled workbook, computed by LibreOffice: its summary for the importer shows our figures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from template_files import EXAMPLES, example
from test_template_fill import filled, purchased, record

from gateway.formats.leaves import at
from gateway.formats.registry import read_document
from gateway.methods.cbam_transitional import calculate
from gateway.model.finding import errors
from gateway.model.record import Record
from gateway.route import Wish, check, translate

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
pytestmark = pytest.mark.skipif(OFFICE is None, reason="LibreOffice (soffice) is not installed")
ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>
"""
"""A profile of its own in which LibreOffice computes every workbook that it opens."""


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profile")
    (folder / "user").mkdir()
    (folder / "user" / "registrymodifications.xcu").write_text(ALWAYS, "utf-8")
    return folder


def computed(data: bytes, profile: Path, folder: Path) -> dict[str, Any]:
    """The tree of a workbook after LibreOffice has computed and saved it."""
    (folder / "filled.xlsx").write_bytes(data)
    assert OFFICE is not None
    subprocess.run(
        [OFFICE, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx",
         "--outdir", str(folder / "out"), str(folder / "filled.xlsx")],
        check=True, capture_output=True, timeout=240, env={**os.environ, "HOME": str(profile)},
    )  # fmt: skip
    document = read_document((folder / "out" / "filled.xlsx").read_bytes())
    assert [item.rule for item in errors(check(document))] == []  # its results are those of its inputs
    return document.tree


def same_figures(tree: dict[str, Any], source: dict[str, Any]) -> int:
    """How many figures of the workbook were compared with those that our method gives for the record."""
    own, compared = calculate(Record.model_validate(source)), 0
    for index, good in enumerate(own.goods):
        shown = at(tree, f"/goods/{index}/results")
        assert shown["unit"] == "tCO2e/t"
        for name, figure in (("seeDirect", good.see_direct), ("seeIndirect", good.see_indirect)):
            assert abs(Decimal(shown[name]) - figure.value) < Decimal("1E-9")
            compared += 1
    return compared


@pytest.mark.parametrize(("name", "goods"), [("aluminium", 2), ("steel", 4), ("cement", 1)])
def test_a_filled_workbook_shows_our_figures(name: str, goods: int, profile: Path, tmp_path: Path) -> None:
    tree = computed(filled(record(name)).data, profile, tmp_path)
    assert same_figures(tree, record(name)) == 2 * goods


def test_a_workbook_with_purchased_precursors_shows_our_figures(profile: Path, tmp_path: Path) -> None:
    tree = computed(filled(purchased()).data, profile, tmp_path)
    assert same_figures(tree, purchased()) == 8


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_official_example_written_anew_shows_the_commissions_figures(
    name: str, profile: Path, tmp_path: Path
) -> None:
    official = read_document(example(name))
    home = translate(official, Wish("cn.pcf@1"))
    tree = computed(filled(json.loads(home.data)).data, profile, tmp_path)
    for before, after in zip(official.tree["goods"], tree["goods"], strict=True):
        for figure in ("seeDirect", "seeIndirect", "seeTotal", "embeddedElectricity"):
            assert abs(Decimal(after["results"][figure]) - Decimal(before["results"][figure])) < Decimal(
                "1E-9"
            )
