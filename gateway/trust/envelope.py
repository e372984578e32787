"""What a signature says besides the document: who, when, from what and by which tables.

It travels as one private member of the protected header, ``pcf-gateway`` (RFC 7515:4.3), so it is signed
with the document, and any stock JOSE library, which ignores it, still verifies the signature.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.formats.json_reader import NumberText
from gateway.model.finding import Refused, finding

HEADER_NAME = "pcf-gateway"
MAX_TEXT = 512
MAX_ITEMS = 64

Clock = Callable[[], datetime]
"""Where the time comes from: injected, so that a test or an audit can stand at any moment."""

_ID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}(?: sha256:[0-9a-f]{64}){0,15}")
"""One digest, or several with a blank between: a document that was made from several names each of them."""


def system_clock() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(UTC)


def utc_text(moment: datetime) -> str:
    """``2026-03-01T08:00:00Z``: RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


@dataclass(frozen=True)
class Statement:
    """The signed part beside the document. Empty members are not written.

    ``id`` urn:uuid; ``issuer`` the DID of the key; ``created`` UTC, whole seconds, the issuer's own claim;
    ``format`` id and version where known, else the media type; ``route`` formats with versions, in order;
    ``schemas`` (schema id, digest) pairs; digests are ``sha256:`` and 64 hex digits.
    """

    id: str
    issuer: str
    created: datetime
    format: str = ""
    source: str = ""
    route: tuple[str, ...] = ()
    mapping: str = ""
    schemas: tuple[tuple[str, str], ...] = ()
    ledger: str = ""
    gateway: str = ""

    def to_header(self) -> dict[str, Any]:
        """The value of the ``pcf-gateway`` header member."""
        members: dict[str, Any] = {"id": self.id, "issuer": self.issuer, "created": utc_text(self.created)}
        optional: dict[str, Any] = {
            "format": self.format,
            "source": self.source,
            "route": list(self.route),
            "mapping": self.mapping,
            "schemas": dict(self.schemas),
            "ledger": self.ledger,
            "gateway": self.gateway,
        }
        return members | {name: value for name, value in optional.items() if value}


def new_statement(
    issuer: str,
    clock: Clock,
    *,
    format: str = "",
    source: str = "",
    route: tuple[str, ...] = (),
    mapping: str = "",
    schemas: Mapping[str, str] | None = None,
    ledger: str = "",
    gateway: str = "",
) -> Statement:
    """A statement with a fresh id and the clock's time, cut to whole seconds."""
    created = clock().astimezone(UTC).replace(microsecond=0)
    pairs = tuple(sorted((schemas or {}).items()))
    return Statement(
        uuid.uuid4().urn, issuer, created, format, source, route, mapping, pairs, ledger, gateway
    )


def read_statement(value: Any) -> Statement:
    """The statement of a header that `read_json` returned.

    Raises Refused (VERIFY-STATEMENT, with the member): what is signed but cannot be understood is not
    shown as if it could. Members that a later version adds are ignored.
    """
    if not isinstance(value, dict):
        raise _malformed("")
    created = _text(value, "created")
    try:
        moment = datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _malformed("created") from None
    if not _ID.fullmatch(_text(value, "id")):
        raise _malformed("id")
    route, schemas = value.get("route", []), value.get("schemas", {})
    if not isinstance(route, list) or len(route) > MAX_ITEMS or not all(map(_is_text, route)):
        raise _malformed("route")
    if not isinstance(schemas, dict) or len(schemas) > MAX_ITEMS:
        raise _malformed("schemas")
    return Statement(
        id=value["id"],
        issuer=_text(value, "issuer"),
        created=moment,
        format=_text(value, "format", ""),
        source=_digest(value, "source"),
        route=tuple(route),
        mapping=_digest(value, "mapping"),
        schemas=tuple(sorted((name, _digest(schemas, name)) for name in schemas)),
        ledger=_digest(value, "ledger"),
        gateway=_text(value, "gateway", ""),
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, NumberText) and len(value) <= MAX_TEXT


def _text(members: dict[str, Any], name: str, default: str | None = None) -> str:
    value = members.get(name, default)
    if not _is_text(value):
        raise _malformed(name)
    return str(value)


def _digest(members: dict[str, Any], name: str) -> str:
    value = _text(members, name, "")
    if value and not _DIGEST.fullmatch(value):
        raise _malformed(name)
    return value


def _malformed(name: str) -> Refused:
    path = f"/signature/{HEADER_NAME}" + (f"/{name}" if name else "")
    return Refused(finding("VERIFY-STATEMENT", path, stage="verify", name=name or HEADER_NAME))
