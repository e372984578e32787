"""``cbamgw translate`` with a very long consignment file: chosen by its size, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway import signed
from gateway.bulk import tally
from gateway.data import data_path
from gateway.formats.registry import formats
from tests.command import process, run, written
from tests.long_records import consignments

RECORD = data_path("examples", "aluminium.json")
LONG: int = formats()["cn.pcf"].body["long"]["bytes"]


def padded(importer: bytes) -> bytes:
    """The same file, made long enough with spaces to go the long way."""
    return importer.replace(b'"consignments": [', b'"consignments": [' + b" " * LONG, 1)


def arguments(
    folder: Path, importer: bytes, out: str = "report.xml", ledger: str = "ledger.jsonl"
) -> list[Any]:
    given = folder / "given"
    given.mkdir(exist_ok=True)
    (given / "consignments.json").write_bytes(importer)
    made = folder / "made"
    made.mkdir(exist_ok=True)
    results = ["-o", made / out, *(["--ledger", made / ledger] if ledger else [])]
    return ["translate", RECORD, "--with", given / "consignments.json", "--to", "cbam.qreport", *results]


def test_a_long_file_goes_the_long_way_and_comes_to_the_same(tmp_path: Path) -> None:
    short, long = tmp_path / "short", tmp_path / "long"
    short.mkdir(), long.mkdir()
    one = run(*arguments(short, consignments(3), ledger="ledger.json"))
    other = run(*arguments(long, padded(consignments(3)), ledger="ledger.json"))
    assert (one.code, one.err) == (other.code, other.err) == (0, one.err)
    assert (short / "made" / "report.xml").read_bytes() == (long / "made" / "report.xml").read_bytes()
    ledgers = [json.loads((folder / "made" / "ledger.json").read_bytes()) for folder in (short, long)]
    entries = [sorted(json.dumps(entry) for entry in ledger.pop("entries")) for ledger in ledgers]
    assert entries[0] == entries[1]
    for ledger in ledgers:
        del ledger["route"]["steps"]
    assert ledgers[0] == ledgers[1]


def test_a_long_record_without_a_second_file_goes_the_long_way_too(tmp_path: Path) -> None:
    record = {**json.loads(RECORD.read_bytes()), **json.loads(consignments(4))}
    data = json.dumps(record, ensure_ascii=False).encode()
    (tmp_path / "one.json").write_bytes(data)
    (tmp_path / "long.json").write_bytes(padded(data))
    for name in ("one", "long"):
        done = run(
            "translate", tmp_path / f"{name}.json", "--to", "cbam.qreport", "-o", tmp_path / f"{name}.xml"
        )
        assert done.code == 0, done.err
    assert (tmp_path / "one.xml").read_bytes() == (tmp_path / "long.xml").read_bytes()


def test_lines_of_a_ledger_are_the_entries_and_the_run_as_a_whole_last(tmp_path: Path) -> None:
    assert run(*arguments(tmp_path, padded(consignments(3)))).code == 0
    lines = [json.loads(line) for line in (tmp_path / "made" / "ledger.jsonl").read_bytes().splitlines()]
    assert sum(lines[-1]["summary"].values()) == len(lines) - 1
    assert all("fidelity" in line for line in lines[:-1])


def test_a_long_report_goes_to_standard_output(tmp_path: Path) -> None:
    done = run(*arguments(tmp_path, padded(consignments(3)), ledger=""))
    again = run(*[*arguments(tmp_path, padded(consignments(3)), ledger="")[:-1], "-"])
    assert done.code == again.code == 0
    assert again.out == (tmp_path / "made" / "report.xml").read_bytes()


def _wrong_mass(number: int, one: dict[str, Any]) -> None:
    if number == 2:
        one["netMass"] = "999999"


def test_a_refused_long_report_leaves_its_ledger_and_nothing_else(tmp_path: Path) -> None:
    done = run(*arguments(tmp_path, padded(consignments(5, _wrong_mass))))
    assert done.code == 1
    assert "/consignments/2/netMass" in done.err
    assert list(written(tmp_path / "made")) == ["ledger.jsonl"]
    last = json.loads((tmp_path / "made" / "ledger.jsonl").read_bytes().splitlines()[-1])
    assert last["written"] is False


def test_a_draft_of_a_long_report_is_written_in_spite_of_errors(tmp_path: Path) -> None:
    done = run(*arguments(tmp_path, padded(consignments(5, _wrong_mass))), "--draft")
    assert done.code == 1
    assert list(written(tmp_path / "made")) == ["ledger.jsonl", "report.xml"]


def test_an_existing_report_is_left_as_it_is_without_force(tmp_path: Path) -> None:
    asked = arguments(tmp_path, padded(consignments(3)), ledger="")
    (tmp_path / "made" / "report.xml").write_bytes(b"mine")
    assert run(*asked).code != 0
    assert written(tmp_path / "made") == {"report.xml": b"mine"}
    assert run(*asked, "--force").code == 0
    assert (tmp_path / "made" / "report.xml").read_bytes().count(b"<ImportedGood>") == 3


def test_more_goods_than_the_schema_allows_are_refused_with_one_finding(tmp_path: Path) -> None:
    tree = {"format": "cn.pcf@1", "consignments": [{"item": "1"}] * 100_000}
    done = run(*arguments(tmp_path, json.dumps(tree).encode()))
    assert done.code == 1
    assert done.err.count("[LONG-TOO-MANY]") == 1
    assert "100000" in done.err
    assert "99999" in done.err
    assert done.err.count("[") == 1
    assert written(tmp_path / "made") == {}


def test_a_fault_in_the_json_of_a_long_file_is_named_with_its_line(tmp_path: Path) -> None:
    wrong = padded(consignments(3)).replace(b'"item": "2"', b'"item": "2",\n"item": "2"')
    done = run(*arguments(tmp_path, wrong))
    assert done.code == 1
    assert "[READ-DUPLICATE-KEY]" in done.err
    assert "/consignments/1 (line 2)" in done.err
    assert written(tmp_path / "made") == {}


def test_like_faults_are_listed_to_a_limit_and_then_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "MOST_FINDINGS", 20)

    def wrong(_: int, one: dict[str, Any]) -> None:
        one["quantities"][0]["procedure"] = "99"

    done = run(*arguments(tmp_path, padded(consignments(50, wrong))))
    assert done.code == 1
    assert done.err.count("[RECORD-CODE]") == 1
    assert "the same at 19 more places" in done.err
    assert "30 more findings of RECORD-CODE are not listed; the first 20 are" in done.err


KILLED = """
import os, signal
from gateway.bulk.journey import LongTranslation
written = LongTranslation._written
def until(self, data, near, good):
    written(self, data, near, good)
    if near == 300:
        self._outputs.document.flush()
        os.kill(os.getpid(), signal.SIGKILL)
