"""A chain of a thousand own processes is computed and told in seconds, not in minutes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from plants import ALUMINIUM, record_of

from gateway.cli.calculate import to_text
from gateway.methods.cbam_definitive import calculate
from gateway.methods.trace import Input, Step, Trace

LENGTH = 1000


def chain(length: int) -> dict[str, Any]:
    """Each process takes the tonne that the one before it made, and adds 0.1 t CO2e to it; each has its own site."""
    metal, wire = ("Unwrought aluminium", "76011010"), ("Aluminium products", "76051900")
    tree: dict[str, Any] = {
        "format": "cn.pcf@1", "time": {"periodStart": "2026-01-01", "periodEnd": "2026-12-31"},
        "installations": [{"id": f"S{n}"} for n in range(length)], "processes": [], "precursors": [], "goods": [],
    }  # fmt: skip
    for n in range(length):
        category, cn8 = wire if n else metal
        tree["processes"].append({
            **ALUMINIUM["processes"][1], "id": f"P{n}", "installation": f"S{n}", "goodsCategory": category,
            "activityLevel": "1000", "directEmissions": "100", "electricityProduced": "0",
        })  # fmt: skip
        tree["goods"].append({"id": f"G{n}", "process": f"P{n}", "cn8": cn8, "name": {"en": "x"}})
        if n:
            category, cn8 = wire if n > 1 else metal
            tree["precursors"].append({
                "id": f"V{n}", "process": f"P{n}", "ownProcess": f"P{n - 1}", "amount": "1000", "unit": "t",
                "category": category, "cn8": cn8,
            })  # fmt: skip
    return tree


def test_the_last_of_a_thousand_processes_has_the_emissions_of_all() -> None:
    made = calculate(record_of(chain(LENGTH)))
    assert made.complete, made.findings[:3]
    assert Fraction(made.goods[-1].see_direct.value) == Fraction(1, 10) * LENGTH
    assert to_text(made).count("P999:SEEDir = ") == 1


def test_looking_up_the_steps_of_a_process_does_not_look_at_those_of_others() -> None:
    class Counted(str):
        looked = 0

        def rpartition(self, sep: str) -> tuple[str, str, str]:  # type: ignore[override]
            Counted.looked += 1
            return super().rpartition(sep)

    trace = Trace("m")
    for n in range(200):
        trace.add(Step(Counted(f"P{n}:AL"), "{0}", (Input("AL", "1", "t", "/x"),), Fraction(1), "t", "c"))
    for n in range(200):
        assert [step.symbol for step in trace.of(f"P{n}")] == [f"P{n}:AL"]
    assert Counted.looked <= 400
    trace.add(Step("P0:SEE", "{0}", (), Fraction(1), "t", "c"))
    assert [step.symbol for step in trace.of("P0")] == ["P0:AL", "P0:SEE"]
