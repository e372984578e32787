"""The strict JSON reader: hostile input is refused with its own finding, and figures stay text."""

import contextlib
import json
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_files import SHARED

from gateway.check.catalog import rules
from gateway.formats.json_reader import MAX_DEPTH, NumberText, _read_strictly, read_json, write_json
from gateway.model.finding import Refused

SAMPLES = SHARED / "samples" / "pact" / "v3"


def refusal(data: bytes):
    with pytest.raises(Refused) as caught:
        read_json(data)
    (only,) = caught.value.findings
    assert only.rule in rules()
    assert only.stage == "read"
    return only


def test_numbers_keep_their_text_and_are_told_from_strings():
    document = read_json(b'{"a": 1.50, "b": "1.50", "c": -0, "d": 1e5, "e": 12345678901234567890}')
    assert document["a"] == "1.50"
    assert type(document["a"]) is NumberText
    assert type(document["b"]) is str
    assert [type(document[key]) for key in "cde"] == [NumberText] * 3
    assert document["e"] == "12345678901234567890"


def test_literals_and_unusual_keys_are_plain_data():
    document = read_json('{"__proto__": null, "constructor": [true, false], "产品": "é"}'.encode())
    assert document == {"__proto__": None, "constructor": [True, False], "产品": "é"}


@pytest.mark.parametrize(
    ("data", "path", "line"),
    [
        (b'{"id": 1,\n "id": 2}', "", 2),
        (b'{"id": 1,\n "\\u0069d": 2}', "", 2),
        (b'{"a": [{}, {"b/c": {"x": 1,\n"x": 1}}]}', "/a/1/b~1c", 2),
        (b'{"a": {"k": "x"}, "b": {"k": "}"}, "a": 1}', "", 1),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_the_place_of_its_object(data, path, line):
    found = refusal(data)
    assert (found.rule, found.path, found.line) == ("READ-DUPLICATE-KEY", path, line)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(value):
    found = refusal(f'{{"a": [1,\n{value}]}}'.encode())
    assert (found.rule, found.path, found.line) == ("READ-NOT-A-NUMBER", "/a/1", 2)


@pytest.mark.parametrize("value", ["1e400", "1E-400", "-2.5e+309", "1e" + "9" * 900])
def test_a_number_that_floats_cannot_hold_is_refused(value):
    assert refusal(f'{{"a": {value}}}'.encode()).rule == "READ-NUMBER-RANGE"


@pytest.mark.parametrize("value", ["1" * 1001, "0." + "1" * 10_000, "1e" + "1" * 100_000])
def test_a_number_of_ten_thousand_digits_is_refused_by_its_length(value):
    assert refusal(f'{{"a": {value}}}'.encode()).rule == "READ-NUMBER-TOO-LONG"


@pytest.mark.parametrize(
    "value", ["+1", ".5", "1.", "01", "１", "0x1", "1,5", "1e", "--1", "'a'", "True", "nan", "1_000"]
)
def test_what_only_looks_like_a_number_is_refused(value):
    assert refusal(f'{{"a": {value}}}'.encode()).rule in ("READ-JSON-SYNTAX", "READ-TRAILING-DATA")


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\xef\xbb\xbf{}", "READ-BOM"),
        ("{}".encode("utf-16"), "READ-BOM"),
        ("{}".encode("utf-16-be"), "READ-JSON-SYNTAX"),
        (b'{"a":\n "\xff"}', "READ-NOT-UTF8"),
        (b'{"a": "\xed\xa0\x80"}', "READ-NOT-UTF8"),
        (b'{"a": "\xc0\xae"}', "READ-NOT-UTF8"),
        (b'{"a": 1} {"b": 2}', "READ-TRAILING-DATA"),
        (b'{"a": 1}\x00', "READ-TRAILING-DATA"),
        (b'{"a": 1,}', "READ-JSON-SYNTAX"),
        (b'{"a": "\n"}', "READ-JSON-SYNTAX"),
        (b"/* */ {}", "READ-JSON-SYNTAX"),
        (b"", "READ-JSON-SYNTAX"),
        (b'{"a": "\\', "READ-JSON-SYNTAX"),
    ],
)
def test_bytes_that_readers_take_differently_are_refused(data, rule):
    assert refusal(data).rule == rule


@pytest.mark.parametrize("text", ["\\ud800", "\\uDC00", "x\\udfffy", "\\ud83d\\u0041"])
def test_half_a_surrogate_pair_is_refused_in_values_and_in_keys(text):
    found = refusal(f'{{"a":\n ["{text}"]}}'.encode())
    assert (found.rule, found.path, found.line) == ("READ-LONE-SURROGATE", "/a/0", 2)
    assert refusal(f'{{"{text}": 1}}'.encode()).rule == "READ-LONE-SURROGATE"


