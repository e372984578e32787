"""The shape of a document: its leaves in schema order, which are required, which elements repeat.

Read from the schema files themselves (XSD sequences, JSON Schema objects), so that tables can be
checked against every version they claim, and XML is written in the order the schema demands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson
from lxml import etree

from gateway.data import data_path, load_toml
from gateway.model.finding import GatewayError

_XS = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(slots=True)
class Node:
    """One node of a shape: ``children`` in schema order; a leaf has none. ``number``: written as a JSON number."""

    name: str
    required: bool = False
    repeated: bool = False
    open: bool = False
    number: bool = False
    children: dict[str, Node] = field(default_factory=dict)

    def leaves(self, path: str = "") -> Iterator[tuple[str, bool]]:
        """(external path, required wherever its parents are present); ``*`` for elements of lists."""
        for child in self.children.values():
            here = f"{path}/{child.name}" if path else child.name
            here = f"{here}/*" if child.repeated else here
            if child.children:
                yield from child.leaves(here)
            else:
                yield here, child.required

    def at(self, path: str) -> Node | None:
        """The node at an external path; segments that stand for elements of a list are passed over."""
        node: Node | None = self
        for part in path.split("/"):
            if node is None or part in ("*", "+") or part.isdigit() or part.startswith("{"):
                continue
            node = node.children.get(part)
        return node


@cache
def shape(format_id: str) -> Node:
    """The shape of a format version, e.g. ``cbam.qreport@23.00``."""
    name, _, version = format_id.partition("@")
    file = load_toml("schemas", name, version, "SOURCE.toml")["file"]
    data = data_path("schemas", name, version, file).read_bytes()
    return _xsd(data) if file.endswith(".xsd") else _json_schema(data)


def _xsd(data: bytes) -> Node:
    schema = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    types = {t.get("name"): t for t in schema.iterfind(f"{_XS}complexType")}
    root = schema.find(f"{_XS}element")
    if root is None:
        raise GatewayError("the XSD declares no global element")

    def build(element: Any, node: Node) -> Node:
        kind = types.get(element.get("type"))
        if kind is not None:
            for child in kind.iterfind(f"{_XS}sequence/{_XS}element"):
                below = Node(
                    str(child.get("name")),
                    required=child.get("minOccurs", "1") != "0",
                    repeated=child.get("maxOccurs", "1") != "1",
                )
                node.children[below.name] = build(child, below)
        return node

    return build(root, Node(str(root.get("name"))))


def _json_schema(data: bytes) -> Node:
    document = orjson.loads(data)

    def resolve(schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            node: Any = document
            for part in schema["$ref"].lstrip("#/").split("/"):
                node = node[part]
            schema = node
        return schema

    def build(schema: dict[str, Any], node: Node) -> Node:
        properties = schema.get("properties")
        if properties is None:
            node.open = schema.get("type") == "object"
            node.number = schema.get("type") in ("number", "integer")
            return node
        required = schema.get("required", [])
        for name, raw in properties.items():
            inner = resolve(raw)
            child = Node(name, required=name in required)
            if inner.get("type") == "array":
                child.repeated = True
                inner = resolve(inner.get("items", {}))
            node.children[name] = build(inner, child)
        return node

    return build(resolve(document), Node(""))
