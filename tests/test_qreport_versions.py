"""QReport 17.03, 18.00, 19.00 and 23.00: written strictly, recognised, stepped between, and never guessed at."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from command import run
from lxml import etree
from mutants.examples import NAMESPACE
from mutants.xml_mutants import bases
from mutants.xsd_tree import read_tree
from records import complete_record
from test_transcriptions import QREPORTS, SHARED, at_hand, official
from trips import check_ledger, check_residue, differences, homeward, outward, texts

from gateway.check.recognise import read_recognised, recognise
from gateway.check.schema import source, validate_xml
from gateway.data import data_path
from gateway.formats.codes import code_list
from gateway.formats.leaves import at, text_map
from gateway.formats.registry import Document, read_document, write_document
from gateway.formats.xml_parser import parse_xml
from gateway.model.finding import errors
from gateway.route import Journey, Wish, translate
from gateway.translate.mapping import plan
from gateway.translate.totals import broken_totals

V17, V18, V19, V23 = QREPORTS
SAMPLE = SHARED / "samples" / "cbam" / "qreport-2023-commission-sample-invalid.xml"


def record(*, old: bool = True) -> dict[str, Any]:
    """The aluminium example with its consignments; ``old``: also what only versions up to 19.00 ask for."""
    tree: dict[str, Any] = orjson.loads(data_path("examples", "aluminium.json").read_bytes())
    tree.update(orjson.loads(data_path("examples", "aluminium-consignment.json").read_bytes()))
    if old:
        tree["declaration"] |= {"draftReportId": "D-1", "competentAuthority": "NL000001"}
        tree["declaration"]["confirmations"]["signedOn"] = "20260120"
        for good in tree["goods"]:
            good["productionMethodName"] = listed("cbam-production-method", good["productionMethod"])
            for row in good.get("parameters", []):
                name = listed("cbam-parameter", row["id"])
                row |= {"name": name, "valueType": "PERCENTAGE", "determination": "actual"}
    return tree


def listed(name: str, code: str) -> str:
    """The name that the present code list gives a code."""
    return code_list(name).label(code, "en")


@cache
def report(version: str) -> Journey:
    return translate(read_document(orjson.dumps(record())), Wish(version, draft=True, keep_residue=True))


def step(start: str, end: str) -> Journey:
    """The report of one version as the other; the method is named as the present list names it."""
    document = read_document(report(start).data, start)
    return translate(document, Wish(end, draft=True, keep_residue=True))


# --- the strict writer ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", QREPORTS[1:])
def test_a_record_becomes_a_valid_report_of_each_version(version: str) -> None:
    journey = report(version)
    assert journey.conforms, errors(journey.findings)
    etree.XMLSchema(etree.parse(official(version)[0])).assertValid(etree.fromstring(journey.data))


def test_a_report_of_17_03_cannot_hold_a_cn_code_and_that_is_all_that_is_wrong_with_it() -> None:
    found = errors(report(V17).findings)
    assert {(item.rule, item.origin) for item in found} == {
        ("XSD-CN-TWO-CHARACTERS", "/goods/0/cn8"),
        ("XSD-CN-TWO-CHARACTERS", "/goods/1/cn8"),
    }
    assert not report(V17).conforms
    # the same report without the codes: the official schema has nothing else to say
    shortened = report(V17).data.replace(b">76011010<", b">76<").replace(b">76051900<", b">76<")
    etree.XMLSchema(etree.parse(official(V17)[0])).assertValid(etree.fromstring(shortened))


@pytest.mark.parametrize("version", QREPORTS)
def test_a_record_comes_home_from_each_version_as_it_was(version: str) -> None:
    trip = outward(record(), version)
    check_ledger(trip.out)
    assert not differences(text_map(trip.source.tree), texts(homeward(trip)))


@pytest.mark.parametrize("version", QREPORTS[:3])
@pytest.mark.parametrize("seed", range(4))
def test_a_made_up_record_comes_home_from_an_old_version(version: str, seed: int) -> None:
    trip = outward(complete_record(seed), version)
    check_ledger(trip.out)
    check_residue(trip)
    assert not differences(text_map(trip.source.tree), texts(homeward(trip)))


def test_what_an_old_version_demands_and_the_record_does_not_know_is_named_and_never_made_up() -> None:
    journey = translate(read_document(orjson.dumps(record(old=False))), Wish(V17, draft=True))
    missing = {i.values["element"]: i.origin for i in journey.findings if i.rule == "XSD-MISSING-ELEMENT"}
    assert missing["DraftReportId"] == "/declaration/draftReportId"
    assert missing["SignatureDate"] == "/declaration/confirmations/signedOn"
    assert missing["MethodName"] == "/goods/*/productionMethodName"
    assert missing["ParameterName"] == "/goods/1/parameters/2/name"
    assert missing["DeterminationType"] == "/goods/1/parameters/2/determination"
    names = {"DraftReportId", "NationalCompetentAuth", "SignatureDate", "MethodName", "DeterminationType"}
    for name in names:
        assert f"<{name}>".encode() not in journey.data or name == "DeterminationType"
    assert not journey.conforms


def test_the_totals_of_18_00_are_worked_out_from_the_parts_that_are_written() -> None:
    # slabs: 500 t x 1.555 = 777.5 and 500 t x 6.15 = 3075; together 3852.5, over 500 t 7.705
    tree = report(V18).lowered.tree
    lot = {"OverallEmissions": "3852.5", "TotalDirect": "777.5", "TotalIndirect": "3075"}
    assert at(tree, "/ImportedGood/0/GoodsEmissions/0/InstallationEmissions") == {
        **lot,
        "MeasurementUnit": "EMU1",
    }
    assert at(tree, "/ImportedGood/0/TotalEmissions") == {
        **lot,
        "MeasurementUnit": "EMU1",
        "EmissionsPerUnit": "7.705",
    }
    # wire: 120 t x 1.6980796, the figure as it is written
    assert at(tree, "/ImportedGood/1/TotalEmissions/TotalDirect") == "203.769552"
    assert at(tree, "/TotalImported") == "2"
    assert report(V18).ledger is not None
    entry = report(V18).ledger.by_target["/ImportedGood/0/TotalEmissions/TotalDirect"]  # type: ignore[union-attr]
    assert (entry.fidelity, entry.rule.rpartition(" > ")[2]) == ("derived", "CBAM-L05")
    assert entry.clause == "CBAM-SAMPLE-2023:totals"


def test_a_mass_in_kilogram_counts_in_tonnes() -> None:
    tree = read_document(report(V18).data, V18).tree
    lot = tree["ImportedGood"][0]["GoodsEmissions"][0]
    lot["ProducedMeasure"] = {"NetMass": "500000", "MeasurementUnit": "02"}
    assert broken_totals(plan(V18), tree) == []


def test_a_total_without_its_parts_is_not_zero_but_missing() -> None:
    document = read_document(report(V23).data, V23)
    tree = copy.deepcopy(document.tree)
    del tree["ImportedGood"][0]["GoodsEmissions"][0]["IndirectEmissions"]
    without = read_document(write_document(V23, tree), V23)
    journey = translate(without, Wish(V18, draft=True))
    place = "/ImportedGood/0/GoodsEmissions/0"
    assert at(journey.lowered.tree, f"{place}/InstallationEmissions/TotalIndirect") is None
    told = [item for item in journey.findings if item.rule == "LAW-PART-MISSING"]
    assert told[0].values["part"].endswith("IndirectEmissions/SpecificEmbeddedEmissions")


# --- totals when reading ----------------------------------------------------------------------------------


def sample_tree() -> dict[str, Any]:
    return read_document(at_hand(SAMPLE).read_bytes(), V18).tree


def test_the_laws_of_the_totals_hold_in_the_commissions_sample() -> None:
    assert broken_totals(plan(V18), sample_tree()) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("TotalEmissions/EmissionsPerUnit", "25.7"),
        ("TotalEmissions/OverallEmissions", "13617"),
        ("GoodsEmissions/0/InstallationEmissions/TotalDirect", "12978"),
        ("GoodsEmissions/1/InstallationEmissions/TotalIndirect", "0.159"),
        ("GoodsEmissions/1/InstallationEmissions/MeasurementUnit", "EMU2"),
    ],
)
def test_a_total_that_its_parts_do_not_make_up_is_found(path: str, value: str) -> None:
    tree = sample_tree()
    *groups, last = path.split("/")
    node = tree["ImportedGood"][0]
    for part in groups:
        node = node[int(part)] if part.isdigit() else node[part]
    node[last] = value
    assert f"/ImportedGood/0/{path}" in {item.path for item in broken_totals(plan(V18), tree)}


# --- recognition ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", QREPORTS)
def test_a_valid_report_fits_one_version_only_and_is_recognised_as_that(version: str) -> None:
    for name, root in bases(read_tree(source(version).path), NAMESPACE):
        if name in ("complete", "minimal", "doubled"):
            data = etree.tostring(root)
            assert [v for v in QREPORTS if not validate_xml(v, data)] == [version], name
            document = read_recognised(data)
            assert (document.format_id, document.found) == (version, "fits"), name


@pytest.mark.parametrize("version", QREPORTS[1:])
def test_a_faulty_value_does_not_hide_the_version(version: str) -> None:
    data = report(version).data.replace(b"<Year>2025<", b"<Year>twenty<")
    document = read_recognised(data)
    assert (document.format_id, document.found) == (version, "structure")
    assert [item.rule for item in document.findings] == ([] if version == V23 else ["VERSION-FOUND"])


def test_the_sample_of_2023_stands_between_two_versions_and_the_answer_names_both() -> None:
    document = read_recognised(at_hand(SAMPLE).read_bytes())
    (told,) = document.findings
    assert (document.format_id, document.found) == (V18, "ambiguous")
    assert (told.rule, told.severity, told.values["fitting"]) == ("VERSION-AMBIGUOUS", "info", "18.00, 17.03")


def test_the_senders_word_decides_which_version_it_is() -> None:
    data = at_hand(SAMPLE).read_bytes()
    assert [read_recognised(data, version).format_id for version in QREPORTS] == QREPORTS
    assert read_recognised(data, V17).found == "named"
    assert read_recognised(data, "cbam.qreport").found == "ambiguous"


def test_the_nearest_version_is_said_to_be_no_more_than_that() -> None:
    data = report(V18).data.replace(b"<NetMass>500</NetMass>", b"<NetMass>500</NetMass><Extra>1</Extra>", 1)
    document = read_recognised(data)
    assert (document.format_id, document.found) == (V18, "nearest")
    assert [item.rule for item in document.findings] == ["VERSION-NEAREST"]
    assert dict(recognise("cbam.qreport", parse_xml(data)).strange)[V18] == 1


# --- steps ------------------------------------------------------------------------------------------------

GONE_AFTER_18 = {
    "TotalImported", "TotalEmissions", "EmissionsPerUnit", "OverallEmissions", "TotalDirect", "TotalIndirect",
    "MeasurementUnit", "ReferenceNumber", "SignatureDate", "DeterminationType",
}  # fmt: skip
GONE_AFTER_19 = {"Country", "MethodName", "ParameterName", "ParameterValueType"}


@pytest.mark.parametrize(
    ("start", "end", "gone"),
    [
        (V17, V18, {"DraftReportId"}),
        (V18, V19, GONE_AFTER_18),
        (V19, V23, GONE_AFTER_19),
        (V18, V23, GONE_AFTER_18 | GONE_AFTER_19),
        (V23, V19, set()),
        (V23, V18, set()),
    ],
)
def test_the_ledger_of_a_step_names_all_that_it_loses(start: str, end: str, gone: set[str]) -> None:
    journey = step(start, end)
    check_ledger(journey)
    assert journey.ledger is not None
    lost = [entry for entry in journey.ledger.entries if entry.fidelity == "lost"]
    # totals are written again where the other version has them
    totals = [e for e in lost if end == V18 and ("Emissions/" in e.source[0] or "/Total" in e.source[0])]
    names = {entry.source[0].rpartition("/")[2] for entry in lost if entry not in totals}
    assert names == gone
    assert all(entry.note and entry.rule for entry in lost)
    assert {i.rule for i in journey.findings if i.severity == "info"} >= (
        {"VERSION-STEP-LOSES"} if gone else set()
    )


def test_a_step_is_an_ordinary_route_of_the_command_and_its_residue_leads_back(tmp_path: Path) -> None:
    start, there, back = (tmp_path / name for name in ("r18.xml", "r23.xml", "again.xml"))
    ledger, residue = tmp_path / "l.json", tmp_path / "residue.json"
    start.write_bytes(report(V18).data)
    out = run("translate", start, "--to", V23, "-o", there, "--ledger", ledger, "--residue", residue)
    assert out.code == 0, out.err
    route = json.loads(ledger.read_bytes())["route"]
    assert (route["from"], route["version"], route["to"]) == (V18, "fits", V23)
    assert "values have no place in cbam.qreport@23.00" in out.err
    etree.XMLSchema(etree.parse(official(V23)[0])).assertValid(etree.parse(there))
    home = run("translate", there, "--to", V18, "-o", back, "--residue", residue)
    assert home.code == 0, home.err
    assert back.read_bytes() == start.read_bytes()


def test_inspect_and_the_ledger_say_how_the_version_was_found(tmp_path: Path) -> None:
    sample, ledger = at_hand(SAMPLE), tmp_path / "l.json"
    assert "several are equally near" in run("inspect", sample).text
    assert "cbam.qreport@18.00" in run("inspect", sample).text
    assert json.loads(run("inspect", sample, "--json").out)["versionFound"] == "ambiguous"
    refused = run("translate", sample, "--from", V17, "--to", V23, "-o", tmp_path / "x", "--ledger", ledger)
    assert refused.code == 1
    route = json.loads(ledger.read_bytes())["route"]
    assert (route["from"], route["version"]) == (V17, "named")
    assert "cbam.qreport@19.00" in run("check", sample, "--as", V19).text


@pytest.mark.parametrize(("start", "end"), [(V17, V18), (V18, V19), (V19, V23), (V18, V23), (V23, V18)])
def test_with_its_residue_a_report_comes_back_from_a_step_as_it_was(start: str, end: str) -> None:
    out = step(start, end)
    assert out.kept is not None
    home = translate(read_document(out.data, end), Wish(start, draft=True), residue=out.kept)
    assert not differences(text_map(out.source.tree), text_map(read_document(home.data, start).tree))


def test_an_older_version_asks_for_what_the_newer_one_does_not_say() -> None:
    missing = {i.values["element"] for i in step(V23, V19).findings if i.rule == "XSD-MISSING-ELEMENT"}
    assert missing == {"Country", "MethodName", "ParameterName", "ParameterValueType"}


def test_a_figure_edited_abroad_takes_its_old_total_with_it() -> None:
    out = step(V18, V23)
    data = out.data.replace(b">1.555<", b">2.5<")
    home = translate(read_document(data, V23), Wish(V18, draft=True), residue=out.kept)
    totals = at(read_document(home.data, V18).tree, "/ImportedGood/0/GoodsEmissions/0/InstallationEmissions")
    # 500 t x 2.5 = 1250, and 3075 as it was
    assert totals == {
        "TotalDirect": "1250",
        "TotalIndirect": "3075",
        "OverallEmissions": "4325",
        "MeasurementUnit": "EMU1",
    }
    assert "LAW-SETTLED" in {item.rule for item in home.findings}


def test_a_code_that_means_something_else_today_does_not_lose_its_name() -> None:
    """In the sample of 2023 P11 is a route of aluminium; in the list at hand it is a route of hydrogen."""
    journey = translate(read_document(at_hand(SAMPLE).read_bytes(), V18), Wish(V23))
    told = [i for i in errors(journey.findings) if i.rule == "VERSION-CODE-NAME"]
    assert told[0].values["name"] == "Primary Al (with pre-baked Anodes)"
    assert told[0].values["listed"] == "Other fuel-based hydrogen production"
    assert "VERSION-CODE-NAME" not in {i.rule for i in step(V18, V19).findings}


def test_a_second_production_method_is_carried_where_there_is_place_and_lost_by_name_where_not() -> None:
    document = read_document(at_hand(SAMPLE).read_bytes(), V18)
    kept = translate(document, Wish(V19, draft=True))
    methods = at(kept.lowered.tree, "/ImportedGood/0/GoodsEmissions/0/ProdMethodQualifyingParams")
    assert [row["MethodId"] for row in methods] == ["P11", "P10"]
    lost = translate(Document(V18, document.tree, document.data, "xml"), Wish(V23, draft=True))
    assert lost.ledger is not None
    entry = next(e for e in lost.ledger.entries if e.before == "P10")
    assert (entry.fidelity, entry.note) == (
        "lost",
        "QReport holds one production method for a lot since 23.00",
    )
