"""Every pair of formats, both ways: a document or a refusal that says what is missing, and always a whole ledger."""

from __future__ import annotations

import itertools
import os
from decimal import Decimal

import pytest
from lxml import etree
from shared_files import SHARED
from template_files import blank

from gateway.data import data_path
from gateway.formats.leaves import at, leaves
from gateway.formats.registry import Document, formats, read_document
from gateway.model.finding import errors
from gateway.route import Journey, Wish, check, translate

ALL = tuple(known.latest for known in formats().values())
BASE = "https://gateway.example"
TEMPLATE = "cbam.template@2.1"


def from_example(target: str) -> Journey:
    record = read_document(data_path("examples", "aluminium.json").read_bytes())
    others = [read_document(data_path("examples", "aluminium-consignment.json").read_bytes())]
    form = blank() if target == TEMPLATE else None  # skips where the Commission's workbook is not at hand
    wish = Wish(target, base_url=BASE, blank=form)
    return translate(record, wish, others if target == "cbam.qreport@23.00" else [])


def document_of(format_id: str) -> Document:
    if format_id.startswith("cn.pcf"):
        return read_document(data_path("examples", "aluminium.json").read_bytes())
    return read_document(from_example(format_id).data)


@pytest.mark.parametrize(
    ("source", "target"), [pair for pair in itertools.product(ALL, ALL) if pair[0] != pair[1]]
)
def test_every_pair_accounts_for_every_leaf_and_says_what_is_missing(source: str, target: str) -> None:
    document = document_of(source)
    form = blank() if target == TEMPLATE else None
    journey = translate(document, Wish(target, base_url=BASE, blank=form))
    assert journey.ledger is not None
    named = {path for entry in journey.ledger.entries for path in entry.source}
    assert named == {path for path, _ in leaves(document.tree)}
    made = {path for entry in journey.ledger.entries for path in entry.target}
    assert made == ({path for path, _ in leaves(journey.lowered.tree)} if journey.lowered.tree else set())
    assert journey.conforms or all(
        item.rule and (item.path or item.origin) for item in errors(journey.findings)
    )


@pytest.mark.parametrize("source", ["pact.footprint@3.0", "iso14067.report@2018", "cbam.qreport@23.00"])
def test_a_foreign_document_becomes_a_valid_partial_record_and_gbt_24067_says_what_it_still_asks_for(
    source: str,
) -> None:
    journey = translate(document_of(source), Wish("cn.pcf@1", base_url=BASE))
    assert not errors(journey.findings), [f"{item.rule} {item.path}" for item in errors(journey.findings)]
    again = check(read_document(journey.data), "gbt24067")
    assert not errors(again)
    if source != "iso14067.report@2018":
        assert "GBT24067-MISSING" in {item.rule for item in again}


def test_a_footprint_is_never_relabelled_as_embedded_emissions() -> None:
    journey = translate(document_of("pact.footprint@3.0"), Wish("cbam.qreport@23.00"))
    assert not journey.conforms
    assert "METHOD-NO-INSTALLATION-DATA" in {item.rule for item in journey.findings}
    figures = {at(document_of("pact.footprint@3.0").tree, "/pcf/pcfIncludingBiogenicUptake")}
    assert not figures & {str(value) for _, value in leaves(journey.lowered.tree)}


def test_a_figure_declared_in_a_report_is_not_written_into_activity_data() -> None:
    journey = translate(document_of("cbam.qreport@23.00"), Wish("cn.pcf@1"))
    values = {str(value) for _, value in leaves(journey.lowered.tree)}
    assert not {"1.555", "6.15"} & values


def test_the_aluminium_record_with_its_consignment_gives_the_commissions_figures() -> None:
    journey = from_example("cbam.qreport@23.00")
    assert journey.conforms, [f"{item.rule} {item.path}" for item in errors(journey.findings)]
    lot = at(journey.lowered.tree, "/ImportedGood/0/GoodsEmissions/0")
    assert lot["DirectEmissions"]["SpecificEmbeddedEmissions"] == "1.555"
    assert lot["IndirectEmissions"]["SpecificEmbeddedEmissions"] == "6.15"
    wire = at(journey.lowered.tree, "/ImportedGood/1/GoodsEmissions/0")
    assert Decimal(wire["DirectEmissions"]["SpecificEmbeddedEmissions"]) == Decimal("1.6980796")
    assert Decimal(wire["IndirectEmissions"]["SpecificEmbeddedEmissions"]) == Decimal("6.9119469")


def test_the_report_is_valid_against_the_official_schema() -> None:
    folder = SHARED / "official" / "cbam" / "xsd" / "23.00"
    if not folder.is_dir():
        if os.environ.get("CBAMGW_FULL") == "1":
            pytest.fail("the official XSD is not at hand")
        pytest.skip("the official XSD is not at hand (CBAMGW_SHARED names its folder)")
    schema = etree.XMLSchema(etree.parse(str(folder / "QReport_ver23.00.xsd")))
    schema.assertValid(etree.fromstring(from_example("cbam.qreport@23.00").data))


def test_every_leaf_of_the_report_is_explained_with_a_rule_and_a_clause() -> None:
    journey = from_example("cbam.qreport@23.00")
    assert journey.ledger is not None
    for path, _ in leaves(journey.lowered.tree):
        entry = journey.ledger.by_target[path]
        assert entry.rule
        assert entry.clause
        assert entry.source or entry.note


def test_a_total_that_was_rounded_travels_as_the_sum_of_its_parts_and_comes_home_as_it_was() -> None:
    tree = read_document(data_path("examples", "aluminium.json").read_bytes())
    assert at(tree.tree, "/results/total") == "13291.66958"
    tree.tree["results"]["total"] = "13292"
    out = translate(tree, Wish("pact.footprint@3.0", keep_residue=True))
    assert out.conforms, [f"{item.rule} {item.path}" for item in errors(out.findings)]
    assert at(out.lowered.tree, "/pcf/pcfIncludingBiogenicUptake") == "13.29166958"
    assert out.ledger is not None
    entry = out.ledger.by_target["/pcf/pcfIncludingBiogenicUptake"]
    assert (entry.fidelity, entry.before, entry.delta) == ("converted", "13292", "-0.00033042")
    home = translate(read_document(out.data), Wish("cn.pcf@1"), residue=out.kept)
    assert at(home.lowered.tree, "/results/total") == "13292"


def test_a_total_that_its_parts_do_not_make_up_is_refused() -> None:
    tree = read_document(data_path("examples", "aluminium.json").read_bytes())
    tree.tree["results"]["total"] = "13293"
    out = translate(tree, Wish("pact.footprint@3.0"))
    assert not out.conforms
    assert {"LAW-BROKEN", "RECORD-TOTAL"} & {item.rule for item in out.findings}
