"""PACT events as CloudEvents 1.0 in structured mode: read from bytes with findings, written as bytes.

Both APIs: version 3 and the events of version 2 (2.0 to 2.3 have the same ones). An event is told by its sender, its
``source`` and its ``id``. What cannot be meant is refused when it comes, so that nobody waits for an answer to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from gateway.check.schema import validate_json
from gateway.formats.json_reader import read_json, write_compact
from gateway.model.finding import Finding, Refused, finding
from gateway.pact.criteria import query_of_event
from gateway.pact.filters import BadFilter, moment_named
from gateway.pact.spans import elements, member
from gateway.store.events import Holds
from gateway.store.pages import Query
from gateway.store.tables.base import instant_of

Api = Literal["3", "2"]
Kind = Literal["published", "created", "fulfilled", "rejected"]

MEDIA_TYPE = "application/cloudevents+json"
CONTENT_TYPE = f"{MEDIA_TYPE}; charset=UTF-8"

TYPES: dict[Api, dict[Kind, str]] = {
    "3": {
        "published": "org.wbcsd.pact.ProductFootprint.PublishedEvent.3",
        "created": "org.wbcsd.pact.ProductFootprint.RequestCreatedEvent.3",
        "fulfilled": "org.wbcsd.pact.ProductFootprint.RequestFulfilledEvent.3",
        "rejected": "org.wbcsd.pact.ProductFootprint.RequestRejectedEvent.3",
    },
    "2": {
        "published": "org.wbcsd.pathfinder.ProductFootprint.Published.v1",
        "created": "org.wbcsd.pathfinder.ProductFootprintRequest.Created.v1",
        "fulfilled": "org.wbcsd.pathfinder.ProductFootprintRequest.Fulfilled.v1",
        "rejected": "org.wbcsd.pathfinder.ProductFootprintRequest.Rejected.v1",
    },
}
_BY_TYPE = {text: (api, kind) for api, kinds in TYPES.items() for kind, text in kinds.items()}

SCHEMAS: dict[Api, str] = {"3": "pact.event@3", "2": "pact.event@2"}

HOLDS: dict[Kind, Holds] = {"published": "ids", "created": "", "fulfilled": "footprints", "rejected": ""}
"""What an event of ours tells that only some may see."""

NO_FOOTPRINT = "NotFound", "There is no such footprint for you here."
NO_CLIENT = "AccessDenied", "Footprints are not shared with you any more."
"""Why a request is rejected: PACT's code and what is said."""

MAX_ID = 200
MAX_SOURCE = 500
MAX_IDS = 10_000
"""Footprints that one PublishedEvent may name."""

_NEVER = "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
CHARACTER = f"[^\\u0000-\\u001f\\u007f-\\u009f\\ufdd0-\\ufdef{_NEVER}]"
"""No control characters and noncharacters; a lone surrogate is no JSON here (CloudEvents 1.0:2.3, String)."""

_WORD = re.compile(f"{CHARACTER}+")


@dataclass(frozen=True)
class Event:
    """A sound event. ``data``: its JSON; ``query``: what a RequestCreated asks for."""

    api: Api
    kind: Kind
    id: str
    source: str
    data: dict[str, Any]
    query: Query | None = None

    @property
    def type(self) -> str:
        return TYPES[self.api][self.kind]

    @property
    def request_id(self) -> str:
        """The event that a Fulfilled or Rejected answers."""
        return str(self.data.get("requestEventId", ""))

    @property
    def pf_ids(self) -> list[str]:
        """The footprints that a Published names, in lower case."""
        return [each.lower() for each in self.data.get("pfIds", ())]


def api_of(event_type: str) -> Api:
    """The API that an event of this type goes to: the answer to a request of version 2 is one of version 2."""
    return _BY_TYPE[event_type][0]


def read_event(body: bytes, api: Api) -> Event:
    """The event that a body holds.

    Raises Refused: READ-… for what is no sound JSON; EVENT-MISSING, EVENT-TYPE; SCHEMA-… for what the published
    schema of its type refuses; EVENT-FIELD, EVENT-CRITERION where we are stricter.
    """
    tree = read_json(body)
    if not isinstance(tree, dict):
        raise Refused(_field("", "a JSON object", "JSON 对象"))
    tree = _defined(tree)
    _refuse(_of_envelope(tree, api))
    _refuse(validate_json(SCHEMAS[api], _to_judge(tree)))
    kind, data = _BY_TYPE[tree["type"]][1], tree["data"]
    _refuse([*_of_words(tree), *_OF_DATA.get(kind, _of_nothing)(data)])
    query = None
    if kind == "created":
        try:
            query = query_of_event(data, api)
        except BadFilter as bad:
            raise Refused(finding("EVENT-CRITERION", "/data", stage="read", reason=bad)) from None
    return Event(api, kind, tree["id"], tree["source"], data, query)


def _defined(node: Any) -> Any:
    """Without members that are null: "undefined" by the prose of PACT, whatever its schemas say. Footprints stay."""
    if not isinstance(node, dict):
        return node
    return {
        name: value if name == "pfs" else _defined(value) for name, value in node.items() if value is not None
    }


