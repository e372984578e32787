"""The carbon price effectively paid in an emissions trading system, per tonne of emissions.

Only allowances that were bought and surrendered beyond the free allocation count. Free allocation, by intensity or
otherwise, is never a payment; nor is what was refunded. The price is spread over all emissions of the installation,
so that a lot claims its share and all lots together never claim more than was paid.

Clauses: Articles 3(29) and 9 of (EU) 2023/956 as amended by 2025/2083. The implementing act on Article 9 was a draft
of 13 May 2026 when this was written: what rests on it is to be confirmed. Euro: only at a rate that the record
states with its date and source; the law names the yearly average rate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from gateway.methods.cbam_transitional import Calculation
from gateway.methods.trace import Input, Step, Trace, decimal_of, text_of
from gateway.model.finding import Finding, finding
from gateway.model.installation import CarbonMarket
from gateway.model.record import Record

METHOD = "cbam.carbon-price@2023-956"
CLAUSE = "EU-2023-956:article-9"
DRAFT = "the act on the calculation was a draft of 13 May 2026"

LIMIT = 40
"""Powers of ten of a figure that is still computed with."""

AMOUNTS = ("emissions", "free_allocation", "surrendered", "purchased", "price_paid", "rebate")
WORDS = ("currency", "instrument", "legal_act", "country")
RATE = ("exchange_rate", "exchange_rate_date", "exchange_rate_source")

LOWEST_RATE = {"CNY": 1}
"""Units of a currency per euro that no year went below: a rate under it is one of euro per unit."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What one installation paid for one year. ``effective`` is in the currency per t CO2e of emissions.

    ``free_share``: the part of the emissions that free allocation covers. ``euro``: the same per t CO2e in EUR, None
    where no rate is stated.
    """

    index: int
    entry: CarbonMarket
    installation: str
    effective: Step
    free_share: Step
    euro: Step | None

    @property
    def path(self) -> str:
        return f"/carbonMarket/{self.index}"


@dataclass(slots=True)
class CarbonPrices:
    """Every entry that could be computed, with its trace and with all that is missing or contradictory."""

    paid: list[Paid]
    trace: Trace
    findings: list[Finding]

    def of(self, installation: str) -> list[Paid]:
        """Every payment of an installation: a trading system and a tax each count."""
        return [p for p in self.paid if p.installation == installation]


def camel(name: str) -> str:
    """The name of a field as it stands in a path."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def carbon_prices(record: Record, calculation: Calculation, *, euro: bool) -> CarbonPrices:
    """The price paid per installation for the year of the record. ``euro``: the exchange rate is asked for too."""
    made = CarbonPrices([], Trace(METHOD), [])
    if not record.carbon_market:
        made.findings.append(finding("CARBON-PRICE-NONE", "/carbonMarket", stage="method"))
        return made
    year = (
        record.time.period_end.year
        if record.time is not None and record.time.period_end is not None
        else None
    )
    if year is None:
        made.findings.append(finding("CARBON-PRICE-PERIOD", "/time/periodEnd", stage="method"))
        return made
    entries = [(n, entry) for n, entry in enumerate(record.carbon_market) if entry.year == year]
    if not entries:
        years = ", ".join(str(entry.year or "-") for entry in record.carbon_market)
        made.findings.append(
            finding("CARBON-PRICE-YEAR", "/carbonMarket", stage="method", year=year, years=years)
        )
    made.findings += _twice(record, entries)
    if made.findings:
        return made
    for index, entry in entries:
        _entry(made, record, calculation, index, entry, euro=euro)
    return made


def _twice(record: Record, entries: list[tuple[int, CarbonMarket]]) -> list[Finding]:
    """Two entries of one installation by the same instrument: the law does not say that they add.

    Nor can an entry without an instrument be told from another one of its installation.
    """
    seen: dict[tuple[str, str | None], int] = {}
    found: list[Finding] = []
    placed = [(index, entry, *_site(record, "", entry)) for index, entry in entries]
    rows = Counter(site for _, _, site, wrong in placed if not wrong)
    for index, entry, site, wrong in placed:
        if wrong:
            continue
        if entry.instrument is None and rows[site] > 1:
            found.append(finding("CARBON-PRICE-MISSING", f"/carbonMarket/{index}/instrument", stage="method"))
            continue
        first = seen.setdefault((site, entry.instrument), index)
        if first != index:
            found.append(
                finding("CARBON-PRICE-TWICE", f"/carbonMarket/{index}/instrument", stage="method",
                        site=site, first=first + 1, second=index + 1)
            )  # fmt: skip
    return found


def _label(made: CarbonPrices, site: str, index: int) -> str:
    """What the steps of an entry are named after: the installation, with the entry's number from the second on."""
    return f"{site}:{index + 1}" if f"{site}:Paid" in made.trace.steps else site


