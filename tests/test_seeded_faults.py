"""A fault that is put in on purpose, into any lens, law, residue, ledger or join, fails the checks of the trips.

The records are those of the property tests; a fault counts as found when one of a few of them fails a check.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from lens_faults import (
    TARGET,
    Change,
    Parameters,
    a_day_later,
    first_code,
    found,
    fresh,
    in_first,
    no_sign,
    other_code,
    shorter,
    tenfold,
    texts,
    valued,
    with_fault,
)
from records import complete_record, record_of
from test_workbook_lenses import SAMPLES
from trips import CBAM, ISO, PACT, Trip, outward
from values import check_everything

import gateway.methods.join as join
import gateway.route as route
import gateway.translate.lens as lenses
import gateway.translate.mapping as mapping
import gateway.translate.residue as residue
from gateway.data import load_toml
from gateway.translate.ledger import LedgerError
from gateway.translate.lens import Lens, Out, lens_names, shift

__all__ = ["fresh"]  # the fixture that every test here has


def test_without_a_fault_the_same_records_pass() -> None:
    for target, base_url in TARGET.items():
        for seed in range(3):
            check_everything(outward(complete_record(seed), target, base_url))


# --- lenses ---------------------------------------------------------------------------------------------


def reversed_pair(pair: Any) -> Any:
    return pair[::-1]


def kept_silent(out: Out, _parameters: Parameters) -> Out:
    return out._replace(respelt=False, delta="")


FAULTS: list[tuple[str, str, str, str, Change]] = [
    # lens, side, what is wrong, target, change
    ("verbatim", "lower", "the last character is dropped", ISO, texts(shorter)),
    ("verbatim", "lift", "spaces become underscores", ISO, texts(lambda v: v.replace(" ", "_"))),
    ("code", "lower", "the code beside it", PACT, other_code),
    ("code", "lift", "the first code of the list", CBAM, first_code),
    ("date-as-instant", "lower", "a day later", PACT, valued(a_day_later)),
    ("date-as-instant", "lift", "a day later", PACT, valued(a_day_later)),
    ("boolean-text", "lower", "turned round", CBAM, valued({"true": "false", "false": "true"}.get)),
    ("boolean-text", "lift", "turned round", CBAM, valued(lambda v: not v)),
    ("figure", "lower", "ten times", PACT, valued(tenfold)),
    ("figure", "lift", "a dropped digit", PACT, valued(shorter)),
    ("rounded", "lower", "a dropped digit", CBAM, valued(shorter)),
    ("rounded", "lower", "nobody is told that it rounds", CBAM, kept_silent),
    ("rounded", "lift", "ten times", CBAM, valued(tenfold)),
    ("urn", "lower", "a prefix in capitals", PACT, valued(lambda v: v.replace("urn:lei", "URN:LEI"))),
    ("urn", "lift", "the prefix is not taken off", PACT, valued(lambda v: f"urn:x:{v}")),
    ("urn-of-two", "lower", "model and domain change places", PACT, valued(lambda v: "urn:pact:m:product-id:d")),
    ("urn-of-two", "lift", "model and domain change places", PACT, valued(reversed_pair)),
    ("declared-unit", "lower", "ten times", PACT, in_first(tenfold)),
    ("declared-unit", "lift", "ten times", PACT, in_first(tenfold)),
    ("declared-unit", "lower", "the unit that was not kept", PACT, kept_silent),
    ("per-declared-unit", "lower", "ten times", PACT, valued(tenfold)),
    ("per-declared-unit", "lift", "ten times", PACT, valued(tenfold)),
    ("per-declared-unit", "lower", "a lost sign", PACT, valued(no_sign)),
    ("per-declared-unit", "lift", "a lost sign", PACT, valued(no_sign)),
    ("rating", "lower", "not turned", PACT, valued(lambda v: {"4": "2", "2": "4"}.get(v, v))),
    ("rating", "lift", "another one", PACT, valued(lambda _v: "3")),
    ("constant", "lift", "another unit", PACT, valued(lambda v: "tCO2e" if v == "kgCO2e" else "5-best")),
    ("constant", "lower", "nobody is told that it is brought there", PACT, kept_silent),
]  # fmt: skip


def test_a_fault_is_put_into_every_lens_in_both_directions() -> None:
    """Those of the workbook form are in test_workbook_lenses.py, those of Catena-X and of PACT 2 in
    test_catenax_faults.py and test_pact2_faults.py."""
    import test_catenax_faults as catenax
    import test_pact2_faults as pact2

    of_the_form = {(name, side) for name in SAMPLES for side in ("lower", "lift")}
    of_the_form |= {(name, side) for name, side, *_ in catenax.FAULTS} | catenax.DIRECTLY
    of_the_form |= {(name, side) for name, side, *_ in pact2.FAULTS}
    assert {(name, side) for name, side, *_ in FAULTS} | of_the_form == {
        (name, s) for name in lens_names() for s in ("lower", "lift")
    }


@pytest.mark.parametrize(
    ("name", "side", "target", "change"),
    [(name, side, target, change) for name, side, _, target, change in FAULTS],
    ids=[f"{name} {side}: {what}" for name, side, what, *_ in FAULTS],
)
def test_a_fault_in_a_lens_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, side: str, target: str, change: Change
) -> None:
    monkeypatch.setitem(lenses._MAKERS, name, with_fault(name, side, change))
    assert found(target)


@pytest.mark.parametrize("name", ["per-declared-unit", "rating", "date-as-instant"])
def test_a_fault_that_both_directions_share_is_found_abroad(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It comes home unseen: ten times out is a tenth back."""
    right = lenses._MAKERS[name]

    def faulty(parameters: Parameters) -> Lens:
        good = right(parameters)
        if name == "rating":
            same = lambda value, _get: Out(value, uses=good.needs)  # noqa: E731
            return Lens(same, same, needs=good.needs)
        if name == "date-as-instant":
            return right({**parameters, "end": not parameters.get("end")})
        out = lambda value, get: (o := good.lower(value, get))._replace(value=shift(o.value, 1))  # noqa: E731
        return Lens(out, lambda value, get: good.lift(shift(value, -1), get), needs=good.needs)

    monkeypatch.setitem(lenses._MAKERS, name, faulty)
    assert found(PACT)


