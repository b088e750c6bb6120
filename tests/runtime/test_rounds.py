"""Queues that take turns."""

from __future__ import annotations

from feiqian.runtime.rounds import Rounds


def test_each_key_has_its_turn_and_its_own_come_in_order() -> None:
    rounds: Rounds[str, int] = Rounds()
    for key, value in (("crowd", 1), ("crowd", 2), ("crowd", 3), ("one", 4), ("two", 5)):
        rounds.add(key, value)
    assert [rounds.next() for _ in range(3)] == [1, 4, 5]
    rounds.add("one", 6)
    assert [rounds.next() for _ in range(3)] == [2, 6, 3]
    assert not rounds
