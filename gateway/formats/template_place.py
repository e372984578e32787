"""Which cell each leaf of the tree is written to, and which leaves have none.

A leaf without a cell is not written and not forgotten: it is named with its reason, and where leaving it out
would change a figure, with a finding. Nothing is cut off in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.formats.codes import code_list
from gateway.formats.leaves import leaf_list
from gateway.formats.template_layout import ALL_ROUTES, ONLY_DIRECT, Layout, Place, Spot, layout
from gateway.model.finding import Finding, Severity, finding

_NUMBERED = re.compile(r"P([1-9][0-9]*)")
CLINKER_FACTOR = "QPD02"
REDUCING_AGENTS = ("Coal or coke", "Natural gas", "Biogas", "Hydrogen")


@dataclass(slots=True)
class Placing:
    """The cell of each leaf with its kind (``shown`` is not written), and the reason of each without one."""

    layout: Layout
    tree: Mapping[str, Any]
    cells: dict[str, tuple[Place, str]] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def put(self, path: str, place: Place, kind: str) -> None:
        self.cells[path] = (place, kind)

    def leave(
        self, path: str, reason: str, rule: str = "", severity: Severity = "error", **values: Any
    ) -> None:
        """A leaf that has no cell; with a rule where that must not pass unnoticed."""
        self.without[path] = reason
        if rule:
            self.findings.append(finding(rule, path, severity=severity, stage="translate", **values))


def place_leaves(tree: Mapping[str, Any]) -> Placing:
    """Every leaf of a tree, placed or left with its reason."""
    made = Placing(layout(), tree)
    for leaf, spot in made.layout.single.items():
        node: Any = tree
        for part in leaf.split("/"):
            node = node.get(part) if isinstance(node, dict) else None
        if node is not None:
            made.put(f"/{leaf}", spot.at(0), spot.kind)
    for name in made.layout.lists:
        if name != "purchased":
            _list(made, name)
    for index, row in _rows(tree, "processes"):
        _process(made, index, row)
    for index, row in _rows(tree, "streams"):
        _biomass(made, index, row)
    for kind in ("heat", "wasteGas"):
        _flows(made, kind)
    _precursors(made)
    for index, row in _rows(tree, "goods"):
        _parameters(made, index, row)
    for path, _ in leaf_list(tree) if tree else ():
        if path not in made.cells and path not in made.without:
            made.without[path] = "no cell in the workbook"
    return made


def _rows(tree: Mapping[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    rows = tree.get(name)
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, dict):
            yield index, row


def _list(made: Placing, name: str) -> None:
    """The leaves of a list whose cells are one line of the layout each; the list may be too long."""
    spots, most = made.layout.lists[name], made.layout.most[name]
    found = len(made.tree.get(name) or ())
    if found > most:
        severity: Severity = "warning" if name == "contacts" else "error"
        made.findings.append(
            finding("TEMPLATE-CAPACITY", f"/{name}/{most}", severity=severity, stage="translate", list=name,
                    most=most, found=found)
        )  # fmt: skip
    for index, row in _rows(made.tree, name):
        for leaf, value in leaf_list(row):
            path, spot = f"/{name}/{index}{leaf}", spots.get(leaf[1:])
            if index >= most:
                made.leave(path, f"the workbook has room for {most}")
            elif spot is not None:
                _spot(made, path, spot, index, value)


def _biomass(made: Placing, index: int, row: dict[str, Any]) -> None:
    """The workbook counts every biomass content as zero: one that is not zero-rated must not stand there."""
    path, rating = f"/streams/{index}", row.get("zeroRating")
    if "biomass" not in row or index >= made.layout.most["streams"]:
        made.cells.pop(f"{path}/zeroRating", None)
        return
    zero = code_list("zero-rating").to("zero", str(rating)) if rating is not None else None
    if zero != "yes":
        name = str(row.get("name", "-"))
        words = "the workbook would count it as zero" if zero == "no" else ""
        made.findings.append(
            finding("TEMPLATE-BIOMASS", f"{path}/biomass", severity="warning", stage="translate", name=name)
        )
        for leaf in ("biomass", "zeroRating") if words else ():
            made.cells.pop(f"{path}/{leaf}", None)
            made.without[f"{path}/{leaf}"] = words


def _spot(made: Placing, path: str, spot: Spot, index: int, value: Any) -> None:
    if spot.implied is not None and value != spot.implied:
        made.leave(path, f"the cell stands for {spot.implied}", "TEMPLATE-NO-CELL", value=value,
                   implied=spot.implied)  # fmt: skip
        return
    made.put(path, spot.at(index), "shown" if spot.implied is not None else spot.kind)


def block_of(reference: Any) -> int | None:
    """The block of a process by its number: ``P2`` is 1; None for what is no such number."""
    match = _NUMBERED.fullmatch(str(reference))
    block = int(match[1]) - 1 if match is not None and len(match[1]) < 4 else None
    return block if block is not None and block < layout().most["processes"] else None


# --- processes --------------------------------------------------------------------------------------------


def _process(made: Placing, index: int, row: dict[str, Any]) -> None:
    if index >= made.layout.most["processes"]:
        return
    path, category = f"/processes/{index}", row.get("category")
    for place, name in [(f"{path}/category", category), *_included(path, row)]:
        if name is not None and name not in (*code_list("cbam-category").codes, ONLY_DIRECT):
            made.leave(place, "no category of the workbook", "TEMPLATE-CATEGORY", value=name)
    _production(made, path, index, row)
    if not row.get("includes"):
        made.findings.append(
            finding("TEMPLATE-INCLUDES", f"{path}/category", severity="warning", stage="translate",
                    process=row.get("id", "-"), only=ONLY_DIRECT)
        )  # fmt: skip
    for number, included in _rows(row, "includes"):
        if "route" in included and _row_of(made, included.get("category")) is not None:
            spot = made.layout.lists["categories"]["routes/0"]
            made.put(
                f"{path}/includes/{number}/route", spot.at(_row_of(made, included["category"]) or 0), "shown"
            )
    _determination(made, path, row)


def _included(path: str, row: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(f"{path}/includes/{n}/category", inc.get("category")) for n, inc in _rows(row, "includes")]


def _production(made: Placing, path: str, index: int, row: dict[str, Any]) -> None:
    """The activity level stands in the row of its route; the workbook shows the unit of the category."""
    category, block = str(row.get("category", "")), made.layout.block("production")
    routes = made.layout.routes(category)
    route = row.get("route", ALL_ROUTES if routes == [ALL_ROUTES] else None)
    unit = "MWh" if category.startswith("Electricity") else "t"
    if route not in routes:
        for leaf in ("route", "activityLevel", "activityUnit"):
            if leaf in row:
                made.leave(f"{path}/{leaf}", "no row for this production route")
        made.findings.append(
            finding("TEMPLATE-ROUTE", f"{path}/route", stage="translate", value=route or "-",
                    category=category or "-", expected=", ".join(routes))
        )  # fmt: skip
        return
    place = block.at(index, routes.index(route))
    if "route" in row:
        made.put(f"{path}/route", place._replace(column=place.column - 4), "shown")
    if "activityLevel" in row:
        made.put(f"{path}/activityLevel", place, "number")
    if row.get("activityUnit", unit) != unit:
        made.leave(f"{path}/activityUnit", f"the workbook counts {unit}", "TEMPLATE-NO-CELL",
                   value=row["activityUnit"], implied=unit)  # fmt: skip
    elif "activityUnit" in row:
        made.put(f"{path}/activityUnit", place._replace(column=place.column - 1), "shown")


def _determination(made: Placing, path: str, row: dict[str, Any]) -> None:
    """The workbook tells how indirect emissions were determined by the source of the factor alone."""
    electricity = row.get("electricity")
    if not isinstance(electricity, dict) or "determination" not in electricity:
        return
    source = str(electricity.get("factorSource", ""))
    told = code_list("electricity-factor-source").to("determination", source)
    if told != electricity["determination"]:
        made.cells.pop(f"{path}/electricity/determination", None)
        made.leave(f"{path}/electricity/determination", "told by the source of the factor alone",
                   "TEMPLATE-NO-CELL", "warning", value=electricity["determination"],
                   implied=told or "-")  # fmt: skip


def categories_of(tree: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """The categories that the processes make, in order, each with its (route, path of the route)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for index, row in _rows(tree, "processes"):
        stated = [(f"/processes/{index}", row)]
        stated += [(f"/processes/{index}/includes/{n}", inc) for n, inc in _rows(row, "includes")]
        for path, part in stated:
            category, route = part.get("category"), part.get("route")
            if isinstance(category, str) and category != ONLY_DIRECT:
                routes = found.setdefault(category, [])
                several = len(layout().routes(category)) > 1
                if several and isinstance(route, str) and route not in [r for r, _ in routes]:
                    routes.append((route, f"{path}/route"))
    return found


