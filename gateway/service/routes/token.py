"""Access tokens for client credentials (RFC 6749:4.4), and what tells a client where to get them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.service import openapi
from gateway.service.host import Host, host_of, origin_of
from gateway.service.limits import read_body
from gateway.service.problem import NO_STORE, HttpProblem, json_answer
from gateway.service.throttle import neighbourhood
from gateway.store.clients import Client, authenticate

FORM = "application/x-www-form-urlencoded"
SCOPE = "footprint:list footprint:read"
_MAX_FORM = 8192
_MAX_WORD = 512

router = APIRouter(tags=["tokens"])


@router.post(
    "/auth/token",
    operation_id="token",
    summary="An access token for client credentials",
    responses=openapi.token_answers(),
    openapi_extra=openapi.TOKEN_REQUEST,
)
async def token(request: Request) -> Response:
    """Credentials come in the Authorization header (Basic), or, as RFC 6749:2.3.1 also allows, in the form."""
    host = host_of(request)
    form = await _form(request)
    client_id, secret, basic = _credentials(request, form)
    grant = form.get("grant_type")
    if grant != "client_credentials":
        host.metrics.tokens.labels("refused").inc()
        code = "unsupported_grant_type" if grant else "invalid_request"
        raise HttpProblem(400, "grant_type must be client_credentials.", code)
    client = await _proved(host, origin_of(request).address, client_id, secret)
    if client is None:
        host.metrics.tokens.labels("wrong").inc()
        raise _unknown(basic)
    host.metrics.tokens.labels("issued").inc()
    issued = host.tokens.issue(client, host.edge.issuer(origin_of(request)), host.store.now())
    answer = {
        "access_token": issued,
        "token_type": "Bearer",
        "expires_in": host.tokens.seconds,
        "scope": SCOPE,
    }
    return json_answer(answer, headers=NO_STORE)


async def _form(request: Request) -> dict[str, str]:
    """The fields of the form. Raises HttpProblem for credentials in the query, which end in logs, and for doubles."""
    if request.scope["query_string"]:
        raise HttpProblem(400, "The token endpoint takes no query: what stands there ends in logs.")
    try:
        body = await read_body(request, FORM)
    except HttpProblem as problem:  # RFC 6749:5.2 has 400 for whatever is wrong with a request
        raise HttpProblem(400 if problem.status == 415 else problem.status, str(problem)) from None
    if len(body) > _MAX_FORM:
        raise HttpProblem(413, "The form is too large.")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        raise HttpProblem(400, "The form cannot be read.") from None
    form = dict(pairs)
    if len(form) < len(pairs):
        raise HttpProblem(400, "A field of the form stands twice.")
    return form


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str, bool]:
    """Client id, secret, and whether they came by Basic. Raises HttpProblem where there are none, or two of them."""
    sent = request.headers.getlist("authorization")
    in_form = "client_secret" in form
    if len(sent) > 1 or (sent and in_form):
        raise HttpProblem(400, "Credentials must be sent once, in the header or in the form.")
    if sent:
        client_id, secret = _basic(sent[0])
        if form.get("client_id", client_id) != client_id:
            raise HttpProblem(400, "The client_id of the form is not that of the header.")
    elif in_form:
        client_id, secret = form.get("client_id", ""), form["client_secret"]
    else:
        raise _unknown(basic=True)
    if not client_id or len(client_id) > _MAX_WORD or len(secret) > _MAX_WORD or "\0" in client_id + secret:
        raise _unknown(basic=bool(sent))
    return client_id, secret, bool(sent)


def _basic(header: str) -> tuple[str, str]:
    """Id and secret, percent-decoded each (RFC 6749:2.3.1)."""
    scheme, _, coded = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError
        words = base64.b64decode(coded.strip(), validate=True).decode("utf-8")
        client_id, mark, secret = words.partition(":")
        if not mark:
            raise ValueError
        return unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (ValueError, binascii.Error):
        raise _unknown(basic=True) from None


async def _proved(host: Host, address: str, client_id: str, secret: str) -> Client | None:
    """The client with that secret. Raises HttpProblem (429) where too many were wrong within a minute."""
    address = neighbourhood(address)
    pair, wide = (f"client {client_id} from {address}",), (f"address {address}", f"client {client_id}")
    now = host.store.now()
    seconds = max(host.throttle.wait(pair, now), host.wide_throttle.wait(wide, now))
    if seconds:
        host.metrics.tokens.labels("throttled").inc()
        raise HttpProblem(
            429, "Too many wrong secrets.", "temporarily_unavailable", {"Retry-After": str(seconds)}
        )
    host.throttle.begin(pair, now)
    host.wide_throttle.begin(wide, now)
    client = await host.prove(lambda connection: authenticate(connection, client_id, secret))
    if client is not None:
        host.throttle.forget(pair)
        host.wide_throttle.forget(wide)
    return client


def _unknown(basic: bool) -> HttpProblem:
    headers = {"WWW-Authenticate": 'Basic realm="pact", charset="UTF-8"'} if basic else {}
    return HttpProblem(401, "The client is unknown, or its secret is wrong.", "invalid_client", headers)


@router.get(
    "/.well-known/openid-configuration",
    operation_id="discovery",
    summary="Where tokens are issued",
    responses=openapi.object_answers(),
)
async def discovery(request: Request) -> Response:
    """OpenID Connect discovery, as far as client credentials need it."""
    host = host_of(request)
    issuer = host.edge.issuer(origin_of(request))
    document = {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/auth/token",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": SCOPE.split(),
        "response_types_supported": ["none"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["Ed25519"],
    }
    return json_answer(document)


@router.get(
    "/.well-known/jwks.json",
    operation_id="keys",
    summary="The key that tokens are signed with",
    responses=openapi.object_answers(),
)
async def keys(request: Request) -> Response:
    """The public half only."""
    return json_answer({"keys": [host_of(request).tokens.jwk]})
