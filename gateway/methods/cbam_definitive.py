"""``cbam.definitive@2025-2547``: specific embedded emissions of the goods of one installation from 2026 on.

Annex III of Implementing Regulation (EU) 2025/2547, sections A.3 and B, whose text was at hand. Unlike the
transitional method it counts per functional unit (Article 4): cement per tonne of the clinker contained,
fertilisers per kilogram of nitrogen, electricity per kWh, all else per tonne; it charges indirect emissions
only for goods outside Annex II of (EU) 2023/956; it deducts all electricity produced in a process; precursors
from the Union count as zero; and a default value is that of the act, with the mark-up of the year. A figure of
one method is never one of the other.

Heat, waste gas, attributed emissions and the recursion over own processes are shared with the other method.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from gateway.methods.attribution import UNLIMITED, Sheet
from gateway.methods.calculation import (
    Calculation,
    DefaultUsed,
    Figure,
    GoodFigures,
    PrecursorFigures,
    ProcessFigures,
    figure,
)
from gateway.methods.cbam_transitional import good_name, goods_made, no_installation_data
from gateway.methods.chain import solve_order
from gateway.methods.default_values import look_up as look_up_default
from gateway.methods.definitive_amounts import composition
from gateway.methods.definitive_emissions import DEFINITIVE, B, solve_process
from gateway.methods.definitive_survey import survey_definitive
from gateway.methods.definitive_values import Solved, Value
from gateway.methods.productions import COUNTED, DefinitiveSurvey, LookUp, Material, Output
from gateway.methods.scope import CLINKER, CONTENT
from gateway.methods.streams.law import DEFINITIVE as STREAMS
from gateway.methods.streams.totals import streams_of
from gateway.methods.survey import tonnes
from gateway.methods.trace import Step, Trace, text_of
from gateway.model.record import Record

METHOD = "cbam.definitive@2025-2547"
BASIS = (
    "per functional unit (definitive period, 2025/2547 Article 4): tonne; cement: tonne of clinker contained; "
    "fertilisers: kg of nitrogen contained; electricity: kWh"
)


def calculate(record: Record, look_up: LookUp = look_up_default) -> Calculation:
    """Embedded emissions of every good of the record by the definitive method, with all that is missing.

    ``look_up`` answers with default values for purchased precursors: the tables of the acts, or a test's own.
    A footprint total is never used (Commission Q&A 4.24). Good input or bad, this returns: what is wrong is
    among the findings.
    """
    trace = Trace(METHOD)
    if not record.processes:
        streams = streams_of(record, STREAMS)
        missing = (*no_installation_data(record), *streams.findings)
        return Calculation(METHOD, BASIS, (), (), trace, missing, streams=streams)
    found = survey_definitive(record, look_up)
    if found.streams is not None:
        trace.steps.update(found.streams.trace.steps)
    solved: dict[str, Solved] = {}
    for process in solve_order(found):
        solved[process] = solve_process(found.productions[process], solved, trace)
        plant = found.plants[process]
        negative = trace.steps.get(f"{process}:{UNLIMITED}")
        if negative is not None:
            found.report(
                "METHOD-SET-TO-ZERO",
                f"{plant.path}/directEmissions",
                plant,
                severity="info",
                value=text_of(negative.result),
            )
    processes = {key: presented(solved[key]) for key in found.plants if key in solved}
    goods = present_goods(found, solved, processes, trace)
    return Calculation(
        METHOD,
        BASIS,
        tuple(processes.values()),
        goods,
        trace,
        tuple(found.findings),
        found.year,
        found.streams,
    )


def presented(own: Solved) -> ProcessFigures:
    """The steps of a process as its public figures."""
    plant, scope = own.production.plant, own.production.settled
    process = plant.process
    information = own.information
    return ProcessFigures(
        process=plant.id,
        path=plant.path,
        category=process.goods_category,
        route=process.route,
        attributed_direct=figure(own.attributed_direct),
        attributed_indirect=None if own.attributed_indirect is None else figure(own.attributed_indirect),
        specific_direct=figure(own.direct.own),
        specific_indirect=figure(own.indirect.own),
        see_direct=figure(own.direct.see),
        see_indirect=figure(own.indirect.see),
        see_total=figure(own.total),
        embedded_electricity=None,
        electricity_factor=None,
        electricity_factor_source=process.electricity_factor_source,
        default_share=figure(own.share),
        determination=process.determination,
        electricity_determination=process.electricity_determination,
        functional_unit=scope.unit,
        activity_level=figure(own.level),
        activity_mass=value_figure(own.mass),
        indirect_charged=not scope.annex_ii,
        see_indirect_information=None if information is None else figure(information.see),
        default_share_direct=figure(own.share_direct),
        default_share_indirect=figure(own.share_indirect),
        gases=scope.gases,
        precursors=tuple(precursor_figures(own, material) for material in own.production.materials),
    )


def value_figure(value: Value) -> Figure:
    """A counted value as a figure; its step is an earlier one, a path of the record, or a constant in words."""
    item, exact = value
    return Figure(exact, item.unit, item.source)


def precursor_figures(own: Solved, material: Material) -> PrecursorFigures:
    """A precursor as the process used it, for the reports and for whoever checks them."""
    used, record = material.consumed, material.record
    amount = own.amounts[used.label]
    direct, indirect = own.direct.of[used.label], own.indirect.of[used.label]
    return PrecursorFigures(
        precursor=record.id,
        path=used.path,
        name=record.name,
        cn8=record.cn8,
        category=record.category,
        source="own" if used.source is not None else "purchased",
        own_process=used.source,
        supplier=record.supplier,
        country=record.country,
        period=record.period,
        treatment=material.treatment,
        determination=record.determination if used.source is None else None,
        functional_unit=material.unit,
        mass=Figure(tonnes(used.amount), "t", used.amount.path),
        amount=figure(amount) if amount.unit == material.unit else None,
        specific=figure(own.specific[used.label]) if amount.unit == material.unit else None,
        see_direct=value_figure(direct),
        see_indirect=value_figure(indirect),
        indirect_counted=indirect_counts(own, material),
        default_share=precursor_share(material),
        default=default_used(material),
    )


def indirect_counts(own: Solved, material: Material) -> bool:
    """Whether indirect emissions of a precursor are charged in this good (Annex I, 3.1)."""
    if material.treatment != COUNTED:
        return False
    return not material.annex_ii or (material.consumed.source is not None and own.annex_ii)


def precursor_share(material: Material) -> Figure | None:
    """The share of default values in a purchased precursor; that of an own one stands with its process."""
    used = material.consumed
    if used.source is not None or material.treatment != COUNTED:
        return None
    if material.default is not None:
        return Figure(Fraction(1), "1", f"{used.path}/determination")
    share = used.default_share
    return Figure(
        share.value if share else Fraction(0), "1", share.path if share else f"{used.path}/determination"
    )


def default_used(material: Material) -> DefaultUsed | None:
    value = material.default
    if value is None:
        return None
    return DefaultUsed(
        value.code,
        value.country,
        value.year,
        value.total,
        value.mark_up,
        value.marked_up,
        value.unit,
        value.act,
        value.row,
        value.fallback,
        value.superseded,
    )


# --- goods -------------------------------------------------------------------------------------------


def present_goods(
    found: DefinitiveSurvey,
    solved: Mapping[str, Solved],
    processes: Mapping[str, ProcessFigures],
    trace: Trace,
) -> tuple[GoodFigures, ...]:
    """The goods whose process has figures."""
    goods: list[GoodFigures] = []
    for index, good in goods_made(found, solved):
        own = solved[good.process or ""]
        output = next(o for o in own.production.outputs if o.index == index)
        goods.append(good_figures(own, processes[good.process or ""], output, trace))
    return tuple(goods)


def good_figures(own: Solved, process: ProcessFigures, output: Output, trace: Trace) -> GoodFigures:
    """A good: the figures of its process, and the same per tonne at its own composition (eq. 64 to 66)."""
    good, basis = output.good, f"per {own.unit}"
    content = composition(output, own.unit)
    if content is None or output.content is None:
        return GoodFigures(good.id, output.path, good.cn8, good_name(good), process, basis)
    sheet = Sheet(output.label, trace, DEFINITIVE)
    unit = CONTENT[own.unit][1]
    clinker = own.unit == CLINKER
    equation = "64" if clinker else "65" if own.production.settled.clause.endswith("(a)") else "66"
    symbol = "CK" if clinker else "N"
    share = output.content.as_input("content")
    made = sheet.step(
        symbol,
        "{0}" if clinker else "1000 x {0}",
        [share],
        content,
        unit,
        clause=f"{B} eq. {equation}",
    )

    def per_tonne(kind: str, see: Step) -> Figure:
        step = sheet.step(
            f"SEE{kind}({symbol})",
            "{0} x {1}",
            [see.as_input(), made.as_input()],
            see.exact * content,
            "t CO2e/t",
            clause=f"{B} eq. {equation}",
            note=f"Per tonne of this good at its own composition; the figure per {own.unit} is {see.symbol}.",
        )
        return figure(step)

    return GoodFigures(
        good.id,
        output.path,
        good.cn8,
        good_name(good),
        process,
        basis,
        composition=figure(made),
        per_tonne_direct=per_tonne("Dir", own.direct.see),
        per_tonne_indirect=per_tonne("Indir", own.indirect.see),
        per_tonne_total=per_tonne("Total", own.total),
    )


__all__ = ["BASIS", "METHOD", "calculate"]
