"""The standard factors against the text of Implementing Regulation (EU) 2025/2547 from which they were read."""

from __future__ import annotations

import re

import pytest
from shared_files import SHARED

from gateway.formats.codes import code_list

LEGAL = SHARED / "official" / "cbam" / "legal" / "2025-2547-embedded-emissions.txt"


def annex() -> str:
    """The act in one line, footnote marks and decimal commas resolved."""
    if not LEGAL.is_file():
        pytest.skip("the text of 2025/2547 is not at hand")
    text = re.sub(r"\s+", " ", LEGAL.read_text(encoding="utf-8"))
    return re.sub(r"(\d),(\d)", r"\1.\2", re.sub(r" ?\( ?\d ?\)", "", text))


def printed(row: dict[str, str]) -> str:
    """The line of the table as the act prints it."""
    name = re.sub(r" \((by mass|process material)\)", "", row["en"])
    if row["carbon"]:
        return f"{name} {row['carbon']} {row['factor']}"
    if row["kind"] in ("fuel", "biomass"):
        return f"{name} {row['factor']} {row['ncv'] or 'n.a.'}"
    return f"{name} {row['factor']}"


def test_every_row_of_the_tables_stands_in_annex_ii_g() -> None:
    text = annex()
    rows = [row for row in code_list("cbam-standard-factor").codes.values() if row["kind"] != "process"]
    assert len(rows) == 72
    for row in rows:
        line = printed(dict(row))
        assert line in text, line


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("clinker-process", "a standard value of 0.525 t CO2/t clinker"),
        ("kiln-dust", "An emission factor of 0.525 t CO2/t dust"),
        ("gypsum-desulphurisation", "0.2558 t CO2/t gypsum"),
        ("urea-denox", "0.7328 t CO2/t urea"),
        ("flare-gas", "factor of 0.00393 t CO2/Nm3"),
    ],
)
def test_the_factors_of_b_9_stand_in_their_sections(code: str, said: str) -> None:
    row = code_list("cbam-standard-factor").codes[code]
    assert row["factor"] in said
    assert said in annex()


def test_the_factors_of_aluminium_technologies_stand_in_b_7() -> None:
    text = annex()
    for code, row in code_list("pfc-technology").codes.items():
        if row["slope"]:
            assert re.search(rf"\({code.replace('-', ' ')}\) {row['slope']} {row['slope_fraction']}", text), (
                code
            )
        if row["overvoltage"]:
            assert f"({code}) {row['overvoltage']} {row['overvoltage_fraction']}" in text, code
    assert "N2O 265 t CO2e/t N2O" in text
    assert "CF4 6 630 t CO2e/t CF4" in text
    assert "C2F6 11 100 t CO2e/t C2F6" in text


def test_every_standard_factor_states_act_date_and_clause_and_units_that_are_known() -> None:
    known = code_list("stream-factor-unit").codes
    for row in code_list("cbam-standard-factor").codes.values():
        assert row["act"]
        assert row["date"] == "2025-12-22"
        assert row["clause"].startswith("annex-II-")
        assert row["factor_unit"] in known
        assert not row["ncv"] or row["ncv_unit"] in code_list("ncv-unit").codes
