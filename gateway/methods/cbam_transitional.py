"""``cbam.transitional@2023-1773``: specific embedded emissions of the goods of one installation.

Attributed emissions of each production process, divided by its activity level, with the embedded
emissions of its precursors; recursively, since a precursor of an own process is a result itself. The
equations are those of the Commission's communication template v2.1, whose worked examples they meet. The
text of Implementing Regulation (EU) 2023/1773 was not at hand, so every clause is shown "to confirm".

Figures are t CO2e (or MWh) per tonne of PRODUCT: cement per tonne of cement, not of clinker; fertilisers
per tonne, not per kg of nitrogen. The definitive method counts otherwise and has a name of its own.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from gateway.methods.attribution import UNLIMITED
from gateway.methods.calculation import (
    Calculation,
    Figure,
    GoodFigures,
    PrecursorFigures,
    ProcessFigures,
    figure,
)
from gateway.methods.chain import links, solve_order
from gateway.methods.installation import survey
from gateway.methods.process_emissions import Figures, process_figures
from gateway.methods.streams.totals import streams_of
from gateway.methods.survey import Plant, Survey
from gateway.methods.trace import Trace, text_of
from gateway.model.finding import Finding
from gateway.model.record import Good, Record

METHOD = "cbam.transitional@2023-1773"
BASIS = "per tonne of product (transitional period, communication template v2.1)"
MIX = "Mix"

INSTALLATION_DATA = (
    ("METHOD-ACTIVITY-LEVEL-MISSING", "activityLevel"),
    ("METHOD-DIRECT-EMISSIONS-MISSING", "directEmissions"),
    ("METHOD-DETERMINATION-MISSING", "determination"),
    ("METHOD-ELECTRICITY-MISSING", "electricityConsumed"),
    ("METHOD-ELECTRICITY-FACTOR-MISSING", "electricityFactor"),
    ("METHOD-ELECTRICITY-FACTOR-KIND-MISSING", "electricityFactorKind"),
    ("METHOD-ELECTRICITY-DETERMINATION-MISSING", "electricityDetermination"),
)
"""What every process must state at the least: the list that a footprint-only record is given."""


def calculate(record: Record) -> Calculation:
    """Embedded emissions of every good of the record, with a trace and with all that is missing.

    Pure: no I/O beyond the table of goods categories. A footprint total is never used: emission factors
    and results of life-cycle assessments are not accepted for CBAM (Commission Q&A 4.24).
    """
    trace = Trace(METHOD)
    if not record.processes:
        streams = streams_of(record)
        missing = (*no_installation_data(record), *streams.findings)
        return Calculation(METHOD, BASIS, (), (), trace, missing, streams=streams)
    found = survey(record)
    if found.streams is not None:
        trace.steps.update(found.streams.trace.steps)
    solved: dict[str, Figures] = {}
    sources: dict[str, frozenset[str]] = {}
    for process in solve_order(found):
        plant = found.plants[process]
        solved[process] = process_figures(plant, solved, trace)
        sources[process] = factor_sources(plant, sources)
        negative = trace.steps.get(f"{process}:{UNLIMITED}")
        if negative is not None:
            value = text_of(negative.result)
            found.report(
                "METHOD-SET-TO-ZERO", f"{plant.path}/directEmissions", plant, severity="info", value=value
            )
    processes = tuple(
        presented(plant, solved[key], sources[key]) for key, plant in found.plants.items() if key in solved
    )
    goods = read_goods(found, processes)
    return Calculation(METHOD, BASIS, processes, goods, trace, tuple(found.findings), streams=found.streams)


def no_installation_data(record: Record) -> list[Finding]:
    """A record without processes: the refusal, then the list of what a process has to state."""
    found = Survey(record)
    total = record.results.total if record.results is not None else None
    found.report(
        "METHOD-NO-INSTALLATION-DATA", "/processes", total="-" if total is None else format(total, "f")
    )
    if not record.installations:
        found.report("METHOD-INSTALLATION-MISSING", "/installations")
    if not record.goods:
        found.report("METHOD-GOODS-MISSING", "/goods")
    for rule, field in INSTALLATION_DATA:
        found.report(rule, f"/processes/*/{field}", process="*")
    return found.findings


def presented(plant: Plant, own: Figures, sources: frozenset[str]) -> ProcessFigures:
    """The steps of a process as its public figures."""
    process = plant.process
    stated = next(iter(sources), process.electricity_factor_source)
    return ProcessFigures(
        process=plant.id,
        path=plant.path,
        category=process.goods_category,
        route=process.route,
        attributed_direct=figure(own.attributed_direct),
        attributed_indirect=figure(own.attributed_indirect),
        specific_direct=figure(own.specific_direct),
        specific_indirect=figure(own.specific_indirect),
        see_direct=figure(own.see_direct),
        see_indirect=figure(own.see_indirect),
        see_total=figure(own.see_total),
        embedded_electricity=None if own.electricity is None else figure(own.electricity),
        electricity_factor=None if own.electricity_factor is None else figure(own.electricity_factor),
        electricity_factor_source=MIX if len(sources) > 1 else stated,
        default_share=figure(own.default_share),
        determination=process.determination,
        electricity_determination=process.electricity_determination,
    )


def factor_sources(plant: Plant, known: dict[str, frozenset[str]]) -> frozenset[str]:
    """The sources of the electricity factors of a process and of the own processes that supply it.

    Where they differ the source is shown as ``Mix``. The template shows that of the last process alone;
    the mean factor beside it would then not be explained.
    """
    own = plant.process.electricity_factor_source
    used = plant.electricity is not None and plant.electricity.value != 0
    found = frozenset({own}) if own is not None and used else frozenset[str]()
    return found.union(*(known[supplier] for supplier in links(plant)))


def read_goods(found: Survey, processes: tuple[ProcessFigures, ...]) -> tuple[GoodFigures, ...]:
    """The goods whose process has figures."""
    solved = {figures.process: figures for figures in processes}
    return tuple(
        GoodFigures(good.id, f"/goods/{index}", good.cn8, good_name(good), solved[good.process or ""], BASIS)
        for index, good in goods_made(found, solved)
    )


def goods_made(found: Survey, solved: Container[str]) -> Iterator[tuple[int, Good]]:
    """The goods whose process is among the ``solved``, with their positions; each other is refused by name."""
    if not found.record.goods:
        found.report("METHOD-GOODS-MISSING", "/goods")
    for index, good in enumerate(found.record.goods):
        path = f"/goods/{index}"
        if good.process is None:
            found.report("METHOD-REFERENCE-MISSING", f"{path}/process")
        elif good.process not in found.plants:
            found.report("METHOD-REFERENCE-UNKNOWN", f"{path}/process", named=good.process)
        elif good.process in solved:
            yield index, good
        else:
            found.report("METHOD-GOOD-REFUSED", path, good=good.id or good.cn8 or "-", process=good.process)


def good_name(good: Good) -> str | None:
    return None if good.name is None else good.name.en or good.name.zh


__all__ = [
    "BASIS",
    "METHOD",
    "Calculation",
    "Figure",
    "GoodFigures",
    "PrecursorFigures",
    "ProcessFigures",
    "calculate",
]