def _refuse(findings: Iterable[Finding]) -> None:
    found = list(findings)
    if found:
        raise Refused(found)


def _of_envelope(tree: dict[str, Any], api: Api) -> Iterator[Finding]:
    """What an event of any type must have: the published schemas of version 2 require nothing of an answer."""
    required = ("type", "specversion", "id", "source", "data")
    missing = [name for name in required if tree.get(name) is None]
    yield from (finding("EVENT-MISSING", f"/{name}", stage="read", name=name) for name in missing)
    if missing:
        return
    of_type = _BY_TYPE.get(tree["type"]) if _is_text(tree["type"]) else None
    if of_type is None or of_type[0] != api:
        yield finding("EVENT-TYPE", "/type", stage="read", type=str(tree["type"])[:120], api=api)


def _to_judge(tree: dict[str, Any]) -> dict[str, Any]:
    """The event without what its footprints say: each of them is judged by itself, and kept with what was found."""
    data = tree["data"]
    if not (isinstance(data, dict) and isinstance(data.get("pfs"), list)):
        return tree
    parts: list[Any] = [{} if isinstance(each, dict) else each for each in data["pfs"]]
    return {**tree, "data": {**data, "pfs": parts}}


def _of_words(tree: dict[str, Any]) -> Iterator[Finding]:
    """CloudEvents 1.0 says more of the envelope than the published schemas."""
    if tree["specversion"] != "1.0":
        yield _field("/specversion", '"1.0"', "“1.0”")
    for name, most in (("id", MAX_ID), ("source", MAX_SOURCE)):
        if not _is_word(tree[name], most):
            yield _field(f"/{name}", f"text of 1-{most} printable characters", f"1–{most} 个可打印字符的文本")
    if tree.get("datacontenttype", "application/json") != "application/json":
        yield _field("/datacontenttype", "application/json", "application/json")
    if "time" in tree and moment_named(tree["time"]) is None:
        yield _field("/time", "a timestamp such as 2026-04-01T00:00:00Z", "时间戳，如 2026-04-01T00:00:00Z")


def _of_nothing(_data: dict[str, Any]) -> Iterator[Finding]:
    return iter(())


def _of_published(data: dict[str, Any]) -> Iterator[Finding]:
    ids = data.get("pfIds")
    if ids is None or len(ids) > MAX_IDS:
        yield _field("/data/pfIds", f"a list of at most {MAX_IDS} UUIDs", f"不超过 {MAX_IDS} 个 UUID 的列表")


def _of_answer(data: dict[str, Any]) -> Iterator[Finding]:
    if not _is_word(data["requestEventId"], MAX_ID):
        yield _field("/data/requestEventId", "the id of the event that asked", "请求事件的编号")


def _of_fulfilled(data: dict[str, Any]) -> Iterator[Finding]:
    yield from _of_answer(data)
    if not data["pfs"]:
        yield _field("/data/pfs", "a list of footprints that is not empty", "非空的足迹列表")


_OF_DATA: dict[Kind, Callable[[dict[str, Any]], Iterator[Finding]]] = {
    "published": _of_published,
    "fulfilled": _of_fulfilled,
    "rejected": _of_answer,
}


def _is_text(value: Any) -> bool:
    return type(value) is str  # the text of a number has a type of its own


def _is_word(value: Any, most: int) -> bool:
    return _is_text(value) and len(value) <= most and bool(_WORD.fullmatch(value))


def _field(path: str, wanted: str, wanted_zh: str) -> Finding:
    return finding("EVENT-FIELD", path, stage="read", wanted=wanted, wanted_zh=wanted_zh)


def write_event(event_type: str, event_id: str, source: str, now: int, data: bytes) -> bytes:
    """The bytes of an event; ``data`` is JSON and stands in it as it is. ``now``: a moment."""
    time = instant_of(now - now % 1_000_000).isoformat().replace("+00:00", "Z")
    envelope = {
        "type": event_type,
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "time": time,
        "datacontenttype": "application/json",
    }
    return write_compact(envelope)[:-1] + b',"data":' + data + b"}"


def fulfilled_data(request_id: str, contents: Iterable[bytes]) -> bytes:
    """The data of a Fulfilled: footprints in the bytes that they are stored and signed in."""
    return b'{"requestEventId":' + write_compact(request_id) + b',"pfs":[' + b",".join(contents) + b"]}"


def rejected_data(request_id: str, code: str, message: str) -> bytes:
    """The data of a Rejected. ``code``: one of PACT's error codes."""
    return write_compact({"requestEventId": request_id, "error": {"code": code, "message": message}})


def published_data(pf_ids: Iterable[str]) -> bytes:
    return write_compact({"pfIds": list(pf_ids)})


def footprints_of(body: bytes) -> Iterator[bytes]:
    """The footprints of a Fulfilled, each in its own bytes."""
    data = member(body, "data")
    assert data is not None
    inner = data.of(body)
    listed = member(inner, "pfs")
    assert listed is not None
    return (span.of(inner) for span in elements(inner, listed))
