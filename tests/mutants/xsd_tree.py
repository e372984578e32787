"""An XSD made of named types and sequences, expanded into one tree of elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

XS = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(frozen=True)
class Node:
    """One element: how often it stands in its parent, and its content or the base and facets of its value."""

    name: str
    path: str
    least: int
    most: int
    children: tuple[Node, ...]
    base: str
    facets: tuple[tuple[str, str], ...]

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    def facet(self, name: str, default: int) -> int:
        return int(dict(self.facets).get(name, default))


def read_tree(schema: Path) -> Node:
    """The tree under the first global element of a schema file and the files it includes."""
    types: dict[str, etree._Element] = {}
    roots: list[etree._Element] = []
    _collect(schema, types, roots)
    return _node(roots[0], types, "")


def _collect(schema: Path, types: dict[str, etree._Element], roots: list[etree._Element]) -> None:
    document = etree.parse(schema).getroot()
    for include in document.findall(f"{XS}include"):
        _collect(schema.parent / include.get("schemaLocation", ""), types, roots)
    for kind in ("complexType", "simpleType"):
        types.update({t.get("name", ""): t for t in document.findall(f"{XS}{kind}")})
    roots.extend(document.findall(f"{XS}element"))


def _node(element: etree._Element, types: dict[str, etree._Element], parent: str) -> Node:
    name = element.get("name", "")
    path = f"{parent}/{name}"
    base = element.get("type", "")
    kind = types.get(base)
    children: tuple[Node, ...] = ()
    facets: tuple[tuple[str, str], ...] = ()
    if kind is not None and kind.tag == f"{XS}complexType":
        children = tuple(_node(e, types, path) for e in kind.findall(f"{XS}sequence/{XS}element"))
        base = ""
    elif kind is not None:
        restriction = kind.find(f"{XS}restriction")
        assert restriction is not None
        base, facets = restriction.get("base", ""), tuple(sorted(_facets(restriction)))
    least, most = int(element.get("minOccurs", "1")), int(element.get("maxOccurs", "1"))
    return Node(name, path, least, most, children, base, facets)


def _facets(restriction: etree._Element) -> Iterator[tuple[str, str]]:
    """``length`` is told as a minimum and a maximum, so that two spellings of one limit are equal."""
    for facet in restriction:
        if not isinstance(facet.tag, str):
            continue
        name, value = etree.QName(facet).localname, facet.get("value", "")
        yield from [("minLength", value), ("maxLength", value)] if name == "length" else [(name, value)]
