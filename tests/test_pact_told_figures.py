"""Figures that were taken for sound, or changed with nobody told: masses of a kilogram, parts of days, aviation.

And figures that were written with an exponent, which nothing here ever writes.
"""

from __future__ import annotations

from typing import Any

import pytest
from catenax_documents import CX7, CX8, CX9, asked_for, clean
from test_pact_versions import V2, V3, fossil_2, fossil_3

from gateway.api import Wish, check, read, translate
from gateway.formats.json_reader import NumberText, write_json
from gateway.formats.leaves import at
from gateway.model.finding import errors

MASS_OF = {CX7: "/pcf", CX8: "/pcf", CX9: "/companyAndProductInformation/0/productInformation/0"}


def rules_on(tree: dict[str, Any]) -> set[str]:
    return {f.rule for f in check(read(write_json(tree)))}


# --- a kilogram weighs a kilogram -----------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "mass"), [("1", "1.4"), ("1", "0.5"), ("12", "12.4"), ("12", "11.6")])
def test_a_mass_that_contradicts_the_kilograms_is_no_rounding(amount: str, mass: str) -> None:
    """The amount is counted, not rounded: one kilogram that weighs 1.4 kg is another product."""
    said = {"declaredUnitOfMeasurement": "kilogram", "declaredUnitAmount": amount}
    assert "PACT-MASS-KILOGRAM" in rules_on(fossil_3(**said, productMassPerDeclaredUnit=mass))
    assert "PACT-MASS-KILOGRAM" not in rules_on(fossil_3(**said, productMassPerDeclaredUnit=amount + ".0"))


@pytest.mark.parametrize(
    ("version", "rule"),
    [(CX7, "CATENAX-MASS-KILOGRAM-7"), (CX8, "CATENAX-MASS-KILOGRAM"), (CX9, "CATENAX-MASS-KILOGRAM")],
)
def test_one_kilogram_weighs_one_kilogram_in_catenax(version: str, rule: str) -> None:
    for mass, wrong in (("1", False), ("1.00", False), ("1.4", True), ("0.001", True), ("1000", True)):
        tree = clean(version)
        at(tree, MASS_OF[version])["productMassPerDeclaredUnit"] = NumberText(mass)
        assert (rule in rules_on(tree)) is wrong, mass


@pytest.mark.parametrize("version", [CX7, CX8, CX9])
def test_a_tonne_that_is_said_to_weigh_a_kilogram_becomes_no_document(version: str) -> None:
    record = asked_for()
    record["product"]["netMass"] = "1000"
    assert translate(read(write_json(record)), Wish(version)).conforms
    record["product"]["netMass"] = "1"
    assert not translate(read(write_json(record)), Wish(version)).conforms


# --- days ----------------------------------------------------------------------------------------------------------

YEAR = ("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (*YEAR, False),
        ("2024-01-01T00:00:00+08:00", "2025-01-01T00:00:00+08:00", False),
        ("2024-01-01T00:00:00.000Z", "2024-12-31T23:59:59.999Z", False),
        ("2023-12-31T16:00:00Z", "2024-12-31T16:00:00Z", True),  # that year of Beijing: 367 days in a record
        (YEAR[0], "2025-01-01T00:00:01Z", True),  # one second, and a day more in a record
        ("2023-12-31T23:59:59Z", YEAR[1], True),
    ],
)
def test_a_period_that_grows_in_a_record_is_told(start: str, end: str, told: bool) -> None:
    period = {"referencePeriodStart": start, "referencePeriodEnd": end}
    three = fossil_3(**period) | {"validityPeriodStart": "2025-02-01T00:00:00Z"}
    for tree, rule in ((three, "PACT-PERIOD-DAYS"), (fossil_2(**period), "PACT-PERIOD-DAYS")):
        assert (rule in rules_on(tree)) is told
    made = translate(read(write_json(three)), Wish("cn.pcf@1"))
    assert not errors(made.findings)
    time = made.lowered.tree["time"]
    assert ((time["periodStart"], time["periodEnd"]) != ("2024-01-01", "2024-12-31")) is told
    assert ("PACT-PERIOD-DAYS" in {f.rule for f in made.findings}) is told
    nine = clean(CX9)
    at(nine, "/pcfAssessmentAndMethodology/0/pcfAssessmentInformation/0/time/0").update(period)
    assert ("CATENAX-PERIOD-DAYS" in rules_on(nine)) is told


# --- aviation in Catena-X 7 -----------------------------------------------------------------------------------------


def test_aviation_that_no_total_places_is_read_as_inside_and_told() -> None:
    """Fossil 10, aviation 2: 10 if it is inside, 12 if it stands beside; a total would tell."""
    tree = clean(CX7)
    figures = {"pcfExcludingBiogenic": "10", "fossilGhgEmissions": "10", "aircraftGhgEmissions": "2"}
    figures |= {"biogenicCarbonEmissionsOtherThanCO2": "0", "biogenicCarbonWithdrawal": "0"}
    tree["pcf"] |= {name: NumberText(value) for name, value in figures.items()}
    tree["pcf"]["pcfIncludingBiogenic"] = NumberText("10")
    assert "CATENAX-AIRCRAFT-7" not in rules_on(tree)
    del tree["pcf"]["pcfIncludingBiogenic"]
    made = translate(read(write_json(tree)), Wish(V3))
    assert made.lowered.tree["pcf"]["pcfExcludingBiogenicUptake"] == "10"
    assert "CATENAX-AIRCRAFT-7" in {f.rule for f in made.findings}


@pytest.mark.parametrize(("aircraft", "told"), [("18", False), ("18.00", False), ("18.01", True)])
def test_aviation_is_no_more_than_the_fossil_emissions_that_hold_it(aircraft: str, told: bool) -> None:
    assert ("PACT-AIRCRAFT-PART" in rules_on(fossil_3(aircraftGhgEmissions=aircraft))) is told
    two = fossil_2(fossilGhgEmissions="18", pCfExcludingBiogenic="18", aircraftGhgEmissions=aircraft)
    assert ("PACT-AIRCRAFT-PART" in rules_on(two)) is told


# --- exponents ------------------------------------------------------------------------------------------------------


def test_an_amount_with_an_exponent_is_written_plainly_and_comes_home_as_it_was() -> None:
    """12 litres written as 1.2e1: 3.0 says 12, the record says 12, and the sender gets 1.2e1 back."""
    tree = fossil_2(unitaryProductAmount="1.2e1")
    made = translate(read(write_json(tree)), Wish(V3, keep_residue=True))
    assert made.conforms
    assert made.lowered.tree["pcf"]["declaredUnitAmount"] == "12"
    assert "PACT-EXPONENT" not in {f.rule for f in made.findings}
    home = translate(read(made.data), Wish(V2), residue=made.kept)
    assert home.lowered.tree["pcf"]["unitaryProductAmount"] == "1.2e1"
    record = translate(read(write_json(fossil_3(declaredUnitAmount="1.2e1"))), Wish("cn.pcf@1"))
    assert record.conforms, record.findings
    assert record.lowered.tree["unit"]["amount"] == "12"


def test_a_rating_with_an_exponent_is_read_plainly() -> None:
    ratings = {"technologicalDQR": "2e0", "geographicalDQR": "1", "temporalDQR": "2"}
    record = translate(read(write_json(fossil_3(dqi=ratings))), Wish("cn.pcf@1"))
    assert record.lowered.tree["quality"]["technology"] == "2"
