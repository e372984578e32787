"""Keys: kept closed, named by themselves, and read from every form in which partners send them."""

import base64
import json
import os
import stat
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from second_opinions import openssl

from gateway.model.finding import Refused
from gateway.trust.did_key import decode_did_key, encode_did_key
from gateway.trust.ed25519 import P, is_sound_public_key
from gateway.trust.keys import PublicKey, key_of_did, load_key, new_key, read_public_key, save_key

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


def rule(call, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.findings[0].rule


@posix
def test_a_new_key_is_closed_to_others_and_opens_with_its_passphrase(tmp_path, key):
    path = tmp_path / "plant.key"
    beside = save_key(key, path, passphrase=b"correct horse")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()
    assert load_key(path, b"correct horse").public == key.public
    assert beside.name == "plant.key.pub.jwk"
    assert "d" not in json.loads(beside.read_bytes())


@pytest.mark.parametrize("wrong", [None, b"", b"wrong"])
def test_a_missing_or_wrong_passphrase_is_said_so(tmp_path, key, wrong):
    save_key(key, tmp_path / "k", passphrase=b"right")
    assert rule(load_key, tmp_path / "k", wrong) == "KEY-PASSPHRASE"


def test_an_unencrypted_key_is_written_only_when_asked_for(tmp_path, key):
    assert rule(save_key, key, tmp_path / "k") == "KEY-NO-PASSPHRASE"
    assert rule(save_key, key, tmp_path / "k", passphrase=b"") == "KEY-NO-PASSPHRASE"
    assert not list(tmp_path.iterdir())
    save_key(key, tmp_path / "k", unencrypted=True)
    assert load_key(tmp_path / "k").public == key.public
    assert load_key(tmp_path / "k", b"not needed").public == key.public


@posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o660])
def test_a_private_key_that_others_can_reach_is_refused(tmp_path, key, mode):
    save_key(key, tmp_path / "k", unencrypted=True)
    (tmp_path / "k").chmod(mode)
    assert rule(load_key, tmp_path / "k") == "KEY-MODE"


@pytest.mark.parametrize("there", ["k", "k.pub.jwk"])
def test_no_half_of_a_key_pair_is_overwritten_unasked(tmp_path, key, there):
    (tmp_path / there).write_bytes(b"mine")
    assert rule(save_key, key, tmp_path / "k", unencrypted=True) == "WRITE-EXISTS"
    assert (tmp_path / there).read_bytes() == b"mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_the_secret_is_in_no_repr_and_no_finding(tmp_path, key):
    secret = key.secret.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    assert secret.hex() not in repr(key)
    assert str(secret) not in repr(key)
    assert repr(key) == f"SigningKey({key.public.did})"
    (tmp_path / "k").write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAASECRET\n-----END PRIVATE KEY-----\n")
    (tmp_path / "k").chmod(0o600)
    with pytest.raises(Refused) as caught:
        load_key(tmp_path / "k")
    assert "AAAASECRET" not in repr(caught.value.findings)


def test_an_algorithm_that_is_not_offered_makes_no_key():
    assert rule(new_key, "HS256") == "KEY-ALGORITHM"


def test_the_published_example_has_the_published_names():
    # RFC 8037 A.1-A.3: key and thumbprint
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    public = PublicKey(base64.urlsafe_b64decode(jwk["x"] + "="))
    assert public.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert {name: public.jwk()[name] for name in jwk} == jwk


def test_the_did_of_the_specification_decodes_and_encodes():
    did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"  # did:key specification, Ed25519 example
    raw = decode_did_key(did)
    assert raw is not None
    assert encode_did_key(raw) == did
    assert key_of_did(f"{did}#{did.removeprefix('did:key:')}").kid.startswith(did + "#z6Mk")


@pytest.mark.parametrize("form", ["jwk", "pem", "did"])
def test_a_public_key_is_read_from_every_form(tmp_path, key, form):
    written = {"jwk": json.dumps(key.public.jwk()).encode(), "pem": key.public.pem()}
    if form == "did":
        assert read_public_key(key.public.did) == key.public
    else:
        (tmp_path / "p").write_bytes(written[form])
        assert read_public_key(tmp_path / "p") == key.public


def test_for_a_private_key_file_the_public_file_beside_it_is_read(tmp_path, key):
    beside = save_key(key, tmp_path / "k", passphrase=b"right")
    assert read_public_key(tmp_path / "k") == key.public
    beside.unlink()
    assert rule(read_public_key, tmp_path / "k") == "KEY-NOT-PUBLIC"


def test_a_jwk_with_its_private_half_is_refused(tmp_path, key):
    (tmp_path / "p").write_text(json.dumps(key.public.jwk() | {"d": "A" * 43}))
    assert rule(read_public_key, tmp_path / "p") == "KEY-NOT-PUBLIC"


@pytest.mark.parametrize(
    "change",
    [{"kty": "oct"}, {"crv": "Ed448"}, {"crv": "X25519"}, {"use": "enc"}, {"alg": "HS256"}, {"x": "AA"},
     {"kid": 1}, {"x": 7}, {"x": "A" * 42 + "="}, {"x": "A" * 42 + "B"}],
)  # fmt: skip
def test_a_jwk_that_is_no_ed25519_signing_key_is_refused(tmp_path, key, change):
    (tmp_path / "p").write_text(json.dumps(key.public.jwk() | change))
    assert rule(read_public_key, tmp_path / "p") == "KEY-KIND"


def test_keys_of_another_kind_are_refused(tmp_path):
    other = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "p").write_bytes(
        other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    (tmp_path / "k").write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "k").chmod(0o600)
    assert rule(read_public_key, tmp_path / "p") == "KEY-KIND"
    assert rule(load_key, tmp_path / "k") == "KEY-KIND"


@pytest.mark.parametrize(
    "did",
    [
        "did:web:example.com",
        "did:key:",
        "did:key:z",
        "did:key:z6Mk",
        "did:key:z16MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2do0",
        "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK#z6MkOther",
        "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
        "did:key:z" + "2" * 100_000,
    ],
)
def test_what_is_no_did_key_of_ed25519_is_refused(did):
    assert rule(key_of_did, did) == "KEY-KIND"


# the eight points of small order and their second spellings, as libsodium lists them
SMALL_ORDER = [
    "00" * 32,
    "01" + "00" * 31,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ec" + "ff" * 30 + "7f",
    "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f",
]


@pytest.mark.parametrize("text", SMALL_ORDER)
@pytest.mark.parametrize("sign", [0, 0x80])
def test_keys_of_small_order_are_refused(text, sign):
    raw = bytearray.fromhex(text)
    raw[31] |= sign
    assert not is_sound_public_key(bytes(raw))
    assert rule(PublicKey, bytes(raw)) == "KEY-WEAK"


@pytest.mark.parametrize("y", [P, P + 3, 2**255 - 1, 2])
def test_a_second_spelling_and_a_point_off_the_curve_are_refused(y):
    assert not is_sound_public_key(y.to_bytes(32, "little"))


def test_every_generated_key_is_sound():
    assert all(is_sound_public_key(new_key().public.raw) for _ in range(50))


@openssl
def test_openssl_reads_the_private_key_and_finds_the_same_public_key(tmp_path, key):
    path, passphrase = tmp_path / "k", tmp_path / "pass"
    save_key(key, path, passphrase=b"right")
    passphrase.write_text("right\n")
    command = ["openssl", "pkey", "-in", str(path), "-passin", f"file:{passphrase}", "-pubout"]
    assert subprocess.run(command, check=True, capture_output=True).stdout == key.public.pem()
