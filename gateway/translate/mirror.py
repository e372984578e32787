"""Lifting a document whose paths are those of the record: each leaf is its own, by the row of its path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.formats.outlines import MOST_LEAVES, known_leaf_map
from gateway.translate.crossing import EXACT_COPY, Carried, Crossing, Left
from gateway.translate.mapping import Branch, Plan, Row

_new: Any = tuple.__new__


def reflect(plan: Plan, document: Mapping[str, Any]) -> Crossing:
    """A document whose paths are those of the record: the tree is shared, not copied, and never changed."""
    crossing = Crossing(dict(document))
    carried, left = crossing.carried, crossing.left
    leaves, rows = known_leaf_map(document), plan.reflected
    if _TEXTS.issuperset(map(type, leaves.values())) and rows.keys() >= leaves.keys():
        carried += [_new(Carried, (*rows[path], value, EXACT_COPY)) for path, value in leaves.items()]
        return crossing

    def visit(value: Any, branch: Branch, path: str) -> None:
        kind = type(value)
        if kind is dict and value:
            for key, inner in value.items():
                below = branch.children.get(key)
                if below is None:
                    left.append(Left(path, inner, None))
                elif below.ways and (type(inner) is str or type(inner) is bool):
                    here = path + below.segment
                    here_only = (here,)
                    carried.append(
                        _new(Carried, (below.ways[0].row, here_only, here_only, inner, EXACT_COPY))
                    )
                else:
                    visit(inner, below, path + below.segment)
        elif kind is list and value and "*" in branch.children:
            below = branch.children["*"]
            for index, inner in enumerate(value):
                visit(inner, below, f"{path}/{index}")
        elif branch.ways and (kind is str or kind is bool):
            carried.append(Carried(branch.ways[0].row, (path,), (path,), value, EXACT_COPY))
        else:
            left.append(Left(path, value, None))

    visit(document, plan.by_external, "")
    if len(rows) + len(carried) <= 4 * MOST_LEAVES:
        rows.update(
            (item.sources[0], (item.row, item.sources, item.targets))
            for item in carried
            if isinstance(item.row, Row)
        )
    return crossing


_TEXTS = frozenset({str, bool})
