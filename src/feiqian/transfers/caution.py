"""What looks unusual of a transfer, the fraud that it most likely would be, and what follows by the policy.

Nobody is told that they are cheated: they are told what is unusual, how such frauds begin, and what to do instead.
What is asked here goes into what is confirmed, so that nobody's money is held who was not told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from feiqian.clock import MICROSECONDS
from feiqian.customers.registry import Customers
from feiqian.ids import NO_CUSTOMER, CustomerNumber
from feiqian.ledger.ledger import Ledger
from feiqian.money import BY_NUMBER, CurrencyNumber, MinorUnits, Money
from feiqian.payees.model import NameCheck, Payee, Way
from feiqian.policy.model import NO_BOUND, TransferRules
from feiqian.transfers.errors import UnusualTooHigh
from feiqian.transfers.read_model.reads import PersonTransferReads, SentBefore


class Signal(StrEnum):
    """What is unusual. The values are on the wire."""

    FIRST_PAYMENT = "first_payment"
    UNUSUAL_AMOUNT = "unusual_amount"
    UNUSUAL_HOUR = "unusual_hour"
    NEW_DEVICE = "new_device"  # or number, or a recovery: what a thief would change first


class Fraud(StrEnum):
    """How such a transfer would most likely be a fraud. The values are on the wire."""

    SAFE_ACCOUNT = "safe_account"  # somebody who says that they are the bank or the police
    INVESTMENT = "investment"
    RELATIVE = "relative"  # somebody who writes as a friend or relative
    PURCHASE = "purchase"  # a seller who is known from the internet alone
    HURRY = "hurry"


class Care(NamedTuple):
    """`held` hours, 0: not held; more than `at_most` is not sent (NO_BOUND: no such limit). `waits` hours for somebody
    who has no wallet, if nobody has this number."""

    signals: tuple[Signal, ...] = ()
    fraud: Fraud | None = None
    held: int = 0
    at_most: MinorUnits = NO_BOUND
    waits: int = 0

    @property
    def told(self) -> str:
        """What the sender was told that they confirm."""
        return f"held {self.held}, waits {self.waits}"

    def check(self, amount: MinorUnits, currency: CurrencyNumber) -> None:
        """Raises UnusualTooHigh."""
        if amount > self.at_most:
            raise UnusualTooHigh(Money(self.at_most, BY_NUMBER[currency]))


NO_CARE = Care()


@dataclass(kw_only=True, eq=False, repr=False)
class Caution:
    """Of one bank."""

    rules: TransferRules
    ledger: Ledger
    customers: Customers
    reads: PersonTransferReads
    zone: ZoneInfo

    async def of(self, sender: CustomerNumber, payee: Payee, amount: MinorUnits, currency: CurrencyNumber) -> Care:
        """Of a transfer that may be made now. It tells nothing of a payee whose name did not fit."""
        await self.reads.wait(self.ledger.durable_position, who=("customer", sender))
        fits = payee.check is not NameCheck.NO_MATCH
        receiver = payee.customer if fits else NO_CUSTOMER
        before = await self.reads.sent_before(sender, receiver) if fits else SentBefore(0, 0)
        signals = tuple(self._signals(sender, before, amount, currency))
        waits = 0 if fits or payee.way is not Way.MOBILE else self.rules.waiting_hours
        if not signals:
            return Care(waits=waits)
        held = self.rules.hold_hours if amount >= self._hold_from(currency) else 0
        at_most = self.rules.at_most.get(currency, NO_BOUND)
        return Care(signals, _fraud(signals, payee.way), 0 if waits else held, at_most, waits)

    def _signals(
        self, sender: CustomerNumber, before: SentBefore, amount: MinorUnits, currency: CurrencyNumber
    ) -> list[Signal]:
        now = self.ledger.clock.now()
        found = []
        if self.customers.cooling(sender, now // MICROSECONDS):
            found.append(Signal.NEW_DEVICE)
        if not before.times:
            found.append(Signal.FIRST_PAYMENT)
        elif amount >= self._hold_from(currency) and amount > self.rules.larger_times * before.largest:
            found.append(Signal.UNUSUAL_AMOUNT)
        if self._is_night(now) and amount >= self._hold_from(currency):
            found.append(Signal.UNUSUAL_HOUR)
        return found

    def _hold_from(self, currency: CurrencyNumber) -> int:
        return self.rules.hold_from.get(currency, NO_BOUND)

    def _is_night(self, now: int) -> bool:
        hour = datetime.fromtimestamp(now // MICROSECONDS, self.zone).hour
        begins, ends = self.rules.night
        return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends


def _fraud(signals: tuple[Signal, ...], way: Way) -> Fraud:
    """What is worst first."""
    if Signal.NEW_DEVICE in signals:
        return Fraud.SAFE_ACCOUNT
    if Signal.UNUSUAL_AMOUNT in signals:
        return Fraud.INVESTMENT
    if Signal.FIRST_PAYMENT in signals:
        return Fraud.RELATIVE if way is Way.MOBILE else Fraud.PURCHASE
    return Fraud.HURRY
