"""What a customer may pay now: the limits of the level, or the cooling-off's where they are lower. Never awaits.

The ledger keeps the day's limit of a level, as the cap of an allowance. The lower ones of the cooling-off are compared
here with what that allowance has counted; the caller posts right after, and nothing comes in between. Asking changes
nothing, neither here nor in the ledger.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from feiqian.accounts.kinds import day_amount_id, day_unverified_id
from feiqian.customers.registry import Customers
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import CLOSED, Side
from feiqian.ledger.ledger import Ledger
from feiqian.money import NOTHING, CurrencyNumber, MinorUnits
from feiqian.payments.policy import Decline
from feiqian.policy.model import Level, Policy


class Bounds(NamedTuple):
    """Minor units of one currency. `day` is only set while the customer cools off: else the ledger knows it."""

    unverified: MinorUnits
    payment: MinorUnits
    of_level: MinorUnits  # the largest payment, once the customer does not cool off any more
    day: MinorUnits | None

    def decline(self, amount: MinorUnits) -> Decline:
        """Why a payment above `payment` cannot be."""
        return Decline.AMOUNT_TOO_HIGH if amount > self.of_level else Decline.LIMIT_AFTER_CHANGE


class Today(NamedTuple):
    """What a customer may pay today, in minor units of one currency. `unverified` is the largest payment that they need
    not confirm (0: they confirm every one), `left` what is left of `day`, the limit of all payments of the day."""

    unverified: MinorUnits
    payment: MinorUnits
    left: MinorUnits
    day: MinorUnits


class LimitDecision(Enum):
    """How a payment goes on that the limits allow."""

    APPROVED = "approved"
    STEP_UP = "step_up"  # its customer verifies it first


APPROVED, STEP_UP = LimitDecision.APPROVED, LimitDecision.STEP_UP  # an enumeration is slow to ask on the hot path
Entitled = dict[CurrencyNumber, Bounds]  # by currency


class PaymentLimits:
    """All limits of a policy, ready to be looked up."""

    def __init__(self, policy: Policy, customers: Customers, ledger: Ledger) -> None:
        self._standing, self._cools = customers.standing, customers.cooling
        self._engine, self._day = ledger.engine, ledger.clock.day
        self._pays = {level.number: level.pays for level in policy.levels}
        self._usual = {level.number: _usual(level) for level in policy.levels}
        self._cooling = {level.number: _cooling(level, policy) for level in policy.levels}
        self._level = policy.level_numbered
        self.largest: dict[CurrencyNumber, MinorUnits] = {}  # payment that anyone may make, by currency
        for level in policy.levels:
            for currency, limits in level.limits.items():
                self.largest[currency] = max(limits.payment, self.largest.get(currency, NOTHING))

    def _why_none(self, customer: CustomerNumber) -> Decline:
        pays = self._pays[self._standing(customer)]
        return Decline.NO_WALLET_IN_CURRENCY if pays else Decline.IDENTITY_NOT_VERIFIED

    def check(
        self, customer: CustomerNumber, currency: CurrencyNumber, amount: MinorUnits, now_seconds: int
    ) -> Decline | LimitDecision:
        """How a payment that was asked for goes on, or why the limits do not allow it. (The ledger may not, either.)"""
        by_level = self._cooling if self._cools(customer, now_seconds) else self._usual
        bounds = by_level[self._standing(customer)].get(currency)
        if bounds is None:
            return self._why_none(customer)
        unverified, payment, _, day = bounds
        if amount > payment:
            return bounds.decline(amount)
        if amount > unverified:
            return STEP_UP
        if self._exceeds(day_unverified_id(customer), 1, None, now_seconds):
            return STEP_UP
        if day is not None and self._exceeds(day_amount_id(currency, customer), amount, day, now_seconds):
            return Decline.LIMIT_AFTER_CHANGE
        return APPROVED

    def pays(self, customer: CustomerNumber, currency: CurrencyNumber) -> bool:
        """Whether the customer's level may pay anything in this currency."""
        return currency in self._usual[self._standing(customer)]

    def at_confirmation(
        self, customer: CustomerNumber, currency: CurrencyNumber, amount: MinorUnits, now_seconds: int
    ) -> Decline | None:
        """Why a payment that the customer has verified is not allowed (any more), or None."""
        by_level = self._cooling if self._cools(customer, now_seconds) else self._usual
        bounds = by_level[self._standing(customer)].get(currency)
        if bounds is None:
            return self._why_none(customer)
        if amount > bounds.payment:
            return bounds.decline(amount)
        allowance = day_amount_id(currency, customer)
        if bounds.day is not None and self._exceeds(allowance, amount, bounds.day, now_seconds):
            return Decline.LIMIT_AFTER_CHANGE
        return None

    def beyond_today(
        self, customer: CustomerNumber, currency: CurrencyNumber, amount: MinorUnits, now_seconds: int
    ) -> Decline | None:
        """Why a payment that would wait for its customer is more than is left of today's limit, or None."""
        decline = self.at_confirmation(customer, currency, amount, now_seconds)
        if decline is not None:
            return decline
        beyond = self._exceeds(day_amount_id(currency, customer), amount, None, now_seconds)
        return Decline.DAILY_LIMIT if beyond else None

    def today(self, customer: CustomerNumber, currency: CurrencyNumber, now_seconds: int) -> Today | None:
        """The limits as they are now; None if the customer pays nothing in this currency."""
        by_level = self._cooling if self._cools(customer, now_seconds) else self._usual
        bounds = by_level[self._standing(customer)].get(currency)
        if bounds is None:
            return None
        whole = self._level(self._standing(customer)).limits[currency].day
        used, day = self._used(day_amount_id(currency, customer), now_seconds) or (0, whole)
        if bounds.day is not None:
            day = min(day, bounds.day)
        count, most = self._used(day_unverified_id(customer), now_seconds) or (0, 1)
        unverified = bounds.unverified if count < most else NOTHING
        return Today(unverified, bounds.payment, MinorUnits(max(0, day - used)), MinorUnits(day))

    def _used(self, allowance: bytes, now_seconds: int) -> tuple[int, int] | None:
        """How much of it is used today, and its cap. The engine counts by the day that it saw last."""
        found = self._engine.used(allowance)
        if found is None or self._engine.moment.day >= self._day(now_seconds):
            return found
        return 0, found[1]

    def short_of(self, source: bytes, amount: MinorUnits) -> bool:
        """Whether the account holds too little. The ledger refuses one that is frozen, closed or missing."""
        account = self._engine.account(source)
        stopped = account is None or account.closed_and_frozen & (Side.DEBIT | CLOSED)
        return account is not None and not stopped and amount > account.available + account.overdraft

    def _exceeds(self, allowance: bytes, amount: int, cap: int | None, now_seconds: int) -> bool:
        """Whether so much more would exceed `cap` (None: the allowance's own) in what is used of it in a day.

        Of an allowance that is missing nothing is said: the ledger refuses what would use it.
        """
        found = self._engine.used(allowance)
        if found is None:
            return False
        used, own = found
        if cap is None:
            cap = own
        if used + amount <= cap:
            return False
        # The engine counts by the day that it saw last: if that is over, nothing is used yet.
        over = self._engine.moment.day < self._day(now_seconds)
        return amount > cap if over else True


def _usual(level: Level) -> Entitled:
    if not level.pays:
        return {}
    return {currency: Bounds(own.unverified, own.payment, own.payment, None) for currency, own in level.limits.items()}


def _cooling(level: Level, policy: Policy) -> Entitled:
    entitled = {}
    for currency, usual in _usual(level).items():
        low = policy.cooling.limits_in(currency)
        payment = min(usual.payment, low.payment)
        entitled[currency] = Bounds(min(usual.unverified, low.unverified), payment, usual.payment, low.day)
    return entitled
