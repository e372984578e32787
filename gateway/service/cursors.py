"""Cursors: where the next page begins, as a text that only this host can make and read.

A cursor is sealed, so that it tells nothing of what lies between two pages, and it counts only for the client and
the query that it was made for, until it expires.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

import orjson

from gateway.model.finding import Refused
from gateway.service.problem import HttpProblem, bad_request
from gateway.store.pages import Position, Query
from gateway.store.secret import HostSecret

_PURPOSE = "cursor"
_MAX_LENGTH = 400
_MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Cursors:
    """Makes and reads cursors. ``seconds``: how long one counts; PACT asks for at least 180."""

    secret: HostSecret
    seconds: int

    def write(self, position: Position, client: int, query: Query, now: int) -> str:
        said = [client, _digest(query), now + self.seconds * _MICROSECONDS]
        place = [position.driver, position.value, position.number]
        sealed = self.secret.seal(orjson.dumps([*said, *place]), _PURPOSE)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, text: str, client: int, query: Query, now: int) -> Position:
        """The position that a cursor names. Raises HttpProblem (400) for any but its own client and query."""
        try:
            if len(text) > _MAX_LENGTH:
                raise ValueError
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
            owner, digest, expires, *place = orjson.loads(self.secret.unseal(sealed, _PURPOSE))
        except (Refused, ValueError, binascii.Error):
            raise _no_cursor() from None
        if (owner, digest) != (client, _digest(query)):
            raise _no_cursor()
        if now >= expires:
            raise bad_request("The cursor has expired. Begin again at the first page.")
        return Position(*place)


def _digest(query: Query) -> str:
    """The same for two queries that ask the same."""
    return hashlib.sha256(repr(query).encode()).hexdigest()[:32]


def _no_cursor() -> HttpProblem:
    return bad_request(
        "The cursor is not one that was given for this query. Follow the Link of a response as it is."
    )
