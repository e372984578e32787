"""cbamgw serve, clients, share, publish as their users run them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gateway.check.catalog import message
from gateway.model.finding import Refused
from gateway.service.tls import self_signed, tls_of_files
from gateway.trust.envelope import system_clock
from gateway.trust.keys import new_key, save_key
from gateway.trust.verifying import verify_document
from tests.command import LOADED, START, edited, run

RECORD = json.dumps(LOADED, ensure_ascii=False).encode()
ID = LOADED["record"]["id"]


@pytest.fixture
def database(sqlite_url, monkeypatch):
    monkeypatch.setenv("CBAMGW_DATABASE_URL", sqlite_url)
    monkeypatch.delenv("CBAMGW_PUBLIC_BASE_URL", raising=False)
    return sqlite_url


def added(name: str) -> tuple[str, str]:
    """Client id and secret of a new client."""
    done = run("clients", "add", name)
    assert done.code == 0, done.text
    client_id, secret = (line.split()[-1] for line in done.out.decode().splitlines())
    return client_id, secret


def test_a_client_is_added_listed_and_revoked_and_its_secret_is_shown_once(database, tmp_path):
    client_id, secret = added("买方 Buyer")
    listed = run("clients", "list").out.decode()
    assert client_id in listed
    assert "买方 Buyer" in listed
    assert secret not in listed
    for file in Path(database.removeprefix("sqlite:///")).parent.glob("gateway.db*"):
        assert secret.encode() not in file.read_bytes()
    assert run("clients", "revoke", "买方 Buyer").code == 0
    assert "revoked" in run("clients", "list").out.decode()
    assert "已撤销" in run("clients", "list", lang="zh").out.decode()


def test_what_is_shared_with_a_client_is_shown_as_it_was_typed(database):
    run("clients", "add", "Buyer")
    assert "Nothing is shared with it" in run("clients", "show", "Buyer").err
    run("publish", "-", stdin=RECORD)
    product = "urn:pact:aluminium.example:product-id:Al99.70"
    run("share", "Buyer", "--product", product)
    shown = run("clients", "show", "Buyer").out.decode()
    assert "Sees 1 footprint(s) now" in shown
    assert f"product {product} (1 on offer)" in shown
    chinese = run("clients", "show", "Buyer", lang="zh").out.decode()
    assert "目前可见足迹 1 份" in chinese
    assert f"产品 {product}（已发布 1 份）" in chinese
    told = json.loads(run("clients", "show", "Buyer", "--json").out)
    assert (told["name"], told["footprints"], told["revoked"]) == ("Buyer", 1, None)
    assert [(each["kind"], each["value"], each["footprints"]) for each in told["shares"]] == [
        ("product", product, 1)
    ]
    assert "CLIENT-UNKNOWN" in run("clients", "show", "Nobody").err


def test_two_clients_of_one_name_or_an_unreadable_name_are_refused(database):
    added("Buyer")
    assert "CLIENT-NAME-TAKEN" in run("clients", "add", "Buyer").err
    for name in ("", "   ", "a\nb", "x" * 201):
        assert run("clients", "add", name).code == 2
    assert "CLIENT-UNKNOWN" in run("clients", "revoke", "Nobody").err


def test_publishing_says_what_became_visible_to_whom_and_the_same_again_changes_nothing(database, tmp_path):
    client_id, _ = added("Buyer")
    assert (
        "sees 0 footprint(s)"
        in run("share", client_id, "--product", "URN:PACT:aluminium.example:product-id:Al99.70").out.decode()
    )
    done = run("publish", "-", stdin=RECORD)
    assert done.code == 0
    assert done.out.decode().splitlines() == [f"Published {ID} (PACT {models(done)})", "Visible to: Buyer"]
    again = run("publish", "-", stdin=RECORD, lang="zh")
    assert again.out.decode().splitlines()[0].startswith("此前已发布")


def models(done) -> str:
    return re.search(r"PACT ([0-9., ]+)\)", done.out.decode())[1]


def test_a_changed_footprint_under_the_same_id_is_refused_and_nothing_changes(database):
    run("publish", "-", stdin=RECORD)
    done = run("publish", "-", stdin=edited(("/product/name/en", "Another name")))
    assert done.code == 1
    assert "STORE-IMMUTABLE" in done.err


def test_a_record_that_is_no_footprint_is_refused_with_the_findings_on_its_own_fields(database):
    done = run("publish", "-", stdin=edited(("/producer/name/en", None), ("/producer/name/zh", None)))
    assert done.code == 1
    assert "/producer/name" in done.err
    assert run("publish", "-", stdin=b'{"a": 1, "a": 2}').code == 1


def test_a_signed_footprint_is_signed_over_the_bytes_that_are_served(database, tmp_path):
    from gateway.store.database import open_store
    from gateway.store.footprints import own_body

    key = new_key()
    save_key(key, tmp_path / "plant.key", unencrypted=True)
    assert run("publish", "-", "--sign", tmp_path / "plant.key", stdin=RECORD).code == 0
    store = open_store(database)
    with store.read() as connection:
        body = own_body(connection, ID)
    store.close()
    assert verify_document(body.content, body.signature.encode(), keys=[key.public]).signature == "valid"


def test_what_was_shared_can_be_taken_back(database):
    added("Buyer")
    run("publish", "-", stdin=RECORD)
    assert "sees 1 footprint(s)" in run("share", "Buyer", "--footprint", ID).out.decode()
    assert "Visible to: Buyer" in run("publish", "-", stdin=RECORD).out.decode()
    assert run("share", "Buyer", "--footprint", ID, "--undo").code == 0
    assert "Visible to: nobody yet" in run("publish", "-", stdin=RECORD).out.decode()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("share", "Buyer"), 2),
        (("share", "Buyer", "--all", "--product", "urn:x"), 2),
        (("share", "Nobody", "--all"), 1),
        (("share", "Buyer", "--footprint", ID), 1),
    ],
)
def test_a_share_that_would_do_nothing_or_too_much_is_refused(database, words, said):
    added("Buyer")
    assert run(*words).code == said


def test_a_mistyped_database_is_not_made_by_asking_for_it(tmp_path):
    done = run("clients", "list", "--database-url", f"sqlite:///{tmp_path / 'typo.db'}")
    assert "STORE-MISSING" in done.err
    assert not (tmp_path / "typo.db").exists()


def test_a_host_without_tls_does_not_start_and_says_what_to_give(database):
    done = run("serve", "--port", "0")
    assert done.code == 3
    assert "SERVE-NO-TLS" in done.err
    assert "--tls-self-signed" in done.err
    assert "SERVE-TLS-OPTIONS" in run("serve", "--tls-cert", "x.pem").err
    both = run("serve", "--tls-self-signed", "--tls-cert", "x.pem", "--tls-key", "x.key")
    assert "SERVE-TLS-OPTIONS" in both.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--tls-passphrase-file p --tls-self-signed", "--tls-passphrase-file needs --tls-key"),
        ("--tls-cert-out c.pem --tls-cert a --tls-key b", "--tls-cert-out needs --tls-self-signed"),
        ("--tls-cert-out c.pem --behind-proxy 10.0.0.0/8", "--tls-cert-out needs --tls-self-signed"),
        ("--passphrase-file p --tls-self-signed", "--passphrase-file needs --sign"),
        ("--demo --sign plant.key", "--demo and --sign exclude each other"),
        ("--demo --database-url sqlite:///x.db", "--demo and --database-url exclude each other"),
        ("--demo --secret-file s", "--demo and --secret-file exclude each other"),
        ("--demo --behind-proxy 10.0.0.0/8", "--demo and --behind-proxy exclude each other"),
    ],
)
def test_an_option_that_would_be_passed_over_in_silence_is_wrong_usage(words, said):
    done = run("serve", *words.split())
    assert (done.code, done.out) == (2, b"")
    assert said in done.err
    chinese = run("serve", *words.split(), lang="zh").err
    assert "不能同时使用" in chinese or "须与" in chinese


def test_a_certificate_made_now_does_not_stand_behind_a_proxy(database):
    done = run("serve", "--tls-self-signed", "--behind-proxy", "10.0.0.0/8", "--port", "0")
    assert (done.code, done.out) == (3, b"")
    assert "SERVE-TLS-OPTIONS" in done.err


def test_a_port_for_figures_that_is_taken_is_told_with_the_place(database, tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        words = ("--tls-self-signed", "--port", "0", "--metrics-port", port, "--secret-file", tmp_path / "s")
        done = run("serve", *words, lang="zh")
    assert done.code == 3
    assert "SERVE-PORT" in done.err
    assert port in done.err


def test_a_passphrase_without_a_key_publishes_nothing_unsigned(database):
    done = run("publish", "-", "--passphrase-file", "p", stdin=RECORD)
    assert (done.code, done.out) == (2, b"")
    assert "--passphrase-file needs --sign" in done.err


def test_there_is_no_option_that_serves_in_the_clear_or_turns_checks_off():
    said = run("serve", "--help").out.decode().lower()
    for word in ("insecure", "no-verify", "no-tls", "--http", "reload", "debug"):
        assert word not in said


def test_behind_a_proxy_the_host_must_know_its_name(database):
    done = run("serve", "--behind-proxy", "10.0.0.0/8", "--port", "0", "--secret-file", os.devnull)
    assert done.code in (1, 3)
    assert (
        "SERVE-HOSTS" in run("serve", "--behind-proxy", "10.0.0.0/8", "--port", "0").err
        or "KEY-MODE" in done.err
    )


def files(folder: Path, mode: int = 0o600, passphrase: bytes = b"", days: int = 1) -> tuple[Path, Path]:
    """A certificate and its key. ``days`` before today: expired."""
    made = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "host.example")])
    now = system_clock()
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(made.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=9)).not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("host.example")]), critical=False)
        .sign(made, x509.base.hashes.SHA256())
    )  # fmt: skip
    sealed = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    (folder / "c.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "k.pem").write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed))
    (folder / "k.pem").chmod(mode)
    return folder / "c.pem", folder / "k.pem"


def test_the_names_of_a_host_come_from_its_certificate(tmp_path):
    tls = tls_of_files(*files(tmp_path, passphrase=b"secret"), b"secret", system_clock())
    assert tls.names == ("host.example",)
    assert tls.context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("made", "passphrase", "rule"),
    [
        ({"mode": 0o644}, None, "KEY-MODE"),
        ({"days": -1}, None, "SERVE-TLS"),
        ({"passphrase": b"secret"}, None, "SERVE-TLS"),
        ({"passphrase": b"secret"}, b"wrong", "SERVE-TLS"),
    ],
)
def test_a_certificate_that_callers_would_refuse_stops_the_start(tmp_path, made, passphrase, rule):
    with pytest.raises(Refused) as refused:
        tls_of_files(*files(tmp_path, **made), passphrase, system_clock())
    assert refused.value.findings[0].rule == rule
    chinese = message(refused.value.findings[0], "zh").rpartition("：")[2]
    assert re.search("有效期为|口令|权限", chinese), chinese


def test_a_key_that_does_not_belong_to_the_certificate_stops_the_start(tmp_path):
    (tmp_path / "other").mkdir()
    certificate, _ = files(tmp_path)
    _, key = files(tmp_path / "other")
    with pytest.raises(Refused) as refused:
        tls_of_files(certificate, key, None, system_clock())
    assert refused.value.findings[0].rule == "SERVE-TLS"
    assert message(refused.value.findings[0], "zh").endswith("无法与其私钥一起使用：私钥与证书不匹配。")


def test_a_development_certificate_is_for_the_names_of_this_machine():
    tls = self_signed(("localhost", "127.0.0.1"), system_clock())
    read = x509.load_pem_x509_certificate(tls.certificate)
    assert (read.not_valid_after_utc - read.not_valid_before_utc).days <= 31
    assert len(tls.fingerprint) == 64


class Process:
    """The command as a process of its own, read line by line."""

    def __init__(self, *words: str, **env: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, "--lang", "en", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **env},
        )  # fmt: skip

    def line(self, start: str) -> str:
        while line := self.process.stdout.readline():
            if line.startswith(start):
                return line.rpartition(" ")[2].strip()
        raise AssertionError(self.process.stderr.read())

    def lines_to(self, end: str) -> list[str]:
        """What is printed before the line that begins so."""
        found = []
        while (line := self.process.stdout.readline()) and not line.startswith(end):
            found.append(line)
        return found

    def stop(self) -> tuple[int, list[dict]]:
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=20)
        return self.process.returncode, [json.loads(line) for line in err.splitlines()]


def test_the_sandbox_serves_a_stranger_pages_and_filters_and_leaves_nothing(tmp_path):
    host = Process("serve", "--demo", "--port", "0", CBAMGW_DATA=str(tmp_path / "data"), TMPDIR=str(tmp_path))
    url = host.line("Serving at")
    client_id, secret, pem = host.line("Client id"), host.line("Client secret"), host.line("Certificate")
    pem = Path(pem if Path(pem).exists() else host.line("Certificate"))
    _, *to_copy = host.lines_to("Ctrl+C")
    assert secret not in "".join(to_copy)  # every process of the machine can read a command line
    with httpx.Client(base_url=url, verify=ssl.create_default_context(cafile=str(pem))) as web:
        token = web.post("/auth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret))
        web.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        first = web.get("/3/footprints?geography=DE&limit=10")
        assert len(first.json()["data"]) == 10
        assert 'rel="next"' in first.headers["link"]
        assert web.get("/3/footprints?status=Deprecated").json()["data"]
        assert len(web.get("/3/footprints?limit=1000").json()["data"]) == 123
        if shutil.which("curl"):
            tried = subprocess.run(["sh", "-e", "-c", "".join(to_copy)], capture_output=True, check=True)
            assert tried.stdout.startswith(b"HTTP/1.1 200")
        code, lines = host.stop()
    assert code == 0
    assert {line["event"] for line in lines} == {"request"}
    assert secret not in json.dumps(lines)
    assert list(tmp_path.iterdir()) == []


def test_a_real_host_starts_on_a_database_serves_and_stops_with_success(database, tmp_path):
    client_id, secret = added("Buyer")
    run("share", "Buyer", "--all")
    run("publish", "-", stdin=RECORD)
    pem = tmp_path / "host.pem"
    host = Process(
        "serve", "--tls-self-signed", "--tls-cert-out", str(pem), "--port", "0", "--secret-file", str(tmp_path / "s"),
        CBAMGW_DATABASE_URL=database,
    )  # fmt: skip
    url = host.line("Serving at")
    with httpx.Client(base_url=url, verify=ssl.create_default_context(cafile=str(pem))) as web:
        form = {"grant_type": "client_credentials"}
        token = web.post("/auth/token", data=form, auth=(client_id, secret)).json()["access_token"]
        listed = web.get("/3/footprints", headers={"Authorization": f"Bearer {token}"}).json()
        assert [one["id"] for one in listed["data"]] == [ID]
        code, lines = host.stop()
    assert code == 0
    assert [line["path"] for line in lines] == ["/auth/token", "/3/footprints"]
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600


def test_a_port_that_is_taken_is_told_with_the_place(database, tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("serve", "--tls-self-signed", "--port", port, "--secret-file", tmp_path / "s")
    assert done.code == 3
    assert "SERVE-PORT" in done.err
    assert port in done.err


def test_the_other_verbs_do_not_load_a_database_or_a_web_server():
    heavy = "{'sqlalchemy', 'fastapi', 'uvicorn', 'alembic'}"
    script = f"import sys; import gateway.cli.main; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
