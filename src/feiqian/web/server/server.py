"""The HTTP server: uvicorn with bounds of its own, and a shorter way for answers that are whole.

Over capacity it refuses payments before it parses them (`overload.py`). It bounds what a connection can make the server
hold: the head of a request, the time to send one, and answers that are not fetched. What is no proper request, or could
be read in two ways (`paths.py`, `heads.py`), is answered once, after what came before it, and the connection is closed.
An Upgrade is not followed: such a request is read once more without that field, and served as any other.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterable, Iterator
from contextvars import Context, copy_context
from typing import Any, NoReturn

import httptools
import uvicorn
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from feiqian.runtime import logs
from feiqian.runtime.network import client, network_of

from .exchange import AtOnce, Exchange, Prompt
from .gate import Gate
from .heads import (
    VERSIONS,
    WHOLE_SERVER,
    absolute,
    as_get,
    is_host,
    is_whole_server,
    options_of_server,
    without_upgrade,
)
from .overload import (
    BAD_HOST,
    BAD_REQUEST,
    HEAD_TOO_LARGE,
    LAST_REFUSAL,
    NO_TUNNELS,
    OTHER_VERSION,
    REFUSAL,
    plain_requests,
)
from .paths import canonical, is_query, is_text

HEAD_LIMIT_BYTES = 16 * 1024
REQUEST_SECONDS = 10  # to send a whole request
IDLE_SECONDS = 75  # between requests
FETCH_SECONDS = 60  # in which nothing of an answer is fetched
OTHER_HEADS = 16  # one after another that were not known: this client's are never the same, and not looked for
PIPELINED = 128  # requests of one connection that wait for the answer to the one before
SWEEP_TICKS = 20  # of uvicorn's 0.1 s

__all__ = ["Exchange", "Gate", "GatedProtocol", "Server"]

_log = logs.get("feiqian.server")


class RefusedUnread(Exception):
    """A head that is not taken; ends the parsing, and `GatedProtocol.refusal` is the answer."""


def _head_size(url: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    """How many bytes a head has, the request line's constant parts aside."""
    return len(url) + sum(len(name) + len(value) + 4 for name, value in headers)


