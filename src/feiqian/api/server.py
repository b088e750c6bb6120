"""The HTTP server: uvicorn with bounds of its own, and a shorter way for answers that are whole.

Over capacity it refuses payments before it parses them (`overload.py`). It bounds what a connection can make the server
hold: the head of a request, the time to send one, and answers that are not fetched.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
import urllib.parse
from collections import deque
from collections.abc import Iterator
from typing import Any

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from feiqian import logs

from .overload import REFUSAL, whole_requests
from .throttle import Admission

HEAD_LIMIT_BYTES = 16 * 1024
REQUEST_SECONDS = 10  # to send a whole request
IDLE_SECONDS = 75  # between requests
SWEEP_TICKS = 20  # of uvicorn's 0.1 s
TURN_SECONDS = 0.01
CONNECTIONS_PER_SECOND = 2_000  # that are read although they may be refused: less than a tenth of a processor
FULL_SECONDS = 0.25  # without a refusal, and we are no longer full
HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

_log = logs.get("feiqian.server")


class Exchange(RequestResponseCycle):
    """One request and its answer; what `extensions["feiqian.exchange"]` of the ASGI scope is.

    An application that has a whole answer gives it in one call, and it leaves in one write: half the system calls.
    """

    gate: Gate

    def whole_body(self) -> bytes | None:
        """The request's body if all of it is here, else None: then `receive` it."""
        return None if self.more_body or self.waiting_for_100_continue else bytes(self.body)

    def answer(self, head: bytes, body: bytes) -> None:
        """Sends the whole answer. `head` is the status line and the headers with Content-Length, each line ended."""
        if self.disconnected:
            return
        self.response_started = self.response_complete = True
        if b"\r\nconnection: close\r\n" in head:
            self.keep_alive = False
        elif not self.keep_alive:
            head += b"connection: close\r\n"
        date = self.default_headers[0][1]  # made anew every second by uvicorn
        if self.scope["method"] == "HEAD":
            body = b""
        self.gate.write(self.transport, b"%bdate: %b\r\n\r\n%b" % (head, date, body))
        self.message_event.set()
        if not self.keep_alive:
            self.gate.flush()
            self.transport.close()
        elif self.flow.write_paused:
            self.transport.abort()  # asks on and on, and does not fetch its answers
        self.on_response()


class Gate:
    """What the connections of one server share. `now` is monotonic, and as exact as the server's tick of 0.1 s."""

    def __init__(self, admission: Admission, connection_limit: int) -> None:
        self.admission = admission
        self.connection_limit = connection_limit
        self.connections: set[GatedProtocol] = set()
        self.parked: deque[GatedProtocol] = deque()  # refused, and not read for a while
        self.now = time.monotonic()
        self._outbox: list[tuple[asyncio.Transport, bytes]] = []
        self._refused_at = 0.0
        self._turning = False  # whether there is a next turn

    def write(self, transport: asyncio.Transport, data: bytes) -> None:
        """Sends at the end of this tick of the loop, so that all answers of one commit leave together.

        A client that sleeps is woken by the first of them instead of by each, which costs more than the sending.
        """
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self.flush)
        self._outbox.append((transport, data))

    def flush(self) -> None:
        """Sends what waits; whoever writes to a connection otherwise calls this first, to keep the order."""
        outbox, self._outbox = self._outbox, []
        for transport, data in outbox:
            if not transport.is_closing():
                transport.write(data)

    def park(self, connection: GatedProtocol) -> None:
        """Stops reading a connection that was refused, so that who asks again at once cannot use up the processor.

        It is read again when too few others are read to keep us busy, or in its turn: as many are as we can afford to
        refuse. Up to CONNECTIONS_PER_SECOND connections that is less than the second that it was told to wait.
        """
        connection.transport.pause_reading()
        self.parked.append(connection)
        self._refused_at = time.monotonic()
        if not self._turning:
            self._turning = True
            asyncio.get_running_loop().call_later(TURN_SECONDS, self._turn)

    @property
    def starving(self) -> bool:
        """Whether some wait to be read while those that are read could not fill what we can take."""
        return bool(self.parked) and len(self.connections) - len(self.parked) < self.admission.limit

    def unpark(self, count: int) -> None:
        """Reads so many connections again, those that have waited longest."""
        for _ in range(min(count, len(self.parked))):
            connection = self.parked.popleft()
            if not connection.transport.is_closing():
                connection.transport.resume_reading()

    def _turn(self) -> None:
        full = time.monotonic() - self._refused_at < FULL_SECONDS
        self.unpark(int(CONNECTIONS_PER_SECOND * TURN_SECONDS) if full else self.admission.limit)
        self._turning = bool(self.parked)
        if self._turning:
            asyncio.get_running_loop().call_later(TURN_SECONDS, self._turn)

    def sweep(self) -> None:
        """Closes connections that take too long to send a request, or have been idle for too long."""
        for connection in [c for c in self.connections if c.overdue(self.now)]:
            connection.transport.close()