def _row_of(made: Placing, category: Any) -> int | None:
    """The row of a category in the list of A_InstData, where its route is one of several."""
    routes = categories_of(made.tree)
    return list(routes).index(category) if routes.get(category) else None


# --- heat, waste gas, precursors --------------------------------------------------------------------------


def _flows(made: Placing, kind: str) -> None:
    taken: set[tuple[int, str]] = set()
    for index, row in _rows(made.tree, kind):
        path, block, direction = f"/{kind}/{index}", block_of(row.get("process")), row.get("direction")
        if block is None or direction not in ("imported", "exported") or "amount" not in row:
            continue
        if (block, direction) in taken:
            made.leave(f"{path}/amount", "a second amount", "TEMPLATE-SECOND-FLOW")
            continue
        taken.add((block, direction))
        amount = made.layout.flow(kind, direction, block)
        made.put(f"{path}/amount", amount, "number")
        for leaf in ("process", "direction", "unit"):
            if leaf in row:
                made.put(f"{path}/{leaf}", amount, "shown")
        if "factor" in row:
            made.put(f"{path}/factor", made.layout.flow(kind, direction, block, factor=True), "number")
        if "id" in row:
            made.leave(f"{path}/id", "known by its process and direction")


def _precursors(made: Placing) -> None:
    """Made in an own process: an amount there. Purchased: a block, shared by the processes that use the same."""
    blocks = purchased_blocks(made.tree)
    used: set[Place] = set()
    if len(blocks) > made.layout.most["purchased"]:
        first = blocks[made.layout.most["purchased"]][0]
        made.findings.append(
            finding("TEMPLATE-CAPACITY", f"/precursors/{first}", stage="translate", list="purchased precursors",
                    most=made.layout.most["purchased"], found=len(blocks))
        )  # fmt: skip
    for index, row in _rows(made.tree, "precursors"):
        path, user, maker = f"/precursors/{index}", block_of(row.get("process")), row.get("ownProcess")
        if user is None:
            continue
        if maker is not None:
            _own_use(made, path, row, user, used)
            continue
        number = next(n for n, indices in enumerate(blocks) if index in indices)
        if number < made.layout.most["purchased"]:
            place = made.layout.block("consumption").at(number, user)
            _amount(made, path, row, place, used)
            _bought(made, path, row, number)


