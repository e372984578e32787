"""Many records in one file: JSON lines in, JSON lines out, one record in memory at a time."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from gateway.check.catalog import describe
from gateway.cli.common import language
from gateway.formats.files import atomic_output, reasons
from gateway.formats.json_reader import read_json, write_compact
from gateway.formats.registry import formats, read_document
from gateway.model.finding import Refused, finding
from gateway.route import Journey, Wish, translate
from gateway.signed import signature_of
from gateway.trust.keys import SigningKey

MAX_LINE = 10 * 1024 * 1024
"""Bytes of one record."""
EVERY = 1000
"""Records between two lines of progress on a terminal."""


@dataclass(slots=True)
class Tally:
    """What became of the records of a batch."""

    written: int = 0
    refused: int = 0
    entries: dict[str, int] = field(default_factory=dict)

    def add(self, journey: Journey) -> None:
        assert journey.ledger is not None
        for name, count in journey.ledger.summary().items():
            self.entries[name] = self.entries.get(name, 0) + count


def translate_lines(
    name: str, wish: Wish, out: str, ledger: str, key: SigningKey | None, *, force: bool
) -> Tally:
    """Every line of a file to the target; conforming documents are written, the others are named by line.

    With a key, the signatures go to ``OUT.jws``, one a line; each is over its line without the line break. The ledger
    holds, for each record, its entries
    and then a line with its number and summary.
    """
    if "json" not in formats()[wish.to.partition("@")[0]].syntax:
        raise Refused(finding("BATCH-SYNTAX", stage="write", format=wish.to))
    tally = Tally()
    with contextlib.ExitStack() as stack:
        documents = stack.enter_context(atomic_output(out, force=force))
        ledgers = stack.enter_context(atomic_output(ledger, force=force)) if ledger else None
        signatures = (
            stack.enter_context(atomic_output(f"{out}.jws", force=force)) if key is not None else None
        )
        for number, line in _lines(name):
            _one(number, line, wish, tally, documents, ledgers, signatures, key)
            if number % EVERY == 0 and sys.stderr.isatty():
                print(f"\r{number}", end="", file=sys.stderr, flush=True)
        if not tally.written + tally.refused:
            raise Refused(finding("READ-EMPTY", stage="read", file=name))
    return tally


def _lines(name: str) -> Iterator[tuple[int, bytes]]:
    """(number, line) of every line that is not empty; of one that is too long, only its beginning."""
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as handle:
            number = 0
            while line := handle.readline(MAX_LINE + 1):
                number += 1
                beginning = line
                while len(line) > MAX_LINE and not line.endswith(b"\n"):
                    line = handle.readline(MAX_LINE + 1)
                if beginning.strip():
                    yield number, beginning
    except OSError as error:
        raise Refused(finding("READ-CANNOT-OPEN", stage="read", file=name, **reasons(error))) from error


def _one(
    number: int,
    line: bytes,
    wish: Wish,
    tally: Tally,
    documents: BinaryIO,
    ledgers: BinaryIO | None,
    signatures: BinaryIO | None,
    key: SigningKey | None,
) -> None:
    try:
        if len(line) > MAX_LINE:
            raise Refused(finding("READ-TOO-LARGE", stage="read", file=number, limit=MAX_LINE // 1_048_576))
        journey = translate(read_document(line.strip()), wish)
    except Refused as refused:
        tally.refused += 1
        _name_refused(number, refused.findings)
        return
    tally.add(journey)
    if ledgers is not None:
        _account(number, journey, ledgers)
    if not journey.conforms:
        tally.refused += 1
        _name_refused(number, journey.findings)
        return
    tally.written += 1
    document = write_compact(
        read_json(journey.data)
    )  # every number in its own digits: no binary float between
    documents.write(document + b"\n")
    if signatures is not None and key is not None:
        signatures.write(signature_of(journey, key, document))


def _account(number: int, journey: Journey, ledgers: BinaryIO) -> None:
    assert journey.ledger is not None
    for entry in journey.ledger.entries:
        ledgers.write(orjson.dumps({"record": number, **entry.as_json()}, option=orjson.OPT_APPEND_NEWLINE))
    summary: dict[str, Any] = {
        "record": number,
        "written": journey.conforms,
        "summary": journey.ledger.summary(),
    }
    ledgers.write(orjson.dumps(summary, option=orjson.OPT_APPEND_NEWLINE))


def _name_refused(number: int, findings: Any) -> None:
    for item in findings:
        if item.severity == "error":
            print(f"{number}: {describe(item, language())}", file=sys.stderr)
