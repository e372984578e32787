"""Lists that several rows share: which row reads an element is told by its text alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.formats.leaves import at
from gateway.translate.mapping import APPEND, Plan, Way


def next_reader(ways: Sequence[Way], value: str, taken: set[str]) -> Way | None:
    """Of the rows that share a list, the first that accepts an element; one with a single field reads one."""
    for way in ways:
        if way.accepts is not None and way.accepts(value) and (way.repeats or way.row.id not in taken):
            taken.add(way.row.id)
            return way
    return None


def other_readers(plan: Plan, tree: Mapping[str, Any], written: Mapping[str, str]) -> dict[str, str]:
    """Elements that a reader without further knowledge takes for those of another row: path to the row that wrote it.

    ``written``: path to the id of that row, for every leaf of ``tree``.
    """
    found = {}
    for row in plan.rows:
        place = row.external_paths[0] if row.external else ""
        if not place.endswith(f"/{APPEND}") or row.lens.accepts is None:
            continue
        ways = plan.by_external.below(row.external[0], plan.selectors).ways
        taken: set[str] = set()
        for index, value in enumerate(at(tree, "/" + place.removesuffix(f"/{APPEND}")) or ()):
            path, before = f"/{place.removesuffix(APPEND)}{index}", set(taken)
            reader = next_reader(ways, str(value), taken)
            if path in written and (reader is None or reader.row.id != written[path]):
                found[path], taken = written[path], before  # who knows better takes nothing away from others
    return found
