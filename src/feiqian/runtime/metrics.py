"""What the process measures of itself: requests by route and status, latencies, and what the live pages show.

Observing costs well under a microsecond, because it happens for every payment; the work is done when someone asks.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import TypedDict

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

BOUNDS_SECONDS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
WINDOW_SECONDS = 2.0  # over which a rate is taken


class Snapshot(TypedDict):
    """Requests per second and latency percentiles in milliseconds over the newest observations."""

    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


class Live:
    """Rolling latencies and rate of the newest `size` observations (a power of two)."""

    def __init__(self, size: int = 4096, now: Callable[[], float] = time.perf_counter) -> None:
        if size & (size - 1):
            raise ValueError("size must be a power of two")
        self._mask = size - 1
        self._seconds = [0.0] * size
        self._at = [0.0] * size
        self._now = now
        self.count = 0

    def observe(self, seconds: float) -> None:
        place = self.count & self._mask
        self._seconds[place] = seconds
        self._at[place] = self._now()
        self.count += 1

    def snapshot(self) -> Snapshot:
        """Rate over the last two seconds, percentiles over what is kept of the last minute."""
        now, held = self._now(), min(self.count, self._mask + 1)
        recent = sorted(s for s, at in zip(self._seconds[:held], self._at[:held], strict=True) if now - at <= 60)
        if not recent:
            return Snapshot(rate=0.0, p50_ms=0.0, p95_ms=0.0, p99_ms=0.0)
        p50, p95, p99 = (recent[min(len(recent) - 1, int(len(recent) * p))] * 1000 for p in (0.50, 0.95, 0.99))
        return Snapshot(rate=self._rate(now, held), p50_ms=p50, p95_ms=p95, p99_ms=p99)

    def _rate(self, now: float, held: int) -> float:
        within = [at for at in self._at[:held] if now - at <= WINDOW_SECONDS]
        if len(within) == self._mask + 1:  # everything kept is newer than the window: what is kept is the window
            return len(within) / max(now - min(within), 1e-6)
        return len(within) / WINDOW_SECONDS


class _Histogram:
    """Counts of times by bucket, each up to a bound of `bounds`, and their sum."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds, self._buckets, self._sum = bounds, [0] * (len(bounds) + 1), 0.0

    def observe(self, seconds: float) -> None:
        self._buckets[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def add_to(self, family: HistogramMetricFamily, labels: list[str]) -> None:
        """Prometheus counts in each bucket what is in those before it, too."""
        bounds = [*map(str, self._bounds), "+Inf"]
        family.add_metric(labels, list(zip(bounds, map(float, accumulate(self._buckets)), strict=True)), self._sum)


class _Route(_Histogram):
    """Counts of one route: by status, and of latencies."""

    def __init__(self) -> None:
        super().__init__(BOUNDS_SECONDS)
        self.statuses: dict[int, int] = {}


class Lag(_Histogram):
    """How late the event loop comes to what is due, looked at twenty times a second: what everybody waits at least."""

    BOUNDS_SECONDS = tuple(round(0.0002 * 1.25**n, 6) for n in range(50))  # to 11 s, a quarter more each
    EVERY_SECONDS = 0.05

    def __init__(self) -> None:
        super().__init__(self.BOUNDS_SECONDS)

    async def run(self) -> None:
        """Looks until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + self.EVERY_SECONDS
            await asyncio.sleep(self.EVERY_SECONDS)
            self.observe(max(0.0, clock() - due))

    def metric(self) -> Metric:
        family = HistogramMetricFamily("feiqian_loop_lag_seconds", "How late the event loop is, in seconds")
        self.add_to(family, [])
        return family


class Metrics:
    """Everything that /metrics shows. Gauges are functions, asked when scraped."""

    def __init__(self) -> None:
        self._routes: dict[str, _Route] = {}
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self._counters: dict[str, tuple[str, Callable[[], float]]] = {}
        self._labelled: list[
            tuple[type[GaugeMetricFamily | CounterMetricFamily], str, str, str, Callable[[], Mapping[str, float]]]
        ] = []
        self.lag = Lag()

    def observe(self, route: str, status: int, seconds: float) -> None:
        seen = self._routes.get(route)
        if seen is None:
            seen = self._routes[route] = _Route()
        seen.statuses[status] = seen.statuses.get(status, 0) + 1
        seen.observe(seconds)

    def gauge(self, name: str, help: str, ask: Callable[[], float]) -> None:
        self._gauges[name] = help, ask

    def counter(self, name: str, help: str, ask: Callable[[], float]) -> None:
        self._counters[name] = help, ask

    def labelled_gauge(self, name: str, help: str, label: str, ask: Callable[[], Mapping[str, float]]) -> None:
        """One value for each of the label's."""
        self._labelled.append((GaugeMetricFamily, name, help, label, ask))

    def labelled_counter(self, name: str, help: str, label: str, ask: Callable[[], Mapping[str, float]]) -> None:
        """One count for each of the label's values."""
        self._labelled.append((CounterMetricFamily, name, help, label, ask))

    def collect(self) -> Iterator[Metric]:
        yield from self._collect_routes()
        yield self.lag.metric()
        for name, (help, ask) in self._gauges.items():
            yield GaugeMetricFamily(name, help, value=ask())
        for name, (help, ask) in self._counters.items():
            yield CounterMetricFamily(name, help, value=ask())
        for kind, name, help, label, ask_all in self._labelled:
            family = kind(name, help, labels=[label])
            for value, number in ask_all().items():
                family.add_metric([value], number)
            yield family

    def _collect_routes(self) -> Iterable[Metric]:
        requests = CounterMetricFamily("feiqian_requests", "Requests answered", labels=["route", "status"])
        latency = HistogramMetricFamily("feiqian_request_seconds", "Time to answer, in seconds", labels=["route"])
        for route, seen in self._routes.items():
            for status, count in seen.statuses.items():
                requests.add_metric([route, str(status)], count)
            seen.add_to(latency, [route])
        return requests, latency

    def render(self) -> bytes:
        """The Prometheus text exposition."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)
