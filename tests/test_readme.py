"""The README is checked like code: its commands, files and links exist, and both languages agree."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from cryptography.exceptions import InvalidSignature
from typer.testing import CliRunner

from gateway.cli import common
from gateway.cli.main import app
from gateway.cli.mapping import table_rows
from gateway.formats.registry import formats
from gateway.model.paths import canonical_leaves
from gateway.translate.mapping import plan
from gateway.trust.envelope import new_statement, system_clock
from gateway.trust.keys import new_key, save_key
from gateway.trust.signing import sign_document

ROOT = Path(__file__).resolve().parent.parent
README, CHINESE = ROOT / "README.md", ROOT / "README.zh.md"
PAGES = sorted({README, CHINESE, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *ROOT.glob("docs/*.md")})
REFERENCE = sorted(ROOT.glob("docs/reference/*.md"))
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
EXAMPLE = "demo.card"
"""The format that docs/adding-a-format.md makes; it exists there only."""

FOLDERS = ("gateway", "docs", "mappings", "schemas", "conformance", "examples", "tests", "benchmarks")


def commands(page: Path) -> list[str]:
    """The cbamgw commands of the code blocks of a page, in order."""
    lines = [line for block in FENCE.findall(page.read_text("utf-8")) for line in block.splitlines()]
    return [line for line in (line.removeprefix("$ ") for line in lines) if line.startswith("cbamgw ")]


def all_commands() -> Iterator[Any]:
    for page in PAGES:
        for line in commands(page):
            yield pytest.param(line, id=f"{page.name}: {line}")


def resolve(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words name, and what follows it."""
    command: Any = typer.main.get_command(app)
    assert words.pop(0) == "cbamgw"
    if words[0] == "--lang":
        del words[:2]
    while hasattr(command, "commands"):
        assert words, "a verb is missing"
        assert words[0] in command.commands, f"there is no verb {words[0]}"
        command = command.commands[words.pop(0)]
    return command, words


@pytest.mark.parametrize("line", list(all_commands()))
def test_a_command_of_the_documentation_exists_with_all_its_options(line: str) -> None:
    command, words = resolve(shlex.split(line, comments=True))
    options = {name: p for p in command.params if p.param_type_name == "option" for name in p.opts}
    arguments, given = 0, set()
    while words:
        word = words.pop(0)
        if word == "-" or not word.startswith("-"):
            arguments += 1
            continue
        assert word in options, f"{word} is no option of this verb"
        given.add(options[word].name)
        if not options[word].is_flag:
            assert words, f"{word} has no value"
            words.pop(0)
    positional = [p for p in command.params if p.param_type_name == "argument"]
    assert sum(p.required for p in positional) <= arguments <= len(positional)
    assert {p.name for p in command.params if p.param_type_name == "option" and p.required} <= given


def test_the_chinese_readme_has_the_same_commands_in_the_same_order() -> None:
    assert commands(README) == commands(CHINESE)
    assert commands(README)


def test_the_chinese_readme_has_the_same_sections() -> None:
    def depth(page: Path) -> list[int]:
        plain = FENCE.sub("", page.read_text("utf-8"))
        return [len(mark) for mark in re.findall(r"^(#+) ", plain, re.MULTILINE)]

    assert depth(README) == depth(CHINESE)


@pytest.mark.parametrize("page", [*PAGES, *REFERENCE], ids=lambda page: page.name)
def test_every_internal_link_resolves(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name) if name else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.name} links to {target}"


def anchors(page: Path) -> set[str]:
    """The anchors that headings get: lower case, punctuation gone, spaces to hyphens."""
    found = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.replace("`", "").lower()).replace(" ", "-") for title in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_the_repository_that_is_named_exists(page: Path) -> None:
    for name in CODE.findall(FENCE.sub("", page.read_text("utf-8"))):
        path = name.split("::")[0].partition(":")[0]
        if EXAMPLE not in path and re.fullmatch(rf"({'|'.join(FOLDERS)})/[\w./@-]*", path):
            assert (ROOT / path).exists(), f"{page.name} names {name}"


