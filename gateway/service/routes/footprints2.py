"""The footprints of PACT version 2, in the newest data model 2.x that this gateway writes, and their signatures."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.pact.models import newest_v2
from gateway.service import openapi
from gateway.service.auth import Named
from gateway.service.odata import only_filter
from gateway.service.routes import footprints
from gateway.store.pages import Query

MODEL = newest_v2() or "2.3"

router = APIRouter(tags=["footprints, version 2"])


@router.get(
    "/2/footprints/{id}",
    operation_id="getFootprint2",
    summary="One footprint",
    responses=openapi.pact_answers("Footprint2", 304, 400, 401, 403, 404),
    openapi_extra=openapi.takes(openapi.ID),
)
async def get_footprint(request: Request, caller: Named) -> Response:
    """The newest state of a footprint. One that version 2 cannot say, or that is not shared, is missing here."""
    body = await footprints.one(request, caller, request.path_params["id"], MODEL)
    if body is None:
        raise footprints.not_found("NoSuchFootprint")
    return footprints.footprint_answer(request, body)


@router.get(
    "/2/footprints/{id}/signature",
    operation_id="getFootprintSignature2",
    summary="The detached signature of a footprint",
    responses=openapi.signature_answers(),
    openapi_extra=openapi.takes(openapi.ID),
)
async def get_signature(request: Request, caller: Named) -> Response:
    """A JWS without payload (RFC 7515 appendix F). Its header's ``canon`` says what the payload is: ``bytes``, the
    footprint exactly as it stands between ``{"data":`` and ``}``, or ``RFC8785``, its canonical JSON."""
    body = await footprints.one(request, caller, request.path_params["id"], MODEL)
    return footprints.signature_answer(body, "NoSuchFootprint")


@router.get(
    "/2/footprints",
    operation_id="listFootprints2",
    summary="Footprints, page by page",
    responses=openapi.pact_answers("Footprints2", 400, 401, 403),
    openapi_extra=openapi.takes(openapi.LIMIT, openapi.ODATA),
)
async def list_footprints(request: Request, caller: Named) -> Response:
    """``$filter``: created, updated, productCategoryCpc, pcf/geographyCountry, pcf/referencePeriodStart and -End
    with eq, lt, le, gt, ge; productIds and companyIds with any; joined by and."""
    pairs = footprints.parameters(request)
    query = Query(only_filter(pairs), MODEL)
    return await footprints.listed(request, caller, query, pairs)
