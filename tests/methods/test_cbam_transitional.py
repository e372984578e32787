"""``cbam.transitional@2023-1773`` against the Commission's worked examples, and what it refuses."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plants import ALUMINIUM, CEMENT, PURCHASED, STEEL, Tree, edited, record_of
from shared_files import SHARED

from gateway.methods.cbam_transitional import METHOD, calculate
from gateway.methods.trace import decimal_of, rounded

NEAR = Decimal("1e-9")
EXAMPLES = SHARED / "samples" / "cbam" / "worked-examples"


@pytest.mark.parametrize(
    ("tree", "cn8", "direct", "indirect", "electricity"),
    [
        (ALUMINIUM, "76011010", "1.555", "6.15", "15"),
        (ALUMINIUM, "76051900", "1.698079646017699", "6.911946902654868", "16.85840707964602"),
        (STEEL, "72081000", "1.5389760645578654", "0.2035539825", "0.3455925"),
        (STEEL, "73021028", "1.5389760645578654", "0.2035539825", "0.3455925"),
        (CEMENT, "25232900", "0.7852147410358565", "0.12224275", "0.14675"),
    ],
)
def test_the_commissions_worked_examples_come_out(
    tree: Tree, cn8: str, direct: str, indirect: str, electricity: str
) -> None:
    result = calculate(record_of(tree))
    assert result.findings == ()
    good = next(g for g in result.goods if g.cn8 == cn8)
    assert good.embedded_electricity is not None
    assert abs(good.see_direct.value - Decimal(direct)) < NEAR
    assert abs(good.see_indirect.value - Decimal(indirect)) < NEAR
    assert abs(good.embedded_electricity.value - Decimal(electricity)) < NEAR
    assert "per tonne of product" in good.basis


@pytest.mark.parametrize(
    ("name", "tree"),
    [("1_CBAM*Cement*", CEMENT), ("2_CBAM*Steel*", STEEL), ("6_CBAM*Aluminium*", ALUMINIUM)],
)
def test_the_workbooks_themselves_hold_the_same_inputs_and_results(name: str, tree: Tree) -> None:
    found = sorted(EXAMPLES.glob(f"{name}.xlsx"))
    if not found:
        pytest.skip(f"the worked examples of the Commission are not at hand in {EXAMPLES}")
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(found[0], data_only=True)
    sheet, products = book["D_Processes"], book["Summary_Products"]
    for index, process in enumerate(tree["processes"]):
        first = 11 + 65 * index
        for row, key in ((13, "activityLevel"), (43, "directEmissions"), (54, "electricityConsumed")):
            assert Decimal(str(sheet[f"L{first + row}"].value)) == Decimal(process[key])
        assert str(sheet[f"L{first + 55}"].value) == process["electricityFactor"]
        assert sheet[f"L{first + 56}"].value == process["electricityFactorSource"]
    result = calculate(record_of(tree))
    for row, good in enumerate(result.goods, 10):
        assert str(products[f"F{row}"].value) == good.cn8
        for column, figure in (
            ("I", good.see_direct),
            ("J", good.see_indirect),
            ("O", good.embedded_electricity),
        ):
            assert figure is not None
            assert abs(Decimal(str(products[f"{column}{row}"].value)) - figure.value) < NEAR
        assert products[f"N{row}"].value == good.electricity_factor_source


def test_the_exported_waste_gas_of_the_steel_example_is_deducted_as_the_template_does() -> None:
    trace = calculate(record_of(STEEL)).trace
    assert trace.steps["P1:WGCorrExp"].result == Decimal("478959.36")
    assert trace.steps["P1:AttrEmDir"].result == Decimal("7387085.109877754")
    assert trace.steps["P1:AttrEmIndir"].result == Decimal("977059.116")


def test_the_factor_of_the_waste_gas_itself_changes_nothing() -> None:
    plain, with_factor = (
        calculate(record_of(STEEL, edits)) for edits in ({}, {"/wasteGas/1/emissionFactor": "260"})
    )
    assert plain.goods[0].see_direct.exact == with_factor.goods[0].see_direct.exact
    assert "no effect" in with_factor.trace.steps["P1:WGCorrExp"].note


def test_every_step_shows_its_inputs_and_a_clause_marked_to_confirm() -> None:
    result = calculate(record_of(ALUMINIUM))
    assert result.method == METHOD
    for step in result.trace:
        assert step.inputs
        assert step.clause
        assert "(to confirm)" in step.to_text()
        for given_input in step.inputs:
            known = (
                given_input.source.startswith(("/", "constant", "none"))
                or given_input.source in result.trace.steps
            )
            assert known, given_input


def test_a_trace_can_be_computed_again_from_its_own_numbers() -> None:
    for tree in (ALUMINIUM, STEEL, CEMENT):
        for step in calculate(
            record_of(tree, {"/precursors/1": PURCHASED} if tree is ALUMINIUM else {})
        ).trace:
            values = [Fraction(i.value) for i in step.inputs]
            names = {f"v{n}": value for n, value in enumerate(values)}
            formula = step.formula.format(*names).replace(" x ", " * ")
            again = eval(formula, {"max": max}, names)  # our own formula, with exact fractions
            assert abs(again - step.exact) <= abs(step.exact) * Fraction(1, 10**25), step.symbol


def test_the_json_of_the_trace_holds_no_float() -> None:
    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [leaf for part in value.values() for leaf in leaves(part)]
        if isinstance(value, list):
            return [leaf for part in value for leaf in leaves(part)]
        return [value]

    tree = calculate(record_of(ALUMINIUM)).trace.to_json()
    assert {type(leaf) for leaf in leaves(tree)} <= {str, bool}
    see = next(step for step in tree["steps"] if step["symbol"] == "P2:SEEDir")
    assert see["fraction"] == "191883/113000"
    assert see["numbers"] == "(5283 + 186600) / 113000"


# --- what the equations do ---------------------------------------------------------------------------------


def test_heat_and_exported_electricity_correct_the_direct_emissions() -> None:
    edits = {
        "/heat": [
            {
                "process": "P1",
                "direction": "imported",
                "amount": "10",
                "unit": "TJ",
                "emissionFactor": "62.5",
            },
            {"process": "P1", "direction": "exported", "emissions": "100.5"},
        ],
        "/processes/0/electricityExported": "40",
        "/processes/0/electricityProducedFactor": "0.5",
    }
    result = calculate(record_of(CEMENT, edits))
    assert result.trace.steps["P1:AttrEmDir"].result == Decimal("1037310") + 625 - Decimal("100.5") - 20


def test_kilograms_are_converted_exactly() -> None:
    edits = {
        "/processes/0/activityLevel": "200000000",
        "/processes/0/activityUnit": "kg",
        "/precursors/0/amount": "120000000",
        "/precursors/0/unit": "kg",
    }
    plain, in_kg = calculate(record_of(ALUMINIUM)), calculate(record_of(ALUMINIUM, edits))
    assert [g.see_total.exact for g in in_kg.goods] == [g.see_total.exact for g in plain.goods]
    assert in_kg.trace.steps["P1:AL"].equation == "P1:AL = AL in kg / 1000"


def test_a_purchased_precursor_adds_its_own_figures() -> None:
    result = calculate(record_of(ALUMINIUM, {"/precursors/1": PURCHASED}))
    good = result.good("G2")
    assert good is not None
    assert good.see_direct.exact == Fraction(5283 + 186600 + 2000, 113000)
    assert good.see_indirect.exact == Fraction(43050 + 738000 + 8000, 113000)
    assert good.embedded_electricity is not None
    assert good.embedded_electricity.exact == Fraction(105000 + 1800000 + 16000, 113000)
    assert good.electricity_factor is not None
    assert good.electricity_factor.exact * good.embedded_electricity.exact == good.see_indirect.exact


@pytest.mark.parametrize(
    ("precursor", "expected"),
    [
        ({"determination": "default"}, Fraction(2000, 193883)),
        ({"determination": "actual", "defaultShare": "0.25"}, Fraction(500, 193883)),
        ({"determination": "actual"}, Fraction(0)),
    ],
)
def test_the_share_of_default_values_is_that_of_the_direct_emissions(
    precursor: Tree, expected: Fraction
) -> None:
    result = calculate(record_of(ALUMINIUM, {"/precursors/1": {**PURCHASED, **precursor}}))
    good = result.good("G2")
    assert good is not None
    assert good.default_share.exact == expected


def test_a_default_own_process_counts_in_the_goods_made_from_it() -> None:
    result = calculate(record_of(ALUMINIUM, {"/processes/0/determination": "default"}))
    assert [g.default_share.exact for g in result.goods] == [1, Fraction(186600, 191883)]


def test_electricity_is_not_known_where_a_supplier_does_not_state_it() -> None:
    result = calculate(record_of(ALUMINIUM, {"/precursors/1": {**PURCHASED, "embeddedElectricity": None}}))
    good = result.good("G2")
    assert good is not None
    assert good.embedded_electricity is None
    assert good.electricity_factor is None


def test_the_source_of_the_electricity_factor_is_a_mix_when_the_chain_differs() -> None:
    result = calculate(record_of(ALUMINIUM, {"/processes/0/electricityFactorSource": "D.4.1"}))
    assert [good.electricity_factor_source for good in result.goods] == ["D.4.1", "Mix"]


def test_a_process_without_electricity_needs_no_factor() -> None:
    edits = dict.fromkeys(
        (
            "/processes/0/electricityFactor",
            "/processes/0/electricityFactorKind",
            "/processes/0/electricityFactorSource",
        )
    )
    result = calculate(record_of(CEMENT, {**edits, "/processes/0/electricityConsumed": "0"}))
    assert result.complete
    assert result.goods[0].see_indirect.exact == 0


def test_a_bubble_may_buy_any_link_of_its_chain_and_its_own_product() -> None:
    for category in ("Pig iron", "Sintered Ore", "Iron or steel products"):
        bought = {**PURCHASED, "process": "P1", "category": category, "cn8": "72011000"}
        assert calculate(record_of(STEEL, {"/precursors": [bought]})).complete


# --- properties --------------------------------------------------------------------------------------------

AMOUNTS = st.decimals("0.001", "100000", places=3)
EXTENSIVE = ("activityLevel", "directEmissions", "electricityConsumed", "amount")


def scaled(tree: Tree, factor: Decimal) -> Tree:
    """The same plant, all masses, emissions and energies times a factor."""
    result = edited(tree)
    for group in ("processes", "precursors", "wasteGas"):
        for row in result.get(group, ()):
            for key in EXTENSIVE:
                if key in row:
                    row[key] = format(Decimal(row[key]) * factor, "f")
    return result


@given(st.sampled_from([ALUMINIUM, STEEL, CEMENT]), st.decimals("0.5", "9", places=2))
def test_a_plant_of_another_size_has_the_same_figures(tree: Tree, factor: Decimal) -> None:
    small, large = calculate(record_of(tree)), calculate(record_of(scaled(tree, factor)))
    assert [g.see_total.exact for g in small.goods] == [g.see_total.exact for g in large.goods]


@given(AMOUNTS, AMOUNTS)
def test_a_precursor_of_which_nothing_is_used_changes_nothing(direct: Decimal, indirect: Decimal) -> None:
    unused = {**PURCHASED, "amount": "0", "seeDirect": str(direct), "seeIndirect": str(indirect)}
    own = {"/precursors/0/amount": "0", "/precursors/1": unused}
    simple = calculate(record_of(ALUMINIUM, {"/precursors": []}))
    complicated = calculate(record_of(ALUMINIUM, own))
    assert [g.see_total.exact for g in simple.goods] == [g.see_total.exact for g in complicated.goods]


@given(
    st.lists(
        st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, st.fractions(0, 1, max_denominator=64)), min_size=1, max_size=6
    )
)
def test_no_emission_is_lost_or_made_along_a_chain(
    plants: list[tuple[Decimal, Decimal, Decimal, Fraction]],
) -> None:
    processes, precursors = [], []
    for n, (level, direct, power, share) in enumerate(plants):
        processes.append(
            {
                **CEMENT["processes"][0],
                "id": f"P{n}",
                "goodsCategory": "Aluminium products",
                "activityLevel": str(level),
                "directEmissions": str(direct),
                "electricityConsumed": str(power),
            }
        )
        if n:
            taken = format(rounded(share * Fraction(plants[n - 1][0]), 3).value, "f")
            precursors.append(
                {"id": f"V{n}", "process": f"P{n}", "ownProcess": f"P{n - 1}", "amount": taken, "unit": "t"}
            )
    result = calculate(record_of({**CEMENT, "processes": processes, "precursors": precursors, "goods": []}))
    assert len(result.processes) == len(plants)
    leaving = Fraction(0)
    for n, (level, *_) in enumerate(plants):
        figures = result.process(f"P{n}")
        assert figures is not None
        taken = Fraction(precursors[n]["amount"]) if n < len(precursors) else Fraction(0)
        leaving += figures.see_direct.exact * (Fraction(level) - taken)
    assert leaving == sum(Fraction(direct) for _, direct, *_ in plants)


@given(st.randoms(use_true_random=False))
def test_the_order_of_lists_does_not_matter(random: Any) -> None:
    tree = edited(ALUMINIUM, {"/precursors/1": PURCHASED})
    plain = {g.good: (g.see_total.exact, g.default_share.exact) for g in calculate(record_of(tree)).goods}
    for group in ("processes", "precursors", "goods"):
        random.shuffle(tree[group])
    assert {
        g.good: (g.see_total.exact, g.default_share.exact) for g in calculate(record_of(tree)).goods
    } == plain


@given(st.fractions(-1000, 1000), st.integers(0, 12))
def test_rounding_says_exactly_what_it_changed(value: Fraction, places_kept: int) -> None:
    result = rounded(value, places_kept)
    assert result.value.as_tuple().exponent == -places_kept
    assert abs(Fraction(result.value) - value) * 2 <= Fraction(1, 10**places_kept)
    assert decimal_of(Fraction(result.value) - value) == result.delta


def test_hostile_ids_cannot_break_the_trace() -> None:
    tree = edited(ALUMINIUM, {"/processes/0/activityUnit": "kg", "/precursors/0/unit": "kg"})
    tree["precursors"].append({**PURCHASED, "id": "V1", "unit": "kg"})
    tree["precursors"].append({**PURCHASED, "id": "a:M[b", "unit": "kg"})
    tree["processes"].append({**STEEL["processes"][0], "id": "P2:M[a"})
    tree["processes"].append({**STEEL["processes"][0], "id": "{0}{x}"})
    result = calculate(record_of(tree))
    assert result.process("P2:M[a") is not None
    assert "{0}{x}:SEEDir" in result.trace.to_text()
