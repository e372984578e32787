"""The source streams of the example records against the computed cells of the Commission's workbooks."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from test_examples import COMPLETE, EXAMPLES, load
from test_examples_sources import workbook

from gateway.methods.cbam_goods import assemble_goods
from gateway.methods.cbam_transitional import calculate
from gateway.methods.streams.law import DEFINITIVE, TRANSITIONAL
from gateway.methods.streams.totals import streams_of
from gateway.model.record import Record
from gateway.route import read_record

CLOSE = Decimal("1e-9")


def record_of(name: str) -> Record:
    return Record.model_validate(load(name))


def same(exact: Fraction, cell: str) -> bool:
    """Equal to the text of a cell within 1e-9 of it."""
    stated = Fraction(Decimal(cell))
    return abs(exact - stated) <= abs(stated) * Fraction(CLOSE)


@pytest.mark.parametrize("law", [TRANSITIONAL, DEFINITIVE], ids=["2023-1773", "2025-2547"])
@pytest.mark.parametrize(("name", "count"), [("aluminium.json", 3), ("cement.json", 4), ("steel.json", 11)])
def test_each_source_stream_gives_the_emissions_of_the_workbook(name: str, count: int, law: Any) -> None:
    book, found = workbook(name), streams_of(record_of(name), law)
    figures = [figure for figure in found.figures if figure.gas == "CO2"]
    assert len(figures) == count
    for row, figure in enumerate(figures, start=17):
        assert same(figure.emissions.exact, book.text("B_EmInst", f"AU{row}")), row
        biomass = Fraction(0) if figure.zero_rated is None else figure.zero_rated.exact
        assert same(biomass, book.text("B_EmInst", f"AV{row}")), row
        fossil, bio = (book.text("B_EmInst", f"{column}{row}") for column in ("AX", "AY"))
        energy = Fraction(0) if figure.energy is None else figure.energy.value
        assert same(energy, str(Decimal(fossil) + Decimal(bio))), row


def test_the_perfluorocarbons_of_the_aluminium_example_are_25282_tonnes() -> None:
    book, found = workbook("aluminium.json"), streams_of(record_of("aluminium.json"))
    (pfc,) = [figure for figure in found.figures if figure.gas == "PFC"]
    assert abs(pfc.emissions.exact - 25282) < Fraction(1, 10**9)
    steps = {step.symbol.rpartition(":")[2]: step.exact for step in found.trace if "PFC1" in step.symbol}
    assert same(steps["CF4"], book.text("B_EmInst", "AN98"))
    assert same(steps["C2F6"], book.text("B_EmInst", "AO98"))
    assert same(steps["Em"], book.text("B_EmInst", "AU98"))


@pytest.mark.parametrize("name", COMPLETE)
def test_the_installation_total_is_that_of_the_workbook(name: str) -> None:
    book, found = workbook(name), streams_of(record_of(name))
    assert same(found.installations["S1"].exact, book.text("C_Emissions&Energy", "L25"))


def test_streams_and_processes_of_the_aluminium_example_are_reconciled_and_the_difference_is_shown() -> None:
    result = calculate(record_of("aluminium.json"))
    (found,) = result.findings
    assert (found.rule, found.severity, found.path) == (
        "METHOD-STREAMS-DIFFERENCE",
        "info",
        "/installations/0",
    )
    assert found.values["computed"] == "316284.597"
    assert found.values["stated"] == "316283"
    assert found.values["difference"] == "-1.597"
    assert result.goods[0].see_direct.exact == Fraction("1.555")  # the stated 311000 t over 200000 t


@pytest.mark.parametrize("name", ["cement.json", "steel.json"])
def test_streams_and_processes_that_agree_to_the_tonne_say_nothing(name: str) -> None:
    assert calculate(record_of(name)).findings == ()


@pytest.mark.parametrize("name", ["cement.json", "steel.json"])
def test_attributed_emissions_come_from_the_streams_where_the_record_does_not_state_them(name: str) -> None:
    tree, stated = load(name), calculate(record_of(name))
    del tree["processes"][0]["directEmissions"]
    for stream in tree["sourceStreams"]:
        stream["process"] = "P1"
    derived = calculate(Record.model_validate(tree))
    assert derived.findings == ()
    for mine, theirs in zip(derived.goods, stated.goods, strict=True):
        assert abs(mine.see_direct.exact - theirs.see_direct.exact) < Fraction(CLOSE)
    step = derived.trace.steps["P1:AttrEmDir"]
    assert step.inputs[0].source == "P1:DirEm*"
    assert derived.trace.steps["P1:DirEm*"].inputs[0].source == "stream SS1:Em"


@pytest.mark.parametrize("name", ["aluminium", "steel"])
def test_the_workbook_of_a_record_gives_the_same_streams(name: str) -> None:
    record, findings = read_record(str(EXAMPLES / f"{name}.xlsx"))
    assert findings == []
    assert record is not None
    assert streams_of(record).trace.to_json() == streams_of(record_of(f"{name}.json")).trace.to_json()


def test_a_report_traces_its_figure_to_the_source_streams_behind_it() -> None:
    tree = {**load("aluminium.json"), "consignments": load("aluminium-consignment.json")["consignments"]}
    for stream, process in zip(tree["sourceStreams"], ("P2", "P1", "P1"), strict=True):
        stream["process"] = process
    for process in tree["processes"]:
        del process["directEmissions"]
    record = Record.model_validate(tree)
    view = assemble_goods(tree, record)
    result = calculate(record)
    wire = result.trace.steps["P2:DirEm*"]
    assert wire.exact == Fraction("38186.5968")
    sources = {
        source
        for place, why in view.explained.items()
        if place.endswith("/direct/see")
        for source in why.sources
    }
    assert {"/sourceStreams/0/amount", "/sourceStreams/0/ncv", "/pfc/0/collectionEfficiency"} <= sources
