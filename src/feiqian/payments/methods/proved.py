"""What methods share whose payer is known, and has proved the payment before it is decided. Never awaits."""

from __future__ import annotations

from typing import Protocol

from feiqian.auth.challenges.model import Passed
from feiqian.events import PaymentDecided
from feiqian.ids import CustomerNumber
from feiqian.merchants.registry import Merchant
from feiqian.payments.decide import same_content
from feiqian.payments.intent import Channel, Intent, Method, Order


class Proved(Order, Protocol):
    """An order with its payer and the account that it is taken from."""

    @property
    def payer(self) -> CustomerNumber: ...
    @property
    def source(self) -> bytes: ...
    @property
    def proved(self) -> Passed | None: ...


def proved_intent(
    method: Method, merchant: Merchant, order: Proved, attempt: bytes, now_us: int, events: bytes = b""
) -> Intent:
    """The payment from afar of whoever has proved it; `events`: the method's own, each linked to what follows."""
    return Intent(
        attempt=attempt,
        payer=order.payer,
        source=order.source,
        payee=merchant.number,
        amount=order.amount,
        currency=merchant.currency,
        fee_basis_points=merchant.fee_basis_points,
        merchant_order=order.merchant_order,
        description=order.description,
        store=order.store,
        terminal=order.terminal,
        asked_at=now_us,
        method=method,
        channel=Channel.REMOTE,
        proved=order.proved,
        events=events,
    )


def is_of(fact: PaymentDecided, method: Method, order: Proved) -> bool:
    """Whether it was decided for this payer, by this method, with this content."""
    return (fact.method, fact.customer) == (method.name, order.payer) and same_content(fact, order)
