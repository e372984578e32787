"""The goods of a CBAM report: the join of consignments with what the method computed, as ``/cbam/goods``.

Reading a report back takes the join apart again, without the computed figures: what an importer declared
is not activity data of the plant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.formats.leaves import at
from gateway.methods.carbon_price_lots import derive_carbon_prices
from gateway.methods.cbam_transitional import Calculation, Figure, GoodFigures, calculate
from gateway.methods.join import View, assemble, join_table, positions, take_apart
from gateway.methods.trace import text_of
from gateway.model.finding import finding
from gateway.model.record import Record
from gateway.translate.engine import put
from gateway.translate.ledger import Explained

NAME = "cbam-goods"
PARAMETER_FIELDS = ("id", "name", "valueType", "determination", "value", "note")
"""What record and report both say of a qualifying parameter, besides its scope and its place."""


def assemble_goods(record: Mapping[str, Any], typed: Record) -> View:
    """The view for a report, with every figure derived by ``cbam.transitional@2023-1773``.

    What is missing for it is all in the findings: goods without figures are in the view without them.
    """
    view = assemble(NAME, record)
    calculation = calculate(typed)
    view.findings += calculation.findings
    if not record.get("consignments"):
        view.findings.append(finding("CBAM-NO-CONSIGNMENT", "/consignments", stage="method"))
    for place in positions(record):
        if "l" not in place:
            continue
        lot = f"/cbam/goods/{place['i']}/lots/{place['l']}"
        near = f"/consignments/{place['c']}/lots/{place['l']}/goods"
        if "g" not in place:
            view.findings.append(finding("CBAM-LOT-WITHOUT-GOODS", near, stage="method"))
            continue
        good = record["goods"][place["g"]]
        figures = calculation.good(good["id"])
        if figures is not None:
            _compute(view, lot, figures, calculation)
        _constants(view, lot)
        _hs6(view, place)
        _parameters(view, lot, place["g"], good)
    derive_carbon_prices(view, record, typed, calculation, NAME)
    return view


def _compute(view: View, lot: str, figures: GoodFigures, calculation: Calculation) -> None:
    for row in join_table(NAME)["computed"]:
        figure: Figure | None = getattr(figures, row["figure"])
        if figure is None:
            continue
        step = calculation.trace.steps.get(figure.step)
        sources = tuple(dict.fromkeys(calculation.trace.record_paths(figure.step)))
        note = f"{calculation.method}: {step.equation}" if step is not None else calculation.method
        _state(view, f"{lot}/{row['to']}", text_of(figure.value),
               Explained(sources, "derived", row["id"], row["clause"], note))  # fmt: skip


def _constants(view: View, lot: str) -> None:
    for row in join_table(NAME)["constant"]:
        needed = row.get("when", row["to"].partition("/")[0])
        if at(view.tree, f"{lot}/{needed}") is not None:
            _state(view, f"{lot}/{row['to']}", row["value"],
                   Explained((), "defaulted", row["id"], row["clause"], row["reason"]))  # fmt: skip


def _hs6(view: View, place: Mapping[str, int]) -> None:
    """The six digits that CN and HS share, where only the CN code is stated."""
    item = f"/cbam/goods/{place['i']}"
    cn8 = at(view.tree, f"{item}/cn8")
    if isinstance(cn8, str) and len(cn8) == 8 and at(view.tree, f"{item}/hs6") is None:
        note = "HS code = first six digits of the CN code"
        _state(view, f"{item}/hs6", cn8[:6],
               Explained((f"/goods/{place['g']}/cn8",), "derived", "JOIN-H01", "EU-2658-87:CN", note))  # fmt: skip


def _parameters(view: View, lot: str, index: int, good: Mapping[str, Any]) -> None:
    table = join_table(NAME)["parameters"]
    counted = {"direct": 0, "indirect": 0}
    for number, row in enumerate(good.get("parameters") or ()):
        scope = row.get("scope")
        if scope not in counted:
            path = f"/goods/{index}/parameters/{number}/scope"
            view.findings.append(finding("CBAM-PARAMETER-SCOPE", path, stage="method", id=row.get("id", "?")))
            continue
        far = f"{lot}/method/{scope}Parameters/{counted[scope]}"
        counted[scope] += 1
        near = f"/goods/{index}/parameters/{number}"
        for name in PARAMETER_FIELDS:
            if name in row:
                sources = (f"{near}/{name}", f"{near}/scope") if name == "id" else (f"{near}/{name}",)
                _state(view, f"{far}/{name}", row[name],
                       Explained(sources, "exact", table["id"], "CBAM-QREPORT-23.00:xsd"))  # fmt: skip
        _state(view, f"{far}/sequence", str(counted[scope]),
               Explained((), "defaulted", table["id"], "CBAM-QREPORT-23.00:xsd", "position in the list"))  # fmt: skip


def _state(view: View, path: str, value: str, why: Explained) -> None:
    if at(view.tree, path) is None:
        put(view.tree, [int(p) if p.isdigit() else p for p in path.split("/")[1:]], value)
        view.explained[path] = why


# --- and back ---------------------------------------------------------------------------------------------


def take_goods_apart(record: Mapping[str, Any], skeleton: Mapping[str, Any]) -> View:
    """Consignments, goods, processes and installations behind ``/cbam/goods``.

    ``skeleton``: ids and references that an earlier trip kept. Without them, ids are made from the position
    of the good, and said to be made.
    """
    goods = at(record, join_table(NAME)["view"]) or []
    known, made = _references(goods, skeleton)
    view = take_apart(NAME, record, known)
    for place in positions(known):
        if "l" in place and "g" not in place:
            path = f"/cbam/goods/{place['i']}/lots/{place['l']}"
            view.findings.append(
                finding("CBAM-LOT-WITHOUT-GOODS", path, severity="warning", stage="translate")
            )
    for path, value in made.items():
        _state(view, path, value, Explained((), "defaulted", "JOIN-I01", "GATEWAY:references",
                                            "a reference of our own: the report has none"))  # fmt: skip
    _parameters_back(view, record, known)
    return view


def _references(goods: Any, skeleton: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The record's ids and references as a tree, and those of them that were made here."""
    if skeleton:
        return _ordered(goods, skeleton), {}
    made: dict[str, str] = {}
    tree: dict[str, Any] = {"consignments": [{} for _ in goods]}
    number = 0
    for c, good in enumerate(goods):
        for lot, _ in enumerate(good.get("lots") or ()):
            made[f"/consignments/{c}/lots/{lot}/goods"] = f"G{number + 1}"
            made[f"/goods/{number}/id"] = f"G{number + 1}"
            made[f"/goods/{number}/process"] = f"P{number + 1}"
            made[f"/processes/{number}/id"] = f"P{number + 1}"
            made[f"/processes/{number}/installation"] = f"S{number + 1}"
            made[f"/installations/{number}/id"] = f"S{number + 1}"
            number += 1
    for path, value in made.items():
        put(tree, [int(p) if p.isdigit() else p for p in path.split("/")[1:]], value)
    return tree, made


