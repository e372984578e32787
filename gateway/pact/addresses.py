"""Which addresses our outgoing calls may go to. Whoever names an address to us could mean one inside our own network.

The rule is on numeric addresses, after names were resolved: ``localhost.``, ``0x7f000001`` and a name of a stranger
that leads to 10.0.0.1 all come down to one. An IPv6 address that carries IPv4 ones is judged by those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

_COMPATIBLE = IPv6Network("::/96")  # RFC 4291:2.5.5.1, deprecated
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # RFC 6052, RFC 8215
_COMPANY = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
_SITE_LOCAL = IPv6Network("fec0::/10")  # RFC 3879, deprecated


@dataclass(frozen=True)
class AddressPolicy:
    """What is allowed besides public addresses over https. All of it is off unless the operator asks for it.

    ``private``: networks of a company (10/8, 172.16/12, 192.168/16, fc00::/7); link-local addresses, where clouds
    keep their secrets, are never among them.
    """

    loopback: bool = False
    private: bool = False
    plain_http: bool = False

    def permits(self, address: str) -> bool:
        """Whether a numeric address may be connected to. Text that is none may not."""
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return all(self._permits(each) for each in _meant(found))

    def _permits(self, address: Address) -> bool:
        if address.is_loopback:
            return self.loopback
        if address.is_multicast or address.is_unspecified or address.is_link_local:
            return False
        if isinstance(address, IPv6Address) and address in _SITE_LOCAL:
            return False
        return address.is_global or (self.private and _of_a_company(address))


PUBLIC_ONLY = AddressPolicy()


def _meant(address: Address) -> Iterator[Address]:
    """The address, or where it stands for others, those."""
    inner = list(_carried(address)) if isinstance(address, IPv6Address) else []
    if not inner:
        yield address
    yield from inner


def _carried(address: IPv6Address) -> Iterator[Address]:
    """IPv4 addresses inside an IPv6 one: mapped, compatible, 6to4, Teredo (server and client), NAT64."""
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
    elif any(address in network for network in _NAT64) or (address in _COMPATIBLE and int(address) > 1):
        yield low


def _of_a_company(address: Address) -> bool:
    return any(address in network for network in _COMPANY)
