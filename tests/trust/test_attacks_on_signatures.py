"""Every known attack on a JOSE signature ends in *invalid* or *untrusted*, with a finding."""

import base64
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.check.catalog import rules
from gateway.formats.json_reader import read_json
from gateway.model.finding import Refused
from gateway.trust.canonical import canonical_json
from gateway.trust.ed25519 import L
from gateway.trust.signing import sign_document
from gateway.trust.verifying import verify_document


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@pytest.fixture
def forge(document, key):
    """A token with any header, truly signed by the key: only the rule under test can refuse it."""

    def make(header, *, drop=(), payload=None, raw=None):
        base = {"alg": "EdDSA", "kid": key.public.kid, "typ": "jose", "canon": "RFC8785"} | header
        text = raw or json.dumps({k: v for k, v in base.items() if k not in drop}).encode()
        body = canonical_json(read_json(document)) if payload is None else payload
        return b64(text) + b".." + b64(key.secret.sign(b64(text) + b"." + b64(body)))

    return make


@pytest.fixture
def judge(document, key, clock):
    def call(token, data=None, **kwargs):
        kwargs = kwargs or {"keys": [key.public]}
        verification = verify_document(document if data is None else data, token, clock=clock, **kwargs)
        assert {item.rule for item in verification.findings} <= set(rules())
        return verification

    return call


def refused_as(verification, rule):
    assert verification.signature == "invalid"
    assert (verification.issuer, verification.status) == ("unknown", "unknown")
    assert not verification.accepted(trust_asked=False)
    assert rule in {item.rule for item in verification.findings}
    return True


def test_the_forge_of_these_tests_makes_valid_signatures(forge, judge):
    assert judge(forge({})).accepted(trust_asked=True)
    assert judge(forge({"alg": "Ed25519"})).accepted(trust_asked=True)
    assert judge(forge({}, drop=("typ", "kid"))).accepted(trust_asked=True)


@pytest.mark.parametrize(
    "alg",
    [
        "none",
        "None",
        "nOnE",
        "",
        "HS256",
        "HS512",
        "ES256",
        "ES384",
        "RS256",
        "Ed448",
        "eddsa",
        None,
        1,
        ["EdDSA"],
    ],
)
def test_an_algorithm_outside_the_list_is_refused(forge, judge, alg):
    assert refused_as(judge(forge({"alg": alg})), "VERIFY-ALGORITHM")


def test_a_token_without_algorithm_or_without_signature_is_refused(forge, judge):
    assert refused_as(judge(forge({}, drop=("alg",))), "VERIFY-ALGORITHM")
    assert refused_as(judge(b64(b'{"alg":"none"}') + b".."), "VERIFY-TOKEN-SPELLING")


@pytest.mark.parametrize("form", ["pem", "jwk", "raw"])
def test_a_shared_secret_made_of_the_public_key_is_refused(document, key, judge, form):
    secret = {"pem": key.public.pem(), "jwk": json.dumps(key.public.jwk()).encode(), "raw": key.public.raw}[
        form
    ]
    protected = b64(json.dumps({"alg": "HS256", "kid": key.public.kid}).encode())
    mac = hmac.digest(secret, protected + b"." + b64(document), "sha256")
    assert refused_as(judge(protected + b".." + b64(mac)), "VERIFY-ALGORITHM")


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_that_the_token_brings_is_ignored_and_named(document, judge, monkeypatch, stranger, name):
    import socket

    monkeypatch.setattr(socket, "socket", lambda *a, **k: pytest.fail("a socket was opened"))
    value = {"jwk": stranger.public.jwk(), "x5c": ["AAAA"]}.get(name, "https://attacker.example/keys")
    protected = b64(json.dumps({"alg": "EdDSA", "canon": "bytes", name: value}).encode())
    token = protected + b".." + b64(stranger.secret.sign(protected + b"." + b64(document)))
    assert refused_as(judge(token), "VERIFY-SIGNATURE")
    assert refused_as(judge(token, keys=[]), "VERIFY-NO-KEY")


def test_a_valid_signature_that_also_brings_a_key_is_valid_with_a_warning(forge, judge, stranger):
    verification = judge(forge({"jku": "https://a.example", "jwk": stranger.public.jwk()}))
    assert verification.accepted(trust_asked=True)
    warned = [item for item in verification.findings if item.rule == "VERIFY-KEY-IN-HEADER"]
    assert [item.severity for item in warned] == ["warning"]


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"b64": False},
        {"b64": True},
        {"b64": False, "crit": ["b64"]},
    ],
)
def test_critical_extensions_and_unencoded_payloads_are_refused(forge, judge, header):
    assert refused_as(judge(forge(header)), "VERIFY-CRITICAL")


