"""Every element of a good in the quarterly report has a source in the record, or a reason why it has none."""

from __future__ import annotations

import re
from typing import Any

import pytest
from command import CONSIGNMENT, edited

from gateway.data import load_toml
from gateway.formats.leaves import at
from gateway.formats.registry import read_document
from gateway.methods.join import join_table
from gateway.route import Journey, Wish, translate

LOT = "/cbam/goods/*/lots/*/"


def sources() -> dict[str, list[str]]:
    """Pattern of each leaf of the view that the join fills or says why not, with the ids that say so."""
    table = join_table("cbam-goods")
    named: dict[str, list[str]] = {}
    for row in table["row"]:
        named.setdefault(re.sub(r"\{\w\}", "*", row["to"]), []).append(row["id"])
    for kind in ("computed", "constant", "unfilled"):
        for row in table[kind]:
            named.setdefault(LOT + row["to"], []).append(row["id"])
    for side in ("direct", "indirect"):
        named.setdefault(re.sub(r"\{\w\}", "*", table["parameters"][side]) + "/**", []).append("JOIN-P01")
    return named


def source_of(leaf: str) -> list[str]:
    return [
        name
        for pattern, names in sources().items()
        if leaf == pattern or (pattern.endswith("/**") and leaf.startswith(pattern.removesuffix("**")))
        for name in names
    ]


def test_every_leaf_of_a_good_has_a_source_or_a_reason() -> None:
    rows: list[dict[str, Any]] = load_toml("mappings", "cbam.qreport.toml")["field"]
    today = [row for row in rows if "until" not in row]  # what only older versions have is in their own tests
    leaves = [row["canonical"] for row in today if row["canonical"].startswith("/cbam/")]
    assert len(leaves) > 100
    assert [leaf for leaf in leaves if not source_of(leaf)] == []


def test_no_leaf_is_filled_and_said_to_be_unfilled() -> None:
    for row in join_table("cbam-goods")["unfilled"]:
        assert source_of(LOT + row["to"]) == [row["id"]]
        assert len(row["reason"]) > 20


TEXTS = {
    "/processes/0/methodology": ("DirectEmissions/ApplicableReportingMethodology", "Plan approved in 2024"),
    "/processes/0/otherSource": ("DirectEmissions/OtherSourceIndication", "Measured by the park"),
    "/processes/0/electricityOtherSource": ("IndirectEmissions/OtherSourceIndication", "Invoices"),
    "/processes/0/electricityFactorCode": ("IndirectEmissions/EmissionFactorSource", "01"),
    "/goods/0/productionMethodNote": ("ProdMethodQualifyingParams/AdditionalInformation", "Prebake"),
}


def journey(*edits: tuple[str, str]) -> Journey:
    others = [read_document(CONSIGNMENT)]
    return translate(read_document(edited(*edits)), Wish("cbam.qreport@23.00"), others)


def test_what_the_plant_says_of_its_method_and_sources_reaches_the_report() -> None:
    made = journey(*((path, text) for path, (_, text) in TEXTS.items()))
    assert made.conforms
    assert made.lowered is not None
    for element, text in TEXTS.values():
        assert at(made.lowered.tree, f"/ImportedGood/0/GoodsEmissions/0/{element}") == text


@pytest.mark.parametrize("path", TEXTS)
def test_nothing_is_written_where_the_plant_says_nothing(path: str) -> None:
    made = journey()
    assert made.lowered is not None
    assert at(made.lowered.tree, f"/ImportedGood/0/GoodsEmissions/0/{TEXTS[path][0]}") is None


def test_a_code_of_the_registry_that_is_too_long_points_at_the_field_of_the_plant() -> None:
    made = journey(("/processes/0/electricityFactorCode", "D.4(a)"))
    assert not made.conforms
    assert {(f.rule, f.origin) for f in made.findings if f.severity == "error"} == {
        ("XSD-VALUE-LENGTH", "/processes/0/electricityFactorCode")
    }
