"""Payments under a clock that jumps: codes are issued and read by one time, and what is refused uses nothing up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian.accounts import opening
from feiqian.clock import SteadyClock
from feiqian.errors import NotDeciding
from feiqian.merchants import opening as merchant_opening
from feiqian.money import CNY
from feiqian.testing.clock import ManualClock

YEAR = 365 * 86_400


class Machine(SteadyClock):
    """The bank's clock on a machine where no time passes, and whose own clock can be set."""

    def __init__(self) -> None:
        self.machine = ManualClock()
        super().__init__(self.machine, 30, lambda: 0)


@pytest.fixture
def guarded(bank: Any, tmp_path: Path) -> Iterator[Any]:
    """A bank on such a machine."""
    guarded = type(bank)(tmp_path / "guarded", Machine())
    guarded.post(opening.bank_accounts(CNY.number))
    yield guarded
    guarded.engine.check()
    guarded.close()


@pytest.mark.parametrize("ahead", [3_600, YEAR])
@pytest.mark.parametrize("empty", [True, False])
def test_abuse_88_codes_work_after_one_event_far_ahead_also_after_a_restart(
    bank: Any, run: Any, ahead: int, empty: bool
) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    bank.clock.advance(ahead)
    bank.ledger.post_many(b"" if empty else merchant_opening.merchant(99, CNY.number))
    bank.ledger.commit()
    bank.clock.advance(-ahead)

    def pays(bank: Any, first: int) -> None:
        for number in range(first, first + 10):
            shown = bank.payments.code_for(customer)
            assert 0 <= shown.refresh_at - bank.clock.now() / 1e6 <= 10  # a phone counts by the machine's time
            paid = run(bank.pay(merchant, customer, 1_00, code=shown.digits, order=f"o{number}"))
            assert paid.status == "succeeded"
            assert run(bank.pay(merchant, customer, 1_00, code=shown.digits)).reason == "code_used"
            bank.clock.advance(12)

    pays(bank, 0)
    again = bank.again()
    try:
        pays(again, 10)
        assert again.wallet(customer) == 80_00
    finally:
        again.close()


def test_abuse_88_a_payment_that_waits_expires_by_the_time_that_it_was_given(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(10_000_00), bank.merchant()
    bank.clock.advance(YEAR)
    bank.ledger.post_many(b"")
    bank.ledger.commit()
    bank.clock.advance(-YEAR)

    async def scene() -> None:
        waiting = await bank.pay(merchant, customer, 2_000_00)
        assert waiting.status == "needs_verification"
        left = bank.payments.expiry.seconds_left
        bank.clock.advance(left - 1)
        bank.payments.expiry.settle()
        assert len(await bank.payments.confirmations.waiting(customer)) == 1
        bank.clock.advance(60)
        bank.payments.expiry.settle()
        assert await bank.payments.confirmations.waiting(customer) == []
        await bank.ledger.durable(bank.ledger.position)
        assert (await bank.payments.get(merchant, waiting.id)).status == "expired"

    run(scene())


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_abuse_88_what_is_refused_while_the_clock_has_jumped_uses_nothing_up(guarded: Any, run: Any, jump: int) -> None:
    customer, merchant, clock = guarded.customer(10_000_00), guarded.merchant(), guarded.clock.machine

    async def scene() -> None:
        payments, paid = guarded.payments, await guarded.pay(merchant, customer, 1_00)
        waiting = await guarded.pay(merchant, customer, 2_000_00)
        challenge = guarded.challenges.passed(customer, await payments.confirmations.bound_of(customer, waiting.id))
        clock.advance(10)
        request = guarded.request(customer, 3_00)
        before = guarded.journaled()
        clock.advance(jump)
        for refused in (
            payments.pay(merchant, request),
            payments.confirmations.confirm(customer, waiting.id, challenge),
            payments.confirmations.refuse(customer, waiting.id),
            payments.cancel(merchant, waiting.id),
            guarded.refund(merchant, paid, 1_00, "r"),
        ):
            with pytest.raises(NotDeciding, match="clock has jumped"):
                await refused
        assert guarded.journaled() == before
        clock.advance(-jump)
        assert (await payments.pay(merchant, request)).status == "succeeded"
        assert (await payments.confirmations.confirm(customer, waiting.id, challenge)).status == "succeeded"
        assert (await guarded.refund(merchant, paid, 1_00, "r")).status == "succeeded"

    run(scene())


def test_abuse_88_what_is_due_while_the_clock_has_jumped_expires_afterwards(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(10_000_00), bank.merchant()

    async def scene() -> None:
        waiting = await bank.pay(merchant, customer, 2_000_00)
        bank.clock.advance(400)
        bank.clock.jumped = True
        with pytest.raises(NotDeciding):
            bank.payments.expiry.settle()
        running = asyncio.create_task(bank.payments.expiry.run())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not running.done()
        bank.clock.jumped = False
        assert not bank.ledger.look_at_clock()
        while bank.payments.expiry.seconds_left is not None:
            await asyncio.sleep(0)
        await bank.ledger.durable(bank.ledger.position)
        assert (await bank.payments.get(merchant, waiting.id)).status == "expired"
        running.cancel()

    run(scene())
