"""``cbamgw pact`` as its users run it, against a host on a socket."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.client.certificates import Authority, context_of
from tests.client.hosts import BASE, SECRET, FakeHost, error, footprint, pf_id
from tests.client.serving import served
from tests.command import START, Done, run

ALL = [footprint(number) for number in range(5)]


@dataclass
class Supplier:
    """A host that answers, and what a buyer needs to call it."""

    host: FakeHost
    url: str
    options: list[str]
    folder: Path

    def pull(self, *more: str, lang: str = "en") -> Done:
        return run("pact", "pull", *self.words(*more), lang=lang)

    def words(self, *more: str) -> list[str]:
        return [self.url, *self.options, *more]

    def list(self) -> list[dict[str, object]]:
        done = run("pact", "list", "--json", *self.options[-2:])
        return [json.loads(line) for line in done.out.splitlines()]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def supplier(tmp_path: Path, sqlite_url: str, authority: Authority) -> Iterator[Supplier]:
    secret = tmp_path / "secret.txt"
    secret.write_text(f"{SECRET}\n")
    host = FakeHost(ALL)
    with served(host, context_of(authority.server("localhost"))) as url:
        options = ["--client-id", "buyer & co", "--secret-file", str(secret), "--allow-loopback"]
        options += ["--ca-file", str(authority.file), "--database-url", sqlite_url]
        yield Supplier(host, url, options, tmp_path)


def test_pull_list_and_show_give_back_the_very_bytes(supplier: Supplier) -> None:
    done = supplier.pull()
    assert (done.code, done.out.decode().strip()) == (
        0,
        "5 new, 0 known; 0 with errors, 0 with warnings only",
    )
    listed = supplier.list()
    assert [each["id"] for each in listed] == [pf_id(number) for number in range(5)]
    assert {each["source"] for each in listed} == {supplier.url}
    shown = run("pact", "show", pf_id(3), *supplier.options[-2:])
    assert (shown.code, shown.out) == (0, ALL[3])
    by_digest = run("pact", "show", str(listed[3]["digest"]), *supplier.options[-2:])
    assert by_digest.out == ALL[3]
    again = supplier.pull(lang="zh")
    assert (again.code, again.out.decode().strip()) == (
        0,
        "新收到 0 份，已有 5 份；有错误 0 份，仅有警告 0 份",
    )


def test_the_list_for_people_has_a_line_for_each_with_its_verdicts(supplier: Supplier) -> None:
    supplier.pull()
    lines = run("pact", "list", *supplier.options[-2:]).out.decode().splitlines()
    assert len(lines) == 5
    words = lines[0].split("\t")
    assert words[:2] == [pf_id(0), "3.0"]
    assert words[3:] == ["valid", "obeyed", "none", "unknown", "0 errors", supplier.url]
    assert run("pact", "list", "--source", "https://x.example", *supplier.options[-2:]).out == b""


def test_files_hold_what_came_and_are_not_written_over(supplier: Supplier) -> None:
    folder = supplier.folder / "received"
    supplier.host.signatures = {pf_id(0): b"e30..c2ln"}
    assert supplier.pull("-o", str(folder)).code == 1  # the signature is none
    assert {file.name for file in folder.iterdir()} == {
        *(f"{pf_id(number)}.json" for number in range(5)),
        f"{pf_id(0)}.json.jws",
    }
    assert (folder / f"{pf_id(4)}.json").read_bytes() == ALL[4]
    supplier.host.footprints = [footprint(4, productDescription="another")]
    assert supplier.pull("-o", str(folder)).code == 1
    assert (folder / f"{pf_id(4)}.json").read_bytes() == ALL[4]
    (other,) = folder.glob(f"{pf_id(4)}.*.json")
    assert other.read_bytes() == supplier.host.footprints[0]


@pytest.mark.parametrize("name", ["../../escaped", "/etc/passwd", "..", "a\x00b", "CON", pf_id(1) + "/../x"])
def test_no_id_of_a_host_becomes_a_path(supplier: Supplier, name: str) -> None:
    folder = supplier.folder / "received"
    supplier.host.footprints = [footprint(1, id=name)]
    assert supplier.pull("-o", str(folder)).code == 1
    (file,) = folder.iterdir()
    assert file.name.startswith("without-id.")
    assert not (supplier.folder / "escaped.json").exists()


def test_a_wrong_footprint_makes_exit_code_1_and_is_named_with_its_findings(supplier: Supplier) -> None:
    minus = {**BASE["pcf"], "declaredUnitAmount": "0"}
    supplier.host.footprints = [*ALL, footprint(7, pcf=minus)]
    done = supplier.pull()
    assert done.code == 1
    assert pf_id(7) in done.err
    assert "/pcf/declaredUnitAmount" in done.err
    assert done.out.decode().startswith("6 new, 0 known; 1 with errors")


def test_the_report_for_programs_names_every_footprint(supplier: Supplier) -> None:
    report = json.loads(supplier.pull("--json", "--status", "Active").out)
    assert report["complete"] is True
    assert (report["new"], report["known"], report["pages"]) == (5, 0, 3)
    assert [each["id"] for each in report["footprints"]] == [pf_id(number) for number in range(5)]
    assert supplier.host.listed[0] == "status=Active"


def test_a_host_at_fault_is_1_and_a_host_that_is_not_reached_is_3(
    supplier: Supplier, authority: Authority
) -> None:
    host = supplier.host
    host.instead = lambda request: (
        error("InternalError", 500) if request.url.path == "/3/footprints" else None
    )
    done = supplier.pull()
    assert (done.code, "PULL-STATUS" in done.err) == (1, True)
    host.instead = lambda request: httpx.Response(401) if request.url.path == "/auth/token" else None
    done = supplier.pull()
    assert (done.code, "PULL-CREDENTIALS" in done.err) == (3, True)
    assert SECRET not in done.text
    host.instead = None
    without = [word for word in supplier.words() if word not in ("--ca-file", str(authority.file))]
    done = run("pact", "pull", *without)
    assert (done.code, "FETCH-TLS" in done.err) == (3, True)
    done = run("pact", "pull", *[word for word in supplier.words() if word != "--allow-loopback"])
    assert (done.code, "FETCH-ADDRESS" in done.err) == (3, True)
    assert supplier.list() == []


@pytest.mark.parametrize("life", [timedelta(hours=1), -timedelta(hours=1)], ids=["another name", "ended"])
def test_a_certificate_that_does_not_hold_stops_the_pull(
    supplier: Supplier, authority: Authority, life: timedelta
) -> None:
    name = "localhost" if life < timedelta(0) else "host.example"
    with served(FakeHost(ALL), context_of(authority.server(name, life))) as url:
        done = run("pact", "pull", url, *supplier.options)
    assert (done.code, "FETCH-TLS" in done.err) == (3, True)


def test_there_is_no_option_that_switches_verification_off(supplier: Supplier) -> None:
    text = run("pact", "pull", "--help").text.lower()
    assert not any(word in text for word in ("insecure", "no-verify", "skip"))
    for option in ("--insecure", "-k", "--no-verify"):
        assert supplier.pull(option).code == 2
    done = run("pact", "pull", supplier.url.replace("https", "http"), *supplier.options)
    assert (done.code, "FETCH-URL" in done.err) == (3, True)


@pytest.mark.parametrize(
    ("content", "rule"),
    [(b"\n", "READ-EMPTY"), (b"", "READ-EMPTY"), (b"\xff\xfe", "PULL-SECRET"), (b"\x07\n", "PULL-SECRET")],
)
def test_a_file_without_a_secret_is_named_before_any_call(
    supplier: Supplier, content: bytes, rule: str
) -> None:
    empty = supplier.folder / "empty.txt"
    empty.write_bytes(content)
    done = run("pact", "pull", *supplier.words("--secret-file", str(empty)))
    assert rule in done.err
    assert supplier.host.calls == []


def test_what_was_not_received_cannot_be_shown(supplier: Supplier) -> None:
    done = run("pact", "show", pf_id(1), *supplier.options[-2:])
    assert (done.code, "PULL-UNKNOWN" in done.err) == (1, True)


def test_killed_in_the_middle_the_next_pull_goes_on_and_keeps_nothing_twice(supplier: Supplier) -> None:
    host, reached, go_on = supplier.host, threading.Event(), threading.Event()

    def hold(request: httpx.Request) -> None:
        if request.url.query == b"after=4":
            reached.set()
            go_on.wait(30)

    host.instead = hold
    command = [sys.executable, "-c", START, "pact", "pull", *supplier.words()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert reached.wait(60)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    finally:
        process.kill()
        go_on.set()
    assert len(supplier.list()) == 4
    host.instead, host.calls = None, []
    assert supplier.pull().code == 0
    assert host.listed == ["after=4"]
    assert [each["id"] for each in supplier.list()] == [pf_id(number) for number in range(5)]


def test_a_pull_over_the_version_that_the_host_does_not_offer_says_which_to_take(supplier: Supplier) -> None:
    done = supplier.pull("--api", "2")
    assert done.code == 1
    assert "PULL-OTHER-VERSION" in done.err
    assert "--api 3" in done.err
    assert "--api 3" in supplier.pull("--api", "2", lang="zh").err
    report = json.loads(supplier.pull("--api", "2", "--json").out)
    assert "PULL-OTHER-VERSION" in [found["rule"] for found in report["findings"]]
