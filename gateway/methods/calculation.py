"""What a method for embedded emissions gives: the public types that reports are built from.

Both methods, ``cbam.transitional@2023-1773`` and ``cbam.definitive@2025-2547``, answer with the same types.
They do not give the same figures: ``Calculation.method`` and ``basis`` say whose they are, every
:class:`Figure` carries its unit, and fields that only one method knows are None in the other.

==================  =======================================  =============================================
                    transitional                             definitive
==================  =======================================  =============================================
functional unit     tonne of product                         t, t clinker, kg N or kWh (2025/2547 Article 4)
``see_direct``      t CO2e/t                                 t CO2e per functional unit
``see_indirect``    every electricity                        only what is charged; see also
                                                             ``see_indirect_information``
``see_total``       direct + indirect                        direct + charged indirect
``default_share``   of the direct emissions                  of direct + charged indirect emissions
==================  =======================================  =============================================
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from gateway.methods.streams.installation_streams import Streams
from gateway.methods.trace import Step, Trace, decimal_of
from gateway.model.finding import Finding, errors


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the trace: exact, with its unit and the symbol of the step that explains it."""

    exact: Fraction
    unit: str
    step: str

    @property
    def value(self) -> Decimal:
        """As a decimal of 28 significant digits."""
        return decimal_of(self.exact)


def figure(step: Step) -> Figure:
    """A step as a public figure."""
    return Figure(step.exact, step.unit, step.symbol)


@dataclass(frozen=True, slots=True)
class DefaultUsed:
    """The default value that stands for a purchased precursor, as it was found.

    ``total`` as published, ``mark_up`` in per cent, ``marked_up`` what counts; all per tonne of goods.
    ``row`` says which row of which country; ``fallback`` that it is "Other countries and territories".
    """

    code: str
    country: str
    year: int
    total: Decimal
    mark_up: Decimal
    marked_up: Decimal
    unit: str
    act: str
    row: str
    fallback: bool
    superseded: bool


@dataclass(frozen=True, slots=True)
class PrecursorFigures:
    """A precursor as a process used it. The items on precursors of the operator's reports read from here.

    ``source``     ``own`` (made by ``own_process`` of this record) or ``purchased``.
    ``treatment``  ``counted``; ``exempt-origin`` (from the Union or a country of Annex III.1 of 2023/956:
                   counts as zero, is reported); ``scrap`` (no CBAM good: counts as zero).
    ``mass``       what the process took in, cut-offs and scrap included, in t.
    ``amount``     the same in functional units of the precursor (M_i of equation 60).
    ``specific``   per functional unit of the good (m_i of equation 61).
    ``see_direct``, ``see_indirect``  per functional unit of the precursor, as they were counted: 0 where
                   nothing is charged or the origin is exempt, and the step says why.
    ``indirect_counted``  whether the indirect emissions of this precursor count in this good.
    ``default_share``  share of this precursor's counted emissions that rests on default values.
    ``period``, ``supplier``, ``country``, ``cn8``, ``name`` are the record's own words.
    """

    precursor: str | None
    path: str
    name: str | None
    cn8: str | None
    category: str | None
    source: str
    own_process: str | None
    supplier: str | None
    country: str | None
    period: str | None
    treatment: str
    determination: str | None
    functional_unit: str
    mass: Figure
    amount: Figure | None
    specific: Figure | None
    see_direct: Figure | None
    see_indirect: Figure | None
    indirect_counted: bool
    default_share: Figure | None
    default: DefaultUsed | None = None


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """The figures of one process. ``specific_*`` are its own, ``see_*`` with its precursors.

    ``embedded_electricity`` and ``electricity_factor`` are None where a purchased precursor does not state
    its electricity (then the sum is not known, and half a sum is not given), and in the definitive method.

    Definitive method only:
    ``functional_unit``   ``t``, ``t clinker``, ``kg N`` or ``kWh``; ``activity_level`` is counted in it and
                          ``activity_mass`` is the same output in t (MWh for electricity).
    ``indirect_charged``  False for the goods of Annex II of 2023/956: their own electricity is not charged.
                          ``see_indirect`` is then only what precursors outside Annex II bring along.
    ``see_indirect_information``  the indirect emissions with everything that is not charged, for
                          information; None where it is the same as ``see_indirect`` or not known.
    ``default_share_direct``, ``default_share_indirect``  shares of the one and of the other.
    ``gases``             the greenhouse gases that count for the goods (2025/2547 Annex I, Table 1).
    """

    process: str
    path: str
    category: str | None
    route: str | None
    attributed_direct: Figure
    attributed_indirect: Figure | None
    specific_direct: Figure
    specific_indirect: Figure | None
    see_direct: Figure
    see_indirect: Figure
    see_total: Figure
    embedded_electricity: Figure | None
    electricity_factor: Figure | None
    electricity_factor_source: str | None
    default_share: Figure
    determination: str | None
    electricity_determination: str | None
    functional_unit: str = "t"
    activity_level: Figure | None = None
    activity_mass: Figure | None = None
    indirect_charged: bool = True
    see_indirect_information: Figure | None = None
    default_share_direct: Figure | None = None
    default_share_indirect: Figure | None = None
    gases: tuple[str, ...] = ()
    precursors: tuple[PrecursorFigures, ...] = ()


