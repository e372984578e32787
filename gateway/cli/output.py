"""Where a verb's results go: files that appear whole and together, or standard output."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Sequence

import typer

from gateway.cli.common import language
from gateway.formats.files import atomic_output, write_failed
from gateway.model.finding import Refused, finding


def write_out(name: str, data: bytes, *, force: bool = False) -> None:
    """Writes bytes to a file or to standard output for ``-``."""
    write_all([(name, data)], force=force)


def write_all(outputs: Sequence[tuple[str, bytes]], *, force: bool = False) -> None:
    """All of these results, or none: each is on the disk in full before the first appears under its name.

    The first one appears last, so a document is never seen without its signature and its ledger.
    """
    with contextlib.ExitStack() as stack:
        files = [(name, data) for name, data in outputs if name != "-"]
        handles = [stack.enter_context(atomic_output(name, force=force)) for name, _ in files]
        for handle, (name, data) in zip(handles, files, strict=True):
            try:
                handle.write(data)
                handle.flush()
                if os.path.isfile(handle.name):
                    os.fsync(handle.fileno())
            except BrokenPipeError:
                raise
            except OSError as error:
                raise write_failed(name, error) from error
    for name, data in outputs:
        if name == "-":
            with atomic_output(name) as handle:
                handle.write(data)


def refuse_outputs(outputs: Iterable[str], inputs: Iterable[str], *, force: bool) -> None:
    """Before any work: a name that is taken, stands twice or is read in the same run ends it."""
    names = [name for name in outputs if name]
    places = [name if name == "-" else os.path.realpath(name) for name in names]
    for index, place in enumerate(places):
        if place in places[:index]:
            said = (
                f"两项结果不能写到同一处：{names[index]}"
                if language() == "zh"
                else (f"two results cannot go to the same place: {names[index]}")
            )
            raise typer.BadParameter(said)
    read = [name for name in inputs if name and name != "-"]
    over = [name for name in names if any(_same(name, other) for other in read)]
    if over:
        raise Refused([finding("WRITE-OVER-INPUT", stage="write", file=name) for name in over])
    taken = [name for name in names if not force and (os.path.isfile(name) or os.path.isdir(name))]
    if taken:
        raise Refused([finding("WRITE-EXISTS", stage="write", file=name) for name in taken])


def _same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def say_if_empty(found: Sequence[object], english: str, chinese: str) -> None:
    """A list without rows says so on standard error: silence looks like a fault, and a pipe gets rows alone."""
    if not found:
        print(chinese if language() == "zh" else english, file=sys.stderr)
