"""The compact serialisation of a detached JWS, taken apart before any library sees it (RFC 7515:7.1, F).

Libraries forgive padding, whitespace and spare bits, so one signature would have several spellings; and
some follow a key that the token itself brings. Here a token has one spelling or is refused.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

from gateway.formats.json_reader import NumberText, read_json
from gateway.model.finding import Finding, Refused, finding

MAX_HEADER = 16 * 1024
"""Bytes of the encoded protected header. Ours are about 1 KB."""

MAX_TOKEN = MAX_HEADER + 1024
ALGORITHMS = ("EdDSA", "Ed25519")
"""The allow-list. EdDSA (RFC 8037) is what the world writes; Ed25519 is its exact name in RFC 9864."""

KEY_BRINGING = ("jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256")
"""Header parameters by which a token names its own key. They are ignored: nothing is fetched or believed."""

_BASE64URL = re.compile(rb"[A-Za-z0-9_-]*")
_KID = re.compile(r"did:key:z[1-9A-HJ-NP-Za-km-z]{40,60}#z[1-9A-HJ-NP-Za-km-z]{40,60}|[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True)
class Token:
    """A detached JWS that passed the pre-check. ``protected`` is the text that was signed, still encoded."""

    protected: bytes
    header: dict[str, Any]
    signature: bytes
    warnings: tuple[Finding, ...] = ()

    @property
    def alg(self) -> str:
        return str(self.header["alg"])

    @property
    def kid(self) -> str:
        return str(self.header.get("kid", ""))


def exact_algorithm(alg: str) -> str:
    """``EdDSA`` means Ed25519 here, since no Ed448 key can be loaded (RFC 9864:2.2)."""
    return "Ed25519" if alg == "EdDSA" else alg


def decode_base64url(text: bytes) -> bytes | None:
    """The bytes; None for padding, whitespace, a foreign character or spare bits that are not zero."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        return None
    decoded = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    return decoded if encode_base64url(decoded) == text else None


def encode_base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def read_token(signature: bytes) -> Token:
    """The parts of ``header..signature``, with at most the one newline that `sign_document` writes.

    Raises Refused with one finding: VERIFY-TOKEN-SIZE, -SHAPE or -SPELLING, VERIFY-HEADER (a doubled or
    mistyped member), VERIFY-ALGORITHM, VERIFY-CRITICAL (crit or b64), VERIFY-TYPE, VERIFY-KID.
    """
    if len(signature) > MAX_TOKEN:
        raise _refused("VERIFY-TOKEN-SIZE", limit=MAX_HEADER)
    parts = signature.removesuffix(b"\n").split(b".")
    if len(parts) != 3 or parts[1]:
        raise _refused("VERIFY-TOKEN-SHAPE")
    protected, decoded = decode_base64url(parts[0]), decode_base64url(parts[2])
    if not protected or not decoded:
        raise _refused("VERIFY-TOKEN-SPELLING")
    if len(parts[0]) > MAX_HEADER:
        raise _refused("VERIFY-TOKEN-SIZE", limit=MAX_HEADER)
    header = _read_header(protected)
    _check_header(header)
    return Token(parts[0], header, decoded, _warnings(header))


def _read_header(protected: bytes) -> dict[str, Any]:
    try:
        header = read_json(protected)
    except Refused as refused:
        raise Refused((finding("VERIFY-HEADER", "/signature", stage="verify"), *refused.findings)) from None
    if not isinstance(header, dict):
        raise _refused("VERIFY-HEADER")
    return header


def _check_header(header: dict[str, Any]) -> None:
    if "crit" in header or "b64" in header:
        raise _refused("VERIFY-CRITICAL", name="crit" if "crit" in header else "b64")
    if header.get("alg") not in ALGORITHMS:
        raise _refused("VERIFY-ALGORITHM", alg=header.get("alg", ""), offered=", ".join(ALGORITHMS))
    for name in ("typ", "cty", "kid", "canon"):
        value = header.get(name, "")
        if not isinstance(value, str) or isinstance(value, NumberText):
            raise _refused("VERIFY-HEADER")
    if header.get("typ", "jose").lower() != "jose":
        raise _refused("VERIFY-TYPE", typ=header["typ"])
    if "kid" in header and not _KID.fullmatch(header["kid"]):
        raise _refused("VERIFY-KID", kid=header["kid"])


def _warnings(header: dict[str, Any]) -> tuple[Finding, ...]:
    brought = [name for name in KEY_BRINGING if name in header]
    if not brought:
        return ()
    names = ", ".join(brought)
    return (finding("VERIFY-KEY-IN-HEADER", "/signature", severity="warning", stage="verify", names=names),)


def _refused(rule: str, **values: Any) -> Refused:
    return Refused(finding(rule, "/signature", stage="verify", **values))
