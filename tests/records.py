"""Chinese records made up at random: valid, complete or partial, from the table and types of the record.

One source of chance serves both a seeded run (``record_of(seed)``) and hypothesis (``records``), which then
shrinks what it finds. Text is chosen to be awkward: Chinese, line breaks, leading zeros, trailing zeros, slashes.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from gateway.formats.codes import code_list
from gateway.formats.fields import RecordField, record_fields, record_keys

Tree = dict[str, Any]

TEXTS = (
    "示例铝业有限公司", "Example Works No. 7", "00123", "第一行\n第二行", "a/b~c = @d", "<&>\"'", "é – ö", "1.50", "-",
    "true",
)  # fmt: skip
FIGURES = ("0", "0.000", "1.50", "3", "12.3456789", "0.0000001", "1000", "123456.7", "2.10", "0.5", "99.99")
AMOUNTS = ("1", "1", "10", "3", "0.5", "1.0", "1000", "2.50")
UNITS = ("t", "kg", "g", "kWh", "MWh", "m3", "piece", "L", "GJ", "m2")
DATES = ("2024-02-29", "2024-12-31", "2025-01-01", "2023-07-15")

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

Choice = Callable[[random.Random], Any]


def one_of(*values: str) -> Choice:
    return lambda rng: rng.choice(values)


def _uuid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _urn(rng: random.Random) -> str:
    """Any URN, among them one of the very form that a row of its own makes of model and domain."""
    made = f"urn:uuid:{_uuid(rng)}"
    return rng.choice(
        (made, "urn:gtin:4712345060507", "urn:pact:aluminium.example:product-id:remelt-slab", "urn:lei:x")
    )


SPECIAL: dict[str, Choice] = {
    "/record/id": _uuid,
    "/record/precedingIds/*": _uuid,
    "/record/reportDate": one_of("2025-06-10", "2026-01-01"),
    "/record/validFrom": one_of("2025-06-10"),
    "/record/validUntil": one_of("2026-12-31", "2027-06-30"),
    "/producer/uscc": one_of("91620100MAEXAMPL83"),
    "/producer/lei": one_of("5493001KJTIIGC8Y1R12"),
    "/producer/domain": one_of("aluminium.example", "cement.example"),
    "/producer/ids/*": _urn,
    "/product/ids/*": _urn,
    "/product/classifications/*": _urn,
    "/product/model": one_of("Al99.70", "P·I 42.5", "remelt-slab", "A/1 (x)"),
    "/product/cpc": one_of("41431", "07123"),
    "/goods/*/steelMillNumber": one_of("00042", "M7"),
    "/basis/gwpSets/*": one_of("AR6", "AR5"),
    "/basis/standard": one_of("GB/T 24067-2024", "ISO 14067:2018", "PAS 2050:2011", "Sector rule 7"),
    "/basis/standards/*": one_of("ISO 14067:2018", "PEF", "示例标准", "GB/T 24067-2024", "ISO14067"),
    "/basis/productStandard": one_of("GB/T 44905-2024"),
    "/verification/standard": one_of("ISO 14064-3:2019"),
    "/product/netMass": one_of("1000", "12.3456789", "1.50"),
    "/unit/amount": one_of(*AMOUNTS),
    "/unit/unit": one_of(*UNITS),
    "/boundary/type": one_of("cradle-to-gate"),
    "/unit/kind": one_of("declared"),
    "/boundary/cutOffSingle": one_of("1", "0.5"),
    "/boundary/cutOffTotal": one_of("5", "3.00"),
    "/time/periodStart": one_of("2024-01-01", "2023-03-01"),
    "/time/periodEnd": one_of("2024-12-31", "2024-02-29"),
    "/verification/assured": lambda _rng: True,
    "/verification/completed": one_of("2025-05-30", "2026-02-28"),
    "/consignments/*/origin": one_of("CN"),
    "/consignments/*/lots/*/country": one_of("CN"),
    "/certificate/validFrom": one_of("2025-06-10"),
    "/certificate/validUntil": one_of("2027-06-09"),
    "/geography/subdivision": one_of("CN-GS", "CN-HA"),
    "/installations/*/unlocode": one_of("CNLHW", "CNZGZ"),
    "/installations/*/latitude": one_of("36.0611", "-0.500", "0.0"),
    "/installations/*/longitude": one_of("103.8343", "-103.80"),
    "/quality/primaryDataShare": one_of("85", "80.50", "0"),
    "/declaration/year": one_of("2025", "2024"),
    "/declaration/submitted": one_of("2026-01-20T10:00:00Z"),
    "/electricity/*/factorKind": one_of("footprint"),
    "/processes/*/electricityFactorKind": one_of("co2"),
    "/processes/*/electricityFactorCode": one_of("01", "02"),
    "/emissionFactors/*/kind": one_of("footprint"),
    "/consignments/*/lots/*/carbonPrices/*/amount": one_of("12", "3.50"),
    "/consignments/*/quantities/*/measures/*/indicator": one_of("0", "1"),
    "/consignments/*/quantities/*/inwardProcessing/*/dischargeWaiver": one_of("0", "1"),
}
SHARES = (
    "Share",
    "nitrogenContent",
    "losses",
    "oxidationFactor",
    "conversionFactor",
    "fficiency",
    "weightFraction",
)


class Maker:
    """Makes one record. ``fullness``: how likely a field is stated; 1 states every one."""

    def __init__(self, rng: random.Random, fullness: float) -> None:
        self.rng, self.fullness = rng, fullness
        self.later = _forked(rng)
        self.used: dict[str, set[str]] = {}

    def record(self) -> Tree:
        tree: Tree = self.group("", _shape())
        tree["format"] = "cn.pcf@1"
        _results(self, tree)
        _one_geography(self, tree)
        _codes_agree(self, tree)
        _plants(self, tree)
        _link(self, tree)
        _lots(self.rng, tree)
        return _pruned(tree)

    def chance(self) -> bool:
        return self.fullness >= 1 or self.rng.random() < self.fullness

    def group(self, path: str, shape: Tree) -> Tree:
        made: Tree = {}
        for name, below in shape.items():
            here = f"{path}/{name}"
            kept = self.rng
            self.rng = self.later if _is_later(below) else self.rng
            value = self.value(here, below)
            self.rng = kept
            if value not in (None, {}, []):
                made[name] = value
        return made

    def value(self, here: str, below: Any) -> Any:
        if isinstance(below, RecordField):
            if below.is_list:
                few = self.rng.randint(1, 3) if self.chance() else 0
                return list(dict.fromkeys(str(self.leaf(below)) for _ in range(few)))
            return (
                self.leaf(below)
                if self.chance() or record_keys().get(here.rpartition("/")[0][:-2]) == here
                else None
            )
        if set(below) != {"*"}:
            return self.group(here, below)
        self.used[f"{here}/*"] = set()
        few = self.rng.choice((1, 2, 3) if self.fullness >= 1 else (0, 1, 2, 3, 4))
        return [made for _ in range(few) if (made := self.element(f"{here}/*", below["*"]))]

    def element(self, path: str, shape: Tree) -> Tree:
        """An element of a list; None where no key is left for another one."""
        made = self.group(path, shape)
        key = record_keys().get(path.removesuffix("/*"))
        if key is None:
            return made
        name, known = key.rpartition("/")[2], self.used[path]
        field: RecordField = shape[name]
        for _ in range(20):
            value = self.key(field)
            if value not in known:
                known.add(value)
                return {**made, name: value}
        return {}

    def key(self, field: RecordField) -> str:
        if field.codes:
            return self.rng.choice(sorted(code_list(field.codes).codes))
        if field.type == "integer":
            return str(
                self.rng.randint(1, 9) if not field.path.endswith("year") else self.rng.randint(2020, 2025)
            )
        return (
            self.rng.choice("GPSX")
            + self.rng.choice(("", "-", "/", "~", "0", " "))
            + str(self.rng.randint(1, 99))
        )

    def leaf(self, field: RecordField) -> Any:
        rng = self.rng
        if field.path in SPECIAL:
            return SPECIAL[field.path](rng)
        if field.codes:
            return rng.choice(sorted(code_list(field.codes).codes))
        if field.path.startswith("/quality/") and field.type == "decimal":
            return rng.choice(("1", "2.0", "2.50", "4", "5"))
        if field.type == "decimal" and any(field.path.endswith(end) for end in SHARES):
            return rng.choice(("0", "0.50", "1", "0.125"))
        made = {
            "text": lambda: rng.choice(TEXTS),
            "decimal": lambda: rng.choice(FIGURES),
            "integer": lambda: str(rng.randint(1, 2025)),
            "boolean": lambda: rng.random() < 0.5,
            "date": lambda: rng.choice(DATES),
            "datetime": lambda: "2025-01-31T08:00:00Z",
        }
        return made[field.type]()


FIRST_FIELDS = 447
"""Number of the last field for which the seeds of the tests were chosen."""


def _is_later(below: Any) -> bool:
    """Whether a field, or every field of a group, came later: it has chance of its own, so that a new field
    does not change what a seed makes of the others."""
    if isinstance(below, RecordField):
        return int(below.id.removeprefix("CN-")) > FIRST_FIELDS
    return all(_is_later(part) for part in below.values())


def _forked(rng: random.Random) -> random.Random:
    """A second source of the same seed; hypothesis keeps its own, which it then can shrink."""
    if type(rng) is not random.Random:
        return rng
    made = random.Random()
    made.setstate(rng.getstate())
    return made


def _shape() -> Tree:
    """The fields as a tree of groups; ``{"*": …}`` is a list of groups."""
    root: Tree = {}
    for field in record_fields():
        node = root
        *groups, last = field.path.removesuffix("/*").split("/")[1:]
        for part in groups:
            node = node.setdefault(part, {})
        node[last] = field
    return root


# --- what must fit together ------------------------------------------------------------------------------


def _results(maker: Maker, tree: Tree) -> None:
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


def _one_geography(maker: Maker, tree: Tree) -> None:
    places = tree.get("geography") or {}
    if places:
        kept = maker.rng.choice(sorted(places))
        tree["geography"] = {kept: places[kept]}


def _codes_agree(maker: Maker, tree: Tree) -> None:
    """HS, CN and customs codes of one good share their first six digits; few goods, so that lots share them."""
    for part in [tree.get("product", {}), *tree.get("goods", [])]:
        hs6, tail, name = maker.rng.choice(
            (("760110", "10", "Aluminium, unwrought"), ("760519", "00", "Aluminium wire"))
        )
        full = {"hs6": hs6, "cn8": hs6 + tail, "customsCode": f"{hs6}{tail}00"}
        part.update({key: value for key, value in full.items() if key in part})
        if part is not tree.get("product") and "name" in part:
            part["name"] = {**part["name"], "en": name} if "en" in part["name"] else part["name"]


def _plants(maker: Maker, tree: Tree) -> None:
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


def _link(maker: Maker, tree: Tree) -> None:
    """References name an element that is there; where there is none they are not stated."""
    fields = {field.path: field for field in record_fields()}
    for path, group in REFERENCES.items():
        rng = maker.later if _is_later(fields[path]) else maker.rng
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


def _lots(rng: random.Random, tree: Tree) -> None:
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


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        made = {key: _pruned(inner) for key, inner in value.items()}
        return {key: inner for key, inner in made.items() if inner not in ({}, [])}
    if isinstance(value, list):
        return [made for inner in value if (made := _pruned(inner)) not in ({}, [])]
    return value


def make_record(rng: random.Random) -> Tree:
    """A record from one source of chance: every fourth is complete, the others state from a fifth to nearly all."""
    fullness = rng.choice((1.0, 0.95, 0.6, 0.2))
    return Maker(rng, fullness).record()


def record_of(seed: int) -> Tree:
    """The record of a seed: the same one on every machine."""
    return make_record(random.Random(seed))


def complete_record(seed: int) -> Tree:
    """A record in which every field is stated."""
    return Maker(random.Random(seed), 1.0).record()


records = st.randoms(use_true_random=False).map(make_record)
"""The same records for hypothesis, which shrinks what it finds."""
