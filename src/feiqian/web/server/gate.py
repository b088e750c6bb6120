"""What the connections of one server share: who may have one, what leaves together, and who is not read for a while."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from feiqian.runtime import garbage
from feiqian.runtime.network import Proxies
from feiqian.runtime.shares import Admission, Places

from .arrivals import Arrivals
from .known_heads import KnownHeads

if TYPE_CHECKING:
    from .server import GatedProtocol

TURN_SECONDS, LONGEST_TURN_SECONDS = 0.01, 0.1  # a loop that is busy comes late
CONNECTIONS_PER_SECOND = 1_000  # that are read although they may be refused: a twentieth of a processor
CLOSED_PER_TICK = 50  # of the sweep: all there may be in some seconds
FULL_SECONDS = 0.25  # without a refusal, and we are no longer full
MANY_GONE = 500  # connections, and their memory is given back: 3 KB of each, and more if it was busy


class Gate:
    """Of one server. `now` is monotonic, and as exact as the server's tick of 0.1 s."""

    def __init__(
        self,
        admission: Admission,
        connection_limit: int,
        proxies: Proxies | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.admission = admission
        self.proxies = proxies or Proxies()
        self.connections: set[GatedProtocol] = set()
        self.places: Places[str, GatedProtocol] = Places(connection_limit)  # by network
        self.parked: deque[GatedProtocol] = deque()  # refused, and not read for a while
        self.now = time.monotonic()
        self.arrivals, self.heads = Arrivals(), KnownHeads()
        self._swept: deque[GatedProtocol] = deque()  # to be closed
        self._most = 0  # connections that a sweep has found, since memory was given back
        self._outbox: list[tuple[asyncio.Transport, bytes]] = []
        self._timer = timer
        self._refused_at = self._turned_at = 0.0
        self._turning = False  # whether there is a next turn

    # --- who may have a connection -----------------------------------------------------------------------------

    def take(self, connection: GatedProtocol) -> bool:
        """Whether there is room for the connection; if all is taken, whoever holds most gives way if it can."""
        if self.places.full and not self._make_room(connection):
            self.places.refused += 1
            return False
        self.connections.add(connection)
        self.places.add(connection.network, connection)
        return True

    def leave(self, connection: GatedProtocol) -> None:
        self.connections.discard(connection)
        self.places.remove(connection.network, connection)

    def _make_room(self, connection: GatedProtocol) -> bool:
        """Closes the connection that has been idle for longest, else the one whose client we wait for longest.

        It is one of the network that holds most. A trusted proxy holds them for many, so it may replace its own.
        """
        _, held = self.places.giving_way(connection.network) or (None, [])
        if not held and connection.trusted:
            held = list(self.places.held.get(connection.network, ()))
        idle = min((one for one in held if one.idle), key=lambda one: one.idle_since, default=None)
        waiting = (one for one in held if one.waits_since is not None)
        late = idle or min(waiting, key=lambda one: one.waits_since or 0.0, default=None)
        if late is None:
            return False
        self.leave(late)
        late.end()
        return True

    # --- answering and reading ---------------------------------------------------------------------------------

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
        self._refused_at = self._timer()
        if not self._turning:
            self._turning, self._turned_at = True, self._refused_at
            asyncio.get_running_loop().call_later(TURN_SECONDS, self._turn)

    def refuses(self, keys: list[bytes]) -> bool:
        """Whether nobody whose API keys these are may begin anything now. What opens nothing is refused too."""
        numbers = map(self.admission.whose, keys)
        return not any(number is not None and self.admission.admits(number) for number in numbers)

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
        """Reads as many again as may be since the turn before."""
        now = self._timer()
        full, passed = now - self._refused_at < FULL_SECONDS, min(now - self._turned_at, LONGEST_TURN_SECONDS)
        self._turned_at = now
        self.unpark(round(CONNECTIONS_PER_SECOND * passed) if full else self.admission.limit)
        self._turning = bool(self.parked)
        if self._turning:
            asyncio.get_running_loop().call_later(TURN_SECONDS, self._turn)

    def sweep(self) -> None:
        """Finds connections that take too long to send a request or to fetch an answer, or are idle for too long."""
        self._swept = deque(c for c in self.connections if c.overdue(self.now))
        self._give_back()

    def _give_back(self) -> None:
        """Gives back the memory of connections once many are gone, and nobody is refused any more."""
        here = len(self.connections)
        self._most = max(self._most, here)
        if self._most - here >= MANY_GONE and not self.parked:
            self._most = here
            garbage.give_back()

    def close_swept(self) -> None:
        """Closes some of them: thousands at once, with what waits for their bodies, would hold everybody else up."""
        for _ in range(min(CLOSED_PER_TICK, len(self._swept))):
            connection = self._swept.popleft()
            if connection.overdue(self.now):
                connection.end()
