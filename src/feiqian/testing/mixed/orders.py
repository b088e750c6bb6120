"""Orders of the mix, each from being made to its end, over every way to pay one.

Answers are lost and late: of each request some are sent twice at once, and of some the first answer is thrown away.
What an order has become is told as its merchant sees it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from feiqian import subjects
from feiqian.auth.challenges.model import Passed
from feiqian.clock import MICROSECONDS
from feiqian.errors import FeiqianError
from feiqian.events import PaymentStatus, RefundStatus
from feiqian.ids import CustomerNumber
from feiqian.merchants.kinds import payable_id
from feiqian.merchants.registry import Merchant
from feiqian.money import CNY, MinorUnits
from feiqian.orders.errors import OrderStateForbids
from feiqian.orders.methods import ProvedPayment, WalletMethod
from feiqian.orders.model import Capture, Method, Order, OrderStatus, order_object
from feiqian.orders.requests import CaptureRequest, OrderRefundRequest, OrderRequest
from feiqian.payments.errors import NotCancellable
from feiqian.payments.plan import payer_account
from feiqian.payments.requests import PaymentRequest
from feiqian.payments.views import PaymentView
from feiqian.policy.factors import Factor, Purpose
from feiqian.quick.method import QuickMethod, QuickOrder

from .operations import CURRENCY, Asked, Facts, Moves, Operation
from .payments import FEES

EXPIRES_SECONDS = 7_200  # long after a run
LOST, LATE = 0.05, 0.05  # of the answers
T = TypeVar("T")


class OrderOperation(Operation):
    """`lives` is what happens to the order once it was made; what nobody has paid then is closed."""

    weight = 3
    capture = Capture.NOW

    async def do(self, it: Asked) -> str:
        merchant = self.desk.merchant(it)
        request = OrderRequest(
            merchant_order=it.order,
            amount=it.amount,
            currency=CNY.code,
            capture=self.capture,
            expires_in=EXPIRES_SECONDS,
            metadata={"number": str(it.number)},
        )
        order = await answered(it, "create", lambda: self.services.orders.create(merchant, request, it.order))
        await self.lives(it, merchant, order)
        if (await self.now(merchant, order)).status is OrderStatus.OPEN:
            with suppress(OrderStateForbids):
                await answered(it, "close", lambda: self.services.orders.close(merchant, order.id))
        return said(await self.now(merchant, order))

    async def lives(self, it: Asked, merchant: Merchant, order: Order) -> None:
        raise NotImplementedError

    async def now(self, merchant: Merchant, order: Order) -> Order:
        return await self.services.orders.get(merchant, order.id)

    # --- ways to pay -----------------------------------------------------------------------------------------------

    async def by_code(self, it: Asked, merchant: Merchant, order: Order) -> PaymentView:
        """At a till; an attempt that waits for its customer is cancelled there."""
        request = PaymentRequest(
            payment_code=self.desk.code(it),
            amount=order.amount,
            currency=order.currency,
            merchant_order=f"{it.order}-code",
            order=order.id,
        )
        view = await answered(it, "code", lambda: self.services.payments.pay(merchant, request))
        if view.status is PaymentStatus.WAITING and view.id is not None:
            with suppress(NotCancellable):  # before the process was killed
                await self.services.payments.cancel(merchant, view.id)
        return view

    async def by_quick_payment(self, it: Asked, order: Order) -> PaymentView:
        accounts, now = await self.desk.accounts(it.customer), int(time.time()) * MICROSECONDS
        asked = QuickOrder(
            amount=order.amount,
            currency=order.currency,
            merchant_order=f"{it.order}-quick",
            description="",
            payer=it.customer,
            source=accounts[it.way % len(accounts)].ledger_id,
            proved=passed(it.customer, it.number, Purpose.QUICK_PAYMENT),
            reference=it.order,
            once_until=0,
            decided_before=now + EXPIRES_SECONDS * MICROSECONDS,
            order_id=order.id,
        )
        pay = self.services.orders.attempt
        return await answered(it, "quick", lambda: pay(order.id, QuickMethod(), asked, Method.QUICK))

    async def from_wallet(self, it: Asked, order: Order) -> PaymentView:
        asked = ProvedPayment(
            amount=order.amount,
            currency=order.currency,
            merchant_order=f"{it.order}-wallet",
            description="",
            payer=it.customer,
            source=self.services.payments.source_of(CURRENCY, it.customer, order.amount),
            proved=passed(it.customer, it.number, Purpose.PAYMENT),
        )
        pay = self.services.orders.attempt
        return await answered(it, "wallet", lambda: pay(order.id, WalletMethod(), asked, Method.WALLET))

    # --- what it must have moved -----------------------------------------------------------------------------------

    @staticmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        """What the attempts that succeeded, and the refunds, have moved; never more than the order is of."""
        order = order_object(facts.orders[it.order][-1])
        assert (outcome, order.amount) == (said(order), it.amount), f"{it}: {outcome}, {said(order)}"
        attempts = facts.attempts[order.id]
        taken = {fact.id: fact for fact in attempts if fact.status is PaymentStatus.SUCCEEDED}
        held = [fact for fact in attempts if fact.status is PaymentStatus.AUTHORISED]
        assert len(held if order.capture is Capture.LATER else taken) <= 1, f"{order.id} was paid twice"
        assert not (held and order.capture is Capture.NOW)
        paid = sum(fact.amount for fact in taken.values())
        assert paid in ((0, order.amount) if order.capture is Capture.NOW else range(order.amount + 1))
        refunds = [fact for id in taken for fact in facts.refunds[id] if fact.status is RefundStatus.SUCCEEDED]
        sums = paid, sum(fact.fee for fact in taken.values()), sum(fact.amount for fact in refunds), 0
        assert sums == (order.paid, order.fee, order.refunded, order.authorised)
        for fact in taken.values():
            yield payer_account(fact), -fact.amount
            yield payable_id(CURRENCY, fact.merchant), fact.amount - fact.fee
            yield FEES, fact.fee
        for refund in refunds:
            yield payer_account(taken[refund.payment]), refund.amount
            yield payable_id(CURRENCY, refund.merchant), -refund.amount


class ByCode(OrderOperation):
    """At a till."""

    name, weight = "order by code", 5

    async def lives(self, it: Asked, merchant: Merchant, order: Order) -> None:
        await self.by_code(it, merchant, order)


class ByQuickPayment(OrderOperation):
    """Without a wallet."""

    name, weight = "order by quick payment", 5

    async def lives(self, it: Asked, merchant: Merchant, order: Order) -> None:
        await self.by_quick_payment(it, order)


class FromWallet(OrderOperation):
    """By who is signed in; after a code that has to be confirmed, and never is, if it is of much."""

    name, weight = "order from wallet", 5

    async def lives(self, it: Asked, merchant: Merchant, order: Order) -> None:
        if it.way % 4 == 0:
            await self.by_code(it, merchant, order)
        await self.from_wallet(it, order)


class InThreeWays(OrderOperation):
    """At a till, on the checkout's page and in the wallet at the same time."""

    name = "order in three ways"

    async def lives(self, it: Asked, merchant: Merchant, order: Order) -> None:
        ways = self.by_code(it, merchant, order), self.by_quick_payment(it, order), self.from_wallet(it, order)
        await all_of(*ways)


