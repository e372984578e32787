"""What ``cbamgw calculate cbam`` shows: figures with unit, basis and equation; and the same for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from plants import ALUMINIUM, CEMENT, STEEL, Tree, edited, record_of
from typer.testing import CliRunner
from works import CEMENT_WORKS, FERTILISER_WORKS, ROLLING_MILL

from gateway.cli.calculate import register, to_json, to_text
from gateway.methods import cbam_definitive
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


# --- two methods -----------------------------------------------------------------------------------------


def test_both_methods_are_shown_each_under_its_own_name_and_basis(app: typer.Typer, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["calculate", "cbam", written(tmp_path, CEMENT_WORKS)])
    assert done.exit_code == 0, done.output
    first, second = done.stdout.split("Method: cbam.definitive@2025-2547")
    assert first.startswith("Method: cbam.transitional@2023-1773")
    assert "SEE direct: 0.6934 t CO2e/t  [P2:SEEDir]" in first
    assert "CO2e/t clinker" not in first
    assert "SEE direct: 0.86675 t CO2e/t clinker  [P2:SEEDir]" in second
    assert "per tonne of clinker contained" in second


def test_the_json_keeps_the_transitional_keys_and_adds_the_definitive_beside_them(
    app: typer.Typer, tmp_path: Path
) -> None:
    file = written(tmp_path, CEMENT_WORKS)
    done = CliRunner().invoke(app, ["calculate", "cbam", file, "--json"])
    tree = json.loads(done.stdout)
    assert tree["method"] == "cbam.transitional@2023-1773"
    assert tree["goods"][1]["seeDirect"] == {"value": "0.6934", "unit": "t CO2e/t", "step": "P2:SEEDir"}
    definitive = tree["definitive"]
    assert definitive["method"] == "cbam.definitive@2025-2547"
    good = definitive["goods"][1]
    assert good["seeDirect"] == {"value": "0.86675", "unit": "t CO2e/t clinker", "step": "P2:SEEDir"}
    assert good["perTonneOfGood"]["direct"]["value"] == "0.6934"
    assert good["precursors"][0]["specificConsumption"]["value"] == "1.005"


def test_one_method_alone_stands_at_the_top_of_the_json(app: typer.Typer, tmp_path: Path) -> None:
    file = written(tmp_path, ROLLING_MILL)
    done = CliRunner().invoke(app, ["calculate", "cbam", file, "--json", "--method", "definitive"])
    assert done.exit_code == 0, done.output
    tree = json.loads(done.stdout)
    assert tree["method"] == "cbam.definitive@2025-2547"
    assert "definitive" not in tree
    assert tree["goods"][0]["precursors"][1]["defaultValue"]["markedUp"] == "1.859"


def test_the_exit_code_is_that_of_the_method_asked_for(app: typer.Typer, tmp_path: Path) -> None:
    """Ammonia per kg of nitrogen: the definitive method counts it, the transitional one refuses it."""
    file = written(tmp_path, FERTILISER_WORKS)
    codes = {
        choice: CliRunner().invoke(app, ["calculate", "cbam", file, *choice]).exit_code
        for choice in ((), ("--method", "transitional"), ("--method", "definitive"), ("--method", "both"))
    }
    assert list(codes.values()) == [1, 1, 0, 1]


def test_a_refusal_of_the_definitive_method_alone_is_told_under_its_name(
    app: typer.Typer, tmp_path: Path
) -> None:
    file = written(tmp_path, edited(CEMENT_WORKS, {"/goods/1/clinkerShare": None}))
    done = CliRunner().invoke(app, ["calculate", "cbam", file])
    assert done.exit_code == 0
    assert "Refused: Process P2: the content is missing" in done.stdout
    assert "cbam.definitive@2025-2547:\nerror [METHOD-CONTENT-MISSING] /goods/1/clinkerShare" in done.stderr
    both = CliRunner().invoke(app, ["calculate", "cbam", file, "--method", "both"])
    assert both.exit_code == 1


def test_an_unknown_method_is_wrong_usage(app: typer.Typer, tmp_path: Path) -> None:
    file = written(tmp_path, CEMENT_WORKS)
    done = CliRunner().invoke(app, ["calculate", "cbam", file, "--method", "final"])
    assert done.exit_code == 2
    assert "definitive" in done.output


def test_the_trace_file_holds_the_equations_of_both_methods(app: typer.Typer, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    file = written(tmp_path, CEMENT_WORKS)
    CliRunner().invoke(app, ["calculate", "cbam", file, "--trace", str(trace)])
    tree = json.loads(trace.read_text("utf-8"))
    assert tree["method"] == "cbam.transitional@2023-1773"
    clauses = {step["symbol"]: step["clause"] for step in tree["definitive"]["steps"]}
    assert clauses["P2:SEEDir"] == "EU-2025-2547:annex-III-B eq. 59"


@pytest.mark.parametrize(("lang", "words"), [("en", "NOT CHARGED"), ("zh", "不计收")])
def test_what_is_not_charged_is_marked_in_both_languages(lang: str, words: str) -> None:
    assert words in to_text(cbam_definitive.calculate(record_of(STEEL)), lang)
