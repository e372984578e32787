"""A very long report is made an element at a time: the same bytes, the same ledger, the same findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.bulk import journey as long_journey
from gateway.check.long_list import NAMED_FIELDS, list_rules
from gateway.model.finding import GatewayError
from tests.long_records import RECORD, as_one, consignments, one_by_one


def same(importer: bytes, folder: Path, record: bytes = RECORD) -> Any:
    """Both ways come to the same; the long one is handed back."""
    one, other = as_one(importer, record), one_by_one(importer, folder, record)
    assert other.data == one.data
    assert other.entries == one.entries
    assert other.findings == one.findings
    assert other.counts == one.counts
    assert other.journey.verdicts == one.journey.verdicts
    assert other.journey.conforms == one.journey.conforms
    return other


@pytest.mark.parametrize("count", [1, 3, 50])
def test_a_report_made_good_by_good_is_the_report_made_at_once(count: int, tmp_path: Path) -> None:
    made = same(consignments(count), tmp_path)
    assert made.journey.conforms
    assert made.data.count(b"<ImportedGood>") == count


def test_goods_of_a_shape_seen_before_are_repeated_and_not_carried_anew(tmp_path: Path) -> None:
    made = one_by_one(consignments(50), tmp_path)
    assert made.journey.repeated == 46  # two shapes: the first makes the template, the second confirms it


def _several_lots(number: int, one: dict[str, Any]) -> None:
    if number % 5 == 4:
        one["lots"] = [
            {"sequence": "1", "goods": "G1", "country": "CN", "netMass": "1", "unit": "t"},
            {"sequence": "2", "goods": "G1", "country": "CN", "netMass": "2", "unit": "t"},
        ]
        one["quantities"][0]["measures"][0]["netMass"] = one["netMass"] = "3"


def _with_remarks(number: int, one: dict[str, Any]) -> None:
    one["remarks"] = ["A & B < C > D", 'so "said"', "a\\b", "中文备注", "line\nbreak\r", "tab\there"][
        number % 6
    ]


def _with_a_price(number: int, one: dict[str, Any]) -> None:
    if number % 3 == 0:
        one["lots"][0]["carbonPrices"] = [
            {
                "sequence": "1",
                "instrument": "01",
                "amount": f"1{number}.5",
                "currency": "CNY",
                "country": "CN",
            }
        ]


def _rounded(number: int, one: dict[str, Any]) -> None:
    mass = f"{100 + number}.{number % 7}1234567"
    one["netMass"] = one["lots"][0]["netMass"] = one["quantities"][0]["measures"][0]["netMass"] = mass


def _lot_of_nothing(number: int, one: dict[str, Any]) -> None:
    if number % 7 == 3:
        one["lots"][0]["goods"] = "G99"


def _mass_that_does_not_add_up(number: int, one: dict[str, Any]) -> None:
    if number % 7 == 3:
        one["netMass"] = "999999"


def _unit_nobody_knows(number: int, one: dict[str, Any]) -> None:
    if number % 7 == 3:
        one["unit"] = "jin"


def _figure_with_a_comma(number: int, one: dict[str, Any]) -> None:
    if number % 7 == 3:
        one["netMass"] = "1,5"


def _no_mass(number: int, one: dict[str, Any]) -> None:
    if number % 7 == 3:
        del one["netMass"]


def _empty_remark(number: int, one: dict[str, Any]) -> None:
    if number % 7 == 3:
        one["remarks"] = ""


def _number_as_number(number: int, one: dict[str, Any]) -> None:
    if number % 7 == 3:
        one["netMass"] = 5


def _item_twice(number: int, one: dict[str, Any]) -> None:
    if number == 12:
        one["item"] = "12"


def _no_consignment(number: int, one: dict[str, Any]) -> None:
    if number == 3:
        one.clear()


def _lots_that_are_none(number: int, one: dict[str, Any]) -> None:
    if number == 3:
        one["lots"] = "G1"
    if number == 4:
        one["lots"] = ["G1"]
    if number == 5:
        one["lots"][0]["goods"] = ["G1"]


def _items_from_two(number: int, one: dict[str, Any]) -> None:
    one["item"] = str(number + 2)


def _origin_in_the_union(number: int, one: dict[str, Any]) -> None:
    if number % 7 == 3:
        one["origin"] = "DE"


def _remark_too_long(number: int, one: dict[str, Any]) -> None:
    if number % 7 == 3:
        one["remarks"] = "x" * 5000


def _hidden_character(number: int, one: dict[str, Any]) -> None:
    if number % 7 == 3:
        one["remarks"] = "left\u202eright"


def _not_for_xml(number: int, one: dict[str, Any]) -> None:
    if number % 7 == 3:
        one["remarks"] = "a\ufffeb"


def _procedure_of_no_list(number: int, one: dict[str, Any]) -> None:
    one["quantities"][0]["procedure"] = "99"


def _document_type(number: int, one: dict[str, Any]) -> None:
    one["documents"] = [{"sequence": "1", "type": "ABCD", "reference": f"R{number}"}]


@pytest.mark.parametrize(
    "edit",
    [
        _several_lots, _with_remarks, _with_a_price, _rounded, _lot_of_nothing, _mass_that_does_not_add_up,
        _unit_nobody_knows, _no_mass, _number_as_number, _item_twice,
        _items_from_two, _origin_in_the_union, _remark_too_long, _hidden_character, _not_for_xml,
        _procedure_of_no_list, _document_type, _no_consignment,
    ],
    ids=lambda edit: edit.__name__.strip("_"),
)  # fmt: skip
def test_whatever_stands_in_the_consignments_both_ways_say_the_same(edit: Any, tmp_path: Path) -> None:
    same(consignments(20, edit), tmp_path)


@pytest.mark.parametrize("edit", [_figure_with_a_comma, _empty_remark], ids=lambda e: e.__name__.strip("_"))
def test_a_consignment_that_cannot_be_typed_is_named_and_only_its_good_left_out(
    edit: Any, tmp_path: Path
) -> None:
    """The ordinary journey joins nothing at all then; what it says of the consignments is the same."""
    importer = consignments(20, edit)
    one, other = as_one(importer), one_by_one(importer, tmp_path)
    assert not other.journey.conforms
    said = [item for item in other.findings if " method " not in item]  # the method runs only here
    assert said == [item for item in one.findings if " /ImportedGood/0 " not in item]
    assert other.data.count(b"<ImportedGood>") == 17


def test_no_rule_of_today_asks_for_whole_goods_at_the_end() -> None:
    """Else the memory of a report would grow with its goods: name the fields of the predicate in long_list.py."""
    assert list_rules("canonical", "/consignments").kept is not None
    assert list_rules("cbam.qreport", "/ImportedGood").kept is not None
    assert set(NAMED_FIELDS) >= {"references_resolve", "keys_are_unique", "numbered_from_one"}


def test_a_template_that_went_wrong_is_found_out_by_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_journey, "EVERY", 1)
    one_by_one(consignments(8), tmp_path)
    repeated = long_journey.Shape.repeated

    def wrong(self: Any, values: Any, near: int, far: int, *, lines: bool) -> Any:
        made = repeated(self, values, near, far, lines=lines)
        return made and (made._replace(xml=made.xml.replace("1.555", "1.554")) if near > 5 else made)

    monkeypatch.setattr(long_journey.Shape, "repeated", wrong)
    with pytest.raises(GatewayError, match="/consignments/6"):
        one_by_one(consignments(8), tmp_path)


def test_lots_that_are_no_lots_are_refused_by_their_place(tmp_path: Path) -> None:
    made = one_by_one(consignments(20, _lots_that_are_none), tmp_path)
    for place in ("/consignments/3/lots", "/consignments/4/lots/0", "/consignments/5/lots/0/goods"):
        assert any(f"SCHEMA-TYPE error schema {place} " in said for said in made.findings)
