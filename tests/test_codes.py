"""Code lists: what a text stands for, and how codes travel to foreign formats and back."""

import pytest

from gateway.data import data_path
from gateway.formats.codes import CodeList, CodeListError, code_list
from gateway.formats.fields import record_fields

LISTS = sorted({field.codes for field in record_fields() if field.codes})


@pytest.mark.parametrize("name", LISTS)
def test_every_code_is_found_by_itself_and_by_what_a_drop_down_shows(name):
    codes = code_list(name)
    assert codes.codes
    for code in codes.codes:
        assert {codes.find(code), codes.find(codes.display(code)), codes.find(codes.display(code, "en"))} == {
            code
        }


def test_every_file_with_a_code_column_is_a_list():
    for path in data_path("mappings", "codes").glob("*.csv"):
        if path.read_text(encoding="utf-8").startswith("code,"):
            assert code_list(path.stem).codes


def test_a_label_in_either_language_is_its_code():
    boundary = code_list("boundary")
    assert boundary.find("摇篮到大门") == boundary.find("Cradle to gate") == "cradle-to-gate"
    assert boundary.find("摇篮到大门（cradle-to-gate）") == "cradle-to-gate"
    assert boundary.find("Cradle to gate (cradle-to-gate)") == "cradle-to-gate"


@pytest.mark.parametrize(
    "text", ["", "摇篮", "CRADLE-TO-GATE", " cradle-to-gate", "大门到大门（cradle-to-gate）"]
)
def test_what_is_not_exactly_an_entry_is_not_found(text):
    assert code_list("boundary").find(text) is None


def test_a_label_of_two_codes_is_never_guessed():
    codes = CodeList("twins", {c: {"code": c, "zh": "同名", "en": f"name {c}"} for c in ("a", "b")})
    assert codes.find("同名") is None
    assert codes.find("同名（b）") == "b"
    assert codes.find("name a") == "a"


def test_a_foreign_spelling_goes_back_to_the_first_row_and_says_that_others_share_it():
    unit = code_list("unit")
    assert unit.to("pact", "t") == "kilogram"
    assert unit.from_("pact", "kilogram") == "kg"
    assert unit.ambiguous("pact")["kilogram"] == ("kg", "g", "t")
    assert "liter" not in unit.ambiguous("pact")


def test_a_code_without_a_foreign_spelling_has_none():
    unit = code_list("unit")
    assert unit.to("pact", "Nm3-0C") is None
    assert unit.to("pact", "furlong") is None
    assert unit.to("no-such-column", "kg") is None
    assert unit.from_("pact", "furlong") is None


def test_countries_and_currencies_have_chinese_labels():
    assert code_list("country").display("CN") == "中国（CN）"
    assert code_list("country").display("DE", "en") == "Germany (DE)"
    assert code_list("country").find("德国") == "DE"
    assert code_list("currency").find("CNY") == "CNY"
    assert code_list("currency").label("CNY") == "人民币元"


def test_codes_that_look_like_numbers_or_booleans_keep_their_text():
    assert "01" in code_list("cbam-role").codes
    assert "NO" in code_list("country").codes


@pytest.mark.parametrize("name", ["no-such-list", "../lists", "Unit", "", "cn-electricity-factor"])
def test_an_unknown_or_faulty_list_is_refused(name):
    with pytest.raises(CodeListError):
        code_list(name)
