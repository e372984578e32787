"""For every row of every foreign table: an edit made abroad comes home, while everything else stays as it was."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from records import complete_record
from trips import (
    BASE_URL,
    CBAM,
    HOME,
    ISO,
    NEVER_FROM_A_RECORD,
    PACT,
    PACT_23,
    Map,
    Trip,
    differences,
    homeward,
    outward,
    plain_path,
    texts,
)

from gateway.formats.codes import code_list
from gateway.formats.json_reader import NumberText
from gateway.formats.leaves import at, pattern_of, segments, text_map
from gateway.formats.registry import Document, read_document, write_document
from gateway.model.paths import canonical_keys, canonical_leaves
from gateway.route import Journey
from gateway.translate.ledger import Entry
from gateway.translate.mapping import Row, plan

ROUTES = ((PACT, BASE_URL), (PACT_23, ""), (ISO, ""), (CBAM, ""))
APART = {"PACT2-005", "PACT2-080"}
"""Rows of 2.x with tests of their own below; those that 2.x shares with 3.0 are tried there."""
ROWS = [
    pytest.param(target, base_url, row, id=row.id if target != PACT_23 else f"2.3-{row.id}")
    for target, base_url in ROUTES
    for row in plan(target, extension=bool(base_url)).rows
    if row.external and not (target == PACT_23 and (row.id.startswith("PACT-") or row.id in APART))
]
SEEDS = range(6)
CONTEXT = {"PACT-021", "PACT2-021"}
"""The declared unit: every figure follows it, so its edit has an expectation of its own."""
KEYS = {f"{place}/*/{key}" for place, key in canonical_keys().items()}


@cache
def trip_of(target: str, base_url: str, seed: int) -> Trip:
    return outward(complete_record(seed), target, base_url)


@cache
def source_of(target: str, base_url: str, seed: int) -> Map:
    return text_map(trip_of(target, base_url, seed).source.tree)


def carried(target: str, base_url: str, row: Row) -> tuple[Trip, list[Entry]]:
    """A trip on which the row carried a leaf, with every entry that carries the same leaf; else no entry."""
    for seed in SEEDS:
        trip = trip_of(target, base_url, seed)
        assert trip.out.ledger is not None
        entries = [e for e in trip.out.ledger.entries if e.target and e.rule.rpartition(" > ")[2] == row.id]
        if entries and (row.id != "CBAM-042" or goods_are_named_twice(trip)):
            return trip, [e for e in entries if e.source[:1] == entries[0].source[:1]] or entries[:1]
    return trip, []


def goods_are_named_twice(trip: Trip) -> bool:
    """Whether the goods of the first consignment are named by another one too: an item with another number is
    another item, and a good that only the former one named would go with it."""
    first, *others = ({lot.get("goods") for lot in c["lots"]} for c in trip.source.tree["consignments"])
    return bool(others) and first <= set().union(*others)


def edited(trip: Trip, changes: dict[str, Any]) -> Document:
    """The document with leaves changed, written and read again as a receiver would."""
    tree = copy.deepcopy(trip.abroad.tree)
    for path, value in changes.items():
        *groups, last = segments(path)
        node: Any = tree
        for part in groups:
            node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
        if isinstance(node, list):
            node[int(last)] = value
        else:
            node[last] = value
    return read_document(write_document(trip.target, tree), trip.target)


def other_value(row: Row, before: Any, index: int = 0) -> Any:
    """Another valid foreign value, by the lens of the row."""
    name, parameters = row.lens_name, row.parameters
    if name == "unless":
        inner = replace(
            row, lens_name=parameters.get("then", "verbatim"), parameters=parameters.get("with", {})
        )
        return other_value(inner, before, index)
    if name == "code":
        column = code_list(parameters["list"])
        values = [
            value
            for code in column.codes
            if (value := column.to(parameters["column"], code)) not in (None, before)
        ]
        return values[0]
    if name == "date-as-instant":
        return "2024-05-06T00:00:00Z"
    if name == "boolean-text":
        return "false" if before == "true" else "true"
    if name == "rating":
        return "3" if before != "3" else "4"
    if name == "urn":
        return (row.parameters["prefix"] or "urn:uuid:") + "ab-12"
    if name == "urn-of-two":
        return "urn:pact:changed.example:product-id:new"
    if name == "number":
        return NumberText("77" if parameters.get("whole") else "2.25")
    if name in ("declared-unit", "product-amount"):
        return ("7", "megajoule")[index]
    kind = canonical_leaves()[row.canonical_paths[0]]
    if isinstance(before, bool):
        return not before
    return {"decimal": "7.25", "integer": "77", "date": "2024-03-31", "datetime": "2026-02-01T08:00:00Z"}.get(
        kind, f"{before} changed"
    )


@pytest.mark.parametrize(("target", "base_url", "row"), ROWS)
def test_an_edit_abroad_comes_home_and_everything_else_stays(target: str, base_url: str, row: Row) -> None:
    trip, entries = carried(target, base_url, row)
    assert bool(entries) is (row.id not in NEVER_FROM_A_RECORD[target])
    if not entries:
        an_addition_without_a_field_changes_nothing(trip, row)
    elif entries[0].fidelity in ("derived", "defaulted"):
        an_edit_of_what_was_derived_is_named_and_not_written(trip, entries[0], row)
    elif row.id in CONTEXT:
        an_edit_of_the_declared_unit_moves_every_figure_with_it(trip, entries[0], row)
    else:
        an_edit_comes_home_alone(trip, entries, row)


def an_edit_comes_home_alone(trip: Trip, entries: list[Entry], row: Row) -> None:
    value = other_value(row, at(trip.abroad.tree, entries[0].target[0]))
    changes = {entry.target[0]: value for entry in entries}
    home = homeward(trip, edited(trip, changes))
    source = text_map(trip.source.tree)
    known = dict(source)
    up = row.lens.lift(value, known.get).value
    places = [p for p in entries[0].source if pattern_of(p) in row.canonical_paths] or list(
        entries[0].source[:1]
    )
    expected = dict(zip(places, up if len(row.canonical) > 1 else (up,), strict=len(row.canonical) > 1))
    wanted = {**source, **text_map_of(expected)}
    if pattern_of(places[0]) in KEYS:
        wanted = without_what_was_kept_for(trip, places[0], wanted)
        assert {f.rule for f in home.findings} & {"RESIDUE-ELEMENT-GONE"} or wanted == {**source, **expected}
    found = differences(wanted, texts(home))
    assert not found, found[:10]
    assert "EDIT-OF-DERIVED" not in {f.rule for f in home.findings} or row.id in DERIVES


DERIVES = {"CBAM-063", "CBAM-064"}
"""Rows whose leaf others are derived from: HS code from CN code."""


def text_map_of(leaves: dict[str, Any]) -> Map:
    return {path: next(iter(text_map(value).values())) for path, value in leaves.items()}


def without_what_was_kept_for(trip: Trip, place: str, wanted: Map) -> Map:
    """An element with another key is another element: what was kept for the former one has no owner, and a
    rounded figure stays as it stands abroad."""
    element, _, key = place.rpartition("/")
    assert trip.out.kept is not None
    assert trip.out.ledger is not None
    rounded = {e.source[0]: e.after for e in trip.out.ledger.entries if e.keeps and e.after is not None}
    mark = f"@{key}="
    gone = {
        plain_path(named, trip.source.tree)
        for named, _ in trip.out.kept.kept
        if mark in named and plain_path(named, trip.source.tree).startswith(f"{element}/")
    }
    stays = {path: rounded[path] for path in gone & rounded.keys()}
    return {path: value for path, value in {**wanted, **stays}.items() if path not in gone or path in stays}


def an_edit_of_what_was_derived_is_named_and_not_written(trip: Trip, entry: Entry, row: Row) -> None:
    value = other_value(row, at(trip.abroad.tree, entry.target[0]))
    home = homeward(trip, edited(trip, {entry.target[0]: value}))
    assert [f.path for f in home.findings if f.rule == "EDIT-OF-DERIVED"] == [entry.target[0]]
    assert not differences(text_map(trip.source.tree), texts(home))


def an_addition_without_a_field_changes_nothing(trip: Trip, row: Row) -> None:
    """A leaf that only others state is in the ledger as lost; the record stays as it was."""
    place = f"/{row.external_paths[0]}".replace("*", "0")
    home = homeward(trip, edited(trip, {place: "1"}))
    assert home.ledger is not None
    assert [e.fidelity for e in home.ledger.entries if place in e.source] == ["lost"]
    assert not differences(text_map(trip.source.tree), texts(home))


def an_edit_of_the_declared_unit_moves_every_figure_with_it(trip: Trip, entry: Entry, row: Row) -> None:
    """The figures abroad now are per the new unit; at home they are, too: going out again gives the edited document."""
    document = edited(trip, {path: other_value(row, None, n) for n, path in enumerate(entry.target)})
    home = homeward(trip, document)
    found = texts(home)
    assert (found["/unit/amount"], found["/unit/unit"]) == ("7", "MJ")
    again = outward(home.lowered.tree, trip.target, trip.base_url)
    assert not differences(text_map(document.tree), text_map(again.abroad.tree))


def test_a_total_made_by_a_law_is_no_field_to_edit() -> None:
    tree = {"format": HOME, "unit": {"amount": "1", "unit": "t"},
            "results": {"unit": "tCO2e", "fossil": "1.50", "landUseChange": "0.25"}}  # fmt: skip
    trip = outward(tree, PACT)
    totals = ["/pcf/pcfExcludingBiogenicUptake", "/pcf/pcfIncludingBiogenicUptake"]
    assert [at(trip.abroad.tree, path) for path in totals] == ["1.75", "1.75"]
    for path in totals:
        home = homeward(trip, edited(trip, {path: "2"}))
        assert path in [f.path for f in home.findings if f.rule == "EDIT-OF-DERIVED"]
        assert texts(home) == text_map(tree)


def test_an_id_that_was_made_is_no_field_to_edit_but_the_record_s_own_is() -> None:
    made = outward({"format": HOME, "producer": {"name": {"en": "X"}}}, PACT)
    home = homeward(made, edited(made, {"/id": "6f6b0d6e-5c0e-4a53-9d5c-0a1f6d2c7e01"}))
    assert "EDIT-OF-DERIVED" in {f.rule for f in home.findings}
    assert texts(home) == text_map(made.source.tree)
    own = outward({"format": HOME, "record": {"id": "00000000-0000-4000-8000-000000000000"}}, PACT)
    home = homeward(own, edited(own, {"/id": "6f6b0d6e-5c0e-4a53-9d5c-0a1f6d2c7e01"}))
    assert "EDIT-OF-DERIVED" not in {f.rule for f in home.findings}
    assert texts(home)["/record/id"] == "6f6b0d6e-5c0e-4a53-9d5c-0a1f6d2c7e01"


# --- elements with a key ----------------------------------------------------------------------------------


SITES: dict[str, Any] = {
    "format": HOME,
    "installations": [{"id": f"S/{n}", "name": {"zh": f"厂区{n}"}, "registryId": f"R{n}"} for n in range(3)],
}


def sites(change: Any) -> tuple[Journey, list[dict[str, Any]]]:
    """The three sites at home, after their list was changed abroad."""
    trip = outward(SITES, ISO)
    tree = copy.deepcopy(trip.abroad.tree)
    tree["report"]["sites"] = change(tree["report"]["sites"])
    home = homeward(trip, read_document(write_document(ISO, tree), ISO))
    return home, home.lowered.tree["installations"]


def test_an_element_removed_abroad_is_gone_and_the_others_keep_their_own() -> None:
    home, found = sites(lambda rows: [rows[0], rows[2]])
    assert found == [SITES["installations"][0], SITES["installations"][2]]
    assert [f.path for f in home.findings if f.rule == "RESIDUE-ELEMENT-GONE"] == [
        "/installations/@id=S~11/registryId"
    ]


def test_elements_reordered_abroad_keep_their_own_and_the_order_is_noted() -> None:
    home, found = sites(lambda rows: rows[::-1])
    assert found == SITES["installations"][::-1]
    assert [f.path for f in home.findings if f.rule == "RESIDUE-REORDERED"] == ["/installations"]
    assert "RESIDUE-REORDERED" not in {f.rule for f in sites(lambda rows: rows)[0].findings}


def test_an_element_added_abroad_comes_home_without_anything_of_others() -> None:
    _, found = sites(lambda rows: [{"id": "S9"}, *rows])
    assert found == [{"id": "S9"}, *SITES["installations"]]


def test_goods_of_a_report_reordered_abroad_keep_their_own() -> None:
    trip = next(t for s in range(20) if len((t := trip_of(CBAM, "", s)).abroad.tree["ImportedGood"]) > 1)
    tree = copy.deepcopy(trip.abroad.tree)
    tree["ImportedGood"].reverse()
    home = homeward(trip, read_document(write_document(CBAM, tree), CBAM))
    wanted = {**trip.source.tree, "consignments": trip.source.tree["consignments"][::-1]}
    assert not differences(text_map(wanted), texts(home))


def test_elements_without_a_key_that_change_in_number_are_named() -> None:
    tree = {
        "format": HOME,
        "emissionFactors": [{"id": f"E{n}", "database": f"D{n}", "value": str(n)} for n in range(3)],
    }
    trip = outward(tree, PACT)
    document = trip.abroad.tree
    del document["pcf"]["secondaryEmissionFactorSources"][1]
    home = homeward(trip, read_document(write_document(PACT, document), PACT))
    assert "RESIDUE-COUNT" in {f.rule for f in home.findings}
    assert [row["database"] for row in home.lowered.tree["emissionFactors"]] == ["D0", "D2"]
    assert all("value" not in row for row in home.lowered.tree["emissionFactors"])


# --- rows of PACT 2.x that concern more than one field --------------------------------------------------------


def test_a_classification_that_repeats_the_cpc_code_adds_nothing() -> None:
    trip = trip_of(PACT_23, "", 0)
    code, listed = trip.abroad.tree["productCategoryCpc"], trip.abroad.tree["productClassifications"]
    repeated = edited(trip, {f"/productClassifications/{len(listed) - 1}": f"urn:cpc:{code}"})
    home = homeward(trip, repeated, residue=False)
    assert home.lowered.tree["product"]["cpc"] == code
    assert home.ledger is not None
    lost = [e for e in home.ledger.entries if e.before == f"urn:cpc:{code}"]
    assert [(e.fidelity, e.note) for e in lost] == [
        ("lost", "it repeats what another field of the source says")
    ]


def test_an_assurance_that_is_withdrawn_abroad_takes_the_verification_with_it() -> None:
    trip = trip_of(PACT_23, "", 0)
    assert trip.abroad.tree["pcf"]["assurance"]["assurance"] is True
    home = homeward(trip, edited(trip, {"/pcf/assurance/assurance": False}))
    assert {path for path in texts(home) if path.startswith("/verification/")} <= {
        "/verification/assured", "/verification/boundary", "/verification/cnasNumber", "/verification/statementNumber",
    }  # fmt: skip
    assert texts(home)["/verification/assured"] == "false"