class GatedProtocol(HttpToolsProtocol):
    """One connection."""

    gate: Gate  # set on the subclass that `Server` makes, as is the next
    at_once: dict[bytes, AtOnce]  # what may need no task, by path

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.new = True  # nothing has been read
        self.receiving = False  # within a request
        self.in_head = False
        self.head_bytes = 0  # of a head, at most: what has come since it began, and what came with its first byte
        self.head_slack = 0  # of these, what may belong to the request before
        self.ascii = True  # whether the head is
        self.upgrading = False  # the head asks for another protocol, and is to be read once more
        self.hosts, self.host = 0, b""  # how many Host fields the head has, and the last of them
        self.known_host: bytes | None = None  # the last that was looked at, and is good
        self.prompt: Prompt | None = None  # a request that may need no task, while it is being received
        self.other_heads = 0  # one after another that were not known
        self.refusal, self.last_words = BAD_REQUEST, b""
        self.begun = self.idle_since = self.gate.now
        self.unfetched_since: float | None = None  # more of an answer waits than we keep, and the client fetches none
        address = self.client[0] if self.client else ""
        self.network, self.trusted = network_of(address), self.gate.proxies.trusts(address)
        self.context = self._context(self.network)
        if not self.gate.take(self):
            transport.write(LAST_REFUSAL)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gate.leave(self)
        super().connection_lost(exc)
        self.cycle = self.prompt = None  # type: ignore[assignment]  # each holds the other

    def pause_writing(self) -> None:
        self.unfetched_since = self.gate.now
        super().pause_writing()

    def resume_writing(self) -> None:
        self.unfetched_since = None
        super().resume_writing()

    def end(self) -> None:
        """Closes the connection now: in order only if nothing waits to be fetched, which might be for ever."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    @staticmethod
    def _context(network: str) -> Context:
        context = copy_context()
        context.run(client.set, network)
        return context

    @property
    def idle(self) -> bool:
        """Whether nothing is being received or answered."""
        return not self.receiving and (self.cycle is None or self.cycle.response_complete)

    @property
    def waits_since(self) -> float | None:
        """Since when we wait for the client: to send the rest of a request, or to fetch answers. None: we do not."""
        if self.unfetched_since is not None:
            return self.unfetched_since
        return self.begun if self.receiving else None

    def overdue(self, now: float) -> bool:
        if self.unfetched_since is not None and now - self.unfetched_since > FETCH_SECONDS:
            return True
        if self.receiving:
            return now - self.begun > REQUEST_SECONDS
        return self.idle and now - self.idle_since > IDLE_SECONDS

    # --- receiving ---------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.new and not self._arrives(data):
            return
        admission = self.gate.admission
        if admission.total >= admission.limit and self.idle and self._refuses_unparsed(data):
            return
        if self.last_words:
            return
        alone = not self.receiving and self.other_heads < OTHER_HEADS
        if alone and self._is_taken_again(data):
            return
        before = self.cycle
        if self.in_head:
            self.head_bytes += len(data)
            self.ascii = self.ascii and data.isascii()
        else:
            self.head_bytes, self.head_slack = len(data), 0
            self.ascii = data.isascii()
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._give_up()
        else:
            if self.prompt is not None:
                self._run(self.prompt)  # the rest of its body comes later
            if self.in_head and self.head_bytes > HEAD_LIMIT_BYTES + self.head_slack:
                self.refusal = HEAD_TOO_LARGE
                self._give_up()
            elif alone and self.cycle is not before:
                self._remember(data)

    def _refuses_unparsed(self, data: bytes) -> bool:
        """Whether these are requests that nobody may make now; then they have had their answers."""
        keys = plain_requests(data)
        if not keys or not self.gate.refuses(keys):
            return False
        if self.unfetched_since is not None:
            self.transport.abort()  # asks on and on, and does not fetch its answers
            return True
        self.gate.admission.refused += len(keys)
        self.idle_since = self.gate.now
        self.gate.write(self.transport, REFUSAL * len(keys))
        self.gate.park(self)
        return True

    def _is_taken_again(self, data: bytes) -> bool:
        """Whether it is one whole request, in its turn, with a head that is known, and the application has taken it."""
        before = self.cycle
        if (before is not None and not before.response_complete) or self.transport.is_closing():
            return False
        found = self.gate.heads.find(data)
        if found is None:
            return False
        prompt = self.cycle = self._prompt()
        if found.application.begin_again(prompt, found.known, data[found.size :]):
            self.other_heads = 0
            return True
        self.cycle = before
        return False

    def _remember(self, data: bytes) -> None:
        """Keeps the head, if all that has come is one new request that the application knows again by it."""
        prompt, application = self.cycle, self.at_once.get(self.url)  # None: of a request behind, which nobody hears
        if application is not None and type(prompt) is Prompt and prompt.known:
            self.gate.heads.keep(data, len(prompt.body), application, prompt.known)
            self.other_heads += 1

    def _prompt(self) -> Prompt:
        prompt = Prompt(self.gate, self.transport, self.flow, self.on_response_complete)
        prompt.default_headers = self.server_state.default_headers
        return prompt

    def _arrives(self, data: bytes) -> bool:
        """Whether the first that comes is read now. Until it is, nothing more comes."""
        self.new = False
        if self.gate.arrivals.enter():
            return True
        self.flow.pause_reading()
        self.gate.arrivals.wait(self.network, lambda: self._read_first(data))
        return False

    def _read_first(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        self.data_received(data)

    def _feed(self, data: bytes | memoryview) -> None:
        """Raises HttpParserError. Where a head asks for an upgrade the parser stops behind it: nothing of the body is
        read yet, and the framing is decided anew, from all fields but Upgrade."""
        while data:
            try:
                return self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as stop:
                data = memoryview(data)[stop.args[0] :]
                self._read_again()

    def _read_again(self) -> None:
        method, version, begun = self.parser.get_method(), self.parser.get_http_version(), self.begun
        head = without_upgrade(method, self.url, version, self.headers)
        self.upgrading = False
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self.parser.feed_data(head)
        self.begun = begun

    def _give_up(self) -> None:
        """What has come is no request, or has no end: says so once, after the answers before it, and closes."""
        newest, in_body = self.cycle, self.receiving and not self.in_head
        if in_body and not self.pipeline:
            if newest.response_started:  # it has had its answer
                self.transport.close()
            else:
                newest.disconnected = True
                newest.message_event.set()
                self._say_last(self.refusal)
            return
        if in_body:  # the broken one waits its turn behind others
            self.pipeline.popleft()
        if in_body or (newest is not None and not newest.response_complete):
            self.last_words = self.refusal
        else:
            self._say_last(self.refusal)

    def _say_last(self, answer: bytes) -> None:
        self.gate.flush()
        self.transport.write(answer)
        self.transport.close()

    def on_message_begin(self) -> None:
        self.receiving = self.in_head = True
        self.begun, self.hosts = self.gate.now, 0
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_header(self, name: bytes, value: bytes) -> None:
        """As uvicorn's; blanks around a value are no part of it (RFC 9110, 5.5)."""
        name, value = name.lower(), value.strip(b" \t")
        if name == b"host":
            self.hosts, self.host = self.hosts + 1, value
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def _refuse(self, answer: bytes = BAD_REQUEST) -> NoReturn:
        head = self.parser.get_method() == b"HEAD"
        self.refusal = answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if head else answer
        raise RefusedUnread

    def _check_host(self, version: str) -> None:
        if self.hosts > 1 or (not self.hosts and version != "1.0") or (self.hosts and not is_host(self.host)):
            self._refuse(BAD_HOST)
        self.known_host = self.host if self.hosts else None

    def _origin_form(self) -> bytes:
        """Of a target in absolute form, whose authority then goes before Host (RFC 9112, 3.2.2)."""
        found = absolute(self.url)
        if found is None:
            self._refuse()
        self.headers[:] = [(name, found[0] if name == b"host" else value) for name, value in self.headers]
        return found[1]

    def on_headers_complete(self) -> None:
        """Nearly as uvicorn's, with our own `Exchange`, or a `Prompt` and no task yet. Raises RefusedUnread."""
        http_version, method = self.parser.get_http_version(), self.parser.get_method()
        if self.head_bytes > HEAD_LIMIT_BYTES and _head_size(self.url, self.headers) > HEAD_LIMIT_BYTES:
            self._refuse(HEAD_TOO_LARGE)
        if http_version not in VERSIONS:
            self._refuse(OTHER_VERSION)
        if self.parser.should_upgrade():
            if method == b"CONNECT":
                self._refuse(NO_TUNNELS)
            self.upgrading = True
            return
        if self.hosts != 1 or self.host != self.known_host:
            self._check_host(http_version)
        if not self.ascii and not all(is_text(value) for _, value in self.headers):
            self._refuse()
        if self.transport.is_closing():
            return  # nobody hears of it: a request before it has had the last answer
        keep_alive, before = http_version != "1.0" and self.parser.should_keep_alive(), self.cycle
        first = before is None or before.response_complete
        if first and keep_alive and method == b"POST" and self._is_at_once():
            self.in_head = False
            self.cycle = self.prompt = self._prompt()
        else:
            self._begin(method, http_version, keep_alive)

    def _is_at_once(self) -> bool:
        """Whether the application without tasks may look at the request, once it is whole."""
        return self.url in self.at_once and not self.expect_100_continue

    def _begin(self, method: bytes, http_version: str, keep_alive: bool) -> None:
        """Begins a request with a task, now or in its turn. Raises RefusedUnread."""
        app = self.app if method != b"HEAD" else as_get(self.app)
        if method == b"OPTIONS" and is_whole_server(self.url):
            path, raw_path, query, app = "*", WHOLE_SERVER, b"", options_of_server
        else:
            path, raw_path, query = self._target()
        self.in_head, before = False, self.cycle
        self.cycle = exchange = self._exchange(method, path, raw_path, query, http_version, keep_alive)
        if before is None or before.response_complete:
            self._start_asgi_task(exchange, app)
        else:  # pipelined: it waits its turn
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, app))
            if len(self.pipeline) > PIPELINED:
                self._refuse(LAST_REFUSAL)

    def _exchange(
        self, method: bytes, path: str, raw_path: bytes, query: bytes, http_version: str, keep_alive: bool
    ) -> Exchange:
        scope: Any = {
            "type": "http", "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": http_version, "server": self.server, "client": self.client, "scheme": self.scheme,
            "method": method.decode("ascii"), "path": path, "raw_path": raw_path, "query_string": query,
            "root_path": self.root_path, "headers": self.headers, "state": self.app_state.copy(),
        }  # fmt: skip
        exchange = Exchange(
            scope, self.transport, self.flow, self.logger, self.access_logger, False, self.server_state.default_headers,
            asyncio.Event(), self.expect_100_continue, keep_alive, self.on_response_complete,
        )  # fmt: skip
        exchange.gate, exchange.tasks = self.gate, self.tasks
        asked_by = self._context(self.gate.proxies.client_of(self.headers)) if self.trusted else self.context.copy()
        exchange.context = asked_by
        scope["extensions"] = {"feiqian.exchange": exchange}
        return exchange

    def _run(self, prompt: Prompt) -> None:
        """Runs the application in a task after all, with as much of the body as has come."""
        self.prompt, path = None, self.url
        version = self.parser.get_http_version()
        self.cycle = exchange = self._exchange(b"POST", path.decode(), path, b"", version, prompt.keep_alive)
        exchange.body, exchange.more_body = prompt.body, prompt.more_body
        exchange.message_event.set()
        self._start_asgi_task(exchange, self.app)

    def _target(self) -> tuple[str, bytes, bytes]:
        """The path as text and as it came, and the query."""
        url = httptools.parse_url(self.url if self.url.startswith(b"/") else self._origin_form())
        path, query = canonical(url.path or b""), url.query or b""
        if path is None or url.fragment is not None or (query and not is_query(query)):
            self._refuse()
        return path, url.path, query

    def on_body(self, body: bytes) -> None:
        """As uvicorn's; no upgrade is followed here."""
        cycle = self.cycle
        if cycle.response_complete:
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        if self.upgrading:
            return
        self.receiving, self.head_slack = False, self.head_bytes
        cycle, prompt = self.cycle, self.prompt
        if cycle.response_complete:
            return
        cycle.more_body = False
        cycle.message_event.set()
        if prompt is not None:
            if self.at_once[self.url].begin(prompt, self.headers, bytes(prompt.body)):
                self.prompt = None
            else:
                self._run(prompt)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        assert isinstance(cycle, Exchange)
        task = self.loop.create_task(cycle.run_asgi(app), context=cycle.context)
        task.add_done_callback(cycle.ended)
        self.tasks.add(task)

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
        elif self.last_words:
            self._say_last(self.last_words)
        else:
            self.idle_since = self.gate.now
        if self.gate.starving:
            self.gate.unpark(1)


class Server(uvicorn.Server):
    """A uvicorn server that leaves signals to `app` and sweeps slow connections."""

    def __init__(
        self, app: Any, gate: Gate, host: str, port: int, name: str = "api", *, at_once: Iterable[AtOnce] = ()
    ) -> None:
        by_path = {one.path: one for one in at_once}
        protocol = type("Protocol", (GatedProtocol,), {"gate": gate, "at_once": by_path})
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
        self._gate.close_swept()
        return await super().on_tick(counter)

    @property
    def port(self) -> int:
        """The port that it listens on, once started (for port 0)."""
        return int(self.servers[0].sockets[0].getsockname()[1])
