"""What an XSD says about an element, and libxml2's errors told as findings.

libxml2 answers with an error number, a sentence for programmers and a node path of positions
(``/*/*[8]/*[2]``). A sender needs the element's name, the value that stands there, what is expected and a
path that the ledger can trace back to a cell. Both come from a small reading of the schema: which
elements a type holds, how often, and the facets of its values. It reads what the schemas of this project
use (named types, sequences); where a schema uses more, a finding is only less precise, never absent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from gateway.model.finding import Finding, finding

_XS = "{http://www.w3.org/2001/XMLSchema}"
_STEP = re.compile(r"(?:([^:\[\]]+):)?([^\[\]]+)(?:\[(\d+)\])?")
_NAMES = re.compile(r"\{([^{}]*)\}([^\s,(){}]+)")
_VALUE_RULES = {
    "LENGTH_VALID": "XSD-VALUE-LENGTH",
    "MINLENGTH_VALID": "XSD-VALUE-LENGTH",
    "MAXLENGTH_VALID": "XSD-VALUE-LENGTH",
    "PATTERN_VALID": "XSD-VALUE-PATTERN",
    "TOTALDIGITS_VALID": "XSD-VALUE-DIGITS",
    "FRACTIONDIGITS_VALID": "XSD-VALUE-DIGITS",
    "ENUMERATION_VALID": "XSD-VALUE-LIST",
    "MININCLUSIVE_VALID": "XSD-VALUE-RANGE",
    "MAXINCLUSIVE_VALID": "XSD-VALUE-RANGE",
    "MINEXCLUSIVE_VALID": "XSD-VALUE-RANGE",
    "MAXEXCLUSIVE_VALID": "XSD-VALUE-RANGE",
}


@dataclass(frozen=True, slots=True)
class Child:
    """One element of a sequence. ``most`` is None where the schema says unbounded."""

    name: str
    type: str
    least: int
    most: int | None

    @property
    def repeats(self) -> bool:
        return self.most is None or self.most > 1


@dataclass(frozen=True, slots=True)
class Shape:
    """The named types of one schema: what they hold, and what values they allow."""

    namespace: str
    roots: dict[str, str]
    children: dict[str, tuple[Child, ...]]
    expected: dict[str, str] = field(default_factory=dict)
    facets: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of each simple type: its facets by name, and under ``base`` the built-in type that it restricts."""

    def child(self, type_name: str, tag: str) -> Child | None:
        """The declaration of the element ``tag`` (Clark notation) inside a type."""
        name = etree.QName(tag)
        if name.namespace != (self.namespace or None):
            return None
        return next((c for c in self.children.get(type_name, ()) if c.name == name.localname), None)


def read_shape(schema: etree._Element) -> Shape:
    """The shape of a schema document."""
    roots = {e.get("name", ""): e.get("type", "") for e in schema.findall(f"{_XS}element")}
    children = {
        t.get("name", ""): tuple(_child(e) for e in t.findall(f"{_XS}sequence/{_XS}element"))
        for t in schema.findall(f"{_XS}complexType")
    }
    expected = {t.get("name", ""): _expected(t) for t in schema.findall(f"{_XS}simpleType")}
    facets = {t.get("name", ""): _facets(t) for t in schema.findall(f"{_XS}simpleType")}
    return Shape(schema.get("targetNamespace", ""), roots, children, expected, facets)


def _child(element: etree._Element) -> Child:
    most = element.get("maxOccurs", "1")
    return Child(
        element.get("name", element.get("ref", "")),
        element.get("type", ""),
        int(element.get("minOccurs", "1")),
        None if most == "unbounded" else int(most),
    )


def _facets(simple: etree._Element) -> dict[str, str]:
    restriction = simple.find(f"{_XS}restriction")
    if restriction is None:
        return {"base": "xs:string"}
    found = {etree.QName(f).localname: str(f.get("value")) for f in restriction if isinstance(f.tag, str)}
    return {**found, "base": restriction.get("base", "")}


def _expected(simple: etree._Element) -> str:
    restriction = simple.find(f"{_XS}restriction")
    if restriction is None:
        return ""
    facets = [
        f"{etree.QName(f).localname} {f.get('value')}" for f in restriction if f.get("value") is not None
    ]
    return ", ".join([restriction.get("base", ""), *facets])


def explain(entry: Any, root: etree._Element, shape: Shape) -> Finding:
    """One entry of libxml2's error log as a finding."""
    element = _locate(root, entry.path or "")
    kind = entry.type_name.removeprefix("SCHEMAV_").removeprefix("CVC_")
    if kind == "ELT_1":
        return _root(element, shape, entry.line)
    if kind == "ELEMENT_CONTENT":
        return _content(entry, element, shape)
    if kind in ("COMPLEX_TYPE_3_2_1", "COMPLEX_TYPE_3_2_2", "TYPE_3_1_1"):
        attribute = re.search(r"attribute '(?:\{[^}]*\})?([^']*)'", entry.message)
        name = attribute.group(1) if attribute else "?"
        return _about("XSD-ATTRIBUTE", element, shape, entry.line, found=name)
    if kind.startswith(("ELT_3", "ELT_4")):
        name = "xsi:nil" if kind.startswith("ELT_3") else "xsi:type"
        return _about("XSD-ATTRIBUTE", element, shape, entry.line, found=name)
    if kind == "COMPLEX_TYPE_2_3":
        return _about("XSD-TEXT", element, shape, entry.line, found=_mixed_text(element))
    if kind == "TYPE_3_1_2":
        inside = ", ".join(_local(child) for child in element)
        name = _local(element)
        return _about(
            "XSD-UNEXPECTED-ELEMENT", element, shape, entry.line, found=inside, parent=name, expected="text"
        )
    if kind in _VALUE_RULES or kind.startswith("DATATYPE_VALID"):
        return _value(_VALUE_RULES.get(kind, "XSD-VALUE-TYPE"), element, shape, entry.line)
    return _about("XSD-OTHER", element, shape, entry.line, reason=_NAMES.sub(r"\2", entry.message))


