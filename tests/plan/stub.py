"""A small host that keeps the plan, and breaks one case of it for each fault that is switched on.

It knows no code of the gateway. It is there to show that the plan can fail: a case that no fault can break proves
nothing about a real host.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from plan.documents import as_v2, footprints_v3
from plan.stub_answers import answer
from plan.stub_filters import BadFilter, chosen

CLIENT, SECRET = "buyer", "a secret/with+signs%"
SHOWN = 26
TYPES = {
    "2": "org.wbcsd.pathfinder.",
    "3": "org.wbcsd.pact.",
}


@dataclass
class Stub:
    """State of the host. ``faults``: the names from the column twins of the plan."""

    faults: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)
    trust: Any = True
    base: str = ""
    partner_base: str = ""
    partner_client: str = ""
    partner_secret: str = ""

    def __post_init__(self) -> None:
        self.documents = {"3": footprints_v3(SHOWN + 1)}
        self.documents["2"] = [as_v2(document) for document in self.documents["3"]]

    @property
    def hidden_id(self) -> str:
        return str(self.documents["3"][SHOWN]["id"])

    def has(self, fault: str) -> bool:
        return fault in self.faults

    def app(self) -> Starlette:
        routes = [
            Route("/auth/token", self.token, methods=["POST"]),
            Route("/.well-known/openid-configuration", self.openid),
        ]
        for path, handler in (("footprints", self.list), ("footprints/{id:path}", self.get)):
            routes.append(Route("/{major:int}/" + path, handler))
        routes.append(Route("/{major:int}/events", self.events, methods=["POST"]))
        return Starlette(routes=routes)

    # --- tokens

    async def token(self, request: Request) -> Response:
        if shut := self._plain(request):
            return shut
        form = dict(parse_qsl((await request.body()).decode()))
        if form.get("grant_type") != "client_credentials" and not self.has("any-grant"):
            if not (self.has("secret-in-query") and request.query_params.get("client_secret") == SECRET):
                return JSONResponse({"error": "unsupported_grant_type"}, 400)
        elif (self._given(request) != (CLIENT, SECRET) and not self.has("any-secret")) or self.has(
            "token-refused"
        ):
            return JSONResponse(
                {"error": "oops" if self.has("token-error-unnamed") else "invalid_client"}, 401
            )
        token = f"h.{secrets.token_hex(8)}.s"
        self.tokens.add(token)
        body: dict[str, Any] = {"access_token": token, "token_type": "bearer", "expires_in": 3600}
        if self.has("token-without-type"):
            del body["token_type"]
        if self.has("token-forever"):
            body["expires_in"] = 10**9
        return JSONResponse(body, headers={} if self.has("token-cached") else {"Cache-Control": "no-store"})

    @staticmethod
    def _given(request: Request) -> tuple[str, str]:
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        who, _, secret = base64.b64decode(given).decode().partition(":")
        return unquote_plus(who), unquote_plus(secret)

    async def openid(self, request: Request) -> Response:
        if self.has("no-openid"):
            return JSONResponse({"code": "NotFound", "message": "no"}, 404)
        scheme = "http" if self.has("openid-plain") else "https"
        return JSONResponse({"token_endpoint": f"{scheme}://{request.url.netloc}/auth/token"})

    def _plain(self, request: Request) -> Response | None:
        if request.url.scheme == "https" or self.has("plain"):
            return None
        if self.has("plain-redirect"):
            return RedirectResponse(str(request.url.replace(scheme="https")), 307)
        return JSONResponse({"code": "BadRequest", "message": "https only"}, 400)

    def _shut(self, request: Request) -> Response | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if shut := self._plain(request):
            return shut
        if token in self.tokens or self.has("any-token"):
            return None
        return self._error(401, "" if self.has("shut-without-code") else "BadRequest")

    @staticmethod
    def _error(status: int, code: str) -> Response:
        return JSONResponse({"code": code, "message": "refused"} if code else {}, status)

    # --- footprints

    def _seen(self, major: str) -> list[dict[str, Any]]:
        seen = self.documents[major][: SHOWN + (1 if self.has("shows-hidden") else 0)]
        return [d for d in seen if d["status"] == "Active"] if self.has("only-active") else seen

    async def get(self, request: Request) -> Response:
        major, wanted = str(request.path_params["major"]), request.path_params["id"]
        found = next((d for d in self._seen(major) if d["id"] == wanted.lower()), None)
        if self.has("get-exact-case") and found and found["id"] != wanted:
            found = None
        if self.has("missing-before-token") and found is None:
            return self._error(404, "NotFound")
        if shut := self._shut(request):
            return shut
        try:
            UUID(wanted)
        except ValueError:
            return self._error(500 if self.has("bad-id-500") else 404, "NotFound")
        if found is None:
            return self._missing(major, wanted)
        if self.has("get-another"):
            found = self.documents[major][3]
        if self.has("get-without-pcf"):
            found = {name: value for name, value in found.items() if name != "pcf"}
        if self.has("get-as-text"):
            return PlainTextResponse(json.dumps({"data": found}))
        return JSONResponse({"data": found})

    def _missing(self, major: str, wanted: str) -> Response:
        if self.has("missing-is-200"):
            return JSONResponse({"data": None})
        if self.has("hidden-is-403") and wanted == self.hidden_id:
            return self._error(403, "AccessDenied")
        if self.has("missing-other-code"):
            return self._error(404, "BadRequest")
        return self._error(404, "NoSuchFootprint" if major == "2" else "NotFound")

    async def list(self, request: Request) -> Response:
        if not (self.has("link-open") and "offset" in request.query_params) and (shut := self._shut(request)):
            return shut
        major, query = str(request.path_params["major"]), request.query_params
        try:
            start, limit = int(query.get("offset", "0")), self._limit(query.get("limit"))
            found = chosen(
                self.documents[major], self._seen(major), request.query_params.multi_items(), self.faults
            )
        except ValueError:
            return self._error(
                500 if self.has("forged-link-500") or self.has("bad-limit-500") else 400, "BadRequest"
            )
        except BadFilter as error:
            return self._error(500 if error.fault in self.faults else 400, "BadRequest")
        if not found and self.has("none-is-404"):
            return self._error(404, "NotFound")
        if self.has("link-once") and "offset" in query and str(request.url) in self.used:
            return self._error(400, "BadRequest")
        self.used.add(str(request.url))
        return self._page(request, found, start, limit)

    def _limit(self, given: str | None) -> int:
        limit = 10 if given in (None, "") else int(str(given))
        if limit < 0 and not self.has("limit-ignored"):
            raise ValueError
        return 10 if self.has("limit-ignored") else min(limit, 10)

    def _page(self, request: Request, found: list[dict[str, Any]], start: int, limit: int) -> Response:
        page = found[start : start + limit]
        if self.has("list-without-pcf"):
            page = [{name: value for name, value in d.items() if name != "pcf"} for d in page]
        following = (
            start
            + limit
            + (1 if self.has("page-loses") else -1 if self.has("page-repeats") and limit > 1 else 0)
        )
        headers = {}
        if limit > 0 and following < len(found) and not self.has("no-link"):
            headers["Link"] = f'<{self._link(request, following)}>; rel="next"'
        if self.has("list-as-text"):
            return PlainTextResponse(json.dumps({"data": page}), headers=headers)
        return JSONResponse({"data": None if self.has("list-null") else page}, headers=headers)

    def _link(self, request: Request, following: int) -> str:
        kept = [(k, v) for k, v in request.query_params.multi_items() if k != "offset"]
        if self.has("link-drops-limit"):
            kept = [(k, v) for k, v in kept if k != "limit"]
        if self.has("link-drops-filter"):
            kept = [(k, v) for k, v in kept if k == "limit"]
        known = request.url.netloc.startswith("127.0.0.1:") or self.has("link-to-any-host")
        host = "elsewhere.example" if self.has("link-elsewhere") or not known else request.url.netloc
        base = "" if self.has("relative-link") else f"https://{host}"
        return f"{base}{request.url.path}?{urlencode([*kept, ('offset', following)])}"

    # --- events

    async def events(self, request: Request) -> Response:
        if shut := self._shut(request):
            return shut
        major, content = str(request.path_params["major"]), await request.body()
        try:
            event = _object(content, request.headers.get("content-type", ""))
        except ValueError:
            return self._error(500 if self.has("event-500") else 400, "BadRequest")
        if not self.has("event-anything") and not _is_event(event, TYPES[major]):
            return self._error(400, "" if self.has("event-error-unnamed") else "BadRequest")
        if self.has("event-anything"):
            return Response(status_code=200)
        named = event["source"].removesuffix(f"/{major}/events").removeprefix("https:")
        if named != self.partner_base.removeprefix("https:") or (
            self.has("whole-source") and named[:2] == event["source"][:2]
        ):
            return self._error(500 if self.has("elsewhere-500") else 403, "AccessDenied")
        if ".Created" in event["type"] or "RequestCreated" in event["type"]:
            if event["id"] not in self.requests or self.has("answer-twice"):
                await answer(self, major, event)
            self.requests.add(event["id"])
        if self.has("takes-answers") and "Fulfilled" in event["type"]:
            self.documents[major] = [*event["data"]["pfs"], *self.documents[major]]
        return Response(status_code=202 if self.has("event-202") else 200)


def _object(content: bytes, media_type: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        found = json.loads(content, object_pairs_hook=once)
    except RecursionError:
        raise ValueError from None
    if not isinstance(found, dict) or not media_type.startswith("application/cloudevents+json"):
        raise ValueError
    return found


def _is_event(event: dict[str, Any], prefix: str) -> bool:
    texts = all(isinstance(event.get(name), str) and event[name] for name in ("type", "id", "source"))
    data = event.get("data")
    if not texts or not event["type"].startswith(prefix) or "Unknown" in event["type"]:
        return False
    if (
        event.get("specversion") != "1.0"
        or event.get("time", "").startswith("y")
        or not isinstance(data, dict)
    ):
        return False
    kind = event["type"]
    if "Published" in kind:
        ids = data.get("pfIds")
        return isinstance(ids, list) and all(isinstance(i, str) and len(i) == 36 for i in ids)
    if "Fulfilled" in kind:
        return "requestEventId" in data and bool(data.get("pfs"))
    if "Rejected" in kind:
        return "requestEventId" in data and "error" in data
    return _are_criteria(data.get("pf") if "pathfinder" in kind else data)


def _are_criteria(criteria: object) -> bool:
    if (
        not isinstance(criteria, dict)
        or criteria.get("validOn", "2") in ("yesterday", 5)
        or criteria.get("status")
    ):
        return False
    wanted = criteria.get("productId", criteria.get("productIds", []))
    return isinstance(wanted, list) and all(isinstance(i, str) for i in wanted)
