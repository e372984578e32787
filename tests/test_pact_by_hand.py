"""Footprints worked out on paper, in 2.3 and 3.0: both directions, and the trip there and back, give those figures.

2.3 states figures for ONE unit, 3.0 for the declared amount. A = amount; the sums stand beside each case.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from catenax_documents import CX9
from hypothesis import given, settings
from hypothesis import strategies as st
from test_pact_versions import V2, V3, fossil_2, fossil_3

from gateway.api import Wish, read, translate
from gateway.formats.json_reader import read_json, write_json
from gateway.model.finding import errors
from gateway.route import Journey

EXCLUDING, INCLUDING = "pcfExcludingBiogenicUptake", "pcfIncludingBiogenicUptake"
LUC, METHANE, UPTAKE = "landUseChangeGhgEmissions", "biogenicNonCO2Emissions", "biogenicCO2Uptake"
FOSSIL, CAPTURE, LAND = (
    "fossilGhgEmissions",
    "ccsTechnologicalCO2Capture",
    "landManagementBiogenicCO2Emissions",
)
REMOVALS = "landManagementBiogenicCO2Removals"


class Case(NamedTuple):
    """One footprint in both versions: what 3.0 states for the amount, and what 2.3 then states for one unit."""

    three: dict[str, Any]
    two: dict[str, Any]


def three(unit: str, amount: str, mass: str, **figures: Any) -> dict[str, Any]:
    said = {
        "declaredUnitOfMeasurement": unit,
        "declaredUnitAmount": amount,
        "productMassPerDeclaredUnit": mass,
    }
    return said | figures


def two(unit: str, amount: str, mass: str, excluding: str, including: str, **figures: Any) -> dict[str, Any]:
    said = {"declaredUnit": unit, "unitaryProductAmount": amount, "productMassPerDeclaredUnit": mass}
    return said | {"pCfExcludingBiogenic": excluding, "pCfIncludingBiogenic": including} | figures


NO_PACKAGING = {"packagingEmissionsIncluded": False}

BOTH_WAYS = {
    # 12 l at 1.5 = 18
    "twelve litres": Case(
        three("liter", "12", "9.6", fossilGhgEmissions="18", **{EXCLUDING: "18", INCLUDING: "18"}),
        two("liter", "12", "0.8", "1.5", "1.5", fossilGhgEmissions="1.5"),
    ),
    # 80 kg: fossil 200 + land use 8 = 208; 200/80 = 2.5, 8/80 = 0.1, 208/80 = 2.6
    "a car door with land-use change": Case(
        three("kilogram", "80", "80", **{FOSSIL: "200", LUC: "8", EXCLUDING: "208", INCLUDING: "208"}),
        two("kilogram", "80", "1", "2.5", "2.6", fossilGhgEmissions="2.5", dLucGhgEmissions="0.1"),
    ),
    # 4 m3: fossil 10, uptake -2: 10 and 8; 2.5, -0.5 and 2
    "wood with its uptake": Case(
        three("cubic meter", "4", "2000", **{FOSSIL: "10", UPTAKE: "-2", EXCLUDING: "10", INCLUDING: "8"}),
        two("cubic meter", "4", "500", "2.5", "2", fossilGhgEmissions="2.5", biogenicCarbonWithdrawal="-0.5"),
    ),
    # 2 m2: fossil 5, land use 1, uptake -8: 6 without the uptake, -2 with it; 2.5, 0.5, -4, -1
    "a floor that stores more than it emits": Case(
        three("square meter", "2", "30", **{FOSSIL: "5", LUC: "1", UPTAKE: "-8", EXCLUDING: "6", INCLUDING: "-2"}),
        two("square meter", "2", "15", "2.5", "-1", fossilGhgEmissions="2.5", dLucGhgEmissions="0.5",
            biogenicCarbonWithdrawal="-4"),
    ),
    # 1000 kWh at 0.57 = 570; energy has no mass
    "electricity": Case(
        three("kilowatt hour", "1000", "0", **{FOSSIL: "570", EXCLUDING: "570", INCLUDING: "570"}),
        two("kilowatt hour", "1000", "0", "0.57", "0.57", fossilGhgEmissions="0.57"),
    ),
    # 5 l: fossil 20 of which packaging 1 and aircraft 2.5: inside the total; 4, 0.2 and 0.5
    "packaging and aircraft inside the total": Case(
        three("liter", "5", "4", packagingGhgEmissions="1", aircraftGhgEmissions="2.5",
              **{FOSSIL: "20", EXCLUDING: "20", INCLUDING: "20"}),
        two("liter", "5", "0.8", "4", "4", fossilGhgEmissions="4", packagingGhgEmissions="0.2",
            aircraftGhgEmissions="0.5"),
    ),
    # 5 l without packaging
    "packaging left out": Case(
        three("liter", "5", "4", **{FOSSIL: "20", EXCLUDING: "20", INCLUDING: "20"}, **NO_PACKAGING),
        two("liter", "5", "0.8", "4", "4", fossilGhgEmissions="4", **NO_PACKAGING),
    ),
    # half a litre: 3 for one litre is 1.5 for the half
    "less than one unit": Case(
        three("liter", "0.5", "0.4", **{FOSSIL: "1.5", EXCLUDING: "1.5", INCLUDING: "1.5"}),
        two("liter", "0.5", "0.8", "3", "3", fossilGhgEmissions="3"),
    ),
    # 250 t km at 0.08 = 20; transport has no mass
    "transport": Case(
        three("ton kilometer", "250", "0", **{FOSSIL: "20", EXCLUDING: "20", INCLUDING: "20"}),
        two("ton kilometer", "250", "0", "0.08", "0.08", fossilGhgEmissions="0.08"),
    ),
    # 16 MJ, every part zero is still a statement
    "a part that is zero stays a zero": Case(
        three("megajoule", "16", "0", **{FOSSIL: "4", LUC: "0", UPTAKE: "0", EXCLUDING: "4", INCLUDING: "4"}),
        two("megajoule", "16", "0", "0.25", "0.25", fossilGhgEmissions="0.25", dLucGhgEmissions="0",
            biogenicCarbonWithdrawal="0"),
    ),
}  # fmt: skip


def base_3(figures: dict[str, Any]) -> dict[str, Any]:
    without = {
        "fossilCarbonContent": "0",
        "biogenicCarbonContent": "0",
        "outboundLogisticsGhgEmissions": None,
    }
    without |= {
        "landAreaOccupation": None,
        "landManagementFossilGhgEmissions": None,
        "recycledCarbonContent": None,
    }
    without |= {"landCarbonLeakage": None, "aircraftGhgEmissions": None}
    return fossil_3(**without | figures)


def base_2(figures: dict[str, Any]) -> dict[str, Any]:
    without = {"fossilCarbonContent": "0", "biogenicCarbonContent": "0", "aircraftGhgEmissions": None}
    return fossil_2(**without | figures)


def to(tree: dict[str, Any], format_id: str, residue: Any = None) -> Journey:
    return translate(read(write_json(tree)), Wish(format_id, keep_residue=residue is None), residue=residue)


def same(pcf: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    """What differs in value from the paper: figures as numbers, everything else as it stands."""

    def value(text: Any) -> Any:
        return Decimal(text) if isinstance(text, str) and text.lstrip("-")[:1].isdigit() else text

    return {
        name: (pcf.get(name), paper)
        for name, paper in figures.items()
        if value(pcf.get(name)) != value(paper)
    }


@pytest.mark.parametrize("case", BOTH_WAYS.values(), ids=BOTH_WAYS)
def test_both_directions_give_the_figures_of_the_paper(case: Case) -> None:
    down, up = to(base_3(case.three), V2), to(base_2(case.two), V3)
    for made, paper in ((down, case.two), (up, case.three)):
        assert made.conforms, [(f.rule, f.origin or f.path, f.values) for f in errors(made.findings)]
        assert same(made.lowered.tree["pcf"], paper) == {}
        figures = {name for name in made.lowered.tree["pcf"] if name.endswith("GhgEmissions")}
        assert figures == {name for name in paper if name.endswith("GhgEmissions")}


@pytest.mark.parametrize("case", BOTH_WAYS.values(), ids=BOTH_WAYS)
def test_there_and_back_gives_the_figures_of_the_paper_again(case: Case) -> None:
    for first, second, tree, paper in (
        (V2, V3, base_3(case.three), case.three),
        (V3, V2, base_2(case.two), case.two),
    ):
        there = to(tree, first)
        bare = to(there.lowered.tree, second)
        assert bare.conforms, [(f.rule, f.origin or f.path, f.values) for f in errors(bare.findings)]
        assert same(bare.lowered.tree["pcf"], paper) == {}
        assert to(there.lowered.tree, second, there.kept).lowered.tree == read_json(write_json(tree))


REFUSED = {
    # each is a sound 3.0; 2.x has no place for the part that is named
    "removals on land": ({FOSSIL: "18", REMOVALS: "-3", EXCLUDING: "15", INCLUDING: "15"}, REMOVALS),
    "land management": ({FOSSIL: "18", LAND: "3", EXCLUDING: "21", INCLUDING: "21"}, LAND),
    "capture": (
        {FOSSIL: "18", CAPTURE: "-3", "ccsTechnologicalCO2CaptureIncluded": True, EXCLUDING: "15", INCLUDING: "15"},
        CAPTURE,
    ),
    "biogenic methane": ({FOSSIL: "18", METHANE: "0.6", EXCLUDING: "18.6", INCLUDING: "18.6"}, METHANE),
}  # fmt: skip


@pytest.mark.parametrize(("figures", "part"), REFUSED.values(), ids=REFUSED)
def test_a_part_that_2_x_cannot_say_is_refused_by_name(figures: dict[str, Any], part: str) -> None:
    tree = base_3(figures)
    assert to(tree, V3).conforms
    made = to(tree, V2)
    assert ("DERIVE-BETWEEN", f"/pcf/{part}") in {(f.rule, f.origin) for f in errors(made.findings)}
    assert not made.conforms


def test_a_piece_goes_by_its_mass_and_comes_home_with_the_residue_alone() -> None:
    """4 pieces of 25 kg in all, 50 kg CO2e: 2 a kilogram, 25 kilograms to the product."""
    tree = base_3(three("piece", "4", "25", **{FOSSIL: "50", EXCLUDING: "50", INCLUDING: "50"}))
    there = to(tree, V2)
    assert there.conforms
    paper = two("kilogram", "25", "1", "2", "2", fossilGhgEmissions="2")
    assert same(there.lowered.tree["pcf"], paper) == {}
    bare = to(there.lowered.tree, V3).lowered.tree["pcf"]
    assert (bare["declaredUnitOfMeasurement"], bare["declaredUnitAmount"], bare[FOSSIL]) == (
        "kilogram",
        "25",
        "50",
    )
    assert to(there.lowered.tree, V3, there.kept).lowered.tree == read_json(write_json(tree))


# --- any sound footprint ------------------------------------------------------------------------------------------

figure = st.decimals(min_value=0, max_value=5000, places=3).map(lambda value: format(value, "f"))
amounts = st.sampled_from(["1", "2", "3", "7", "12", "0.5", "0.7", "80", "1000"])


@st.composite
def sound(draw: st.DrawFn) -> dict[str, Any]:
    """A 3.0 whose totals are the sums of its parts; each optional part may be absent, zero or more."""
    parts = {FOSSIL: draw(figure)}
    for name, sign in ((LUC, ""), (METHANE, ""), (LAND, ""), (REMOVALS, "-"), (UPTAKE, "-")):
        said = draw(st.sampled_from(["", "", "0", "more"]))
        if said:
            parts[name] = "0" if said == "0" else sign + draw(figure)
    excluding = sum((Decimal(value) for name, value in parts.items() if name != UPTAKE), Decimal(0))
    including = excluding + Decimal(parts.get(UPTAKE, "0"))
    amount = draw(amounts)
    unit = draw(st.sampled_from(["liter", "kilogram", "piece"]))
    totals = {EXCLUDING: format(excluding, "f"), INCLUDING: format(including, "f")}
    return base_3(three(unit, amount, amount, **parts, **totals))


def close(one: str, other: str) -> bool:
    return abs(Decimal(one) - Decimal(other)) <= max(abs(Decimal(other)), Decimal(1)) * Decimal("1e-12")


@settings(max_examples=250, deadline=None)
@given(sound())
def test_any_sound_3_0_comes_back_from_2_3_with_the_same_sums_or_somebody_is_told(
    tree: dict[str, Any],
) -> None:
    there = to(tree, V2)
    if not there.conforms:
        assert errors(there.findings)
        return
    assert to(there.lowered.tree, V3, there.kept).lowered.tree == read_json(write_json(tree))
    bare = to(there.lowered.tree, V3)
    assert bare.conforms, [(f.rule, f.origin or f.path, f.values) for f in errors(bare.findings)]
    pcf = bare.lowered.tree["pcf"]
    if tree["pcf"]["declaredUnitOfMeasurement"] != "piece":
        assert pcf["declaredUnitAmount"] == tree["pcf"]["declaredUnitAmount"]
    for name in (FOSSIL, LUC, UPTAKE, EXCLUDING, INCLUDING):
        before = tree["pcf"].get(name)
        assert (before is None) == (pcf.get(name) is None), name
        assert before is None or close(pcf[name], before), name


@settings(max_examples=25, deadline=None)
@given(sound(), st.booleans())
def test_any_2_3_comes_back_from_3_0_with_the_same_figures_or_somebody_is_told(
    tree: dict[str, Any], inside: bool
) -> None:
    start = to(tree, V2)
    if not start.conforms:
        return
    two_three = start.lowered.tree
    pcf = two_three["pcf"]
    luc = Decimal(pcf.get("dLucGhgEmissions", "0"))
    if inside:  # the sender counts land-use change in
        pcf["pCfExcludingBiogenic"] = format(Decimal(pcf["fossilGhgEmissions"]) + luc, "f")
    there = to(two_three, V3)
    assert there.conforms, [(f.rule, f.origin or f.path, f.values) for f in errors(there.findings)]
    if luc:
        assert {f.rule for f in there.findings} & {"PACT2-LAND-USE-INSIDE", "PACT2-LAND-USE-OUTSIDE"}
    assert to(there.lowered.tree, V2, there.kept).lowered.tree == read_json(write_json(two_three))
    back = to(there.lowered.tree, V2)
    assert back.conforms
    again = back.lowered.tree["pcf"]
    for name in (
        "fossilGhgEmissions",
        "dLucGhgEmissions",
        "biogenicCarbonWithdrawal",
        "pCfIncludingBiogenic",
    ):
        assert (name in again) == (name in pcf), name
        assert name not in pcf or close(again[name], pcf[name]), name
    if not inside:
        assert close(again["pCfExcludingBiogenic"], pcf["pCfExcludingBiogenic"])
    elif luc:
        assert "PACT2-LAND-USE-LEFT-OUT" in {f.rule for f in back.findings}


@settings(max_examples=25, deadline=None)
@given(sound(), st.sampled_from(["0", "0.001", "0.02"]))
def test_a_3_0_comes_back_from_catenax_9_with_every_figure_that_9_has(
    tree: dict[str, Any], flown: str
) -> None:
    tree["pcf"] |= {"aircraftGhgEmissions": flown, "packagingGhgEmissions": "0.5"}
    if Decimal(tree["pcf"][FOSSIL]) < Decimal(flown):
        return
    there = to(tree, CX9)
    assert to(there.lowered.tree, V3, there.kept).lowered.tree == read_json(write_json(tree))
    production = there.lowered.tree["productLifeCycleStagesAndEmissions"][0]["productionStage"][0]
    parts = [FOSSIL, "aircraftGhgEmissions", LUC, METHANE, LAND, REMOVALS]
    assert sum((Decimal(production.get(name, "0")) for name in parts), Decimal(0)) == Decimal(
        production[EXCLUDING]
    )
    pcf = to(there.lowered.tree, V3).lowered.tree["pcf"]
    for name in (*parts, UPTAKE, EXCLUDING, INCLUDING, "packagingGhgEmissions"):
        assert (name in pcf) == (name in tree["pcf"]), name
        assert name not in pcf or Decimal(pcf[name]) == Decimal(tree["pcf"][name]), name


def test_the_ledger_says_by_which_text_packaging_stands_inside_both_totals() -> None:
    tree = base_3({FOSSIL: "18", "packagingGhgEmissions": "1.2", EXCLUDING: "18", INCLUDING: "18"})
    there = to(tree, CX9)
    assert there.ledger is not None
    told = next(e for e in there.ledger.entries if e.source[:1] == ("/pcf/packagingGhgEmissions",))
    assert told.clause == "CATENAX-PCF-9.0.0:packaging"
    stages = there.lowered.tree["productLifeCycleStagesAndEmissions"][0]
    assert stages["packagingStage"][0]["packagingPcfExcludingBiogenicUptake"] == "1.2"
    assert stages["productionStage"][0][EXCLUDING] == "18"  # not 19.2, and not 16.8
