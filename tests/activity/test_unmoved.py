"""What waits, is held, was declined or has ended belongs to the list, by one id whatever becomes of it."""

from __future__ import annotations

import pytest

from feiqian.activity.errors import MovementNotFound
from feiqian.activity.model import State, Wanted
from feiqian.clock import MICROSECONDS
from feiqian.deposits.model import WALLET
from feiqian.ids import PAYMENT, new_id
from tests.activity.movers import Movers

OPEN, FAILED, DONE = (Wanted(state=state) for state in (State.OPEN, State.FAILED, State.DONE))


def test_a_payment_that_waits_is_open_until_it_is_refused(bank: Movers) -> None:
    mei, shop = bank.holder(5_000_00), bank.shop()
    waiting = bank.pay(mei, shop, 2_000_00, "A bicycle")
    assert waiting.status == "needs_verification"
    assert waiting.id is not None
    (listed,) = bank.listed(mei, OPEN)
    assert (listed.id, listed.amount, listed.balance) == (waiting.id, -2_000_00, None)
    assert listed.described.path == f"/confirm/{waiting.id}"
    receipt = bank.run(bank.activity.receipt(mei, waiting.id))
    assert [step.text for step in receipt.details.steps] == ["activity.step.waited"]
    assert bank.listed(mei)[0].id == waiting.id
    bank.clock.advance(5)
    bank.run(bank.services.payments.confirmations.refuse(mei, waiting.id))
    assert bank.listed(mei, OPEN) == []
    (refused,) = bank.listed(mei, FAILED)
    assert (refused.id, refused.place) == (waiting.id, listed.place)
    after = bank.run(bank.activity.receipt(mei, waiting.id))
    waited, declined = after.details.steps
    assert (waited.text, declined.text) == ("activity.step.waited", "activity.step.declined")
    assert declined.at - waited.at >= 5 * MICROSECONDS
    assert after.movement.described.reason == "reason.refused_by_customer"


def test_a_payment_that_the_shop_cancels_has_ended(bank: Movers) -> None:
    mei, shop = bank.holder(5_000_00), bank.shop()
    waiting = bank.pay(mei, shop, 2_000_00)
    assert waiting.id is not None
    bank.run(bank.services.payments.cancel(shop, waiting.id))
    (ended,) = bank.listed(mei, FAILED)
    assert ended.described.status == "cancelled"
    steps = bank.run(bank.activity.receipt(mei, waiting.id)).details.steps
    assert [step.text for step in steps] == ["activity.step.waited", "activity.step.cancelled"]


def test_what_was_declined_at_once_has_one_step_and_says_why(bank: Movers) -> None:
    mei = bank.holder(1_00)
    declined = bank.pay(mei, bank.shop(), 30_00)
    receipt = bank.run(bank.activity.receipt(mei, declined.id or ""))
    assert [step.text for step in receipt.details.steps] == ["activity.step.declined"]
    assert receipt.movement.described.reason == "reason.insufficient_funds"
    assert [it.amount for it in bank.listed(mei, DONE)] == [1_00]


def test_what_was_not_paid_counts_towards_no_month(bank: Movers) -> None:
    mei, shop = bank.holder(5_000_00), bank.shop()
    bank.pay(mei, shop, 2_000_00)
    bank.pay(mei, shop, 12_00)
    (total,) = bank.run(bank.activity.sums(mei, Wanted().span)) or ()
    assert (total.came, total.left) == (5_000_00, 12_00)


def test_an_id_that_nobody_was_given_is_nobodys(bank: Movers) -> None:
    mei = bank.holder(1_00)
    for id in (new_id(PAYMENT, bank.clock.now()), "", "pay_", "mov_" + "0" * 32, "mov_" + "f" * 32, "../..", WALLET):
        with pytest.raises(MovementNotFound):
            bank.run(bank.activity.movement(mei, id))
