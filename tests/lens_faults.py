"""Faults that are put into a lens on purpose, and the checks that must find them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest
from records import complete_record, record_of
from trips import BASE_URL, CBAM, ISO, PACT, outward
from values import check_everything

import gateway.methods.join as join
import gateway.recall as recall
import gateway.translate.lens as lenses
from gateway.formats.codes import code_list
from gateway.translate.ledger import LedgerError
from gateway.translate.lens import Lens, Out, shift
from gateway.translate.mapping import plan

Parameters = dict[str, Any]
Change = Callable[[Out, Parameters], Out]
TARGET = {PACT: BASE_URL, ISO: "", CBAM: ""}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Tables are compiled anew with the fault in them, and once more without it; nothing is remembered of either."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    plan.cache_clear()
    join._rows.cache_clear()
    join._why.cache_clear()
    recall.MEMORIES.clear()


def found(target: str) -> str:
    """What the checks say; fails the test when they say nothing of any record."""
    for tree in chain(
        map(complete_record, range(3)), map(record_of, range(400))
    ):  # made as they are asked for
        try:
            check_everything(outward(tree, target, TARGET.get(target, "")))
        except (AssertionError, LedgerError) as error:
            return str(error) or repr(error)
    pytest.fail("no check found the fault")


def valued(change: Callable[[Any], Any]) -> Change:
    return lambda out, _parameters: out._replace(value=change(out.value))


def texts(change: Callable[[str], str]) -> Change:
    return valued(lambda value: change(value) if isinstance(value, str) else value)


def other_code(out: Out, parameters: Parameters) -> Out:
    column = code_list(parameters["list"])
    values = [v for code in column.codes if (v := column.to(parameters["column"], code)) is not None]
    return out._replace(value=values[values.index(out.value) - 1]) if out.value in values else out


def first_code(out: Out, parameters: Parameters) -> Out:
    return out._replace(value=next(iter(code_list(parameters["list"]).codes)))


def in_first(change: Callable[[str], str]) -> Change:
    return lambda out, _parameters: out._replace(value=(change(out.value[0]), *out.value[1:]))


def tenfold(text: str) -> str:
    return shift(text, 1)


def no_sign(text: str) -> str:
    return text.lstrip("-")


def shorter(text: str) -> str:
    return text[:-1] or "0"


def a_day_later(text: str) -> str:
    return text.replace("-12-31", "-12-30").replace("-01-01", "-01-02").replace("-06-10", "-06-11")


def with_fault(name: str, side: str, change: Change) -> Callable[[Parameters], Lens]:
    maker = lenses._MAKERS[name]

    def faulty(parameters: Parameters) -> Lens:
        good = maker(parameters)
        both = {"lower": good.lower, "lift": good.lift}
        right = both[side]
        both[side] = lambda value, get: change(right(value, get), parameters)
        return replace(good, lower=both["lower"], lift=both["lift"], verbatim=False)

    return faulty
