"""Whoever is stopped has nothing that waits: frozen, or of a level that pays nothing, it ends in the same row."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from feiqian.accounts import opening
from feiqian.events import PaymentRefused
from feiqian.money import CNY
from feiqian.payments.errors import NotWaiting
from feiqian.payments.policy import VERIFICATION_SECONDS
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.projections.reconcile import reconcile

DEAR = 2_000_00
NEUTRAL = ("declined", "wallet_cannot_pay")


def refusals(bank: Any) -> list[str]:
    bank.ledger.commit()
    return [fact.id for fact in bank.journaled()[1] if isinstance(fact, PaymentRefused)]


def test_a_freeze_ends_what_waits_in_the_row_of_the_freeze(bank: Any, run: Any) -> None:
    customer, other, merchant = bank.customer(9_000_00), bank.customer(9_000_00), bank.merchant()
    waiting = [run(bank.pay(merchant, customer, DEAR, code=bank.fresh_code(customer))) for _ in range(3)]
    others = run(bank.pay(merchant, other, DEAR))
    before = bank.ledger.durable_position
    run(bank.accounts.freeze(customer))
    assert bank.ledger.durable_position == before + 1
    assert sorted(refusals(bank)) == sorted(one.id for one in waiting)
    for one in waiting:
        view = run(bank.payments.get(merchant, one.id))
        assert (view.status, view.reason) == NEUTRAL
    assert run(bank.payments.confirmations.waiting(customer)) == []
    assert run(bank.payments.get(merchant, others.id)).status == "needs_verification"
    assert reconcile(bank.engine, bank.folder / "read.db", [PAYMENTS]) == []


def test_a_frozen_customer_is_asked_for_nothing_any_more(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    run(bank.accounts.freeze(customer))
    for asked in (
        bank.payments.confirmations.bound_of(customer, waiting.id),
        bank.payments.confirmations.confirm(customer, waiting.id, "chl_1"),
    ):
        with pytest.raises(NotWaiting) as ended:
            run(asked)
        assert ended.value.status == "declined"


def test_who_waits_for_the_payment_is_told_of_the_freeze_at_once(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))

    async def both() -> Any:
        asking = asyncio.ensure_future(bank.payments.get(merchant, waiting.id, 3_600))
        while not bank.payments.status_waiters.places.total:
            await asyncio.sleep(0)
        await bank.accounts.freeze(customer)
        return await asyncio.wait_for(asking, 60)

    view = run(both())
    assert (view.status, view.reason) == NEUTRAL


def test_a_freeze_again_and_unfreezing_change_nothing_of_what_ended(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    run(bank.accounts.freeze(customer))
    run(bank.accounts.freeze(customer))
    run(bank.accounts.unfreeze(customer))
    assert refusals(bank) == [waiting.id]
    again = run(bank.pay(merchant, customer, DEAR, code=bank.fresh_code(customer)))
    assert run(bank.confirm(customer, again)).status == "succeeded"


def test_a_freeze_after_the_time_is_over_leaves_the_payment_expired(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    bank.clock.advance(VERIFICATION_SECONDS)
    run(bank.accounts.freeze(customer))
    bank.payments.expiry.settle()
    bank.ledger.commit()
    assert refusals(bank) == []
    assert run(bank.payments.get(merchant, waiting.id)).status == "expired"


def test_a_level_that_pays_nothing_ends_what_waits(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    bank.people.levels[customer] = 1  # lower, but it pays: that is judged at the confirmation
    bank.accounts.tell_stopped(customer)
    assert refusals(bank) == []
    bank.people.levels[customer] = 0
    bank.accounts.tell_stopped(customer)
    assert refusals(bank) == [waiting.id]


async def started(bank: Any) -> None:
    """Runs what runs beside the server, until it has taken up what waits."""
    running = asyncio.ensure_future(bank.payments.run())
    while bank.payments.expiry.seconds_left is None:
        await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def test_what_waits_for_a_frozen_customer_ends_at_the_start_whatever_came_between(bank: Any, run: Any) -> None:
    customer, other, merchant = bank.customer(9_000_00), bank.customer(9_000_00), bank.merchant()
    waiting, others = run(bank.pay(merchant, customer, DEAR)), run(bank.pay(merchant, other, DEAR))
    bank.post(opening.freeze(customer, CNY.number))  # and the process ends before anything else
    again = bank.again()
    run(started(again))
    assert refusals(again) == [waiting.id]
    view = run(again.payments.get(merchant, waiting.id))
    assert (view.status, view.reason) == NEUTRAL
    assert run(again.payments.get(merchant, others.id)).status == "needs_verification"
    again.close()


def test_what_ended_is_forgotten_when_its_time_is_over(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    run(bank.pay(merchant, customer, DEAR))
    run(bank.accounts.freeze(customer))
    bank.clock.advance(VERIFICATION_SECONDS)
    bank.payments.expiry.settle()
    assert bank.payments.expiry.of(customer) == []


def test_no_reason_that_the_engine_gives_says_that_a_wallet_is_frozen(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    run(bank.accounts.freeze(customer))
    for amount in (1_00, DEAR):
        view = run(bank.pay(merchant, customer, amount, code=bank.fresh_code(customer)))
        assert (view.status, view.reason) == NEUTRAL
