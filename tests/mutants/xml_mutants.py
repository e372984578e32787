"""XML documents generated from a schema's tree, and their mutants."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape

from lxml import etree

from mutants.xml_values import edges, sample
from mutants.xsd_tree import Node

XSI = "http://www.w3.org/2001/XMLSchema-instance"
MOST_REPEATS = 1000
"""A list is filled to its limit and one over, up to this many; longer ones are compared as declarations."""

Mutation = Callable[[etree._Element], None]


def build(node: Node, namespace: str, *, keep: Callable[[Node], bool], times: int = 1) -> etree._Element:
    """An instance of a tree: required elements always, optional ones where ``keep`` says so."""
    element = etree.Element(f"{{{namespace}}}{node.name}", nsmap={None: namespace})  # type: ignore[dict-item]
    if not node.children:
        element.text = sample(node)
    for child in node.children:
        if child.least or keep(child):
            for _ in range(min(times, child.most)):
                element.append(build(child, namespace, keep=keep, times=times))
    return element


def bases(tree: Node, namespace: str) -> Iterator[tuple[str, etree._Element]]:
    """Valid documents: complete, minimal, with doubled lists, and with each optional element alone."""
    yield "complete", build(tree, namespace, keep=lambda _: True)
    yield "minimal", build(tree, namespace, keep=lambda _: False)
    yield "doubled", build(tree, namespace, keep=lambda _: True, times=2)
    for node in tree.walk():
        if not node.least:
            yield f"only {node.path}", build(tree, namespace, keep=_leads_to(node))


def xml_mutants(tree: Node, namespace: str) -> Iterator[tuple[str, bytes]]:
    """Every mutant with a name that says what was changed."""
    for name, base in bases(tree, namespace):
        yield name, _bytes(base)
    complete = build(tree, namespace, keep=lambda _: True)
    places = list(zip(complete.iter(), tree.walk(), strict=True))
    for index, (_, node) in enumerate(places):
        yield from _of_element(complete, index, node, namespace)
        if not node.children:
            yield from _of_value(complete, index, node)
    yield from _counts(tree, namespace)
    yield from _whole(_bytes(complete), namespace)


def _leads_to(node: Node) -> Callable[[Node], bool]:
    return lambda other: node.path == other.path or node.path.startswith(other.path + "/")


def _of_element(base: etree._Element, index: int, node: Node, namespace: str) -> Iterator[tuple[str, bytes]]:
    changes: dict[str, Mutation] = {**_places(namespace), **_names(namespace), **_contents(namespace)}
    for kind, change in changes.items():
        root = copy.deepcopy(base)
        element = next(e for i, e in enumerate(root.iter()) if i == index)
        if element.getparent() is None and kind in _places(namespace):
            continue
        change(element)
        yield f"{node.path}: {kind}", _bytes(root)


def _of_value(base: etree._Element, index: int, node: Node) -> Iterator[tuple[str, bytes]]:
    root = copy.deepcopy(base)
    element = next(e for i, e in enumerate(root.iter()) if i == index)
    for value in dict.fromkeys(edges(node)):
        element.text = value
        yield f"{node.path} = {value[:40]!r} ({len(value)})", _bytes(root)
    element.text = "@HERE@"
    text, around = escape(sample(node)), _bytes(root)
    half = len(text) // 2
    forms = [
        f"<![CDATA[{text}]]>",
        f"<!--c-->{text}",
        f"{text[:half]}<!--c-->{text[half:]}",
        f"{text}<?p i?>",
    ]
    forms += ["".join(f"&#{ord(c)};" for c in sample(node)), f"{text}<!-- -->9"]
    for form in forms:
        yield f"{node.path} written {form[:40]}", around.replace(b"@HERE@", form.encode())


def _places(namespace: str) -> dict[str, Mutation]:
    """Changes of where an element stands."""

    def siblings(change: Callable[[etree._Element, etree._Element], None]) -> Mutation:
        return lambda e: change(e, e.getparent())  # type: ignore[arg-type]

    new = f"{{{namespace}}}Unknown"
    return {
        "dropped": siblings(lambda e, p: p.remove(e)),
        "doubled": siblings(lambda e, p: e.addnext(copy.deepcopy(e))),
        "moved to the end": siblings(lambda e, p: p.append(e)),
        "moved to the front": siblings(lambda e, p: p.insert(0, e)),
        "swapped with the next": siblings(lambda e, p: p.insert(p.index(e), p[(p.index(e) + 1) % len(p)])),
        "unknown before": siblings(lambda e, p: e.addprevious(etree.Element(new))),
        "unknown after": siblings(lambda e, p: e.addnext(etree.Element(new))),
        "text after": lambda e: setattr(e, "tail", "x"),
        "spaces after": lambda e: setattr(e, "tail", " \n\t"),
        "comment before": siblings(lambda e, p: e.addprevious(etree.Comment("c"))),
    }


def _names(namespace: str) -> dict[str, Mutation]:
    """Changes of an element's name, namespace or attributes."""

    def tag(make: Callable[[str], str]) -> Mutation:
        return lambda e: setattr(e, "tag", make(etree.QName(e).localname))

    return {
        "renamed": tag(lambda n: f"{{{namespace}}}{n}X"),
        "lower case": tag(lambda n: f"{{{namespace}}}{n.lower()}"),
        "other namespace": tag(lambda n: f"{{{namespace}x}}{n}"),
        "no namespace": tag(lambda n: n),
        "attribute": lambda e: e.set("unit", "t"),
        "attribute in the namespace": lambda e: e.set(f"{{{namespace}}}unit", "t"),
        "xml:lang": lambda e: e.set("{http://www.w3.org/XML/1998/namespace}lang", "en"),
        "xsi:nil": lambda e: e.set(f"{{{XSI}}}nil", "true"),
        "xsi:nil false": lambda e: e.set(f"{{{XSI}}}nil", "false"),
        "xsi:type unknown": lambda e: e.set(f"{{{XSI}}}type", "NoSuchType"),
        "xsi:schemaLocation": lambda e: e.set(f"{{{XSI}}}schemaLocation", f"{namespace} none.xsd"),
    }


