"""Filling the Commission's blank workbook from a record: which cells change, what is refused, what stays lost."""

from __future__ import annotations

import copy
import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from command import run
from template_files import BLANK, EXAMPLES, at_hand, blank, filled, keyed, record, with_cell

from gateway.data import data_path
from gateway.formats.leaves import leaves
from gateway.formats.registry import read_document
from gateway.formats.xlsx_cells import read_cells
from gateway.model.finding import errors
from gateway.route import Journey, Wish, translate

FORMULA = re.compile(rb"<f(?: [^>]*?)?(?:/>|>.*?</f>)", re.DOTALL)
PATCHED = {f"xl/worksheets/sheet{n}.xml" for n in (5, 6, 7, 8, 9, 13)} | {"xl/workbook.xml"}


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def cell(data: bytes, place: str) -> str:
    sheet, _, reference = place.partition("!")
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", reference).groups()  # type: ignore[union-attr]
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return next(s for s in read_cells(data).sheets if s.name == sheet).text(int(digits), column)


def rules_of(journey: Journey) -> set[str]:
    return {item.rule for item in errors(journey.findings)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_formula_of_the_commission_changes_and_no_part_but_the_filled_sheets(name: str) -> None:
    journey = filled(record(name))
    assert journey.conforms, journey.findings
    before, after = parts(blank()), parts(journey.data)
    assert list(before) == list(after)
    assert {part for part in before if before[part] != after[part]} <= PATCHED
    for part in before:
        assert FORMULA.findall(before[part]) == FORMULA.findall(after[part]), part
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_leaf_of_both_sides_stands_in_the_ledger(name: str) -> None:
    journey = filled(record(name))
    assert journey.ledger is not None
    assert {p for e in journey.ledger.entries for p in e.source} == {
        p for p, _ in leaves(journey.source.tree)
    }
    assert {p for e in journey.ledger.entries for p in e.target} == {
        p for p, _ in leaves(journey.lowered.tree)
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_was_written_is_what_is_read_again(name: str) -> None:
    journey = filled(record(name))
    written, again = keyed(journey.lowered.tree), keyed(read_document(journey.data).tree)
    unsaid = {path: value for path, value in written.items() if not path.endswith("/zeroRating")}
    assert unsaid.items() <= again.items()
    said = {path.rpartition("/")[2] for path in again.keys() - written.keys()}
    assert said <= {
        "factorKind",
        "carbonContentUnit",
        "direction",
        "id",
    }  # what a cell says without being asked


def test_the_same_record_gives_the_same_bytes() -> None:
    assert filled(record("cement")).data == filled(record("cement")).data


def test_figures_stand_in_their_cells_with_every_digit() -> None:
    data = filled(record("steel")).data
    assert cell(data, "D_Processes!L54") == "7866044.469877754"
    assert cell(data, "B_EmInst!L23") == "0.0027292576419213972"
    assert cell(data, "B_EmInst!R20") == "16"  # 0.16 of one here, per cent there
    assert cell(data, "A_InstData!I9") == "44927"  # 1 January 2023
    assert cell(data, "A_InstData!I26") == "China"
    assert cell(data, "Summary_Products!D10") == "Bubble approach"


def test_a_text_that_looks_like_a_formula_stays_text() -> None:
    tree = record("cement")
    tree["processes"][0]["name"]["en"] = '=HYPERLINK("http://example.com")'
    data = filled(tree).data
    assert cell(data, "A_InstData!L83") == '=HYPERLINK("http://example.com")'
    assert FORMULA.findall(parts(data)["xl/worksheets/sheet5.xml"]) == FORMULA.findall(
        parts(blank())["xl/worksheets/sheet5.xml"]
    )


def test_a_figure_with_fifty_digits_loses_none() -> None:
    tree, long = record("cement"), "1037310." + "1234567890" * 4 + "1"
    tree["processes"][0]["directEmissions"] = long
    assert cell(filled(tree).data, "D_Processes!L54") == long


def test_what_the_workbook_asks_for_is_derived_with_its_equation() -> None:
    journey = filled(record("aluminium"))
    assert journey.ledger is not None
    entry = journey.ledger.by_target["/processes/0/market"]
    assert (entry.fidelity, entry.after, entry.note) == ("derived", "80000", "200000 - 120000")
    assert set(entry.source) >= {"/processes/0/activityLevel", "/precursors/0/amount"}
    # 3000000 x 0.41 + 105000 x 0.41 = 1273050
    assert Decimal(cell(journey.data, "C_Emissions&Energy!M26")) == 1273050


def test_what_has_no_cell_is_lost_with_a_reason() -> None:
    journey = filled(record("aluminium"))
    assert journey.ledger is not None
    lost = {
        path: entry.note
        for entry in journey.ledger.entries
        if entry.fidelity == "lost"
        for path in entry.source
    }
    assert "never relabelled" in lost["/results/total"]
    assert lost["/precursors/0/name"] == "of an own product the workbook asks for the amount alone"
    assert lost["/installations/0/registryId"] == "no cell in the workbook"


def purchased() -> dict[str, Any]:
    """Rolled products from purchased slab with actual figures, and ferro-alloys with default values."""
    tree = record("steel")
    process = tree["processes"][0]
    process["goodsCategory"], process["route"] = "Crude steel", "Electric arc furnace"
    common = {"process": "P1", "unit": "t", "country": "CN"}
    tree["precursors"] = [
        {"id": "A", "name": "Pig iron", "category": "Pig iron", "cn8": "72011011", "amount": "1000",
         "seeDirect": "1.6", "seeIndirect": "0.05", "embeddedElectricity": "0.1", "determination": "actual", **common},
        {"id": "B", "name": "FeMn", "category": "Alloys (FeMn, FeCr, FeNi)", "cn8": "72021120", "amount": "20",
         "seeDirect": "1.44", "seeIndirect": "2.08", "embeddedElectricity": "3", "determination": "default", **common},
    ]  # fmt: skip
    return tree


def test_purchased_precursors_fill_a_block_each_and_come_home() -> None:
    journey = filled(purchased())
    assert journey.conforms, journey.findings
    assert cell(journey.data, "E_PurchPrec!L28") == "1000"
    assert cell(journey.data, "E_PurchPrec!L51") == "0.5"  # 0.05 t CO2e / 0.1 MWh
    assert cell(journey.data, "E_PurchPrec!M93") == "Default"
    assert cell(journey.data, "A_InstData!L102") == "Pig iron (CN 72011011)"
    home = translate(read_document(journey.data), Wish("cn.pcf@1"))
    for before, after in zip(purchased()["precursors"], home.lowered.tree["precursors"], strict=True):
        assert {k: v for k, v in after.items() if k not in ("id", "seeIndirect")} == {
            k: v for k, v in before.items() if k not in ("id", "seeIndirect")
        }
        assert abs(Decimal(after["seeIndirect"]) - Decimal(before["seeIndirect"])) < Decimal("1E-15")


@pytest.mark.parametrize(
    ("path", "most", "found"),
    [("goods", 100, 101), ("sourceStreams", 75, 76), ("processes", 10, 11), ("installations", 1, 2)],
)
def test_more_than_the_workbook_holds_is_refused_and_never_cut_off(path: str, most: int, found: int) -> None:
    tree = record("cement")
    rows = tree[path]
    while len(rows) < found:
        rows.append({**copy.deepcopy(rows[0]), "id": f"X{len(rows)}"})
    journey = filled(tree)
    said = [item for item in journey.findings if item.rule == "TEMPLATE-CAPACITY"]
    assert [(item.values["most"], item.values["found"]) for item in said] == [(str(most), str(found))]
    assert not journey.conforms


def test_more_purchased_precursors_than_blocks_are_refused() -> None:
    tree = purchased()
    one = tree["precursors"][0]
    tree["precursors"] = [{**one, "id": f"A{n}", "name": f"Pig iron {n}"} for n in range(21)]
    assert "TEMPLATE-CAPACITY" in rules_of(filled(tree))


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("/processes/0/route", "Blast furnace route", "TEMPLATE-ROUTE"),
        ("/processes/0/determination", "default", "TEMPLATE-NO-CELL"),
        ("/processes/0/activityUnit", "MWh", "TEMPLATE-NO-CELL"),
        ("/processes/0/includes", [{"category": "Clinker"}], "TEMPLATE-CATEGORY"),
        ("/goods/0/process", "P9", "REFERENCE-UNKNOWN"),
    ],
)
def test_what_a_cell_cannot_say_is_refused_at_the_records_field(path: str, value: Any, rule: str) -> None:
    tree = record("cement")
    *above, last = path.split("/")[1:]
    node: Any = tree
    for step in above:
        node = node[int(step) if step.isdigit() else step]
    node[last] = value
    journey = filled(tree)
    assert rule in {item.rule for item in journey.findings}
    assert not journey.conforms


