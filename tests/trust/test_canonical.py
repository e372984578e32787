"""Canonical bytes: equal to RFC 8785 wherever we sign, refused elsewhere."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from shared_files import SHARED

from gateway.formats.json_reader import NumberText, read_json
from gateway.model.finding import Refused
from gateway.trust.canonical import MAX_INTEGER, canonical_json

VECTORS = SHARED / "samples" / "vectors" / "rfc8785"
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="the RFC 8785 vectors are not at hand (../shared)"
)
WITH_FLOATS = {"structures", "values"}
NAMES = ["arrays", "french", "structures", "unicode", "values", "weird"]


def rule(document):
    with pytest.raises(Refused) as caught:
        canonical_json(document)
    return caught.value.findings[0].rule, caught.value.findings[0].path


@needs_vectors
@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITH_FLOATS])
def test_the_published_vectors_come_out_byte_for_byte(name):
    expected = bytes.fromhex((VECTORS / "outhex" / f"{name}.txt").read_text())
    assert canonical_json(read_json((VECTORS / "input" / f"{name}.json").read_bytes())) == expected


@needs_vectors
@pytest.mark.parametrize("name", sorted(WITH_FLOATS))
def test_vectors_with_floats_are_refused_though_the_library_under_us_knows_them(name):
    data = (VECTORS / "input" / f"{name}.json").read_bytes()
    with pytest.raises(Refused) as caught:
        canonical_json(read_json(data))
    assert caught.value.findings[0].rule == "SIGN-FLOAT"
    assert rfc8785.dumps(json.loads(data)) == bytes.fromhex((VECTORS / "outhex" / f"{name}.txt").read_text())


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ASCII = st.text(st.characters(max_codepoint=127))
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT


def documents(keys):
    return st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(keys, inner))


@given(documents(ASCII))
def test_the_fast_path_writes_what_rfc8785_writes(document):
    assert canonical_json(document) == rfc8785.dumps(document)


@given(documents(TEXT))
def test_documents_with_any_keys_write_what_rfc8785_writes(document):
    expected = rfc8785.dumps(document)
    assert canonical_json(document) == expected
    assert canonical_json(read_json(json.dumps(document).encode())) == expected
    assert canonical_json(read_json(expected)) == expected


def test_keys_beyond_the_basic_plane_sort_by_utf16_units():
    assert canonical_json({"\ufb33": 1, "\U0001f602": 2}) == '{"😂":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize(
    "number", [0.1, 1.0, float("nan"), float("inf"), NumberText("1.0"), NumberText("1e2")]
)
def test_a_float_is_refused_with_its_place(number):
    assert rule({"a/b": [1, {"c": number}]}) == ("SIGN-FLOAT", "/a~1b/1/c")


@pytest.mark.parametrize("number", [2**53, -(2**53), NumberText(str(2**53)), NumberText("9" * 1000)])
def test_an_integer_beyond_double_precision_is_refused(number):
    assert rule({"产": number}) == ("SIGN-INTEGER-RANGE", "/产")


@pytest.mark.parametrize("number", [MAX_INTEGER, -MAX_INTEGER, 0])
def test_the_largest_integers_are_signed_on_both_paths(number):
    for key in ("n", "数"):
        expected = f'{{"{key}":{number}}}'.encode()
        assert canonical_json({key: number}) == expected
        assert canonical_json({key: NumberText(str(number))}) == expected


def test_minus_zero_is_zero():
    assert canonical_json(read_json(b'{"a": -0}')) == b'{"a":0}'


@pytest.mark.parametrize("document", [["\ud800"], {"\ud800": 1}, {"产": "\udfff"}, {"产": {"\ud800": 1}}])
def test_a_lone_surrogate_has_no_canonical_form(document):
    assert rule(document)[0] == "READ-LONE-SURROGATE"


@pytest.mark.parametrize("value", [object(), b"", (1,), {1, 2}])
def test_what_json_does_not_have_is_an_error_of_the_caller(value):
    with pytest.raises(TypeError):
        canonical_json({"a": value})
