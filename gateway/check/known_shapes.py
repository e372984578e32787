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


_SHAPES: OrderedDict[tuple[str, Hashable], list[_Place]] = OrderedDict()


def check_known(tree: Tree, known: Known, name: str, search: Callable[[], list[Stand]]) -> list[Finding]:
    """The findings of the rules for a tree whose leaves are ``known``. ``search`` finds where rules stand."""
    key = (name, known.shape)
    places = _SHAPES.get(key)
    if places is None:
        places = _SHAPES[key] = [
            _Place(stand.steps, stand.path, rule, _texts_read(rule, stand.path, known.values))
            for stand in search()
            for rule in stand.rules
        ]
        if len(_SHAPES) > MOST_SHAPES:
            _SHAPES.popitem(last=False)
    else:
        _SHAPES.move_to_end(key)
    found: list[Finding] = []
    for place in places:
        said = place.findings(tree, known.values)
        if said:
            found += said
    return found


def _texts_read(
    rule: CompiledRule, on: str, values: Mapping[str, Any]
) -> Callable[[Mapping[str, Any]], Any] | None:
    """A function that picks the texts which decide what a rule says here; None where that is not known."""
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
    return itemgetter(*read) if read else _nothing


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
