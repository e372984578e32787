"""Our transcriptions of the PACT data models give the publisher's verdict on every document tried.

Where a published pattern is faulty, it is transcribed with its fault, and a rule of ours is stricter: both are
stated here, so that neither changes unseen.
"""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft202012Validator
from mutants.json_mutants import json_mutants
from test_transcriptions import FOOTPRINTS, SHARED, assert_well_spread, at_hand

from gateway.check.catalog import rules
from gateway.check.rules import check_rules
from gateway.check.schema import OfficialFile, source, validate_json
from gateway.check.suite import read_base
from gateway.formats.json_reader import write_json
from gateway.formats.leaves import at

V2, V3 = FOOTPRINTS[:-1], FOOTPRINTS[-1]
CONFORMANCE = "openapi-3.0.4.yaml"
"""The file of 3.0 that the conformance service uses: it has no pattern for a decimal at all."""


@cache
def official_schema(format_id: str, name: str = "") -> dict[str, Any]:
    """The component of an OpenAPI document as a JSON Schema of its own, with what it refers to."""
    entry = next(f for f in source(format_id).official if (f.name == name if name else f.root))
    schemas = _components(entry)
    needed, queue = {}, [entry.component]
    while queue:
        part = queue.pop()
        needed[part] = schemas[part]
        found = re.findall(r'"#/components/schemas/(\w+)"', json.dumps(schemas[part]))
        queue.extend(other for other in found if other not in needed)
    return {"$ref": f"#/components/schemas/{entry.component}", "components": {"schemas": needed}}


def _components(entry: OfficialFile) -> Any:
    path = at_hand(SHARED / entry.folder / entry.name)
    document = json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8")), default=str))
    return document["components"]["schemas"]


def verdict_of(schema: dict[str, Any]) -> Any:
    return Draft202012Validator(schema, validate_formats=True).is_valid


def accepts(pattern: str, text: str) -> bool:
    return bool(verdict_of({"pattern": pattern})(text))


def our_schema(format_id: str) -> dict[str, Any]:
    schema = json.loads(source(format_id).path.read_text("utf-8"))
    assert isinstance(schema, dict)
    return schema


@cache
def documents(format_id: str) -> dict[str, str]:
    """Distinct mutants by their text, driven by our schema and by the official one."""
    ours, theirs = our_schema(format_id), official_schema(format_id)
    made = [*json_mutants(ours, ours, accepts), *json_mutants(theirs, theirs, accepts)]
    return {json.dumps(document): name for name, document in made}


@pytest.mark.parametrize("format_id", FOOTPRINTS)
def test_the_two_footprint_schemas_agree_on_every_mutant(format_id: str) -> None:
    verdict = verdict_of(official_schema(format_id))
    verdicts = []
    for text, name in documents(format_id).items():
        document = json.loads(text)
        verdicts.append(verdict(document))
        findings = validate_json(format_id, document)
        assert (not findings) == verdicts[-1], (name, findings[:3])
        assert {f.rule for f in findings} <= rules().keys()
        assert "SCHEMA-OTHER" not in {f.rule for f in findings}, (name, findings)
    assert_well_spread(verdicts, format_id)


ALTERED = [
    (V3, r'"^[+]?\\d+(\\.\\d+)?$"', r'"^[+]?\\d+(\\.\\d+)$"'),
    (V3, r'"^(-\\d+(\\.\\d+)?)|0+(\\.0+)?$"', r'"^((-\\d+(\\.\\d+)?)|0+(\\.0+)?)$"'),
    (V3, '"minLength": 1', '"minLength": 2'),
    (V3, '"format": "uuid"', '"format": "uri"'),
    (V3, '"Sub-Saharan Africa"', '"Subsaharan Africa"'),
    (V3, '"uniqueItems": true', '"uniqueItems": false'),
    (V3, '"oneOf"', '"anyOf"'),
    (V3, '"providerName"', '"provider"'),
    ("pact.footprint@2.0", '"minimum": 1, "maximum": 3', '"minimum": 1, "maximum": 5'),
    ("pact.footprint@2.0", '"minimum": 0, "maximum": 100', '"minimum": 0, "maximum": 101'),
    ("pact.footprint@2.0", '"type": "integer"', '"type": "number"'),
    ("pact.footprint@2.1", '"enum": ["AR6", "AR5"]', '"enum": ["AR6"]'),
    ("pact.footprint@2.2", r'"pattern": "^AR\\d+$"', r'"pattern": "^AR\\d$"'),
    ("pact.footprint@2.3", '"PACT-3.0"', '"PACT-3.1"'),
    ("pact.footprint@2.3", '"productClassifications"', '"productClassification"'),
]  # fmt: skip


@pytest.mark.parametrize(("format_id", "ours", "altered"), ALTERED)
def test_one_altered_keyword_of_a_footprint_schema_is_noticed(
    format_id: str, ours: str, altered: str
) -> None:
    text = source(format_id).path.read_text("utf-8")
    assert ours in text
    true = verdict_of(official_schema(format_id))
    wrong = verdict_of(json.loads(text.replace(ours, altered, 1)))
    tried = [json.loads(document) for document in documents(format_id)]
    assert any(true(document) != wrong(document) for document in tried)


