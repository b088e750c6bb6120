"""A load generator that keeps its pace whatever the server does (open loop), over a bounded number of connections.

One request at a time goes over a connection, as HTTP/1.1 clients do it. A request that is due when no connection is
free is counted as not sent, never sent late: so waiting at the server cannot hide in the generator.
"""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

POLL_SECONDS = 0.0005
HEAD = "POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n"


class Answered(NamedTuple):
    """One answer: when it came (since the start), how long it took, in seconds, and its HTTP status."""

    at: float
    took: float
    status: int


class Outcome(NamedTuple):
    """What came of a run. `not_sent`: due while every connection was waiting for an answer."""

    seconds: float
    due: int
    not_sent: int
    answered: list[Answered]

    def rate(self, status: int) -> float:
        """Answers of this status per second."""
        return sum(answer.status == status for answer in self.answered) / self.seconds

    def took_ms(self, status: int, share: float, since: float = 0.0) -> float:
        """This percentile of how long such answers took."""
        took = sorted(a.took for a in self.answered if a.status == status and a.at >= since)
        return took[min(len(took) - 1, int(len(took) * share))] * 1000 if took else 0.0


class Load:
    """Connections to a server; `requests` are whole HTTP requests, each sent once."""

    def __init__(self, port: int, connections: int, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._sent_at: dict[int, float] = {}
        for _ in range(connections):
            one = socket.create_connection(("127.0.0.1", port), 10)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.setblocking(False)
            self._sockets[one.fileno()] = one
            self._poll.register(one, select.EPOLLIN)
        self._idle = deque(self._sockets)

    def close(self) -> None:
        self._poll.close()
        for one in self._sockets.values():
            one.close()

    def run(self, seconds: float, rate: float | None = None) -> Outcome:
        """Sends `rate` requests a second, or (None) as fast as answers come, and waits for the last answers."""
        answered: list[Answered] = []
        due = not_sent = 0
        began = time.perf_counter()
        while (now := time.perf_counter() - began) < seconds:
            wanted = len(self._idle) if rate is None else int(now * rate) - due
            sent = self._send(min(wanted, len(self._idle)), began)
            due += wanted
            not_sent += wanted - sent
            self._receive(answered, began, POLL_SECONDS)
        took = time.perf_counter() - began
        while self._sent_at and time.perf_counter() - began < seconds + 10:
            self._receive([], began, 0.05)
        return Outcome(took, due, not_sent, answered)

    def _send(self, count: int, began: float) -> int:
        for _ in range(count):
            number = self._idle.popleft()
            self._sent_at[number] = time.perf_counter() - began
            self._sockets[number].send(next(self._requests))
        return count

    def _receive(self, answered: list[Answered], began: float, timeout: float) -> None:
        for number, _ in self._poll.poll(timeout):
            data = self._sockets[number].recv(65536)
            if not data:
                raise SystemExit("feiqian bench: the server closed a connection")
            now = time.perf_counter() - began
            answered.append(Answered(now, now - self._sent_at.pop(number), int(data[9:12])))
            self._idle.append(number)


def request(key: str, body: str) -> bytes:
    """A whole HTTP request for a payment."""
    return f"{HEAD.format(key)}Content-Length: {len(body)}\r\n\r\n{body}".encode()
