"""What is an event and what is not (PACT 3.0 and 2.x, CloudEvents 1.0)."""

import json

import pytest

from gateway.model.finding import Refused
from gateway.pact.events import TYPES, fulfilled_data, read_event, rejected_data, write_event
from gateway.store.pages import Term, When
from tests.events.desks import event, in_bytes

UUID = "079e425a-464f-528d-341d-4a944a1dfd70"
FULFILLED = {"requestEventId": "r1", "pfs": [{"id": UUID}]}
REJECTED = {"requestEventId": "r1", "error": {"code": "NotFound", "message": "no"}}
DATA = {
    "3": {
        "published": {"pfIds": [UUID]},
        "created": {"productId": ["urn:p:1"], "geography": ["DE"], "validAfter": "2025-01-01T00:00:00Z"},
        "fulfilled": FULFILLED,
        "rejected": REJECTED,
    },
    "2": {
        "published": {"pfIds": [UUID]},
        "created": {
            "pf": {"productIds": ["urn:p:1"], "pcf": {"geographyCountry": "DE"}},
            "comment": "please",
        },
        "fulfilled": FULFILLED,
        "rejected": REJECTED,
    },
}


def refused(made, api="3"):
    with pytest.raises(Refused) as caught:
        read_event(made if isinstance(made, bytes) else in_bytes(made), api)
    return {(item.rule, item.path) for item in caught.value.findings}


@pytest.mark.parametrize("api", ["3", "2"])
@pytest.mark.parametrize("kind", ["published", "created", "fulfilled", "rejected"])
def test_each_type_of_each_version_is_read_at_its_own_path_only(api, kind):
    made = event(kind, DATA[api][kind], api)
    found = read_event(in_bytes(made), api)
    assert (found.kind, found.id, found.type) == (kind, "e1", TYPES[api][kind])
    assert refused(made, "3" if api == "2" else "2") == {("EVENT-TYPE", "/type")}


def test_the_criteria_of_version_3_are_those_of_the_list():
    query = read_event(in_bytes(event(data=DATA["3"]["created"])), "3").query
    starts = next(each.moment for each in query.conditions if isinstance(each, When))
    assert Term("product", ("urn:p:1",)) in query.conditions
    assert Term("geography", ("de",)) in query.conditions
    assert (query.model, starts) == ("3.0", 1735689600 * 1_000_000)  # 2025-01-01, worked out with date -u +%s


def test_the_criteria_of_version_2_are_a_part_of_a_footprint():
    query = read_event(in_bytes(event("created", DATA["2"]["created"], "2")), "2").query
    assert set(query.conditions) == {Term("product", ("urn:p:1",)), Term("country", ("de",))}
    assert query.model.startswith("2.")


@pytest.mark.parametrize(
    ("members", "rule", "path"),
    [
        ({"id": None}, "EVENT-MISSING", "/id"),
        ({"source": None}, "EVENT-MISSING", "/source"),
        ({"type": None}, "EVENT-MISSING", "/type"),
        ({"time": None}, "SCHEMA-REQUIRED", "/time"),
        ({"specversion": None}, "EVENT-MISSING", "/specversion"),
        ({"specversion": "0.3"}, "EVENT-FIELD", "/specversion"),
        ({"specversion": 1.0}, "SCHEMA-TYPE", "/specversion"),
        ({"id": 7}, "SCHEMA-TYPE", "/id"),
        ({"id": ""}, "EVENT-FIELD", "/id"),
        ({"id": "x" * 201}, "EVENT-FIELD", "/id"),
        ({"id": "a\u0000b"}, "EVENT-FIELD", "/id"),
        ({"id": "a\r\nSet-Cookie: b"}, "EVENT-FIELD", "/id"),
        ({"source": ["https://buyer.example"]}, "SCHEMA-TYPE", "/source"),
        ({"source": "x" * 501}, "EVENT-FIELD", "/source"),
        ({"time": "yesterday"}, "SCHEMA-FORMAT", "/time"),
        ({"time": "2026-02-30T00:00:00Z"}, "SCHEMA-FORMAT", "/time"),
        ({"data": []}, "SCHEMA-TYPE", "/data"),
        ({"datacontenttype": "text/xml"}, "EVENT-FIELD", "/datacontenttype"),
        ({"type": "org.wbcsd.pact.ProductFootprint.Deleted.3"}, "EVENT-TYPE", "/type"),
        ({"type": 3}, "EVENT-TYPE", "/type"),
    ],
)
def test_an_envelope_that_is_wrong_is_refused_at_its_member(members, rule, path):
    assert (rule, path) in refused(event(**members))


