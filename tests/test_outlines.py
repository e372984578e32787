"""A tree like one that was met before: its leaves are found sooner, and are the same as of any other walk."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formats.json_reader import NumberText, read_json
from gateway.formats.leaves import leaf_map
from gateway.formats.outlines import known_leaf_map, outlined
from gateway.model.finding import Refused

RECORD = {"format": "cn.pcf@1", "unit": {"amount": "1", "a/b": "x"}, "goods": [{"id": "G1"}, {"id": "G2"}]}
KEYS = st.sampled_from(["a", "b", "c/d", "~"])
TREES = st.recursive(
    st.sampled_from(["x", "", True, None, NumberText("1")]),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
GROUPS = st.dictionaries(KEYS, TREES, min_size=1, max_size=3)


@given(st.lists(GROUPS, min_size=1, max_size=6))
def test_whatever_was_met_before_the_leaves_are_those_of_a_plain_walk(trees):
    for tree in [*trees, *trees]:
        assert list(known_leaf_map(tree).items()) == list(leaf_map(tree).items())


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "t"},
        {"unit": {"amount": {"value": "1"}, "a/b": "x"}},
        {"unit": {"a/b": "x", "amount": "1"}},
        {"unit": {"amount": "1"}},
        {"goods": [{"id": "G1"}]},
        {"goods": [{"id": "G1"}, {"id": []}]},
        {"goods": {"0": {"id": "G1"}, "1": {"id": "G2"}}},
        {"format": ["cn.pcf@1"]},
    ],
)
def test_a_tree_that_differs_in_one_group_is_not_taken_for_a_known_one(change):
    known_leaf_map(RECORD)
    assert outlined(RECORD) is not None
    tree = {**RECORD, **change}
    assert list(known_leaf_map(tree).items()) == list(leaf_map(tree).items())


def text(of):
    return json.dumps(of).encode()


def test_the_reader_is_as_strict_with_a_record_like_the_last_one():
    known_leaf_map(RECORD)
    assert read_json(text(RECORD)) == RECORD
    number = read_json(text(RECORD).replace(b'"G2"', b"1.50"))["goods"][1]["id"]
    assert (number, type(number)) == ("1.50", NumberText)
    for wrong, rule in (
        (text(RECORD).replace(b'"id": "G2"', b'"id": "G2", "id": "G3"'), "READ-DUPLICATE-KEY"),
        (text(RECORD).replace(b'"amount": "1"', b'"amount": NaN'), "READ-NOT-A-NUMBER"),
    ):
        with pytest.raises(Refused) as caught:
            read_json(wrong)
        assert caught.value.findings[0].rule == rule


def test_a_known_tree_that_is_too_deep_is_refused_all_the_same():
    deep = "x"
    for _ in range(70):
        deep = {"a": deep, "b": "y"}
    known_leaf_map(deep)
    with pytest.raises(Refused, match="READ-"):
        read_json(text(deep))
