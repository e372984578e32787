"""Sums per process and installation, and how they are reconciled with what the processes state."""

from __future__ import annotations

from fractions import Fraction

import pytest
from monitored import COAL, LIMESTONE, PROCESS, SLOPE, Tree, changed, judged, one, rules_of

from gateway.check.catalog import message, rules
from gateway.methods.cbam_transitional import calculate
from gateway.model.record import Record

TWO: list[Tree] = [PROCESS, {"id": "P2", "installation": "S1"}]
OWN = changed(COAL, process="P1")  # 2375 t
OTHER = changed(LIMESTONE, process="P2")  # 220 t


def test_streams_that_name_their_processes_are_summed_for_each() -> None:
    found = judged(OWN, OTHER, processes=TWO, pfc=[changed(SLOPE, process="P1", collectionEfficiency="1")])
    assert found.processes["P1"].exact == 2375 + 7740
    assert found.processes["P2"].exact == 220
    assert found.installations["S1"].exact == 10335  # Annex II B.2, equation 4
    assert found.findings == []


def test_a_process_without_streams_has_no_0_in_their_place() -> None:
    found = judged(OWN, processes=TWO)
    assert set(found.processes) == {"P1"}
    tree = {"installations": [{"id": "S1"}], "processes": TWO, "sourceStreams": [OWN]}
    named = {(f.rule, f.path) for f in calculate(Record.model_validate(tree)).findings}
    assert ("METHOD-DIRECT-EMISSIONS-MISSING", "/processes/1/directEmissions") in named
    assert ("METHOD-DIRECT-EMISSIONS-MISSING", "/processes/0/directEmissions") not in named


def test_a_process_with_a_refused_stream_has_no_smaller_sum() -> None:
    found = judged(OWN, changed(LIMESTONE, process="P1", unit=None), processes=[PROCESS])
    assert found.processes == {}
    assert found.installations == {}
    assert found.missing_rule("P1") == "METHOD-STREAM-REFUSED"


@pytest.mark.parametrize(
    ("stated", "rule", "severity"),
    [
        ("2375", None, ""),
        ("2375.5", None, ""),  # A.1, point 6: reported in full tonnes
        ("2374.4", "METHOD-STREAMS-DIFFERENCE", "info"),
        ("2377.3", "METHOD-STREAMS-DIFFERENCE", "info"),  # below 0.1 %
        ("2380", "METHOD-STREAMS-DIFFERENCE-LARGE", "warning"),
        ("2495", "METHOD-STREAMS-DIFFERENCE-LARGE", "warning"),  # below 5 %
        ("2510", "METHOD-STREAMS-DIFFERENCE-MATERIAL", "error"),
        ("2000", "METHOD-STREAMS-DIFFERENCE-MATERIAL", "error"),
    ],
)
def test_a_stated_figure_is_compared_with_the_streams_of_its_process(
    stated: str, rule: str | None, severity: str
) -> None:
    found = judged(OWN, processes=[{**PROCESS, "directEmissions": stated}])
    of_process = [f for f in found.findings if f.path == "/processes/0/directEmissions"]
    assert [(f.rule, f.severity) for f in of_process] == ([] if rule is None else [(rule, severity)])
    for finding in found.findings:
        assert finding.values["computed"] == "2375"
        assert finding.values["stated"] == stated
        assert stated in message(finding, "en")
        assert "2375" in message(finding, "zh")
        assert rules()[finding.rule].severity == finding.severity


def test_streams_of_the_whole_installation_are_compared_with_the_sum_of_its_processes() -> None:
    processes = [{**PROCESS, "directEmissions": "2000"}, {**TWO[1], "directEmissions": "378"}]
    found = judged(COAL, processes=processes)
    finding = found.findings[0]
    assert (finding.rule, finding.path) == ("METHOD-STREAMS-DIFFERENCE-LARGE", "/installations/0")
    assert finding.values["difference"] == "3"
    ratio = found.trace.steps["installation S1:RecF"]
    assert ratio.exact == Fraction(2375, 2378)  # Annex III A.1, equation 41
    assert "not applied" in ratio.note


def test_processes_may_be_less_than_the_installation_but_not_materially_more() -> None:
    less = judged(COAL, processes=[{**PROCESS, "directEmissions": "1000"}])
    assert one(less, "warning").rule == "METHOD-STREAMS-DIFFERENCE-LARGE"  # goods outside CBAM
    assert rules_of(less) == []
    more = judged(COAL, processes=[{**PROCESS, "directEmissions": "3000"}])
    assert one(more).rule == "METHOD-STREAMS-DIFFERENCE-MATERIAL"


def test_fuel_of_an_energy_unit_counts_beside_the_processes() -> None:
    boiler = {"id": "U1", "kind": "boiler", "netHeat": "20"}
    fuel = changed(COAL, id="F9", energyUnit="U1")
    heat = {"process": "P2", "direction": "imported", "amount": "20", "unit": "TJ", "energyUnit": "U1"}
    found = judged(OTHER, fuel, processes=[TWO[1]], energyUnits=[boiler], heat=[heat])
    assert found.processes["P2"].exact == 220
    assert found.installations["S1"].exact == 2595
    assert found.findings == []


def test_two_sites_are_kept_apart() -> None:
    tree = {
        "installations": [{"id": "S1"}, {"id": "S2"}],
        "sourceStreams": [changed(COAL, installation="S1"), changed(LIMESTONE, installation="S2")],
    }
    from gateway.methods.streams.totals import streams_of

    found = streams_of(Record.model_validate(tree))
    assert {site: step.exact for site, step in found.installations.items()} == {"S1": 2375, "S2": 220}


def test_the_stated_figure_counts_and_is_not_replaced() -> None:
    process = {
        **PROCESS, "activityLevel": "100", "activityUnit": "t", "directEmissions": "2380",
        "determination": "actual", "electricityConsumed": "0", "electricityDetermination": "actual",
    }  # fmt: skip
    tree = {
        "installations": [{"id": "S1"}],
        "processes": [process],
        "sourceStreams": [OWN],
        "goods": [{"id": "G1", "process": "P1"}],
    }
    result = calculate(Record.model_validate(tree))
    assert result.goods[0].see_direct.exact == Fraction("23.8")
    del process["directEmissions"]
    derived = calculate(Record.model_validate(tree))
    assert derived.goods[0].see_direct.exact == Fraction("23.75")
    assert derived.trace.steps["P1:AttrEmDir"].inputs[0].source == "P1:DirEm*"


def test_hostile_names_cannot_break_the_trace() -> None:
    processes = [{"id": "stream F1"}, {"id": "installation S1"}, {"id": "{0}"}]
    streams = [
        changed(COAL, process="stream F1"),
        changed(COAL, process="{0}", id="{1}:x"),
        changed(COAL, process="{0}", id="F1"),
        changed(COAL, process="{0}", id=None),
    ]
    found = judged(*streams, processes=processes)
    assert found.processes["{0}"].exact == 3 * 2375
    assert "{0}:DirEm*" in found.trace.to_text()
