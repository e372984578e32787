"""A fault in a lens of Catena-X fails the checks of the trips, as those of every other lens do."""

from __future__ import annotations

from typing import Any

import pytest
from catenax_documents import CX7, CX9, VERSIONS
from lens_faults import Change, found, fresh, in_first, shorter, tenfold, texts, valued, with_fault
from records import complete_record
from trips import outward
from values import check_everything

import gateway.translate.lens as lenses

__all__ = ["fresh"]  # the fixture that every test here has
Pair = tuple[str, Any]


def swapped(one: str, other: str) -> Change:
    return valued(lambda v: {one: other, other: one}.get(v, v))


FAULTS: list[tuple[str, str, str, str, Change]] = [
    # lens, side, what is wrong, target, change
    ("uuid", "lower", "the last character is dropped", CX9, texts(shorter)),
    ("uuid", "lift", "the last character is dropped", CX9, texts(shorter)),
    ("declared-unit-of", "lower", "ten times", CX9, in_first(tenfold)),
    ("declared-unit-of", "lift", "ten times", CX9, in_first(tenfold)),
    ("without-part", "lower", "ten times", CX9, valued(tenfold)),
    ("without-part", "lift", "ten times", CX9, valued(tenfold)),
    ("unless-stated", "lower", "ten times", CX7, valued(tenfold)),
    ("the-only-one", "lower", "another report", CX9, swapped("AR5", "AR6")),
    ("the-only-one", "lift", "another report", CX9, swapped("AR5", "AR6")),
    ("named-or-other", "lower", "another standard", CX7, swapped("Other", "PEF")),
    ("named-or-other", "lift", "another standard", CX7, valued(lambda v: f"{v} 2")),
    ("unless-finer", "lower", "another country", CX9, texts(shorter)),
    ("unless-finer", "lift", "another country", CX9, texts(shorter)),
    ("name-and-version", "lower", "the version is dropped", CX9, texts(shorter)),
    ("name-and-version", "lift", "the version is dropped", CX9, valued(lambda v: (v[0], None))),
]
DIRECTLY = {
    ("unless-stated", "lift"), ("by-list", "lower"), ("by-list", "lift"),
    ("implied-beside", "lower"), ("implied-beside", "lift"),
}  # fmt: skip
"""What no trip from a record shows: test_catenax.py asks for each of them by name."""


def test_without_a_fault_the_same_records_pass() -> None:
    for target in VERSIONS:
        for seed in range(3):
            check_everything(outward(complete_record(seed), target))


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
