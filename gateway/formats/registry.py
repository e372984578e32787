"""The formats by name: what a file is, and its bytes as a tree and back.

A file says what it is by its content, never by its name. Where the content does not say which version it
follows, the newest that fits is tried, and the answer says so.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from lxml import etree

from gateway.data import load_toml
from gateway.formats.installed import installed
from gateway.formats.json_reader import read_json, write_json
from gateway.formats.leaves import at, leaves
from gateway.formats.marks import Marked, version_by_marks
from gateway.formats.shape import Node, shape
from gateway.formats.xml_parser import parse_xml
from gateway.formats.xml_tree import read_xml, write_xml
from gateway.model.finding import Finding, Refused, finding
from gateway.model.repair import Mended


@dataclass(frozen=True, slots=True)
class Format:
    """One entry of ``schemas/catalog.toml``."""

    name: str
    title: Mapping[str, str]
    versions: tuple[str, ...]
    syntax: tuple[str, ...]
    suffix: str
    media_type: str
    body: Mapping[str, Any]

    @property
    def latest(self) -> str:
        return f"{self.name}@{self.versions[-1]}"


@dataclass(slots=True)
class Document:
    """A document that was read: its format, its tree, and where each leaf stood, where that is known.

    ``data`` are the bytes as received; ``places`` maps leaf paths to cells of a workbook.
    """

    format_id: str
    tree: dict[str, Any]
    data: bytes
    syntax: str
    findings: list[Finding] = field(default_factory=list)
    places: Mapping[str, str] = field(default_factory=dict)
    plain: bool = False
    """Whether every leaf is known to be text or a boolean: no null, nothing empty, no JSON number."""
    mended: Mended | None = None
    """What was mended before it was read (`gateway.check.repair`)."""
    found: str = ""
    """How its version was found (`gateway.check.recognise`); empty where nobody asked."""


@cache
def formats() -> dict[str, Format]:
    """Every format by its name without version."""
    found = {}
    for name, row in load_toml("schemas", "catalog.toml")["format"].items():
        known = {"title", "versions", "syntax", "suffix", "media_type"}
        body = {key: value for key, value in row.items() if key not in known}
        found[name] = Format(
            name, row["title"], tuple(row["versions"]), tuple(row["syntax"]), row["suffix"],
            row["media_type"], body,
        )  # fmt: skip
    return found


def figures_are_numbers(format_id: str) -> bool:
    """Whether the standard of this format and version writes figures as JSON numbers, not as text."""
    name, _, version = format_id.partition("@")
    return version in formats()[name].body.get("numbers", ())


def resolve(name: str) -> str:
    """A format id with its version: ``pact.footprint`` and ``pact.footprint@latest`` become the newest."""
    base, _, version = name.partition("@")
    known = formats().get(base)
    if known is None or (version not in ("", "latest") and version not in known.versions):
        offered = ", ".join(f"{f.name}@{v}" for f in formats().values() for v in f.versions)
        raise Refused(finding("FORMAT-UNKNOWN", stage="read", name=name, offered=offered))
    return known.latest if version in ("", "latest") else f"{base}@{version}"


def read_document(data: bytes, wanted: str | None = None) -> Document:
    """The document that these bytes hold. ``wanted`` is the format the sender names, if any.

    Raises Refused when the bytes are no document of a known format.
    """
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        workbook = _read_workbook(data, wanted)
        workbook.findings += hidden_characters(
            b"\x7f", workbook.tree
        )  # its bytes are packed: the texts are searched
        return _not_empty(workbook)
    # whatever marks of byte order and encoding come first: the readers refuse them, each in its own words
    document = (_read_xml if data.lstrip(_MARKS)[:1] == b"<" else _read_json)(data, wanted)
    document.findings += hidden_characters(data, document.tree)
    return _not_empty(document)


def _not_empty(document: Document) -> Document:
    if not any(name not in _MARKERS for name in document.tree):
        document.findings.append(finding("READ-NOTHING-FILLED", stage="read"))
    return document


_MARKERS = frozenset({"format", "specVersion"})
"""What says only of which format a document is."""


_MARKS = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
_HIDDEN_BYTES = (
    (b"\xe2", re.compile(rb"\xe2\x80[\x8b\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]")),
    (b"\xd8", re.compile(rb"\xd8\x9c")),
    (b"\xc2", re.compile(rb"\xc2[\x80-\x9f]")),
    (b"\x7f", re.compile(rb"\x7f")),
    (b"\\", re.compile(rb"\\u(?:00[0189]|007[fF]|061[cC]|20[0-6])")),
    (b"&", re.compile(rb"&#")),
)
"""The first byte of a hidden character in a file, and the whole: few files have even the first."""
HIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def hidden_characters(data: bytes, tree: Any) -> list[Finding]:
    """Texts with control or direction characters; the bytes are searched first: few files have one."""
    if not any(start in data and pattern.search(data) for start, pattern in _HIDDEN_BYTES):
        return []
    found = [(path, HIDDEN.findall(value)) for path, value in leaves(tree) if isinstance(value, str)]
    return [
        finding("READ-HIDDEN-CHARACTER", path, severity="warning", stage="read",
                found=", ".join(f"U+{ord(c):04X}" for c in sorted(set(hidden))))
        for path, hidden in found if hidden
    ]  # fmt: skip


def _refuse_syntax(wanted: str | None, found: str) -> None:
    """A format that the sender names but that is never written so: said at once, in plain words."""
    offered = formats()[wanted.partition("@")[0]].syntax if wanted else (found,)
    if found not in offered:
        raise Refused(
            finding("FORMAT-SYNTAX", stage="read", found=found, format=wanted, offered=", ".join(offered))
        )


def _read_json(data: bytes, wanted: str | None) -> Document:
    _refuse_syntax(wanted, "json")
    tree = read_json(data)
    if not isinstance(tree, dict):
        raise Refused(finding("FORMAT-NOT-AN-OBJECT", stage="read"))
    inner, found = unwrapped(tree, wanted)
    if wanted:
        return Document(wanted, inner, data, "json", found)
    format_id, told = _recognise_json(inner)
    return Document(format_id, inner, data, "json", [*found, *told])


def _recognise_json(tree: Mapping[str, Any]) -> tuple[str, Sequence[Finding]]:
    """The format of a JSON document, and what is to be said of how it was found."""
    for name in _told_by_marks():
        marked = by_marks(name, tree, named=False)
        if marked is not None:
            return f"{name}@{marked.version}", marked.findings
    known = _marked(tree)
    if known is None:
        raise Refused(finding("FORMAT-NOT-KNOWN", stage="read", keys=", ".join(list(tree)[:6]) or "-"))
    return said_version(known, tree), ()


@cache
def _told_by_marks() -> tuple[str, ...]:
    """The formats whose versions are told by the fields of a document."""
    return tuple(name for name, one in formats().items() if "versions" in one.body.get("recognise", {}))


def _marked(tree: Mapping[str, Any]) -> Format | None:
    """The format whose marks this JSON object bears."""
    for known in formats().values():
        marks = known.body.get("recognise", {}).get("json")
        if marks and all(_begins(tree.get(key), value) for key, value in marks.items()):
            return known
    return None


def _begins(text: Any, starts: str | list[str]) -> bool:
    return isinstance(text, str) and text.startswith(starts if isinstance(starts, str) else tuple(starts))


_SAID = re.compile(r"([0-9]+\.[0-9]+)(?![0-9])")


def said_version(known: Format, tree: Mapping[str, Any]) -> str:
    """The format id with the version that the document says it follows, where its format has such a field.

    Raises Refused (VERSION-UNKNOWN) for a version that is not known: the nearest is never taken for it.
    """
    if "says" not in known.body:
        return known.latest
    said = str(tree.get(known.body["says"], ""))
    match = _SAID.match(said)
    if match is None or match[1] not in known.versions:
        place, offered = f"/{known.body['says']}", ", ".join(known.versions)
        raise Refused(
            finding(
                "VERSION-UNKNOWN", place, stage="read", said=said or "-", format=known.name, offered=offered
            )
        )
    return f"{known.name}@{match[1]}"


def unwrapped(tree: dict[str, Any], wanted: str | None) -> tuple[dict[str, Any], list[Finding]]:
    """The one document inside the answer of a host or an event; the tree itself where it is no such envelope.

    Raises Refused (READ-MANY) where there is not just one: which is meant is never guessed.
    """
    name = wanted.partition("@")[0] if wanted else ""
    for known in formats().values() if _marked(tree) is None else ():
        if name not in ("", known.name):
            continue
        for place in known.body.get("envelope", ()):
            inside = at(tree, f"/{place}")
            listed = inside if isinstance(inside, list) else [inside]
            if not listed or not all(isinstance(one, dict) and _marked(one) is known for one in listed):
                continue
            if len(listed) > 1:
                raise Refused(finding("READ-MANY", f"/{place}", stage="read", count=len(listed)))
            found = f"/{place}/0" if isinstance(inside, list) else f"/{place}"
            return listed[0], [finding("READ-UNWRAPPED", found, stage="read", severity="info")]
    return tree, []


def by_marks(name: str, tree: Mapping[str, Any], *, named: bool) -> Marked | None:
    """The version of a document by its fields, for a format whose versions are told so; None for any other."""
    marks = formats()[name].body.get("recognise", {})
    return version_by_marks(name, marks, tree, named=named) if "versions" in marks else None


def _read_xml(data: bytes, wanted: str | None) -> Document:
    _refuse_syntax(wanted, "xml")
    root = parse_xml(data)
    name = etree.QName(root)
    for known in formats().values():
        if known.body.get("root") == name.localname and known.body.get("namespace") == name.namespace:
            format_id = wanted or known.latest
            return Document(format_id, read_xml(root, shape(format_id)), data, "xml")
    raise Refused(
        finding("FORMAT-XML-ROOT", stage="read", root=name.localname, namespace=name.namespace or "-")
    )


def _read_workbook(data: bytes, wanted: str | None) -> Document:
    from gateway.formats.template import FORMAT_ID, is_template, read_template
    from gateway.formats.xlsx import read_book, read_cells

    _refuse_syntax(wanted, "xlsx")
    book = read_cells(data)
    if is_template(book):
        return Document(wanted or FORMAT_ID, *_parts(data, read_template(book)))
    return Document(wanted or resolve("cn.pcf"), *_parts(data, read_book(book)))


def _parts(data: bytes, read: tuple[dict[str, Any], list[Finding], dict[str, str]]) -> tuple[Any, ...]:
    tree, findings, places = read
    return tree, data, "xlsx", findings, places


_EXPONENT = re.compile(r"[+-]?[0-9]{1,60}(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,2})?")


def plainly(tree: Any, allowed: Sequence[str]) -> Any:
    """A copy in the plain spelling that a schema asks for: without nulls, without exponents and plus signs.

    ``allowed``: which of ``null`` and ``exponent`` the format's prose lets a sender write.
    """
    if isinstance(tree, dict):
        kept = {k: v for k, v in tree.items() if not (v is None and "null" in allowed)}
        return {key: plainly(value, allowed) for key, value in kept.items()}
    if isinstance(tree, list):
        return [plainly(value, allowed) for value in tree]
    if "exponent" in allowed and type(tree) is str and tree[:1] != "0" and _EXPONENT.fullmatch(tree):
        return format(Decimal(tree), "f")
    return tree


def write_document(
    format_id: str,
    tree: Mapping[str, Any],
    syntax: str | None = None,
    blank: bytes | None = None,
    *,
    ordered: bool = False,
) -> bytes:
    """The bytes of a tree in its format: deterministic, UTF-8, in schema order, which ``ordered`` vouches for.

    ``blank``: the publisher's workbook, for a format that is written into one; else the installed one is
    taken. Raises Refused (TEMPLATE-BLANK-…) where it is not at hand or is another file.
    """
    known = formats()[format_id.partition("@")[0]]
    chosen = syntax or known.syntax[0]
    if "blank" in known.body:
        from gateway.formats.template import fill, require_blank

        own = known.body["blank"]
        return fill(tree, require_blank(installed(known.name, own["file"]) if blank is None else blank, own))
    out = io.BytesIO()
    if chosen == "xml":
        write_xml(tree, shape(format_id), str(known.body["namespace"]), out)
        return out.getvalue()
    if chosen == "xlsx":
        from gateway.formats.xlsx import write_workbook

        write_workbook(dict(tree), out)
        return out.getvalue()
    arranged = tree if ordered else in_schema_order(tree, shape(format_id))
    data = write_json(arranged)
    if chosen == PAGE:
        from gateway.formats.operator_page import write_page

        return write_page(arranged, data)
    return data


PAGE = "html"
"""A page for people, made from the document: written where the catalogue says so, never read."""


def syntax_of(format_id: str, name: str) -> str | None:
    """The syntax that the name of an output asks for by its suffix, where the format has it."""
    known, suffix = formats()[format_id.partition("@")[0]], name.lower().rpartition(".")[2]
    offered = (*known.syntax, *known.body.get("pages", ()))
    return suffix if suffix in ("xlsx", PAGE) and suffix in offered else None


DOCUMENTS = ("json", "xml", "xlsx", "xls", "csv", "html", "htm", "pdf", "jsonl", "docx", "toml", "yaml")
"""Suffixes that say what a file is: one that the format does not have would name a file falsely."""


def suffix_fault(format_id: str, name: str) -> str:
    """The suffixes that a format has, where the name of an output promises another syntax; else empty."""
    known, suffix = formats()[format_id.partition("@")[0]], name.lower().rpartition(".")[2]
    offered = (*known.syntax, *known.body.get("pages", ()))
    return ", ".join(offered) if "." in name and suffix in DOCUMENTS and suffix not in offered else ""


def filled_cells(format_id: str, tree: Mapping[str, Any]) -> dict[str, str]:
    """The cell of each leaf of a form that is filled in place; empty for any other format."""
    if "blank" not in formats()[format_id.partition("@")[0]].body or not tree:
        return {}
    from gateway.formats.template import cells_of

    return cells_of(tree)


def in_schema_order(tree: Any, node: Node) -> Any:
    """The same tree with the keys of its objects in the order of the schema; unknown keys come last."""
    if isinstance(tree, list):
        return [in_schema_order(element, node) for element in tree]
    if not isinstance(tree, Mapping) or not node.children:
        return tree
    known = {
        name: in_schema_order(tree[name], below) for name, below in node.children.items() if name in tree
    }
    return (
        known if len(known) == len(tree) else {**known, **{k: v for k, v in tree.items() if k not in known}}
    )
