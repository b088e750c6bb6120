"""Bytes to a served bank as no client would send them, and what it says."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import Any

import httpx

from feiqian.web.server.overload import REFUSAL

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


def statuses(said: bytes) -> list[int]:
    """Of the answers, in order."""
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]


def payment(served: Served, shop: httpx.Client, more: bytes = b"") -> bytes:
    """A new payment as bytes; `more` is fields of its head, each line ended."""
    return request_of("/v1/payments", served.order(), shop, more)


def request_of(path: str, asked: dict[str, Any], shop: httpx.Client, more: bytes = b"") -> bytes:
    """A POST of this body by this merchant as bytes; `more` as in `payment`."""
    body, key = json.dumps(asked).encode(), shop.headers["authorization"].encode()
    head = b"POST %b HTTP/1.1\r\nhost: x\r\nauthorization: %b\r\n" % (path.encode(), key)
    return head + b"content-type: application/json\r\n%bcontent-length: %d\r\n\r\n%b" % (more, len(body), body)
