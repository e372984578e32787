"""Perfluorocarbons of primary aluminium, slope and overvoltage method (2025/2547 Annex II B.7).

The factors are those of the plant, or those of a technology that the record names. The record holds the
current efficiency as a fraction, 95 % is 0.95; equation 24 counts it in per cent, since the act defines
AEO/CE as "mV overvoltage per average current efficiency [%]" and its coefficients rest on that. The
collection efficiency is stated, never taken as 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from gateway.formats.codes import code_list
from gateway.methods.streams.activity import plain
from gateway.methods.streams.reading import Source, Term, of_fact, of_input, of_step
from gateway.methods.streams.standards import TECHNOLOGIES, standard, standard_input
from gateway.methods.trace import Input, Step
from gateway.model.installation import Pfc

GWP_CF4 = Input("GWP[CF4]", "6630", "t CO2e/t CF4", "constant: 2025/2547 Annex II G, Table 6")
GWP_C2F6 = Input("GWP[C2F6]", "11100", "t CO2e/t C2F6", "constant: 2025/2547 Annex II G, Table 6")
PER_CENT = Input("% per 1", "100", "1", "constant: definition of the unit")
MOST_CF4 = Fraction(5, 1000)
"""t CF4 per t Al that no potline exceeds: the worst side-worked cells are near 1 kg, modern ones near 0.01."""

KILOGRAMS = Input("t per kg", "0.001", "1", "constant: definition of the unit")
METHODS = ("slope", "overvoltage")
MISSING = "METHOD-PFC-DATA-MISSING"


def pfc_emissions(source: Source, row: Pfc) -> Step | None:
    """CF4 and C2F6 of one row, in t CO2e, with what the duct does not collect."""
    method = source.code("method", METHODS, "METHOD-PFC-METHOD-MISSING")
    produced = source.fact("production", "t", missing=MISSING)
    collected = source.fact("collection_efficiency", "1", missing="METHOD-PFC-COLLECTION-MISSING", most=1)
    if collected is not None and collected.value == 0:
        source.report("METHOD-STREAM-RANGE", "collection_efficiency", value="0", low="0", high="1")
    named = standard(source.code("technology", code_list(TECHNOLOGIES).codes), TECHNOLOGIES)
    if method is None:
        return None
    read = slope if method == "slope" else overvoltage
    fraction = plant_or_standard(source, row, "weight_fraction", f"{method}_fraction", "FC2F6", named)
    cf4 = read(source, row, None if produced is None else of_fact(produced, "PrAl"), named)
    if cf4 is None or fraction is None or collected is None or not source.complete:
        return None
    if produced is not None and cf4.exact > MOST_CF4 * produced.value:
        source.report("METHOD-PFC-RANGE", "production", value=plain(cf4.exact * 1000 / produced.value))
        return None
    c2f6 = source.step(
        "C2F6",
        "{0} x {1}",
        [of_step(cf4), fraction],
        cf4.exact * fraction.value,
        "t C2F6",
        topic=f"{method}-c2f6",
    )
    exact = cf4.exact * Fraction(GWP_CF4.value) + c2f6.exact * Fraction(GWP_C2F6.value)
    terms = [of_step(cf4), of_input(GWP_CF4), of_step(c2f6), of_input(GWP_C2F6)]
    duct = source.step("PFCduct", "{0} x {1} + {2} x {3}", terms, exact, "t CO2e", topic="pfc-co2e")
    efficiency = of_fact(collected, "CollEff")
    return source.step(
        "Em", "{0} / {1}", [of_step(duct), efficiency], duct.exact / efficiency.value, "t CO2e", topic="pfc"
    )


def slope(source: Source, row: Pfc, produced: Term | None, named: Mapping[str, str] | None) -> Step | None:
    """CF4 = AEM x SEF/1000 x PrAl, with AEM = frequency x average duration (equations 21 and 23)."""
    frequency = source.fact("anode_effects", "1/cell-day", missing=MISSING)
    duration = source.fact("anode_effect_minutes", "min", missing=MISSING)
    factor = plant_or_standard(source, row, "slope_factor", "slope", "SEFCF4", named)
    if produced is None or frequency is None or duration is None or factor is None:
        return None
    minutes = source.step(
        "AEM", "{0} x {1}", [of_fact(frequency, "frequency"), of_fact(duration, "duration")],
        frequency.value * duration.value, "min/cell-day", topic="anode-effect",
    )  # fmt: skip
    exact = minutes.exact * factor.value * produced.value / 1000
    terms = [of_step(minutes), factor, of_input(KILOGRAMS), produced]
    return source.step("CF4", "{0} x {1} x {2} x {3}", terms, exact, "t CF4", topic="slope")


def overvoltage(
    source: Source, row: Pfc, produced: Term | None, named: Mapping[str, str] | None
) -> Step | None:
    """CF4 = OVC x (AEO/CE) x PrAl x 0.001, AEO in mV and CE in per cent (equation 24)."""
    voltage = source.fact("overvoltage", "mV", missing=MISSING)
    efficiency = source.fact("current_efficiency", "1", missing=MISSING)
    if efficiency is not None and not 0 < efficiency.value <= 1:
        source.report("METHOD-PFC-CURRENT-EFFICIENCY", "current_efficiency", value=efficiency.text)
    factor = plant_or_standard(source, row, "overvoltage_factor", "overvoltage", "OVC", named)
    if produced is None or voltage is None or efficiency is None or factor is None or not source.complete:
        return None
    per_cent = efficiency.value * Fraction(PER_CENT.value)
    exact = factor.value * voltage.value / per_cent * produced.value / 1000
    terms = [factor, of_fact(voltage, "AEO"), of_fact(efficiency, "CE"), of_input(PER_CENT), produced]
    terms.append(of_input(KILOGRAMS))
    return source.step(
        "CF4",
        "{0} x ({1} / ({2} x {3})) x {4} x {5}",
        terms,
        exact,
        "t CF4",
        topic="overvoltage",
        note=_READING,
    )


_READING = (
    "AEO/CE in mV per per cent, as the act defines it: 0.95 in the record counts as 95. The formula of the "
    "communication template v2.1 (B_EmInst, column BH) divides by 0.95 and gives a hundred times as much."
)


UNITS = {
    "slope_factor": "(kg CF4/t Al)/(min/cell-day)",
    "overvoltage_factor": "(kg CF4/t Al)/(mV/%)",
    "weight_fraction": "t C2F6/t CF4",
}


def plant_or_standard(
    source: Source, row: Pfc, name: str, column: str, symbol: str, named: Mapping[str, str] | None
) -> Term | None:
    """A factor of the plant, else of the technology that the record names; neither is a finding."""
    if getattr(row, name) is not None:
        fact = source.fact(name, UNITS[name])
        return None if fact is None else of_fact(fact, symbol)
    given = None if named is None else standard_input(named, column, symbol, UNITS[name])
    if given is None:
        source.report("METHOD-PFC-FACTOR-MISSING", name, technology=row.technology or "-")
        return None
    return of_input(given)
