"""Items 4(e) and 4(f) of the operator's report: the free allocation embedded in a good, computed where it can be."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from operators import REPORT, SUMMARY, Tree, cement, changed, complete, made, rules_of, said, states

CAST, WIRE = Fraction("1.387425"), Fraction("0.0546") + Fraction(120000, 113000) * Fraction("1.387425")
"""Primary unwrought aluminium: 0.975 x 1 x 1.423 (column A, route K). Wire, of 120,000 t of it per 113,000 t:
0.975 x 1 x 0.056 and 120000 / 113000 x 1.387425."""


def unstated(tree: Tree) -> None:
    for good in tree["goods"]:
        for name in ("specificFreeAllocation", "freeAllocationMethod"):
            good.pop(name, None)


def allocation(tree: Tree, good: str) -> str | None:
    value: str | None = said(made(tree).lowered.tree, "4(e)", good)
    return value


def edited(*path: Any, to: Any) -> Tree:
    def change(tree: Tree) -> None:
        unstated(tree)
        node: Any = tree
        for part in path[:-1]:
            node = node[part]
        node[path[-1]] = to

    return changed(complete(), change)


def test_the_allocation_of_a_simple_good_is_factor_times_benchmark_of_its_route() -> None:
    assert allocation(changed(complete(), unstated), "G1") == "1.387425"


def test_the_allocation_of_a_complex_good_counts_its_precursor_by_mass() -> None:
    value = allocation(changed(complete(), unstated), "G2")
    assert value is not None
    assert abs(Fraction(value) - WIRE) < Fraction(1, 10**20)
    assert value.startswith("1.52797168")


def test_the_ledger_says_what_the_allocation_came_from_and_by_which_clause() -> None:
    journey = made(changed(complete(), unstated))
    assert journey.conforms
    assert journey.ledger is not None
    (found,) = [e for e in journey.ledger.entries if e.after == "1.387425" and "entries" in e.target[0]]
    assert found.fidelity == "derived"
    assert found.clause == "EU-2025-2620:annex-3"
    assert "CBAM x CSCF x BM" in found.note
    assert {"/goods/0/cn8", "/processes/0/route"} <= set(found.source)
    shown = [e for e in journey.lowered.tree["equations"] if e["symbol"].endswith(":SEFA")]
    assert [e["clause"] for e in shown] == ["EU-2025-2620:annex-3 (to confirm)"] * 2


def test_the_method_is_named_and_the_confirmation_stays_the_operators() -> None:
    tree = changed(complete(), unstated)
    document = made(tree).lowered.tree
    assert "column A" in said(document, "4(f)", "G2", "method")
    assert "76011010" in said(document, "4(f)", "G2", "method")
    del tree["goods"][1]["benchmarkConfirmed"]
    assert states(made(tree).lowered.tree)["4(f)"] == "missing"


def test_what_the_operator_states_stands_and_a_difference_is_said() -> None:
    journey = made(edited("goods", 0, "specificFreeAllocation", to="1.335"))
    assert said(journey.lowered.tree, "4(e)", "G1") == "1.335"
    (found,) = rules_of(journey, "OPERATOR-SEFA")
    assert (found.path, found.severity) == ("/goods/0/specificFreeAllocation", "warning")
    assert (found.values["stated"], found.values["computed"]) == ("1.335", "1.387425")
    for same in ("1.387425", "1.3874", "1.39"):
        assert rules_of(made(edited("goods", 0, "specificFreeAllocation", to=same)), "OPERATOR-SEFA") == []


@pytest.mark.parametrize(
    ("path", "to", "good"),
    [
        (("processes", 0, "route"), "Other production routes", "G1"),  # K and L: no route, no benchmark
        (("precursors", 0, "ownProcess"), None, "G2"),  # bought: column B needs the route of its producer
        (("time", "periodEnd"), "2027-12-31", "G1"),  # no CBAM factor of that year is known
        (
            ("processes", 1, "includes"),
            [{"category": "Unwrought aluminium"}],
            "G2",
        ),  # column A is one process
    ],
)
def test_what_the_record_does_not_settle_is_missing_and_never_guessed(
    path: tuple[Any, ...], to: Any, good: str
) -> None:
    tree = edited(*path, to=to)
    if to is None:
        del tree["precursors"][0]["ownProcess"]
        tree["precursors"][0].update(seeDirect="1.5", seeIndirect="6", seeKind="embedded")
    journey = made(tree, draft=True)
    assert said(journey.lowered.tree, "4(e)", good) is None


def test_a_complex_good_without_a_precursor_gets_no_half_allocation() -> None:
    tree = changed(complete(), unstated)
    del tree["precursors"]
    assert allocation(tree, "G2") is None
    assert allocation(tree, "G1") == "1.387425"  # columns A and B are the same: there is none before it


def test_a_precursor_made_in_the_union_counts_as_zero() -> None:
    tree = changed(complete(), unstated)
    row = tree["precursors"][0]
    del row["ownProcess"]
    row.update(country="DE", seeDirect="0", seeIndirect="0", seeKind="embedded")
    assert allocation(tree, "G2") == "0.0546"


def test_cement_is_left_to_the_operator_since_the_benchmark_is_per_tonne_of_goods() -> None:
    assert states(made(cement()).lowered.tree)["4(e)"] == "missing"


@pytest.mark.parametrize("to", [SUMMARY, REPORT])
def test_a_computed_allocation_does_not_come_home_as_a_statement_of_the_operator(to: str) -> None:
    from gateway.formats.registry import read_document
    from gateway.route import Wish, translate

    out = made(changed(complete(), unstated), to)
    home = translate(read_document(out.data), Wish("cn.pcf@1", draft=True)).lowered.tree
    assert all("specificFreeAllocation" not in good for good in home["goods"])
    stated = made(complete(), to)
    home = translate(read_document(stated.data), Wish("cn.pcf@1", draft=True)).lowered.tree
    assert all(("specificFreeAllocation" in good) is (to == SUMMARY) for good in home["goods"])
