"""Orders over HTTP, each made and then paid by code, in rounds that take turns with plain payments at the same server.

An order is two requests and a plain payment is one. What counts as paid is what the read model says afterwards.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from .bank import BenchBank
from .http import MOST_PER_SECOND, WARM_UP_SECONDS, drive
from .wrk import sent_by_wrk

PAID_ORDERS = "SELECT status, count(*) FROM orders GROUP BY status"
Figures = dict[str, float]


def run(
    seconds: int = 4, rounds: int = 3, customers: int = 10_000, merchants: int = 50, connections: int = 64
) -> dict[str, Any]:
    """`seconds` of each kind in a round, after a shorter one that warms up; rates and their ratio are medians.

    Times in milliseconds, of single requests; `server_us` is the server's processor time for each order or payment.
    """
    with BenchBank(customers, merchants) as bank:
        _round(bank, WARM_UP_SECONDS, connections)
        done = [_round(bank, seconds, connections, number % 2 == 1) for number in range(rounds)]
    orders, plain = [one for one, _ in done], [one for _, one in done]
    return {
        "customers": customers,
        "merchants": merchants,
        "connections": connections,
        "orders_ratio": statistics.median(one["per_second"] / other["per_second"] for one, other in done),
        **_medians("orders", orders),
        **_medians("payments", plain),
        "refused": sum(one["refused"] for one in orders + plain),
        "broken": sum(one["broken"] for one in orders + plain),
    }


def _round(bank: BenchBank, seconds: int, connections: int, plain_first: bool = False) -> tuple[Figures, Figures]:
    """Orders and plain payments; each kind comes first in its turn."""
    prepared = seconds * MOST_PER_SECOND

    def orders() -> Figures:
        return _orders(bank, prepared // 2, seconds, connections)

    def plain() -> Figures:
        return drive(bank, prepared, seconds, connections, False)

    if plain_first:
        paid = _measured(bank, plain, _payments_of)
        return _measured(bank, orders, _orders_of), paid
    return _measured(bank, orders, _orders_of), _measured(bank, plain, _payments_of)


def _measured(bank: BenchBank, drive: Callable[[], Figures], paid_of: Callable[[BenchBank], int]) -> Figures:
    """What was sent, and what the read model has of it: paid a second, and the server's time for each."""
    bank.catch_up()
    before, used = paid_of(bank), bank.processor_seconds()["server"]
    figures = drive()
    server = bank.processor_seconds()["server"] - used
    bank.catch_up()
    paid = paid_of(bank) - before
    return {**figures, "per_second": paid / figures["seconds"], "server_us": server * 1e6 / max(1, paid)}


def _orders_of(bank: BenchBank) -> int:
    return bank.counted(PAID_ORDERS).get("paid", 0)


def _payments_of(bank: BenchBank) -> int:
    return bank.statuses().get("succeeded", 0)


def _orders(bank: BenchBank, prepared: int, seconds: int, connections: int) -> Figures:
    """Makes and pays orders with wrk for so many seconds, of so many that are prepared."""
    file = bank.folder / "orders.txt"
    with file.open("w") as out:
        out.writelines(_lines(bank.payments(prepared)))
    figures = sent_by_wrk("orders.lua", bank.url, seconds, connections, file)
    if figures["made"] + connections >= prepared:
        raise SystemExit(f"feiqian bench: only {prepared} orders were prepared, and all were made")
    return figures


def _lines(payments: Iterator[tuple[str, str]]) -> Iterator[str]:
    """A key, the number and body of an order, and the body of its payment, which gets the order's id in front."""
    for key, body in payments:
        payment = msgspec.json.decode(body)
        number, amount = payment["merchant_order"], payment["amount"]
        order = f'{{"merchant_order":"{number}","amount":{amount},"currency":"CNY"}}'
        yield f"{key}\t{number}\t{order}\t{body}\n"


def _medians(kind: str, figures: list[Figures]) -> Figures:
    names = "per_second", "server_us", "p50_ms", "p99_ms"
    return {f"{kind}_{name}": statistics.median(one[name] for one in figures) for name in names}
