"""What is remembered of a shape must never change an answer: shifts, sums, and the answers of rules."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.check import known_shapes
from gateway.check.expressions import compare_sum, sum_agrees
from gateway.check.known_shapes import Known
from gateway.check.predicates import paths_of_predicate, predicates
from gateway.check.rules import check_rules
from gateway.data import data_path
from gateway.formats.leaves import leaf_map
from gateway.translate.lens import shift, shifted

FIGURES = st.from_regex(r"-?(0|[1-9][0-9]{0,6}|0[0-9]{1,3})(\.[0-9]{1,6})?", fullmatch=True)


@given(FIGURES, st.integers(-6, 6))
def test_a_shifted_figure_is_the_same_number_times_a_power_of_ten(text: str, by: int) -> None:
    assert Decimal(shifted(text, by)[0]) == Decimal(text).scaleb(by)


@given(FIGURES, st.integers(-6, 6).filter(bool))
def test_a_shift_says_truly_whether_its_text_comes_back(text: str, by: int) -> None:
    moved, comes_back = shifted(text, by)
    assert comes_back is (shift(moved, -by) == text)


@given(st.lists(FIGURES, min_size=1, max_size=6), FIGURES)
def test_a_sum_that_agrees_digit_for_digit_agrees_by_decimals(terms: list[str], other: str) -> None:
    exact = format(sum(map(Decimal, terms), Decimal(0)), "f")
    assert sum_agrees(terms, exact)
    if sum_agrees(terms, other):
        assert not compare_sum([Decimal(term) for term in terms], Decimal(other))


def test_what_is_no_figure_is_never_taken_for_a_sum_that_agrees() -> None:
    assert not sum_agrees(["1", "x"], "1")
    assert not sum_agrees(["1"], None)


def record() -> dict[str, object]:
    tree: dict[str, object] = json.loads(data_path("examples", "aluminium.json").read_bytes())
    return tree


def asked_anew(tree: dict[str, object]) -> list[tuple[object, ...]]:
    return [(f.rule, f.path, dict(f.values)) for f in check_rules(tree)]


def as_known(tree: dict[str, object], shape: object) -> list[tuple[object, ...]]:
    found = check_rules(tree, known=Known(shape, leaf_map(tree)))
    return [(f.rule, f.path, dict(f.values)) for f in found]


@pytest.mark.parametrize(
    ("group", "field", "values"),
    [
        ("producer", "uscc", ["91310000631696382C", "91310000631696382D", "91310000631696382C"]),
        ("product", "hs6", ["760110", "720851", "760110"]),
        ("basis", "standard", ["GB/T 24067-2024", "ISO/TS 14067:2013", "GB/T 24067-2024"]),
        ("results", "total", ["13291.66958", "1", "13291.66958"]),
        ("record", "reportDate", ["2025-06-10", "2024-06-10", "2025-06-10"]),
    ],
)
def test_a_remembered_answer_is_given_only_for_the_same_texts(
    group: str, field: str, values: list[str]
) -> None:
    shape, answers = object(), []
    for value in values:
        tree = record()
        tree[group][field] = value  # type: ignore[index]
        answers.append(as_known(tree, shape))
        assert answers[-1] == asked_anew(tree)
    assert answers[0] == answers[2] != answers[1]


def test_the_answers_stay_right_when_the_rules_that_recur_are_asked_together() -> None:
    shape = object()
    for number in range(3 * known_shapes.SETTLED):
        tree = record()
        tree["results"]["total"] = f"{13000 + number}.5"  # type: ignore[index]
        tree["producer"]["uscc"] = "91310000631696382" + "CD"[number % 40 == 39]  # type: ignore[index]
        assert as_known(tree, shape) == asked_anew(tree)
    settled = known_shapes._SHAPES[("canonical", shape)]
    assert settled.texts is not None
    assert settled.moving
    assert len(settled.steady) > len(settled.moving)


def test_a_memory_that_never_helps_is_given_up_and_the_answers_stay_right() -> None:
    shape = object()
    for number in range(2 * known_shapes.MOST_ANSWERS):
        tree = record()
        tree["results"]["total"] = f"{number}.5"  # type: ignore[index]
        found = as_known(tree, shape)
    assert found == asked_anew(tree)
    places = known_shapes._SHAPES[("canonical", shape)].places
    totals = [place for place in places if place.path == "/results" and place.rule.rule.id == "RECORD-TOTAL"]
    assert totals
    assert all(place.texts is None and not place.answers for place in totals)
    assert any(place.texts is not None and place.helped for place in places)


def test_the_shapes_that_are_kept_are_bounded() -> None:
    tree = {"unit": {"amount": "1"}}
    for _ in range(known_shapes.MOST_SHAPES + 5):
        check_rules(tree, known=Known(object(), leaf_map(tree)))
    assert len(known_shapes._SHAPES) <= known_shapes.MOST_SHAPES


def test_a_predicate_that_says_what_it_reads_names_parameters_that_it_has() -> None:
    import inspect

    from gateway.check.predicates import _READS

    for name, read in _READS.items():
        parameters = inspect.signature(predicates()[name]).parameters
        assert all(word[0] in "./" or word in parameters for word in read), name
    assert paths_of_predicate("same_prefix", {"paths": ["a", "b"], "length": 6}) == ["a", "b"]
    assert paths_of_predicate("total_is_not_a_years", {}) is None
