"""Activity data and calorific values: read with their units, brought to the base unit that a factor needs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gateway.formats.codes import code_list
from gateway.methods.streams.limits import check_ncv
from gateway.methods.streams.quantities import (
    METRE,
    NORMAL_METRE,
    TERAJOULE,
    TONNE,
    Per,
    Unit,
    amount_unit,
    amount_units,
    factor_unit,
    kelvin,
)
from gateway.methods.streams.reading import Source, Term, of_fact, of_input, of_step
from gateway.methods.streams.standards import standard, standard_input
from gateway.methods.survey import Fact
from gateway.methods.trace import Input, decimal_of, text_of
from gateway.model.installation import SourceStream

NCV_LIMITS = {
    TONNE: (Fraction(3, 10**4), Fraction(15, 100)),
    NORMAL_METRE: (Fraction(3, 10**7), Fraction(15, 10**5)),
}
"""TJ per t or Nm3 between which every fuel lies: 0.3 to 150 GJ/t (lean waste gas; hydrogen is 120).

A calorific value that is wrong by a thousand falls outside on one side or the other."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Activity data as stated, with its unit. ``term`` is in the unit's base."""

    term: Term
    unit: Unit


@dataclass(frozen=True, slots=True)
class Factor:
    """A calculation factor per ``base``; of gas at ``reference``."""

    term: Term
    base: str
    reference: str = ""


def read_activity(source: Source, *, signed: bool) -> Activity | None:
    """The amount in its base unit: t, Nm3, m3 or TJ. A missing or foreign unit is refused."""
    fact = source.fact("amount", missing="METHOD-STREAM-AMOUNT-MISSING", signed=signed)
    code = getattr(source.part, "unit", None)
    expected = ", ".join(amount_units(TONNE, NORMAL_METRE, METRE, TERAJOULE))
    if code is None:
        source.report("METHOD-STREAM-UNIT-MISSING", "unit", expected=expected)
        return None
    unit = amount_unit(code)
    if unit is None:
        source.report("METHOD-STREAM-UNIT", "unit", unit=code, expected=expected)
        return None
    if fact is None:
        return None
    stated = Fact(fact.value, fact.text, code, fact.path)
    return Activity(in_base(source, "AD", stated, unit.scale, unit.base), unit)


def in_base(source: Source, symbol: str, fact: Fact, scale: Fraction, unit: str) -> Term:
    """A figure as stated, or multiplied into its base unit in a step of its own."""
    if scale == 1:
        return Term(Input(symbol, fact.text, unit, fact.path), fact.value)
    terms = [of_fact(fact, f"{symbol} in {fact.unit}"), scale_term(scale, fact.unit, unit)]
    step = source.step(symbol, "{0} x {1}", terms, fact.value * scale, unit, topic="GATEWAY:units")
    return of_step(step)


def scale_term(scale: Fraction, stated: str, base: str) -> Term:
    text = plain(scale)
    return Term(Input(f"{base} per {stated}", text, "1", "constant: definition of the unit"), scale)


def at_reference(source: Source, activity: Activity, reference: str) -> Term:
    """A gas volume at the temperature to which the factor refers: x 273.15/293.15 from 20 to 0 degrees C."""
    if activity.unit.reference == reference:
        return activity.term
    wanted, stated = kelvin(reference), kelvin(activity.unit.reference)
    symbol = f"AD[{reference}]"
    terms = [activity.term, _temperature(reference, wanted), _temperature(activity.unit.reference, stated)]
    note = "The same gas at the same pressure; temperatures in kelvin."
    exact = activity.term.value * wanted / stated
    return of_step(
        source.step(symbol, "{0} x {1} / {2}", terms, exact, "Nm3", topic="GATEWAY:gas-volume", note=note)
    )


def _temperature(reference: str, value: Fraction) -> Term:
    text = code_list("gas-reference").codes[reference]["kelvin"]
    return Term(Input(f"T[{reference}]", text, "K", "constant: reference state of the gas volume"), value)


