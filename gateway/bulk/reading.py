"""A very long report checked as it streams by: schema, rules of the report, rules of the record, good by good.

What is said of each good is what ``check`` says of a report with this good alone, at its place in the list;
what needs all goods (numbers that ascend) is asked at the end. The schema judges the stream itself; only where
it finds a fault is the file read again, to name the element and its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from gateway.bulk.lifted import LiftedShape
from gateway.bulk.tally import Findings, too_many
from gateway.bulk.template import NoTemplate
from gateway.check.document import check_record, join_of, lift_whole, of_good_form
from gateway.check.long_list import KeptElements, list_rules
from gateway.check.recognise import recognise
from gateway.check.rules import check_rules
from gateway.check.schema import xml_schema
from gateway.check.xml_stream import judged_elements, most_elements, with_lines
from gateway.formats.leaves import leaf_list
from gateway.formats.registry import Document, formats, hidden_characters, resolve
from gateway.formats.shape import Node, shape
from gateway.formats.xml_parser import GUARDS
from gateway.formats.xml_stream import long_elements
from gateway.formats.xml_tree import read_xml
from gateway.methods.join import join_table
from gateway.model.finding import Finding, Refused, finding

MOST_SHAPES = 512
_HIDDEN = re.compile("[\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What a text of a parsed document may hold that a reader does not see."""


def is_long_report(name: str) -> bool:
    """Whether a file is XML and as long as the catalogue says."""
    rows = [
        known.body["long"] for known in formats().values() if "xml" in known.syntax and "long" in known.body
    ]
    path = Path(name)
    try:
        if name == "-" or not path.is_file() or path.stat().st_size < min(row["bytes"] for row in rows):
            return False
        with path.open("rb") as handle:
            return handle.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    except (OSError, ValueError):
        return False


def format_of(name: str) -> str:
    """The format of a long report, by its root element, and its version, by what stands up to its first element.

    Raises Refused where it is none that has a list.
    """
    root = _root_of(Path(name))
    for known in formats().values():
        same = known.body.get("root") == root.localname and known.body.get("namespace") == root.namespace
        if same and "long" in known.body:
            beginning = _beginning(Path(name), f"{{{root.namespace}}}{known.body['long']['list']}")
            return resolve(known.name) if beginning is None else recognise(known.name, beginning).format_id
    raise Refused(
        finding("FORMAT-XML-ROOT", stage="read", root=root.localname, namespace=root.namespace or "-")
    )


def _beginning(path: Path, element: str) -> etree._Element | None:
    """The document up to the end of the first element of its list; None where it has none or is no XML."""
    try:
        with path.open("rb") as handle:
            for _, first in etree.iterparse(handle, events=("end",), tag=element, **GUARDS):
                beginning: etree._Element = first.getroottree().getroot()
                return beginning
    except etree.XMLSyntaxError:
        pass  # the hardened parser says what is wrong
    return None


def _root_of(path: Path) -> etree.QName:
    try:
        with path.open("rb") as handle:
            for _, element in etree.iterparse(handle, events=("start",), **GUARDS):
                return etree.QName(element)
    except etree.XMLSyntaxError:
        pass  # the hardened parser says what is wrong
    return etree.QName("-")


def check_long(name: str, format_id: str, profile: str | None = None) -> list[Finding]:
    """The findings of a very long report, in flat memory.

    Raises Refused for what is no such document, and for one good more than the schema allows.
    """
    check = _LongCheck(format_id, profile)
    with Path(name).open("rb") as handle:
        valid = check.stream(handle)
        if not valid:
            check.name_faults(handle)
        check.ask_across()
        found = check.findings.told()
        return found if valid else with_lines(found, handle, _repeats(shape(format_id)))


