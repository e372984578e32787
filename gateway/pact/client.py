"""The client of a PACT host: list, get, tell. Both APIs; what a host does wrong is a finding, never a traceback.

>>> from gateway.pact.client import Credentials, PactClient
>>> async def names(url, credentials):
...     async with PactClient(url, credentials) as client:
...         return [footprint.pf_id async for footprint in client.footprints()]
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self
from urllib.parse import quote

import httpx

from gateway.formats.json_reader import read_json, write_compact
from gateway.model.finding import Finding, Refused, finding
from gateway.pact.fetch import Answer, Fetcher, origin
from gateway.pact.links import target_of
from gateway.pact.query import Api, Query
from gateway.pact.spans import elements, member
from gateway.pact.tokens import Credentials, Tokens

__all__ = ["Credentials", "Footprint", "PactClient", "Page", "Query"]

MAX_PAGES = 100_000
FRUITLESS_PAGES = 20
"""Pages in a row that show nothing new before a listing is taken for endless."""

CODES = frozenset(
    {
        "BadRequest",
        "AccessDenied",
        "TokenExpired",
        "NotFound",
        "NoSuchFootprint",
        "NotImplemented",
        "InternalError",
    }
)
"""Error codes of PACT. Only these are repeated: another text may be anything, our own token included."""

_NO_SUCH_PLACE = frozenset(
    {
        "FETCH-ENCODING",
        "FETCH-REDIRECT",
        "FETCH-TOO-LARGE",
        "PULL-DENIED",
        "PULL-NOT-FOUND",
        "PULL-STATUS",
        "PULL-UNAUTHORISED",
    }
)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Footprint:
    """A footprint in the very bytes it came in."""

    content: bytes = field(repr=False)

    @cached_property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(self.content).hexdigest()

    @cached_property
    def tree(self) -> Any:
        """What it says; Refused (READ-…) where it is no sound JSON."""
        return read_json(self.content)

    @property
    def pf_id(self) -> str:
        """Its id in lower case; empty where it has none that is a UUID."""
        return str(self._text("id") if UUID.fullmatch(self._text("id")) else "").lower()

    @property
    def spec_version(self) -> str:
        return self._text("specVersion")

    def _text(self, name: str) -> str:
        try:
            tree = self.tree
        except Refused:
            return ""
        value = tree.get(name, "") if isinstance(tree, dict) else ""
        return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Page:
    """One page of a listing.

    ``unchanged``: the host says that it is what its ETag stood for (304). ``fault``: why the way to the next
    page cannot be gone; the footprints of this page are good all the same.
    """

    url: str
    footprints: tuple[Footprint, ...] = ()
    next_url: str | None = None
    etag: str | None = None
    findings: tuple[Finding, ...] = ()
    fault: Finding | None = None
    unchanged: bool = False


class PactClient:
    """Talks to one host as one client. Use it with ``async with``, or ``close`` it."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        api: Api = "3",
        auth_url: str | None = None,
        token_origins: Iterable[str] = (),
        fetcher: Fetcher | None = None,
        most_pages: int = MAX_PAGES,
    ) -> None:
        """``base_url``: what stands before ``/3/footprints``; ``auth_url``: before ``/auth/token``, else the same.

        Raises Refused (FETCH-URL).
        """
        self.fetcher = fetcher or Fetcher()
        self.base = self.fetcher.url(base_url.rstrip("/"))
        if self.base.query:
            raise Refused(finding("FETCH-URL", stage="fetch", url=self.host))
        self.api: Api = api
        self.most_pages = most_pages
        self.findings: list[Finding] = []
        self._tokens = Tokens(self.fetcher, credentials, auth_url or base_url, token_origins)

    @property
    def host(self) -> str:
        return self.base.netloc.decode("ascii", "replace")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self.fetcher.close()

    async def footprints(self, query: Query | None = None) -> AsyncIterator[Footprint]:
        """Every footprint that the host shows us. Warnings gather in ``findings``; errors end it (Refused)."""
        async for page in self.pages(query):
            self.findings += page.findings
            for footprint in page.footprints:
                yield footprint

    async def pages(
        self, query: Query | None = None, *, start: str | None = None, etag: str | None = None
    ) -> AsyncIterator[Page]:
        """The pages of a listing, from its first or from ``start``; ``etag`` makes the first one conditional.

        Raises Refused: PULL-LOOP for a page that leads back, or on and on to nothing new; PULL-TOO-MANY;
        and what `page` raises.
        """
        url: str | None = start or self.list_url(query)
        walked: set[str] = set()
        seen: set[bytes] = set()
        fruitless = 0
        while url is not None:
            if url in walked or fruitless > FRUITLESS_PAGES:
                raise self._refused("PULL-LOOP", pages=len(walked))
            if len(walked) >= self.most_pages:
                raise self._refused("PULL-TOO-MANY", pages=len(walked))
            page = await self.page(url, etag if not walked else None)
            if page.unchanged and page.next_url is None and page.fault is None:
                page = await self.page(url)  # an ETag stands for the body: more pages may follow it by now
            walked.add(url)
            new = {hashlib.sha256(each.content).digest() for each in page.footprints} - seen
            fruitless = 0 if new else fruitless + 1
            seen |= new
            yield page
            if page.fault is not None:
                raise Refused(page.fault)
            url = page.next_url

    def list_url(self, query: Query | None = None, api: Api | None = None) -> str:
        """The URL of the first page. Raises Refused (PULL-FILTER) for what this API cannot be asked."""
        version = api or self.api
        text = (query or Query()).text(version)
        return f"{self.base}/{version}/footprints" + (f"?{text}" if text else "")

    async def other_version(self, query: Query | None = None) -> Api | None:
        """The other version of the API, where the host shows footprints over that one; else None.

        For a listing that failed or stayed empty: a host may serve, or may have a footprint in, one version alone.
        What is wrong over there is not what was asked for, and no fault.
        """
        other: Api = "2" if self.api == "3" else "3"
        try:
            page = await self.page(self.list_url(query, other))
        except Refused:
            return None
        return other if page.footprints else None

    async def page(self, url: str, etag: str | None = None) -> Page:
        """One page. Raises Refused: PULL-JSON, PULL-NOT-JSON, PULL-NO-DATA, PULL-LINK, PULL-STATUS, …"""
        headers = {"if-none-match": etag} if etag else {}
        answer = await self._get(url, headers)
        if answer.status == 304 and etag:
            there, fault = self._next(answer)
            return Page(url, next_url=there, etag=etag, fault=fault, unchanged=True)
        found = self._sound(answer)
        span = member(answer.body, "data")
        if span is None or answer.body[span.start : span.start + 1] != b"[":
            raise self._refused("PULL-NO-DATA", wanted="list", found=_kind(answer.body, span))
        parts = tuple(Footprint(each.of(answer.body)) for each in elements(answer.body, span))
        there, fault = self._next(answer)
        return Page(url, parts, there, _strong(answer.headers.get("etag")), tuple(found), fault)

    async def footprint(self, pf_id: str) -> Footprint:
        """One footprint by its id. Raises Refused: PULL-ID, PULL-NOT-FOUND, PULL-DENIED, and as `page`."""
        answer = await self._get(self._one(pf_id))
        self.findings += self._sound(answer)
        span = member(answer.body, "data")
        if span is None or answer.body[span.start : span.start + 1] != b"{":
            raise self._refused("PULL-NO-DATA", wanted="object", found=_kind(answer.body, span))
        return Footprint(span.of(answer.body))

    async def signature(self, pf_id: str) -> bytes | None:
        """The detached signature that a gateway of this kind keeps beside a footprint; None where there is none.

        Other hosts know no such place, and what they answer there is no fault of theirs. Raises Refused only where
        the host cannot be asked (FETCH-UNREACHABLE, FETCH-TIMEOUT, FETCH-BUSY, FETCH-TLS, PULL-CREDENTIALS, …).
        """
        try:
            answer = await self._get(f"{self._one(pf_id)}/signature", {"accept": "application/jose"})
        except Refused as refused:
            if refused.findings[0].rule in _NO_SUCH_PLACE:
                return None
            raise
        return answer.body if answer.media_type == "application/jose" else None

    async def post_event(self, event: Mapping[str, Any] | bytes) -> None:
        """Hand an event over; it is accepted when this returns. Raises Refused (PULL-EVENT, …)."""
        content = event if isinstance(event, bytes) else write_compact(dict(event))
        headers = {"content-type": "application/cloudevents+json; charset=UTF-8"}
        answer = await self._call("POST", f"{self.base}/{self.api}/events", headers, content)
        if answer.status != 200:
            raise self._refused("PULL-EVENT", status=answer.status, code=_code(answer))

    def _one(self, pf_id: str) -> str:
        if not UUID.fullmatch(pf_id):
            raise self._refused("PULL-ID", id=pf_id)
        return f"{self.base}/{self.api}/footprints/{quote(pf_id, safe='')}"

    async def _get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        answer = await self._call("GET", url, {"accept": "application/json", **(headers or {})})
        if answer.status in (200, 304):
            return answer
        rule = {401: "PULL-UNAUTHORISED", 403: "PULL-DENIED", 404: "PULL-NOT-FOUND"}.get(answer.status)
        raise self._refused(rule or "PULL-STATUS", status=answer.status, code=_code(answer))

    async def _call(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> Answer:
        """A call with our token, which is renewed once where the host no longer takes it."""
        there = self.fetcher.url(url)
        if origin(there) != origin(self.base):
            raise self._refused("PULL-LINK-HOST", to=there.host)  # the token is for this host alone
        token = await self._tokens.token()
        for again in (True, False):
            bearer = {**headers, "authorization": f"Bearer {token}"}
            answer = await self.fetcher.fetch(
                method, there, headers=bearer, content=content, redirects=method == "GET"
            )
            ended = answer.status == 401 or (answer.status >= 400 and _code(answer) == "TokenExpired")
            if not (again and ended):
                break
            token = await self._tokens.token(instead_of=token)
        return answer

    def _sound(self, answer: Answer) -> list[Finding]:
        """What is wrong with the form of an answer that is read all the same; Refused where it is no JSON."""
        if answer.status != 200:
            raise self._refused("PULL-STATUS", status=answer.status, code="")
        kind = answer.media_type
        if answer.body.lstrip()[:1] != b"{":
            raise self._refused("PULL-NOT-JSON", type=kind or "-")
        if kind == "application/json" or kind.endswith("+json"):
            return []
        return [
            finding("PULL-CONTENT-TYPE", stage="fetch", severity="warning", host=self.host, type=kind or "-")
        ]

    def _next(self, answer: Answer) -> tuple[str | None, Finding | None]:
        """The next page, on this host and no other: whoever could send us elsewhere would get our token."""
        target = target_of(answer.headers.get_list("link"), "next")
        if target is None:
            return None, None
        try:
            there = self.fetcher.url(str(answer.url.join(target)))
        except (Refused, httpx.InvalidURL, ValueError):
            return None, self._fault("PULL-LINK")
        if origin(there) != origin(self.base):
            return None, self._fault("PULL-LINK-HOST", to=there.host)
        return str(there), None

    def _fault(self, rule: str, **values: Any) -> Finding:
        return finding(rule, stage="fetch", host=self.host, **values)

    def _refused(self, rule: str, **values: Any) -> Refused:
        return Refused(self._fault(rule, **values))


def _strong(etag: str | None) -> str | None:
    """Only a strong validator says that the bytes are the same (RFC 9110:8.8.1)."""
    plain = etag is not None and etag.isascii() and etag.isprintable() and len(etag) <= 200
    return etag if plain and etag is not None and etag.startswith('"') else None


def _code(answer: Answer) -> str:
    """The PACT code of an error, where it is one."""
    try:
        body = read_json(answer.body)
    except Refused:
        return ""
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, str) and code in CODES else ""


def _kind(body: bytes, span: Any) -> str:
    if span is None:
        return "-"
    signs = {b"{": "object", b"[": "list", b'"': "text", b"n": "null"}
    return signs.get(body[span.start : span.start + 1], "other")