def _own_use(made: Placing, path: str, row: dict[str, Any], user: int, used: set[Place]) -> None:
    maker = block_of(row.get("ownProcess"))
    if maker is None or maker == user:
        return
    place = made.layout.block("uses").at(maker, user if user < maker else user - 1)
    _amount(made, path, row, place, used)
    if "ownProcess" in row and f"{path}/amount" in made.cells:
        made.put(f"{path}/ownProcess", place, "shown")
    for leaf, _ in leaf_list(row):
        if f"{path}{leaf}" not in made.cells:
            made.without.setdefault(
                f"{path}{leaf}", "of an own product the workbook asks for the amount alone"
            )


def _amount(made: Placing, path: str, row: dict[str, Any], place: Place, used: set[Place]) -> None:
    if "amount" not in row:
        return
    if place in used:
        made.leave(f"{path}/amount", "a second amount", "TEMPLATE-SECOND-FLOW")
        return
    used.add(place)
    made.put(f"{path}/amount", place, "number")
    for leaf in ("process", "unit"):
        if leaf in row:
            made.put(f"{path}/{leaf}", place, "shown")


def _bought(made: Placing, path: str, row: dict[str, Any], number: int) -> None:
    spots = made.layout.lists["purchased"]
    for leaf, _ in leaf_list(row):
        spot = spots.get(leaf[1:])
        if spot is not None:
            made.put(f"{path}{leaf}", spot.at(number), spot.kind)
    if "cn8" in row and "name" in row:
        made.put(f"{path}/cn8", spots["name"].at(number), "shown")  # it stands behind the name
    block = made.layout.block("purchase")
    for place, part in _rows(row, "bought"):
        routes = made.layout.routes(str(row.get("category", "")))
        if part.get("route") in routes and "amount" in part:
            cell = block.at(number, routes.index(part["route"]))
            made.put(f"{path}/bought/{place}/amount", cell, "number")
            made.put(f"{path}/bought/{place}/route", cell._replace(column=cell.column - 4), "shown")


