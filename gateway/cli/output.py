"""Where a verb's result goes: a file that appears whole, or standard output."""

from __future__ import annotations

from gateway.formats.files import atomic_output


def write_out(name: str, data: bytes, *, force: bool = False) -> None:
    """Writes bytes to a file or to standard output for ``-``."""
    with atomic_output(name, force=force) as handle:
        handle.write(data)
