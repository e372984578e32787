"""Calculation-based CO2: combustion, process emissions, mass balance (2025/2547 Annex II B.3).

A factor stands in the record with its unit, or the record names a standard factor of the act. A factor of a
life-cycle database is refused (Commission Q&A 4.24). Biomass counts as fossil unless the record states the
criteria of B.3.3 and the evidence (A.2, point 5(b)).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gateway.formats.codes import code_list
from gateway.methods.streams.activity import (
    Activity,
    Factor,
    amount_for,
    energy_of,
    in_base,
    plain,
    read_activity,
    read_ncv,
    reference_of,
    stated_unit,
)
from gateway.methods.streams.limits import plausible
from gateway.methods.streams.quantities import (
    MOLAR_RATIO,
    NORMAL_METRE,
    TERAJOULE,
    TONNE,
    F,
    Per,
    factor_unit,
)
from gateway.methods.streams.reading import Source, Term, of_fact, of_input, of_step
from gateway.methods.streams.standards import FUELS, standard, standard_input
from gateway.methods.survey import Fact
from gateway.methods.trace import Input, Step
from gateway.model.installation import SourceStream

RATIO = of_input(MOLAR_RATIO)

FACTOR_LIMITS = {
    TERAJOULE: (Fraction(5), Fraction(400)),
    TONNE: (Fraction(0), F),
    NORMAL_METRE: (Fraction(0), Fraction(2, 100)),
}
"""t CO2 per TJ, t or Nm3 that a factor cannot leave, except for 0: blast furnace gas is 260 t/TJ, pure
carbon 3.664 t/t, flare gas 0.0039 t/Nm3."""

ONE = {
    "combustion": Input("OF", "1", "1", "constant: conservative value, 2025/2547 Annex II B.3.1.1"),
    "process": Input("CF", "1", "1", "constant: conservative value, 2025/2547 Annex II B.3.1.2"),
}


@dataclass(frozen=True, slots=True)
class Carbon:
    """Result of one stream: emissions, what was zero-rated, energy (TJ), carbon in and out (t C)."""

    emissions: Step
    zero_rated: Step | None
    energy: Term | None
    carbon: Fraction = Fraction(0)
    zero_carbon: Fraction = Fraction(0)


def standard_method(source: Source, stream: SourceStream, method: str) -> Carbon | None:
    """Em = AD x EF x OF (combustion) or AD x EF x CF (process); NCV only where the factor is per TJ."""
    activity = read_activity(source, signed=False)
    factor = preliminary_factor(source, stream)
    share = zero_rated_share(source)
    name, unused = ("oxidation_factor", "conversion_factor")[:: 1 if method == "combustion" else -1]
    rate = source.fact(name, "1", most=1)
    if getattr(stream, unused) is not None:
        source.report("METHOD-STREAM-UNUSED", unused, severity="warning", method=method)
    if factor is not None:
        field = "emission_factor" if stream.carbon_content is None else "carbon_content"
        plausible(source, field, f"{method}_{factor.base}", factor.term.value)
    if rate is not None and method == "combustion":
        plausible(source, name, name, rate.value)
    energy = stream_energy(source, stream, activity, needed=factor is not None and factor.base == TERAJOULE)
    if factor is None or activity is None:
        return None
    amount = energy if factor.base == TERAJOULE else amount_for(source, activity, factor)
    if amount is not None and factor.base == TERAJOULE and activity.unit.base == TONNE:
        check_carbon(source, amount.value * factor.term.value, activity.term.value)
    if amount is None or not source.complete:
        return None
    used = of_input(ONE[method]) if rate is None else of_fact(rate, ONE[method].symbol)
    fossil = without_biomass(source, factor, share, "EF", "biomass")
    exact = amount.value * fossil.value * used.value
    emissions = source.step("Em", "{0} x {1} x {2}", [amount, fossil, used], exact, "t CO2", topic=method)
    zero = None
    if share is not None:
        terms = [amount, factor.term, of_fact(share, "BF"), used]
        value = amount.value * factor.term.value * share.value * used.value
        zero = source.step(
            "EmZero", "{0} x {1} x {2} x {3}", terms, value, "t CO2", topic="biomass", note=_MEMO
        )
    return Carbon(emissions, zero, energy)


def check_carbon(source: Source, emitted: Fraction, mass: Fraction) -> None:
    """A tonne of fuel cannot give more CO2 than a tonne of carbon does: the NCV or the factor is wrong."""
    if emitted > F * mass:
        source.report("METHOD-STREAM-CARBON", "ncv", value=plain(emitted / mass), unit="tCO2/t")


_MEMO = "Zero-rated biomass: shown, not counted."


def mass_balance(source: Source, stream: SourceStream) -> Carbon | None:
    """Em = f x AD x CC; an output has negative activity data (2025/2547 Annex II B.3.2, equation 12)."""
    activity = read_activity(source, signed=True)
    content = carbon_content(source, stream, activity)
    share = zero_rated_share(source)
    for name in ("oxidation_factor", "conversion_factor"):
        if getattr(stream, name) is not None:
            source.report("METHOD-STREAM-UNUSED", name, severity="warning", method="mass-balance")
    sign = direction(source, stream)
    energy = stream_energy(source, stream, activity, needed=False)
    if activity is None or content is None:
        return None
    amount = amount_for(source, activity, content)
    if amount is None or not source.complete:
        return None
    amount = as_output(source, amount) if sign < 0 and amount.value > 0 else amount
    fossil = without_biomass(source, content, share, "CC", "balance-biomass")
    carbon = amount.value * content.term.value
    emissions = source.step(
        "Em", "{0} x {1} x {2}", [RATIO, amount, fossil], F * amount.value * fossil.value, "t CO2",
        topic="balance",
    )  # fmt: skip
    if share is None:
        return Carbon(emissions, None, energy, carbon)
    zero = source.step(
        "EmZero", "{0} x {1} x {2} x {3}", [RATIO, amount, content.term, of_fact(share, "BF")],
        F * carbon * share.value, "t CO2", topic="balance-biomass", note=_MEMO,
    )  # fmt: skip
    return Carbon(emissions, zero, energy, carbon, carbon * share.value)


def as_output(source: Source, amount: Term) -> Term:
    """The amount of an output with the sign that the act gives it."""
    note = "An output: its activity data is negative."
    step = source.step(
        "ADout", "-1 x {0}", [amount], -amount.value, amount.input.unit, topic="balance", note=note
    )
    return of_step(step)


def direction(source: Source, stream: SourceStream) -> int:
    """-1 for an output. Direction and sign say the same; an input with negative data contradicts itself."""
    stated = source.code("direction", ("input", "output"))
    negative = stream.amount is not None and stream.amount < 0
    if stated == "input" and negative:
        source.report("METHOD-STREAM-NEGATIVE", "amount", value=stream.amount)
    return -1 if stated == "output" or negative else 1


def stream_energy(
    source: Source, stream: SourceStream, activity: Activity | None, *, needed: bool
) -> Term | None:
    """The energy content in TJ where it can be had; a missing NCV is a finding only where it is needed."""
    if activity is None:
        return None
    if activity.unit.base == TERAJOULE:
        return activity.term
    if not needed and stream.ncv is None:
        return None
    ncv = read_ncv(source, stream, missing="METHOD-STREAM-NCV-MISSING" if needed else "")
    return None if ncv is None else energy_of(source, activity, ncv)


# --- factors -----------------------------------------------------------------------------------------


def preliminary_factor(source: Source, stream: SourceStream) -> Factor | None:
    """The emission factor before biomass, t CO2 per TJ, t, Nm3 or m3: stated, from carbon, or standard."""
    named = named_standard(source, stream)
    stated = [n for n in ("emission_factor", "carbon_content") if getattr(stream, n) is not None]
    if len(stated) == 2:
        source.report("METHOD-STREAM-FACTOR-CONFLICT", "carbon_content", other="emissionFactor")
        return None
    if stream.emission_factor is not None:
        found = stated_factor(source, stream)
        if found is not None and named is not None and not same_factor(found, named):
            source.report("METHOD-STREAM-FACTOR-CONFLICT", "emission_factor", other="standardFactor")
        return found
    if stream.carbon_content is not None:
        content = stated_content(source, stream)
        if content is None:
            return None
        exact = content.term.value * F
        step = source.step(
            "EFpre", "{0} x {1}", [content.term, RATIO], exact, f"t CO2/{content.base}", topic="carbon-factor"
        )
        return Factor(of_step(step, "EF"), content.base, content.reference)
    if named is None and stream.standard_factor is None:
        source.report("METHOD-STREAM-FACTOR-MISSING", "emission_factor")
    return named


def stated_factor(source: Source, stream: SourceStream) -> Factor | None:
    """An emission factor with its unit; a footprint factor is refused, an unnamed kind is warned of."""
    check_kind(source, stream)
    fact = source.fact("emission_factor")
    unit = stated_unit(source, "emission_factor_unit", "stream-factor-unit")
    reference = None if unit is None else reference_of(source, unit)
    if fact is None or unit is None or reference is None:
        return None
    stated = Fact(fact.value, fact.text, unit.code, fact.path)
    term = in_base(
        source, "EFC" if unit.of == "C" else "EFpre", stated, unit.scale, f"t {unit.of}/{unit.base}"
    )
    if unit.of == "C":
        exact = term.value * F
        step = source.step(
            "EFpre", "{0} x {1}", [term, RATIO], exact, f"t CO2/{unit.base}", topic="carbon-energy-factor",
            note="Carbon per TJ is carbon content / NCV.",
        )  # fmt: skip
        term = of_step(step)
    term = Term(Input("EF", term.input.value, term.input.unit, term.input.source), term.value)
    within_limits(source, "emission_factor", fact.text, term.value, unit)
    return Factor(term, unit.base, reference)


def within_limits(source: Source, name: str, text: str, value: Fraction, unit: Per) -> None:
    """A factor that no fuel can have is refused: mostly kg for t, GJ for TJ, or a factor of a database."""
    low, high = FACTOR_LIMITS.get(unit.base, (Fraction(0), F * 2))
    if value and not low <= value <= high:
        scale = unit.scale * (F if unit.of == "C" else 1)
        source.report(
            "METHOD-STREAM-FACTOR", name, value=text, unit=unit.code, low=plain(low / scale),
            high=plain(high / scale),
        )  # fmt: skip


def check_kind(source: Source, stream: SourceStream) -> None:
    """A footprint factor is refused, also where it is not called one but stands in the record as one."""
    disguised = stream.factor_kind is None and stream.emission_factor in source.desk.footprints
    if stream.factor_kind == "footprint" or disguised:
        source.report("METHOD-STREAM-FACTOR-FOOTPRINT", "factor_kind")
    elif stream.factor_kind is None:
        source.report("METHOD-STREAM-FACTOR-KIND-MISSING", "factor_kind", severity="warning")
    else:
        source.code("factor_kind", ("co2",))


def named_standard(source: Source, stream: SourceStream) -> Factor | None:
    """The emission factor of the row that the record names; an unknown name is refused."""
    row = standard(source.code("standard_factor", code_list(FUELS).codes))
    if row is None:
        return None
    unit = factor_unit("stream-factor-unit", row["factor_unit"])
    given = standard_input(row, "factor", "EF", f"t CO2/{unit.base}" if unit is not None else "")
    if unit is None or given is None:
        raise AssertionError(f"{stream.standard_factor}: the row has no factor")
    return Factor(of_input(given), unit.base, "0C" if unit.base == NORMAL_METRE else "")


def same_factor(one: Factor, other: Factor) -> bool:
    return one.base == other.base and one.term.value == other.term.value


# --- carbon content ----------------------------------------------------------------------------------


def stated_content(source: Source, stream: SourceStream) -> Factor | None:
    """The carbon content, t C per t (as the field says) or per gas volume in the unit stated beside it."""
    fact = source.fact("carbon_content")
    if stream.carbon_content_unit is None:
        unit: Per | None = factor_unit("carbon-content-unit", "tC/t")
    else:
        unit = stated_unit(source, "carbon_content_unit", "carbon-content-unit")
    reference = None if unit is None else reference_of(source, unit)
    if fact is None or unit is None or reference is None:
        return None
    if unit.base == TONNE and fact.value * unit.scale > 1:
        source.report("METHOD-STREAM-CARBON", "carbon_content", value=fact.text, unit=unit.code)
        return None
    if unit.base == NORMAL_METRE and fact.value * unit.scale * F > FACTOR_LIMITS[NORMAL_METRE][1]:
        most = plain(FACTOR_LIMITS[NORMAL_METRE][1] / F / unit.scale)
        source.report(
            "METHOD-STREAM-FACTOR", "carbon_content", value=fact.text, unit=unit.code, low="0", high=most
        )
        return None
    stated = Fact(fact.value, fact.text, unit.code, fact.path)
    return Factor(in_base(source, "CCpre", stated, unit.scale, f"t C/{unit.base}"), unit.base, reference)


def carbon_content(source: Source, stream: SourceStream, activity: Activity | None) -> Factor | None:
    """The carbon content for a mass balance: stated, of a standard row, or from an emission factor."""
    row = standard(source.code("standard_factor", code_list(FUELS).codes))
    given = None if row is None else standard_input(row, "carbon", "CCpre", "t C/t")
    if stream.carbon_content is not None:
        if stream.emission_factor is not None or stream.standard_factor is not None:
            other = "standardFactor" if stream.emission_factor is None else "emissionFactor"
            source.report("METHOD-STREAM-FACTOR-CONFLICT", "carbon_content", other=other)
        return stated_content(source, stream)
    if given is not None and stream.emission_factor is None:
        return Factor(of_input(given), TONNE)
    factor = preliminary_factor(source, stream)
    if factor is None:
        return None
    if factor.base != TERAJOULE:
        exact = factor.term.value / F
        step = source.step(
            "CCpre", "{0} / {1}", [factor.term, RATIO], exact, f"t C/{factor.base}", topic="balance-factor"
        )
        return Factor(of_step(step), factor.base, factor.reference)
    if activity is not None and activity.unit.base == TERAJOULE:
        exact = factor.term.value / F
        step = source.step(
            "CCpre", "{0} / {1}", [factor.term, RATIO], exact, "t C/TJ", topic="balance-energy-factor"
        )
        return Factor(of_step(step), TERAJOULE)
    ncv = read_ncv(source, stream, missing="METHOD-STREAM-NCV-MISSING")
    if ncv is None:
        return None
    exact = factor.term.value * ncv.term.value / F
    step = source.step(
        "CCpre", "{0} x {1} / {2}", [factor.term, ncv.term, RATIO], exact, f"t C/{ncv.base}",
        topic="balance-energy-factor",
    )  # fmt: skip
    return Factor(of_step(step), ncv.base, ncv.reference)


# --- biomass -----------------------------------------------------------------------------------------


def zero_rated_share(source: Source) -> Fact | None:
    """The biomass share that counts as zero: only with the criteria of B.3.3 and evidence for them."""
    share = source.fact("biomass_share", "1", most=1)
    codes = code_list("zero-rating").codes
    criteria = source.code("zero_rating", codes)
    if share is None or share.value == 0:
        return None
    evidence = getattr(source.part, "evidence", None)
    if criteria is None or codes[criteria]["zero"] != "yes" or evidence is None:
        name = "evidence" if criteria is not None and codes[criteria]["zero"] == "yes" else "zero_rating"
        source.report("METHOD-STREAM-BIOMASS-FOSSIL", name, severity="warning", share=share.text)
        return None
    return share


def without_biomass(source: Source, factor: Factor, share: Fact | None, symbol: str, topic: str) -> Term:
    """EF = EFpre x (1 - BF), or CC = CCpre x (1 - BF)."""
    if share is None:
        given = factor.term.input
        return Term(Input(symbol, given.value, given.unit, given.source), factor.term.value)
    terms = [factor.term, of_fact(share, "BF")]
    exact = factor.term.value * (1 - share.value)
    return of_step(source.step(symbol, "{0} x (1 - {1})", terms, exact, factor.term.input.unit, topic=topic))
