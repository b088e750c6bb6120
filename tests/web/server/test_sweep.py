"""The sweep closes what is too slow, some in a tick, and looks again before it closes."""

from __future__ import annotations

from typing import Any

from feiqian.runtime.shares import Admission
from feiqian.web.server.gate import CLOSED_PER_TICK, Gate


class Connection:
    """One that is overdue until it is closed, or goes on."""

    def __init__(self) -> None:
        self.late, self.closed = True, False

    def overdue(self, _now: float) -> bool:
        return self.late and not self.closed

    def end(self) -> None:
        self.closed = True


def test_abuse_71_connections_that_are_too_slow_are_closed_some_in_a_tick() -> None:
    gate, crowd = Gate(Admission(1), 4096), [Connection() for _ in range(3 * CLOSED_PER_TICK)]
    slow: Any = crowd
    gate.connections.update(slow)
    gate.sweep()
    closed = []
    for tick in range(4):
        gate.close_swept()
        closed.append(sum(one.closed for one in crowd))
        if tick == 0:
            goes_on = next(one for one in crowd if not one.closed)
            goes_on.late = False
    steps = [now - before for before, now in zip([0, *closed], closed, strict=False)]
    assert steps[0] == max(steps) == CLOSED_PER_TICK
    assert closed[-1] == 3 * CLOSED_PER_TICK - 1
    assert not goes_on.closed
