"""The one XML parser of the gateway: hardened, and reading exactly the text that a signature covers.

Every module that reads XML calls :func:`parse_xml`. The defaults of libxml2 accept a document type
declaration and many encodings; both are ways to make two readers see two documents, so both are refused
before the parser proper starts. Comments are dropped while parsing: ``1<!-- -->0.5`` is then one text,
``10.5``, as canonicalisation without comments (the signed form) has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from lxml import etree

from gateway.formats.files import MAX_INPUT
from gateway.formats.xml_reasons import reason_in_chinese
from gateway.model.finding import Finding, Refused, finding

MAX_ATTRIBUTES = 256
"""Attributes of one element; no format read here comes near. libxml2 itself would take a hundred million."""

MAX_DECLARATION = 1024
"""Bytes of ``<?xml … ?>``: a longer one hides something."""

_DECLARED = re.compile(rb"""encoding\s*=\s*["']([^"']*)["']""")
_SPACES = re.compile(rb"[ \t\r\n]*+")
_BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = {
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"+/v": "UTF-7",
    b"+ADw": "UTF-7",
    b"\x4c\x6f\xa7\x94": "EBCDIC",
}
_BAD_BYTES = frozenset({9, 81})  # XML_ERR_INVALID_CHAR, XML_ERR_INVALID_ENCODING of libxml2


def parse_xml(data: bytes, *, limit: int = MAX_INPUT) -> etree._Element:
    """The root element of an XML document in UTF-8.

    Raises Refused with ``READ-TOO-LARGE`` (over ``limit`` bytes), ``XML-ENCODING``, ``XML-DOCTYPE`` or
    ``XML-NOT-WELL-FORMED`` with its line and reason; that last one also stands for the limits: depth over
    256, a text or a tag over 10 MB, too many attributes. Opens no file and no socket.

    >>> parse_xml(b"<r>1<!-- -->0.5</r>").text
    '10.5'
    """
    if len(data) > limit:
        megabytes = limit // (1024 * 1024)
        raise Refused(finding("READ-TOO-LARGE", stage="read", file="XML", limit=megabytes))
    refuse_prolog(data)
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        raise Refused(syntax_finding(error)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused(finding("XML-DOCTYPE", stage="read", line=1))
    _refuse_attributes(root)
    return root


GUARDS: Mapping[str, Any] = MappingProxyType(
    {
        "encoding": "utf-8",
        "resolve_entities": False,
        "load_dtd": False,
        "attribute_defaults": False,
        "no_network": True,
        "huge_tree": False,
        "recover": False,
        "remove_comments": True,
        "remove_pis": True,
    }
)
"""What every reader of XML is told, of whole documents and of streams: no entities, nothing from outside."""


def _parser() -> etree.XMLParser:
    # A new parser each time: one parser must not serve two threads at once, and it is cheap.
    # The encoding is fixed, so neither a byte order nor a declaration can choose another.
    return etree.XMLParser(dtd_validation=False, collect_ids=False, **GUARDS)


def refuse_prolog(data: bytes) -> None:
    """Refuses by the first bytes alone: any encoding but UTF-8, and a document type declaration."""
    _refuse_encoding(data)
    _refuse_doctype(data)


def _refuse_encoding(data: bytes) -> None:
    """Only UTF-8, with or without its byte order mark; the declaration may say nothing else."""
    found = next((name for mark, name in _OTHER_BOMS.items() if data.startswith(mark)), "")
    if not found and b"\x00" in data[:4]:
        found = "UTF-16"
    body = data.removeprefix(_BOM)
    if not found and body.startswith(_BOM):
        found = "UTF-8 BOM x 2"
    found = found or _declared(body)
    if found:
        raise Refused(finding("XML-ENCODING", stage="read", line=1, found=found))


def _declared(body: bytes) -> str:
    """The encoding that the XML declaration names, empty when it names none or UTF-8."""
    if not body.startswith((b"<?xml ", b"<?xml\t", b"<?xml\r", b"<?xml\n")):
        return ""
    end = body.find(b"?>", 0, MAX_DECLARATION)
    if end < 0:
        raise Refused(_malformed(1, f"the XML declaration does not end within {MAX_DECLARATION} bytes"))
    declared = _DECLARED.search(body, 0, end)
    name = declared.group(1).decode("ascii", "replace") if declared else ""
    return "" if name.lower() == "utf-8" else name


def _refuse_doctype(data: bytes) -> None:
    """Walk the prolog (spaces, comments, instructions) by hand: linear, and no entity is ever declared."""
    at = len(_BOM) if data.startswith(_BOM) else 0
    while True:
        spaces = _SPACES.match(data, at)
        at = spaces.end() if spaces else at
        if data.startswith(b"<!DOCTYPE", at):
            line = data.count(b"\n", 0, at) + 1
            raise Refused(finding("XML-DOCTYPE", stage="read", line=line))
        if data.startswith(b"<?", at):
            end, size = data.find(b"?>", at), 2
        elif data.startswith(b"<!--", at):
            end, size = data.find(b"-->", at + 4), 3
        else:
            return
        if end < 0:
            return  # not well-formed: the parser says so, with its line
        at = end + size


def _refuse_attributes(root: etree._Element) -> None:
    crowded = cast(list[Any], root.xpath(f"//*[@*[{MAX_ATTRIBUTES + 1}]]"))
    if crowded:
        line = crowded[0].sourceline
        raise Refused(_malformed(line, f"an element has more than {MAX_ATTRIBUTES} attributes"))


def syntax_finding(error: etree.XMLSyntaxError) -> Finding:
    # libxml2 ends its messages with the position, and those about limits with advice for its own callers
    reason = re.split(r", (?:line \d|use XML_|try XML_)", error.msg or "")[0].strip()
    line = int(error.lineno or 1)
    if cast(Any, error).code in _BAD_BYTES and "encoding" in reason:
        return finding("XML-ENCODING", stage="read", line=line, found="bytes that are not UTF-8")
    return _malformed(line, reason)


def _malformed(line: int | None, reason: str) -> Finding:
    chinese = reason_in_chinese(reason)
    return finding("XML-NOT-WELL-FORMED", stage="read", line=line, reason=reason, reason_zh=chinese)
