"""Records go abroad and come home: text-identical with the residue, as the table declares without it.

125 seeded records a target, in parts so that two processes share them; with CBAMGW_FULL=1 four times as many.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from records import complete_record, record_of, records
from shared_files import SHARED
from trips import (
    BASE_URL,
    CBAM,
    HOME,
    ISO,
    NEVER_FROM_A_RECORD,
    PACT,
    PACT_2_ROUTES,
    ROUTES,
    check_home_with_residue,
    check_ledger,
    check_residue,
    check_trip,
    differences,
    homeward,
    outward,
    texts,
)
from values import check_everything

from gateway.check.schema import validate_json
from gateway.formats.json_reader import read_json, write_json
from gateway.formats.leaves import text_map
from gateway.formats.registry import read_document
from gateway.model.finding import errors
from gateway.route import check

FULL = bool(os.environ.get("CBAMGW_FULL"))
PART = 25
PARTS = 20 if FULL else 5
NAMES = ["pact", "pact-extension", "iso", "cbam"]
ALL_ROUTES, ALL_NAMES = (*ROUTES, *PACT_2_ROUTES), [*NAMES, "pact-2.3", "pact-2.0"]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("route", ALL_ROUTES, ids=ALL_NAMES)
def test_generated_records_go_abroad_and_come_home(route: tuple[str, str], part: int) -> None:
    for seed in range(part * PART, (part + 1) * PART):
        try:
            check_everything(outward(record_of(seed), *route))
        except AssertionError as error:
            raise AssertionError(f"record_of({seed}): {error}") from error


@pytest.mark.parametrize("route", ALL_ROUTES, ids=ALL_NAMES)
def test_records_that_hypothesis_makes_go_abroad_and_come_home(route: tuple[str, str]) -> None:
    @settings(
        max_examples=100 if FULL else 8, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(tree=records)
    def trips(tree: dict[str, Any]) -> None:
        check_everything(outward(tree, *route))

    trips()


def test_generated_records_are_valid() -> None:
    for seed in range(40):
        found = errors(check(read_document(write_json(record_of(seed)))))
        assert not found, (seed, [(item.rule, item.path) for item in found])


@pytest.mark.parametrize("target", [PACT, ISO, CBAM, *(target for target, _ in PACT_2_ROUTES)])
def test_a_complete_record_has_a_value_for_nearly_every_row(target: str) -> None:
    """Otherwise the trips would say little: a row that never carries anything proves nothing."""
    seen: set[str] = set()
    for seed in range(6):
        trip = outward(complete_record(seed), target, BASE_URL)
        assert trip.out.ledger is not None
        seen |= {part for e in trip.out.ledger.entries if e.target for part in e.rule.split(" > ")}
    never = {row.id for row in trip.table.rows if row.external} - seen
    assert never == NEVER_FROM_A_RECORD[target]


# --- documents that start abroad ---------------------------------------------------------------------------


def _samples() -> list[Any]:
    folder = SHARED / "samples" / "pact"
    names = sorted(folder.glob("v[23]/*.json")) if folder.is_dir() else []
    if not names:
        return [pytest.param({}, marks=pytest.mark.skip(f"no PACT samples in {folder}"))]
    return [
        pytest.param(tree, id=f"{name.stem}-{n}")
        for name in names
        for n, tree in enumerate(_footprints(name))
    ]


def _footprints(name: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def search(node: Any) -> None:
        if isinstance(node, dict) and "specVersion" in node and "pcf" in node:
            found.append(node)
        elif isinstance(node, dict | list):
            for inner in node.values() if isinstance(node, dict) else node:
                search(inner)

    search(read_json(name.read_bytes()))
    return found


@pytest.mark.parametrize("footprint", _samples())
def test_a_footprint_of_others_becomes_a_valid_record_and_comes_home(footprint: dict[str, Any]) -> None:
    source = read_document(write_json(footprint)).format_id
    trip = outward(footprint, HOME, source_format=source)
    check_ledger(trip.out)
    check_residue(trip)
    assert not errors(validate_json(HOME, trip.abroad.tree))
    check_home_with_residue(trip)


VERSIONS = (PACT, "pact.footprint@2.3", "pact.footprint@2.0")


@pytest.mark.parametrize(("here", "there"), [(a, b) for a in VERSIONS for b in VERSIONS if a != b])
def test_a_footprint_goes_to_another_version_of_pact_and_comes_home(here: str, there: str) -> None:
    for seed in range(6):
        for make in (record_of, complete_record):
            trip = outward(outward(make(seed), here).out.lowered.tree, there, source_format=here)
            check_ledger(trip.out)
            check_residue(trip)
            check_home_with_residue(trip)


@pytest.mark.parametrize("target", [PACT, ISO, *(target for target, _ in PACT_2_ROUTES)])
@pytest.mark.parametrize("part", range(4))
def test_a_foreign_document_comes_home_from_a_chinese_record(target: str, part: int) -> None:
    """What a foreign party wrote is translated to a record and back: the residue brings home what it has more."""
    for seed in range(part * 5, (part + 1) * 5):
        foreign = outward(record_of(seed), target).out.lowered.tree
        trip = outward(foreign, HOME, source_format=target)
        check_ledger(trip.out)
        check_residue(trip)
        assert not errors(validate_json(HOME, trip.abroad.tree)), seed
        check_home_with_residue(trip)


def test_extensions_of_others_come_home_with_their_odd_keys() -> None:
    foreign = outward(complete_record(0), PACT).out.lowered.tree
    foreign["extensions"] = [
        {"specVersion": "2.0.0", "dataSchema": "https://other.example/s.json", "data": {"@type": "X", "2024": {"a": []}}},
        {"specVersion": "2.0.0", "dataSchema": "https://other.example/t.json", "data": {"@id": {"0": None, "~/": "y"}}},
    ]  # fmt: skip
    check_home_with_residue(outward(foreign, HOME, source_format=PACT))


def test_a_second_extension_of_our_own_kind_is_kept_apart() -> None:
    foreign = outward(complete_record(0), PACT, BASE_URL).out.lowered.tree
    second = {**foreign["extensions"][0], "data": {"boundary": {"type": "gate-to-gate"}}}
    foreign["extensions"].append(second)
    trip = outward(foreign, HOME, BASE_URL, PACT)
    check_ledger(trip.out)
    check_home_with_residue(trip)


def test_a_list_element_that_is_refused_leaves_no_hole() -> None:
    tree = complete_record(1)
    quantity = {"sequence": "1", "procedure": "40", "measures": [
        {"indicator": "0", "netMass": "1" * 25}, {"indicator": "1", "netMass": "5", "unit": "t"}]}  # fmt: skip
    tree["consignments"][0]["quantities"] = [quantity]
    tree["emissionFactors"] = [{"id": "E1"}, {"id": "E2", "database": "示例"}]
    for route in ROUTES:
        trip = outward(tree, *route)
        check_trip(trip)
    rules = [item.rule for item in trip.out.findings]
    assert "VALUE-TOO-LONG" in rules


def test_a_refused_code_in_a_foreign_list_leaves_no_hole() -> None:
    foreign = outward(complete_record(0), PACT).out.lowered.tree
    foreign["pcf"]["productOrSectorSpecificRules"] = [
        {"operator": "nobody"},
        {"operator": "PEF", "ruleNames": ["R"]},
    ]
    trip = outward(foreign, HOME, source_format=PACT)
    check_ledger(trip.out)
    assert trip.out.lowered.tree["basis"]["productRules"] == [{"operator": "PEF", "names": ["R"]}]
    check_home_with_residue(trip)


def test_the_record_s_own_urns_come_home_to_their_own_field() -> None:
    """One URN has the very form that a row makes of model and domain, another that of the LEI."""
    urn, lei = "urn:pact:x.example:product-id:m", "urn:lei:abc"
    tree = {"format": HOME, "product": {"ids": [urn]}, "producer": {"ids": [lei], "name": {"en": "X"}}}
    trip = outward(tree, PACT)
    check_trip(trip)
    home = texts(homeward(trip, residue=False))
    assert home["/product/model"] == "m"
    assert home["/producer/lei"] == "abc"
    assert not differences(texts(homeward(trip)), text_map(tree))


@pytest.mark.parametrize("value", ["-0.000", "-0", "0.000", "0001.5", "1.50", "-12.3400"])
@pytest.mark.parametrize("unit", ["g", "kg", "t", "MWh"])
@pytest.mark.parametrize("amount", ["1", "10", "0.5", "3", "1.00"])
def test_figures_keep_their_text_in_any_declared_unit(value: str, unit: str, amount: str) -> None:
    tree = {
        "format": HOME,
        "unit": {"amount": amount, "unit": unit},
        "results": {"unit": "tCO2e", "biogenicUptake": value, "landOccupation": value},
        "product": {"netMass": value},
    }
    check_trip(outward(tree, PACT))
