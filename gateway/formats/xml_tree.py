"""XML documents as trees and back, in the element order of their schema.

Elements that the schema lets repeat are always lists, so a path does not depend on how many there are.
The writer streams: a long list may be any iterable, and only one element of it is in memory.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from lxml import etree

from gateway.formats.leaves import text_of
from gateway.formats.shape import Node

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document can hold, however they are spelt (XML 1.0, 2.2)."""

REPLACED = "\ufffd"
"""What is written in their place; whoever writes says so in a finding."""


def read_xml(root: Any, shape: Node) -> dict[str, Any]:
    """The tree of a parsed element. Unknown elements stay, as the schema check will have named them."""
    tree: dict[str, Any] = {}
    for child in root:
        name = etree.QName(child).localname
        below = shape.children.get(name)
        value: Any = read_xml(child, below or Node(name)) if len(child) else (child.text or "")
        if below is not None and below.repeated:
            tree.setdefault(name, []).append(value)
        elif name in tree:
            known = tree[name] if isinstance(tree[name], list) else [tree[name]]
            tree[name] = [*known, value]
        else:
            tree[name] = value
    return tree


def elements(root: Any, shape: Node, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every element below a parsed one with the path that `read_xml` gives it, groups before what they hold."""
    names = Counter(etree.QName(child).localname for child in root)
    seen: Counter[str] = Counter()
    for child in root:
        name = etree.QName(child).localname
        below = shape.children.get(name)
        here = f"{path}/{name}"
        if names[name] > 1 or (below is not None and below.repeated):
            here += f"/{seen[name]}"
        seen[name] += 1
        yield here, child
        yield from elements(child, below or Node(name), here)


def write_xml(tree: Mapping[str, Any], shape: Node, namespace: str, out: BinaryIO) -> None:
    """The tree as an XML document, its elements in schema order; only names that the schema knows are written."""
    with etree.xmlfile(out, encoding="UTF-8") as xml:
        xml.write_declaration()
        with xml.element(f"{{{namespace}}}{shape.name}", nsmap={None: namespace}):
            _children(xml, tree, shape, namespace, 1)
            xml.write("\n")
    out.write(b"\n")


def _children(xml: Any, tree: Mapping[str, Any], shape: Node, namespace: str, depth: int) -> None:
    for name, below in shape.children.items():
        value = tree.get(name)
        if value is None:
            continue
        elements: Iterable[Any] = value if below.repeated else (value,)
        for element in elements:
            xml.write("\n" + "  " * depth)
            _element(xml, name, element, below, namespace, depth)


def _element(xml: Any, name: str, value: Any, shape: Node, namespace: str, depth: int) -> None:
    with xml.element(f"{{{namespace}}}{name}"):
        if isinstance(value, Mapping):
            _children(xml, value, shape, namespace, depth + 1)
            xml.write("\n" + "  " * depth)
        else:
            xml.write(NOT_XML.sub(REPLACED, value if isinstance(value, str) else text_of(value)))