def _contents(namespace: str) -> dict[str, Mutation]:
    """Changes of what an element holds."""

    def emptied(element: etree._Element) -> None:
        del element[:]
        element.text = None

    return {
        "emptied": emptied,
        "element inside": lambda e: e.append(etree.Element(f"{{{namespace}}}Unknown")),
        "text inside": lambda e: setattr(e, "text", "x " + (e.text or "")),
        "spaces inside": lambda e: setattr(e, "text", (e.text or "") + " "),
    }


def _counts(tree: Node, namespace: str) -> Iterator[tuple[str, bytes]]:
    """Lists filled to their limit, and one over it."""
    for node in tree.walk():
        if not 1 < node.most < MOST_REPEATS:
            continue
        root = build(tree, namespace, keep=_leads_to(node))
        first = next(e for e in root.iter() if _path(e) == node.path)
        for _ in range(node.most - 1):
            first.addnext(copy.deepcopy(first))
        yield f"{node.path} x {node.most}", _bytes(root)
        first.addnext(copy.deepcopy(first))
        yield f"{node.path} x {node.most + 1}", _bytes(root)


def _whole(data: bytes, namespace: str) -> Iterator[tuple[str, bytes]]:
    """The same document in other namespaces and spellings."""
    name = namespace.encode()
    yield "namespace with a slash", data.replace(name, name + b"/")
    yield "namespace in lower case", data.replace(name, name.lower())
    yield "no namespace at all", data.replace(b' xmlns="' + name + b'"', b"")
    yield "byte order mark", b"\xef\xbb\xbf" + data
    yield "declaration", b'<?xml version="1.0" encoding="utf-8"?>\n' + data
    yield "comment before the root", b"<!-- c -->" + data
    yield "indented", etree.tostring(etree.fromstring(data), pretty_print=True)


def _path(element: etree._Element) -> str:
    names = [etree.QName(e).localname for e in (element, *element.iterancestors())]
    return "/" + "/".join(reversed(names))


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="utf-8")
