"""What must hold for the definitive method whatever the figures are."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from plants import Tree, edited, record_of
from pydantic import ValidationError
from works import (
    AMMONIA_WORKS,
    CEMENT_WORKS,
    FERTILISER_WORKS,
    HYDROGEN_WORKS,
    ROLLING_MILL,
    SINTER_WORKS,
)

from gateway.methods.cbam_definitive import calculate

WORKS = st.sampled_from(
    [CEMENT_WORKS, AMMONIA_WORKS, FERTILISER_WORKS, ROLLING_MILL, SINTER_WORKS, HYDROGEN_WORKS]
)
EXTENSIVE = ("activityLevel", "directEmissions", "electricityConsumed", "amount", "produced")


def sees(tree: Tree) -> list[tuple[Fraction, Fraction, Fraction]]:
    result = calculate(record_of(tree))
    assert result.complete, result.findings
    return [(g.see_direct.exact, g.see_indirect.exact, g.default_share.exact) for g in result.goods]


def scaled(tree: Tree, factor: Decimal) -> Tree:
    """The same plant, all masses, emissions and energies times a factor."""
    result = edited(tree)
    for group in ("processes", "precursors", "heat", "goods"):
        for row in result.get(group, ()):
            for key in EXTENSIVE:
                if key in row:
                    row[key] = format(Decimal(row[key]) * factor, "f")
    return result


@given(WORKS, st.decimals("0.01", "90", places=2))
def test_a_plant_of_another_size_has_the_same_figures(tree: Tree, factor: Decimal) -> None:
    assert sees(scaled(tree, factor)) == sees(tree)


@given(WORKS, st.integers(1, 99))
def test_a_precursor_split_in_two_gives_the_same_figures(tree: Tree, percent: int) -> None:
    if not tree.get("precursors"):
        return
    split = edited(tree)
    for row in list(split["precursors"]):
        whole = Decimal(row["amount"])
        part = whole * percent / 100
        row["amount"] = format(part, "f")
        split["precursors"].append({**row, "id": f"{row['id']}b", "amount": format(whole - part, "f")})
    assert sees(split) == sees(tree)


@given(
    WORKS,
    st.integers(0, 9),
    st.sampled_from(["directEmissions", "electricityConsumed"]),
    st.integers(1, 10**6),
)
def test_more_emissions_or_electricity_never_lower_a_figure(
    tree: Tree, which: int, key: str, more: int
) -> None:
    raised = edited(tree)
    process = raised["processes"][which % len(raised["processes"])]
    process[key] = str(int(process[key]) + more)
    for (direct, indirect, _), (before_direct, before_indirect, _) in zip(
        sees(raised), sees(tree), strict=True
    ):
        assert direct >= before_direct
        assert indirect >= before_indirect


@given(st.integers(1, 1000), st.integers(1, 1000), st.integers(1, 100))
def test_emissions_are_neither_lost_nor_made_between_goods_of_one_process(
    one: int, two: int, percent: int
) -> None:
    tree = edited(FERTILISER_WORKS, {
        "/processes/0/activityLevel": str(one + two),
        "/goods/0/produced": str(one), "/goods/1/produced": str(two),
        "/goods/0/nitrogenContent": format(Decimal(percent) / 100, "f"),
    })  # fmt: skip
    result = calculate(record_of(tree))
    first, second = (good.per_tonne_direct for good in result.goods)
    assert first is not None
    assert second is not None
    attributed = result.trace.steps["P1:AttrEmDir"].exact + result.trace.steps["P1:EEInpMatDir"].exact
    assert one * first.exact + two * second.exact == attributed


@given(st.integers(0, 10**6), WORKS)
def test_the_order_of_lists_does_not_matter(seed: int, tree: Tree) -> None:
    shuffled, chance = edited(tree), random.Random(seed)
    for group in ("processes", "precursors", "goods"):
        chance.shuffle(shuffled.get(group, []))
    names = [good["id"] for good in shuffled["goods"]]
    assert dict(zip(names, sees(shuffled), strict=True)) == dict(
        zip([good["id"] for good in tree["goods"]], sees(tree), strict=True)
    )


DAMAGE = st.sampled_from(
    [None, "0", "-1", "1", "1e999999", "NaN", "0." + "0" * 60 + "1", "default", "t", "kg", "P1", "P2", "P9",
     "27160000", "31056000", "72044910", "25231000", "DE", "XX", True]
)  # fmt: skip


@given(WORKS, st.lists(st.tuples(st.integers(0, 10**6), DAMAGE), min_size=1, max_size=4))
def test_a_damaged_record_is_answered_with_findings_and_never_raises(
    tree: Tree, damages: list[tuple[int, object]]
) -> None:
    damaged = edited(tree)
    for place, value in damages:
        rows = [
            row for group in ("processes", "precursors", "goods", "heat") for row in damaged.get(group, ())
        ]
        row = rows[place % len(rows)]
        keys = sorted(row)
        row[keys[place // 7 % len(keys)]] = value
    try:
        record = record_of(damaged)
    except ValidationError:
        return  # the reader refuses it before any method sees it
    result = calculate(record)
    for good in result.goods:
        assert good.see_total.exact >= 0
    assert result.complete or any(item.severity == "error" for item in result.findings)


def test_hostile_ids_cannot_break_the_trace() -> None:
    tree = edited(CEMENT_WORKS)
    tree["processes"].append({**ROLLING_MILL["processes"][0], "id": "P2:M[V1"})
    tree["processes"].append({**SINTER_WORKS["processes"][0], "id": "goods[0]"})
    tree["processes"].append({**SINTER_WORKS["processes"][0], "id": "{0}{x}"})
    tree["precursors"] += [{**ROLLING_MILL["precursors"][0], "id": "V1", "process": "P2:M[V1"}]
    tree["precursors"] += [{**ROLLING_MILL["precursors"][0], "id": "a:M[b", "process": "P2:M[V1"}]
    result = calculate(record_of(tree))
    assert result.process("P2:M[V1") is not None
    assert "{0}{x}:SEEDir" in result.trace.to_text()
