"""What strangers may make the server keep: so much each, so much in all; whoever holds most makes room."""

from __future__ import annotations

import random

from structlog.testing import capture_logs

from feiqian.runtime.holdings import Holdings
from feiqian.runtime.metrics import Metrics


def test_of_one_holder_the_oldest_makes_room() -> None:
    held = Holdings("things", 3, 100)
    assert [held.take("a", str(n)) for n in range(5)] == [[], [], [], ["0"], ["1"]]
    assert held.take("b", "x") == []
    assert len(held) == 4


def test_abuse_77_who_holds_most_makes_room_for_a_newcomer() -> None:
    held = Holdings("things", 100, 10)
    held.take("newcomer", "first")
    for n in range(50):
        held.take("flood", str(n))
    assert len(held) == 10
    assert held.take("newcomer", "second") == ["41"]
    assert held.take("another", "third") == ["42"]


def test_what_is_dropped_makes_room() -> None:
    held = Holdings("things", 2, 2)
    held.take("a", "1")
    held.take("a", "2")
    held.drop(["1", "never there"])
    assert held.take("b", "3") == []


def test_being_full_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    held, metrics = Holdings("things", 100, 10), Metrics()
    held.measure(metrics)
    with capture_logs() as logs:
        for n in range(30):
            held.take(f"holder {n}", str(n))
        assert b"feiqian_alarm_kept_things_full 1.0" in metrics.render()
        held.drop(map(str, range(30)))
    assert [(log["event"], log["alarm"], log["log_level"]) for log in logs] == [
        ("alarm_began", "kept_things_full", "error"),
        ("alarm_ended", "kept_things_full", "error"),
    ]
    assert b"feiqian_kept_things 0.0" in metrics.render()


def test_whatever_is_taken_and_dropped_the_bounds_hold() -> None:
    held, dice, there = Holdings("things", 7, 20), random.Random(77), set[str]()
    for n in range(5_000):
        key = str(n)
        there.add(key)
        there -= set(held.take(f"holder {dice.randrange(12)}", key))
        if dice.random() < 0.3:
            gone = dice.sample(sorted(there), min(3, len(there)))
            held.drop(gone)
            there -= set(gone)
        assert len(held) == len(there) <= 20