def test_a_second_amount_of_one_direction_is_refused() -> None:
    tree = record("steel")
    tree["wasteGas"].append({**tree["wasteGas"][0], "id": "WG2", "amount": "1"})
    assert "TEMPLATE-SECOND-FLOW" in rules_of(filled(tree))


def test_a_figure_that_the_filled_cells_do_not_give_is_refused() -> None:
    tree = record("steel")
    tree["wasteGas"][0] = {"id": "WG1", "process": "P1", "direction": "exported", "emissions": "100000"}
    assert "TEMPLATE-SEE-DIFFERS" in rules_of(filled(tree))  # a stated correction has no cell


def test_emissions_of_a_precursor_without_electricity_have_no_factor() -> None:
    tree = purchased()
    tree["precursors"][0]["embeddedElectricity"] = "0"
    assert "FACTOR-WITHOUT-AMOUNT" in rules_of(filled(tree))


def test_a_process_that_does_not_say_what_it_includes_is_said_to_stay_incomplete() -> None:
    tree = record("cement")
    assert "TEMPLATE-INCLUDES" in {item.rule for item in filled(tree).findings}
    tree["processes"][0]["includes"] = [{"category": "Cement clinker"}]
    journey = filled(tree)
    assert "TEMPLATE-INCLUDES" not in {item.rule for item in journey.findings}
    assert cell(journey.data, "A_InstData!F83") == "Cement clinker"
    assert cell(journey.data, "A_InstData!E63") == "Cement clinker"


