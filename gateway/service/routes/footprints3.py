"""The footprints of PACT version 3: ListFootprints, GetFootprint, and the signature of a footprint."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.pact.filters import BadFilter, filter_named, query_of
from gateway.service import openapi
from gateway.service.auth import Named
from gateway.service.problem import bad_request
from gateway.service.routes import footprints
from gateway.store.pages import Query

MODEL = "3.0"
_OWN = ("limit", "cursor")

router = APIRouter(tags=["footprints"])


@router.get(
    "/3/footprints/{id}",
    operation_id="getFootprint3",
    summary="One footprint",
    responses=openapi.pact_answers("Footprint3", 304, 400, 401, 403, 404),
    openapi_extra=openapi.takes(openapi.ID),
)
async def get_footprint(request: Request, caller: Named) -> Response:
    """The newest state of a footprint, deprecated ones too. One that is not shared answers like a missing one."""
    body = await footprints.one(request, caller, request.path_params["id"], MODEL)
    if body is None:
        raise footprints.not_found("NotFound")
    return footprints.footprint_answer(request, body)


@router.get(
    "/3/footprints",
    operation_id="listFootprints3",
    summary="Footprints, page by page",
    responses=openapi.pact_answers("Footprints3", 400, 401, 403),
    openapi_extra=openapi.takes(openapi.LIMIT, *openapi.FILTERS),
)
async def list_footprints(request: Request, caller: Named) -> Response:
    """Values of one filter are alternatives, filters are added up, an empty value filters nothing."""
    pairs = footprints.parameters(request)
    return await footprints.listed(request, caller, _query(pairs), pairs)


@router.get(
    "/3/footprints/{id}/signature",
    operation_id="getFootprintSignature3",
    summary="The detached signature of a footprint",
    responses=openapi.signature_answers(),
    openapi_extra=openapi.takes(openapi.ID),
)
async def get_signature(request: Request, caller: Named) -> Response:
    """A JWS without payload (RFC 7515 appendix F); the payload is the canonical JSON (RFC 8785) of the footprint."""
    body = await footprints.one(request, caller, request.path_params["id"], MODEL)
    return footprints.signature_answer(body, "NotFound")


def _query(pairs: footprints.Pairs) -> Query:
    try:
        named = [(filter_named(name), value) for name, value in pairs if name.lower() not in _OWN]
        return query_of((name, value) for name, value in named if name is not None)
    except BadFilter as bad:
        raise bad_request(str(bad)) from None
