"""Elements that are missing besides those that libxml2 names.

It stops at the first element of a group that does not fit, and looks at nothing behind it. A sender who is told of
one missing element at a time needs as many runs as elements are missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from lxml import etree

from gateway.check.xsd import Shape
from gateway.model.finding import Finding, finding

MISSING = "XSD-MISSING-ELEMENT"
_STRANGE = frozenset({"XSD-UNEXPECTED-ELEMENT", "XSD-NAMESPACE", "XSD-ROOT"})
"""What stands in such a group may be the missing element under another name: nothing more is said of it."""
MOST = 100


def also_missing(root: Any, shape: Shape, found: list[Finding]) -> list[Finding]:
    """The other missing elements, where one was named or a strange one stood; at most ``MOST``."""
    told = {item.path for item in found if item.rule == MISSING}
    strange = {item.path.removesuffix("/0").rpartition("/")[0] for item in found if item.rule in _STRANGE}
    if not told and not strange:
        return []
    started = shape.roots.get(etree.QName(root).localname, "")
    more: list[Finding] = []
    for item in _missing(root, shape, started, ""):
        parent = item.path.removesuffix("/0").rpartition("/")[0]
        if item.path not in told and parent not in strange:
            more.append(item)
        if len(more) == MOST:
            break
    return more


def _missing(element: Any, shape: Shape, type_name: str, path: str) -> Iterator[Finding]:
    names = Counter(child.tag for child in element)
    seen: Counter[str] = Counter()
    declared = {f"{{{shape.namespace}}}{c.name}": c for c in shape.children.get(type_name, ())}
    for tag, child in declared.items():
        if child.least and not names[tag]:
            here = f"{path}/{child.name}" + ("/0" if child.repeats else "")
            parent = etree.QName(element).localname
            yield finding(MISSING, here, stage="schema", line=element.sourceline, element=child.name,
                          parent=parent, expected=child.name)  # fmt: skip
    for inner in element:
        known = declared.get(inner.tag)
        if known is not None and known.type in shape.children:
            index = f"/{seen[inner.tag]}" if known.repeats or names[inner.tag] > 1 else ""
            seen[inner.tag] += 1
            yield from _missing(inner, shape, known.type, f"{path}/{known.name}{index}")
