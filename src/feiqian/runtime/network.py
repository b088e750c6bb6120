"""Network addresses as shares are counted by them, and whose request is being answered.

Of HTTP it knows the two headers by which a proxy says for whom it asks: believed of trusted proxies alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

UNKNOWN = "unknown"
IPV6_PREFIX = 64  # what one subscriber is given (RFC 6177): within it, addresses cost nothing
CHAINS_KEPT = 4096
ADDRESSES_KEPT = 4096

# The network of the client whose request the current task answers, set where requests come in.
client: ContextVar[str] = ContextVar("client", default=UNKNOWN)


@lru_cache(ADDRESSES_KEPT)
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


class Proxies:
    """The proxies that are trusted to say for whom they ask: networks, separated by commas.

    Raises ValueError, saying which is none.
    """

    def __init__(self, networks: str = "") -> None:
        self._networks: list[IPv4Network | IPv6Network] = [
            ip_network(one.strip()) for one in networks.split(",") if one.strip()
        ]
        self._of_chain = lru_cache(CHAINS_KEPT)(self._network_of_chain)
        self.trusts = lru_cache(ADDRESSES_KEPT)(self._trusts) if self._networks else lambda _: False

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._networks)

    def client_of(self, headers: Sequence[tuple[bytes, bytes]]) -> str:
        """The network of whoever a trusted proxy asks for: of the last address that is not a trusted proxy's own.

        `X-Forwarded-For` or `Forwarded` (RFC 7239). Only one of them is the proxy's, the other may be the client's
        invention, so where they differ nobody is believed: UNKNOWN.
        """
        old = b",".join([value for name, value in headers if name == b"x-forwarded-for"])
        new = b",".join([value for name, value in headers if name == b"forwarded"])
        if not new:
            return self._of_chain(old)
        told = self._of_chain(b",".join(map(_for, new.split(b","))))
        return told if not old or told == self._of_chain(old) else UNKNOWN

    def _network_of_chain(self, chain: bytes) -> str:
        network = UNKNOWN
        for hop in reversed(chain.decode("latin-1").split(",")):
            address = _bare(hop)
            network = network_of(address)
            if not self.trusts(address):
                break
        return network


def _for(element: bytes) -> bytes:
    """The `for` of one element of Forwarded, without quotes."""
    for pair in element.split(b";"):
        name, _, value = pair.strip().partition(b"=")
        if name.lower() == b"for":
            return value.strip(b'"')
    return b""


def _bare(hop: str) -> str:
    """An address without its port: `192.0.2.1:80`, `[2001:db8::1]:80`, or as it is."""
    hop = hop.strip()
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