@pytest.mark.parametrize(
    "kid",
    ["../../etc/passwd", "/etc/passwd", "' OR 1=1--", "k" * 10_000, "", "a b", "key\n", "file:///etc/passwd",
     "https://a.example/k", "did:key:z6Mk#../x", "did:web:a.example#k"],
)  # fmt: skip
def test_a_key_name_that_is_a_path_a_query_or_an_address_is_refused(forge, judge, kid):
    assert refused_as(judge(forge({"kid": kid})), "VERIFY-KID")


def test_a_key_name_is_never_opened_as_a_file(forge, judge, key, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trusted").write_text(json.dumps(key.public.jwk()))
    assert refused_as(judge(forge({"kid": "trusted"}), keys=[]), "VERIFY-NO-KEY")


@pytest.mark.parametrize("header", [{"kid": 1}, {"typ": None}, {"canon": ["bytes"]}, {"cty": 1.5}])
def test_mistyped_header_members_are_refused(forge, judge, header):
    assert refused_as(judge(forge(header)), "VERIFY-HEADER")


@pytest.mark.parametrize("typ", ["at+jwt", "JWT", "vc+jwt", "dpop+jwt"])
def test_a_token_made_for_another_purpose_is_refused(forge, judge, typ):
    assert refused_as(judge(forge({"typ": typ})), "VERIFY-TYPE")


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize(
    "change", [b"=", b"==", b"+", b"/", b" ", b"\n", b"\t", b"\r", "é".encode(), b"\x00"]
)
def test_padding_whitespace_and_foreign_characters_are_refused(token, judge, position, change):
    pieces = token.strip().split(b"..")
    for altered in (pieces[position] + change, change + pieces[position]):
        spelt = b"..".join((altered, pieces[1]) if position == 0 else (pieces[0], altered))
        if spelt != token:
            assert refused_as(judge(spelt), "VERIFY-TOKEN-SPELLING")


def test_spare_bits_that_are_not_zero_are_refused(token, judge):
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = token.strip()
    assert alphabet.index(token[-1]) % 16 == 0
    for spare in range(1, 16):
        altered = token[:-1] + alphabet[alphabet.index(token[-1]) + spare :][:1]
        assert refused_as(judge(altered), "VERIFY-TOKEN-SPELLING")


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b" ", b"."])
def test_only_the_one_newline_that_we_write_may_follow(token, judge, ending):
    assert judge(token).signature == "valid"
    assert judge(token + ending).signature == "invalid"


def test_tokens_of_another_shape_are_refused(token, judge, document):
    header, _, signature = token.strip().split(b".")
    for shape in (
        header,
        header + b"." + signature,
        b"." + header + b"." + signature,
        b"..",
        b"...",
        b"",
        b"{}",
    ):
        assert judge(shape).signature == "invalid"
    attached = header + b"." + b64(canonical_json(read_json(document))) + b"." + signature
    assert refused_as(judge(attached), "VERIFY-TOKEN-SHAPE")


def test_an_oversized_header_is_refused_unparsed(forge, judge):
    assert refused_as(judge(forge({"x": "y" * 16_000})), "VERIFY-TOKEN-SIZE")
    assert refused_as(judge(b"A" * 10_000_000), "VERIFY-TOKEN-SIZE")


@pytest.mark.parametrize(
    "raw",
    [b'{"alg":"none","alg":"EdDSA"}', b'{"alg":"EdDSA","\\u0061lg":"EdDSA"}', b'{"alg":"EdDSA","kid":NaN}',
     b'{"alg":"EdDSA"} {}', b'["EdDSA"]', b'"EdDSA"', b"1", b'\xef\xbb\xbf{"alg":"EdDSA"}', b"[" * 8000,
     b'{"alg":"EdDSA","x":"\\ud800"}', b"\xff"],
)  # fmt: skip
def test_a_header_that_readers_take_differently_is_refused(forge, judge, raw):
    assert refused_as(judge(forge({}, raw=raw)), "VERIFY-HEADER")


def test_a_second_spelling_of_the_signature_value_is_refused(token, judge):
    head, _, value = token.strip().partition(b"..")
    signature = base64.urlsafe_b64decode(value + b"==")
    scalar = int.from_bytes(signature[32:], "little")
    above = signature[:32] + (scalar + L).to_bytes(32, "little")
    for altered in (above, signature + b"\x00", signature[:-1], signature[:32] + b"\xff" * 32, b"\x00"):
        assert refused_as(judge(head + b".." + b64(altered)), "VERIFY-SIGNATURE-FORM")


def test_a_zero_signature_and_a_neutral_point_are_refused(token, judge):
    head, _, _ = token.strip().partition(b"..")
    assert refused_as(judge(head + b".." + b64(b"\x00" * 64)), "VERIFY-SIGNATURE")
    assert refused_as(judge(head + b".." + b64(b"\x01" + b"\x00" * 63)), "VERIFY-SIGNATURE")


