"""A very long report is checked as it streams by, and the same is said of it as of a short one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.bulk import reading
from gateway.bulk.reading import check_long
from gateway.check.document import check
from gateway.formats.registry import formats, read_document
from gateway.model.finding import Finding, Refused
from tests.command import run
from tests.long_records import TARGET, as_one, consignments

LONG: int = formats()["cbam.qreport"].body["long"]["bytes"]


@pytest.fixture(scope="module")
def report() -> bytes:
    return as_one(consignments(8)).data


def _told(found: list[Finding]) -> list[Any]:
    return sorted(
        (i.rule, i.severity, i.stage, i.path, i.origin, i.line or 0, sorted(i.values.items())) for i in found
    )


def long_findings(data: bytes, folder: Path) -> list[Finding]:
    path = folder / "report.xml"
    path.write_bytes(data)
    return check_long(str(path), TARGET)


def test_nothing_is_said_of_a_report_that_is_right(report: bytes, tmp_path: Path) -> None:
    assert check(read_document(report)) == long_findings(report, tmp_path) == []


FAULTS = {
    "a value that is too long": (b"<ItemNumber>3<", b"<ItemNumber>333333<"),
    "a figure with a comma": (b"<NetMass>102.002<", b"<NetMass>102,002<"),
    "a number that is none": (b"<ItemNumber>3<", b"<ItemNumber>x<"),
    "a year that is none": (b"<Year>2025<", b"<Year>20xx<"),
    "a time that is none": (b"<SubmissionDate>", b"<SubmissionDate>tomorrow"),
    "a code of no list": (b"<RequestedProc>40<", b"<RequestedProc>99<"),
    "a mass that does not add up": (b"<NetMass>102.002<", b"<NetMass>103<"),
    "an element of no schema": (b"<OriginCountry>", b"<Extra>1</Extra><OriginCountry>"),
    "an element that is missing": (b"<ItemNumber>3</ItemNumber>", b""),
    "an element that stands too early": (
        b"<ItemNumber>3</ItemNumber>",
        b"<OriginCountry><Country>CN</Country></OriginCountry><ItemNumber>3</ItemNumber>",
    ),
    "a country of the Union": (b"<Country>CN</Country>", b"<Country>DE</Country>"),
    "a declarant without a role": (b"<Role>01</Role>", b""),
    "a year beyond the reports": (b"<Year>2025</Year>", b"<Year>2027</Year>"),
    "an item number twice": (b"<ItemNumber>3<", b"<ItemNumber>2<"),
    "an empty element": (b"<SpecificEmbeddedEmissions>1.555<", b"<SpecificEmbeddedEmissions><"),
    "a figure below zero": (b"<SpecificEmbeddedEmissions>1.555<", b"<SpecificEmbeddedEmissions>-1.555<"),
    "a sign that nobody sees": (b"Illustrative consignment.", b"Illustrative\xe2\x80\xaeconsignment."),
    "an HS code that does not fit": (b"<HsCode>760110<", b"<HsCode>760120<"),
    "no good at all": (b"<ImportedGood>", b"<!-- "),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_is_said_of_a_fault_with_the_same_line(fault: str, report: bytes, tmp_path: Path) -> None:
    good, bad = FAULTS[fault]
    if fault == "no good at all":
        wrong = report[: report.index(b"\n  <ImportedGood>")] + b"\n</QReport>\n"
    else:
        assert good in report
        wrong = report.replace(good, bad, 1)
    at_once = [item for item in check(read_document(wrong)) if not _of_two_rules(item)]
    assert at_once
    assert _told(long_findings(wrong, tmp_path)) == _told(at_once)


def _of_two_rules(item: Finding) -> bool:
    """A number that stands twice breaks two rules; the stream names the one on the report's own order."""
    return item.rule == "RECORD-KEY"


def test_a_fault_in_every_good_is_told_as_often(report: bytes, tmp_path: Path) -> None:
    wrong = report.replace(b"<RequestedProc>40<", b"<RequestedProc>99<")
    found = long_findings(wrong, tmp_path)
    assert len(found) == 8
    assert _told(found) == _told(check(read_document(wrong)))


