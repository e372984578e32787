"""The clinker factor of cement: one cell of the template, two fields of the record."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from template_files import blank, example, with_cell

from gateway.data import data_path
from gateway.formats.registry import read_document
from gateway.methods.cbam_definitive import calculate
from gateway.model.finding import errors
from gateway.model.record import Record
from gateway.route import Journey, Wish, translate


def cement(**good: Any) -> dict[str, Any]:
    """The cement example, its good changed; None takes a field away."""
    tree: dict[str, Any] = json.loads(data_path("examples", "cement.json").read_bytes())
    stated = {**tree["goods"][0], **good}
    tree["goods"] = [{key: value for key, value in stated.items() if value is not None}]
    return tree


def filled(tree: dict[str, Any]) -> Journey:
    return translate(read_document(json.dumps(tree).encode()), Wish("cbam.template@2.1", blank=blank()))


def test_the_commissions_cement_workbook_says_how_much_clinker_the_cement_holds() -> None:
    record = translate(read_document(example("cement")), Wish("cn.pcf@1")).lowered.tree
    assert record["goods"][0]["clinkerShare"] == "0.95"
    assert [p for p in record["goods"][0]["parameters"] if p["id"] == "QPD02"] == [
        {"id": "QPD02", "value": "95"}
    ]


def test_a_filled_cement_workbook_gives_a_definitive_figure_per_tonne_of_clinker() -> None:
    """Direct: 0.7852147410358565 t CO2e per t of cement at 0.95 t of clinker per t (eq. 64): / 0.95."""
    record = translate(read_document(example("cement")), Wish("cn.pcf@1")).lowered.tree
    record["time"] = {"periodStart": "2026-01-01", "periodEnd": "2026-12-31"}
    good = calculate(Record.model_validate(record)).goods[0]
    assert good.functional_unit == "t clinker"
    assert good.see_direct is not None
    assert abs(
        Fraction(good.see_direct.value) * Fraction(95, 100) - Fraction("0.7852147410358565")
    ) < Fraction(1, 10**9)


def test_a_clinker_content_without_the_parameter_fills_the_cell_with_its_equation() -> None:
    journey = filled(cement(parameters=None))
    assert journey.conforms, errors(journey.findings)
    again = read_document(journey.data).tree["goods"][0]
    assert again["clinkerShare"] == "0.95"
    assert again["parameters"] == [{"id": "QPD02", "value": "0.95"}]
    assert journey.ledger is not None
    made = next(e for e in journey.ledger.entries if "/goods/0/parameters/0/value" in e.target)
    assert (made.fidelity, made.rule.rpartition(" ")[2]) == ("derived", "TPL-L12")
    assert "/goods/0/clinkerShare" in made.source


def test_the_parameter_alone_fills_the_same_cell_and_says_the_content() -> None:
    journey = filled(cement(clinkerShare=None))
    assert journey.conforms, errors(journey.findings)
    assert read_document(journey.data).tree["goods"][0]["clinkerShare"] == "0.95"
    assert journey.ledger is not None
    made = next(e for e in journey.ledger.entries if "/goods/0/clinkerShare" in e.target)
    assert (made.fidelity, made.rule.rpartition(" ")[2]) == ("derived", "TPL-L11")


def test_two_figures_for_the_one_cell_are_refused_at_the_records_field() -> None:
    journey = filled(cement(clinkerShare="0.94"))
    found = [(item.rule, item.path) for item in errors(journey.findings)]
    assert found == [("TEMPLATE-CLINKER", "/goods/0/clinkerShare")]


def test_the_same_figure_in_other_digits_is_no_contradiction() -> None:
    assert filled(cement(clinkerShare="0.950")).conforms


def test_a_clinker_factor_that_is_no_share_is_refused_by_the_method_and_not_read_as_one() -> None:
    workbook = with_cell(example("cement"), "Summary_Products", "AB10", b"<v>95</v>")
    record = translate(read_document(workbook), Wish("cn.pcf@1")).lowered.tree
    assert record["goods"][0]["clinkerShare"] == "95"
    made = calculate(Record.model_validate(record))
    assert any(item.path == "/goods/0/clinkerShare" for item in errors(made.findings))
