"""Elements of a shape seen before: what the engine did for one is repeated for the next with its own values.

Which rows apply to an element follows from the paths of its leaves and from the parts of the record that it
names. So the first element of a shape goes the whole journey, and from what the engine did a template is made:
its leaves that came from the element itself are places for values, all else stands. The second goes the
whole journey too, and the template is used only if it gives the very same bytes, entries and tree.
What the template cannot settle (a lens refuses, a sign that needs care) goes back to the engine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.bulk.places import Places
from gateway.bulk.template import NoTemplate, Template, has_marks, json_line, json_text, mark, xml_text
from gateway.check.long_list import ListRules, Place, places_met
from gateway.check.rules import CompiledRule
from gateway.formats.leaves import at, segments, text_of
from gateway.formats.xml_parts import element
from gateway.route import Journey
from gateway.translate.crossing import EXACT_COPY, Carried
from gateway.translate.ledger import Entry, Explained, entry_of
from gateway.translate.lens import LensRefusal
from gateway.translate.mapping import Row

NEAR, FAR = 0, 1
"""The numbers of the two places that every template has: where the element stands in source and target."""

FIRST = 2
"""Values of the element follow; then the results of lenses, then the lines of the ledger that tell of them."""


class Move(NamedTuple):
    """One row with a lens, applied to one leaf of the element."""

    number: int
    item: Carried
    lifting: Carried
    explained: Mapping[str, Explained]

    def repeated(self, value: Any) -> tuple[Any, Entry]:
        """The result and the entry for another value. Raises LensRefusal where the lens does."""
        row = self.item.row
        assert isinstance(row, Row)
        out = row.lens.lower(value, _nothing_else)
        if row.meaning != "same":
            fidelity = "converted" if out.fidelity == "exact" else out.fidelity
            note = "; ".join(filter(None, (f"meaning: {row.meaning}", row.note, out.note)))
            out = out._replace(fidelity=fidelity, note=note)
        item = self.item._replace(before=value, out=out)
        origins = {self.lifting.targets[0]: [self.lifting._replace(before=value)]}
        return out.value, entry_of(item, origins, self.explained)


def _nothing_else(path: str) -> Any:
    raise NoTemplate(path)


class Live(NamedTuple):
    """A rule that stands where a value of the element stands: asked again for each."""

    rule: CompiledRule
    holder: Any
    step: Any
    path: str


class Made(NamedTuple):
    """One element carried: its bytes, its lines of the ledger, and how many entries of each fidelity."""

    xml: str
    lines: str
    counts: Mapping[str, int]
    targets: int


class Shape:
    """What is known of a shape. ``findings`` are those that every element of the shape has."""

    def __init__(self, journey: Journey, places: Places, rules: ListRules, head: Mapping[str, Any]) -> None:
        ledger = journey.ledger
        assert ledger is not None
        goods = journey.lowered.tree.get(rules.name) or []
        if len(goods) != 1 or journey.lowered.findings:
            raise NoTemplate
        self._places, self._document = places, {**head, rules.name: goods}
        self._good = goods[0]
        self._values = [(p, v) for p, v in journey.values.items() if places.is_own(p)]
        self._number = {path: FIRST + n for n, (path, _) in enumerate(self._values)}
        self._moves: list[Move] = []
        self._slots: list[tuple[Any, Any, int]] = []
        self._counts = Counter[str]()
        self.targets = 0
        own = [e for e in ledger.entries if any(map(places.is_own, (*e.source, *e.target)))]
        if any(has_marks(text) for e in own for text in (e.before or "", e.after or "", e.note)):
            raise NoTemplate
        self._lines = Template.of("".join(self._line(entry, journey) for entry in own))
        varying = {(id(holder), step) for holder, step, _ in self._slots}
        self._live = live_rules(rules.element, goods, 0, f"{rules.path}/0", varying)
        self._xml = self._written(journey.wish.to, rules.name)
        failing = {live.rule.rule.id for live in self.broken()}
        self.findings = [
            item for item in journey.findings if places.concerns(item) and item.rule not in failing
        ]

    # --- learning -------------------------------------------------------------------------------------

    def _line(self, entry: Entry, journey: Journey) -> str:
        """The line of an entry with marks: for the two indices, and for what depends on the element's values."""
        own = [path for path in entry.source if self._places.is_own(path)]
        self.targets += len(entry.target)
        if not own:
            self._counts[entry.fidelity] += 1
            return self._marked(entry)
        if len(entry.source) != 1:
            raise NoTemplate
        number = self._number[own[0]]
        if not entry.target:
            self._counts[entry.fidelity] += 1
            return self._marked(entry._replace(before=mark(number)))
        item = next(c for c in journey.lowered.carried if c.targets == entry.target)
        if len(entry.target) != 1 or not isinstance(item.row, Row) or len(item.sources) != 1:
            raise NoTemplate
        holder, step = holder_of(journey.lowered.tree, entry.target[0])
        if item.out is EXACT_COPY or item.row.lens.verbatim:
            if entry.before != entry.after or entry.delta:
                raise NoTemplate
            self._counts[entry.fidelity] += 1
            self._slots.append((holder, step, number))
            return self._marked(entry._replace(before=mark(number), after=mark(number)))
        return self._moving(item, own[0], holder, step, journey)

    def _moving(self, item: Carried, path: str, holder: Any, step: Any, journey: Journey) -> str:
        lifting = [c for c in journey.lifted.carried if path in c.targets]
        if len(lifting) != 1 or lifting[0].out is not EXACT_COPY:
            raise NoTemplate
        explained = {p: journey.explained[p] for p in item.sources if p in journey.explained}
        made = Move(self._number[path], item, lifting[0], explained)
        values, count = len(self._values), len(self._moves)
        self._moves.append(made)
        self._slots.append((holder, step, FIRST + values + 2 * count))
        return mark(FIRST + values + 2 * count + 1)

    def _marked(self, entry: Entry) -> str:
        near, far = mark(NEAR), mark(FAR)
        source = tuple(_at(path, near, self._places) for path in entry.source)
        target = tuple(_at(path, far, self._places) for path in entry.target)
        return json_line(entry._replace(source=source, target=target).as_json())

    def _written(self, format_id: str, name: str) -> Template:
        kept = [(holder, step, holder[step]) for holder, step, _ in self._slots]
        for holder, step, number in self._slots:
            holder[step] = mark(number)
        text = element(format_id, name, self._good).decode()
        for holder, step, value in kept:
            holder[step] = value
        return Template.of(text)

    # --- repeating ------------------------------------------------------------------------------------

    def repeated(self, values: Sequence[tuple[str, Any]], near: int, far: int, *, lines: bool) -> Made | None:
        """Another element of this shape; None where the engine has to look. ``lines``: with its ledger."""
        texts = [value if type(value) is str else text_of(value) for _, value in values]
        raw: list[Any] = [str(near), str(far), *texts]
        counts = Counter(self._counts)
        told: list[str] = []
        try:
            for move in self._moves:
                value, entry = move.repeated(values[move.number - FIRST][1])
                counts[entry.fidelity] += 1
                raw += [text_of(value), ""]
                told.append(json_line(self._places.entry(entry, near, far).as_json()) if lines else "")
            for holder, step, number in self._slots:
                holder[step] = raw[number]
            xml = self._xml.filled([xml_text(text) for text in raw])
        except (LensRefusal, NoTemplate):
            return None
        if not lines:
            return Made(xml, "", counts, self.targets)
        shown = [json_text(text) for text in raw]
        for number, line in enumerate(told):
            shown[FIRST + len(texts) + 2 * number + 1] = line
        return Made(xml, self._lines.filled(shown), counts, self.targets)

    def broken(self) -> list[Live]:
        """The rules that the element repeated last does not obey, of those that its values decide."""
        document, found = self._document, []
        for live in self._live:
            node = live.holder[live.step]
            rule = live.rule
            if rule.when is not None and rule.when(document, node):
                continue
            if rule.require(document, node):
                found.append(live)
        return found

    @property
    def element(self) -> Any:
        """The element repeated last, as a tree of the target."""
        return self._good


