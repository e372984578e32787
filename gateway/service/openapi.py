"""What `/openapi.json` says of the routes: parameters, answers and their schemas, as they are."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson

from gateway.data import data_path

Json = dict[str, Any]

_TIME = {"anyOf": [{"type": "string", "format": "date-time"}, {"const": ""}]}
_WORDS = {"type": "array", "items": {"type": "string", "pattern": "^[^\\u0000]*$"}}


def _query(name: str, schema: Json, what: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": what}


ID: Json = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
    "description": "The id of the footprint.",
}
LIMIT = _query(
    "limit",
    {"type": "integer", "minimum": 0},
    "The most footprints that the page may hold; it may hold fewer.",
)
FILTERS = (
    _query("productId", _WORDS, "A value of productIds."),
    _query("companyId", _WORDS, "A value of companyIds."),
    _query("geography", _WORDS, "A region, country or subdivision; a country finds its subdivisions too."),
    _query("classification", _WORDS, "A value of productClassifications."),
    _query("validOn", _TIME, "Valid at that moment."),
    _query("validAfter", _TIME, "The validity begins after that moment."),
    _query("validBefore", _TIME, "The validity ends before that moment."),
    _query("status", _WORDS, "Active or Deprecated; without it, both."),
)

_WHEN = "(created|updated|pcf/referencePeriodStart|pcf/referencePeriodEnd) (eq|lt|le|gt|ge) '[1-9][0-9]{3}"
_WHEN += "-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z'"
_IS = "(productCategoryCpc|pcf/geographyCountry) eq '[A-Za-z0-9]{1,20}'"
_ANY = "(productIds|companyIds)/any[(]x:[(]x eq 'urn:[A-Za-z0-9:._-]{1,80}'[)][)]"
_TERM = f"({_WHEN}|{_IS}|{_ANY})"
ODATA = _query(
    "$filter",
    {"type": "string", "pattern": f"^({_TERM}( and {_TERM}){{0,9}})?$"},
    "A part of OData 4: conditions joined by and. Brackets and other spaces are read too.",
)


def takes(*parameters: Json) -> Json:
    """What a route takes and that it asks for a token."""
    return {"parameters": list(parameters), "security": [{"oauth2": []}]}


_WHAT = {
    304: "The footprint is still the one that If-None-Match names.",
    400: "The request is not one that can be answered; the message says why.",
    401: "No token, or one that does not count.",
    403: "The request did not come over TLS.",
    404: "There is no such thing for this client.",
    409: "Another event came under that id before.",
    413: "The body is too large.",
    415: "The body is of a kind or coding that is not taken.",
    429: "Too many wrong secrets, or too many events that wait; wait as long as Retry-After says.",
    500: "Something went wrong here.",
    501: "Not implemented.",
    503: "Not ready, or it took too long.",
}
_LINK = {"Link": {"description": "The next page, where there is one.", "schema": {"type": "string"}}}
_TAG = {"ETag": {"description": "The digest of the footprint.", "schema": {"type": "string"}}}
_CHALLENGE = {"WWW-Authenticate": {"description": "What is asked for.", "schema": {"type": "string"}}}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def body(what: str, schema: Json, media_type: str = "application/json", headers: Json | None = None) -> Json:
    """One answer with a body."""
    said: Json = {"description": what, "content": {media_type: {"schema": schema}}}
    return {**said, "headers": headers} if headers else said


def pact_answers(good: str, *others: int) -> dict[int | str, Json]:
    """Answers of a PACT route: the good one, those named, and what any request can meet."""
    headers = _LINK if good.startswith("Footprints") else _TAG if good.startswith("Footprint") else None
    return {200: body("As asked for.", ref(good), headers=headers), **pact_errors(*others)}


def pact_errors(*statuses: int) -> dict[int | str, Json]:
    """Error answers of a PACT route."""
    said: dict[int | str, Json] = {}
    for status in sorted({*statuses, 415, 500, 503}):
        if status == 304:
            said[status] = {"description": _WHAT[status]}
        else:
            headers = _CHALLENGE if status == 401 else None
            said[status] = body(_WHAT[status], ref("Error"), headers=headers)
    return said


def signature_answers() -> dict[int | str, Json]:
    good = body("The signature.", {"type": "string"}, "application/jose")
    return {200: good, **pact_errors(400, 401, 403, 404)}


def problem_answers(*statuses: int) -> dict[int | str, Json]:
    """Error answers outside PACT (RFC 9457)."""
    return {
        status: body(_WHAT[status], ref("Problem"), "application/problem+json")
        for status in sorted({*statuses, 415, 500, 503})
    }


@cache
def schemas() -> Json:
    """The schemas that the answers refer to; that of a footprint is the one that every footprint was checked with."""
    named: Json = {"Error": _error(), "OAuthError": _OAUTH_ERROR, "Problem": _PROBLEM, "Token": _TOKEN}
    for number, version in (("3", "3.0"), ("2", _newest_v2())):
        footprint = _footprint(version, f"Footprint{number}Data", named) if version else {"type": "object"}
        named[f"Footprint{number}Data"] = footprint
        data = ref(f"Footprint{number}Data")
        named[f"Footprint{number}"] = _enclosed(data)
        named[f"Footprints{number}"] = _enclosed({"type": "array", "items": data})
    return named


def _newest_v2() -> str | None:
    from gateway.pact.models import newest_v2

    return newest_v2()


def _footprint(version: str, name: str, named: Json) -> Json:
    """The schema of a data model, its definitions moved to where OpenAPI keeps them."""
    (file,) = data_path("schemas", "pact.footprint", version).glob("*.schema.json")
    text = file.read_text(encoding="utf-8").replace('"#/$defs/', f'"#/components/schemas/{name}.')
    schema: Json = orjson.loads(text)
    for inner, definition in schema.pop("$defs", {}).items():
        named[f"{name}.{inner}"] = definition
    return {key: value for key, value in schema.items() if not key.startswith("$")}


def _enclosed(data: Json) -> Json:
    return {"type": "object", "required": ["data"], "properties": {"data": data}}


def _texts(*required: str, **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


_TEXT: Json = {"type": "string"}
_OAUTH_ERROR = _texts("error", error=_TEXT, error_description=_TEXT)
_PROBLEM = _texts("title", "status", type=_TEXT, title=_TEXT, status={"type": "integer"}, detail=_TEXT)
_TOKEN = _texts(
    "access_token", "token_type", "expires_in", access_token=_TEXT, token_type={"const": "Bearer"},
    expires_in={"type": "integer"}, scope=_TEXT,
)  # fmt: skip


def _error() -> Json:
    codes = [
        "BadRequest",
        "AccessDenied",
        "TokenExpired",
        "NotFound",
        "NoSuchFootprint",
        "NotImplemented",
        "InternalError",
    ]
    return _texts("code", "message", code={"type": "string", "enum": codes}, message=_TEXT)


def _without_guesses(good: Json) -> None:
    """FastAPI takes every answer for JSON; where we do not say so, it is not."""
    content = good.get("content", {})
    if content.get("application/json") == {"schema": {}}:
        del content["application/json"]
    if not content:
        good.pop("content", None)


def complete(document: Json) -> Json:
    """The document that FastAPI makes of the routes, with our schemas and how to get a token."""
    components = document.setdefault("components", {})
    components["schemas"] = schemas()
    flow = {"tokenUrl": "/auth/token", "scopes": {}}
    components["securitySchemes"] = {
        "oauth2": {"type": "oauth2", "flows": {"clientCredentials": flow}},
        "basic": {"type": "http", "scheme": "basic"},
    }
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            _without_guesses(operation["responses"].get("200", {}))
    return document


def token_answers() -> dict[int | str, Json]:
    """Answers of the token endpoint (RFC 6749:5)."""
    said: dict[int | str, Json] = {200: body("A token.", ref("Token"))}
    for status in (400, 401, 403, 413, 415, 429, 500, 503):
        said[status] = body(_WHAT[status], ref("OAuthError"), headers=_CHALLENGE if status == 401 else None)
    return said


_FORM = _texts(
    "grant_type",
    grant_type={"const": "client_credentials"},
    client_id=_TEXT,
    client_secret=_TEXT,
    scope=_TEXT,
)
TOKEN_REQUEST: Json = {
    "security": [{"basic": []}],
    "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": _FORM}}},
}


def object_answers() -> dict[int | str, Json]:
    """Answers of a route that tells of this host."""
    return {200: body("As asked for.", {"type": "object"}), **problem_answers(400, 403)}


def event_answers() -> dict[int | str, Json]:
    """Answers of an event route; the good one has no body."""
    return {200: {"description": "The event is kept."}, **pact_errors(400, 401, 403, 409, 413, 429)}
