"""Three verdicts, never merged: signature, issuer, status; and the trust store that decides the last two."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.formats.json_reader import write_json
from gateway.model.finding import Refused
from gateway.trust.envelope import new_statement
from gateway.trust.issuers import Issuer, TrustStore, read_trust_store
from gateway.trust.keys import PublicKey
from gateway.trust.signing import sign_document
from gateway.trust.verifying import verify_document


def verdicts(verification):
    return verification.signature, verification.issuer, verification.status


@pytest.fixture
def judge(document, token, clock):
    return lambda **kwargs: verify_document(document, token, **({"clock": clock} | kwargs))


def test_without_a_key_or_a_store_the_issuer_is_unknown(judge, key):
    verification = judge()
    assert verdicts(verification) == ("valid", "unknown", "unknown")
    assert verification.signer == key.public.did
    assert verification.accepted(trust_asked=False)
    assert not verification.accepted(trust_asked=True)


def test_a_key_that_i_name_is_trusted_and_its_status_unknown(judge, key, stranger):
    assert verdicts(judge(keys=[stranger.public, key.public])) == ("valid", "trusted", "unknown")


def test_a_stranger_is_untrusted_though_the_signature_is_valid(judge, stranger):
    store = TrustStore((Issuer(stranger.public.did, "Other", stranger.public),))
    for kwargs in ({"keys": [stranger.public]}, {"store": store}, {"keys": []}, {"store": TrustStore()}):
        verification = judge(**kwargs)
        assert verdicts(verification) == ("valid", "untrusted", "unknown")
        assert not verification.accepted(trust_asked=True)


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (-1, 1, ("valid", "trusted", "current")),
        (None, 1, ("valid", "trusted", "current")),
        (-1, None, ("valid", "trusted", "current")),
        (None, None, ("valid", "trusted", "unknown")),
        (0, 1, ("valid", "trusted", "current")),
        (-1, 0, ("valid", "untrusted", "not current")),
        (-2, -1, ("valid", "untrusted", "not current")),
        (1, 2, ("valid", "untrusted", "not current")),
    ],
)
def test_a_key_is_trusted_within_its_period_only(judge, key, now, begin, end, expected):
    def day(offset):
        return None if offset is None else now + timedelta(days=offset)

    entry = Issuer(key.public.did, "Mill", key.public, day(begin), day(end), ("manufacturer",))
    verification = judge(store=TrustStore((entry,)), keys=[key.public])
    assert verdicts(verification) == expected
    assert (verification.name, verification.roles) == ("Mill", ("manufacturer",))
    assert verification.accepted(trust_asked=True) is (expected[1] == "trusted")


def test_a_second_period_of_the_same_key_counts(judge, key, now):
    day = timedelta(days=1)
    old = Issuer(key.public.did, "Mill", key.public, now - 9 * day, now - 8 * day)
    new = Issuer(key.public.did, "Mill", key.public, now - day, now + day)
    assert verdicts(judge(store=TrustStore((old, new)))) == ("valid", "trusted", "current")


def test_a_signature_made_before_the_period_is_untrusted(judge, key, now):
    entry = Issuer(key.public.did, "Mill", key.public, now + timedelta(hours=1), None)
    later = judge(store=TrustStore((entry,)), clock=lambda: now + timedelta(days=1))
    assert verdicts(later) == ("valid", "untrusted", "not current")


@pytest.mark.parametrize(("seconds", "accepted"), [(60, True), (61, False)])
def test_a_signature_from_the_future_is_refused_beyond_the_skew(judge, key, now, seconds, accepted):
    verification = judge(keys=[key.public], clock=lambda: now - timedelta(seconds=seconds))
    assert verification.signature == "valid"
    assert verification.accepted(trust_asked=True) is accepted
    assert verification.verified_at == now - timedelta(seconds=seconds)


def test_an_algorithm_that_the_store_does_not_allow_is_untrusted(judge, key):
    entry = Issuer(key.public.did, "Mill", key.public, algorithms=())
    assert judge(store=TrustStore((entry,))).issuer == "untrusted"
    assert judge(store=TrustStore((replace(entry, algorithms=("Ed25519",)),))).issuer == "trusted"


def test_a_stock_signature_without_statement_is_judged_too(document, key, clock):
    import base64

    protected = base64.urlsafe_b64encode(b'{"alg":"EdDSA","kid":"2026-key"}').rstrip(b"=")
    body = base64.urlsafe_b64encode(document).rstrip(b"=")
    value = base64.urlsafe_b64encode(key.secret.sign(protected + b"." + body)).rstrip(b"=")
    named = PublicKey(key.public.raw, "2026-key")
    verification = verify_document(document, protected + b".." + value, keys=[named], clock=clock)
    assert verdicts(verification) == ("valid", "trusted", "unknown")
    assert verification.statement is None
    other = verify_document(document, protected + b".." + value, keys=[key.public], clock=clock)
    assert other.signature == "invalid"


def test_a_store_may_give_an_issuer_another_identity_than_its_key(document, key, clock, stranger):
    entry = Issuer("https://steel.example", "Mill", key.public)
    token = sign_document(document, "application/json", key, new_statement(key.public.did, clock))
    assert verify_document(document, token, store=TrustStore((entry,)), clock=clock).issuer == "trusted"


STORE = """
[[issuer]]
id = "{did}"
name = "示例钢铁"
key = "mill.pub.jwk"
valid_from = 2026-01-01
valid_until = 2027-01-01T00:00:00+08:00
roles = ["manufacturer"]
algorithms = ["EdDSA"]
"""


def test_a_store_is_read_from_a_file_and_from_a_folder(tmp_path, key, stranger, judge):
    (tmp_path / "mill.pub.jwk").write_bytes(write_json(key.public.jwk()))
    (tmp_path / "partners.toml").write_text(STORE.format(did=key.public.did), encoding="utf-8")
    verification = judge(store=read_trust_store(tmp_path / "partners.toml"))
    assert verdicts(verification) == ("valid", "trusted", "current")
    assert verification.name == "示例钢铁"
    (tmp_path / "other.pem").write_bytes(stranger.public.pem())
    assert len(read_trust_store(tmp_path).issuers) == 3


def test_the_key_of_an_entry_defaults_to_its_did(tmp_path, key):
    (tmp_path / "s.toml").write_text(f'[[issuer]]\nid = "{key.public.did}"\n')
    (issuer,) = read_trust_store(tmp_path / "s.toml").issuers
    assert issuer.key == key.public


@pytest.mark.parametrize(
    "text",
    ["x", "[issuer]\nid = 1", "trust = true", "[[issuer]]\nname = 'x'",
     "[[issuer]]\nid = 'DID'\nvalid_form = 2026-01-01",
     "[[issuer]]\nid = 'DID'\nvalid_until = '2026-01-01'", "[[issuer]]\nid = 'DID'\nalgorithms = ['none']",
     "[[issuer]]\nid = 'DID'\nroles = 'x'", "[[issuer]]\nid = 'DID'\nkey = 1", "issuer = [1]",
     "[[issuer]]\nid = 'DID'\nvalid_from = 2027-01-01\nvalid_until = 2026-01-01",
     "[[issuer]]\nid = 'DID'\nkey = 'OTHER'"],
)  # fmt: skip
def test_a_store_with_a_defect_is_refused_as_a_whole(tmp_path, key, stranger, text):
    filled = text.replace("DID", key.public.did).replace("OTHER", stranger.public.did)
    (tmp_path / "s.toml").write_text(filled)
    with pytest.raises(Refused) as caught:
        read_trust_store(tmp_path / "s.toml")
    assert caught.value.findings[0].rule == "TRUST-STORE"
