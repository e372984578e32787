"""ListFootprints and GetFootprint of version 3."""

from __future__ import annotations

import re
import statistics
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.store.clients import unshare
from gateway.store.footprints import Body, own_body, revise
from tests.service.houses import BASE_URL, House, at, in_both_versions, named, seen
from tests.store.offers import offer, pf_id


@pytest.fixture
def house(local_store):
    return House(local_store)


@pytest.fixture
def buyer(house):
    return house.account("Buyer", ("all", ""))


def following(answer) -> str:
    """Path and query of the link to the next page, empty where there is none."""
    found = re.fullmatch(r'<(https://[^>]+)>; rel="next"', answer.headers.get("link", ""))
    return found[1].removeprefix(BASE_URL) if found else ""


def test_what_is_served_are_the_stored_bytes(house, buyer):
    content = '{ "n": "1", "x": 1.500, "名": "\\u4e2d" }'.encode()
    house.publish(offer(1, bodies={"3.0": Body(content)}), offer(2))
    assert house.ask(buyer, f"/3/footprints/{pf_id(1)}").content == b'{"data":' + content + b"}"
    assert house.ask(buyer, "/3/footprints").content == b'{"data":[' + content + b',{"n":"2"}]}'


def test_a_host_without_footprints_answers_an_empty_list(house, buyer):
    answer = house.ask(buyer, "/3/footprints")
    assert answer.content == b'{"data":[]}'
    assert "link" not in answer.headers


def test_pages_lead_through_all_footprints_once(store):
    house = House(store)
    buyer = house.account("Buyer", ("all", ""))
    house.publish(*map(offer, range(1, 8)))
    path, found, pages = "/3/footprints?limit=3", [], 0
    while path:
        answer = house.ask(buyer, path)
        found += seen(answer)
        path, pages = following(answer), pages + 1
    assert (found, pages) == ([1, 2, 3, 4, 5, 6, 7], 3)


def test_a_link_keeps_the_filters_and_the_limit_and_can_be_followed_twice(house, buyer):
    house.publish(
        *[named(number, ("geography", "FR"), ("class", "urn:é&=+")) for number in range(1, 6)],
        named(9, ("geography", "DE")),
    )
    answer = house.web.get(
        "/3/footprints",
        params={"geography": "FR", "classification": "urn:é&=+", "limit": 2},
        headers=buyer.headers,
    )
    link = following(answer)
    asked = parse_qs(urlsplit(link).query)
    assert (asked["geography"], asked["classification"], asked["limit"]) == (["FR"], ["urn:é&=+"], ["2"])
    assert seen(house.ask(buyer, link)) == seen(house.ask(buyer, link)) == [3, 4]


def test_a_footprint_published_between_two_pages_neither_repeats_nor_hides_another(house, buyer):
    house.publish(*map(offer, (1, 2, 3, 4)))
    first = house.ask(buyer, "/3/footprints?limit=2")
    house.publish(offer(5))
    second = house.ask(buyer, following(first))
    assert (seen(first), seen(second)) == ([1, 2], [3, 4])
    assert seen(house.ask(buyer, following(second))) == [5]


def test_a_cursor_counts_for_at_least_180_seconds_and_not_for_ever(house, buyer):
    house.publish(*map(offer, (1, 2, 3)))
    link = following(house.ask(buyer, "/3/footprints?limit=1"))
    house.clock.go_on(180)
    assert seen(house.ask(buyer, link)) == [2]
    house.clock.go_on(3600)
    fresh = {"headers": house.headers_of(buyer.client)}
    answer = house.web.get(link, **fresh)
    assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest")


def test_a_cursor_of_another_client_or_another_query_is_refused(house, buyer):
    house.publish(*map(offer, (1, 2, 3)))
    other = house.account("Other", ("all", ""))
    link = following(house.ask(buyer, "/3/footprints?limit=1"))
    assert house.ask(other, link).status_code == 400
    assert house.ask(buyer, link + "&geography=FR").status_code == 400
    assert house.ask(buyer, link).status_code == 200


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "0",
        "'; DROP TABLE footprints;--",
        "A" * 100,
        "A" * 5000,
        "é",
        "..%2f..",
        "e30",
        "%00",
        "a&cursor=b",
    ],
)
def test_a_made_up_cursor_is_refused_without_a_word_about_why(house, buyer, cursor):
    answer = house.ask(buyer, f"/3/footprints?cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest")
    assert "SQL" not in answer.text
    assert "Traceback" not in answer.text


