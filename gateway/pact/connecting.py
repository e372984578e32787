"""Connections of our outgoing calls: resolved once, checked, and opened to just the address that was checked.

A name that is looked up for the check and again for the connection could answer differently the second time
(DNS rebinding). Here the socket goes to the address that passed; the name stays what the certificate is held to.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import httpcore
import httpx

from gateway.formats.files import reasons
from gateway.model.finding import Refused, finding

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The numeric addresses of a host, by name and port."""

Permits = Callable[[str], bool]
"""Whether a numeric address may be connected to."""

KEPT_OPEN = 10
"""Idle connections to hosts; a pull uses one."""


def tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or later; certificate and name are always verified, and nothing here can switch that off.

    ``ca_file`` adds private authorities (PEM) to those of this machine. Made by hand, not by
    ``create_default_context``, which writes session keys to a file that the environment names.
    Raises Refused: READ-CANNOT-OPEN, FETCH-CA-FILE for a file that holds no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except ssl.SSLError:
            raise Refused(finding("FETCH-CA-FILE", stage="read", file=ca_file)) from None
        except OSError as error:
            raise Refused(
                finding("READ-CANNOT-OPEN", stage="read", file=ca_file, **reasons(error))
            ) from error
    return context


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host by the resolver of this machine, in its order."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class AddressRefused(Exception):
    """None of the addresses of a host may be connected to."""


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to addresses that are permitted, and to nothing else."""

    def __init__(self, permits: Permits, resolve: Resolve = resolve) -> None:
        self._permits, self._resolve = permits, resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.wait_for(self._resolve(host, port), timeout)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        if not found or not all(map(self._permits, found)):
            raise AddressRefused(host)  # one forbidden address among good ones is an attack, not a choice
        failed: Exception = httpcore.ConnectError(host)
        for address in found:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise AddressRefused("a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


class CheckedTransport(httpx.AsyncBaseTransport):
    """An httpx transport over `CheckedNetwork`. It knows no proxy, so none from the environment is used."""

    def __init__(self, context: ssl.SSLContext, permits: Permits, resolve: Resolve = resolve) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_keepalive_connections=KEPT_OPEN,
            network_backend=CheckedNetwork(permits, resolve),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert not isinstance(answer.stream, bytes)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Stream(answer.stream), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Stream(httpx.AsyncByteStream):
    """The body of an answer, as httpx wants it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