def test_biomass_that_is_not_zero_rated_is_not_handed_to_a_workbook_that_would_deduct_it() -> None:
    tree = record("cement")
    stream = next(stream for stream in tree["sourceStreams"] if "biomassShare" in stream)
    place = f"B_EmInst!R{17 + tree['sourceStreams'].index(stream)}"
    assert cell(filled(tree).data, place) == "15"
    stream["zeroRating"] = "none"
    journey = filled(tree)
    assert "TEMPLATE-BIOMASS" in {item.rule for item in journey.findings}
    assert cell(journey.data, place) == ""


def test_a_parameter_outside_the_list_of_its_cell_is_written_with_a_warning() -> None:
    tree = record("steel")
    tree["goods"][0]["parameters"] = [{"id": "QPD11", "value": "Charcoal", "scope": "direct"}]
    journey = filled(tree)
    assert "TEMPLATE-NOT-IN-LIST" in {item.rule for item in journey.findings}
    assert cell(journey.data, "Summary_Products!P10") == "Charcoal"


def test_a_precursor_that_nothing_uses_is_said() -> None:
    data = filled(purchased()).data
    unused = with_cell(data, "E_PurchPrec", "L28", b"<v>0</v>")
    assert "TEMPLATE-PRECURSOR-UNUSED" in {item.rule for item in read_document(unused).findings}


def test_direct_emissions_that_the_record_leaves_to_its_streams_fill_their_cell() -> None:
    tree = record("aluminium")
    tree["processes"] = tree["processes"][:1]
    tree["goods"], tree["precursors"], tree["pfc"] = tree["goods"][:1], [], []
    for stream in tree["sourceStreams"]:
        stream["process"] = "P1"
    del tree["processes"][0]["directEmissions"]
    journey = filled(tree)
    # 14181 x 48 x 56.1 / 1000 + 47000 x 3.664 + 22000 x 3.664 = 291002.5968
    assert Decimal(cell(journey.data, "D_Processes!L54")) == Decimal("291002.5968"), journey.findings
    assert journey.ledger is not None
    assert journey.ledger.by_target["/processes/0/directEmissions"].fidelity == "derived"


def test_a_footprint_without_installation_data_is_refused_with_the_list_of_what_is_missing() -> None:
    found = rules_of(filled(record("clinker")))
    assert {"METHOD-NO-INSTALLATION-DATA", "METHOD-ACTIVITY-LEVEL-MISSING"} <= found


# --- the blank ---------------------------------------------------------------------------------------------


def test_without_the_blank_nothing_is_written_and_the_way_to_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBAMGW_DATA", str(tmp_path / "data"))
    done = run(
        "translate", data_path("examples", "cement.json"), "--to", "cbam.template", "-o", tmp_path / "o.xlsx"
    )
    assert done.code == 1
    assert "TEMPLATE-BLANK-MISSING" in done.err
    assert not (tmp_path / "o.xlsx").exists()


def test_a_file_that_is_not_the_commissions_blank_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "blank.xlsx"
    other.write_bytes(blank() + b"\0")
    done = run("translate", data_path("examples", "cement.json"), "--to", "cbam.template", "--template", other,
               "-o", tmp_path / "o.xlsx")  # fmt: skip
    assert (done.code, "TEMPLATE-BLANK-OTHER" in done.err) == (1, True)
    assert not (tmp_path / "o.xlsx").exists()


def test_an_installed_blank_is_found_and_only_the_pinned_file_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBAMGW_DATA", str(tmp_path / "data"))
    changed = tmp_path / "changed.xlsx"
    changed.write_bytes(with_cell(blank(), "D_Processes", "L54", b"<v>1</v>"))
    refused = run("schemas", "install", "cbam.template", changed)
    assert (refused.code != 0, "INSTALL-OTHER-FILE" in refused.err) == (True, True)
    assert run("schemas", "install", "cbam.template", at_hand(BLANK)).code == 0
    out = tmp_path / "filled.xlsx"
    done = run("translate", data_path("examples", "cement.json"), "--to", "cbam.template", "-o", out)
    assert done.code == 0, done.err
    assert cell(out.read_bytes(), "D_Processes!L54") == "1037310"
