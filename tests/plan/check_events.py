"""Cases about events: requests that are answered at the caller's own node, notices, and what is refused."""

from __future__ import annotations

import uuid
from typing import Any

from plan.expected import ids, with_any
from plan.host import NULL_ID, Host, NotShown, expect
from plan.official import document, must_conform
from plan.partner import Partner, Received

ANSWER_SECONDS = 15
NO_PRODUCT = "urn:pact:null"
TYPES = {
    "2": {
        "Published": "org.wbcsd.pathfinder.ProductFootprint.Published.v1",
        "Created": "org.wbcsd.pathfinder.ProductFootprintRequest.Created.v1",
        "Fulfilled": "org.wbcsd.pathfinder.ProductFootprintRequest.Fulfilled.v1",
        "Rejected": "org.wbcsd.pathfinder.ProductFootprintRequest.Rejected.v1",
    },
    "3": {
        "Published": "org.wbcsd.pact.ProductFootprint.PublishedEvent.3",
        "Created": "org.wbcsd.pact.ProductFootprint.RequestCreatedEvent.3",
        "Fulfilled": "org.wbcsd.pact.ProductFootprint.RequestFulfilledEvent.3",
        "Rejected": "org.wbcsd.pact.ProductFootprint.RequestRejectedEvent.3",
    },
}
Event = dict[str, Any]


def event(host: Host, kind: str, data: object) -> Event:
    """An event of this host's caller, with an id of its own."""
    source = host.partner.base if host.partner else host.base
    return {
        "type": TYPES[host.major][kind],
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": source,
        "time": "2026-03-01T08:00:00Z",
        "data": data,
    }


def published(host: Host, pf_ids: list[str]) -> Event:
    return event(host, "Published", {"pfIds": pf_ids})


def _request(host: Host, product: str) -> Event:
    data = {"pf": {"productIds": [product]}} if host.major == "2" else {"productId": [product]}
    return event(host, "Created", {**data, "comment": "plan"})


def _accepted(host: Host, sent: Event) -> None:
    response = host.send(sent)
    expect(response.status_code == 200, f"exactly 200 for {sent['type']}", response)


def _partner(host: Host) -> Partner:
    if host.partner is None:
        raise NotShown("no node of the caller is set up for the answers")
    return host.partner


def _answer(host: Host, sent: Event) -> Received:
    partner = _partner(host)
    found = partner.wait_for(lambda: partner.answers_to(sent["id"]), ANSWER_SECONDS)
    expect(found, f"an answer at {partner.base}/{host.major}/events within {ANSWER_SECONDS} s")
    return found[0]


def _is_answer(host: Host, came: Received, kind: str) -> dict[str, Any]:
    body = came.body
    expect(came.path == f"/{host.major}/events", f"the answer at /{host.major}/events, not {came.path}")
    media = came.content_type.partition(";")[0].strip().lower()
    expect(
        media == "application/cloudevents+json", f"application/cloudevents+json, not {came.content_type!r}"
    )
    expect(body.get("type") == TYPES[host.major][kind], f"{TYPES[host.major][kind]}, not {body.get('type')}")
    expect(body.get("specversion") == "1.0", "CloudEvents 1.0")
    expect(isinstance(body.get("id"), str) and body["id"], "an id of the answer")
    expect(
        isinstance(body.get("source"), str) and host.authority in body["source"],
        f"the host as source, not {body.get('source')}",
    )
    must_conform(host.version, f"Request{kind}Event", body)
    data: dict[str, Any] = body["data"]
    return data


def _product(host: Host) -> str:
    everything = host.everything()
    return str(
        min(
            (p for f in everything for p in f["productIds"]),
            key=lambda p: len(with_any(everything, "productId", [p])),
        )
    )


