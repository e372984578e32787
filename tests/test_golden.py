"""The fields of a complete record that each target must carry, one list a target, reviewed by people.

The record is the aluminium example with its consignment. A field may not fall out of a table unseen, nor come in:
``CBAMGW_UPDATE_GOLDEN=1 pytest tests/test_golden.py`` rewrites the lists, and the difference is reviewed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from operators import REPORT, SUMMARY, cement, complete, example, made, states
from trips import BASE_URL, CBAM, ISO, PACT, PACT_23

from gateway.data import data_path
from gateway.formats.leaves import pattern_of
from gateway.formats.registry import read_document
from gateway.route import Wish, translate

FOLDER = Path(__file__).parent / "golden"
TARGETS = [PACT, PACT_23, ISO, CBAM, SUMMARY, REPORT]

NEEDED = {
    PACT: {
        "/record/id", "/record/status", "/record/validFrom", "/record/validUntil", "/producer/name/en",
        "/producer/uscc",
        "/product/name/en", "/product/description", "/product/ids/*", "/product/cn8", "/unit/amount", "/unit/unit",
        "/product/netMass", "/time/periodStart", "/time/periodEnd", "/geography/country", "/results/unit",
        "/results/total", "/results/totalExcludingUptake", "/results/fossil", "/results/biogenicUptake",
        "/boundary/type", "/boundary/cutOffTotal", "/basis/standard", "/basis/gwpSets/*", "/quality/primaryDataShare",
        "/quality/technology", "/quality/geography", "/quality/time", "/verification/body", "/producer/name/zh",
    },
    PACT_23: {
        "/record/id", "/record/status", "/producer/name/en", "/product/name/en", "/product/cpc", "/unit/amount",
        "/unit/unit", "/product/netMass", "/time/periodStart", "/time/periodEnd", "/geography/country",
        "/results/total", "/results/totalExcludingBiogenic", "/results/fossil", "/results/landUseChange",
        "/results/biogenicUptake", "/product/fossilCarbonContent", "/product/biogenicCarbonContent",
        "/boundary/cutOffTotal", "/boundary/description", "/basis/gwpSets/*", "/quality/primaryDataShare",
        "/quality/uncertainty", "/verification/body", "/verification/level",
    },
    ISO: {
        "/record/reportNumber", "/producer/name/zh", "/product/name/zh", "/unit/description", "/unit/amount",
        "/unit/unit",
        "/boundary/type", "/boundary/stages/*/stage", "/boundary/stages/*/included", "/boundary/cutOffTotal",
        "/basis/standard", "/basis/purpose", "/basis/gwpSets/*", "/results/unit", "/results/total", "/results/fossil",
        "/results/byStage/*/value", "/results/byGas/*/mass", "/time/periodStart", "/time/periodEnd",
        "/activityData/*/amount", "/activityData/*/unit", "/emissionFactors/*/value", "/emissionFactors/*/kind",
        "/electricity/*/factor", "/quality/uncertainty", "/interpretation/limitations", "/interpretation/conclusions",
    },
    CBAM: {
        "/declaration/declarant/id", "/declaration/period", "/declaration/year", "/consignments/*/item",
        "/consignments/*/origin", "/consignments/*/netMass", "/consignments/*/unit", "/consignments/*/lots/*/netMass",
        "/consignments/*/quantities/*/procedure", "/goods/*/cn8", "/goods/*/productionMethod",
        "/goods/*/parameters/*/value",
        "/producer/operatorId", "/producer/name/en", "/installations/*/registryId", "/installations/*/name/en",
        "/installations/*/unlocode", "/processes/*/activityLevel derived", "/processes/*/directEmissions derived",
        "/processes/*/electricityConsumed derived", "/processes/*/electricityFactor derived",
        "/processes/*/determination", "/processes/*/electricitySource", "/precursors/*/amount derived",
    },
    SUMMARY: {
        "/producer/name/en", "/producer/uscc", "/installations/*/name/en", "/installations/*/registryId",
        "/installations/*/unlocode", "/goods/*/cn8", "/goods/*/name/en", "/processes/*/goodsCategory",
        "/processes/*/route", "/processes/*/directEmissions derived", "/precursors/*/cn8", "/time/periodEnd",
    },
    REPORT: {
        "/producer/name/en", "/installations/*/name/en", "/goods/*/cn8", "/processes/*/activityLevel",
        "/processes/*/electricityConsumed", "/sourceStreams/*/amount", "/sourceStreams/*/unit",
        "/precursors/*/amount", "/goods/*/parameters/*/value derived", "/processes/*/directEmissions derived",
    },
}  # fmt: skip
"""What a buyer, a reader of the study and a declarant cannot do without: no update of a list may lose it."""


def carried(target: str) -> list[str]:
    """Every field of the record that travels as it is, or (``derived``) as a figure computed from it."""
    read = lambda file: read_document(data_path("examples", f"{file}.json").read_bytes())  # noqa: E731
    record = read("aluminium")
    if (
        target == PACT_23
    ):  # land-use change stands between the totals of 2.x and 3.0: the former has to be stated
        record.tree["results"]["totalExcludingBiogenic"] = record.tree["results"]["fossil"]
    journey = translate(record, Wish(target, base_url=BASE_URL), [read("aluminium-consignment")])
    assert journey.conforms
    assert journey.ledger is not None
    found: dict[str, set[str]] = {}
    for entry in journey.ledger.entries:
        for path in entry.source:
            found.setdefault(path, set()).add(entry.fidelity)
    fields: dict[str, set[str]] = {}
    for path, fidelities in found.items():
        how = (
            "carried"
            if fidelities & {"exact", "converted"}
            else "derived"
            if "derived" in fidelities
            else "lost"
        )
        fields.setdefault(pattern_of(path), set()).add(how)
    travels = {path: hows for path, hows in fields.items() if "lost" not in hows}
    return [f"{path} derived" if "carried" not in hows else path for path, hows in sorted(travels.items())]


def golden(target: str) -> Path:
    return FOLDER / (f"{target}.txt" if target == PACT_23 else f"{target.partition('@')[0]}.txt")


@pytest.mark.parametrize("target", TARGETS)
def test_the_fields_of_the_golden_list_are_carried(target: str) -> None:
    found = carried(target)
    if os.environ.get("CBAMGW_UPDATE_GOLDEN"):
        golden(target).write_text("".join(f"{line}\n" for line in found), encoding="utf-8")
    wanted = golden(target).read_text(encoding="utf-8").splitlines()
    assert sorted(set(wanted) - set(found)) == [], "no longer carried"
    assert sorted(set(found) - set(wanted)) == [], "carried, and not in the list"


@pytest.mark.parametrize("target", TARGETS)
def test_the_golden_list_holds_what_nobody_can_do_without(target: str) -> None:
    assert NEEDED[target] <= set(golden(target).read_text(encoding="utf-8").splitlines())


def test_the_states_of_every_item_for_four_records_are_those_that_people_reviewed() -> None:
    """Which item of the operator's reports each of these plants answers, lacks, or need not answer."""
    records = {"aluminium-complete": complete(), "cement-2026": cement(), "steel": example("steel")}
    records["aluminium"] = example("aluminium")
    found = [
        f"{name} {to.partition('@')[0].rpartition('-')[2]} {number} {state}"
        for name, tree in records.items()
        for to in (SUMMARY, REPORT)
        for number, state in states(made(tree, to).lowered.tree).items()
    ]
    file = FOLDER / "operator-states.txt"
    if os.environ.get("CBAMGW_UPDATE_GOLDEN"):
        file.write_text("".join(f"{line}\n" for line in found), encoding="utf-8")
    assert found == file.read_text(encoding="utf-8").splitlines()
