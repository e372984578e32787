"""The communication template filled in: what follows from the leaves is added, then cells are written.

The workbook asks for amounts that the record does not state because they follow from what it states: what a
process sells, which categories there are, the sum of indirect emissions. Each is an input cell, so it is
written, with the equation that it came from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from typing import Any, NamedTuple

from gateway.formats.leaves import at, leaf_list
from gateway.formats.template_layout import UNKNOWN_ROUTE, Place, layout
from gateway.formats.template_place import (
    CLINKER_FACTOR,
    Placing,
    block_of,
    categories_of,
    place_leaves,
    purchased_blocks,
)
from gateway.formats.template_zip import CellText, patched
from gateway.model.finding import Finding

_PLAIN = re.compile(r"-?[0-9]{1,60}(?:\.[0-9]{1,60})?")
_EXACT = Context(prec=400)
_FIRST_DAY = date(1899, 12, 30)


class Added(NamedTuple):
    """A leaf that follows from others: the law that says so, those others, and the equation."""

    path: str
    value: str | bool
    law: str
    sources: tuple[str, ...]
    equation: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What the workbook makes of a tree: leaves without a cell, and leaves that it asks for besides."""

    without: Mapping[str, str]
    findings: list[Finding]


def settle(tree: Mapping[str, Any]) -> Settled:
    """The leaves of a tree for which the workbook has no cell, with the reasons and the findings."""
    made = place_leaves(tree)
    return Settled(made.without, made.findings)


def additions(tree: Mapping[str, Any]) -> Iterator[Added]:
    """What the workbook asks for and what follows from the leaves of a tree that all have a cell."""
    yield from _categories(tree)
    for index, row in enumerate(tree.get("processes", ())):
        yield from _flags(tree, index, row)
        yield from _market(tree, index, row)
    yield from _bought(tree)
    yield from _indirect(tree)
    for index, row in enumerate(tree.get("goods", ())):
        yield from _clinker(index, row)


def _categories(tree: Mapping[str, Any]) -> Iterator[Added]:
    makers: dict[str, list[str]] = {}
    for path, value in leaf_list(tree) if tree else ():
        if path.startswith("/processes/") and path.endswith("/category"):
            makers.setdefault(str(value), []).append(path)
    for number, (category, routes) in enumerate(categories_of(tree).items()):
        if number >= layout().most["categories"]:
            return
        path = f"/categories/{number}"
        yield Added(f"{path}/category", category, "TPL-L02", tuple(makers[category]), "listed once")
        for place, (route, source) in enumerate(routes[:6]):
            yield Added(f"{path}/routes/{place}", route, "TPL-L03", (source,), "listed once")


def _flags(tree: Mapping[str, Any], index: int, row: Mapping[str, Any]) -> Iterator[Added]:
    for kind, leaf, law in (("heat", "measurableHeat", "TPL-L04"), ("wasteGas", "wasteGases", "TPL-L05")):
        flows = [n for n, f in enumerate(tree.get(kind, ())) if f.get("process") == row.get("id")]
        sources = tuple(f"/{kind}/{n}/amount" for n in flows)
        words = f"{len(flows)} stated in the record"
        yield Added(f"/processes/{index}/{leaf}", bool(flows), law, sources, words)


def _market(tree: Mapping[str, Any], index: int, row: Mapping[str, Any]) -> Iterator[Added]:
    """What is sold: the activity level without what other processes take."""
    level = _figure(row.get("activityLevel"))
    uses = [n for n, p in enumerate(tree.get("precursors", ())) if p.get("ownProcess") == row.get("id")]
    taken = [_figure(tree["precursors"][n].get("amount")) for n in uses]
    if level is None or any(amount is None for amount in taken):
        return
    sold = level
    for amount in taken:
        sold = _EXACT.subtract(sold, amount or Decimal(0))
    sources = (f"/processes/{index}/activityLevel", *(f"/precursors/{n}/amount" for n in uses))
    equation = f"{row['activityLevel']}" + "".join(f" - {tree['precursors'][n]['amount']}" for n in uses)
    if sold >= 0:  # more taken than made is an error of the record, and named as one
        yield Added(f"/processes/{index}/market", format(sold, "f"), "TPL-L01", sources, equation)
    if uses:
        words = "the record knows no other use; what no process takes is sold"
        yield Added(f"/processes/{index}/otherUse", "0", "TPL-L10", sources, words)


def _clinker(index: int, row: Mapping[str, Any]) -> Iterator[Added]:
    """The clinker factor as content of the good and as qualifying parameter: where one is stated, so is the other."""
    path, rows = f"/goods/{index}", row.get("parameters", [])
    number = next((n for n, p in enumerate(rows) if p.get("id") == CLINKER_FACTOR), None)
    if number is None and "clinkerShare" in row:
        source = (f"{path}/clinkerShare",)
        for leaf, value, law in (
            ("id", CLINKER_FACTOR, "TPL-L13"),
            ("value", row["clinkerShare"], "TPL-L12"),
        ):
            yield Added(f"{path}/parameters/{len(rows)}/{leaf}", value, law, source, "the same cell")
    elif number is not None and "clinkerShare" not in row and "value" in rows[number]:
        value, source = rows[number]["value"], (f"{path}/parameters/{number}/value",)
        yield Added(f"{path}/clinkerShare", value, "TPL-L11", source, "the same cell")