def _ordered(goods: Any, skeleton: Mapping[str, Any]) -> dict[str, Any]:
    """The skeleton with its consignments and lots in the order of the report, so that positions agree."""
    by_item = {str(c.get("item")): c for c in skeleton.get("consignments") or ()}
    consignments = []
    for good in goods:
        former = by_item.get(str(good.get("item")), {})
        lots = {str(lot.get("sequence")): lot for lot in former.get("lots") or ()}
        consignments.append(
            {"lots": [lots.get(str(lot.get("sequence")), {}) for lot in good.get("lots") or ()]}
        )
    return {**skeleton, "consignments": consignments}


def _parameters_back(view: View, record: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """The parameters of each good; lots that share a good must state the same ones, and the first is kept."""
    rule, done = join_table(NAME)["parameters"]["id"], dict[int, Any]()
    for place in positions(known):
        if "g" not in place:
            continue
        method = f"/cbam/goods/{place['i']}/lots/{place['l']}/method"
        stated = {scope: at(record, f"{method}/{scope}Parameters") or [] for scope in ("direct", "indirect")}
        if place["g"] in done:
            if stated != done[place["g"]]:
                near = f"/goods/{place['g']}/parameters"
                view.findings.append(
                    finding(
                        "JOIN-DISAGREES",
                        method,
                        severity="warning",
                        stage="translate",
                        one=_brief(done[place["g"]]),
                        other=_brief(stated),
                        place=near,
                    )
                )
            continue
        done[place["g"]] = stated
        rows = [(scope, index, row) for scope, rows in stated.items() for index, row in enumerate(rows)]
        for number, (scope, index, row) in enumerate(rows):
            near, far = f"/goods/{place['g']}/parameters/{number}", f"{method}/{scope}Parameters/{index}"
            for name in (name for name in PARAMETER_FIELDS if name in row):
                why = Explained((f"{far}/{name}",), "exact", rule, "CBAM-QREPORT-23.00:xsd")
                _state(view, f"{near}/{name}", row[name], why)
            _state(view, f"{near}/scope", scope,
                   Explained((), "defaulted", rule, "CBAM-QREPORT-23.00:xsd", "the list it stood in"))  # fmt: skip


def _brief(stated: Mapping[str, Any]) -> str:
    return (
        ", ".join(f"{row.get('id')} = {row.get('value')}" for rows in stated.values() for row in rows) or "-"
    )
