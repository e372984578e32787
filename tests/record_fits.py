"""What must fit together in a record made up at random: totals, codes of one good, plants, references, lots."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gateway.formats.codes import code_list
from gateway.formats.fields import RecordField, record_fields

if TYPE_CHECKING:
    from records import Maker

Tree = dict[str, Any]

FIGURES = ("0", "0.000", "1.50", "3", "12.3456789", "0.0000001", "1000", "123456.7", "2.10", "0.5", "99.99")
PARTS = ("fossil", "landUseChange", "landManagementBiogenic", "biogenicNonCo2")
REMOVALS = ("landManagementRemovals", "technologicalRemovals", "ccsCapture")

REFERENCES = {
    "/goods/*/process": "processes",
    "/processes/*/installation": "installations",
    "/sourceStreams/*/installation": "installations",
    "/sourceStreams/*/process": "processes",
    "/sourceStreams/*/energyUnit": "energyUnits",
    "/energyUnits/*/installation": "installations",
    "/heat/*/energyUnit": "energyUnits",
    "/pfc/*/process": "processes",
    "/heat/*/process": "processes",
    "/wasteGas/*/process": "processes",
    "/activityData/*/process": "processes",
    "/activityData/*/factor": "emissionFactors",
    "/electricity/*/process": "processes",
    "/precursors/*/process": "processes",
    "/precursors/*/ownProcess": "processes",
    "/allocation/*/process": "processes",
    "/consignments/*/lots/*/goods": "goods",
}


def fit_results(maker: Maker, tree: Tree) -> None:
    """Totals are made from parts, exactly; removals are negative; a total without parts stays away."""
    results, rng = tree.get("results") or {}, maker.rng
    for name in (*REMOVALS, "biogenicUptake"):
        if name in results:
            results[name] = rng.choice(("0", "-1.50", "-0.000", "-12.3456789"))
    if not maker.chance():
        results.pop("unit", None)
    figures = _plausible(tree, results)
    results.update({name: rng.choice(figures) for name in PARTS if name in results})
    if "fossil" in results:
        results["landManagementFossil"] = rng.choice(("0", results["fossil"]))
        parts = sum((Decimal(results[name]) for name in PARTS + REMOVALS if name in results), Decimal(0))
        results["totalExcludingUptake"] = format(parts, "f")
        results["total"] = format(parts + Decimal(results.get("biogenicUptake", "0")), "f")
        if maker.fullness < 1 and rng.random() < 0.2:
            del results["totalExcludingUptake"], results["total"]
    else:
        for name in ("totalExcludingUptake", "landManagementFossil", "total", *PARTS, *REMOVALS):
            results.pop(name, None)
    ratings = tree.get("quality") or {}
    if "scale" not in ratings:
        ratings["scale"] = maker.rng.choice(("1-best", "5-best"))
    stages = results.get("byStage", [])
    for row in stages:
        row["value"], row["share"] = "0", "0"
    if stages:
        stages[0] |= (
            {"value": results["total"], "share": "100.00"} if "total" in results else {"share": "100"}
        )
    for stated, figures in (
        ("packagingIncluded", ("packaging", "packagingBiogenicCarbon")),
        ("ccsIncluded", ("ccsCapture", "technologicalRemovals")),
    ):
        if any(name in results for name in figures) and stated in tree.get("boundary", {}):
            tree["boundary"][stated] = True


def _plausible(tree: Tree, results: Tree) -> list[str]:
    """Figures of which no sum is a thousand times the mass of the product."""
    stated, scale = tree.get("unit", {}), code_list("co2e-unit").to("scale", results.get("unit", "tCO2e"))
    row = code_list("unit").rows.get(stated.get("unit", ""), {"dimension": ""})
    mass = (
        Decimal(stated.get("amount", "1")) * Decimal(row["scale"])
        if row["dimension"] == "mass"
        else Decimal("0.0005")
    )
    return [text for text in FIGURES if Decimal(text) * Decimal(scale or "1") * 5 < mass * 1000]


def fit_geography(maker: Maker, tree: Tree) -> None:
    places = tree.get("geography") or {}
    if places:
        kept = maker.rng.choice(sorted(places))
        tree["geography"] = {kept: places[kept]}


def fit_codes(maker: Maker, tree: Tree) -> None:
    """HS, CN and customs codes of one good share their first six digits; few goods, so that lots share them."""
    for part in [tree.get("product", {}), *tree.get("goods", [])]:
        hs6, tail, name = maker.rng.choice(
            (("760110", "10", "Aluminium, unwrought"), ("760519", "00", "Aluminium wire"))
        )
        full = {"hs6": hs6, "cn8": hs6 + tail, "customsCode": f"{hs6}{tail}00"}
        part.update({key: value for key, value in full.items() if key in part})
        if part is not tree.get("product") and "name" in part:
            part["name"] = {**part["name"], "en": name} if "en" in part["name"] else part["name"]


def fit_plants(maker: Maker, tree: Tree) -> None:
    """Processes that the method can compute; what belongs to them is stated as the method reads it."""
    rng = maker.rng
    for process in tree.get("processes", []):
        if maker.fullness < 1 and rng.random() < 0.3:
            process.pop("activityLevel", None)
            continue
        process |= {
            "goodsCategory": "Aluminium products", "activityLevel": rng.choice(("200000", "113000.50", "3000")),
            "activityUnit": rng.choice(("t", "kg")), "directEmissions": rng.choice(("3110000", "5283000.7")),
            "electricityConsumed": rng.choice(("3000000", "105000.125")), "electricityFactorKind": "co2",
            "electricityFactor": rng.choice(("0.41", "0.5810")), "determination": rng.choice(("actual", "default")),
            "electricityDetermination": "default",
        }  # fmt: skip
        process.pop("electricityExported", None)
        process.pop("electricityProduced", None)
        if "electricityProducedFactor" in process:
            process["electricityProducedFactor"] = "0.3910"
    for flow in [*tree.get("heat", []), *tree.get("wasteGas", [])]:
        flow |= {"unit": "TJ", "amount": rng.choice(("0", "12.50")), "emissionFactor": "56.1"}
        flow["direction"] = "imported"
        flow.pop("emissions", None)
    for used in tree.get("precursors", []):
        used |= {"unit": "t", "category": "Unwrought aluminium", "amount": "2.50", "cn8": "76011010"}
        used |= {
            "seeDirect": "1.50",
            "seeIndirect": "6.150",
            "embeddedElectricity": "15",
            "determination": "actual",
        }
        used.pop("ownProcess", None)


def link(maker: Maker, tree: Tree) -> None:
    """References name an element that is there; where there is none they are not stated."""
    fields = {field.path: field for field in record_fields()}
    for path, group in REFERENCES.items():
        rng = maker.later if is_later(fields[path]) else maker.rng
        ids = [row["id"] for row in tree.get(group, [])]
        *_, name = path.split("/")
        for row in _rows(tree, path):
            if name in row and ids:
                row[name] = rng.choice(ids)
            else:
                row.pop(name, None)


def _rows(tree: Tree, path: str) -> Iterator[Tree]:
    rows: list[Any] = [tree]
    for part in path.split("/")[1:-1]:
        rows = (
            [row for found in rows for row in found] if part == "*" else [r[part] for r in rows if part in r]
        )
    return iter(rows)


def fit_lots(rng: random.Random, tree: Tree) -> None:
    """All lots of one consignment are goods under one code and name."""
    goods = tree.get("goods", [])
    kind = lambda good: (good.get("hs6"), good.get("cn8"), good.get("name", {}).get("en"))  # noqa: E731
    for consignment in tree.get("consignments", []):
        if not goods:
            break
        chosen = kind(rng.choice(goods))
        alike = [good["id"] for good in goods if kind(good) == chosen]
        for lot in consignment.get("lots", []):
            if "goods" in lot:
                lot["goods"] = rng.choice(alike)


FIRST_FIELDS = 447
"""Number of the last field for which the seeds of the tests were chosen."""


def is_later(below: Any) -> bool:
    """Whether a field, or every field of a group, came later: it has chance of its own, so that a new field
    does not change what a seed makes of the others."""
    if isinstance(below, RecordField):
        return int(below.id.removeprefix("CN-")) > FIRST_FIELDS
    return all(is_later(part) for part in below.values())
