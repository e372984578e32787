"""The table of the ISO 14067 study report: whole, valid in both directions, and silent about nothing."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from gateway.check.schema import origin_and_digest, source, validate_json
from gateway.data import data_path, load_toml
from gateway.formats.leaves import leaves, pattern_of
from gateway.formats.shape import shape
from gateway.model.paths import LeafType, canonical_keys, canonical_leaves
from gateway.translate.engine import Crossing, lift, lower
from gateway.translate.mapping import Drop, Plan, plan

REPORT = "iso14067.report@2018"

SMALL: dict[str, Any] = {
    "record": {"reportNumber": "PCF-1", "issuer": {"zh": "示例机构", "en": "Example Institute"}},
    "producer": {"name": {"zh": "示例铝业", "en": "Example Aluminium"}, "uscc": "91350900587527783P"},
    "product": {"name": {"zh": "铝锭", "en": "Aluminium ingot"}, "cpc": "41431"},
    "basis": {"standard": "GB/T 24067-2024", "gwpSets": ["AR6"]},
    "unit": {"kind": "declared", "amount": "1", "unit": "t"},
    "boundary": {"type": "cradle-to-gate"},
    "time": {"periodStart": "2024-01-01", "periodEnd": "2024-12-31"},
    "results": {"unit": "kgCO2e", "total": "14900.50", "fossil": "14882.20"},
}
"""What the Chinese record of a small study holds: all that the schema requires, and the names."""

VALUES_OF_7_2 = {
    "7.2/stages/*/absolute": "/results/byStage/*/value",
    "7.2/stages/*/relative": "/results/byStage/*/share",
    "7.2/netFossil": "/results/fossil",
    "7.2/biogenicEmissions": "/results/biogenicNonCo2",
    "7.2/biogenicRemovals": "/results/biogenicUptake",
    "7.2/directLandUseChange": "/results/landUseChange",
    "7.2/aircraft": "/results/aircraft",
    "7.2/indirectLandUseChange": "/results/indirectLandUseChange",
    "7.2/landUse/emissions": "/results/landManagementBiogenic",
    "7.2/landUse/removals": "/results/landManagementRemovals",
    "7.2/biogenicCarbonContent": "/product/biogenicCarbonContent",
}
WITHOUT_A_FIELD_IN_THE_RECORD = ("7.2/gtp100", "7.2/consumptionGridMix", "7.3/alternativeUseAndEndOfLife")


@pytest.fixture
def table() -> Plan:
    return plan(REPORT)


def lowered(table: Plan, record: dict[str, Any]) -> Crossing:
    crossing = lower(table, record, {})
    assert crossing.findings == []
    return crossing


def complete() -> dict[str, Any]:
    """A record with a value in every leaf and two elements in every list,
    the /cbam view and what only Catena-X states apart."""
    record: dict[str, Any] = {}
    for path, kind in canonical_leaves().items():
        if not path.startswith(("/cbam", "/catenax")):
            _fill(record, path.strip("/").split("/"), sample(path, kind))
    return record


def _fill(node: Any, parts: list[str], value: Any) -> None:
    name, rest = parts[0], parts[1:]
    if not rest:
        node[name] = value
    elif rest == ["*"]:
        node[name] = [value, value]
    elif rest[0] == "*":
        for element in node.setdefault(name, [{}, {}]):
            _fill(element, rest[1:], value)
    else:
        _fill(node.setdefault(name, {}), rest, value)


def sample(path: str, kind: LeafType) -> Any:
    row = next(row for row in load_toml("mappings", "cn.pcf.toml")["field"] if row["canonical"] == path)
    if row.get("codes") == "country":
        return "CN"
    if "codes" in row and data_path("mappings", "codes", f"{row['codes']}.csv").is_file():
        return listed(row["codes"])[0]
    of_kind = {"decimal": "-1.50", "integer": "2024", "date": "2024-02-29", "boolean": False}
    return of_kind.get(kind, f"文本 text of {path}")


@cache
def listed(name: str) -> list[str]:
    with data_path("mappings", "codes", f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return [row["code"] for row in csv.DictReader(handle)]


def reasons(crossing: Crossing) -> dict[str, Drop | None]:
    return {left.path: left.drop for left in crossing.left}


def schema_document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(source(REPORT).path.read_bytes())
    return document


def schema_nodes(node: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property and definition of the schema by its name."""
    if isinstance(node, dict):
        for key in ("properties", "$defs"):
            for inner, child in node.get(key, {}).items():
                yield inner, child
                yield from schema_nodes(child, inner)
        yield from schema_nodes(node.get("items"), name)


