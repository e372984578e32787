"""Items 4(e) and 4(f) of the operator's report: the specific embedded free allocation (SEFA) of a good.

With actual values: CBAM factor x CSCF x benchmark of column A, and for each precursor its mass per tonne times its own
SEFA, that of column B where it was bought. Computed only where the record settles every part: one benchmark is
left, the good counts in tonnes, every precursor is known. What is not settled stays for the operator to state.

Clauses: points 1 and 3 of the Annex of (EU) 2025/2620, whose text was not at hand; the year is that of the period.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from gateway.methods.benchmarks import Benchmark, narrowed
from gateway.methods.calculation import Figure, PrecursorFigures, ProcessFigures
from gateway.methods.figures import routes
from gateway.methods.free_allocation import ACTUAL, UNIT, Factors, benchmark_step, factors_of
from gateway.methods.operator_answer import Answer, Fill, missing, valued
from gateway.methods.operator_case import Case, Element, exactly
from gateway.methods.trace import Input, Step, text_of
from gateway.model.finding import Finding, Refused, finding
from gateway.translate.ledger import Explained

FIELD = "specificFreeAllocation"
PER_UNIT = "t CO2e per functional unit"
DEEPEST = 40
"""Processes one before another that are followed; a longer chain is left to the operator."""


def allocation(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The SEFA of a good, or the word that it is missing."""
    step = sefa_of(case, element)
    if step is None:
        yield missing(why, f"{element.path}/{FIELD}")
        return
    sources = case.calculation.trace.record_paths(step.symbol)
    why = why._replace(clause=step.clause)
    yield valued(
        why, text_of(step.result), unit=PER_UNIT, sources=sources, note=step.equation, equation=step.symbol
    )


