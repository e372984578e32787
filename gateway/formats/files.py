"""Files in and out: a bounded read, and a write that leaves either the whole file or nothing."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

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
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Refused(finding("READ-CANNOT-OPEN", stage="read", file=name, **reasons(error))) from error
    if len(data) > limit:
        raise Refused(finding("READ-TOO-LARGE", stage="read", file=name, limit=limit // (1024 * 1024)))
    if not data.strip():
        raise Refused(finding("READ-EMPTY", stage="read", file=name))
    return data


_CHINESE = {
    errno.ENOENT: "文件或目录不存在",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.EISDIR: "这是一个目录",
    errno.EACCES: "没有访问权限",
    errno.EPERM: "操作不被允许",
    errno.EROFS: "文件系统只读",
    errno.ENOSPC: "磁盘空间不足",
    errno.EFBIG: "文件超过允许的大小",
    errno.EDQUOT: "超出磁盘配额",
    errno.ENAMETOOLONG: "文件名过长",
    errno.EEXIST: "文件已存在",
    errno.EIO: "读写设备出错",
    errno.EADDRINUSE: "端口已被占用",
    errno.EADDRNOTAVAIL: "该地址不属于本机",
}


def reasons(error: Exception) -> dict[str, Any]:
    """Why the system refused, in English and, where the reason is a common one, in Chinese."""
    english = getattr(error, "strerror", None) or str(error)
    return {"reason": english, "reason_zh": _CHINESE.get(getattr(error, "errno", None) or 0, english)}


def write_failed(name: str, error: OSError) -> Refused:
    """The refusal of a result that could not be written; whoever raises it has left nothing behind."""
    return Refused(
        finding("WRITE-FAILED", stage="write", file="stdout" if name == "-" else name, **reasons(error))
    )


@contextlib.contextmanager
def atomic_output(name: str | Path, *, force: bool = False, mode: int | None = None) -> Iterator[BinaryIO]:
    """A handle to write to; the file appears under its name only when all was written.

    ``-`` is standard output; a device or a pipe is written to as it is. An existing file is refused without
    ``force``; a link is followed. A failure of any kind leaves the folder as it was. ``mode`` sets the
    permissions before the first byte (private keys: 0o600).
    """
    target = Path(name)
    temporary: str | None = None
    try:
        if str(name) == "-":
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        if target.exists() and not (target.is_file() or target.is_dir()):
            with target.open("wb") as handle:
                yield handle
            return
        if os.path.lexists(target) and not force:
            raise Refused(finding("WRITE-EXISTS", stage="write", file=target))
        target = Path(os.path.realpath(target))
        # 40 characters: with them and its random part the temporary name is never too long
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, _mode(target) if mode is None else mode)
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
    except BrokenPipeError:
        raise
    except OSError as error:
        raise write_failed(str(name), error) from error
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


def _mode(target: Path) -> int:
    """Who may read the file: as before where it exists, else as the umask has it."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    current = os.umask(0o022)
    os.umask(current)
    return 0o666 & ~current