def live_rules(place: Place, root: Any, first: Any, path: str, varying: set[tuple[int, Any]]) -> list[Live]:
    """The rules at and below ``root[first]`` whose answer depends on a varying leaf."""
    found = []
    for rule, steps in places_met(place, root[first]):
        holder, last = root, first
        for step in steps:
            holder, last = holder[last], step
        live = Live(rule, holder, last, path + "".join(f"/{step}" for step in steps))
        if _touches(live, varying):
            found.append(live)
    return found


def _touches(live: Live, varying: set[tuple[int, Any]]) -> bool:
    """Whether a value of the element stands at or below the node of a rule."""
    if (id(live.holder), live.step) in varying:
        return True
    nodes = [live.holder[live.step]]
    while nodes:
        node = nodes.pop()
        pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for step, below in pairs:
            if (id(node), step) in varying:
                return True
            nodes.append(below)
    return False


def holder_of(tree: Any, path: str) -> tuple[Any, Any]:
    """The dict or list that holds a leaf, and the leaf's key or index in it."""
    parent, _, _ = path.rpartition("/")
    last = segments(path)[-1]
    holder = at(tree, parent)
    return holder, int(last) if isinstance(holder, list) else last


def _at(path: str, here: str, places: Places) -> str:
    if not places.is_own(path):
        return path
    start = places.target if path.startswith(f"{places.target}/") else places.source
    return f"{start}/{here}{path[len(start) + 2 :]}"
