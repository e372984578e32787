"""stub until events is merged"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True)
class AddressPolicy:
    loopback: bool = False
    private: bool = False
    plain_http: bool = False

    def permits(self, address: str) -> bool:
        ip = ipaddress.ip_address(address.partition("%")[0])
        if ip.is_loopback:
            return self.loopback
        if ip.is_private:
            return self.private
        return ip.is_global and not ip.is_multicast


PUBLIC_ONLY = AddressPolicy()
