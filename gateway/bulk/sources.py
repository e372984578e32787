"""Is an input so long that it is read an element at a time? Its size decides, and the catalogue sets the size."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from gateway.bulk.journey import LongSource, can_be_long
from gateway.bulk.tally import too_many
from gateway.check.document import join_of
from gateway.check.recognise import read_recognised
from gateway.check.xml_stream import most_elements
from gateway.formats.files import MAX_INPUT, read_input
from gateway.formats.json_reader import write_json
from gateway.formats.json_stream import Outline, elements, outline
from gateway.formats.registry import Document, formats
from gateway.model.finding import Refused

_BEGINNING = 4096
_Made = TypeVar("_Made")


def long_source(names: Sequence[str], target: str, wanted: str | None = None) -> LongSource | None:
    """The record of these files, where exactly one of them is long and its way to the target goes so.

    None: the ordinary journey serves. Raises Refused for what cannot be read, and for a list that the target
    cannot hold.
    """
    if join_of(target) is None or "long" not in formats()[target.partition("@")[0]].body:
        return None
    long = [name for name in names if _is_long_json(name)]
    if len(long) != 1:
        return None
    path = Path(long[0])
    for name in _lists():
        found = _outlined(path, long[0], name)
        if found is None or not found.length:
            continue
        around = _read(long[0], write_json(found.members), wanted if names[0] == long[0] else None)
        around.findings = [item for item in around.findings if item.rule != "READ-NOTHING-FILLED"]
        if not can_be_long(around.format_id, target) or _list_of(around.format_id) != name:
            return None
        _refuse_too_many(found.length, name, target)
        bases = [
            around
            if other == long[0]
            else _read(other, read_input(other), wanted if other == names[0] else None)
            for other in names
        ]
        if any(name in base.tree for base in bases) or len({base.format_id for base in bases}) > 1:
            return None  # two lists to be paired by their keys: the ordinary journey does that
        return LongSource(bases, partial(elements, path, name), found.length)
    return None


def _outlined(path: Path, given: str, name: str) -> Outline | None:
    """What is beside the list; None where another member is the long one, and the whole can still be read."""
    try:
        return _named(given, lambda: outline(path, name))
    except Refused as refused:
        if refused.findings[0].rule == "READ-TOO-LARGE" and path.stat().st_size <= MAX_INPUT:
            return None
        raise


def _lists() -> list[str]:
    """The members that hold the long list of a format that is written as JSON."""
    known = [known for known in formats().values() if "json" in known.syntax and "long" in known.body]
    return [str(row.body["long"]["list"]) for row in known]


def _is_long_json(name: str) -> bool:
    """Whether a file is as long as the catalogue says, and begins like a JSON object."""
    least = min(row["bytes"] for known in formats().values() if (row := known.body.get("long")))
    path = Path(name)
    try:
        if name == "-" or not path.is_file() or path.stat().st_size < least:
            return False
        with path.open("rb") as handle:
            return handle.read(_BEGINNING).lstrip()[:1] == b"{"
    except (OSError, ValueError):
        return False  # whoever reads it next says what is wrong


def _read(name: str, data: bytes, wanted: str | None) -> Document:
    return _named(name, lambda: read_recognised(data, wanted))


def _named(name: str, work: Callable[[], _Made]) -> _Made:
    """What ``work`` makes; a refusal names the file that it is about."""
    try:
        return work()
    except Refused as refused:
        named = [replace(item, values={"file": name, **item.values}) for item in refused.findings]
        raise Refused(named) from refused


def _list_of(format_id: str) -> str:
    return str(formats()[format_id.partition("@")[0]].body["long"]["list"])


def _refuse_too_many(count: int, name: str, target: str) -> None:
    limit = most_elements(target, _list_of(target))
    if limit is not None and count > limit:
        raise Refused(too_many(count, limit, _list_of(target), f"/{name}"))


def digest_of(name: str) -> str:
    """The digest of a file, read in pieces."""
    with Path(name).open("rb") as handle:
        return "sha256:" + hashlib.file_digest(handle, "sha256").hexdigest()
