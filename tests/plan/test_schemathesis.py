"""Requests that nobody thought of, made from the OpenAPI documents: the gateway's own, and the official ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from plan.host import Host, client_for
from plan.official import mended, present
from plan.service import Service
from plan.serving import trusting

HERE = Path(__file__).parent
needs_official = pytest.mark.skipif(
    not present(), reason="the official OpenAPI files are not at hand (CBAMGW_SHARED)"
)


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    with client_for(trusting(service.certificate)) as http:
        return Host(service.base, service.client_id, service.secret, "3.0", http).token()


def _run(service: Service, token: str, folder: Path, document: str, config: str) -> None:
    """Every check, right and wrong requests, the same ones in every run."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(HERE / config),
        "run",
        document,
    ]
    command += ["--url", service.base, "--tls-verify", str(service.certificate), "--no-color"]
    command += ["--header", f"Authorization: Bearer {token}", "--mode", "all", "--max-examples", "25"]
    command += ["--phases", "examples,coverage,fuzzing", "--seed", "1", "--generation-deterministic"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=200, check=False)
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
    assert "generated" in done.stdout, done.stdout


def test_its_own_document_holds(service: Service, token: str, tmp_path: Path) -> None:
    _run(service, token, tmp_path, f"{service.base}/openapi.json", "schemathesis.toml")


@needs_official
@pytest.mark.parametrize("version", ["3.0", "2.3"])
def test_the_official_document_holds(service: Service, token: str, tmp_path: Path, version: str) -> None:
    document = tmp_path / "official.json"
    document.write_text(json.dumps(mended(version), default=str), encoding="utf-8")
    _run(service, token, tmp_path, str(document), "schemathesis-official.toml")


def test_nothing_failed_inside(service: Service, token: str) -> None:
    """The log of the service after all that: no error, no traceback, no token."""
    log = service.log
    assert '"level":"error"' not in log
    assert "Traceback" not in log
    assert token not in log
    assert service.secret not in log
