"""The example records: well formed, consistent, and equal to the documents that they name."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import tomllib
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pycountry
import pytest
from lxml import etree

from gateway.model.paths import canonical_keys, canonical_leaves
from gateway.model.record import Record

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
SHARED = (ROOT / os.environ.get("CBAMGW_SHARED", "../shared")).resolve()
NAMES = sorted(path.name for path in EXAMPLES.glob("*.json"))
COMPLETE = ("aluminium.json", "cement.json", "steel.json")
INVENTORIES = {
    "ammonia.json": "a7daf3ef-3c14-44e1-a099-62bcb5b878bb",
    "clinker.json": "c1f90c0e-76fe-4cd0-9999-41d488491784",
}
NOTED = (*COMPLETE, *INVENTORIES)
WORKBOOKS = {
    "aluminium.json": "6_CBAM_SEE_V2.1_Example_Aluminium_final.xlsx",
    "cement.json": "1_CBAM_SEE_V2.1_Example_Cement_final.xlsx",
    "steel.json": "2_CBAM_SEE_V2.1_Example_Steel_1_Blast_furnace_final.xlsx",
}
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
GWP_AR6 = {"CO2": "1", "CH4": "29.8", "N2O": "273", "CF4": "7380", "C2F6": "12400"}


def load(name: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads((EXAMPLES / name).read_text(encoding="utf-8"))
    return tree


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar with its pattern path: list positions are ``*``."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, f"{path}/{key}")
    elif isinstance(tree, list):
        for value in tree:
            yield from leaves(value, f"{path}/*")
    else:
        yield path, tree


def amount(text: str) -> Decimal:
    return Decimal(text)


# --- form --------------------------------------------------------------------------------------------


def test_there_are_six_files() -> None:
    assert set(NAMES) == {*COMPLETE, *INVENTORIES, "aluminium-consignment.json"}


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_a_record(name: str) -> None:
    tree = load(name)
    assert tree["format"] == "cn.pcf@1"
    Record.model_validate(tree)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_written_with_two_spaces_and_readable_characters(name: str) -> None:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_every_leaf_has_a_canonical_path_and_the_right_kind_of_text(name: str) -> None:
    known = canonical_leaves()
    shapes = {
        "text": r"(?s)\S(.*\S)?",
        "decimal": r"-?(0|[1-9]\d*)(\.\d+)?",
        "integer": r"0|[1-9]\d*",
        "date": r"\d{4}-\d\d-\d\d",
        "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    }
    for path, value in leaves(load(name)):
        assert path in known, path
        if known[path] == "boolean":
            assert isinstance(value, bool), path
        else:
            assert isinstance(value, str), path
            assert re.fullmatch(shapes[known[path]], value), (path, value)


@pytest.mark.parametrize("name", NAMES)
def test_every_code_is_in_its_list(name: str) -> None:
    with (ROOT / "mappings" / "cn.pcf.toml").open("rb") as file:
        lists = {f["canonical"]: f["codes"] for f in tomllib.load(file)["field"] if "codes" in f}
    for path, value in leaves(load(name)):
        if path in lists:
            assert value in codes_of(lists[path]), (path, value)


def codes_of(name: str) -> set[str]:
    if name == "country":
        return {country.alpha_2 for country in pycountry.countries}
    if name == "currency":
        return {currency.alpha_3 for currency in pycountry.currencies}
    return {row["code"] for row in table_of(name)}


def table_of(name: str) -> list[dict[str, str]]:
    with (ROOT / "mappings" / "codes" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", NAMES)
def test_every_key_stands_once_in_its_list(name: str) -> None:
    tree = load(name)
    for path, key in canonical_keys().items():
        for elements in places(tree, path.split("/")[1:]):
            found = [element[key] for element in elements]
            assert len(found) == len(set(found)), path


def places(tree: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        yield tree
    elif steps[0] == "*":
        for element in tree:
            yield from places(element, steps[1:])
    elif steps[0] in tree:
        yield from places(tree[steps[0]], steps[1:])


# --- consistency -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMPLETE)
def test_the_credit_code_has_a_valid_check_digit(name: str) -> None:
    code = load(name)["producer"]["uscc"]
    assert len(code) == 18
    total = sum(USCC_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    assert code[17] == USCC_ALPHABET[(31 - total % 31) % 31]


@pytest.mark.parametrize("name", COMPLETE)
def test_references_between_groups_resolve(name: str) -> None:
    tree = load(name)
    ids = {g: {e["id"] for e in tree[g]} for g in ("installations", "processes", "emissionFactors")}
    for group in ("goods", "pfc", "wasteGas", "activityData", "electricity", "precursors", "allocation"):
        assert all(e["process"] in ids["processes"] for e in tree.get(group, [])), group
    assert all(p["installation"] in ids["installations"] for p in tree["processes"])
    assert all(s["installation"] in ids["installations"] for s in tree["sourceStreams"])
    assert all(a["factor"] in ids["emissionFactors"] for a in tree["activityData"])
    assert all(p["ownProcess"] in ids["processes"] for p in tree.get("precursors", []))


def test_the_consignments_name_goods_of_the_aluminium_record() -> None:
    goods = {good["id"] for good in load("aluminium.json")["goods"]}
    consignments = load("aluminium-consignment.json")["consignments"]
    assert {lot["goods"] for item in consignments for lot in item["lots"]} == goods


def test_the_importers_file_holds_only_the_importers_side() -> None:
    assert set(load("aluminium-consignment.json")) == {"format", "declaration", "consignments"}
    assert not {"declaration", "consignments"} & set(load("aluminium.json"))


def test_the_masses_of_a_consignment_add_up() -> None:
    for item in load("aluminium-consignment.json")["consignments"]:
        measures = [m for q in item["quantities"] for m in q["measures"]]
        assert {part["unit"] for part in (*measures, *item["lots"])} == {item["unit"]}
        assert sum(amount(m["netMass"]) for m in measures) == amount(item["netMass"])
        assert sum(amount(lot["netMass"]) for lot in item["lots"]) == amount(item["netMass"])


def test_the_declarant_gives_every_confirmation() -> None:
    confirmations = load("aluminium-consignment.json")["declaration"]["confirmations"]
    stated = [value for value in confirmations.values() if isinstance(value, bool)]
    assert stated == [True, True]


@pytest.mark.parametrize("name", COMPLETE)
def test_goods_codes_agree_in_their_first_six_digits(name: str) -> None:
    tree = load(name)
    for thing in (tree["product"], *tree["goods"]):
        assert thing["cn8"][:6] == thing["customsCode"][:6] == thing["hs6"]
        assert (len(thing["hs6"]), len(thing["cn8"]), len(thing["customsCode"])) == (6, 8, 10)
    assert all(good["cn8"] in codes_of("cbam-cn") for good in tree["goods"])


@pytest.mark.parametrize("name", COMPLETE)
def test_dates_stand_in_order_and_within_their_limits(name: str) -> None:
    tree = load(name)
    start, end = (date.fromisoformat(tree["time"][f]) for f in ("periodStart", "periodEnd"))
    valid, until = (date.fromisoformat(tree["record"][f]) for f in ("validFrom", "validUntil"))
    assert start < end < valid < until <= end.replace(year=end.year + 3)
    first, last = (date.fromisoformat(tree["certificate"][f]) for f in ("validFrom", "validUntil"))
    assert first < last < first.replace(year=first.year + 2)


@pytest.mark.parametrize("name", COMPLETE)
def test_the_results_add_up_exactly(name: str) -> None:
    results = load(name)["results"]
    figure = {k: amount(v) for k, v in results.items() if isinstance(v, str) and k != "unit"}
    parts = ("fossil", "landUseChange", "landManagementBiogenic", "landManagementRemovals", "biogenicNonCo2")
    assert figure["totalExcludingUptake"] == sum(figure[part] for part in parts)
    assert figure["total"] == figure["totalExcludingUptake"] + figure["biogenicUptake"]
    assert sum(amount(stage["value"]) for stage in results["byStage"]) == figure["total"]
    assert sum(amount(stage["share"]) for stage in results["byStage"]) == 100
    for stage in results["byStage"]:
        share = amount(stage["value"]) / figure["total"] * 100
        assert share.quantize(Decimal("0.01")) == amount(stage["share"])
    assert sum(amount(g["mass"]) * amount(GWP_AR6[g["gas"]]) for g in results["byGas"]) == figure["total"]


@pytest.mark.parametrize("name", COMPLETE)
def test_activity_data_times_factors_is_the_result_of_each_stage(name: str) -> None:
    tree = load(name)
    factors = {factor["id"]: factor for factor in tree["emissionFactors"]}
    found: dict[str, Decimal] = {}
    for activity in tree["activityData"]:
        factor = factors[activity["factor"]]
        assert factor["unit"] == f"kgCO2e/{activity['unit']}"
        emitted = amount(activity["amount"]) * amount(factor["value"])
        found[activity["stage"]] = found.get(activity["stage"], Decimal(0)) + emitted
    assert found == {stage["stage"]: amount(stage["value"]) for stage in tree["results"]["byStage"]}


@pytest.mark.parametrize("name", COMPLETE)
def test_a_process_has_a_co2_factor_and_the_footprint_a_footprint_factor(name: str) -> None:
    tree = load(name)
    assert {process["electricityFactorKind"] for process in tree["processes"]} == {"co2"}
    assert {row["factorKind"] for row in tree["electricity"]} == {"footprint"}
    official = {(r["kg_per_kwh"], r["kind"], r["year"]) for r in table_of("cn-electricity-factor")}
    assert all((e["factor"], e["factorKind"], e["factorYear"]) in official for e in tree["electricity"])


@pytest.mark.parametrize("name", COMPLETE)
def test_a_complete_record_states_what_a_study_must(name: str) -> None:
    tree = load(name)
    assert len(tree["geography"]) == 1
    assert tree["verification"]["level"]
    assert tree["quality"]["scale"]


@pytest.mark.parametrize("name", INVENTORIES)
def test_an_inventory_holds_no_footprint_and_no_installation_data(name: str) -> None:
    missing = {"results", "processes", "goods", "basis", "verification", "certificate", "emissionFactors"}
    assert not missing & set(load(name))


# --- provenance --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NOTED)
def test_every_note_names_a_field_or_group_that_the_record_fills(name: str) -> None:
    tree = load(name)
    filled = {path for path, _ in leaves(tree)}
    for note in tree["notes"]:
        assert any(path == note["path"] or path.startswith(note["path"] + "/") for path in filled), note
        assert note["illustrative"] or note["source"], note


@pytest.mark.parametrize("name", NOTED)
def test_every_leaf_is_covered_by_a_note(name: str) -> None:
    tree = load(name)
    noted = {note["path"] for note in tree["notes"]}
    for path, _ in leaves({key: value for key, value in tree.items() if key != "notes"}):
        steps = path.split("/")
        assert noted & {"/".join(steps[:end]) for end in range(2, len(steps) + 1)}, path


@pytest.mark.parametrize("name", COMPLETE)
def test_registry_ids_and_results_are_marked_illustrative(name: str) -> None:
    marked = {note["path"] for note in load(name)["notes"] if note["illustrative"]}
    assert {"/producer/operatorId", "/installations/*/registryId", "/results", "/certificate"} <= marked


@pytest.mark.parametrize("name", INVENTORIES)
def test_nothing_in_an_inventory_is_illustrative(name: str) -> None:
    assert not any(note["illustrative"] for note in load(name)["notes"])


# --- the Commission's worked examples ----------------------------------------------------------------

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Workbook:
    """The raw text of every cell, by sheet: a spreadsheet library would return floats."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            read = lambda name: etree.fromstring(archive.read(f"xl/{name}"))  # noqa: E731
            shared = read("sharedStrings.xml").findall(f"{SHEET}si")
            strings = ["".join(t.text or "" for t in s.iter(f"{SHEET}t")) for s in shared]
            targets = {r.get("Id"): r.get("Target") for r in read("_rels/workbook.xml.rels")}
            sheets = read("workbook.xml").find(f"{SHEET}sheets")
            found = {s.get("name"): read(targets[s.get(RELATION)]) for s in sheets}
            self.cells = {name: dict(_cells(sheet, strings)) for name, sheet in found.items()}

    def text(self, sheet: str, cell: str) -> str:
        return str(self.cells[sheet].get(cell, ""))


