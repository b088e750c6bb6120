"""The memory of many connections that are gone is given back to the system, once nobody is refused any more."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from feiqian.runtime import garbage
from feiqian.runtime.shares import Admission
from feiqian.web.server.gate import MANY_GONE, Gate

FREED = """
import gc, os
from feiqian.bench.processor import resident_bytes
from feiqian.runtime.garbage import give_back
blocks = [bytearray(2000) for _ in range(40_000)]
full = resident_bytes(os.getpid())
blocks = blocks[-100:]
give_back()
print(full - resident_bytes(os.getpid()))
"""


class Connection:
    def overdue(self, now: float) -> bool:
        return False


@pytest.fixture
def given_back(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    times: list[bool] = []
    monkeypatch.setattr(garbage, "give_back", lambda: times.append(True))
    return times


def crowded(connections: int = MANY_GONE) -> Gate:
    """A gate whose sweep has found so many connections."""
    gate = Gate(Admission(1), 10_000)
    some: list[Any] = [Connection() for _ in range(connections)]
    gate.connections.update(some)
    gate.sweep()
    return gate


def test_once_when_many_are_gone(given_back: list[bool]) -> None:
    gate = crowded(MANY_GONE + 1)
    assert not given_back
    stays = gate.connections.pop()
    gate.connections.clear()
    gate.connections.add(stays)
    gate.sweep()
    gate.sweep()
    assert len(given_back) == 1


def test_not_for_a_few(given_back: list[bool]) -> None:
    gate = crowded()
    for _ in range(MANY_GONE - 1):
        gate.connections.pop()
        gate.sweep()
    assert not given_back
    gate.connections.pop()
    gate.sweep()
    assert len(given_back) == 1


def test_not_while_some_are_refused(given_back: list[bool]) -> None:
    gate = crowded()
    gate.parked.append(gate.connections.pop())
    gate.connections.clear()
    gate.sweep()
    assert not given_back
    gate.parked.clear()
    gate.sweep()
    assert len(given_back) == 1


def test_what_was_freed_goes_back_although_newer_memory_is_in_use() -> None:
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 40_000_000  # of 80


def test_another_c_library_gives_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage.ctypes, "CDLL", lambda _: object())
    garbage.give_back()
