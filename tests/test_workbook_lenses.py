"""The lenses of the workbook form, by values worked out by hand, and faults put into them in both directions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest

import gateway.translate.lenses_workbook  # noqa: F401 - registers the lenses
from gateway.translate.lens import Lens, LensRefusal, Out, bind

PLANT: dict[str, Any] = {
    "/processes": [{"id": "EAF"}, {"id": "P2"}],
    "/installations/0/address/number": "12",
}


class Pair(NamedTuple):
    """What the record says, what the form says, and what comes home from there."""

    here: Any
    there: Any
    home: Any


class Sample(NamedTuple):
    parameters: Mapping[str, Any]
    pairs: tuple[Pair, ...]


SAMPLES: dict[str, Sample] = {
    "numbered": Sample(
        {"list": "/processes", "prefix": "P", "label": "P"},
        (Pair("EAF", "P1", "P1"), Pair("P2", "P2", "P2")),
    ),
    "in-unit": Sample(
        {"units": {"t": ["t", 0], "kg": ["t", -3], "10^4Nm3": ["1000Nm3", 1]}},
        (
            Pair(("2500", "kg"), ("2.500", "t"), ("2.500", "t")),
            Pair(("1.25", "10^4Nm3"), ("12.5", "1000Nm3"), ("1.25", "10^4Nm3")),
            Pair(("7", "t"), ("7", "t"), ("7", "t")),
        ),
    ),
    "percent": Sample({}, (Pair("0.155", "15.5", "0.155"), Pair("1", "100", "1.00"))),
    "percent-by-kind": Sample(
        {"list": "cbam-parameter"},
        (
            Pair(("95", "QPD02"), ("0.95", "QPD02"), ("95", "QPD02")),
            Pair(("Coke", "QPD01"), ("Coke", "QPD01"), ("Coke", "QPD01")),
        ),
    ),
    "product-as-factor": Sample(
        {"digits": 17}, (Pair(("0.4", "0.2"), ("0.4", "0.5"), ("0.4", "0.20")), Pair(("0", "0"), ("0", "0"), ("0", "0")))
    ),
    "with-line": Sample(
        {"and": "/installations/0/address/number"}, (Pair("Steel Road", "Steel Road 12", "Steel Road 12"),)
    ),
    "without": Sample({"pattern": "[\\s°]"}, (Pair("39.08", "39.08", "39.08"),)),
}  # fmt: skip


def is_right(name: str, lens: Lens) -> bool:
    """Whether a lens gives what was worked out by hand, and says where a text will not come back."""
    for here, there, home in SAMPLES[name].pairs:
        out = lens.lower(here, PLANT.get)
        if out.value != there or (home != here and not out.respelt):
            return False
        if lens.lift(there, PLANT.get).value != home:
            return False
    return True


@pytest.mark.parametrize("name", SAMPLES)
def test_a_lens_of_the_workbook_gives_what_was_worked_out_by_hand(name: str) -> None:
    assert is_right(name, bind(name, SAMPLES[name].parameters))


def test_signs_that_people_type_are_taken_off_on_the_way_in() -> None:
    read = bind("without", {"pattern": "[\\s°]"}).lift(" 39.08 °", PLANT.get)
    assert (read.value, read.respelt) == ("39.08", True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("numbered", "P9"),
        ("in-unit", ("1", "lb")),
        ("percent-by-kind", ("1", "QPD99")),
        ("product-as-factor", ("0", "1")),
    ],
)  # fmt: skip
def test_what_a_lens_does_not_know_is_refused_and_never_passed_on(name: str, value: Any) -> None:
    with pytest.raises(LensRefusal):
        bind(name, SAMPLES[name].parameters).lower(value, PLANT.get)


def damaged(value: Any) -> Any:
    return (f"{value[0]}1", *value[1:]) if isinstance(value, tuple) else f"{value}1"


def with_fault(lens: Lens, side: str) -> Lens:
    def wrong(right: Callable[..., Out]) -> Callable[..., Out]:
        return lambda value, get: (out := right(value, get))._replace(value=damaged(out.value))

    return Lens(wrong(lens.lower), lens.lift) if side == "lower" else Lens(lens.lower, wrong(lens.lift))


@pytest.mark.parametrize("side", ["lower", "lift"])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_fault_in_a_lens_of_the_workbook_is_found(name: str, side: str) -> None:
    assert not is_right(name, with_fault(bind(name, SAMPLES[name].parameters), side))