def _entry(
    made: CarbonPrices,
    record: Record,
    calculation: Calculation,
    index: int,
    entry: CarbonMarket,
    *,
    euro: bool,
) -> None:
    path = f"/carbonMarket/{index}"
    site, wrong = _site(record, path, entry)
    wrong += _faults(path, entry, euro=euro)
    if wrong:
        made.findings += wrong
        return
    trace, label = made.trace, _label(made, site, index)
    paid = _amount_paid(trace, label, path, entry)
    if paid.exact < 0:
        made.findings.append(finding("CARBON-PRICE-REBATE", f"{path}/rebate", stage="method"))
        return
    base, larger = _base(trace, record, calculation, (site, label), path, entry)
    if larger:
        stated, more = text_of(entry.emissions or Decimal(0)), text_of(base.result)
        made.findings.append(
            finding("CARBON-PRICE-BASIS", f"{path}/emissions", severity="warning", stage="method",
                    stated=stated, attributed=more)
        )  # fmt: skip
    unit = f"{entry.currency or '-'}/t CO2e"
    inputs = (paid.as_input(), base.as_input())
    effective = trace.add(
        Step(f"{label}:CP", "{0} / {1}", inputs, paid.exact / base.exact, unit, CLAUSE, DRAFT)
    )
    share = _free_share(trace, label, path, entry)
    made.paid.append(Paid(index, entry, site, effective, share, _euro(trace, label, path, entry, effective)))


def sites_of(record: Record) -> dict[str, str]:
    """The installation of each process: the one it names, or the only one of the record."""
    known = [site.id for site in record.installations if site.id]
    only = known[0] if len(known) == 1 else ""
    return {p.id: p.installation or only for p in record.processes if p.id}


def _site(record: Record, path: str, entry: CarbonMarket) -> tuple[str, list[Finding]]:
    """The installation of an entry: the stated one, or the only one of the record."""
    known = [site.id for site in record.installations if site.id]
    where, sites = f"{path}/installation", ", ".join(known) or "-"
    if entry.installation in known:
        return entry.installation, []
    if entry.installation is None and len(known) == 1:
        return known[0], []
    return "", [finding("CARBON-PRICE-INSTALLATION", where, stage="method", sites=sites)]


def _faults(path: str, entry: CarbonMarket, *, euro: bool) -> list[Finding]:
    """What is missing, each by its field; then what cannot be."""
    asked = AMOUNTS[:3] if nothing_due(entry) else (*AMOUNTS, *WORDS, *(RATE if euro else ()))
    missing = [name for name in asked if getattr(entry, name) is None]
    if missing:
        return [finding("CARBON-PRICE-MISSING", f"{path}/{camel(name)}", stage="method") for name in missing]
    named = {name: getattr(entry, name) for name in (*AMOUNTS, "exchange_rate")}
    negative = [
        name for name, value in named.items() if value is not None and (value < 0 or beyond_range(value))
    ]
    if negative or entry.emissions == 0 or (entry.exchange_rate is not None and entry.exchange_rate == 0):
        names = negative or (["emissions"] if entry.emissions == 0 else ["exchange_rate"])
        return [finding("CARBON-PRICE-SIGN", f"{path}/{camel(name)}", stage="method") for name in names]
    rate = entry.exchange_rate
    if rate is not None and rate < LOWEST_RATE.get(entry.currency or "", 0):
        where, turned = f"{path}/exchangeRate", text_of(decimal_of(1 / Fraction(rate)))[:6]
        return [
            finding("CARBON-PRICE-RATE-INVERTED", where, stage="method", rate=text_of(rate),
                    currency=entry.currency, turned=turned)
        ]  # fmt: skip
    free, given, bought = (
        Fraction(getattr(entry, n) or 0) for n in ("free_allocation", "surrendered", "purchased")
    )
    if given > Fraction(entry.emissions or 0):
        return [finding("CARBON-PRICE-SURRENDERED", f"{path}/surrendered", stage="method")]
    beyond = max(given - free, Fraction(0))
    if bought > beyond:
        where = f"{path}/purchased"
        return [
            finding("CARBON-PRICE-BEYOND", where, stage="method", purchased=entry.purchased, beyond=beyond)
        ]
    return []


def beyond_range(value: Decimal) -> bool:
    """Whether a figure is beyond 40 powers of ten: no plant has it, and exact arithmetic with it might not end."""
    exponent = value.as_tuple().exponent
    return not isinstance(exponent, int) or value.adjusted() > LIMIT or exponent < -LIMIT


def nothing_due(entry: CarbonMarket) -> bool:
    """Whether all that was surrendered came from the free allocation: then nothing was paid, and no more is asked."""
    free, given = entry.free_allocation, entry.surrendered
    return free is not None and given is not None and given <= free and not entry.purchased


def _stated(path: str, entry: CarbonMarket, name: str, symbol: str, unit: str) -> Input:
    return Input(symbol, text_of(getattr(entry, name)), unit, f"{path}/{camel(name)}")