def fulfilled(host: Host) -> None:
    _partner(host)
    product = _product(host)
    sent = _request(host, product)
    _accepted(host, sent)
    data = _is_answer(host, _answer(host, sent), "Fulfilled")
    expect(data["pfs"], "at least one footprint")
    known = {footprint["id"]: footprint for footprint in host.everything()}
    for footprint in data["pfs"]:
        must_conform(host.version, "ProductFootprint", footprint)
        expect(product in footprint["productIds"], f"only footprints of {product}")
        expect(known.get(footprint["id"]) == footprint, "the footprints that the host lists for this client")
    active = {f["id"] for f in known.values() if product in f["productIds"] and f["status"] == "Active"}
    expect({i.lower() for i in active} <= ids(data["pfs"]), f"every active footprint of {product}")


def rejected(host: Host) -> None:
    sent = _request(host, NO_PRODUCT)
    _partner(host)
    _accepted(host, sent)
    data = _is_answer(host, _answer(host, sent), "Rejected")
    expect(data["error"].get("code") and data["error"].get("message"), "an error with a code and a message")


def rejected_by_one(host: Host) -> None:
    """A request must be met in each of its criteria: a product of ours, from where none comes, is none."""
    product = _product(host)
    data: Event = {"productId": [product], "geography": ["XX"]}
    if host.major == "2":
        data = {"pf": {"productIds": [product], "pcf": {"geographyCountry": "XX"}}}
    _partner(host)
    sent = event(host, "Created", data)
    _accepted(host, sent)
    _is_answer(host, _answer(host, sent), "Rejected")


def source_of_example(host: Host) -> None:
    """The source as the official documents write it: without a scheme, with the path of the events."""
    partner = _partner(host)
    source = f"//{partner.base.partition('://')[2]}/{host.major}/events"
    sent = _request(host, NO_PRODUCT) | {"source": source}
    _accepted(host, sent)
    _is_answer(host, _answer(host, sent), "Rejected")


def once(host: Host) -> None:
    """The same request sent twice is accepted twice and answered once."""
    partner = _partner(host)
    sent = _request(host, NO_PRODUCT)
    _accepted(host, sent)
    _accepted(host, sent)
    _answer(host, sent)
    later = _request(host, NO_PRODUCT)
    _accepted(host, later)
    _answer(host, later)
    answers = partner.answers_to(sent["id"])
    expect(len({a.body["id"] for a in answers}) == 1, f"one answer, not {len(answers)}")


def hidden_stays(host: Host) -> None:
    """A request without criteria brings what this client may see, and no more."""
    if not host.hidden_id:
        raise NotShown("no footprint is named that this client must not see")
    _partner(host)
    sent = event(host, "Created", {"pf": {}} if host.major == "2" else {"comment": "all"})
    response = host.send(sent)
    expect(response.status_code in (200, 400), "200, or 400 for a request without criteria", response)
    if response.status_code == 200:
        pfs = _answer(host, sent).body["data"].get("pfs", [])
        expect(host.hidden_id.lower() not in ids(pfs), "another's footprint not to be sent")


def notice(host: Host) -> None:
    _accepted(host, published(host, [NULL_ID]))
    known = [footprint["id"] for footprint in host.everything()[:3]]
    _accepted(host, published(host, known))


def notice_wrong(host: Host) -> None:
    for wrong in (["no-uuid"], [1], "x", [[NULL_ID]], [NULL_ID, ""], None):
        _refused(host, published(host, wrong))  # type: ignore[arg-type]


def _refused(host: Host, sent: object, headers: dict[str, str] | None = None) -> None:
    response = host.send(sent, headers)
    shown = str(sent)[:160]
    expect(400 <= response.status_code < 500, f"4xx for the event {shown}", response)
    expect(
        response.status_code not in (401, 429),
        f"a refusal of the event, not of the caller: {shown}",
        response,
    )
    must_conform(host.version, "Error", response.json())