def test_a_did_key_of_small_order_is_refused(judge, document):
    from gateway.trust.did_key import encode_did_key

    did = encode_did_key(b"\x01" + b"\x00" * 31)
    kid = f"{did}#{did.removeprefix('did:key:')}"
    protected = b64(json.dumps({"alg": "EdDSA", "kid": kid, "canon": "bytes"}).encode())
    # with the neutral element as key, R = S*B = neutral for S = 0 fits every document
    assert refused_as(judge(protected + b".." + b64(b"\x01" + b"\x00" * 63)), "KEY-WEAK")


def test_every_changed_byte_of_the_document_is_noticed(document, token, judge):
    for place in range(len(document)):
        altered = document[:place] + bytes([document[place] ^ 1]) + document[place + 1 :]
        try:
            same = canonical_json(read_json(altered)) == canonical_json(read_json(document))
        except Refused:
            same = False
        assert (judge(token, altered).signature == "valid") is same


def test_a_swapped_document_fails_and_a_reformatted_one_passes(document, token, judge):
    assert refused_as(judge(token, b'{"other": 1}'), "VERIFY-SIGNATURE")
    reformatted = json.dumps(json.loads(document), indent=4, sort_keys=True).encode()
    assert judge(token, reformatted).accepted(trust_asked=True)


def test_signed_bytes_allow_no_reformatting(document, key, statement, judge):
    token = sign_document(document, "application/octet-stream", key, statement)
    assert judge(token).accepted(trust_asked=True)
    assert refused_as(judge(token, document.replace(b": ", b":")), "VERIFY-SIGNATURE")
    assert refused_as(judge(token, document + b"\n"), "VERIFY-SIGNATURE")


@pytest.mark.parametrize("data", [b'{"n": 3, "n": 3}', b"[" * 100_000, b"", b"\xff", b'{"a": 0.1}', b"<r/>"])
def test_a_document_that_is_no_signable_json_is_invalid_not_a_crash(token, judge, data):
    assert judge(token, data).signature == "invalid"


def test_a_doubled_key_that_hides_the_signed_value_is_refused(document, token, judge):
    hidden = document.replace(b'"n": 3', b'"n": 9, "n": 3')
    assert refused_as(judge(token, hidden), "READ-DUPLICATE-KEY")


@pytest.mark.parametrize("canon", ["", "none", "rfc8785", "RFC8785 "])
def test_an_unknown_canonical_form_is_refused(forge, judge, canon):
    assert refused_as(judge(forge({"canon": canon})), "VERIFY-CANON")


def test_the_canonical_form_cannot_be_switched(document, token, judge):
    header, _, signature = token.strip().split(b".")
    members = json.loads(base64.urlsafe_b64decode(header + b"=" * (-len(header) % 4)))
    members["canon"] = "bytes"
    switched = b64(json.dumps(members, separators=(",", ":")).encode()) + b".." + signature
    assert refused_as(judge(switched, canonical_json(read_json(document))), "VERIFY-SIGNATURE")


def test_a_statement_in_the_name_of_another_is_untrusted(forge, judge, statement, stranger):
    stated = statement.to_header() | {"issuer": stranger.public.did}
    verification = judge(forge({"pcf-gateway": stated}))
    assert (verification.signature, verification.issuer) == ("valid", "untrusted")
    assert not verification.accepted(trust_asked=False)


@pytest.mark.parametrize(
    "change",
    [{"id": "1"}, {"id": "urn:uuid:../../x"}, {"created": "2026-03-01"}, {"created": 1},
     {"created": "9" * 600},
     {"issuer": None}, {"route": "x"}, {"route": [1]}, {"route": ["x"] * 65}, {"schemas": []},
     {"schemas": {"a": "md5:00"}}, {"source": "x"}, {"format": {"a": 1}}, {"ledger": 7}],
)  # fmt: skip
def test_a_statement_that_cannot_be_understood_is_not_shown(forge, judge, statement, change):
    verification = judge(forge({"pcf-gateway": statement.to_header() | change}))
    assert verification.statement is None
    assert not verification.accepted(trust_asked=False)
    assert "VERIFY-STATEMENT" in {item.rule for item in verification.findings}


@pytest.mark.parametrize("value", [None, "x", 1, [], {}])
def test_a_statement_of_another_type_is_not_shown(forge, judge, value):
    assert judge(forge({"pcf-gateway": value})).statement is None


def test_a_signature_by_another_key_under_my_name_is_invalid(document, judge, key):
    forger = Ed25519PrivateKey.generate()
    protected = b64(json.dumps({"alg": "EdDSA", "kid": key.public.kid, "canon": "bytes"}).encode())
    token = protected + b".." + b64(forger.sign(protected + b"." + b64(document)))
    assert refused_as(judge(token), "VERIFY-SIGNATURE")
