"""What a till asks of the bank, and what a cashier can do with each answer: no answer is never "no", it is unknown."""

from __future__ import annotations

import time
from typing import NamedTuple

import msgspec

from feiqian.clock import MICROSECONDS
from feiqian.errors import FeiqianError
from feiqian.events import PaymentStatus
from feiqian.merchants.registry import Merchant
from feiqian.money import BY_CODE, Money
from feiqian.payments.errors import NotCancellable, NotRefundable, OrderConflict, PaymentNotFound
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.payments.views import PaymentView
from feiqian.runtime import logs
from feiqian.services import Services

CONFLICT = "conflict"  # the number of an order or refund was used before, for another

_log = logs.get("feiqian.demo")


class Answer(NamedTuple):
    """What the till is told about a payment. `status` is a payment's, or rejected, missing or unknown.

    unknown: nobody knows yet, ask again by the order. missing: the bank has no such payment. `reason` is a name of
    `payments.policy.Decline`, or CONFLICT.
    """

    status: str
    order: str
    amount: Money
    reason: str = ""
    payment: str = ""
    at: int = 0


class RefundAnswer(NamedTuple):
    """`status` is succeeded, declined or unknown; `reason` as in `Answer`."""

    status: str
    amount: Money
    reason: str = ""


class Cashier:
    """Takes payments as the merchants do, in the bank's own process. An order's number makes it one payment."""

    def __init__(self, services: Services) -> None:
        self._payments, self._live = services.payments, services.live

    async def pay(self, merchant: Merchant, code: str, amount: Money, order: str) -> Answer:
        request = msgspec.convert(
            {
                "payment_code": code,
                "amount": amount.minor,
                "currency": amount.currency.code,
                "merchant_order": order,
                "terminal": "demo-till",
            },
            PaymentRequest,
        )
        began = time.perf_counter()
        try:
            view = await self._payments.pay(merchant, request)
        except OrderConflict:
            return Answer("rejected", order, amount, CONFLICT)
        except FeiqianError as error:
            return _unknown("pay", order, amount, error)
        self._live.observe(time.perf_counter() - began)
        return _answer(view)

    async def ask(self, merchant: Merchant, amount: Money, order: str) -> Answer:
        try:
            return _answer(await self._payments.get_by_order(merchant, order))
        except PaymentNotFound:
            return Answer("missing", order, amount)
        except FeiqianError as error:
            return _unknown("ask", order, amount, error)

    async def cancel(self, merchant: Merchant, amount: Money, order: str) -> Answer:
        found = await self.ask(merchant, amount, order)
        if found.status is not PaymentStatus.WAITING:
            return found
        try:
            return _answer(await self._payments.cancel(merchant, found.payment))
        except NotCancellable as error:
            return found._replace(status=error.status)
        except FeiqianError as error:
            return _unknown("cancel", order, amount, error)

    async def refund(self, merchant: Merchant, order: str, amount: Money, number: str) -> RefundAnswer:
        request = msgspec.convert({"amount": amount.minor, "merchant_refund": number}, RefundRequest)
        try:
            payment = await self._payments.get_by_order(merchant, order)
            view = await self._payments.refund(merchant, payment.id or "", request)
        except (PaymentNotFound, NotRefundable):
            return RefundAnswer("declined", amount, "not_possible")
        except OrderConflict:
            return RefundAnswer("declined", amount, CONFLICT)
        except FeiqianError as error:
            _log.error("till_outcome_unknown", what="refund", error=type(error).__name__)
            return RefundAnswer("unknown", amount)
        return RefundAnswer(view.status, amount, view.reason or "")


def _answer(view: PaymentView) -> Answer:
    currency = BY_CODE[view.currency]
    at = int(view.created_at.timestamp() * MICROSECONDS)
    return Answer(view.status, view.merchant_order, Money(view.amount, currency), view.reason or "", view.id or "", at)


def _unknown(what: str, order: str, amount: Money, error: FeiqianError) -> Answer:
    _log.error("till_outcome_unknown", what=what, error=type(error).__name__)
    return Answer("unknown", order, amount)
