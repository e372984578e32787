"""Records and Catena-X footprints go abroad and come home; every version, every row, and the published examples."""

from __future__ import annotations

import copy
import os
from decimal import Decimal
from typing import Any

import pytest
from catenax_documents import CX7, CX8, CX9, VERSIONS, asked_for, clean, published
from records import complete_record, record_of
from test_edits_abroad import (
    an_edit_comes_home_alone,
    an_edit_of_what_was_derived_is_named_and_not_written,
    edited,
)
from trips import (
    HOME,
    PACT,
    Trip,
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
from gateway.formats.json_reader import NumberText, read_json, write_json
from gateway.formats.leaves import at, leaves, text_map
from gateway.formats.registry import read_document
from gateway.model.finding import errors
from gateway.route import Wish, translate
from gateway.translate.ledger import Entry
from gateway.translate.mapping import Row, plan

PART = 20
PARTS = 12 if os.environ.get("CBAMGW_FULL") else 3


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("target", VERSIONS)
def test_generated_records_go_abroad_and_come_home(target: str, part: int) -> None:
    for seed in range(part * PART, (part + 1) * PART):
        try:
            check_everything(outward(record_of(seed), target))
        except AssertionError as error:
            raise AssertionError(f"record_of({seed}): {error}") from error


ONLY_ABROAD = {
    target: {r.id for r in plan(target).rows if r.canonical_paths[0].startswith("/catenax/")}
    | {r.id for r in plan(target).rows if r.lens_name == "implied-beside"}
    for target in VERSIONS
}
"""Rows of leaves that no record states: they carry from one footprint to another."""


@pytest.mark.parametrize("target", VERSIONS)
def test_a_complete_record_has_a_value_for_every_row_of_the_record(target: str) -> None:
    seen: set[str] = set()
    for seed in range(6):
        trip = outward(complete_record(seed), target)
        assert trip.out.ledger is not None
        seen |= {part for e in trip.out.ledger.entries if e.target for part in e.rule.split(" > ")}
    one_set = copy.deepcopy(complete_record(0))
    one_set["basis"]["gwpSets"] = ["AR6"]
    for entry in outward(one_set, target).out.ledger.entries:  # type: ignore[union-attr]
        seen |= set(entry.rule.split(" > ")) if entry.target else set()
    assert {row.id for row in plan(target).rows if row.external} - seen == ONLY_ABROAD[target]


# --- footprints that start abroad -----------------------------------------------------------------------------


@pytest.mark.parametrize("target", [HOME, PACT, *VERSIONS])
@pytest.mark.parametrize("source", VERSIONS)
def test_a_clean_footprint_goes_to_every_other_format_and_comes_home_text_identical(
    source: str, target: str
) -> None:
    trip = outward(clean(source), target, source_format=source)
    check_ledger(trip.out)
    check_residue(trip)
    check_home_with_residue(trip)


@pytest.mark.parametrize("target", [HOME, PACT, *VERSIONS])
@pytest.mark.parametrize("source", VERSIONS)
def test_a_published_example_goes_to_every_other_format_and_comes_home_text_identical(
    source: str, target: str
) -> None:
    """Its numbers are spelt 1000.0 and 1E+2, one of its lists holds an empty object: all of it comes home."""
    trip = outward(read_json(published(source)), target, source_format=source)
    check_ledger(trip.out)
    check_residue(trip)
    check_home_with_residue(trip)


@pytest.mark.parametrize("source", VERSIONS)
def test_a_clean_footprint_becomes_a_valid_record(source: str) -> None:
    trip = outward(clean(source), HOME, source_format=source)
    assert trip.out.conforms, [f.rule for f in errors(trip.out.findings)]
    assert not errors(validate_json(HOME, trip.abroad.tree))


@pytest.mark.parametrize("source", VERSIONS)
@pytest.mark.parametrize("target", [PACT, HOME])
def test_a_generated_footprint_comes_home_from_a_record_and_from_pact(source: str, target: str) -> None:
    for seed in range(12):
        foreign = outward(record_of(seed), source).out.lowered.tree
        trip = outward(foreign, target, source_format=source)
        check_ledger(trip.out)
        check_residue(trip)
        check_home_with_residue(trip)


@pytest.mark.parametrize("target", VERSIONS)
def test_a_pact_footprint_comes_home_from_catenax(target: str) -> None:
    for seed in range(12):
        foreign = outward(record_of(seed), PACT).out.lowered.tree
        trip = outward(foreign, target, source_format=PACT)
        check_ledger(trip.out)
        check_home_with_residue(trip)


# --- numbers -------------------------------------------------------------------------------------------------


def numbers(tree: Any) -> dict[str, str]:
    return {path: str(value) for path, value in leaves(tree) if isinstance(value, NumberText)}


@pytest.mark.parametrize("target", VERSIONS)
def test_figures_are_written_as_json_numbers_with_the_digits_of_the_record(target: str) -> None:
    out = translate(read_document(write_json(asked_for())), Wish(target))
    assert out.conforms, [f"{f.rule} {f.path}" for f in errors(out.findings)]
    written = numbers(read_json(out.data))
    assert "13.29166958" in written.values()
    assert "11.81" in written.values()
    assert not [value for value in written.values() if "e" in value.lower()]
    # 1000 kg of net mass per tonne: per kilogram it is 1, with the places that moving the point leaves
    assert written[next(path for path in written if path.endswith("productMassPerDeclaredUnit"))] == "1.000"


@pytest.mark.parametrize(
    ("spelt", "wanted"),
    [
        ("100000000000000000000000.1", "100000000000000000000000.1"),
        ("1E+2", "100"),
        ("0.10", "0.10"),
        ("-0.0", "0.0"),
    ],
)
def test_a_number_is_read_digit_for_digit(spelt: str, wanted: str) -> None:
    """No binary float holds 0.10 or 24 digits; the record has the text, and home has the number as it was spelt."""
    data = write_json(clean(CX8)).replace(
        b'"biogenicCO2Uptake": -0.04', f'"biogenicCO2Uptake": {spelt}'.encode()
    )
    trip = outward(read_json(data), HOME, source_format=CX8)
    assert at(trip.abroad.tree, "/results/biogenicUptake") == wanted
    assert type(at(trip.abroad.tree, "/results/biogenicUptake")) is str
    home = homeward(trip)
    assert f'"biogenicCO2Uptake": {spelt}'.encode() in home.data


def test_a_figure_that_the_record_spells_with_zeros_in_front_becomes_a_number_and_comes_home() -> None:
    tree = asked_for()
    tree["quality"]["primaryDataShare"] = "007.50"
    trip = outward(tree, CX9)
    assert "7.50" in numbers(trip.abroad.tree).values()
    assert texts(homeward(trip))["/quality/primaryDataShare"] == "007.50"


# --- one unit, or the declared amount ------------------------------------------------------------------------


def twelve_litres(total: str) -> dict[str, Any]:
    return {
        "format": HOME,
        "unit": {"amount": "12", "unit": "L"},
        "results": {"unit": "kgCO2e", "fossil": total, "totalExcludingUptake": total, "total": total},
        "product": {"netMass": "9.6"},
    }


def test_seven_states_figures_per_one_unit_and_eight_and_nine_per_the_declared_amount() -> None:
    """12 l with 18 kg CO2e: 1.5 kg CO2e a litre in 7.0.0, 18 for the 12 litres in 8.0.0 and 9.0.0."""
    seven = outward(twelve_litres("18"), CX7).abroad.tree["pcf"]
    assert (seven["unitaryProductAmount"], seven["fossilGhgEmissions"]) == ("12", "1.5")
    assert (seven["pcfIncludingBiogenic"], seven["productMassPerDeclaredUnit"]) == ("1.5", "0.8")
    eight = outward(twelve_litres("18"), CX8).abroad.tree["pcf"]
    assert (eight["declaredUnitAmount"], eight["fossilGhgEmissions"]) == ("12", "18")
    assert (eight["pcfIncludingBiogenicUptake"], eight["productMassPerDeclaredUnit"]) == ("18", "9.6")
    nine = outward(twelve_litres("18"), CX9).abroad.tree
    assert (
        numbers(nine["productLifeCycleStagesAndEmissions"])["/0/productionStage/0/fossilGhgEmissions"] == "18"
    )


def test_what_does_not_divide_evenly_is_rounded_with_its_delta_and_comes_home() -> None:
    trip = outward(twelve_litres("10"), CX7)
    assert trip.abroad.tree["pcf"]["fossilGhgEmissions"] == "0.833333333333333"
    assert trip.out.ledger is not None
    entry = trip.out.ledger.by_target["/pcf/fossilGhgEmissions"]
    assert entry.delta.startswith("-0.00000000000000033333")
    check_trip(trip)


def test_a_step_from_seven_to_eight_multiplies_by_the_declared_amount() -> None:
    foreign = clean(CX7)
    foreign["pcf"] |= {"unitaryProductAmount": NumberText("12"), "declaredUnit": "liter"}
    pcf = outward(foreign, CX8, source_format=CX7).abroad.tree["pcf"]
    assert pcf["declaredUnitAmount"] == "12"
    assert pcf["aircraftGhgEmissions"] == "0.24"
    # position A of 8.0.0 leaves out the aviation that stands beside it: 12 x (13.29 - 0.02)
    assert pcf["fossilGhgEmissions"] == "159.24"


# --- what Catena-X keeps apart ------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "target"), [(CX8, CX9), (CX9, CX8)])
def test_a_step_between_eight_and_nine_carries_every_figure(source: str, target: str) -> None:
    foreign = clean(source)
    if source == CX8:
        foreign["pcf"]["massBalancingCertificateScheme"] = "not applicable"
    trip = outward(foreign, target, source_format=source)
    assert trip.out.conforms, [f"{f.rule} {f.path}" for f in errors(trip.out.findings)]
    found, wanted = (sorted(map(Decimal, numbers(tree).values())) for tree in (trip.abroad.tree, foreign))
    assert found == wanted


def test_a_step_back_to_seven_names_what_is_lost() -> None:
    journey = outward(clean(CX9), CX7, source_format=CX9).out
    lost = {
        row for f in journey.findings if f.rule == "VERSION-STEP-LOSES" for row in f.values["row"].split(", ")
    }
    assert "CX-X11" in lost  # a total of another definition
    assert "SCALE-OTHER" in {
        f.rule for f in journey.findings
    }  # ratings from 1 to 5, where 7.0.0 rates from 1 to 3
    assert journey.ledger is not None
    reasons = {e.note for e in journey.ledger.entries if e.fidelity == "lost"}
    assert "7.0.0 states the footprint without biogenic emissions, which is another quantity" in reasons
    assert "only 8.0.0 and 9.0.0 have it" in reasons


def test_aviation_stands_beside_the_fossil_emissions_and_the_total_stays() -> None:
    """ISO 14067 counts it within; position A of Catena-X does not: 100 with 5 of aviation is A = 95 and H = 5."""
    tree = asked_for()
    tree["results"] |= {
        "fossil": "100",
        "aircraft": "5",
        "landUseChange": "0",
        "total": "100",
        "totalExcludingUptake": "100",
    }
    tree["results"]["unit"] = "kgCO2e"
    production = at(outward(tree, CX9).abroad.tree, "/productLifeCycleStagesAndEmissions/0/productionStage/0")
    assert production["fossilGhgEmissions"] == "0.095"
    assert production["aircraftGhgEmissions"] == "0.005"
    assert production["pcfExcludingBiogenicUptake"] == "0.100"


# --- edits abroad -------------------------------------------------------------------------------------------


ROWS = [
    pytest.param(target, row, id=row.id)
    for target in VERSIONS
    for row in plan(target).rows
    if row.external and row.id not in ONLY_ABROAD[target]
]
SEEDS = range(6)


def carried(target: str, row: Row) -> tuple[Trip, list[Entry]]:
    """A trip on which the row carried a leaf, with the entries of that leaf."""
    for seed in SEEDS:
        for one_set in (False, True):
            tree = complete_record(seed)
            if one_set:
                tree["basis"]["gwpSets"] = tree["basis"]["gwpSets"][:1]
            trip = outward(tree, target)
            assert trip.out.ledger is not None
            entries = [
                e for e in trip.out.ledger.entries if e.target and e.rule.rpartition(" > ")[2] == row.id
            ]
            if entries:
                return trip, [e for e in entries if e.source[:1] == entries[0].source[:1]]
    pytest.fail(f"{row.id} carried nothing")


@pytest.mark.parametrize(("target", "row"), ROWS)
def test_an_edit_abroad_comes_home_and_everything_else_stays(target: str, row: Row) -> None:
    trip, entries = carried(target, row)
    if row.lens_name == "by-list":
        an_edit_of_the_region_alone_is_named(trip, entries[0])
    elif row.lens_name == "declared-unit-of":
        an_edit_of_the_declared_unit_moves_every_figure(trip, entries[0])
    elif row.lens_name == "unless-stated":
        an_edit_of_the_second_statement_changes_nothing(trip, entries[0])
    elif entries[0].fidelity == "derived":
        an_edit_of_what_was_derived_is_named_and_not_written(trip, entries[0], row)
    elif (
        row.parameters.get("open")
        or row.canonical_paths[0] in MOVES
        or row.canonical_paths[0].endswith("/0")
        or row.lens_name in EDITED
    ):
        an_edit_is_read_by_the_lens(trip, entries[0], row)
    else:
        an_edit_comes_home_alone(trip, entries, row)


EDITED = {
    "name-and-version": "GaBi 2024.1",
    "named-or-other": "PEF",
    "the-only-one": "AR5",
    "without-part": "7.25",
}
"""What is written abroad in place of a value, for lenses whose values the other tests do not make."""
MOVES = {"/results/aircraft": {"/results/fossil"}}
"""A part that stands beside its whole abroad: the whole at home has it within, and moves with it."""


def an_edit_of_the_region_alone_is_named(trip: Trip, entry: Entry) -> None:
    home = homeward(trip, edited(trip, {entry.target[0]: "Western Europe"}))
    assert "EDIT-OF-DERIVED" in {f.rule for f in home.findings}
    assert not differences(text_map(trip.source.tree), texts(home))


def an_edit_of_the_second_statement_changes_nothing(trip: Trip, entry: Entry) -> None:
    """The leaf beside it says the same and is the one that is read; the contradiction is a finding."""
    home = homeward(trip, edited(trip, {entry.target[0]: NumberText("7.25")}))
    assert not differences(text_map(trip.source.tree), texts(home))
    assert {"CATENAX-FOSSIL-IDENTICAL"} <= {f.rule for f in home.findings}


def an_edit_is_read_by_the_lens(trip: Trip, entry: Entry, row: Row) -> None:
    value = EDITED.get(row.lens_name, "7.25")
    changed_to: Any = (
        NumberText(value) if isinstance(at(trip.abroad.tree, entry.target[0]), NumberText) else value
    )
    found = texts(homeward(trip, edited(trip, {entry.target[0]: changed_to})))
    source = text_map(trip.source.tree)
    changed = {path for path in source if found.get(path) != source[path]}
    assert entry.source[0] in changed
    assert changed <= {*entry.source, *MOVES.get(row.canonical_paths[0], ())}


def an_edit_of_the_declared_unit_moves_every_figure(trip: Trip, entry: Entry) -> None:
    """Going out again gives the edited document: the figures at home are per the new unit."""
    document = edited(trip, dict(zip(entry.target, (NumberText("7"), "megajoule"), strict=True)))
    home = homeward(trip, document)
    found = texts(home)
    assert (found["/unit/amount"], found["/unit/unit"]) == ("7", "MJ")
    again = outward(home.lowered.tree, trip.target)
    assert not differences(text_map(document.tree), text_map(again.abroad.tree))
