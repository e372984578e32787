"""Measurement-based CO2 and N2O, and CO2 transferred (2025/2547 Annex II B.6 and B.8).

Concentration and flow must refer to the same state of the gas; then their product is a mass, whatever that
state is. N2O is never calculated from a fuel: its measurement is mandatory (B.6.1).
"""

from __future__ import annotations

from fractions import Fraction

from gateway.formats.codes import code_list
from gateway.methods.streams.activity import read_activity
from gateway.methods.streams.carbon import Carbon, zero_rated_share
from gateway.methods.streams.limits import plausible
from gateway.methods.streams.quantities import TONNE, amount_units
from gateway.methods.streams.reading import Source, Term, of_fact, of_input, of_step
from gateway.methods.survey import Fact
from gateway.methods.trace import Input, Step
from gateway.model.installation import SourceStream

GWP_N2O = Input("GWP[N2O]", "265", "t CO2e/t N2O", "constant: 2025/2547 Annex II G, Table 6")
GASES = ("CO2", "N2O")
GRAMS = Input("t per g", "0.000001", "1", "constant: definition of the unit")
AVERAGES = ("concentration", "flue_gas_flow", "operating_hours")


def measurement(source: Source, stream: SourceStream) -> Carbon | None:
    """Mass of the gas over the period, N2O x 265, CO2 less the biomass part that meets its criteria."""
    stated = emissions_alone(source, stream)
    if stated is not None:
        return stated
    gas = source.code("gas", GASES, "METHOD-STREAM-GAS-MISSING")
    mass = measured_mass(source, stream)
    share = zero_rated_share(source) if gas != "N2O" else None
    if mass is None or not source.complete:
        return None
    if gas == "N2O":
        note = "Reported as mass to three decimal places and CO2e in full tonnes (B.6.2.4)."
        terms = [mass, of_input(GWP_N2O)]
        exact = mass.value * Fraction(GWP_N2O.value)
        return Carbon(
            source.step("Em", "{0} x {1}", terms, exact, "t CO2e", topic="n2o", note=note), None, None
        )
    if share is None:
        return Carbon(source.step("Em", "{0}", [mass], mass.value, "t CO2", topic="measurement"), None, None)
    terms = [mass, of_fact(share, "BF")]
    fossil = mass.value * (1 - share.value)
    zero = source.step(
        "EmZero", "{0} x {1}", terms, mass.value * share.value, "t CO2", topic="measured-biomass",
        note="Zero-rated biomass: shown, not counted.",
    )  # fmt: skip
    made = source.step("Em", "{0} x (1 - {1})", terms, fossil, "t CO2", topic="measured-biomass")
    return Carbon(made, zero, None)


def emissions_alone(source: Source, stream: SourceStream) -> Carbon | None:
    """A measured total without the measurement behind it: taken, and said to be unexplained."""
    data = [stream.gas_mass, *(getattr(stream, name) for name in AVERAGES)]
    if stream.emissions is None or any(value is not None for value in data):
        return None
    fact = source.fact("emissions", "t CO2e")
    source.report("METHOD-STREAM-MEASURED-TOTAL", "emissions", severity="warning")
    if fact is None or not source.complete:
        return None
    note = "As stated by the operator; mass, gas and GWP are not in the record."
    return Carbon(
        source.step(
            "Em", "{0}", [of_fact(fact, "Em stated")], fact.value, "t CO2e", topic="measurement", note=note
        ),
        None,
        None,
    )


def measured_mass(source: Source, stream: SourceStream) -> Term | None:
    """The mass from hourly values, else from averages: concentration x flow x hours."""
    if stream.gas_mass is not None:
        fact = source.fact("gas_mass", "t")
        return None if fact is None else of_fact(fact, "GHG EMtotal")
    facts = [
        source.fact(name, unit, missing="METHOD-STREAM-MEASUREMENT-MISSING")
        for name, unit in zip(AVERAGES, ("g/Nm3", "Nm3/h", "h"), strict=True)
    ]
    if any(fact is None for fact in facts):
        return None
    known = [fact for fact in facts if fact is not None]
    if stream.gas == "N2O":
        plausible(source, "concentration", "n2o_concentration", known[0].value, severity="error")
    plausible(source, "operating_hours", "operating_hours", known[2].value, severity="error")
    terms = [of_fact(fact, name) for fact, name in zip(known, ("conc", "V", "Hours"), strict=True)]
    exact = known[0].value * known[1].value * known[2].value * Fraction(GRAMS.value)
    note = (
        "From averages over the whole period. Where concentration and flow vary together, hourly values "
        "are multiplied first: enter their sum as the mass of the gas."
    )
    step = source.step(
        "GHG EMtotal", "{0} x {1} x {2} x {3}", [*terms, of_input(GRAMS)], exact, "t", topic="measurement",
        note=note,
    )  # fmt: skip
    return of_step(step)


def transfer(source: Source, stream: SourceStream) -> Carbon | None:
    """CO2 received counts; CO2 passed on is deducted only for the purposes of B.8.2, with evidence."""
    activity = read_activity(source, signed=False)
    stated = source.code("direction", ("input", "output"), "METHOD-STREAM-DIRECTION-MISSING")
    share = source.fact("biomass_share", "1", most=1)
    if activity is None:
        return None
    if activity.unit.base != TONNE:
        expected = ", ".join(amount_units(TONNE))
        source.report("METHOD-STREAM-UNIT", "unit", unit=activity.unit.code, expected=expected)
    if not source.complete:
        return None
    if stated == "output" and not deductible(source, stream):
        note = "Not deducted: purpose and evidence of B.8.2 are not both stated."
        return Carbon(transferred(source, "0 x {0}", [activity.term], Fraction(0), note), None, None)
    return Carbon(fossil_transfer(source, activity.term, share, output=stated == "output"), None, None)


def fossil_transfer(source: Source, amount: Term, share: Fact | None, *, output: bool) -> Step:
    """The fossil part of the CO2, negative where it leaves (B.8.2(1): fossil carbon only)."""
    sign, sense = ("-1 x ", -1) if output else ("", 1)
    if share is None or share.value == 0:
        return transferred(source, f"{sign}{{0}}", [amount], sense * amount.value, "")
    exact = sense * amount.value * (1 - share.value)
    return transferred(source, f"{sign}{{0}} x (1 - {{1}})", [amount, of_fact(share, "BF")], exact, "")


def transferred(source: Source, formula: str, terms: list[Term], exact: Fraction, note: str) -> Step:
    return source.step("Em", formula, terms, exact, "t CO2", topic="transfer", note=note)


def deductible(source: Source, stream: SourceStream) -> bool:
    """Whether the CO2 may be accounted for as not emitted; a warning says what is missing."""
    codes = code_list("transfer-purpose").codes
    purpose = source.code("transfer_purpose", codes)
    if purpose is not None and codes[purpose]["deducted"] == "yes" and stream.evidence is not None:
        return True
    named = purpose is not None and codes[purpose]["deducted"] == "yes"
    source.report("METHOD-STREAM-TRANSFER", "evidence" if named else "transfer_purpose", severity="warning")
    return False
