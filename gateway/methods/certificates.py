"""CBAM certificates due for imported goods: an ESTIMATE, with every assumption spelled out.

Certificates = mass x max(0, embedded emissions - free allocation - carbon price paid). A negative result counts
as 0 and is not set off against other goods (questions and answers of May 2026, 3.7 and 4.32). With default values
the act contradicts itself on the route of the benchmark, so both readings are shown and neither is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from gateway.methods.benchmarks import Benchmark, benchmark, benchmarks, expired
from gateway.methods.categories import allowed_precursors
from gateway.methods.certificate_inputs import (
    functional_unit,
    low_for_a_tonne,
    per_tonne,
    range_faults,
    unit_faults,
)
from gateway.methods.cn_codes import candidate
from gateway.methods.default_values import DefaultValue
from gateway.methods.figures import Rate, certificate_price
from gateway.methods.free_allocation import (
    ACTUAL,
    DEFAULT,
    STATED,
    UNIT,
    Factors,
    Precursor,
    add_precursors,
    benchmark_step,
    grades,
    mixed_step,
)
from gateway.methods.trace import Input, Step, Trace, decimal_of, text_of
from gateway.model.finding import Finding, Refused, finding

METHOD = "cbam.certificates-estimate@2025-2620"
FORMULA = "CBAM-QA-2026-05:3.7"
NO_ALLOCATION = "27160000"


@dataclass(frozen=True, slots=True)
class Import:
    """What is imported. Figures are decimal text; ``mass`` is the net mass of the goods in tonnes.

    ``see`` is in t CO2e per tonne of goods, or per functional unit where ``see_unit`` says ``functional``; then
    ``content`` is the mass fraction of clinker or nitrogen. The unit may stay empty where both are the same.
    ``see`` is the actual, verified value; without it ``default`` holds the default value. ``shares`` are those of
    a mixture by route. ``carbon_price`` is EUR per tonne of goods effectively paid abroad.
    """

    cn: str
    mass: str
    year: int
    see: str = ""
    default: DefaultValue | None = None
    route: str = ""
    indicator: str = ""
    shares: tuple[tuple[str, str], ...] = ()
    precursors: tuple[Precursor, ...] = ()
    no_precursors: bool = False
    price: Rate | None = None
    carbon_price: str = ""
    see_unit: str = ""
    content: str = ""


@dataclass(slots=True)
class Estimate:
    """One reading of the act: its steps, and the figures that people look for."""

    reading: str
    trace: Trace
    see: Step
    sefa: Step
    certificates: Step
    cost: Step | None = None
    mark: str = ""

    def to_json(self) -> dict[str, Any]:
        named = {"see": self.see, "sefa": self.sefa, "certificates": self.certificates, "cost": self.cost}
        figures = {
            name: None
            if step is None
            else {"value": text_of(step.result), "unit": step.unit, "step": step.symbol}
            for name, step in named.items()
        }
        return {
            "reading": self.reading,
            "benchmark": self.mark or None,
            **figures,
            "trace": self.trace.to_json()["steps"],
        }


@dataclass(slots=True)
class Estimates:
    """Every reading, what was assumed (keys of the command's words), and warnings."""

    goods: Import
    readings: list[Estimate]
    assumptions: list[str]
    findings: list[Finding] = field(default_factory=list)


def price_of(year: int, quarter: str, stated: str) -> Rate | None:
    """The price of a certificate in EUR: the stated one, or the published one of a quarter; never assumed."""
    if stated:
        return Rate(stated, STATED, "U")
    if not quarter:
        return None
    rate = certificate_price(year, quarter)
    if rate is None:
        raise Refused(finding("CERTIFICATE-PRICE", stage="method", year=year, quarter=quarter))
    return rate


def estimate(goods: Import, factors: Factors) -> Estimates:
    """The certificates due for one import. Raises Refused with what is missing or contradictory."""
    wrong = _contradictions(goods)
    wrong += unit_faults(goods.cn, goods.see_unit, goods.content, default=goods.default is not None)
    see_t = _see_per_tonne(goods) if not wrong else None
    wrong += range_faults(see_t, goods.precursors, goods.price, factors)
    if wrong:
        raise Refused(wrong)
    made = Estimates(goods, [], _assumptions(goods, factors), expired(goods.year))
    if goods.default is None:
        made.findings += low_for_a_tonne(goods.see, goods.cn, goods.see_unit)
        trace = Trace(METHOD)
        made.readings.append(
            _finish(goods, "actual", trace, _stated(trace, goods), _actual(trace, goods, factors))
        )
        return made
    made.findings += goods.default.findings
    readings = _default_rows(goods, goods.default)
    if readings[0][0] != "5.1":
        route = "/".join(goods.default.routes)
        made.findings.append(
            finding("ADJUSTMENT-ROUTE-NONE", severity="warning", stage="method", cn=goods.cn, route=route)
        )
    for reading, rows in readings:
        trace = Trace(METHOD)
        see = per_tonne(trace, trace.add(goods.default.step("SEE")), goods.cn, goods.see_unit, goods.content)
        note = "the highest of several alloy grades" if len(rows) > 1 else ""
        top = max(rows, key=lambda row: row.value)
        sefa = benchmark_step(trace, "SEFA", top, factors, DEFAULT, note)
        done = _finish(goods, reading, trace, see, sefa)
        done.mark = top.mark
        made.readings.append(done)
    return made


def _see_per_tonne(goods: Import) -> Fraction | None:
    """The actual emissions per tonne of goods, None with a default value."""
    return None if goods.default is not None else _stated(Trace(METHOD), goods).exact


def _contradictions(goods: Import) -> list[Finding]:
    found: list[Finding] = []
    if Fraction(goods.mass) <= 0:
        found.append(finding("CERTIFICATE-MASS", stage="method", mass=goods.mass))
    if goods.cn[:8] == NO_ALLOCATION:
        found.append(finding("BENCHMARK-NONE", stage="method", cn=goods.cn))
    if goods.carbon_price and goods.default is not None:
        found.append(finding("CERTIFICATE-PRICE-DEFAULT", stage="method"))
    if goods.carbon_price and (goods.price is None or goods.price.exact == 0):
        found.append(finding("CERTIFICATE-PRICE-NEEDED", stage="method"))
    known = candidate(goods.cn[:8])
    complex_good = known is not None and bool(known.precursors)
    if goods.default is None and complex_good and not goods.precursors and not goods.no_precursors and known:
        allowed = "; ".join(known.precursors)
        found.append(finding("ADJUSTMENT-PRECURSORS", stage="method", cn=goods.cn, allowed=allowed))
    for item in goods.precursors:
        made_of = candidate(item.cn)
        if known is not None and (
            made_of is None or made_of.category not in allowed_precursors(known.category)
        ):
            found.append(
                finding("ADJUSTMENT-PRECURSOR-CATEGORY", stage="method", cn=goods.cn, precursor=item.cn)
            )
    if goods.default is not None and (goods.precursors or goods.shares):
        found.append(finding("ADJUSTMENT-DEFAULT-PARTS", stage="method"))
    return found


def _assumptions(goods: Import, factors: Factors) -> list[str]:
    stated = {rate.clause for rate in (factors.cbam, factors.correction)} & {STATED}
    found = ["estimate", "threshold", "unit", "factors" if stated else "correction"]
    found.append("verified" if goods.default is None else "default")
    found.append("price" if goods.price is not None else "no-price")
    found.append("paid" if goods.carbon_price else "not-paid")
    if any(not item.sefa and not item.from_union for item in goods.precursors):
        found.append("column-b")
    return found


def _stated(trace: Trace, goods: Import) -> Step:
    unit = functional_unit(goods.cn, goods.see_unit)
    value = (Input("actual", goods.see, unit, "stated: actual value, verified"),)
    see = trace.add(
        Step("SEE", "{0}", value, Fraction(goods.see), unit, "EU-2025-2547:annex-III-B", "", True)
    )
    return per_tonne(trace, see, goods.cn, goods.see_unit, goods.content)


def _actual(trace: Trace, goods: Import, factors: Factors) -> Step:
    """The allocation with actual values: column A, and the precursors of a complex good."""
    symbol = "SFA" if goods.precursors else "SEFA"
    if goods.shares:
        rows = [(benchmark(goods.cn, "A", route, goods.indicator), share) for route, share in goods.shares]
        own = mixed_step(trace, symbol, rows, factors, ACTUAL)
    else:
        own = benchmark_step(
            trace, symbol, benchmark(goods.cn, "A", goods.route, goods.indicator), factors, ACTUAL
        )
    return add_precursors(trace, own, goods.precursors, factors) if goods.precursors else own


def _default_rows(goods: Import, default: DefaultValue) -> list[tuple[str, tuple[Benchmark, ...]]]:
    """Both readings of the act with the benchmarks of each.

    Point 5.1: the route of the row of the default value, which questions and answers 3.8 say too. Point 4(d): the
    route as 2025/2547 determines it, which is the plant's own; where it is not stated every route is shown.
    """
    cn = goods.cn[:8]
    named = default.routes or ((goods.route,) if goods.route else ())
    of_row = any(row.column == "B" and row.route in {"", *named} for row in benchmarks(cn))
    found: list[tuple[str, tuple[Benchmark, ...]]] = []
    if of_row or not named:
        found.append(("5.1", grades(cn, named, goods.indicator)))
    rows = [row for row in benchmarks(cn) if row.column == "B" and row.route]
    wanted = [row for row in rows if not goods.indicator or row.indicator in {"", goods.indicator}]
    if goods.route:
        wanted = [benchmark(cn, "B", goods.route, goods.indicator)] if wanted else []
    found += [("4(d)", (row,)) for row in wanted]
    return found


def _finish(goods: Import, reading: str, trace: Trace, see: Step, sefa: Step) -> Estimate:
    """Net emissions per tonne, never below 0; certificates; cost where a price is known."""
    inputs, formula, exact = (
        [see.as_input("SEE"), sefa.as_input("SEFA")],
        "max(0, {0} - {1})",
        see.exact - sefa.exact,
    )
    if goods.carbon_price and goods.price is not None:
        paid = _paid(trace, goods.carbon_price, goods.price)
        inputs, formula, exact = [*inputs, paid.as_input()], "max(0, {0} - {1} - {2})", exact - paid.exact
    note = "below 0 counts as 0 and is not set off against other goods" if exact < 0 else ""
    net = trace.add(Step("net", formula, tuple(inputs), max(exact, Fraction(0)), UNIT, FORMULA, note, True))
    mass = Input("mass", goods.mass, "t", "stated")
    due = Step("certificates", "{0} x {1}", (mass, net.as_input()), Fraction(goods.mass) * net.exact,
               "t CO2e", FORMULA, "one certificate is one tonne of CO2e; not rounded", True)  # fmt: skip
    trace.add(due)
    cost = None if goods.price is None else _cost(trace, due, goods.price)
    return Estimate(reading, trace, see, sefa, due, cost)


def _paid(trace: Trace, amount: str, price: Rate) -> Step:
    """The carbon price paid as emissions: EUR per tonne of goods over EUR per certificate."""
    inputs = (
        Input("amount", amount, "EUR/t", "stated: effectively paid, after every rebate"),
        Input("price", price.text, "EUR/t CO2e", price.clause),
    )
    note = "the act on the conversion is a draft of 13 May 2026"
    exact = Fraction(amount) / price.exact
    return trace.add(Step("paid", "{0} / {1}", inputs, exact, UNIT, "EU-2023-956:article-9", note))


def _cost(trace: Trace, due: Step, price: Rate) -> Step:
    inputs = (due.as_input(), Input("price", price.text, "EUR/t CO2e", price.clause))
    return trace.add(
        Step("cost", "{0} x {1}", inputs, due.exact * price.exact, "EUR", "EU-2023-956:article-21", "", True)
    )


def payable_share(factors: Factors) -> str:
    """The share of the benchmark that is payable already, in per cent: 2.5 for 2026."""
    return text_of(decimal_of((1 - factors.exact) * 100))
