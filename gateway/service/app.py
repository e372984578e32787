"""The application: routes, errors, limits and the work that goes on beside the requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway import __version__
from gateway.check.catalog import message
from gateway.model.finding import Refused
from gateway.service import openapi
from gateway.service.edge import Edge
from gateway.service.host import Host
from gateway.service.limits import Guard
from gateway.service.logs import log
from gateway.service.metrics import Metrics
from gateway.service.problem import HttpProblem, answer
from gateway.service.routes import routers
from gateway.service.settings import Settings
from gateway.store.database import Store
from gateway.store.secret import HostSecret
from gateway.trust.keys import SigningKey

PAUSE = 5
"""Seconds before a worker that failed is begun again."""

Worker = Callable[[], Awaitable[None]]
"""Work that goes on as long as the host runs; it is cancelled when the host stops."""


def make_app(
    store: Store,
    settings: Settings,
    secret: HostSecret,
    key: SigningKey | None = None,
    *,
    names: Iterable[str] = (),
    workers: Sequence[Worker] = (),
    metrics: Metrics | None = None,
) -> FastAPI:
    """The application on a store. ``names``: host names besides those of the settings, as of the certificate."""
    host = Host(store, settings, secret, Edge(settings, names), key, metrics or Metrics())
    app = FastAPI(
        title="cbam-gateway",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_beside(workers),
    )
    app.state.host = host
    served = routers()
    for router in served:
        app.include_router(router)
    app.add_exception_handler(HttpProblem, _problem)
    app.add_exception_handler(Refused, _problem_of_store)
    app.add_exception_handler(HTTPException, _problem_of_framework)
    app.add_exception_handler(RequestValidationError, _problem_of_parameters)
    paths = (getattr(route, "path", "") for router in served for route in router.routes)
    app.add_middleware(Guard, host=host, words=frozenset(word for path in paths for word in path.split("/")))
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        plain = get_openapi(title=app.title, version=app.version, routes=app.routes)
        app.openapi_schema = openapi.complete(plain)
    return app.openapi_schema


def _beside(workers: Sequence[Worker]) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_kept_going(worker)) for worker in workers]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return lifespan


async def _kept_going(worker: Worker) -> None:
    """A worker that fails is begun again after a pause; what it had not done is still in the store."""
    while True:
        try:
            await worker()
            return
        except Exception as error:
            log.error("worker failed", error=type(error).__name__)
            await asyncio.sleep(PAUSE)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HttpProblem)
    return answer(request.scope["path"], error)


async def _problem_of_store(request: Request, error: Exception) -> Response:
    """What the store refuses: a query that is too wide, or work that takes too long."""
    assert isinstance(error, Refused)
    found = error.findings[0]
    if found.rule in _CALLERS_FAULT:
        return answer(request.scope["path"], HttpProblem(400, message(found)))
    log.error("refused", rule=found.rule)
    return answer(request.scope["path"], HttpProblem(503, "This cannot be answered at the moment."))


_CALLERS_FAULT = frozenset({"STORE-POSITION", "STORE-VALUES"})


async def _problem_of_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: "There is nothing at this path.", 405: "This path does not take that method."}
    problem = HttpProblem(error.status_code, said.get(error.status_code, "The request cannot be answered."))
    problem.headers.update(error.headers or {})
    return answer(request.scope["path"], problem)


async def _problem_of_parameters(request: Request, _error: Exception) -> Response:
    return answer(request.scope["path"], HttpProblem(400, "A parameter is not what it should be."))