def test_a_null_is_a_member_that_is_not_there_as_the_prose_of_pact_has_it():
    made = event("created", {"productId": ["urn:p:1"], "comment": None, "status": None}, subject=None)
    plain = event("created", {"productId": ["urn:p:1"]})
    told, same = (read_event(json.dumps(each).encode(), "3") for each in (made, plain))
    assert told.query == same.query


def test_an_event_without_data_is_refused():
    made = event()
    del made["data"]
    assert refused(made) == {("EVENT-MISSING", "/data")}


@pytest.mark.parametrize(
    ("kind", "data", "rule", "path"),
    [
        ("published", {"pfIds": ["urn:gtin:4712345060507"]}, "SCHEMA-FORMAT", "/data/pfIds/0"),
        ("published", {"pfIds": [UUID, 5]}, "SCHEMA-TYPE", "/data/pfIds/1"),
        ("published", {"pfIds": UUID}, "SCHEMA-TYPE", "/data/pfIds"),
        ("published", {}, "EVENT-FIELD", "/data/pfIds"),
        ("fulfilled", {"requestEventId": "r1", "pfs": []}, "SCHEMA-COUNT", "/data/pfs"),
        ("fulfilled", {"requestEventId": "r1", "pfs": ["x"]}, "SCHEMA-TYPE", "/data/pfs/0"),
        ("fulfilled", {"pfs": [{}]}, "SCHEMA-REQUIRED", "/data/requestEventId"),
        ("rejected", {"requestEventId": "r1"}, "SCHEMA-REQUIRED", "/data/error"),
        (
            "rejected",
            {"requestEventId": "r1", "error": {"code": "NotFound"}},
            "SCHEMA-REQUIRED",
            "/data/error/message",
        ),
        ("created", {"comment": 5}, "SCHEMA-TYPE", "/data/comment"),
        ("created", {"productID": ["urn:p:1"]}, "EVENT-CRITERION", "/data"),
        ("created", {"colour": "red"}, "EVENT-CRITERION", "/data"),
        ("created", {"productId": [1]}, "SCHEMA-TYPE", "/data/productId/0"),
        ("created", {"validOn": "soon"}, "SCHEMA-FORMAT", "/data/validOn"),
        ("created", {"productId": ["urn:p:1"] * 101}, "EVENT-CRITERION", "/data"),
    ],
)
def test_data_that_cannot_be_meant_is_refused(kind, data, rule, path):
    assert (rule, path) in refused(event(kind, data))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"pf": "x"},
        {"pf": {"companyName": "X"}},
        {"pf": {"pcf": {"dqi": {}}}},
        {"pf": {"productIds": [1]}},
    ],
)
def test_a_fragment_of_version_2_that_cannot_be_searched_by_is_refused(data):
    assert {rule for rule, _ in refused(event("created", data, "2"), "2")} <= {
        "SCHEMA-REQUIRED",
        "SCHEMA-TYPE",
        "EVENT-CRITERION",
    }


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "READ-JSON-SYNTAX"),
        (b"\xef\xbb\xbf{}", "READ-BOM"),
        (b'{"id":"a","\\u0069d":"b"}', "READ-DUPLICATE-KEY"),
        (b'{"id":NaN}', "READ-NOT-A-NUMBER"),
        (b"{}{}", "READ-TRAILING-DATA"),
        (b"[" * 100_000, "READ-TOO-DEEP"),
        (b'{"id":"\\ud800"}', "READ-LONE-SURROGATE"),
        (b"[]", "EVENT-FIELD"),
        (b"null", "EVENT-FIELD"),
    ],
)
def test_a_body_that_two_readers_could_understand_differently_is_refused(body, rule):
    assert {found for found, _ in refused(body)} == {rule}


def test_the_footprints_of_an_answer_stand_in_it_byte_for_byte():
    first, second = b'{ "id" : "\xe9\x92\xa2", "n": 1.50 }', b'{"id":"b"}'
    body = write_event(TYPES["3"]["fulfilled"], "e9", "https://h", 0, fulfilled_data('r"1', [first, second]))
    assert first + b"," + second in body
    assert json.loads(body)["data"]["requestEventId"] == 'r"1'
    assert read_event(body, "3").request_id == 'r"1'
    assert json.loads(body)["time"] == "1970-01-01T00:00:00Z"


def test_a_rejection_says_which_request_and_why():
    body = write_event(TYPES["2"]["rejected"], "e9", "https://h", 0, rejected_data("r1", "NotFound", "无"))
    assert read_event(body, "2").data == {
        "requestEventId": "r1",
        "error": {"code": "NotFound", "message": "无"},
    }