# --- the table ----------------------------------------------------------------------------------------------


def test_the_table_loads(table: Plan) -> None:
    assert table.format_id == REPORT
    assert table.laws == ()


@pytest.mark.parametrize(("external", "canonical"), VALUES_OF_7_2.items())
def test_every_value_of_7_2_has_a_row(table: Plan, external: str, canonical: str) -> None:
    row = table.row_for_external(external)
    assert row is not None
    assert row.canonical_paths == (canonical,)
    assert row.clause == "ISO-14067-2018:7.2"


@pytest.mark.parametrize("external", WITHOUT_A_FIELD_IN_THE_RECORD)
def test_what_the_record_cannot_hold_is_listed_as_lost_with_its_reason(table: Plan, external: str) -> None:
    document = lowered(table, SMALL).tree
    section, name = external.split("/")
    document[section][name] = "1"
    assert validate_json(REPORT, document) == []
    drop = reasons(lift(table, document))[f"/{external}"]
    assert drop is not None
    assert drop.path == external


def test_every_drop_gives_its_reason_in_english_and_chinese(table: Plan) -> None:
    for drop in table.drops:
        assert drop.reason.isascii(), drop.id
        assert any("\u4e00" <= character <= "\u9fff" for character in drop.reason_zh), drop.id


def test_every_row_that_means_something_else_says_what(table: Plan) -> None:
    assert all(row.note for row in table.rows if row.meaning != "same")


def test_lists_are_paired_by_the_key_of_the_record(table: Plan) -> None:
    leaves_of_the_report = dict(shape(REPORT).leaves())
    carried = {path for row in table.rows for path in row.canonical_paths}
    for external, group in load_toml("mappings", "iso14067.report.toml")["groups"].items():
        assert canonical_keys()[group["canonical"]] == group["key"]
        assert f"{group['canonical']}/*/{group['key']}" in carried
        assert leaves_of_the_report[f"{external}/*/{group['key']}"], "the key of an element is required"


# --- both directions ----------------------------------------------------------------------------------------


def test_a_small_record_becomes_a_valid_report_and_comes_back(table: Plan) -> None:
    report = lowered(table, SMALL)
    assert report.left == []
    assert validate_json(REPORT, report.tree) == []
    home = lift(table, report.tree)
    assert home.tree == SMALL
    assert list(reasons(home)) == ["/format"]


def test_a_complete_record_becomes_a_valid_report_and_loses_only_what_the_table_drops(table: Plan) -> None:
    record = complete()
    report = lowered(table, record)
    assert validate_json(REPORT, report.tree) == []
    lost = reasons(report)
    assert all(lost.values()), [path for path, drop in lost.items() if drop is None]
    kept = {path: value for path, value in leaves(record) if path not in lost}
    assert dict(leaves(lift(table, report.tree).tree)) == kept


def test_a_complete_record_fills_every_field_of_the_report_that_has_a_row(table: Plan) -> None:
    filled = {pattern_of(path).strip("/") for path, _ in leaves(lowered(table, complete()).tree)}
    wanted = {path for path, _ in shape(REPORT).leaves()}
    assert wanted - filled == set(WITHOUT_A_FIELD_IN_THE_RECORD)


def test_figures_keep_every_digit(table: Plan) -> None:
    record = deepcopy(SMALL)
    record["results"]["total"] = "0.1000000000000000000000000100"
    report = lowered(table, record).tree
    assert report["7.2"]["total"] == record["results"]["total"]
    assert validate_json(REPORT, report) == []


def test_both_languages_of_a_name_are_carried(table: Plan) -> None:
    report = lowered(table, SMALL).tree
    assert report["product"]["name"] == SMALL["product"]["name"]
    assert report["report"]["producer"]["name"] == SMALL["producer"]["name"]
    assert report["report"]["issuer"] == SMALL["record"]["issuer"]


def test_a_study_to_the_chinese_standard_is_not_relabelled(table: Plan) -> None:
    assert lowered(table, SMALL).tree["report"]["standard"] == "GB/T 24067-2024"


def test_a_value_that_was_not_stated_is_never_zero(table: Plan) -> None:
    assert set(lowered(table, SMALL).tree["7.2"]) == {"unit", "total", "netFossil"}