# --- laws and tables ------------------------------------------------------------------------------------


def with_table(
    monkeypatch: pytest.MonkeyPatch, table: str, fault: Callable[[dict[str, Any]], object]
) -> None:
    raw = copy.deepcopy(load_toml("mappings", f"{table}.toml"))
    fault(raw)
    monkeypatch.setattr(mapping, "load_toml", lambda *p: raw if p[-1] == f"{table}.toml" else load_toml(*p))


@pytest.mark.parametrize("term", range(7))
def test_a_term_missing_from_a_law_is_found(monkeypatch: pytest.MonkeyPatch, term: int) -> None:
    with_table(monkeypatch, "pact.footprint", lambda raw: _law(raw, "PACT-L01")["terms"].pop(term))
    assert found(PACT)


def _law(raw: Any, law_id: str) -> Any:
    return next(law for law in raw["law"] if law["id"] == law_id)


def test_a_law_that_is_missing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with_table(monkeypatch, "pact.footprint", lambda raw: raw["law"].remove(_law(raw, "PACT-L02")))
    assert found(PACT)


def test_two_places_that_were_mixed_up_are_found_in_the_join(monkeypatch: pytest.MonkeyPatch) -> None:
    table = copy.deepcopy(load_toml("mappings", "join-cbam-goods.toml"))
    rows = {row["id"]: row for row in table["row"]}
    rows["JOIN-034"]["to"], rows["JOIN-035"]["to"] = rows["JOIN-035"]["to"], rows["JOIN-034"]["to"]
    monkeypatch.setattr(join, "join_table", lambda _name: table)
    assert found(CBAM)


# --- residue and ledger -----------------------------------------------------------------------------------


def kept_changed(
    change: Callable[[residue.Residue, route.Journey | None], None],
) -> Callable[..., residue.Residue]:
    right = route.make_residue

    def faulty(ledger: Any, source: Any, *rest: Any) -> residue.Residue:
        made = right(ledger, source, *rest)
        change(made, ledger)
        return made

    return faulty


def one_dropped(made: residue.Residue, _ledger: Any) -> None:
    made.kept.pop(len(made.kept) // 2)


def one_altered(made: residue.Residue, _ledger: Any) -> None:
    path, value = next((p, v) for p, v in made.kept if isinstance(v, str))
    made.kept[made.kept.index((path, value))] = (path, f"{value}1")


def an_exact_one_kept(made: residue.Residue, ledger: Any) -> None:
    entry = next(e for e in ledger.entries if e.fidelity == "exact" and e.before == e.after)
    made.kept.append((entry.source[0], entry.before))


def places_forgotten(made: residue.Residue, _ledger: Any) -> None:
    made.lists.clear()


def parameters_forgotten(made: residue.Residue, _ledger: Any) -> None:
    made.lists = {path: row for path, row in made.lists.items() if not path.endswith("/parameters")}


def rows_forgotten(made: residue.Residue, _ledger: Any) -> None:
    made.rows.clear()


def additions_forgotten(made: residue.Residue, _ledger: Any) -> None:
    made.added.clear()


@pytest.mark.parametrize("target", list(TARGET))
@pytest.mark.parametrize("change", [one_dropped, one_altered, an_exact_one_kept])
def test_a_fault_in_the_residue_is_found(monkeypatch: pytest.MonkeyPatch, target: str, change: Any) -> None:
    monkeypatch.setattr(route, "make_residue", kept_changed(change))
    assert found(target)


@pytest.mark.parametrize("change", [places_forgotten, rows_forgotten, additions_forgotten])
def test_what_helps_to_read_again_is_needed(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    monkeypatch.setattr(route, "make_residue", kept_changed(change))
    assert found(PACT)


def test_the_order_of_parameters_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report holds direct and indirect ones apart, the record holds them in one list."""
    monkeypatch.setattr(route, "make_residue", kept_changed(parameters_forgotten))
    assert "/parameters/" in found(CBAM)


@pytest.mark.parametrize("target", list(TARGET))
@pytest.mark.parametrize("which", [0, -1])
def test_an_entry_dropped_from_the_ledger_is_found(
    monkeypatch: pytest.MonkeyPatch, target: str, which: int
) -> None:
    right = route.compose

    def faulty(*args: Any) -> Any:
        ledger = right(*args)
        del ledger.entries[which]
        return ledger

    monkeypatch.setattr(route, "compose", faulty)
    assert found(target)


def test_the_ledger_itself_refuses_a_leaf_without_an_explanation() -> None:
    trip: Trip = outward(record_of(0), ISO)
    lowered = copy.deepcopy(trip.out.lowered)
    lowered.carried.pop()
    with pytest.raises(LedgerError, match="target leaves and ledger differ"):
        route.compose(trip.out.source.tree, trip.out.lifted, {}, lowered)
