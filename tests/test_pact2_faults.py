"""A fault in a lens of PACT 2 fails the checks of the trips, as those of every other lens do."""

from __future__ import annotations

import pytest
from lens_faults import Change, found, fresh, in_first, tenfold, texts, valued, with_fault
from trips import PACT_23

import gateway.translate.lens as lenses

__all__ = ["fresh"]  # the fixture that every test here has

FAULTS: list[tuple[str, str, str, Change]] = [
    # lens, side, what is wrong, change
    ("number", "lower", "ten times", valued(tenfold)),
    ("number", "lift", "ten times", valued(tenfold)),
    ("per-one-unit", "lower", "ten times", valued(tenfold)),
    ("per-one-unit", "lift", "ten times", valued(tenfold)),
    ("product-amount", "lower", "ten times", in_first(tenfold)),
    ("product-amount", "lift", "ten times", in_first(tenfold)),
    ("unless", "lower", "another spelling", texts(lambda v: f"{v}x")),
    ("unless", "lift", "another spelling", texts(lambda v: f"{v}x")),
]


@pytest.mark.parametrize(
    ("name", "side", "change"),
    [(name, side, change) for name, side, _, change in FAULTS],
    ids=[f"{name} {side}: {what}" for name, side, what, _ in FAULTS],
)
def test_a_fault_in_a_lens_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, side: str, change: Change
) -> None:
    monkeypatch.setitem(lenses._MAKERS, name, with_fault(name, side, change))
    assert found(PACT_23)
