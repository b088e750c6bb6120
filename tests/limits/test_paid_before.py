"""A limit of a month or a year counts what was paid in it before it was set, exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import pytest

from feiqian.ledger.engine import Period
from feiqian.limits.kinds import LimitAllowanceKind, counter_id
from feiqian.limits.paid_before import PaidBefore, days_before
from feiqian.money import CNY
from feiqian.payments.read_model import queries
from feiqian.policy.scopes import Span
from tests.limits.conftest import OK, PASSKEY

DAY = 86_400


class Own:
    """What a test sets."""

    def __init__(self) -> None:
        self.caps: dict[tuple[str, str], int] = {}

    def of(self, customer: int, currency: int) -> Any:
        return self.caps or None


@pytest.fixture
def own(bank: Any) -> Own:
    own = Own()
    bank.limits.choose_own(own)
    return own


@pytest.fixture
def paid_before(bank: Any) -> PaidBefore:
    async def paid_on(customer: int, currency: int, days: Sequence[int], position: int) -> Any:
        return queries.paid_on_days(bank.read_db, customer, currency, days)  # type: ignore[arg-type]

    return PaidBefore(bank.ledger, paid_on)


async def written(bank: Any, *work: Awaitable[Any]) -> None:
    """Until all of it is done, with a payment's row written whenever somebody waits for it."""
    done = asyncio.gather(*work)
    while not done.done():
        await asyncio.sleep(0)
        bank.ledger.commit()
    await done


def used(bank: Any, customer: int, kind: LimitAllowanceKind = LimitAllowanceKind.MONTH_AMOUNT) -> int:
    found = bank.engine.used(counter_id(kind, CNY.number, customer))
    return found[0] if found else 0


def test_what_was_paid_this_month_before_counts_and_of_other_months_and_people_nothing(
    bank: Any, own: Own, paid_before: PaidBefore, run: Any
) -> None:
    customer, other = bank.customer(20_000_00), bank.customer(9_000_00)
    for amount in (1_00, 20_00, 300_00):  # 15 January and the two days after it
        assert bank.told(customer, amount, "online", PASSKEY) == OK
        assert bank.told(other, 7_00, "online", PASSKEY) == OK
        bank.ledger.commit()
        bank.clock.advance(DAY)
    assert bank.told(customer, 4_000_00, "quick", PASSKEY) == OK, "today, which the ledger counts"
    own.caps["all", "month"] = 5_000_00
    run(written(bank, paid_before.count(customer, CNY.number, Span.MONTH)))
    assert used(bank, customer) == 4_321_00
    assert used(bank, other) == 0
    assert bank.told(customer, 679_01, "online", PASSKEY) == ("declined", "monthly_limit")
    assert bank.told(customer, 679_00, "online", PASSKEY) == OK
    bank.clock.advance(31 * DAY)
    run(written(bank, paid_before.count(customer, CNY.number, Span.MONTH)))
    assert bank.told(customer, 5_000_00, "online", PASSKEY) == OK
    run(written(bank, paid_before.count(customer, CNY.number, Span.YEAR)))
    assert used(bank, customer, LimitAllowanceKind.YEAR_AMOUNT) == 10_000_00


def test_counting_again_and_payments_at_the_same_time_count_nothing_twice(
    bank: Any, own: Own, paid_before: PaidBefore, run: Any
) -> None:
    customer = bank.customer(9_000_00)
    assert bank.told(customer, 100_00, "online", PASSKEY) == OK
    bank.ledger.commit()
    bank.clock.advance(DAY)
    own.caps["all", "month"] = 1_000_00

    async def at_once() -> None:
        counting = [asyncio.ensure_future(paid_before.count(customer, CNY.number, Span.MONTH)) for _ in range(3)]
        for _ in range(5):
            assert bank.told(customer, 10_00, "online", PASSKEY) == OK
            await asyncio.sleep(0)
        await written(bank, *counting)

    run(at_once())
    assert used(bank, customer) == 150_00
    run(written(bank, paid_before.count(customer, CNY.number, Span.MONTH)))
    assert used(bank, customer) == 150_00


def test_more_than_the_limit_may_have_been_paid_before(bank: Any, own: Own, paid_before: PaidBefore, run: Any) -> None:
    customer = bank.customer(9_000_00)
    assert bank.told(customer, 800_00, "online", PASSKEY) == OK
    own.caps["all", "year"] = 500_00
    run(written(bank, paid_before.count(customer, CNY.number, Span.YEAR)))
    assert bank.told(customer, 1, "online", PASSKEY) == ("declined", "yearly_limit")
    own.caps["all", "year"] = 900_00
    assert bank.told(customer, 100_01, "online", PASSKEY) == ("declined", "yearly_limit")
    assert bank.told(customer, 100_00, "online", PASSKEY) == OK


@pytest.mark.parametrize(
    ("today", "period", "first", "count"),
    [(20270115, Period.MONTH, 20270101, 14), (20270101, Period.YEAR, 0, 0), (20281231, Period.YEAR, 20280101, 365)],
)
def test_the_days_that_are_over(today: int, period: Period, first: int, count: int) -> None:
    days = days_before(today, period)
    assert (len(days), min(days, default=0)) == (count, first)
