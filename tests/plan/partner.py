"""The caller's own node: it gives out tokens and receives the events that answer its requests."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(frozen=True)
class Received:
    """One event as it came."""

    path: str
    authorization: str
    content_type: str
    body: dict[str, Any]


@dataclass
class Partner:
    """What the node gave out and received. ``refuse``: how many events it answers with 503 before it takes one."""

    base: str = ""
    certificate: Path | None = None
    client_id: str = "plan-caller"
    secret: str = "plan: secret+of/the%caller"
    refuse: int = 0
    tokens: set[str] = field(default_factory=set)
    received: list[Received] = field(default_factory=list)
    tried: int = 0
    _came: threading.Condition = field(default_factory=threading.Condition)

    def app(self) -> Starlette:
        events = [Route(f"/{major}/events", self._event, methods=["POST"]) for major in ("2", "3")]
        return Starlette(routes=[Route("/auth/token", self._token, methods=["POST"]), *events])

    async def _token(self, request: Request) -> Response:
        await request.body()
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            who, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
        except ValueError:
            kind = ""
        if kind != "Basic" or (unquote_plus(who), unquote_plus(secret)) != (self.client_id, self.secret):
            return JSONResponse({"error": "invalid_client"}, 401)
        token = secrets.token_urlsafe(24)
        self.tokens.add(token)
        return JSONResponse({"access_token": token, "token_type": "bearer", "expires_in": 3600})

    async def _event(self, request: Request) -> Response:
        content = await request.body()
        with self._came:
            self.tried += 1
            if self.refuse > 0:
                self.refuse -= 1
                return Response(status_code=503)
        authorization = request.headers.get("authorization", "")
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return JSONResponse({"code": "BadRequest", "message": "invalid token"}, 401)
        try:
            body = json.loads(content)
        except ValueError:
            return JSONResponse({"code": "BadRequest", "message": "no JSON"}, 400)
        came = Received(request.url.path, authorization, request.headers.get("content-type", ""), body)
        with self._came:
            self.received.append(came)
            self._came.notify_all()
        return Response(status_code=200)

    def answers_to(self, event_id: str) -> list[Received]:
        return [r for r in self.received if r.body.get("data", {}).get("requestEventId") == event_id]

    def wait_for(self, wanted: Callable[[], list[Received]], seconds: int) -> list[Received]:
        """What is wanted as soon as it came; empty after so many seconds."""
        until = time.monotonic() + seconds
        with self._came:
            while not (found := wanted()) and (left := until - time.monotonic()) > 0:
                self._came.wait(left)
        return found
