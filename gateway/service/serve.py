"""The server: the application on a socket, over TLS or behind a proxy, until it is told to stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import ssl
import sys
import threading
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from fastapi import FastAPI

from gateway.formats.files import reasons
from gateway.model.finding import Refused, finding
from gateway.service.protocol import connection_class
from gateway.service.settings import Settings
from gateway.service.tls import Tls

_OPEN_FILES = 65_536
"""A peer that does not begin its TLS handshake is no connection yet, and holds an open file nevertheless."""
_BACKLOG = 2048


class Server(uvicorn.Server):
    """Ends with success when a signal stops it, and does not wait long for a TLS handshake."""

    def __init__(
        self,
        config: uvicorn.Config,
        bound: socket.socket,
        context: ssl.SSLContext | None,
        ready: Callable[[], None],
        handshake_seconds: int,
    ) -> None:
        super().__init__(config)
        self._handshake_seconds = handshake_seconds
        self._bound, self._context, self._ready = bound, context, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(3)
        loop = get_running_loop()
        patience: dict[str, Any] = {}
        if self._context is not None:
            patience = {"ssl_handshake_timeout": self._handshake_seconds, "ssl_shutdown_timeout": 1}
        server = await loop.create_server(
            lambda: self._connection(loop), sock=self._bound, ssl=self._context, backlog=_BACKLOG, **patience
        )
        self.servers = [server]
        self.started = True
        self._ready()

    def _connection(self, loop: AbstractEventLoop) -> Any:
        kind: Any = self.config.http_protocol_class
        return kind(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state, _loop=loop
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A stop that was asked for is no failure: the process ends with 0, not by the signal."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def server_of(
    app: FastAPI, settings: Settings, bound: socket.socket, tls: Tls | None, ready: Callable[[], None]
) -> Server:
    """A server on a bound socket. Without ``tls`` it answers what comes through a configured proxy only."""
    config = uvicorn.Config(
        app,
        http=connection_class(settings),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.idle_seconds,
        timeout_graceful_shutdown=settings.stop_seconds,
    )
    return Server(config, bound, tls.context if tls else None, ready, settings.header_seconds)


def bind(settings: Settings) -> socket.socket:
    """The socket. Raises Refused (SERVE-PORT) where the address or the port cannot be had."""
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, address = found[0]
        bound = socket.socket(family)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        place = f"{settings.host}:{settings.port}"
        raise Refused(finding("SERVE-PORT", stage="serve", place=place, **reasons(error))) from None
    return bound


def allow_files(connections: int) -> None:
    """Each connection is an open file: raise the soft limit of this process as far as it may go.

    Peers that open connections and say nothing are let go after the time for headers; until then there must be files
    left for others.
    """
    try:
        import resource
    except ImportError:  # pragma: no cover - Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(2 * connections, _OPEN_FILES)
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
