"""Outlines met before: the leaves of a tree whose groups have the same keys, without naming every path again.

The records of a batch have the same fields, so most of what a walk over them finds is known: only the values
are new. An outline says, group by group and level by level, which keys or how many elements stand there; a tree
that agrees with it in every group has its paths. A tree that does not is walked as any other.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, NamedTuple

from gateway.formats.leaves import Tree, escape, leaf_map

MOST_OUTLINES = 512
"""Outlines that are kept; beyond that all are learnt anew."""

MOST_LEAVES = 5_000
"""Leaves of a tree whose outline is worth keeping: a larger one is no form that is filled in often."""

_NO_LEAVES = (dict, list)


class Outline(NamedTuple):
    """The paths of all leaves in document order, how many keys the objects have together, and the depth."""

    paths: tuple[str, ...]
    keys: int
    depth: int
    pick: Callable[[list[Any]], tuple[Any, ...]]
    """The leaves out of all nodes, level by level."""


_Step = tuple[int, "Outline | None", dict[Any, Any]]
"""Where the next group stands among the nodes met so far; the outline where there is no further group; and
where the keys of the group, or its length, lead on: to another step."""

_FIRST: _Step = (0, None, {})
_kept: list[Outline] = []


def outlined(tree: Tree) -> tuple[Outline, tuple[Any, ...]] | None:
    """The outline of a tree and its leaves in document order; None where no tree like it was met before."""
    (at, outline, below), nodes = _FIRST, [tree]
    while outline is None:
        node = nodes[at]
        kind = type(node)
        if kind is dict:
            step = below.get(tuple(node))
            nodes += node.values()
        elif kind is list:
            step = below.get(len(node))
            nodes += node
        else:
            return None
        if step is None:
            return None
        at, outline, below = step
    found = outline.pick(nodes)
    kinds = set(map(type, found))
    return None if dict in kinds or list in kinds else (outline, found)


def known_leaf_map(tree: Tree) -> dict[str, Any]:
    """What `leaf_map` gives; sooner for a tree whose outline was met before, and learnt for the next one."""
    known = outlined(tree)
    if known is not None:
        return dict(zip(known[0].paths, known[1], strict=True))
    found = leaf_map(tree)
    if 1 < len(found) <= MOST_LEAVES and not any(type(value) in _NO_LEAVES for value in found.values()):
        _learn(tree, found)
    return found


def _learn(tree: Tree, leaves: dict[str, Any]) -> None:
    """Keep the outline of a tree whose leaves are these."""
    nodes, paths, groups, keys = [tree], [""], [], 0
    for at, node in enumerate(nodes):  # grows as it goes
        if type(node) not in _NO_LEAVES:
            continue
        groups.append(at)
        keys += len(node) if type(node) is dict else 0
        for name, value in node.items() if type(node) is dict else enumerate(node):
            paths.append(f"{paths[at]}/{escape(str(name))}")
            nodes.append(value)
    places = {path: at for at, path in enumerate(paths)}
    depth = max(path.count("/") for path in leaves)
    outline = Outline(tuple(leaves), keys, depth, itemgetter(*(places[path] for path in leaves)))
    if len(_kept) >= MOST_OUTLINES:
        _FIRST[2].clear()
        _kept.clear()
    _kept.append(outline)
    below = _FIRST[2]
    for at, then in zip(groups, [*groups[1:], -1], strict=True):
        node = nodes[at]
        key = tuple(node) if type(node) is dict else len(node)
        step = below.get(key)
        if step is None or step[0] != then:
            step = below[key] = (then, outline if then < 0 else None, {})
        below = step[2]
