"""An alarm is told once when it begins and once when it ends, and shows in the metrics meanwhile."""

from __future__ import annotations

from structlog.testing import capture_logs

from feiqian.alarms import QUIET_SECONDS, Alarms
from feiqian.metrics import Metrics
from feiqian.shares import Shares


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
