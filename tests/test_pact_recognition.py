"""Which version of PACT a footprint follows, and the envelopes that it may come in."""

from __future__ import annotations

from typing import Any

import pytest
from test_pact_versions import V2, fossil_2, fossil_3

from gateway.api import check, read
from gateway.check.suite import read_base
from gateway.formats.json_reader import write_json
from gateway.model.finding import Refused


@pytest.mark.parametrize(
    ("said", "format_id"),
    [
        ("2.0.0", "2.0"), ("2.0.1-20230314", "2.0"), ("2.1.0-20240815", "2.1"), ("2.2.1", "2.2"), ("2.3.3", "2.3"),
        ("3.0.4", "3.0"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("wanted", [None, "pact.footprint"])
def test_the_version_is_the_one_that_the_document_says(said: str, format_id: str, wanted: str | None) -> None:
    document = read(write_json({**read_base("footprint-2.json"), "specVersion": said}), wanted)
    assert (document.format_id, document.found) == (f"pact.footprint@{format_id}", "said")


@pytest.mark.parametrize("said", ["2.4.0", "2.10.0", "2.", "3.1.0"])
def test_a_version_that_is_not_known_is_refused_and_never_read_as_the_nearest(said: str) -> None:
    with pytest.raises(Refused) as refused:
        read(write_json({**read_base("footprint-2.json"), "specVersion": said}))
    (found,) = refused.value.findings
    assert (found.rule, found.path, found.values["said"]) == ("VERSION-UNKNOWN", "/specVersion", said)


def test_a_version_that_the_sender_names_is_taken_and_the_contradiction_is_told() -> None:
    document = read(write_json({**fossil_2(), "specVersion": "2.4.0"}), "pact.footprint@2.3")
    assert document.format_id == V2
    assert "PACT2-SPEC-VERSION" in {item.rule for item in check(document)}


def test_the_one_footprint_in_the_answer_of_a_host_is_read_and_two_are_refused() -> None:
    for envelope in ({"data": fossil_2()}, {"data": [fossil_2()]}, {"data": {"pfs": [fossil_2()]}}):
        document = read(write_json(envelope))
        assert (document.format_id, document.tree["pcf"]["declaredUnit"]) == (V2, "liter")
        assert [item.rule for item in document.findings] == ["READ-UNWRAPPED"]
    with pytest.raises(Refused) as refused:
        read(write_json({"data": [fossil_2(), fossil_3()]}))
    assert [item.rule for item in refused.value.findings] == ["READ-MANY"]


@pytest.mark.parametrize("answer", [{"data": []}, {"data": [1]}, {"data": None}, {"data": {"x": 1}}])
def test_an_answer_without_a_footprint_is_no_footprint(answer: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        read(write_json(answer))
    assert [item.rule for item in refused.value.findings] == ["FORMAT-NOT-KNOWN"]