def _about(rule: str, element: etree._Element, shape: Shape, line: int, **values: Any) -> Finding:
    path, _ = _place(element, shape)
    return finding(rule, path, stage="schema", line=line, element=_local(element), **values)


def _value(rule: str, element: etree._Element, shape: Shape, line: int) -> Finding:
    path, type_name = _place(element, shape)
    text = element.text or ""
    if rule == "XSD-VALUE-DIGITS" and shape.facets.get(type_name, {}).get("base") in ("xs:int", "xs:integer"):
        rule = "XSD-VALUE-WHOLE"
    return finding(
        rule,
        path,
        stage="schema",
        line=line,
        element=_local(element),
        found=text[:120],
        length=str(len(text)),
        expected=shape.expected.get(type_name) or type_name,
    )


def _root(element: etree._Element, shape: Shape, line: int) -> Finding:
    names = ", ".join(shape.roots)
    if _local(element) in shape.roots:
        found = etree.QName(element).namespace or ""
        return finding(
            "XSD-NAMESPACE",
            stage="schema",
            line=line,
            element=_local(element),
            found=found,
            expected=shape.namespace,
        )
    return finding("XSD-ROOT", stage="schema", line=line, element=_local(element), expected=names)


def _content(entry: Any, element: etree._Element, shape: Shape) -> Finding:
    """A content model that does not fit: something is missing, misplaced, unknown or in another namespace.

    libxml2 stops at the first element that does not fit. Where that one is allowed later in the sequence
    and a required element before it stands nowhere, the sender's mistake is the missing one.
    """
    wanted = [name for _, name in _NAMES.findall(entry.message.partition("Expected is")[2])]
    missing_inside = "Missing child element" in entry.message
    parent = element if missing_inside else element.getparent()
    if parent is None:
        parent = element
    path, type_name = _place(parent, shape)
    absent = _absent(parent, shape, type_name, wanted, None if missing_inside else element)
    if absent is not None or missing_inside:
        name = absent.name if absent else ", ".join(wanted)
        here = f"{path}/{name}" + ("/0" if absent and absent.repeats else "")
        return finding(
            "XSD-MISSING-ELEMENT",
            here,
            stage="schema",
            line=entry.line,
            element=name,
            parent=_local(parent),
            expected=", ".join(wanted),
        )
    namespace = etree.QName(element).namespace or ""
    if namespace != shape.namespace:
        return _about("XSD-NAMESPACE", element, shape, entry.line, found=namespace, expected=shape.namespace)
    limit = _overrun(element, shape, type_name)
    if limit is not None:
        name = _local(parent)
        return _about("XSD-TOO-MANY", element, shape, entry.line, parent=name, most=limit, number=limit + 1)
    values = {
        "found": _local(element),
        "parent": _local(parent),
        "expected": ", ".join(wanted) or f"</{_local(parent)}>",
    }
    return _about("XSD-UNEXPECTED-ELEMENT", element, shape, entry.line, **values)


def _overrun(element: etree._Element, shape: Shape, type_name: str) -> int | None:
    """How many of an element the schema allows, where this one is the first too many; else None."""
    declared = shape.child(type_name, element.tag)
    if declared is None or declared.most is None or declared.most == 1:
        return None
    before = sum(1 for _ in element.itersiblings(element.tag, preceding=True))
    return declared.most if before == declared.most else None


def _absent(
    parent: etree._Element, shape: Shape, type_name: str, wanted: list[str], found: etree._Element | None
) -> Child | None:
    present = {_local(child) for child in parent}
    sequence = shape.children.get(type_name, ())
    order = [child.name for child in sequence]
    for child in sequence:
        if child.name in wanted and child.least > 0 and child.name not in present:
            if found is None:
                return child
            declared = shape.child(type_name, found.tag)
            if declared is not None and order.index(declared.name) > order.index(child.name):
                return child
    return None


def _locate(root: etree._Element, path: str) -> etree._Element:
    """The element at a node path of libxml2; where a step cannot be followed, the last one that could."""
    here = root
    for step in path.split("/")[2:]:
        match = _STEP.fullmatch(step)
        if step.startswith("@") or match is None:
            break
        prefix, name, position = match.groups()
        fitting = [c for c in here if name == "*" or (_local(c) == name and c.prefix == prefix)]
        index = int(position or 1) - 1
        if index >= len(fitting):
            break
        here = fitting[index]
    return here


def _place(element: etree._Element, shape: Shape) -> tuple[str, str]:
    """Path and type of an element: names, with a position (from 0) where the schema lets it repeat.

    The root is left out, as in the mapping tables: ``/ImportedGood/0/GoodsEmissions/0/ProducedMeasure``.
    """
    chain = [element, *element.iterancestors()][::-1]
    type_name = shape.roots.get(_local(chain[0]), "")
    path = ""
    for part in chain[1:]:
        declared = shape.child(type_name, part.tag)
        before = sum(1 for _ in part.itersiblings(part.tag, preceding=True))
        followed = declared is None and next(part.itersiblings(part.tag), None) is not None
        # one too many is told from the first, although the schema gives neither a number
        numbered = before > 0 or followed or (declared is not None and declared.repeats)
        path += f"/{_local(part)}" + (f"/{before}" if numbered else "")
        type_name = declared.type if declared else ""
    return path, type_name


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _mixed_text(element: etree._Element) -> str:
    texts = [element.text, *(child.tail for child in element)]
    return next((t.strip()[:120] for t in texts if t and t.strip()), "")
