"""The edge of the host: over what a request came, which name of ours it used, and from which address.

Only what comes over TLS is answered, here or at a proxy that the settings name. The name that a request gives is used
in links and tokens, so only names of ours count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from gateway.service.problem import HttpProblem, bad_request
from gateway.service.settings import Network, Settings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?)(?::([0-9]{1,5}))?")
_PLAIN = "This host answers over TLS only. Use https; what was sent here in the clear should be changed."


@dataclass(frozen=True)
class Origin:
    """``base_url``: how the caller reaches this host. ``address``: where the caller is."""

    base_url: str
    address: str


class Edge:
    """Looks at each request before anything else does. ``names``: host names, those of the certificate too."""

    def __init__(self, settings: Settings, names: Iterable[str] = ()) -> None:
        public = urlsplit(settings.public_base_url)
        own = [*settings.allowed_hosts, *names, *([public.hostname] if public.hostname else [])]
        self.names = frozenset(name.lower().strip("[]") for name in own)
        self._public = settings.public_base_url
        self._path = public.path
        self._proxies = settings.behind_proxy
        self._is_ours = lru_cache(maxsize=256)(self._find_ours)

    def look(self, scope: dict[str, Any]) -> Origin:
        """Raises HttpProblem: 403 for plain HTTP, 400 for a host that is not ours."""
        peer = (scope.get("client") or ("", 0))[0]
        proxied = bool(self._proxies) and is_within(peer, self._proxies)
        secure = self._forwarded(scope) if proxied else scope["scheme"] == "https"
        if not secure:
            raise HttpProblem(403, _PLAIN, "BadRequest", {"Connection": "close"})
        hosts = (proxied and values(scope, b"x-forwarded-host")) or values(scope, b"host")
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            raise bad_request("The host that this request names is not this one.")
        address = self._caller(scope, peer) if proxied else peer
        return Origin(f"https://{hosts[0].lower()}{self._path}", address)

    def issuer(self, origin: Origin) -> str:
        """Who issues tokens: the public base URL, or the name that the caller used."""
        return self._public or origin.base_url

    def is_issuer(self, url: str) -> bool:
        """Whether a token's issuer is this host."""
        if self._public:
            return url == self._public
        return url.startswith("https://") and self._is_ours(url.removeprefix("https://"))

    def _find_ours(self, authority: str) -> bool:
        found = _AUTHORITY.fullmatch(authority.lower())
        if found is None or int(found[2] or 443) > 65535:
            return False
        name = found[1].strip("[]")
        return name in self.names or f"*.{name.partition('.')[2]}" in self.names

    @staticmethod
    def _forwarded(scope: dict[str, Any]) -> bool:
        """Whether the proxies say that it came over TLS all the way."""
        said = values(scope, b"x-forwarded-proto")
        return bool(said) and all(value.lower() == "https" for value in said)

    def _caller(self, scope: dict[str, Any], peer: str) -> str:
        """The last address that no proxy of ours has."""
        for address in reversed(values(scope, b"x-forwarded-for")):
            if not is_within(address, self._proxies):
                return address[:64]
        return peer


def values(scope: dict[str, Any], name: bytes) -> list[str]:
    """The values of a header, lists taken apart."""
    joined = b",".join(value for header, value in scope["headers"] if header == name)
    return [word for part in joined.decode("latin-1").split(",") if (word := part.strip())]


@lru_cache(maxsize=4096)
def is_within(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address lies in one of these networks; text that is no address does not."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in networks)
