"""Where results go: the whole of them appears, or nothing does; and the exit codes that scripts rely on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from command import CONSIGNMENT, START, edited, process, run, written

from gateway import __version__
from gateway.cli.main import app
from gateway.data import data_path
from gateway.formats.registry import formats

ALL = ("-o", "out.json", "--ledger", "l.json", "--residue", "r.json", "--sign", "key")
PACT = ("translate", "record.json", "--to", "pact.footprint")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good record, an importer's file and a key without passphrase."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CBAMGW_PASSPHRASE", raising=False)
    (tmp_path / "record.json").write_bytes(edited())
    (tmp_path / "importer.json").write_bytes(CONSIGNMENT)
    assert run("keys", "new", "-o", "key", "--no-passphrase").code == 0
    return tmp_path


def test_all_results_of_a_run_appear_together(folder: Path) -> None:
    before = set(written(folder))
    assert run(*PACT, *ALL).code == 0
    assert set(written(folder)) - before == {"out.json", "out.json.jws", "l.json", "r.json"}


@pytest.mark.parametrize("taken", ["out.json", "out.json.jws", "l.json", "r.json"])
def test_a_result_that_exists_refuses_the_whole_run_without_force(taken: str, folder: Path) -> None:
    residue = b""
    if taken == "r.json":
        assert run(*PACT, "-o", "first.json", "--residue", "r.json").code == 0
        residue = (folder / "r.json").read_bytes()
    (folder / taken).write_bytes(residue or b"mine")
    before = written(folder)
    done, zh = run(*PACT, *ALL), run(*PACT, *ALL, lang="zh")
    assert (done.code, done.out) == (3, b"")
    assert done.err.startswith(f"error [WRITE-EXISTS]: The file {taken} exists already")
    assert zh.err.startswith(f"错误 [WRITE-EXISTS]: 文件 {taken} 已存在")
    assert written(folder) == before
    assert run(*PACT, *ALL, "--force").code == 0
    assert (folder / taken).read_bytes() != b"mine"


@pytest.mark.parametrize(
    "command",
    [
        ("check", "record.json", "-o", "out"),
        ("sign", "record.json", "--key", "key", "-o", "out"),
        ("calculate", "cbam", "record.json", "--trace", "out"),
        ("keys", "export", "key", "-o", "out"),
        ("translate", "record.json", "--to", "cn.pcf", "-o", "out"),
    ],
)
def test_no_verb_overwrites_a_file_or_goes_where_there_is_no_folder(
    command: tuple[str, ...], folder: Path
) -> None:
    (folder / "out").write_bytes(b"mine")
    before = written(folder)
    assert run(*command).code == 3
    for place in ("no/such/folder/out", "record.json/out"):
        done, zh = run(*command[:-1], place), run(*command[:-1], place, lang="zh")
        assert (done.code, done.out if command[0] != "calculate" else b"") == (3, b"")
        assert f"The file {place} could not be written: " in done.err
        assert f"无法写入文件 {place}：" in zh.err
    assert written(folder) == before
    assert run(*command, "--force").code == 0
    assert (folder / "out").read_bytes() != b"mine"


@pytest.mark.parametrize("lost", ["out.json", "l.json", "r.json"])
def test_one_result_that_cannot_be_written_leaves_none_of_the_others(lost: str, folder: Path) -> None:
    before = written(folder)
    options = [f"no/folder/{lost}" if option == lost else option for option in ALL]
    done = run(*PACT, *options)
    assert done.code == 3
    assert f"no/folder/{lost}" in done.err
    assert written(folder) == before


@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.parametrize("spelling", ["record.json", "./record.json", "link.json", "importer.json", "key"])
def test_what_is_read_is_never_written_over_not_even_with_force(
    spelling: str, force: tuple[str, ...], folder: Path
) -> None:
    (folder / "link.json").symlink_to("record.json")
    before = written(folder)
    done = run(*PACT, "--with", "importer.json", "--sign", "key", "-o", spelling, *force)
    assert (done.code, done.out) == (3, b"")
    assert "[WRITE-OVER-INPUT]" in done.err
    assert written(folder) == before


def test_two_results_of_one_name_are_wrong_usage(folder: Path) -> None:
    before = written(folder)
    assert run(*PACT, "-o", "x.json", "--ledger", "./x.json").code == 2
    assert run(*PACT, "-o", "-", "--ledger", "-").code == 2
    assert run(*PACT, "-o", "x", "--ledger", "x.jws", "--sign", "key").code == 2
    assert "不能写到同一处" in run(*PACT, "-o", "x.json", "--ledger", "x.json", lang="zh").err
    assert written(folder) == before


def test_a_file_replaced_by_force_keeps_who_may_read_it(folder: Path) -> None:
    (folder / "out.json").write_bytes(b"private")
    (folder / "out.json").chmod(0o600)
    assert run(*PACT, "-o", "out.json", "--force").code == 0
    assert (folder / "out.json").stat().st_mode & 0o777 == 0o600


def test_a_device_is_written_to_and_stays_a_device(folder: Path) -> None:
    if not Path("/dev/null").is_char_device():
        pytest.skip("no /dev/null here")
    assert run(*PACT, "-o", "/dev/null", "--force").code == 0
    assert Path("/dev/null").is_char_device()


# --- signing and residue -----------------------------------------------------------------------------


def test_when_signing_fails_nothing_is_written(folder: Path) -> None:
    (folder / "pass").write_text("right\n")
    (folder / "wrong").write_text("wrong\n")
    assert run("keys", "new", "-o", "locked", "--passphrase-file", "pass").code == 0
    (folder / "open").write_bytes((folder / "key").read_bytes())
    (folder / "open").chmod(0o644)
    before = written(folder)
    for options, rule in (
        (("--sign", "locked", "--passphrase-file", "wrong"), "KEY-PASSPHRASE"),
        (("--sign", "locked"), "KEY-PASSPHRASE"),
        (("--sign", "record.json"), "KEY-MODE"),
        (("--sign", "open"), "KEY-MODE"),
        (("--sign", "nowhere"), "READ-CANNOT-OPEN"),
    ):
        done = run(*PACT, "-o", "out.json", "--ledger", "l.json", *options)
        assert (done.code, done.out) == (3, b"")
        assert f"[{rule}]" in done.err
        assert written(folder) == before
    assert run(*PACT, "-o", "out.json", "--sign", "locked", "--passphrase-file", "pass").code == 0
    assert run("verify", "out.json", "--key", "locked.pub.jwk").code == 0


def test_a_signature_has_no_place_beside_standard_output(folder: Path) -> None:
    assert run(*PACT, "--sign", "key").code == 2


def test_a_residue_of_another_trip_or_no_residue_is_refused_and_kept(folder: Path) -> None:
    assert run(*PACT, "-o", "out.json", "--residue", "r.json").code == 0
    before = written(folder)
    home = ("translate", "out.json", "-o", "home.json", "--force", "--to")
    for target, residue, rule in (
        ("iso14067.report", "r.json", "RESIDUE-OTHER-TRIP"),
        ("cn.pcf", "importer.json", "RESIDUE-UNREADABLE"),
    ):
        done = run(*home, target, "--residue", residue)
        assert (done.code, done.out) == (3, b"")
        assert f"error [{rule}] {residue}: " in done.err
        assert written(folder) == before
    assert run(*home, "cn.pcf", "--residue", "r.json").code == 0


# --- disks, pipes and killed processes ---------------------------------------------------------------

LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))"


def test_a_result_larger_than_the_disk_allows_leaves_nothing(folder: Path) -> None:
    pytest.importorskip("resource")
    before = written(folder)
    done = process(*PACT, "-o", "out.json", "--ledger", "l.json", before=LIMIT)
    assert (done.code, done.out) == (3, b"")
    assert "[WRITE-FAILED]" in done.err
    assert "Traceback" not in done.err
    assert written(folder) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a disk of 64 KB cannot be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_leaves_nothing(folder: Path, small_disk: Path) -> None:
    done, zh = (
        run(*PACT, "-o", small_disk / "out.json", "--ledger", small_disk / "l.json", lang=lang)
        for lang in ("en", "zh")
    )
    assert (done.code, done.out) == (3, b"")
    assert f"The file {small_disk / 'l.json'} could not be written: No space left on device" in done.err
    assert "磁盘空间不足" in zh.err
    assert written(small_disk) == {}


@pytest.mark.parametrize("moment", ["os.fsync", "os.link", "os.fchmod"])
def test_a_process_killed_while_it_writes_leaves_no_half_document(moment: str, folder: Path) -> None:
    kill = f"import os; {moment} = lambda *_: os.kill(os.getpid(), {int(signal.SIGKILL)})"
    done = process(*PACT, "-o", "out.json", "--ledger", "l.json", before=kill)
    assert done.code == -signal.SIGKILL
    assert not (folder / "out.json").exists()
    assert not (folder / "l.json").exists()
    assert run(*PACT, "-o", "out.json", "--ledger", "l.json").code == 0


@pytest.mark.parametrize("arguments", [("mapping", "table", "pact.footprint"), PACT])
def test_a_reader_that_has_seen_enough_ends_the_run_quietly(arguments: tuple[str, ...], folder: Path) -> None:
    begun = subprocess.Popen(
        [sys.executable, "-c", f"import time\n{START}", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert begun.stdout is not None
    assert begun.stderr is not None
    begun.stdout.close()
    said = begun.stderr.read().decode()
    begun.stderr.close()
    assert begun.wait(60) == 3
    assert "Traceback" not in said
    assert "Exception ignored" not in said


def test_standard_output_on_a_full_disk_is_said(folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    for arguments in (PACT, ("formats",), ("formats", "--json")):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-c", START, *arguments], stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert done.returncode == 3
        assert b"[WRITE-FAILED]" in done.stderr
        assert b"Traceback" not in done.stderr


def test_standard_input_and_output_carry_the_documents_alone(folder: Path) -> None:
    done = run("translate", "-", "--to", "pact.footprint", stdin=edited())
    assert done.code == 0
    assert json.loads(done.out)["specVersion"].startswith("3.")
    assert "source leaves" in done.err
    assert run("check", "-", stdin=done.out).code == 0


def test_a_file_of_many_records_names_the_bad_ones_by_line_and_writes_the_others(folder: Path) -> None:
    lines = [edited(), b"{bad", edited(("/producer/uscc", "x")), b"\xff", edited()]
    (folder / "many.jsonl").write_bytes(b"\n".join(lines))
    (folder / "none.jsonl").write_bytes(b"\n \n")
    done = run("translate", "many.jsonl", "--to", "pact.footprint", "-o", "out.jsonl")
    assert (done.code, done.out) == (1, b"")
    assert len((folder / "out.jsonl").read_bytes().splitlines()) == 2
    for start in (
        "2: error [READ-JSON-SYNTAX]",
        "3: error [RECORD-USCC] /producer/uscc",
        "4: error [READ-NOT-UTF8]",
    ):
        assert any(line.startswith(start) for line in done.err.splitlines())
    before = written(folder)
    many = ("translate", "many.jsonl", "-o", "x.jsonl", "--to")
    assert run(*many, "cbam.qreport").code == 2
    assert run(*many, "pact.footprint", "--with", "importer.json").code == 2
    assert run("translate", "none.jsonl", "--to", "pact.footprint", "-o", "x.jsonl").code == 1
    assert written(folder) == before


# --- usage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("bogus",),
        ("check",),
        ("check", "x", "--bogus"),
        ("translate", "record.json"),
        ("check", "a", "b"),
        ("translate", "record.json", "--to", "cbam"),
        ("check", "record.json", "--as", "pact.footprint@9.9"),
        ("translate", "record.json", "--to", "cn.pcf", "--from", "nonsense"),
        ("mapping", "table", "nope"),
        ("check", "record.json", "--report", "poem"),
        ("explain", "NO-SUCH-RULE"),
        ("new", "pact", "-o", "x.json"),
    ],
)
def test_wrong_usage_is_exit_code_two_and_touches_nothing(arguments: tuple[str, ...], folder: Path) -> None:
    before = written(folder)
    assert run(*arguments).code == 2
    assert written(folder) == before


def test_an_unknown_language_is_wrong_usage(folder: Path) -> None:
    assert run("formats", lang="fr").code == 2


def test_the_language_may_be_named_after_the_verb(folder: Path) -> None:
    assert process("check", "nowhere", "--lang", "zh").err.startswith("错误")
    assert process("check", "nowhere", "--lang=zh").err.startswith("错误")


def test_the_version_is_told(folder: Path) -> None:
    done = process("--version")
    assert (done.code, done.out.decode()) == (0, f"cbamgw {__version__}\n")


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*words, name))


@pytest.mark.parametrize("words", list(commands(typer.main.get_command(app))), ids=" ".join)
def test_the_help_of_every_verb_shows_an_example(words: tuple[str, ...]) -> None:
    done = run(*words, "--help")
    assert done.code == 0
    assert "Example: cbamgw " in done.text


@pytest.mark.parametrize(
    "arguments",
    [
        ("formats", "--json"),
        ("inspect", "record.json", "--json"),
        ("check", "record.json", "--report", "json"),
        ("calculate", "cbam", "record.json", "--json"),
        ("mapping", "table", "cbam.qreport", "--json"),
        ("schemas", "list", "--json"),
        ("keys", "list", "--json"),
        ("keys", "show", "key", "--json"),
    ],
)
def test_the_twin_for_machines_is_json_and_nothing_else(arguments: tuple[str, ...], folder: Path) -> None:
    assert json.loads(run(*arguments).out)


# --- locales and names -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "env",
    [
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "gbk"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"LC_ALL": "zh_CN.GBK", "PYTHONIOENCODING": "cp936"},
    ],
    ids=["C", "gbk", "ascii", "cp936"],
)
def test_no_locale_and_no_code_page_breaks_the_output(env: dict[str, str], folder: Path) -> None:
    (folder / "bad.json").write_bytes(edited(("/producer/uscc", "铝😀")))
    done = process("--lang", "zh", "check", "bad.json", env=env)
    assert done.code == 1
    assert "错误 [RECORD-USCC] /producer/uscc: “铝😀”" in done.out.decode("utf-8")
    assert "Traceback" not in done.err


def test_a_file_name_that_is_no_text_is_shown_escaped(folder: Path) -> None:
    name = os.fsdecode(b"r\xff.json")
    try:
        shutil.copy("record.json", name)
    except OSError:
        pytest.skip("this file system takes text as names only")
    for report in ("text", "json"):
        done = process("check", name, "--report", report)
        assert done.code == 0
        assert b"r\\udcff.json" in done.out.replace(b"\\\\", b"\\")


def test_a_name_of_250_bytes_can_be_written(folder: Path) -> None:
    name = "铝" * 80 + ".json"
    assert run(*PACT, "-o", name).code == 0
    assert (folder / name).is_file()


def test_every_example_conforms_and_is_left_as_it_is() -> None:
    for path in sorted(data_path("examples").glob("*.*")):
        if path.suffix in (".json", ".xlsx"):
            data = path.read_bytes()
            assert run("check", path).code == 0
            assert path.read_bytes() == data
    assert formats()
