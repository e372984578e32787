"""Footprints for a host under test: made by hand, different in everything that a filter can ask for."""

from __future__ import annotations

import uuid
from typing import Any

Document = dict[str, Any]
_SPACE = uuid.UUID("6f1c0f52-6c9c-4a4e-9a53-0c9d0f6b7a11")
_PRODUCTS = ("billet-6063", "wire-rod", "cathode", "clinker", "urea")
_CPC = ("41432", "41261", "41413", "37430", "34615")
_PLACES: tuple[dict[str, str], ...] = (
    {"geographyCountry": "CN"},
    {"geographyCountry": "DE"},
    {"geographyCountrySubdivision": "CN-SD"},
    {"geographyRegionOrSubregion": "Eastern Asia"},
    {},
)


def footprint_id(number: int) -> str:
    return str(uuid.uuid5(_SPACE, str(number)))


def footprints_v3(count: int) -> list[Document]:
    """So many footprints of version 3.0; every seventh is deprecated, every second states its validity."""
    return [_v3(number) for number in range(count)]


def _v3(number: int) -> Document:
    product, year = number % 5, 2022 + number % 3
    document: Document = {
        "id": footprint_id(number),
        "specVersion": "3.0.0",
        "created": f"{year + 1}-{1 + number % 9:02}-15T08:00:00Z",
        "status": "Deprecated" if number % 7 == 6 else "Active",
        "companyName": f"Plan Works {number % 4}",
        "companyIds": [f"urn:pact:example.com:company:works-{number % 4}"],
        "productDescription": f"{_PRODUCTS[product]}, made for the test plan",
        "productIds": [
            f"urn:pact:example.com:product-id:{_PRODUCTS[product]}",
            f"urn:pact:example.com:product-id:lot-{number}",
        ],
        "productClassifications": [f"urn:cpc:{_CPC[product]}"],
        "productNameCompany": _PRODUCTS[product],
        "pcf": _pcf(number, year),
    }
    if number % 2:
        document["validityPeriodStart"] = f"{year + 1}-0{1 + number % 6}-01T00:00:00Z"
        document["validityPeriodEnd"] = f"{year + 2}-0{1 + number % 6}-01T00:00:00Z"
    return document


def _pcf(number: int, year: int) -> Document:
    fossil = f"{2 + number}.25"
    return {
        "declaredUnitOfMeasurement": "kilogram",
        "declaredUnitAmount": "1",
        "productMassPerDeclaredUnit": "1",
        "referencePeriodStart": f"{year}-01-01T00:00:00Z",
        "referencePeriodEnd": f"{year + 1}-01-01T00:00:00Z",
        **_PLACES[number % 5],
        "boundaryProcessesDescription": "Cradle to gate, melting and casting included.",
        "pcfExcludingBiogenicUptake": fossil,
        "pcfIncludingBiogenicUptake": fossil,
        "fossilGhgEmissions": fossil,
        "fossilCarbonContent": "0",
        "biogenicCarbonContent": "0",
        "packagingEmissionsIncluded": False,
        "ccsTechnologicalCO2CaptureIncluded": False,
        "ipccCharacterizationFactors": ["AR6"],
        "crossSectoralStandards": ["ISO14067"],
        "exemptedEmissionsPercent": "1",
        "exemptedEmissionsDescription": "Lubricants.",
        "secondaryEmissionFactorSources": [{"name": "ecoinvent", "version": "3.10"}],
        "primaryDataShare": "80",
    }


def as_v2(document: Document) -> Document:
    """What the stub serves in version 2: written out here, since no code of the gateway is asked."""
    pcf = document["pcf"]
    places = {name: value for name, value in pcf.items() if name.startswith("geography")}
    period = {name: pcf[name] for name in ("referencePeriodStart", "referencePeriodEnd")}
    common = ("id", "created", "status", "companyName", "companyIds", "productDescription", "productIds")
    total = pcf["fossilGhgEmissions"]
    return {
        **{name: document[name] for name in common},
        **{name: value for name, value in document.items() if name.startswith("validity")},
        "specVersion": "2.3.0",
        "version": 0,
        "comment": "",
        "productCategoryCpc": document["productClassifications"][0].removeprefix("urn:cpc:"),
        "productNameCompany": document["productNameCompany"],
        "pcf": {
            **period,
            **places,
            "declaredUnit": "kilogram",
            "unitaryProductAmount": "1",
            "productMassPerDeclaredUnit": "1",
            "pCfExcludingBiogenic": total,
            "pCfIncludingBiogenic": total,
            "fossilGhgEmissions": total,
            "fossilCarbonContent": "0",
            "biogenicCarbonContent": "0",
            "characterizationFactors": "AR6",
            "ipccCharacterizationFactorsSources": ["AR6"],
            "crossSectoralStandards": ["ISO14067"],
            "crossSectoralStandardsUsed": ["ISO Standard 14067"],
            "boundaryProcessesDescription": pcf["boundaryProcessesDescription"],
            "exemptedEmissionsPercent": 1,
            "exemptedEmissionsDescription": "Lubricants.",
            "packagingEmissionsIncluded": False,
            "primaryDataShare": 80,
        },
    }