LongTranslation._written = until
"""


def test_a_run_that_is_killed_leaves_no_report_and_no_ledger(tmp_path: Path) -> None:
    done = process(*arguments(tmp_path, padded(consignments(400))), before=KILLED)
    assert done.code == -9
    assert [name for name in written(tmp_path / "made") if not name.startswith(".")] == []


FULL = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
"""


@pytest.mark.parametrize("ledger", ["ledger.jsonl", ""])
def test_a_disk_that_is_full_leaves_nothing_behind(ledger: str, tmp_path: Path) -> None:
    done = process(*arguments(tmp_path, padded(consignments(400)), ledger=ledger), before=FULL)
    assert done.code == 3
    assert "[WRITE-FAILED]" in done.err
    assert "Traceback" not in done.err
    assert written(tmp_path / "made") == {}


PEAK = """
import atexit
def peak():
    with open("/proc/self/status") as status:
        print("peak", next(line.split()[1] for line in status if line.startswith("VmHWM")))
atexit.register(peak)
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the peak is read from /proc")
def test_memory_does_not_grow_with_the_number_of_goods(tmp_path: Path) -> None:
    peaks = []
    for count in (2_000, 8_000):
        folder = tmp_path / str(count)
        folder.mkdir()
        done = process(*arguments(folder, padded(consignments(count))), before=PEAK)
        assert done.code == 0, done.err
        peaks.append(int(done.out.split()[-1]))
    assert peaks[1] < 1.25 * peaks[0]  # four times the goods; what grows is the list of their numbers


def test_a_long_report_is_signed_and_its_ledger_with_it(tmp_path: Path) -> None:
    assert run("keys", "new", "-o", tmp_path / "k.key", "--no-passphrase").code == 0
    done = run(*arguments(tmp_path, padded(consignments(3))), "--sign", tmp_path / "k.key")
    assert done.code == 0, done.err
    made = tmp_path / "made"
    assert sorted(written(made)) == ["ledger.jsonl", "report.xml", "report.xml.jws"]
    verified = run("verify", made / "report.xml", "--key", tmp_path / "k.key.pub.jwk", "--json")
    assert verified.code == 0, verified.err
    entries = [json.loads(line) for line in (made / "ledger.jsonl").read_bytes().splitlines()[:-1]]
    canonical = orjson.dumps([list(entry.values()) for entry in entries])
    stated = json.loads(verified.out)["statement"]["ledger"]
    assert stated == "sha256:" + hashlib.sha256(canonical).hexdigest()


def test_a_report_that_is_too_large_to_be_verified_is_not_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed, "MAX_INPUT", 5_000)
    assert run("keys", "new", "-o", tmp_path / "k.key", "--no-passphrase").code == 0
    done = run(*arguments(tmp_path, padded(consignments(3))), "--sign", tmp_path / "k.key")
    assert done.code == 1
    assert "[LONG-SIGN]" in done.err
    assert written(tmp_path / "made") == {}
