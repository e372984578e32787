"""A record with a very long list to a document with one: the journey of ``route.py``, an element at a time.

Each element travels as a record of its own: what all share, and this element. The engine, the tables, the
join and the rules are those of every journey, and so are the bytes, the entries and the findings; only the
place in the list is set at the end. An element of a shape that was carried before is repeated from a template
(``shapes.py``), and every thousandth of them is carried by the engine as well and must come out the same.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple

from gateway.bulk.places import Places
from gateway.bulk.shapes import Shape
from gateway.bulk.tally import Counts, Findings, Shared
from gateway.bulk.template import NoTemplate, json_line
from gateway.check.document import join_of, placed, verdicts
from gateway.check.long_list import KeptElements, list_rules
from gateway.check.origin import trace
from gateway.check.schema import validate_json
from gateway.formats.json_stream import Element
from gateway.formats.leaves import leaf_list
from gateway.formats.registry import HIDDEN, Document, formats, hidden_characters
from gateway.formats.xml_parts import element as element_bytes
from gateway.formats.xml_parts import frame
from gateway.methods.join import join_table, references
from gateway.model.finding import Finding, GatewayError, errors
from gateway.route import STEPS, Journey, Wish, translate
from gateway.translate.mapping import plan

EVERY = 1000
"""One of so many repeated elements is carried by the engine too, and compared."""

MOST_SHAPES = 512
"""Shapes remembered; further ones are carried by the engine each time."""


@dataclass(slots=True)
class LongSource:
    """A record without its long list, and the list's elements as often as they are asked for.

    ``bases`` are the documents that make up the record, the one that is translated first.
    """

    bases: list[Document]
    elements: Callable[[], Iterator[Element]]
    count: int


@dataclass(slots=True)
class LongJourney:
    """What one run knows at its end; the document and the ledger have been written on the way."""

    wish: Wish
    source: Document
    ledger: Counts = field(default_factory=Counts)
    findings: list[Finding] = field(default_factory=list)
    steps: list[tuple[str, float]] = field(default_factory=list)
    repeated: int = 0

    @property
    def verdicts(self) -> dict[str, str]:
        return verdicts(self.findings)

    @property
    def conforms(self) -> bool:
        """Whether the document may leave the house."""
        return not errors(self.findings) and self.verdicts["purpose"] == "usable"


class Outputs(NamedTuple):
    """Where the document and the lines of the ledger go; ``tell`` is None where no ledger is wanted."""

    document: BinaryIO
    tell: Callable[[str], None] | None


def can_be_long(source: str, target: str) -> bool:
    """Whether the way from one format to the other goes element by element: the join's table says so."""
    join = join_of(target)
    near, far = (formats()[name.partition("@")[0]].body.get("long") for name in (source, target))
    if join is None or near is None or far is None or not plan(source).mirror:
        return False
    if any("{document_id}" in default.value for default in plan(target).defaults):
        return False  # it is made of the digest of the whole source
    return join_table(join).get("each") == f"/{near['list']}"


