"""What the tests of Catena-X share: a record with all that is asked for, the clean documents, relations of lenses."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from typing import Any

import pytest
from shared_files import SHARED
from trips import Trip
from values import RELATIONS, Relation

from gateway.data import data_path
from gateway.formats.codes import code_list
from gateway.formats.json_reader import read_json
from gateway.formats.leaves import at
from gateway.translate.mapping import Row

CX7, CX8, CX9 = (f"catenax.pcf@{version}" for version in ("7.0.0", "8.0.0", "9.0.0"))
VERSIONS = (CX7, CX8, CX9)


def asked_for() -> dict[str, Any]:
    """The aluminium example with the fields that Catena-X asks for and no other format does."""
    tree: dict[str, Any] = json.loads(data_path("examples", "aluminium.json").read_bytes())
    tree["basis"] |= {
        "pcfType": "retrospective", "wasteIncineration": "reverse-cut-off", "massBalancingUsed": False,
        "massBalancingFreeAttribution": "not-applicable", "massBalancingScheme": "not applicable",
        "productRules": [{"operator": "other", "operatorName": "SAC", "names": ["urn:pact:example.org:pcr:44905"]}],
    }  # fmt: skip
    tree["boundary"] |= {"distributionIncluded": False, "cutOffTotal": "3"}
    tree["results"] |= {"packagingIncludingUptake": "0"}
    tree["producer"] |= {"ids": ["urn:bpn:id:BPNL000000000ABC"]}
    return tree


def clean(format_id: str) -> Any:
    """The clean document of the cases, in one version."""
    return read_json(data_path("conformance", "cases", "bases", f"catenax-{format_id[12]}.json").read_bytes())


def published(format_id: str) -> bytes:
    """The published example, where it is at hand."""
    path = SHARED / "samples" / "catenax" / f"pcf_{format_id.partition('@')[2]}_Pcf.json"
    if not path.exists():
        if os.environ.get("CBAMGW_FULL") == "1":
            pytest.fail(f"{path.name} is not at hand")
        pytest.skip(f"{path.name} is not at hand: CBAMGW_SHARED names the folder of samples")
    return path.read_bytes()


# --- what each lens promises, by plain arithmetic --------------------------------------------------------------


def _declared(trip: Trip) -> tuple[Fraction, Fraction]:
    """The declared amount of the record in the foreign unit, and the amount that is declared abroad."""
    unit = trip.source.tree["unit"]
    row = code_list("unit").rows[unit["unit"]]
    path = next(r.external_paths[0] for r in trip.table.rows if r.lens_name.startswith("declared-unit"))
    return Fraction(unit["amount"]) * Fraction(row["pact_scale"]), Fraction(at(trip.abroad.tree, f"/{path}"))


def _own(trip: Trip, row: Row) -> Fraction:
    if not row.parameters.get("with", row.parameters).get("unit"):
        return Fraction(1)
    return Fraction(code_list("co2e-unit").rows[trip.source.tree["results"]["unit"]]["scale"])


def per_declared_unit(trip: Trip, row: Row, before: list[str], after: list[str]) -> bool:
    """The figure per unit of the foreign unit is the same on both sides."""
    amount, stated = _declared(trip)
    return Fraction(before[0]) * _own(trip, row) / amount == Fraction(after[0]) / stated


def declared_unit_of(trip: Trip, _row: Row, _before: list[str], after: list[str]) -> bool:
    """An amount of a foreign unit stays; a power of ten of another one becomes 1."""
    unit = trip.source.tree["unit"]
    row = code_list("unit").rows[unit["unit"]]
    amount = Fraction(unit["amount"]) * Fraction(row["pact_scale"])
    one = row["pact_scale"] != "1" and set(str(amount).strip("0").replace("/1", "").replace("0", "")) <= {"1"}
    return after[1] == row["pact"] and Fraction(after[0]) == (1 if one else amount)


def for_one_unit(trip: Trip, row: Row, before: list[str], after: list[str]) -> bool:
    """The figure of ONE unit; a quotient without an end is right to 15 digits."""
    exact = Fraction(before[0]) * _own(trip, row) / _declared(trip)[0]
    return abs(Fraction(after[0]) - exact) <= abs(exact) / 10**14


def without_part(trip: Trip, row: Row, before: list[str], after: list[str]) -> bool:
    """The figure less its part, which stands beside it abroad."""
    part = at(trip.source.tree, row.parameters["part"]) or "0"
    return per_declared_unit(trip, row, [str(Fraction(before[0]) - Fraction(part))], after)


def _same(_trip: Trip, _row: Row, before: list[str], after: list[str]) -> bool:
    return before[0] == after[0]


def named_or_other(_trip: Trip, row: Row, before: list[str], after: list[str]) -> bool:
    known = code_list("standard-catenax").rows.get(before[0])
    return after[0] == (known["catenax7"] if known else row.parameters["other"])


def name_and_version(_trip: Trip, _row: Row, before: list[str], after: list[str]) -> bool:
    return after == [" ".join(before)]


MORE: dict[str, Relation] = {
    "uuid": _same,
    "the-only-one": _same,
    "unless-finer": _same,
    "declared-unit-of": declared_unit_of,
    "per-declared-unit": per_declared_unit,
    "per-one-unit": for_one_unit,
    "unless-stated": for_one_unit,
    "without-part": without_part,
    "named-or-other": named_or_other,
    "name-and-version": name_and_version,
}


def _in_catenax(name: str) -> Relation:
    """The relation of a lens here; that of another format where the trip went there."""
    ours, others = MORE[name], RELATIONS.get(name, MORE[name])
    return lambda trip, *rest: (ours if trip.target in VERSIONS else others)(trip, *rest)


RELATIONS.update({name: _in_catenax(name) for name in MORE})
