"""What each lens does to a value, said a second time by plain arithmetic and the code lists themselves.

A fault that a lens makes in both directions comes home unseen, so trips alone do not find it; these checks look at
the document abroad.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import unquote

from trips import PACT, Trip, check_trip

from gateway.formats.codes import code_list
from gateway.formats.leaves import at, pattern_of, text_map
from gateway.translate.ledger import Entry
from gateway.translate.mapping import Row

Value = Any


def check_everything(trip: Trip) -> None:
    """The trip, and the values abroad."""
    check_trip(trip)
    check_values(trip)


def check_values(trip: Trip) -> None:
    """Every value that a row carried is what its lens promises; every sum of the format holds."""
    assert trip.out.ledger is not None
    rows = {row.id: row for row in trip.table.rows}
    source, abroad = text_map(trip.source.tree), text_map(trip.abroad.tree)
    for entry in trip.out.ledger.entries:
        row = rows.get(entry.rule.rpartition(" > ")[2])
        if row is None or entry.fidelity not in ("exact", "converted") or not entry.target:
            continue
        before = [source[p] for p in entry.source if pattern_of(p) in row.canonical_paths] or [
            source[entry.source[0]]
        ]
        after = [abroad[path] for path in entry.target]
        holds = RELATIONS[row.lens_name]
        assert holds(trip, row, before, after), (row.id, row.lens_name, before, after)
        if row.lens_name == "rounded":
            _delta_is_what_rounding_added(entry, before[0], after[0])
    if trip.target == PACT:
        _sums_hold(trip, abroad)


Relation = Callable[[Trip, Row, list[str], list[str]], bool]


def _same(_trip: Trip, _row: Row, before: list[str], after: list[str]) -> bool:
    return before[0] == after[0]


def _code(_trip: Trip, row: Row, before: list[str], after: list[str]) -> bool:
    spelling = {
        code: line.get(row.parameters["column"])
        for code, line in code_list(row.parameters["list"]).rows.items()
    }
    return after[0] == (spelling.get(before[0]) or before[0])


def _day(_trip: Trip, row: Row, before: list[str], after: list[str]) -> bool:
    last = timedelta(days=1 if row.parameters.get("end") else 0)
    instant = datetime.fromisoformat(after[0])
    return instant.date() - last == date.fromisoformat(before[0]) and after[0].endswith("T00:00:00Z")


def _rounded(_trip: Trip, row: Row, before: list[str], after: list[str]) -> bool:
    places = row.parameters["places"]
    fits = len(before[0].partition(".")[2]) <= places
    near = abs(Fraction(after[0]) - Fraction(before[0])) <= Fraction(1, 2 * 10**places)
    return before == after if fits else near and len(after[0].partition(".")[2]) == places


def _delta_is_what_rounding_added(entry: Entry, before: str, after: str) -> None:
    assert Fraction(entry.delta or "0") == Fraction(after) - Fraction(before), entry


def _urn(_trip: Trip, row: Row, before: list[str], after: list[str]) -> bool:
    prefix = row.parameters["prefix"]
    return (
        after[0].startswith(prefix)
        and (unquote(after[0][len(prefix) :]) if prefix else after[0]) == before[0]
    )


def _urn_of_two(trip: Trip, _row: Row, _before: list[str], after: list[str]) -> bool:
    record = trip.source.tree
    head, mark, tail = after[0].rpartition(":product-id:")
    pair = (unquote(tail), unquote(head.removeprefix("urn:pact:")))
    return bool(mark) and pair == (record["product"]["model"], record["producer"]["domain"])


def _base(amount: str, unit: str) -> tuple[str, Fraction]:
    """The foreign unit of a unit of ours, and the amount in it."""
    row = code_list("unit").rows[unit]
    return row["pact"], Fraction(amount) * Fraction(row["pact_scale"])


def _declared_unit(trip: Trip, _row: Row, _before: list[str], after: list[str]) -> bool:
    """1 t is one kilogram with figures per kilogram; an amount in a unit that PACT has stays what it is."""
    unit = trip.source.tree["unit"]
    foreign, amount = _base(unit["amount"], unit["unit"])
    if amount == Fraction(unit["amount"]):
        return after == [unit["amount"], foreign]
    power = Decimal(str(amount.numerator * 10**30 // amount.denominator)).normalize().as_tuple().digits == (
        1,
    )
    return after[1] == foreign and Fraction(after[0]) == (1 if power else amount)


def _per_declared_unit(trip: Trip, row: Row, before: list[str], after: list[str]) -> bool:
    """The figure per unit of the foreign unit is the same on both sides."""
    record, unit = trip.source.tree, trip.source.tree["unit"]
    amount = _base(unit["amount"], unit["unit"])[1]
    own = Fraction(1)
    if row.parameters.get("unit"):
        own = Fraction(code_list("co2e-unit").rows[record["results"]["unit"]]["scale"])
    stated = Fraction(at(trip.abroad.tree, "/pcf/declaredUnitAmount"))
    return Fraction(before[0]) * own / amount == Fraction(after[0]) / stated


MASS = "kilogram"
"""What an amount is stated in where PACT 2.x has no unit for it."""


def _in_units(trip: Trip) -> tuple[str, Fraction]:
    """The unit of PACT 2.x and the declared amount in it; by its mass where there is no such unit."""
    record = trip.source.tree
    row = code_list("unit").rows[record["unit"]["unit"]]
    if row["pact2"]:
        return row["pact2"], Fraction(record["unit"]["amount"]) * Fraction(row["pact_scale"])
    return MASS, Fraction(record["product"]["netMass"])


def _product_amount(trip: Trip, _row: Row, _before: list[str], after: list[str]) -> bool:
    foreign, amount = _in_units(trip)
    return after[1] == foreign and Fraction(after[0]) in (1, amount)


def _per_one_unit(trip: Trip, row: Row, before: list[str], after: list[str]) -> bool:
    """The figure abroad times the declared amount is the figure at home, but for the 15 digits of a quotient."""
    own = Fraction(1)
    if row.parameters.get("unit"):
        own = Fraction(code_list("co2e-unit").rows[trip.source.tree["results"]["unit"]]["scale"])
    wanted = Fraction(before[0]) * own / _in_units(trip)[1]
    return abs(Fraction(after[0]) - wanted) <= abs(wanted) / 10**14


def _number(_trip: Trip, _row: Row, before: list[str], after: list[str]) -> bool:
    return Fraction(before[0]) == Fraction(after[0])


def _unless(trip: Trip, row: Row, before: list[str], after: list[str]) -> bool:
    inner = replace(row, parameters=row.parameters.get("with", {}))
    return RELATIONS[row.parameters.get("then", "verbatim")](trip, inner, before, after)


def _rating(trip: Trip, _row: Row, before: list[str], after: list[str]) -> bool:
    best_is_one = trip.source.tree["quality"]["scale"] == "1-best"
    return before == after if best_is_one else Fraction(before[0]) + Fraction(after[0]) == 6


RELATIONS: dict[str, Relation] = {
    "verbatim": _same,
    "boolean-text": _same,
    "figure": _same,
    "code": _code,
    "date-as-instant": _day,
    "rounded": _rounded,
    "urn": _urn,
    "urn-of-two": _urn_of_two,
    "declared-unit": _declared_unit,
    "per-declared-unit": _per_declared_unit,
    "rating": _rating,
    "product-amount": _product_amount,
    "per-one-unit": _per_one_unit,
    "number": _number,
    "unless": _unless,
}


def _sums_hold(trip: Trip, abroad: dict[str, str]) -> None:
    """PACT Methodology 3.0, 3.3.1: the generated parts always add up, so no law may find them broken."""
    assert "LAW-BROKEN" not in {item.rule for item in trip.out.findings}
    parts = (
        "fossilGhgEmissions", "landUseChangeGhgEmissions", "landManagementBiogenicCO2Emissions",
        "landManagementBiogenicCO2Removals", "technologicalCO2Removals", "ccsTechnologicalCO2Capture",
        "biogenicNonCO2Emissions",
    )  # fmt: skip
    figures = {
        name.removeprefix("/pcf/"): value for name, value in abroad.items() if name.startswith("/pcf/")
    }
    stated = [Fraction(figures[name]) for name in parts if name in figures]
    if not stated:
        return
    excluding = sum(stated, Fraction(0))
    including = excluding + Fraction(figures.get("biogenicCO2Uptake", "0"))
    for name, total in {
        "pcfExcludingBiogenicUptake": excluding,
        "pcfIncludingBiogenicUptake": including,
    }.items():
        assert name in figures, f"{name} is missing"
        assert Fraction(figures[name]) == total, name
