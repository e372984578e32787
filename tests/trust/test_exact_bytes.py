"""JSON whose standard writes figures as numbers: the exact bytes are signed, and the header says so."""

import base64
import json

import pytest
from catenax_documents import CX9, asked_for, published
from second_opinions import openssl, openssl_on_ed25519

from gateway.data import data_path
from gateway.formats.json_reader import read_json
from gateway.formats.registry import figures_are_numbers, formats
from gateway.model.finding import Refused
from gateway.trust.canonical import canonical_json
from gateway.trust.signing import sign_document
from gateway.trust.verifying import verify_document
from tests.command import run

JSON = "application/json"
# every kind of byte: brackets, blanks of each sort, keys, text in ASCII, Chinese and escapes, numbers, words
DATA = '{\t"n": 0.10,\r\n "e":-1.5E+2, "i": 3,\n"t": "a\\n\\u00e9 钢", "l": [true, false, null]}\n'.encode()


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def header_of(token):
    header = token.partition(b".")[0]
    return json.loads(base64.urlsafe_b64decode(header + b"=" * (-len(header) % 4)))


@pytest.fixture
def exact(key, statement):
    return sign_document(DATA, JSON, key, statement, numbers=True)


@pytest.fixture
def verdict(clock, key):
    return lambda data, token: verify_document(data, token, clock=clock, keys=[key.public]).signature


@pytest.fixture
def why(clock, key):
    def told(data, token):
        judged = verify_document(data, token, clock=clock, keys=[key.public])
        assert judged.signature == "invalid"
        return [item.rule for item in judged.findings]

    return told


@pytest.fixture
def forge(key):
    """A token truly signed by the key, with this header over this payload."""

    def make(payload, **header):
        text = b64(json.dumps({"alg": "EdDSA", "kid": key.public.kid} | header).encode())
        return text + b".." + b64(key.secret.sign(text + b"." + b64(payload)))

    return make


# --- which form is signed --------------------------------------------------------------------------------------


def test_a_fraction_is_signed_byte_for_byte_where_its_standard_writes_numbers(exact, key, statement, verdict):
    assert header_of(exact)["canon"] == "bytes"
    assert verdict(DATA, exact) == "valid"
    with pytest.raises(Refused) as refused:
        sign_document(DATA, JSON, key, statement)
    assert [(f.rule, f.path) for f in refused.value.findings] == [("SIGN-FLOAT", "/n")]


def test_the_canonical_form_stays_the_rule_wherever_it_can_say_what_is_written(key, statement, verdict):
    token = sign_document(b'{"b": 3, "a": "0.10"}', JSON, key, statement, numbers=True)
    assert header_of(token)["canon"] == "RFC8785"
    assert verdict(b'{"a":"0.10","b":3}', token) == "valid"


def test_the_formats_that_may_hold_fractions_are_those_whose_published_schema_asks_for_numbers():
    asked = {
        f"{known.name}@{version}": any(
            '"type": "number"' in json.dumps(json.loads(file.read_bytes()))
            for file in data_path("schemas", known.name, version).glob("*.schema.json")
        )
        for known in formats().values()
        for version in known.versions
        if "json" in known.syntax
    }
    assert {name: figures_are_numbers(name) for name in asked} == asked
    assert not figures_are_numbers("pact.footprint@3.0")


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b'{"a": 0.1, "b": 9007199254740992}', "SIGN-INTEGER-RANGE"),
        (b'{"b": -9007199254740992, "a": 0.1}', "SIGN-INTEGER-RANGE"),
        (b'{"a": 0.1, "a": 0.1}', "READ-DUPLICATE-KEY"),
        (b'{"a": 0.1, "b": {"c": 1, "\\u0063": 1}}', "READ-DUPLICATE-KEY"),
        (b'{"a": 1e400}', "READ-NUMBER-RANGE"),
        (b'{"a": 0.1, "b": NaN}', "READ-NOT-A-NUMBER"),
        (b'{"a": -Infinity}', "READ-NOT-A-NUMBER"),
        (b'\xef\xbb\xbf{"a": 0.1}', "READ-BOM"),
        (b'{"a": 0.1, "b": "\\ud800"}', "READ-LONE-SURROGATE"),
        (b'{"a": 0.1} {}', "READ-TRAILING-DATA"),
        (b'{"a": 0.1', "READ-JSON-SYNTAX"),
    ],
)
def test_what_readers_take_differently_is_refused_in_either_form(data, rule, key, statement, forge, why):
    with pytest.raises(Refused) as refused:
        sign_document(data, JSON, key, statement, numbers=True)
    assert refused.value.findings[0].rule == rule
    # nor is it valid where another signed just these bytes and calls them JSON, in whatever case
    for media_type in (JSON, "application/vc+json", "Application/JSON; charset=utf-8"):
        assert why(data, forge(data, cty=media_type, canon="bytes")) == [rule]
    if rule not in ("READ-TRAILING-DATA", "READ-JSON-SYNTAX"):
        assert why(data, forge(data)) == [rule]


