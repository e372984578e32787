"""One connection, with an end to every wait: headers, body, the next request, a caller that does not read.

uvicorn leaves these to a proxy in front; this host may have none.
"""

from __future__ import annotations

import re
from asyncio import BaseTransport, TimerHandle
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.service.settings import Settings


@dataclass
class Patience:
    """The limits of a server's connections, and those of them that wait for a request, the longest first."""

    settings: Settings
    waiting: dict[Connection, None] = field(default_factory=dict)


class Connection(HttpToolsProtocol):
    """Closes itself when its peer takes too long or sends too much."""

    patience: ClassVar[Patience]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._deadline: TimerHandle | None = None
        self._in_headers = True
        self._header_bytes = 0
        self._unread = 0
        self._status = 400

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        waiting = self.patience.waiting
        if len(self.connections) > self.patience.settings.max_connections:
            if not waiting:
                return self._say(503)
            next(iter(waiting)).transport.abort()
        waiting[self] = None
        self._wait(self.patience.settings.header_seconds)
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self.patience.waiting.pop(self, None)
        self._wait(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._in_headers:
            self._header_bytes += len(data)
        super().data_received(data)
        if self.transport is None or self.transport.is_closing():
            return
        if self._in_headers and self._header_bytes > self.patience.settings.max_header:
            self._say(431)
        elif self._in_headers and self._deadline is None:
            self._wait(self.patience.settings.header_seconds)

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_message_begin(self) -> None:
        self._size = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._header_bytes = 0
        self.patience.waiting.pop(self, None)
        self._wait(self.patience.settings.body_seconds)
        if not self.url.startswith(b"/"):
            self._take_authority()
        super().on_headers_complete()

    def _take_authority(self) -> None:
        """The host that a target names as a whole address goes before the header (RFC 9112:3.2.2)."""
        scheme, mark, rest = self.url.partition(b"://")
        authority = re.split(rb"[/?#]", rest, maxsplit=1)[0]
        if not mark or scheme.lower() != b"https" or b"@" in authority:
            raise ValueError("a request target that is no https address")
        self.headers[:] = [(name, value) for name, value in self.headers if name != b"host"]
        self.headers.append((b"host", authority))

    def on_message_complete(self) -> None:
        self._wait(None)
        self._in_headers = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self.patience.waiting[self] = None
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        self._say(self._status)

    def timeout_keep_alive_handler(self) -> None:
        """Idle: closed; but an answer that is still being read is left to its reader as long as it goes on."""
        unread = self.transport.get_write_buffer_size()
        if unread and (self._unread == 0 or unread < self._unread):
            self._unread = unread
            again = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
            self.timeout_keep_alive_task = again
        elif unread:
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > self.patience.settings.max_header:
            self._status = 431
            raise ValueError("headers too large")

    def _wait(self, seconds: int | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
        self._deadline = None
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()
        else:
            self._say(408)

    def _say(self, status: int) -> None:
        """An answer that no application gives, and the end of the connection."""
        phrase = HTTPStatus(status).phrase
        body = orjson.dumps({"type": "about:blank", "title": phrase, "status": status})
        head = (
            f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def connection_class(settings: Settings) -> type[Connection]:
    """The protocol of one server."""
    return type("ServerConnection", (Connection,), {"patience": Patience(settings)})
