"""The join behind a CBAM report: consignment x lot x goods x process x installation, both ways.

A table (``mappings/join-*.toml``) names which leaf of the record stands where in the assembled view. The
same links serve both directions: assembling copies from the record to the view, taking apart copies back.
Figures that a method computes enter the view only; taking apart never writes them into the record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

from gateway.data import load_toml
from gateway.formats.leaves import at, leaf_list
from gateway.model.finding import Finding, finding
from gateway.translate.engine import put
from gateway.translate.ledger import Explained

_PLACE = re.compile(r"\{(\w)\}")


class Link(NamedTuple):
    """One leaf of the record and its place in the view."""

    near: str
    far: str
    rule: str


@dataclass(slots=True)
class View:
    """What a join made: leaves to add to a tree, and how each came about."""

    tree: dict[str, Any]
    explained: dict[str, Explained] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@cache
def join_table(name: str) -> Mapping[str, Any]:
    """The parsed table of a join."""
    return load_toml("mappings", f"join-{name}.toml")


def positions(record: Mapping[str, Any]) -> Iterator[dict[str, int]]:
    """For each lot of each consignment: where consignment, lot, good, process and installation stand.

    ``g``, ``p`` and ``s`` are absent where the reference is missing or names nothing, ``l`` where a consignment
    has no lots.
    """
    goods, processes, sites = (_by_id(record.get(name)) for name in ("goods", "processes", "installations"))
    for c, consignment in enumerate(record.get("consignments") or ()):
        if not consignment.get("lots"):
            yield {"c": c, "i": c}
        for lot, part in enumerate(consignment.get("lots") or ()):
            found = {"c": c, "i": c, "l": lot}
            g = goods.get(part.get("goods"))
            if g is not None:
                found["g"] = g
                p = processes.get(record["goods"][g].get("process"))
                if p is not None:
                    found["p"] = p
                    s = sites.get(record["processes"][p].get("installation"))
                    if s is not None:
                        found["s"] = s
            yield found


def references(consignment: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a consignment names in the rest of the record: beside its own leaves, all that its view depends on."""
    lots = consignment.get("lots")
    named = (
        [lot.get("goods") if isinstance(lot, dict) else None for lot in lots or ()]
        if isinstance(lots, list)
        else []
    )
    return tuple(name if isinstance(name, str) else None for name in named)


def _by_id(rows: Any) -> dict[Any, int]:
    return {row.get("id"): index for index, row in enumerate(rows or ()) if row.get("id") is not None}


class _Row(NamedTuple):
    """A row of a join with what can be known beforehand: which slots it needs, and whether it means a group."""

    rule: str
    near: str
    far: str
    slots: frozenset[str]
    whole: bool


@cache
def _rows(name: str) -> tuple[_Row, ...]:
    return tuple(
        _Row(
            row["id"],
            row["from"].removesuffix("/**"),
            row["to"].removesuffix("/**"),
            frozenset(_PLACE.findall(row["from"] + row["to"])),
            row["from"].endswith("/**"),
        )
        for row in join_table(name)["row"]
    )


def links(
    name: str, places: Iterator[dict[str, int]], tree: Mapping[str, Any], *, near: bool
) -> Iterator[tuple[Link, Any]]:
    """Every link whose leaf exists on the side that ``tree`` holds, with it: the record (near) or the view (far)."""
    seen: set[tuple[str, str]] = set()
    for place in places:
        for rule, source, target, slots, whole in _rows(name):
            if not slots <= place.keys():
                continue
            one, other = source.format_map(place), target.format_map(place)
            for tail, value in _tails(at(tree, one if near else other), whole):
                pair = (one + tail, other + tail)
                if pair not in seen:
                    seen.add(pair)
                    yield Link(*pair, rule), value


def _tails(value: Any, whole: bool) -> list[tuple[str, Any]]:
    """The leaves below a place, by the rest of their path; only the place itself where no group is meant."""
    if value is None:
        return []
    if whole:
        return leaf_list(value)
    return [("", value)] if not isinstance(value, (dict, list)) else []


def assemble(name: str, record: Mapping[str, Any]) -> View:
    """The view of a record: every linked leaf, with the record's leaf as its explanation."""
    view = View({})
    for link, value in links(name, positions(record), record, near=True):
        if not copy_leaf(view, link.near, link.far, value, _why(name, link.rule)):
            clash = finding("JOIN-DISAGREES", link.near, stage="method", place=link.far)
            disagree(view, link.far, value, clash)
    return view


def take_apart(name: str, tree: Mapping[str, Any], skeleton: Mapping[str, Any]) -> View:
    """The record's leaves behind a view. ``skeleton`` holds ids and references, known or newly made.

    Two leaves of the view that stand for one leaf of the record must agree; otherwise a finding names both
    and the first is kept.
    """
    view = View({})
    for link, value in links(name, positions(skeleton), tree, near=False):
        if not copy_leaf(view, link.far, link.near, value, _why(name, link.rule)):
            clash = finding(
                "JOIN-DISAGREES", link.far, severity="warning", stage="translate", place=link.near
            )
            disagree(view, link.near, value, clash)
    return view


@cache
def _why(name: str, rule: str) -> Explained:
    return Explained((), "exact", rule, join_table(name)["clause"])


def copy_leaf(view: View, source: str, target: str, value: Any, why: Explained) -> bool:
    """One leaf into the view; False where another leaf has put another value there, which is kept."""
    known = at(view.tree, target)
    if known is None:
        put(view.tree, _steps(target), value)
        view.explained[target] = why._replace(sources=(source,))
    elif known == value:
        former = view.explained[target]
        view.explained[target] = former._replace(sources=(*former.sources, source))
    else:
        return False
    return True


def disagree(view: View, target: str, value: Any, clash: Finding) -> None:
    """Note the two values that two leaves have for one place."""
    values = {**clash.values, "one": str(at(view.tree, target)), "other": str(value)}
    view.findings.append(replace(clash, values=values))


def _steps(path: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in path.split("/")[1:]]
