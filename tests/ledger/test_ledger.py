"""The ledger over both journals: group commit, gated answers, fail-stop."""

from __future__ import annotations

import asyncio

import pytest

from feiqian.errors import LedgerError, LedgerStopped
from feiqian.ledger import ledger as module
from feiqian.ledger.body import decode_body
from feiqian.ledger.engine import Refusal


def test_an_answer_waits_for_its_row(store, bank) -> None:
    ledger = store.ledger()

    async def pay() -> None:
        posting = ledger.post(bank.opening())
        assert (posting.refusal, posting.position) == (Refusal.OK, 1)
        assert ledger.durable_position == 0
        await ledger.durable(posting.position)
        assert ledger.durable_position == 1

    asyncio.run(pay())
    assert store.journal().head().position == 1


def test_what_was_posted_without_a_loop_is_committed_for_who_waits_for_it(store, bank) -> None:
    ledger = store.ledger()
    position = ledger.post(bank.opening()).position
    asyncio.run(ledger.durable(position))
    assert ledger.durable_position == position


def test_everything_of_a_tick_is_one_row(store, bank) -> None:
    ledger = store.ledger()
    ledger.post_many(bank.opening())
    ledger.commit()

    async def one(number: int) -> int:
        posting = ledger.post(bank.payment(number))
        ledger.record(b"fact %d" % number)
        await ledger.durable(posting.position)
        return posting.position

    async def all_at_once() -> list[int]:
        return await asyncio.gather(*(one(n) for n in range(100)))

    assert set(asyncio.run(all_at_once())) == {2}
    (row,) = store.journal().rows(1)
    body = decode_body(row.body)
    assert len(body.records) == 100 * 80
    assert body.facts == [b"fact %d" % n for n in range(100)]


def test_duplicates_refusals_and_balances_wait_for_what_they_saw(store, bank) -> None:
    ledger = store.ledger()
    ledger.post_many(bank.opening())
    ledger.commit()

    async def run() -> None:
        assert ledger.position == 1  # nothing under way: an answer may go at once
        first = ledger.post(bank.payment(1))
        again = ledger.post(bank.payment(1))
        refused = ledger.post(bank.payment(2, bank.FUNDS))
        assert [p.refusal for p in (first, again, refused)] == [
            Refusal.OK,
            Refusal.EXISTS,
            Refusal.INSUFFICIENT_FUNDS,
        ]
        assert {first.position, again.position, refused.position, ledger.position} == {2}
        await ledger.durable(again.position)
        assert ledger.post(bank.payment(1)).position == 2

    asyncio.run(run())


@pytest.mark.parametrize("wait_seconds", [60.0, 0.0], ids=["waited for", "overlapping"])
def test_a_cancelled_waiter_does_not_cancel_the_others(sqlite, bank, wait_seconds: float) -> None:
    ledger = sqlite.ledger(wait_seconds=wait_seconds)
    ledger.post_many(bank.opening())
    ledger.commit()

    async def run() -> None:
        posting = ledger.post(bank.payment(1))
        waiters = [asyncio.create_task(ledger.durable(posting.position)) for _ in range(3)]
        asyncio.get_running_loop().call_soon(waiters[1].cancel)
        outcomes = await asyncio.gather(*waiters, return_exceptions=True)
        assert outcomes[0] is None
        assert outcomes[2] is None
        assert outcomes[1] is None or isinstance(outcomes[1], asyncio.CancelledError)

    asyncio.run(run())


def test_nobody_waits_for_a_row_that_will_never_be(store, bank) -> None:
    ledger = store.ledger()

    async def run() -> None:
        with pytest.raises(ValueError, match="nothing depends on position 9"):
            await ledger.durable(9)

    asyncio.run(run())


def test_subscribers_hear_of_each_durable_row(store, bank) -> None:
    ledger = store.ledger()
    heard: list[tuple[int, list[bytes]]] = []
    leave = ledger.subscribe(lambda position, facts: heard.append((position, facts)))

    async def run() -> None:
        for number in range(2):
            ledger.post(bank.opening())
            ledger.record(b"%d" % number)
            assert len(heard) == number  # not before it is durable
            await ledger.durable(ledger.position)
        leave()
        ledger.record(b"unheard")
        await ledger.durable(ledger.position)

    asyncio.run(run())
    assert heard == [(1, [b"0"]), (2, [b"1"])]


def test_what_is_not_whole_events_changes_nothing(store, bank) -> None:
    ledger = store.ledger()
    with pytest.raises(ValueError, match="whole number"):
        ledger.post(b"x" * 79)
    assert ledger.stopped is None
    assert ledger.position == 0


def test_a_failed_write_stops_the_ledger_for_good(sqlite, bank) -> None:
    ledger = sqlite.ledger()
    ledger.post_many(bank.opening())
    ledger.commit()
    asked = bank.break_journal(ledger, OSError("the disk is gone"))

    async def run() -> None:
        posting = ledger.post(bank.payment(1))
        waiters = [asyncio.create_task(ledger.durable(posting.position)) for _ in range(2)]
        for outcome in await asyncio.gather(*waiters, return_exceptions=True):
            assert isinstance(outcome, LedgerStopped)
            assert "ask again by id" in str(outcome)
        await ledger.durable(1)  # what was durable stays so
        for refused in (lambda: ledger.post(bank.payment(2)), lambda: ledger.record(b"x"), ledger.commit):
            with pytest.raises(LedgerStopped, match="the disk is gone"):
                refused()
        with pytest.raises(LedgerStopped):
            await ledger.durable(posting.position)

    asyncio.run(run())
    assert asked == [2]  # never retried


