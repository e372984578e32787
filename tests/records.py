"""Chinese records made up at random: valid, complete or partial, from the table and types of the record.

One source of chance serves both a seeded run (``record_of(seed)``) and hypothesis (``records``), which then
shrinks what it finds. Text is chosen to be awkward: Chinese, line breaks, leading zeros, trailing zeros, slashes.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from record_fits import FIGURES, fit_codes, fit_geography, fit_lots, fit_plants, fit_results, is_later, link

from gateway.formats.codes import code_list
from gateway.formats.fields import RecordField, record_fields, record_keys

Tree = dict[str, Any]

TEXTS = (
    "示例铝业有限公司", "Example Works No. 7", "00123", "第一行\n第二行", "a/b~c = @d", "<&>\"'", "é – ö", "1.50", "-",
    "true",
)  # fmt: skip
AMOUNTS = ("1", "1", "10", "3", "0.5", "1.0", "1000", "2.50")
UNITS = ("t", "kg", "g", "kWh", "MWh", "m3", "piece", "L", "GJ", "m2")
DATES = ("2024-02-29", "2024-12-31", "2025-01-01", "2023-07-15")


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
        fit_results(self, tree)
        fit_geography(self, tree)
        fit_codes(self, tree)
        fit_plants(self, tree)
        link(self, tree)
        fit_lots(self.rng, tree)
        return _pruned(tree)

    def chance(self) -> bool:
        return self.fullness >= 1 or self.rng.random() < self.fullness

    def group(self, path: str, shape: Tree) -> Tree:
        made: Tree = {}
        for name, below in shape.items():
            here = f"{path}/{name}"
            kept = self.rng
            self.rng = self.later if is_later(below) else self.rng
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
