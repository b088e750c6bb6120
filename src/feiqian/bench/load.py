"""A load generator that keeps its pace whatever the server does (open loop), over a bounded number of connections.

One request at a time goes over a connection, as HTTP/1.1 clients do it. A request that is due when no connection is
free is counted as not sent, never sent late: so waiting at the server cannot hide in the generator.

Some clients are polite: after a refusal they send nothing on that connection until the time of its Retry-After is over.
The others send at once whatever they were told.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

POLL_SECONDS = 0.0005
RETRY_AFTER = re.compile(rb"\r\nretry-after: (\d+)\r\n", re.I)
HEAD = "POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n"


class Answered(NamedTuple):
    """One answer: when it came (since the start), how long it took, in seconds, its HTTP status, and whose it was."""

    at: float
    took: float
    status: int
    polite: bool = False


class Outcome(NamedTuple):
    """What came of a run. `not_sent`: due while every connection was waiting for an answer."""

    seconds: float
    due: int
    not_sent: int
    answered: list[Answered]

    def count(self, status: int) -> int:
        """Answers of this status."""
        return sum(answer.status == status for answer in self.answered)

    def rate(self, status: int) -> float:
        """Answers of this status per second."""
        return self.count(status) / self.seconds

    def took_ms(self, status: int, share: float, *, since: float = 0.0, polite: bool | None = None) -> float:
        """This percentile of how long such answers took, to polite clients (True), to the others, or to all (None)."""
        found = (a for a in self.answered if a.status == status and a.at >= since)
        took = sorted(a.took for a in found if polite is None or a.polite == polite)
        return took[min(len(took) - 1, int(len(took) * share))] * 1000 if took else 0.0


class Load:
    """Connections to a server, so many of them polite clients'; `requests` are whole HTTP requests, each sent once."""

    def __init__(self, port: int, connections: int, requests: Iterator[bytes], *, polite: int = 0) -> None:
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
        self._polite = set(islice(self._sockets, polite))
        self._resting: dict[int, float] = {}  # polite ones that were refused, and until when

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
            self._wake()
            wanted = len(self._idle) if rate is None else int(now * rate) - due
            sent = self._send(min(wanted, len(self._idle)))
            due += wanted
            not_sent += wanted - sent
            self._receive(answered, began, POLL_SECONDS)
        took = time.perf_counter() - began
        while self._sent_at and time.perf_counter() - began < seconds + 10:
            self._receive([], began, 0.05)
        return Outcome(took, due, not_sent, answered)

    def _send(self, count: int) -> int:
        for _ in range(count):
            number = self._idle.popleft()
            self._sent_at[number] = time.perf_counter()
            self._sockets[number].send(next(self._requests))
        return count

    def _receive(self, answered: list[Answered], began: float, timeout: float) -> None:
        for number, _ in self._poll.poll(timeout):
            data = self._sockets[number].recv(65536)
            if not data or number not in self._sent_at:  # with one request at a time nothing else is said
                raise SystemExit("feiqian bench: the server closed a connection, or took none")
            now, polite = time.perf_counter(), number in self._polite
            answered.append(Answered(now - began, now - self._sent_at.pop(number), int(data[9:12]), polite))
            wait = RETRY_AFTER.search(data) if polite else None
            if wait:
                self._resting[number] = now + int(wait[1])
            else:
                self._idle.append(number)

    def _wake(self) -> None:
        """Polite clients whose time is over may send again."""
        now = time.perf_counter()
        for number in [one for one, until in self._resting.items() if until <= now]:
            del self._resting[number]
            self._idle.append(number)


def request(key: str, body: str) -> bytes:
    """A whole HTTP request for a payment."""
    return f"{HEAD.format(key)}Content-Length: {len(body)}\r\n\r\n{body}".encode()