def test_a_whole_surrogate_pair_is_a_character():
    assert read_json(b'"\\ud83d\\ude02"') == "😂"
    assert read_json(b'"\\\\ud800"') == "\\ud800"


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 1_000, 100_000])
@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
def test_deep_nesting_is_refused_before_the_parser_recurses(depth, pair):
    begin, end = pair[:-1], pair[-1]
    assert refusal((begin * depth + "1" + end * depth).encode()).rule == "READ-TOO-DEEP"
    assert refusal(("\n" + begin * depth).encode()).line == 2


def test_the_deepest_allowed_nesting_and_brackets_in_strings_are_read():
    read_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    read_json(b'["' + b"[" * 1000 + b'\\"[{", ' + b", ".join([b"[]"] * 1000) + b"]")


def test_a_string_over_the_limit_is_refused_with_its_line():
    found = refusal(b'{"a":\n"' + b"x" * 1_000_001 + b'"}')
    assert (found.rule, found.line) == ("READ-STRING-TOO-LONG", 2)
    assert len(read_json(b'"' + b"x" * 1_000_000 + b'"')) == 1_000_000


@pytest.mark.parametrize("data", [b'["' + b'\\"' * 2_000_000, b'["' + b"\\" * 3_000_001, b'"a' * 1_000_000])
def test_quotes_that_never_close_take_linear_time(data):
    started = time.perf_counter()
    with pytest.raises(Refused):
        read_json(b"[" * 65 + data)
    assert time.perf_counter() - started < 5


def test_written_json_reads_back_the_same_with_numbers_as_numbers():
    document = {"产品": "钢", "n": NumberText("0.10"), "s": "0.10", "list": [], "null": None}
    written = write_json(document)
    assert written.endswith(b"}\n")
    assert b'"n": 0.10' in written
    assert "钢".encode() in written
    again = read_json(written)
    assert again == document
    assert type(again["n"]) is NumberText


@pytest.mark.parametrize("text", ["", "1,2", "NaN", '1, "x": 2', "１"])
def test_a_number_text_that_is_no_number_is_never_written(text):
    with pytest.raises(TypeError):
        write_json({"a": NumberText(text)})


SCALARS = st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]))
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


def plain(node):
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    return int(node) if type(node) is NumberText else node


@given(DOCUMENTS, st.booleans())
def test_every_document_of_another_writer_is_read_as_that_writer_meant_it(document, ascii_only):
    assert plain(read_json(json.dumps(document, ensure_ascii=ascii_only).encode())) == document


def read_or_refused(reader, data: bytes):
    try:
        return reader(data)
    except Refused as refused:
        return [(item.rule, item.line, item.path) for item in refused.findings]


TOKENS = st.sampled_from([*list("{}[],:1"), '"a"', '"b"', '"钢"', '""', "true", "null", '"\\u00e9"', "NaN"])


@given(st.lists(TOKENS, max_size=14).map(lambda tokens: "".join(tokens).encode()))
def test_the_quick_reader_never_reads_what_the_strict_one_reads_otherwise(data):
    assert read_or_refused(read_json, data) == read_or_refused(_read_strictly, data)


@given(DOCUMENTS)
def test_the_quick_reader_reads_what_the_strict_one_reads(document):
    data = json.dumps(document, ensure_ascii=False).encode()
    quick, strict = read_json(data), _read_strictly(data)
    assert quick == strict
    assert repr(quick) == repr(strict)


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1])
def test_the_quick_reader_draws_the_line_of_depth_where_the_strict_one_does(depth):
    data = b'{"a":' * depth + b'"x"' + b"}" * depth
    assert read_or_refused(read_json, data) == read_or_refused(_read_strictly, data)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_never_crash(data):
    with contextlib.suppress(Refused):
        read_json(data)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared samples are not at hand (../shared/samples)")
def test_every_pact_sample_holds_the_same_strings_as_another_reader_sees():
    def strings(node):
        if isinstance(node, dict):
            return [text for key, value in node.items() for text in (key, *strings(value))]
        if isinstance(node, list):
            return [text for value in node for text in strings(value)]
        return [node] if type(node) is str else []

    read = 0
    for path in sorted(SAMPLES.glob("*.json")):
        data = path.read_bytes()
        assert strings(read_json(data)) == strings(orjson.loads(data))
        read += 1
    assert read
