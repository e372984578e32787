"""What ``cbamgw calculate cbam`` shows of source streams, for people in two languages and for machines."""

from __future__ import annotations

from typing import Any

import pytest
from monitored import COAL, GAS, PROCESS, SLOPE, changed, judged, plant

from gateway.cli.calculate import to_json, to_text
from gateway.cli.streams_view import streams_json, streams_text
from gateway.methods.cbam_transitional import calculate

ZERO = {"biomassShare": "0.2", "zeroRating": "criteria", "evidence": "PoS 1"}
BOILER = {"id": "U1", "kind": "boiler", "netHeat": "20"}


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    return [leaf for part in value for leaf in leaves(part)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", ("Source streams:", "zero-rated biomass: 475")), ("zh", ("源流：", "零计生物质: 475"))],
)
def test_each_stream_stands_with_its_figure_and_its_equations(lang: str, words: tuple[str, ...]) -> None:
    streams = (changed(COAL, **ZERO, process="P1"), changed(GAS, energyUnit="U1", ncv="1"))
    result = calculate(plant(*streams, processes=[PROCESS], pfc=[SLOPE], energyUnits=[BOILER]))
    text = to_text(result, lang)
    assert words[0].rstrip(":：") in text
    assert words[1] in text
    assert "stream F1:Em = AD x EF x OF" in text
    assert "= 25 x 76 x 1" in text


def test_a_refused_stream_is_shown_without_a_figure() -> None:
    text = streams_text(judged(changed(COAL, unit=None)))
    assert "F1: no figure" in text
    assert streams_json(judged(changed(COAL, unit=None)))["streams"]["refused"] == ["/sourceStreams/0"]


def test_a_record_without_processes_still_shows_its_streams() -> None:
    result = calculate(plant(COAL))
    assert "installation S1: 2375 t CO2e" in to_text(result)
    assert to_json(result, list(result.findings))["streams"]["installations"]["S1"]["value"] == "2375"


def test_a_record_without_streams_shows_nothing_of_them() -> None:
    result = calculate(plant(processes=[PROCESS]))
    assert "Source streams" not in to_text(result)
    assert "streams" not in to_json(result, list(result.findings))


def test_the_json_holds_text_only_and_names_the_step_of_each_figure() -> None:
    tree = streams_json(judged(changed(COAL, energyUnit="U1"), pfc=[SLOPE], energyUnits=[BOILER]))
    assert {type(leaf) for leaf in leaves(tree)} <= {str, bool, type(None)}
    steps = {step["symbol"] for step in tree["streams"]["trace"]}
    for figure in tree["streams"]["figures"]:
        assert figure["emissions"]["step"] in steps
    assert tree["streams"]["energyUnits"][0]["heatFactor"]["value"] == "118.75"
