"""A long XML document against its schema in flat memory: validated while it is parsed, its list thrown away.

libxml2 validates as it reads (``iterparse(schema=…)``) and says at the end whether all was well, without
lines. Only where it was not, the file is read again and each element of the list judged by itself, in the
words of ``schema.py``; expat, which counts lines beyond 65,535, then says where the faults stand.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple
from xml.parsers import expat

from lxml import etree

from gateway.check.schema import validate_tree, xml_schema
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


class Judged(NamedTuple):
    """One element of the list, and what the schema says: of it, as if it were the first, and of what is around."""

    position: int
    element: Any
    own: list[Finding]
    around: list[Finding]


def judged_elements(format_id: str, name: str, handle: BinaryIO) -> Iterator[Judged]:
    """Every element of the list judged by itself; a document without one is judged as it is."""
    elements = long_elements(format_id, name, handle)
    for index, element in elements:
        said = [_lined(item) for item in validate_tree(format_id, _alone(elements.root, element))]
        own = [item for item in said if _inside(item, name)]
        yield Judged(index, element, own, [item for item in said if not _inside(item, name)])
    if elements.root is not None and not elements.count:
        yield Judged(-1, None, [], validate_tree(format_id, elements.root))


def element_findings(format_id: str, name: str, handle: BinaryIO) -> Iterator[tuple[int, list[Finding]]]:
    """(index, findings) of each element of the list that does not conform."""
    for index, _, own, _ in judged_elements(format_id, name, handle):
        if own:
            yield index, own


def _alone(root: Any, element: etree._Element) -> etree._Element:
    """A document with what stands before the list, and this element of it."""
    alone = etree.Element(root.tag, nsmap=root.nsmap)
    alone.extend(copy.deepcopy(child) for child in root if child.tag != element.tag)
    alone.append(copy.deepcopy(element))
    return alone


def _inside(item: Finding, name: str) -> bool:
    return item.path.startswith(f"/{name}/0")


def _lined(item: Finding) -> Finding:
    """Without a line that libxml2 could no longer count."""
    return replace(item, line=None) if (item.line or _MOST_LINES) >= _MOST_LINES else item


_MOST_LINES = 65_535


def with_lines(found: list[Finding], handle: BinaryIO, repeated: Any) -> list[Finding]:
    """The findings with the lines of the elements at their paths, or of the nearest that is there.

    ``repeated(path)`` says whether the element of a path without numbers may stand more than once.
    """
    lacking = [item for item in found if item.line is None and item.rule.startswith("XSD-")]
    if not lacking:
        return found
    wanted = {prefix for item in lacking for prefix in _prefixes(item.path)}
    lines = _Lines(wanted, repeated)
    lines.read(handle)
    known = set(map(id, lacking))
    return [replace(item, line=lines.nearest(item.path)) if id(item) in known else item for item in found]


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
