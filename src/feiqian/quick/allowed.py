"""What quick payment pays, as people are told before they open it. Pure."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.money import BY_NUMBER, NOTHING, CurrencyNumber, MinorUnits, Money
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.model import Policy

MESSAGE = frozenset({Factor.SMS})


class Allowed(NamedTuple):
    """In one currency. `by_message`: the largest payment with a code by SMS alone."""

    by_message: Money


def allowed(policy: Policy, currency: CurrencyNumber) -> Allowed:
    """As the policy has it."""
    needs = policy.needed[Purpose.QUICK_PAYMENT]
    largest = [(need.up_to or {}).get(currency, NOTHING) for need in needs if MESSAGE in need.combinations]
    return Allowed(Money(MinorUnits(max(largest, default=NOTHING)), BY_NUMBER[currency]))
