"""A merchant's orders as CSV (RFC 4180), for spreadsheets: no cell begins as a formula does. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from feiqian.money import BY_CODE, decimal_text, money
from feiqian.orders.model import Order
from feiqian.strings.cells import cell

COLUMNS = ("id", "merchant_order", "status", "currency", "amount", "paid", "fee", "net", "refunded")
TIMES = ("created_at", "ended_at")
HEADER = (*COLUMNS, "description", *TIMES)
MOST = 1000  # orders in one answer
_SUMS = frozenset({"amount", "paid", "fee", "net", "refunded"})


def csv_of(orders: Iterable[Order], *, header: bool = True) -> str:
    """One line for each order, amounts in major units with the currency's decimals, times in UTC."""
    out = io.StringIO()
    lines = csv.writer(out)
    if header:
        lines.writerow(HEADER)
    for order in orders:
        times = (getattr(order, name) for name in TIMES)
        cells = (_cell(order, name) for name in COLUMNS)
        lines.writerow((*cells, cell(order.description), *("" if at is None else at.isoformat() for at in times)))
    return out.getvalue()


def _cell(order: Order, name: str) -> str:
    value = getattr(order, name)
    if name in _SUMS:
        return decimal_text(money(value, BY_CODE[order.currency]))
    return cell(str(value))
