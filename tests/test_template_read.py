"""Reading the Commission's communication template: its worked examples, and workbooks that are not to be trusted."""

from __future__ import annotations

import json
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from command import run
from template_files import EXAMPLES, blank, example, example_file, with_cell, with_part, without_sheet

from gateway.formats.leaves import at, leaves
from gateway.formats.registry import Document, read_document
from gateway.model.finding import Refused, errors
from gateway.route import Wish, check, translate

# the Commission's figures, t CO2e per tonne of product: worked examples 1, 2 and 6
SEE = {
    "cement": {"25232900": ("0.7852147410358565", "0.12224275")},
    "steel": dict.fromkeys(
        ("72081000", "72122000", "72139120", "73021028"), ("1.5389760645578654", "0.2035539825")
    ),
    "aluminium": {"76011010": ("1.555", "6.15"), "76051900": ("1.698079646017699", "6.911946902654868")},
}
NANO = Decimal("1E-9")


def read(data: bytes) -> Document:
    return read_document(data)


def rules_of(document: Document) -> list[str]:
    return [item.rule for item in errors(check(document))]


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        read_document(data)
    (only,) = caught.value.findings
    return only.rule


def see_of(file: Path) -> list[Decimal]:
    """The direct SEE of every good of a file, as the command computes them."""
    goods = json.loads(run("calculate", "cbam", file, "--json").out)["goods"]
    return [Decimal(good["seeDirect"]["value"]) for good in goods]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_filled_workbook_gives_the_commissions_figures_by_our_own_computation(name: str) -> None:
    done = run("calculate", "cbam", example_file(name), "--json")
    assert done.code == 0, done.err
    goods = json.loads(done.out)["goods"]
    assert {good["cn8"] for good in goods} == set(SEE[name])
    for good in goods:
        for figure, expected in zip(("seeDirect", "seeIndirect"), SEE[name][good["cn8"]], strict=True):
            assert abs(Decimal(good[figure]["value"]) - Decimal(expected)) < NANO


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_worked_example_is_known_by_its_content_and_conforms(name: str) -> None:
    document = read(example(name))
    assert document.format_id == "cbam.template@2.1"
    assert rules_of(document) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_leaf_of_a_workbook_has_its_cell(name: str) -> None:
    document = read(example(name))
    assert set(document.places) == {path for path, _ in leaves(document.tree)}
    assert document.places["/goods/0/results/seeDirect"] == "Summary_Communication!I26"
    assert document.places["/processes/0/directEmissions"] == "D_Processes!L54"


def test_a_typed_figure_is_read_as_it_was_typed() -> None:
    streams = read(example("steel")).tree["streams"]
    assert streams[1]["carbonContent"] == "0.00023"  # the file holds 2.3000000000000001E-4
    assert streams[3]["carbonContent"] == "0.683571530119101"