def _bought(tree: Mapping[str, Any]) -> Iterator[Added]:
    """What was bought of a purchased precursor: at least what the processes consume of it."""
    for indices in purchased_blocks(tree):
        amounts = [_figure(tree["precursors"][n].get("amount")) for n in indices]
        if any(amount is None for amount in amounts):
            continue
        total = sum((amount or Decimal(0) for amount in amounts), Decimal(0))
        path, sources = f"/precursors/{indices[0]}", tuple(f"/precursors/{n}/amount" for n in indices)
        routes = layout().routes(str(tree["precursors"][indices[0]].get("category", "")))
        route = routes[0] if len(routes) == 1 else UNKNOWN_ROUTE
        category = (f"{path}/category",) if "category" in tree["precursors"][indices[0]] else sources
        yield Added(f"{path}/bought/0/amount", format(total, "f"), "TPL-L07", sources,
                    " + ".join(str(tree["precursors"][n]["amount"]) for n in indices))  # fmt: skip
        yield Added(f"{path}/bought/0/route", route, "TPL-L08", category,
                    "the record states no route of a purchased precursor")  # fmt: skip


def _indirect(tree: Mapping[str, Any]) -> Iterator[Added]:
    total, sources, terms = Decimal(0), [], []
    for index, row in enumerate(tree.get("processes", ())):
        electricity = row.get("electricity", {})
        consumed, factor = _figure(electricity.get("consumed")), _figure(electricity.get("factor"))
        if consumed is not None and factor is not None:
            total = _EXACT.add(total, _EXACT.multiply(consumed, factor))
            terms.append(f"{electricity['consumed']} x {electricity['factor']}")
            sources += [f"/processes/{index}/electricity/{leaf}" for leaf in ("consumed", "factor")]
    if terms:
        yield Added("/balance/emissions/indirect", format(total, "f"), "TPL-L06", tuple(sources),
                    " + ".join(terms))  # fmt: skip


def _figure(value: Any) -> Decimal | None:
    return Decimal(value) if isinstance(value, str) and _PLAIN.fullmatch(value) else None


# --- writing ----------------------------------------------------------------------------------------------


def cells_of(tree: Mapping[str, Any]) -> dict[str, str]:
    """The cell of each leaf of a filled tree, as people name it."""
    return {path: str(place) for path, (place, _) in place_leaves(tree).cells.items()}


def fill(tree: Mapping[str, Any], blank: bytes) -> bytes:
    """The blank workbook with the leaves of a tree in its input cells; every formula stays as it is."""
    made = place_leaves(tree)
    texts: dict[Place, CellText] = {}
    for path, (place, kind) in made.cells.items():
        if kind != "shown":
            texts[place] = _text(made, path, kind)
    for place in _zeros(made):
        texts.setdefault(place, CellText("n", "0"))
    return patched(blank, texts)


def _zeros(made: Placing) -> Iterator[Place]:
    """Amounts that are none, where the workbook asks for each: other routes, and processes that take nothing.

    A zero says the same as an empty cell, here as in reading; the workbook marks the empty one as missing.
    """
    processes = made.tree.get("processes", [])
    production, uses = made.layout.block("production"), made.layout.block("uses")
    for index, row in enumerate(processes[: made.layout.most["processes"]]):
        if f"/processes/{index}/activityLevel" in made.cells:
            for number in range(len(made.layout.routes(str(row.get("category", ""))))):
                yield production.at(index, number)
        if "otherUse" in row:
            for number in range(min(len(processes), made.layout.most["processes"]) - 1):
                yield uses.at(index, number)


def _text(made: Placing, path: str, kind: str) -> CellText:
    value = at(made.tree, path)
    if kind == "boolean":
        return CellText("b", "1" if value is True else "0")
    if kind == "number" and _figure(value) is not None:
        return CellText("n", _signed(made, path, str(value)))
    if kind == "date":
        return CellText("n", str((date.fromisoformat(str(value)) - _FIRST_DAY).days))
    text = str(value)
    if path.endswith("ategory") and text == "Calcined clays":
        text = "Calcined clays "  # as the workbook spells it: it looks the name up exactly
    if path.startswith("/goods/") and path.endswith("/process"):
        text = _process_name(made.tree, text)
    if path.startswith("/precursors/") and path.endswith("/name"):
        cn8 = at(made.tree, path.removesuffix("name") + "cn8")
        text = f"{text} (CN {cn8})" if cn8 is not None else text
    return CellText("t", text)


def _signed(made: Placing, path: str, figure: str) -> str:
    """The amount of a stream that leaves a mass balance is negative in the workbook."""
    beside = path.removesuffix("amount") + "direction"
    outgoing = path.startswith("/streams/") and at(made.tree, beside) == "output"
    if outgoing and path.endswith("/amount") and Decimal(figure) > 0:
        return f"-{figure}"
    return figure


def _process_name(tree: Mapping[str, Any], reference: str) -> str:
    """A process as the workbook lists it: by its name, or by number and category."""
    block, rows = block_of(reference), tree.get("processes", [])
    if block is None or block >= len(rows):
        return reference
    row = rows[block]
    return str(row.get("name") or f"{reference} - {row.get('category', '')}")
