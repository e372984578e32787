"""A long XML document, one element of its list at a time, by the same hardened parser and with its guards.

Bounded are depth, text, attributes and the size of what is in memory; the size of the file is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from lxml import etree

from gateway.formats.registry import formats
from gateway.formats.shape import shape
from gateway.formats.xml_parser import GUARDS, MAX_ATTRIBUTES, refuse_prolog, syntax_finding
from gateway.formats.xml_reasons import reason_in_chinese
from gateway.formats.xml_tree import read_xml
from gateway.model.finding import Refused, finding

PROLOG = 64 * 1024
"""Bytes that are looked at for an encoding and a document type before the parser proper starts."""

MAX_GAP = 16 * 1024 * 1024
"""Bytes of one element of the list, or of what stands around it."""

_CROWDED = etree.XPath(f".//*[@*[{MAX_ATTRIBUTES + 1}]]")


class LongElements:
    """The elements of a long list as (index, element), each freed when the next is asked for.

    After the last: ``conforms`` (where a schema was given) and ``root``, which holds what is around the list.
    """

    def __init__(self, format_id: str, name: str, handle: BinaryIO, schema: Any = None) -> None:
        namespace = formats()[format_id.partition("@")[0]].body["namespace"]
        handle.seek(0)
        refuse_prolog(handle.read(PROLOG))
        handle.seek(0)
        self._tag = f"{{{namespace}}}{name}"
        self._source = _Bounded(handle)
        self._events = etree.iterparse(
            self._source,
            events=("end",),
            tag=self._tag,
            schema=schema,
            **GUARDS,
        )
        self._validating, self._again = schema is not None, (format_id, name, handle)
        self.conforms = True
        self.root: etree._Element | None = None
        self.count = 0

    def __iter__(self) -> Iterator[tuple[int, etree._Element]]:
        index = 0
        last: Any = None
        try:
            for _, element in self._events:
                if last is None:
                    self.root = element.getroottree().getroot()
                    self._refuse_doctype(self.root)
                else:
                    last.getparent().remove(last)
                last, self._source.gap = element, 0
                if _CROWDED(element):
                    reason = f"an element has more than {MAX_ATTRIBUTES} attributes"
                    raise Refused(
                        finding(
                            "XML-NOT-WELL-FORMED",
                            stage="read",
                            reason=reason,
                            reason_zh=reason_in_chinese(reason),
                        )
                    )
                self.count = index + 1
                yield index, element
                index += 1
        except etree.XMLSyntaxError as error:
            if not (self._validating and _of_schema(self._events.error_log)):
                self._refuse_form(error)
            self.conforms = False
        self.root = self.root if last is not None else self._events.root
        if last is not None and last.getparent() is not None:
            last.getparent().remove(last)

    def _refuse_form(self, error: etree.XMLSyntaxError) -> NoReturn:
        """Where faults of form and of the schema stand together, libxml2 names the first of all: not here."""
        if self._validating:
            for _ in LongElements(*self._again):
                pass
        raise Refused(syntax_finding(error)) from error

    def _refuse_doctype(self, root: etree._Element) -> None:
        if root.getroottree().docinfo.internalDTD is not None:  # one behind a very long prolog
            raise Refused(finding("XML-DOCTYPE", stage="read"))


class _Bounded:
    """A file that may not go on for long without an element of the list: nothing else is thrown away."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self.gap = 0

    def read(self, size: int = -1) -> bytes:
        data = self._handle.read(size)
        self.gap += len(data)
        if self.gap > MAX_GAP:
            limit = MAX_GAP // (1024 * 1024)
            raise Refused(finding("READ-TOO-LARGE", stage="read", file="XML", limit=limit))
        return data


def _of_schema(log: Any) -> bool:
    """Whether all errors of a parser are of validation: libxml2 reports errors of form the same way."""
    entries = list(log)
    return bool(entries) and all(entry.domain_name == "SCHEMASV" for entry in entries)


def long_elements(format_id: str, name: str, handle: BinaryIO, schema: Any = None) -> LongElements:
    """The elements of the list ``name`` of a document; validated on the way where a schema is given."""
    return LongElements(format_id, name, handle, schema)


def read_elements(format_id: str, name: str, handle: BinaryIO) -> Iterator[dict[str, Any]]:
    """The trees of the elements of the list, one in memory at a time."""
    node = shape(format_id).children[name]
    for _, element in long_elements(format_id, name, handle):
        yield read_xml(element, node)
