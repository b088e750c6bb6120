"""What has happened to an order, in one list: its own changes, and what was told of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from feiqian.orders.model import Order
from feiqian.webhooks.model import Delivery


class Line(NamedTuple):
    """`at` in Unix microseconds; `event` of an order, or a `delivery` with its state."""

    at: int
    event: str = ""
    delivery: Delivery | None = None


def timeline(changes: Sequence[tuple[int, str, int]], deliveries: Sequence[Delivery]) -> list[Line]:
    """The oldest first; `changes` as the read model of orders has them: version, event, when."""
    lines = [Line(at, event) for _, event, at in changes]
    lines += [Line(one.created_at, delivery=one) for one in reversed(deliveries)]  # which come the newest first
    return sorted(lines, key=lambda line: (line.at, line.delivery is not None))


def payments_of(order: Order) -> list[str]:
    """Of which money was taken for it."""
    return [one.payment for one in order.taken]
