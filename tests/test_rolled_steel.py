"""Rolled steel over purchased slab (actual) and ferro-manganese (default): one workbook, one command for each paper.

The last QReport is that of the fourth quarter of 2025 and the operator's report begins with 2026, so the plant has a
workbook for each year. They differ in their dates and in the default value of the ferro-manganese.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from command import run
from lxml import etree
from shared_files import SHARED

from gateway.data import data_path
from gateway.formats.registry import read_document, write_document

BLANK = SHARED / "official/cbam/template/CBAM_Communication_template_for_installations_en_20241213.xlsx"
XSD = SHARED / "official/cbam/xsd/23.00/QReport_ver23.00.xsd"
ALLOYS = "Alloys (FeMn, FeCr, FeNi)"


def record(year: str, ferro_manganese: str) -> dict[str, Any]:
    """A rolling mill in China: 1,000,000 t of coil from 1,050,000 t of slab and 10,000 t of ferro-manganese."""
    tree: dict[str, Any] = json.loads(data_path("examples", "steel.json").read_bytes())
    for group in (
        "sourceStreams",
        "wasteGas",
        "activityData",
        "emissionFactors",
        "electricity",
        "allocation",
        "notes",
    ):
        tree.pop(group, None)
    for group in ("results", "quality", "verification", "certificate", "interpretation"):
        tree.pop(group, None)
    tree["time"] = {"periodStart": f"{year}-01-01", "periodEnd": f"{year}-12-31"}
    tree["record"]["reportDate"] = f"{int(year) + 1}-01-15"
    for name in ("validFrom", "validUntil"):
        tree["record"].pop(name, None)
    tree["goods"] = tree["goods"][:1]
    tree["goods"][0]["produced"] = "1000000"
    tree["processes"] = [
        {
            "id": "P1", "name": {"zh": "热轧", "en": "Hot rolling"}, "installation": "S1",
            "goodsCategory": "Iron or steel products", "route": "All production routes",
            "activityLevel": "1000000", "activityUnit": "t", "directEmissions": "120000", "determination": "actual",
            "electricityConsumed": "100000", "electricityFactor": "0.6", "electricityFactorKind": "co2",
            "electricityFactorSource": "D.4(b)", "electricitySource": "grid", "electricityDetermination": "default",
            "electricityExported": "0",
        }
    ]  # fmt: skip
    common = {"process": "P1", "unit": "t", "country": "CN", "period": year}
    tree["precursors"] = [
        {
            "id": "SLAB", "name": "Slab", "category": "Crude steel", "cn8": "72071210", "amount": "1050000",
            "supplier": "Example Slab Works", "seeDirect": "2.1", "seeIndirect": "0.2",
            "embeddedElectricity": "0.4", "determination": "actual", **common,
        },
        {
            "id": "FEMN", "name": "Ferro-manganese", "category": ALLOYS, "cn8": "72021120", "amount": "10000",
            "supplier": "Example Alloy Works", "seeDirect": ferro_manganese, "seeIndirect": "0",
            "embeddedElectricity": "0", "determination": "default", **common,
        },
    ]  # fmt: skip
    return tree


def workbook(folder: Path, year: str, ferro_manganese: str) -> Path:
    file = folder / f"plant-{year}.xlsx"
    file.write_bytes(write_document("cn.pcf@1", record(year, ferro_manganese), "xlsx"))
    return file


def consignment(folder: Path) -> Path:
    tree = json.loads(data_path("examples", "aluminium-consignment.json").read_bytes())
    tree["consignments"] = tree["consignments"][:1]
    file = folder / "consignment.json"
    file.write_text(json.dumps(tree), "utf-8")
    return file


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "plant.key"
    assert run("keys", "new", "-o", file, "--no-passphrase").code == 0
    return file


def test_from_the_workbook_to_the_signed_quarterly_report_in_one_command(tmp_path: Path, key: Path) -> None:
    out = tmp_path / "report.xml"
    done = run(
        "translate", workbook(tmp_path, "2025", "1.69"), "--to", "cbam.qreport", "--with", consignment(tmp_path),
        "-o", out, "--ledger", tmp_path / "ledger.json", "--sign", key,
    )  # fmt: skip
    assert done.code == 0, done.err
    root = etree.fromstring(out.read_bytes())
    seen = [element.text for element in root.iter("{*}SpecificEmbeddedEmissions")]
    # direct: (120,000 + 1,050,000 x 2.1 + 10,000 x 1.69) / 1,000,000; indirect: (60,000 + 1,050,000 x 0.2) / 1,000,000
    assert [Decimal(text or "") for text in seen] == [Decimal("2.3419"), Decimal("0.27")]
    assert run("verify", out, "--key", f"{key}.pub.jwk").code == 0
    if XSD.is_file():
        etree.XMLSchema(etree.parse(str(XSD))).assertValid(etree.ElementTree(root))


def test_from_the_workbook_to_the_signed_operators_summary_in_one_command(tmp_path: Path, key: Path) -> None:
    out = tmp_path / "summary.json"
    # the default value of ferro-manganese of China for 2026: 1.69 t CO2e/t, marked up by 10 % (2026/1740)
    file = workbook(tmp_path, "2026", "1.859")
    done = run("translate", file, "--to", "cbam.operator-summary", "-o", out, "--sign", key)
    assert done.code == 0, done.err
    items = json.dumps(read_document(out.read_bytes()).tree)
    assert '"2.34359"' in items  # (120,000 + 2,205,000 + 18,590) / 1,000,000
    assert '"72021120"' in items
    assert run("verify", out, "--key", f"{key}.pub.jwk").code == 0


@pytest.mark.skipif(
    not BLANK.is_file(), reason="the Commission's blank workbook is not at hand (../shared/official)"
)
def test_from_the_workbook_to_the_filled_template_in_one_command(tmp_path: Path) -> None:
    out = tmp_path / "communication.xlsx"
    file = workbook(tmp_path, "2025", "1.69")
    done = run("translate", file, "--to", "cbam.template", "--template", BLANK, "-o", out)
    assert done.code == 0, done.err
    counted = json.loads(run("calculate", "cbam", out, "--json").out)
    assert [good["seeDirect"]["value"] for good in counted["goods"]] == ["2.3419"]
    assert [good["seeIndirect"]["value"] for good in counted["goods"]] == ["0.27"]
