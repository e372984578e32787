"""Our transcription of the PACT events gives the publisher's verdict on every document tried, but where we are stricter.

What we are stricter in is named here, so that it does not change unseen.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft202012Validator
from mutants.json_mutants import json_mutants
from test_transcriptions import SHARED, at_hand

from gateway.check.catalog import rules
from gateway.check.schema import source, validate_json
from gateway.check.suite import read_base
from gateway.formats.json_reader import write_json
from gateway.model.finding import Finding, Refused
from gateway.pact.events import SCHEMAS, TYPES, Api, Kind, read_event

NAMES: dict[Kind, str] = {
    "published": "PublishedEvent",
    "created": "RequestCreatedEvent",
    "fulfilled": "RequestFulfilledEvent",
    "rejected": "RequestRejectedEvent",
}
PUBLISHED = {"3": ("3.0.3", "3.0.4"), "2": ("2.0", "2.1", "2.2", "2.3")}
EACH = [(api, kind) for api in PUBLISHED for kind in NAMES]


@cache
def official(version: str, name: str) -> Draft202012Validator:
    """The component of a published document as a schema of its own."""
    path = at_hand(SHARED / "official" / "pact" / f"openapi-{version}.yaml")
    whole = json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8")), default=str))
    parts = _mended(whole["components"])
    # a footprint in an answer is judged by itself, and compared with the publisher's there (test_transcriptions_pact)
    parts["schemas"]["ProductFootprint"] = {"type": "object"}
    schema = {"$ref": f"#/components/schemas/{name}", "components": parts}
    return Draft202012Validator(schema, validate_formats=True)


def _mended(part: Any) -> Any:
    """3.0.3 writes ``$ref`` among properties, and within descriptions: no schema stands there."""
    if isinstance(part, list):
        return [_mended(each) for each in part]
    if not isinstance(part, dict):
        return part
    made = {name: _mended(value) for name, value in part.items() if name != "description"}
    if isinstance(made.get("properties"), dict):
        made["properties"].pop("$ref", None)
    return made


@cache
def documents(api: Api, kind: Kind) -> dict[str, str]:
    """Distinct mutants of an event of one type by their text."""
    whole = json.loads(source(SCHEMAS[api]).path.read_text("utf-8"))
    made: dict[str, str] = {}
    for way in (0, 1):
        one = _one_way(whole, way)
        event = one["$defs"][NAMES[kind]]
        event["properties"]["specversion"]["enum"] = ["1.0"]  # a sample that is sound to us, too
        mutants = json_mutants(event, one, lambda *_: False)  # no text has a pattern
        made |= {json.dumps(document): name for name, document in mutants}
    return made


def _one_way(part: Any, way: int) -> Any:
    """A schema with one alternative in place of each ``anyOf``: mutants are driven by each of them."""
    if isinstance(part, list):
        return [_one_way(each, way) for each in part]
    if not isinstance(part, dict):
        return part
    return (
        _one_way(part["anyOf"][way], way)
        if "anyOf" in part
        else {k: _one_way(v, way) for k, v in part.items()}
    )


def ours(api: Api, kind: Kind, text: str) -> list[Finding]:
    """What is said of a document that is meant as an event of this type."""
    try:
        found = read_event(text.encode(), api)
    except Refused as refused:
        return list(refused.findings)
    assert found.kind == kind
    return []


def theirs(api: Api, kind: Kind, document: Any) -> bool:
    """Whether any of the published versions of this API accepts it, each criterion of a request by itself.

    3.0.3 asks for URNs and one status, 3.0.4 for texts and a list of them.
    """
    schemas = [official(version, NAMES[kind]) for version in PUBLISHED[api]]
    parts = [document]
    if (
        (api, kind) == ("3", "created")
        and isinstance(document, dict)
        and isinstance(document.get("data"), dict)
    ):
        sound = {**document, "id": "e1", "source": "here"}
        alone = [{**sound, "data": {name: value}} for name, value in document["data"].items()]
        parts = [{**document, "data": {}}, *(alone if "id" in document and "source" in document else [])]
    return all(any(schema.is_valid(part) for schema in schemas) for part in parts)


STRICTER = {
    ("EVENT-MISSING", "/type"),  # version 2 requires nothing of the envelope of an answer
    ("EVENT-MISSING", "/specversion"),
    ("EVENT-MISSING", "/id"),
    ("EVENT-MISSING", "/source"),
    ("EVENT-MISSING", "/data"),
    ("EVENT-FIELD", "/specversion"),  # CloudEvents 1.0, and no other
    ("EVENT-FIELD", "/id"),  # not empty, no control characters, not of any length
    ("EVENT-FIELD", "/source"),
    ("EVENT-FIELD", "/time"),  # a leap second, or a time zone that is none
    ("EVENT-FIELD", "/data/pfIds"),  # an announcement of nothing
    ("EVENT-FIELD", "/data/requestEventId"),
    ("EVENT-FIELD", "/data/pfs"),  # version 2 lets an answer hold no footprint
    ("EVENT-CRITERION", "/data"),  # what this host cannot search by
}
"""Where we refuse what the publisher accepts, and what we say of it."""

TAKEN = {"NoSuchFootprint"}
"""Codes of an error that version 2 names in a comment only."""


def without_nulls(node: Any) -> Any:
    """By the prose of PACT a null is an undefined member; its schemas refuse it."""
    if not isinstance(node, dict):
        return node
    return {name: without_nulls(value) for name, value in node.items() if value is not None}


def _code(document: Any) -> str:
    return str(document.get("data", {}).get("error", {}).get("code"))


@pytest.mark.parametrize(("api", "kind"), EACH)
def test_events_get_the_official_verdict_but_where_a_rule_of_ours_is_stricter(api: Api, kind: Kind) -> None:
    verdicts: Counter[tuple[bool, bool]] = Counter()
    for text, name in documents(api, kind).items():
        document = json.loads(text)
        found, verdict = ours(api, kind, text), theirs(api, kind, document)
        verdicts[verdict, not found] += 1
        said = {(item.rule, item.path) for item in found}
        assert {item.rule for item in found} <= rules().keys()
        if verdict:
            assert said <= STRICTER, (name, said)
        elif not found:
            assert _code(document) in TAKEN or theirs(api, kind, without_nulls(document)), name
    assert verdicts.total() >= 500
    assert verdicts[True, True] >= 20
    assert verdicts[False, False] >= 200


@pytest.mark.parametrize(("api", "kind"), EACH)
def test_the_schema_alone_gives_the_official_verdict(api: Api, kind: Kind) -> None:
    for text, name in documents(api, kind).items():
        document = json.loads(text)
        if not isinstance(document, dict) or document.get("type") != TYPES[api][kind]:
            continue  # the type chooses the schema
        sound = not validate_json(SCHEMAS[api], document)
        assert sound == theirs(api, kind, document) or _code(document) in TAKEN, name


ALTERED = [
    ("3", '"minItems": 1', '"minItems": 2'),
    ("3", '"format": "uuid"', '"format": "uri"'),
    ("3", '"comment"', '"remark"'),
    ("3", '"time", "data"]', '"data"]'),
    ("3", '"requestEventId", "error"]', '"error"]'),
    ("3", '"NotFound", ', ""),
    ("2", '"format": "uri-reference"', '"format": "uri"'),
    ("2", '"required": ["pf"]', '"required": []'),
    ("2", '"format": "date-time"', '"format": "date"'),
]


@pytest.mark.parametrize(("api", "printed", "altered"), ALTERED)
def test_one_altered_keyword_of_an_event_schema_is_noticed(api: Api, printed: str, altered: str) -> None:
    text = source(SCHEMAS[api]).path.read_text("utf-8")
    assert printed in text
    true, wrong = (Draft202012Validator(json.loads(each), validate_formats=True) for each in (
        text, text.replace(printed, altered)))  # fmt: skip
    tried = [json.loads(each) for kind in NAMES for each in documents(api, kind)]
    assert any(true.is_valid(document) != wrong.is_valid(document) for document in tried)


def test_a_footprint_in_an_answer_is_not_judged_with_it() -> None:
    """It is kept with what was found in it: one bad footprint takes nothing from the others."""
    sound = json.loads(write_json(read_base("footprint.json")))
    made = {
        "type": TYPES["3"]["fulfilled"],
        "specversion": "1.0",
        "id": "e1",
        "source": "https://buyer.example",
        "time": "2026-03-01T12:00:00Z",
        "data": {"requestEventId": "r1", "pfs": [sound, {"id": 5}]},
    }
    assert ours("3", "fulfilled", json.dumps(made)) == []
