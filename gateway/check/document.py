"""What can be said of one document: schema, rules of its format, rules of the record, three verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from gateway.check.known_shapes import Known
from gateway.check.leaf_types import LEAF_RULES, check_leaf_types
from gateway.check.recognise import read_recognised
from gateway.check.rules import check_rules
from gateway.check.schema import origin_and_digest, validate_json, validate_xml
from gateway.data import load_toml
from gateway.formats.files import read_input
from gateway.formats.leaves import leaf_list
from gateway.formats.registry import Document, formats, plainly
from gateway.formats.xml_tree import NOT_XML, REPLACED
from gateway.methods.join import View
from gateway.methods.views import take_apart_view
from gateway.model.finding import Finding, Refused, errors, finding
from gateway.model.record import Record
from gateway.translate.engine import Crossing, lift
from gateway.translate.ledger import Explained
from gateway.translate.mapping import plan
from gateway.translate.merge import merge
from gateway.translate.totals import broken_totals


def record_findings(
    lifted: Crossing,
    record: dict[str, Any],
    known: list[Finding],
    profile: str | None = None,
    *,
    mirror: bool,
    leaves: Known | None = None,
    explained: Mapping[str, Explained] | None = None,
) -> list[Finding]:
    """Types of the leaves, then the rules of the record, each traced to the source's own field.

    A field that a rule of its own format has named already is not named again in the record's words.
    Where the schema has passed, the types are right already. Where it has not, the finding on the type says
    what is wrong with the value, so the schema's word on the same field is taken out of ``known``.
    """
    found = check_rules(record, "canonical", profile, leaves)
    if any(item.stage in ("schema", "read") for item in known):
        found = [*check_leaf_types(record), *found]
    if not found:
        return []
    back = {target: c.sources[0] for c in lifted.carried for target in c.targets if c.sources}
    said = {item.path for item in known if item.stage == "rules" and item.severity == "error"}
    if explained:
        back |= _through(explained, back)
        found = _unechoed(found, {path: back[path] for path in explained if path in back}, known)
    if not mirror:  # a foreign document cannot mend what its format has no field for
        found = [i for i in found if i.severity == "error" or i.stage == "purpose" or i.path in back]
    traced = [item.traced(item.path if mirror else back.get(item.path, "")) for item in found]
    traced = [item for item in traced if item.origin not in said or not item.origin]
    if explained:  # a field that stands in the view and in the record is one field of the document
        traced = list({(i.rule, i.origin or i.path): i for i in reversed(traced)}.values())[::-1]
    told = {item.origin for item in traced if item.rule in LEAF_RULES}
    replaced = {item.path: item.line for item in known if item.stage == "schema" and item.path in told}
    known[:] = [item for item in known if not (item.stage == "schema" and item.path in replaced)]
    at_reading = {item.path for item in errors(known) if item.stage == "read"}  # a cell is named once, too
    return [  # the verdict on the schema stays what it was
        replace(item, stage="schema", line=replaced[item.origin])
        if item.rule in LEAF_RULES and item.origin in replaced
        else item
        for item in traced
        if item.rule not in LEAF_RULES or item.origin not in at_reading
    ]


def _through(explained: Mapping[str, Explained], back: Mapping[str, str]) -> dict[str, str]:
    """Field of the document behind each leaf that was taken out of a view, through the leaf of the view."""
    fields = {path: back.get(why.sources[0], "") for path, why in explained.items() if why.sources}
    return {path: field for path, field in fields.items() if field and path not in back}


def _unechoed(found: list[Finding], back: Mapping[str, str], known: list[Finding]) -> list[Finding]:
    """Without what says in the record's words what is known of a field of the joined document.

    A group was made of several fields, and one good of the document may stand behind several of the record: an
    error on one of its fields is enough, and each rule speaks once of the same fields.
    """
    said = {item.path for item in errors(known)}
    behind = _fields_behind({item.path for item in found}, back)
    kept: list[Finding] = []
    told: set[tuple[str, frozenset[str]]] = set()
    for item in found:
        fields = frozenset(behind[item.path])
        if (fields & said and item.rule not in LEAF_RULES) or (fields and (item.rule, fields) in told):
            continue
        told.add((item.rule, fields))
        kept.append(item)
    return kept


def _fields_behind(places: set[str], back: Mapping[str, str]) -> dict[str, set[str]]:
    """The fields of the document behind each place of the record and all that stands below it; one pass."""
    behind: dict[str, set[str]] = {place: set() for place in places}
    for near, far in back.items():
        place = near
        while place:
            if place in behind:
                behind[place].add(far)
            place = place.rpartition("/")[0]
    return behind


_ECHOES = frozenset({"VALUE-NOT-DECIMAL", "VALUE-NOT-DATE", "VALUE-NOT-BOOLEAN", "RECORD-TYPE"})


def unsaid(new: list[Finding], known: list[Finding]) -> list[Finding]:
    """Without what only repeats an error that is known on the same field: a malformed value is named once."""
    said = {item.origin or item.path for item in errors(known)} if new else set()
    return [item for item in new if item.rule not in _ECHOES or (item.origin or item.path) not in said]


def once(found: list[Finding]) -> list[Finding]:
    """One finding for one cause: a unit or a scale without an equivalent stops every figure that depends on it."""
    causes: dict[tuple[str, tuple[tuple[str, str], ...]], Finding] = {}
    for item in found:
        values = tuple(sorted((k, v) for k, v in item.values.items() if k != "row"))
        causes.setdefault(
            (item.rule, values if item.rule.startswith(("UNIT-", "SCALE-")) else ((item.path, ""),)), item
        )
    return list(causes.values())


def placed(found: list[Finding], document: Document) -> list[Finding]:
    """Findings on a workbook name its cell: that is where its author will look."""
    if not document.places:
        return found
    return [item.traced(document.places.get(item.origin or item.path, item.origin)) for item in found]


def unwritable(document: Document) -> list[Finding]:
    """Texts that XML cannot hold: they were written with a sign in place of the character, and are named here."""
    if not document.data.startswith(b"<") or REPLACED.encode() not in document.data:
        return []
    texts = [(path, value) for path, value in leaf_list(document.tree) if isinstance(value, str)]
    return [
        finding("XML-CHARACTER", path, stage="schema", found=f"U+{ord(bad[0]):04X}")
        for path, value in texts
        if (bad := NOT_XML.search(value))
    ]


def check_document(
    document: Document, profile: str | None = None, leaves: Known | None = None
) -> list[Finding]:
    """Schema, then the rules of this format. Empty when it conforms."""
    is_xml = document.syntax == "xml"
    found = validate_xml(document.format_id, document.data) if is_xml else _schema_findings(document)
    found += broken_totals(plan(document.format_id), document.tree)
    return found + of_good_form(check_rules(document.tree, document.format_id, profile, leaves), found)


def of_good_form(found: list[Finding], known: list[Finding]) -> list[Finding]:
    """Without what a rule says of a value that the schema has refused already: it is named once, and mended first."""
    refused = {item.path for item in known if item.rule.startswith("XSD-VALUE")}
    return [item for item in found if item.path not in refused] if refused else found


def _schema_findings(document: Document) -> list[Finding]:
    """The schema's verdict; where the format's prose allows more than its schema, on the plain spelling."""
    found = validate_json(document.format_id, document.tree, numbers=not document.plain)
    allowed = formats()[_name(document.format_id)].body.get("tolerate", ())
    if found and allowed:
        found = validate_json(document.format_id, plainly(document.tree, allowed))
    return found + _part_findings(document)


def _part_findings(document: Document) -> list[Finding]:
    """Parts that carry a schema of their own, such as our extension, are judged by it."""
    part = formats()[_name(document.format_id)].body.get("part")
    found: list[Finding] = []
    if part is None:
        return found
    elements = document.tree.get(part["list"])
    for index, element in enumerate(elements if isinstance(elements, list) else ()):
        if isinstance(element, dict) and str(element.get(part["key"], "")).endswith(part["suffix"]):
            place = f"/{part['list']}/{index}/{part['data']}"
            inner = validate_json(part["schema"], element.get(part["data"]))
            found += [replace(item, path=place + item.path) for item in inner]
    return found


def check(document: Document, profile: str | None = None) -> list[Finding]:
    """Everything that can be said of a document alone: schema, rules of its format, rules of the record."""
    found = [*document.findings, *check_document(document, profile)]
    lifted, view = lift_whole(document)
    explained = view.explained if view is not None else None
    of_record = check_record(document.format_id, lifted, found, profile, explained)
    return placed([*found, *of_record], document)


def lift_whole(document: Document) -> tuple[Crossing, View | None]:
    """A document as a canonical record, a joined one with its parts, and the view that took it apart."""
    lifted = lift(plan(document.format_id), document.tree)
    join = join_of(document.format_id)
    if join is None:
        return lifted, None
    view = take_apart_view(join, lifted.tree, {})
    merge(lifted.tree, view.tree)
    return lifted, view


def check_record(
    format_id: str,
    lifted: Crossing,
    found: list[Finding],
    profile: str | None = None,
    explained: Mapping[str, Explained] | None = None,
) -> list[Finding]:
    """What the rules of the record say of a document; takes out of ``found`` what they say better."""
    mirror = plan(format_id).mirror
    of_record = record_findings(lifted, lifted.tree, found, profile, mirror=mirror, explained=explained)
    return [*unsaid(lifted.findings, [*found, *of_record]), *of_record]


def read_record(name: str) -> tuple[Record, list[Finding]]:
    """The canonical record of a file, typed, for a method that is run by itself."""
    document = read_recognised(read_input(name))
    lifted = lift(plan(document.format_id), document.tree)
    found = placed([*document.findings, *check_document(document), *lifted.findings], document)
    try:
        return Record.model_validate(lifted.tree), found
    except ValidationError as error:
        raise Refused(found or [finding("RECORD-TYPE", stage="method", reason=str(error)[:200])]) from error


def verdicts(findings: list[Finding]) -> dict[str, str]:
    """Three verdicts, never merged: conforms to the schema, obeys the rules, may be used for the purpose."""
    wrong = {item.stage for item in errors(findings)}
    unusable = any(item.stage == "purpose" and item.severity != "info" for item in findings)
    return {
        "schema": "invalid" if wrong & {"schema", "read"} else "valid",
        "rules": "broken" if wrong - {"schema", "read", "purpose"} else "obeyed",
        "purpose": "not usable" if unusable or wrong else "usable",
    }


def schema_of(format_id: str) -> Mapping[str, str]:
    """Which schema judged: its origin and digest."""
    return origin_and_digest(format_id)


def join_of(format_id: str) -> str | None:
    """The name of the join that a format's table asks for, if any."""
    value = load_toml("mappings", f"{_name(format_id)}.toml").get("join")
    return None if value is None else str(value)


def _name(format_id: str) -> str:
    return format_id.partition("@")[0]
