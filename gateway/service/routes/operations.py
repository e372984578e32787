"""Whether the host lives and is ready, and the schemas and rules that its documents name."""

from __future__ import annotations

import re

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.check.catalog import rules
from gateway.data import data_path
from gateway.model.finding import Refused
from gateway.service import openapi
from gateway.service.host import host_of
from gateway.service.logs import log
from gateway.service.problem import HttpProblem, json_answer
from gateway.store.database import is_newest

_WORD = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")

router = APIRouter(tags=["operations"])


@router.get(
    "/health", operation_id="health", summary="Whether the process lives", responses=openapi.object_answers()
)
async def health() -> Response:
    """Asks nothing of the database."""
    return json_answer({"status": "alive"})


@router.get(
    "/ready",
    operation_id="ready",
    summary="Whether requests can be answered",
    responses=openapi.object_answers(),
)
async def ready(request: Request) -> Response:
    """The database answers, and its tables are of the newest form."""
    try:
        newest = await run_in_threadpool(is_newest, host_of(request).store)
    except (SQLAlchemyError, Refused) as error:
        log.error("not ready", error=type(error).__name__)
        newest = False
    if not newest:
        raise HttpProblem(503, "The database does not answer, or its tables are not of the newest form.")
    return json_answer({"status": "ready"})


@router.get(
    "/schemas/{name}/{version}",
    operation_id="schema",
    summary="A JSON Schema that documents of this host name",
    responses={
        200: openapi.body("The schema.", {"type": "object"}, "application/schema+json"),
        **openapi.problem_answers(400, 403, 404),
    },
)
async def schema(name: str, version: str) -> Response:
    """The dataSchema of our PACT extension leads here."""
    if _WORD.fullmatch(name) and _WORD.fullmatch(version):
        for file in sorted(data_path("schemas", name, version).glob("*.schema.json")):
            return Response(file.read_bytes(), media_type="application/schema+json")
    raise HttpProblem(404, "There is no such schema.")


@router.get(
    "/rules/{rule_id}",
    operation_id="rule",
    summary="A rule: what it finds, why, and how to mend it",
    responses={**openapi.object_answers(), **openapi.problem_answers(400, 403, 404)},
)
async def rule(rule_id: str) -> Response:
    """In English and Chinese."""
    found = rules().get(rule_id)
    if found is None:
        raise HttpProblem(404, "There is no such rule.")
    texts = {
        name: {"what": t.what, "why": t.why, "fix": t.fix} for name, t in (("en", found.en), ("zh", found.zh))
    }
    return json_answer({"id": found.id, "severity": found.severity, "clause": found.clause, **texts})
