"""Which version a document follows, where it does not say so: found by its schemas, newest first.

The versions of the CBAM report share one namespace and one root, and no attribute tells them apart. Each pair
of neighbours excludes each other (an element that one demands in the header is unknown to the other), so a
valid document fits one version only. Of an invalid one the nearest version is taken, and said to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from gateway.check.schema import conforms, shape_of
from gateway.check.xsd import Shape
from gateway.formats.registry import Document, by_marks, formats, read_document, resolve, said_version
from gateway.formats.shape import shape
from gateway.formats.xml_parser import parse_xml
from gateway.formats.xml_tree import read_xml
from gateway.model.finding import Finding, finding

NAMED, SAID, ONLY, FITS, STRUCTURE, NEAREST, AMBIGUOUS = (
    "named",
    "said",
    "only",
    "fits",
    "structure",
    "nearest",
    "ambiguous",
)
MOST_COMPARED = 50
"""Elements of one list that are compared where no version fits: enough to tell versions apart."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A version and how it was found.

    ``named`` by the sender; ``said`` by the document; the ``only`` one there is; the newest whose schema it
    ``fits``; the one whose ``structure`` it has, with faulty values; the ``nearest``; the newest of several
    equally near (``ambiguous``). ``strange``: each version with the number of its elements that are missing or too many.
    """

    format_id: str
    how: str
    strange: tuple[tuple[str, int], ...] = ()


def read_recognised(data: bytes, wanted: str | None = None) -> Document:
    """The document that these bytes hold, in the version that the sender names or that its schemas show.

    ``wanted``: a format with or without version. Raises Refused when the bytes are no document of a known format.
    """
    document = read_document(data, resolve(wanted) if wanted else None)
    if wanted and "@" in wanted and not wanted.endswith("@latest"):
        return replace(document, found=NAMED)
    known = formats()[document.format_id.partition("@")[0]]
    if wanted and document.syntax == "json":
        marked = by_marks(known.name, document.tree, named=True)
        if marked is not None:
            said = [*document.findings, *marked.findings]
            return replace(
                document, format_id=f"{known.name}@{marked.version}", findings=said, found=STRUCTURE
            )
    if "says" in known.body:
        return replace(document, format_id=said_version(known, document.tree), found=SAID)
    if document.syntax != "xml" or len(known.versions) == 1:
        return replace(document, found=ONLY)
    root = parse_xml(data)
    answer = recognise(known.name, root)
    tree = document.tree
    if answer.format_id != document.format_id:
        tree = read_xml(root, shape(answer.format_id))
    said = [*document.findings, *_said(answer)]
    return replace(document, format_id=answer.format_id, tree=tree, findings=said, found=answer.how)


def recognise(name: str, root: Any) -> Recognised:
    """The version of a parsed element: the newest that it conforms to, else the one whose elements it has most of."""
    ids = [f"{name}@{version}" for version in reversed(formats()[name].versions)]
    for format_id in ids:
        if conforms(format_id, root):
            return Recognised(format_id, FITS)
    strange = tuple((format_id, _distance(format_id, root)) for format_id in ids)
    fewest = min(count for _, count in strange)
    nearest = tuple(format_id for format_id, count in strange if count == fewest)
    if len(nearest) > 1:
        return Recognised(nearest[0], AMBIGUOUS, strange)
    return Recognised(nearest[0], NEAREST if fewest else STRUCTURE, strange)


def _distance(format_id: str, root: Any) -> int:
    shape = shape_of(format_id)
    return distance(root, shape, next(iter(shape.roots.values())))


def distance(element: Any, shape: Shape, type_name: str) -> int:
    """How many elements a document has that a version does not know, lacks that it demands, or fills with a text
    of a length that it does not take.

    Libxml2's own count says little: it stops at the first strange element of each parent.
    """
    present: dict[str, list[Any]] = {}
    for child in element:
        present.setdefault(etree.QName(child).localname, []).append(child)
    declared = {child.name: child for child in shape.children.get(type_name, ())}
    strange = sum(len(found) for name, found in present.items() if name not in declared)
    for name, known in declared.items():
        found = present.get(name, [])
        if not found:
            strange += known.least > 0
        elif known.type in shape.children:
            strange += sum(distance(child, shape, known.type) for child in found[:MOST_COMPARED])
        else:
            facets = shape.facets.get(known.type, {})
            strange += sum(not _length_fits(child.text or "", facets) for child in found[:MOST_COMPARED])
    return strange


def _length_fits(text: str, facets: Mapping[str, str]) -> bool:
    exact = facets.get("length", len(text))
    return int(exact) == len(text) and len(text) <= int(facets.get("maxLength", len(text)))


def _said(answer: Recognised) -> list[Finding]:
    if answer.how not in (NEAREST, AMBIGUOUS):
        latest = formats()[answer.format_id.partition("@")[0]].latest
        told = finding("VERSION-FOUND", severity="info", stage="read", taken=answer.format_id)
        return [] if answer.format_id == latest else [told]
    fewest = min(count for _, count in answer.strange)
    versions = [name.partition("@")[2] for name, count in answer.strange if count == fewest]
    tried = ", ".join(f"{name.partition('@')[2]} {count}" for name, count in answer.strange)
    rule = "VERSION-AMBIGUOUS" if answer.how == AMBIGUOUS else "VERSION-NEAREST"
    values: dict[str, Any] = {"taken": answer.format_id, "tried": tried, "fitting": ", ".join(versions)}
    return [finding(rule, severity="info", stage="read", **values)]
