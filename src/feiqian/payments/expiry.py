"""Lets waiting payments expire on time, also when nothing else happens, and tells those concerned.

The engine ends a hold when time moves on, which it does only when it is asked something. So at the moment when the
first one is due it is asked nothing at all: one row, in which all that are due end together.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections.abc import Callable, Iterable

from feiqian.clock import MICROSECONDS
from feiqian.errors import LedgerStopped, NotDeciding
from feiqian.events import PaymentDecided, PaymentExpired, PaymentStatus, encode_fact
from feiqian.ids import CustomerNumber
from feiqian.ledger.ledger import Ledger
from feiqian.money import NOTHING
from feiqian.payments.attempts import NoOrders, OrderAttempts
from feiqian.payments.pending import status_of

LOOK_SECONDS = 10
UNENDED = (PaymentStatus.WAITING, PaymentStatus.EXPIRED)  # by anybody
Due = tuple[int, str, PaymentDecided]  # when (Unix µs), the payment's id to tell two apart, the payment


class Expiry:
    """The payments that wait, in the order in which they are due."""

    def __init__(self, ledger: Ledger, tell: Callable[[str], None]) -> None:
        self.attempts: OrderAttempts = NoOrders()
        self._ledger, self._clock, self._tell = ledger, ledger.clock, tell
        self._due: list[Due] = []
        self._of: dict[CustomerNumber, dict[str, PaymentDecided]] = {}  # by customer and id
        self._changed = asyncio.Event()

    def add(self, payment: PaymentDecided) -> None:
        """A payment that waits from now on, or did when the server started; twice is once."""
        mine = self._of.setdefault(payment.customer, {})
        if payment.id not in mine:
            mine[payment.id] = payment
            heapq.heappush(self._due, (payment.expires_at, payment.id, payment))
            if len(self._due) == 1:
                self._changed.set()

    def add_all(self, payments: Iterable[PaymentDecided]) -> None:
        for payment in payments:
            self.add(payment)

    def of(self, customer: CustomerNumber) -> list[PaymentDecided]:
        """What waits for a customer, and what has waited and is not due yet."""
        return list(self._of.get(customer, {}).values())

    @property
    def next_at(self) -> int | None:
        """When the first one is due (Unix µs); None while nothing waits."""
        return self._due[0][0] if self._due else None

    @property
    def seconds_left(self) -> float | None:
        """Until the first one is due; None while nothing waits."""
        return max(0, self._due[0][0] - self._clock.now()) / MICROSECONDS if self._due else None

    def settle(self) -> None:
        """Ends what is due now. Does not await. Raises LedgerStopped, NotDeciding (then it is due still)."""
        now_us, due = self._clock.now(), []
        while self._due and self._due[0][0] <= now_us:
            due.append(heapq.heappop(self._due)[2])
        for payment in due:
            self._forget(payment)
        open_ = [payment for payment in due if status_of(self._ledger.engine, payment) in UNENDED]
        if open_:
            try:
                self._ledger.post_many(b"")
            except NotDeciding:
                self.add_all(due)
                raise
        for payment in open_:
            if status_of(self._ledger.engine, payment) is PaymentStatus.EXPIRED:
                parties = payment.merchant, payment.customer
                self._ledger.record(encode_fact(PaymentExpired(payment.id, *parties, payment.expires_at)))
                if payment.order:
                    self.attempts.ended(payment, PaymentStatus.EXPIRED, None, NOTHING)
                self._tell(payment.id)

    def _forget(self, payment: PaymentDecided) -> None:
        mine = self._of[payment.customer]
        del mine[payment.id]
        if not mine:
            del self._of[payment.customer]

    async def run(self) -> None:
        """Settles whenever something is due; until cancelled, or nothing is decided any more."""
        while self._ledger.stopped is None:
            await self._ledger.deciding()  # what is due while nothing is decided is due afterwards
            self._changed.clear()
            seconds = self.seconds_left
            if seconds == 0:
                with contextlib.suppress(LedgerStopped, NotDeciding):
                    self.settle()
                continue
            # A clock that is set must not make a payment wait for ever: look again after a while.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if seconds is None else min(seconds, LOOK_SECONDS)):
                    await self._changed.wait()
