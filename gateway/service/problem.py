"""What a caller is told when something is wrong: never a stack, a path or a query of ours.

The PACT paths answer ``{code, message}`` as their specification asks, the token endpoint ``{error}`` (RFC 6749:5.2),
everything else a problem document (RFC 9457).
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import orjson
from starlette.responses import Response

_PACT_CODES = {
    400: "BadRequest",
    401: "BadRequest",
    403: "AccessDenied",
    404: "NotFound",
    500: "InternalError",
    501: "NotImplemented",
}


class HttpProblem(Exception):
    """A request that is not answered with what it asks for.

    ``code``: the PACT code where it is not the one that belongs to the status.
    """

    def __init__(
        self, status: int, message: str, code: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = dict(headers or {})


def bad_request(message: str) -> HttpProblem:
    return HttpProblem(400, message)


def is_pact(path: str) -> bool:
    """Whether the errors of a path are those of PACT."""
    return path.startswith(("/2/", "/3/"))


def answer(path: str, problem: HttpProblem) -> Response:
    """The response that tells of a problem, in the form that belongs to the path."""
    if is_pact(path):
        code = problem.code or _PACT_CODES.get(problem.status) or _by_hundred(problem.status)
        return json_answer({"code": code, "message": problem.message}, problem.status, problem.headers)
    if path == "/auth/token":
        error = problem.code or ("invalid_request" if problem.status < 500 else "server_error")
        body = {"error": error, "error_description": problem.message}
        return json_answer(body, problem.status, {**NO_STORE, **problem.headers})
    title = HTTPStatus(problem.status).phrase
    document = {"type": "about:blank", "title": title, "status": problem.status, "detail": problem.message}
    return json_answer(document, problem.status, problem.headers, "application/problem+json")


NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def json_answer(
    body: object,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """A JSON response of something small."""
    return Response(orjson.dumps(body), status, dict(headers or {}), media_type)


def _by_hundred(status: int) -> str:
    return "BadRequest" if status < 500 else "InternalError"
