"""Who is asking: the bearer token of a request, and the client behind it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from gateway.service.host import host_of
from gateway.service.problem import HttpProblem
from gateway.service.tokens import Caller
from gateway.store.clients import is_current

_REALM = 'Bearer realm="pact"'


async def caller_of(request: Request) -> Caller:
    """The client that a request comes from.

    Raises HttpProblem 401: without a token, with one that is not ours or has been revoked with its client
    (``BadRequest``), with one whose time is over (``TokenExpired``).
    """
    host = host_of(request)
    sent = request.headers.getlist("authorization")
    if not sent:
        raise HttpProblem(401, "An access token is needed.", headers={"WWW-Authenticate": _REALM})
    scheme, _, token = sent[0].partition(" ")
    if len(sent) > 1 or scheme.lower() != "bearer":
        raise _refused("The Authorization header must hold one Bearer token.")
    caller = host.tokens.read(token.strip(), host.store.now(), host.edge.is_issuer)
    if caller == "expired":
        raise _refused("The access token has expired. Ask for a new one.", "TokenExpired")
    if isinstance(caller, str):
        raise _refused("The access token is not valid here.")
    if not await host.read(lambda connection: is_current(connection, caller.number, caller.client_id)):
        raise _refused("The access token is not valid here.")
    request.scope["state"]["caller"] = caller
    return caller


Authenticated = Annotated[Caller, Depends(caller_of)]
"""The parameter of a route that only clients may use."""


def _refused(message: str, code: str = "BadRequest") -> HttpProblem:
    said = f'{_REALM}, error="invalid_token", error_description="{message}"'
    return HttpProblem(401, message, code, {"WWW-Authenticate": said})
