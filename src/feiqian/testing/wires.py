"""Connections to a served bank whose other end is the test: made in the server's loop, without a socket."""

from __future__ import annotations

import asyncio
from typing import Any

from feiqian.web.server.server import GatedProtocol

from .served import Served


class Wire(asyncio.Transport):
    """A connection whose other end is the test: what the server wrote to it, and in `all` with all other wires."""

    all: list[Wire]

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.said, self.closed = b"", False

    def write(self, data: Any) -> None:
        self.said += data
        self.all.append(self)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def connected(served: Served) -> tuple[GatedProtocol, Wire]:
    """A connection, to be made in the server's loop."""
    config, wire = served.server.config, Wire()
    protocol: Any = config.http_protocol_class
    connection = protocol(config=config, server_state=served.server.server_state, app_state={})
    connection.connection_made(wire)
    connection.new = False  # as one that has been read before
    return connection, wire
