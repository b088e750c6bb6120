"""The HTTP server: uvicorn with bounds of its own. Over capacity it refuses payments before it parses them.

A refusal must cost next to nothing, or refusing would use up what serving needs. It also bounds what one connection can
make the server hold: its headers, and the time that it may take to send a request.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from . import problems
from .throttle import Admission

HEAD_LIMIT_BYTES = 16 * 1024
REQUEST_SECONDS = 10  # to send a whole request
SWEEP_SECONDS = 2.0
GUARDED = b"POST /v1/payments"  # what is refused unparsed: new payments, refunds, cancellations

_BODY = msgspec.json.encode(problems.OVERLOADED.problem())
REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n"
    b"cache-control: no-store\r\ncontent-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)

HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def whole_requests(data: bytes) -> int:
    """How many HTTP/1.1 requests to guarded routes `data` is made of, to the byte; 0 if it is anything else."""
    count, at, end = 0, 0, len(data)
    while at < end:
        head_end = data.find(b"\r\n\r\n", at)
        if head_end < 0 or not data.startswith(GUARDED, at):
            return 0
        length = _content_length(data[at:head_end].lower())
        if length is None:
            return 0
        at = head_end + 4 + length
        count += 1
    return count if at == end else 0


def _content_length(head: bytes) -> int | None:
    """The announced length of the body, or None where the request is not plain enough to be refused unparsed."""
    if b" http/1.1" not in head or b"\nconnection:" in head or b"\ntransfer-encoding:" in head or b"\nexpect:" in head:
        return None
    _, found, rest = head.partition(b"\r\ncontent-length:")
    digits = rest.partition(b"\r\n")[0].strip()
    if not found:
        return 0
    return int(digits) if digits.isdigit() and len(digits) < 6 else None


class Gate:
    """What the connections of one server share."""

    def __init__(self, admission: Admission, connection_limit: int) -> None:
        self.admission = admission
        self.connection_limit = connection_limit
        self.connections: set[GatedProtocol] = set()

    def sweep(self, now: float) -> None:
        """Closes connections that are taking too long to send a request."""
        for connection in [c for c in self.connections if c.begun and now - c.begun > REQUEST_SECONDS]:
            connection.transport.close()


class GatedProtocol(HttpToolsProtocol):
    """One connection."""

    gate: Gate  # set on the subclass that `serve` makes

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.begun = 0.0  # when the request that is being received began; 0 between requests
        self.head_bytes = 0
        if len(self.gate.connections) >= self.gate.connection_limit:
            transport.write(REFUSAL.replace(b"retry-after", b"connection: close\r\nretry-after"))
            transport.close()
            return
        self.gate.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gate.connections.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        admission = self.gate.admission
        idle = self.cycle is None or self.cycle.response_complete
        if admission.in_flight >= admission.limit and idle and not self.begun:
            count = whole_requests(data)
            if count:
                admission.refused += count
                self.transport.write(REFUSAL * count)
                return
        if not self.begun:
            self.begun = time.monotonic()
        self.head_bytes += len(data)
        super().data_received(data)
        if self.head_bytes > HEAD_LIMIT_BYTES and (self.cycle is None or self.cycle.response_complete):
            self.transport.write(HEAD_TOO_LARGE)
            self.transport.close()

    def on_message_complete(self) -> None:
        self.begun, self.head_bytes = 0.0, 0
        super().on_message_complete()


class Server(uvicorn.Server):
    """A uvicorn server that leaves signals to `app` and sweeps slow connections."""

    def __init__(self, app: Any, gate: Gate, host: str, port: int) -> None:
        protocol = type("Protocol", (GatedProtocol,), {"gate": gate})
        config = uvicorn.Config(
            app, host=host, port=port, http=protocol, loop="none", lifespan="off", ws="none",
            access_log=False, log_config=None, server_header=False, proxy_headers=False, backlog=2048,
            timeout_keep_alive=75, timeout_graceful_shutdown=10,
        )  # fmt: skip
        super().__init__(config)
        self._gate = gate

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are `app`'s, which closes the ledger in order after the last answer."""
        yield

    async def on_tick(self, counter: int) -> bool:
        if counter % int(SWEEP_SECONDS * 10) == 0:
            self._gate.sweep(time.monotonic())
        return await super().on_tick(counter)

    @property
    def port(self) -> int:
        """The port that it listens on, once started (for port 0)."""
        return int(self.servers[0].sockets[0].getsockname()[1])
