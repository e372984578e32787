"""Access tokens: JWTs (RFC 9068) that this host signs for a client and reads again.

The key comes from the secret of the host, so tokens outlive a restart and all processes of a host know them. No
database is asked for a token itself; whether its client still is one is asked on every request.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError

from gateway.store.clients import Client
from gateway.store.secret import HostSecret
from gateway.trust.compact import decode_base64url
from gateway.trust.keys import SigningKey

_ALGORITHM = "Ed25519"  # RFC 9864; the older name EdDSA leaves the curve open
_TYPE = "at+jwt"
_MAX_LENGTH = 4096
_REMEMBERED = 4096
_MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Caller:
    """Who asks. ``number`` and ``client_id`` name the client, ``expires`` is a moment."""

    number: int
    client_id: str
    issuer: str
    expires: int


Verdict = Caller | Literal["invalid", "expired"]


class Tokens:
    """Issues and reads access tokens."""

    def __init__(self, secret: HostSecret, seconds: int) -> None:
        self._key = SigningKey(Ed25519PrivateKey.from_private_bytes(secret.key_for("access tokens")))
        self.seconds = seconds
        self._read: OrderedDict[bytes, Caller] = OrderedDict()

    @property
    def jwk(self) -> dict[str, str]:
        """The public key, for whoever wants to check a token."""
        return {**self._key.public.jwk(), "kid": self._key.public.thumbprint, "alg": _ALGORITHM}

    def issue(self, client: Client, issuer: str, now: int) -> str:
        second = now // _MICROSECONDS
        claims = {
            "iss": issuer,
            "aud": issuer,
            "sub": client.client_id,
            "client_id": client.client_id,
            "client": client.number,
            "iat": second,
            "exp": second + self.seconds,
            "jti": str(uuid.uuid4()),
        }
        header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": self._key.public.thumbprint}
        return jwt.encode(header, claims, self._key.jose, [_ALGORITHM])

    def read(self, token: str, now: int, is_ours: Callable[[str], bool]) -> Verdict:
        """Whose token it is. ``is_ours``: whether a base URL is one of this host.

        A token that was read once is remembered by its digest; its end is looked at every time.
        """
        digest = hashlib.sha256(token.encode()).digest()
        caller = self._read.get(digest)
        if caller is None:
            caller = self._verify(token) if len(token) <= _MAX_LENGTH else None
            if caller is None:
                return "invalid"
            self._read[digest] = caller
            while len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)
        if not is_ours(caller.issuer):
            return "invalid"
        return caller if now < caller.expires else "expired"

    def _verify(self, token: str) -> Caller | None:
        if any(decode_base64url(part.encode()) is None for part in token.split(".")):
            return None  # one spelling of a token only
        try:
            read = jwt.decode(token, self._key.jose, algorithms=[_ALGORITHM])
        except (JoseError, ValueError, TypeError):
            return None
        if read.header.get("typ") != _TYPE:
            return None
        return _caller(read.claims)


def _caller(claims: dict[str, Any]) -> Caller | None:
    number, name, issuer, end = (claims.get(member) for member in ("client", "client_id", "iss", "exp"))
    if not isinstance(number, int) or not isinstance(end, int) or claims.get("aud") != issuer:
        return None
    if not isinstance(name, str) or not isinstance(issuer, str):
        return None
    return Caller(number, name, issuer, end * _MICROSECONDS)
