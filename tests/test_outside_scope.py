"""Which origins are outside CBAM: what the texts say, and nothing that they do not."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from command import CONSIGNMENT, LOADED, run

from gateway.data import load_toml
from gateway.formats.codes import code_list
from gateway.methods.scope import outside_scope

LIST = code_list("cbam-outside-scope").rows


def test_the_four_countries_of_annex_iii_and_the_member_states_are_outside() -> None:
    by_basis = {basis: {c for c, r in LIST.items() if r["basis"] == basis} for basis in ("annex III.1",)}
    assert by_basis["annex III.1"] == {"IS", "LI", "NO", "CH"}
    assert sum(row["basis"] == "Member State" for row in LIST.values()) == 27
    assert by_basis["annex III.1"] <= outside_scope()


def test_the_outermost_regions_that_the_commission_names_are_the_union() -> None:
    """Questions and answers 1.8: La Réunion, Mayotte, Guadeloupe and Martinique."""
    assert {"RE", "YT", "GP", "MQ"} <= outside_scope()


@pytest.mark.parametrize("code", ["NC", "PF", "PM", "WF", "GB", "XI", "GL", "CN"])
def test_overseas_countries_and_territories_are_third_countries(code: str) -> None:
    assert code not in LIST


@pytest.mark.parametrize("code", ["GF", "MF", "AX", "MC", "XC", "XL"])
def test_what_no_text_at_hand_says_is_listed_as_unconfirmed_and_exempts_nobody(code: str) -> None:
    assert LIST[code]["confirmed"] == "no"
    assert code not in outside_scope()


def test_every_row_names_a_clause_that_is_known() -> None:
    known = load_toml("mappings", "sources.toml")
    clauses = {key for part in known.values() for key in part}
    assert {row["clause"] for row in LIST.values()} <= clauses
    assert {row["confirmed"] for row in LIST.values()} == {"yes", "no"}


@pytest.mark.parametrize(("code", "refused"), [("RE", True), ("NC", False), ("GF", False)])
def test_a_default_value_is_refused_only_for_an_origin_that_is_outside(code: str, refused: bool) -> None:
    done = run("lookup", "default", "72081000", "--country", code, "--year", "2026")
    assert ("[DEFAULT-COUNTRY-OUTSIDE]" in done.err) is refused


def test_a_consignment_from_la_reunion_is_no_cbam_good(tmp_path: Path) -> None:
    consignment = json.loads(CONSIGNMENT)
    tree = {**copy.deepcopy(LOADED), **consignment}
    for lot in tree["consignments"]:
        lot["origin"] = "RE"
    path = tmp_path / "record.json"
    path.write_text(json.dumps(tree))
    done = run("check", path)
    assert "[RECORD-ORIGIN]" in done.text
