"""Mass and heat that do not balance inside a plant: what no act forbids and no plant does is warned of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from plants import ALUMINIUM, STEEL, Tree, record_of

from gateway.check.catalog import message, rules
from gateway.methods import cbam_definitive, cbam_transitional
from gateway.methods.calculation import Calculation

Method = Callable[..., Calculation]
BOTH = pytest.mark.parametrize("calculate", [cbam_transitional.calculate, cbam_definitive.calculate])


def in_2026(tree: Tree) -> Tree:
    return {**tree, "time": {"periodStart": "2026-01-01", "periodEnd": "2026-12-31"}}


def rolled(slab: str, **more: str) -> Tree:
    """1000 t of rolled steel from so many tonnes of bought slab."""
    process = {
        **STEEL["processes"][0], "activityLevel": "1000", "directEmissions": "100", "electricityConsumed": "50",
        "electricityProduced": "0", **more,
    }  # fmt: skip
    bought = {
        "id": "V1", "process": "P1", "category": "Crude steel", "cn8": "72071210", "country": "CN", "amount": slab,
        "unit": "t", "seeDirect": "2.1", "seeIndirect": "0.1", "embeddedElectricity": "0.2", "seeKind": "embedded",
        "determination": "actual", "seeUnit": "t",
    }  # fmt: skip
    good = {"id": "G1", "process": "P1", "cn8": "72081000", "name": {"en": "Coils"}}
    return in_2026(
        {"installations": [{"id": "S1"}], "processes": [process], "precursors": [bought], "goods": [good]}
    )


def short(made: Calculation) -> list[str]:
    return [item.path for item in made.findings if item.rule == "METHOD-PRECURSOR-SHORT"]


@BOTH
def test_rolled_steel_of_less_slab_than_it_weighs_is_warned_of(calculate: Method) -> None:
    made = calculate(record_of(rolled("105")))  # 105 for 1050: a slip of a factor ten
    assert short(made) == ["/processes/0/activityLevel"]
    (found,) = [item for item in made.findings if item.rule == "METHOD-PRECURSOR-SHORT"]
    assert found.severity == "warning"
    assert (found.values["supplied"], found.values["made"]) == ("105", "1000")
    assert "0.105 t per tonne" in message(found)


@BOTH
@pytest.mark.parametrize("slab", ["1050", "1000", "900"])
def test_usual_yields_and_coatings_say_nothing(calculate: Method, slab: str) -> None:
    assert short(calculate(record_of(rolled(slab)))) == []


def test_the_text_says_that_the_limit_is_ours() -> None:
    for name in ("METHOD-PRECURSOR-SHORT", "METHOD-HEAT-NOT-BALANCED", "METHOD-STREAM-IMPLAUSIBLE"):
        assert "this program" in rules()[name].en.why
        assert "本程序" in rules()[name].zh.why


def test_a_process_that_makes_its_steel_itself_is_no_shortage() -> None:
    tree = rolled("105")
    tree["processes"][0]["includes"] = [{"category": "Crude steel"}]
    assert short(cbam_transitional.calculate(record_of(tree))) == []


def test_a_process_that_states_no_precursor_at_all_is_left_to_the_rule_for_that() -> None:
    assert short(cbam_transitional.calculate(record_of(STEEL))) == []


def test_aluminium_products_are_judged_the_same() -> None:
    tree = {**ALUMINIUM, "precursors": [{**ALUMINIUM["precursors"][0], "amount": "12000"}]}
    assert short(cbam_transitional.calculate(record_of(tree))) == ["/processes/1/activityLevel"]
    assert short(cbam_transitional.calculate(record_of(ALUMINIUM))) == []


# --- heat between processes -------------------------------------------------------------------------------


def heat(process: str, direction: str, amount: str, factor: str = "60", **more: str) -> Tree:
    return {
        "process": process, "direction": direction, "amount": amount, "unit": "TJ", "emissionFactor": factor, **more,
    }  # fmt: skip


def passed_on(*flows: Tree) -> list[tuple[str, str]]:
    tree = {**ALUMINIUM, "heat": [{"id": f"H{n}", **flow} for n, flow in enumerate(flows)]}
    found = cbam_transitional.calculate(record_of(tree)).findings
    return [(item.path, item.severity) for item in found if item.rule == "METHOD-HEAT-NOT-BALANCED"]


def test_heat_that_one_process_gives_and_another_takes_is_the_same_heat() -> None:
    assert passed_on(heat("P1", "exported", "100"), heat("P2", "imported", "100")) == []
    assert passed_on(heat("P1", "exported", "100"), heat("P2", "imported", "99.8")) == []


@pytest.mark.parametrize("taken", ["40", "160"])
def test_heat_that_arrives_in_another_amount_is_warned_of(taken: str) -> None:
    assert passed_on(heat("P1", "exported", "100"), heat("P2", "imported", taken)) == [
        ("/heat/0/amount", "warning")
    ]


def test_heat_that_is_deducted_dearer_than_it_is_counted_is_warned_of() -> None:
    assert passed_on(heat("P1", "exported", "100", "90"), heat("P2", "imported", "100", "60")) == [
        ("/heat/0/amount", "warning")
    ]


def test_heat_of_a_named_supplier_or_receiver_is_not_passed_on_inside() -> None:
    sold = heat("P1", "exported", "100", supplier="District heating")
    bought = heat("P2", "imported", "40", supplier="Neighbour")
    assert passed_on(sold, bought) == []
    assert passed_on(sold, heat("P2", "imported", "40")) == []


def test_heat_that_only_leaves_or_only_arrives_is_left_alone() -> None:
    assert passed_on(heat("P1", "exported", "100")) == []
    assert passed_on(heat("P2", "imported", "100")) == []