def test_a_writer_that_was_replaced_stops(store, bank) -> None:
    old, new = store.ledger(), store.ledger()
    new.post_many(bank.opening())
    new.commit()

    async def run() -> None:
        posting = old.post(bank.opening())
        with pytest.raises(LedgerStopped, match="another writer has taken over"):
            await old.durable(posting.position)

    asyncio.run(run())
    assert store.journal().head().position == 1


def test_an_engine_that_breaks_stops_the_ledger(sqlite, bank) -> None:
    ledger = sqlite.ledger()

    def broken(*_: object) -> tuple[bytes, bytes]:
        raise RuntimeError("the engine is broken")

    ledger.engine.apply = broken
    with pytest.raises(RuntimeError):
        ledger.post(bank.payment(1))
    with pytest.raises(LedgerStopped, match="the engine is broken"):
        ledger.post(bank.payment(1))


def test_batches_are_decided_while_the_last_is_written(store, bank) -> None:
    ledger = store.ledger()
    ledger.post_many(bank.opening())
    ledger.start_commit()
    for batch in range(10):
        ledger.post_many(b"".join(bank.payment(batch * 100 + n) for n in range(100)))
        ledger.start_commit()
        assert ledger.durable_position >= batch + 1
    assert ledger.commit() == 11
    assert ledger.engine.account(bank.PAYEE).balance == 1000


def test_time_moves_on_with_the_clock_and_a_day_is_the_banks(store, bank) -> None:
    ledger = store.ledger()
    ledger.post(bank.opening())
    seconds, day = ledger.engine.moment
    assert (seconds, day) == (1_800_000_000, 20270115)  # 16:00 in Shanghai
    store.clock.advance(8 * 3600)
    ledger.post(bank.payment(1))
    assert ledger.engine.moment.day == 20270116
    store.clock.advance(-100)  # a clock that jumps back does not take the engine along
    ledger.post(bank.payment(2))
    assert ledger.engine.moment.seconds == seconds + 8 * 3600


def test_a_closed_ledger_decides_nothing(sqlite, bank) -> None:
    ledger = sqlite.ledger()
    ledger.close()
    with pytest.raises(LedgerStopped):
        ledger.post(bank.payment(1))


def test_who_waits_without_a_task_is_called_in_order_and_before_the_subscribers(store, bank) -> None:
    ledger = store.ledger()
    told: list[object] = []
    ledger.subscribe(lambda position, facts: told.append("subscriber"))

    def failing(_error: object) -> None:
        raise RuntimeError("an answer that cannot be sent")

    async def run() -> None:
        position = ledger.post(bank.opening()).position
        ledger.when_durable(position, lambda error: told.append(("first", error, ledger.durable_position)))
        ledger.when_durable(position, failing)
        ledger.when_durable(position, lambda error: told.append(("second", error, ledger.durable_position)))
        assert told == []
        await ledger.durable(position)
        assert told == [("first", None, 1), ("second", None, 1), "subscriber"]
        ledger.when_durable(position, lambda error: told.append(("late", error, ledger.durable_position)))
        assert told[3:] == [("late", None, 1)]
        with pytest.raises(ValueError, match="nothing depends on position 9"):
            ledger.when_durable(9, told.append)

    asyncio.run(run())
    assert ledger.stopped is None


def test_who_waits_without_a_task_is_told_that_the_ledger_stopped(sqlite, bank) -> None:
    ledger = sqlite.ledger()
    bank.break_journal(ledger, OSError("the disk is gone"))
    told: list[LedgerError | None] = []

    async def run() -> None:
        position = ledger.post(bank.opening()).position
        ledger.when_durable(position, told.append)
        with pytest.raises(LedgerStopped):
            await ledger.durable(position)
        ledger.when_durable(position, told.append)

    asyncio.run(run())
    assert [type(error) for error in told] == [LedgerStopped, LedgerStopped]


@pytest.mark.parametrize(("seconds", "rows"), [(60.0, [3]), (0.0, [2, 1])], ids=["put off", "too long"])
def test_a_row_is_put_off_while_each_turn_of_the_loop_brings_more(
    sqlite, bank, monkeypatch: pytest.MonkeyPatch, seconds: float, rows: list[int]
) -> None:
    monkeypatch.setattr(module, "GATHER_SECONDS", seconds)
    ledger = sqlite.ledger(wait_seconds=60.0)
    ledger.post_many(bank.opening())
    ledger.commit()

    async def scene() -> None:
        for number in (1, 2):
            ledger.post(bank.payment(number))
        await asyncio.sleep(0)
        await ledger.durable(ledger.post(bank.payment(3)).position)

    asyncio.run(scene())
    assert [len(decode_body(row.body).records) // 80 for row in sqlite.journal().rows(1)] == rows


def test_one_alone_is_not_put_off(sqlite, bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GATHER_SECONDS", 60.0)
    ledger = sqlite.ledger(wait_seconds=60.0)

    async def scene() -> None:
        position = ledger.post(bank.opening()).position
        await asyncio.sleep(0)
        assert ledger.durable_position == position

    asyncio.run(scene())
