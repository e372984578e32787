"""Mending a dirty XML report: what is certain is put right and told, everything else stays as it came.

What may be mended is data (``mappings/repairs-*.toml``); the schema says where an element belongs and what it
may hold. For each group: misspelt names, elements of another version, then what is inside, then empty elements,
then the order of the elements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

from lxml import etree

from gateway.check.recognise import FITS
from gateway.check.repair_values import WAYS
from gateway.check.schema import limited, shape_of, validate_xml
from gateway.check.xsd import Child
from gateway.data import load_toml
from gateway.formats.codes import code_list, says
from gateway.formats.registry import Document, formats
from gateway.formats.shape import Node, shape
from gateway.formats.xml_parser import parse_xml
from gateway.formats.xml_tree import elements, read_xml
from gateway.model.finding import Finding, Severity, finding
from gateway.model.repair import Mended, Repair
from gateway.translate.lens import EXACT, plain

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def can_repair(document: Document) -> bool:
    """Whether there is a table of repairs for this format."""
    return document.syntax == "xml" and "repairs" in formats()[_name(document.format_id)].body


def repaired(document: Document) -> Document:
    """The document with everything mended that is certain; each repair is a finding and stands in ``mended``."""
    return _mend(document, "info")


def offered(document: Document) -> list[Finding]:
    """The repairs that ``--repair`` would make, as findings; the document stays as it is."""
    return _mend(document, "warning").findings[len(document.findings) :]


def with_offers(document: Document) -> Document:
    """The document with its possible repairs among its findings, where its schema did not take it as it is."""
    if (
        document.found == FITS
        or not can_repair(document)
        or not validate_xml(document.format_id, document.data)
    ):
        return document
    return replace(document, findings=[*document.findings, *offered(document)])


def _mend(document: Document, severity: Severity) -> Document:
    root, node = parse_xml(document.data), shape(document.format_id)
    # the elements are held: only while they live does their identity name them
    received = list(elements(root, node))
    texts = {path: element.text or "" for path, element in received if not len(element)}
    mending = _Mending(document.format_id, {id(element): path for path, element in received})
    mending.group(root, mending.root_type, node)
    if not mending.repairs:
        return document
    former = {path: mending.places[id(e)] for path, e in elements(root, node) if not len(e)}
    told = [_told(item, severity) for item in mending.repairs]
    return replace(
        document,
        tree=read_xml(root, node),
        data=etree.tostring(root, encoding="UTF-8", xml_declaration=True),
        findings=[*document.findings, *limited(told, len(told))],
        mended=Mended(tuple(mending.repairs), texts, former),
    )


def _told(item: Repair, severity: Severity) -> Finding:
    names = [part for part in item.path.split("/") if not part.isdigit()]
    return finding(item.rule, item.path, severity=severity, stage="read", line=item.line,
                   element=names[-1], before=item.before[:120] or "-", after=(item.after or "-")[:120],
                   delta=item.delta or "0", note=item.note or "-")  # fmt: skip


class _Mending:
    """One document being mended, in place."""

    def __init__(self, format_id: str, places: Mapping[int, str]) -> None:
        self.format_id, self.places = format_id, places
        self.shape = shape_of(format_id)
        self.root_type = next(iter(self.shape.roots.values()))
        self.table = _table(_name(format_id))
        self.misspelt = {row["found"]: row for row in self.table["misspelt"]}
        self.names = {row["element"]: row for row in self.table["names"]}
        self.repairs: list[Repair] = []

    def group(self, element: Any, type_name: str, node: Node, way: tuple[str, ...] = ()) -> None:
        """Everything below an element that holds elements. ``way``: the names from the root to it."""
        declared = {child.name: child for child in self.shape.children.get(type_name, ())}
        for child in list(element):
            self._name(child, element, declared)
            name = _local(child)
            known = declared.get(name)
            if known is None:
                if _elsewhere(self.format_id, (*way, name)) and not self._needed(child, element):
                    self._take_out(child, "REPAIR-VERSION", f"QReport {self.format_id.partition('@')[2]}")
            elif known.type in self.shape.children:
                self.group(child, known.type, node.children[name], (*way, name))
            else:
                self._value(child, known.type)
        self._empty(element, declared)
        self._order(element, list(declared))

    def _name(self, child: Any, parent: Any, declared: Mapping[str, Child]) -> None:
        row = self.misspelt.get(_local(child))
        if row is None or _local(child) in declared or row["meant"] not in declared:
            return
        if any(_local(other) == row["meant"] for other in parent):
            return  # both stand there: which one counts is not certain
        self._note("REPAIR-NAME", child, row["found"], row["meant"], note=row["seen"])
        child.tag = f"{{{self.shape.namespace}}}{row['meant']}"

    def _needed(self, child: Any, parent: Any) -> bool:
        """Whether an element says what a code beside it means, and the list at hand says otherwise."""
        row = self.names.get(_local(child))
        if row is None:
            return False
        code = next((other.text or "" for other in parent if _local(other) == row["code"]), "")
        return not says(code_list(row["list"]), code.strip(), child.text or "")

    def _value(self, element: Any, type_name: str) -> None:
        """The text of a leaf; a kind of value that no row names is left alone."""
        facets = self.shape.facets.get(type_name) or {"base": type_name}
        for row in self.table["value"] if not len(element) and element.text else ():
            if facets["base"] not in row["on"]:
                continue
            before = element.text or ""
            after = WAYS[row["way"]](before, facets)
            if after is not None:
                delta = _delta(before, after) if row["way"] == "round" else ""
                self._note(row["id"], element, before, after, delta)
                element.text = after

    def _empty(self, element: Any, declared: Mapping[str, Child]) -> None:
        """Empty elements that stand for a null: taken out where the schema can do without them."""
        standing = Counter(map(_local, element))
        for child in list(element):
            known = declared.get(_local(child))
            if known is None or len(child) or (child.text or "").strip():
                continue
            if standing[known.name] > known.least and not [a for a in child.attrib if a != _NIL]:
                self._take_out(child, "REPAIR-EMPTY")
                standing[known.name] -= 1

    def _order(self, element: Any, order: list[str]) -> None:
        """Elements that stand too late for the schema go to their place; unknown ones stay where they are."""
        ranks = {name: rank for rank, name in enumerate(order)}
        known = [child for child in element if _local(child) in ranks]
        highest = -1
        for child in known:
            rank = ranks[_local(child)]
            if rank < highest:
                self._note("REPAIR-ORDER", child, "", "", note=f"before {order[highest]}")
            highest = max(highest, rank)
        placed = iter(sorted(known, key=lambda child: ranks[_local(child)]))
        ordered = [next(placed) if _local(child) in ranks else child for child in element]
        if ordered != list(element):
            element[:] = ordered

    def _take_out(self, child: Any, rule: str, note: str = "") -> None:
        text = (child.text or "").strip() if not len(child) else ", ".join(map(_local, child))
        self._note(rule, child, text, None, note=note)
        parent, tail = child.getparent(), child.tail
        previous = child.getprevious()
        parent.remove(child)
        if tail and previous is not None:  # line breaks stay, so that later lines keep their numbers
            previous.tail = (previous.tail or "") + tail
        elif tail:
            parent.text = (parent.text or "") + tail

    def _note(
        self, rule: str, element: Any, before: str, after: str | None, delta: str = "", note: str = ""
    ) -> None:
        self.repairs.append(
            Repair(rule, self.places[id(element)], element.sourceline, before, after, delta, note)
        )


def _delta(before: str, after: str) -> str:
    return plain(EXACT.subtract(Decimal(after), Decimal(before)))


@cache
def _elsewhere(format_id: str, way: tuple[str, ...]) -> bool:
    """Whether another version of the format has an element at this place."""
    name = _name(format_id)
    for version in formats()[name].versions:
        node: Node | None = shape(f"{name}@{version}")
        for part in way:
            node = node.children.get(part) if node is not None else None
        if node is not None:
            return True
    return False


@cache
def _table(name: str) -> Mapping[str, Any]:
    return load_toml("mappings", f"{formats()[name].body['repairs']}.toml")


def _local(element: Any) -> str:
    return etree.QName(element).localname


def _name(format_id: str) -> str:
    return format_id.partition("@")[0]
