"""The files of a pull: each footprint in its own bytes, under a name that no host can choose."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.formats.files import atomic_output, write_failed
from gateway.model.finding import Refused

if TYPE_CHECKING:
    from gateway.pact.client import Footprint

_ID = re.compile(r"[0-9a-f-]{36}")
DIGEST_SHOWN = 16


class Folder:
    """A folder to which footprints are written. Nothing in it is ever overwritten.

    ``ID.json`` and, where there is a signature, ``ID.json.jws``, as ``cbamgw verify`` looks for them. Other bytes
    under the same id, and footprints without an id, carry the beginning of their digest in their name.
    """

    def __init__(self, name: str) -> None:
        """Raises Refused (WRITE-FAILED) where the folder cannot be made."""
        self.place = Path(name)
        try:
            self.place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_failed(name, error) from error

    def add(self, footprint: Footprint, signature: str | None) -> None:
        """Write a footprint, unless its file is there already."""
        mark = footprint.digest.removeprefix("sha256:")[:DIGEST_SHOWN]
        name = footprint.pf_id if _ID.fullmatch(footprint.pf_id) else f"without-id.{mark}"
        file = self.place / f"{name}.json"
        if not _write(file, footprint.content):
            file = self.place / f"{name}.{mark}.json"
            _write(file, footprint.content)
        if signature:
            _write(file.with_name(f"{file.name}.jws"), f"{signature}\n".encode())


def _write(file: Path, data: bytes) -> bool:
    """False where the name stands for something else. The same bytes are left as they are."""
    try:
        with atomic_output(file) as handle:
            handle.write(data)
    except Refused as refused:
        if refused.findings[0].rule != "WRITE-EXISTS":
            raise
        return file.is_file() and file.read_bytes() == data
    return True
