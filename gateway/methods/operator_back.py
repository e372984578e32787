"""An operator's report read back: operator, installation, goods, processes and precursors as a partial record.

Only what the report repeats word for word from a record goes back, by the same table that put it there. Figures
that a method computed stay in the report: what a supplier declares is not activity data of the reader. For a
reader who buys the goods they are precursor data, and are offered as such in the findings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from gateway.formats.leaves import at
from gateway.methods.join import View, copy_leaf, disagree, join_table
from gateway.methods.operator_answer import VALUE
from gateway.methods.operator_case import LISTS
from gateway.methods.operator_items import Aspect, Point, points
from gateway.model.finding import Finding, finding
from gateway.model.paths import canonical_leaves
from gateway.translate.ledger import Explained

HEAD = (
    ("record", "/record/id"),
    ("reportDate", "/record/reportDate"),
    ("periodStart", "/time/periodStart"),
    ("periodEnd", "/time/periodEnd"),
)
_TRUTH = {"yes": True, "no": False}


class _Said(NamedTuple):
    """An entry with its place in the view. ``aspect``: the leaf of the record that it repeats, if it does."""

    point: Point
    aspect: Aspect | None
    entry: Mapping[str, Any]
    path: str


def take_report_apart(name: str, record: Mapping[str, Any], *, home: bool) -> View:
    """The partial record behind a report, and its goods offered as precursor data.

    ``home``: the report is the reader's own, come back with its residue; then nothing is offered.
    """
    view, table = View({}), join_table(name)
    tree = at(record, table["view"]) or {}
    prefix, clause = table["prefix"], table["clause"]
    for far, place in HEAD:
        value = tree.get(far)
        if value is not None:
            why = Explained((), "exact", f"{prefix}-HEAD", clause)
            _copy(view, f"{table['view']}/{far}", place, value, why)
    order: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for said in _entries_of(name, tree, table["view"]):
        why = Explained((), "exact", f"{prefix}-{said.point.number}", clause)
        element = _element(view, said, order, why)
        if said.aspect is not None and element is not None:
            _carry(view, said, said.aspect, f"{element}{said.aspect.path}", why)
    if not home:
        view.findings += offers(tree, table["view"])
    return view


@cache
def _by_number(name: str) -> dict[str, Point]:
    return {point.number: point for _, point in points(name)}


def _entries_of(name: str, tree: Mapping[str, Any], root: str) -> Iterator[_Said]:
    """Every entry of the points that the table knows, with the leaf of the record it repeats word for word."""
    for i, item in enumerate(tree.get("items") or ()):
        for p, part in enumerate(item.get("points") or ()):
            point = _by_number(name).get(part.get("number"))
            if point is None:
                continue
            for e, entry in enumerate(part.get("entries") or ()):
                aspect = next(
                    (a for a in point.aspects if a.name == entry.get("aspect", "") and a.path), None
                )
                computed = "equation" in entry  # a figure of the method is no statement of the operator
                stated = entry.get("state") == VALUE and entry.get("value") is not None and not computed
                place = f"{root}/items/{i}/points/{p}/entries/{e}"
                yield _Said(point, aspect if stated else None, entry, place)


def _element(view: View, said: _Said, order: defaultdict[str, dict[str, int]], why: Explained) -> str | None:
    """The element of the record that an entry is about, made when it is first met; empty for the record itself.

    Elements that the entry only says something is missing of count too: they keep their order on the way home.
    """
    subject, part = said.entry.get("subject"), LISTS.get(said.point.each)
    if part is None:
        return "" if said.aspect is not None and said.aspect.path.startswith("/") else None
    if not isinstance(subject, str):
        return None
    known = order[part]
    if subject not in known:
        known[subject] = len(known)
        _copy(view, f"{said.path}/subject", f"/{part}/{known[subject]}/id", subject, why)
    return f"/{part}/{known[subject]}/"


def _carry(view: View, said: _Said, aspect: Aspect, near: str, why: Explained) -> None:
    value: Any = said.entry["value"]
    kind = canonical_leaves().get("/".join("*" if p.isdigit() else p for p in near.split("/")))
    if kind == "boolean":
        if value not in _TRUTH:
            return
        value, why = _TRUTH[value], why._replace(fidelity="converted", note="yes or no, as a truth value")
    _copy(view, f"{said.path}/value", near, value, why)
    unit = said.entry.get("unit")
    if aspect.unit_path and isinstance(unit, str):
        _copy(view, f"{said.path}/unit", f"{near.rpartition('/')[0]}/{aspect.unit_path}", unit, why)


def _copy(view: View, far: str, near: str, value: Any, why: Explained) -> None:
    if not copy_leaf(view, far, near, value, why):
        clash = finding("JOIN-DISAGREES", far, severity="warning", stage="translate", place=near)
        disagree(view, near, value, clash)


# --- the goods of a supplier as precursors of a buyer -----------------------------------------------------


class Offer(NamedTuple):
    """A good of a report as a buyer may enter it under precursors. ``leaves``: field of the record to value."""

    good: str
    leaves: dict[str, str]
    places: dict[str, str]


_OFFERED = {
    "specificDirectEmbeddedEmissions": "seeDirect",
    "specificIndirectEmbeddedEmissions": "seeIndirect",
    "defaultShare": "defaultShare",
}


def offered(tree: Mapping[str, Any], root: str) -> list[Offer]:
    """Each good with its specific embedded emissions, origin and period: what a buyer's record asks for."""
    said = dict(_entries(tree, root))
    units = _units(tree, root)
    start, end = tree.get("periodStart"), tree.get("periodEnd")
    found: dict[str, Offer] = {}
    for (key, subject, aspect), (value, path) in said.items():
        if key in ("goodsOfProcesses", "goodsOutput") and aspect in ("CN code", "name"):
            offer = found.setdefault(subject, Offer(subject, {}, {}))
            _add(offer, "cn8" if aspect == "CN code" else "name", value, path)
        elif key in _OFFERED and subject in found:
            _add(found[subject], _OFFERED[key], value, path)
            if _OFFERED[key] == "seeDirect":
                _add(found[subject], "unit", units.get(path, ""), path)
    common: tuple[tuple[str, tuple[str, str | None, str]], ...] = (
        ("supplier", ("operatorName", "", "")),
        ("country", ("installationAddress", None, "country")),
        ("supplierInstallation", ("installationName", None, "")),
        ("supplierRegistryId", ("installationRegistryId", None, "")),
    )
    for offer in found.values():
        for field, (wanted, whose, aspect) in common:
            for (one, about, part), (value, path) in said.items():
                if (one, part) == (wanted, aspect) and whose in (None, about):
                    _add(offer, field, value, path)
        if isinstance(start, str) and isinstance(end, str):
            _add(offer, "period", f"{start} to {end}", f"{root}/periodEnd")
    return [offer for offer in found.values() if "seeDirect" in offer.leaves]