def test_only_the_name_of_the_format_has_no_source(table: Plan) -> None:
    added = [item for item in lowered(table, SMALL).carried if item.out.fidelity in ("defaulted", "derived")]
    assert [(item.targets, item.out.value) for item in added] == [(("/format",), REPORT)]


def test_figures_of_cbam_stay_at_home(table: Plan) -> None:
    report = json.dumps(lowered(table, complete()).tree, ensure_ascii=False)
    groups = ("sourceStreams", "precursors", "pfc", "heat", "wasteGas", "consignments", "goods")
    assert [group for group in groups if f"text of /{group}" in report] == []


def test_a_contact_person_stays_at_home(table: Plan) -> None:
    record = deepcopy(SMALL)
    record["producer"]["contacts"] = [{"name": "Zhang San", "phone": "+86 10 0000", "email": "z@example.com"}]
    crossing = lowered(table, record)
    assert "Zhang" not in json.dumps(crossing.tree)
    assert {drop.path for drop in reasons(crossing).values() if drop} == {"/producer/contacts"}


# --- the schema ---------------------------------------------------------------------------------------------


def test_the_schema_is_the_project_s_own_and_its_digest_is_the_stated_one() -> None:
    assert origin_and_digest(REPORT) == {"origin": "project", "digest": f"sha256:{source(REPORT).sha256}"}


def test_the_schema_is_a_valid_schema() -> None:
    document = schema_document()
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator(document, validate_formats=True)


@pytest.mark.parametrize("place", ["", "report", "product", "7.2", "7.3", "7.3/dataCollection"])
def test_an_unknown_key_is_refused(table: Plan, place: str) -> None:
    document = lowered(table, SMALL).tree
    node = document
    for part in filter(None, place.split("/")):
        node = node[part]
    node["surprise"] = "x"
    found = [item.rule for item in validate_json(REPORT, document)]
    assert found == ["SCHEMA-UNKNOWN"]


@pytest.mark.parametrize(
    "path",
    [
        "format", "report/standard", "7.2/unit", "7.2/total", "7.2/netFossil",
        "7.3/functionalOrDeclaredUnit/kind", "7.3/functionalOrDeclaredUnit/amount",
        "7.3/functionalOrDeclaredUnit/unit", "7.3/systemBoundary/type", "7.3/dataCollection/periodStart",
        "7.3/dataCollection/periodEnd", "7.3/characterizationFactors/gwpSets",
    ],
)  # fmt: skip
def test_what_every_study_has_is_required(table: Plan, path: str) -> None:
    document = lowered(table, SMALL).tree
    *parents, last = path.split("/")
    node = document
    for part in parents:
        node = node[part]
    del node[last]
    found = [(item.rule, item.path) for item in validate_json(REPORT, document)]
    assert found == [("SCHEMA-REQUIRED", f"/{path}")]


@pytest.mark.parametrize("figure", ["1,5", "1e3", "01", ".5", "1.", "+1", " 1", "NaN", "１", "", 1, None])
def test_a_figure_that_is_no_plain_decimal_text_is_refused(table: Plan, figure: Any) -> None:
    document = lowered(table, SMALL).tree
    document["7.2"]["total"] = figure
    assert [item.path for item in validate_json(REPORT, document)] == ["/7.2/total"]


@pytest.mark.parametrize("day", ["2024-02-30", "2024-1-1", "20240101", "2024-01-01T00:00:00Z"])
def test_a_date_that_does_not_exist_is_refused(table: Plan, day: str) -> None:
    document = lowered(table, SMALL).tree
    document["7.3"]["dataCollection"]["periodEnd"] = day
    assert [item.rule for item in validate_json(REPORT, document)] == ["SCHEMA-FORMAT"]


def test_every_list_of_codes_in_the_schema_is_the_gateway_s() -> None:
    nodes = [node for _, node in schema_nodes(schema_document()) if "x-codes" in node]
    coded = {node["x-codes"]: node["enum"] for node in nodes}
    assert len(coded) > 10
    assert coded == {name: listed(name) for name in coded}


def test_every_property_has_a_title_in_both_languages() -> None:
    titles = ("title", "x-title-zh")
    assert [name for name, node in schema_nodes(schema_document()) if not all(map(node.get, titles))] == []


def test_no_object_of_the_schema_lets_unknown_keys_pass() -> None:
    nodes = [node.get("items", node) for _, node in schema_nodes(schema_document())]
    objects = [node for node in [schema_document(), *nodes] if node.get("type") == "object"]
    assert len(objects) > 30
    assert all(node["additionalProperties"] is False for node in objects)
