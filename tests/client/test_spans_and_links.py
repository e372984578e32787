"""Pages taken apart byte for byte, and the header that leads to the next one."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.finding import Refused
from gateway.pact.links import target_of
from gateway.pact.spans import Span, elements, member

SPACES = st.text(" \t\r\n", max_size=3).map(str.encode)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=12))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def written(draw: st.DrawFn, value: Any) -> bytes:
    """The value as JSON with white space of every kind between its parts."""
    if isinstance(value, list):
        inner = b",".join(draw(SPACES) + draw(written(item)) + draw(SPACES) for item in value)
        return b"[" + (inner or draw(SPACES)) + b"]"
    if isinstance(value, dict):
        inner = b",".join(
            draw(SPACES)
            + orjson.dumps(key)
            + draw(SPACES)
            + b":"
            + draw(SPACES)
            + draw(written(item))
            + draw(SPACES)
            for key, item in value.items()
        )
        return b"{" + (inner or draw(SPACES)) + b"}"
    return orjson.dumps(value)


@st.composite
def pages(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A page as a host may write it, and its elements as they stand in it."""
    parts = [draw(written(value)) for value in draw(st.lists(VALUES, max_size=5))]
    listed = b",".join(draw(SPACES) + part + draw(SPACES) for part in parts)
    beside = [
        orjson.dumps(key) + b":" + draw(written(draw(VALUES)))
        for key in draw(st.sets(st.sampled_from("xyz")))
    ]
    place = draw(st.integers(0, len(beside)))
    data = b'"data"' + draw(SPACES) + b":" + draw(SPACES) + b"[" + (listed or draw(SPACES)) + b"]"
    body = b",".join([*beside[:place], data, *beside[place:]])
    return draw(SPACES) + b"{" + body + draw(SPACES) + b"}" + draw(SPACES), parts


@settings(max_examples=200, deadline=None)
@given(pages())
def test_every_element_is_cut_out_in_its_own_bytes_and_means_what_orjson_reads(
    made: tuple[bytes, list[bytes]],
) -> None:
    page, parts = made
    span = member(page, "data")
    assert span is not None
    cut = [element.of(page) for element in elements(page, span)]
    assert cut == parts
    assert [orjson.loads(part) for part in cut] == orjson.loads(page)["data"]


@settings(max_examples=100, deadline=None)
@given(pages(), st.data())
def test_a_page_that_ends_too_early_is_refused_wherever_it_breaks_off(
    made: tuple[bytes, list[bytes]], data: st.DataObject
) -> None:
    page = made[0].rstrip()
    broken = page[: data.draw(st.integers(0, len(page) - 1))]
    with pytest.raises(Refused) as refused:
        member(broken, "data")
    assert refused.value.findings[0].rule == "PULL-JSON"


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"data": []} x',
        b'{"data": [1 2]}',
        b'{"data": [}]',
        b'{"data": [], "data": []}',
        b'{"data": [], "d\\u0061ta": []}',
        b"{data: []}",
        b'{"data": [],}',
        b'\xef\xbb\xbf{"data": []}',
    ],
)
def test_an_envelope_that_two_readers_could_understand_differently_is_refused(page: bytes) -> None:
    def cut() -> None:
        list(elements(page, member(page, "data") or Span(0, 0)))

    with pytest.raises(Refused) as refused:
        cut()
    assert refused.value.findings[0].rule == "PULL-JSON"


def test_a_defective_element_leaves_the_others_whole() -> None:
    page = b'{"data": [{"a": 1, "a": 2}, {"b" 1}, {"c": "\xff"}, {"d": 4}]}'
    span = member(page, "data")
    assert span is not None
    assert [s.of(page) for s in elements(page, span)] == [
        b'{"a": 1, "a": 2}',
        b'{"b" 1}',
        b'{"c": "\xff"}',
        b'{"d": 4}',
    ]


def test_a_million_brackets_are_no_recursion() -> None:
    page = b'{"data": [' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"]}"
    span = member(page, "data")
    assert span is not None
    assert [len(s.of(page)) for s in elements(page, span)] == [2_000_000]


NEXT = "https://host.example/3/footprints?after=b"


@pytest.mark.parametrize(
    "fields",
    [
        [f'<{NEXT}>; rel="next"'],
        [f"<{NEXT}>; rel=next"],
        [f"<{NEXT}>;REL=Next"],
        [f'<https://host.example/first>; rel="first", <{NEXT}>; rel="next"'],
        ['<https://host.example/first>; rel="first"', f'<{NEXT}>; rel="next"'],
        [f'<{NEXT}>; rel="last next"'],
        [f'<https://host.example/a,b;c>; rel="prev"; title="a, <b>; rel=\\"next\\"", <{NEXT}>; rel="next"'],
        [f"<{NEXT}> ; rel = \"next\" ; title*=UTF-8''n%c3%a4chste"],
        [f'<https://host.example/x>; rel="next"; anchor="/other", <{NEXT}>; rel="next"'],
        [f'<https://host.example/x>; rel="prev"; rel="next", <{NEXT}>; rel="next"'],
    ],
)
def test_the_next_page_is_found_in_every_spelling_that_rfc_8288_allows(fields: list[str]) -> None:
    assert target_of(fields, "next") == NEXT


@pytest.mark.parametrize(
    "field",
    ["", "next", f"{NEXT}; rel=next", f'<{NEXT}>; rel="nextpage"', f"<{NEXT}>", f'<{NEXT}; rel="next"'],
)
def test_a_header_that_names_no_next_page_gives_none(field: str) -> None:
    assert target_of([field], "next") is None


def test_a_relative_target_is_given_as_it_is_written() -> None:
    assert target_of(['<?after=b>; rel="next"'], "next") == "?after=b"
