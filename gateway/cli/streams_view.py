"""What ``cbamgw calculate cbam`` shows of source streams: each figure, the sums, every equation."""

from __future__ import annotations

from typing import Any

from gateway.methods.streams.figures import StreamFigure
from gateway.methods.streams.installation_streams import Streams
from gateway.methods.trace import Step, text_of

WORDS = {
    "en": {
        "title": "Source streams", "zero": "zero-rated biomass", "total": "installation", "process": "process",
        "refused": "no figure", "heat": "heat", "power": "electricity", "equations": "Equations of the source streams",
    },
    "zh": {
        "title": "源流", "zero": "零计生物质", "total": "设施合计", "process": "工序",
        "refused": "无数值", "heat": "热力", "power": "电力", "equations": "源流计算式",
    },
}  # fmt: skip


def streams_text(streams: Streams | None, lang: str = "en") -> str:
    """Every stream with its emissions, the sums, then the equations; "" where the record has no streams."""
    if streams is None or not streams.members:
        return ""
    words = WORDS[lang]
    lines = ["", f"{words['title']}:"]
    for member in streams.members:
        if member.figure is None:
            lines.append(f"  {member.label}: {words['refused']}")
            continue
        lines.append(f"  {member.label}: {figure_text(member.figure.emissions)}")
        if member.figure.zero_rated is not None:
            lines.append(f"    {words['zero']}: {figure_text(member.figure.zero_rated)}")
    for unit in streams.units.values():
        for name, step in (("heat", unit.heat_factor), ("power", unit.electricity_factor)):
            if step is not None:
                lines.append(f"  {unit.unit} {words[name]}: {figure_text(step)}")
    lines += [f"  {words['process']} {name}: {figure_text(step)}" for name, step in streams.processes.items()]
    lines += [
        f"  {words['total']} {name}: {figure_text(step)}" for name, step in streams.installations.items()
    ]
    return "\n".join([*lines, "", f"{words['equations']}:", "", streams.trace.to_text()])


def figure_text(step: Step) -> str:
    return f"{text_of(step.result)} {step.unit}  [{step.symbol}]"


def streams_json(streams: Streams | None) -> dict[str, Any]:
    """The same for machines: decimals are text, every figure names its step."""
    if streams is None or not streams.members:
        return {}
    return {
        "streams": {
            "method": streams.trace.method,
            "figures": [stream_json(figure) for figure in streams.figures],
            "refused": [member.path for member in streams.members if member.figure is None],
            "energyUnits": [
                {
                    "unit": unit.unit, "path": unit.path, "kind": unit.kind,
                    "heatFactor": step_json(unit.heat_factor),
                    "electricityFactor": step_json(unit.electricity_factor),
                }
                for unit in streams.units.values()
            ],
            "processes": {name: step_json(step) for name, step in streams.processes.items()},
            "installations": {name: step_json(step) for name, step in streams.installations.items()},
            "trace": streams.trace.to_json()["steps"],
        }
    }  # fmt: skip


def stream_json(figure: StreamFigure) -> dict[str, Any]:
    energy = figure.energy
    return {
        "stream": figure.label,
        "path": figure.path,
        "method": figure.method,
        "gas": figure.gas,
        "process": figure.process,
        "energyUnit": figure.energy_unit,
        "emissions": step_json(figure.emissions),
        "zeroRated": step_json(figure.zero_rated),
        "energy": None if energy is None else {"value": energy.input.value, "unit": "TJ"},
    }


def step_json(step: Step | None) -> dict[str, str] | None:
    if step is None:
        return None
    return {"value": text_of(step.result), "unit": step.unit, "step": step.symbol}
