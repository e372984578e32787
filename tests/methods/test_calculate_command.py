"""What ``cbamgw calculate cbam`` shows: figures with unit, basis and equation; and the same for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from plants import ALUMINIUM, CEMENT, STEEL, Tree, edited, record_of
from typer.testing import CliRunner

from gateway.cli.calculate import register, to_json, to_text
from gateway.methods.cbam_transitional import calculate

route = pytest.importorskip("gateway.route")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """The verb alone; a file holds the canonical tree itself."""

    def read_record(name: str) -> tuple[object, list[object]]:
        return record_of(json.loads(Path(name).read_text("utf-8"))), []

    monkeypatch.setattr(route, "read_record", read_record, raising=False)
    made = typer.Typer()
    register(made)
    made.callback()(lambda: None)
    return made


def written(folder: Path, tree: Tree) -> str:
    path = folder / "record.json"
    path.write_text(json.dumps(tree), "utf-8")
    return str(path)


def test_the_text_shows_each_equation_with_numbers_unit_and_clause() -> None:
    text = to_text(calculate(record_of(ALUMINIUM)))
    assert "76051900  Alu products Example name B  (process P2)" in text
    assert "P2:SEEDir = (AttrEmDir + EEDir) / AL" in text
    assert "= (5283 + 186600) / 113000" in text
    assert "1.698079646017699115044247788 t CO2e/t    [EU-2023-1773:annex-III-F (to confirm)]" in text


@pytest.mark.parametrize(("lang", "words"), [("en", "not of clinker"), ("zh", "而非每吨熟料")])
def test_cement_is_said_to_be_per_tonne_of_cement(lang: str, words: str) -> None:
    assert words in to_text(calculate(record_of(CEMENT)), lang)


def test_control_characters_of_a_record_do_not_reach_the_terminal() -> None:
    name = {"/goods/0/name": {"en": "\x1b[31mred"}}
    text = to_text(calculate(record_of(CEMENT, name)))
    assert "\x1b" not in text
    assert "\\u001b[31mred" in text


def test_the_json_names_basis_and_figures_as_text() -> None:
    result = calculate(record_of(STEEL))
    tree = to_json(result, list(result.findings))
    assert "per tonne of product" in tree["basis"]
    assert tree["goods"][0]["seeIndirect"]["value"].startswith("0.2035539825")
    assert tree["goods"][0]["seeDirect"]["unit"] == "t CO2e/t"


def test_a_complete_record_exits_0_and_writes_the_trace(app: typer.Typer, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    file = written(tmp_path, ALUMINIUM)
    done = CliRunner().invoke(app, ["calculate", "cbam", file, "--trace", str(trace), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["goods"][1]["cn8"] == "76051900"
    assert json.loads(trace.read_text("utf-8"))["method"] == "cbam.transitional@2023-1773"


def test_an_incomplete_record_exits_1_and_says_why(app: typer.Typer, tmp_path: Path) -> None:
    file = written(tmp_path, edited(ALUMINIUM, {"/processes/1/directEmissions": None}))
    done = CliRunner().invoke(app, ["calculate", "cbam", file])
    assert done.exit_code == 1
    assert "METHOD-DIRECT-EMISSIONS-MISSING" in done.output
    assert "76011010" in done.stdout
