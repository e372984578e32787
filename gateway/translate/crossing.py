"""What one direction of a translation makes: the new tree, what was carried and by which row, what was left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway.model.finding import Finding
from gateway.translate.lens import Out
from gateway.translate.mapping import Default, Drop, Law, Row


class Carried(NamedTuple):
    """One row (or law, or default) applied once: from these paths, to those paths."""

    row: Row | Law | Default
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    before: Any
    out: Out


class Left(NamedTuple):
    """A leaf that no row carried, with the table's reason where it gives one."""

    path: str
    value: Any
    drop: Drop | None
    reason: str = ""


@dataclass(slots=True)
class Crossing:
    """What one direction made: the new tree, what was carried, what was left, and the findings."""

    tree: dict[str, Any] = field(default_factory=dict)
    carried: list[Carried] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


class Known(NamedTuple):
    """What a residue says beforehand on the way in: see `lift`."""

    context: Mapping[str, Any] = {}
    skip: frozenset[str] = frozenset()
    rows: Mapping[str, str] = {}
    homeward: bool = False


EXACT_COPY = Out("")
"""What happened to a value that is the same text on both sides; its value is that of the leaf."""


def put(tree: dict[str, Any], path: Sequence[Any], value: Any) -> None:
    """Sets a value, making the dicts and lists on the way; list indices come in order."""
    node: Any = tree
    last = len(path) - 1
    for depth, here in enumerate(path):
        if type(node) is list:
            while len(node) <= here:
                node.append(None)
            if depth == last:
                node[here] = value
                return
            below = node[here]
        elif depth == last:
            node[here] = value
            return
        else:
            below = node.get(here)
        if below is None:
            below = node[here] = [] if type(path[depth + 1]) is int else {}
        node = below
