"""An `Idempotency-Key` of refunds and cancellations: one thing is done with it, a retry is answered as at first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from feiqian.clock import DAY
from feiqian.events import PaymentCancelled, RefundDecided
from feiqian.merchants.errors import RequestKeyUsed
from feiqian.payments.requests import RefundRequest

SECONDS_OF_DAY = DAY // 1_000_000


def refund(number: str, amount: int = 5_00) -> RefundRequest:
    return RefundRequest(amount=amount, merchant_refund=number)


async def paid(bank: Any, merchant: Any, customer: int, amount: int) -> Any:
    return await bank.pay(merchant, customer, amount, code=bank.fresh_code(customer))


def test_a_key_that_was_sent_with_something_else_gives_nothing_back(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(9_000_00)
    first, second, waiting = (run(paid(bank, merchant, customer, amount)) for amount in (20_00, 30_00, 2_000_00))
    given = run(bank.payments.refund(merchant, first.id, refund("R-1"), "key-1"))
    assert run(bank.payments.refund(merchant, first.id, refund("R-1"), "key-1")) == given
    for asked in (
        bank.payments.refund(merchant, first.id, refund("R-2"), "key-1"),
        bank.payments.refund(merchant, second.id, refund("R-1"), "key-1"),
        bank.payments.cancel(merchant, waiting.id, "key-1"),
    ):
        with pytest.raises(RequestKeyUsed):
            run(asked)
    assert run(bank.payments.get(merchant, waiting.id)).status == "needs_verification"
    assert run(bank.payments.refund(merchant, first.id, refund("R-2"), "key-2")).status == "succeeded"
    assert run(bank.payments.get(merchant, first.id)).refunded == 10_00


def test_a_cancellation_and_its_retry_take_one_key(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(9_000_00)
    first, second = (run(paid(bank, merchant, customer, 2_000_00)) for _ in range(2))
    told = [run(bank.payments.cancel(merchant, first.id, "key-1")) for _ in range(2)]
    assert [view.status for view in told] == ["cancelled", "cancelled"]
    with pytest.raises(RequestKeyUsed):
        run(bank.payments.cancel(merchant, second.id, "key-1"))
    assert run(bank.payments.cancel(merchant, second.id, "key-2")).status == "cancelled"
    assert sum(isinstance(fact, PaymentCancelled) for fact in bank.journaled()[1]) == 2


def test_abuse_19_one_key_sent_with_many_refunds_at_once_gives_one_back(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    payment = run(bank.pay(merchant, customer, 20_00))

    async def story() -> list[Any]:
        asked = (bank.payments.refund(merchant, payment.id, refund(f"R-{n}", 1_00), "key-1") for n in range(8))
        return await asyncio.gather(*asked, return_exceptions=True)

    told = run(story())
    assert [type(one).__name__ for one in told].count("RequestKeyUsed") == 7
    assert run(bank.payments.get(merchant, payment.id)).refunded == 1_00


def test_abuse_23_another_merchants_key_for_a_refund_is_another_key(bank: Any, run: Any) -> None:
    customer = bank.customer(100_00)
    for merchant in (bank.merchant(), bank.merchant()):
        payment = run(paid(bank, merchant, customer, 20_00))
        assert run(bank.payments.refund(merchant, payment.id, refund("R-1"), "key-1")).status == "succeeded"


def test_abuse_26_the_key_of_a_refund_is_kept_for_a_week_through_a_restart(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    payment = run(bank.pay(merchant, customer, 20_00))
    run(bank.payments.refund(merchant, payment.id, refund("R-1"), "key-1"))
    bank.clock.advance(7 * SECONDS_OF_DAY - 60)
    again = bank.again()
    try:
        with pytest.raises(RequestKeyUsed):
            run(again.payments.refund(merchant, payment.id, refund("R-2"), "key-1"))
        again.clock.advance(120)
        assert run(again.payments.refund(merchant, payment.id, refund("R-2"), "key-1")).status == "succeeded"
    finally:
        again.close()
    bank.__init__(bank.folder, bank.clock)  # what the fixture closes


def test_that_a_key_was_used_is_told_only_once_that_is_on_disk(bank: Any, run: Any) -> None:
    """Who is told "used" drops the refund: should the row be lost, the first was not made either."""
    merchant, customer = bank.merchant(), bank.customer(100_00)
    payment = run(bank.pay(merchant, customer, 20_00))
    seen: list[tuple[bool, bool]] = []

    async def one(number: str) -> None:
        try:
            await bank.payments.refund(merchant, payment.id, refund(number), "key-1")
        except RequestKeyUsed:
            facts = [fact for fact in bank.journaled()[1] if isinstance(fact, RefundDecided)]
            seen.append((bool(facts), bank.ledger.durable_position == bank.ledger.position))

    async def story() -> None:
        await asyncio.gather(one("R-1"), one("R-2"))

    run(story())
    assert seen == [(True, True)]
