"""Waiting payments expire on time by themselves, and those who ask how they ended are told at once."""

from __future__ import annotations

import asyncio
from typing import Any

from feiqian.events import PaymentExpired
from feiqian.payments.pending import cancel
from feiqian.payments.policy import VERIFICATION_SECONDS
from feiqian.payments.status_waiters import MAX_WAITS, StatusWaiters

DEAR = 2_000_00


def expired(bank: Any) -> list[str]:
    return [fact.id for fact in bank.journaled()[1] if isinstance(fact, PaymentExpired)]


def test_a_payment_expires_when_its_time_is_over_though_nothing_else_happens(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    expiry, before = bank.payments.expiry, bank.ledger.position
    assert 0 < expiry.seconds_left <= VERIFICATION_SECONDS
    expiry.settle()
    assert bank.ledger.position == before, "nothing is due, so nothing is written"
    bank.clock.advance(VERIFICATION_SECONDS)
    assert expiry.seconds_left == 0
    expiry.settle()
    bank.ledger.commit()
    assert run(bank.payments.get(merchant, waiting.id)).status == "expired"
    assert expired(bank) == [waiting.id]
    assert expiry.seconds_left is None


def test_all_that_are_due_together_end_in_one_row(bank: Any, run: Any) -> None:
    merchant = bank.merchant()
    waiting = [run(bank.pay(merchant, bank.customer(DEAR), DEAR)) for _ in range(50)]
    before = bank.ledger.position
    bank.clock.advance(VERIFICATION_SECONDS)
    bank.payments.expiry.settle()
    bank.ledger.commit()
    bank.payments.expiry.settle()
    assert bank.ledger.position == before + 1
    assert sorted(expired(bank)) == sorted(one.id for one in waiting)


def test_what_ended_before_writes_nothing_when_its_time_is_over(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    waiting = [run(bank.pay(merchant, customer, DEAR, code=bank.fresh_code(customer))) for _ in range(3)]
    run(bank.confirm(customer, waiting[0]))
    run(bank.payments.confirmations.refuse(customer, waiting[1].id))
    run(bank.payments.cancel(merchant, waiting[2].id))
    before = bank.ledger.position
    bank.clock.advance(VERIFICATION_SECONDS)
    bank.payments.expiry.settle()
    assert bank.ledger.position == before
    assert expired(bank) == []


def test_those_concerned_are_told_also_when_another_payment_moved_time_on(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    bank.clock.advance(VERIFICATION_SECONDS)
    run(bank.pay(merchant, customer, 1_00))
    bank.payments.expiry.settle()
    bank.ledger.commit()
    assert expired(bank) == [waiting.id]


def test_what_waited_before_a_restart_expires_by_itself(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    bank.clock.advance(VERIFICATION_SECONDS)
    again = bank.again()

    async def served() -> None:
        """The timer sleeps, as it knows of nothing; then it hears of what the read model has, which is overdue."""
        serving = asyncio.create_task(again.payments.run())
        while not expired(again):
            await asyncio.sleep(0)
        serving.cancel()

    try:
        run(served())
        assert expired(again) == [waiting.id]
    finally:
        again.close()


def test_the_till_that_asks_is_told_when_the_time_is_over(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()

    async def served() -> str:
        waiting = await bank.pay(merchant, customer, DEAR)
        asked = asyncio.create_task(bank.payments.get(merchant, waiting.id, 30))
        while not bank.payments.status_waiters.places.total:
            await asyncio.sleep(0)
        bank.clock.advance(VERIFICATION_SECONDS)
        serving = asyncio.create_task(bank.payments.run())
        status = (await asked).status
        serving.cancel()
        return str(status)

    assert run(served()) == "expired"


# --- waiting for an end ------------------------------------------------------------------------------------------


def test_who_waits_for_a_payment_is_answered_when_it_ends(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()

    async def ask_and(end: Any) -> str:
        waiting = await bank.pay(merchant, customer, DEAR, code=bank.fresh_code(customer))
        asked = asyncio.create_task(bank.payments.get(merchant, waiting.id, 30))
        while not bank.payments.status_waiters.places.total:
            await asyncio.sleep(0)
        assert not asked.done()
        await end(waiting)
        return str((await asked).status)

    assert run(ask_and(lambda it: bank.confirm(customer, it))) == "succeeded"
    assert run(ask_and(lambda it: bank.payments.confirmations.refuse(customer, it.id))) == "declined"
    assert run(ask_and(lambda it: bank.payments.cancel(merchant, it.id))) == "cancelled"
    assert bank.payments.status_waiters.places.total == 0


def test_what_does_not_wait_is_answered_at_once(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    paid = run(bank.pay(merchant, customer, 1_00))
    assert run(bank.payments.get(merchant, paid.id, 30)).status == "succeeded"


def test_an_end_that_is_not_durable_yet_is_not_slept_through(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))

    async def ask_just_after() -> str:
        row = await bank.reads.payment_by_id(waiting.id)
        cancel(bank.ledger, row.fact)  # decided in memory; the journal comes with the loop's next tick
        return str((await bank.payments.get(merchant, waiting.id, 30)).status)

    assert run(ask_just_after()) == "cancelled"


def test_after_its_time_the_answer_is_how_things_stand(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    assert run(bank.payments.get(merchant, waiting.id, 0.001)).status == "needs_verification"


def test_only_so_many_wait_in_all_and_of_one_merchant() -> None:
    async def crowd() -> None:
        waits = StatusWaiters(at_most=3, of_merchant=2)
        tasks = [asyncio.create_task(waits.ended(f"pay_{n}", 1, 30)) for n in range(2)]
        await asyncio.sleep(0)
        await waits.ended("pay_x", 1, 30)  # at once: it has two
        tasks.append(asyncio.create_task(waits.ended("pay_2", 2, 30)))
        await asyncio.sleep(0)
        assert waits.places.total == 3
        tasks.append(asyncio.create_task(waits.ended("pay_y", 3, 30)))
        await tasks[0]  # the oldest of whoever has most gives way
        assert waits.places.total == 3
        await waits.ended("pay_z", 3, 30)  # at once: there are three in all, and nobody has more
        waits.tell("pay_1")
        await tasks[1]
        assert waits.places.total == 2
        waits.close()
        await asyncio.gather(*tasks)
        await waits.ended("pay_z", 3, 30)
        assert waits.places.total == 0

    asyncio.run(crowd())


def test_abuse_71_waits_held_by_few_merchants_leave_room_for_all_others() -> None:
    async def crowd() -> None:
        waits = StatusWaiters()
        greedy = [asyncio.create_task(waits.ended(f"pay_{n}", n % 8, 30)) for n in range(8 * 64)]
        await asyncio.sleep(0)
        assert waits.places.total == MAX_WAITS
        other = asyncio.create_task(waits.ended("pay_x", 99, 30))
        done, _ = await asyncio.wait(greedy, return_when=asyncio.FIRST_COMPLETED)
        assert len(done) == 1
        assert not other.done()
        assert waits.places.total == MAX_WAITS
        waits.tell("pay_x")
        await other
        waits.close()
        await asyncio.gather(*greedy)
        assert waits.places.total == 0

    asyncio.run(crowd())


def test_who_goes_away_makes_room() -> None:
    async def leave() -> None:
        waits = StatusWaiters()
        task = asyncio.create_task(waits.ended("pay_1", 1, 30))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert waits.places.total == 0

    asyncio.run(leave())
