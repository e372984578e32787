"""The command line as its users run it: within this process, or as a process of its own."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.data import data_path
from gateway.formats.leaves import segments

LOADED: dict[str, Any] = json.loads(data_path("examples", "aluminium.json").read_bytes())
CONSIGNMENT = data_path("examples", "aluminium-consignment.json").read_bytes()
START = "from gateway.cli.main import run; run()"


_PLAIN = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
"""A process that may write only so many bytes would leave compiled modules that are cut short."""


@dataclass(frozen=True)
class Done:
    """What a run came to: its exit code and both streams, as bytes and as text."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode() + self.err


def run(*arguments: str | Path, stdin: bytes = b"", lang: str = "en") -> Done:
    """The command within this process. A defect of the gateway is raised, never counted as a refusal."""
    done = CliRunner().invoke(app, ["--lang", lang, *map(str, arguments)], input=stdin)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout_bytes, done.stderr)


def process(
    *arguments: str | Path, stdin: bytes = b"", before: str = "", env: dict[str, str] | None = None
) -> Done:
    """The command as a process of its own; ``before`` is Python that runs first, to set limits."""
    done = subprocess.run(
        [sys.executable, "-c", f"{before}\n{START}", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env={**os.environ, **_PLAIN, **(env or {})},
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def edited(*edits: tuple[str, Any]) -> bytes:
    """The aluminium example with some of its fields changed; None removes a field."""
    tree = copy.deepcopy(LOADED)
    for path, value in edits:
        *above, last = [int(step) if step.isdigit() else step for step in segments(path)]
        node: Any = tree
        for step in above:
            node = node[step]
        if value is None:
            del node[last]
        else:
            node[last] = value
    return json.dumps(tree, ensure_ascii=False).encode()


def written(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too: what a run has left behind."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
