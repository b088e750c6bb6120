"""Which addresses of the network may be connected to on the word of a stranger: public ones (against SSRF)."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

# Public by their looks, but they lead to an address that is written inside them: NAT64, 6to4, Teredo.
_INDIRECT = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that is given out of IPv6 (RFC 4291, 2.4)


class ForbiddenAddress(OSError):
    """A private, link-local, loopback or otherwise not public address was to be connected to."""


def is_public(address: str) -> bool:
    """Whether this is a unicast address of the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip not in _UNICAST or any(ip in network for network in _INDIRECT):
            return False
    return ip.is_global and not ip.is_multicast


def guarded_socket(info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
    """A socket for an address that was looked up (getaddrinfo's form). Raises ForbiddenAddress."""
    family, kind, protocol, _, address = info
    if not is_public(address[0]):
        raise ForbiddenAddress("not a public address")
    return socket.socket(family, kind, protocol)
