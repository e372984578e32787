"""The schema of the Chinese record: built from the table, shipped as a file, and strict."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from jsonschema_rs import meta
from typer.testing import CliRunner

import gateway.formats.fields as fields_module
from gateway.check.catalog import rules
from gateway.check.schema import validate_json
from gateway.cli import new, schemas
from gateway.data import data_path
from gateway.formats.fields import FieldTableError, record_fields, record_keys, record_titles
from gateway.formats.json_reader import read_json
from gateway.formats.record_schema import SCHEMA_ID, build_record_schema
from gateway.formats.shape import shape
from gateway.formats.xlsx import read_workbook

ROOT = Path(__file__).resolve().parents[1]
RECORD = json.loads(data_path("conformance", "cases", "bases", "record.json").read_bytes())


def cli():
    app = typer.Typer()
    for verb in (new, schemas):
        verb.register(app)
    return app


def run(*arguments: str):
    return CliRunner().invoke(cli(), list(arguments))


def findings(path: str, value: object) -> set[tuple[str, str]]:
    tree = copy.deepcopy(RECORD)
    *groups, last = path.strip("/").split("/")
    node = tree
    for group in groups:
        node = node[int(group)] if isinstance(node, list) else node.setdefault(group, {})
    node[int(last) if isinstance(node, list) else last] = value
    return {(f.rule, f.path) for f in validate_json("cn.pcf@1", tree)}


def test_every_path_of_the_table_is_a_leaf_of_the_schema_and_no_other():
    leaves = {f"/{path}" for path, _ in shape("cn.pcf@1").leaves()}
    assert leaves == {field.path for field in record_fields()}


def test_the_schema_is_a_valid_schema_under_the_id_that_was_asked_for():
    schema = build_record_schema("https://example.com/schemas/cn.pcf/1")
    assert schema["$id"] == "https://example.com/schemas/cn.pcf/1"
    assert build_record_schema()["$id"] == SCHEMA_ID
    assert meta.is_valid(schema)


def test_the_shipped_files_are_the_generated_ones():
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert "schemas/cn.pcf" not in done.stdout + done.stderr


def test_every_property_has_titles_in_both_languages():
    def walk(node):
        for inner in node.get("properties", {}).values():
            assert inner["title"]
            assert inner["x-title-zh"]
            walk(inner)
            walk(inner.get("items", {}))

    walk(build_record_schema())


def test_the_example_record_conforms():
    assert validate_json("cn.pcf@1", RECORD) == []


def test_nothing_but_the_format_is_required():
    assert validate_json("cn.pcf@1", {"format": "cn.pcf@1"}) == []
    assert [f.rule for f in validate_json("cn.pcf@1", {"record": {"version": "1"}})] == ["SCHEMA-REQUIRED"]


@pytest.mark.parametrize("figure", ["0", "-0.60", "1.50", "9" * 30, f"0.{'1' * 30}", "-37.4"])
def test_plain_decimal_texts_are_figures(figure):
    assert findings("/results/total", figure) == set()


@pytest.mark.parametrize(
    "figure",
    [
        "",
        " 1",
        "1 ",
        "1,5",
        "1,234.5",
        "1e3",
        "+1",
        "01",
        ".5",
        "1.",
        "１",
        "NaN",
        "1\n",
        "9" * 31,
        f"0.{'1' * 31}",
    ],
)
def test_anything_else_is_no_figure(figure):
    assert findings("/results/total", figure) == {("SCHEMA-PATTERN", "/results/total")}


@pytest.mark.parametrize("number", [1.5, 1, True, None])
def test_a_figure_is_text_and_never_a_json_number(number):
    assert findings("/results/total", number) == {("SCHEMA-TYPE", "/results/total")}


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("/consignments/0/item", "01", "SCHEMA-PATTERN"),
        ("/consignments/0/item", "1.0", "SCHEMA-PATTERN"),
        ("/consignments/0/item", "12345678901", "SCHEMA-PATTERN"),
        ("/time/periodStart", "2024-02-30", "SCHEMA-FORMAT"),
        ("/time/periodStart", "2024-1-1", "SCHEMA-PATTERN"),
        ("/declaration/submitted", "2026-01-20T09:00:00+08:00", "SCHEMA-PATTERN"),
        ("/declaration/submitted", "2026-01-20T25:00:00Z", "SCHEMA-FORMAT"),
        ("/unit/unit", "吨", "SCHEMA-ENUM"),
        ("/geography/country", "china", "SCHEMA-PATTERN"),
        ("/boundary/packagingIncluded", "true", "SCHEMA-TYPE"),
        ("/record/comment", "", "SCHEMA-LENGTH"),
        ("/record/comment", "x" * 4001, "SCHEMA-LENGTH"),
        ("/product/ids", [], "SCHEMA-COUNT"),
        ("/goods", [], "SCHEMA-COUNT"),
        ("/time", {}, "SCHEMA-COUNT"),
        ("/format", "cn.pcf@2", "SCHEMA-ENUM"),
    ],
)
def test_a_leaf_of_another_form_is_named(path, value, rule):
    assert (rule, path) in findings(path, value)


def test_an_unknown_field_is_named():
    assert findings("/results/totl", "1") == {("SCHEMA-UNKNOWN", "/results/totl")}
    assert findings("/cbam", {"goods": []}) == {("SCHEMA-UNKNOWN", "/cbam")}


def test_an_element_of_a_keyed_list_needs_its_key():
    assert findings("/goods/0", {"cn8": "76011090"}) == {("SCHEMA-REQUIRED", "/goods/0/id")}
    assert record_keys()["/consignments/*/lots"] == "/consignments/*/lots/*/sequence"


def test_an_attachment_may_be_longer_than_a_text():
    assert findings("/consignments/0/documents/0/content", "A" * 5000) == set()


def test_every_group_has_a_title():
    assert record_titles()["/consignments/*/lots"].zh == "批次来源"


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (lambda t: t["field"].pop(5), "/record/issuer/zh has no row"),
        (lambda t: t["field"].append(dict(t["field"][5], id="CN-999")), "/record/issuer/zh has 2 rows"),
        (lambda t: t["field"].append(dict(t["field"][5], canonical="/record/x")), "id CN-006 stands 2 times"),
        (lambda t: t["field"][5].update(canonical="/nowhere"), "/nowhere is no leaf of the record"),
        (lambda t: t["field"][5].update(codes="nothing"), "CN-006: there is no code list 'nothing'"),
        (lambda t: t["field"][5].update(gbt="9"), "CN-006 names an unknown part of the report: 9"),
        (lambda t: t["titles"].pop("/goods"), "group /goods has no title"),
        (lambda t: t["titles"].update({"/x": {"zh": "x", "en": "x"}}), "the title /x belongs to no group"),
        (lambda t: t["field"][5].update(zh=""), "CN-006 lacks a title"),
    ],
)
def test_a_faulty_table_does_not_load(edit, fault, monkeypatch):
    table = copy.deepcopy(fields_module.load_toml("mappings", "cn.pcf.toml"))
    edit(table)
    monkeypatch.setattr(fields_module, "load_toml", lambda *_: table)
    with pytest.raises(FieldTableError, match=r"mappings/cn\.pcf\.toml") as caught:
        record_fields.__wrapped__()
    assert fault in str(caught.value)


# --- the verbs --------------------------------------------------------------------------------------------


def test_schemas_list_names_each_schema_with_its_origin_and_digest():
    rows = json.loads(run("schemas", "list", "--json").stdout)
    ours = next(row for row in rows if row["id"] == "cn.pcf@1")
    assert ours["origin"] == "project"
    assert ours["digest"].startswith("sha256:")
    assert "cn.pcf@1  " in run("schemas", "list").stdout


def test_schemas_verify_finds_every_file_intact():
    done = run("schemas", "verify")
    assert done.exit_code == 0, done.output
    assert "!!" not in done.stdout


def test_schemas_verify_names_an_altered_file(monkeypatch):
    ours = schemas.source("cn.pcf@1")
    altered = type(ours)(ours.id, ours.title, ours.origin, ours.file, "0" * 64, ours.folder)
    monkeypatch.setattr(schemas, "known_schemas", lambda: [altered])
    done = run("schemas", "verify")
    assert done.exit_code == 1
    assert "SCHEMA-ALTERED" in done.stderr


def test_new_writes_an_empty_workbook_and_never_over_a_file(tmp_path):
    file = tmp_path / "record.xlsx"
    assert run("new", "cn-pcf", "-o", str(file)).exit_code == 0
    assert read_workbook(file.read_bytes())[:2] == ({"format": "cn.pcf@1"}, [])
    refused = run("new", "cn-pcf", "-o", str(file))
    assert refused.exception.findings[0].rule == "WRITE-EXISTS"
    assert run("new", "cn-pcf", "-o", str(file), "--force").exit_code == 0


def test_new_writes_a_template_whose_empty_fields_are_each_reported(tmp_path):
    file = tmp_path / "record.json"
    assert run("new", "cn-pcf", "-o", str(file)).exit_code == 0
    tree = read_json(file.read_bytes())
    asked = {field.path.replace("*", "0") for field in record_fields() if field.gbt}
    found = validate_json("cn.pcf@1", tree)
    assert {f.path for f in found} == asked
    assert {f.rule for f in found} <= rules().keys()


@pytest.mark.parametrize(
    "arguments",
    [("cn-pcf", "-o", "x.csv"), ("pact", "-o", "x.json"), ("cn-pcf",), ("cn-pcf", "-o", "noname")],
)
def test_new_with_a_wrong_kind_or_name_is_wrong_usage(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("new", *arguments).exit_code == 2
    assert list(tmp_path.iterdir()) == []
