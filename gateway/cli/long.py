"""``cbamgw translate`` for an input with a very long list: written as it is made, shown only when it is whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

import orjson

from gateway.bulk.journey import LongJourney, LongSource, LongTranslation, Outputs
from gateway.check.xml_stream import conforms, element_findings
from gateway.formats.files import atomic_output, write_failed
from gateway.formats.registry import formats
from gateway.route import Wish


class LongFiles(NamedTuple):
    """Where the results go. ``sign`` signs the finished document, given its handle and the ledger's digest."""

    out: str
    ledger: str
    signature: str = ""
    sign: Callable[[BinaryIO, str], bytes] | None = None


class _Withheld(Exception):
    """The document does not conform: its file is thrown away, the ledger stays."""


def translate_long(
    source: LongSource,
    wish: Wish,
    files: LongFiles,
    say: Callable[[LongJourney], dict[str, Any]],
    *,
    force: bool,
) -> LongJourney:
    """Writes the document beside its place and shows it there last, when the ledger and signature are whole.

    ``say`` tells what the ledger says of the run as a whole. A refused document leaves its ledger alone.
    """
    journey: LongJourney | None = None
    with contextlib.suppress(_Withheld), _document(files.out, force=force) as document:
        with contextlib.ExitStack() as beside:
            ledger = (
                _LedgerFile(beside.enter_context(atomic_output(files.ledger, force=force)), files.ledger)
                if files.ledger
                else None
            )
            told = _Told(ledger, digest=files.sign is not None)
            journey = _run(source, wish, document, told)
            if ledger is not None:
                ledger.end(say(journey))
            if files.sign is not None and (journey.conforms or wish.draft):
                signature = files.sign(document, told.digest())
                beside.enter_context(atomic_output(files.signature, force=force)).write(signature)
            _settle(document, files.out)
        if not (journey.conforms or wish.draft):
            raise _Withheld
    assert journey is not None
    return journey


def _run(source: LongSource, wish: Wish, document: BinaryIO, told: _Told) -> LongJourney:
    name = formats()[wish.to.partition("@")[0]].body["long"]["list"]
    run = LongTranslation(source, wish, Outputs(document, told.tell if told.wanted else None))
    run.run()
    document.flush()
    valid = conforms(wish.to, name, document)
    return run.finish(iter(()) if valid else element_findings(wish.to, name, document))


@contextlib.contextmanager
def _document(name: str, *, force: bool) -> Iterator[BinaryIO]:
    """A file that can be read again before it is shown; standard output gets it in the end."""
    if name != "-" and (not os.path.exists(name) or os.path.isfile(name)):
        with atomic_output(name, force=force) as handle, _again(handle) as both:
            yield both
        return
    with tempfile.TemporaryFile() as spool:
        yield spool
        spool.seek(0)
        with atomic_output(name, force=force) as handle:
            shutil.copyfileobj(spool, handle)


@contextlib.contextmanager
def _again(handle: BinaryIO) -> Iterator[BinaryIO]:
    """The same file for writing and reading: nothing is validated but the bytes that are shown later."""
    with os.fdopen(os.dup(handle.fileno()), "w+b") as both:
        yield both


def _settle(document: BinaryIO, name: str) -> None:
    """The document is on the disk in full before the first file appears under its name."""
    try:
        document.flush()
        os.fsync(document.fileno())
    except OSError as error:
        raise write_failed(name, error) from error


class _LedgerFile:
    """The ledger as it grows: JSON lines, or one JSON document with its entries first."""

    def __init__(self, handle: BinaryIO, name: str) -> None:
        self._handle, self._lines = handle, name.lower().endswith(".jsonl")
        self._begun = False

    def tell(self, lines: str) -> None:
        """Entries, one a line."""
        if not lines:
            return
        if self._lines:
            self._handle.write(lines.encode())
            return
        before = ",\n" if self._begun else '{"entries": [\n'
        self._handle.write((before + lines[:-1].replace("\n", ",\n")).encode())
        self._begun = True

    def end(self, whole: dict[str, Any]) -> None:
        """What is said of the run as a whole."""
        if self._lines:
            self._handle.write(orjson.dumps(whole, option=orjson.OPT_APPEND_NEWLINE))
            return
        self._handle.write(b"\n],\n" if self._begun else b'{"entries": [],\n')
        self._handle.write(orjson.dumps(whole)[1:] + b"\n")


class _Told:
    """What becomes of the lines of the ledger: a file, a digest for the signature, both or neither."""

    def __init__(self, ledger: _LedgerFile | None, *, digest: bool) -> None:
        self._ledger = ledger
        self._digest = hashlib.sha256(b"[") if digest else None
        self._begun = False

    @property
    def wanted(self) -> bool:
        return self._ledger is not None or self._digest is not None

    def tell(self, lines: str) -> None:
        """Entries, one a line."""
        if self._ledger is not None:
            self._ledger.tell(lines)
        if self._digest is not None:
            for line in lines.splitlines():
                entry = orjson.dumps(list(orjson.loads(line).values()))
                self._digest.update(b"," + entry if self._begun else entry)
                self._begun = True

    def digest(self) -> str:
        """As the statement of a short document has it: over the entries as one canonical JSON list."""
        assert self._digest is not None
        whole = self._digest.copy()
        whole.update(b"]")
        return f"sha256:{whole.hexdigest()}"
