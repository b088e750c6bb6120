"""One request and its answer, as its connection keeps it: of an application in a task, or of one that needs none.

Only whole answers are sent from here, in one write; streams are uvicorn's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from .gate import Gate

_NO_SCOPE: Any = {"method": ""}
_POST: Any = {"method": "POST"}


class AtOnce(Protocol):
    """An application of one POST route that needs no task for what it can answer from memory."""

    path: bytes  # to the byte, with no query

    def begin(self, exchange: Prompt, headers: list[tuple[bytes, bytes]], body: bytes) -> bool:
        """Takes a whole request; `exchange.answer` is called once, now or later, in the event loop. False: nothing was
        done, and the application has to be run in a task. Never raises.

        Sets `exchange.known` where the head alone says what `begin_again` has to know.
        """
        ...

    def begin_again(self, exchange: Prompt, known: bytes, body: bytes) -> bool:
        """As `begin`, of a head that it has taken before, to the byte, and said that it is `known`. False: nothing was
        done, and the head has to be read."""
        ...


class Exchange(RequestResponseCycle):
    """One request and its answer; what `extensions["feiqian.exchange"]` of the ASGI scope is.

    An application that has a whole answer gives it in one call, and it leaves in one write: half the system calls.
    """

    gate: Gate
    context: Context  # in which the application runs: it knows whose request it is (`network.client`)
    tasks: set[asyncio.Task[None]]  # the server's

    def whole_body(self) -> bytes | None:
        """The request's body if all of it is here, else None: then `receive` it."""
        return None if self.more_body or self.waiting_for_100_continue else bytes(self.body)

    def ended(self, task: asyncio.Task[None]) -> None:
        """Lets go of the scope, which holds the exchange: else only the garbage collector would free both, and with
        them the connection, thousands of objects at once."""
        self.tasks.discard(task)
        self.scope = _NO_SCOPE

    def answer(self, head: bytes, body: bytes) -> None:
        """Sends the whole answer, once. `head`: status line and headers with Content-Length, each line ended."""
        if self.disconnected or self.response_complete:
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


class _NobodyWaits:
    """For what an application in a task would be woken by."""

    def set(self) -> None:
        pass


class Prompt(Exchange):
    """A request that may be answered without a task. One is made for each payment or order, with only what it needs."""

    scope = _POST
    message_event: Any = _NobodyWaits()
    disconnected = response_started = response_complete = False
    keep_alive = more_body = True
    known = b""  # what the application has made of the head, if it may be taken again

    def __init__(self, gate: Gate, transport: Any, flow: Any, on_response: Callable[[], None]) -> None:
        self.gate, self.transport, self.flow, self.on_response = gate, transport, flow, on_response
        self.body = bytearray()
