"""The limits of a policy, made ready to be looked up: by method, level and currency. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from feiqian.ledger.engine import Period
from feiqian.limits.kinds import KINDS, LimitAllowanceKind
from feiqian.limits.model import OwnCap, Refused, Rule
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.policy.factors import CATEGORIES, Category, Factor
from feiqian.policy.model import NO_BOUND, Level, Limits, MethodLimits, Place, Policy, ProofRules
from feiqian.policy.scopes import Scope, Span

PERIODS = {Span.DAY: Period.DAY, Span.MONTH: Period.MONTH, Span.YEAR: Period.YEAR, Span.ROW: Period.EVER}
# What a method proves of its payer by itself: a code is of a phone that was signed in, and works once.
PROVES: dict[str, frozenset[Category]] = {Scope.CODE: frozenset({Category.POSSESSION})}
_AT_TILL = (Scope.CODE,)  # whoever scans a printed code pays through the internet
_REFUSED = {
    (True, Span.PAYMENT): Refused.AMOUNT_TOO_HIGH,
    (True, Span.DAY): Refused.DAILY_LIMIT,
    (True, Span.MONTH): Refused.MONTHLY_LIMIT,
    (True, Span.YEAR): Refused.YEARLY_LIMIT,
    (False, Span.PAYMENT): Refused.METHOD_AMOUNT_TOO_HIGH,
    (False, Span.DAY): Refused.METHOD_DAILY_LIMIT,
    (False, Span.MONTH): Refused.METHOD_MONTHLY_LIMIT,
    (False, Span.YEAR): Refused.METHOD_YEARLY_LIMIT,
}
_ANY = MethodLimits()


class Counter(NamedTuple):
    """A limit that the ledger counts in an allowance of its own. `cap` in minor units, or payments."""

    scope: Scope
    span: Span
    rule: Rule
    kind: LimitAllowanceKind
    period: Period
    cap: int


class Bounds(NamedTuple):
    """Of one method, level and currency, in minor units. `day` is only set while the customer cools off: else the
    ledger knows it. `counters`: those that can bind. `one_factor`: what may be paid in a day with nothing proved but
    what the method proves by itself, None: no such limit."""

    unverified: MinorUnits
    payment: MinorUnits  # the lowest of these two and the cooling-off's
    of_level: MinorUnits
    of_method: MinorUnits
    day: MinorUnits | None
    counters: tuple[Counter, ...]
    one_factor: MinorUnits | None
    plain: bool  # neither `day` nor `counters`

    def decline(self, amount: MinorUnits) -> Refused:
        """Why a payment above `payment` cannot be."""
        if amount > self.of_level:
            return Refused.AMOUNT_TOO_HIGH
        return Refused.METHOD_AMOUNT_TOO_HIGH if amount > self.of_method else Refused.LIMIT_AFTER_CHANGE


Entitled = Mapping[CurrencyNumber, Bounds]


class Strength(IntEnum):
    """How well a payment was proved."""

    ONE = 1  # with fewer than two sorts of proof
    TWO = 2
    SIGNED = 3  # two, of which one is a certificate or a signature


class Tier(NamedTuple):
    """What may be paid in a day with so much proved, by currency."""

    kind: LimitAllowanceKind
    caps: Mapping[CurrencyNumber, MinorUnits]


ROWS = {
    Place.TILL: (LimitAllowanceKind.TILL_ROW_AMOUNT, LimitAllowanceKind.TILL_ROW_COUNT),
    Place.REMOTE: (LimitAllowanceKind.REMOTE_ROW_AMOUNT, LimitAllowanceKind.REMOTE_ROW_COUNT),
}


def strength(method: str, factors: tuple[Factor, ...], rules: ProofRules) -> Strength:
    """Of a payment by this method, for which its payer has proved this besides."""
    shown = PROVES.get(method, frozenset()).union(*(CATEGORIES[factor] for factor in factors))
    if len(shown) < 2:
        return Strength.ONE
    return Strength.SIGNED if rules.signed.intersection(factors) else Strength.TWO


def tiers(rules: ProofRules) -> dict[Strength, Tier]:
    """Where fewer than all payments of a day may be proved so."""
    return {
        Strength.ONE: Tier(LimitAllowanceKind.DAY_ONE_FACTOR, rules.one_factor),
        Strength.TWO: Tier(LimitAllowanceKind.DAY_TWO_FACTORS, rules.two_factors),
    }


def place_of(method: str) -> Place:
    return Place.TILL if method in _AT_TILL else Place.REMOTE


def refused_of(scope: str, span: Span) -> Refused:
    return _REFUSED[scope == Scope.ALL, span]


@dataclass(frozen=True, slots=True)
class Tables:
    """By method: by level's number. Whoever has just changed what a thief would change has the second."""

    usual: Mapping[str, Mapping[int, Entitled]]
    cooling: Mapping[str, Mapping[int, Entitled]]


def tables(policy: Policy) -> Tables:
    """All bounds of the policy; those of all methods together are of a method that has none of its own."""
    usual: dict[str, dict[int, Entitled]] = {
        method: {level.number: _usual(level, method, policy) for level in policy.levels} for method in Scope
    }
    cooling: dict[str, dict[int, Entitled]] = {
        method: {number: _cooling(entitled, policy) for number, entitled in levels.items()}
        for method, levels in usual.items()
    }
    return Tables(usual, cooling)


def _usual(level: Level, method: Scope, policy: Policy) -> Entitled:
    if not level.pays:
        return {}
    of_method, one_factor = policy.methods.get(method, {}), policy.proof.one_factor
    return {
        currency: _bounds(limits, of_method.get(currency, _ANY), method, one_factor.get(currency))
        for currency, limits in level.limits.items()
    }


def _bounds(level: Limits, own: MethodLimits, method: Scope, one_factor: MinorUnits | None) -> Bounds:
    caps: dict[tuple[Scope, Span], MinorUnits] = {
        (method, Span.DAY): own.day,
        (method, Span.MONTH): own.month,
        (method, Span.YEAR): own.year,
        (Scope.ALL, Span.MONTH): level.month,
        (Scope.ALL, Span.YEAR): level.year,
    }
    counters = tuple(
        Counter(scope, span, Rule.LEVEL if scope is Scope.ALL else Rule.METHOD, KINDS[scope, span], PERIODS[span], cap)
        for (scope, span), cap in caps.items()
        if cap < NO_BOUND
    )
    payment = min(level.payment, own.payment)
    unverified = min(level.unverified, payment)
    return Bounds(unverified, payment, level.payment, own.payment, None, counters, one_factor, not counters)


def _cooling(usual: Entitled, policy: Policy) -> Entitled:
    lowered = {}
    for currency, bounds in usual.items():
        low = policy.cooling.limits_in(currency)
        payment, unverified = min(bounds.payment, low.payment), min(bounds.unverified, low.unverified)
        lowered[currency] = bounds._replace(unverified=unverified, payment=payment, day=low.day, plain=False)
    return lowered


def with_own(counters: tuple[Counter, ...], own: Mapping[OwnCap, MinorUnits], method: str) -> tuple[Counter, ...]:
    """The same with what the customer has set, where that is lower. (The day of all payments is counted elsewhere.)"""
    caps = {(counter.scope, counter.span): counter for counter in counters}
    for (scope, span), kind in KINDS.items():
        cap = own.get((scope, span)) if scope in (Scope.ALL, method) else None
        before = caps.get((scope, span))
        if cap is not None and (before is None or cap < before.cap):
            caps[scope, span] = Counter(scope, span, Rule.OWN, kind, PERIODS[span], cap)
    return tuple(caps.values())
