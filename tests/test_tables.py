"""A table that is wrong does not load, and says what is wrong: each fault is put into a copy of a real table."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

import gateway.translate.mapping as mapping
from gateway.data import load_toml
from gateway.formats.codes import code_list
from gateway.model.paths import canonical_keys, canonical_leaves
from gateway.translate.lens import Lens, LensError, bind, identity, lens, lens_names
from gateway.translate.mapping import MappingError, mappings, plan

Raw = dict[str, Any]
VERSIONS = {
    "cbam.qreport": "23.00",
    "cbam.template": "2.1",
    "cn.pcf": "1",
    "iso14067.report": "2018",
    "pact.footprint": "3.0",
    "cbam.operator-report": "2025-2547",
    "cbam.operator-summary": "2025-2547",
    "catenax.pcf": "9.0.0",
}


def row(raw: Raw, name: str) -> Raw:
    found: Raw = next(
        r for kind in ("field", "law", "default", "drop") for r in raw.get(kind, []) if r["id"] == name
    )
    return found


def broken(monkeypatch: pytest.MonkeyPatch, table: str, fault: Callable[[Raw], object]) -> str:
    """What the loader says of a copy of a table with a fault put in."""
    raw = copy.deepcopy(load_toml("mappings", f"{table}.toml"))
    fault(raw)
    monkeypatch.setattr(
        mapping, "load_toml", lambda *parts: raw if parts[-1] == f"{table}.toml" else load_toml(*parts)
    )
    with pytest.raises(MappingError) as raised:
        plan.__wrapped__(f"{table}@{VERSIONS[table]}")
    return str(raised.value)


def without(raw: Raw, kind: str, name: str) -> None:
    raw[kind] = [r for r in raw[kind] if r["id"] != name]


def test_every_table_loads_in_every_version() -> None:
    assert set(VERSIONS) <= set(mappings())
    for name in mappings():
        for version in load_toml("mappings", f"{name}.toml")["versions"]:
            assert plan(f"{name}@{version}").rows
            assert plan(f"{name}@{version}", extension=False).rows


FAULTS: list[tuple[str, str, Callable[[Raw], object], str]] = [
    ("a canonical path that the record does not have", "pact.footprint",
     lambda raw: row(raw, "PACT-007").update(canonical="/producer/name/fr"), "PACT-007 names /producer/name/fr"),
    ("a foreign path that the schema does not have", "pact.footprint",
     lambda raw: row(raw, "PACT-007").update(external="companyNom"), "companyNom is not in the schema"),
    ("a foreign path that is a group", "cbam.qreport",
     lambda raw: row(raw, "CBAM-006").update(external="Declarant/ActorAddress"), "Declarant/ActorAddress is not in"),
    ("a context path that the record does not have", "pact.footprint",
     lambda raw: row(raw, "PACT-069")["with"].update(scale="/quality/scales"), "PACT-069 names /quality/scales"),
    ("a lens that does not exist", "pact.footprint",
     lambda raw: row(raw, "PACT-007").update(lens="uppercase"), "PACT-007: no lens is called uppercase"),
    ("a lens without a parameter that it needs", "cbam.qreport",
     lambda raw: row(raw, "CBAM-082").update({"with": {"digits": 16}}), "CBAM-082: the lens rounded cannot be bound"),
    ("a clause that is not in the register", "iso14067.report",
     lambda raw: row(raw, "ISO-001").update(clause="ISO-99999:1"), "ISO-001 cites ISO-99999:1"),
    ("an id that stands twice", "cbam.qreport",
     lambda raw: row(raw, "CBAM-002").update(id="CBAM-001"), "id CBAM-001 stands twice"),
    ("an id that a row and a drop share", "pact.footprint",
     lambda raw: row(raw, "PACT-X01").update(id="PACT-001"), "id PACT-001 stands twice"),
    ("a required leaf of the schema that nothing fills", "cbam.qreport",
     lambda raw: without(raw, "field", "CBAM-004"), "Year (required) has no row, law, default or drop"),
    ("an optional leaf of the schema that nothing fills", "iso14067.report",
     lambda raw: without(raw, "drop", "ISO-X02"), "(optional) has no row, law, default or drop"),
    ("a leaf of the record without a row or a drop", "cbam.qreport",
     lambda raw: without(raw, "drop", "CBAM-X49"), "/notes/*/path has neither a row nor a drop"),
    ("a drop of what the record does not have", "pact.footprint",
     lambda raw: row(raw, "PACT-X38").update(path="/note"), "PACT-X38 drops /note"),
    ("a drop of what the schema does not have", "pact.footprint",
     lambda raw: row(raw, "PACT-X02").update(path="extension"), "extension is not in the schema"),
    ("a law over a leaf that the schema does not have", "pact.footprint",
     lambda raw: row(raw, "PACT-L01").update(external="pcf/sum"), "pcf/sum is not in the schema"),
    ("a law over a term that the schema does not have", "pact.footprint",
     lambda raw: row(raw, "PACT-L01")["terms"].append("pcf/luck"), "PACT-L01 adds up pcf/luck"),
    ("a default that waits for what the schema does not have", "iso14067.report",
     lambda raw: row(raw, "ISO-D01").update(when="7.4"), "ISO-D01 waits for 7.4"),
    ("a selector that is not declared", "pact.footprint",
     lambda raw: row(raw, "PACT-020").update(external="extensions/{tw.pcf}/data"), "no selector is called tw.pcf"),
    ("a code list that does not exist", "cbam.qreport",
     lambda raw: row(raw, "CBAM-084")["with"].update(list="masses"), "CBAM-084"),
    ("a meaning that does not exist", "pact.footprint",
     lambda raw: row(raw, "PACT-007").update(meaning="similar"), "PACT-007: meaning similar"),
    ("two sides that repeat differently", "cbam.qreport",
     lambda raw: row(raw, "CBAM-042").update(canonical="/declaration/year"), "CBAM-042: the two sides repeat"),
    ("a group that is paired by what is not its key", "iso14067.report",
     lambda raw: raw["groups"]["report/sites"].update(key="industryCode"), "the group report/sites is not paired"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "fault", "said"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_table_does_not_load_with(
    monkeypatch: pytest.MonkeyPatch, table: str, fault: Callable[[Raw], object], said: str
) -> None:
    assert said in broken(monkeypatch, table, fault)


def test_a_row_stands_only_in_the_versions_that_have_its_element() -> None:
    placed = {
        version: {row.external_paths[0] for row in plan(f"cbam.qreport@{version}").rows}
        for version in load_toml("mappings", "cbam.qreport.toml")["versions"]
    }
    for path, versions in {
        "DraftReportId": {"17.03"},
        "NationalCompetentAuth/ReferenceNumber": {"17.03", "18.00"},
        "Declarant/ActorAddress/Country": {"17.03", "18.00", "19.00"},
        "ImportedGood/*/GoodsEmissions/*/ProdMethodQualifyingParams/MethodId": {"23.00"},
    }.items():
        assert {version for version, paths in placed.items() if path in paths} == versions, path


def test_an_unknown_table_or_version_does_not_load() -> None:
    with pytest.raises(MappingError, match="there is no table for tidas"):
        plan("tidas.process@1")
    with pytest.raises(MappingError, match=r"version 1\.9 is not one of"):
        plan("pact.footprint@1.9")


# --- lenses ---------------------------------------------------------------------------------------------


def test_a_lens_without_an_inverse_cannot_be_made() -> None:
    with pytest.raises(TypeError):
        Lens(identity)  # type: ignore[call-arg]


def test_a_lens_name_is_registered_once() -> None:
    with pytest.raises(LensError, match="verbatim is registered twice"):
        lens("verbatim")(lambda _parameters: Lens(identity, identity))
    assert bind("verbatim", {}).verbatim


def test_every_lens_is_used_by_a_table() -> None:
    tables = [f"{name}@{v}" for name in mappings() for v in load_toml("mappings", f"{name}.toml")["versions"]]
    used = {r.lens_name for table in tables for r in plan(table).rows}
    assert used == set(lens_names())


# --- keys and codes ---------------------------------------------------------------------------------------


def test_the_lists_that_others_refer_to_have_keys() -> None:
    keys = canonical_keys()
    for place in ("goods", "processes", "installations", "emissionFactors", "consignments"):
        assert f"/{place}" in keys
    for place, key in keys.items():
        assert f"{place}/*/{key}" in canonical_leaves()


ONE_WINS = {("unit", "pact"): {"kilogram": "kg", "kilowatt hour": "kWh", "megajoule": "MJ"}}
"""Code tables that are not one to one: for each foreign code, the code of ours that it becomes."""


def test_a_code_table_that_is_not_one_to_one_says_which_side_wins() -> None:
    found: dict[tuple[str, str], dict[str, str | None]] = {}
    for name in mappings():
        for made in plan(f"{name}@{VERSIONS[name]}").rows:
            parameters = made.parameters
            if "list" not in parameters or "column" not in parameters or made.lens_name == "by-list":
                continue  # by-list is never read back
            codes, column = code_list(parameters["list"]), parameters["column"]
            shared = {value: codes.from_(column, value) for value in codes.ambiguous(column)}
            if shared:
                found[parameters["list"], column] = shared
    assert found == ONE_WINS
