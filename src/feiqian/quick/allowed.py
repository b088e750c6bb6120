"""What quick payment pays, as people are told before they open it. Pure."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.money import BY_NUMBER, NOTHING, CurrencyNumber, MinorUnits, Money
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.model import NO_BOUND, MethodLimits, Policy
from feiqian.policy.scopes import Scope

MESSAGE = frozenset({Factor.SMS})


class Allowed(NamedTuple):
    """In one currency. `by_message`: the largest payment with a code by SMS alone; `payment` and `day`: the largest
    with whatever is proved, and what a day allows. None: no limit but that of all payments."""

    by_message: Money
    payment: Money | None
    day: Money | None


def allowed(policy: Policy, currency: CurrencyNumber) -> Allowed:
    """As the policy has it."""
    needs = policy.needed[Purpose.QUICK_PAYMENT]
    largest = [(need.up_to or {}).get(currency, NOTHING) for need in needs if MESSAGE in need.combinations]
    by_message = Money(MinorUnits(max(largest, default=NOTHING)), BY_NUMBER[currency])
    limits = policy.methods.get(Scope.QUICK, {}).get(currency, MethodLimits())
    return Allowed(by_message, _shown(limits.payment, currency), _shown(limits.day, currency))


def _shown(amount: MinorUnits, currency: CurrencyNumber) -> Money | None:
    return None if amount == NO_BOUND else Money(amount, BY_NUMBER[currency])
