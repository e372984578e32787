"""The shared samples: what is wrong in each is found, judged by what is new relative to their own base."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.check.rules import check_rules
from gateway.data import data_root
from gateway.formats.json_reader import read_json
from gateway.formats.shape import shape
from gateway.formats.xml_parser import parse_xml
from gateway.formats.xml_tree import read_xml

SAMPLES = Path(os.environ.get("CBAMGW_SHARED", data_root().parent / "shared")) / "samples"
EDGE = SAMPLES / "pact" / "edge"
QREPORTS = SAMPLES / "cbam" / "rule-invalid"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared samples are not at hand")


def pact(path: Path) -> set[tuple[str, str, str]]:
    found = check_rules(read_json(path.read_bytes()), "pact.footprint")
    return {(f.rule, f.severity, f.path) for f in found}


def qreport(path: Path) -> set[tuple[str, str]]:
    tree = read_xml(parse_xml(path.read_bytes()), shape("cbam.qreport@23.00"))
    return {(f.rule, f.path) for f in check_rules(tree, "cbam.qreport")}


@pytest.mark.parametrize("path", sorted(QREPORTS.glob("*.xml")), ids=lambda p: p.stem)
def test_each_rule_invalid_report_has_exactly_one_new_finding(path: Path) -> None:
    assert len(qreport(path) - qreport(SAMPLES / "cbam" / "qreport-23.00-valid.xml")) == 1


@pytest.mark.parametrize("path", sorted(EDGE.glob("bad_*.json")), ids=lambda p: p.stem)
def test_each_bad_footprint_has_a_new_error(path: Path) -> None:
    new = pact(path) - pact(EDGE / "ok_base.json")
    assert [severity for _, severity, _ in new if severity == "error"]


@pytest.mark.parametrize("path", sorted(EDGE.glob("ok_*.json")), ids=lambda p: p.stem)
def test_no_good_footprint_has_a_new_error(path: Path) -> None:
    new = pact(path) - pact(EDGE / "ok_base.json")
    assert not [severity for _, severity, _ in new if severity == "error"]


def test_a_null_is_read_with_a_warning() -> None:
    new = pact(EDGE / "null_optional.json") - pact(EDGE / "ok_base.json")
    assert {(rule, severity) for rule, severity, _ in new} == {("PACT-NULL", "warning")}