def malformed(host: Host) -> None:
    right = published(host, [NULL_ID])
    for name in ("type", "specversion", "id", "source", "data"):
        _refused(host, {key: value for key, value in right.items() if key != name})
    changes: tuple[Event, ...] = (
        {"type": "org.wbcsd.pact.ProductFootprint.Unknown.3"},
        {"type": 3},
        {"specversion": "0.3"},
        {"id": ""},
        {"id": {"$ne": 1}},
        {"source": 7},
        {"time": "yesterday"},
        {"data": []},
        {"data": "x"},
    )
    for change in changes:
        _refused(host, right | change)


def other_version(host: Host) -> None:
    """An event type of the other generation is not one of this endpoint."""
    other = "3" if host.major == "2" else "2"
    _refused(host, published(host, [NULL_ID]) | {"type": TYPES[other]["Published"]})


def not_json(host: Host) -> None:
    for content in (b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe{}", b"[" * 5000, b'{"id":1,"id":2}'):
        _refused(host, content)


def media_type(host: Host) -> None:
    content = b"<event/>"
    for kind in ("application/xml", "text/plain", "application/x-www-form-urlencoded"):
        _refused(host, content, host.bearer() | {"Content-Type": kind})


def answer_unasked(host: Host) -> None:
    """An answer to a request that was never made is taken and changes nothing."""
    before = ids(host.pages())
    rejected_data = {"requestEventId": str(uuid.uuid4()), "error": {"code": "NotFound", "message": "none"}}
    _accepted(host, event(host, "Rejected", rejected_data))
    footprint = host.everything()[0] | {"id": str(uuid.uuid4())}
    _accepted(host, event(host, "Fulfilled", {"requestEventId": str(uuid.uuid4()), "pfs": [footprint]}))
    expect(ids(host.pages()) == before, "the same footprints on offer as before")


def answer_malformed(host: Host) -> None:
    some = str(uuid.uuid4())
    for data in ({"requestEventId": some}, {"pfs": []}, {"requestEventId": some, "pfs": []}):
        _refused(host, event(host, "Fulfilled", data))
    for data in ({"requestEventId": some}, {"error": {"code": "NotFound", "message": "none"}}):
        _refused(host, event(host, "Rejected", data))


def request_malformed(host: Host) -> None:
    wrong: tuple[object, ...] = ({"productId": [7]}, {"validOn": "yesterday"}, {"validOn": 5})
    if host.major == "2":
        wrong = ({}, {"pf": "x"}, {"pf": {"productIds": [7]}})
    for data in wrong:
        _refused(host, event(host, "Created", data))


def elsewhere(host: Host) -> None:
    """Nothing is ever sent to a source other than the registered one."""
    partner = _partner(host)
    sent = _request(host, NO_PRODUCT) | {"source": "https://evil.example"}
    response = host.send(sent)
    expect(response.status_code in (200, 400, 403), "200, 400 or 403 for a stranger's source", response)
    later = _request(host, NO_PRODUCT)
    _accepted(host, later)
    _answer(host, later)
    answered = partner.answers_to(sent["id"])
    expect(not answered or response.status_code == 200, "no answer to what was refused")


def retried(host: Host) -> None:
    """An answer that could not be delivered is sent again, with the same content."""
    partner = _partner(host)
    partner.refuse, before = 1, partner.tried
    sent = _request(host, NO_PRODUCT)
    try:
        _accepted(host, sent)
        _is_answer(host, _answer(host, sent), "Rejected")
    finally:
        partner.refuse = 0
    expect(partner.tried - before >= 2, "a second try")


def types_are_official(version: str) -> dict[str, str]:
    """The type constants of a version's document, for the test that the table above is right."""
    schemas = document(version)["components"]["schemas"]
    names = {
        "Published": "PublishedEvent",
        **{k: f"Request{k}Event" for k in ("Created", "Fulfilled", "Rejected")},
    }
    return {kind: schemas[name]["properties"]["type"]["const"] for kind, name in names.items()}
