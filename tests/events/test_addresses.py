"""Addresses that our calls go to, and those that they never go to (attacks.md 63)."""

import pytest

from gateway.pact.addresses import PUBLIC_ONLY, AddressPolicy

FORBIDDEN = [
    "127.0.0.1",
    "127.255.0.9",
    "::1",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "::10.0.0.1",
    "2002:7f00:1::",
    "2002:0a00:0001::",
    "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::10.0.0.1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "0x7f000001",
    "2130706433",
    "127.1",
    "localhost",
    "",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_not_called(address):
    assert not PUBLIC_ONLY.permits(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:0808:0808::1"]
)
def test_a_public_address_is_called(address):
    assert PUBLIC_ONLY.permits(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_called_where_it_is_allowed_and_nothing_else_with_it(address):
    policy = AddressPolicy(loopback=True)
    assert policy.permits(address)
    assert not any(map(policy.permits, ("10.0.0.1", "169.254.169.254", "0.0.0.0", "::", "fd00::1")))


def test_private_networks_never_bring_link_local_addresses_with_them():
    policy = AddressPolicy(private=True)
    assert all(map(policy.permits, ("10.1.2.3", "192.168.0.7", "::ffff:172.16.0.1", "fd00::1")))
    assert not any(map(policy.permits, ("169.254.169.254", "fe80::1", "127.0.0.1", "100.64.0.1")))