class Refunded(OrderOperation):
    """Paid, and given back in two parts, or as much as there is left."""

    name = "order refunded"

    async def lives(self, it: Asked, merchant: Merchant, order: Order) -> None:
        await self.from_wallet(it, order)
        if (await self.now(merchant, order)).paid:
            await all_of(*(self._give_back(it, merchant, order, part) for part in (1, 2)))

    async def _give_back(self, it: Asked, merchant: Merchant, order: Order, part: int) -> None:
        amount = MinorUnits(it.amount // (1 + it.way % 3) or 1)
        request = OrderRefundRequest(amount=amount, merchant_refund=f"{it.order}-{part}")
        await answered(it, f"refund {part}", lambda: self.services.orders.refund(merchant, order.id, request))


class Captured(OrderOperation):
    """Held first; a part is taken, then the rest, or it is given up."""

    name, capture = "order captured later", Capture.LATER

    async def lives(self, it: Asked, merchant: Merchant, order: Order) -> None:
        await self.by_quick_payment(it, order)
        if (await self.now(merchant, order)).payment is None:
            return
        part = MinorUnits(it.amount // 3 or 1)
        if it.way % 3:
            await self._take(it, merchant, order, part, "first")
        if it.way % 2:
            await self._take(it, merchant, order, MinorUnits(it.amount - part), "rest")
        with suppress(OrderStateForbids):  # nothing is left
            await answered(it, "void", lambda: self.services.orders.void(merchant, order.id))

    async def _take(self, it: Asked, merchant: Merchant, order: Order, amount: MinorUnits, name: str) -> None:
        if not amount:
            return
        request = CaptureRequest(amount=amount, merchant_capture=f"{it.order}-{name}", final=name == "rest")
        with suppress(OrderStateForbids):
            await answered(it, name, lambda: self.services.orders.capture(merchant, order.id, request))


class ClosedMeanwhile(OrderOperation):
    """Closed by its merchant while it is being paid."""

    name = "order closed meanwhile"

    async def lives(self, it: Asked, merchant: Merchant, order: Order) -> None:
        await all_of(self._close(merchant, order), self.by_quick_payment(it, order), self.from_wallet(it, order))

    async def _close(self, merchant: Merchant, order: Order) -> None:
        with suppress(OrderStateForbids):  # it was paid
            await self.services.orders.close(merchant, order.id)


def said(order: Order) -> str:
    """What has become of an order, in one line."""
    return f"{order.status} paid={order.paid} fee={order.fee} refunded={order.refunded} held={order.authorised}"


def passed(customer: CustomerNumber, number: int, purpose: Purpose) -> Passed:
    """What a customer has proved just now."""
    now, who = int(time.time()) * MICROSECONDS, subjects.customer(customer)
    return Passed(f"chl_{number}", (Factor.PIN, Factor.SMS), "", now, who, purpose)


async def answered(it: Asked, step: str, ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, if it is not lost at first, or so late that the same is asked beside it."""
    chance = random.Random(f"{it.number} {step}").random()
    if chance < LOST:
        with suppress(FeiqianError):
            await ask()
    elif chance < LOST + LATE:
        await all_of(ask(), ask())
    return await ask()


async def all_of(*asked: Awaitable[T]) -> list[T]:
    """All answers; what went wrong with one is raised once all have ended."""
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return [answer for answer in answers if not isinstance(answer, BaseException)]
