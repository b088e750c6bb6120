"""What a customer may be paid: from whom, and how much an account may hold. Never awaits; asking changes nothing.

Whoever credits a customer's account asks right before posting, so that nothing comes in between. A refund or a release
asks nothing: what returns to where one's own payment came from is never refused.
"""

from __future__ import annotations

from enum import Enum

from feiqian.customers.registry import Customers
from feiqian.ids import CustomerNumber
from feiqian.ledger.ledger import Ledger
from feiqian.limits.model import Refused
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.policy.model import NO_BOUND, Policy, Receives


class Sender(Enum):
    """Whose account the money comes from."""

    OWN = "own"  # another of the customer's at this bank: these are bound to each other
    BOUND = "bound"  # one at another bank that is bound to the account
    STRANGER = "stranger"


class Receiving:
    """Of the customers of one bank."""

    def __init__(self, policy: Policy, customers: Customers, ledger: Ledger) -> None:
        self._level, self._standing, self._engine = policy.level_numbered, customers.standing, ledger.engine

    def from_own(
        self, customer: CustomerNumber, currency: CurrencyNumber, account: bytes, amount: MinorUnits
    ) -> Refused | None:
        """`refused`, from another of the customer's accounts."""
        return self.refused(customer, currency, account, amount, Sender.OWN)

    def refused(
        self, customer: CustomerNumber, currency: CurrencyNumber, account: bytes, amount: MinorUnits, sender: Sender
    ) -> Refused | None:
        """Why so much more, in minor units, may not come to this account of the customer's, or None.

        (The ledger refuses an account that is closed, stopped or missing.)
        """
        level = self._level(self._standing(customer))
        if level.receives is Receives.BOUND and sender is Sender.STRANGER:
            return Refused.SENDER_NOT_BOUND
        limits = level.limits_in(currency)
        cap = limits.balance if limits is not None else NO_BOUND
        held = self._engine.account(account)
        if held is None or cap >= NO_BOUND:
            return None
        return Refused.BALANCE_LIMIT if held.balance + held.credits_pending + amount > cap else None
