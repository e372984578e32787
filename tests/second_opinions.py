"""Software that is not ours and is asked for its verdict."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")


def openssl_on_ed25519(folder: Path) -> subprocess.CompletedProcess[str]:
    """What openssl says of the signature ``sig`` over ``input`` by the key ``pub.pem``, files of a folder."""
    words = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "pub.pem",
        "-rawin",
        "-in",
        "input",
        "-sigfile",
        "sig",
    ]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
