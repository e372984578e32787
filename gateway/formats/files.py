"""Files in and out: a bounded read, and a write that leaves either the whole file or nothing."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gateway.model.finding import Refused, finding

MAX_INPUT = 100 * 1024 * 1024
"""Bytes. A QReport of 99,999 goods is larger and is read as a stream by its own adapter."""


def read_input(name: str, limit: int = MAX_INPUT) -> bytes:
    """The bytes of a file, or of standard input for ``-``; refused above ``limit`` bytes or when empty."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(name).open("rb") as handle:
                data = handle.read(limit + 1)
    except OSError as error:
        raise Refused(finding("READ-CANNOT-OPEN", stage="read", file=name, reason=error.strerror)) from error
    if len(data) > limit:
        raise Refused(finding("READ-TOO-LARGE", stage="read", file=name, limit=limit // (1024 * 1024)))
    if not data.strip():
        raise Refused(finding("READ-EMPTY", stage="read", file=name))
    return data


@contextlib.contextmanager
def atomic_output(name: str | Path, *, force: bool = False, mode: int | None = None) -> Iterator[BinaryIO]:
    """A handle to write to; the file appears under its name only when all was written.

    ``-`` is standard output. An existing file is refused without ``force``. A failure of any kind
    leaves the folder as it was. ``mode`` sets the permissions before the first byte (private keys: 0o600).
    """
    if str(name) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(name)
    if target.exists() and not force:
        raise Refused(finding("WRITE-EXISTS", stage="write", file=target))
    temporary: str | None = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent or ".")
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode if mode is not None else 0o666 & ~_umask())
        with os.fdopen(descriptor, "wb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        if force:
            Path(temporary).replace(target)
        else:
            # link refuses an existing name, so a file that appeared meanwhile is not overwritten
            _publish(temporary, target)
        temporary = None
    except OSError as error:
        raise Refused(
            finding("WRITE-FAILED", stage="write", file=target, reason=error.strerror or str(error))
        ) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()


def _publish(temporary: str, target: Path) -> None:
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise Refused(finding("WRITE-EXISTS", stage="write", file=target)) from None
    except (OSError, AttributeError):  # a file system without hard links
        Path(temporary).rename(target)
    else:
        Path(temporary).unlink()


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current
