"""Where the data of the gateway lies: schemas, mappings, conformance, examples.

An installed wheel carries them as ``gateway/_data``; a checkout reads them in place, so an edit to a
table is live without a build step.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent


@cache
def data_root() -> Path:
    """The folder that holds ``schemas/``, ``mappings/``, ``conformance/`` and ``examples/``."""
    installed = _PACKAGE / "_data"
    return installed if installed.is_dir() else _PACKAGE.parent


def data_path(*parts: str) -> Path:
    """A path inside the data root, e.g. ``data_path("mappings", "cn.pcf.toml")``."""
    return data_root().joinpath(*parts)


@cache
def load_toml(*parts: str) -> dict[str, Any]:
    """A parsed TOML file of the data root. Cached: callers must not change what they get."""
    with data_path(*parts).open("rb") as handle:
        return tomllib.load(handle)
