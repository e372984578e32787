"""All monitored data of a record: every stream, PFC row and energy unit, with the site each belongs to.

A stream belongs to the installation it names, or to that of its process or energy unit. Where a record has
one site only, that is it. A stream that names no process is never split among several: it counts for the
installation alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from gateway.methods.streams.carbon import Carbon, mass_balance, standard_method
from gateway.methods.streams.energy import EnergyFigure, energy_figure
from gateway.methods.streams.figures import StreamFigure
from gateway.methods.streams.handed_over import check_handed_over
from gateway.methods.streams.law import TRANSITIONAL, Law
from gateway.methods.streams.limits import check_directions, check_pfc_production
from gateway.methods.streams.measured import measurement, transfer
from gateway.methods.streams.pfc import pfc_emissions
from gateway.methods.streams.reading import Desk, Source, labels, reasonable
from gateway.methods.survey import Fact
from gateway.methods.trace import Step, Trace, text_of
from gateway.model.finding import Finding, finding
from gateway.model.installation import SourceStream
from gateway.model.record import Record

METHODS = ("combustion", "process", "mass-balance", "measurement", "co2-transfer")
NAME = "cbam.streams"


@dataclass(frozen=True, slots=True)
class Member:
    """One element with what it belongs to; ``figure`` is None where it was refused."""

    label: str
    path: str
    installation: str | None
    process: str | None
    energy_unit: str | None
    figure: StreamFigure | None


@dataclass(slots=True)
class Streams:
    """What the monitored data of a record give. ``processes``: DirEm* where it could be derived."""

    law: Law
    trace: Trace
    members: list[Member] = field(default_factory=list)
    units: dict[str, EnergyFigure] = field(default_factory=dict)
    unsettled: set[str] = field(default_factory=set)
    """Units whose heat is not attributed once: no process that uses it gets a figure."""
    processes: dict[str, Step] = field(default_factory=dict)
    installations: dict[str, Step] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def figures(self) -> list[StreamFigure]:
        return [member.figure for member in self.members if member.figure is not None]

    def direct(self, process: str) -> Fact | None:
        """DirEm* of a process as the sum of its streams: a fact whose source is that step."""
        step = self.processes.get(process)
        return None if step is None else fact_of(step)

    def missing_rule(self, process: str) -> str:
        """Why a process without stated DirEm* has none: no streams, or streams that were refused."""
        named = any(member.process == process for member in self.members)
        return "METHOD-STREAM-REFUSED" if named else "METHOD-DIRECT-EMISSIONS-MISSING"

    def heat_factor(self, unit: str | None) -> Fact | None:
        """The factor of the heat of an own boiler or cogeneration unit, t CO2/TJ."""
        found = self.units.get(unit or "")
        return None if found is None or found.heat_factor is None else fact_of(found.heat_factor)


def fact_of(step: Step) -> Fact:
    return Fact(step.exact, text_of(step.result), step.unit, step.symbol)


def read_streams(record: Record, law: Law = TRANSITIONAL) -> Streams:
    """Every element of the record with its emissions, step by step; no sums yet. Pure."""
    taken = frozenset(process.id for process in record.processes if process.id)
    made = Streams(law, Trace(f"{NAME}@{law.act.removeprefix('EU-')}"))
    borrowed = {f.value for f in record.emission_factors if f.kind == "footprint" and f.value}
    desk = Desk(law, made.trace, taken, frozenset(borrowed), made.findings)
    belongings = Belongings(record)
    sources = [
        Source(desk, "stream", f"/sourceStreams/{index}", label, stream)
        for index, (stream, label) in enumerate(
            zip(record.source_streams, labels(record.source_streams, "sourceStreams"), strict=True)
        )
    ]
    for source, stream in zip(sources, record.source_streams, strict=True):
        made.members.append(stream_member(source, stream, belongings))
    for index, (row, label) in enumerate(zip(record.pfc, labels(record.pfc, "pfc"), strict=True)):
        source = Source(desk, "PFC", f"/pfc/{index}", label, row)
        site = belongings.site(source, None, row.process, None)
        step = pfc_emissions(source, row)
        check_stated(source, step)
        figure = None
        if step is not None and source.complete:
            figure = StreamFigure(
                label, source.path, row.method or "", "PFC", site or "", row.process, None, step
            )
        made.members.append(Member(label, source.path, site, row.process, None, figure))
    check_directions(sources, record)
    made.findings += check_pfc_production(record)
    read_units(record, desk, made, belongings)
    return made


class Belongings:
    """Which installation an element of the record belongs to."""

    def __init__(self, record: Record) -> None:
        self.sites = {site.id for site in record.installations if site.id}
        self.processes = {p.id: p.installation for p in record.processes if p.id}
        self.units = {unit.id: unit.installation for unit in record.energy_units if unit.id}

    def of_process(self, process: str | None) -> str | None:
        return self.processes.get(process or "") or self.only()

    def only(self) -> str | None:
        """The site of a record that has one; "" where it has none at all."""
        return next(iter(self.sites), "") if len(self.sites) < 2 else None

    def site(self, source: Source, stated: str | None, process: str | None, unit: str | None) -> str | None:
        """The installation of an element; unknown names, and names that disagree, are findings."""
        known = ((process, self.processes, "process"), (unit, self.units, "energy_unit"))
        for named, ids, name in known:
            if named is not None and named not in ids:
                source.report("METHOD-STREAM-REFERENCE", name, named=named)
                return None
        if process is not None and unit is not None:
            source.report("METHOD-STREAM-TWICE", "energy_unit")
        if stated is not None and self.sites and stated not in self.sites:
            source.report("METHOD-STREAM-REFERENCE", "installation", named=stated)
            return None
        others = {self.processes.get(process or ""), self.units.get(unit or "")} - {None}
        if stated is not None and others - {stated}:
            source.report("METHOD-STREAM-REFERENCE", "installation", named=stated)
            return None
        found = stated or next((other for other in others if other), None) or self.only()
        if found is None:
            source.report("METHOD-STREAM-REFERENCE", "installation", named="-")
        return found


def stream_member(source: Source, stream: SourceStream, belongings: Belongings) -> Member:
    """One source stream: its method, its emissions, and a stated total compared with the computed one."""
    site = belongings.site(source, stream.installation, stream.process, stream.energy_unit)
    method = source.code("method", METHODS, "METHOD-STREAM-METHOD-MISSING")
    if stream.gas not in (None, "CO2") and method is not None and method != "measurement":
        source.report("METHOD-STREAM-GAS-METHOD", "gas", gas=stream.gas)
    found = emissions_of(source, stream, method)
    check_stated(source, None if found is None else found.emissions)
    figure = None
    if found is not None and method is not None and source.complete:
        figure = StreamFigure(
            source.label,
            source.path,
            method,
            stream.gas or "CO2",
            site or "",
            stream.process,
            stream.energy_unit,
            found.emissions,
            found.zero_rated,
            found.energy,
            found.carbon,
            found.zero_carbon,
            bool(stream.waste_gas),
            stream.evidence is not None,
        )
    return Member(source.label, source.path, site, stream.process, stream.energy_unit, figure)


def emissions_of(source: Source, stream: SourceStream, method: str | None) -> Carbon | None:
    if method in ("combustion", "process"):
        return standard_method(source, stream, method)
    if method == "mass-balance":
        return mass_balance(source, stream)
    if method == "measurement":
        return measurement(source, stream)
    return transfer(source, stream) if method == "co2-transfer" else None


def check_stated(source: Source, computed: Step | None) -> None:
    """A result stated beside the data must be that of the data, within its last digit or 1e-9 of it."""
    stated = source.fact("emissions", "t CO2e", signed=True)
    if stated is None or computed is None:
        return
    places = len(stated.text.partition(".")[2])
    allowed = max(Fraction(1, 2 * 10**places), abs(computed.exact) / 10**9)
    if abs(computed.exact - stated.value) > allowed:
        source.report(
            "METHOD-STREAM-MISMATCH", "emissions", stated=stated.text, computed=text_of(computed.result)
        )


# --- energy units ------------------------------------------------------------------------------------


def read_units(record: Record, desk: Desk, made: Streams, belongings: Belongings) -> None:
    """The factors of every boiler, cogeneration unit and power plant; then whether their heat suffices."""
    fuels: defaultdict[str, list[Member]] = defaultdict(list)
    for member in made.members:
        if member.energy_unit is not None:
            fuels[member.energy_unit].append(member)
    names = labels(record.energy_units, "energyUnits")
    for index, (unit, label) in enumerate(zip(record.energy_units, names, strict=True)):
        source = Source(desk, "unit", f"/energyUnits/{index}", label, unit)
        belongings.site(source, unit.installation, None, None)
        own = fuels[unit.id] if unit.id else []
        refused = [member.label for member in own if member.figure is None]
        if refused:
            source.report("METHOD-ENERGY-FUEL-MISSING", "id", fuels=", ".join(refused))
        found = energy_figure(source, unit, [member.figure for member in own if member.figure is not None])
        if found is not None and unit.id and not refused:
            made.units[unit.id] = found
            if not check_heat(source, record, found):
                made.unsettled.add(unit.id)


def check_heat(source: Source, record: Record, unit: EnergyFigure) -> bool:
    """True where the heat of a unit is attributed once, and with the factor that its fuels give."""
    settled = check_handed_over(source, record, unit)
    for index, flow in enumerate(record.heat):
        if flow.energy_unit == unit.unit and flow.emission_factor is not None:
            check_heat_factor(source, f"/heat/{index}/emissionFactor", flow.emission_factor, unit)
    return settled


def check_heat_factor(source: Source, path: str, stated: Decimal, unit: EnergyFigure) -> None:
    """A factor stated for the heat of an own unit must be the one that its fuels give."""
    if unit.heat_factor is None or not reasonable(stated):
        return
    places = -min(0, int(stated.as_tuple().exponent))
    if abs(unit.heat_factor.exact - Fraction(stated)) * 2 * 10**places > 1:
        source.desk.findings.append(
            finding(
                "METHOD-HEAT-FACTOR-CONFLICT", path, stage="method", stream=source.label,
                stated=text_of(stated), computed=text_of(unit.heat_factor.result),
            )
        )  # fmt: skip
