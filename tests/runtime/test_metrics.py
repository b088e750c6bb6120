"""What is measured is what happened: rates, percentiles, and counts by route and status."""

from __future__ import annotations

import pytest

from feiqian.runtime.metrics import Live, Metrics


class Time:
    """A clock that is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_observed_is_zero() -> None:
    assert Live(now=Time()).snapshot() == {"rate": 0.0, "p50_ms": 0.0, "p95_ms": 0.0, "p99_ms": 0.0}


def test_rate_and_percentiles_of_what_was_observed() -> None:
    time = Time()
    live = Live(1024, time)
    for i in range(200):
        time.now += 0.01
        live.observe((i + 1) / 1000)
    snapshot = live.snapshot()
    assert snapshot["rate"] == pytest.approx(100, rel=0.02)
    assert (snapshot["p50_ms"], snapshot["p99_ms"]) == pytest.approx((101, 199))


def test_the_rate_holds_when_the_window_has_more_than_is_kept() -> None:
    time = Time()
    live = Live(64, time)
    for _ in range(1000):
        time.now += 0.0001
        live.observe(0.001)
    assert live.snapshot()["rate"] == pytest.approx(10_000, rel=0.05)


def test_old_observations_are_forgotten() -> None:
    time = Time()
    live = Live(64, time)
    live.observe(9.0)
    time.now += 3
    assert live.snapshot()["rate"] == 0
    time.now += 60
    assert live.snapshot()["p99_ms"] == 0


def test_metrics_are_exposed_by_route_and_status() -> None:
    metrics = Metrics()
    metrics.observe("createPayment", 200, 0.0015)
    metrics.observe("createPayment", 503, 9.0)
    metrics.gauge("feiqian_x", "X", lambda: 7)
    text = metrics.render().decode()
    assert 'feiqian_requests_total{route="createPayment",status="503"} 1.0' in text
    assert 'feiqian_request_seconds_bucket{le="0.002",route="createPayment"} 1.0' in text
    assert 'feiqian_request_seconds_bucket{le="+Inf",route="createPayment"} 2.0' in text
    assert "feiqian_x 7.0" in text