def test_lines_of_json_that_a_stock_tool_signed_without_a_media_type_are_bytes_like_any_other(forge, verdict):
    lines = b'{"a": 0.1}\n{"a": 0.2}\n'
    assert verdict(lines, forge(lines)) == "valid"
    assert verdict(lines, forge(lines, cty="application/jsonl", canon="bytes")) == "valid"


# a header with the member twice, and a JWS in JSON with a second, unprotected header: RFC 7515:4, 7.2
@pytest.mark.parametrize(
    "members",
    [
        b'"canon":"bytes","canon":"RFC8785"',
        b'"canon":"RFC8785","\\u0063anon":"bytes"',
        b'"canon":"bytes","alg":"none"',
    ],
)
def test_a_header_that_names_two_forms_is_refused(key, why, members):
    header = b64(b'{"alg":"EdDSA",' + members + b"}")
    token = header + b".." + b64(key.secret.sign(header + b"." + b64(DATA)))
    assert why(DATA, token)[0] == "VERIFY-HEADER"


@pytest.mark.parametrize("unprotected", [{"canon": "bytes"}, {"alg": "none"}, {"kid": "x"}])
def test_no_form_is_taken_from_a_header_that_is_not_signed(exact, why, unprotected):
    protected, _, signature = exact.decode().strip().split(".")
    flat = {"protected": protected, "header": unprotected, "signature": signature}
    for spelt in (flat, {"signatures": [flat]}):
        assert why(DATA, json.dumps(spelt).encode()) == ["VERIFY-TOKEN-SHAPE"]


# --- tampering -------------------------------------------------------------------------------------------------


def test_every_changed_lost_or_added_byte_makes_it_invalid(exact, verdict):
    for place in range(len(DATA)):
        flipped = DATA[:place] + bytes([DATA[place] ^ 1]) + DATA[place + 1 :]
        lost, added = DATA[:place] + DATA[place + 1 :], DATA[:place] + b" " + DATA[place:]
        assert [verdict(each, exact) for each in (flipped, lost, added)] == ["invalid"] * 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"0.10", b"0.1"),
        (b"0.10", b"1e-1"),
        (b"-1.5E+2", b"-150"),
        (b"\r\n", b"\n"),
        (b"\\u00e9", "é".encode()),
        (b'"i": 3', b'"i": 3.0'),
        (b"null]}\n", b"null]}"),
        (b"\t", b" "),
    ],
)
def test_the_same_document_in_another_spelling_is_invalid(exact, why, old, new):
    altered = DATA.replace(old, new)
    assert altered != DATA
    assert why(altered, exact) == ["VERIFY-SIGNATURE"]


def test_the_same_document_rewritten_by_a_program_is_invalid(exact, why):
    assert why(json.dumps(json.loads(DATA), ensure_ascii=False).encode(), exact) == ["VERIFY-SIGNATURE"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"canon": "RFC8785"}, "SIGN-FLOAT"),
        ({"canon": None}, "VERIFY-SIGNATURE"),  # taken away
        ({"canon": "BYTES"}, "VERIFY-CANON"),
        ({"canon": "bytes "}, "VERIFY-CANON"),
        ({"cty": "application/octet-stream"}, "VERIFY-SIGNATURE"),
        ({"cty": None}, "VERIFY-SIGNATURE"),
        ({"pcf-gateway": None}, "VERIFY-SIGNATURE"),
    ],
)
def test_a_header_that_was_changed_is_invalid(exact, why, change, rule):
    members = {name: value for name, value in (header_of(exact) | change).items() if value is not None}
    header = json.dumps(members, separators=(",", ":")).encode()
    assert why(DATA, b64(header) + b"." + exact.partition(b".")[2]) == [rule]


# --- one form never passes for the other -----------------------------------------------------------------------


def test_which_form_was_signed_is_read_from_the_header_alone_and_no_other_is_tried(forge, verdict, why):
    loose, tight = b'{"b": 1,  "a": "x"}', b'{"a":"x","b":1}'
    assert canonical_json(json.loads(loose)) == tight
    # signed as bytes: the same document in another layout is another one, in both directions
    assert verdict(tight, forge(tight, canon="bytes", cty=JSON)) == "valid"
    assert why(loose, forge(tight, canon="bytes", cty=JSON)) == ["VERIFY-SIGNATURE"]
    assert why(tight, forge(loose, canon="bytes", cty=JSON)) == ["VERIFY-SIGNATURE"]
    # signed as canonical: only the canonical bytes are compared, so a signature over loose bytes fits nothing
    assert verdict(loose, forge(tight, canon="RFC8785", cty=JSON)) == "valid"
    assert why(loose, forge(loose, canon="RFC8785", cty=JSON)) == ["VERIFY-SIGNATURE"]


