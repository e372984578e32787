"""The Commission's communication template, filled in, as a tree: every filled input cell becomes a leaf.

Only input cells and the results for the goods are read. References by name (a good's process) become the
ids that the workbook itself shows (P1, P2). An amount of zero that one process takes from another, or that
a route made, says the same as an empty cell and is read as one.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gateway.formats.codes import code_list
from gateway.formats.leaves import at, segments
from gateway.formats.template_cells import cell_finding, cell_value
from gateway.formats.template_guard import overwritten, refuse_other
from gateway.formats.template_layout import Layout, Place, Spot, layout, sheets_of
from gateway.formats.xlsx_cells import Cell, RawBook, RawSheet
from gateway.model.finding import Finding, Severity

_NAME_AND_CN = re.compile(r"(?P<name>.*\S) \(CN (?P<cn>\d{8})\)", re.DOTALL)


@dataclass(slots=True)
class Reading:
    """What was read so far: the tree, the cell of each leaf, the findings."""

    sheets: dict[str, RawSheet]
    layout: Layout
    tree: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def cell(self, place: Place) -> Cell | None:
        return self.sheets[place.sheet].rows.get(place.row, {}).get(place.column)

    def doubt(
        self, rule: str, place: object, path: str = "", *, severity: Severity = "error", **values: str
    ) -> None:
        self.findings.append(cell_finding(rule, str(place), path, severity=severity, **values))

    def value(self, place: Place, kind: str, path: str, *, shown: bool = False) -> str | bool | None:
        """The value of a cell. A formula in an input cell is read with a warning, an error never."""
        cell = self.cell(place)
        if cell is not None and cell.is_formula and not shown and cell.text:
            self.doubt("TEMPLATE-FORMULA", place, path, severity="warning", value=cell.text)
        value, rule = cell_value(cell, kind)
        if rule and not (shown and rule == "XLSX-ERROR-VALUE"):
            text = (cell.text or "") if cell is not None else ""
            self.doubt("TEMPLATE-CELL-VALUE", place, path, value=text)
        return value

    def state(self, path: str, value: str | bool | None, place: Place) -> None:
        """One leaf of the tree, with its cell."""
        if value is not None:
            _put(self.tree, [int(p) if p.isdigit() else p for p in segments(path)], value)
            self.places[path] = str(place)


def _put(tree: dict[str, Any], path: list[Any], value: str | bool) -> None:
    """Sets a leaf, making the groups and lists on the way; the elements of a list come in their order."""
    node: Any = tree
    for here, after in itertools.pairwise(path):
        if isinstance(node, list) and here == len(node):
            node.append([] if isinstance(after, int) else {})
        elif isinstance(node, dict):
            node.setdefault(here, [] if isinstance(after, int) else {})
        node = node[here]
    if isinstance(node, list) and path[-1] == len(node):
        node.append(value)
    else:
        node[path[-1]] = value


def read_template(book: RawBook) -> tuple[dict[str, Any], list[Finding], dict[str, str]]:
    """The tree of a filled template, the findings, and the cell of each leaf.

    Raises Refused for a template of another version, or without one of the sheets that carry data.
    """
    reading = Reading(sheets_of(book), layout())
    refuse_other(reading.sheets)
    reading.findings += overwritten(reading.sheets)
    for leaf, spot in reading.layout.single.items():
        _leaf(reading, f"/{leaf}", spot, 0)
    rows = {name: _elements(reading, name) for name in reading.layout.lists if name != "purchased"}
    ids = [f"P{row + 1}" for row in rows["processes"]]
    _outputs(reading)
    names = _names(reading, ids)
    for index, row in enumerate(rows["processes"]):
        _process(reading, index, row, ids)
    _purchased(reading, rows["processes"])
    for index, row in enumerate(rows["goods"]):
        _good(reading, index, row, names)
    return reading.tree, reading.findings, reading.places


# --- forms and lists --------------------------------------------------------------------------------------


_INNER = re.compile(r"(?P<list>.*/(?:routes|includes))/\d+(?P<leaf>.*)")


def _leaf(reading: Reading, path: str, spot: Spot, row: int) -> None:
    place = spot.at(row)
    if spot.implied is not None:
        reading.state(path, spot.implied, place)
        return
    value = reading.value(place, spot.kind, path, shown=spot.kind == "shown")
    if value is None and path.endswith(("/ncvUnit", "/carbonContentUnit")):
        value = _unit_of(reading, path)
    if isinstance(value, str) and path.endswith("ategory"):
        value = value.strip()  # the workbook writes one of its categories with a space at the end
    inner = _INNER.fullmatch(path)
    if inner is not None and value is not None:  # an empty cell between two filled ones is no element
        path = f"{inner['list']}/{len(at(reading.tree, inner['list']) or ())}{inner['leaf']}"
    reading.state(path, value, place)


def _elements(reading: Reading, name: str) -> list[int]:
    """Reads a list; the rows that have something in an input cell are its elements."""
    spots = reading.layout.lists[name]
    found: list[int] = []
    for row in range(reading.layout.most[name]):
        inputs = [spot for spot in spots.values() if spot.is_input]
        if name == "goods":
            inputs = [spots["process"], spots["cn8"], spots["name"]]
        elif name == "processes":
            inputs = [spots["name"], spots["category"]]
        if any(cell_value(reading.cell(spot.at(row)), spot.kind)[0] is not None for spot in inputs):
            for leaf, spot in spots.items():
                if _states(reading, spots, leaf, row):
                    _leaf(reading, f"/{name}/{len(found)}/{leaf}", spot, row)
            found.append(row)
    return found


def _unit_of(reading: Reading, path: str) -> str | None:
    """The unit that the workbook will show: a workbook that was filled may not have been computed yet."""
    unit = at(reading.tree, path.rpartition("/")[0] + "/unit")
    return f"{'GJ' if path.endswith('ncvUnit') else 'tC'}/{unit}" if unit is not None else None


_BESIDE = {
    "determination": "directEmissions", "ncvUnit": "ncv", "carbonContentUnit": "carbonContent",
    "electricity/factorKind": "electricity/factor", "electricity/determination": "electricity/factorSource",
    "process": "", "direction": "", "zeroRating": "", "gasReference": "unit", "factorKind": "emissionFactor",
}  # fmt: skip
"""What a cell implies or shows is said only where the figure it belongs to is stated."""


def _states(reading: Reading, spots: Any, leaf: str, row: int) -> bool:
    owner = _BESIDE.get(leaf, leaf)
    if owner == leaf:
        return True
    if owner == "" or leaf == "electricity/determination":
        return False  # read below, with what belongs to it
    if leaf == "gasReference":
        return cell_value(reading.cell(spots["unit"].at(row)), "text")[0] == "1000Nm3"
    return cell_value(reading.cell(spots[owner].at(row)), spots[owner].kind)[0] is not None


def _outputs(reading: Reading) -> None:
    """A stream whose amount is negative leaves the mass balance."""
    for index, stream in enumerate(reading.tree.get("streams", [])):
        path = f"/streams/{index}"
        if str(stream.get("amount", "")).startswith("-"):
            stream["direction"] = "output"
            reading.places[f"{path}/direction"] = reading.places[f"{path}/amount"]


def _names(reading: Reading, ids: list[str]) -> dict[str, str]:
    """The names by which goods refer to processes: as A_InstData shows them, or ``P1 - category``."""
    found: dict[str, str] = {}
    for name, process in zip(ids, reading.tree.get("processes", []), strict=True):
        shown = process.get("name") or f"{name} - {process.get('category', '')}"
        found.setdefault(str(shown).strip(), name)
    return found


# --- processes --------------------------------------------------------------------------------------------


def _process(reading: Reading, index: int, row: int, ids: list[str]) -> None:
    path, element = f"/processes/{index}", reading.tree["processes"][index]
    _production(reading, path, row, str(element.get("category", "")))
    _electricity(reading, path, row)
    _included_routes(reading, path, element)
    _uses(reading, row, ids)
    for kind, flag in (("heat", "measurableHeat"), ("wasteGas", "wasteGases")):
        _flows(reading, kind, row, applies=element.get(flag) is True, path=f"{path}/{flag}")


def _production(reading: Reading, path: str, row: int, category: str) -> None:
    """The activity level: the amount of the one route that made something, or the sum of several."""
    block, routes = reading.layout.block("production"), reading.layout.routes(category)
    made = _amounts(reading, [block.at(row, n) for n in range(block.count)], f"{path}/activityLevel")
    filled = [(n, place, text) for n, (place, text) in made.items() if _figure(text)]
    if not filled:
        if made:
            place, text = next(iter(made.values()))
            reading.state(f"{path}/activityLevel", text, place)
        return
    number, place, level = filled[0]
    if len(filled) == 1 and number < len(routes):
        reading.state(f"{path}/route", routes[number], place)
    elif len(filled) > 1:
        level = format(sum((Decimal(text) for _, _, text in filled), Decimal(0)), "f")
        routes_used = ", ".join(routes[n] for n, _, _ in filled if n < len(routes))
        cells = ", ".join(str(p) for _, p, _ in filled)
        reading.doubt("TEMPLATE-SEVERAL-ROUTES", place, f"{path}/route", severity="warning",
                      routes=routes_used, cells=cells, total=level)  # fmt: skip
    reading.state(f"{path}/activityLevel", level, place)
    unit = "MWh" if category.startswith("Electricity") else "t"
    reading.state(f"{path}/activityUnit", unit, place._replace(column=place.column - 1))


def _amounts(reading: Reading, places: list[Place], path: str) -> dict[int, tuple[Place, str]]:
    found = {}
    for number, place in enumerate(places):
        value = reading.value(place, "number", path)
        if isinstance(value, str):
            found[number] = (place, value)
    return found


_PLAIN = re.compile(r"-?[0-9]{1,60}(?:\.[0-9]{1,60})?")


def _figure(text: str) -> bool:
    """Whether a text is a figure other than zero; what is no figure is left for the schema to name."""
    return not _PLAIN.fullmatch(text) or Decimal(text) != 0


def _electricity(reading: Reading, path: str, row: int) -> None:
    """How the indirect emissions were determined follows from the source of the factor (Annex III D.4)."""
    spot = reading.layout.lists["processes"]["electricity/factorSource"]
    source, _ = cell_value(reading.cell(spot.at(row)), "text")
    determination = code_list("electricity-factor-source").to("determination", str(source or ""))
    if determination is not None:
        leaf = f"{path}/electricity/determination"
        reading.state(leaf, determination, spot.at(row))
        reading.doubt("TEMPLATE-IMPLIED", spot.at(row), leaf, severity="info",
                      source=str(source), value=determination)  # fmt: skip


def _included_routes(reading: Reading, path: str, element: dict[str, Any]) -> None:
    """The route of an included category, where the list of categories names just one for it."""
    spots = reading.layout.lists["categories"]
    for number, included in enumerate(element.get("includes", [])):
        for row, category in enumerate(reading.tree.get("categories", [])):
            routes = category.get("routes", [])
            if category.get("category") == included.get("category") and len(routes) == 1:
                reading.state(f"{path}/includes/{number}/route", routes[0], spots["routes/0"].at(row))


def _uses(reading: Reading, row: int, ids: list[str]) -> None:
    """What the other processes take of this one's product: row k is the k-th of the others."""
    block = reading.layout.block("uses")
    others = [n for n in range(reading.layout.most["processes"]) if n != row]
    for number, (place, text) in _amounts(
        reading, [block.at(row, k) for k in range(block.count)], ""
    ).items():
        if _figure(text):
            path = f"/precursors/{len(reading.tree.get('precursors', []))}"
            user, maker = f"P{others[number] + 1}", f"P{row + 1}"
            reading.state(f"{path}/id", f"{user}-{maker}", place)
            reading.state(f"{path}/process", user, place)
            reading.state(f"{path}/ownProcess", maker, place)
            reading.state(f"{path}/amount", text, place)
            reading.state(f"{path}/unit", "t", place)


