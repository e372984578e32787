"""Our transcriptions of the Catena-X schemas give the publisher's verdict on every document tried."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft4Validator, Draft202012Validator
from mutants.json_mutants import json_mutants
from shared_files import SHARED

from gateway.check.catalog import rules
from gateway.check.schema import source, validate_json

FORMATS = [f"catenax.pcf@{version}" for version in ("7.0.0", "8.0.0", "9.0.0")]
FEWEST = 2_000
"""Mutants of each version that must be tried before agreement counts."""

_ROOT = Path(__file__).resolve().parents[1]


def at_hand(path: Path) -> Path:
    """A published file outside the project; without it the test is skipped, or fails in a full run."""
    if not path.exists():
        reason = f"{path.name} is not at hand: set CBAMGW_SHARED to the folder of the official files"
        if os.environ.get("CBAMGW_FULL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@cache
def official(format_id: str) -> dict[str, Any]:
    entry = source(format_id).official[0]
    schema = json.loads(at_hand(SHARED / entry.folder / entry.name).read_bytes())
    assert isinstance(schema, dict)
    return schema


@cache
def ours(format_id: str) -> dict[str, Any]:
    schema = json.loads(source(format_id).path.read_bytes())
    assert isinstance(schema, dict)
    return schema


def published_verdict(format_id: str) -> Callable[[Any], bool]:
    return Draft4Validator(official(format_id), validate_formats=True).is_valid


def accepts(pattern: str, text: str) -> bool:
    return Draft202012Validator({"pattern": pattern}).is_valid(text)


def without_wrappers(schema: Any) -> Any:
    """The published schema with ``allOf`` written as its parts, so that mutants can be driven by it."""
    if isinstance(schema, list):
        return [without_wrappers(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: without_wrappers(part) for key, part in schema.items() if key != "allOf"}
    for part in schema.get("allOf", ()):
        made.update(without_wrappers(part))
    return made


@cache
def documents(format_id: str) -> dict[str, str]:
    """Distinct mutants by their text, driven by our schema and by the published one."""
    theirs = without_wrappers(official(format_id))
    made = [*json_mutants(ours(format_id), ours(format_id), accepts), *json_mutants(theirs, theirs, accepts)]
    return {json.dumps(document): name for name, document in made}


@pytest.mark.parametrize("format_id", FORMATS)
def test_the_two_schemas_agree_on_every_mutant(format_id: str) -> None:
    verdict = published_verdict(format_id)
    verdicts = []
    for text, name in documents(format_id).items():
        document = json.loads(text)
        verdicts.append(verdict(document))
        findings = validate_json(format_id, document)
        assert (not findings) == verdicts[-1], (name, findings[:3])
        assert {f.rule for f in findings} <= rules().keys()
        assert "SCHEMA-OTHER" not in {f.rule for f in findings}, (name, findings)
    assert len(verdicts) >= FEWEST
    assert sum(verdicts) >= len(verdicts) / 5, "too few valid documents to prove anything"
    assert verdicts.count(False) >= len(verdicts) / 5, "too few invalid documents to prove anything"


@pytest.mark.parametrize(
    ("format_id", "mine", "altered"),
    [
        ("catenax.pcf@7.0.0", '"minLength": 1', '"minLength": 2'),
        ("catenax.pcf@7.0.0", '"maximum": 5', '"maximum": 10'),
        ("catenax.pcf@7.0.0", '"exclusiveMinimum": 0', '"minimum": 0'),
        ("catenax.pcf@7.0.0", '"ISO Standard 14041"', '"ISO 14041"'),
        ("catenax.pcf@8.0.0", '"uniqueItems": true', '"uniqueItems": false'),
        ("catenax.pcf@8.0.0", '"format": "uri"', '"format": "uuid"'),
        ("catenax.pcf@8.0.0", "([A-Z]{2})", "^([A-Z]{2})$"),
        ("catenax.pcf@8.0.0", '"packagingEmissionsIncluded", ', ""),
        ("catenax.pcf@9.0.0", '"maximum": 0', '"maximum": 1'),
        ("catenax.pcf@9.0.0", '"specVersion", ', ""),
        ("catenax.pcf@9.0.0", '"Progressive PCF"', '"Progressive"'),
    ],
)
def test_one_altered_keyword_is_noticed(format_id: str, mine: str, altered: str) -> None:
    text = source(format_id).path.read_text("utf-8")
    assert mine in text
    wrong = Draft202012Validator(json.loads(text.replace(mine, altered, 1)), validate_formats=True).is_valid
    true = published_verdict(format_id)
    assert any(true(document) != wrong(document) for document in map(json.loads, documents(format_id)))


@pytest.mark.parametrize("format_id", FORMATS)
def test_the_published_example_gets_the_published_verdict(format_id: str) -> None:
    name = f"pcf_{format_id.partition('@')[2]}_Pcf.json"
    document = json.loads(at_hand(SHARED / "samples" / "catenax" / name).read_bytes())
    assert published_verdict(format_id)(document)
    assert validate_json(format_id, document) == []


@pytest.mark.parametrize("format_id", FORMATS)
def test_the_pinned_digests_are_those_of_the_files(format_id: str) -> None:
    entry = source(format_id)
    assert entry.origin == "transcribed"
    assert hashlib.sha256(entry.path.read_bytes()).hexdigest() == entry.sha256
    published = at_hand(SHARED / entry.official[0].folder / entry.official[0].name)
    assert hashlib.sha256(published.read_bytes()).hexdigest() == entry.official[0].sha256
    assert published.read_bytes() != entry.path.read_bytes()
