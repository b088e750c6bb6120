"""Where webhooks may go: public addresses by https. What a name leads to is judged when it is connected to.

An endpoint's address is said by a merchant; a name may lead to another place each time that it is asked for. So every
address that the name gives is checked when the socket for it is made, and that address is what is connected to.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Any
from urllib.parse import urlsplit

from feiqian.notify.addresses import guarded_socket, is_public

LONGEST_URL = 1_000
_SEEN = re.compile(r"[!-~]+")  # ASCII, without spaces
_LOCAL = (".localhost", ".local", ".internal", ".home.arpa")


class TargetInvalid(ValueError):
    """Says what an address must be."""


def check_url(url: str, *, loopback: bool) -> None:
    """Whether it may be an endpoint's address. `loopback`: this machine may be, too, and without TLS.

    Raises TargetInvalid.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise TargetInvalid("this is no address of the web") from None
    if len(url) > LONGEST_URL or not _SEEN.fullmatch(url) or "\\" in url or not host:
        raise TargetInvalid(f"give an address of the web with {LONGEST_URL} characters at most")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise TargetInvalid("leave out names, passwords and what stands after #")
    if loopback and is_loopback(host) and parts.scheme in ("http", "https"):
        return
    if parts.scheme != "https":
        raise TargetInvalid("give an address that begins with https://")
    if port is not None and port != 443 and port < 1024:
        raise TargetInvalid("give the port 443, or one from 1024 on")
    if not _may_be_public(host):
        raise TargetInvalid("give a host that is reached from the public internet")


def is_loopback(host: str) -> bool:
    """Whether this name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def is_public_or_loopback(address: str) -> bool:
    """Which addresses may be connected to where this machine may be."""
    return is_public(address) or is_loopback(address)


def socket_to_loopback_too(info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
    """As `guarded_socket`, which this machine's own addresses pass, too."""
    family, kind, protocol, _, address = info
    return socket.socket(family, kind, protocol) if is_loopback(address[0]) else guarded_socket(info)


def _may_be_public(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2]
        return "." in host and not host.endswith(_LOCAL) and not re.fullmatch("[0-9]+|0x[0-9a-f]*", last)
    return is_public(host)
