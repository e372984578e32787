"""Where the publishers' files and samples lie that are not part of the project: one place for every test."""

from __future__ import annotations

import os
from pathlib import Path

SHARED = Path(os.environ.get("CBAMGW_SHARED") or Path(__file__).resolve().parents[2] / "shared").resolve()
"""``CBAMGW_SHARED``, or the folder beside the project's own. Tests skip with the reason where a file is absent."""
