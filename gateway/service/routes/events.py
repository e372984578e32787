"""Events of PACT, versions 3 and 2: an event is on the disk before it is answered with 200.

Nothing else happens here. What an event asks for is done beside the requests (`gateway.pact.answers`), and the answer
to it goes to the address that was registered for its sender.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.check.catalog import message
from gateway.model.finding import Finding, Refused
from gateway.pact.events import MEDIA_TYPE, Api, read_event
from gateway.service import openapi
from gateway.service.auth import Authenticated
from gateway.service.host import host_of
from gateway.service.limits import read_body
from gateway.service.openapi_events import event_request
from gateway.service.problem import HttpProblem, bad_request
from gateway.service.tokens import Caller
from gateway.store.events import Incoming, accept

router = APIRouter(tags=["events"])

FULL_FOR = 60
"""Seconds after which a client may try again whose events wait here in too great a number."""


@router.post(
    "/3/events",
    operation_id="postEvent3",
    summary="Hand over an event",
    responses=openapi.event_answers(),
    openapi_extra=event_request("3"),
)
async def post_event_3(request: Request, caller: Authenticated) -> Response:
    """CloudEvents 1.0 in structured mode. 200 says that the event is kept; the same event again is 200, too."""
    return await _posted(request, caller, "3")


@router.post(
    "/2/events",
    operation_id="postEvent2",
    summary="Hand over an event",
    responses=openapi.event_answers(),
    openapi_extra=event_request("2"),
)
async def post_event_2(request: Request, caller: Authenticated) -> Response:
    """The same with the event types of version 2."""
    return await _posted(request, caller, "2")


async def _posted(request: Request, caller: Caller, api: Api) -> Response:
    body = await read_body(request, MEDIA_TYPE)
    host = host_of(request)
    kind = "unknown"
    try:
        event = await run_in_threadpool(read_event, body, api)
        kind = event.kind
        kept = Incoming(caller.number, event.id, event.source, event.type, body)
        most = host.settings.inbox_limit
        is_new = await host.write(lambda connection: accept(connection, kept, host.store.now(), most))
    except Refused as refused:
        host.metrics.events.labels(kind, _OUTCOMES.get(refused.findings[0].rule, "refused")).inc()
        raise _refusal(refused.findings[0]) from None
    host.metrics.events.labels(kind, "accepted" if is_new else "known").inc()
    return Response(status_code=200)


_OUTCOMES = {"EVENT-CONFLICT": "conflict", "EVENT-INBOX-FULL": "full"}


def _refusal(found: Finding) -> Exception:
    """What is wrong with an event is its sender's to mend; what is wrong with the store is not."""
    if not found.rule.startswith(("READ-", "EVENT-", "SCHEMA-")):
        return Refused(found)
    if found.rule == "EVENT-INBOX-FULL":
        return HttpProblem(429, message(found), headers={"Retry-After": str(FULL_FOR)})
    where = f"{found.path}: " if found.path else ""
    if found.rule == "EVENT-CONFLICT":
        return HttpProblem(409, where + message(found))
    return bad_request(where + message(found))
