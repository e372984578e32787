"""The carbon price due of a lot, derived from the trading facts of the record where the lot states none.

What the lot states always stands. Where facts are missing, nothing is written and a warning names each field: a
report without a carbon price claims nothing, and is not wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from gateway.formats.codes import code_list
from gateway.formats.leaves import at, pattern_of
from gateway.methods.carbon_price import METHOD, Paid, carbon_prices, covered, sites_of
from gateway.methods.cbam_transitional import Calculation
from gateway.methods.join import View, join_table, positions
from gateway.methods.trace import decimal_of, rounded, text_of
from gateway.model.paths import canonical_leaves
from gateway.model.record import Record
from gateway.translate.engine import put
from gateway.translate.ledger import Explained

_FIGURE = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")

PLACES = 5
"""Decimal places of what is derived here: those of a quantity in a QReport."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one lot claims: its place in the record, the process that made it, and what was paid there.

    ``number`` counts the payments of a lot from 0: one by each instrument.
    """

    place: Mapping[str, int]
    process: str
    paid: Paid
    calculation: Calculation
    number: int = 0

    @property
    def lot(self) -> str:
        return f"/consignments/{self.place['c']}/lots/{self.place['l']}"


def derive_carbon_prices(
    view: View, record: Mapping[str, Any], typed: Record, calculation: Calculation, name: str
) -> None:
    """Add ``carbonPrices`` to the lots of the view that state none, where something was paid for their goods."""
    if not any(_beyond_free(entry) for entry in record.get("carbonMarket") or ()):
        return
    lots = [p for p in positions(record) if "l" in p and "p" in p and not _states(view, p)]
    if not lots:
        return
    made = carbon_prices(typed, calculation, euro=False)
    view.findings += [replace(item, severity="warning") for item in made.findings]
    sites = sites_of(typed)
    for place in lots:
        process = record["processes"][place["p"]]["id"]
        due = [paid for paid in made.of(sites.get(process, "")) if paid.effective.exact != 0]
        for number, paid in enumerate(due):
            claim = Claim(place, process, paid, calculation, number)
            _claim(view, record, claim, sites, join_table(name)["carbonPrice"])


def figure_of(value: Any) -> Fraction | None:
    """A figure of the record, None where it is no plain decimal; the rules of the record say so elsewhere."""
    text = str(value)
    return Fraction(text) if _FIGURE.fullmatch(text) else None


def _beyond_free(entry: Mapping[str, Any]) -> bool:
    """Whether an entry says that more was surrendered than was given free: only then can a price be due."""
    given, free = figure_of(entry.get("surrendered")), figure_of(entry.get("freeAllocation"))
    return given is not None and (free is None or given > free)


def _states(view: View, place: Mapping[str, int]) -> bool:
    return at(view.tree, f"/cbam/goods/{place['i']}/lots/{place['l']}/carbonPrices") is not None


def _claim(
    view: View,
    record: Mapping[str, Any],
    claim: Claim,
    sites: Mapping[str, str],
    rows: list[dict[str, str]],
) -> None:
    """Every leaf of the carbon price of a lot, where its mass and its emissions are known."""
    mass, unit = figure_of(at(record, f"{claim.lot}/netMass")), at(record, f"{claim.lot}/unit")
    scale = code_list("mass-unit").to("scale", str(unit))
    per_tonne = covered(claim.calculation, sites, claim.process)
    if mass is None or scale is None or per_tonne is None:
        return
    quantity = per_tonne * mass * Fraction(scale) / 1000
    values = {
        "quantity": _derived(
            claim, quantity, "direct emissions per tonne released in the installation x net mass"
        ),
        "amount": _derived(
            claim,
            quantity * claim.paid.effective.exact,
            "covered emissions x effective price",
            ("purchased", "pricePaid", "rebate", "emissions"),
        ),
        "freeAllocation": _derived(
            claim,
            quantity * claim.paid.free_share.exact,
            "covered emissions x share covered by free allocation",
            ("freeAllocation", "emissions"),
        ),
    }
    if claim.paid.euro is not None:
        told = "covered emissions x effective price / exchange rate"
        facts = ("purchased", "pricePaid", "rebate", "emissions", "exchangeRate")
        source = f"{claim.paid.path}/exchangeRate"
        note = f"{METHOD}: as the record states it, with its date and source"
        rate = Explained((source,), "derived", "", "", note)
        values["exchangeRate"] = (str(at(record, source)), rate)
        values["euro"] = _derived(claim, quantity * claim.paid.euro.exact, told, facts)
    target = f"/cbam/goods/{claim.place['i']}/lots/{claim.place['l']}/carbonPrices/{claim.number}"
    for row in rows:
        _leaf(view, record, f"{target}/{row['to']}", row, values, claim)


def _derived(claim: Claim, exact: Fraction, told: str, facts: tuple[str, ...] = ()) -> tuple[str, Explained]:
    """A figure with five places, its sources and its equation in words."""
    emitted = _paths(claim.calculation, f"{claim.process}:SEEDir")
    market = (f"{claim.paid.path}/{name}" for name in facts)
    sources = (*market, f"{claim.lot}/netMass", f"{claim.lot}/unit", *emitted)
    made = rounded(exact, PLACES)
    note = f"{METHOD}: {told}; rounded to {PLACES} places, by {text_of(made.delta)}"
    value = text_of(decimal_of(Fraction(made.value)))
    return value, Explained(tuple(dict.fromkeys(sources)), "derived", "", "", note)


def _paths(calculation: Calculation, symbol: str) -> list[str]:
    """The leaves of the record that a figure rests on, through all earlier steps."""
    found: dict[str, None] = {}
    waiting, seen = [symbol], set[str]()
    while waiting:
        step = calculation.trace.steps.get(name := waiting.pop())
        if step is None or name in seen:
            continue
        seen.add(name)
        for item in step.inputs:
            if item.source.startswith("/"):
                found[item.source] = None
            else:
                waiting.append(item.source)
    return list(found)


def _leaf(
    view: View,
    record: Mapping[str, Any],
    target: str,
    row: dict[str, str],
    values: Mapping[str, tuple[str, Explained]],
    claim: Claim,
) -> None:
    """One leaf of the carbon price: computed, copied from the record, or a constant with its reason."""
    if pattern_of(target) not in canonical_leaves():
        return  # a field that only some versions of the report have, and this gateway does not know
    if "figure" in row:
        if row["figure"] not in values:
            return
        value, why = values[row["figure"]]
        why = why._replace(rule=row["id"], clause=row["clause"])
    elif "value" in row:
        value = row["value"].format(n=claim.number + 1)
        why = Explained((), "defaulted", row["id"], row["clause"], row["reason"])
    else:
        source = row["from"].format(m=claim.paid.index, g=claim.place["g"], lot=claim.lot)
        stated = at(record, source)
        if stated is None:
            return
        # derived, not exact: it belongs to a claim that the method makes, and does not come home with it
        note = f"{METHOD}: as the record states it"
        value, why = str(stated), Explained((source,), "derived", row["id"], row["clause"], note)
    put(view.tree, [int(part) if part.isdigit() else part for part in target.split("/")[1:]], value)
    view.explained[target] = why
