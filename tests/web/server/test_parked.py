"""Connections that were refused are read again in their turn: so many a second, however late the loop comes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from feiqian.runtime.shares import Admission
from feiqian.web.server.gate import CONNECTIONS_PER_SECOND, FULL_SECONDS, LONGEST_TURN_SECONDS, TURN_SECONDS, Gate

LIMIT = 4


class Connection:
    """One that was refused, and is its own transport."""

    def __init__(self) -> None:
        self.transport, self.read = self, True

    def pause_reading(self) -> None:
        self.read = False

    def resume_reading(self) -> None:
        self.read = True

    def is_closing(self) -> bool:
        return False


def read_again(seconds: float, *, since_refused: float = 0.0) -> int:
    """How many of many are read in a turn that comes so long after the first was refused."""
    now = 1000.0
    gate = Gate(Admission(LIMIT), 10_000, timer=lambda: now)
    connections: list[Any] = [Connection() for _ in range(1000)]

    async def scene() -> None:
        nonlocal now
        gate.park(connections[0])
        now += seconds - since_refused
        for one in connections[1:]:
            gate.park(one)
        now += since_refused
        gate._turn()

    asyncio.run(scene())
    assert all(one.read for one in connections[: len(connections) - len(gate.parked)])  # who waited longest
    return sum(one.read for one in connections)


@pytest.mark.parametrize("turns", [1, 3, 10])
def test_a_loop_that_comes_late_reads_as_many_a_second_again(turns: int) -> None:
    assert read_again(turns * TURN_SECONDS) == round(turns * TURN_SECONDS * CONNECTIONS_PER_SECOND)


def test_a_loop_that_stood_still_does_not_read_all_at_once() -> None:
    assert read_again(30.0) == round(LONGEST_TURN_SECONDS * CONNECTIONS_PER_SECOND)


def test_once_nobody_is_refused_as_many_are_read_as_can_be_under_way() -> None:
    assert read_again(1.0, since_refused=FULL_SECONDS) == LIMIT
