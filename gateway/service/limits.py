"""What a request may cost: the size and the time of it, and what goes into the log about it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request

from gateway.service.host import Host
from gateway.service.logs import log, request_id
from gateway.service.problem import HttpProblem, answer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"content-security-policy", b"default-src 'none'"),
]
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_OPEN_TO_ALL = ("/health", "/ready")
"""Asked by whoever runs the host, by address and without TLS; they tell nothing."""


class Guard:
    """Stands before the application: every request passes here, every answer goes out here.

    ``words``: the words of our paths; they may stand in the log.
    """

    def __init__(self, app: App, host: Host, words: frozenset[str]) -> None:
        self._app = app
        self._host = host
        self._words = words

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await _Exchange(self._host, self._words, scope, receive, send).run(self._app)
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})


class _Exchange:
    """One request and its answer."""

    def __init__(self, host: Host, words: frozenset[str], scope: Scope, receive: Receive, send: Send) -> None:
        self.host, self._words, self._receive, self._send = host, words, receive, send
        headers = dict(scope["headers"])
        self.id = request_id(headers.get(b"x-request-id"))
        self.headers: dict[bytes, bytes] = headers
        self.method = scope["method"]
        self.status = 0
        self._length = 0
        self._too_long = False
        path = scope["path"]
        self.path = path[:-1] if path.endswith("/") and len(path) > 1 else path
        self.scope = {**scope, "path": self.path, "method": "GET" if self.method == "HEAD" else self.method}
        self.scope.setdefault("state", {})

    async def run(self, app: App) -> None:
        started = time.perf_counter()
        self.host.metrics.open.inc()
        try:
            async with asyncio.timeout(self.host.settings.request_seconds):
                await self._answer(app)
        except TimeoutError:
            await self._fail(HttpProblem(503, "The request took too long.", "InternalError"))
        except Exception as error:  # whatever it is, the caller gets an answer and no detail
            log.error(
                "defect", request=self.id, path=self._shown(), error=type(error).__name__, at=_place(error)
            )
            await self._fail(HttpProblem(500, "Something went wrong here. The request id helps to find it."))
        finally:
            self._note(time.perf_counter() - started)

    async def _answer(self, app: App) -> None:
        try:
            if self.path not in _OPEN_TO_ALL:
                self.scope["origin"] = self.host.edge.look(self.scope)
            self._look_at_body()
            await app(self.scope, self.receive, self.send)
        except HttpProblem as problem:
            await self._fail(problem)

    def _look_at_body(self) -> None:
        if self.headers.get(b"content-encoding", b"identity").lower() not in (b"identity", b""):
            raise HttpProblem(415, "A body in a Content-Encoding is not taken. Send it as it is.")
        length = self.headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > self.host.settings.max_body:
            raise self._too_large()

    def _too_large(self) -> HttpProblem:
        limit = self.host.settings.max_body
        return HttpProblem(413, f"The body is larger than {limit} bytes.", headers={"Connection": "close"})

    async def receive(self) -> MutableMapping[str, Any]:
        message = await self._receive()
        if message["type"] == "http.request":
            self._length += len(message.get("body", b""))
            if self._length > self.host.settings.max_body:
                raise self._too_large()
        return message

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = [*_HEADERS, (b"x-request-id", self.id.encode())]
            message = {**message, "headers": [*message["headers"], *own]}
        elif self.method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    async def _fail(self, problem: HttpProblem) -> None:
        if self.status == 0:
            await answer(self.path, problem)(self.scope, self.receive, self.send)

    def _note(self, seconds: float) -> None:
        route = getattr(self.scope.get("route"), "path", "other")
        metrics = self.host.metrics
        metrics.open.dec()
        metrics.requests.labels(self.method, route, self.status).inc()
        metrics.seconds.labels(route).observe(seconds)
        caller = self.scope["state"].get("caller")
        log.info(
            "request",
            request=self.id,
            method=self.method,
            path=self._shown(),
            status=self.status,
            ms=int(seconds * 1000),
            **({"client": caller.client_id} if caller else {}),
        )

    def _shown(self) -> str:
        """The path for the log. Callers put secrets into paths, too: only words of ours and UUIDs are written down."""
        parts = self.path[:200].split("/")
        return "/".join(part if part in self._words or _UUID.fullmatch(part) else "…" for part in parts)


def _place(error: BaseException) -> str:
    """File and line of a defect: enough to find it, nothing of what was worked on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else ""


async def read_body(request: Request, *media_types: str) -> bytes:
    """The body of a request of one of these media types. Raises HttpProblem: 415, 413."""
    sent = request.headers.get("content-type", "")
    media_type, _, parameters = sent.partition(";")
    charset = parameters.lower().replace(" ", "").replace('"', "")
    if media_type.strip().lower() not in media_types or charset not in ("", "charset=utf-8"):
        raise HttpProblem(415, f"The body must be {' or '.join(media_types)} in UTF-8.")
    return await request.body()
