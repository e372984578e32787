"""docs/catenax.md: every block of commands is run, and a record goes to Catena-X and comes home."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from gateway.data import data_path
from gateway.formats.leaves import leaves
from tests.command import run

PAGE = Path(__file__).resolve().parents[1] / "docs" / "catenax.md"
FILE = re.compile(r"^cat > (\S+) <<'END'\n(.*?)^END$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands of the page were run, in their order; ``said.txt`` holds what they said."""
    made = tmp_path_factory.mktemp("catenax")
    shutil.copy(data_path("examples", "aluminium.xlsx"), made)
    script = "".join(BLOCK.findall(PAGE.read_text("utf-8")))
    for name, text in FILE.findall(script):
        (made / name).write_text(text, "utf-8")
    said = ""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        for line in script.splitlines():
            if line.startswith("cbamgw "):
                done = run(*shlex.split(line)[1:])
                assert done.code == (0 if said else 1), done.text  # the first is refused, as the page says
                said += done.text
    (made / "said.txt").write_text(said, "utf-8")
    return made


def test_the_page_shows_what_is_missing_and_then_a_document_that_conforms(folder: Path) -> None:
    said = (folder / "said.txt").read_text("utf-8")
    for name in ("retroOrProspectivePcfType", "massBalancingInformation", "distributionStage"):
        assert f"The field {name} is missing" in said
    report = said[said.index("pcf.json: catenax.pcf@9.0.0") :].partition("judged by")[0]
    assert "schema: valid\nrules: obeyed\npurpose: usable" in report
    assert re.findall(r"^\w+ \[(\S+)\]", report, re.MULTILINE) == ["CATENAX-CUT-OFF", "CATENAX-RULE-URN"]


def test_the_record_comes_home_with_every_leaf_of_both_files(folder: Path) -> None:
    record = json.loads(data_path("examples", "aluminium.json").read_bytes())
    part = json.loads((folder / "catenax-part.json").read_bytes())
    home = json.loads((folder / "home.json").read_bytes())
    assert (folder / "again.json").read_bytes() == (folder / "pcf.json").read_bytes()
    assert dict(leaves(home)) == {**dict(leaves(record)), **dict(leaves(part))}


def test_the_figure_of_the_document_is_that_of_the_record(folder: Path) -> None:
    document = (folder / "pcf.json").read_text("utf-8")
    (figure,) = re.findall(r'"pcfExcludingBiogenicUptake": ?([0-9.]+)', document)
    record = json.loads(data_path("examples", "aluminium.json").read_bytes())
    assert record["unit"]["unit"] == "t"
    assert figure.replace(".", "") == record["results"]["totalExcludingUptake"].replace(".", "")
