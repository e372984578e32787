"""Publishers' files that are installed once for a user and never shipped: found by format and name.

A file is taken only where its digest is the pinned one; who reads it compares it again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from gateway.model.finding import Refused, finding


def user_data() -> Path:
    """The folder of installed files: ``CBAMGW_DATA``, or where the system keeps the data of programs."""
    named = os.environ.get("CBAMGW_DATA")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "cbam-gateway"


def place_of(name: str, file: str) -> Path:
    """Where a publisher's file of a format lies once it is installed."""
    return user_data() / name / file


def installed(name: str, file: str) -> bytes:
    """The bytes of an installed file. Raises Refused (TEMPLATE-BLANK-MISSING) where there is none."""
    place = place_of(name, file)
    try:
        return place.read_bytes()
    except OSError as error:
        raise Refused(finding("TEMPLATE-BLANK-MISSING", stage="write", file=place)) from error
