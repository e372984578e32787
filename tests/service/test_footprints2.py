"""The footprints of version 2, and its $filter."""

from __future__ import annotations

import time

import pytest

from gateway.service.odata import conditions
from gateway.service.problem import HttpProblem
from gateway.store.pages import Term, When
from tests.service.houses import House, at, in_both_versions, seen
from tests.store.offers import offer, pf_id


@pytest.fixture
def house(local_store):
    return House(local_store)


@pytest.fixture
def buyer(house):
    return house.account("Buyer", ("all", ""))


def found(house, buyer, text: str) -> list[int]:
    return sorted(seen(house.web.get("/2/footprints", params={"$filter": text}, headers=buyer.headers)))


def test_version_2_serves_its_own_bytes_and_leaves_out_what_it_cannot_say(store):
    house = House(store)
    buyer = house.account("Buyer", ("all", ""))
    house.publish(in_both_versions(1), offer(2))
    assert house.ask(buyer, "/2/footprints").content == b'{"data":[{"n":"1","v":2}]}'
    assert house.ask(buyer, f"/2/footprints/{pf_id(1)}").content == b'{"data":{"n":"1","v":2}}'
    missing = house.ask(buyer, f"/2/footprints/{pf_id(2)}")
    assert (missing.status_code, missing.json()["code"]) == (404, "NoSuchFootprint")


def test_pages_of_version_2_have_links_of_version_2(house, buyer):
    house.publish(*map(in_both_versions, (1, 2, 3)))
    first = house.ask(buyer, "/2/footprints?limit=2&$filter=created%20ge%20'1970-01-01T00:00:00Z'")
    link = first.headers["link"].removeprefix("<https://pcf.example.com").partition(">")[0]
    assert link.startswith("/2/footprints?limit=2&%24filter=created+ge+")
    assert (seen(first), seen(house.ask(buyer, link))) == ([1, 2], [3])
    assert (
        house.ask(
            buyer, link.replace("/2/", "/3/").partition("&%24")[0] + "&" + link.rpartition("&")[2]
        ).status_code
        == 400
    )


def test_another_clients_footprint_is_missing_in_version_2_too(house):
    house.publish(in_both_versions(1))
    stranger = house.account("Stranger")
    assert house.ask(stranger, "/2/footprints").content == b'{"data":[]}'
    others = house.ask(stranger, f"/2/footprints/{pf_id(1)}")
    nobodys = house.ask(stranger, f"/2/footprints/{pf_id(9)}")
    assert (others.status_code, others.content) == (404, nobodys.content)


def four(house):
    terms = [
        {("product", "urn:p:a"), ("company", "urn:c:1"), ("cpc", "3342"), ("country", "DE")},
        {("product", "urn:p:b"), ("company", "urn:c:1"), ("cpc", "3342"), ("country", "FR")},
        {("product", "urn:p:a"), ("product", "urn:p:it's"), ("country", "FR")},
        {("country", "CN")},
    ]
    starts = ["2022-01-01", "2023-01-01", "2023-06-01", "2024-01-01"]
    for number, (of_it, start) in enumerate(zip(terms, starts, strict=True), start=1):
        begins = at(f"{start}T00:00:00Z")
        house.publish(
            in_both_versions(
                number, terms=frozenset(of_it), created=begins, updated=begins, period_start=begins
            )
        )


FILTERS = [
    ("created eq '2023-01-01T00:00:00Z'", [2]),
    ("created lt '2023-01-01T00:00:00Z'", [1]),
    ("created le 2023-01-01T00:00:00Z", [1, 2]),
    ("updated gt '2023-01-01T00:00:00+01:00'", [2, 3, 4]),
    ("pcf/referencePeriodStart ge '2023-06-01T00:00:00.000Z'", [3, 4]),
    (
        "(pcf/referencePeriodStart ge '2022-06-01T00:00:00Z') and (pcf/referencePeriodStart lt '2023-06-01T00:00:00Z')",
        [2],
    ),
    ("pcf/geographyCountry eq 'FR'", [2, 3]),
    ("pcf/geographyCountry eq 'fr' and created ge '2023-02-01T00:00:00Z'", [3]),
    ("productCategoryCpc eq '3342'", [1, 2]),
    ("productIds/any(productId:(productId eq 'urn:p:a'))", [1, 3]),
    ("productIds/any(x:x eq 'urn:p:it''s')", [3]),
    ("companyIds/any(c:(c eq 'URN:C:1')) and pcf/geographyCountry eq 'DE'", [1]),
    ("((((productCategoryCpc eq '3342'))))  and\tpcf/geographyCountry  eq  'FR' ", [2]),
    ("pcf/geographyCountry eq 'FR' and pcf/geographyCountry eq 'DE'", []),
    ("pcf/geographyCountry eq 'XX'", []),
    ("pcf/geographyCountry eq ''' or 1=1 --'", []),
    ("   ", [1, 2, 3, 4]),
    ("", [1, 2, 3, 4]),
]


