"""What a customer may pay now: the limits of the level, or the cooling-off's where they are lower. Never awaits.

The ledger keeps the day's limit of a level, as the cap of an allowance. The lower ones of the cooling-off are compared
here with what that allowance has counted; the caller posts right after, and nothing comes in between.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, Protocol

from feiqian.ledger.chart import AccountKind, AllowanceKind, account_id, allowance_id
from feiqian.ledger.engine import CLOSED, Side
from feiqian.ledger.ledger import Ledger
from feiqian.payments.policy import Decline
from feiqian.policy.model import Level, Policy


class KnowsCustomers(Protocol):
    """What is asked of the customers feature; answered from memory."""

    def known(self, number: int) -> bool:
        """Whether a customer of this number exists."""
        ...

    def standing(self, number: int) -> int:
        """The index of the customer's level; 0 (nothing may be paid) for whoever is not known."""
        ...

    def cooling(self, number: int, now_seconds: int) -> bool:
        """Whether the customer has changed something of late that a thief would change first."""
        ...


class Bounds(NamedTuple):
    """Minor units of one currency. `day` is only set while the customer cools off: else the ledger knows it."""

    unverified: int
    payment: int
    of_level: int  # the largest payment, once the customer does not cool off any more
    day: int | None

    def decline(self, amount: int) -> Decline:
        """Why a payment above `payment` cannot be."""
        return Decline.AMOUNT_TOO_HIGH if amount > self.of_level else Decline.LIMIT_AFTER_CHANGE


class Ruling(Enum):
    """How a payment goes on that the limits allow."""

    PAYS = "pays"
    WAITS = "waits"  # for the customer's verification


_DAY_AMOUNT, _DAY_COUNT = int(AllowanceKind.DAY_AMOUNT), int(AllowanceKind.DAY_UNVERIFIED_COUNT)
PAYS, WAITS = Ruling.PAYS, Ruling.WAITS  # an enumeration is slow to ask on the hot path
Entitled = dict[int, Bounds]  # by currency


class PaymentLimits:
    """All limits of a policy, ready to be looked up."""

    def __init__(self, policy: Policy, customers: KnowsCustomers, ledger: Ledger) -> None:
        self._standing, self._cools = customers.standing, customers.cooling
        self._ledger, self._engine = ledger, ledger.engine
        self._pays = [level.pays for level in policy.levels]
        self._usual = [_usual(level) for level in policy.levels]
        self._cooling = [_cooling(level, policy) for level in policy.levels]
        self.largest: dict[int, int] = {}  # payment that anyone may make, by currency
        for level in policy.levels:
            for currency, limits in level.limits.items():
                self.largest[currency] = max(limits.payment, self.largest.get(currency, 0))

    def _why_none(self, customer: int) -> Decline:
        pays = self._pays[self._standing(customer)]
        return Decline.NO_WALLET_IN_CURRENCY if pays else Decline.IDENTITY_NOT_VERIFIED

    def ruling(self, customer: int, currency: int, amount: int, now_seconds: int) -> Decline | Ruling:
        """How a payment that was asked for goes on, or why the limits do not allow it. (The ledger may not, either.)"""
        by_level = self._cooling if self._cools(customer, now_seconds) else self._usual
        bounds = by_level[self._standing(customer)].get(currency)
        if bounds is None:
            return self._why_none(customer)
        unverified, payment, _, day = bounds
        if amount > payment:
            return bounds.decline(amount)
        if amount > unverified:
            return WAITS
        count = self._engine.used(allowance_id(_DAY_COUNT, 0, customer))
        if count is not None and count[0] >= count[1] and self._count_used_up(customer):
            return WAITS
        if day is not None and self._beyond_day(customer, currency, amount, day):
            return Decline.LIMIT_AFTER_CHANGE
        return PAYS

    def pays(self, customer: int, currency: int) -> bool:
        """Whether the customer's level may pay anything in this currency."""
        return currency in self._usual[self._standing(customer)]

    def at_confirmation(self, customer: int, currency: int, amount: int, now_seconds: int) -> Decline | None:
        """Why a payment that the customer has verified is not allowed (any more), or None."""
        by_level = self._cooling if self._cools(customer, now_seconds) else self._usual
        bounds = by_level[self._standing(customer)].get(currency)
        if bounds is None:
            return self._why_none(customer)
        if amount > bounds.payment:
            return bounds.decline(amount)
        if bounds.day is not None and self._beyond_day(customer, currency, amount, bounds.day):
            return Decline.LIMIT_AFTER_CHANGE
        return None

    def beyond_today(self, customer: int, currency: int, amount: int, now_seconds: int) -> Decline | None:
        """Why a payment that would wait for its customer is more than is left of today's limit, or None."""
        decline = self.at_confirmation(customer, currency, amount, now_seconds)
        if decline is not None:
            return decline
        day = self._engine.used(allowance_id(_DAY_AMOUNT, currency, customer))
        beyond = day is not None and self._beyond_day(customer, currency, amount, day[1])
        return Decline.DAILY_LIMIT if beyond else None

    def short_of(self, customer: int, currency: int, amount: int) -> bool:
        """Whether the wallet holds too little. The ledger refuses one that is frozen, closed or missing."""
        wallet = self._engine.account(account_id(AccountKind.CUSTOMER_WALLET, currency, customer))
        stopped = wallet is None or wallet.closed_and_frozen & (Side.DEBIT | CLOSED)
        return wallet is not None and not stopped and amount > wallet.available + wallet.overdraft

    def _count_used_up(self, customer: int) -> bool:
        """Whether the day's payments without verification, which seem to be used up, still are."""
        self._ledger.post_many(b"")  # time moves on: the count may be yesterday's
        count = self._engine.used(allowance_id(_DAY_COUNT, 0, customer))
        return count is not None and count[0] >= count[1]

    def _beyond_day(self, customer: int, currency: int, amount: int, cap: int) -> bool:
        """Whether a payment would exceed `cap` in what the customer pays in a day."""
        allowance = allowance_id(_DAY_AMOUNT, currency, customer)
        used = self._engine.used(allowance)
        if used is None or used[0] + amount <= cap:
            return False
        self._ledger.post_many(b"")  # as above
        used = self._engine.used(allowance)
        return used is not None and used[0] + amount > cap


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
