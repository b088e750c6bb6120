"""Says of limits which hold, what is used and left, when they are fresh again, and what would help. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from feiqian.accounts.kinds import day_amount_id, day_unverified_id
from feiqian.customers.registry import Customers
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import Period
from feiqian.limits.bounds import PERIODS, ROWS, place_of, refused_of, strength, tiers
from feiqian.limits.counting import Counting
from feiqian.limits.kinds import KINDS, LimitAllowanceKind, counter_id
from feiqian.limits.model import Explained, Help, LimitQuestion, LimitState, NoOwnCaps, OwnCaps, Refused, Rule, Today
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.policy.factors import Factor, is_strong
from feiqian.policy.model import NO_BOUND, Limits, MethodLimits, Policy
from feiqian.policy.scopes import Scope, Span

_SPANS = (Span.PAYMENT, Span.DAY, Span.MONTH, Span.YEAR)
_UNSET = MethodLimits()


class _Who(NamedTuple):
    """Of whom it is asked, and when."""

    customer: CustomerNumber
    currency: CurrencyNumber
    now_seconds: int


class Explaining:
    """Of one bank. Asked only of customers who pay in the currency."""

    def __init__(self, policy: Policy, customers: Customers, counting: Counting) -> None:
        self._policy, self._customers, self._counting = policy, customers, counting
        self.own: OwnCaps = NoOwnCaps()

    def nothing(self, refused: Refused) -> Explained:
        """They pay nothing at all in the currency."""
        helps = (Help.VERIFY_IDENTITY,) if refused is Refused.IDENTITY_NOT_VERIFIED else ()
        return Explained((), (), None, refused, helps)

    def today(self, customer: CustomerNumber, currency: CurrencyNumber, now_seconds: int) -> Today:
        who = _Who(customer, currency, now_seconds)
        states = [self._state(who, scope, span) for scope in (Scope.ALL, Scope.CODE) for span in _SPANS]
        payment = min(state.cap for state in states if state.span is Span.PAYMENT)
        left = min(state.left for state in states if state.span is not Span.PAYMENT)
        day = next(state.cap for state in states if (state.scope, state.span) == (Scope.ALL, Span.DAY))
        soft = list(self._by_proof(who, Scope.CODE, ()))
        all_used = any(state.left == 0 for state in soft if state.counts)
        unverified = 0 if all_used else min(payment, *(state.left for state in soft if not state.counts))
        return Today(*map(MinorUnits, (unverified, payment, left, day)))

    def state(
        self, customer: CustomerNumber, currency: CurrencyNumber, scope: Scope, span: Span, now_seconds: int
    ) -> LimitState:
        """One limit as it is now."""
        return self._state(_Who(customer, currency, now_seconds), scope, span)

    def explain(self, asked: LimitQuestion, method: Scope, factors: tuple[Factor, ...] = ()) -> Explained:
        """All limits that hold for a payment by this method, and the first that it would exceed."""
        who, amount = _Who(asked.customer, asked.currency, asked.now_seconds), asked.amount
        scopes = dict.fromkeys((Scope.ALL, method))
        hard = [self._state(who, scope, span) for span in _SPANS for scope in scopes]
        hard = [state for state in hard if state.cap < NO_BOUND]
        soft = tuple(self._by_proof(who, method, factors))
        met = self._met(who, hard, amount)
        if met is not None:
            return Explained(tuple(hard), soft, met, _refused(met), _helps(met, self._can_rise(who)))
        met = next((state for state in soft if (1 if state.counts else amount) > state.left), None)
        return Explained(tuple(hard), soft, met, None, (Help.CONFIRM,) if met else ())

    # --- how -----------------------------------------------------------------------------------------------------

    def _met(self, who: _Who, limits: list[LimitState], amount: int) -> LimitState | None:
        """Of those that so much more would exceed that of one payment, else the one that is fresh again last."""
        met = [state for state in limits if amount > state.left]
        if not met:
            return None
        if met[0].span is not Span.PAYMENT:
            return max(met, key=lambda state: state.resets_at)
        largest = self._level(who).payment
        if met[0].rule is Rule.COOLING and amount > largest:  # it would not do after the cooling-off either
            return met[0]._replace(rule=Rule.LEVEL, cap=largest, left=largest, bank=largest)
        return met[0]

    def _state(self, who: _Who, scope: Scope, span: Span) -> LimitState:
        bank, rule = self._bank(who, scope, span)
        own = (self.own.of(who.customer, who.currency) or {}).get((scope, span), NO_BOUND)
        cap, rule = (own, Rule.OWN) if own < bank else (bank, rule)
        used, resets_at = 0, 0
        if span is not Span.PAYMENT:
            used = self._used(who, scope, span)
            resets_at = self._counting.resets_at(PERIODS[span], who.now_seconds)
        return LimitState(scope, span, rule, cap, used, max(0, cap - used), resets_at, bank)

    def _bank(self, who: _Who, scope: Scope, span: Span) -> tuple[int, Rule]:
        """The cap of level, method or cooling-off, without the customer's own."""
        if scope is not Scope.ALL:
            method = self._policy.methods.get(scope, {}).get(who.currency, _UNSET)
            return getattr(method, span), Rule.METHOD
        cap: int = getattr(self._level(who), span)
        if span is Span.DAY:
            found = self._counting.used(day_amount_id(who.currency, who.customer), Period.DAY, who.now_seconds)
            cap = found[1] if found is not None else cap
        if span in (Span.PAYMENT, Span.DAY) and self._customers.cooling(who.customer, who.now_seconds):
            low: int = getattr(self._policy.cooling.limits_in(who.currency), span)
            if low < cap:
                return low, Rule.COOLING
        return cap, Rule.LEVEL

    def _level(self, who: _Who) -> Limits:
        return self._policy.level_numbered(self._customers.standing(who.customer)).limits[who.currency]

    def _can_rise(self, who: _Who) -> bool:
        """Whether there is a higher level than the customer's."""
        return self._policy.levels[-1].number != self._customers.standing(who.customer)

    def _used(self, who: _Who, scope: Scope, span: Span) -> int:
        kind = KINDS.get((scope, span))
        of_day = day_amount_id(who.currency, who.customer)
        id = of_day if kind is None else counter_id(kind, who.currency, who.customer)
        found = self._counting.used(id, PERIODS[span], who.now_seconds)
        return found[0] if found is not None else 0

    def _by_proof(self, who: _Who, method: Scope, factors: tuple[Factor, ...]) -> Iterator[LimitState]:
        """What may be paid with these factors and what the method proves by itself."""
        if not factors:
            yield from self._without(who)
        tier = tiers(self._policy.proof).get(strength(method, factors, self._policy.proof))
        if tier is not None and who.currency in tier.caps:
            of_tier = tier.caps[who.currency]
            yield self._soft(who, Span.DAY, Rule.PROOF, of_tier, self._of_kind(who, tier.kind, Period.DAY))
        if not is_strong(factors):
            yield from self._row(who, method)

    def _without(self, who: _Who) -> Iterator[LimitState]:
        """What the level lets its customers pay unverified."""
        level = self._level(who)
        cap = level.unverified
        if self._customers.cooling(who.customer, who.now_seconds):
            cap = min(cap, self._policy.cooling.limits_in(who.currency).unverified)
        yield LimitState(Scope.ALL, Span.PAYMENT, Rule.PROOF, cap, 0, cap, 0, cap)
        found = self._counting.used(day_unverified_id(who.customer), Period.DAY, who.now_seconds)
        if found is not None:
            yield self._soft(who, Span.DAY, Rule.PROOF, found[1], found[0], counts=True)

    def _row(self, who: _Who, method: Scope) -> Iterator[LimitState]:
        place = place_of(method)
        exempt = self._policy.exempt.get(place, {}).get(who.currency)
        if exempt is None:
            return
        yield LimitState(Scope.ALL, Span.PAYMENT, Rule.EXEMPT, exempt.payment, 0, exempt.payment, 0, exempt.payment)
        for kind, cap, counts in zip(ROWS[place], (exempt.together, exempt.in_a_row), (False, True), strict=True):
            if cap < NO_BOUND:
                used = self._of_kind(who, kind, Period.EVER)
                yield self._soft(who, Span.ROW, Rule.EXEMPT, cap, used, counts=counts)

    def _soft(self, who: _Who, span: Span, rule: Rule, cap: int, used: int, *, counts: bool = False) -> LimitState:
        resets_at = self._counting.resets_at(PERIODS[span], who.now_seconds)
        return LimitState(Scope.ALL, span, rule, cap, used, max(0, cap - used), resets_at, cap, counts)

    def _of_kind(self, who: _Who, kind: LimitAllowanceKind, period: Period) -> int:
        found = self._counting.used(counter_id(kind, who.currency, who.customer), period, who.now_seconds)
        return found[0] if found is not None else 0


def _refused(met: LimitState) -> Refused:
    return Refused.LIMIT_AFTER_CHANGE if met.rule is Rule.COOLING else refused_of(met.scope, met.span)


def _helps(met: LimitState, can_rise: bool) -> tuple[Help, ...]:
    """What would let it through, the easiest first."""
    helps = [Help.LESS] if met.left else []
    if met.rule is Rule.OWN:
        helps.append(Help.RAISE_OWN)
    if met.scope is not Scope.ALL:
        helps.append(Help.OTHER_METHOD)
    if met.resets_at or met.rule is Rule.COOLING:
        helps.append(Help.WAIT)
    if met.rule is Rule.LEVEL and can_rise:
        helps.append(Help.VERIFY_IDENTITY)
    return tuple(helps)