class _LongCheck:
    def __init__(self, format_id: str, profile: str | None) -> None:
        self._format, self._profile = format_id, profile
        name = format_id.partition("@")[0]
        self._list = str(formats()[name].body["long"]["list"])
        self._rules = list_rules(format_id, f"/{self._list}", profile)
        near = join_table(str(join_of(format_id)))["each"] if join_of(format_id) else "/-"
        self._of_record = list_rules("canonical", near, profile).ids_across
        self._kept = KeptElements(self._rules)
        self._shapes: dict[Any, LiftedShape | None] = {}
        self._moved = _Moved(self._list, join_of(format_id))
        self._head: dict[str, Any] = {}
        self._around: list[Finding] = []
        self._lots = 0
        self.findings = Findings()

    def stream(self, handle: BinaryIO) -> bool:
        """Every good once; answers whether the schema found no fault. Ends at the first good too many."""
        most = most_elements(self._format, self._list)
        node = shape(self._format).children[self._list]
        schema, _ = xml_schema(self._format)
        elements = long_elements(self._format, self._list, handle, schema)
        for index, element in elements:
            if index == 0:
                self._begin(elements.root)
            if index == most:
                raise Refused(too_many(index + 1, most, self._list, f"/{self._list}"))
            self._one(index, read_xml(element, node))
        if not elements.count:
            self._begin(elements.root)
        return elements.conforms

    def _begin(self, root: Any) -> None:
        """What stands before the list: its rules are asked once."""
        whole = read_xml(root, shape(self._format)) if root is not None else {}
        self._head = {key: value for key, value in whole.items() if key != self._list}
        self._ask_head()

    def _ask_head(self, said: Iterable[Finding] = ()) -> None:
        """The rules on what stands before the list; ``said`` is what the schema has to say of it."""
        self.findings.add(hidden_characters(b"\x7f", self._head))
        found = of_good_form(check_rules(self._head, self._format, self._profile), [*said])
        self.findings.add(item for item in found if item.rule not in self._rules.ids_across)

    def _one(self, index: int, good: dict[str, Any], said: Iterable[Finding] = ()) -> None:
        """One good; ``said`` is what the schema has to say of it."""
        self._kept.add(good)
        found = [*said, *self._rules.of_element(self._head, good, 0)]
        values = leaf_list(good, f"/{self._list}/0")
        if any(type(value) is str and _HIDDEN.search(value) for _, value in values):
            found += hidden_characters(b"\x7f", {self._list: [good]})
        if found or self._around or self._obeys(good, values) is not True:
            found = self._by_engine(good, found)
        if found:
            self.findings.add(self._moved.finding(item, index, self._lots) for item in found)
        self._lots += self._moved.lots(good)

    def _obeys(self, good: dict[str, Any], values: list[tuple[str, Any]]) -> bool | None:
        key = tuple([path for path, _ in values])
        if not all(value for _, value in values):
            return None  # an empty element is the engine's business
        known = self._shapes.get(key)
        if known is not None:
            return known.obeys(values)
        if key not in self._shapes and len(self._shapes) < MOST_SHAPES:
            try:
                self._shapes[key] = LiftedShape(self._alone(good), self._list, self._of_record, self._profile)
            except NoTemplate:
                self._shapes[key] = None
        return None

    def _alone(self, good: dict[str, Any] | None) -> Document:
        goods = {} if good is None else {self._list: [good]}
        return Document(self._format, {**self._head, **goods}, b"", "xml")

    def _by_engine(self, good: dict[str, Any] | None, found: list[Finding]) -> list[Finding]:
        by_schema = [item for item in (*self._around, *found) if item.stage != "rules"]
        known = [*by_schema, *of_good_form([item for item in found if item.stage == "rules"], by_schema)]
        lifted, view = lift_whole(self._alone(good))
        explained = view.explained if view is not None else None
        of_record = check_record(self._format, lifted, known, self._profile, explained)
        return [*known, *(item for item in of_record if item.rule not in self._of_record)]

    def name_faults(self, handle: BinaryIO) -> None:
        """The whole once more, each good judged by the schema first: what it says comes before all else."""
        self.findings, self._kept, self._lots = Findings(), KeptElements(self._rules), 0
        node = shape(self._format).children[self._list]
        begun = False
        for index, element, own, around in judged_elements(self._format, self._list, handle):
            if not begun:
                self._ask_head(around)
                begun = True
            self._around = around
            if element is not None:
                self._one(index, read_xml(element, node), own)
            else:
                self.findings.add(self._by_engine(None, []))
        if not begun:
            self._ask_head()

    def ask_across(self) -> None:
        """The rules that look across the goods."""
        self.findings.add(self._kept.findings(self._head))


def _repeats(root: Node) -> Callable[[str], bool]:
    def repeated(pattern: str) -> bool:
        node: Node | None = root
        for part in pattern.split("/")[1:]:
            node = node.children.get(part) if node is not None else None
        return node is not None and node.repeated

    return repeated


class _Moved:
    """Findings of a good that was looked at alone, at their place in the whole report.

    The record behind a report has a good, a process and an installation for each lot, in the order of lots.
    """

    def __init__(self, name: str, join: str | None) -> None:
        table: Mapping[str, Any] = join_table(join) if join else {"row": (), "view": "/-", "each": "/-"}
        by_lot = {row["from"].split("/{")[0] for row in table["row"] if re.search(r"/\{[gps]\}", row["from"])}
        by_good = [f"/{name}", table["view"], table["each"]]
        self._good = re.compile(f"(?:{'|'.join(map(re.escape, by_good))})/0(?=/|$)")
        self._lot = re.compile(f"((?:{'|'.join(map(re.escape, sorted(by_lot))) or '/-'})/)([0-9]+)(?=/|$)")
        self._name = name

    def finding(self, item: Finding, index: int, lots: int) -> Finding:
        values = {key: self._path(value, index, lots) for key, value in item.values.items()}
        path, origin = self._path(item.path, index, lots), self._path(item.origin, index, lots)
        return replace(item, path=path, origin=origin, values=values)

    def _path(self, path: str, index: int, lots: int) -> str:
        if not path.startswith("/"):
            return path
        if (met := self._good.match(path)) is not None:
            return f"{met[0][:-1]}{index}{path[met.end() :]}"
        if (met := self._lot.match(path)) is not None:
            return f"{met[1]}{int(met[2]) + lots}{path[met.end() :]}"
        return path

    def lots(self, good: Mapping[str, Any]) -> int:
        """How many lots a good has: the longest list inside it that the view takes lots from."""
        return len(good.get("GoodsEmissions") or ())
