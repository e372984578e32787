"""docs/for-buyers.md: every block of commands is run against a gateway that serves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.data import data_path
from tests.client.certificates import Authority
from tests.command import START
from tests.gateways import Gateway

PAGE = Path(__file__).resolve().parents[2] / "docs" / "for-buyers.md"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDED = ("bash", "curl", "jq", "openssl", "node", "base64")


@pytest.fixture(scope="module")
def supplier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("supplier")
    made = Gateway(folder, "supplier", Authority(folder))
    for name in ("aluminium", "cement", "steel"):
        made.publish(data_path("examples", f"{name}.json"))
    made.start()
    yield made
    made.stop()


def commands(folder: Path, supplier: Gateway, client_id: str) -> str:
    """The shell blocks of the page, with the names of this test in place of the example's."""
    text = "\n".join(body for kind, body in BLOCK.findall(PAGE.read_text("utf-8")) if kind == "sh")
    text = text.replace("HOST=https://pcf.example.com", f"HOST={supplier.url}")
    text = text.replace("CLIENT_ID=8s7kq2", f"CLIENT_ID={client_id}")
    assert supplier.url in text
    assert client_id in text
    return text.replace("pact pull ", f"pact pull --allow-loopback --ca-file {supplier.ca} ")


def environment(folder: Path, supplier: Gateway, secret: str) -> dict[str, str]:
    """A shell in which ``cbamgw`` is ours and curl believes the authority of this test."""
    program = folder / "cbamgw"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{START}' \"$@\"\n")
    program.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
        "CURL_CA_BUNDLE": str(supplier.ca),
        "CLIENT_SECRET": secret,
        "CBAMGW_DATABASE_URL": f"sqlite:///{folder / 'buyer.db'}",
    }


def test_every_command_of_the_page_does_what_the_page_says(supplier: Gateway, tmp_path: Path) -> None:
    for program in NEEDED:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    client_id, secret = supplier.client("Buyer")
    supplier.cli("share", "Buyer", "--all")
    shutil.copy(f"{supplier.key()}.pub.jwk", tmp_path / "supplier.pub.jwk")
    script = commands(tmp_path, supplier, client_id)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environment(tmp_path, supplier, secret.read_text().strip()),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "13.29166958" in done.stdout  # the footprint of the aluminium example, per kilogram
    assert "3 new, 0 known; 0 with errors" in done.stdout
    assert '"known": 3' in done.stdout
    assert "3 signatures, 3 with other verdicts" in done.stdout
    assert "issuer: trusted" in done.stdout
    assert "Signature Verified Successfully" in done.stdout
    assert done.stdout.splitlines()[-1] == "valid"
    received = sorted(file.name for file in (tmp_path / "received").iterdir())
    assert len(received) == 6
    assert (tmp_path / "as-received.json").read_bytes() == (tmp_path / "received" / received[0]).read_bytes()
    assert secret.read_text().strip() not in done.stdout + done.stderr


def test_the_python_of_the_page_reads_every_footprint(
    supplier: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gateway.pact import client
    from gateway.pact.addresses import AddressPolicy
    from gateway.pact.fetch import Fetcher

    client_id, secret = supplier.client("Programmer")
    supplier.cli("share", "Programmer", "--all")
    monkeypatch.setattr(client, "Fetcher", lambda: Fetcher(AddressPolicy(loopback=True), ca_file=supplier.ca))
    (body,) = [body for kind, body in BLOCK.findall(PAGE.read_text("utf-8")) if kind == "python"]
    body = body.replace("https://pcf.example.com", supplier.url).replace("8s7kq2", client_id)
    exec(compile(body, str(PAGE), "exec"), {"secret": secret.read_text().strip()})
    assert len(capsys.readouterr().out.splitlines()) == 3
