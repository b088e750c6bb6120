"""Ten times what can be served, in open loop: what is still served, how fast the rest is refused, what comes after.

The generator is ours (`load.py`), in this process, on the same machine. First it finds the peak with 64 connections;
then it offers `times` as much over many connections; then half of the peak, to see how soon all is as before.
"""

from __future__ import annotations

import threading

from .bank import BenchBank
from .load import Load, Outcome, request
from .processor import resident_bytes

PEAK_CONNECTIONS = 64
NORMAL_MS = 25.0
WINDOW_SECONDS = 0.25


def run(
    times: int = 10, seconds: int = 8, connections: int = 1000, customers: int = 10_000, merchants: int = 50
) -> dict[str, float]:
    """Rates are per second, times in milliseconds, memory of the server process in MB."""
    with BenchBank(customers, merchants) as bank:
        _closed(bank, 2.0)
        before = resident_bytes(bank.process.pid)
        peak = _closed(bank, 5.0).rate(200)
        bank.catch_up()
        memory = _Most(bank.process.pid)
        prepared = iter([request(*one) for one in bank.payments(int(peak * (seconds * 3 + 5)) + connections)])
        load = Load(bank.settings.port, connections, prepared)
        over = load.run(seconds, peak * times)
        after = load.run(6.0, peak / 2)
        load.close()
        most = memory.stop()
        return _result(peak, over, after, (before, most, resident_bytes(bank.process.pid)))


def _closed(bank: BenchBank, seconds: float) -> Outcome:
    prepared = iter([request(*one) for one in bank.payments(int(seconds * 20_000))])
    load = Load(bank.settings.port, PEAK_CONNECTIONS, prepared)
    outcome = load.run(seconds)
    load.close()
    return outcome


def _result(peak: float, over: Outcome, after: Outcome, memory: tuple[int, int, int]) -> dict[str, float]:
    normal = _normal_after(after)
    served, refused = over.rate(200), over.rate(503)
    before, most, now = (round(n / 1e6, 1) for n in memory)
    return {
        "peak": peak,
        "offered": over.due / over.seconds,
        "sent": (over.due - over.not_sent) / over.seconds,
        "served": served,
        "goodput_of_peak": served / peak,
        "served_p50_ms": over.took_ms(200, 0.5),
        "served_p99_ms": over.took_ms(200, 0.99),
        "refused": refused,
        "refused_p50_ms": over.took_ms(503, 0.5),
        "refused_p99_ms": over.took_ms(503, 0.99),
        "others": len(over.answered) / over.seconds - served - refused,
        "memory_before_mb": before,
        "memory_most_mb": most,
        "memory_after_mb": now,
        "normal_after_seconds": normal,
        "afterwards_p99_ms": after.took_ms(200, 0.99, normal),
    }


def _normal_after(after: Outcome) -> float:
    """The end of the last quarter of a second in which anything was refused or the 99th percentile was too slow."""
    normal = 0.0
    for window in range(int(after.seconds / WINDOW_SECONDS)):
        ends = (window + 1) * WINDOW_SECONDS
        here = [a for a in after.answered if ends - WINDOW_SECONDS <= a.at < ends]
        slow = sum(a.took * 1000 > NORMAL_MS for a in here)
        if not here or slow > len(here) / 100 or any(a.status != 200 for a in here):
            normal = ends
    return normal


class _Most:
    """The most memory that a process holds meanwhile."""

    def __init__(self, pid: int) -> None:
        self._pid, self._stop, self._most = pid, threading.Event(), 0
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self._most = max(self._most, resident_bytes(self._pid))

    def stop(self) -> int:
        self._stop.set()
        self._thread.join()
        return self._most
