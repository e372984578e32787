"""The first verdict: does a document conform to its schema? And which schema judged it.

Each format version is a folder ``schemas/<name>/<version>/`` with a ``SOURCE.toml`` that says where the
schema comes from. ``validate_json`` and ``validate_xml`` never raise for a bad document: they return
findings, empty when it conforms. Nothing here opens a socket; a schema that points outside is refused.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, cast

from jsonschema_rs import Draft202012Validator, ValidationError
from lxml import etree

from gateway.check.xsd import Shape, explain, read_shape
from gateway.check.xsd_missing import also_missing
from gateway.data import data_path
from gateway.formats.json_reader import NumberText
from gateway.formats.leaves import pattern_of
from gateway.formats.xml_parser import parse_xml
from gateway.model.finding import Finding, Refused, finding

MOST_FINDINGS = 200
"""Findings of one document. A file with more is wrong as a whole; the rest is counted, not listed."""

_FORMAT_ID = re.compile(r"([a-z0-9]+(?:[.-][a-z0-9]+)*)@([A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*)")


@dataclass(frozen=True, slots=True)
class OfficialFile:
    """A published file that a transcription is compared with; ``folder`` is relative to the shared folder."""

    name: str
    sha256: str
    folder: str = ""
    root: bool = False
    component: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What a ``SOURCE.toml`` says. ``origin`` is official, transcribed or project; dates may be unknown."""

    id: str
    title: Mapping[str, str]
    origin: str
    file: str
    sha256: str
    folder: Path
    publisher: str = ""
    version: str = ""
    licence: str = ""
    url: str = ""
    note: str = ""
    published: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    official: tuple[OfficialFile, ...] = ()
    quirk: tuple[Mapping[str, str], ...] = ()

    @property
    def path(self) -> Path:
        """The schema file that judges."""
        return self.folder / self.file


@cache
def source(format_id: str) -> Source:
    """The source of a format version, ``source("cbam.qreport@23.00")``.

    Raises Refused (``SCHEMA-NO-FORMAT``) for an id without a folder. The id is matched whole, so that it
    can never name a folder elsewhere.
    """
    match = _FORMAT_ID.fullmatch(format_id)
    folder = data_path("schemas", *match.groups()) if match else None
    if folder is None or not (folder / "SOURCE.toml").is_file():
        raise Refused(finding("SCHEMA-NO-FORMAT", stage="schema", format=format_id))
    with (folder / "SOURCE.toml").open("rb") as handle:
        row = tomllib.load(handle)
    official = tuple(OfficialFile(**entry) for entry in row.pop("official", {}).get("file", ()))
    row["quirk"] = tuple(row.get("quirk", ()))
    known = {key: row[key] for key in Source.__dataclass_fields__ if key in row}
    return Source(**known, folder=folder, official=official)


def origin_and_digest(format_id: str) -> dict[str, str]:
    """For reports: which kind of schema judged, and the digest of the bytes that did."""
    return {"origin": source(format_id).origin, "digest": _schema_digest(format_id)}


@cache
def _schema_digest(format_id: str) -> str:
    return "sha256:" + hashlib.sha256(_schema_bytes(format_id)).hexdigest()


@cache
def _schema_bytes(format_id: str) -> bytes:
    origin = source(format_id)
    data = origin.path.read_bytes()
    # what bears a publisher's name must be the publisher's file, byte for byte
    if origin.origin == "official" and hashlib.sha256(data).hexdigest() != origin.sha256:
        raise Refused(finding("SCHEMA-ALTERED", stage="schema", format=format_id, file=origin.file))
    return data


# --- JSON -------------------------------------------------------------------------------------------------


def validate_json(format_id: str, document: object, *, numbers: bool = True) -> list[Finding]:
    """Findings of a JSON document against its schema, ordered by path; empty when it conforms.

    ``document`` is what ``read_json`` gives; a number may be NumberText, Decimal, int. A path is the JSON
    pointer (RFC 6901) of the offending node; for a missing property, of the place where it should stand,
    since that is what can be traced back to a field of the sender. A conforming document costs one pass.
    ``numbers = False`` promises that no leaf is a NumberText, which spares a copy of the document.
    """
    validator = _json_validator(format_id)
    try:
        plain = _plain(document) if numbers else document
        if validator.is_valid(plain):
            return []
        problems = validator.iter_errors(plain)
        found = [item for problem in problems for item in _json_findings(format_id, problem, plain)]
    except UnicodeEncodeError:
        return [finding("SCHEMA-NOT-JSON", stage="schema", reason="U+D800..U+DFFF")]
    except (ValueError, RecursionError):  # endless nesting, or keys that are no text
        return [
            finding(
                "SCHEMA-NOT-JSON", stage="schema", reason="depth, key", reason_zh="嵌套过深，或键不是文本"
            )
        ]
    # a value of the wrong type fails the keywords beside it too; the type is what has to be mended
    mistyped = {f.path for f in found if f.rule == "SCHEMA-TYPE"}
    kept = [f for f in found if f.rule == "SCHEMA-TYPE" or f.path not in mistyped]
    return limited(sorted(kept, key=lambda f: (_order(f.path), f.rule)), len(kept))


