"""The official samples of PACT and the footprints with one change each, judged as the facts say.

Every footprint in ``edge`` has components that do not add up to its total: that is found in each of them, and the
rest is judged by what is new.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from shared_files import SHARED

from gateway.api import check, read
from gateway.formats.json_reader import read_json, write_json
from gateway.model.finding import Finding, Refused, errors

SAMPLES = SHARED / "samples" / "pact"
FULL = bool(os.environ.get("CBAMGW_FULL"))
if not SAMPLES.is_dir() and not FULL:
    pytest.skip(f"no PACT samples in {SAMPLES}: set CBAMGW_SHARED", allow_module_level=True)

BASE = {"PACT-SUM-EXCLUDING", "PACT-SUM-INCLUDING", "PACT-SHALL", "PACT-SHARE-FRACTION"}
"""What is wrong with the footprint that all of ``edge`` are made of."""
EDGE = {
    "ok_base": set(),
    "ok_exponent": {"PACT-EXPONENT"},
    "ok_global": set(),
    "ok_unknown_property": set(),
    "null_optional": {"PACT-NULL"},
    "bad_amount_zero": {"PACT-AMOUNT", "SCHEMA-PATTERN"},
    "bad_decimal_text": {"PACT-DECIMAL", "SCHEMA-PATTERN"},
    "bad_packaging": {"PACT-PACKAGING"},
    "bad_positive_uptake": {"PACT-SIGN-NEGATIVE", "PACT-SUM-UPTAKE"},
    "bad_sum": {"PACT-SUM-UPTAKE"},
    "bad_two_geographies": {"PACT-GEOGRAPHY", "SCHEMA-ALTERNATIVES"},
    "bad_unit_tonne": {"PACT-UNIT", "SCHEMA-ENUM"},
    "bad_validity_4y": {"PACT-VALIDITY-YEARS"},
}
WARNINGS = {"PACT-EXPONENT", "PACT-NULL"}


def found_in(data: bytes) -> list[Finding]:
    return [item for item in check(read(data)) if item.severity != "info"]


def footprints(name: str) -> Iterator[dict[str, Any]]:
    """Every footprint of an answer of a host, one by one."""
    answer = read_json((SAMPLES / name).read_bytes())
    inner = answer.get("data", answer)
    inner = inner.get("pfs", inner) if isinstance(inner, dict) else inner
    yield from inner if isinstance(inner, list) else [inner]


def rules_of(tree: dict[str, Any]) -> set[str]:
    return {item.rule for item in found_in(write_json(tree))}


@pytest.mark.parametrize("name", sorted(EDGE))
def test_a_footprint_with_one_change_is_judged_as_its_name_says(name: str) -> None:
    found = found_in((SAMPLES / "edge" / f"{name}.json").read_bytes())
    told = {item.rule for item in found}
    assert told & {"PACT-SUM-EXCLUDING", "PACT-SUM-INCLUDING"}, "the parts of the base do not add up"
    assert EDGE[name] <= told
    new = {item.rule: item.severity for item in found if item.rule not in BASE}
    if name.startswith("bad_"):
        assert "error" in new.values() or name == "bad_sum"
    else:
        assert set(new) == EDGE[name]
        assert {rule for rule, severity in new.items() if severity == "warning"} == EDGE[name] & WARNINGS


def test_every_edge_sample_is_known_here() -> None:
    assert {path.stem for path in (SAMPLES / "edge").glob("*.json")} == set(EDGE)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("v2/dep_invalid-response-all-properties.json", {"SCHEMA-FORMAT", "PACT2-SUM-INCLUDING", "PACT2-ASSURANCE"}),
        ("v3/dep_invalid-response-all-properties.json",
         {"PACT-SUM-INCLUDING", "PACT-SUM-UPTAKE", "PACT-VALIDITY-START", "PACT-SHALL", "PACT-CREATED"}),
        ("v3/dep_list-footprints-response.json", {"PACT-SUM-INCLUDING", "PACT-VALIDITY-START"}),
        ("v3/dep_get-footprint-response.json", {"PACT-VALIDITY-START"}),
        ("v3/dep_pf-response-event.json", {"PACT-SUM-INCLUDING", "PACT-VALIDITY-START"}),
        ("v3/dep_example-1.json", {"PACT-SUM-EXCLUDING", "PACT-OPERATOR"}),
        ("v3/dep_example-2.json", {"PACT-SUM-EXCLUDING", "PACT-OWN-PRECEDING"}),
        ("v3/dep_example-3.json", {"PACT-VALIDITY-YEARS"}),
        ("v3/dep_example-4.json", {"PACT-VALIDITY-YEARS"}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_official_example_is_found(name: str, wrong: set[str]) -> None:
    (tree,) = footprints(name)
    found = found_in((SAMPLES / name).read_bytes())
    assert wrong <= {item.rule for item in found}
    assert errors(found)
    assert {item.rule for item in found} >= rules_of(tree) & wrong, "the answer says what the footprint says"


@pytest.mark.parametrize(
    "name",
    [
        "v2/dep_get-footprint-response.json",
        "v2/dep_list-footprints-response.json",
        "v2/dep_pf-response-event.json",
    ],
)
def test_an_official_example_of_2_0_conforms(name: str) -> None:
    document = read((SAMPLES / name).read_bytes())
    assert document.format_id == "pact.footprint@2.0"
    assert not errors(check(document))


@pytest.mark.parametrize(
    ("name", "count", "always"),
    [("v2/demo_api_footprints.json", 5, {"PACT2-SUM-INCLUDING"}),
     ("v3/demo_api_footprintsV3.json", 3, {"PACT-SUM-EXCLUDING", "PACT-SUM-INCLUDING", "PACT-SUM-UPTAKE"})],
)  # fmt: skip
def test_every_footprint_of_the_demo_hosts_is_caught(name: str, count: int, always: set[str]) -> None:
    with pytest.raises(Refused) as refused:
        read((SAMPLES / name).read_bytes())
    assert [item.rule for item in refused.value.findings] == ["READ-MANY"]
    trees = list(footprints(name))
    assert len(trees) == count
    for tree in trees:
        assert always <= rules_of(tree)


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_an_error_answer_is_no_footprint(version: str) -> None:
    data = (SAMPLES / version / "dep_error-response-access-denied.json").read_bytes()
    assert json.loads(data)["code"] == "AccessDenied"
    with pytest.raises(Refused):
        read(data)
