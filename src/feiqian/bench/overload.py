"""Ten times what can be served, in open loop: what is still served, how fast the rest is refused, what comes after.

The generator is ours (`load.py`), in this process, on the same machine. First it finds the peak with 64 connections;
then it offers `times` as much over many connections; then half of the peak, to see how soon all is as before. At last
another server takes as many payments without any overload: what it holds in memory is no consequence of one.

Some clients are polite (`load.py`). What a refusal takes is measured with them: the others send on a connection that is
not read for a while because they have just been refused on it, and their requests wait there.
"""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

from .bank import BenchBank
from .load import Load, Outcome, request
from .processor import processor_seconds, resident_bytes

PEAK_CONNECTIONS = 64
PEAK_SECONDS, WARM_SECONDS = 5.0, 2.0
NORMAL_MS = 25.0
WINDOW_SECONDS = 0.25
AFTER_SECONDS = 6.0
SETTLED_SECONDS = 5.0  # the server looks every two seconds whether connections have gone


class Stretch(NamedTuple):
    """What came of a run, and what the server used of its processor meanwhile, in seconds."""

    outcome: Outcome
    used: float

    @property
    def served_us(self) -> float:
        """Processor time of the server for each payment that it served, whatever else it did."""
        return self.used / max(1, self.outcome.count(200)) * 1e6


class Memory(NamedTuple):
    """What the server held, in bytes: warm, at most, after the overload; and one that took as many payments without."""

    before: int
    most: int
    after: int
    without: int


def run(
    times: int = 10,
    seconds: int = 8,
    connections: int = 1000,
    polite: int = 50,
    customers: int = 10_000,
    merchants: int = 50,
) -> dict[str, float]:
    """Rates are per second, times in milliseconds unless the name says otherwise, memory of the server process in MB.

    `polite` of the `connections` wait as they are told after a refusal.
    """
    with BenchBank(customers, merchants) as bank:
        warm = _closed(bank, WARM_SECONDS)
        before = _resident(bank)
        peak = _closed(bank, PEAK_SECONDS)
        rate = peak.outcome.rate(200)
        bank.catch_up()
        memory = _Most(bank.process.pid)
        prepared = iter([request(*one) for one in bank.payments(int(rate * (seconds * 3 + 5)) + connections)])
        load = Load(bank.settings.port, connections, prepared, polite=polite)
        over = _stretch(bank, load, seconds, rate * times)
        after = _stretch(bank, load, AFTER_SECONDS, rate / 2)
        load.close()
        most = memory.stop()
        time.sleep(SETTLED_SECONDS)
        now = _resident(bank)
    paid = sum(one.outcome.count(200) for one in (warm, peak, over, after))
    with BenchBank(customers, merchants) as bank:
        without = _without_overload(bank, paid)
    return _result(peak, over, after.outcome, Memory(before, most, now, without))


def _closed(bank: BenchBank, seconds: float) -> Stretch:
    prepared = iter([request(*one) for one in bank.payments(int(seconds * 20_000))])
    load = Load(bank.settings.port, PEAK_CONNECTIONS, prepared)
    stretch = _stretch(bank, load, seconds)
    load.close()
    return stretch


def _stretch(bank: BenchBank, load: Load, seconds: float, rate: float | None = None) -> Stretch:
    before = processor_seconds(bank.process.pid)
    outcome = load.run(seconds, rate)
    return Stretch(outcome, processor_seconds(bank.process.pid) - before)


def _without_overload(bank: BenchBank, payments: int) -> int:
    """What a server holds that has taken as many payments, or a few more, over few connections."""
    while payments > 0:
        payments -= _closed(bank, WARM_SECONDS).outcome.count(200)
    time.sleep(SETTLED_SECONDS)
    return _resident(bank)


def _resident(bank: BenchBank) -> int:
    return resident_bytes(bank.process.pid)


def _result(peak: Stretch, over: Stretch, after: Outcome, memory: Memory) -> dict[str, float]:
    normal = _normal_after(after)
    best, outcome = peak.outcome.rate(200), over.outcome
    served, refused = outcome.rate(200), outcome.rate(503)
    return {
        "peak": best,
        "offered": outcome.due / outcome.seconds,
        "sent": (outcome.due - outcome.not_sent) / outcome.seconds,
        "served": served,
        "goodput_of_peak": served / best,
        "server_us_each_at_peak": peak.served_us,
        "server_us_each_overloaded": over.served_us,
        "refused": refused,
        "others": len(outcome.answered) / outcome.seconds - served - refused,
        **_waited(outcome),
        **{f"memory_{name}_mb": round(held / 1e6, 1) for name, held in memory._asdict().items()},
        "normal_after_seconds": normal,
        "afterwards_p99_ms": after.took_ms(200, 0.99, since=normal),
    }


def _waited(outcome: Outcome) -> dict[str, float]:
    """How long answers took, to polite clients and to those that send again at once."""
    return {
        f"{what}_{whose}p{round(share * 100)}_ms": outcome.took_ms(status, share, polite=not whose)
        for whose in ("", "impatient_")
        for what, status in (("served", 200), ("refused", 503))
        for share in (0.5, 0.99)
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
