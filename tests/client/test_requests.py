"""Asking partners for footprints: what the event says, and what is known of its answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.model.finding import Refused
from gateway.pact.client import Footprint, Query
from gateway.pact.events import read_event
from gateway.pact.judge import Circumstances, receive
from gateway.pact.requests import ask, wanted
from gateway.store.clients import add_client
from gateway.store.database import Store
from gateway.store.events import Incoming, accept, answer_request, list_outbox, new_events, request_of
from gateway.store.partners import NewPartner, Partner, add_partner
from gateway.store.requests import list_requests
from gateway.store.secret import HostSecret
from tests.client.hosts import footprint, pf_id
from tests.command import run

OURS = "https://buyer.example"
THEIRS = "https://supplier.example"
PRODUCT = Query(("urn:gtin:4712345060507",))
NOW = int(datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp()) * 1_000_000


def partner_of(connection: Any, model: Any = "3", client: str = "") -> Partner:
    new = NewPartner("Supplier", THEIRS, THEIRS, "us", "secret", client, model)
    return add_partner(connection, HostSecret(b"0" * 32), new, NOW)


def test_a_request_of_api_3_names_the_filters() -> None:
    query = Query(
        ("urn:a:1", "urn:a:2"), ("urn:c:1",), ("CN",), ("urn:cpc:41431",), "Active", "2026-01-01T00:00Z"
    )
    assert wanted(query, "3") == {
        "productId": ["urn:a:1", "urn:a:2"],
        "companyId": ["urn:c:1"],
        "geography": ["CN"],
        "classification": ["urn:cpc:41431"],
        "status": "Active",
        "validOn": "2026-01-01T00:00:00Z",
    }


def test_a_request_of_api_2_gives_the_members_that_a_footprint_is_to_have() -> None:
    query = Query(("urn:a:1", "urn:a:2"), geographies=("CN",), classifications=("urn:cpc:41431",))
    assert wanted(query, "2") == {
        "pf": {
            "productIds": ["urn:a:1", "urn:a:2"],
            "pcf": {"geographyCountry": "CN"},
            "productCategoryCpc": "41431",
        }
    }
    with pytest.raises(Refused, match="PULL-FILTER"):
        wanted(Query(valid_on="2026-01-01T00:00Z"), "2")


@pytest.mark.parametrize("model", ["3", "2"])
def test_the_event_is_one_that_a_host_accepts_and_waits_in_the_outbox(store: Store, model: Any) -> None:
    with store.write() as connection:
        asked = ask(connection, partner_of(connection, model), PRODUCT, OURS, NOW, "for 2026")
    with store.read() as connection:
        (request,) = list_requests(connection)
        (letter,) = list_outbox(connection)
    assert (request.event_id, request.partner, request.state) == (asked, "Supplier", "open")
    assert (letter["event_id"], letter["state"]) == (asked, "pending")
    event = read_event(request.body, model)
    assert (event.kind, event.source, event.id) == ("created", OURS, asked)
    assert event.data["comment"] == "for 2026"
    assert json.loads(request.body)["time"] == "2026-03-01T08:00:00Z"


def test_a_request_without_a_criterion_is_not_made(store: Store) -> None:
    with store.write() as connection, pytest.raises(Refused, match="PULL-NOTHING-ASKED"):
        ask(connection, partner_of(connection), Query(), OURS, NOW)


def answered(store: Store, event: dict[str, Any], state: str) -> str:
    """A store in which a request has that answer; the id of the request."""
    with store.write() as connection:
        client, _ = add_client(connection, "Supplier", NOW)
        asked = ask(connection, partner_of(connection, client="Supplier"), PRODUCT, OURS, NOW)
        body = json.dumps({"id": "answer-1", "data": event}).encode()
        accept(connection, Incoming(client.number, "answer-1", THEIRS, "fulfilled", body), NOW)
        (kept,) = new_events(connection, 1)
        known = request_of(connection, client.number, asked)
        assert known is not None
        answer_request(connection, known["number"], state, kept.number, NOW)
    return asked


def test_a_fulfilled_request_lists_what_its_answer_brought(store: Store) -> None:
    asked = answered(store, {}, "fulfilled")
    how = Circumstances(THEIRS, "3", "event 1")
    with store.write() as connection:
        receive(connection, NOW, Footprint(footprint(1)), how)
    with store.read() as connection:
        (request,) = list_requests(connection)
    assert (request.event_id, request.state) == (asked, "fulfilled")
    assert request.footprints == ((pf_id(1), Footprint(footprint(1)).digest),)


def test_the_command_lists_requests_with_what_came_or_why_not(store: Store, store_url: str) -> None:
    error = {"code": "NotFound", "message": "no such\u202e product"}
    asked = answered(store, {"requestEventId": "", "error": error}, "rejected")
    done = run("pact", "requests", "--database-url", store_url)
    words = done.out.decode().rstrip("\n").split("\t")
    assert words == [
        asked,
        "rejected",
        "2026-03-01T08:00:00Z",
        "Supplier",
        "NotFound: no such\\u202e product",
    ]
    row = json.loads(run("pact", "requests", "--json", "--database-url", store_url).out)
    assert (row["state"], row["footprints"]) == ("rejected", [])
    assert run("pact", "requests", "--partner", "Other", "--database-url", store_url).out == b""


def test_the_command_asks_a_partner_and_names_the_request(store: Store, store_url: str) -> None:
    words = [
        "Supplier",
        "--product",
        "urn:gtin:4712345060507",
        "--public-base-url",
        OURS,
        "--database-url",
        store_url,
    ]
    unknown = run("pact", "request", *words)
    assert "PARTNER-UNKNOWN" in unknown.err
    with store.write() as connection:
        partner_of(connection)
    done = run("pact", "request", *words)
    assert done.code == 0
    with store.read() as connection:
        (request,) = list_requests(connection)
    assert done.out.decode().split() == ["Request", request.event_id]


@pytest.mark.parametrize(
    "url", ["http://buyer.example", "buyer.example", "https://me:pw@buyer.example", "https://"]
)
def test_an_address_of_ours_that_nobody_can_answer_to_is_refused(sqlite_url: str, url: str) -> None:
    words = ["Supplier", "--product", "urn:a:1", "--public-base-url", url, "--database-url", sqlite_url]
    done = run("pact", "request", *words)
    assert (done.code, "PULL-OWN-ADDRESS" in done.err) == (1, True)
