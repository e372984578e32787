"""A record that answers every item of the operator's reports, and the ways in which the tests look at one."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from gateway.data import data_path
from gateway.formats.json_reader import write_json
from gateway.formats.registry import read_document
from gateway.model.finding import Finding
from gateway.route import Journey, Wish, translate

SUMMARY = "cbam.operator-summary@2025-2547"
REPORT = "cbam.operator-report@2025-2547"

Tree = dict[str, Any]


def example(name: str) -> Tree:
    """An example as it is shipped."""
    tree = read_document(data_path("examples", f"{name}.json").read_bytes()).tree
    return copy.deepcopy(tree)


def in_2026(tree: Tree) -> None:
    """The record for the first year of the definitive period; the footprint's own verification is not of it."""
    tree["time"] = {"periodStart": "2026-01-01", "periodEnd": "2026-12-31"}
    tree["record"]["reportDate"] = "2027-03-31"
    tree.pop("verification", None)
    tree.pop("certificate", None)


def complete() -> Tree:
    """The aluminium example for 2026, with every field that an item of the reports asks for."""
    tree = example("aluminium")
    in_2026(tree)
    tree["installations"][0].update(
        otherProcesses="none", otherGoods="none", dataGaps="none", wasteGasesUsed=False
    )
    # 0.975 x 1.423 (route K); 0.975 x 0.056 + 120000 / 113000 x 1.387425, rounded
    for good, allocation in zip(tree["goods"], ("1.387425", "1.52797168"), strict=True):
        good.update(
            specificFreeAllocation=allocation,
            benchmarkConfirmed=True,
            freeAllocationMethod="2025/2620, column A",
        )
    for stream, name in zip(
        tree["sourceStreams"], ("Natural gas", "Purchased anodes", "Own anodes"), strict=True
    ):
        stream["name"] = name
    tree["precursors"][0]["name"] = "Own unwrought aluminium"
    return tree


def cement() -> Tree:
    """The cement example for 2026, complete: its goods are outside Annex II, so indirect emissions count."""
    tree = example("cement")
    in_2026(tree)
    tree["installations"][0].update(
        otherProcesses="none", otherGoods="none", dataGaps="none", wasteGasesUsed=False,
        indirectEmissions="149235", electricityConsumed="250000",
    )  # fmt: skip
    tree["processes"][0].update(electricitySupplier="Example Grid Co.", electricityCountry="CN")
    return tree


def made(tree: Tree, to: str = SUMMARY, others: list[Tree] | None = None, **wish: Any) -> Journey:
    """The journey of a record to one of the reports."""
    read = [read_document(write_json(other)) for other in others or ()]
    return translate(read_document(write_json(tree)), Wish(to, **wish), read)


def entries(document: Tree) -> Iterator[tuple[str, Tree]]:
    """(number of the point, entry) for every entry of a report."""
    for item in document["items"]:
        for point in item["points"]:
            for entry in point["entries"]:
                yield point["number"], entry


def said(document: Tree, number: str, subject: str = "", aspect: str = "") -> Any:
    """The value of the one entry of a point that is about this; None where it has none."""
    found = [
        entry
        for point, entry in entries(document)
        if point == number and entry.get("subject", "") == subject and entry.get("aspect", "") == aspect
    ]
    assert len(found) == 1, (number, subject, aspect, found)
    return found[0].get("value")


def states(document: Tree) -> dict[str, str]:
    """The state of every point by its number."""
    return {point["number"]: point["state"] for item in document["items"] for point in item["points"]}


def rules_of(journey: Journey, start: str = "OPERATOR-") -> list[Finding]:
    return [item for item in journey.findings if item.rule.startswith(start)]


def changed(tree: Tree, change: Callable[[Tree], object]) -> Tree:
    """A copy of a record with an edit."""
    other = copy.deepcopy(tree)
    change(other)
    return other