def test_a_cursor_tells_nothing_of_other_footprints(house, buyer):
    house.publish(*map(offer, (1, 2, 3)))
    cursor = parse_qs(urlsplit(following(house.ask(buyer, "/3/footprints?limit=1"))).query)["cursor"][0]
    other = parse_qs(urlsplit(following(house.ask(buyer, "/3/footprints?limit=1"))).query)["cursor"][0]
    assert cursor != other  # sealed, not encoded


@pytest.mark.parametrize("limit", ["-1", "abc", "1.5", "1e9", " 1", "+1", "", "٣", "0x10", "1;2"])
def test_a_limit_that_is_no_whole_number_is_refused(house, buyer, limit):
    answer = house.web.get("/3/footprints", params={"limit": limit}, headers=buyer.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    "path", ["/3/footprints?limit=0", "/3/footprints?status=Active&limit=0", "/2/footprints?limit=0"]
)
def test_a_limit_of_nothing_gives_an_empty_page_whose_link_leads_to_all_there_is(house, buyer, path):
    """PACT 3.0: a host must link on where there are more footprints. A next page of nothing would go round and round."""
    house.publish(*[in_both_versions(number) for number in (1, 2, 3)])
    first = house.ask(buyer, path)
    assert first.content == b'{"data":[]}'
    link = following(first)
    assert "limit" not in parse_qs(urlsplit(link).query)
    assert len(house.ask(buyer, link).json()["data"]) == 3


def test_a_limit_of_nothing_links_to_nothing_where_there_is_nothing_more(house, buyer):
    house.publish(*map(offer, (1, 2, 3)))
    assert "link" not in house.ask(buyer, "/3/footprints?limit=0&geography=XX").headers
    second = following(house.ask(buyer, "/3/footprints?limit=2"))
    rest = following(house.ask(buyer, second.replace("limit=2", "limit=0")))
    assert seen(house.ask(buyer, rest)) == [3]


def test_a_huge_limit_gives_what_a_page_may_hold(local_store):
    house = House(local_store, page_size=2, max_page_size=3)
    buyer = house.account("Buyer", ("all", ""))
    house.publish(*map(offer, (1, 2, 3, 4, 5)))
    for huge in ("4", "1000000000", "9" * 40):
        answer = house.ask(buyer, f"/3/footprints?limit={huge}")
        assert seen(answer) == [1, 2, 3]
        assert following(answer)
    assert seen(house.ask(buyer, "/3/footprints")) == [1, 2]
    assert house.ask(buyer, "/3/footprints?limit=1&limit=2").status_code == 400


def filtered(house):
    """Four footprints that differ in what they are found by."""
    house.publish(
        named(1, ("product", "urn:p:a"), ("company", "urn:c:1"), ("geography", "DE"), ("class", "urn:cpc:1")),
        named(2, ("product", "urn:p:b"), ("company", "urn:c:1"), ("geography", "FR"), ("class", "urn:cpc:2")),
        named(3, ("product", "urn:p:a"), ("product", "urn:p:z"), ("company", "urn:c:2"), ("geography", "FR")),
        named(4, ("geography", "CN"), ("geography", "CN-BJ"), status="Deprecated"),
    )


FOUND = [
    ("productId=urn:p:a", [1, 3]),
    ("productId=URN:P:A", [1, 3]),
    ("productId=urn:p:z&productid=urn:p:b", [2, 3]),
    ("productId=urn:p:a&companyId=urn:c:1", [1]),
    ("geography=de&geography=FR", [1, 2, 3]),
    ("geography=cn-bj", [4]),
    ("classification=urn:cpc:2", [2]),
    ("classification=urn:cpc:2&geography=DE", []),
    ("status=Active", [1, 2, 3]),
    ("status=deprecated", [4]),
    ("status=Active&status=Deprecated", [1, 2, 3, 4]),
    ("", [1, 2, 3, 4]),
    ("geography=&status=&productId=&validOn=&validAfter=", [1, 2, 3, 4]),
    ("geography=XX", []),
    ("status=Bogus", []),
    ("productId=' OR 1=1--", []),
    ("x-atq-invoice-id=1&_=123", [1, 2, 3, 4]),
]


