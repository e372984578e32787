"""Free-allocation adjustment: the specific embedded free allocation (SEFA) of imported goods.

What an EU producer would still get for free is deducted from the embedded emissions. With actual values the
benchmark is that of column A, plus the SEFA of each precursor; with default values that of column B.

Clauses: equations 1 to 6 of the Annex of (EU) 2025/2620, whose text was not at hand: numbers to confirm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from gateway.methods.benchmarks import Benchmark, benchmark, choice, narrowed
from gateway.methods.figures import Rate, cbam_factor, correction_factor
from gateway.methods.trace import Input, Step, Trace, text_of
from gateway.model.finding import Refused, finding

UNIT = "t CO2e/t"
CLAUSE = "EU-2025-2620:annex"
STATED = "stated"
"""In place of a clause: the user stated the figure."""

ACTUAL, DEFAULT = "EU-2025-2620:annex-3", "EU-2025-2620:annex-4"


@dataclass(frozen=True, slots=True)
class Precursor:
    """A precursor of a complex good: ``mass`` in tonnes per tonne of the good, cut-offs and scrap included.

    ``sefa`` is the value of its producer; without it the benchmark of column B stands in. ``from_union``: made in
    the Union, counted as zero (questions and answers of May 2026, 4.18).
    """

    cn: str
    mass: str
    sefa: str = ""
    route: str = ""
    indicator: str = ""
    from_union: bool = False


@dataclass(frozen=True, slots=True)
class Factors:
    """CBAM factor and cross-sectoral correction factor of a year, each with where it comes from."""

    cbam: Rate
    correction: Rate

    def inputs(self) -> tuple[Input, Input]:
        return (
            Input("CBAM", self.cbam.text, "1", self.cbam.clause),
            Input("CSCF", self.correction.text, "1", self.correction.clause),
        )

    @property
    def exact(self) -> Fraction:
        return self.cbam.exact * self.correction.exact


def factors_of(year: int, stated_cbam: str = "", stated_correction: str = "", path: str = "") -> Factors:
    """The factors of a year, or those that were stated. Raises Refused where a year has none: never assumed."""
    cbam = Rate(stated_cbam, STATED, "U") if stated_cbam else cbam_factor(year)
    correction = Rate(stated_correction, STATED, "U") if stated_correction else correction_factor(year)
    wrong = [
        finding(rule, path, stage="method", year=year)
        for rule, rate in (("ADJUSTMENT-CBAM-FACTOR", cbam), ("ADJUSTMENT-CORRECTION-FACTOR", correction))
        if rate is None
    ]
    if cbam is None or correction is None:
        raise Refused(wrong)
    return Factors(cbam, correction)


def benchmark_step(
    trace: Trace, symbol: str, row: Benchmark, factors: Factors, clause: str, note: str = ""
) -> Step:
    """CBAM factor x CSCF x benchmark: the allocation of a simple good, of a process, or of a default value."""
    inputs = (*factors.inputs(), Input("BM", text_of(row.value), UNIT, f"{CLAUSE}: {row.row}"))
    exact = factors.exact * Fraction(row.value)
    return trace.add(Step(symbol, "{0} x {1} x {2}", inputs, exact, UNIT, clause, note))


def mixed_step(
    trace: Trace, symbol: str, rows: Sequence[tuple[Benchmark, str]], factors: Factors, clause: str
) -> Step:
    """The weighted average over the routes of a mixture (2523 90 00): each benchmark times its share."""
    if sum(Fraction(share) for _, share in rows) != 1:
        shares = " + ".join(share for _, share in rows)
        raise Refused(finding("ADJUSTMENT-SHARES", stage="method", shares=shares))
    inputs = list(factors.inputs())
    terms = []
    for row, share in rows:
        at = len(inputs)
        terms.append(f"{{{at}}} x {{{at + 1}}}")
        inputs.append(Input(f"share{row.mark}", share, "1", "stated"))
        inputs.append(Input(f"BM{row.mark}", text_of(row.value), UNIT, f"{CLAUSE}: {row.row}"))
    exact = factors.exact * sum(Fraction(row.value) * Fraction(share) for row, share in rows)
    formula = f"{{0}} x {{1}} x ({' + '.join(terms)})"
    return trace.add(Step(symbol, formula, tuple(inputs), exact, UNIT, clause))


def add_precursors(trace: Trace, own: Step, precursors: Sequence[Precursor], factors: Factors) -> Step:
    """SEFA of a complex good: the allocation of its process and, per precursor, mass times SEFA."""
    inputs, terms, exact = [own.as_input("SFA")], ["{0}"], own.exact
    for number, item in enumerate(precursors, 1):
        part = _precursor(trace, f"i{number}", item, factors)
        at = len(inputs)
        terms.append(f"{{{at}}} x {{{at + 1}}}")
        inputs += [
            Input(f"m{number}", item.mass, "t/t", f"stated: CN {item.cn}"),
            part.as_input(f"SEFA{number}"),
        ]
        exact += Fraction(item.mass) * part.exact
    return trace.add(Step("SEFA", " + ".join(terms), tuple(inputs), exact, UNIT, ACTUAL))


def _precursor(trace: Trace, symbol: str, item: Precursor, factors: Factors) -> Step:
    name = f"{symbol}:SEFA"
    if item.from_union:
        zero = (Input("zero", "0", UNIT, "made in the Union: counted as zero"),)
        return trace.add(Step(name, "{0}", zero, Fraction(0), UNIT, "CBAM-QA-2026-05:4.18", "", True))
    if item.sefa:
        stated = (Input("stated", item.sefa, UNIT, f"stated by the producer of CN {item.cn}"),)
        return trace.add(Step(name, "{0}", stated, Fraction(item.sefa), UNIT, ACTUAL))
    row = benchmark(item.cn, "B", item.route, item.indicator)
    return benchmark_step(trace, name, row, factors, ACTUAL)


def grades(cn: str, routes: Sequence[str], indicator: str) -> tuple[Benchmark, ...]:
    """The benchmarks of a default value: one, or one for each alloy grade that its row names.

    Of several grades the highest counts, with default values only. Rows without a route of the default value to
    tell them apart, or that differ by indicator, are no grades: they are refused with the choices.
    """
    left = narrowed(cn, "B", routes, indicator)
    if len(left) > 1 and (not routes or len({row.route for row in left}) != len(left)):
        raise Refused(choice(cn, "B", left))
    return left
