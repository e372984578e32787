"""The ``Link`` header (RFC 8288), by which a host says where the next page is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_TARGET = re.compile(r"[\s,]*<([^<>]*)>")
_PARAMETER = re.compile(r'\s*;\s*(?:([^\s;,="<>]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*+)"|([^\s;,"]*)))?)?')


class Link(NamedTuple):
    """A target as it is written, and its relations in lower case. ``anchor``: it belongs to another resource."""

    target: str
    relations: tuple[str, ...]
    anchor: str | None


def links(fields: Iterable[str]) -> Iterator[Link]:
    """The links of all ``Link`` fields of an answer. What cannot be read ends a field; nothing is guessed."""
    for field in fields:
        at = 0
        while (target := _TARGET.match(field, at)) is not None:
            parameters: dict[str, str] = {}
            at = target.end()
            while (match := _PARAMETER.match(field, at)) is not None:
                name, quoted, token = match.groups()
                value = token or "" if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                if name:
                    parameters.setdefault(name.lower(), value)  # the first counts (RFC 8288:3.3)
                at = match.end()
            relations = tuple(parameters.get("rel", "").lower().split())
            yield Link(target[1], relations, parameters.get("anchor"))


def target_of(fields: Iterable[str], relation: str) -> str | None:
    """The target of the first link with this relation to the answer itself."""
    for link in links(fields):
        if relation in link.relations and link.anchor is None:
            return link.target
    return None
