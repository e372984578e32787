"""What the two versions of the footprint routes share: one footprint, a page of them, the link to the next."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from gateway.service.auth import read_as
from gateway.service.host import Host, host_of, origin_of
from gateway.service.problem import HttpProblem, bad_request
from gateway.service.remembered import Listing, listing_of
from gateway.service.tokens import Caller
from gateway.store.footprints import Body, body_of
from gateway.store.pages import Page, Query, page

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MAX_FIELDS = 1000
_AT_ONCE = 100  # a page of that many without conditions is read at once; any other in a thread

Pairs = list[tuple[str, str]]


def parameters(request: Request) -> Pairs:
    """The parameters of the query string, in their order. Raises HttpProblem (400) for too many."""
    try:
        query = request.scope["query_string"].decode("latin-1")
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise bad_request("The query has too many parameters.") from None


def limit_of(pairs: Pairs, host: Host) -> int:
    """How many footprints a page may hold: as many as were asked for, and no more than the settings allow."""
    asked = {value for name, value in pairs if name.lower() == "limit"}
    if not asked:
        return host.settings.page_size
    value = asked.pop()
    if asked or not (value.isascii() and value.isdigit()):
        raise bad_request("limit must be a whole number, 0 or more.")
    return host.settings.max_page_size if len(value) > 9 else min(int(value), host.settings.max_page_size)


async def one(request: Request, caller: Caller, text: str, model: str) -> Body | None:
    """The footprint of that id, where this client may see it. Raises HttpProblem (400) for what is no id."""
    if not _UUID.fullmatch(text):
        raise bad_request("The id of a footprint is a UUID.")
    return await read_as(
        request, caller, lambda connection: body_of(connection, caller.number, text.lower(), model)
    )


def footprint_answer(request: Request, body: Body) -> Response:
    """The bytes as they are stored. An unchanged footprint is not sent twice to who names its ETag (RFC 9110:13)."""
    tag = f'"{body.digest}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = request.headers.get("if-none-match", "")
    if known and tag in [word.strip().removeprefix("W/") for word in known.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(b'{"data":' + body.content + b"}", headers=headers, media_type="application/json")


def signature_answer(body: Body | None, code: str) -> Response:
    """The detached signature that was stored with these bytes; nothing is signed when it is asked for."""
    if body is None or body.signature is None:
        raise not_found(code, "footprint" if body is None else "signature")
    return Response(
        body.signature, headers={"Cache-Control": "private, no-cache"}, media_type="application/jose"
    )


async def listed(request: Request, caller: Caller, query: Query, pairs: Pairs) -> Response:
    """A page of footprints, with the link to the next one where there are more."""
    host = host_of(request)
    limit = limit_of(pairs, host)
    cursors = [value for name, value in pairs if name == "cursor"]
    if len(cursors) > 1:
        raise bad_request("A page has one cursor.")
    now = host.store.now()
    position = host.cursors.read(cursors[0], caller.number, query, now) if cursors else None
    key = (caller.number, query, limit, position)

    def found(connection: Connection) -> Listing:
        if limit == 0:
            return listing_of(Page([], None))
        return host.pages.listing(
            connection, key, lambda: page(connection, caller.number, query, limit, position)
        )

    long = bool(query.conditions) or limit > _AT_ONCE
    listing = await read_as(request, caller, found, long=long)
    headers = {"Cache-Control": "private, no-cache"}
    if listing.after is not None:
        cursor = host.cursors.write(listing.after, caller.number, query, now)
        again = urlencode([*((name, value) for name, value in pairs if name != "cursor"), ("cursor", cursor)])
        following = f"{origin_of(request).base_url}{request.scope['path']}?{again}"
        headers["Link"] = f'<{following}>; rel="next"'
    return Response(listing.content, headers=headers, media_type="application/json")


def not_found(code: str, what: str = "footprint") -> HttpProblem:
    """One answer for what does not exist and for what this client may not see."""
    return HttpProblem(404, f"There is no such {what} for you here.", code)
