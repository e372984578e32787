"""Signatures that strangers' software verifies: openssl, node, and another JOSE path."""

import base64
import json
import shutil
import subprocess
from dataclasses import replace

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey
from second_opinions import openssl, openssl_on_ed25519

from gateway.model.finding import Refused
from gateway.trust.envelope import HEADER_NAME, read_statement
from gateway.trust.signing import FORMATS, media_type_of, sign_document, signature_format
from gateway.trust.verifying import verify_document

node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
XML = "<?xml version='1.0'?>\n<r>钢</r>\n".encode()


def parts(token):
    header, middle, signature = token.removesuffix(b"\n").split(b".")
    assert middle == b""
    return header, base64.urlsafe_b64decode(signature + b"==")


def header_of(token):
    header, _ = parts(token)
    return json.loads(base64.urlsafe_b64decode(header + b"=" * (-len(header) % 4)))


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def payload_of(data):
    """The canonical payload of the small test document, by another writer than ours."""
    return json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_the_header_says_what_was_signed_and_by_whom(token, key, statement):
    header = header_of(token)
    assert list(header) == ["alg", "kid", "typ", "cty", "canon", HEADER_NAME]
    assert header["alg"] == "EdDSA"
    assert header["kid"] == key.public.kid
    assert (header["typ"], header["cty"], header["canon"]) == ("jose", "application/json", "RFC8785")
    assert read_statement(header[HEADER_NAME]) == statement
    assert token.endswith(b"\n")
    assert token.count(b"\n") == 1


def test_everything_that_a_translation_states_comes_back(document, key, statement, clock):
    digest = "sha256:" + "ab" * 32
    full = replace(
        statement, source=digest, route=("cn.pcf@1", "pact.footprint@3.0"), mapping=digest,
        schemas=(("pact.footprint@3.0", digest),), ledger=digest, gateway="0.1.0",
    )  # fmt: skip
    token = sign_document(document, "application/json", key, full)
    assert verify_document(document, token, clock=clock).statement == full


def test_xml_is_signed_byte_for_byte(key, statement):
    token = sign_document(XML, "application/xml", key, statement)
    assert header_of(token)["canon"] == "bytes"
    header, signature = parts(token)
    key.secret.public_key().verify(signature, header + b"." + b64(XML))


def test_a_vendor_json_type_is_canonicalised_too(document, key, statement):
    assert header_of(sign_document(document, "application/vc+json", key, statement))["canon"] == "RFC8785"


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b' {"a": 1}', "", "application/json"),
        (b"[1]", "x.txt", "application/json"),
        (b"[[issuer]]\nid = 1", "store.toml", "application/octet-stream"),
        (b'{"a": 1, "a": 2}', "", "application/json"),
        (b'\xef\xbb\xbf{"a": 1}', "", "application/json"),
        (b"nonsense", "x.JSON", "application/json"),
        (b'{"a": 1}\n{"a": 2}\n', "ledger.jsonl", "application/jsonl"),
        (XML, "x", "application/xml"),
        (b"\xef\xbb\xbf<r/>", "", "application/xml"),
        (b"a,b\n", "x.csv", "text/csv"),
        (b"PK\x03\x04", "x.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_the_media_type_follows_the_content(data, name, expected):
    assert media_type_of(data, name) == expected


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b'{"a": 1, "a": 2}', "READ-DUPLICATE-KEY"),
        (b'{"a": 0.1}', "SIGN-FLOAT"),
        (b'{"a": 9007199254740993}', "SIGN-INTEGER-RANGE"),
        (b'{"a": NaN}', "READ-NOT-A-NUMBER"),
        (b'\xef\xbb\xbf{"a": 1}', "READ-BOM"),
        (b"{} {}", "READ-TRAILING-DATA"),
    ],
)
def test_json_that_readers_take_differently_is_not_signed(data, rule, key, statement):
    with pytest.raises(Refused) as caught:
        sign_document(data, media_type_of(data), key, statement)
    assert caught.value.findings[0].rule == rule


def test_nobody_signs_in_the_name_of_another(document, key, stranger, statement):
    with pytest.raises(Refused) as caught:
        sign_document(document, "application/json", stranger, statement)
    assert caught.value.findings[0].rule == "SIGN-ISSUER"


def test_a_statement_that_no_verifier_would_take_is_not_signed(document, key, statement):
    with pytest.raises(Refused) as caught:
        sign_document(document, "application/json", key, replace(statement, format="x" * 20_000))
    assert caught.value.findings[0].rule == "SIGN-STATEMENT"


def test_an_unknown_signature_format_lists_those_on_offer():
    with pytest.raises(Refused) as caught:
        signature_format("xmldsig")
    assert caught.value.findings[0].values == {"format": "xmldsig", "offered": ", ".join(FORMATS)}


def test_a_large_document_is_signed_and_verified(key, statement, clock):
    data = b"<r>" + b"x" * 3_000_000 + b"</r>"
    token = sign_document(data, "application/xml", key, statement)
    assert verify_document(data, token, clock=clock).signature == "valid"


def test_a_stock_jose_library_verifies_with_the_public_jwk(document, token, key):
    compact = token.strip().replace(b"..", b"." + b64(payload_of(document)) + b".")
    stock = jws.JWSRegistry(algorithms=["EdDSA"], strict_check_header=False)
    stock.max_header_length = 4096  # the library's default, 512, is a limit of its own
    with pytest.warns(match="deprecated"):
        verified = jws.deserialize_compact(compact, OKPKey.import_key(key.public.jwk()), registry=stock)
    assert json.loads(verified.payload) == json.loads(document)


@openssl
def test_openssl_verifies_the_signature(tmp_path, document, token, key):
    header, signature = parts(token)
    for name, content in {
        "pub.pem": key.public.pem(), "sig": signature, "input": header + b"." + b64(payload_of(document))
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
    done = openssl_on_ed25519(tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "Signature Verified Successfully")
    (tmp_path / "input").write_bytes(header + b"." + b64(payload_of(document) + b" "))
    assert openssl_on_ed25519(tmp_path).returncode == 1


SCRIPT = """
const fs = require('fs'), crypto = require('crypto');
const [jwk, file, sig] = process.argv.slice(-3).map(name => fs.readFileSync(name, 'utf8'));
const canon = v => Array.isArray(v) ? '[' + v.map(canon).join(',') + ']'
  : v && typeof v === 'object'
  ? '{' + Object.keys(v).sort().map(k => JSON.stringify(k) + ':' + canon(v[k])).join(',') + '}'
  : JSON.stringify(v);
const [header, , signature] = sig.trim().split('.');
const input = header + '.' + Buffer.from(canon(JSON.parse(file))).toString('base64url');
const key = crypto.createPublicKey({ key: JSON.parse(jwk), format: 'jwk' });
console.log(crypto.verify(null, Buffer.from(input), key, Buffer.from(signature, 'base64url')));
"""


@node
def test_node_verifies_the_signature_with_its_own_canonical_form(tmp_path, document, token, key):
    (tmp_path / "jwk").write_text(json.dumps(key.public.jwk()))
    (tmp_path / "doc").write_bytes(document)
    (tmp_path / "sig").write_bytes(token)
    command = ["node", "-e", SCRIPT, "--", "jwk", "doc", "sig"]
    assert (
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == "true\n"
    )
    (tmp_path / "doc").write_bytes(document.replace(b'"1"', b'"2"'))
    assert (
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == "false\n"
    )
