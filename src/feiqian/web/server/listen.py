"""The addresses that a server listens on, bound before anything of the bank is touched.

A bound socket that nobody listens on yet refuses connections: clients see a server that is not up, and nothing that
they send waits for a recovery to end.
"""

from __future__ import annotations

import socket

from feiqian.errors import StartRefused


def bind(host: str, port: int) -> list[socket.socket]:
    """Sockets bound to every address of this host, all on one port (0 takes any free one). Raises StartRefused."""
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(found):
            one = socket.socket(family, kind, protocol)
            sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port whose server was killed is free at once
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind((address[0], port_of(sockets[0]) if len(sockets) > 1 else port, *address[2:]))
    except OSError as error:
        for one in sockets:
            one.close()
        raise StartRefused(
            f"cannot listen on {host}:{port}: {error.strerror or error};"
            " stop what listens there, or choose another port"
        ) from error
    return sockets


def port_of(bound: socket.socket) -> int:
    """The port of a bound socket."""
    return int(bound.getsockname()[1])
