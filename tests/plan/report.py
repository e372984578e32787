"""What a run of the plan came to, for those who have to report it: a summary, JSON, and JUnit XML."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from plan.cases import Outcome, Result

PLAN = "cbam-gateway tests/plan: made again from public sources, not the official PACT conformance suite"
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "not shown")
LEVELS = ("mandatory", "optional", "ours")
_NOT_OF_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def summary(results: Sequence[Result]) -> str:
    """A line for each level that was run, then the whole."""
    lines = [
        f"{level}: {_counted(found)}"
        for level in LEVELS
        if (found := [result for result in results if result.case.level == level])
    ]
    return "\n".join([*lines, _counted(results)])


def as_json(url: str, begun: datetime, results: Sequence[Result]) -> str:
    """Every case in every version, with what was asked, expected and found."""
    cases = [
        {
            "version": result.version,
            "number": result.case.number,
            "title": result.case.title,
            "level": result.case.level,
            "request": result.case.request.replace("{v}", result.version[0]),
            "expected": result.case.expected,
            "outcome": result.outcome,
            "why": result.why,
        }
        for result in results
    ]
    whole = {"plan": PLAN, "host": url, "begun": _time(begun), "counts": _counts(results), "cases": cases}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def as_junit(url: str, begun: datetime, results: Sequence[Result]) -> str:
    """JUnit XML: a suite for each version; what could not be shown is skipped, with its reason."""
    root = ET.Element("testsuites", {"name": PLAN, **_totals(results)})
    for version in dict.fromkeys(result.version for result in results):
        found = [result for result in results if result.version == version]
        name = {"name": f"PACT {version}", "timestamp": _time(begun), "hostname": url}
        suite = ET.SubElement(root, "testsuite", {**name, **_totals(found)})
        for result in found:
            _case(suite, result)
    ET.indent(root)
    return ET.tostring(root, "utf-8", xml_declaration=True).decode() + "\n"


FORMS: Mapping[str, Callable[[str, datetime, Sequence[Result]], str]] = {".json": as_json, ".xml": as_junit}


def _case(suite: ET.Element, result: Result) -> None:
    case = result.case
    title = {"name": f"{case.number} {case.title}", "classname": f"pact-{result.version}.{case.level}"}
    made = ET.SubElement(suite, "testcase", title)
    if result.outcome != "passed":
        tag = "failure" if result.outcome == "failed" else "skipped"
        ET.SubElement(made, tag, {"message": _NOT_OF_XML.sub("\ufffd", result.why)})


def _counts(results: Sequence[Result]) -> dict[str, int]:
    counted = Counter(result.outcome for result in results)
    return {outcome: counted[outcome] for outcome in OUTCOMES}


def _counted(results: Sequence[Result]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in _counts(results).items())


def _totals(results: Sequence[Result]) -> dict[str, str]:
    counts = _counts(results)
    return {
        "tests": str(len(results)),
        "failures": str(counts["failed"]),
        "skipped": str(counts["not shown"]),
    }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