def _cells(sheet: Any, strings: list[str]) -> Iterator[tuple[str, str]]:
    for cell in sheet.iter(f"{SHEET}c"):
        value = cell.findtext(f"{SHEET}v")
        if value is not None:
            yield cell.get("r"), strings[int(value)] if cell.get("t") == "s" else value


def workbook(name: str) -> Workbook:
    path = SHARED / "samples" / "cbam" / "worked-examples" / WORKBOOKS[name]
    if not path.is_file():
        pytest.skip(f"the Commission's worked example is not at hand: {WORKBOOKS[name]}")
    return Workbook(path)


def same(stated: str | None, cell: str, scale: str = "1") -> bool:
    """The record's figure is the shortest decimal of the cell's number, times a power of ten."""
    if stated is None or cell == "":
        return stated is None and cell == ""
    return amount(stated) == amount(repr(float(cell))) * amount(scale)


@pytest.mark.parametrize("name", COMPLETE)
def test_processes_equal_the_worked_example(name: str) -> None:
    book, processes = workbook(name), load(name)["processes"]
    fields = {"activityLevel": 13, "directEmissions": 43, "electricityConsumed": 54, "electricityFactor": 55}
    for index, process in enumerate(processes):
        first = 11 + 65 * index
        for field, row in {**fields, "electricityExported": 60}.items():
            assert same(process[field], book.text("D_Processes", f"L{first + row}")), field
        assert process["name"]["en"] == book.text("D_Processes", f"G{first}")
        assert process["goodsCategory"] == book.text("D_Processes", f"L{first}")
        assert process["electricityFactorSource"] == book.text("D_Processes", f"L{first + 56}")
        assert process["route"] == book.text("D_Processes", f"H{first + 5}")
        assert f"D_Processes L{first + 55}" in process["electricityFactorReference"]


