"""How others reach this host: the one check of an address that stands in events, signatures and schemas."""

from __future__ import annotations

from urllib.parse import urlsplit

from gateway.model.finding import Refused, finding


def own_address(url: str) -> str:
    """The address without a slash at its end. Raises Refused (PULL-OWN-ADDRESS) unless it is https://HOST, with a
    path where there is one, and nothing else."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme == "https" and parts.hostname and parts.port != 0
        alone = not parts.query and not parts.fragment and parts.username is None
    except ValueError:
        whole = alone = False
    if not whole or not alone:
        raise Refused(finding("PULL-OWN-ADDRESS", stage="serve", url=url))
    return url.rstrip("/")