@cache
def _json_validator(format_id: str) -> Draft202012Validator:
    remote: list[str] = []

    def refuse(uri: str) -> NoReturn:
        remote.append(uri)
        raise ValueError("a schema may refer to itself only")

    try:
        return Draft202012Validator(_json_schema(format_id), validate_formats=True, retriever=refuse)
    except ValidationError as error:
        rule = "SCHEMA-REMOTE" if remote else "SCHEMA-DEFECT"
        found = remote[0] if remote else error.message
        raise Refused(finding(rule, stage="schema", format=format_id, found=found)) from error


@cache
def _json_schema(format_id: str) -> dict[str, Any]:
    schema = json.loads(_schema_bytes(format_id))
    if not isinstance(schema, dict):
        raise Refused(finding("SCHEMA-NO-FORMAT", stage="schema", format=format_id))
    return schema


def _plain(value: object) -> Any:
    """The same document with numbers as int and Decimal: NumberText is a str, and would pass as text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, NumberText):
        number = Decimal(value)
        return int(number) if number.adjusted() < 400 and number == number.to_integral_value() else number
    if isinstance(value, str) and not value.isascii():
        value.encode("utf-8")  # a lone surrogate is no text; the library lets some pass
    return value


_JSON_RULES = {
    "required": "SCHEMA-REQUIRED",
    "type": "SCHEMA-TYPE",
    "pattern": "SCHEMA-PATTERN",
    "enum": "SCHEMA-ENUM",
    "const": "SCHEMA-ENUM",
    "format": "SCHEMA-FORMAT",
    "minLength": "SCHEMA-LENGTH",
    "maxLength": "SCHEMA-LENGTH",
    "minItems": "SCHEMA-COUNT",
    "maxItems": "SCHEMA-COUNT",
    "minProperties": "SCHEMA-COUNT",
    "maxProperties": "SCHEMA-COUNT",
    "minimum": "SCHEMA-RANGE",
    "maximum": "SCHEMA-RANGE",
    "exclusiveMinimum": "SCHEMA-RANGE",
    "exclusiveMaximum": "SCHEMA-RANGE",
    "multipleOf": "SCHEMA-RANGE",
    "uniqueItems": "SCHEMA-UNIQUE",
    "oneOf": "SCHEMA-ALTERNATIVES",
    "anyOf": "SCHEMA-ALTERNATIVES",
    "not": "SCHEMA-FORBIDDEN",
    "falseSchema": "SCHEMA-FORBIDDEN",
    "additionalProperties": "SCHEMA-UNKNOWN",
    "unevaluatedProperties": "SCHEMA-UNKNOWN",
}


def _json_findings(format_id: str, error: ValidationError, document: Any) -> Iterable[Finding]:
    keyword = error.kind.name
    rule = _JSON_RULES.get(keyword, "SCHEMA-OTHER")
    at = list(error.instance_path)
    value = _value_at(document, at)
    details = error.kind.as_dict()
    if rule == "SCHEMA-REQUIRED":
        name = str(details["property"])
        yield _json_finding(rule, [*at, name], parent=_field(at))
    elif rule == "SCHEMA-UNKNOWN":
        for name in details["unexpected"]:
            yield _json_finding(rule, [*at, name], parent=_field(at))
    elif rule == "SCHEMA-ALTERNATIVES":
        names = list(dict.fromkeys(_alternatives(_schema_at(format_id, error.schema_path))))
        present = [n for n in names if isinstance(value, dict) and n in value]
        found = ", ".join(present) or _shown(value)
        yield _json_finding(rule, at, found=found, expected=", ".join(names) or keyword)
    else:
        found = _json_type(value) if rule == "SCHEMA-TYPE" else _shown(value)
        yield _json_finding(rule, at, found=found, keyword=keyword, expected=_expectation(keyword, details))


def _json_finding(rule: str, at: list[Any], **values: Any) -> Finding:
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in at)
    return finding(rule, pointer, stage="schema", field=_field(at), **values)


def _expectation(keyword: str, details: Mapping[str, Any]) -> str:
    """What the keyword asks for, in words that need no translation: ``string``, ``uuid``, ``minLength 1``."""
    for key in ("types", "options"):
        if key in details:
            return ", ".join(str(item) for item in details[key])
    for key in ("expected_value", "pattern", "format"):
        if key in details:
            return str(details[key])
    return f"{keyword} {details['limit']}" if "limit" in details else keyword


def _alternatives(schema: Any) -> Iterable[str]:
    """What tells the branches of a oneOf apart: the properties they require, else their titles or types."""
    if isinstance(schema, list):
        for branch in schema:
            yield from _alternatives(branch)
    elif isinstance(schema, dict):
        inner = [schema[key] for key in ("oneOf", "anyOf", "allOf", "not") if key in schema]
        yield from schema.get("required", ())
        for branch in inner:
            yield from _alternatives(branch)
        if not inner and "required" not in schema:
            yield str(schema.get("title") or schema.get("type") or schema.get("$ref") or schema)


def _schema_at(format_id: str, path: Iterable[str | int]) -> Any:
    """The part of the schema that an error speaks of; ``$ref`` steps are followed inside the document."""
    root: Any = _json_schema(format_id)
    node: Any = root
    try:
        for step in path:
            pointer = str(node["$ref"]).split("/")[1:] if step == "$ref" else [step]
            node = _value_at(root if step == "$ref" else node, pointer)
    except (LookupError, ValueError):  # an anchor, an embedded $id: the finding is less precise
        return None
    return node


def _value_at(document: Any, path: Iterable[str | int]) -> Any:
    for step in path:
        document = document[int(step) if isinstance(document, list) else step]
    return document


def _field(at: list[Any]) -> str:
    """The name a person knows the node by: its last name, with positions after it."""
    names = [n for n, part in enumerate(at) if isinstance(part, str)]
    return "/".join(str(part) for part in at[names[-1] :]) if names else "/".join(map(str, at)) or "(root)"


def _json_type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return {dict: "object", list: "array", str: "string", int: "integer"}.get(type(value), "number")


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"{_json_type(value)} ({len(value)})"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return str(value)[:120]


def _order(path: str) -> list[tuple[int, int, str]]:
    """Paths sort by name, and positions by number: item 10 comes after item 9."""
    return [(1, int(p), "") if p.isdecimal() and len(p) < 10 else (0, 0, p) for p in path.split("/")]


def limited(findings: list[Finding], total: int) -> list[Finding]:
    """The first findings, and how many more there are."""
    rest = total - MOST_FINDINGS
    if rest <= 0:
        return findings
    more = finding("SCHEMA-MORE", stage="schema", severity="info", shown=MOST_FINDINGS, rest=rest)
    return [*findings[:MOST_FINDINGS], more]


# --- XML --------------------------------------------------------------------------------------------------

_threads = threading.local()


def validate_xml(format_id: str, data: bytes) -> list[Finding]:
    """Findings of an XML document against its schema, in the order of the document; empty when it conforms.

    A document that the parser refuses (``XML-…``) is a finding too. A path is made of element names with
    positions from 0 where the schema lets an element repeat, without the root:
    ``/ImportedGood/0/GoodsEmissions/0/DirectEmissions``; for a missing element, where it should stand.
    """
    try:
        root = parse_xml(data)
    except Refused as refused:
        return list(refused.findings)
    return validate_tree(format_id, root)


def validate_tree(format_id: str, root: etree._Element) -> list[Finding]:
    """As ``validate_xml``, for a tree that ``parse_xml`` gave: a caller that has it need not parse twice."""
    schema, shape = xml_schema(format_id)
    if schema.validate(root):
        return []
    entries = list(cast(Iterable[Any], schema.error_log))
    shown = [_known_fault(format_id, explain(entry, root, shape)) for entry in entries[:MOST_FINDINGS]]
    return limited([*shown, *also_missing(root, shape, shown)], len(entries))


def _known_fault(format_id: str, found: Finding) -> Finding:
    """A value that a mistake of the published schema refuses: said so, instead of blaming the sender."""
    for quirk in source(format_id).quirk:
        if quirk["rule"] == found.rule and quirk["at"] == pattern_of(found.path):
            return replace(found, rule=quirk["said"])
    return found


def shape_of(format_id: str) -> Shape:
    """What the XSD of a format version says of its elements and their values."""
    return xml_schema(format_id)[1]


def conforms(format_id: str, root: etree._Element) -> bool:
    """Whether a tree that ``parse_xml`` gave conforms, without saying why not."""
    return bool(xml_schema(format_id)[0].validate(root))


def xml_schema(format_id: str) -> tuple[etree.XMLSchema, Shape]:
    """The compiled schema of a format version, and what it says of its elements."""
    # one compiled schema per thread: its error log belongs to the object, and two threads would mix theirs
    compiled: dict[str, tuple[etree.XMLSchema, Shape]] = _threads.__dict__.setdefault("schemas", {})
    if format_id not in compiled:
        origin = source(format_id)
        root = parse_xml(_schema_bytes(format_id))
        for include in root.iter("{*}include", "{*}import", "{*}redefine"):
            location = include.get("schemaLocation", "")
            if re.search(r"[:\\]|^/|\.\.", location):
                raise Refused(finding("SCHEMA-REMOTE", stage="schema", format=format_id, found=location))
        # the base lets a local include be found beside the schema
        root.getroottree().docinfo.URL = origin.path.as_uri()
        compiled[format_id] = (etree.XMLSchema(root.getroottree()), read_shape(root))
    return compiled[format_id]