def _flows(reading: Reading, kind: str, row: int, *, applies: bool, path: str) -> None:
    """Heat or waste gas imported into and exported from one process."""
    for direction in ("imported", "exported"):
        place = reading.layout.flow(kind, direction, row)
        amount = reading.value(place, "number", path)
        if not isinstance(amount, str) or not _figure(amount):
            continue
        if not applies:
            reading.doubt("TEMPLATE-FLAG", place, path, severity="warning", value=amount)
        flow = f"/{kind}/{len(reading.tree.get(kind, []))}"
        reading.state(f"{flow}/id", f"P{row + 1}-{direction}", place)
        reading.state(f"{flow}/process", f"P{row + 1}", place)
        reading.state(f"{flow}/direction", direction, place)
        reading.state(f"{flow}/amount", amount, place)
        reading.state(f"{flow}/unit", "TJ", place)
        below = reading.layout.flow(kind, direction, row, factor=True)
        reading.state(f"{flow}/factor", reading.value(below, "number", f"{flow}/factor"), below)


# --- purchased precursors ---------------------------------------------------------------------------------


def _purchased(reading: Reading, processes: list[int]) -> None:
    """One precursor for each process that uses it: the record states what each process consumes."""
    spots, block = reading.layout.lists["purchased"], reading.layout.block("consumption")
    known = [s for leaf, s in spots.items() if leaf in ("name", "category")]
    for row in range(reading.layout.most["purchased"]):
        if all(cell_value(reading.cell(spot.at(row)), "text")[0] is None for spot in known):
            continue
        amounts = _amounts(reading, [block.at(row, k) for k in range(block.count)], "")
        used = [(k, place, text) for k, (place, text) in amounts.items() if _figure(text)]
        if not used:
            reading.doubt("TEMPLATE-PRECURSOR-UNUSED", spots["name"].at(row), severity="warning")
        for number, (process, place, text) in enumerate(used):
            path = f"/precursors/{len(reading.tree.get('precursors', []))}"
            name = f"PP{row + 1}" if len(used) == 1 else f"PP{row + 1}-{number + 1}"
            reading.state(f"{path}/id", name, spots["name"].at(row))
            reading.state(f"{path}/process", f"P{process + 1}", place)
            reading.state(f"{path}/amount", text, place)
            reading.state(f"{path}/unit", "t", place)
            for leaf, spot in spots.items():
                _leaf(reading, f"{path}/{leaf}", spot, row)
            _named(reading, path, spots["name"].at(row))
        _bought(reading, row, len(used))


