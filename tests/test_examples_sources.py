"""The examples against their sources: the Commission's worked examples and the TianGong data sets."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from shared_files import SHARED
from test_examples import COMPLETE, INVENTORIES, WORKBOOKS, amount, load

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
