"""What is put on offer has the one spelling that both the prose and the published schema take."""

from __future__ import annotations

import pytest
from workbooks import written as workbook

from gateway.data import data_path
from gateway.formats.json_reader import read_json, write_compact
from gateway.pact.offer import places_around, prepare, settled, zulu
from gateway.store.tables.base import instant_of


def footprint() -> dict:
    return read_json(
        prepare(data_path("examples", "aluminium.json").read_bytes()).offer.bodies["3.0"].content
    )


def offered(tree: dict) -> dict:
    return read_json(prepare(write_compact(tree)).offer.bodies["3.0"].content)


def test_a_footprint_that_is_written_plainly_is_served_leaf_for_leaf_as_it_came() -> None:
    tree = footprint() | {"x-house": {"a": "1e2"}}
    assert offered(tree) == tree


def test_exponents_of_figures_and_nulls_are_settled_and_nothing_else() -> None:
    tree = footprint()
    written = {**tree, "comment": None, "productNameCompany": "1e2"}
    written["pcf"] = {**tree["pcf"], "aircraftGhgEmissions": None, "fossilGhgEmissions": "1329046958e-8"}
    made = offered(written)
    assert "comment" not in made
    assert "aircraftGhgEmissions" not in made["pcf"]
    assert made["pcf"]["fossilGhgEmissions"] == "13.29046958"
    assert made["productNameCompany"] == "1e2"


def test_what_an_extension_holds_is_left_as_it_is() -> None:
    data = {"specVersion": "3.0.0", "dataSchema": "https://x.example/s.json", "data": {"n": None, "e": "1e3"}}
    assert settled({"extensions": [data]}) == {"extensions": [data]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-02-03T16:00:00+08:00", "2026-02-03T08:00:00Z"),
        ("2026-02-03T08:00:00.250Z", "2026-02-03T08:00:00.250Z"),
        ("2026-01-01T01:30:00+02:00", "2025-12-31T23:30:00Z"),
    ],
)
def test_an_instant_is_written_in_utc_and_stays_the_same_instant(text: str, said: str) -> None:
    assert zulu(text) == said


def test_an_offer_is_found_by_the_instant_that_it_states() -> None:
    tree = footprint() | {"created": "2026-02-03T16:00:00+08:00"}
    made = prepare(write_compact(tree)).offer
    assert instant_of(made.created).isoformat() == "2026-02-03T08:00:00+00:00"


@pytest.mark.parametrize(
    ("place", "larger"),
    [
        ("CN-44", ["CN", "Eastern Asia", "Asia"]),
        ("DE", ["Western Europe", "Europe"]),
        ("Southern Europe", ["Europe"]),
        ("Europe", []),
        ("XX", []),
    ],
)
def test_a_footprint_is_found_by_every_place_that_it_lies_in(place: str, larger: list[str]) -> None:
    assert list(places_around(place)) == larger


def test_why_version_2_cannot_say_a_footprint_names_the_cell_of_the_workbook() -> None:
    tree = read_json(data_path("examples", "aluminium.json").read_bytes())
    tree["results"] |= {"landUseChange": "0", "landManagementBiogenic": "1.2"}
    prepared = prepare(workbook(tree))
    assert sorted(prepared.offer.bodies) == ["3.0"]
    (why,) = [item for item in prepared.findings if item.rule == "DERIVE-BETWEEN"]
    assert why.origin.startswith("结果!")
    assert (why.values["value"], why.values["unit"]) == ("1.2", "kgCO2e / 1 t")
    assert why.values["name"] == "pcf/pCfExcludingBiogenic"
