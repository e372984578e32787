"""What `/openapi.json` says of the events that this host takes."""

from __future__ import annotations

from typing import Any

from gateway.pact.client import CODES
from gateway.pact.criteria import FRAGMENT
from gateway.pact.events import CHARACTER, MAX_ID, MAX_IDS, MAX_SOURCE, MEDIA_TYPE, TYPES, Api
from gateway.pact.filters import INSTANTS, TERMS

Json = dict[str, Any]

_EXTRA: Json = {"type": ["string", "boolean", "null"]}
"""What else may stand there, and is kept and not looked at."""

_TEXT: Json = {"type": "string", "pattern": "^[^\\u0000]*$"}
_TIME: Json = {"type": "string", "format": "date-time"}
_LIST: Json = {"type": "array", "items": _TEXT}
_TEXTS: Json = {"anyOf": [_LIST, _TEXT, {"type": "null"}]}
_STATUS: Json = {"enum": ["Active", "Deprecated"]}
_CRITERIA: Json = dict.fromkeys(TERMS, _LIST) | {
    "status": {"anyOf": [_STATUS, {"type": "array", "items": _STATUS}]}
}
_COMMENT: Json = {"type": "string"}


def event_request(api: Api) -> Json:
    """The body of an event route: CloudEvents in structured mode, with the data of each type."""
    events = [
        _event(text, _DATA[api][kind], timed=api == "3" or kind in ("published", "created"))
        for kind, text in TYPES[api].items()
    ]
    content = {MEDIA_TYPE: {"schema": {"oneOf": events}}}
    return {"security": [{"oauth2": []}], "requestBody": {"required": True, "content": content}}


def _event(name: str, data: Json, *, timed: bool) -> Json:
    source = _word(MAX_SOURCE) | ({"format": "uri-reference"} if name in TYPES["2"].values() else {})
    members: Json = {
        "type": {"const": name},
        "specversion": {"const": "1.0"},
        "id": _word(MAX_ID),
        "source": source,
        "time": _TIME,
        "data": data,
        "datacontenttype": {"const": "application/json"},
    }
    required = ["type", "specversion", "id", "source", *(["time"] if timed else []), "data"]
    return {"type": "object", "required": required, "properties": members, "additionalProperties": _EXTRA}


def _word(most: int) -> Json:
    return {"type": "string", "pattern": f"^{CHARACTER}{{1,{most}}}$"}


def _members(*required: str, **members: Json) -> Json:
    named: Json = {"type": "object", "required": list(required), "properties": members}
    return {**named, "additionalProperties": _EXTRA}


def _only(**members: Json) -> Json:
    return {"type": "object", "properties": members, "additionalProperties": False}


_UUIDS: Json = {"type": "array", "maxItems": MAX_IDS, "items": {"type": "string", "format": "uuid"}}
_OBJECTS: Json = {"type": "array", "minItems": 1, "items": {"type": "object", "additionalProperties": _EXTRA}}


def _rejected(codes: frozenset[str]) -> Json:
    error = _members("code", "message", code={"enum": sorted(codes)}, message={"type": "string"})
    return _members("requestEventId", "error", requestEventId=_word(MAX_ID), error=error)


_ANSWERS: Json = {
    "published": _members("pfIds", pfIds=_UUIDS),
    "fulfilled": _members("requestEventId", "pfs", requestEventId=_word(MAX_ID), pfs=_OBJECTS),
}
_CREATED = _only(**_CRITERIA, **dict.fromkeys(INSTANTS, _TIME), comment=_COMMENT) | {
    "patternProperties": {"^x-": {}}
}
_PCF = _only(**{name[4:]: _TEXTS for name in FRAGMENT if name.startswith("pcf/")})
_FRAGMENT = _only(**{name: _TEXTS for name in FRAGMENT if "/" not in name}, pcf=_PCF)
_DATA: dict[Api, Json] = {
    "3": {**_ANSWERS, "created": _CREATED, "rejected": _rejected(CODES - {"NoSuchFootprint"})},
    "2": {
        **_ANSWERS,
        "created": _members("pf", pf=_FRAGMENT, comment=_COMMENT),
        "rejected": _rejected(CODES),
    },
}