@pytest.mark.parametrize("name", COMPLETE)
def test_source_streams_equal_the_worked_example(name: str) -> None:
    book, streams = workbook(name), load(name)["sourceStreams"]
    methods = {"Combustion": "combustion", "Process emissions": "process", "Mass Balance": "mass-balance"}
    columns = {"amount": "F", "ncv": "H", "emissionFactor": "J", "carbonContent": "L"}
    columns |= {"oxidationFactor": "N", "conversionFactor": "P"}
    for row, stream in enumerate(streams, start=17):
        for field, column in columns.items():
            assert same(stream.get(field), book.text("B_EmInst", f"{column}{row}")), (row, field)
        assert same(stream.get("biomassShare"), book.text("B_EmInst", f"R{row}"), "0.01")
        assert stream["name"].endswith(book.text("B_EmInst", f"E{row}"))
        assert stream["method"] == methods[book.text("B_EmInst", f"D{row}")]
        assert stream["unit"] == book.text("B_EmInst", f"G{row}")
        if "ncv" in stream:
            assert stream["ncvUnit"] == book.text("B_EmInst", f"I{row}")
        if "emissionFactor" in stream:
            assert stream["emissionFactorUnit"] == book.text("B_EmInst", f"K{row}")
    assert book.text("B_EmInst", f"D{17 + len(streams)}") == ""