@pytest.mark.parametrize("page", [README, CHINESE], ids=lambda page: page.name)
def test_the_formats_of_the_status_table_are_those_of_the_catalogue(page: Path) -> None:
    named = re.findall(r"^\| `([\w.-]+@[\w.-]+)`", page.read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(f"{f.name}@{v}" for f in formats().values() for v in f.versions)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_row_id_that_is_named_exists(page: Path) -> None:
    known = {row["id"] for f in formats().values() for row in table_rows(plan(f.latest))}
    for name in re.findall(r"\b(?:CN|PACT|ISO|CBAM)-(?:X|D|L)?\d{2,3}\b", page.read_text("utf-8")):
        assert name in known, f"{page.name} names {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_is_claimed_to_be_recognised_by_an_authority(page: Path) -> None:
    assert "recognised by" not in page.read_text("utf-8").lower()


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_the_format_of_the_guide_works_as_it_is_written_there(tmp_path: Path) -> None:
    for folder in ("gateway", "schemas", "mappings", "conformance", "examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    guide = ROOT / "docs" / "adding-a-format.md"
    (schema, card), (source, entry, table) = blocks(guide, "json"), blocks(guide, "toml")
    place = tmp_path / "schemas" / EXAMPLE / "1"
    place.mkdir(parents=True)
    (place / "card.schema.json").write_bytes(schema.encode())
    digest = hashlib.sha256(schema.encode()).hexdigest()
    (place / "SOURCE.toml").write_text(source.replace("…", digest), "utf-8")
    with (tmp_path / "schemas" / "catalog.toml").open("a", encoding="utf-8") as catalogue:
        catalogue.write("\n" + entry)
    groups = list(dict.fromkeys(p.split("/")[1] for p in canonical_leaves()))
    drops = "".join(
        f'  {{ id = "CARD-X{n}", path = "/{name}", reason = "no place" }},\n'
        for n, name in enumerate(groups, 3)
        if f'"/{name}"' not in table
    )
    (tmp_path / "mappings" / f"{EXAMPLE}.toml").write_text(
        table.replace("  # … one", f"{drops}  # … one"), "utf-8"
    )

    def run(*words: str) -> str:
        code = "import sys; from gateway.cli.main import run; sys.argv[0] = 'cbamgw'; run()"
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stderr.decode()

    said = [run(*shlex.split(line)[1:]) for line in commands(guide)]
    assert said[1].splitlines()[0] in guide.read_text("utf-8")
    written = (tmp_path / "card.json").read_text("utf-8")
    assert "".join(written.split()) == "".join(card.split())
    assert (tmp_path / "home.json").read_text("utf-8") == (ROOT / "examples" / "aluminium.json").read_text(
        "utf-8"
    )


def test_the_script_of_the_trust_page_verifies_a_signature_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, data = new_key(), b'{"pcf": "13.29166958", "name": "\xe9\x93\x9d"}'
    save_key(key, tmp_path / "plant.key", unencrypted=True)
    statement = new_statement(key.public.did, system_clock)
    (tmp_path / "footprint.json").write_bytes(data)
    (tmp_path / "footprint.json.jws").write_bytes(sign_document(data, "application/json", key, statement))
    (script,) = (each for each in blocks(ROOT / "docs" / "trust.md", "python") if "rfc8785" in each)
    monkeypatch.chdir(tmp_path)
    exec(script, {})
    (tmp_path / "footprint.json").write_bytes(data.replace(b"13", b"12"))
    with pytest.raises(InvalidSignature):
        exec(script, {})


@pytest.mark.parametrize(("page", "language"), [(README, "en"), (CHINESE, "zh")], ids=["en", "zh"])
def test_the_output_of_the_demo_is_what_the_readme_shows(
    page: Path, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(common, "_language", "")  # which the run sets; put back afterwards
    done = CliRunner().invoke(app, ["--lang", language, "demo", "-o", "demo"])
    assert done.exit_code == 0, done.output
    shown = next(block for block in FENCE.findall(page.read_text("utf-8")) if block.startswith("==="))
    real = done.output.splitlines()
    for line in shown.splitlines():
        if "…" not in line:  # a shortened line
            assert line in real


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    known = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = re.findall(r"(?:`|^\$ )make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
    assert set(named) <= known


def test_every_function_of_the_tour_is_defined_in_the_file_that_is_named() -> None:
    tour = " ".join(FENCE.sub("", (ROOT / "docs" / "tour.md").read_text("utf-8")).split())
    named = re.findall(r"`(\w+)(?:\([^`]*\))?` in \[?`(gateway/[\w/]+\.py)`", tour)
    assert len(named) > 10
    for name, file in named:
        assert re.search(
            rf"^(?:(?:async )?def |class )?{name}\b", (ROOT / file).read_text("utf-8"), re.MULTILINE
        ), (
            name,
            file,
        )
