"""An alarm is told once when it begins and once when it ends, and shows in the metrics meanwhile."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from feiqian.runtime.alarms import QUIET_SECONDS, Alarms, Readiness
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.shares import Shares


def test_a_full_share_rings_once_and_ends_once() -> None:
    now = [0.0]
    metrics, places = Metrics(), Shares[str](1)
    alarms = Alarms(metrics, lambda: now[0])
    alarms.watch("seats", "people who sit", places)
    with capture_logs() as logged:
        alarms.look()
        assert b"feiqian_alarm_seats 0.0" in metrics.render()
        places.enter("a")
        places.enter("a")
        for _ in range(3):
            alarms.look()
        assert b"feiqian_alarm_seats 1.0" in metrics.render()
        assert b"feiqian_seats_refused_total 1.0" in metrics.render()
        places.leave("a")
        now[0] += QUIET_SECONDS - 1
        alarms.look()
        now[0] += 1
        alarms.look()
    assert [(entry["event"], entry["alarm"], entry["log_level"]) for entry in logged] == [
        ("alarm_began", "seats", "error"),
        ("alarm_ended", "seats", "error"),
    ]
    assert logged[0]["refused"] == 1
    assert b"feiqian_alarm_seats 0.0" in metrics.render()


def test_a_refusal_between_two_looks_rings_although_there_is_room_again() -> None:
    places = Shares[str](1)
    alarms = Alarms(Metrics(), lambda: 0.0)
    alarms.watch("seats", "people who sit", places)
    places.enter("a")
    places.enter("a")
    places.leave("a")
    with capture_logs() as logged:
        alarms.look()
    assert [entry["event"] for entry in logged] == ["alarm_began"]


def test_an_alarm_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    metrics, true = Metrics(), set()
    alarms = Alarms(metrics)
    readiness = Readiness(alarms)
    alarms.add("queue_full", "the queue is full", lambda: "queue" in true)
    readiness.add("journal_overdue", "the journal does not answer", lambda: "journal" in true)
    with capture_logs() as told:
        for now in (set(), {"queue"}, {"queue"}, {"queue", "journal"}, {"journal"}, set(), set()):
            true.clear()
            true |= now
            alarms.look()
            text = metrics.render().decode()
            assert f"feiqian_alarm_queue_full {float('queue' in now)}" in text
            assert f"feiqian_alarm_journal_overdue {float('journal' in now)}" in text
            assert readiness.failing == (["journal_overdue"] if "journal" in now else [])
    assert [(line["event"], line["alarm"], line["log_level"]) for line in told] == [
        ("alarm_began", "queue_full", "error"),
        ("alarm_began", "journal_overdue", "error"),
        ("alarm_ended", "queue_full", "error"),
        ("alarm_ended", "journal_overdue", "error"),
    ]
    assert alarms.raised == []


def test_a_name_is_used_once() -> None:
    alarms = Alarms(Metrics())
    alarms.add("full", "it is full", lambda: False)
    with pytest.raises(ValueError, match="full"):
        alarms.add("full", "it is full", lambda: True)