def test_a_canonical_signature_never_covers_a_document_with_fractions(forge, why):
    # what JCS would print for 0.10: one signature for two spellings of a figure
    assert why(b'{"n": 0.10}', forge(b'{"n":0.1}', canon="RFC8785", cty=JSON)) == ["SIGN-FLOAT"]


def test_a_canonical_token_whose_text_is_put_in_as_a_document_is_no_second_document(key, statement, why):
    token = sign_document(b'{"b": 3, "a": "x"}', JSON, key, statement)
    for other in (b64(b'{"a":"x","b":3}'), token.partition(b".")[0], b'{"a":"x","b":3}x', b"[]"):
        assert why(other, token)


# --- the command line, and the second opinion of other software ------------------------------------------------


@pytest.fixture
def signer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("keys", "new", "-o", "plant.key", "--no-passphrase").code == 0

    def sign(name, data):
        (tmp_path / name).write_bytes(data)
        return run("sign", name, "--key", "plant.key")

    return sign


def signing_input(folder, name):
    header, _, signature = (folder / f"{name}.jws").read_bytes().strip().split(b".")
    (folder / "input").write_bytes(header + b"." + b64((folder / name).read_bytes()))
    (folder / "sig").write_bytes(base64.urlsafe_b64decode(signature + b"=="))


@openssl
def test_the_published_catenax_example_is_signed_and_openssl_agrees(tmp_path, signer):
    data = published(CX9)
    assert signer("pcf.json", data).code == 0
    assert header_of((tmp_path / "pcf.json.jws").read_bytes())["canon"] == "bytes"
    assert run("verify", "pcf.json", "--key", "plant.key.pub.jwk").code == 0
    assert run("keys", "export", "plant.key", "--format", "pem", "-o", "pub.pem").code == 0
    signing_input(tmp_path, "pcf.json")
    assert openssl_on_ed25519(tmp_path).returncode == 0
    (tmp_path / "pcf.json").write_bytes(data + b"\n")
    signing_input(tmp_path, "pcf.json")
    assert openssl_on_ed25519(tmp_path).returncode == 1
    assert run("verify", "pcf.json", "--key", "plant.key.pub.jwk").code == 1


def test_a_footprint_of_version_2_is_signed_alone_and_in_the_answer_of_its_host(tmp_path, signer):
    tree = json.loads(data_path("conformance", "cases", "bases", "footprint-2.json").read_bytes())
    tree["pcf"]["primaryDataShare"] = 56.25
    for name, document in (("alone.json", tree), ("answer.json", {"data": tree})):
        assert signer(name, json.dumps(document, indent=1).encode()).code == 0
        assert header_of((tmp_path / f"{name}.jws").read_bytes())["canon"] == "bytes"
        assert run("verify", name, "--key", "plant.key.pub.jwk").code == 0


@pytest.mark.parametrize("data", [b'{"figure": 0.1}', b'{"format": "cn.pcf@1", "figure": 0.1}', b"[0.1]"])
def test_fractions_in_any_other_json_are_refused_with_the_advice_to_write_text(tmp_path, signer, data):
    done = signer("x.json", data)
    assert done.code != 0
    assert "SIGN-FLOAT" in done.text
    assert "Write the figure as a string" in done.text
    assert not (tmp_path / "x.json.jws").exists()


def test_many_records_become_lines_with_every_digit_and_a_signature_each(tmp_path, signer, verdict):
    signer("record.json", json.dumps(asked_for()).encode())
    exact = asked_for()
    exact["boundary"]["cutOffTotal"] = "2.12345678901234567890"  # more digits than a binary number keeps
    (tmp_path / "many.jsonl").write_bytes(
        b"\n".join(json.dumps(each).encode() for each in (asked_for(), exact))
    )
    words = ("--to", CX9, "--sign", "plant.key", "-o", "out.jsonl")
    assert run("translate", "many.jsonl", *words).code == 0
    lines, tokens = ((tmp_path / name).read_bytes().splitlines() for name in ("out.jsonl", "out.jsonl.jws"))
    assert (len(lines), len(tokens)) == (2, 2)
    assert b"2.12345678901234567890" in lines[1]
    assert [verdict(*each) for each in zip(lines, tokens, strict=True)] == ["valid", "valid"]
    assert verdict(lines[0], tokens[1]) == "invalid"
    assert run("translate", "record.json", "--to", CX9, "-o", "one.json").code == 0
    assert read_json(lines[0]) == read_json((tmp_path / "one.json").read_bytes())


def test_a_record_that_comes_home_as_a_workbook_is_signed_as_the_file_that_it_is(tmp_path, signer):
    signer("record.json", json.dumps(asked_for()).encode())
    words = ("translate", "record.json", "--to", "cn.pcf", "-o", "home.xlsx", "--sign", "plant.key")
    assert run(*words).code == 0
    assert header_of((tmp_path / "home.xlsx.jws").read_bytes())["canon"] == "bytes"
    assert run("verify", "home.xlsx", "--key", "plant.key.pub.jwk").code == 0