@pytest.mark.parametrize("format_id", FOOTPRINTS)
def test_the_sample_footprints_get_the_official_verdict(format_id: str) -> None:
    verdict = verdict_of(official_schema(format_id))
    files = sorted(at_hand(SHARED / "samples" / "pact").rglob("*.json"))
    assert files
    for path in files:
        for part in _footprints(json.loads(path.read_text("utf-8"))):
            assert (not validate_json(format_id, part)) == verdict(part), path.name


def _footprints(document: Any) -> list[Any]:
    inner = document.get("data", document) if isinstance(document, dict) else document
    return [document, *(inner if isinstance(inner, list) else [inner])]


# --- 3.0.3 as published, 3.0.4 as the conformance service uses it ------------------------------------------


def test_the_two_official_files_of_3_0_differ_in_the_patterns_of_decimals_alone() -> None:
    """Whatever 3.0.4 accepts and 3.0.3 refuses is a figure that 3.0.3 has a pattern for; the reverse never happens."""
    published, used = (verdict_of(official_schema(V3, name)) for name in ("", CONFORMANCE))
    decimals = {"/" + "/".join(map(str, place)) for place in _decimals()}
    differing = set()
    for text, name in documents(V3).items():
        document = json.loads(text)
        if published(document) != used(document):
            assert used(document), name
            differing.add(name.partition(" ")[0])
    assert differing == decimals
    assert len(decimals) == 28


def _decimals() -> list[tuple[str, ...]]:
    """Every figure of our schema of 3.0, by its path."""
    parts = our_schema(V3)["$defs"]
    found = [
        ("pcf", name) for name, part in parts["CarbonFootprint"]["properties"].items() if _is_decimal(part)
    ]
    return found + [("pcf", "dqi", name) for name in parts["DataQualityIndicators"]["properties"]]  # fmt: skip


def _is_decimal(part: dict[str, str]) -> bool:
    return part.get("$ref", "").startswith("#/$defs/Decimal")


# --- faulty patterns of the publisher, and the rule of ours that is stricter ---------------------------------

FAULTY: dict[str, list[tuple[str, Any, str]]] = {
    V3: [
        ("/pcf/declaredUnitAmount", "1abc", "PACT-DECIMAL"),
        ("/pcf/declaredUnitAmount", "x0.5", "PACT-DECIMAL"),
        ("/pcf/biogenicCO2Uptake", "10", "PACT-SIGN-NEGATIVE"),
        ("/pcf/biogenicCO2Uptake", "-1abc", "PACT-DECIMAL"),
        ("/pcf/landManagementBiogenicCO2Removals", "10", "PACT-SIGN-NEGATIVE"),
        ("/pcf/technologicalCO2Removals", "10", "PACT-SIGN-NEGATIVE"),
        ("/pcf/ccsTechnologicalCO2Capture", "10", "PACT-SIGN-NEGATIVE"),
        ("/pcf/exemptedEmissionsPercent", "-1", "PACT-PERCENT"),
        ("/pcf/primaryDataShare", "101", "PACT-PERCENT"),
        ("/pcf/dqi/technologicalDQR", "9", "PACT-DQR"),
        ("/pcf/geographyCountry", "ZZ", "PACT-COUNTRY"),
        ("/pcf/ipccCharacterizationFactors", ["AR999"], "PACT-IPCC"),
        ("/companyIds", ["urn:"], "PACT-URN"),
    ],
    **{
        version: [
            ("/pcf/unitaryProductAmount", "abc", "PACT2-DECIMAL"),
            ("/pcf/unitaryProductAmount", "0", "PACT2-AMOUNT"),
            ("/pcf/pCfExcludingBiogenic", "abc", "PACT2-DECIMAL"),
            ("/pcf/fossilGhgEmissions", "-1", "PACT2-SIGN-POSITIVE"),
            ("/pcf/biogenicCarbonWithdrawal", "10", "PACT2-SIGN-NEGATIVE"),
            ("/pcf/geographyCountry", "ZZ", "PACT-COUNTRY"),
            ("/companyIds", ["urn:"], "PACT-URN"),
        ]
        for version in V2
    },
}  # fmt: skip
for _version in V2[:2]:  # required there, and not declared
    FAULTY[_version].append(("/pcf/ipccCharacterizationFactorsSources", "abc", "PACT2-IPCC"))
"""What the published schema accepts and must not, and what we say of it."""


@pytest.mark.parametrize(
    ("format_id", "path", "value", "rule"),
    [pytest.param(f, *row, id=f"{f}{row[0]}={row[1]}") for f, rows in FAULTY.items() for row in rows],
)
def test_what_a_faulty_pattern_lets_pass_is_caught_by_a_rule(
    format_id: str, path: str, value: Any, rule: str
) -> None:
    tree = copy.deepcopy(read_base("footprint.json" if format_id == V3 else "footprint-2.json"))
    group, _, name = path.rpartition("/")
    (at(tree, group) if group else tree)[name] = value
    assert validate_json(format_id, tree) == []
    assert verdict_of(official_schema(format_id))(json.loads(write_json(tree)))
    found = {f.rule for f in check_rules(tree, format_id) if f.severity in ("error", "warning")}
    assert rule in found
