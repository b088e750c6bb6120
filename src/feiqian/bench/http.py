"""Payments over HTTP: one server process, durable, projections running; each request with its own code and order.

The load generator is wrk, on the same machine. What counts as paid is what the read model says afterwards. Rounds take
turns with rounds at servers that answer a constant (`trivial.py`), by which machines and hours can be compared.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

from .bank import BenchBank
from .trivial import Trivial
from .wrk import SHARED, sent_by_wrk

WARM_UP_SECONDS, ALONE_SECONDS, TRIVIAL_SECONDS = 2, 3, 1
MOST_PER_SECOND = 25_000  # so many are prepared for each second of the warm-up; then half more than it took
LEAST_PER_SECOND = 15_000
MOST_ALONE_PER_SECOND = 4_000
MEDIANS = "p50_ms", "p95_ms", "p99_ms"
Figures = dict[str, Any]


class Round(NamedTuple):
    """What wrk saw, and what came of it: `paid` as the read model says, `processor` in seconds of each process."""

    load: Figures
    paid: int
    commits: int
    behind: int
    catch_up: float
    processor: dict[str, float]

    @property
    def rate(self) -> float:
        return float(self.load["requests"] / self.load["seconds"])


def run(
    seconds: int = 8,
    rounds: int = 4,
    customers: int = 10_000,
    merchants: int = 50,
    connections: int = 64,
    one_merchant: bool = False,
) -> Figures:
    """`seconds` of payments in all. Times in milliseconds; rates, ratios and percentiles are medians over the rounds.

    `processor` says of each process how many microseconds of processor a payment took it (the trivial servers: an
    answer), and its share of one processor while the load ran. `trivial` is uvicorn as it comes, `unlogged` without
    its log of requests.
    """
    with (
        BenchBank(customers, merchants) as bank,
        Trivial(access_log=True) as trivial,
        Trivial(access_log=False) as unlogged,
    ):
        warm_up = drive(bank, WARM_UP_SECONDS * MOST_PER_SECOND, WARM_UP_SECONDS, connections, one_merchant)
        each = max(1, seconds // rounds)
        prepared = int(each * max(LEAST_PER_SECOND, 1.5 * warm_up["requests"] / WARM_UP_SECONDS))
        turns = [
            (
                _payments(bank, prepared, each, connections, one_merchant),
                _answers("trivial", trivial, connections),
                _answers("unlogged", unlogged, connections),
            )
            for _ in range(rounds)
        ]
        single = drive(bank, ALONE_SECONDS * MOST_ALONE_PER_SECOND, ALONE_SECONDS, 1, one_merchant)
    return {
        "customers": customers,
        "merchants": 1 if one_merchant else merchants,
        "connections": connections,
        **_figures(*zip(*turns, strict=True)),
        "one_connection_p50_ms": single["p50_ms"],
        "one_connection_p99_ms": single["p99_ms"],
    }


def drive(bank: BenchBank, prepared: int, seconds: int, connections: int, one_merchant: bool) -> Figures:
    """Sends payments with wrk for so many seconds, of so many that are prepared."""
    file = bank.folder / "payments.txt"
    with file.open("w") as out:
        out.writelines(f"{key} {body}\n" for key, body in bank.payments(prepared, one_merchant=one_merchant))
    figures = sent_by_wrk("pay.lua", bank.url, seconds, connections, file)
    if figures["requests"] + connections >= prepared:
        raise SystemExit(f"feiqian bench: only {prepared} payments were prepared, and all were sent")
    return figures


def _payments(bank: BenchBank, prepared: int, seconds: int, connections: int, one_merchant: bool) -> Round:
    bank.catch_up()
    paid_before, position = bank.statuses().get("succeeded", 0), bank.health()["position"]
    used = bank.processor_seconds()
    load = drive(bank, prepared, seconds, connections, one_merchant)
    behind, processor = bank.behind(), bank.processor_seconds()
    commits, catch_up = bank.health()["position"] - position, bank.catch_up()
    processor["projector"] = bank.processor_seconds()["projector"]  # with what it does for these payments afterwards
    spent = {name: after - used.get(name, 0.0) for name, after in processor.items()}
    paid = bank.statuses().get("succeeded", 0) - paid_before
    return Round(load, paid, commits, behind, catch_up, spent | {"wrk": load["processor"]})


def _answers(name: str, trivial: Trivial, connections: int) -> Round:
    used = trivial.processor_seconds()
    load = sent_by_wrk(SHARED, trivial.url, TRIVIAL_SECONDS, connections)
    if load["refused"] or load["broken"]:
        raise SystemExit(f"feiqian bench: the trivial server did not answer: {load}")
    return Round(load, 0, 0, 0, 0.0, {name: trivial.processor_seconds() - used})


def _figures(payments: Sequence[Round], trivial: Sequence[Round], unlogged: Sequence[Round]) -> Figures:
    sent = _sum(payments, "requests")
    return {
        "payments": sent,
        "payments_per_second": _rate(payments),
        "trivial_per_second": _rate(trivial),
        "unlogged_per_second": _rate(unlogged),
        "ratio_to_trivial": _ratio(payments, trivial),
        "ratio_to_unlogged": _ratio(payments, unlogged),
        **{name: statistics.median(one.load[name] for one in payments) for name in MEDIANS},
        "refused": _sum(payments, "refused"),
        "broken": _sum(payments, "broken"),
        "succeeded_share": min(1.0, sum(one.paid for one in payments) / sent),
        "rows_behind_at_end": max(one.behind for one in payments),
        "catch_up_seconds": max(one.catch_up for one in payments),
        "payments_per_commit": sent / max(1, sum(one.commits for one in payments)),
        "processor": {**_processor(payments), **_processor(trivial), **_processor(unlogged)},
    }


def _rate(rounds: Sequence[Round]) -> float:
    return statistics.median(one.rate for one in rounds)


def _ratio(rounds: Sequence[Round], base: Sequence[Round]) -> float:
    """The median of the rounds' ratios: two that ran one after the other had the same machine."""
    return statistics.median(one.rate / other.rate for one, other in zip(rounds, base, strict=True))


def _processor(rounds: Sequence[Round]) -> dict[str, dict[str, float]]:
    """Of all rounds together: a process that works now and then counts with all that it did."""
    requests, seconds = _sum(rounds, "requests"), _sum(rounds, "seconds")
    used = {name: sum(one.processor.get(name, 0.0) for one in rounds) for name in rounds[0].processor}
    return {name: {"us_each": spent * 1e6 / requests, "share": spent / seconds} for name, spent in used.items()}


def _sum(rounds: Sequence[Round], name: str) -> Any:
    return sum(one.load[name] for one in rounds)