@dataclass(frozen=True, slots=True)
class GoodFigures:
    """The figures of one good: those of the process that makes it.

    ``per_tonne_*`` (definitive, clinker and nitrogen only): equations 64 to 66, t CO2e per tonne of this good
    at its own composition. They are another way to state the same emissions, never to be added to ``see_*``.
    ``composition`` is t clinker per t, or kg N per t.
    """

    good: str | None
    path: str
    cn8: str | None
    name: str | None
    figures: ProcessFigures
    basis: str
    composition: Figure | None = None
    per_tonne_direct: Figure | None = None
    per_tonne_indirect: Figure | None = None
    per_tonne_total: Figure | None = None

    @property
    def process(self) -> str:
        return self.figures.process

    @property
    def functional_unit(self) -> str:
        return self.figures.functional_unit

    @property
    def see_direct(self) -> Figure:
        return self.figures.see_direct

    @property
    def see_indirect(self) -> Figure:
        return self.figures.see_indirect

    @property
    def see_indirect_information(self) -> Figure | None:
        return self.figures.see_indirect_information

    @property
    def indirect_charged(self) -> bool:
        return self.figures.indirect_charged

    @property
    def see_total(self) -> Figure:
        return self.figures.see_total

    @property
    def embedded_electricity(self) -> Figure | None:
        return self.figures.embedded_electricity

    @property
    def electricity_factor(self) -> Figure | None:
        return self.figures.electricity_factor

    @property
    def electricity_factor_source(self) -> str | None:
        return self.figures.electricity_factor_source

    @property
    def default_share(self) -> Figure:
        return self.figures.default_share

    @property
    def default_share_direct(self) -> Figure | None:
        return self.figures.default_share_direct

    @property
    def default_share_indirect(self) -> Figure | None:
        return self.figures.default_share_indirect

    @property
    def determination(self) -> str | None:
        return self.figures.determination

    @property
    def electricity_determination(self) -> str | None:
        return self.figures.electricity_determination

    @property
    def precursors(self) -> tuple[PrecursorFigures, ...]:
        return self.figures.precursors


@dataclass(frozen=True, slots=True)
class Calculation:
    """What a method found: figures where the data suffice, findings where they do not.

    ``basis`` says in words what the figures are per. ``period`` is the reporting year that default values
    were looked up for, where the method knows one. ``streams``: the source streams of the record by this law.
    """

    method: str
    basis: str
    processes: tuple[ProcessFigures, ...]
    goods: tuple[GoodFigures, ...]
    trace: Trace
    findings: tuple[Finding, ...]
    period: int | None = None
    streams: Streams | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing was refused."""
        return not errors(self.findings)

    def process(self, process: str) -> ProcessFigures | None:
        return next((p for p in self.processes if p.process == process), None)

    def good(self, good: str) -> GoodFigures | None:
        return next((g for g in self.goods if g.good == good), None)
