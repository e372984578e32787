"""Gateways as they run: each a process with its own database, keys and TLS certificate on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from gateway.cli.main import app
from tests.client.certificates import Authority
from tests.command import START, Done

PASSPHRASE = "a passphrase"


class Gateway:
    """A house with a gateway: its folder, its command line and, once started, its host."""

    def __init__(self, folder: Path, name: str, authority: Authority) -> None:
        self.folder, self.name, self.ca = folder / name, name, authority.file
        self.folder.mkdir()
        (self.folder / "pass.txt").write_text(f"{PASSPHRASE}\n")
        self.certificate, self.tls_key = authority.server("localhost")
        self.tls_key.chmod(0o600)
        self.database = f"sqlite:///{self.folder / 'gateway.db'}"
        self.env = {
            "CBAMGW_DATABASE_URL": self.database,
            "CBAMGW_SECRET_FILE": str(self.folder / "host.secret"),
        }
        self.serving: subprocess.Popen[str] | None = None
        self.url = ""

    def cli(self, *words: str | Path, code: int = 0) -> Done:
        """``cbamgw …`` as this house types it, in this process; fails where it ends with another code."""
        ran = CliRunner().invoke(app, ["--lang", "en", *map(str, words)], env=self.env)
        if ran.exception is not None and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        done = Done(ran.exit_code, ran.stdout_bytes, ran.stderr)
        assert done.code == code, done.text
        return done

    def rows(self, *words: str) -> list[dict[str, Any]]:
        """What a verb lists for programs, a line each."""
        return [json.loads(line) for line in self.cli(*words, "--json").out.splitlines()]

    def key(self) -> Path:
        """The signing key of this house; its public half stands beside it."""
        file = self.folder / "plant.key"
        if not file.exists():
            self.cli("keys", "new", "-o", file, "--passphrase-file", self.folder / "pass.txt")
        return file

    def publish(self, document: Path) -> str:
        """Put a document on offer, signed; the id of its footprint."""
        words = ("--sign", self.key(), "--passphrase-file", self.folder / "pass.txt")
        said = self.cli("publish", document, *words).out.decode()
        return next(word for word in said.split() if word.count("-") == 4)

    def client(self, name: str) -> tuple[str, Path]:
        """A new client of this house: its id, and the file with its secret."""
        said = self.cli("clients", "add", name).out.decode().split()
        secret = self.folder / f"{name}.secret"
        secret.write_text(f"{said[said.index('secret') + 1]}\n")
        return said[said.index("id") + 1], secret

    def start(self, *options: str | Path, port: int = 0) -> str:
        """Serve; the URL at which others reach this house."""
        tls = ("--tls-cert", self.certificate, "--tls-key", self.tls_key)
        command = [sys.executable, "-c", START, "serve", "--port", str(port), *map(str, (*tls, *options))]
        env = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **self.env}
        self.serving = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=(self.folder / "log").open("ab"), text=True
        )
        assert self.serving.stdout is not None
        for line in self.serving.stdout:
            if "https://" in line:
                self.url = f"https://localhost:{line.rsplit(':', 1)[1].strip()}"
                return self.url
        raise AssertionError((self.folder / "log").read_text())

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.serving is not None:
            self.serving.send_signal(number)
            try:
                self.serving.wait(30)
            except subprocess.TimeoutExpired:
                self.serving.kill()
            with suppress(ValueError):
                self.serving.communicate(timeout=5)
            self.serving = None


def until(what: Any, seconds: float = 60) -> Any:
    """Asks again until the answer is something; what two processes settle between them takes its time."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.2)
