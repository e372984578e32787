"""Who is asking: the bearer token of a request, and the client behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends
from sqlalchemy import Connection
from starlette.requests import Request

from gateway.service.host import host_of
from gateway.service.problem import HttpProblem
from gateway.service.tokens import Caller
from gateway.store.clients import is_current

T = TypeVar("T")
_REALM = 'Bearer realm="pact"'


async def named_by(request: Request) -> Caller:
    """The client that the token of a request names.

    Raises HttpProblem 401: without a token, with one that is not ours (``BadRequest``), with one whose time is over
    (``TokenExpired``).
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
    request.scope["state"]["caller"] = caller
    return caller


Named = Annotated[Caller, Depends(named_by)]
"""The parameter of a route that looks whether the client still is one while it reads: by `read_as` only."""


async def read_as(
    request: Request, caller: Caller, work: Callable[[Connection], T], *, long: bool = False
) -> T:
    """Work on a reading transaction for a client. Raises HttpProblem 401 where it has been revoked."""

    def checked(connection: Connection) -> T:
        if not is_current(connection, caller.number, caller.client_id):
            raise _refused("The access token is not valid here.")
        return work(connection)

    return await host_of(request).read(checked, long=long)


async def caller_of(request: Request, caller: Named) -> Caller:
    """The client that a request comes from. Raises HttpProblem 401 as `named_by`, and where it has been revoked."""
    return await read_as(request, caller, lambda _connection: caller)


Authenticated = Annotated[Caller, Depends(caller_of)]
"""The parameter of a route that only clients may use."""


def _refused(message: str, code: str = "BadRequest") -> HttpProblem:
    said = f'{_REALM}, error="invalid_token", error_description="{message}"'
    return HttpProblem(401, message, code, {"WWW-Authenticate": said})
