"""Whatever comes in whatever order, at once or one by one: no order is paid twice, and everything ties to the cent."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Coroutine
from random import Random
from typing import Any

import pytest

from feiqian.errors import FeiqianError
from feiqian.events import (
    OrderChanged,
    PaymentConfirmed,
    PaymentDecided,
    PaymentStatus,
    RefundDecided,
    RefundStatus,
)
from feiqian.orders.model import Order, OrderStatus, order_object
from feiqian.orders.requests import CaptureRequest

ORDERS, STEPS, AT_ONCE = 6, 40, 5
DEAR, CHEAP = 1_200_00, 80_00
CUSTOMERS = 3


class Play:
    """Shoppers, tills and a shop that all do what they like."""

    def __init__(self, bank: Any, seed: int) -> None:
        self.bank, self.random = bank, Random(seed)
        self.merchant = bank.merchant(fee=60)
        self.customers = [bank.customer(20_000_00) for _ in range(CUSTOMERS)]
        self.orders: list[Order] = []
        self.number = 0

    def next(self) -> str:
        self.number += 1
        return f"n{self.number}"

    async def create(self) -> None:
        later, amount = self.random.random() < 0.4, self.random.choice([DEAR, CHEAP])
        seconds = self.random.choice([60, 900])
        more: dict[str, Any] = {"capture": "later"} if later else {}
        self.orders.append(await self.bank.order(self.merchant, amount, self.next(), expires_in=seconds, **more))

    def act(self) -> Coroutine[Any, Any, Any]:
        """One thing that somebody does with one of the orders."""
        r, bank, merchant = self.random, self.bank, self.merchant
        order, customer = r.choice(self.orders), r.choice(self.customers)
        part = r.randrange(1, order.amount + 1)
        acts = [
            lambda: bank.pay_order(merchant, customer, order, self.next()),
            lambda: bank.pay_from_wallet(customer, order),
            lambda: self.confirm(customer),
            lambda: self.refuse(customer),
            lambda: bank.give_back(merchant, order, part, self.next()),
            lambda: self.capture(order, part, final=r.random() < 0.3),
        ]
        if r.random() < 0.15:
            acts = [lambda: bank.orders.close(merchant, order.id), lambda: bank.orders.void(merchant, order.id)]
        return r.choice(acts)()  # type: ignore[no-any-return, no-untyped-call]

    def capture(self, order: Order, amount: int, *, final: bool) -> Coroutine[Any, Any, Any]:
        request = CaptureRequest(amount=amount, merchant_capture=self.next(), final=final)  # type: ignore[arg-type]
        return self.bank.orders.capture(self.merchant, order.id, request)  # type: ignore[no-any-return]

    async def confirm(self, customer: int) -> None:
        for row in await self.bank.payments.confirmations.waiting(customer):
            challenge = self.bank.challenges.passed(
                customer, await self.bank.payments.confirmations.bound_of(customer, row.id)
            )
            await self.bank.payments.confirmations.confirm(customer, row.id, challenge)

    async def refuse(self, customer: int) -> None:
        for row in (await self.bank.payments.confirmations.waiting(customer))[:1]:
            await self.bank.payments.confirmations.refuse(customer, row.id)

    async def go_on(self) -> None:
        for _ in range(ORDERS):
            await self.create()
        for _ in range(STEPS):
            self.bank.clock.advance(self.random.choice([0, 1, 11, 40]))
            acts = [self.act() for _ in range(self.random.randrange(1, AT_ONCE + 1))]
            for answer in await asyncio.gather(*acts, return_exceptions=True):
                assert answer is None or not isinstance(answer, Exception) or isinstance(answer, FeiqianError), answer
        await self.bank.orders.resume()


def moved(facts: list[Any]) -> dict[str, list[int]]:
    """By order: what was taken for it, payment by payment, as the payments' own facts say."""
    waiting = {fact.id: fact for fact in facts if isinstance(fact, PaymentDecided)}
    taken = defaultdict(list)
    for fact in facts:
        if isinstance(fact, PaymentDecided) and fact.status is PaymentStatus.SUCCEEDED:
            taken[fact.order].append(int(fact.amount))
        elif isinstance(fact, PaymentConfirmed):
            taken[waiting[fact.id].order].append(int(fact.amount))
    return taken


@pytest.mark.parametrize("seed", range(12))
def test_abuse_10_12_13_14_no_order_is_paid_twice_and_the_sums_tie(bank: Any, run: Any, seed: int) -> None:
    play = Play(bank, seed)
    run(play.go_on())
    bank.ties()
    facts = bank.journaled()[1]
    changes = defaultdict(list)
    for fact in facts:
        if isinstance(fact, OrderChanged):
            changes[fact.id].append(fact)
    taken = moved(facts)
    refunded: Counter[str] = Counter()
    of = {fact.id: fact.order for fact in facts if isinstance(fact, PaymentDecided)}
    for fact in facts:
        if isinstance(fact, RefundDecided) and fact.status is RefundStatus.SUCCEEDED:
            refunded[of[fact.payment]] += fact.amount
    for order in play.orders:
        versions = [fact.version for fact in changes[order.id]]
        assert versions == list(range(1, len(versions) + 1)), "no version is missing, none is there twice"
        newest = order_object(changes[order.id][-1])
        assert newest == run(bank.orders.get(play.merchant, order.id)), "what is asked is what was told"
        assert (newest.paid, newest.refunded) == (sum(taken[order.id]), refunded[order.id])
        assert sum(taken[order.id]) + newest.authorised <= order.amount
        assert len(taken[order.id]) <= 1 or order.capture == "later"
        won = [one for one in newest.attempts if one.status in (PaymentStatus.SUCCEEDED, PaymentStatus.AUTHORISED)]
        assert len(won) <= 1
        assert (newest.payment is not None) == bool(won)
        if newest.status in (OrderStatus.CLOSED, OrderStatus.EXPIRED, OrderStatus.OPEN):
            assert taken[order.id] == []
    assert bank.got(play.merchant) == sum(
        newest.net - newest.refunded for newest in (run(bank.orders.get(play.merchant, o.id)) for o in play.orders)
    )
    spent = sum(20_000_00 - bank.wallet(customer) for customer in play.customers)
    assert spent == sum(sum(each) for each in taken.values()) - sum(refunded.values())
