"""Alarms: one line when a condition becomes true, one when it ends, and a gauge in between."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from feiqian.alarms import Alarms, Readiness
from feiqian.metrics import Metrics


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
        ("alarm_raised", "queue_full", "error"),
        ("alarm_raised", "journal_overdue", "error"),
        ("alarm_ended", "queue_full", "error"),
        ("alarm_ended", "journal_overdue", "error"),
    ]
    assert alarms.raised == []


def test_a_name_is_used_once() -> None:
    alarms = Alarms(Metrics())
    alarms.add("full", "it is full", lambda: False)
    with pytest.raises(ValueError, match="full"):
        alarms.add("full", "it is full", lambda: True)
