"""Backups that were never finished: a process that is killed leaves its draft beside the name, in clear text."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # where there is no such lock, drafts stay for their owner to delete
    fcntl = None  # type: ignore[assignment]

_GZIP = b"\x1f\x8b"


def hold(draft: BinaryIO) -> None:
    """Show that this draft is being written, as long as this process lives."""
    if fcntl is not None:
        with contextlib.suppress(OSError):
            fcntl.flock(draft, fcntl.LOCK_EX | fcntl.LOCK_NB)


def remove_left(file: str | Path) -> int:
    """Delete the drafts of a backup of this name that nobody is writing any more; how many there were."""
    if fcntl is None:
        return 0
    target, removed = Path(os.path.realpath(file)), 0
    named = re.compile(rf"\.{re.escape(target.name[:40])}\.[a-z0-9_]{{8}}")
    with contextlib.suppress(OSError):
        for left in target.parent.iterdir():
            if named.fullmatch(left.name) and left.is_file() and not left.is_symlink() and _is_free(left):
                left.unlink()
                removed += 1
    return removed


def _is_free(draft: Path) -> bool:
    with draft.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return handle.read(2) == _GZIP
