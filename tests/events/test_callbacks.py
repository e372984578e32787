"""Where partners may be: what is taken for an address of theirs, and what never is (attacks.md 63, 65)."""

import pytest

from gateway.model.finding import Refused
from gateway.pact.addresses import PUBLIC_ONLY, AddressPolicy
from gateway.pact.callbacks import checked_url

PUBLIC = {"buyer.example": ["93.184.216.34"], "six.example": ["2606:4700:4700::1111"]}
INNER = {
    "inner.example": ["10.0.0.5"],
    "both.example": ["93.184.216.34", "169.254.169.254"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "localhost": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
    "empty.example": [],
}


def lookup(host, _port):
    found = {**PUBLIC, **INNER}.get(host)
    if found is not None:
        return found
    if host.replace(".", "").isdigit() or ":" in host:
        return [host]
    raise OSError("no such name")


def checked(url, policy=PUBLIC_ONLY):
    return checked_url(url, policy, lookup)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://buyer.example", "https://buyer.example"),
        ("https://buyer.example/pact/", "https://buyer.example/pact"),
        ("https://Buyer.Example:8443/x", "https://buyer.example:8443/x"),
        ("https://six.example", "https://six.example"),
        ("https://8.8.8.8", "https://8.8.8.8"),
    ],
)
def test_a_public_address_over_https_is_kept(url, kept):
    assert checked(url) == (kept, [])


@pytest.mark.parametrize(
    "url",
    [
        "http://buyer.example",
        "ftp://buyer.example",
        "file:///etc/passwd",
        "gopher://buyer.example/_x",
        "buyer.example",
        "",
        "https://",
        "https://user:secret@buyer.example",
        "https://buyer.example@evil.example",
        "https://buyer.example/#x",
        "https://buyer.example/?x=1",
        "https://buyer.example/\r\nHost: evil",
        "https://0x7f000001",
        "https://2130706433",
        "https://127.1",
        "https://0177.0.0.1",
        "https://buyer.example/" + "x" * 500,
        "https://b\u00fcyer.example",
    ],
)
def test_what_is_no_address_of_a_partner_is_refused_without_showing_a_secret(url):
    with pytest.raises(Refused, match="PARTNER-URL") as caught:
        checked(url)
    assert "secret" not in caught.value.findings[0].values["url"]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "169.254.169.254",
        "10.1.1.1",
        "[::ffff:10.0.0.1]",
        "0.0.0.0",
        "224.0.0.1",
        *INNER,
    ],
)
def test_a_host_with_an_address_inside_is_refused(host):
    with pytest.raises(Refused, match="PARTNER-ADDRESS"):
        checked(f"https://{host}")


def test_a_name_without_an_address_yet_is_kept_with_a_warning():
    kept, warnings = checked("https://later.example")
    assert kept == "https://later.example"
    assert [(item.rule, item.severity) for item in warnings] == [("PARTNER-UNRESOLVED", "warning")]


def test_loopback_and_plain_http_are_two_switches():
    assert checked("https://127.0.0.1:8443", AddressPolicy(loopback=True))[1] == []
    with pytest.raises(Refused, match="PARTNER-URL"):
        checked("http://127.0.0.1", AddressPolicy(loopback=True))
    with pytest.raises(Refused, match="PARTNER-ADDRESS"):
        checked("http://127.0.0.1", AddressPolicy(plain_http=True))
    assert checked("http://127.0.0.1", AddressPolicy(loopback=True, plain_http=True))[1] == []