def _named(reading: Reading, path: str, place: Place) -> None:
    """A CN code that stands in the name, as this gateway writes it: the workbook has no cell for one."""
    name, _ = cell_value(reading.cell(place), "text")
    match = _NAME_AND_CN.fullmatch(str(name or ""))
    if match is not None:
        reading.state(f"{path}/name", match["name"], place)
        reading.state(f"{path}/cn8", match["cn"], place)


def _bought(reading: Reading, row: int, used: int) -> None:
    """The amounts bought, by route: they stand with the first precursor that was read from the block."""
    block = reading.layout.block("purchase")
    first = len(reading.tree.get("precursors", [])) - used
    amounts = _amounts(reading, [block.at(row, n) for n in range(block.count)], "")
    for number, (place, text) in amounts.items():
        if used and _figure(text):
            reading.state(f"/precursors/{first}/bought/{_next(reading, first)}/amount", text, place)
            route = Place(place.sheet, place.row, place.column - 4)
            last = _next(reading, first) - 1
            category = str(reading.tree["precursors"][first].get("category", ""))
            routes = reading.layout.routes(category)
            shown = routes[number] if number < len(routes) else None
            reading.state(f"/precursors/{first}/bought/{last}/route", shown, route)


def _next(reading: Reading, index: int) -> int:
    return len(reading.tree["precursors"][index].get("bought", []))