HOSTILE = {
    "XML-DOCTYPE": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa">]><QReport>&a;</QReport>',
    "XML-ENCODING": '<?xml version="1.0" encoding="UTF-16"?><QReport/>'.encode("utf-16"),
    "XML-NOT-WELL-FORMED": b"<QReport>" + b"<a>" * 300 + b"</a>" * 300 + b"</QReport>",
    "READ-TOO-LARGE": b"<QReport>" + b"<a/>" * 5_000_000 + b"</QReport>",
}


@pytest.mark.parametrize("rule", HOSTILE)
def test_a_hostile_document_is_refused_before_it_costs_anything(rule: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        long_findings(HOSTILE[rule], tmp_path)
    assert [item.rule for item in refused.value.findings] == [rule]


def test_a_document_type_behind_a_long_comment_is_refused(report: bytes, tmp_path: Path) -> None:
    start = report.index(b"<QReport")
    hidden = report[:start] + b"<!--" + b"x" * 100_000 + b"--><!DOCTYPE QReport []>" + report[start:]
    with pytest.raises(Refused, match="XML-DOCTYPE"):
        long_findings(hidden, tmp_path)


def test_a_cut_off_report_is_refused(report: bytes, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="XML-NOT-WELL-FORMED"):
        long_findings(report[:-200], tmp_path)


def test_the_command_checks_a_long_report_as_it_streams(report: bytes, tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    path.write_bytes(report.replace(b"<RequestedProc>40<", b"<RequestedProc>99<", 1) + b" " * LONG)
    done = run("check", path, "--report", "json")
    assert done.code == 1
    said = json.loads(done.out)
    assert said["format"] == TARGET
    assert said["verdicts"] == {"schema": "valid", "rules": "broken", "purpose": "not usable"}
    assert [item["rule"] for item in said["findings"]] == ["QREPORT-PROCEDURE"]


def test_a_report_with_one_good_too_many_is_refused_with_one_finding(
    report: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "most_elements", lambda *_: 7)
    with pytest.raises(Refused) as refused:
        long_findings(report, tmp_path)
    (said,) = refused.value.findings
    assert (said.rule, said.path) == ("LONG-TOO-MANY", "/ImportedGood")
    assert (said.values["found"], said.values["limit"]) == ("8", "7")


def test_the_schema_allows_99_999_goods() -> None:
    assert reading.most_elements(TARGET, "ImportedGood") == 99_999


@pytest.mark.full
@pytest.mark.skipif(os.environ.get("CBAMGW_FULL") != "1", reason="only in a full run (CBAMGW_FULL=1)")
def test_a_report_with_100_000_goods_is_refused_with_one_finding(report: bytes, tmp_path: Path) -> None:
    start, end = report.index(b"\n  <ImportedGood>"), report.index(b"\n</QReport>")
    good = report[start : report.index(b"</ImportedGood>") + 15]
    path = tmp_path / "report.xml"
    with path.open("wb") as out:
        out.write(report[:start])
        for number in range(1, 100_001):
            out.write(good.replace(b"<ItemNumber>1<", b"<ItemNumber>%d<" % number))
        out.write(report[end:])
    done = run("check", path)
    assert done.code == 1
    assert done.err.count("[") == 1
    assert "[LONG-TOO-MANY]" in done.err


PEAK = """
import sys
from gateway.bulk import reading
from gateway.bulk.reading import check_long
assert check_long(sys.argv[1], "cbam.qreport@23.00") == []
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the peak is read from /proc")
def test_memory_does_not_grow_with_the_length_of_a_report(report: bytes, tmp_path: Path) -> None:
    start, end = report.index(b"\n  <ImportedGood>"), report.index(b"\n</QReport>")
    good = report[start : report.index(b"</ImportedGood>") + 15]
    peaks = []
    for count in (500, 4_000):
        path = tmp_path / f"{count}.xml"
        goods = [good.replace(b"<ItemNumber>1<", b"<ItemNumber>%d<" % (n + 1)) for n in range(count)]
        path.write_bytes(report[:start] + b"".join(goods) + report[end:])
        done = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.2 * peaks[0]
