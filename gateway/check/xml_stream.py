"""A long XML document against its schema in flat memory: validated while it is parsed, its list thrown away.

libxml2 validates as it reads (``iterparse(schema=…)``) and says at the end whether all was well, without
lines. Only where it was not, the file is read again and each element of the list judged by itself, in the
words of ``schema.py``; expat, which counts lines beyond 65,535, then says where the faults stand.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO
from xml.parsers import expat

from lxml import etree

from gateway.check.schema import xml_schema, validate_tree
from gateway.formats.xml_stream import long_elements
from gateway.model.finding import Finding


def conforms(format_id: str, name: str, handle: BinaryIO) -> bool:
    """Whether the whole document conforms to its schema. Raises Refused as the parser does."""
    schema, _ = xml_schema(format_id)
    elements = long_elements(format_id, name, handle, schema)
    for _ in elements:
        pass
    return elements.conforms


def most_elements(format_id: str, name: str) -> int | None:
    """How many elements the schema lets the list have; None where it sets no limit."""
    _, shape = xml_schema(format_id)
    for root in shape.roots.values():
        for child in shape.children.get(root, ()):
            if child.name == name:
                return child.most
    return None


def element_findings(format_id: str, name: str, handle: BinaryIO) -> Iterator[tuple[int, list[Finding]]]:
    """(index, findings) of each element of the list that does not conform; (-1, …) for what is around it."""
    elements = long_elements(format_id, name, handle)
    for index, element in elements:
        root = elements.root
        if index == 0:
            around = copy.deepcopy(root)
            found = [item for item in validate_tree(format_id, around) if not _inside(item, name)]
            if found:
                yield -1, found
        found = [item for item in validate_tree(format_id, _alone(root, element)) if _inside(item, name)]
        if found:
            yield index, [_moved(item, name, index) for item in found]


def _alone(root: etree._Element, element: etree._Element) -> etree._Element:
    """A document with what stands before the list, and this element of it."""
    alone = etree.Element(root.tag, nsmap=root.nsmap)
    alone.extend(copy.deepcopy(child) for child in root if child.tag != element.tag)
    alone.append(copy.deepcopy(element))
    return alone


def _inside(item: Finding, name: str) -> bool:
    return item.path.startswith(f"/{name}/0")


def _moved(item: Finding, name: str, index: int) -> Finding:
    return replace(item, path=f"/{name}/{index}{item.path[len(name) + 3 :]}", line=None)


def with_lines(found: list[Finding], handle: BinaryIO, repeated: Any) -> list[Finding]:
    """The findings with the lines of the elements at their paths, or of the nearest that is there.

    ``repeated(path)`` says whether the element of a path without numbers may stand more than once.
    """
    wanted = {prefix for item in found if item.line is None for prefix in _prefixes(item.path)}
    lines = _Lines(wanted, repeated)
    lines.read(handle)
    return [
        item if item.line is not None else replace(item, line=lines.nearest(item.path)) for item in found
    ]


def _prefixes(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


class _Lines:
    """Lines of the elements at certain paths; the text has been parsed before, so expat meets no surprise."""

    def __init__(self, wanted: set[str], repeated: Any) -> None:
        self._wanted, self._repeated = wanted, repeated
        self._found: dict[str, int] = {}
        self._stack: list[tuple[str, str, dict[str, int]]] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def read(self, handle: BinaryIO) -> None:
        handle.seek(0)
        self._parser.ParseFile(handle)

    def _start(self, tag: str, _attributes: Any) -> None:
        if not self._stack:
            self._found[""] = self._parser.CurrentLineNumber
            self._stack.append(("", "", {}))
            return
        name = tag.rpartition(":")[2]
        path, pattern, counts = self._stack[-1]
        number = counts[name] = counts.get(name, -1) + 1
        pattern = f"{pattern}/{name}"
        plain = f"{path}/{name}"
        here = f"{plain}/{number}" if number or self._repeated(pattern) else plain
        if here in self._wanted:
            self._found.setdefault(here, self._parser.CurrentLineNumber)
        self._stack.append((here, pattern, {}))

    def _end(self, _tag: str) -> None:
        self._stack.pop()

    def nearest(self, path: str) -> int | None:
        return next((self._found[p] for p in reversed(_prefixes(path)) if p in self._found), None)