@pytest.mark.parametrize("name", COMPLETE)
def test_goods_equal_the_worked_example(name: str) -> None:
    book, tree = workbook(name), load(name)
    names = {process["id"]: process["name"]["en"] for process in tree["processes"]}
    columns = {"QPD21": ("Z", "1"), "QPD22": ("Y", "100"), "QPD23": ("AA", "100"), "QPD02": ("AB", "100")}
    for row, good in enumerate(tree["goods"], start=10):
        assert good["cn8"] == book.text("Summary_Products", f"F{row}")
        assert good["name"]["en"] == book.text("Summary_Products", f"G{row}")
        assert names[good["process"]] == book.text("Summary_Products", f"D{row}")
        assert good.get("steelMillNumber", "") == book.text("Summary_Products", f"Q{row}")
        assert same(good.get("clinkerShare"), book.text("Summary_Products", f"AB{row}"))
        stated = {parameter["id"]: parameter["value"] for parameter in good["parameters"]}
        for code, (column, scale) in columns.items():
            assert same(stated.get(code), book.text("Summary_Products", f"{column}{row}"), scale), code
    assert book.text("Summary_Products", f"F{10 + len(tree['goods'])}") == ""


def test_pfc_data_equals_the_worked_example() -> None:
    book, (pfc,) = workbook("aluminium.json"), load("aluminium.json")["pfc"]
    columns = {"production": "F", "anodeEffects": "AG", "anodeEffectMinutes": "AH", "slopeFactor": "AI"}
    for field, column in {**columns, "weightFraction": "AM", "emissions": "AU"}.items():
        assert same(pfc[field], book.text("B_EmInst", f"{column}98")), field
    assert pfc["cellType"] == book.text("B_EmInst", "E98")


def test_pfc_emissions_follow_from_the_slope_method_and_the_collection_efficiency() -> None:
    pfc = {k: amount(v) for k, v in load("aluminium.json")["pfc"][0].items() if re.fullmatch(r"[\d.]+", v)}
    cf4 = pfc["production"] * pfc["anodeEffects"] * pfc["anodeEffectMinutes"] * pfc["slopeFactor"] / 1000
    emitted = cf4 * (6630 + pfc["weightFraction"] * 11100) / amount("0.97")
    assert math.isclose(emitted, pfc["emissions"], rel_tol=1e-12)


