"""Conforming documents made in code, and what the tests of findings share."""

from __future__ import annotations

from typing import Any

from lxml import etree

from gateway.check.schema import source
from gateway.model.finding import Finding
from mutants.json_mutants import FORMATS
from mutants.xml_mutants import bases
from mutants.xsd_tree import read_tree

QREPORT = "cbam.qreport@23.00"
FOOTPRINT = "pact.footprint@3.0"
NAMESPACE = "http://xmlns.ec.eu/BusinessObjects/CBAM/Types/V1"


def report() -> bytes:
    """A complete QReport, one element a line."""
    tree = read_tree(source(QREPORT).path)
    return etree.tostring(dict(bases(tree, NAMESPACE))["complete"], pretty_print=True)


def footprint() -> dict[str, Any]:
    """A minimal PACT footprint."""
    time_ = FORMATS["date-time"]
    pcf = {
        "declaredUnitOfMeasurement": "kilogram",
        "declaredUnitAmount": "1",
        "productMassPerDeclaredUnit": "1",
        "referencePeriodStart": time_,
        "referencePeriodEnd": time_,
        "pcfExcludingBiogenicUptake": "1.5",
        "pcfIncludingBiogenicUptake": "1.5",
        "fossilGhgEmissions": "1.5",
        "fossilCarbonContent": "0",
        "ipccCharacterizationFactors": ["AR6"],
        "crossSectoralStandards": ["ISO14067"],
        "exemptedEmissionsPercent": "0",
    }
    return {
        "id": FORMATS["uuid"],
        "specVersion": "3.0.0",
        "created": time_,
        "status": "Active",
        "companyName": "示例铝业",
        "companyIds": ["urn:pact:example.com:uscc:1"],
        "productDescription": "",
        "productIds": ["urn:pact:example.com:product-id:1"],
        "productNameCompany": "铝箔",
        "pcf": pcf,
    }


def only(findings: list[Finding]) -> Finding:
    """The finding, where there must be exactly one."""
    assert len(findings) == 1, findings
    return findings[0]
