"""The addresses of partners: checked when they are registered, and again at every call (`gateway.pact.connecting`).

An event never says where its answer goes. Its ``source`` is only compared with what was registered.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address

import httpx

from gateway.model.finding import Finding, Refused, finding
from gateway.pact.addresses import AddressPolicy

MAX_URL = 500

Lookup = Callable[[str, int], list[str]]
"""The numeric addresses of a host, by name and port. Raises OSError."""


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host by the resolver of this machine."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def checked_url(text: str, policy: AddressPolicy, lookup: Lookup = look_up) -> tuple[str, list[Finding]]:
    """The address of a partner as it is kept, and warnings.

    Raises Refused: PARTNER-URL for no https (http only where the policy allows it), a user, a query, a fragment, a
    number that only some readers take for an address; PARTNER-ADDRESS where any of its addresses is not permitted.
    A host that has no address yet is a warning: each call looks again.
    """
    url = _read(text, policy)
    try:
        found = lookup(url.host, url.port or {"http": 80}.get(url.scheme, 443))
    except (OSError, UnicodeError):
        return _kept(url), [finding("PARTNER-UNRESOLVED", stage="store", severity="warning", host=url.host)]
    if not found or not all(map(policy.permits, found)):
        raise Refused(finding("PARTNER-ADDRESS", stage="store", host=url.host))
    return _kept(url), []


def _read(text: str, policy: AddressPolicy) -> httpx.URL:
    try:
        url = httpx.URL(text)
        good = url.scheme == "https" or (url.scheme == "http" and policy.plain_http)
        good = good and bool(url.host) and len(text) <= MAX_URL and not _is_odd_number(url.host)
        good = (
            good
            and not (url.userinfo or "?" in text or "#" in text)
            and text.isascii()
            and text.isprintable()
        )
    except (httpx.InvalidURL, ValueError):
        good = False
    if not good:
        raise Refused(finding("PARTNER-URL", stage="store", url=_shown(text)))
    return url


def _is_odd_number(host: str) -> bool:
    """``0x7f000001``, ``2130706433``, ``127.1``: addresses to one reader and names to another (URL Standard)."""
    last = host.rstrip(".").rpartition(".")[2].lower()
    if not (last.isdigit() or last.startswith("0x")):
        return False
    try:
        ip_address(host)
    except ValueError:
        return True
    return False


def _kept(url: httpx.URL) -> str:
    return str(url).rstrip("/")


def _shown(text: str) -> str:
    """Without what may be a secret in it: up to its host."""
    scheme, mark, rest = text[:MAX_URL].partition("://")
    return (scheme + mark + rest.partition("/")[0].partition("?")[0].rpartition("@")[2])[:200]


def is_source(source: str, registered: str) -> bool:
    """Whether the source of an event is the registered address of its sender.

    The official examples write it without a scheme and with the path of the event route; both are taken.
    """
    return _place(source) == _place(registered)


def _place(text: str) -> str:
    for path in ("/3/events", "/2/events"):
        text = text.rstrip("/").removesuffix(path)
    return text.partition("//")[2].rstrip("/").lower() or text