class GatedProtocol(HttpToolsProtocol):
    """One connection."""

    gate: Gate  # set on the subclass that `Server` makes

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.receiving = False  # within a request
        self.in_head = False
        self.head_bytes = 0
        self.begun = self.idle_since = self.gate.now
        if len(self.gate.connections) >= self.gate.connection_limit:
            transport.write(REFUSAL.replace(b"retry-after", b"connection: close\r\nretry-after"))
            transport.close()
            return
        self.gate.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gate.connections.discard(self)
        super().connection_lost(exc)

    @property
    def idle(self) -> bool:
        """Whether nothing is being received or answered."""
        return not self.receiving and (self.cycle is None or self.cycle.response_complete)

    def overdue(self, now: float) -> bool:
        if self.receiving:
            return now - self.begun > REQUEST_SECONDS
        return self.idle and now - self.idle_since > IDLE_SECONDS

    # --- receiving ---------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        admission = self.gate.admission
        if admission.in_flight >= admission.limit and self.idle:
            count = whole_requests(data)
            if count:
                admission.refused += count
                self.idle_since = self.gate.now
                self.gate.write(self.transport, REFUSAL * count)
                self.gate.park(self)
                return
        self.head_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.transport.close()  # nothing here speaks another protocol
        except httptools.HttpParserError:
            self.gate.flush()
            self.send_400_response("Invalid HTTP request received.")
        else:
            if self.in_head and self.head_bytes > HEAD_LIMIT_BYTES:
                self.gate.flush()
                self.transport.write(HEAD_TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        self.receiving = self.in_head = True
        self.begun = self.gate.now
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """As uvicorn's, without what is not used here, and with our own `Exchange`."""
        self.in_head = False
        scope, http_version = self.scope, self.parser.get_http_version()
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = http_version
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope["path"] = urllib.parse.unquote(path) if "%" in path else path
        scope["raw_path"], scope["query_string"] = url.path, url.query or b""
        before = self.cycle
        self.cycle = exchange = Exchange(
            scope, self.transport, self.flow, self.logger, self.access_logger, False, self.server_state.default_headers,
            asyncio.Event(), self.expect_100_continue, http_version != "1.0" and self.parser.should_keep_alive(),
            self.on_response_complete,
        )  # fmt: skip
        exchange.gate = self.gate
        scope["extensions"] = {"feiqian.exchange": exchange}  # type: ignore[dict-item]  # an object is what we offer
        if before is None or before.response_complete:
            self._start_asgi_task(exchange, self.app)
        else:  # pipelined: it waits its turn
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))

    def on_message_complete(self) -> None:
        self.receiving, self.head_bytes = False, 0
        super().on_message_complete()

    # --- answering ---------------------------------------------------------------------------------------------

    def on_response_complete(self) -> None:
        """As uvicorn's, without a timer for each answer: the sweep closes idle connections."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            exchange, app = self.pipeline.pop()
            self._start_asgi_task(exchange, app)
        else:
            self.idle_since = self.gate.now
        if self.gate.starving:
            self.gate.unpark(1)


class Server(uvicorn.Server):
    """A uvicorn server that leaves signals to `app` and sweeps slow connections."""

    def __init__(self, app: Any, gate: Gate, host: str, port: int, name: str = "api") -> None:
        protocol = type("Protocol", (GatedProtocol,), {"gate": gate})
        config = uvicorn.Config(
            app, host=host, port=port, http=protocol, loop="none", lifespan="off", ws="none",
            access_log=False, log_config=None, server_header=False, proxy_headers=False, backlog=2048,
            timeout_graceful_shutdown=5,
        )  # fmt: skip
        super().__init__(config)
        self._gate, self.name = gate, name

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are `app`'s, which closes the ledger in order after the last answer."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            _log.info(
                "listening", what=self.name, url=f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            )

    async def on_tick(self, counter: int) -> bool:
        self._gate.now = time.monotonic()
        if counter % SWEEP_TICKS == 0:
            self._gate.sweep()
        return await super().on_tick(counter)

    @property
    def port(self) -> int:
        """The port that it listens on, once started (for port 0)."""
        return int(self.servers[0].sockets[0].getsockname()[1])