def test_values_of_one_filter_are_alternatives_and_filters_add_up(store):
    house = House(store)
    buyer = house.account("Buyer", ("all", ""))
    filtered(house)
    for query, found in FOUND:
        assert sorted(seen(house.ask(buyer, f"/3/footprints?{query}"))) == found, query


def valid(number: int, start: str, end: str):
    return offer(number, valid_start=at(start), valid_end=at(end))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("validOn=2025-01-01T00:00:00Z", [1]),
        ("validon=2025-06-30T12:00:00Z", [1, 2]),
        ("validOn=2025-07-01T00:00:00Z", [1, 2]),
        ("validOn=2025-07-01T00:00:00.000001Z", [2]),
        ("validOn=2025-04-01T00:00Z", [1]),
        ("validAfter=2025-01-01T00:00:00Z", [2]),
        ("validAfter=2024-12-31T23:59:59Z", [1, 2]),
        ("validBefore=2025-07-01T00:00:00Z", []),
        ("validBefore=2025-07-01T00:00:01Z", [1]),
        ("validBefore=2025-07-01T01:00:01%2B01:00", [1]),
        ("validBefore=2025-07-01T01:00:01+01:00", [1]),
        ("validAfter=0001-01-01T00:00:00%2B10:00", [1, 2]),
        ("validBefore=9999-12-31T23:59:59-10:00", [1, 2]),
    ],
)
def test_validity_is_inclusive_on_a_day_and_strict_before_and_after(house, buyer, query, found):
    house.publish(
        valid(1, "2025-01-01T00:00:00Z", "2025-07-01T00:00:00Z"),
        valid(2, "2025-06-01T00:00:00Z", "2026-06-01T00:00:00Z"),
    )
    assert sorted(seen(house.ask(buyer, f"/3/footprints?{query}"))) == found


