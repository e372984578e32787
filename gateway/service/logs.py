"""The log of the service: one JSON object a line on standard error, without secrets, tokens and query strings."""

from __future__ import annotations

import logging
import re
import sys
import uuid
from typing import Any

import orjson
import structlog

_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")


def set_up_logs(level: str = "INFO") -> None:
    """JSON lines; what libraries report through `logging` goes the same way."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Forward()]
    root.setLevel(logging.WARNING)
    logging.getLogger("gateway.pact").setLevel(level)  # what became of events, without their ids
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()


class _Forward(logging.Handler):
    """Hands the records of `logging` on; a traceback is named by its kind, since it can hold anything."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        said: dict[str, Any] = {"logger": record.name, **({"error": kind} if kind else {})}
        log.log(record.levelno, record.getMessage().splitlines()[0][:300], **said)


def _line(event: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()


def request_id(sent: bytes | None) -> str:
    """The id of a request: the sender's where it is a plain word, else a new one."""
    if sent is not None and _SANE_ID.fullmatch(sent):
        return sent.decode()
    return uuid.uuid4().hex


log: structlog.typing.FilteringBoundLogger = structlog.get_logger("cbamgw")
