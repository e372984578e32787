"""Health, figures, what the documents of this host point to, and its own description."""

from __future__ import annotations

import json
import urllib.request

import pytest
from jsonschema_rs import validator_for

from gateway.data import data_path
from gateway.pact.offer import prepare
from gateway.service import openapi
from tests.service.houses import House
from tests.store.offers import offer, pf_id


@pytest.fixture
def house(local_store):
    return House(local_store)


def test_health_says_that_the_process_lives_and_ready_that_the_database_answers(store):
    house = House(store)
    assert house.web.get("/health").json() == {"status": "alive"}
    assert house.web.get("/ready").json() == {"status": "ready"}
    with house.store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert house.web.get("/health").status_code == 200
    answer = house.web.get("/ready")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


def test_a_probe_by_address_and_without_tls_is_answered_and_learns_nothing_else(house):
    assert house.web.get("http://10.1.2.3/health").status_code == 200
    assert house.web.get("http://10.1.2.3/ready").status_code == 200
    assert house.web.get("http://10.1.2.3/openapi.json").status_code == 403


def test_the_figures_count_by_route_and_hold_no_id(house):
    buyer = house.account("Buyer", ("all", ""))
    house.publish(offer(1))
    house.ask(buyer, f"/3/footprints/{pf_id(1)}")
    house.ask(buyer, f"/3/footprints/{pf_id(2)}")
    house.web.get("/wp-admin.php")
    house.host.metrics.watch("cbamgw_outbox_pending", "Events to deliver.", lambda: 3)
    port = house.host.metrics.serve(0)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    assert 'cbamgw_requests_total{method="GET",route="/3/footprints/{id}",status="200"} 1.0' in text
    assert 'cbamgw_requests_total{method="GET",route="other",status="404"} 1.0' in text
    assert "cbamgw_outbox_pending 3.0" in text
    assert pf_id(1) not in text
    assert "wp-admin" not in text


def test_the_figures_are_not_to_be_had_from_outside(house):
    assert house.web.get("/metrics").status_code == 404


def test_there_is_no_page_that_shows_how_to_try_things_out(house):
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert house.web.get(path).status_code == 404


def test_the_schema_that_our_extension_names_is_served_where_it_says(house):
    record = data_path("examples", "aluminium.json").read_bytes()
    prepared = prepare(record, base_url="https://pcf.example.com")
    footprint = json.loads(prepared.offer.bodies["3.0"].content)
    (extension,) = footprint["extensions"]
    answer = house.web.get(extension["dataSchema"])
    assert answer.headers["content-type"] == "application/schema+json"
    assert validator_for(answer.json()).is_valid(extension["data"])


@pytest.mark.parametrize(
    "path",
    [
        "/schemas/x/1",
        "/schemas/..%2f..%2fgateway/1",
        "/schemas/cn.pcf/..",
        "/schemas/cn.pcf/1%00",
        "/rules/X",
        "/rules/..%2f",
    ],
)
def test_what_is_no_schema_or_rule_of_ours_is_missing(house, path):
    assert house.web.get(path).status_code == 404


def test_a_rule_is_told_in_both_languages(house):
    told = house.web.get("/rules/PACT-SUM-EXCLUDING").json()
    assert told["id"] == "PACT-SUM-EXCLUDING"
    assert set(told["en"]) == set(told["zh"]) == {"what", "why", "fix"}


def test_the_description_of_the_service_resolves_and_holds_every_route(house):
    document = house.web.get("/openapi.json").json()
    assert {"/3/footprints", "/3/footprints/{id}", "/2/footprints", "/auth/token", "/health"} <= set(
        document["paths"]
    )
    text = json.dumps(document)
    for reference in {part.partition('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}:
        assert reference in document["components"]["schemas"]
    assert (
        document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["tokenUrl"]
        == "/auth/token"
    )


def test_a_footprint_that_is_served_fits_the_schema_of_the_description(house):
    record = data_path("examples", "aluminium.json").read_bytes()
    house.publish(prepare(record).offer)
    buyer = house.account("Buyer", ("all", ""))
    body = house.ask(buyer, "/3/footprints").json()
    schema = {"$ref": "#/components/schemas/Footprints3", "components": {"schemas": openapi.schemas()}}
    assert validator_for(schema).is_valid(body)
    del body["data"][0]["pcf"]
    assert not validator_for(schema).is_valid(body)
