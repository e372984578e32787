"""The result of a method for machines: decimals are text, each figure has its unit and its step."""

from __future__ import annotations

from typing import Any

from gateway.check.catalog import message
from gateway.cli.streams_view import streams_json
from gateway.methods.calculation import (
    Calculation,
    DefaultUsed,
    Figure,
    GoodFigures,
    PrecursorFigures,
    ProcessFigures,
)
from gateway.methods.cbam_definitive import METHOD as DEFINITIVE
from gateway.methods.trace import text_of
from gateway.model.finding import Finding


def to_json(result: Calculation, findings: list[Finding]) -> dict[str, Any]:
    """A calculation with its findings. ``basis`` says what the figures are per."""
    definitive = result.method == DEFINITIVE
    return {
        "method": result.method,
        "basis": result.basis,
        "complete": result.complete,
        "goods": [good_json(good, definitive=definitive) for good in result.goods],
        "processes": [
            {"process": p.process, "path": p.path, **process_json(p, definitive=definitive)}
            for p in result.processes
        ],
        "trace": result.trace.to_json()["steps"],
        **streams_json(result.streams),
        "findings": [
            {"rule": f.rule, "severity": f.severity, "path": f.origin or f.path, "message": message(f)}
            for f in findings
        ],
    }


def good_json(good: GoodFigures, *, definitive: bool) -> dict[str, Any]:
    tree: dict[str, Any] = {"good": good.good, "path": good.path, "cn8": good.cn8, "process": good.process}
    tree |= process_json(good.figures, definitive=definitive)
    if definitive:
        tree["basis"] = good.basis
        tree["composition"] = figure_json(good.composition)
        tree["perTonneOfGood"] = {
            "direct": figure_json(good.per_tonne_direct),
            "indirect": figure_json(good.per_tonne_indirect),
            "total": figure_json(good.per_tonne_total),
        }
    return tree


def process_json(figures: ProcessFigures, *, definitive: bool) -> dict[str, Any]:
    """The figures of one process under the names that people know."""
    named = {
        "seeDirect": figures.see_direct,
        "seeIndirect": figures.see_indirect,
        "seeTotal": figures.see_total,
        "embeddedElectricity": figures.embedded_electricity,
        "electricityFactor": figures.electricity_factor,
        "defaultShare": figures.default_share,
    }
    tree: dict[str, Any] = {
        **{name: figure_json(figure) for name, figure in named.items()},
        "electricityFactorSource": figures.electricity_factor_source,
        "determination": figures.determination,
        "electricityDetermination": figures.electricity_determination,
    }
    return tree | definitive_json(figures) if definitive else tree


def definitive_json(figures: ProcessFigures) -> dict[str, Any]:
    """What only the definitive method knows."""
    named = {
        "activityLevel": figures.activity_level,
        "attributedDirect": figures.attributed_direct,
        "attributedIndirect": figures.attributed_indirect,
        "seeIndirectInformation": figures.see_indirect_information,
        "defaultShareDirect": figures.default_share_direct,
        "defaultShareIndirect": figures.default_share_indirect,
    }
    return {
        "functionalUnit": figures.functional_unit,
        "indirectCharged": figures.indirect_charged,
        "gases": list(figures.gases),
        **{name: figure_json(figure) for name, figure in named.items()},
        "precursors": [precursor_json(precursor) for precursor in figures.precursors],
    }


def precursor_json(precursor: PrecursorFigures) -> dict[str, Any]:
    return {
        "precursor": precursor.precursor,
        "path": precursor.path,
        "name": precursor.name,
        "cn8": precursor.cn8,
        "source": precursor.source,
        "ownProcess": precursor.own_process,
        "supplier": precursor.supplier,
        "country": precursor.country,
        "period": precursor.period,
        "treatment": precursor.treatment,
        "determination": precursor.determination,
        "functionalUnit": precursor.functional_unit,
        "mass": figure_json(precursor.mass),
        "amount": figure_json(precursor.amount),
        "specificConsumption": figure_json(precursor.specific),
        "seeDirect": figure_json(precursor.see_direct),
        "seeIndirect": figure_json(precursor.see_indirect),
        "indirectCounted": precursor.indirect_counted,
        "defaultShare": figure_json(precursor.default_share),
        "defaultValue": default_json(precursor.default),
    }


def default_json(value: DefaultUsed | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {
        "code": value.code,
        "country": value.country,
        "year": value.year,
        "total": text_of(value.total),
        "markUpPercent": text_of(value.mark_up),
        "markedUp": text_of(value.marked_up),
        "unit": value.unit,
        "act": value.act,
        "row": value.row,
        "fallback": value.fallback,
        "superseded": value.superseded,
    }


def figure_json(figure: Figure | None) -> dict[str, str] | None:
    if figure is None:
        return None
    return {"value": text_of(figure.value), "unit": figure.unit, "step": figure.step}