def method(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """How the SEFA was computed, in words; the confirmation beside it is the operator's alone."""
    step = sefa_of(case, element)
    if step is None:
        yield missing(why, f"{element.path}/freeAllocationMethod")
        return
    own = case.calculation.trace.steps.get(step.symbol.replace(":SEFA", ":SFA"), step)
    cbam, correction, benchmark = own.inputs[:3]
    row = benchmark.source.partition(": ")[2]
    parts = [f"CBAM factor {cbam.value} x CSCF {correction.value} x benchmark of {row}"]
    sums = step.inputs[1:] if own is not step else ()
    parts += [f"mass per tonne x {part.source}" for part in sums if part.symbol.startswith("SEFA")]
    words = " + ".join(parts) + " (actual values, Annex to Regulation (EU) 2025/2620, point 3)"
    sources = case.calculation.trace.record_paths(step.symbol)
    yield valued(why, words, sources=sources, note="the equation that was used", equation=step.symbol)


def stated_otherwise(case: Case) -> Iterator[Finding]:
    """Goods whose stated SEFA is not the one that the record gives, beyond the rounding of what is stated."""
    for element in case.elements("good"):
        value = element.body.get(FIELD)
        stated, step = exactly(value), sefa_of(case, element)
        if stated is None or step is None:
            continue
        places = len(str(value).partition(".")[2])
        if abs(stated - step.exact) > Fraction(1, 2 * 10**places):
            yield finding(
                "OPERATOR-SEFA-DIFFERS", f"{element.path}/{FIELD}", severity="warning", stage="method",
                stated=str(value), computed=text_of(step.result), equation=step.equation,
            )  # fmt: skip


def sefa_of(case: Case, element: Element) -> Step | None:
    """The step of a good's SEFA; None where the record or the figures at hand do not settle it."""
    figures = case.good(element)
    cn = element.body.get("cn8")
    if figures is None or not isinstance(cn, str):
        return None
    return _sefa(case, figures.figures, (cn, f"{element.path}/cn8"), 0)


def _sefa(case: Case, made: ProcessFigures, code: tuple[str, str], depth: int) -> Step | None:
    """The SEFA of what a process makes under a CN code (the code and where it stands)."""
    trace, symbol = case.calculation.trace, f"{made.process}[{code[0]}]:SEFA"
    if symbol in trace.steps:
        return trace.steps[symbol]
    year = case.period_year()
    if depth > DEEPEST or made.functional_unit != "t" or not year.isdigit():
        return None
    try:
        return _added(case, made, code, factors_of(int(year)), depth)
    except Refused:  # no factor of the year, no benchmark, or several: offered by the commands, not chosen
        return None


def _added(
    case: Case, made: ProcessFigures, code: tuple[str, str], factors: Factors, depth: int
) -> Step | None:
    letter = _letter(made.route)
    row = _only(code[0], "A", letter)
    used = [part for part in made.precursors if part.treatment != "scrap"]
    inside = next((p.body.get("includes") for p in case.elements("process") if p.path == made.path), None)
    if row is None or inside:
        return None  # column A counts one process; how much it makes of what it includes is not stated
    symbol = f"{made.process}[{code[0]}]"
    if not used:
        whole = _only(code[0], "B", letter)
        if whole is None or whole.value != row.value:
            return None  # a complex good whose precursors are not stated
        return _own(case, f"{symbol}:SEFA", row, factors, (code, made))
    parts = [_precursor(case, part, factors, depth) for part in used]
    masses = [part.specific for part in used]
    if any(part is None for part in parts) or any(mass is None for mass in masses):
        return None
    own = _own(case, f"{symbol}:SFA", row, factors, (code, made))
    inputs, terms, exact = [own.as_input("SFA")], ["{0}"], own.exact
    for number, (mass, part) in enumerate(zip(masses, parts, strict=True), 1):
        assert isinstance(mass, Figure)  # asked above
        assert part is not None
        terms.append(f"{{{len(inputs)}}} x {{{len(inputs) + 1}}}")
        inputs += [
            Input(f"m{number}", text_of(mass.value), "t/t", mass.step),
            part.as_input(f"SEFA{number}"),
        ]
        exact += mass.exact * part.exact
    formula = " + ".join(terms)
    return case.calculation.trace.add(Step(f"{symbol}:SEFA", formula, tuple(inputs), exact, UNIT, ACTUAL))


def _own(
    case: Case, symbol: str, row: Benchmark, factors: Factors, about: tuple[tuple[str, str], ProcessFigures]
) -> Step:
    """Factor x CSCF x benchmark; the code and the route that it was found by are inputs as well."""
    (cn, place), made = about
    inputs = [*factors.inputs(), Input("BM", text_of(row.value), UNIT, f"EU-2025-2620:annex: {row.row}")]
    inputs.append(Input("CN", cn, "", place))
    if row.route:
        inputs.append(Input("route", made.route or "", "", f"{made.path}/route"))
    exact = factors.exact * Fraction(row.value)
    return case.calculation.trace.add(Step(symbol, "{0} x {1} x {2}", tuple(inputs), exact, UNIT, ACTUAL))


def _precursor(case: Case, part: PrecursorFigures, factors: Factors, depth: int) -> Step | None:
    """The SEFA of a precursor: that of its own process, zero from the Union, else the benchmark of column B."""
    trace, symbol = case.calculation.trace, f"{part.precursor or part.path}:SEFA"
    if symbol in trace.steps:
        return trace.steps[symbol]
    if part.treatment == "exempt-origin":
        zero = (Input("zero", "0", UNIT, f"{part.path}/country"),)
        note = "made in the Union or a country of Annex III: counted as zero"
        return trace.add(Step(symbol, "{0}", zero, Fraction(0), UNIT, "CBAM-QA-2026-05:4.18", note, True))
    if part.cn8 is None or part.functional_unit != "t":
        return None
    code = (part.cn8, f"{part.path}/cn8")
    if part.own_process is not None:
        maker = case.calculation.process(part.own_process)
        return None if maker is None else _sefa(case, maker, code, depth + 1)
    row = _only(part.cn8, "B", "")
    return None if row is None else benchmark_step(trace, symbol, row, factors, ACTUAL, "bought: column B")


def _only(cn: str, column: str, letter: str) -> Benchmark | None:
    """The one benchmark of a code in a column; None where several are left. Raises Refused where none is."""
    left = narrowed(cn, column, (letter,) if letter else ())
    return left[0] if len(left) == 1 else None


def _letter(route: str | None) -> str:
    """The letter of a production route as the record names it, empty where its name settles none."""
    return next((letter for letter, row in routes().items() if route and row.get("record") == route), "")


FILLS: dict[str, Fill] = {"free-allocation": allocation, "free-allocation-method": method}
