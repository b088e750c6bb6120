"""Network addresses as shares are counted by them, and whose request is being answered. Knows nothing of HTTP."""

from __future__ import annotations

from contextvars import ContextVar
from ipaddress import IPv6Address, ip_address

UNKNOWN = "unknown"
IPV6_PREFIX = 64  # what one subscriber is given (RFC 6177): within it, addresses cost nothing

# The network of the client whose request the current task answers, set where requests come in.
client: ContextVar[str] = ContextVar("client", default=UNKNOWN)


def network_of(address: str) -> str:
    """What an address is counted as: an IPv4 address as it is, an IPv6 address as its /64, all others as UNKNOWN.

    An IPv4 address that is written as an IPv6 address (RFC 4291, 2.5.5.2) is the IPv4 address.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    prefix = int(parsed) >> (128 - IPV6_PREFIX) << (128 - IPV6_PREFIX)
    return f"{IPv6Address(prefix)}/{IPV6_PREFIX}"
