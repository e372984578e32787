"""The example records: well formed, consistent, and equal to the documents that they name."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pycountry
import pytest

from gateway.model.paths import canonical_keys, canonical_leaves
from gateway.model.record import Record

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
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