# --- goods ------------------------------------------------------------------------------------------------


def _good(reading: Reading, index: int, row: int, names: dict[str, str]) -> None:
    path, element = f"/goods/{index}", reading.tree["goods"][index]
    place = reading.layout.lists["goods"]["process"].at(row)
    stated = reading.value(place, "text", f"{path}/process")
    if stated is not None:
        process = names.get(str(stated).strip())
        if process is None:
            reading.doubt("TEMPLATE-PROCESS-UNKNOWN", place, f"{path}/process", value=str(stated))
        reading.state(f"{path}/process", process or str(stated), place)
    category = _category_of(reading, str(element.get("process", "")))
    for name, cell, is_text in _parameters(reading, row, category):
        value = reading.value(cell, "text" if is_text else "number", path)
        if value is not None:
            number = len(element.get("parameters", []))
            reading.state(f"{path}/parameters/{number}/id", name, cell)
            reading.state(f"{path}/parameters/{number}/value", value, cell)


def _category_of(reading: Reading, process: str) -> str:
    rows = reading.tree.get("processes", [])
    return next((str(p.get("category", "")) for p in rows if p.get("id") == process), "")


def _parameters(reading: Reading, row: int, category: str) -> list[tuple[str, Place, bool]]:
    """The parameters in the order of their ids, each with its cell and whether it is text."""
    raw = reading.layout.raw["parameters"]
    other = raw["aluminium"] if "luminium" in category else {}
    return sorted(
        (other.get(name, name), Place(raw["sheet"], raw["row"] + row, column), is_text)
        for name, column, is_text in reading.layout.parameters()
    )
