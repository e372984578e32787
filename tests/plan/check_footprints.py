"""Cases about GetFootprint, ListFootprints and pagination."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import httpx

from plan.expected import ids
from plan.host import NULL_ID, Host, NotShown, expect, footprints_in, next_link
from plan.official import must_conform

VALID_SECONDS = 180


def _json(response: httpx.Response) -> None:
    expect(response.status_code == 200, "200", response)
    kind = response.headers.get("content-type", "").partition(";")[0]
    expect(kind == "application/json", f"application/json, not {kind!r}", response)


def get(host: Host) -> None:
    for footprint in host.everything()[:5]:
        response = host.get(host.path(f"footprints/{footprint['id']}"))
        _json(response)
        expect(response.json().keys() == {"data"}, "an object with data alone", response)
        data = response.json()["data"]
        must_conform(host.version, "ProductFootprint", data)
        expect(data["id"] == footprint["id"], f"footprint {footprint['id']}", response)
        expect(data == footprint, "the same footprint as in the list", response)


def get_other_case(host: Host) -> None:
    """A UUID in capitals is the same UUID (RFC 9562, 4)."""
    known = host.everything()[0]["id"]
    response = host.get(host.path(f"footprints/{known.upper()}"))
    _json(response)
    expect(response.json()["data"]["id"].lower() == known.lower(), f"footprint {known}", response)


def _missing(host: Host, response: httpx.Response) -> None:
    expect(response.status_code == 404, "404", response)
    code = "NoSuchFootprint" if host.major == "2" else "NotFound"
    expect(response.json().get("code") == code, f"the code {code}", response)
    expect(isinstance(response.json().get("message"), str), "a message", response)


def get_unknown(host: Host) -> None:
    _missing(host, host.get(host.path(f"footprints/{NULL_ID}")))


def get_no_uuid(host: Host) -> None:
    for wrong in ("1", "..%2F..%2Fetc%2Fpasswd", "%00", "'%20OR%201=1--", "x" * 3000):
        response = host.get(host.path(f"footprints/{wrong}"))
        expect(response.status_code in (400, 404, 414), f"400 or 404 for the id {wrong[:30]!r}", response)
        expect("Traceback" not in response.text, "no traceback", response)


def get_hidden(host: Host) -> None:
    """A footprint that is not shared answers like one that is missing, and is in no list."""
    if not host.hidden_id:
        raise NotShown("no footprint is named that this client must not see")
    hidden = host.get(host.path(f"footprints/{host.hidden_id}"))
    unknown = host.get(host.path(f"footprints/{NULL_ID}"))
    expect(hidden.status_code in (403, 404), "403 or 404 for another's footprint", hidden)
    same = hidden.status_code == unknown.status_code and hidden.json() == _with_id(unknown, host.hidden_id)
    expect(same, f"the answer for a missing one: {unknown.text[:200]}", hidden)
    expect(host.hidden_id.lower() not in ids(host.everything()), "another's footprint not to be listed")


def _with_id(response: httpx.Response, wanted: str) -> object:
    return {k: v.replace(NULL_ID, wanted) if isinstance(v, str) else v for k, v in response.json().items()}


def every(host: Host) -> None:
    response = host.list()
    _json(response)
    for footprint in host.everything():
        must_conform(host.version, "ProductFootprint", footprint)
    found = [footprint["id"] for footprint in host.everything()]
    expect(len(found) == len(set(found)), "every footprint once")


def both_statuses(host: Host) -> None:
    """Deprecated footprints are in the list unless only the active ones are asked for."""
    statuses = {footprint["status"] for footprint in host.everything()}
    if statuses != {"Active", "Deprecated"}:
        raise NotShown("the host has no active or no deprecated footprint for this client")


def limited(host: Host) -> None:
    total = len(host.everything())
    for limit in (1, 2, total, total + 1):
        response = host.list(("limit", str(limit)))
        _json(response)
        found = footprints_in(response)
        expect(0 < len(found) <= limit, f"at most {limit} for limit={limit}", response)
        more = next_link(response) is not None
        expect(
            more or len(found) >= total,
            f"a link where there are more than the {len(found)} of this page",
            response,
        )


def strange_limits(host: Host) -> None:
    for limit in ("0", "-1", "1000000000", "99999999999999999999", "abc", "1.5", ""):
        response = host.list(("limit", limit))
        expect(response.status_code in (200, 400), f"200 or 400 for limit={limit!r}", response)
        if response.status_code == 400:
            must_conform(host.version, "Error", response.json())
        elif limit == "0":
            expect(footprints_in(response) == [], "nothing for limit=0", response)
    expect(host.list(("limit", "-1")).status_code == 400, "400 for a negative limit (minimum: 0)")


def _first_link(host: Host) -> str:
    if len(host.everything()) < 2:
        raise NotShown("pages need two footprints or more")
    response = host.list(("limit", "1"))
    link = next_link(response)
    expect(link is not None, "a Link header with rel=next", response)
    return str(link)


def paged(host: Host) -> None:
    link = urlsplit(_first_link(host))
    expect(link.scheme == "https" and link.netloc, f"an absolute https link, not {link.geturl()}")
    expect(
        link.netloc == host.authority, f"a link to the host that was asked ({host.authority}): {link.netloc}"
    )
    one, two = host.get(link.geturl()), host.get(link.geturl())
    for response in (one, two):
        _json(response)
        expect(0 < len(footprints_in(response)) <= 1, "the limit to hold on the next page", response)
        for footprint in footprints_in(response):
            must_conform(host.version, "ProductFootprint", footprint)
    expect(one.json() == two.json(), "the same page when a link is called twice", two)


def complete(host: Host) -> None:
    """Page by page, every footprint comes once, whatever the size of the pages."""
    whole = ids(host.everything())
    for size in (1, 3, 7):
        limit = str(max(size, len(whole) // 50 + size))
        found = [footprint["id"].lower() for footprint in host.pages(("limit", limit))]
        expect(len(found) == len(set(found)), f"no footprint twice with limit={limit}")
        expect(set(found) == whole, f"all {len(whole)} footprints with limit={limit}, not {len(found)}")


def shut_link(host: Host) -> None:
    link = _first_link(host)
    response = host.get(link, {})
    expect(response.status_code in (400, 401, 403), "400, 401 or 403 for a link without a token", response)


def forged_link(host: Host) -> None:
    """A changed link never fails with 5xx and never shows more than this client may see."""
    link = _first_link(host)
    query = urlsplit(link).query.split("&")
    for number, pair in enumerate(query):
        name, _, value = pair.partition("=")
        if name.lower() in ("limit", ""):
            continue
        for forged in ("x", value[:-3], value[:-1] + ("A" if value[-1:] != "A" else "B"), "%00", value * 50):
            changed = [*query[:number], f"{name}={forged}", *query[number + 1 :]]
            response = host.get(link.partition("?")[0] + "?" + "&".join(changed))
            expect(
                response.status_code < 500, f"no failure for the forged link {name}={forged[:30]}", response
            )
            if response.status_code == 200:
                expect(ids(footprints_in(response)) <= ids(host.everything()), "nothing of others", response)


def other_host_header(host: Host) -> None:
    """A host name of a stranger never comes back in a link."""
    headers = host.bearer() | {"Host": "evil.example"}
    response = host.get(host.path("footprints?limit=1"), headers)
    link = next_link(response)
    refused = response.status_code >= 400
    expect(refused or link is None or "evil.example" not in link, "no link to evil.example", response)


def lasting(host: Host) -> None:
    link = _first_link(host)
    time.sleep(VALID_SECONDS - 10)
    _json(host.get(link))
