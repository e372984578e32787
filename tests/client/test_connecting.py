"""Real sockets: whose certificate is believed, and which addresses are connected to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpcore
import pytest

from gateway.model.finding import Refused
from gateway.pact import connecting
from gateway.pact.addresses import PUBLIC_ONLY, AddressPolicy
from gateway.pact.connecting import AddressRefused, CheckedNetwork, tls_context
from gateway.pact.fetch import Answer, Fetcher, Limits
from tests.client.certificates import Authority, context_of
from tests.client.hosts import Time

LOCAL = AddressPolicy(loopback=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@asynccontextmanager
async def server(context: ssl.SSLContext | None, answer: bytes = b"ok") -> AsyncIterator[int]:
    """Answers every request with these bytes, over TLS where there is a context; gives its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(answer)}\r\n\r\n".encode()
        writer.write(head + answer)
        await writer.drain()
        writer.close()

    made = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with made:
        yield made.sockets[0].getsockname()[1]


async def fetched(
    port: int,
    name: str = "localhost",
    ca: Path | None = None,
    policy: AddressPolicy = LOCAL,
    scheme: str = "https",
) -> Answer:
    fetcher = Fetcher(policy, ca_file=ca, limits=Limits(tries=2, connect=2), pace=Time().pace)
    try:
        return await fetcher.fetch("GET", f"{scheme}://{name}:{port}/")
    finally:
        await fetcher.close()


def outcome(context: ssl.SSLContext | None, call: Callable[[int], object]) -> str:
    """The rule that a call ends with, or the body of its answer."""

    async def run() -> str:
        async with server(context) as port:
            try:
                answer = await call(port)  # type: ignore[misc]
            except Refused as refused:
                return refused.findings[0].rule
            return str(answer.body.decode())

    return asyncio.run(run())


def test_a_private_authority_is_believed_where_its_certificate_is_named(authority: Authority) -> None:
    context = context_of(authority.server("localhost"))
    assert outcome(context, lambda port: fetched(port, ca=authority.file)) == "ok"


def test_a_certificate_of_an_unknown_authority_is_not_believed(authority: Authority, tmp_path: Path) -> None:
    context = context_of(authority.server("localhost"))
    assert outcome(context, fetched) == "FETCH-TLS"
    other = Authority(tmp_path, "Other authority")
    assert outcome(context, lambda port: fetched(port, ca=other.file)) == "FETCH-TLS"


def test_a_certificate_that_has_ended_is_not_believed(authority: Authority) -> None:
    context = context_of(authority.server("localhost", -timedelta(hours=1)))
    assert outcome(context, lambda port: fetched(port, ca=authority.file)) == "FETCH-TLS"


def test_a_certificate_of_another_name_is_not_believed(authority: Authority) -> None:
    context = context_of(authority.server("host.example"))
    assert outcome(context, lambda port: fetched(port, ca=authority.file)) == "FETCH-TLS"
    assert outcome(context, lambda port: fetched(port, "127.0.0.1", authority.file)) == "FETCH-TLS"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_below_1_2_is_not_spoken(authority: Authority) -> None:
    context = context_of(authority.server("localhost"))
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    said = outcome(context, lambda port: fetched(port, ca=authority.file))
    assert said in ("FETCH-TLS", "FETCH-UNREACHABLE")  # some servers say why, others hang up


def test_a_file_without_a_certificate_is_refused_before_any_call(tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing")
    with pytest.raises(Refused, match="FETCH-CA-FILE"):
        tls_context(empty)
    with pytest.raises(Refused, match="READ-CANNOT-OPEN"):
        tls_context(tmp_path / "absent.pem")


def test_session_keys_are_not_written_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert tls_context().keylog_filename is None


def test_verification_is_on_and_stays_on() -> None:
    context = tls_context()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_this_machine_and_plain_http_are_reached_only_where_both_are_allowed() -> None:
    both = AddressPolicy(loopback=True, plain_http=True)
    assert outcome(None, lambda port: fetched(port, policy=both, scheme="http")) == "ok"
    assert outcome(None, lambda port: fetched(port, policy=LOCAL, scheme="http")) == "FETCH-URL"
    http = AddressPolicy(plain_http=True)
    assert outcome(None, lambda port: fetched(port, policy=http, scheme="http")) == "FETCH-ADDRESS"
    assert outcome(None, lambda port: fetched(port, policy=PUBLIC_ONLY)) == "FETCH-ADDRESS"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "localhost", "localhost.", "0x7f000001", "2130706433", "127.1", "[::ffff:127.0.0.1]",
     "169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1", "[fd00::1]", "0.0.0.0", "[fe80::1]"],
)  # fmt: skip
def test_no_spelling_of_an_address_of_this_network_is_connected_to(host: str) -> None:
    async def run() -> None:
        fetcher = Fetcher(PUBLIC_ONLY, limits=Limits(tries=1, connect=2))
        try:
            await fetcher.fetch("GET", f"https://{host}:9/")
        finally:
            await fetcher.close()

    with pytest.raises(Refused) as refused:
        asyncio.run(run())
    assert refused.value.findings[0].rule in ("FETCH-ADDRESS", "FETCH-UNREACHABLE", "FETCH-URL")
    assert refused.value.findings[0].rule != "FETCH-UNREACHABLE" or host in ("0x7f000001", "localhost.")


class Names:
    """A resolver whose answer to one name changes from question to question."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers.pop(0)


def connected(names: Names, policy: AddressPolicy, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that sockets are opened to."""
    opened: list[str] = []

    async def connect(self: object, host: str, *given: object) -> None:
        opened.append(host)

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    asyncio.run(CheckedNetwork(policy.permits, names).connect_tcp("rebind.example", 443, 1.0))
    return opened


def test_the_socket_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(["93.184.215.14"], ["127.0.0.1"])
    assert connected(names, PUBLIC_ONLY, monkeypatch) == ["93.184.215.14"]
    assert names.asked == 1


def test_one_forbidden_address_among_good_ones_stops_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AddressRefused):
        connected(Names(["93.184.215.14", "169.254.169.254"]), PUBLIC_ONLY, monkeypatch)


def test_the_resolver_of_this_machine_gives_numeric_addresses() -> None:
    found = asyncio.run(connecting.resolve("localhost", 443))
    assert set(found) <= {"127.0.0.1", "::1"}
    assert found