@pytest.mark.parametrize(
    "query",
    [
        "validOn=yesterday",
        "validOn=2025-13-01T00:00:00Z",
        "validOn=2025-02-30T00:00:00Z",
        "validOn=2025-01-01",
        "validOn=2025-01-01T00:00:00",
        "validOn=1735689600",
        "validAfter=２０２５-01-01T00:00:00Z",
        "validBefore=2025-01-01T00:00:00Z' OR '1'='1",
        "validOn=2025-01-01T00:00:00Z&validOn=2026-01-01T00:00:00Z",
        "geography=DE%00",
        "geografy=DE",
        "productIds=urn:p:a",
        "$filter=created+ge+'2020-01-01T00:00:00Z'",
        "&".join(f"productId=urn:p:{number}" for number in range(101)),
        "&".join(["a=1"] * 1200),
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused_and_never_left_out(house, buyer, query):
    answer = house.ask(buyer, f"/3/footprints?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest")


def test_a_misspelt_filter_is_told_what_may_be_meant(house, buyer):
    assert "productId" in house.ask(buyer, "/3/footprints?productIds=x").json()["message"]


def test_a_slash_at_the_end_as_in_the_official_example_is_the_same_path(house, buyer):
    house.publish(named(1, ("geography", "FR")))
    assert seen(house.ask(buyer, "/3/footprints/?geography=FR&x-atq-invoice-id=12345&limit=100")) == [1]


@pytest.mark.parametrize(
    "text", ["x", "123", "{id}", "..", "a' OR 1=1", "6f6b0d6e-5c0e-4a53-9d5c-0a1f6d2c7e0", "%00"]
)
def test_an_id_that_is_no_uuid_is_a_bad_request(house, buyer, text):
    answer = house.ask(buyer, f"/3/footprints/{text}")
    if text == "..":
        assert answer.status_code in (400, 404)
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest")


def test_an_id_in_capitals_is_the_same_id(house, buyer):
    house.publish(offer(171))
    assert pf_id(171).upper() != pf_id(171)
    assert house.ask(buyer, f"/3/footprints/{pf_id(171).upper()}").status_code == 200


def test_a_footprint_of_another_client_answers_like_one_that_does_not_exist(store):
    house = House(store)
    house.publish(named(1, ("product", "urn:p:a")), named(2, ("product", "urn:p:b")))
    one, two = house.account("One", ("product", "urn:p:a")), house.account("Two", ("footprint", pf_id(2)))
    assert seen(house.ask(one, "/3/footprints")) == [1]
    assert seen(house.ask(two, "/3/footprints")) == [2]
    others = house.ask(one, f"/3/footprints/{pf_id(2)}")
    nobodys = house.ask(one, f"/3/footprints/{pf_id(9)}")
    assert others.status_code == nobodys.status_code == 404
    assert others.content == nobodys.content
    assert others.json()["code"] == "NotFound"
    assert set(others.headers) == set(nobodys.headers)
    assert house.ask(one, "/3/footprints?productId=urn:p:b").content == b'{"data":[]}'
    assert house.ask(one, f"/3/footprints/{pf_id(2)}/signature").status_code == 404


def test_the_time_of_an_answer_does_not_tell_whether_another_has_the_footprint(house):
    house.publish(*map(offer, range(1, 30)))
    stranger = house.account("Stranger")

    times: dict[int, list[float]] = {1: [], 999: []}
    for _ in range(80):
        for number, taken in times.items():
            begun = time.process_time()
            house.ask(stranger, f"/3/footprints/{pf_id(number)}")
            taken.append(time.process_time() - begun)
    held, missing = (statistics.median(taken) for taken in times.values())
    assert max(held, missing) < 1.5 * min(held, missing)


def test_what_is_no_longer_shared_is_gone_at_once(house):
    house.publish(named(1, ("product", "urn:p:a")))
    one = house.account("One", ("product", "urn:p:a"))
    assert seen(house.ask(one, "/3/footprints")) == [1]
    with house.store.write() as connection:
        unshare(connection, one.client, "product", "urn:p:a", house.store.now())
    assert seen(house.ask(one, "/3/footprints")) == []
    assert house.ask(one, f"/3/footprints/{pf_id(1)}").status_code == 404


def test_a_deprecated_footprint_is_still_served_in_its_newest_state(house, buyer):
    house.publish(offer(1))
    with house.store.write() as connection:
        revise(connection, pf_id(1), "Deprecated", {"3.0": Body(b'{"n":"1","s":"D"}')}, 1, "deprecated")
    assert house.ask(buyer, f"/3/footprints/{pf_id(1)}").json() == {"data": {"n": "1", "s": "D"}}
    assert seen(house.ask(buyer, "/3/footprints?status=Active")) == []


def test_an_unchanged_footprint_is_not_sent_again(house, buyer):
    house.publish(offer(1))
    first = house.ask(buyer, f"/3/footprints/{pf_id(1)}")
    again = house.web.get(
        f"/3/footprints/{pf_id(1)}", headers={**buyer.headers, "If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    with house.store.read() as connection:
        assert own_body(connection, pf_id(1)).digest in first.headers["etag"]
    other = house.web.get(f"/3/footprints/{pf_id(1)}", headers={**buyer.headers, "If-None-Match": '"x"'})
    assert other.status_code == 200


def test_a_known_etag_counts_in_every_spelling_of_rfc_9110_and_tells_a_stranger_nothing(house, buyer):
    """Weak or strong, anywhere in a list, on any line of the header, and ``*`` for whatever there is."""
    house.publish(offer(1))
    path, stranger = f"/3/footprints/{pf_id(1)}", house.account("Stranger")
    tag = house.ask(buyer, path).headers["etag"]
    spellings = (["*"], [f'"x", W/{tag}'], [f'"a,b",{tag}'], ['"x"', tag], ['W/"x"', f"{tag}, "])
    for lines in spellings:
        sent = [("If-None-Match", line) for line in lines]
        known = house.web.get(path, headers=[*buyer.headers.items(), *sent])
        assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag), lines
        hidden = house.web.get(path, headers=[*stranger.headers.items(), *sent])
        assert (hidden.status_code, "etag" in hidden.headers) == (404, False), lines
    for line in (tag.strip('"'), f'"*", "x{tag[1:]}'):
        assert house.ask(buyer, path, **{"If-None-Match": line}).status_code == 200, line


def test_the_signature_of_a_footprint_lies_beside_it(house, buyer):
    house.publish(offer(1, bodies={"3.0": Body(b'{"n":"1"}', "abc..def")}), offer(2))
    answer = house.ask(buyer, f"/3/footprints/{pf_id(1)}/signature")
    assert (answer.content, answer.headers["content-type"]) == (b"abc..def", "application/jose")
    assert house.ask(buyer, f"/3/footprints/{pf_id(2)}/signature").status_code == 404
