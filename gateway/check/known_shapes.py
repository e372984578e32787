"""Rules over documents of a shape that was met before: the same findings, with less to ask.

Where rules stand follows from which leaves a document has; so it is searched once for each shape. And a rule
that reads only some leaves says the same whenever these have the same texts: its answers are kept by those
texts. Units, codes, dates and standards recur from record to record, figures do not; a memory that does not
help is given up.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.check.access import resolve
from gateway.formats.leaves import Tree
from gateway.model.finding import Finding

if TYPE_CHECKING:
    from gateway.check.rules import CompiledRule, Stand

MOST_SHAPES = 512
"""Shapes that are kept; the one used longest ago goes first."""

MOST_ANSWERS = 64
"""Answers that are kept of one rule at one node; when they are full and have not helped as often, no more are."""


SETTLED = 64
"""After so many documents of a shape, the rules whose answers recurred are asked together."""


class Known(NamedTuple):
    """The leaves of a document without nulls and empty values. ``shape`` is the same for two documents of
    one format only if they have the same leaves; ``values`` maps each path to its text."""

    shape: Hashable
    values: Mapping[str, Any]


@dataclass(slots=True)
class _Place:
    """A rule at a node, and its answers by the texts it reads; ``texts`` is None where these do not help."""

    steps: tuple[str | int, ...]
    path: str
    rule: CompiledRule
    read: tuple[str, ...]
    texts: Callable[[Mapping[str, Any]], Any] | None
    answers: dict[Any, list[Finding]] = field(default_factory=dict)
    helped: int = 0

    def findings(self, tree: Tree, values: Mapping[str, Any]) -> list[Finding]:
        """What the rule says of this tree; it is asked only where its answer is not known."""
        if self.texts is None:
            return self.rule.findings(tree, node_at(tree, self.steps), self.path)
        texts = self.texts(values)
        known = self.answers.get(texts)
        if known is not None:
            self.helped += 1
            return known
        found = self.rule.findings(tree, node_at(tree, self.steps), self.path)
        if len(self.answers) < MOST_ANSWERS:
            self.answers[texts] = found
        else:
            self.texts = self.texts if self.helped >= MOST_ANSWERS else None
            self.answers, self.helped = {}, 0
        return found


def node_at(tree: Tree, steps: Iterable[str | int]) -> Tree:
    """The node that these keys and indices lead to; they are known to lead somewhere."""
    for step in steps:
        tree = tree[step]
    return tree


@dataclass(slots=True)
class _Shape:
    """The rules of a shape. Once it is known which of them read what recurs, these are asked all at once."""

    places: list[_Place]
    met: int = 0
    steady: list[tuple[int, _Place]] = field(default_factory=list)
    moving: list[tuple[int, _Place]] = field(default_factory=list)
    texts: Callable[[Mapping[str, Any]], Any] | None = None
    answers: dict[Any, list[tuple[int, Finding]]] = field(default_factory=dict)

    def findings(self, tree: Tree, values: Mapping[str, Any]) -> list[Finding]:
        """What all rules say of a tree, in the order of their places."""
        self.met += 1
        if self.met == SETTLED:
            self._settle()
        if self.texts is None:
            return [item for _, item in _asked(enumerate(self.places), tree, values)]
        texts = self.texts(values)
        steady = self.answers.get(texts)
        if steady is None:
            steady = _asked(self.steady, tree, values)
            if len(self.answers) >= MOST_ANSWERS:
                self.answers = {}
            self.answers[texts] = steady
        moving = _asked(self.moving, tree, values)
        found = sorted([*steady, *moving], key=itemgetter(0)) if steady and moving else steady or moving
        return [item for _, item in found]

    def _settle(self) -> None:
        for index, place in enumerate(self.places):
            recurs = place.texts is not None and place.helped * 8 > self.met * 7
            (self.steady if recurs else self.moving).append((index, place))
        read = dict.fromkeys(path for _, place in self.steady for path in place.read)
        if len(read) > 1:
            self.texts = itemgetter(*read)


def _asked(
    places: Iterable[tuple[int, _Place]], tree: Tree, values: Mapping[str, Any]
) -> list[tuple[int, Finding]]:
    found: list[tuple[int, Finding]] = []
    for index, place in places:
        if place.texts is None:
            said = place.rule.findings(tree, node_at(tree, place.steps), place.path)
        else:
            said = place.findings(tree, values)
        if said:
            found += [(index, item) for item in said]
    return found


_SHAPES: OrderedDict[tuple[str, Hashable], _Shape] = OrderedDict()


def check_known(tree: Tree, known: Known, name: str, search: Callable[[], list[Stand]]) -> list[Finding]:
    """The findings of the rules for a tree whose leaves are ``known``. ``search`` finds where rules stand."""
    key = (name, known.shape)
    shape = _SHAPES.get(key)
    if shape is None:
        places = [_place(stand, rule, known.values) for stand in search() for rule in stand.rules]
        shape = _SHAPES[key] = _Shape(places)
        if len(_SHAPES) > MOST_SHAPES:
            _SHAPES.popitem(last=False)
    else:
        _SHAPES.move_to_end(key)
    return shape.findings(tree, known.values)


def _place(stand: Stand, rule: CompiledRule, values: Mapping[str, Any]) -> _Place:
    read = _leaves_read(rule, stand.path, values)
    if read is None:
        return _Place(stand.steps, stand.path, rule, (), None)
    return _Place(stand.steps, stand.path, rule, tuple(read), itemgetter(*read) if read else _nothing)


def _leaves_read(rule: CompiledRule, on: str, values: Mapping[str, Any]) -> dict[str, None] | None:
    """The leaves whose texts decide what a rule says here; None where that is not known."""
    read: dict[str, None] = {}
    for path in rule.reads():
        if path is None:
            return None
        full = resolve(path, on)
        if "*" in full:
            pattern = re.compile(re.escape(full).replace(r"\*", "[^/]+"))
            read.update((leaf, None) for leaf in values if pattern.fullmatch(leaf))
        elif full in values:  # a group, or nothing, is the same in every document of the shape
            read[full] = None
    return read


def _nothing(_values: Mapping[str, Any]) -> Any:
    return ()


def paths_in(
    expression: Any, of_predicate: Callable[[str, Mapping[str, Any]], list[str] | None]
) -> Iterator[str | None]:
    """Every path that an expression reads; None for a predicate that does not say what it reads."""
    if "predicate" in expression:
        read = of_predicate(expression["predicate"], expression.get("with", {}))
        yield from [None] if read is None else read
        return
    for word in ("present", "absent", "at_most_one", "sum"):
        named = expression.get(word, ())
        yield from [named] if isinstance(named, str) else named
    for word in ("path", "equals"):
        if word in expression:
            yield expression[word]
    for value in expression.values():
        if isinstance(value, Mapping):
            yield from paths_in(value, of_predicate)
    for word in ("all", "any", "implies"):
        for part in expression.get(word, ()):
            yield from paths_in(part, of_predicate)
