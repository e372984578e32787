"""Signatures: fetched, verified by the trust of the day, and kept beside what they sign."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from gateway.pact.client import Footprint
from gateway.pact.judge import Circumstances, receive
from gateway.pact.signatures import Signatures, verify_again
from gateway.store import log
from gateway.store.database import Store
from gateway.store.partners import NewPartner, add_partner
from gateway.store.secret import HostSecret
from gateway.store.tables.received import received
from gateway.trust.envelope import new_statement
from gateway.trust.issuers import Issuer, TrustStore
from gateway.trust.keys import new_key
from gateway.trust.signing import sign_document
from tests.client.hosts import HOST, FakeHost, Time, client_of, footprint, pf_id
from tests.client.pulls import counts, newest, pulled, rules

ALL = [footprint(number) for number in range(5)]


def signed(store: Store, content: bytes) -> tuple[bytes, TrustStore]:
    key = new_key()
    statement = new_statement(key.public.did, store.clock, format="pact.footprint@3.0")
    trust = TrustStore((Issuer(key.public.did, "Example Aluminium", key.public),))
    return sign_document(content, "application/json", key, statement), trust


def test_a_signature_that_the_host_keeps_is_verified_and_kept(on_both: Store) -> None:
    token, trust = signed(on_both, ALL[0])
    pulled(on_both, FakeHost(ALL, signatures={pf_id(0): token, pf_id(1): token}), trust=trust)
    good, other, none = (newest(on_both, number) for number in (0, 1, 2))
    assert good.verdicts | {"signature": "valid", "issuer": "trusted"} == good.verdicts
    assert good.signature == token.decode().strip()
    assert other.verdicts["signature"] == "invalid"
    assert [item.severity for item in other.findings if item.stage == "verify"] == ["error"]
    assert none.verdicts["signature"] == "none"


def test_a_stranger_is_not_trusted_for_a_valid_signature(kept: Store) -> None:
    token, _ = signed(kept, ALL[0])
    pulled(kept, FakeHost(ALL, signatures={pf_id(0): token}), trust=TrustStore())
    assert newest(kept, 0).verdicts["signature"] == "valid"
    assert newest(kept, 0).verdicts["issuer"] == "untrusted"


@pytest.mark.parametrize("status", [302, 401, 405, 429, 503])
def test_what_another_host_answers_in_place_of_a_signature_does_not_stop_the_pull(
    kept: Store, status: int
) -> None:
    host = FakeHost(ALL)
    headers = {"location": "https://login.example/", "retry-after": "86400"}
    host.instead = lambda request: (
        httpx.Response(status, headers=headers) if request.url.path.endswith("/signature") else None
    )
    summary = pulled(kept, host)
    assert (counts(summary), summary.fault) == ((5, 0, 0), None)


def test_a_host_without_signatures_is_asked_for_three_and_no_more(kept: Store) -> None:
    host = FakeHost([footprint(number) for number in range(12)], size=12)
    pulled(kept, host)
    assert sum(call.url.path.endswith("/signature") for call in host.calls) == 3


def test_a_footprint_that_came_without_its_signature_gets_it_by_the_next_pull(on_both: Store) -> None:
    token, trust = signed(on_both, ALL[0])
    how = Circumstances(HOST, "3", "event 1", clock=on_both.clock)
    with on_both.write() as connection:
        receive(connection, on_both.now(), Footprint(ALL[0]), how)
    assert newest(on_both, 0).verdicts["signature"] == "none"
    host = FakeHost([ALL[0]], signatures={pf_id(0): token})
    assert counts(pulled(on_both, host, trust=trust)) == (0, 1, 0)
    told = newest(on_both, 0)
    assert (told.verdicts["signature"], told.verdicts["issuer"]) == ("valid", "trusted")
    assert told.signature == token.decode().strip()
    assert told.via == "event 1"
    with on_both.read() as connection:
        assert log.verify_log(connection) is None


def partner_of(store: Store) -> None:
    with store.write() as connection:
        add_partner(
            connection, HostSecret(b"0" * 32), NewPartner("Supplier", HOST, HOST, "us", "x"), store.now()
        )


def test_what_an_event_brought_is_verified_with_the_signature_of_its_host(kept: Store, time: Time) -> None:
    token, trust = signed(kept, ALL[0])
    partner_of(kept)
    how = Circumstances(HOST, "3", "event 1", clock=kept.clock)
    with kept.write() as connection:
        for content in ALL[:2]:
            receive(connection, kept.now(), Footprint(content), how)
    host = FakeHost(ALL, signatures={pf_id(0): token})
    desk = Signatures(kept, lambda *_: client_of(host, time), trust)
    assert asyncio.run(desk.step()) == 2
    assert newest(kept, 0).verdicts["issuer"] == "trusted"
    assert newest(kept, 1).verdicts["signature"] == "none"
    host.calls = []
    assert asyncio.run(desk.step()) == 0  # who has no signature is not asked for it for ever
    assert host.calls == []


def test_a_host_that_is_not_reached_for_its_signatures_is_asked_again_later(kept: Store, time: Time) -> None:
    token, trust = signed(kept, ALL[0])
    partner_of(kept)
    with kept.write() as connection:
        receive(
            connection, kept.now(), Footprint(ALL[0]), Circumstances(HOST, "3", "event 1", clock=kept.clock)
        )
    host = FakeHost(ALL, signatures={pf_id(0): token})
    host.instead = lambda request: httpx.Response(401) if request.url.path == "/auth/token" else None
    desk = Signatures(kept, lambda *_: client_of(host, time), trust)
    assert [asyncio.run(desk.step()), asyncio.run(desk.step())] == [0, 0]
    assert len(host.asked("/auth/token")) == 1
    host.instead = None
    time.now += timedelta(minutes=2)
    assert asyncio.run(desk.step()) == 1


def test_a_new_trust_store_changes_the_verdicts_and_leaves_what_was_found_before(kept: Store) -> None:
    token, trust = signed(kept, ALL[0])
    pulled(kept, FakeHost(ALL, signatures={pf_id(0): token}))
    assert newest(kept, 0).verdicts["issuer"] == "unknown"
    assert verify_again(kept, trust) == (1, 1)
    assert verify_again(kept, trust) == (1, 0)
    assert newest(kept, 0).verdicts["issuer"] == "trusted"
    assert rules(newest(kept, 0).findings) == ["VERIFY-STATUS-UNKNOWN"]
    with kept.read() as connection:
        assert connection.execute(select(received.c.verdicts)).scalar().count("unknown") == 2
        assert log.verify_log(connection) is None
