"""Counts towards a limit of a month or a year what was paid in it before anything counted it. Decides nothing.

A counter is opened by the first payment that it counts. When a customer sets a limit of all payments, what was paid
since the month or year began is added, so that the limit is one of the calendar's. What lacks is the difference between
what was paid (of earlier days by the read model, of today by the ledger's own count of the day) and what is counted:
adding it again, or after a crash, adds nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta

from feiqian.accounts.kinds import day_amount_id
from feiqian.clock import MICROSECONDS
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.engine import Period, Refusal, chain, period_number
from feiqian.ledger.ledger import Ledger
from feiqian.limits.bounds import PERIODS
from feiqian.limits.counting import Counting
from feiqian.limits.kinds import KINDS, counter_id
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.policy.model import NO_BOUND
from feiqian.policy.scopes import Scope, Span

COUNTED = (Span.MONTH, Span.YEAR)
# What a customer has paid on these days (yyyymmdd), as the journal has it up to this position. Raises ReadsBehind.
PaidOn = Callable[[CustomerNumber, CurrencyNumber, Sequence[int], int], Awaitable[MinorUnits]]


class PaidBefore:
    """Of the payments of all methods together: of each method alone nobody has kept the sums."""

    def __init__(self, ledger: Ledger, paid_on: PaidOn) -> None:
        self._ledger, self._counting, self._paid_on = ledger, Counting(ledger), paid_on

    async def count(self, customer: CustomerNumber, currency: CurrencyNumber, span: Span) -> None:
        """Returns when what was paid in this month or year is counted. Raises ReadsBehind, TooBusy, LedgerError."""
        ledger, period = self._ledger, PERIODS[span]
        today = ledger.clock.day(ledger.clock.now() // MICROSECONDS)
        await ledger.durable(ledger.position)
        earlier = await self._paid_on(customer, currency, days_before(today, period), ledger.durable_position)
        now_seconds = ledger.clock.now() // MICROSECONDS
        if ledger.clock.day(now_seconds) != today:  # what was today's is now in neither of the two
            return await self.count(customer, currency, span)
        self._count(customer, currency, span, earlier, now_seconds)
        await ledger.durable(ledger.position)

    def _count(
        self, customer: CustomerNumber, currency: CurrencyNumber, span: Span, earlier: MinorUnits, now_seconds: int
    ) -> None:
        """Nothing awaits, so that no payment comes in between."""
        period, id = PERIODS[span], counter_id(KINDS[Scope.ALL, span], currency, customer)
        of_today = self._counting.used(day_amount_id(currency, customer), Period.DAY, now_seconds)
        counted = self._counting.used(id, period, now_seconds)
        lacking = earlier + (of_today[0] if of_today else 0) - (counted[0] if counted else 0)
        if lacking <= 0:
            return
        # It may be more than the limit allows. The next payment sets the cap, as it always does.
        events = chain(chart.allowance(id, NO_BOUND, period), chart.use(id, lacking))
        if (refusal := self._ledger.post(events).refusal) is not Refusal.OK:
            raise RuntimeError(f"what was paid before was refused as {refusal.name}")


def days_before(today: int, period: Period) -> list[int]:
    """The days (yyyymmdd) of the month or year of `today` that are over."""
    day, days = date(today // 10_000, today // 100 % 100, today % 100), []
    while period_number(period, number := _number(day := day - timedelta(1))) == period_number(period, today):
        days.append(number)
    return days


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