PER = {"t CO2e/t": "t", "t CO2e/t clinker": "t-clinker", "t CO2e/kg N": "kg-N"}
"""What a figure is per, as a record says it of a precursor (mappings/codes/see-unit.csv)."""


def filled_precursors(
    source: Mapping[str, Any], report: Mapping[str, Any], root: str
) -> tuple[dict[str, Any], list[Finding]]:
    """The buyer's precursor rows that a supplier's report answers: a tree to merge, and what was not matched.

    A row is meant where it names the CN code of the good and the operator of the report as its supplier; it is
    never chosen by likeness. What the row states already is not touched: a contradiction is then found by the
    merge. Without such a row, the finding says which one to make.
    """
    rows: list[dict[str, Any]] = []
    found: list[Finding] = []
    for offer in offered(report, root):
        leaves = {k: v for k, v in offer.leaves.items() if k not in ("name", "unit")}
        per = PER.get(offer.leaves.get("unit", ""))
        meant = [
            row
            for row in source.get("precursors") or ()
            if row.get("id") and all(row.get(key) == leaves.get(key) for key in ("cn8", "supplier"))
        ]
        if not meant or per is None:
            found.append(
                finding(
                    "OPERATOR-PRECURSOR-UNMATCHED",
                    "/precursors",
                    severity="warning",
                    stage="translate",
                    good=leaves.get("cn8", offer.good),
                    supplier=leaves.get("supplier", "-"),
                )
            )
            continue
        more = {"determination": "actual", "seeKind": "embedded", "seeUnit": per}
        rows += [{"id": row["id"], **leaves, **more} for row in meant]
    return ({"precursors": rows} if rows else {}), found


def _add(offer: Offer, field: str, value: str, path: str) -> None:
    offer.leaves.setdefault(field, value)
    offer.places.setdefault(field, path)


def _entries(tree: Mapping[str, Any], root: str) -> Iterator[tuple[tuple[str, str, str], tuple[str, str]]]:
    for i, item in enumerate(tree.get("items") or ()):
        for p, part in enumerate(item.get("points") or ()):
            for e, entry in enumerate(part.get("entries") or ()):
                if entry.get("state") == VALUE:
                    place = f"{root}/items/{i}/points/{p}/entries/{e}/value"
                    key = (str(part.get("key")), str(entry.get("subject", "")), str(entry.get("aspect", "")))
                    yield key, (str(entry.get("value")), place)


def _units(tree: Mapping[str, Any], root: str) -> dict[str, str]:
    """The unit of each value, by the path of the value."""
    return {
        f"{root}/items/{i}/points/{p}/entries/{e}/value": str(entry["unit"])
        for i, item in enumerate(tree.get("items") or ())
        for p, part in enumerate(item.get("points") or ())
        for e, entry in enumerate(part.get("entries") or ())
        if "unit" in entry
    }


def offers(tree: Mapping[str, Any], root: str) -> list[Finding]:
    """What a buyer may enter as a precursor, in words."""
    found = []
    for offer in offered(tree, root):
        leaves = offer.leaves
        item = finding(
            "OPERATOR-PRECURSOR-OFFERED",
            offer.places["seeDirect"].removeprefix(root),
            severity="info",
            stage="translate",
            good=leaves.get("cn8", offer.good),
            direct=leaves["seeDirect"],
            indirect=leaves.get("seeIndirect", "-"),
            period=leaves.get("period", "-"),
        )
        found.append(item)
    return found


__all__ = ["Offer", "offered", "take_report_apart"]