_SAME = ("name", "cn8", "category", "country", "seeDirect", "electricity", "factor", "determination")


def purchased_blocks(tree: Mapping[str, Any]) -> list[list[int]]:
    """The purchased precursors by block: elements that state the same of it, each for another process."""
    blocks: list[tuple[tuple[Any, ...], set[Any], list[int]]] = []
    for index, row in _rows(tree, "precursors"):
        if row.get("ownProcess") is not None:
            continue
        stated, process = tuple(row.get(leaf) for leaf in _SAME), row.get("process")
        for same, processes, indices in blocks:
            if same == stated and process not in processes:
                processes.add(process)
                indices.append(index)
                break
        else:
            blocks.append((stated, {process}, [index]))
    return [indices for _, _, indices in blocks]


# --- goods ------------------------------------------------------------------------------------------------


def _parameters(made: Placing, index: int, row: dict[str, Any]) -> None:
    if index >= made.layout.most["goods"]:
        return
    raw = made.layout.raw["parameters"]
    columns = {name: (column, is_text) for name, column, is_text in made.layout.parameters()}
    columns |= {other: columns[name] for name, other in raw["aluminium"].items()}
    taken: set[int] = set()
    _clinker(made, index, row)
    for number, parameter in _rows(row, "parameters"):
        path, known = f"/goods/{index}/parameters/{number}", columns.get(str(parameter.get("id")))
        if known is None or known[0] in taken or "value" not in parameter:
            continue
        taken.add(known[0])
        place = Place(raw["sheet"], raw["row"] + index, known[0])
        made.put(f"{path}/value", place, "text" if known[1] else "number")
        made.put(f"{path}/id", place, "shown")
        if parameter["id"] == "QPD11" and parameter["value"] not in REDUCING_AGENTS:
            made.findings.append(
                finding("TEMPLATE-NOT-IN-LIST", f"{path}/value", severity="warning", stage="translate",
                        value=parameter["value"], expected=", ".join(REDUCING_AGENTS))
            )  # fmt: skip


def _clinker(made: Placing, index: int, row: dict[str, Any]) -> None:
    """The clinker content of a good and its clinker factor have one cell: two figures cannot stand in it."""
    share = row.get("clinkerShare")
    for _, parameter in _rows(row, "parameters"):
        factor = parameter.get("value")
        if parameter.get("id") != CLINKER_FACTOR or share is None or factor is None or _equal(share, factor):
            continue
        made.cells.pop(f"/goods/{index}/clinkerShare", None)
        made.leave(f"/goods/{index}/clinkerShare", "the cell holds another clinker factor",
                   "TEMPLATE-CLINKER", share=share, factor=factor)  # fmt: skip


def _equal(one: Any, other: Any) -> bool:
    """Whether two texts are the same figure; what is no figure is found by the schema."""
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return str(one) == str(other)