def amount_for(source: Source, activity: Activity, factor: Factor) -> Term | None:
    """The activity data in the base unit of a factor; None with a finding where it cannot be had."""
    if activity.unit.base != factor.base:
        if {activity.unit.base, factor.base} == {METRE, NORMAL_METRE}:
            source.report("METHOD-STREAM-GAS-REFERENCE", "unit", unit=activity.unit.code)
        else:
            expected = ", ".join(amount_units(factor.base))
            source.report("METHOD-STREAM-UNIT", "unit", unit=activity.unit.code, expected=expected)
        return None
    return at_reference(source, activity, factor.reference) if factor.reference else activity.term


def reference_of(source: Source, unit: Per) -> str | None:
    """The temperature of a factor per gas volume, as the record states it; "" for other factors."""
    if unit.base != NORMAL_METRE:
        return ""
    codes = code_list("gas-reference").codes
    found = source.code("gas_reference", codes)
    if found is None and getattr(source.part, "gas_reference", None) is None:
        source.report("METHOD-STREAM-GAS-REFERENCE", "gas_reference", unit=unit.code)
    return found


def stated_unit(source: Source, name: str, listed: str) -> Per | None:
    """The unit of a factor, from its list; missing or unknown is a finding."""
    code, known = getattr(source.part, name), code_list(listed).codes
    unit = None if code is None else factor_unit(listed, code)
    if unit is None:
        rule = "METHOD-STREAM-UNIT-MISSING" if code is None else "METHOD-STREAM-UNIT"
        source.report(rule, name, unit=code or "", expected=", ".join(known))
    return unit


def read_ncv(source: Source, stream: SourceStream, *, missing: str = "") -> Factor | None:
    """The net calorific value, TJ per t or Nm3: as stated, else of the standard factor that is named."""
    if stream.ncv is not None:
        fact = source.fact("ncv")
        unit = stated_unit(source, "ncv_unit", "ncv-unit")
        reference = reference_of(source, unit) if unit is not None else None
        if fact is None or unit is None or reference is None:
            return None
        stated = Fact(fact.value, fact.text, unit.code, fact.path)
        low, high = NCV_LIMITS[unit.base]
        if not low <= fact.value * unit.scale <= high:
            limits = (plain(low / unit.scale), plain(high / unit.scale))
            source.report(
                "METHOD-STREAM-NCV", "ncv", value=fact.text, unit=unit.code, low=limits[0], high=limits[1]
            )
            return None
        check_printed(source, stream, unit, fact.value * unit.scale)
        term = in_base(source, "NCV", stated, unit.scale, f"TJ/{unit.base}")
        return Factor(term, unit.base, reference)
    row = standard(stream.standard_factor)
    given = None if row is None else standard_input(row, "ncv", "NCV", row["ncv_unit"])
    if given is None:
        if missing:
            source.report(missing, "ncv")
        return None
    unit = factor_unit("ncv-unit", given.unit)
    if unit is None:
        raise AssertionError(f"{given.unit} of the standard factors is not in ncv-unit.csv")
    terms = [of_input(given), scale_term(unit.scale, given.unit, f"TJ/{unit.base}")]
    exact = Fraction(given.value) * unit.scale
    step = source.step("NCV", "{0} x {1}", terms, exact, f"TJ/{unit.base}", topic="GATEWAY:units")
    return Factor(of_step(step), unit.base)


def check_printed(source: Source, stream: SourceStream, unit: Per, stated: Fraction) -> None:
    """A stated NCV beside a named standard factor must be of that fuel."""
    row = standard(stream.standard_factor)
    printed = None if row is None or not row["ncv"] else factor_unit("ncv-unit", row["ncv_unit"])
    if row is not None and printed is not None and printed.base == TONNE:
        check_ncv(source, unit.base, stated, Fraction(row["ncv"]) * printed.scale)


def plain(value: Fraction) -> str:
    """A fraction in plain digits, 28 of them."""
    return text_of(decimal_of(value))


def energy_of(source: Source, activity: Activity, ncv: Factor) -> Term | None:
    """AD = FQ x NCV, in TJ (2025/2547 Annex II B.3.1.1, equation 6)."""
    amount = amount_for(source, activity, ncv)
    if amount is None:
        return None
    step = source.step(
        "Energy", "{0} x {1}", [amount, ncv.term], amount.value * ncv.term.value, TERAJOULE, topic="energy"
    )
    return of_step(step, "AD")
