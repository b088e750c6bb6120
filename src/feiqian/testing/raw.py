"""Bytes to a served bank as no client would send them, and what it says."""

from __future__ import annotations

import contextlib
import socket

from feiqian.api.overload import REFUSAL

from .served import Served


def raw(served: Served, data: bytes, *, closing: bool = False) -> bytes:
    """What the server says to these bytes until it closes the connection; `closing` says that the client closes too."""
    said = b""
    with socket.create_connection(("127.0.0.1", served.server.port), 10) as connection:
        with contextlib.suppress(OSError):  # it may have answered and closed already
            connection.sendall(data)
            if closing:
                connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while some := connection.recv(65536):
                said += some
                if not closing and said == REFUSAL:
                    break
    return said
