"""Values that are made to hurt: figures that readers take differently, and long texts against slow patterns."""

from __future__ import annotations

import re
import time

import pytest
from mutants.examples import FOOTPRINT, QREPORT, footprint, report

from gateway.check.schema import validate_json, validate_xml

FIGURE = re.compile(rb"<SpecificEmbeddedEmissions>[^<]*<")
TEXT = re.compile(rb">([^<>\s][^<>]*)</")
LONG = 100_000


def with_figure(text: str) -> bytes:
    data = report()
    assert FIGURE.search(data)
    return FIGURE.sub(b"<SpecificEmbeddedEmissions>" + text.encode() + b"<", data, count=1)


@pytest.mark.parametrize(
    "text",
    [
        "1e5",
        "1E5",
        "INF",
        "-INF",
        "NaN",
        "1" * 40,
        "0." + "1" * 40,
        "1,5",
        "１.5",
        "0x1p3",
        "--1",
        "1.5.5",
        "",
    ],
)
def test_a_figure_of_a_report_is_a_plain_decimal_or_an_error(text):
    assert validate_xml(QREPORT, with_figure("1.5")) == []
    found = validate_xml(QREPORT, with_figure(text))
    assert found
    assert {one.severity for one in found} == {"error"}
    assert all(one.path.endswith("SpecificEmbeddedEmissions") for one in found)


@pytest.mark.parametrize(
    "text", ["a" * LONG + "!", "0" * LONG + "!", "1." * (LONG // 2)], ids=["a", "0", "1."]
)
def test_no_pattern_of_a_schema_is_slow_on_a_long_text(text):
    """In every value of a report and of a footprint at once."""
    hurt = TEXT.sub(b">" + text.encode() + b"</", report())
    count = hurt.count(text.encode())
    assert count > 50
    begun = time.process_time()
    assert validate_xml(QREPORT, hurt)
    assert time.process_time() - begun < 0.05 * count
    made = footprint()
    texts = {name: text for name, value in made.items() if isinstance(value, str)}
    pcf = {name: text if isinstance(value, str) else value for name, value in made["pcf"].items()}
    begun = time.process_time()
    assert validate_json(FOOTPRINT, {**made, **texts, "pcf": pcf})
    assert time.process_time() - begun < 0.05 * (len(texts) + len(pcf))
