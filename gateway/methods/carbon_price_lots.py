"""The carbon price due of a lot, derived from the trading facts of the record where the lot states none.

What the lot states always stands. Where facts are missing, nothing is written and a warning names each field: a
report without a carbon price claims nothing, and is not wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from gateway.formats.leaves import at
from gateway.methods.carbon_price import METHOD, CarbonPrices, Paid, carbon_prices, covered, sites_of
from gateway.methods.cbam_transitional import Calculation
from gateway.methods.join import View, join_table, positions
from gateway.methods.trace import decimal_of, rounded, text_of
from gateway.model.record import Record
from gateway.translate.engine import put
from gateway.translate.ledger import Explained

PLACES = 5
"""Decimal places of what is derived here: those of a quantity in a QReport."""


def derive_carbon_prices(
    view: View, record: Mapping[str, Any], typed: Record, calculation: Calculation, name: str
) -> None:
    """Add ``carbonPrices`` to the lots of the view that state none, where something was paid for their goods."""
    if not any(_bought(entry) for entry in record.get("carbonMarket") or ()):
        return
    lots = [
        place for place in positions(record) if "l" in place and "p" in place and not _states(view, place)
    ]
    if not lots:
        return
    made = carbon_prices(typed, calculation, euro=False)
    view.findings += [replace(item, severity="warning") for item in made.findings]
    sites = sites_of(typed)
    for place in lots:
        _lot(view, record, place, made, calculation, sites, join_table(name)["carbonPrice"])


def _bought(entry: Mapping[str, Any]) -> bool:
    """Whether an entry says that more was surrendered than was given free: only then can a price be due."""
    try:
        return Fraction(str(entry.get("surrendered", 0))) > Fraction(str(entry.get("freeAllocation", 0)))
    except (ValueError, ZeroDivisionError):
        return False


def _states(view: View, place: Mapping[str, int]) -> bool:
    return at(view.tree, f"/cbam/goods/{place['i']}/lots/{place['l']}/carbonPrices") is not None


def _lot(
    view: View,
    record: Mapping[str, Any],
    place: Mapping[str, int],
    made: CarbonPrices,
    calculation: Calculation,
    sites: Mapping[str, str],
    rows: list[dict[str, str]],
) -> None:
    process = record["processes"][place["p"]]["id"]
    paid = made.of(sites.get(process, ""))
    near = f"/consignments/{place['c']}/lots/{place['l']}"
    mass, unit = at(record, f"{near}/netMass"), at(record, f"{near}/unit")
    per_tonne = covered(calculation, sites, process)
    if (
        paid is None
        or paid.effective.exact == 0
        or per_tonne is None
        or mass is None
        or unit not in {"t", "kg"}
    ):
        return
    tonnes = Fraction(str(mass)) / (1000 if unit == "kg" else 1)
    quantity = per_tonne * tonnes
    values = {
        "amount": _derived(
            paid, near, place, quantity * paid.effective.exact, "amount", calculation, process
        ),
        "quantity": _derived(paid, near, place, quantity, "quantity", calculation, process),
        "freeAllocation": _derived(
            paid, near, place, quantity * paid.free_share.exact, "free", calculation, process
        ),
    }
    target = f"/cbam/goods/{place['i']}/lots/{place['l']}/carbonPrices/0"
    for row in rows:
        _leaf(view, record, f"{target}/{row['to']}", row, values, paid, near, place)


def _derived(
    paid: Paid,
    near: str,
    place: Mapping[str, int],
    exact: Fraction,
    kind: str,
    calculation: Calculation,
    process: str,
) -> tuple[str, Explained]:
    """A figure with five places, its sources and its equation in words."""
    told = {
        "amount": "covered emissions x effective price",
        "quantity": "direct emissions per tonne released in the installation x net mass",
        "free": "covered emissions x share covered by free allocation",
    }
    facts = {
        "amount": ("purchased", "pricePaid", "rebate", "emissions"),
        "quantity": (),
        "free": ("freeAllocation", "emissions"),
    }
    see = calculation.trace.steps[f"{process}:SEEDir"]
    emitted = _paths(calculation, see.symbol)
    sources = (*(f"{paid.path}/{name}" for name in facts[kind]), f"{near}/netMass", f"{near}/unit", *emitted)
    made = rounded(exact, PLACES)
    note = f"{METHOD}: {told[kind]}; rounded to {PLACES} places, by {text_of(made.delta)}"
    return text_of(decimal_of(Fraction(made.value))), Explained(
        tuple(dict.fromkeys(sources)), "derived", "", "", note
    )


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
    paid: Paid,
    near: str,
    place: Mapping[str, int],
) -> None:
    """One leaf of the carbon price: computed, copied from the record, or a constant with its reason."""
    if "figure" in row:
        value, why = values[row["figure"]]
        why = why._replace(rule=row["id"], clause=row["clause"])
    elif "value" in row:
        value = row["value"]
        why = Explained((), "defaulted", row["id"], row["clause"], row["reason"])
    else:
        source = row["from"].format(m=paid.index, g=place["g"], lot=near)
        stated = at(record, source)
        if stated is None:
            return
        # derived, not exact: it belongs to a claim that the method makes, and does not come home with it
        note = f"{METHOD}: as the record states it"
        value, why = str(stated), Explained((source,), "derived", row["id"], row["clause"], note)
    put(view.tree, [int(part) if part.isdigit() else part for part in target.split("/")[1:]], value)
    view.explained[target] = why
