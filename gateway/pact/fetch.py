"""One way out: every call that this gateway makes to others goes through here.

https with verified certificates, no proxy from the environment, addresses checked (`connecting`), sizes and times
bounded, redirects only within one origin and only where asked for, retries that wait as the host says. What goes
wrong is a finding that names the host and never a header, a body or a secret.
"""

from __future__ import annotations

import asyncio
import email.utils
import logging
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpcore
import httpx

from gateway import __version__
from gateway.formats.library_reasons import told
from gateway.model.finding import Refused, finding
from gateway.pact.addresses import PUBLIC_ONLY, AddressPolicy
from gateway.pact.connecting import AddressRefused, CheckedTransport, tls_context
from gateway.trust.envelope import Clock, system_clock

LOG = logging.getLogger(__name__)
MEGABYTE = 1024 * 1024
MAX_URL = 8_000
MAX_REDIRECTS = 5
BUSY = frozenset({429, 503})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSPORT_ERRORS = (
    httpx.TransportError,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    ssl.SSLError,
    OSError,
)
_BROKEN_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
_TIMEOUTS = (httpx.TimeoutException, httpcore.TimeoutException, TimeoutError)


@dataclass(frozen=True)
class Limits:
    """Seconds for one try: to connect, between two pieces, in all; bytes of a body; tries; seconds of a wait."""

    connect: float = 10
    piece: float = 30
    whole: float = 120
    body: int = 100 * MEGABYTE
    tries: int = 5
    longest_wait: float = 120


@dataclass(frozen=True)
class Pace:
    """Clock, waiting and chance, so that a test stands at any moment and never sleeps."""

    clock: Clock = system_clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random

    def wait(self, attempt: int, limits: Limits, asked: float | None) -> float:
        """Seconds before the next try: half of 1, 2, 4, … and the other half by chance; longer where the host asks."""
        base = min(2.0**attempt, limits.longest_wait)
        return max(base / 2 + base / 2 * self.chance(), asked or 0)