def test_a_filter_finds_what_it_says(store):
    house = House(store)
    buyer = house.account("Buyer", ("all", ""))
    four(house)
    for text, numbers in FILTERS:
        assert found(house, buyer, text) == numbers, text


REFUSED = {
    "x' or 1=1": "BadRequest",
    "id eq 'x'' or 1=1": "BadRequest",
    "id eq 'x' or 1 eq 1": "BadRequest",
    "created ge '2020-01-01T00:00:00Z' or created lt '2020-01-01T00:00:00Z'": "NotImplemented",
    "not (pcf/geographyCountry eq 'DE')": "NotImplemented",
    "pcf/geographyCountry ne 'DE'": "NotImplemented",
    "pcf/geographyCountry lt 'DE'": "NotImplemented",
    "pcf/geographyCountry eq 'DE'; drop table footprints": "BadRequest",
    "pcf/geographyCountry eq 'DE' union select 1": "BadRequest",
    "1 eq 1": "BadRequest",
    "pcf eq 'x'": "NotImplemented",
    "visible/client eq '1'": "NotImplemented",
    "startswith(companyName,'A')": "BadRequest",
    "productIds eq 'urn:p:a'": "NotImplemented",
    "productIds/any(x:(y eq 'urn:p:a'))": "BadRequest",
    "productIds/any(x:(x ne 'urn:p:a'))": "NotImplemented",
    "productIds/all(x:(x eq 'urn:p:a'))": "NotImplemented",
    "productIds/any()": "BadRequest",
    "created ge 'yesterday'": "BadRequest",
    "created ge 2020": "BadRequest",
    "created ge": "BadRequest",
    "created": "BadRequest",
    "and": "NotImplemented",
    "pcf/geographyCountry eq 'DE": "BadRequest",
    'pcf/geographyCountry eq "DE"': "BadRequest",
    "(pcf/geographyCountry eq 'DE'": "BadRequest",
    "pcf/geographyCountry eq 'DE')": "BadRequest",
    "pcf/geographyCountry eq 'D\0E'": "BadRequest",
    "pcf/geographyCountry\u00a0eq 'DE'": "BadRequest",
    "pcf/geographyCountry eq 'DE' and": "BadRequest",
    "(" * 10_000 + "created ge '2020-01-01T00:00:00Z'" + ")" * 10_000: "BadRequest",
    "(" * 1000 + "created ge '2020-01-01T00:00:00Z'" + ")" * 1000: "BadRequest",
    "productIds/any(x:" + "(" * 100 + "x eq 'a'" + ")" * 101: "BadRequest",
    " and ".join(["created ge '2020-01-01T00:00:00Z'"] * 60): "BadRequest",
    "'" * 3999: "BadRequest",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40])
def test_what_is_no_filter_of_the_list_is_refused_and_reaches_no_database(text):
    begun = time.process_time()
    with pytest.raises(HttpProblem) as refused:
        conditions(text)
    assert time.process_time() - begun < 0.05
    assert (refused.value.status, refused.value.code or "BadRequest") == (400, REFUSED[text])


def test_a_refused_filter_is_a_400_with_the_code_of_pact(house, buyer):
    for text, code in (
        ("id eq 'x'' or 1=1", "BadRequest"),
        ("(" * 3000, "BadRequest"),
        ("id eq 'x'", "NotImplemented"),
    ):
        answer = house.web.get("/2/footprints", params={"$filter": text}, headers=buyer.headers)
        assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    "query", ["$filter=a&$filter=b", "$skip=1", "$orderby=created", "filter=created", "$select=id"]
)
def test_other_odata_is_refused_rather_than_left_out(house, buyer, query):
    assert house.ask(buyer, f"/2/footprints?{query}").status_code == 400


def test_values_come_out_of_the_parser_as_values():
    assert conditions("pcf/geographyCountry eq 'x'' or 1=1'") == (Term("country", ("x' or 1=1",)),)
    (when,) = conditions("created lt 2025-01-01T00:00:00Z")
    assert when == When("created", "lt", at("2025-01-01T00:00:00Z"))