class LongTranslation:
    """One run. ``run`` writes the document and the ledger; ``finish`` says what is to be said at the end."""

    def __init__(self, source: LongSource, wish: Wish, outputs: Outputs) -> None:
        first, *others = source.bases
        self._source, self._outputs = source, outputs
        self.journey = LongJourney(wish, first)
        self.findings = Findings()
        self._base = self._begun(first, others)
        near = formats()[first.format_id.partition("@")[0]].body["long"]["list"]
        far = formats()[wish.to.partition("@")[0]].body["long"]["list"]
        join = join_of(wish.to)
        assert join is not None
        self._near, self._far, self._join = near, far, join
        self._places = Places(f"/{near}", (join_table(join)["view"],), f"/{far}")
        self._of_record = list_rules("canonical", f"/{near}")
        self._of_target = list_rules(wish.to, f"/{far}")
        self._kept, self._kept_far = KeptElements(self._of_record), KeptElements(self._of_target)
        self._across = self._of_record.ids_across | self._of_target.ids_across
        self._shapes: dict[Any, Shape | None] = {}
        self._learning: dict[Any, Shape] = {}
        self._shared = Shared()
        self._head: dict[str, Any] | None = None
        self._tail = b""
        self._last: Journey | None = None
        self._from = array("L")
        """For each element of the target, the element of the source that it came from."""
        self._blamed: set[int] = set()
        mark = {"format": self._base["format"]} if "format" in self._base else {}
        self._stub = mark if not validate_json(first.format_id, mark) else self._base

    def _begun(self, first: Document, others: list[Document]) -> dict[str, Any]:
        """The shared part of the record, checked and merged by the steps of every journey."""
        begun = Journey(self.journey.wish, first, others)
        for name, step in STEPS:
            if name in ("check the source", "merge"):
                step(begun)
        self.findings.add(begun.findings)
        return begun.source.tree

    def run(self) -> None:
        """Every element carried and written, the ledger told."""
        self.journey.ledger.source_leaves = len(leaf_list(self._base))
        for element in self._source.elements():
            self._one(element)
        self._outputs.document.write(self._tail)
        self._tell_shared()

    # --- one element ----------------------------------------------------------------------------------

    def _one(self, element: Element) -> None:
        value = element.value
        values = leaf_list(value, f"/{self._near}/0")
        self.journey.ledger.source_leaves += len(values)
        self._kept.add(value)
        sound = isinstance(value, dict) and all(type(v) is str and v for _, v in values)
        sound = sound and not _hides(element.text)
        key = (tuple([path for path, _ in values]), references(value)) if sound else None
        shape = self._shapes.get(key) if key is not None else None
        near, far = element.position, len(self._from)
        if shape is not None:
            made = shape.repeated(values, near, far, lines=self._outputs.tell is not None)
            if made is not None:
                self._repeat(element, shape, made)
                if far % EVERY == 0:
                    self._compare(self._carried(element), shape, values, near, far)
                return
        self._carry(element, key, values)

    def _repeat(self, element: Element, shape: Shape, made: Any) -> None:
        near, far = element.position, len(self._from)
        self._written(made.xml.encode(), near, shape.element)
        if self._outputs.tell is not None:
            self._outputs.tell(made.lines)
        self.journey.ledger.add(made.counts)
        self.journey.ledger.target_leaves += made.targets
        self.journey.repeated += 1
        broken = self._broken(element, shape)
        if not broken:
            told = [item for item in shape.findings if item.rule not in self._across]
            self.findings.add(self._places.finding(item, near, far) for item in told)
        elif self.findings.is_full(broken):
            self.findings.more(broken)
        else:
            self._blame(self._carried(element), near, far)

    def _broken(self, element: Element, shape: Shape) -> set[str]:
        """The rules that this element does not obey, source and target; empty for nearly all."""
        alone = {**self._stub, self._near: [element.value]}
        said = validate_json(self.journey.source.format_id, alone, numbers=False)
        said += self._of_record.of_element(self._base, element.value, element.position)
        return {item.rule for item in said} | {live.rule.rule.id for live in shape.broken()}

    def _carried(self, element: Element) -> Journey:
        """The whole journey of one element, as a record of its own."""
        first = self.journey.source
        tree = {**self._base, self._near: [element.value]}
        alone = Document(first.format_id, tree, first.data, first.syntax, places=first.places)
        alone.findings += hidden_characters(element.text.encode(), {self._near: [element.value]})
        return translate(alone, self.journey.wish)

    def _carry(self, element: Element, key: Any, values: list[tuple[str, Any]]) -> None:
        journey = self._carried(element)
        near, far = element.position, len(self._from)
        self._learn(journey, key, values, near, far)
        self._blame(journey, near, far)
        assert journey.ledger is not None
        if self._head is None:
            self._begin(journey)
        own = [e for e in journey.ledger.entries if self._is_own(e)]
        self._share(journey, own)
        goods = journey.lowered.tree.get(self._far) or []
        for good in goods:
            self._written(element_bytes(self.journey.wish.to, self._far, good), near, good)
        if self._outputs.tell is not None:
            for entry in own:
                self._outputs.tell(json_line(self._places.entry(entry, near, far).as_json()))
        self.journey.ledger.add(Counter(entry.fidelity for entry in own))
        self.journey.ledger.target_leaves += sum(len(entry.target) for entry in own)

    def _is_own(self, entry: Any) -> bool:
        return any(map(self._places.is_own, (*entry.source, *entry.target)))

    def _share(self, journey: Journey, own: list[Any]) -> None:
        assert journey.ledger is not None
        mine = set(map(id, own))
        entries = journey.ledger.entries
        self._shared.add(entries, [e for e in entries if id(e) not in mine], self._places.is_own)
        self._last = journey

    def _begin(self, journey: Journey) -> None:
        """The head of the document: it follows from what all elements share."""
        self._head = {k: v for k, v in journey.lowered.tree.items() if k != self._far}
        before, self._tail = frame(self.journey.wish.to, self._head, self._far)
        self._outputs.document.write(before)

    def _written(self, data: bytes, near: int, good: Any) -> None:
        self._outputs.document.write(data)
        self._from.append(near)
        self._kept_far.add(good)

    def _blame(self, journey: Journey, near: int, far: int) -> None:
        found = [item for item in journey.findings if item.rule not in self._across]
        found = [
            item for item in found if item.path != f"/{self._near}"
        ]  # the list is there, whatever it holds
        if not journey.lowered.tree.get(self._far):  # the list lacks this one element, not every one
            found = [item for item in found if item.stage != "schema" or item.path != f"/{self._far}/0"]
        self.findings.add(
            self._places.finding(item, near, far) if self._places.concerns(item) else item for item in found
        )
        if any(item.stage == "schema" for item in found):
            self._blamed.add(far)

    # --- shapes ---------------------------------------------------------------------------------------

    def _learn(self, journey: Journey, key: Any, values: list[Any], near: int, far: int) -> None:
        """The first of a shape makes the template, the second must come out of it just as the engine made it."""
        if key is None or self._shapes.get(key, key) is None or len(self._shapes) >= MOST_SHAPES:
            return
        known = self._learning.pop(key, None)
        if known is not None:
            same = self._same(journey, known, values, near, far)
            self._shapes[key] = known if same else None
            return
        if len(self._learning) < MOST_SHAPES and key not in self._shapes:
            try:
                head = {k: v for k, v in journey.lowered.tree.items() if k != self._far}
                self._learning[key] = Shape(journey, self._places, self._of_target, head)
            except NoTemplate:
                self._shapes[key] = None

    def _same(self, journey: Journey, shape: Shape, values: list[Any], near: int, far: int) -> bool:
        made = shape.repeated(values, near, far, lines=True)
        goods = journey.lowered.tree.get(self._far) or []
        if made is None or len(goods) != 1:
            return False
        assert journey.ledger is not None
        moved = [self._places.entry(e, near, far) for e in journey.ledger.entries if self._is_own(e)]
        lines = sorted(made.lines.splitlines(keepends=True))
        xml = element_bytes(self.journey.wish.to, self._far, goods[0]).decode()
        told = sorted(json_line(entry.as_json()) for entry in moved)
        return (made.xml, lines, made.targets) == (xml, told, sum(len(e.target) for e in moved))

    def _compare(self, journey: Journey, shape: Shape, values: list[Any], near: int, far: int) -> None:
        if not self._same(journey, shape, values, near, far):
            raise GatewayError(f"the template of a shape and the engine differ at /{self._near}/{near}")

    # --- the end --------------------------------------------------------------------------------------

    def _tell_shared(self) -> None:
        head = {path for path, _ in leaf_list(self._head)} if self._head else set[str]()
        entries = self._shared.entries({path for path, _ in leaf_list(self._base)}, head)
        if self._outputs.tell is not None:
            for entry in entries:
                self._outputs.tell(json_line(entry.as_json()))
        self.journey.ledger.add(Counter(entry.fidelity for entry in entries))
        self.journey.ledger.target_leaves += len(head)

    def finish(self, bad: Iterator[tuple[int, list[Finding]]]) -> LongJourney:
        """The rules across elements, and what the schema says of the written document: ``bad``, by element."""
        self._name_bad(bad)
        across = self._kept.findings(self._base)
        self.findings.add(item.traced(item.path) for item in across)
        self.findings.add(self._traced(self._kept_far.findings(self._head or {})))
        self.journey.findings = placed(self.findings.told(), self.journey.source)
        return self.journey

    def _name_bad(self, bad: Iterator[tuple[int, list[Finding]]]) -> None:
        """Elements that turned out invalid once written: carried once more, so that the sender's field is named."""
        wanted: set[int] = set()
        for far, found in bad:
            rules = {item.rule for item in found}
            if far in self._blamed or far < 0:
                continue
            if self.findings.is_full(rules) or len(wanted) >= 200:
                self.findings.more(rules)
            else:
                wanted.add(far)
        if not wanted:
            return
        at = {self._from[far]: far for far in wanted}
        for element in self._source.elements():
            if element.position in at:
                self._blame(self._carried(element), element.position, at[element.position])

    def _traced(self, found: list[Finding]) -> Iterator[Finding]:
        """Findings across the elements of the target, each with the sender's own field."""
        journey = self._last
        named = {item.origin or item.path for item in errors(self.findings.told())}
        for item in found:
            far = _number(item.path)
            if journey is None or journey.ledger is None or far is None:
                yield item
                continue
            start = f"/{self._far}/{far}"
            alone = replace(item, path=f"/{self._far}/0{item.path.removeprefix(start)}")
            origin = trace([alone], journey.ledger, journey.target_plan, journey.source_plan, self._join)[
                0
            ].origin
            moved = item.traced(self._places.moved(origin, self._from[far], far))
            if (moved.origin or moved.path) not in named:
                yield moved


def _number(path: str) -> int | None:
    """The place in the list of a path, where it has one."""
    return next((int(part) for _, part in pairwise(path.split("/")) if part.isdigit()), None)


def _hides(text: str) -> bool:
    """Whether a text may hold a control or direction character, plain or escaped."""
    return "\\u" in text or HIDDEN.search(text) is not None
