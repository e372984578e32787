"""The gateway as a service of its own process, with footprints on offer and clients: what an operator sets up."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from command import START, run

from plan.documents import footprints_v3
from plan.partner import Partner
from plan.serving import free_port

SHOWN = 26
START_SECONDS = 60


@dataclass(frozen=True)
class Service:
    """A running service. ``certificate``: what its caller must trust; ``hidden_id``: on offer, not shared."""

    base: str
    client_id: str
    secret: str
    certificate: Path
    hidden_id: str
    folder: Path

    @property
    def log(self) -> str:
        """What the service has written so far."""
        return (self.folder / "service.log").read_text("utf-8")

    def offer(self, document: object) -> tuple[int, str]:
        """Publish a footprint and show it to the buyer while the service runs: exit code and what was said."""
        store = "--database-url", f"sqlite:///{self.folder / 'store.db'}"
        done = run("publish", "-", *store, stdin=json.dumps(document).encode())
        if done.code == 0:
            _verb(self.folder, "share", "Buyer", "--footprint", found_in(done.text, "Published"))
        return done.code, done.text


def _verb(folder: Path, *arguments: str | Path, stdin: bytes = b"") -> str:
    done = run(*arguments, "--database-url", f"sqlite:///{folder / 'store.db'}", stdin=stdin)
    assert done.code == 0, (arguments, done.text)
    return done.text


def set_up(folder: Path, partner: Partner | None, count: int) -> tuple[str, str, str]:
    """Publish, add a client, share every product but that of the last footprint.

    Returns client id, secret, and the id of the footprint that is not shared.
    """
    *shown, hidden = footprints_v3(count + 1)
    hidden["productIds"] = ["urn:pact:example.com:product-id:not-for-everyone"]
    added = _verb(folder, "clients", "add", "Buyer")
    client_id, secret = (found_in(added, label) for label in ("Client id", "Client secret"))
    for document in (*shown, hidden):
        _verb(folder, "publish", "-", stdin=json.dumps(document).encode())
    for product in sorted({document["productIds"][0] for document in shown}):
        _verb(folder, "share", "Buyer", "--product", product)
    if partner is not None:
        _register(folder, partner)
    return client_id, secret, str(hidden["id"])


def _register(folder: Path, partner: Partner) -> None:
    secret = folder / "partner.secret"
    secret.write_text(partner.secret, encoding="utf-8")
    secret.chmod(0o600)
    own = "--host-secret-file", folder / "host.secret", "--allow-loopback"
    given = "--client-id", partner.client_id, "--secret-file", secret, "--client", "Buyer"
    _verb(folder, "partners", "add", "Buyer's node", "--url", partner.base, *given, *own)


def found_in(text: str, label: str) -> str:
    """What a command printed after a label."""
    found = re.search(rf"{label}:?\s+(\S+)", text)
    assert found is not None, (label, text)
    return found.group(1)


@contextmanager
def running(folder: Path, partner: Partner | None = None, count: int = SHOWN) -> Iterator[Service]:
    """``cbamgw serve`` on a free port with a certificate of its own, and so many footprints for its buyer."""
    client_id, secret, hidden_id = set_up(folder, partner, count)
    certificate, log = folder / "host.pem", folder / "service.log"
    port = str(free_port())
    arguments = ["serve", "--port", port, "--public-base-url", f"https://127.0.0.1:{port}"]
    arguments += ["--tls-self-signed", "--tls-cert-out", str(certificate)]
    arguments += [
        "--database-url",
        f"sqlite:///{folder / 'store.db'}",
        "--secret-file",
        str(folder / "host.secret"),
    ]
    settings = {"CBAMGW_BAD_TRIES": "1000"}
    if partner is not None:
        settings |= {"CBAMGW_ALLOW_LOOPBACK": "true", "CBAMGW_CA_FILE": str(partner.certificate)}
        settings["CBAMGW_EVENT_WAIT_SECONDS"] = "0.2"  # before an answer is sent again
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", START, *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "LC_ALL": "C.UTF-8", **settings},
        )
    try:
        yield Service(_address(process, log), client_id, secret, certificate, hidden_id, folder)
    finally:
        process.terminate()
        process.wait(40)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """The URL that the service tells when it is ready."""
    assert process.stdout is not None
    late = threading.Timer(START_SECONDS, process.kill)
    late.start()
    try:
        for line in process.stdout:
            if found := re.search(rb"https://\S+", line):
                return found.group().decode()
    finally:
        late.cancel()
    raise AssertionError(log.read_text("utf-8"))