def test_own_precursor_waste_gas_and_electricity_equal_the_worked_examples() -> None:
    book = workbook("aluminium.json")
    tree = load("aluminium.json")
    assert same(tree["precursors"][0]["amount"], book.text("D_Processes", "L32"))
    for row, cell in zip(tree["electricity"], ("L65", "L130"), strict=True):
        assert same(row["amount"], book.text("D_Processes", cell))
    for name in ("steel.json", "cement.json"):
        assert same(load(name)["electricity"][0]["amount"], workbook(name).text("D_Processes", "L65"))
    (gas,) = load("steel.json")["wasteGas"]
    assert same(gas["amount"], workbook("steel.json").text("D_Processes", "M61"))
    assert gas["unit"] == workbook("steel.json").text("D_Processes", "K61")
    correction = amount(gas["amount"]) * amount("56.1") * amount("0.667")
    assert correction == amount("478959.36")
    assert math.isclose(-correction, float(workbook("steel.json").text("D_Processes", "T62")), rel_tol=1e-15)


# --- the TianGong data sets --------------------------------------------------------------------------


def ilcd(kind: str, uuid: str) -> Any:
    """The root of a data set of the package, or None where the package lacks it."""
    folder = SHARED / "samples" / "ilcd"
    if not folder.is_dir():
        pytest.skip("the TianGong ILCD samples are not at hand")
    path = folder / kind / f"{uuid}.xml"
    return etree.parse(str(path)).getroot() if path.is_file() else None


def parts(root: Any, name: str) -> list[Any]:
    return list(root.iter(f"{{*}}{name}"))


def reference_unit(flow: Any) -> str:
    """Flow -> reference flow property -> unit group -> name of its reference unit."""
    number = parts(flow, "referenceToReferenceFlowProperty")[0].text
    (link,) = [p for p in parts(flow, "flowProperty") if p.get("dataSetInternalID") == number]
    quantity = ilcd("flowproperties", parts(link, "referenceToFlowPropertyDataSet")[0].get("refObjectId"))
    group = ilcd("unitgroups", parts(quantity, "referenceToReferenceUnitGroup")[0].get("refObjectId"))
    number = parts(group, "referenceToReferenceUnit")[0].text
    (unit,) = [u for u in parts(group, "unit") if u.get("dataSetInternalID") == number]
    return str(parts(unit, "name")[0].text)


@pytest.mark.parametrize("name", INVENTORIES)
def test_exchanges_equal_the_data_set(name: str) -> None:
    process, rows = ilcd("processes", INVENTORIES[name]), load(name)["activityData"]
    exchanges = parts(process, "exchange")
    assert [row["id"] for row in rows] == [f"X{e.get('dataSetInternalID')}" for e in exchanges]
    for row, exchange in zip(rows, exchanges, strict=True):
        written = parts(exchange, "resultingAmount")[0].text
        assert amount(row["amount"]) == amount(written)
        assert row["amount"] == written or "e" in written
        assert row["direction"] == parts(exchange, "exchangeDirection")[0].text.lower()
        reference = parts(exchange, "referenceToFlowDataSet")[0]
        assert reference.get("refObjectId") in row["source"]
        flow = ilcd("flows", reference.get("refObjectId"))
        names = parts(reference, "shortDescription") if flow is None else parts(flow, "baseName")
        assert row.get("unit") == (None if flow is None else reference_unit(flow))
        assert all(" ".join(n.text.split()) in row["name"] for n in names)


@pytest.mark.parametrize("name", INVENTORIES)
def test_the_frame_of_an_inventory_equals_the_data_set(name: str) -> None:
    process, tree = ilcd("processes", INVENTORIES[name]), load(name)
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    titles = {n.get(language): n.text for n in parts(process, "baseName")}
    assert tree["product"]["name"] == {"zh": titles["zh"], "en": titles["en"]}
    assert tree["record"]["id"] == parts(process, "UUID")[0].text
    assert tree["record"]["version"] == parts(process, "dataSetVersion")[0].text
    assert tree["time"]["representativePeriod"] == parts(process, "referenceYear")[0].text
    place = parts(process, "locationOfOperationSupplyOrProduction")[0].get("location")
    assert tree["geography"] == {"country": place}
    reference = f"X{parts(process, 'referenceToReferenceFlow')[0].text}"
    flows = {row["id"]: row["amount"] for row in tree["activityData"]}
    assert tree["unit"]["referenceFlowAmount"] == flows[reference]
