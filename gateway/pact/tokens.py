"""Access tokens by OAuth 2.0 client credentials (RFC 6749:4.4), as a PACT host gives them."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import httpx

from gateway.formats.json_reader import read_json
from gateway.model.finding import Refused, finding
from gateway.pact.fetch import Answer, Fetcher, origin

MAX_TOKEN = 16_384
UNSTATED_LIFE = timedelta(minutes=5)
"""How long a token is used whose life is not stated; a host that ends it earlier says 401, and it is renewed."""

LONGEST_LIFE = timedelta(hours=1)
SPARE = timedelta(seconds=60)

_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


@dataclass(frozen=True)
class Credentials:
    """What a host gave us to identify ourselves; the repr shows no secret."""

    client_id: str
    secret: str = field(repr=False)

    def basic(self) -> str:
        """The Basic header: both parts form-encoded before they are joined (RFC 6749:2.3.1)."""
        joined = f"{quote_plus(self.client_id)}:{quote_plus(self.secret)}"
        return "Basic " + base64.b64encode(joined.encode()).decode()


@dataclass
class _Held:
    value: str
    until: datetime


class Tokens:
    """The token of one host, got when it is needed and kept until shortly before it ends."""

    def __init__(
        self, fetcher: Fetcher, credentials: Credentials, auth_url: str, allowed: Iterable[str] = ()
    ) -> None:
        """``allowed``: origins besides that of ``auth_url`` to which discovery may lead us with our secret."""
        self._fetcher, self._credentials = fetcher, credentials
        self._auth = fetcher.url(auth_url.rstrip("/"))
        self._allowed = {origin(self._auth), *(origin(fetcher.url(each)) for each in allowed)}
        self._endpoint: httpx.URL | None = None
        self._held: _Held | None = None
        self._one_asks = asyncio.Lock()

    async def token(self, *, instead_of: str = "") -> str:
        """A token that is good now, and another one than ``instead_of``, which the host no longer takes.

        Raises Refused: PULL-CREDENTIALS, PULL-TOKEN, PULL-TOKEN-ENDPOINT, FETCH-….
        """
        async with self._one_asks:  # many calls may find at once that a token has ended
            held = self._held
            if held is None or held.value == instead_of or self._fetcher.pace.clock() >= held.until:
                held = self._held = await self._ask()
            return held.value

    async def _ask(self) -> _Held:
        if self._endpoint is None:
            self._endpoint = await self._discover()
        headers = {**_FORM, "authorization": self._credentials.basic()}
        content = b"grant_type=client_credentials"
        answer = await self._fetcher.fetch("POST", self._endpoint, headers=headers, content=content)
        if answer.status in (400, 401, 403):
            raise self._refused("PULL-CREDENTIALS", status=answer.status)
        body = _object(answer)
        value, kind = body.get("access_token"), str(body.get("token_type", ""))
        good = type(value) is str and len(value) <= MAX_TOKEN and _TOKEN.fullmatch(value)
        if not good or answer.status != 200 or kind.lower() != "bearer":
            raise self._refused("PULL-TOKEN", status=answer.status)
        life = _life(body.get("expires_in"))
        spare = min(SPARE, life / 10)
        return _Held(str(value), self._fetcher.pace.clock() + life - spare)

    async def _discover(self) -> httpx.URL:
        """The token endpoint that the host names (OpenID Connect Discovery), else ``/auth/token`` of its own."""
        answer = await self._fetcher.fetch("GET", f"{self._auth}/.well-known/openid-configuration")
        named = _object(answer).get("token_endpoint") if answer.status == 200 else None
        if type(named) is not str:  # a number is text here, too
            return self._fetcher.url(f"{self._auth}/auth/token")
        try:
            endpoint = self._fetcher.url(named)
        except Refused:
            raise self._refused("PULL-TOKEN-ENDPOINT", named=named) from None
        if origin(endpoint) not in self._allowed:
            raise self._refused("PULL-TOKEN-ENDPOINT", named=f"{endpoint.scheme}://{endpoint.host}")
        return endpoint

    def _refused(self, rule: str, **values: Any) -> Refused:
        return Refused(finding(rule, stage="fetch", host=self._auth.netloc.decode(), **values))


def _object(answer: Answer) -> Mapping[str, Any]:
    """The JSON object of an answer; an empty one where it is none. Nothing of it is ever shown."""
    try:
        body = read_json(answer.body)
    except Refused:
        return {}
    return body if isinstance(body, dict) else {}


def _life(stated: Any) -> timedelta:
    try:
        return min(timedelta(seconds=max(0, int(str(stated)[:9]))), LONGEST_LIFE)
    except ValueError:
        return UNSTATED_LIFE