def _amount_paid(trace: Trace, site: str, path: str, entry: CarbonMarket) -> Step:
    """Bought allowances times their price, less what came back."""
    currency = entry.currency or "-"
    if nothing_due(entry):
        note = "surrendered from the free allocation, which is no payment"
        free = (
            _stated(path, entry, "surrendered", "S", "t CO2e"),
            _stated(path, entry, "free_allocation", "F", "t CO2e"),
        )
        return trace.add(
            Step(f"{site}:Paid", "0 x max(0, {0} - {1})", free, Fraction(0), currency, CLAUSE, note)
        )
    inputs = (
        _stated(path, entry, "purchased", "Q", "t CO2e"),
        _stated(path, entry, "price_paid", "P", f"{currency}/t CO2e"),
        _stated(path, entry, "rebate", "R", currency),
    )
    exact = Fraction(entry.purchased or 0) * Fraction(entry.price_paid or 0) - Fraction(entry.rebate or 0)
    note = "free allocation is no payment: only allowances bought beyond it count"
    return trace.add(Step(f"{site}:Paid", "{0} x {1} - {2}", inputs, exact, currency, CLAUSE, note))


def _base(
    trace: Trace,
    record: Record,
    calculation: Calculation,
    named: tuple[str, str],
    path: str,
    entry: CarbonMarket,
) -> tuple[Step, bool]:
    """The emissions that the payment is spread over: the verified ones, or those attributed where these are more.

    So that the goods together never claim more than was paid, whichever of the two monitoring rules counts more.
    """
    site, label = named
    sites = sites_of(record)
    parts = [p.attributed_direct for p in calculation.processes if sites.get(p.process) == site]
    attributed = sum((part.exact for part in parts), Fraction(0))
    verified = Fraction(entry.emissions or 0)
    inputs = [_stated(path, entry, "emissions", "E", "t CO2e")]
    inputs += [calculation.trace.steps[part.step].as_input(part.step) for part in parts]
    terms = " + ".join(f"{{{n}}}" for n in range(1, len(inputs)))
    formula = f"max({{0}}, {terms})" if terms else "{0}"
    step = Step(
        f"{label}:Em", formula, tuple(inputs), max(verified, attributed), "t CO2e", "GATEWAY:carbon-price"
    )
    return trace.add(step), attributed > verified


def _free_share(trace: Trace, site: str, path: str, entry: CarbonMarket) -> Step:
    """The part of the emissions that free allocation covers; never more than all of them."""
    free, emissions = Fraction(entry.free_allocation or 0), Fraction(entry.emissions or 0)
    inputs = (
        _stated(path, entry, "free_allocation", "F", "t CO2e"),
        _stated(path, entry, "emissions", "E", "t CO2e"),
    )
    exact = min(free, emissions) / emissions
    return trace.add(Step(f"{site}:FreeShare", "min({0}, {1}) / {1}", inputs, exact, "1", CLAUSE, DRAFT))


def _euro(trace: Trace, site: str, path: str, entry: CarbonMarket, effective: Step) -> Step | None:
    if any(getattr(entry, name) is None for name in RATE) or not entry.exchange_rate:
        return None
    rate = _stated(path, entry, "exchange_rate", "X", f"{entry.currency}/EUR")
    note = (
        f"rate of {entry.exchange_rate_date}, {entry.exchange_rate_source}; the law names the yearly average"
    )
    exact = effective.exact / Fraction(entry.exchange_rate)
    inputs = (effective.as_input(), rate)
    return trace.add(Step(f"{site}:CPEUR", "{0} / {1}", inputs, exact, "EUR/t CO2e", CLAUSE, note))


def covered(calculation: Calculation, sites: Mapping[str, str], process: str) -> Fraction | None:
    """Direct emissions per tonne of a process's product that its own installation released.

    Those of purchased precursors, and of own ones from another installation, were not under this installation's
    scheme: they are taken out of the direct embedded emissions.
    """
    steps = calculation.trace.steps
    see = steps.get(f"{process}:SEEDir")
    if see is None:
        return None
    pairs = steps.get(f"{process}:EEDir")
    if pairs is None:
        return see.exact
    level = Fraction(see.inputs[-1].value)
    foreign = Fraction(0)
    for mass, each in zip(pairs.inputs[::2], pairs.inputs[1::2], strict=True):
        source = each.source.rpartition(":")[0]
        own = covered(calculation, sites, source) if sites.get(source) == sites.get(process) else None
        value = steps[each.source].exact if each.source in steps else Fraction(each.value)
        foreign += Fraction(mass.value) * (value - (own or Fraction(0)))
    return see.exact - foreign / level


def to_json(made: CarbonPrices) -> list[dict[str, Any]]:
    """Per installation: the effective price and the share that free allocation covers. Decimals are text."""
    return [
        {
            "installation": p.installation,
            "year": p.entry.year,
            "currency": p.entry.currency,
            "effectivePrice": text_of(p.effective.result),
            "unit": p.effective.unit,
            "effectivePriceEuro": None if p.euro is None else text_of(p.euro.result),
            "freeShare": text_of(p.free_share.result),
        }
        for p in made.paid
    ]