@dataclass(frozen=True)
class Answer:
    """What a host answered. ``url``: the address that was asked last."""

    status: int
    headers: httpx.Headers
    body: bytes = field(repr=False)
    url: httpx.URL

    @property
    def media_type(self) -> str:
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port: what a secret may not leave."""
    return url.scheme, url.host, url.port or {"https": 443, "http": 80}.get(url.scheme)


class Fetcher:
    """Makes calls. One object serves many hosts; ``close`` it at the end."""

    def __init__(
        self,
        policy: AddressPolicy = PUBLIC_ONLY,
        *,
        ca_file: Path | None = None,
        limits: Limits | None = None,
        pace: Pace | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``transport`` stands in for the network in a test; the checks of the URL stay."""
        self._policy = policy
        self.limits = limits or Limits()
        self.pace = pace or Pace()
        self._client = httpx.AsyncClient(
            transport=transport or CheckedTransport(tls_context(ca_file), policy.permits),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self.limits.piece, connect=self.limits.connect),
            headers={"user-agent": f"cbam-gateway/{__version__}", "accept-encoding": "identity"},
        )

    async def close(self) -> None:
        await self._client.aclose()

    def url(self, text: str) -> httpx.URL:
        """A URL that may be called.

        Raises Refused (FETCH-URL): no https (plain http only where the policy allows it), user or password in
        it, a fragment, no host, too long.
        """
        try:
            made = httpx.URL(text)
            good = made.scheme == "https" or (made.scheme == "http" and self._policy.plain_http)
            good = (
                good and bool(made.host) and not made.userinfo and not made.fragment and len(text) <= MAX_URL
            )
        except (httpx.InvalidURL, ValueError, TypeError):
            good = False
        if not good:
            raise Refused(finding("FETCH-URL", stage="fetch", url=_shown(text)))
        return made

    async def fetch(
        self,
        method: str,
        url: httpx.URL | str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        redirects: bool = False,
        tries: int | None = None,
    ) -> Answer:
        """The answer to a call, after as many tries as ``limits`` allow.

        ``redirects``: follow them within the origin; a redirect elsewhere, or any other, is FETCH-REDIRECT.
        A status is given back as it is, except 429 and 503 at the end of the tries (FETCH-BUSY). Raises Refused:
        FETCH-URL, FETCH-ADDRESS, FETCH-TLS, FETCH-UNREACHABLE, FETCH-TIMEOUT, FETCH-TOO-LARGE, FETCH-ENCODING.
        """
        here = self.url(str(url))
        for _ in range(MAX_REDIRECTS + 1):
            request = self._client.build_request(method, here, headers=headers, content=content)
            answer = await self._tried(request, tries or self.limits.tries)
            if answer.status not in _REDIRECTS:
                return answer
            there = self._redirected(answer)
            if not redirects or there is None or origin(there) != origin(here):
                raise _refused("FETCH-REDIRECT", here, to=there.host if there else "-")
            here = there
        raise _refused("FETCH-REDIRECT", here, to=here.host)

    def _redirected(self, answer: Answer) -> httpx.URL | None:
        location = answer.headers.get("location", "")
        try:
            return self.url(str(answer.url.join(location))) if location else None
        except (httpx.InvalidURL, ValueError, Refused):
            return None

    async def _tried(self, request: httpx.Request, tries: int) -> Answer:
        """The answer, or the last reason why there is none."""
        for attempt in range(tries):
            last = attempt == tries - 1
            asked: float | None = None
            try:
                answer = await self._once(request)
            except Refused as refused:
                if last or refused.findings[0].rule not in ("FETCH-UNREACHABLE", "FETCH-TIMEOUT"):
                    raise
            else:
                if answer.status not in BUSY:
                    return answer
                asked = self._asked(answer)
                if last or (asked or 0) > self.limits.longest_wait:
                    raise _refused("FETCH-BUSY", request.url, status=answer.status, wait=int(asked or 0))
            wait = self.pace.wait(attempt, self.limits, asked)
            LOG.debug("try %d of %s again in %.1f s", attempt + 1, request.url.host, wait)
            await self.pace.sleep(wait)
        raise AssertionError("the last try answers or raises")  # pragma: no cover

    async def _once(self, request: httpx.Request) -> Answer:
        try:
            async with asyncio.timeout(self.limits.whole):
                response = await self._client.send(request, stream=True)
                try:
                    body = await self._body(response)
                finally:
                    await response.aclose()
        except AddressRefused:
            raise _refused("FETCH-ADDRESS", request.url) from None
        except _TIMEOUTS:
            raise _refused("FETCH-TIMEOUT", request.url) from None
        except _TRANSPORT_ERRORS as error:
            raise _failed(request.url, error) from None
        return Answer(response.status_code, response.headers, body, request.url)

    async def _body(self, response: httpx.Response) -> bytes:
        """The bytes as they came. Nothing is unpacked: what was asked for is not packed, and a bomb stays shut."""
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise _refused("FETCH-ENCODING", response.request.url)
        stated = response.headers.get("content-length", "")
        limit = self.limits.body
        if stated.isascii() and stated.isdigit() and int(stated[:20]) > limit:
            raise _refused("FETCH-TOO-LARGE", response.request.url, limit=limit // MEGABYTE)
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > limit:
                raise _refused("FETCH-TOO-LARGE", response.request.url, limit=limit // MEGABYTE)
        return bytes(body)

    def _asked(self, answer: Answer) -> float | None:
        """The seconds of ``Retry-After``, which may be a number or a date (RFC 9110:10.2.3)."""
        text = answer.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:10])
        try:
            moment = email.utils.parsedate_to_datetime(text)
        except (ValueError, TypeError):
            return None
        return max(0.0, (_aware(moment) - self.pace.clock()).total_seconds())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _failed(url: httpx.URL, error: Exception) -> Refused:
    """A certificate that does not hold is no reason to try again; a connection that broke is."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _refused("FETCH-TLS", url, **told(cause.verify_message))
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, _BROKEN_OFF):
            return _refused("FETCH-TLS", url, **told(cause.reason or type(cause).__name__))
        cause = cause.__cause__ or cause.__context__
    return _refused("FETCH-UNREACHABLE", url, **told(type(error).__name__))


def _refused(rule: str, url: httpx.URL, **values: Any) -> Refused:
    """A finding about a call: the host, and no path or query, where a stranger may have put anything."""
    return Refused(finding(rule, stage="fetch", host=url.netloc.decode("ascii", "replace"), **values))


def _shown(text: object) -> str:
    """A refused URL without what may be a secret in it: up to its host."""
    scheme, mark, rest = str(text)[:MAX_URL].partition("://")
    host = rest.partition("/")[0].partition("?")[0].rpartition("@")[2]
    return f"{scheme}{mark}{host}"[:200]