def test_what_two_processes_hand_each_other_is_a_precursor_of_the_one_that_takes_it() -> None:
    (precursor,) = read(example("aluminium")).tree["precursors"]
    assert precursor == {"id": "P2-P1", "process": "P2", "ownProcess": "P1", "amount": "120000", "unit": "t"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_workbook_becomes_a_record_and_every_filled_cell_is_accounted_for(
    name: str, tmp_path: Path
) -> None:
    out, ledger = tmp_path / "record.json", tmp_path / "ledger.json"
    done = run("translate", example_file(name), "--to", "cn.pcf", "-o", out, "--ledger", ledger)
    assert done.code == 0, done.err
    told = json.loads(ledger.read_bytes())
    assert {path for entry in told["entries"] for path in entry["source"]} == set(told["cells"]["source"])
    assert see_of(out) == see_of(example_file(name))
    assert run("check", out).code == 0


def test_results_of_the_workbook_are_compared_and_never_carried() -> None:
    journey = translate(read(example("aluminium")), Wish("cn.pcf@1"))
    assert journey.ledger is not None
    lost = {path for entry in journey.ledger.entries if entry.fidelity == "lost" for path in entry.source}
    assert "/goods/0/results/seeDirect" in lost


def test_a_result_that_the_inputs_do_not_give_names_its_cell() -> None:
    data = with_cell(
        example("aluminium"), "Summary_Communication", "I26", b"<f>Summary_Products!I10</f><v>1.2</v>"
    )
    (finding,) = errors(check(read(data)))
    assert (finding.rule, finding.origin) == ("TEMPLATE-RESULT", "Summary_Communication!I26")
    assert (finding.values["stated"], finding.values["computed"]) == ("1.2", "1.555")


def test_the_computation_too_names_the_cell_of_a_result_that_does_not_agree(tmp_path: Path) -> None:
    file = tmp_path / "changed.xlsx"
    file.write_bytes(with_cell(example("cement"), "D_Processes", "L54", b"<v>2037310</v>"))
    done = run("calculate", "cbam", file)
    assert done.code == 1
    assert "Summary_Communication!I26" in done.err
    assert "TEMPLATE-RESULT" in done.err


def test_how_indirect_emissions_were_determined_is_told_by_the_source_and_said() -> None:
    document = read(example("steel"))
    assert at(document.tree, "/processes/0/electricity/determination") == "actual"
    assert ("TEMPLATE-IMPLIED", "D_Processes!L67") in {(f.rule, f.origin) for f in document.findings}


def test_an_input_changed_without_computing_again_is_found() -> None:
    found = errors(check(read(with_cell(example("aluminium"), "D_Processes", "L54", b"<v>211000</v>"))))
    assert {item.rule for item in found} == {"TEMPLATE-RESULT"}
    assert "Summary_Communication!I26" in {item.origin for item in found}


def test_a_formula_that_was_typed_over_names_its_cell() -> None:
    document = read(with_cell(example("aluminium"), "Summary_Products", "I10", b"<v>1.555</v>"))
    (finding,) = errors(document.findings)
    assert (finding.rule, finding.origin) == ("TEMPLATE-OVERWRITTEN", "Summary_Products!I10")
    assert translate(document, Wish("cn.pcf@1")).conforms is False


def test_a_formula_that_was_deleted_is_found_too() -> None:
    (finding,) = errors(read(with_cell(example("cement"), "D_Processes", "T54", b"")).findings)
    assert (finding.rule, finding.origin) == ("TEMPLATE-OVERWRITTEN", "D_Processes!T54")


def test_a_formula_in_an_input_cell_is_read_with_a_warning_that_names_it() -> None:
    found = {
        item.origin: item.severity
        for item in read(example("cement")).findings
        if item.rule == "TEMPLATE-FORMULA"
    }
    assert found["D_Processes!L16"] == "warning"


@pytest.mark.parametrize(("cell", "value"), [("B3", b"<v>45370</v>"), ("B2", b"<v>0</v>")])
def test_a_template_of_another_version_is_refused(cell: str, value: bytes) -> None:
    assert refusal(with_cell(example("cement"), "VersionDocumentation", cell, value)) == "TEMPLATE-VERSION"


@pytest.mark.parametrize("sheet", ["D_Processes", "InputOutput", "Summary_Products", "VersionDocumentation"])
def test_a_template_without_one_of_its_sheets_is_refused(sheet: str) -> None:
    assert refusal(without_sheet(example("cement"), sheet)) == "TEMPLATE-SHEET-MISSING"


def test_a_good_of_an_unknown_process_is_an_error_at_its_cell() -> None:
    inner = b"<is><t>Another bubble</t></is>"
    document = read(with_cell(example("cement"), "Summary_Products", "D10", inner, b' t="inlineStr"'))
    (finding,) = errors(document.findings)
    assert (finding.rule, finding.origin) == ("TEMPLATE-PROCESS-UNKNOWN", "Summary_Products!D10")


def test_an_error_of_the_spreadsheet_is_no_value() -> None:
    document = read(with_cell(example("cement"), "D_Processes", "L54", b"<v>#REF!</v>", b' t="e"'))
    assert [(f.rule, f.origin) for f in errors(document.findings)] == [
        ("TEMPLATE-CELL-VALUE", "D_Processes!L54")
    ]


def test_an_amount_by_several_routes_is_summed_and_said() -> None:
    data = with_cell(example("aluminium"), "D_Processes", "L17", b"<v>50000</v>")
    document = read(data)
    assert at(document.tree, "/processes/0/activityLevel") == "250000"
    assert at(document.tree, "/processes/0/route") is None
    assert "TEMPLATE-SEVERAL-ROUTES" in {item.rule for item in document.findings}


def test_waste_gas_that_the_flags_deny_is_read_with_a_warning() -> None:
    data = with_cell(example("steel"), "D_Processes", "L50", b"<v>0</v>", b' t="b"')
    found = [item for item in read(data).findings if item.rule == "TEMPLATE-FLAG"]
    assert [item.origin for item in found] == ["D_Processes!M61"]


def test_the_blank_workbook_says_that_nothing_was_filled_in() -> None:
    document = read(blank())
    assert "READ-NOTHING-FILLED" in {item.rule for item in document.findings}


def test_a_workbook_of_someone_else_is_still_no_record() -> None:
    other = with_part(
        example("cement"), "xl/workbook.xml", lambda content: content.replace(b'name="', b'name="x')
    )
    renamed = with_cell(other, "VersionDocumentation", "B2", b"<v>1</v>")
    assert refusal(renamed) == "XLSX-NOT-RECORD"


def test_a_broken_zip_a_doctype_and_a_bomb_are_refused() -> None:
    data = example("cement")
    assert refusal(data[: len(data) // 2]) == "XLSX-NOT-WORKBOOK"
    doctype = b'<!DOCTYPE x [<!ENTITY a "b">]>'
    entity = with_part(
        data, "xl/worksheets/sheet5.xml", lambda c: c.replace(b"<worksheet", doctype + b"<worksheet", 1)
    )
    assert refusal(entity).startswith("XML-")
    bomb = with_part(data, "xl/sharedStrings.xml", lambda _: b"<sst>" + b" " * (60 * 1024 * 1024) + b"</sst>")
    assert refusal(bomb) in ("XLSX-TOO-LARGE", "XLSX-RATIO")


def test_the_examples_are_the_files_that_the_tests_take_them_for() -> None:
    with zipfile.ZipFile(example_file("steel")) as archive:
        assert len(archive.namelist()) == 79
